"""Rasters of the Moon's heights, georeferenced: below both the truth and the flight side.

`farside.raster.read.open_raster` opens a file. It is not imported here, because GDAL and PROJ take
a fifth of a second to load, and most flights need neither.
"""

from farside.raster.moon_crs import POLE_DEG, whole_moon
from farside.raster.paths import Dem
from farside.raster.raster import MOON_RADIUS_M, Raster, RasterError

__all__ = ["MOON_RADIUS_M", "POLE_DEG", "Dem", "Raster", "RasterError", "whole_moon"]
