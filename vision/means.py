"""Means over windows, summed in whole numbers: the same bits in any order."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Steps of a value in the sums.
STEPS = 1e4


def window_sums(whole: NDArray[np.int64], half: int, axis: int) -> NDArray[np.int64]:
    """Return sums of whole numbers over 2 half + 1 cells along an axis; edges are repeated."""
    width = [(0, 0), (0, 0)]
    width[axis] = (half + 1, half)
    total = np.cumsum(np.pad(whole, width, mode="edge"), axis=axis)
    n = whole.shape[axis]
    last = np.take(total, np.arange(2 * half + 1, 2 * half + 1 + n), axis=axis)
    return np.asarray(last - np.take(total, np.arange(n), axis=axis))


def box_mean(values: Array, half: int) -> Array:
    """Return the mean over squares of 2 half + 1 cells, to 1e-4 of the unit; edges are repeated.

    Examples
    --------
    >>> box_mean(np.eye(5), 1)[2].round(3)
    array([0.111, 0.222, 0.333, 0.222, 0.111])
    """
    whole = np.rint(values * STEPS).astype(np.int64)
    total = window_sums(window_sums(whole, half, 0), half, 1)
    side = 2 * half + 1
    return np.asarray(total / (STEPS * side * side))
