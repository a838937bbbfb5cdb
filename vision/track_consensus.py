"""Which of many displacements agree: an affine field by triples, then the camera's motion.

r_k = found less predicted place of feature k [px],  r = t + G (p - middle) for those that agree (1)
cost of a triple's field = sum min(|r_k - field|^2, gate^2)                                     (2)

(2) is that of MSAC (Torr & Zisserman, MLESAC, CVIU 2000). Errors of the prediction make a field
that is nearly affine, so (1) finds who may agree. Then displacement and turn of the camera over the
plane are fitted to those by least squares, and the gate closes to the scatter. Triples are drawn
by a linear congruential generator (Knuth), the same at every call, and costs are whole numbers: the
same choice on every CPU.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farside.mission.pinhole import Pinhole
from farside.vision.motion_fit import fitted_motion
from farside.vision.predicted_motion import PredictedMotion

Array = NDArray[np.float64]

#: (1 - 0.5^3)^64 = 2e-4: that no triple of half good ones is drawn.
_TRIPLES = 64
_FINE = 1024.0  # steps of a square pixel that costs are counted in
_REFITS = 3
#: Median of |x| of a normal law over its deviation.
_MEDIAN = 0.6745
_GATE = 3.5  # deviations
#: The affine field is wrong by up to this share of the largest displacement.
_BENT = 0.1
_LEAST = 6
#: Triples with less area, of the square of their size, tell no field.
_LEAST_AREA = 0.1


@dataclass(frozen=True, eq=False)
class Consensus:
    """Which displacements agree.

    Attributes
    ----------
    agree : (n,) array of bool
    scatter_px : float
        Deviation of those from one motion of the camera, each axis [px].
    """

    agree: NDArray[np.bool_]
    scatter_px: float


def consensus(
    places: Array,
    found: Array,
    pinhole: Pinhole,
    motion: PredictedMotion,
    gate_px: float,
    least_px: float,
) -> Consensus | None:
    """Return which pairs agree with one motion over the plane, or None where fewer than 6 do.

    Parameters
    ----------
    places, found : (n, 2) array
        Of the features in image i and in image j [px].
    pinhole : Pinhole
    motion : PredictedMotion
        Where the fit starts.
    gate_px : float
        Those further from the motion do not agree at first.
    least_px : float
        Deviation that those that agree have at least.
    """
    n = len(places)
    if n < _LEAST:
        return None
    residuals = found - motion.carry(pinhole, places)
    agree = affine_agreement(places, residuals, gate_px)
    gate, sigma = 2.0 * gate_px, gate_px
    for _ in range(_REFITS):
        if int(agree.sum()) < _LEAST:
            return None
        motion = fitted_motion(places[agree], found[agree], pinhole, motion)
        residuals = found - motion.carry(pinhole, places)
        squares = residuals[:, 0] * residuals[:, 0] + residuals[:, 1] * residuals[:, 1]
        agree = squares < gate * gate
        if int(agree.sum()) < _LEAST:
            return None
        off = np.abs(residuals[agree]).ravel()
        # the upper median, not the mean of two: exact
        sigma = float(np.partition(off, len(off) // 2)[len(off) // 2]) / _MEDIAN
        sigma = max(sigma, least_px)
        gate = min(gate_px, _GATE * sigma)
    agree = squares < gate * gate
    return Consensus(agree, sigma) if int(agree.sum()) >= _LEAST else None


def affine_agreement(places: Array, residuals: Array, gate_px: float) -> NDArray[np.bool_]:
    """Return which residuals (n, 2) agree with the affine field of least cost (2)."""
    n = len(places)
    gate = gate_px + _BENT * _median_length(residuals)
    most = gate * gate * _FINE
    chosen = np.array(list(_triples(n)))
    p, r = places[chosen], residuals[chosen]  # (triples, 3, 2)
    a, b = p[:, 1] - p[:, 0], p[:, 2] - p[:, 0]
    area = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    size = np.maximum(np.abs(a).max(axis=1), np.abs(b).max(axis=1))
    held = np.abs(area) > _LEAST_AREA * size * size
    p, r, a, b, area = (each[held] for each in (p, r, a, b, area))
    if not len(area):
        return np.zeros(n, dtype=bool)
    # G of (1) by Cramer's rule: G a = r_1 - r_0, G b = r_2 - r_0
    ra, rb = r[:, 1] - r[:, 0], r[:, 2] - r[:, 0]
    across = (ra * b[:, 1:] - rb * a[:, 1:]) / area[:, None]
    down = (rb * a[:, :1] - ra * b[:, :1]) / area[:, None]
    off = places[None] - p[:, :1]
    field = r[:, :1] + off[:, :, :1] * across[:, None] + off[:, :, 1:] * down[:, None]
    left = residuals[None] - field
    squares = left[:, :, 0] * left[:, :, 0] + left[:, :, 1] * left[:, :, 1]
    costs = np.minimum(squares * _FINE, most).astype(np.int64).sum(axis=1)
    return np.asarray(squares[int(np.argmin(costs))] < gate * gate)


def _median_length(residuals: Array) -> float:
    squares = residuals[:, 0] * residuals[:, 0] + residuals[:, 1] * residuals[:, 1]
    return math.sqrt(float(np.partition(squares, len(squares) // 2)[len(squares) // 2]))


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
