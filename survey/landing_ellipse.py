"""Landing ellipses: the covariance of where a lander arrives, and the mean of a map over it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from farside.mission import Mission
from farside.mission.ephemeris import parse_utc
from farside.raster import MOON_RADIUS_M
from farside.survey.errors import SurveyError
from farside.survey.landing_means import EllipseMeans
from farside.survey.landing_region import RegionGrid

Array = NDArray[np.float64]

SIGMAS = 3.0  # drawn, kept apart, held in a region: 98.9 % of a normal in two dimensions
_MOST_M = 300e3
_OUTLINE = 73  # places on an ellipse that is drawn


@dataclass(frozen=True)
class LandingEllipse:
    """A normal distribution of arrivals about a target.

    Attributes
    ----------
    sigma_east_m, sigma_north_m : float
        Standard deviations [m].
    correlation : float
        Of the two [-].
    source : str
        Where they are from, in words.

    Examples
    --------
    >>> import numpy as np
    >>> from farside.mission import load_mission
    >>> from farside.survey import LandingEllipse
    >>> from farside.survey.landing_region import Region, plane_of
    >>> mission = load_mission("chang-e-6")
    >>> [round(LandingEllipse.of_mission(mission, by).sigma_east_m) for by in (False, True)]
    [20, 131]
    >>> ellipse = LandingEllipse(sigma_east_m=1500.0, sigma_north_m=500.0)
    >>> ellipse.axes_m, ellipse.reach_m, ellipse.outline(-41.6, 206.0).shape
    ((1500.0, 500.0, 90.0), 4500.0, (73, 2))

    Half of a region is safe, and the target stands half a cell before it (0.369 by the integral):

    >>> grid = plane_of(Region.of("41.6S,154W,20"), 1000.0)
    >>> ellipse.check(grid)  # it holds the ellipse
    >>> safe = np.zeros(grid.shape)
    >>> safe[:, 31:] = 1.0
    >>> ellipse.mean_map(safe, grid)[30, [10, 30, 31, 50]].round(2).tolist()
    [0.0, 0.37, 0.63, 1.0]
    >>> [round(each, 2) for each in ellipse.mean_at(safe, grid, 30, 30)]
    [0.37, 1.0]
    """

    sigma_east_m: float
    sigma_north_m: float
    correlation: float = 0.0
    source: str = "given"

    def __post_init__(self) -> None:
        """Check the numbers.

        Raises
        ------
        SurveyError
            One that cannot be.
        """
        for value in (self.sigma_east_m, self.sigma_north_m):
            if not 0.0 <= value <= _MOST_M:
                raise SurveyError(
                    f"an ellipse of {value:g} m, 1 sigma; give 0 to {_MOST_M:g} m east and north"
                )
        if not -1.0 < self.correlation < 1.0:
            raise SurveyError(f"an ellipse's correlation of {self.correlation:g}; give -1 to 1")

    @classmethod
    def of_mission(cls, plan: Mission, inertial: bool = False) -> LandingEllipse:
        """Return a mission's own: by its onboard map, or by dead reckoning.

        Parameters
        ----------
        plan : Mission
        inertial : bool
            Leave the terrain navigation of the mission out.

        Notes
        -----
        With cameras that find the onboard map the lander arrives on that map's place, which is off
        by `terrain_navigation.map.registration_m`. Without, by the first estimate, propagated over
        the time T of the descent:
        sigma^2 = sigma_r^2 + (sigma_v T)^2.
        The accelerometers' constant error b would add (b T^2 / 2)^2 if nothing but they told the
        velocity until landing. It is left out: the radar's velocities end dead reckoning before.
        For a mission without a velocimeter nobody has measured what the term would be.
        """
        terrain = plan.terrain_navigation
        if terrain.cameras and not inertial:
            east, north, _ = terrain.map.registration_m
            return cls(float(east), float(north), source=f"the onboard map of {plan.name}")
        seconds = parse_utc(plan.epoch.landing_utc) - parse_utc(plan.epoch.pdi_utc)
        time_s = seconds / timedelta(seconds=1)
        stray = plan.dispersions
        # sigma^2 = sigma_r^2 + (sigma_v T)^2
        sigma = math.hypot(
            stray.knowledge_position_m.sigma, stray.knowledge_velocity_mps.sigma * time_s
        )
        return cls(sigma, sigma, source=f"dead reckoning of {plan.name}")

    @classmethod
    def of_axes(cls, along_m: float, across_m: float, azimuth_deg: float) -> LandingEllipse:
        """Return the ellipse of two semi-axes, 1 sigma [m], the first along an azimuth [deg].

        Raises
        ------
        SurveyError
            Axes that cannot be.

        Examples
        --------
        >>> from farside.survey import LandingEllipse
        >>> LandingEllipse.of_axes(300.0, 100.0, 90.0).sigma_east_m
        300.0
        """
        for value in (along_m, across_m):
            if not 0.0 <= value <= _MOST_M:
                raise SurveyError(
                    f"an ellipse of {value:g} m, 1 sigma; give 0 to {_MOST_M:g} m on each axis"
                )
        if not math.isfinite(azimuth_deg):
            raise SurveyError(f"an ellipse along {azimuth_deg:g}; give an azimuth in degrees")
        s, c = math.sin(math.radians(azimuth_deg)), math.cos(math.radians(azimuth_deg))
        east, north = math.hypot(along_m * s, across_m * c), math.hypot(along_m * c, across_m * s)
        both = (along_m - across_m) * (along_m + across_m) * s * c
        # an axis of nothing would be a line: its covariance has no inverse, and needs none
        most = 1.0 - 1e-12
        tied = both / (east * north) if east * north > 0.0 else 0.0
        return cls(east, north, min(max(tied, -most), most))

    @property
    def covariance(self) -> Array:
        """East and north [m2], (2, 2)."""
        east, north = self.sigma_east_m, self.sigma_north_m
        both = self.correlation * east * north
        return np.array([[east * east, both], [both, north * north]])

    @property
    def axes_m(self) -> tuple[float, float, float]:
        """Major and minor axis, 1 sigma [m], and azimuth of the major one [deg], 0 to 180."""
        values, ways = np.linalg.eigh(self.covariance)
        minor, major = np.sqrt(np.maximum(values, 0.0))
        azimuth = math.degrees(math.atan2(ways[0, 1], ways[1, 1])) % 180.0
        return float(major), float(minor), azimuth

    @property
    def reach_m(self) -> float:
        """Three sigma along the major axis [m]."""
        return SIGMAS * self.axes_m[0]

    def check(self, grid: RegionGrid) -> None:
        """Refuse an ellipse that a region does not hold.

        Parameters
        ----------
        grid : RegionGrid
            The region's plane.

        Raises
        ------
        SurveyError
            Both sizes.
        """
        if self.reach_m > grid.region.radius_m:
            raise SurveyError(
                f"an ellipse of {self.reach_m / 1e3:.3g} km (3 sigma) is larger than the region, "
                f"{grid.region.radius_m / 1e3:.3g} km from its middle; give a larger region, or a "
                "smaller ellipse (--ellipse)"
            )

    def mean_map(self, values: Array, grid: RegionGrid) -> Array:
        """Return means over the ellipse about every cell, unknown cells as 0.

        Parameters
        ----------
        values : ndarray (rows, cols)
            Of every cell.
        grid : RegionGrid
            The region's plane.

        Returns
        -------
        ndarray (rows, cols)
            The cells themselves where the ellipse, cut at 3 sigma, is within a cell.
        """
        return EllipseMeans(self.covariance, grid).map(values)

    def mean_at(self, values: Array, grid: RegionGrid, row: int, col: int) -> tuple[float, float]:
        """Return the mean over the ellipse about a cell, and the share of it that is known.

        Parameters
        ----------
        values : ndarray (rows, cols)
            Of every cell; unknown ones count as 0.
        grid : RegionGrid
            The region's plane.
        row, col : int
            Of the cell.

        Returns
        -------
        mean, known : float
            The mean to the bit as in `mean_map`.
        """
        return EllipseMeans(self.covariance, grid).at(values, row, col)

    def outline(self, latitude_deg: float, longitude_deg: float) -> Array:
        """Return the 3-sigma ellipse about a place, closed and counter-clockwise.

        Parameters
        ----------
        latitude_deg, longitude_deg : float
            The place [deg].

        Returns
        -------
        ndarray (73, 2)
            Longitudes and latitudes [deg].
        """
        angle = np.linspace(0.0, 2.0 * math.pi, _OUTLINE)
        root = SIGMAS * _root(self.covariance)
        east = root[0, 0] * np.cos(angle) + root[0, 1] * np.sin(angle)
        north = root[1, 0] * np.cos(angle) + root[1, 1] * np.sin(angle)
        distance = np.hypot(east, north) / MOON_RADIUS_M
        return np.stack(along(latitude_deg, longitude_deg, np.arctan2(east, north), distance), -1)


def _root(covariance: Array) -> Array:
    """Return a square root of a covariance with a positive determinant."""
    values, ways = np.linalg.eigh(covariance)
    root = ways * np.sqrt(np.maximum(values, 0.0)) @ ways.T
    return np.asarray(root)


def along(
    latitude_deg: float, longitude_deg: float, azimuth: Array, angle: Array
) -> tuple[Array, Array]:
    """Return longitudes and latitudes [deg] along great circles from a place.

    Parameters
    ----------
    latitude_deg, longitude_deg : float
    azimuth : ndarray
        From north through east [rad].
    angle : ndarray
        Along the circle [rad].
    """
    phi, lam = math.radians(latitude_deg), math.radians(longitude_deg)
    sine = math.sin(phi) * np.cos(angle) + math.cos(phi) * np.sin(angle) * np.cos(azimuth)
    east = np.sin(azimuth) * np.sin(angle) * math.cos(phi)
    turn = np.arctan2(east, np.cos(angle) - math.sin(phi) * sine)
    longitude = (np.degrees(lam + turn) + 180.0) % 360.0 - 180.0
    return longitude, np.degrees(np.arcsin(np.clip(sine, -1.0, 1.0)))
