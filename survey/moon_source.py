"""The whole-Moon DEM about a place, as elevation data with a CRS: where no other is given."""

from __future__ import annotations

import numpy as np
import pyproj
from rasterio.transform import from_origin

from farside.raster import MOON_RADIUS_M
from farside.raster.moon_crs import whole_moon
from farside.raster.projection import LunarProjection
from farside.survey.geometry import lunar_geometry
from farside.survey.sources import ArraySource

#: Side of a cell [m]: the DEM's own at the equator, 8 cells a degree.
CELL_M = 3790.0
#: Cells from the middle to an edge; farther ground comes from the DEM itself.
HALF = 2


def moon_source(latitude_deg: float, longitude_deg: float) -> ArraySource:
    """Return heights of the whole-Moon DEM about a place.

    Parameters
    ----------
    latitude_deg, longitude_deg : float
        Of the middle.

    Returns
    -------
    ArraySource
        5 x 5 cells of 3.79 km on a stereographic plane about the place, whose middle cell is it.

    Examples
    --------
    >>> source = moon_source(-41.6385, 206.0148)
    >>> source.geometry.shape
    (5, 5)
    """
    crs = pyproj.CRS.from_proj4(
        f"+proj=stere +lat_0={latitude_deg!r} +lon_0={longitude_deg!r} +R={MOON_RADIUS_M} +units=m "
        "+no_defs"
    )
    count = 2 * HALF + 1
    edge = (HALF + 0.5) * CELL_M
    name = "whole-Moon DEM"
    transform = from_origin(-edge, edge, CELL_M, CELL_M)
    geometry = lunar_geometry((count, count), crs, transform, name)
    projection = LunarProjection(crs, name)
    steps = CELL_M * np.arange(-HALF, HALF + 1.0)
    x, y = np.meshgrid(steps, -steps)
    longitude, latitude = projection.to_degrees(x, y)
    heights = whole_moon().sample(latitude, longitude)
    return ArraySource(name, geometry, heights.astype(np.float32), trusted=True)
