"""Craters of a map's heights: bowls of every size that the map resolves, without any light.

The slopes along columns and rows are correlated with the slopes of a bowl, each with its component;
the mean of both is high where the ground is a bowl from all sides.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.vision.bowl import REACH, bowl
from farside.vision.bowl_cover import floor_of, slope_levels
from farside.vision.bowl_peaks import peaks, separate
from farside.vision.correlation import FIRST_PX, SIZES, correlated, halved
from farside.vision.image_map import MapLevel

Array = NDArray[np.float64]

#: A bowl whose steepest slope is this has a correlation of 0.71 at most: shallower ones less.
_SLOPE: Final = 0.08
#: Bowls turn at this many resolutions at least, and at this many of the level's cells.
LEAST_RESOLUTIONS: Final = 1.25
#: Octaves of sizes of a level: what is larger belongs to the next coarser level.
_OCTAVES: Final = 4
#: Side of a tile [cells], and what of its neighbours it sees.
_TILE: Final = 1024


def bowls_of(level: MapLevel, least: float) -> Array:
    """Return the bowls of a level's heights, the surest first.

    Parameters
    ----------
    level : MapLevel
    least : float
        Least correlation with a bowl, 0.3 to 1.

    Returns
    -------
    (N, 4) array
        Column and row of the middle [cells], radius at which the slope turns [cells], rank.
    """
    smallest = max(FIRST_PX, LEAST_RESOLUTIONS * level.resolution_m / level.cell_m)
    parts = [part for tile in _tiles(level) for part in tile]
    found = np.concatenate(parts) if parts else np.empty((0, 4))
    found = found[(found[:, 3] >= least) & (found[:, 2] >= 0.999 * smallest)]
    return separate(found)


def _tiles(level: MapLevel) -> Iterator[list[Array]]:
    """Yield the maxima of one tile after the other; a maximum belongs to the tile it lies in."""
    rows, cols = level.heights.shape
    margin = 8 * int(REACH * 2.0 * FIRST_PX * 2 ** (_OCTAVES - 1) / 8.0 + 2.0)
    for row in range(0, rows, _TILE):
        for col in range(0, cols, _TILE):
            top, left = max(row - margin, 0), max(col - margin, 0)
            part = level.heights[top : row + _TILE + margin, left : col + _TILE + margin]
            out = []
            for found in _maxima(part, level.cell_m):
                found[:, 0] += left
                found[:, 1] += top
                x, y = found[:, 0], found[:, 1]
                inside = (x >= col - 0.5) & (x < col + _TILE - 0.5)
                inside &= (y >= row - 0.5) & (y < row + _TILE - 0.5)
                out.append(found[inside])
            yield out


def _maxima(heights: NDArray[np.float32], cell_m: float) -> Iterator[Array]:
    """Yield the maxima of each octave of sizes."""
    z = np.pad(heights.astype(np.float64), 1, mode="edge")
    right = slope_levels((z[1:-1, 2:] - z[1:-1, :-2]) / (2.0 * cell_m))
    down = slope_levels((z[2:, 1:-1] - z[:-2, 1:-1]) / (2.0 * cell_m))
    radii = FIRST_PX * deterministic.power(2.0, np.arange(-1, SIZES + 1) / SIZES)
    for octave in range(_OCTAVES):
        if min(right.shape) <= 2.0 * radii[-1]:
            return
        stack = np.empty((len(radii), *right.shape), np.float32)
        for k, radius in enumerate(radii.tolist()):
            template = bowl(radius)
            floor = floor_of(template, _SLOPE)
            stack[k] = correlated(right, template, floor)[0]
            stack[k] += correlated(down, template, floor)[1]
            stack[k] *= np.float32(0.5)
        yield peaks(stack, radii, 2**octave)
        right, down = halved(right), halved(down)
