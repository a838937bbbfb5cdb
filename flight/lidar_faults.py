"""Faults of the scanning lidar: what they make of a frame between its maker and its reader."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.ext.common._random import uniforms
from farside.ext.common._records import TICK_HZ
from farside.mission import Mission
from farside.mission.faults import Fault
from farside.sensors.streams import draw_normals

#: Streams of the frames' faults: + FRAMES slot + number of the frame.
STREAM = 131072
FRAMES = 4096
#: Share of the returns that a spike changes.
SPIKES = 0.1

Points = NDArray[np.float64]


class LidarFaults:
    """The lidar's faults of one flight: frames pass through in the order they were made.

    Parameters
    ----------
    mission : Mission
    key : int
        Of the flight's streams.
    slots : sequence of int
        Places in `mission.faults` of the faults that happen.
    sigma_m : float
        Noise of a return along its ray as specified, 1 sigma.
    """

    def __init__(self, mission: Mission, key: int, slots: Sequence[int], sigma_m: float) -> None:
        self._faults = {
            i: mission.faults[i] for i in slots if mission.faults[i].unit_name == "lidar"
        }
        self._key, self._sigma_m = key, sigma_m
        self._last: Points | None = None
        self._frames = 0

    def spoil(
        self, points: Points, row: NDArray[np.void], began: dict[int, int | None], on: set[int]
    ) -> Points:
        """Return the points of a frame as its faults leave them.

        Parameters
        ----------
        points : ndarray (N, 3)
            As the lander places them [m]; NaN where a ray has no return.
        row : structured scalar
            Telemetry of the middle of the scan: where the lander believes to be.
        began : dict
            The tick at which each fault began, by its place.
        on : set of int
            Faults that are on.

        Returns
        -------
        ndarray (N, 3)
            The same array where nothing fails.
        """
        number = self._frames % FRAMES
        self._frames += 1
        if not self._faults:
            return points
        stuck = False
        for slot, fault in self._faults.items():
            if slot not in on:
                continue
            stuck = stuck or fault.kind == "stuck"
            since_s = (int(row["tick"]) - (began[slot] or 0)) / TICK_HZ
            points = self._spoiled(fault, points, row, since_s, FRAMES * slot + number)
        if not stuck:
            self._last = np.array(points)
        return points

    def _spoiled(
        self,
        fault: Fault,
        points: Points,
        row: NDArray[np.void],
        since_s: float,
        stream: int,
    ) -> Points:
        """Return points in one fault's state."""
        if fault.kind == "silent":
            return np.full_like(points, np.nan)
        if fault.kind == "stuck":
            last = self._last
            return np.full_like(points, np.nan) if last is None else np.array(last)
        here = np.asarray(row["est_r_site"])
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
        if fault.kind == "bias":
            return ranges + size
        if fault.kind == "drift":
            return ranges + size * since_s
        if fault.kind == "scale":
            return ranges * size
        if fault.kind == "saturated":
            return np.minimum(ranges, size)
        if fault.kind == "noise":
            more = math.sqrt(size * size - 1.0) * self._sigma_m
            return ranges + more * draw_normals(self._key, STREAM + stream, len(ranges))
        share = np.empty(len(ranges))
        uniforms(self._key, 0, STREAM + stream, share)
        return np.where(share < SPIKES, ranges + size, ranges)


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
