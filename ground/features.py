"""Lists of the synthetic craters and rocks of a square."""

import numpy as np
from numpy.typing import NDArray

from farside.ground.detail import Box, Detail

Array = NDArray[np.float64]

CRATER = np.dtype([(name, "f8") for name in ("u_m", "v_m", "diameter_m", "depth_m")])
ROCK = np.dtype([(name, "f8") for name in ("u_m", "v_m", "diameter_m", "height_m")])


def craters_in(detail: Detail, u: float, v: float, half_width_m: float) -> NDArray[np.void]:
    """List the craters centred in a square about arcs u, v [m]: rows of CRATER."""
    box = _square(u, v, half_width_m)
    parts = [detail.draw_craters(each, box) for level in detail.craters.values() for each in level]
    return _records(parts, CRATER)


def rocks_in(detail: Detail, u: float, v: float, half_width_m: float) -> NDArray[np.void]:
    """List the rocks centred in a square about arcs u, v [m]: rows of ROCK."""
    box = _square(u, v, half_width_m)
    return _records(list(detail.draw_rocks(box)), ROCK)


def _square(u: float, v: float, half_width_m: float) -> Box:
    return Box(u, u, v, v).grown(half_width_m)


def _records(parts: list[Array], dtype: np.dtype[np.void]) -> NDArray[np.void]:
    names = dtype.names or ()
    rows = np.concatenate([part[:, : len(names)] for part in parts] or [np.empty((0, len(names)))])
    return np.ascontiguousarray(rows).view(dtype)[:, 0]
