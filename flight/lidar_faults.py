"""Faults of the scanning lidar: what they make of an image between its maker and its reader."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.ext.common._random import uniforms
from farside.ext.common._records import TICK_S
from farside.mission import Mission
from farside.mission.faults import Fault
from farside.sensors import LidarImage
from farside.sensors.streams import draw_normals

#: Streams of an image's faults: + 64 slot + number of the scan.
STREAM = 131072
#: Share of the returns that a spike changes.
SPIKES = 0.1


class LidarFaults:
    """The lidar's faults of one flight: the images pass through in the order they were made.

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
        self._key = key
        self._last: LidarImage | None = None

    def spoil(
        self,
        image: LidarImage,
        row: NDArray[np.void],
        number: int,
        began: dict[int, int | None],
        on: set[int],
    ) -> LidarImage:
        """Return an image as its faults leave it.

        Parameters
        ----------
        image : LidarImage
        row : structured scalar
            Telemetry of the middle of the scan: where the lander believes to be.
        number : int
            Of the scan in its flight.
        began : dict
            The tick at which each fault began, by its place.
        on : set of int
            Faults that are on.
        """
        points = np.array(image.points)
        for slot, fault in self._faults.items():
            if slot not in on:
                continue
            tick = began[slot] or 0
            since_s = (int(row["tick"]) - tick) * TICK_S
            points = self._spoiled(fault, points, row, image.sigma_m, since_s, 64 * slot + number)
        spoilt = replace(image, points=points) if self._faults else image
        stuck = any(self._faults[slot].kind == "stuck" for slot in self._faults if slot in on)
        if not stuck:
            self._last = spoilt
        return spoilt

    def _spoiled(
        self,
        fault: Fault,
        points: NDArray[np.float64],
        row: NDArray[np.void],
        sigma_m: float,
        since_s: float,
        stream: int,
    ) -> NDArray[np.float64]:
        """Return points in one fault's state."""
        if fault.kind == "silent":
            return np.full_like(points, np.nan)
        if fault.kind == "stuck":
            last = self._last
            return np.full_like(points, np.nan) if last is None else np.array(last.points)
        here = np.asarray(row["est_r_site"])
        if fault.kind == "misaligned":
            return (
                turned(points - here, np.asarray(row["est_q_site_body"]), fault.size or 0.0) + here
            )
        ranges = deterministic.lengths(points - here)
        told = self._ranges(fault, ranges, sigma_m, since_s, stream)
        with np.errstate(divide="ignore", invalid="ignore"):
            share = told / ranges
        changed: NDArray[np.float64] = here + (points - here) * share[:, None]
        return changed

    def _ranges(
        self,
        fault: Fault,
        ranges: NDArray[np.float64],
        sigma_m: float,
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
            more = math.sqrt(size * size - 1.0) * sigma_m
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
