"""How a margin changes with each input: a line fitted through flights, the same bits anywhere."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Margins beyond this many of their spreads say nothing of a slope.
FAR = 10.0
#: Added to the diagonal: of a flight more, at which nothing strays.
RIDGE = 1.0


def plane_of(
    u: NDArray[np.float64], margins: NDArray[np.float64]
) -> tuple[float, NDArray[np.float64]]:
    """Return the plane fitted through margins by least squares: its height at 0, and its slopes.

    Parameters
    ----------
    u : ndarray, (N, D)
        Points.
    margins : ndarray, (N,)
        In units of their spread; what lies beyond 10 counts as 10.

    Returns
    -------
    height : float
        Margin of the nominal point by the plane.
    slopes : ndarray, (D,)
        Change of the margin for one standard deviation of each input.

    Notes
    -----
    (X'X + I) a = X'm of the centred points X (ridge regression), solved by elimination. Sums run
    over the flights in order, and no BLAS or LAPACK is asked, whose bits depend on the CPU.
    """
    held = np.clip(margins, -FAR, FAR)
    middle = u.sum(axis=0) / len(u)
    x = u - middle
    mean = float(np.add.accumulate(held)[-1]) / len(held)
    y = held - mean
    dimensions = x.shape[1]
    # a column each: the sum over rows of a C array adds one row after the other
    normal = np.array([(x * x[:, k : k + 1]).sum(axis=0) for k in range(dimensions)])
    normal += RIDGE * np.eye(dimensions)
    slopes = _solved(normal, (x * y[:, None]).sum(axis=0))
    return mean - float(np.add.accumulate(slopes * middle)[-1]), slopes


def _solved(matrix: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.float64]:
    """Solve a symmetric positive definite system by elimination without pivots."""
    a, b = matrix.copy(), right.copy()
    size = len(b)
    for k in range(size):
        factor = a[k + 1 :, k] / a[k, k]
        a[k + 1 :] -= factor[:, None] * a[k]
        b[k + 1 :] -= factor * b[k]
    x = np.zeros(size)
    for k in range(size - 1, -1, -1):
        x[k] = b[k] / a[k, k]
        b[:k] -= a[:k, k] * x[k]
    return x
