"""Triads of craters: shapes by which a place of the catalogue is found from no position at all.

Three craters, in the order of their arcs u, have p0, p1, p2; with d = p2 - p0 and e = p1 - p0

    z = e / d as complex numbers        the shape: no shift, no turn, no scale       (2 numbers)
    atan2(d_v, d_u)                     the turn, known as well as the attitude      (1)
    ln |d|                              the scale, known as well as the height       (1)
    ln (r_k / |d|), k = 0, 1, 2         the rims, known better than the scale        (3)

They lie in a k-d tree, each divided by its tolerance, and triads within 1 of each other on every
axis may be one. The idea of an index over triads: Christian, Derksen & Watkins 2021; with attitude
and height roughly known the plane shape tells more than their invariants, which need the ellipses.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.vision.crater_pairs import Circles

if TYPE_CHECKING:
    from scipy.spatial import cKDTree

Array = NDArray[np.float64]
Index = NDArray[np.intp]

#: Craters of a triad have radii within this ratio of a band's smallest; the next band begins at
#: this times the last one's.
_BAND, _NEXT = 2.2, 1.5
#: A triad is no thinner: its middle lies between these shares of d along u.
_ORDERED: Final = 0.12
#: Tolerance of the shape, and of ln(r / |d|).
SHAPE, _RIM = 0.07, 0.25
#: What the turn and the scale may be off by beside the attitude and the height.
_TURN, _SCALE = 0.08, 0.08


@dataclass(frozen=True, eq=False)
class Triads:
    """Triads of craters.

    Attributes
    ----------
    rows : ndarray of intp, (n, 3)
        Of the craters, in the order of u.
    shape : ndarray, (n, 7)
        The numbers above.
    """

    rows: Index
    shape: Array

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.rows)


def triads_of(circles: Circles, neighbours: int, *, ordered: bool) -> Triads:
    """Return the triads of each crater with two of its nearest neighbours of like size.

    Parameters
    ----------
    circles : Circles
    neighbours : int
        Nearest of a band of sizes.
    ordered : bool
        Leave out those whose order along u a turn could change.
    """
    # imported where craters are matched: most flights have none
    from scipy.spatial import cKDTree

    smallest, greatest = float(circles.radius.min()), float(circles.radius.max())
    parts, low = [], 0.999 * smallest
    pairs = np.array(list(combinations(range(1, neighbours + 1), 2)), np.intp)
    while low < greatest:
        band = np.flatnonzero((circles.radius >= low) & (circles.radius <= _BAND * low))
        low *= _NEXT
        if len(band) < neighbours + 1:
            continue
        at = circles.at[band]
        _, near = cKDTree(at).query(at, k=neighbours + 1)
        first = np.repeat(near[:, :1], len(pairs), axis=1)
        each = np.stack([first, near[:, pairs[:, 0]], near[:, pairs[:, 1]]], axis=-1)
        parts.append(band[each.reshape(-1, 3)])
    if not parts:
        return Triads(np.zeros((0, 3), np.intp), np.zeros((0, 7)))
    rows = np.unique(np.sort(np.concatenate(parts), axis=1), axis=0)
    rows = np.take_along_axis(rows, np.argsort(circles.at[rows, 0], axis=1, kind="stable"), axis=1)
    at, radius = circles.at[rows], circles.radius[rows]
    d, e = at[:, 2] - at[:, 0], at[:, 1] - at[:, 0]
    square = d[:, 0] * d[:, 0] + d[:, 1] * d[:, 1]
    long = np.sqrt(square)
    kept = d[:, 0] > 1e-9
    if ordered:
        # both gaps along u beyond what a turn makes of the longest side
        gaps = np.minimum(e[:, 0], d[:, 0] - e[:, 0])
        kept &= gaps > _ORDERED * np.maximum(long, np.sqrt((e * e).sum(axis=1)))
    square = np.maximum(square, 1e-12)
    shape = np.column_stack(
        [
            (e[:, 0] * d[:, 0] + e[:, 1] * d[:, 1]) / square,
            (e[:, 1] * d[:, 0] - e[:, 0] * d[:, 1]) / square,
            deterministic.arctan2(d[:, 1], d[:, 0]),
            0.5 * deterministic.log(square),
            deterministic.log(radius / np.sqrt(square)[:, None]),
        ]
    )
    # a shape far wider than its base says nothing
    kept &= np.abs(shape[:, 1]) < 4.0
    return Triads(rows[kept], np.ascontiguousarray(shape[kept]))


@dataclass(frozen=True, eq=False)
class TriadIndex:
    """The triads of a catalogue in a k-d tree.

    Parameters
    ----------
    triads : Triads
    turn_rad, height_share : float
        Greatest error of the attitude about the vertical, and of the height.
    """

    triads: Triads
    turn_rad: float
    height_share: float

    def scaled(self, triads: Triads) -> Array:
        """Return shapes in tolerances."""
        scale = math.fabs(float(deterministic.log(1.0 - self.height_share))) + _SCALE
        tolerance = [SHAPE, SHAPE, self.turn_rad + _TURN, scale, _RIM, _RIM, _RIM]
        return np.asarray(triads.shape / np.array(tolerance))

    def candidates(self, triads: Triads, widened: Array) -> tuple[Index, Index]:
        """Return pairs of triads that may be one: rows of those given, rows of the catalogue's.

        Parameters
        ----------
        triads : Triads
        widened : ndarray, (n,)
            Tolerances of each, times those of the index.
        """
        if len(triads) == 0 or len(self.triads) == 0:
            return np.zeros(0, np.intp), np.zeros(0, np.intp)
        near = self._tree.query_ball_point(self.scaled(triads), widened, p=math.inf)
        counts = [len(each) for each in near]
        return (
            np.repeat(np.arange(len(triads)), counts),
            np.array([k for each in near for k in sorted(each)], np.intp),
        )

    @cached_property
    def _tree(self) -> cKDTree:
        from scipy.spatial import cKDTree

        return cKDTree(self.scaled(self.triads))
