"""Which of many displacements agree: an affine field, by triples, then by least squares.

r_k = found less predicted place of feature k [px],  r = t + G (p - middle) for those that agree (1)
cost of a triple's field = sum min(|r_k - field|^2, gate^2)                                     (2)

(2) is that of MSAC (Torr & Zisserman, MLESAC, CVIU 2000). Between two images of a plane, small
errors of the prediction make a field that is affine to second order of the image's angles. Triples
are drawn by a linear congruential generator (Knuth), the same at every call, and costs are whole
numbers: the same choice on every CPU.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic

Array = NDArray[np.float64]

#: (1 - 0.5^3)^64 = 2e-4: that no triple of half good ones is drawn.
_TRIPLES = 64
_FINE = 1024.0  # steps of a square pixel that costs are counted in
_REFITS = 3
#: Median of |x| of a normal law over its deviation.
_MEDIAN = 0.6745
_GATE = 3.5  # deviations


@dataclass(frozen=True, eq=False)
class Consensus:
    """Which displacements agree.

    Attributes
    ----------
    agree : (n,) array of bool
    scatter_px : float
        Deviation of those from their field, each axis [px].
    """

    agree: NDArray[np.bool_]
    scatter_px: float


def consensus(places: Array, residuals: Array, gate_px: float, least_px: float) -> Consensus | None:
    """Return which residuals agree with one affine field, or None where fewer than 6 do.

    Parameters
    ----------
    places : (n, 2) array
        Of the features [px].
    residuals : (n, 2) array
        Found less predicted places [px].
    gate_px : float
        Those further from the field do not agree at first.
    least_px : float
        Deviation that those that agree have at least.
    """
    n = len(places)
    if n < 6:
        return None
    middle = np.array([math.fsum(places[:, k]) / n for k in range(2)])
    spread = np.maximum(np.abs(places - middle).max(axis=0), 1.0)
    rows = np.column_stack([np.ones(n), (places - middle) / spread])
    most = gate_px * gate_px * _FINE
    best, field = math.inf, np.zeros((3, 2))
    for triple in _triples(n):
        held = rows[triple]
        if abs(deterministic.determinant(held)) < 0.05:
            continue
        tried = deterministic.product(deterministic.inverse(held), residuals[triple])
        cost = int(
            np.minimum(_squares(rows, residuals, tried) * _FINE, most).astype(np.int64).sum()
        )
        if cost < best:
            best, field = cost, tried
    gate = gate_px
    for _ in range(_REFITS):
        agree = _squares(rows, residuals, field) < gate * gate
        if int(agree.sum()) < 6:
            return None
        field = _fitted(rows[agree], residuals[agree])
        off = np.abs(residuals[agree] - deterministic.product(rows[agree], field)).ravel()
        # the upper median, not the mean of two: exact
        sigma = float(np.partition(off, len(off) // 2)[len(off) // 2]) / _MEDIAN
        sigma = max(sigma, least_px)
        gate = min(gate_px, _GATE * sigma)
    agree = _squares(rows, residuals, field) < gate * gate
    return Consensus(agree, sigma) if int(agree.sum()) >= 6 else None


def _triples(n: int) -> Iterator[list[int]]:
    state = 1
    for _ in range(_TRIPLES):
        triple: list[int] = []
        while len(triple) < 3:
            state = (6364136223846793005 * state + 1442695040888963407) % 2**64
            index = (state >> 33) % n
            if index not in triple:
                triple.append(index)
        yield triple


def _squares(rows: Array, residuals: Array, field: Array) -> Array:
    off = residuals - deterministic.product(rows, field)
    return np.asarray(off[:, 0] * off[:, 0] + off[:, 1] * off[:, 1])


def _fitted(rows: Array, residuals: Array) -> Array:
    """Return the field of least squares, (3, 2)."""
    normal = np.array([[math.fsum(rows[:, i] * rows[:, j]) for j in range(3)] for i in range(3)])
    right = np.array(
        [[math.fsum(rows[:, i] * residuals[:, j]) for j in range(2)] for i in range(3)]
    )
    # a little of the identity: features in a row leave a slope across them at 0
    normal += 1e-5 * len(rows) * np.eye(3)
    return deterministic.product(deterministic.inverse(normal), right)
