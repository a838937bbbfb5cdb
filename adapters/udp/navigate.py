"""The navigator over UDP: what a host's sensors measured in, the estimate out."""

from __future__ import annotations

from struct import Struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.adapters.navigation_config import planned_navigator
from farside.adapters.udp import packets
from farside.adapters.udp.packets import BeginFlag, Code, Kind, NavFlag
from farside.adapters.udp.spoilt import SpoiltMeasurements
from farside.guidance import BrakingPlan
from farside.mission import Mission
from farside.navigation import (
    MAP_FIX,
    MEASUREMENTS,
    FixStatus,
    NavigationStatus,
    NavigationTable,
    Navigator,
)

BEGIN_BODY, NAV_HEAD = packets.BODY[Kind.NAV_BEGIN], 8
MAP_AT, MAP_MADE = NAV_HEAD + MEASUREMENTS.itemsize, Struct("<qd")
FIX_AT = MAP_AT + MAP_MADE.size
TOLD_AT = FIX_AT + MAP_FIX.itemsize


class Navigation:
    """One navigator behind the link: none until a NAV_BEGIN.

    Parameters
    ----------
    mission : Mission
    plan : BrakingPlan
        Where its braking is planned to begin.
    spoilt : SpoiltMeasurements
        What of the host's measurements fails.
    """

    def __init__(self, mission: Mission, plan: BrakingPlan, spoilt: SpoiltMeasurements) -> None:
        self._mission, self._plan = mission, plan
        self._parts: tuple[NavigationTable, dict[str, Any]] | None = None
        self.navigator: Navigator | None = None
        self._poses: list[int] = []
        self._spoilt = spoilt

    def reset(self) -> None:
        """Begin a descent: no navigator yet."""
        self.navigator, self._poses = None, []
        self._spoilt.reset()

    def begin(self, body: bytes) -> Code:
        """Take a NAV_BEGIN: a first estimate, or the planned one.

        The map and the table of gravity are made at the first: half a second.

        Parameters
        ----------
        body : bytes

        Returns
        -------
        Code
        """
        flags, nothing, *numbers = BEGIN_BODY.unpack(body)
        if flags & ~0b1 or nothing:
            return Code.NUMBER
        if self._parts is None:
            self._parts = planned_navigator(self._mission, self._plan)
        table, first = self._parts
        if flags & BeginFlag.GIVEN:
            r, v, q, omega = numbers[:3], numbers[3:6], numbers[6:10], numbers[10:13]
            first = first | {"r_site": r, "v_site": v, "q_site_body": q, "omega_body": omega}
            first["mass_kg"] = numbers[13]
        try:
            self.navigator, self._poses = Navigator.of(table, first), []
        except ValueError:
            return Code.NUMBER
        return Code.DONE

    def navigate(self, packet: bytes, tick: int) -> bytes | Code:
        """Take a NAV.

        Parameters
        ----------
        packet : bytes
            Whole, with its header.
        tick : int
            Of the measurements.

        Returns
        -------
        bytes or Code
            The body of its ESTIMATE, or why there is none.
        """
        if self.navigator is None:
            return Code.NAVIGATION
        body = packet[packets.HEADER.size :]
        flags = int.from_bytes(body[:4], "little")
        if flags & ~0b11111 or any(body[4:NAV_HEAD]):
            return Code.NUMBER
        measured: NDArray[np.void] = np.frombuffer(body, MEASUREMENTS, 1, NAV_HEAD)
        navigator = self.navigator
        measured = self._spoilt.spoil(tick, measured)
        if navigator.core.follows(tick):
            told: NDArray[np.float64] = np.frombuffer(body, np.float64, 4, TOLD_AT)
            navigator.core.command(*(told[0], told[1:]) if flags & NavFlag.COMMAND else (np.nan,))
        status = navigator.core.navigate(tick, measured, navigator.estimate)
        if status == NavigationStatus.NAVIGATION_BAD_TICK:
            return Code.STALE if tick <= navigator.core.tick else Code.TICK
        if flags & NavFlag.FIX:
            fix: NDArray[np.void] = np.frombuffer(body, MAP_FIX, 1, FIX_AT)
            code = navigator.core.take_fix(fix)
            navigator.estimate["fix"] = code
            navigator.estimate["fixes"] += code == FixStatus.FIX_TAKEN
        if flags & NavFlag.MAP:
            navigator.core.tie_map()
        if flags & NavFlag.MAP_KEPT:
            self._take_map(navigator, *MAP_MADE.unpack_from(body, MAP_AT))
        if flags & NavFlag.KEEP:
            self._keep(navigator, tick)
        return navigator.estimate.tobytes()

    def _take_map(self, navigator: Navigator, tick: int, variance_m2: float) -> None:
        """Take the map of a kept pose into use."""
        if navigator.core.tie_to_kept(tick, variance_m2) == NavigationStatus.NAVIGATION_OK:
            self._poses = [each for each in self._poses if each != tick]
            navigator.estimate["clones"] -= 1

    def _keep(self, navigator: Navigator, tick: int) -> None:
        """Keep the pose of this tick, in place of the oldest where no clone is free."""
        if navigator.core.keep_pose() == NavigationStatus.NAVIGATION_NO_CLONE and self._poses:
            navigator.core.forget_pose(self._poses.pop(0))
            navigator.core.keep_pose()
        self._poses.append(tick)
        navigator.estimate["clones"] = len(self._poses)
