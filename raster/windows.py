"""A raster on disk, read window by window: for what is larger than memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.windows import Window

from farside.raster.projection import LunarProjection
from farside.raster.store import RasterStore, open_store


@dataclass(frozen=True, eq=False)
class RasterWindows:
    """An open raster of lunar heights.

    Attributes
    ----------
    name : str
        What to call it in a message.
    shape : (rows, cols)
        In the file's own order.
    projection : LunarProjection
        Of its CRS, which is the Moon's.
    transform : rasterio.Affine
        Columns and rows, counted from the corner of the first pixel, to coordinates in the CRS.
    notes : tuple of str
        What was assumed, in sentences.
    """

    name: str
    shape: tuple[int, int]
    projection: LunarProjection
    transform: rasterio.Affine
    _store: RasterStore
    notes: tuple[str, ...] = ()

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
        return self._store.heights(window).astype(np.float32)


@contextmanager
def raster_windows(
    path: str | Path, unit: str | None = None, nodata: float | None = None
) -> Iterator[RasterWindows]:
    """Open a raster of heights in any lunar CRS, to be read by windows.

    Parameters
    ----------
    path, unit, nodata
        As `farside.raster.store.open_store` takes them.

    Raises
    ------
    RasterError
        One line: not there, not a raster, damaged, without CRS, of another body, of absurd size,
        or of heights that cannot be metres on the Moon.
    """
    with open_store(path, unit, nodata) as opened:
        store = opened.look_over()
        source = store.source
        shape = (source.height, source.width)
        place = store.projection, source.transform
        yield RasterWindows(store.name, shape, *place, store, store.notes)
