"""Brightness over that of level ground: the light's own trend over an image taken out."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Blocks along a side whose medians the trend is fitted to, and how many must be known.
BLOCKS, LEAST_BLOCKS = 12, 24
#: Medians of less than this share of the middle one are in shadow: no trend.
LEAST_SHARE = 0.4


def relative_brightness(brightness: Array, level: Array, known: NDArray[np.bool_]) -> Array:
    """Return brightness over that of level ground.

    Level ground is as bright as the law of light says, times a quadratic of the place fitted to
    medians of blocks: the phase function and the exposure, which are not known.

    Parameters
    ----------
    brightness, level : ndarray, (n, n)
        Of the image; of level ground but for a factor.
    known : ndarray of bool, (n, n)

    Returns
    -------
    ndarray, (n, n)
        1 where unknown.
    """
    ratio = brightness / level
    n = ratio.shape[0]
    rows = []
    edges = [n * k // BLOCKS for k in range(BLOCKS + 1)]
    for top, bottom in pairwise(edges):
        for left, right in pairwise(edges):
            part = ratio[top:bottom, left:right][known[top:bottom, left:right]]
            if 4 * part.size >= (bottom - top) * (right - left):
                rows.append((0.5 * (top + bottom), 0.5 * (left + right), _median(part)))
    middle = _median(ratio[known])
    used = [row for row in rows if row[2] > LEAST_SHARE * middle]
    trend = np.full(ratio.shape, middle)
    if len(used) >= LEAST_BLOCKS:
        trend = _quadratic(used, n, middle)
    return np.where(known, ratio / np.maximum(trend, 0.2 * middle), 1.0)


def _median(values: Array) -> float:
    return float(np.percentile(values, 50.0, method="nearest"))


def _terms(y: Array | float, x: Array | float) -> list[Array | float]:
    return [1.0, x, y, x * x, x * y, y * y]


def _quadratic(blocks: list[tuple[float, float, float]], n: int, middle: float) -> Array:
    """Return the quadratic of the place that fits the medians of blocks best."""
    half = 0.5 * n
    size = 6
    normal = [[0.0] * (size + 1) for _ in range(size)]
    for row, col, value in blocks:
        terms = [float(t) for t in _terms(row / half - 1.0, col / half - 1.0)]
        for i in range(size):
            for j in range(size):
                normal[i][j] += terms[i] * terms[j]
            normal[i][size] += terms[i] * value / middle
    for i in range(size):
        # a little towards level, so that few blocks cannot make it bend
        normal[i][i] += 1e-3 * len(blocks)
    normal[0][0] -= 1e-3 * len(blocks)
    found = _solved(normal)
    at: Array = (np.arange(n, dtype=np.float64) + 0.5) / half - 1.0
    x, y = at[None, :], at[:, None]
    trend = np.zeros((n, n))
    for factor, term in zip(found, _terms(y, x), strict=True):
        trend += factor * term
    return trend * middle


def _solved(rows: list[list[float]]) -> list[float]:
    """Solve a symmetric positive set of equations by elimination."""
    n = len(rows)
    for i in range(n):
        for k in range(i + 1, n):
            factor = rows[k][i] / rows[i][i]
            for j in range(i, n + 1):
                rows[k][j] -= factor * rows[i][j]
    out = [0.0] * n
    for i in range(n - 1, -1, -1):
        total = rows[i][n]
        for j in range(i + 1, n):
            total -= rows[i][j] * out[j]
        out[i] = total / rows[i][i]
    return out
