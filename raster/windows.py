"""A raster on disk, read window by window: for what is larger than memory."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyproj
import rasterio
from numpy.typing import NDArray
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.windows import Window

from farside.raster.lunar import check_size, lunar_crs, metres, sphere_of
from farside.raster.names import check_name
from farside.raster.raster import RasterError

_CACHE_MB = 128  # of GDAL's own; its default is a twentieth of the machine
_TALLEST_M = 12e3  # the Moon's relief is -9.1 to +10.8 km


@dataclass(frozen=True, eq=False)
class RasterWindows:
    """An open raster of lunar heights.

    Attributes
    ----------
    name : str
        What to call it in a message.
    shape : (rows, cols)
        In the file's own order.
    crs : pyproj.CRS
        Of the Moon, checked.
    transform : rasterio.Affine
        Columns and rows, counted from the corner of the first pixel, to coordinates in the CRS.
    """

    name: str
    shape: tuple[int, int]
    crs: pyproj.CRS
    transform: rasterio.Affine
    _source: rasterio.DatasetReader

    def read(self, top: int, bottom: int, left: int, right: int) -> NDArray[np.float32]:
        """Read rows top to bottom and columns left to right, the ends not among them.

        Returns
        -------
        ndarray, (bottom - top, right - left) float32
            Heights [m] above the sphere of 1737.4 km; NaN in holes.

        Raises
        ------
        RasterError
            A damaged file, or heights that the Moon has not.
        """
        window = Window(left, top, right - left, bottom - top)
        try:
            stored = self._source.read(1, window=window, masked=True)
        except RasterioError as error:
            raise _damaged(self.name) from error
        heights = metres(
            stored.astype(np.float64).filled(np.nan), self._source, sphere_of(self.crs)
        )
        heights[~np.isfinite(heights)] = np.nan
        steepest = float(np.nanmax(np.abs(heights), initial=0.0))
        if steepest > _TALLEST_M:
            raise RasterError(
                f"{self.name}: holds a height of {steepest:.4g} m, and the Moon's are -9.1 to 10.8 "
                "km: if it is in feet, say so (unit ft) or multiply it by 0.3048; if the number "
                "stands for no height, declare it (gdal_edit.py -a_nodata)"
            )
        return heights.astype(np.float32)


@contextmanager
def raster_windows(path: str | Path) -> Iterator[RasterWindows]:
    """Open a raster of heights in any lunar CRS, to be read by windows.

    Parameters
    ----------
    path : str or Path
        As `farside.raster.read.open_raster` takes it.

    Raises
    ------
    RasterError
        One line: not there, not a raster, damaged, without CRS, of another body, of absurd size.
    """
    name = Path(path).name
    if not Path(path).is_file():
        raise RasterError(f"{path}: there is no such file; check the path")
    check_name(path)
    with rasterio.Env(GDAL_CACHEMAX=_CACHE_MB), warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        try:
            source = rasterio.open(path)
        except RasterioError as error:
            raise _damaged(name) from error
        with source:
            crs = lunar_crs(source, name)
            check_size(source, crs, name)
            yield RasterWindows(name, (source.height, source.width), crs, source.transform, source)


def _damaged(name: str) -> RasterError:
    return RasterError(f"{name}: not a raster, or one that is cut short or damaged; fetch it again")
