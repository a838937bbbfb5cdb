"""The maxima of bowl correlations over place and size, and which of them are one crater."""

from __future__ import annotations

import math
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from farside.ext.common.deterministic import exp, log

Array = NDArray[np.float64]
Stack = NDArray[np.float32]

#: Correlation of a candidate at least.
LEAST: Final = 0.3
#: Of two craters of one correlation the larger is likelier, for more pixels agree: rank =
#: correlation times (radius / 3 px) to this power. Fitted to the LROC NAC images of
#: docs/craters.md.
BY_SIZE: Final = 0.1
#: Two finds are one crater where their boxes share more than this of their union.
OVERLAP: Final = 0.25


def _parabola(before: Array, at: Array, after: Array) -> Array:
    """Return where the parabola through three values is highest, within half a step."""
    bend = np.minimum(before - 2.0 * at + after, -1e-9)
    return np.clip(0.5 * (before - after) / bend, -0.5, 0.5)


def peaks(stack: Stack, radii_px: Array, step: int) -> Array:
    """Return rows of x, y, radius at which the slope turns [px of the image] and rank.

    Parameters
    ----------
    stack : (K, rows, cols) array
        Correlations with bowls of each radius; the first and the last only bound the others.
    radii_px : (K,) array
        [pixels of this level].
    step : int
        Pixels of the image to a pixel of this level.
    """
    by_size = exp(BY_SIZE * log(step * radii_px / 3.0))
    ranks = stack * by_size.astype(np.float32)[:, None, None]
    if step == 1:
        # what is smaller than the smallest bowl is found as that
        ranks[0] = -1.0
    square = np.ones((3, 3), np.uint8)
    highest = np.stack([cv2.dilate(rank, square) for rank in ranks])
    around = np.maximum(np.maximum(highest[:-2], highest[1:-1]), highest[2:])
    layer, row, col = np.nonzero((ranks[1:-1] == around) & (stack[1:-1] > LEAST))
    layer += 1
    padded = np.pad(ranks, ((0, 0), (1, 1), (1, 1)), mode="edge")

    def rank(k: int, i: int, j: int) -> Array:
        return padded[layer + k, row + 1 + i, col + 1 + j].astype(np.float64)

    at = rank(0, 0, 0)
    x = col + _parabola(rank(0, 0, -1), at, rank(0, 0, 1))
    y = row + _parabola(rank(0, -1, 0), at, rank(0, 1, 0))
    size = _parabola(rank(-1, 0, 0), at, rank(1, 0, 0))
    size[(layer == 1) & (step == 1)] = 0.0
    ratio = float(log(radii_px[1] / radii_px[0]))
    radius = radii_px[layer] * exp(ratio * size) * step
    middle = 0.5 * (step - 1)  # of the image's pixels that make the level's first one
    return np.column_stack([x * step + middle, y * step + middle, radius, at])


def separate(found: Array) -> Array:
    """Keep the surest of finds that overlap; the surest first.

    Parameters
    ----------
    found : (N, 4) array
        Rows of `peaks`.
    """
    # imported where craters are found: most flights look for none
    from scipy.spatial import cKDTree

    found = found[np.lexsort((found[:, 0], found[:, 1], -found[:, 3]))]
    tree = cKDTree(found[:, :2])
    kept = np.ones(len(found), dtype=bool)
    # a box of side s shares at most (s / S)^2 of the union: beyond that ratio nothing overlaps
    reach = (1.0 + 1.0 / math.sqrt(OVERLAP)) * math.sqrt(2.0)
    for k, (x, y, radius, _) in enumerate(found):
        if not kept[k]:
            continue
        near = np.array(tree.query_ball_point((x, y), radius * reach), dtype=int)
        near = near[(near > k) & kept[near]]
        other = found[near]
        shared = np.ones(len(near))
        for axis, middle in enumerate((x, y)):
            first = np.maximum(middle - radius, other[:, axis] - other[:, 2])
            last = np.minimum(middle + radius, other[:, axis] + other[:, 2])
            shared *= np.maximum(last - first, 0.0)
        union = 4.0 * radius * radius + 4.0 * other[:, 2] ** 2 - shared
        kept[near[shared > OVERLAP * union]] = False
    return found[kept]
