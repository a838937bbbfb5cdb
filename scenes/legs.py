"""The truth of a stand on legs, in double precision: every heading, every way to rest.

A lander comes down with its middle over a cell, turned any way. Each pad rests on the highest
ground under it; a plane through three pads is one it can rest on if no other pad would be under
ground and the middle lies between the three. Of four pads on uneven ground there are two such
planes, between which it may rock: the worse one counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.scenes.oracle import disc_cells

Array = NDArray[np.float64]
Bools = NDArray[np.bool_]
Places = NDArray[np.intp]

HEADINGS = 72  # over the legs' symmetry


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


@dataclass(frozen=True, eq=False)
class Stands:
    """How the lander stands on each of the cells asked for, (n,) each; the worst over all headings.

    Attributes
    ----------
    slope_deg : ndarray
        The steepest plane that it can rest on.
    rise_m : ndarray
        The highest ground above a plane that it can rest on, under the whole footprint and along
        the plane's normal [m]; or a bound of it from above that is less than the belly's height.
    """

    slope_deg: Array
    rise_m: Array


def judge_stands(
    heights: ArrayLike, cell_m: float, stand: Stand, row: Places, col: Places
) -> Stands:
    """Measure the worst stand over all headings on some cells.

    A bound spares most of the search for the highest ground: over a disc of radius R it stands at
    most R |g - g0| further above a plane of gradient g than above one of gradient g0, besides what
    the two planes differ by at the centre.

    Parameters
    ----------
    heights : array_like, (rows, cols)
        Heights [m], all known.
    cell_m : float
        Their spacing [m].
    stand : Stand
        Of the lander.
    row, col : ndarray of int, (n,)
        Cells; the footprint and the pads about each must lie on the map.
    """
    z = np.asarray(heights, dtype=np.float64)
    offsets = disc_cells(0.5 * stand.footprint_m / cell_m)
    tops = _highest(z, disc_cells(0.5 * stand.pad_m / cell_m))
    count = len(row)
    steepest, highest = np.zeros(count), np.full(count, -np.inf)
    for part in np.array_split(np.arange(count), count // 2048 + 1):
        if len(part):
            steepest[part], highest[part] = _judge(
                z, tops, cell_m, stand, offsets, row[part], col[part]
            )
    return Stands(np.degrees(np.arctan(steepest)), highest)


def _judge(
    z: Array,
    tops: Array,
    cell_m: float,
    stand: Stand,
    offsets: NDArray[np.intp],
    row: Places,
    col: Places,
) -> tuple[Array, Array]:
    """Give the tangent of the steepest plane, and the highest ground above any [m]."""
    under = z[row[:, None] + offsets[:, 0], col[:, None] + offsets[:, 1]]
    moment = float(np.sum(offsets[:, 0] ** 2))
    north, east = under @ offsets[:, 0] / moment, under @ offsets[:, 1] / moment
    above = (under - np.stack([north, east], axis=1) @ offsets.T).max(axis=1)
    reach = float(np.hypot(*offsets.T).max())
    steepest, highest = np.zeros(len(row)), np.full(len(row), -np.inf)
    for heading in range(HEADINGS):
        for rests, a, b, c in _planes(tops, cell_m, stand, row, col, heading):
            tangent = np.hypot(a, b) / cell_m
            np.maximum(steepest, tangent, out=steepest, where=rests)
            rise = above + reach * np.hypot(a - north, b - east) - c
            open_ = np.nonzero(rests & (rise >= stand.belly_m))[0]
            tilt = np.stack([a[open_], b[open_]], axis=1) @ offsets.T
            rise[open_] = (under[open_] - tilt).max(axis=1) - c[open_]
            np.maximum(highest, rise / np.hypot(1.0, tangent), out=highest, where=rests)
    return steepest, highest


def _planes(
    tops: Array, cell_m: float, stand: Stand, row: Places, col: Places, heading: int
) -> Iterator[tuple[Bools, Array, Array, Array]]:
    """Give z = a row + b col + c through every three pads, and whether the lander rests on it."""
    turn = 2.0 * np.pi * (heading / HEADINGS + np.arange(stand.legs)) / stand.legs
    radius = 0.5 * stand.span_m / cell_m
    # a pad stands on the cell nearest to its middle
    feet = np.rint(radius * np.stack([np.sin(turn), np.cos(turn)], axis=1)).astype(np.intp)
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
    """Give the highest ground under a pad about every cell; off the map there is none."""
    out = z.copy()
    rows, cols = z.shape
    for i, j in pad.tolist():
        to = np.s_[max(-i, 0) : rows - max(i, 0), max(-j, 0) : cols - max(j, 0)]
        of = np.s_[max(i, 0) : rows - max(-i, 0), max(j, 0) : cols - max(-j, 0)]
        out[to] = np.maximum(out[to], z[of])
    return out
