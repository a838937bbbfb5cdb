"""Kernels of large maps, for packages above: extremes of blocks, distance to marked cells."""

from farside.ext.terrain._distance import count_steps, far, nearest
from farside.ext.terrain._points import extremes

__all__ = ["count_steps", "extremes", "far", "nearest"]
