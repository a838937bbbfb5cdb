"""Arcs about the site: the coordinates in which the ground is stored.

u runs along the flight and v across it, on a sphere about the Moon's centre; u = v = 0 is the site. A
square of u and v is a square on the ground to 4e-6 within 5 km of the site.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

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

    @property
    def along(self) -> Array:
        """The horizontal unit vector of the flight, site frame (East-North-Up), shape (3,)."""
        azimuth = np.radians(self.azimuth_deg)
        return np.array([np.sin(azimuth), np.cos(azimuth), 0.0])

    @property
    def across(self) -> Array:
        """Up x along, site frame, shape (3,)."""
        return np.cross([0.0, 0.0, 1.0], self.along)

    @property
    def site_to_moon(self) -> Array:
        """Columns East, North, Up in the Moon-fixed mean-Earth frame, shape (3, 3)."""
        lat, lon = np.radians([self.latitude_deg, self.longitude_deg])
        east = [-np.sin(lon), np.cos(lon), 0.0]
        north = [-np.sin(lat) * np.cos(lon), -np.sin(lat) * np.sin(lon), np.cos(lat)]
        up = [np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)]
        return np.array([east, north, up]).T

    def latlon(self, u: ArrayLike, v: ArrayLike) -> tuple[Array, Array]:
        """Give latitudes and longitudes [deg] of arcs u, v [m], broadcast together."""
        phi = np.asarray(u, dtype=np.float64) / self.arc_m
        theta = np.asarray(v, dtype=np.float64) / self.arc_m
        # P = cos v (cos u up + sin u along) + sin v across: sines only of what is not yet broadcast
        turned = self.site_to_moon @ np.stack([self.along, self.across, [0.0, 0.0, 1.0]], axis=1)
        x, y, z = (
            np.cos(theta) * (turned[k, 0] * np.sin(phi) + turned[k, 2] * np.cos(phi))
            + turned[k, 1] * np.sin(theta)
            for k in range(3)
        )
        return np.degrees(np.arcsin(np.clip(z, -1.0, 1.0))), np.degrees(np.arctan2(y, x))

    def arcs(self, latitude_deg: ArrayLike, longitude_deg: ArrayLike) -> tuple[Array, Array]:
        """Give the arcs u, v [m] of places [deg], broadcast together."""
        lat, lon = np.radians(latitude_deg), np.radians(longitude_deg)
        moon = np.stack(
            np.broadcast_arrays(np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)),
            axis=-1,
        )
        site = moon @ self.site_to_moon
        u = self.arc_m * np.arctan2(site @ self.along, site[..., 2])
        return u, self.arc_m * np.arcsin(np.clip(site @ self.across, -1.0, 1.0))
