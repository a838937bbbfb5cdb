"""Coordinates of a lunar CRS to planetocentric degrees and back, whatever its units and meridian.

PROJ gives longitudes and latitudes in the units of the CRS's own geographic base, and counts them
from its prime meridian; here they are degrees, counted from the mean-Earth meridian.
"""

from __future__ import annotations

import math

import numpy as np
import pyproj
from numpy.typing import ArrayLike, NDArray
from pyproj.enums import TransformDirection

from farside.ext.common.errors import FarsideError
from farside.raster.raster import RasterError
from farside.raster.units import angular_factor, horizontal, linear_factor

Array = NDArray[np.float64]


class LunarProjection:
    """Converts between the plane (x, y) of a CRS and (longitude, latitude) [deg].

    Attributes
    ----------
    crs : pyproj.CRS
        Its horizontal part.
    geographic : bool
        Whether x and y are a longitude and a latitude.
    metres : float
        Metres in one unit of x and y, at the equator where they are angles.
    turn : float
        What a whole turn of longitude is in x, where they are angles.
    """

    def __init__(self, crs: pyproj.CRS, name: str) -> None:
        """Read the units.

        Raises
        ------
        RasterError
            Geocentric coordinates, a rotated pole, longitudes that grow westwards, mixed units.
        """
        try:
            self.crs = horizontal(crs)
            self.geographic = bool(self.crs.is_geographic)
            base = self.crs if self.geographic else self.crs.geodetic_crs
            if base is None:
                raise FarsideError("it has no geographic base; reproject it to IAU_2015:30100")
            if base.is_derived:
                raise FarsideError("its poles are not the Moon's; reproject it to IAU_2015:30100")
            if any(axis.direction.lower() == "west" for axis in base.axis_info):
                raise FarsideError("its longitudes grow westwards; reproject it to IAU_2015:30100")
            self._degrees = angular_factor(base)
            self.metres = self._degrees if self.geographic else linear_factor(self.crs)
        except ValueError as why:
            raise RasterError(f"{name}: {why}") from None
        meridian = base.prime_meridian
        self._meridian_deg = 0.0
        if meridian is not None:
            self._meridian_deg = math.degrees(
                float(meridian.longitude) * float(meridian.unit_conversion_factor)
            )
        self.turn = 360.0 / self._degrees
        if self.geographic:
            radius_m = self.crs.ellipsoid.semi_major_metre if self.crs.ellipsoid else 0.0
            self.metres = math.radians(self._degrees) * radius_m
            self._transformer = None
        else:
            self._transformer = pyproj.Transformer.from_crs(base, self.crs, always_xy=True)

    def to_degrees(self, x: ArrayLike, y: ArrayLike) -> tuple[Array, Array]:
        """Return longitude and latitude [deg] of coordinates; not finite where there are none.

        Raises
        ------
        pyproj.exceptions.ProjError
            The projection fails altogether.
        """
        longitude, latitude = np.asarray(x, np.float64), np.asarray(y, np.float64)
        if self._transformer is not None:
            longitude, latitude = self._transformer.transform(
                longitude, latitude, direction=TransformDirection.INVERSE
            )
        return self._scaled(longitude) + self._meridian_deg, self._scaled(latitude)

    def from_degrees(
        self, longitude_deg: ArrayLike, latitude_deg: ArrayLike
    ) -> tuple[Array, Array]:
        """Return x and y of places [deg]; not finite where there are none.

        Raises
        ------
        pyproj.exceptions.ProjError
            The projection fails altogether.
        """
        x = np.asarray(longitude_deg, np.float64) - self._meridian_deg
        y = np.asarray(latitude_deg, np.float64)
        if self._degrees != 1.0:
            x, y = x / self._degrees, y / self._degrees
        if self._transformer is None:
            return x, y
        east, north = self._transformer.transform(x, y)
        return np.asarray(east), np.asarray(north)

    def _scaled(self, angle: ArrayLike) -> Array:
        angles = np.asarray(angle, np.float64)
        return angles if self._degrees == 1.0 else angles * self._degrees


def apply(transform: tuple[float, ...], col: ArrayLike, row: ArrayLike) -> tuple[Array, Array]:
    """Return a c + b r + c0 and d c + e r + f0: an affine transform of columns and rows.

    Written out, since affine 2 spells the product `*` and affine 3 `@`.
    """
    a, b, c, d, e, f = list(transform)[:6]
    u, v = np.asarray(col, np.float64), np.asarray(row, np.float64)
    return a * u + b * v + c, d * u + e * v + f
