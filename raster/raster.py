"""A raster in memory: heights above the mean sphere, by latitude and longitude."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.ext.common import deterministic
from farside.ext.common._interpolation import interpolate
from farside.ext.common.errors import FarsideError

MOON_RADIUS_M = 1737400.0  # the sphere of every lunar product (IAU 2015 mean radius)

Array = NDArray[np.float64]
Project = Callable[[Array, Array], tuple[Array, Array]]


class RasterError(FarsideError):
    """A raster that cannot be flown over; its one line says why, and the way out."""


@dataclass(frozen=True, eq=False)
class Raster:
    """Heights of a part of the Moon.

    Attributes
    ----------
    name : str
        What to call it in a message.
    heights_m : ndarray, (rows, cols), float32
        Heights [m] above the sphere of 1737.4 km; NaN in holes.
    project : callable
        (longitude, latitude) [deg] to the coordinates of the raster's own CRS.
    to_pixel : tuple of six floats
        col = a x + b y + c and row = d x + e y + f [pixels, of the CRS's unit], whole at the
        centres of pixels.
    middle_deg : float
        Longitudes are taken within 180 deg of this one.

    References
    ----------
    .. [1] Keys, *Cubic convolution interpolation for digital image processing*, 1981.

    Examples
    --------
    >>> import numpy as np
    >>> from farside.raster import Raster
    >>> heights = np.arange(16, dtype=np.float32).reshape(4, 4)  # a pixel a degree, row 0 at 3 N
    >>> raster = Raster(
    ...     "tile", heights, lambda lon, lat: (lon, lat), (1.0, 0.0, -10.0, 0.0, -1.0, 3.0), 11.5
    ... )
    >>> [float(part) for part in raster.pixel(2.0, 11.0)]  # row, column
    [1.0, 1.0]
    >>> raster.sample([2.0, 2.5, 9.0], [11.0, 11.5, 11.0]).tolist()  # the last is outside
    [5.0, 3.5, nan]
    >>> round(float(raster.inside(1.5, 11.5)), 2)  # one pixel, as the 3 x 3 mask counts it
    0.91
    >>> round(raster.posting_m(0.0, 11.0))  # a degree of a sphere of 1737.4 km
    30323
    """

    name: str
    heights_m: NDArray[np.float32]
    project: Project
    to_pixel: tuple[float, float, float, float, float, float]
    middle_deg: float

    def pixel(self, latitude_deg: ArrayLike, longitude_deg: ArrayLike) -> tuple[Array, Array]:
        """Return the fractional row and column of places [deg]; whole numbers at pixel centres.

        Parameters
        ----------
        latitude_deg, longitude_deg : array_like
            Planetocentric latitude and east longitude [deg].

        Returns
        -------
        tuple of ndarray
            Rows and columns.
        """
        latitude = np.asarray(latitude_deg, dtype=np.float64)
        turns = np.floor((np.asarray(longitude_deg) - self.middle_deg + 180.0) / 360.0)
        x, y = self.project(np.asarray(longitude_deg) - 360.0 * turns, latitude)
        a, b, c, d, e, f = self.to_pixel
        return d * x + e * y + f, a * x + b * y + c

    def sample(
        self, latitude_deg: ArrayLike, longitude_deg: ArrayLike, *, cubic: bool = False
    ) -> Array:
        """Interpolate the heights at places.

        Parameters
        ----------
        latitude_deg, longitude_deg : array_like
            Places [deg], planetocentric, of any one shape; any turn of longitude.
        cubic : bool
            Cubic convolution (smooth) where 4 x 4 pixels are there, instead of bilinear.

        Returns
        -------
        ndarray, float64, same shape
            Heights [m] above the sphere of 1737.4 km; NaN outside and beside holes.
        """
        return self._interpolate(self.heights_m, latitude_deg, longitude_deg, cubic)

    def inside(self, latitude_deg: ArrayLike, longitude_deg: ArrayLike) -> Array:
        """Return the distance [pixels] of places to the nearest hole or edge; 0 outside.

        It is counted by the 3 x 3 mask of `cv2.distanceTransform`, from pixel to pixel: short by up
        to 4.5 % along rows and columns, where the true one is d + 1 pixels to the next unknown.

        Parameters
        ----------
        latitude_deg, longitude_deg : array_like
            Planetocentric latitude and east longitude [deg].

        Returns
        -------
        ndarray
            Distances [pixels].
        """
        return np.nan_to_num(
            self._interpolate(self._inside, latitude_deg, longitude_deg, False), nan=0.0
        )

    def posting_m(self, latitude_deg: float, longitude_deg: float) -> float:
        """Return the spacing of pixels [m] at a place, north-south or east-west, the wider.

        Parameters
        ----------
        latitude_deg, longitude_deg : float
            Planetocentric latitude and east longitude [deg].

        Returns
        -------
        float
            Spacing [m].
        """
        step = 1e-3  # deg
        row, col = self.pixel(
            [latitude_deg, latitude_deg + step, latitude_deg],
            [longitude_deg, longitude_deg, longitude_deg + step],
        )
        metres = np.radians(step) * MOON_RADIUS_M
        north = metres / deterministic.length([row[1] - row[0], col[1] - col[0]])
        east = metres / deterministic.length([row[2] - row[0], col[2] - col[0]])
        return float(max(north, east * deterministic.cos(math.radians(latitude_deg))))

    @cached_property
    def _inside(self) -> NDArray[np.float32]:
        known = np.zeros(np.add(self.heights_m.shape, 2), dtype=np.uint8)
        known[1:-1, 1:-1] = np.isfinite(self.heights_m)
        distance = cv2.distanceTransform(known, cv2.DIST_L2, 3)[1:-1, 1:-1] - 1.0
        return np.ascontiguousarray(np.maximum(distance, 0.0), dtype=np.float32)

    def _interpolate(
        self, z: NDArray[np.float32], latitude_deg: ArrayLike, longitude_deg: ArrayLike, cubic: bool
    ) -> Array:
        row, col = np.broadcast_arrays(*self.pixel(latitude_deg, longitude_deg))
        out = np.empty(row.size, dtype=np.float32)
        interpolate(
            z, np.ascontiguousarray(row.ravel()), np.ascontiguousarray(col.ravel()), cubic, out
        )
        return out.reshape(row.shape).astype(np.float64)
