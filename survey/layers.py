"""Where the maps go while they are made, window by window: memory, or one GeoTIFF."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import RasterioIOError
from rasterio.windows import Window

from farside.raster.written import check_written
from farside.survey.geometry import Geometry

#: Unit and meaning of each band by its name.
Bands = Mapping[str, tuple[str, str]]
BANDS: Bands = {
    "slope_deg": ("deg", "slope of the least-squares plane under the footprint"),
    "roughness_m": ("m", "greatest deviation of the ground from that plane"),
    "clearance_m": ("m", "distance to the nearest cell that is not safe in itself"),
    "probability": ("1", "calibrated probability of a safe landing; unknown ground counts as 0"),
    "bound": ("1", "conservative lower bound of that probability under the sensor's noise"),
    "reason": ("bits", "why a cell is no landing site; 0 where it is one"),
}
BLOCK = 512  # pixels a side, as stored

Image = NDArray[np.float32]


class Layers(Protocol):
    """Six maps of one shape, by name."""

    def put(self, name: str, top: int, left: int, values: Image) -> None:
        """Store a window."""
        ...

    def get(self, name: str, top: int, bottom: int, left: int, right: int) -> Image:
        """Return a window back."""
        ...


class ArrayLayers:
    """Maps in memory."""

    def __init__(self, shape: tuple[int, int]) -> None:
        """Allocate."""
        self.maps = {name: np.full(shape, np.nan, np.float32) for name in BANDS}

    def put(self, name: str, top: int, left: int, values: Image) -> None:
        """Store a window."""
        rows, cols = values.shape
        self.maps[name][top : top + rows, left : left + cols] = values

    def get(self, name: str, top: int, bottom: int, left: int, right: int) -> Image:
        """Return a window back."""
        return self.maps[name][top:bottom, left:right]


class TiffLayers:
    """Maps in a GeoTIFF that is being written."""

    def __init__(self, file: rasterio.io.DatasetWriter, bands: Bands) -> None:
        """Take an open file and the names of its bands; see `tiff_layers`."""
        self._file = file
        self._index = {name: i for i, name in enumerate(bands, start=1)}

    def put(self, name: str, top: int, left: int, values: Image) -> None:
        """Store a window."""
        window = Window(left, top, values.shape[1], values.shape[0])
        with _told():
            self._file.write(values, self._index[name], window=window)

    def get(self, name: str, top: int, bottom: int, left: int, right: int) -> Image:
        """Return a window back."""
        window = Window(left, top, right - left, bottom - top)
        with _told():
            return np.asarray(self._file.read(self._index[name], window=window), np.float32)

    def tag(self, facts: Mapping[str, str]) -> None:
        """Add facts to the file's tags."""
        self._file.update_tags(**facts)


@contextmanager
def _told() -> Iterator[None]:
    """Distinguish a failure of the file that is written from one of the file that is read."""
    try:
        yield
    except RasterioIOError:
        raise OSError("GDAL could not write all of it: is the disk full?") from None


@contextmanager
def tiff_layers(
    path: Path, geometry: Geometry, reasons: Mapping[str, int], bands: Bands = BANDS
) -> Iterator[TiffLayers]:
    """Open a new GeoTIFF of named bands in a geometry's CRS and transform.

    Parameters
    ----------
    path : Path
        Where to; a file there is replaced.
    geometry : Geometry
        Its shape, CRS and transform.
    reasons : mapping
        Names of the reason bits and their values, for the tags of the band `reason`.
    bands : mapping
        Unit and meaning of each band by its name.
    """
    rows, cols = geometry.shape
    profile = {
        "driver": "GTiff",
        "width": cols,
        "height": rows,
        "count": len(bands),
        "dtype": "float32",
        "nodata": float("nan"),
        "transform": geometry.transform,
        "crs": None if geometry.crs is None else geometry.crs.to_wkt(),
        "tiled": True,
        "blockxsize": BLOCK,
        "blockysize": BLOCK,
        "interleave": "band",
        "compress": "deflate",
        "zlevel": 1,
        "predictor": 3,
        "BIGTIFF": "IF_SAFER",
    }
    with rasterio.open(path, "w+", **profile) as file:
        for i, (name, (unit, meaning)) in enumerate(bands.items(), start=1):
            file.set_band_description(i, name)
            file.set_band_unit(i, unit)
            file.update_tags(i, meaning=meaning)
        if "reason" in bands:
            bits = {name: str(value) for name, value in reasons.items()}
            file.update_tags(list(bands).index("reason") + 1, **bits)
        yield TiffLayers(file, bands)
    check_written(path)
