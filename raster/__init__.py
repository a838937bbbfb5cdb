"""Rasters of the Moon's heights, georeferenced: below both the truth and the flight side."""

from farside.raster.moon import whole_moon
from farside.raster.raster import MOON_RADIUS_M, Raster, RasterError
from farside.raster.read import open_raster

__all__ = ["MOON_RADIUS_M", "Raster", "RasterError", "open_raster", "whole_moon"]
