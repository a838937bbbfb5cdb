"""The truth of a stand on legs, in double precision: every heading, every way to rest.

A lander comes down with its middle over a cell, turned any way. Each pad rests on the highest
ground under it; a plane through three pads is one it can rest on if no other pad would be under
ground and the middle lies between the three. Of four pads on uneven ground there are two such
planes, between which it may rock: the worse one counts.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.scenes.oracle import Discs, disc_cells

Array = NDArray[np.float64]
Bools = NDArray[np.bool_]
Places = NDArray[np.intp]

HEADINGS = 72  # over the legs' symmetry
_TOGETHER = 4096  # cells judged at once: what they touch stays in the cache


@dataclass(frozen=True)
class Stand:
    """How a lander stands.

    Attributes
    ----------
    footprint_m : float
        Diameter [m] of everything that must keep clear of the ground.
    legs : int
        Three or more, evenly about the middle.
    span_m, pad_m : float
        Diameters [m]: of the circle of the pads' centres, and of a pad.
    belly_m : float
        Height [m] of the lowest part above the plane of the pads.
    """

    footprint_m: float
    legs: int
    span_m: float
    pad_m: float
    belly_m: float

    def reach(self, cell_m: float) -> int:
        """Return how far [cells] the footprint and the pads reach from the middle."""
        pads = math.floor(0.5 * self.span_m / cell_m + 0.5) + _radius(self.pad_m, cell_m)
        return max(_radius(self.footprint_m, cell_m), pads)


@dataclass(frozen=True, eq=False)
class Stands:
    """How the lander stands on each of the cells asked for, (n,) each; the worst over all headings.

    Attributes
    ----------
    slope_deg : ndarray
        The steepest plane that it can rest on.
    rise_m : ndarray
        The highest ground above a plane that it can rest on, under the whole footprint and along
        the vertical [m]; or a bound of it from above that is less than the belly's height.
    """

    slope_deg: Array
    rise_m: Array


def judge_stands(
    heights: ArrayLike, cell_m: float, stand: Stand, discs: Discs, row: Places, col: Places
) -> Stands:
    """Measure the worst stand over all headings on some cells.

    A bound spares most of the search for the highest ground: over a disc of radius R it stands at
    most R |g - g0| further above a plane of gradient g than above one of gradient g0, besides what
    the two differ by at the centre; and above the disc's own plane it stands no more than the
    greatest deviation.

    Parameters
    ----------
    heights : array_like, (rows, cols)
        Heights [m], all known.
    cell_m : float
        Their spacing [m].
    stand : Stand
        Of the lander.
    discs : Discs
        Of the same heights and footprint.
    row, col : ndarray of int, (n,)
        Cells; the footprint and the pads about each must lie on the map.
    """
    z = np.asarray(heights, dtype=np.float64)
    offsets = disc_cells(0.5 * stand.footprint_m / cell_m)
    reach = float(np.hypot(*offsets.T).max())
    tops = _highest(z, disc_cells(0.5 * stand.pad_m / cell_m))
    steepest, highest = np.zeros(len(row)), np.full(len(row), -np.inf)
    for start in range(0, len(row), _TOGETHER):
        part = slice(start, start + _TOGETHER)
        i, j = row[part], col[part]
        along, across, mean, deviation = (
            field[i, j] for field in (discs.along, discs.across, discs.mean_m, discs.deviation_m)
        )
        for heading in range(HEADINGS):
            for rests, a, b, c in _planes(tops, cell_m, stand, i, j, heading):
                tangent = np.hypot(a, b) / cell_m
                rise = mean + deviation + reach * np.hypot(a - along, b - across) - c
                for k in np.nonzero(rests & (rise >= stand.belly_m))[0]:
                    under = z[i[k] + offsets[:, 0], j[k] + offsets[:, 1]]
                    rise[k] = (under - offsets @ (a[k], b[k])).max() - c[k]
                np.maximum(steepest[part], tangent, out=steepest[part], where=rests)
                np.maximum(highest[part], rise, out=highest[part], where=rests)
    return Stands(np.degrees(np.arctan(steepest)), highest)


def _radius(diameter_m: float, cell_m: float) -> int:
    return int(disc_cells(0.5 * diameter_m / cell_m).max())


def _planes(
    tops: Array, cell_m: float, stand: Stand, row: Places, col: Places, heading: int
) -> Iterator[tuple[Bools, Array, Array, Array]]:
    """Return z = a row + b col + c through every three pads, and whether the lander rests on it."""
    turn = 2.0 * np.pi * (heading / HEADINGS + np.arange(stand.legs)) / stand.legs
    radius = 0.5 * stand.span_m / cell_m
    # a pad stands on the cell nearest to its middle, the outer one of two
    at = np.round(radius * np.stack([np.sin(turn), np.cos(turn)], axis=1), 9)
    feet = (np.sign(at) * np.floor(np.abs(at) + 0.5)).astype(np.intp)
    pads = [tops[row + i, col + j] for i, j in feet.tolist()]
    for three in combinations(range(stand.legs), 3):
        places = np.column_stack([feet[list(three)], np.ones(3)]).astype(np.float64)
        inverse = np.linalg.inv(places)  # weights of the three heights in a, b and c
        if (inverse[2] < -1e-9).any():
            continue  # the middle is not between them: the lander tips over
        a, b, c = (sum(w * pads[k] for w, k in zip(part, three, strict=True)) for part in inverse)
        rests = np.ones(len(row), np.bool_)
        for other in set(range(stand.legs)) - set(three):
            i, j = feet[other].tolist()
            rests &= pads[other] <= a * i + b * j + c + 1e-12
        yield rests, a, b, c


def _highest(z: Array, pad: NDArray[np.intp]) -> Array:
    """Return the highest ground under a pad about every cell; off the map there is none."""
    out = z.copy()
    rows, cols = z.shape
    for i, j in pad.tolist():
        to = np.s_[max(-i, 0) : rows - max(i, 0), max(-j, 0) : cols - max(j, 0)]
        of = np.s_[max(i, 0) : rows - max(-i, 0), max(j, 0) : cols - max(-j, 0)]
        out[to] = np.maximum(out[to], z[of])
    return out
