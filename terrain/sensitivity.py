"""How much steeper and higher a stand may truly be than seen, in sigmas of a height's noise."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.ext.terrain.legs import pad_places
from farside.terrain.footprint import chords
from farside.terrain.lander import LanderFootprint

_STEPS = 256  # to one: gains are rounded up to this fraction
_NONE = 1e-9  # a weight that is not one


@dataclass(frozen=True)
class ErrorTail:
    """Tail of the greatest error of a stand: a count of normal errors, each of at most one sigma.

    P(greatest > x) <= count * tail(x / (gain sigma)), tail being that of the function it is for.
    """

    gain: float
    """1-sigma of any one of the errors, per metre of noise."""
    count: float
    """Of errors as large as that, which weigh as much as all there are."""


@lru_cache(maxsize=16)
def legs_sensitivity(
    lander: LanderFootprint, cell_m: tuple[float, float]
) -> tuple[ErrorTail, ErrorTail]:
    """Bound what noise of the heights does to the worst stand of a lander (docs/decisions/008).

    With sigma no less than that of any height under footprint and pads,

        P(tangent of the steepest plane off by more than x) <= count exp(-(x / (gain sigma))^2 / 2),
        P(greatest rise off by more than x)                 <= count Phi(-x / (gain sigma)).

    Parameters
    ----------
    lander : LanderFootprint
        What stands, at all its headings.
    cell_m : two floats
        Cell size along east and north [m].

    Returns
    -------
    tilt, rise
        Gains in 1/m and 1.
    """
    places = pad_places(lander.legs, lander.headings, 0.5 * lander.span_m, cell_m)
    stands = np.unique(places.reshape(lander.headings, -1), axis=0).reshape(-1, lander.legs, 2)
    under = _cells(chords(0.5 * lander.footprint_m, cell_m))
    pad_cells = float(len(_cells(chords(0.5 * lander.pad_m, cell_m))))
    ways = np.cumprod([1.0, pad_cells, pad_cells, pad_cells])  # to choose a cell of each pad
    gap_m = lander.span_m * deterministic.sin(math.pi / lander.legs)
    # Pads that share cells add up their errors; those apart add up the squares.
    apart = gap_m > 1.5 * lander.pad_m + 2.0 * max(cell_m)
    steepest, planes = 0.0, 0
    held = np.zeros(0)
    for stand, three in itertools.product(stands, _supports(lander.legs)):
        corners = np.column_stack([np.ones(3), stand[list(three)]])
        if abs(deterministic.determinant(corners)) < 1e-6:
            continue
        weights = deterministic.inverse(corners)
        gradient = weights[1:] / np.array(cell_m)[:, None]
        columns = deterministic.lengths(gradient.T)
        steepest = max(steepest, _greatest_stretch(gradient) if apart else float(columns.sum()))
        planes += 1
        # The plane at q is sum_i share_i h_i; the rise there is z_q less that.
        share = deterministic.product(under, weights)
        gain = deterministic.hypot(1.0, deterministic.lengths(share))
        if not apart:
            gain = 1.0 + np.abs(share).sum(axis=1)
        choices = np.maximum((share > _NONE).sum(axis=1), (share < -_NONE).sum(axis=1))
        fresh = np.bincount(np.ceil(_STEPS * gain).astype(np.intp), ways[choices])
        held = np.pad(held, (0, max(0, len(fresh) - len(held))))
        held[: len(fresh)] += fresh
    if planes == 0:
        # The pads have nowhere of their own to stand: nothing is sure of such legs.
        return ErrorTail(1.0, 1e30), ErrorTail(1.0, 1e30)
    gains = np.flatnonzero(held)
    return ErrorTail(steepest, planes * float(ways[3])), _single_tail(gains / _STEPS, held[gains])


def _single_tail(gains: NDArray[np.float64], counts: NDArray[np.float64]) -> ErrorTail:
    """Bound sum_k count_k Phi(-x / gain_k) by one such term, wherever it is below 1.

    Its ratio to Phi(-x / greatest gain) falls with x: no more than where the sum is 1.
    """
    below, above = 0.0, 40.0 * float(gains[-1])
    for _ in range(60):
        middle = 0.5 * (below + above)
        if float(np.sum(counts * deterministic.normal_share(-middle / gains))) > 1.0:
            below = middle
        else:
            above = middle
    return ErrorTail(float(gains[-1]), 1.0 / deterministic.normal_share(float(-above / gains[-1])))


def _greatest_stretch(m: NDArray[np.float64]) -> float:
    """Return the greatest singular value of a (2, 3) matrix m, from the eigenvalues of m m'."""
    first, second = deterministic.dot(m[0], m[0]), deterministic.dot(m[1], m[1])
    across = deterministic.dot(m[0], m[1])
    spread = math.sqrt((first - second) * (first - second) + 4.0 * across * across)
    return math.sqrt(0.5 * (first + second + spread))


def _cells(half_width: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return 1, column and row of the cells of a disc about its middle."""
    reach = len(half_width) - 1
    return np.array(
        [
            (1.0, e, d)
            for d in range(-reach, reach + 1)
            for e in range(-half_width[abs(d)], half_width[abs(d)] + 1)
        ]
    )


def _supports(legs: int) -> list[tuple[int, ...]]:
    """Return the pads, three at a time, whose triangle holds the middle, inside or on an edge."""
    return [
        three
        for three in itertools.combinations(range(legs), 3)
        if all(
            2 * ((b - a) % legs) <= legs for a, b in zip(three, three[1:] + three[:1], strict=True)
        )
    ]
