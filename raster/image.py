"""Opening an image: grey values of any depth, and where it lies on the Moon if the file says so."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.enums import ColorInterp
from rasterio.errors import RasterioError

from farside.ext.common.deterministic import cos, hypot
from farside.raster.lunar import lunar_crs
from farside.raster.projection import LunarProjection
from farside.raster.raster import MOON_RADIUS_M, RasterError
from farside.raster.store import open_source

#: Pixels that are read: 200 million of 16 bit are 400 MB.
MOST_PIXELS = 2 * 10**8


@dataclass(frozen=True, eq=False)
class Image:
    """Grey values, and their place.

    Attributes
    ----------
    name : str
        Of the file.
    grey : (rows, cols) array
        As stored; of a colour picture, the mean of red, green and blue.
    known : (rows, cols) array of bool
        Where the file holds a value.
    projection : LunarProjection or None
        Of the file's lunar CRS; None where it names none.
    transform : tuple of float
        a, b, c, d, e, f from pixel corners (column, row) to the CRS: x = a col + b row + c.
    """

    name: str
    grey: NDArray[np.generic]
    known: NDArray[np.bool_]
    projection: LunarProjection | None
    transform: tuple[float, float, float, float, float, float]

    def to_degrees(
        self, x_px: NDArray[np.float64], y_px: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return longitudes and latitudes [deg] of places counted from the first pixel's middle."""
        if self.projection is None:
            raise RasterError(f"{self.name}: names no place on the Moon")
        a, b, c, d, e, f = self.transform
        x, y = x_px + 0.5, y_px + 0.5
        return self.projection.to_degrees(a * x + b * y + c, d * x + e * y + f)

    @property
    def gsd_m(self) -> float | None:
        """Ground sample distance [m] at the image's middle; None without a place."""
        if self.projection is None:
            return None
        rows, cols = self.grey.shape
        middle = np.array([0.5 * cols, 0.5 * cols + 1.0, 0.5 * cols])
        down = np.array([0.5 * rows, 0.5 * rows, 0.5 * rows + 1.0])
        longitude, latitude = self.to_degrees(middle, down)
        shrunk = cos(math.radians(latitude[0]))
        sides = []
        for k in (1, 2):
            turn = (longitude[k] - longitude[0] + 180.0) % 360.0 - 180.0
            sides.append(math.radians(float(hypot(turn * shrunk, latitude[k] - latitude[0]))))
        return MOON_RADIUS_M * math.sqrt(sides[0] * sides[1])


def open_image(path: str | Path) -> Image:
    """Open an image that GDAL reads: PNG, JPEG, GeoTIFF, PDS, ISIS cube.

    Raises
    ------
    RasterError
        One line: not there, no image, cut short, too large, complex numbers, or of another body.
    """
    with open_source(path) as source:
        return _read(source, Path(path).name)


def _read(source: rasterio.DatasetReader, name: str) -> Image:
    if source.count == 0:
        raise RasterError(f"{name}: holds no image, or several; take one out with gdal_translate")
    if source.width * source.height > MOST_PIXELS:
        raise RasterError(
            f"{name}: {source.width} x {source.height} pixels, more than the "
            f"{MOST_PIXELS / 1e6:.0f} million that are read; cut it, e.g. gdal_translate -srcwin"
        )
    if np.dtype(source.dtypes[0]).kind not in "uif":
        raise RasterError(f"{name}: holds {source.dtypes[0]}, not grey values; give its intensity")
    colours = {ColorInterp.red, ColorInterp.green, ColorInterp.blue}
    bands = [i for i, kind in enumerate(source.colorinterp, 1) if kind in colours] or [1]
    try:
        stored = source.read(bands)
        known = np.asarray(source.dataset_mask() != 0)
    except RasterioError as error:
        raise RasterError(f"{name}: is damaged or cut short; fetch it again") from error
    grey = stored[0] if len(bands) == 1 else np.rint(stored.mean(axis=0)).astype(stored.dtype)
    projection = None
    if source.crs is not None and not source.transform.is_identity:
        projection = LunarProjection(lunar_crs(source, name), name)
    a, b, c, d, e, f = list(source.transform)[:6]
    return Image(name, grey, known, projection, (a, b, c, d, e, f))
