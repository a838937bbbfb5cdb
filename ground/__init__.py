"""The truth under the lander: measured ground, synthetic detail below it, heights, normals, rays."""

from farside.ground.footprint import Disc
from farside.ground.ground import Ground, MeasuredGrid, Provenance
from farside.raster import RasterError

__all__ = ["Disc", "Ground", "MeasuredGrid", "Provenance", "RasterError"]
