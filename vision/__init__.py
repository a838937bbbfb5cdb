"""The flight side's eyes: images -> craters."""

from farside.vision.azimuth import SunAzimuth
from farside.vision.craters import Craters, find_craters
from farside.vision.errors import VisionError

__all__ = ["Craters", "SunAzimuth", "VisionError", "find_craters"]
