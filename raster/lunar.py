"""What makes a raster one of the Moon's heights: its CRS, its size, its numbers."""

import math

import numpy as np
import pyproj
import rasterio
from numpy.typing import NDArray
from pyproj.exceptions import ProjError

from farside.raster.raster import MOON_RADIUS_M, RasterError

_RADIUS_TOLERANCE_M = 5000.0  # lunar products use 1735.66 to 1738.14 km; no other body is as near
_MOST_PIXELS = 10**11  # the whole Moon at 20 m
_WIDEST_M = 1.05 * 2.0 * math.pi * MOON_RADIUS_M
_METRES = {
    **dict.fromkeys(("km", "kilometer", "kilometre", "kilometers", "kilometres"), 1000.0),
    **dict.fromkeys(("ft", "foot", "feet"), 0.3048),
}


def lunar_crs(source: rasterio.DatasetReader, name: str) -> pyproj.CRS:
    """Give the CRS of a raster, if it is one of the Moon.

    Raises
    ------
    RasterError
        None, one that PROJ does not know, one of another body, or of a flattened Moon.
    """
    if source.crs is None or source.transform.is_identity:
        raise RasterError(
            f"{name}: has no coordinate reference system; "
            "give it the one it was made in, e.g. gdal_edit.py -a_srs IAU_2015:30100"
        )
    try:
        crs = pyproj.CRS.from_wkt(source.crs.to_wkt())
    except ProjError as error:
        raise RasterError(
            f"{name}: its coordinate reference system is not understood; use IAU_2015:30100"
        ) from error
    check_moon(crs, name)
    return crs


def check_moon(crs: pyproj.CRS, name: str) -> None:
    """Refuse a CRS that does not stand on a lunar sphere.

    Raises
    ------
    RasterError
        No ellipsoid, another body, or a flattened Moon.
    """
    try:
        ellipsoid = crs.ellipsoid
    except ProjError as error:
        raise RasterError(
            f"{name}: its coordinate reference system is not understood; use IAU_2015:30100"
        ) from error
    if ellipsoid is None:
        raise RasterError(f"{name}: stands on no ellipsoid; reproject it to IAU_2015:30100")
    radius = ellipsoid.semi_major_metre
    if not abs(radius - MOON_RADIUS_M) < _RADIUS_TOLERANCE_M:
        raise RasterError(
            f"{name}: is of another body, of radius {radius / 1e3:.1f} km (the Moon's is "
            f"{MOON_RADIUS_M / 1e3:.1f} km); give a lunar raster"
        )
    if abs(ellipsoid.semi_minor_metre - radius) > 1.0:
        raise RasterError(
            f"{name}: stands on a flattened Moon; reproject it to the sphere, e.g. IAU_2015:30100"
        )


def sphere_of(crs: pyproj.CRS) -> float:
    """Give the radius [m] of the sphere that a checked CRS stands on."""
    return float(crs.ellipsoid.semi_major_metre) if crs.ellipsoid is not None else MOON_RADIUS_M


def check_size(source: rasterio.DatasetReader, crs: pyproj.CRS, name: str) -> None:
    """Refuse what is too large, too wide or too narrow, or holds no numbers: before it is read.

    Raises
    ------
    RasterError
        It cannot be a raster of the Moon's heights.
    """
    a, b, _, d, e, _ = list(source.transform)[:6]
    unit = math.radians(1.0) * MOON_RADIUS_M if crs.is_geographic else 1.0
    width = source.width * math.hypot(a, d) * unit
    height = source.height * math.hypot(b, e) * unit
    small = min(source.width, source.height) < 2
    if small or source.width * source.height > _MOST_PIXELS or max(width, height) > _WIDEST_M:
        raise RasterError(
            f"{name}: {source.width} x {source.height} pixels over {width / 1e3:.4g} x "
            f"{height / 1e3:.4g} km cannot be a raster of the Moon; check its size and transform"
        )
    if np.dtype(source.dtypes[0]).kind not in "iuf":
        raise RasterError(f"{name}: holds {source.dtypes[0]} values, not heights; give a DEM")


def metres(
    raw: NDArray[np.float64], source: rasterio.DatasetReader, sphere_m: float
) -> NDArray[np.float64]:
    """Turn stored values, NaN where there are none, into heights [m] above the 1737.4 km sphere.

    Scale, offset and unit are the file's; values beyond 1000 km are radii from the Moon's centre,
    as LOLA's PDS labels have them; others are heights above the file's own sphere.
    """
    heights: NDArray[np.float64] = raw * float(source.scales[0]) + float(source.offsets[0])
    heights *= _METRES.get(str(source.units[0] or "").strip().lower(), 1.0)
    known = heights[np.isfinite(heights)]
    radii = known.size > 0 and np.median(known) > 1e6
    heights += (0.0 if radii else sphere_m) - MOON_RADIUS_M
    return heights
