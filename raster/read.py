"""Opening a raster: every check before anything is allocated, then only what a flight needs."""

import math
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pyproj.exceptions import ProjError
from rasterio.windows import Window

from farside.raster.moon_crs import whole_moon
from farside.raster.projection import apply
from farside.raster.raster import Array, Raster, RasterError
from farside.raster.store import RasterStore, open_store

_MOST_READ = 32 * 10**6  # pixels held in memory: 128 MB
_BORDER = 16  # pixels read beyond what was asked for, for the cubic and for blending
_FARTHEST_M = 3000.0  # what a raster may be off the whole-Moon DEM at the site: a crater's depth


def open_raster(
    path: str | Path,
    site: tuple[float, float],
    around: tuple[ArrayLike, ArrayLike] | None = None,
    unit: str | None = None,
    nodata: float | None = None,
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
        Places [deg] that a flight may sample, so dense that those inside the raster reach to a
        twentieth of its width from its edges; what lies between them is read. Everything is read
        without it.
    unit, nodata : optional
        As `farside.raster.store.open_store` takes them.

    Returns
    -------
    Raster
        Scale, offset and missing values applied; heights above the sphere of 1737.4 km, whatever
        sphere the file's CRS names.

    Raises
    ------
    RasterError
        One line: not there, not a raster, damaged, without CRS, of another body, of absurd size,
        not covering the site, with holes at it, or with heights that cannot be metres there.
    """
    with open_store(path, unit, nodata) as store:
        return _read(store, site, around)


def _read(
    store: RasterStore,
    site: tuple[float, float],
    around: tuple[ArrayLike, ArrayLike] | None,
) -> Raster:
    source, projection, name = store.source, store.projection, store.name
    width = source.width * abs(source.transform.a)
    round_the_moon = projection.geographic and abs(width / projection.turn - 1.0) < 3e-9
    centre = apply(source.transform, 0.5 * source.width, 0.5 * source.height)
    middle_deg = float(projection.to_degrees(*centre)[0]) if projection.geographic else site[1]
    raster = Raster(
        name=name,
        heights_m=np.zeros((0, 0), dtype=np.float32),
        project=projection.from_degrees,
        to_pixel=_to_pixel(~source.transform),
        # a raster right round the Moon has no seam: it is unrolled about the site
        middle_deg=site[1] if round_the_moon else middle_deg,
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
    heights = _heights(store.look_over(), rows, cols)
    _check_site(heights, raster, name, site, rows[0], cols[0])
    a, b, c, d, e, f = raster.to_pixel
    return Raster(
        name=name,
        heights_m=np.ascontiguousarray(heights, dtype=np.float32),
        project=raster.project,
        to_pixel=(a, b, c - cols[0], d, e, f - rows[0]),
        middle_deg=raster.middle_deg,
    )


def _to_pixel(inverse: tuple[float, ...]) -> tuple[float, float, float, float, float, float]:
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
    store: RasterStore, rows: tuple[int, int], cols: tuple[int, int]
) -> NDArray[np.float64]:
    """Read a window, round the seam if it must, as heights [m] with NaN where there are none."""
    source = store.source
    parts = []
    top, bottom = max(rows[0], 0), min(rows[1], source.height)
    left = cols[0]
    while left < cols[1]:
        start = left % source.width
        count = min(cols[1] - left, source.width - start)
        parts.append(store.heights(Window(start, top, count, bottom - top)))
        left += count
    return np.concatenate(parts, axis=1)


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
    here, moon = float(np.median(near)), float(whole_moon().sample(*site))
    if abs(here - moon) > _FARTHEST_M:
        raise RasterError(
            f"{name}: its height at the site is {here:.6g} m, and the whole-Moon DEM's "
            f"{moon:.0f} m: look at its unit (--unit) and datum, which has to be the sphere of "
            "1737.4 km; or leave it out"
        )
