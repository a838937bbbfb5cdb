"""The truth under the lander: measured ground, and synthetic detail below it."""

from farside.ext.ground._ground import GroundModel, clearances, places
from farside.ground.footprint import Disc
from farside.ground.ground import Ground
from farside.ground.measured_grid import MeasuredGrid
from farside.ground.provenance import Provenance
from farside.raster import RasterError

__all__ = [
    "Disc",
    "Ground",
    "GroundModel",
    "MeasuredGrid",
    "Provenance",
    "RasterError",
    "clearances",
    "places",
]
