"""Redesignations of one flight: the target moved at given moments, as a crew or the ground does."""

from __future__ import annotations

import math
import warnings

from farside.ext.common import deterministic
from farside.ext.common._records import TICK_S
from farside.flight.checks import MissionWarning
from farside.flight.moves import move_of
from farside.flight.wiring import Flight
from farside.mission.phases import flown_phases
from farside.mission.redesignations import Redesignation

#: How often it is asked whether a moment has come [ticks]: a pass of guidance.
ASK_EVERY = 10


class Redesignations:
    """The moves of a flight's target: a task of the loop.

    Parameters
    ----------
    flight : Flight
        Whose mission has `[[redesignations]]`.
    """

    def __init__(self, flight: Flight) -> None:
        self._flight = flight
        self._left = list(enumerate(flight.mission.redesignations))
        self._names = [row.name for row in flown_phases(flight.mission.phases)]
        self._began: dict[str, float] = {}
        self._next_tick = 1

    def ticks_left(self) -> int:
        """Return how many ticks there are until the moments are looked at again."""
        if not self._left:
            return ASK_EVERY
        return max(self._next_tick - self._flight.loop.tick_count, 0)

    def work(self) -> None:
        """Make the moves whose moment has come, in the order of the file."""
        row = self._flight.flown[-1]
        self._next_tick = self._flight.loop.tick_count + ASK_EVERY
        now_s = TICK_S * int(row["tick"])
        self._began.setdefault(self._names[int(row["phase"])], now_s)
        altitude_m = float(row["est_r_site"][2]) - self._com_height_m
        due = [each for each in self._left if self._is_due(each[1], now_s, altitude_m)]
        self._left = [each for each in self._left if each not in due]
        for _, move in due:
            self._make(move)

    def warn_of_idle(self) -> None:
        """Warn of moves whose moment never came; of none where the descent was left."""
        if self._flight.autopilot.phase in ("abort", "least_harm"):
            return
        for number, _ in self._left:
            line = f"redesignations[{number}]: its moment never came in this flight"
            warnings.warn(MissionWarning(line), stacklevel=4)

    @property
    def _com_height_m(self) -> float:
        mass_kg = float(self._flight.flown[-1]["mass_kg"])
        return float(self._flight.mission.vehicle.com_height_m(mass_kg))

    def _is_due(self, move: Redesignation, now_s: float, altitude_m: float) -> bool:
        if move.phase is not None:
            began_s = self._began.get(move.phase, math.inf)
            return now_s >= began_s + move.after_s
        if move.at_s is not None:
            return now_s >= move.at_s
        return altitude_m < (move.below_m or 0.0)

    def _make(self, move: Redesignation) -> None:
        """Move the target over level ground."""
        azimuth = math.radians(self._flight.mission.orbit.arrival_azimuth_deg)
        east, north = float(deterministic.sin(azimuth)), float(deterministic.cos(azimuth))
        x, y, z = self._flight.autopilot.core.site
        target = (
            x + move.along_m * east + move.right_m * north,
            y + move.along_m * north - move.right_m * east,
            z,
        )
        now_s = TICK_S * int(self._flight.flown[-1]["tick"])
        self._flight.moves.append(move_of(now_s, "redesignation", ((x, y, z), target)))
        # a site that is yet to be chosen from a scan is not this one
        self._flight.autopilot.retarget(target, final=not self._flight.imaging)
