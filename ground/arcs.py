"""Arcs about the site: the coordinates in which the ground is stored.

u runs along the flight and v across it, on a sphere about the Moon's centre; u = v = 0 is the site.
A square of u and v is a square on the ground to 4e-6 within 5 km of the site.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.ext.common import deterministic
from farside.mission.frames import SiteFrame

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Arcs:
    """The site, the heading of the flight there, and the radius that turns angles into metres.

    Attributes
    ----------
    latitude_deg, longitude_deg : float
        The site, planetocentric mean-Earth.
    azimuth_deg : float
        Heading of the flight at the site, from north through east.
    arc_m : float
        Radius [m] of the sphere that carries u and v.
    """

    latitude_deg: float
    longitude_deg: float
    azimuth_deg: float
    arc_m: float

    @cached_property
    def axes(self) -> Array:
        """Rows along, across = up x along, and up, in the site frame (East-North-Up), (3, 3)."""
        azimuth = math.radians(self.azimuth_deg)
        along = np.array([deterministic.sin(azimuth), deterministic.cos(azimuth), 0.0])
        return np.array([along, [-along[1], along[0], 0.0], [0.0, 0.0, 1.0]])

    @cached_property
    def _to_moon(self) -> Array:
        frame = SiteFrame(self.latitude_deg, self.longitude_deg, self.arc_m)
        return deterministic.product(frame.moon_to_site.T, self.axes.T)

    def latlon(self, u: ArrayLike, v: ArrayLike) -> tuple[Array, Array]:
        """Return latitudes and longitudes [deg] of arcs u, v [m], broadcast together."""
        phi = np.asarray(u, dtype=np.float64) / self.arc_m
        theta = np.asarray(v, dtype=np.float64) / self.arc_m
        # P = cos v (sin u along + cos u up) + sin v across; the sines before they are broadcast
        sin_phi, cos_phi = deterministic.sin(phi), deterministic.cos(phi)
        sin_theta, cos_theta = deterministic.sin(theta), deterministic.cos(theta)
        x, y, z = (
            cos_theta * (row[0] * sin_phi + row[2] * cos_phi) + row[1] * sin_theta
            for row in self._to_moon
        )
        latitude = deterministic.arcsin(np.asarray(z))
        return np.degrees(latitude), np.degrees(deterministic.arctan2(y, x))

    def arcs(self, latitude_deg: ArrayLike, longitude_deg: ArrayLike) -> tuple[Array, Array]:
        """Return the arcs u, v [m] of places [deg], broadcast together."""
        lat, lon = np.asarray(np.radians(latitude_deg)), np.asarray(np.radians(longitude_deg))
        level = deterministic.cos(lat)
        places = np.broadcast_arrays(
            level * deterministic.cos(lon), level * deterministic.sin(lon), deterministic.sin(lat)
        )
        turned = deterministic.product(np.stack(places, axis=-1), self._to_moon)
        along, across, up = np.moveaxis(turned, -1, 0)
        return (
            np.asarray(self.arc_m * deterministic.arctan2(along, up)),
            np.asarray(self.arc_m * deterministic.arcsin(np.asarray(across))),
        )

    def site(self, u: ArrayLike, v: ArrayLike, height_m: ArrayLike, radius_m: float) -> Array:
        """Return positions [m] in the site frame, its origin at radius_m, of heights above that.

        Parameters
        ----------
        u, v : array_like
            Arcs [m].
        height_m : array_like
            Radial heights [m] above radius_m.
        radius_m : float
            Radius [m] of the site.

        Returns
        -------
        ndarray, (..., 3)
            East, north, up [m].
        """
        phi = np.asarray(u, dtype=np.float64) / self.arc_m
        theta = np.asarray(v, dtype=np.float64) / self.arc_m
        radius = radius_m + np.asarray(height_m)
        parts = np.broadcast_arrays(
            radius * deterministic.cos(theta) * deterministic.sin(phi),
            radius * deterministic.sin(theta),
            radius * deterministic.cos(theta) * deterministic.cos(phi) - radius_m,
        )
        return deterministic.product(np.stack(parts, axis=-1), self.axes)
