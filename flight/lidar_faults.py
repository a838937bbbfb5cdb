"""Faults of the scanning lidar: what they make of a frame between its maker and its reader."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.ext.common._random import uniforms
from farside.ext.common._records import TICK_HZ, TICK_S
from farside.mission import Mission
from farside.mission.faults import Fault
from farside.sensors.streams import draw_normals

#: Streams of a frame's faults: + 65536 slot + 1024 number of the scan + number of the frame.
STREAM = 131072
#: Share of the returns that a spike changes.
SPIKES = 0.1


class LidarFaults:
    """The lidar's faults of one flight: frames pass through in the order they were made.

    Parameters
    ----------
    mission : Mission
    key : int
        Of the flight's streams.
    slots : sequence of int
        Places in `mission.faults` of the faults that happen.
    """

    def __init__(self, mission: Mission, key: int, slots: Sequence[int]) -> None:
        lidars = [i for i in slots if mission.faults[i].unit_name == "lidar"]
        self._faults = {i: mission.faults[i] for i in lidars}
        self._noise_m = mission.sensors.lidar.noise_m if mission.sensors.lidar else 0.0
        self._key = key
        self._last: NDArray[np.float64] | None = None
        self._lines = {i: FrameLine(self._faults[i]) for i in lidars}

    def spoil(
        self,
        points: NDArray[np.float64],
        row: NDArray[np.void],
        number: tuple[int, int],
        began: Mapping[int, int | None],
    ) -> NDArray[np.float64]:
        """Return the points of a frame as its faults leave them.

        Parameters
        ----------
        points : ndarray (N, 3)
            [m], site axes of the estimate; NaN where nothing returned.
        row : structured scalar
            Telemetry of the middle of the frame: when it was made, and from where, by the estimate.
        number : tuple of int
            Of the scan in its flight, and of the frame in its scan.
        began : mapping
            The tick at which each fault began, by its place; None for one that has not.

        Returns
        -------
        ndarray (N, 3)
            The array given, where nothing fails.
        """
        if not self._faults:
            return points
        tick, stuck = int(row["tick"]), False
        for slot, fault in self._faults.items():
            first = began[slot]
            if first is None or tick < first:
                continue
            if fault.for_s is not None and tick >= first + max(1, round(TICK_HZ * fault.for_s)):
                continue
            stuck = stuck or fault.kind == "stuck"
            if fault.kind in ("late", "duplicated"):
                points = self._lines[slot].passed(points, tick)
                continue
            stream = STREAM + 65536 * slot + 1024 * number[0] + number[1]
            points = self._spoiled(fault, points, row, (tick - first) * TICK_S, stream)
        if not stuck:
            self._last = np.array(points)
        return points

    def _spoiled(
        self,
        fault: Fault,
        points: NDArray[np.float64],
        row: NDArray[np.void],
        since_s: float,
        stream: int,
    ) -> NDArray[np.float64]:
        """Return points in one fault's state."""
        if fault.kind == "silent":
            return np.full_like(points, np.nan)
        if fault.kind == "stuck":
            return np.full_like(points, np.nan) if self._last is None else self._last
        here = np.asarray(row["est_r_site"])
        if fault.kind == "flag":
            # where nothing returned the unit's number is 0: a point at the unit
            return np.where(np.isfinite(points), np.nan, here)
        if fault.kind == "misaligned":
            q = np.asarray(row["est_q_site_body"])
            return np.asarray(turned(points - here, q, fault.size or 0.0) + here)
        ranges = deterministic.lengths(points - here)
        told = self._ranges(fault, ranges, since_s, stream)
        with np.errstate(divide="ignore", invalid="ignore"):
            share = told / ranges
        changed: NDArray[np.float64] = here + (points - here) * share[:, None]
        return changed

    def _ranges(
        self,
        fault: Fault,
        ranges: NDArray[np.float64],
        since_s: float,
        stream: int,
    ) -> NDArray[np.float64]:
        """Return the ranges that a fault makes of those measured [m]."""
        size = fault.size or 0.0
        if fault.kind == "zero":
            return np.zeros_like(ranges)
        if fault.kind == "sign":
            return -ranges
        if fault.kind == "bias":
            return ranges + size
        if fault.kind == "drift":
            return ranges + size * since_s
        if fault.kind == "scale":
            return ranges * size
        if fault.kind == "saturated":
            return np.minimum(ranges, size)
        if fault.kind == "pinned":
            return np.full_like(ranges, size)
        if fault.kind == "noise":
            more = math.sqrt(max(size * size - 1.0, 0.0)) * self._noise_m
            return ranges + more * draw_normals(self._key, stream, len(ranges))
        share = np.empty(len(ranges))
        uniforms(self._key, 0, stream, share)
        return np.where(share < SPIKES, ranges + size, ranges)


class FrameLine:
    """Frames on their way through one fault: late ones, or each second one given twice.

    Parameters
    ----------
    fault : Fault
        Of kind `late` or `duplicated`.
    """

    def __init__(self, fault: Fault) -> None:
        self._late = round(TICK_HZ * (fault.size or 0.0)) if fault.kind == "late" else 0
        self._waiting: deque[tuple[int, NDArray[np.float64]]] = deque()
        self._held: NDArray[np.float64] | None = None

    def passed(self, points: NDArray[np.float64], tick: int) -> NDArray[np.float64]:
        """Return the frame that is given at a tick for the one that was made then.

        A late one is the newest that is old enough, once; where none has come, nothing returned.
        """
        if not self._late:
            self._held, held = (None, self._held) if self._held is not None else (points, None)
            return points if held is None else held
        self._waiting.append((tick, points))
        found = None
        while self._waiting and self._waiting[0][0] <= tick - self._late:
            found = self._waiting.popleft()[1]
        return np.full_like(points, np.nan) if found is None else found


def turned(
    away: NDArray[np.float64], q_site_body: NDArray[np.float64], angle_deg: float
) -> NDArray[np.float64]:
    """Return vectors turned by an angle about body y: Rodrigues, in site axes (N, 3)."""
    w, x, y, z = (float(part) for part in q_site_body)
    axis = np.array([2.0 * (x * y - w * z), 1.0 - 2.0 * (x * x + z * z), 2.0 * (y * z + w * x)])
    angle = math.radians(angle_deg)
    sine, cosine = deterministic.sin(angle), deterministic.cos(angle)
    along = (away * axis).sum(axis=1)[:, None] * axis
    return np.asarray(along + cosine * (away - along) + sine * np.cross(axis, away))
