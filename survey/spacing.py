"""How far apart the returns of a cloud are, whatever number of them lie in one place."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

Array = NDArray[np.float64]

_BLOCK = 32  # cells along the side of a block that is measured by itself
_MOST_BLOCKS = 64
_CHUNK = 2**20  # points worked on together
_LEAST_KNOWN = 64  # cells of a block with a height, so that it says something
_APART = 0.25  # of the spacing: what is nearer to another return is one place with it
_FINEST = 16  # places are told apart to this part of a cell
_ROUNDS = 6
_QUANTILE = 0.9  # of the ground: the rest has wider gaps


def spacing_of_places(
    place: Array, known: NDArray[np.bool_], west_m: float, south_m: float, cell_m: float
) -> float:
    """Return the distance of neighbouring returns that nine tenths of the mapped ground keep to.

    The ground is cut into blocks. In each the spacing is the greater of two numbers,

        sqrt(area / n)    with n the distinct places: returns nearer to each other than 0.25 of
                          the spacing are one,
        sqrt(pi) r        with r the root mean square distance of a cell to its nearest return,

    which agree where places are random. The first is not deceived by copies, nor by a second scan
    of the same places; the second sees the gaps between dense lines. Of the blocks that value is
    taken which nine tenths of the mapped ground do not exceed: where strips overlap on a part of
    the ground, what counts is the ground that was scanned once.

    Parameters
    ----------
    place : ndarray, (N, 2)
        East and north [m], finite.
    known : ndarray, (rows, cols) bool
        Cells with a height; rows northwards.
    west_m, south_m : float
        Centre of cell [0, 0] [m], as of `place`.
    cell_m : float
        Side of a cell.

    Returns
    -------
    float
        [m].

    Examples
    --------
    >>> x = np.arange(100) * 0.1
    >>> grid = np.dstack(np.meshgrid(x, x)).reshape(-1, 2)
    >>> known = np.ones((100, 100), bool)
    >>> copies = np.tile(grid, (8, 1))
    >>> round(spacing_of_places(copies, known, 0.0, 0.0, 0.1), 3)
    0.1
    """
    shape = known.shape
    across = max(1, round(shape[1] / _BLOCK))
    down = max(1, round(shape[0] / _BLOCK))
    col_of = np.minimum(np.arange(shape[1]) * across // shape[1], across - 1)
    row_of = np.minimum(np.arange(shape[0]) * down // shape[0], down - 1)
    block_of = row_of[:, None] * across + col_of
    weight = np.bincount(block_of.ravel(), known.ravel(), across * down)
    useful = np.flatnonzero(weight >= min(_LEAST_KNOWN, weight.max()))
    chosen = useful[np.linspace(0, len(useful) - 1, min(len(useful), _MOST_BLOCKS)).astype(int)]
    held = _by_block(place, chosen, block_of, (west_m, south_m), cell_m)
    spacings = np.array(
        [
            _spacing(
                held[i],
                _centres(known & (block_of == block), (west_m, south_m), cell_m),
                cell_m,
            )
            for i, block in enumerate(chosen)
        ]
    )
    order = np.argsort(spacings, kind="stable")
    covered = np.cumsum(weight[chosen][order])
    at = int(np.searchsorted(covered, _QUANTILE * covered[-1]))
    return float(spacings[order[min(at, len(order) - 1)]])


def distinct_places(place: Array, spacing_m: float) -> NDArray[np.intp]:
    """Return the indices, ascending, of returns of which no two lie in one place.

    Parameters
    ----------
    place : ndarray, (N, 2)
        East and north [m].
    spacing_m : float
        As of `spacing_of_places`; what is nearer than a quarter of it is one place.
    """
    apart_m = _APART * spacing_m
    # a lattice takes most copies out; those that its lines part are found as neighbours
    first = _first_in_squares(place, apart_m)
    pairs = cKDTree(place[first]).query_pairs(apart_m, output_type="ndarray")
    return first[_apart(len(first), pairs)]


def _by_block(
    place: Array,
    chosen: NDArray[np.intp],
    block_of: NDArray[np.intp],
    corner: tuple[float, float],
    cell_m: float,
) -> list[Array]:
    """Return the places in each of some blocks, told apart to a part of a cell."""
    rows, cols = block_of.shape
    which = np.full(int(block_of.max()) + 1, -1)
    which[chosen] = np.arange(len(chosen))
    step = cell_m / _FINEST
    held: list[list[Array]] = [[] for _ in chosen]
    for first in range(0, len(place), _CHUNK):
        part = place[first : first + _CHUNK]
        j = np.clip(np.rint((part[:, 0] - corner[0]) / cell_m).astype(np.intp), 0, cols - 1)
        i = np.clip(np.rint((part[:, 1] - corner[1]) / cell_m).astype(np.intp), 0, rows - 1)
        index = which[block_of[i, j]]
        order = np.argsort(index, kind="stable")
        ends = np.searchsorted(index[order], np.arange(len(chosen) + 1))
        for k in range(len(chosen)):
            if ends[k] < ends[k + 1]:
                held[k].append(_distinct(part[order[ends[k] : ends[k + 1]]], step))
    return [_distinct(np.concatenate(parts), step) if parts else np.empty((0, 2)) for parts in held]


def _distinct(place: Array, step: float) -> Array:
    """Keep the first of the places in each square of a lattice."""
    return place[_first_in_squares(place, step)]


def _first_in_squares(place: Array, step: float) -> NDArray[np.intp]:
    """Return the index of the first place in each square of a lattice, ascending."""
    lattice = np.floor((place - place.min(axis=0)) / step).astype(np.int64)
    flat = lattice[:, 1] * (int(lattice[:, 0].max()) + 1) + lattice[:, 0]
    _, first = np.unique(flat, return_index=True)
    return np.sort(first)


def _centres(known: NDArray[np.bool_], corner: tuple[float, float], cell_m: float) -> Array:
    row, col = np.nonzero(known)
    return np.column_stack([corner[0] + col * cell_m, corner[1] + row * cell_m])


def _spacing(place: Array, centres: Array, cell_m: float) -> float:
    """Return the spacing in one block [m]; see `spacing_of_places`."""
    area = len(centres) * cell_m * cell_m
    if not len(place):
        return math.sqrt(area)
    tree = cKDTree(place)
    gap, _ = tree.query(centres)
    # copies leave the gaps as they are, so that these are where to begin
    gaps = math.sqrt(math.pi * float(np.mean(gap * gap)))
    count = len(place)
    spacing = max(math.sqrt(area / count), gaps)
    for _ in range(_ROUNDS):
        pairs = tree.query_pairs(_APART * spacing, output_type="ndarray")
        fewer = int(np.count_nonzero(_apart(len(place), pairs)))
        if fewer >= count:
            break
        count = fewer
        spacing = max(math.sqrt(area / count), gaps)
    return spacing


def _apart(count: int, pairs: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Choose points of which no two are a pair, and which leave none unpaired out.

    Every point has a rank drawn once; in each round those whose pairs all rank after them stay, and
    take their partners out (Luby 1986): a few rounds, whatever the points' order.

    Parameters
    ----------
    count : int
        Of points.
    pairs : ndarray, (M, 2)
        Their indices.
    """
    rank = np.random.default_rng(0).permutation(count)
    swap = rank[pairs[:, 0]] > rank[pairs[:, 1]]
    first, second = np.where(swap[:, None], pairs[:, ::-1], pairs).T
    stays, open_ = np.zeros(count, np.bool_), np.ones(count, np.bool_)
    while len(first):
        free = open_.copy()
        free[second] = False
        stays |= free
        open_ &= ~free
        open_[second[free[first]]] = False
        left = open_[first] & open_[second]
        first, second = first[left], second[left]
    return stays | open_
