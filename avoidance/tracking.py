"""Hazard-relative navigation: where the lander stands on the map that its site was chosen on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.avoidance.decision import Estimate
from farside.ext.common import deterministic
from farside.ext.common._records import TICK_S
from farside.ext.common.errors import FarsideError
from farside.mission import FlightConfig, Mission
from farside.navigation import map_fix
from farside.terrain import ElevationMap
from farside.terrain.register import register

#: Farthest that a lander is looked for from where its estimate has it [m].
REACH_MOST_M = 5.0
REACH_LEAST_M = 1.2
#: And in deviations of the estimate.
REACH_SIGMAS = 5.0
#: Two fixes agree that are displaced alike to this [m], and so much more for each second between
#: them [m/s]: the estimate is then outvoted.
AGREE_M = 0.3
AGREE_MPS = 1.0
#: Farthest that the frame's heights may be off the map's [m]: heights are told from the ground
#: beneath, which differs by 3.2 m (1 sigma) over the 50 m from the scan's place to the site's.
LEVEL_MOST_M = 10.0
#: Growth of the search after a frame that told no place: the estimate may be further off.
WIDEN = 2.0


class FixVerdict(StrEnum):
    """What became of a frame that was laid onto the map."""

    TAKEN = "taken"
    OUTVOTED = "outvoted"  # taken against the estimate: two fixes on end said so
    OUTSIDE = "outside"  # of its gate: refused
    NOTHING = "nothing"  # the ground told no place


@dataclass(frozen=True)
class MapFix:
    """A place on the map in use, as the navigator takes it.

    Attributes
    ----------
    tick : int
        Time of the estimate that the place corrects.
    place_m : tuple of float
        East, north [m].
    axis : tuple of float
        Unit vector of the first principal axis of the covariance: east, north.
    variance_m2 : tuple of float
        Along that axis and the one 90 deg to its left [m^2], without the lidar's mounting.
    """

    tick: int
    place_m: tuple[float, float]
    axis: tuple[float, float]
    variance_m2: tuple[float, float]

    def off_m(self, estimate: Estimate) -> tuple[float, float]:
        """Return the place less that of an estimate: east, north [m]."""
        return (
            self.place_m[0] - float(estimate.r_site[0]),
            self.place_m[1] - float(estimate.r_site[1]),
        )

    def record(self, gate: float, since_s: float = 0.0) -> NDArray[np.void]:
        """Return it as the navigator takes it, with its gate: see `farside.navigation.map_fix`."""
        return map_fix(self.tick, self.place_m, self.axis, self.variance_m2, gate, since_s)


class MapTracker:
    """Lays frames onto a map and makes fixes of them.

    Parameters
    ----------
    mission : FlightConfig or Mission
        With a lidar.
    elevation : ElevationMap
        The map on which the site was chosen.
    sigma_m : float
        Noise of the map's heights, 1 sigma [m].
    """

    def __init__(
        self, mission: FlightConfig | Mission, elevation: ElevationMap, sigma_m: float
    ) -> None:
        self._config = FlightConfig.of(mission)
        lidar = self._config.sensors.lidar
        if lidar is None:
            raise FarsideError(f"{self._config.name} carries no lidar: nothing is laid onto a map")
        self._boresight = 1e-3 * lidar.boresight_error_mrad
        self._sigma_m = math.sqrt(sigma_m * sigma_m + lidar.noise_m * lidar.noise_m)
        self._elevation = elevation
        self._refused: tuple[int, float, float] | None = None
        self._widen = 1.0

    def fix(
        self, estimate: Estimate, points: ArrayLike, *, tick: int, height_m: float, sigma_m: float
    ) -> MapFix | None:
        """Return the place of a moment on the map; None where the ground does not tell it.

        Parameters
        ----------
        estimate : Estimate
            Of the moment; the returns are placed by it and its neighbours.
        points : array_like (N, 3)
            Returns [m]: east, north, up of the site as estimated. NaN: none.
        tick : int
            Of the moment.
        height_m : float
            Of the lander above the ground [m].
        sigma_m : float
            Of the estimate's place against the map, 1 sigma [m].
        """
        reach_m = self._widen * max(REACH_SIGMAS * sigma_m, REACH_LEAST_M)
        # a fix that was refused says where to look
        around = (0.0, 0.0) if self._refused is None else self._refused[1:]
        found = register(
            np.asarray(points, np.float64) + np.array([*around, 0.0]),
            self._elevation,
            sigma_m=self._sigma_m,
            reach_m=min(reach_m, REACH_MOST_M),
        )
        if found is None or not abs(found.shift_m[2]) <= LEVEL_MOST_M:
            self._widen = min(WIDEN * self._widen, REACH_MOST_M / REACH_LEAST_M)
            return None
        self._widen = 1.0
        axis, variances = principal_axes(found.covariance_m2)
        worst = deterministic.length([math.sqrt(max(variances)), self._boresight * height_m])
        if not worst <= self._config.tracking.sigma_most_m:
            return None
        east, north = float(estimate.r_site[0]), float(estimate.r_site[1])
        return MapFix(
            tick,
            (east + around[0] + found.shift_m[0], north + around[1] + found.shift_m[1]),
            axis,
            variances,
        )

    def outvotes(self, estimate: Estimate, fix: MapFix) -> bool:
        """Return whether a fix outside its gate agrees with the one before it that was, too."""
        east, north = fix.off_m(estimate)
        last, self._refused = self._refused, (fix.tick, east, north)
        if last is None:
            return False
        agree_m = AGREE_M + AGREE_MPS * TICK_S * (fix.tick - last[0])
        return deterministic.length([east - last[1], north - last[2]]) <= agree_m

    def agreed(self) -> None:
        """Forget a fix that was refused: one has been taken since."""
        self._refused = None


def principal_axes(
    covariance: NDArray[np.float64],
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the first principal axis of a covariance (2, 2), and the variances along both.

    Parameters
    ----------
    covariance : ndarray (2, 2)
        Symmetric and positive.

    Returns
    -------
    axis : tuple of float
        Unit vector of the larger variance.
    variances : tuple of float
        Along it and 90 deg to its left.

    Examples
    --------
    >>> from farside.avoidance.tracking import principal_axes
    >>> principal_axes(np.array([[1.0, 0.0], [0.0, 4.0]]))
    ((0.0, 1.0), (4.0, 1.0))
    """
    xx, xy, yy = (float(part) for part in (covariance[0, 0], covariance[0, 1], covariance[1, 1]))
    mean, half = 0.5 * (xx + yy), 0.5 * (xx - yy)
    radius = math.sqrt(half * half + xy * xy)
    # (xy, mean + radius - xx) and (mean + radius - yy, xy) both lie along it
    first = (xy, radius - half) if half < 0.0 else (radius + half, xy)
    length = math.sqrt(first[0] * first[0] + first[1] * first[1])
    axis = (first[0] / length, first[1] / length) if length > 0.0 else (1.0, 0.0)
    return axis, (mean + radius, mean - radius)
