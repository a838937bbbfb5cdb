"""The legs' kernel for this CPU, chosen when imported, and the layout of a lander for it.

All three builds come from legs.pxi and give the same bits; FARSIDE_ISA overrides the choice.
"""

import itertools
import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.ext.common.dispatch import ISA, built_for
from farside.ext.common.errors import FarsideError


class LegsLayout(NamedTuple):
    """A lander over a grid: pads, what they can rest on, and the footprint in blocks and runs."""

    cell_m: tuple[float, float]  # along columns, along rows
    reach: tuple[float, float]  # half axes of the footprint [cells]
    margin: int  # cells about the map that the kernel may read
    side: int  # of a block [cells]
    numbers: NDArray[np.int64]  # (K,) of the headings whose pads stand on cells of their own
    pads: NDArray[np.int64]  # (K, legs, 2) column and row of each pad from the site
    triples: NDArray[np.int64]  # (T, 3) pads whose triangle holds the middle
    triple_weights: NDArray[np.float64]  # (K, T, 3, 3) c, g_x, g_y for each pad's height
    pairs: NDArray[np.int64]  # (P, 2) opposite pads
    pair_along: NDArray[np.float64]  # (K, P, 2) g for a unit of difference
    pair_across: NDArray[np.float64]  # (K, P, 2) unit of lean
    crosses: NDArray[np.float64]  # (K, 2, 2) of four legs: g for a unit of difference of each pair
    pair_others: NDArray[np.float64]  # (K, P, legs, 4) side, 1 / lean, column, row
    blocks: NDArray[np.int64]  # (B, 5) row, column, whole, first run, last run
    runs: NDArray[np.int64]  # (N, 3) row, first column, cells
    pad_half_width: list[int]  # chords of a pad


def pad_places(
    legs: int, headings: int, radius_m: float, cell_m: tuple[float, float]
) -> NDArray[np.int64]:
    """Return the cells of the pads at every heading: (headings, legs, 2) column and row."""
    turn = 2.0 * math.pi * (np.arange(headings)[:, None] / headings / legs + np.arange(legs) / legs)
    # Sines and cosines to 12 digits: the same cell on every machine, and opposite pads opposite.
    x = np.round(radius_m / cell_m[0] * np.round(deterministic.cos(turn), 12), 9)
    y = np.round(radius_m / cell_m[1] * np.round(deterministic.sin(turn), 12), 9)
    away = np.stack([x, y], axis=2)
    places: NDArray[np.int64] = (np.sign(away) * np.floor(np.abs(away) + 0.5)).astype(np.int64)
    return places


def distinct(pads: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the first of all headings whose pads stand on the same cells, rising."""
    first: dict[frozenset[tuple[int, ...]], int] = {}
    for number, places in enumerate(pads.tolist()):
        first.setdefault(frozenset(tuple(at) for at in places), number)
    return np.array(list(first.values()), np.int64)


def lay_out_legs(
    legs: int,
    headings: int,
    radius_m: float,
    cell_m: tuple[float, float],
    half_width: NDArray[np.int32],
    pad_half_width: NDArray[np.int32],
) -> LegsLayout:
    """Lay a lander out for the kernel.

    Parameters
    ----------
    legs, headings
        Pads, and headings over their symmetry.
    radius_m
        Of the circle that the pads stand on [m].
    cell_m
        Cell size along columns and rows [m].
    half_width
        Chords of the footprint: row offset d holds columns -half_width[d] .. half_width[d].
    pad_half_width
        The same of a pad.

    Raises
    ------
    ValueError
        If the pads fall on too few cells to stand on.
    """
    pads = pad_places(legs, headings, radius_m, cell_m)
    numbers = distinct(pads)
    pads, headings = pads[numbers], len(numbers)
    triples = [t for t in itertools.combinations(range(legs), 3) if all(_between(t, legs))]
    pairs = [(i, i + legs // 2) for i in range(legs // 2)] if legs % 2 == 0 else []
    weights = np.zeros((headings, len(triples), 3, 3))
    along, across = np.zeros((headings, len(pairs), 2)), np.zeros((headings, len(pairs), 2))
    others = np.zeros((headings, len(pairs), legs, 4))
    for k, at in enumerate(pads.astype(float)):
        for n, triple in enumerate(triples):
            corners = np.column_stack([np.ones(3), at[list(triple)]])
            if abs(deterministic.determinant(corners)) < 0.5:
                raise FarsideError(_too_coarse(radius_m, cell_m))
            weights[k, n] = deterministic.inverse(corners)
        for n, (a, b) in enumerate(pairs):
            line = at[a] - at[b]
            square = deterministic.dot(line, line)
            if square < 0.5:
                raise FarsideError(_too_coarse(radius_m, cell_m))
            along[k, n] = line / square
            across[k, n] = np.array([-line[1], line[0]]) / math.sqrt(square)
            lean = deterministic.product(at, across[k, n])
            for i in range(legs):
                if i not in (a, b) and abs(lean[i]) > 1e-6:
                    others[k, n, i] = (np.sign(lean[i]), 1.0 / lean[i], *at[i])
            sides = others[k, n, :, 0]
            if not (sides.min() < 0.0 < sides.max()):
                raise FarsideError(_too_coarse(radius_m, cell_m))
    reach_y, reach_x = len(half_width) - 1, int(half_width[0])
    side = 8
    while side > 1 and 2 * min(reach_x, reach_y) + 1 < 3 * side:
        side //= 2
    blocks, runs = _cover([int(w) for w in half_width], side)
    margin = max(reach_x, reach_y, int(np.abs(pads).max()), len(pad_half_width), 16) + 2 * side + 16
    return LegsLayout(
        cell_m,
        (deterministic.length(_rim(half_width, 0)), deterministic.length(_rim(half_width, 1))),
        margin,
        side,
        numbers,
        pads,
        np.array(triples, np.int64).reshape(-1, 3),
        weights,
        np.array(pairs, np.int64).reshape(-1, 2),
        along,
        across,
        _crosses(pads) if legs == 4 else np.zeros((headings, 2, 2)),
        others,
        blocks,
        runs,
        [int(w) for w in pad_half_width],
    )


def _crosses(pads: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the dual basis of the first two pads, halved: g . p_0 = (h_0 - h_2) / 2 and so on."""
    # A row of the inverse is a gradient: p_0 and p_1 are the rows of what is inverted.
    (a, b), (c, d) = np.moveaxis(pads[:, :2].astype(float), 0, -1)
    dual = np.moveaxis(np.array([[d, -c], [-b, a]]), -1, 0)
    return np.asarray(0.5 * dual / (a * d - b * c)[:, None, None])


def _between(triple: tuple[int, ...], legs: int) -> list[bool]:
    """Whether each corner of a regular polygon's triangle is less than half a turn to the next."""
    turned = triple[1:] + triple[:1]
    return [0 < 2 * ((b - a) % legs) < legs for a, b in zip(triple, turned, strict=True)]


def _too_coarse(radius_m: float, cell_m: tuple[float, float]) -> str:
    return (
        f"pads {radius_m} m from the middle on cells of {cell_m[0]} x {cell_m[1]} m have nowhere "
        f"of their own to stand: give a finer map"
    )


def _rim(half_width: NDArray[np.int32], axis: int) -> tuple[float, float]:
    """Half axis of the least ellipse of the footprint's own shape that holds all its cells."""
    reach_y, reach_x = len(half_width) - 1, int(half_width[0])
    d = np.arange(reach_y + 1)
    stretch = max(float(np.sqrt((half_width / reach_x) ** 2 + (d / reach_y) ** 2).max()), 1.0)
    return (stretch * (reach_x, reach_y)[axis], 0.0)


def _cover(half_width: list[int], side: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Cover the footprint with blocks, moved inwards where they would stick out."""
    reach = len(half_width) - 1
    blocks: list[tuple[int, int, int, int, int]] = []
    runs: list[tuple[int, int, int]] = []
    for row in _starts(-reach, reach, side):
        rows = range(row, row + side)
        widest = max(half_width[abs(d)] for d in rows if abs(d) <= reach)
        for col in _starts(-widest, widest, side):
            first, cells = len(runs), 0
            for d in rows:
                if abs(d) > reach:
                    continue
                start = max(col, -half_width[abs(d)])
                end = min(col + side - 1, half_width[abs(d)])
                if start <= end:
                    runs.append((d, start, end - start + 1))
                    cells += end - start + 1
            blocks.append((row, col, int(cells == side * side), first, len(runs)))
    return np.array(blocks, np.int64), np.array(runs, np.int64)


def _starts(low: int, high: int, side: int) -> list[int]:
    """Where blocks that cover low .. high begin; the last one ends there if it can."""
    if high - low + 1 <= side:
        return [low]
    return [*range(low, high - side + 1, side), high - side + 1]


def load_legs_kernel(isa: str) -> Any:
    """Return the LegsKernel class built for an instruction set.

    Raises
    ------
    ValueError
        If this CPU, or this build, does not have the instruction set.
    """
    return built_for(isa, "terrain.legs").LegsKernel


LegsKernel: Any = load_legs_kernel(ISA)
