"""Frames: inertial, Moon-fixed (mean Earth), and East-North-Up at a landing site.

`inertial`  Moon-centred; its axes are the Moon-fixed ones at t = 0, which is powered-descent
            initiation. The Moon's own fall round the Earth cancels out of a 15-minute descent.
`moon`      Moon-centred, mean Earth: x towards the mean Earth, z along the mean rotation axis.
`site`      x east, y north, z up at a point fixed to the Moon; origin on the radius of the site,
            so that the Moon's centre is at (0, 0, -radius_m).

Latitudes are planetocentric, longitudes east in 0-360. The Moon turns uniformly about z.
"""

import math
from dataclasses import dataclass
from functools import cache, cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from farside.ext.common import deterministic
from farside.ext.common.errors import FarsideError
from farside.mission.moon import PA_TO_ME_ARCSEC, ROTATION_RADPS

Array = npt.NDArray[np.float64]


class LatLonRadius(NamedTuple):
    """Planetocentric place of one point (floats) or of N points (arrays of shape (N,))."""

    latitude_deg: Array
    longitude_deg: Array
    radius_m: Array


@dataclass(frozen=True)
class SiteFrame:
    """East-North-Up axes at a point of the Moon, and the ways in and out of them.

    Positions, velocities and directions are arrays of shape (3,) or (N, 3), metres and m/s.
    At a pole the longitude still sets the axes: north points along the meridian that it names.

    Parameters
    ----------
    latitude_deg : float
        Planetocentric latitude of the origin, -90 to 90.
    longitude_deg : float
        East longitude of the origin.
    radius_m : float
        Distance of the origin from the Moon's centre: 1737400 m plus the site's elevation.

    Raises
    ------
    ValueError
        Latitude outside +-90 deg, a radius that is not positive, or a number that is not finite.

    Examples
    --------
    >>> import numpy as np
    >>> from farside.mission import SiteFrame
    >>> frame = SiteFrame(0.0, 90.0, 1737400.0)  # on the equator, in the middle of the eastern limb
    >>> (frame.to_site((0.0, 1737500.0, 0.0)).round(3) + 0.0).tolist()  # 100 m above it
    [0.0, 0.0, 100.0]
    >>> frame.to_moon((0.0, 1000.0, 0.0)).round(3).tolist()  # 1 km north
    [0.0, 1737400.0, 1000.0]
    >>> (frame.vector_to_site((-1.0, 0.0, 0.0)).round(3) + 0.0).tolist()  # east
    [1.0, 0.0, 0.0]
    >>> (frame.vector_to_moon((0.0, 0.0, 1.0)).round(3) + 0.0).tolist()  # up
    [0.0, 1.0, 0.0]

    A degree of latitude is 30.3 km along the ground, which falls off below the level by 265 m:

    >>> frame.from_lat_lon(1.0, 90.0, 1737400.0).round(0).tolist()
    [0.0, 30322.0, -265.0]
    >>> [round(float(part), 6) for part in frame.lat_lon_radius((0.0, 0.0, 0.0))]
    [0.0, 90.0, 1737400.0]

    The Moon turns the site eastwards by 4.62 m/s at the equator:

    >>> r_inertial, v_inertial = frame.to_inertial((0.0, 0.0, 0.0), (0.0, 0.0, 0.0), 0.0)
    >>> (v_inertial.round(2) + 0.0).tolist()
    [-4.62, 0.0, 0.0]
    >>> r_site, v_site = frame.from_inertial(r_inertial, v_inertial, 0.0)
    >>> bool(np.abs(r_site).max() < 1e-6), bool(np.abs(v_site).max() < 1e-9)
    (True, True)
    """

    latitude_deg: float
    longitude_deg: float
    radius_m: float

    def __post_init__(self) -> None:
        """Refuse a place that is not one."""
        if not abs(self.latitude_deg) <= 90.0:
            raise FarsideError(f"latitude {self.latitude_deg} deg: give one from -90 to 90")
        if not np.isfinite(self.longitude_deg):
            raise FarsideError(f"longitude {self.longitude_deg} deg: give a finite one")
        if not 0.0 < self.radius_m < np.inf:
            raise FarsideError(
                f"radius {self.radius_m} m: give the distance from the Moon's centre"
            )

    @cached_property
    def moon_to_site(self) -> Array:
        """Rotation of vectors from `moon` to `site`, (3, 3): its rows are east, north and up."""
        angles = np.radians([self.latitude_deg, self.longitude_deg])
        (sin_lat, sin_lon), (cos_lat, cos_lon) = (
            deterministic.sin(angles),
            deterministic.cos(angles),
        )
        rows = np.array(
            [
                [-sin_lon, cos_lon, 0.0],
                [-sin_lat * cos_lon, -sin_lat * sin_lon, cos_lat],
                [cos_lat * cos_lon, cos_lat * sin_lon, sin_lat],
            ]
        )
        rows.flags.writeable = False
        return rows

    @cached_property
    def omega_site(self) -> Array:
        """Rotation of the Moon [rad/s] in `site` axes, (3,)."""
        omega = ROTATION_RADPS * self.moon_to_site[:, 2]
        omega.flags.writeable = False
        return omega

    @cached_property
    def centre_site(self) -> Array:
        """Centre of the Moon [m] in `site`, (3,)."""
        centre = np.array([0.0, 0.0, -self.radius_m])
        centre.flags.writeable = False
        return centre

    def vector_to_site(self, u_moon: npt.ArrayLike) -> Array:
        """Turn directions or Moon-fixed velocities from `moon` into `site` axes.

        Parameters
        ----------
        u_moon : array_like, (..., 3)
            Directions or velocities along the axes of `moon`.

        Returns
        -------
        ndarray, (..., 3)
            The same along the axes of `site`.
        """
        return deterministic.product(u_moon, self.moon_to_site.T)

    def vector_to_moon(self, u_site: npt.ArrayLike) -> Array:
        """Turn directions or Moon-fixed velocities from `site` into `moon` axes.

        Parameters
        ----------
        u_site : array_like, (..., 3)
            Directions or velocities along the axes of `site`.

        Returns
        -------
        ndarray, (..., 3)
            The same along the axes of `moon`.
        """
        return deterministic.product(u_site, self.moon_to_site)

    def to_site(self, r_moon: npt.ArrayLike) -> Array:
        """Turn positions [m] from `moon` into `site`.

        Parameters
        ----------
        r_moon : array_like, (..., 3)
            From the Moon's centre [m].

        Returns
        -------
        ndarray, (..., 3)
            From the site, East-North-Up [m].
        """
        return self.vector_to_site(r_moon) + self.centre_site

    def to_moon(self, r_site: npt.ArrayLike) -> Array:
        """Turn positions [m] from `site` into `moon`.

        Parameters
        ----------
        r_site : array_like, (..., 3)
            From the site, East-North-Up [m].

        Returns
        -------
        ndarray, (..., 3)
            From the Moon's centre [m].
        """
        return self.vector_to_moon(np.asarray(r_site, np.float64) - self.centre_site)

    def to_inertial(
        self, r_site: npt.ArrayLike, v_site: npt.ArrayLike, t_s: float
    ) -> tuple[Array, Array]:
        """Turn positions and Moon-fixed velocities in `site` into `inertial` ones.

        Parameters
        ----------
        r_site, v_site : array_like, (3,) or (N, 3)
            Position [m] and velocity relative to the turning Moon [m/s].
        t_s : float
            Time since the two sets of axes coincided [s].

        Returns
        -------
        r_inertial, v_inertial : ndarray
            Of the same shapes.
        """
        arm_site = np.asarray(r_site, np.float64) - self.centre_site
        # v_inertial = v_site + omega x r, r from the Moon's centre
        v_carried = np.asarray(v_site, np.float64) + np.cross(self.omega_site, arm_site)
        turn = _inertial_to_moon(t_s)
        return (
            deterministic.product(self.vector_to_moon(arm_site), turn),
            deterministic.product(self.vector_to_moon(v_carried), turn),
        )

    def from_inertial(
        self, r_inertial: npt.ArrayLike, v_inertial: npt.ArrayLike, t_s: float
    ) -> tuple[Array, Array]:
        """Turn `inertial` positions and velocities into `site`, Moon-fixed: undo `to_inertial`.

        Parameters
        ----------
        r_inertial, v_inertial : array_like, (..., 3)
            Positions [m] and velocities [m/s].
        t_s : float
            Time at which they hold [s].

        Returns
        -------
        tuple of ndarray
            Positions [m] and velocities [m/s] in `site`.
        """
        turn = _inertial_to_moon(t_s)
        arm_site = self.vector_to_site(deterministic.product(r_inertial, turn.T))
        v_carried = self.vector_to_site(deterministic.product(v_inertial, turn.T))
        return arm_site + self.centre_site, v_carried - np.cross(self.omega_site, arm_site)

    def lat_lon_radius(self, r_site: npt.ArrayLike) -> LatLonRadius:
        """Return latitude [deg], east longitude in [0, 360) [deg] and radius [m] of points.

        Parameters
        ----------
        r_site : array_like, (..., 3)
            From the site, East-North-Up [m].

        Returns
        -------
        LatLonRadius
            Of floats for one point, of arrays for several.
        """
        x, y, z = np.moveaxis(self.to_moon(r_site), -1, 0)
        longitude = np.degrees(deterministic.arctan2(y, x)) % 360.0
        return LatLonRadius(
            np.degrees(deterministic.arctan2(z, deterministic.hypot(x, y)))[()],
            # a hair west of the prime meridian the remainder rounds up to 360 itself
            np.where(longitude == 360.0, 0.0, longitude)[()],
            np.sqrt(x * x + y * y + z * z),
        )

    def from_lat_lon(
        self, latitude_deg: npt.ArrayLike, longitude_deg: npt.ArrayLike, radius_m: npt.ArrayLike
    ) -> Array:
        """Return the position in `site` [m] of a planetocentric place: undo `lat_lon_radius`.

        Parameters
        ----------
        latitude_deg, longitude_deg : array_like
            Planetocentric latitude and east longitude [deg].
        radius_m : array_like
            Distance from the Moon's centre [m].

        Returns
        -------
        ndarray, (..., 3)
            From the site, East-North-Up [m].
        """
        lat, lon = np.asarray(np.radians(latitude_deg)), np.asarray(np.radians(longitude_deg))
        level = deterministic.cos(lat)
        unit_moon = np.stack(
            np.broadcast_arrays(
                level * deterministic.cos(lon),
                level * deterministic.sin(lon),
                deterministic.sin(lat),
            ),
            axis=-1,
        )
        return self.to_site(np.asarray(radius_m, np.float64)[..., None] * unit_moon)


def _inertial_to_moon(t_s: float) -> Array:
    """Rotation of vectors from `inertial` to `moon` t_s after they coincided, (3, 3)."""
    angle = ROTATION_RADPS * t_s
    c, s = deterministic.cos(angle), deterministic.sin(angle)
    return np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]])


def arrival_axes(arrival_azimuth_deg: float) -> tuple[Array, Array]:
    """Return the horizontal unit vectors (3,) along the arrival and across it (up x along)."""
    azimuth = math.radians(arrival_azimuth_deg)
    along = np.array([deterministic.sin(azimuth), deterministic.cos(azimuth), 0.0])
    return along, np.cross([0.0, 0.0, 1.0], along)


@cache
def principal_to_mean_earth() -> Array:
    """Return the rotation of vectors from the principal axes to the mean-Earth ones, (3, 3)."""
    about_z, about_y, about_x = np.radians(np.array(PA_TO_ME_ARCSEC) / 3600.0)
    turn = np.eye(3)
    # ME = R1 R2 R3 PA
    for axis, angle in ((2, about_z), (1, about_y), (0, about_x)):
        turn = deterministic.product(axes_turned(axis, angle), turn)
    turn.flags.writeable = False
    return turn


def axes_turned(axis: int, angle_rad: float) -> Array:
    """Return the matrix (3, 3) of a vector's new components when the axes turn about one."""
    c, s = deterministic.cos(angle_rad), deterministic.sin(angle_rad)
    matrix = np.eye(3)
    i, j = (axis + 1) % 3, (axis + 2) % 3
    matrix[i, i] = matrix[j, j] = c
    matrix[i, j], matrix[j, i] = s, -s
    return matrix
