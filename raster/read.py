"""Opening a raster: every check before anything is allocated, then only what a flight needs."""

import math
import warnings
from pathlib import Path

import numpy as np
import pyproj
import rasterio
from numpy.typing import ArrayLike, NDArray
from pyproj.exceptions import ProjError
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.windows import Window

from farside.raster.lunar import check_size, lunar_crs, metres, sphere_of
from farside.raster.names import check_name
from farside.raster.raster import Array, Project, Raster, RasterError

_MOST_READ = 32 * 10**6  # pixels held in memory: 128 MB
_TALLEST_M = 30e3  # the Moon's relief is -9.1 to +10.8 km: anything beyond is no height
_BORDER = 16  # pixels read beyond what was asked for, for the cubic and for blending


def open_raster(
    path: str | Path,
    site: tuple[float, float],
    around: tuple[ArrayLike, ArrayLike] | None = None,
) -> Raster:
    """Open a raster of heights in any lunar CRS, and read what lies around some places.

    Parameters
    ----------
    path : str or Path
        A GeoTIFF, PDS, PDS4 or ISIS raster, or any other that GDAL reads; heights [m] (or km, if it
        says so) in its first band, or radii from the Moon's centre.
    site : (latitude, longitude)
        The place [deg] that it must hold.
    around : (latitudes, longitudes), optional
        Places [deg] that a flight may look at, so dense that those inside the raster reach to a
        twentieth of its width from its edges; what lies between them is read. Everything is read
        without it.

    Returns
    -------
    Raster
        Scale, offset and missing values applied; heights above the sphere of 1737.4 km, whatever
        sphere the file's CRS names.

    Raises
    ------
    RasterError
        One line: not there, not a raster, damaged, without CRS, of another body, of absurd size,
        not covering the site, or with holes at it.
    """
    name = Path(path).name
    if not Path(path).is_file():
        raise RasterError(f"{path}: there is no such file; check the path given to --dem")
    check_name(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with rasterio.open(path) as source:
                return _read(source, name, site, around)
    except RasterioError as error:
        raise RasterError(
            f"{name}: not a raster, or one that is cut short or damaged; fetch it again"
        ) from error


def _read(
    source: rasterio.DatasetReader,
    name: str,
    site: tuple[float, float],
    around: tuple[ArrayLike, ArrayLike] | None,
) -> Raster:
    crs = lunar_crs(source, name)
    check_size(source, crs, name)
    round_the_moon = crs.is_geographic and abs(source.width * abs(source.transform.a) - 360) < 1e-6
    centre_x = (source.transform @ (0.5 * source.width, 0.5 * source.height))[0]
    raster = Raster(
        name=name,
        heights_m=np.zeros((0, 0), dtype=np.float32),
        project=_projection(crs),
        to_pixel=_to_pixel(~source.transform),
        # a raster right round the Moon has no seam: it is unrolled about the site
        middle_deg=site[1] if round_the_moon or not crs.is_geographic else centre_x,
    )
    row, col = _locate(raster, name, *site)
    held = -0.5 <= row[0] <= source.height - 0.5
    if not held or not (round_the_moon or -0.5 <= col[0] <= source.width - 0.5):
        raise RasterError(
            f"{name}: does not cover the site at {site[0]:.4f}, {site[1]:.4f} deg; "
            "give a raster of the landing area"
        )
    rows, cols = (0, source.height), (0, source.width)
    if around is not None:
        latitude, longitude = (np.append(x, y) for x, y in zip(around, site, strict=True))
        row, col = _locate(raster, name, latitude, longitude)
        held = (row > -1.0) & (row < source.height)
        if not round_the_moon:
            held &= (col > -1.0) & (col < source.width)
        rows = _span(row[held], source.height)
        cols = _span(col[held], None if round_the_moon else source.width)
    count = (rows[1] - rows[0]) * (cols[1] - cols[0])
    if count > _MOST_READ:
        raise RasterError(
            f"{name}: {count / 1e6:.0f} million pixels lie under the flight, more than the "
            f"{_MOST_READ / 1e6:.0f} million that are read; cut it to the site or average it"
        )
    heights = _heights(source, sphere_of(crs), rows, cols)
    _check_site(heights, raster, name, site, rows[0], cols[0])
    a, b, c, d, e, f = raster.to_pixel
    return Raster(
        name=name,
        heights_m=np.ascontiguousarray(heights, dtype=np.float32),
        project=raster.project,
        to_pixel=(a, b, c - cols[0], d, e, f - rows[0]),
        middle_deg=raster.middle_deg,
    )


def _projection(crs: pyproj.CRS) -> Project:
    if crs.is_geographic:
        return lambda longitude, latitude: (longitude, latitude)
    transformer = pyproj.Transformer.from_crs(crs.geodetic_crs, crs, always_xy=True)

    def project(longitude_deg: Array, latitude_deg: Array) -> tuple[Array, Array]:
        x, y = transformer.transform(longitude_deg, latitude_deg)
        return np.asarray(x), np.asarray(y)

    return project


def _to_pixel(inverse: rasterio.Affine) -> tuple[float, float, float, float, float, float]:
    # GDAL counts from the corners of pixels, we from their centres.
    a, b, c, d, e, f = list(inverse)[:6]
    return a, b, c - 0.5, d, e, f - 0.5


def _locate(
    raster: Raster, name: str, latitude: ArrayLike, longitude: ArrayLike
) -> tuple[Array, Array]:
    try:
        row, col = raster.pixel(np.atleast_1d(latitude), np.atleast_1d(longitude))
    except ProjError as error:
        raise RasterError(
            f"{name}: its projection fails at the site; reproject it to IAU_2015:30100"
        ) from error
    return row, col


def _span(index: Array, size: int | None) -> tuple[int, int]:
    # the places asked for may end a little short of the raster's edge
    border = _BORDER + 0.06 * (index.max() - index.min())
    lo, hi = math.floor(index.min() - border), math.ceil(index.max() + border) + 1
    return (lo, hi) if size is None else (max(lo, 0), min(hi, size))


def _heights(
    source: rasterio.DatasetReader,
    sphere_m: float,
    rows: tuple[int, int],
    cols: tuple[int, int],
) -> NDArray[np.float64]:
    """Read a window, round the seam if it must, as heights [m] with NaN where there are none."""
    parts = []
    top, bottom = max(rows[0], 0), min(rows[1], source.height)
    left = cols[0]
    while left < cols[1]:
        start = left % source.width
        count = min(cols[1] - left, source.width - start)
        window = Window(start, top, count, bottom - top)
        part = source.read(1, window=window, masked=True)
        parts.append(part.astype(np.float64).filled(np.nan))
        left += count
    raw = np.concatenate(parts, axis=1)
    heights = metres(raw, source, sphere_m)
    heights[~(np.abs(heights) < _TALLEST_M)] = np.nan
    return heights


def _check_site(
    heights: NDArray[np.float64],
    raster: Raster,
    name: str,
    site: tuple[float, float],
    first_row: int,
    first_col: int,
) -> None:
    row, col = (round(float(x[0])) for x in _locate(raster, name, *site))
    row, col = row - max(first_row, 0), col - first_col
    near = heights[max(row - 2, 0) : row + 3, max(col - 2, 0) : col + 3]
    if not near.size or not np.isfinite(near).all():
        raise RasterError(
            f"{name}: has holes at the site at {site[0]:.4f}, {site[1]:.4f} deg; fill them, e.g. "
            "gdal_fillnodata.py, or leave this raster out"
        )
