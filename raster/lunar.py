"""What makes a raster one of the Moon's heights: its CRS, its size, its numbers."""

import math

import pyproj
import rasterio
from pyproj.exceptions import ProjError

from farside.raster.projection import LunarProjection
from farside.raster.raster import MOON_RADIUS_M, RasterError

_RADIUS_TOLERANCE_M = 5000.0  # lunar products use 1735.66 to 1738.14 km; no other body is as near
_MOST_PIXELS = 10**11  # the whole Moon at 20 m
_WIDEST_M = 1.05 * 2.0 * math.pi * MOON_RADIUS_M


def lunar_crs(source: rasterio.DatasetReader, name: str) -> pyproj.CRS:
    """Return the CRS of a raster, if it is one of the Moon.

    Raises
    ------
    RasterError
        None, one that PROJ does not know, one of another body, or of a flattened Moon.
    """
    points = source.gcps[0] or source.rpcs
    if source.transform.is_identity and points:
        raise RasterError(
            f"{name}: is placed by control points, not by a grid; rectify it first, e.g. gdalwarp "
            "-t_srs IAU_2015:30135 (south pole), or to the CRS of its points"
        )
    if source.crs is None:
        raise RasterError(
            f"{name}: has no coordinate reference system; "
            "give it the one it was made in, e.g. gdal_edit.py -a_srs IAU_2015:30100"
        )
    if source.transform.is_identity:
        raise RasterError(
            f"{name}: has a coordinate reference system, but no place: no transform from pixels to "
            "its coordinates (or one of exactly 1 and 0); give it with gdal_edit.py -a_ullr"
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
        if ellipsoid is None and crs.is_compound:
            ellipsoid = crs.sub_crs_list[0].ellipsoid
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


def check_size(source: rasterio.DatasetReader, projection: LunarProjection, name: str) -> None:
    """Refuse what is too large, too wide or too narrow, or holds no numbers: before it is read.

    Raises
    ------
    RasterError
        It cannot be a raster of the Moon's heights.
    """
    a, b, _, d, e, _ = list(source.transform)[:6]
    width = source.width * math.hypot(a, d) * projection.metres
    height = source.height * math.hypot(b, e) * projection.metres
    if min(source.width, source.height) < 2:
        raise RasterError(
            f"{name}: is {source.width} x {source.height} pixels, a line without a slope; give a "
            "raster of the ground about the site"
        )
    if source.width * source.height > _MOST_PIXELS or max(width, height) > _WIDEST_M:
        raise RasterError(
            f"{name}: {source.width} x {source.height} pixels over {width / 1e3:.4g} x "
            f"{height / 1e3:.4g} km cannot be a raster of the Moon; check its size and transform"
        )
