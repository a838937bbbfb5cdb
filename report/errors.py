"""What the estimate was off, beside what the filter thought of it: components and 3 sigma.

Each is along, across and up: along is level in the direction of the arrival's great circle, across
to its right, up the local vertical. With a unit vector a and the covariance P of three errors the
deviation along a is sqrt(a' P a).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from farside.report.track import Array, Track

SIGMAS = 3.0
SIDES = ("along", "across", "up")
#: A tie leaves less of the deviation than this.
TIED = 0.2


@dataclass(frozen=True)
class Error:
    """One component of truth less estimate, and the filter's deviation of it; (N,) each."""

    name: str
    unit: str
    value: Array
    sigma: Array

    @property
    def outside(self) -> NDArray[np.bool_]:
        """Where the error is greater than 3 sigma; where either is no number, it is not."""
        with np.errstate(invalid="ignore"):
            return np.asarray(np.abs(self.value) > SIGMAS * self.sigma)

    @property
    def share_outside(self) -> float:
        """Share of the ticks with a number that are outside; NaN where there is none."""
        known = int(np.count_nonzero(np.isfinite(self.value) & np.isfinite(self.sigma)))
        return float(np.count_nonzero(self.outside)) / known if known else float("nan")


def airborne(track: Track) -> int:
    """Return how many ticks were flown before the first contact."""
    return len(track.t_s) if track.contact is None else track.contact


def errors_of(track: Track) -> list[Error]:
    """Return the errors in flight: position, velocity, attitude, height, drift in the map.

    Parameters
    ----------
    track : Track
        Rows until the first contact are taken.

    Returns
    -------
    list of Error
        Nine components (position m, velocity m/s, attitude deg, each along, across, up), the
        height over ground, and the drift in the map along and across.
    """
    last = airborne(track)
    rows = track.landing.telemetry[:last]
    sides = _sides(track)[:, :last]
    found = []
    turn = np.degrees(rotation_between(rows["q_site_body"], rows["est_q_site_body"]))
    for name, unit, error, covariance, scale in (
        ("position", "m", rows["r_site"] - rows["nav_r_site"], rows["nav_r_cov"], 1.0),
        ("velocity", "m/s", rows["v_site"] - rows["est_v_site"], rows["nav_v_cov"], 1.0),
        ("attitude", "deg", turn, rows["nav_attitude_cov"], np.degrees(1.0)),
    ):
        packed = np.ascontiguousarray(covariance.T, float).T
        for word, side in zip(SIDES, sides, strict=True):
            value = np.einsum("ij,ij->i", error, side)
            found.append(Error(f"{name} {word}", unit, value, scale * deviation(packed, side)))
    height = rows["height_m"] - rows["est_height_m"]
    found.append(Error("height over ground", "m", height, rows["nav_height_sigma_m"].astype(float)))
    return found + _in_the_map(track, rows, sides)


def _in_the_map(track: Track, rows: NDArray[np.void], sides: Array) -> list[Error]:
    """Return the drift in the map in use since it was tied; NaN before the first tie.

    A phase that flies by a map made aboard takes its first position for known in that map: the
    filter's deviation is of the drift since then.
    """
    sigma = rows["nav_tie_sigma_m"].astype(float)
    error = rows["r_site"] - rows["est_r_site"]
    # tied at the end of a phase's first tick
    ties = [
        span.first
        for span in track.spans
        if span.first + 1 < len(rows) and sigma[span.first + 1] < TIED * sigma[span.first]
    ]
    drift = np.full_like(error, np.nan)
    for first, last in pairwise([*ties, len(rows)]):
        drift[first + 1 : last] = error[first + 1 : last] - error[first]
    if ties:
        sigma[: ties[0] + 1] = np.nan
    return [
        Error(f"drift in the map {word}", "m", np.einsum("ij,ij->i", drift, side), sigma)
        for word, side in zip(SIDES[:2], sides, strict=False)
    ]


def _sides(track: Track) -> Array:
    """Return the unit vectors along, across and up in each tick, site axes, (3, N, 3)."""
    azimuth = np.radians(track.landing.plan.orbit.arrival_azimuth_deg)
    up = track.outward
    arrival = np.array([np.sin(azimuth), np.cos(azimuth), 0.0])
    along = arrival - (up @ arrival)[:, None] * up
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    return np.stack([along, np.cross(along, up), up])


def deviation(covariance: NDArray[np.floating], side: Array) -> Array:
    """Return sqrt(a' P a) of covariances (N, 6), xx xy xz yy yz zz, along unit vectors (N, 3)."""
    x, y, z = side.T
    xx, xy, xz, yy, yz, zz = covariance.T
    variance = x * (x * xx + 2.0 * (y * xy + z * xz)) + y * (y * yy + 2.0 * z * yz) + z * z * zz
    return np.asarray(np.sqrt(np.maximum(variance, 0.0)))


def rotation_between(q: Array, p: Array) -> Array:
    """Return the rotation vectors theta [rad] with q = exp(theta) p, (N, 3); q, p (N, 4) units."""
    # q p*: scalar and vector part
    s = np.einsum("ij,ij->i", q, p)
    v = p[:, :1] * q[:, 1:] - q[:, :1] * p[:, 1:] - np.cross(q[:, 1:], p[:, 1:])
    size = np.linalg.norm(v, axis=1)
    angle = 2.0 * np.arctan2(size, np.abs(s))
    with np.errstate(invalid="ignore", divide="ignore"):
        factor = np.where(size > 0.0, angle / size, 2.0) * np.where(s < 0.0, -1.0, 1.0)
    return np.asarray(factor[:, None] * v)
