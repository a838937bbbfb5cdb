# The horizon kernel as functions of Python.

include "horizon.pxi"

from farside.ext.terrain.horizon_layout cimport PADDING

import numpy as np


def block_highest(const float[:, ::1] ground):
    """Return the highest height of each block of 16 x 16 cells; those at the ends may be less."""
    cdef Py_ssize_t rows = ground.shape[0], cols = ground.shape[1], i, j
    cdef float[:, ::1] out = np.full(
        ((rows + BLOCK - 1) // BLOCK, (cols + BLOCK - 1) // BLOCK), -1e30, np.float32)
    with nogil:
        for i in range(rows):
            for j in range(cols):
                if ground[i, j] > out[i // BLOCK, j // BLOCK]:
                    out[i // BLOCK, j // BLOCK] = ground[i, j]
    return np.asarray(out)


def sweep(
    const float[:, ::1] ground, const float[:, ::1] blocks, edges, int top, int left,
    const float[:, ::1] own, const float[:, ::1] inverse, float[:, ::1] best,
):
    """Raise `best` over all edges of one direction; observer (0, 0) stands at (top, left).

    Parameters
    ----------
    ground, blocks
        Reduced heights [m] and `block_highest` of them.
    edges
        As `crossings` gives them.
    own, inverse, best
        s0 [m], R / r0 and t of the observers, columns in multiples of 16.
    """
    cdef Scene scene
    cdef Eyes eyes
    cdef Py_ssize_t n = len(edges[0])
    cdef int high = own.shape[0], wide = own.shape[1]
    cdef const float[:, ::1] numbers = edges[2], bounds = edges[4]
    cdef const int[:, ::1] runs = edges[3], places
    rows, cols = edges[0], edges[1]
    if n == 0 or high == 0 or wide == 0:
        return
    if rows.shape != (n, 2) or cols.shape != (n, 2) or wide % PADDING:
        raise ValueError("an edge has two vertices, and columns come in multiples of 16")
    if (numbers.shape[0] != 3 or numbers.shape[1] != n or runs.shape[1] != 6
            or bounds.shape[1] != 3 or bounds.shape[0] != runs.shape[0] or runs.shape[0] == 0):
        raise ValueError("edges are as `crossings` gives them")
    if (inverse.shape[0] != high or inverse.shape[1] != wide or best.shape[0] != high
            or best.shape[1] != wide):
        raise ValueError("observers have one shape")
    met = np.asarray(runs)
    if not (0 <= met[:, 0].min() and met[:, 1].max() <= n
            and met[:, 2].min() <= rows.min() and rows.max() <= met[:, 3].max()
            and met[:, 4].min() <= cols.min() and cols.max() <= met[:, 5].max()):
        raise ValueError("groups do not cover their edges")
    if not (0 <= top + met[:, 2].min() and top + high - 1 + met[:, 3].max() < ground.shape[0]
            and 0 <= left + met[:, 4].min()
            and left + wide - 1 + met[:, 5].max() < ground.shape[1]):
        raise ValueError("an edge lies outside the ground")
    if blocks.shape[0] * BLOCK < ground.shape[0] or blocks.shape[1] * BLOCK < ground.shape[1]:
        raise ValueError("blocks do not cover the ground")
    if ground.shape[0] * ground.shape[1] >= 2**31:
        raise ValueError("the ground is too large for one window")
    places = np.ascontiguousarray((rows * <int> ground.shape[1] + cols).T, np.int32)
    scene.ground = &ground[0, 0]
    scene.stride = ground.shape[1]
    scene.blocks = &blocks[0, 0]
    scene.block_stride = blocks.shape[1]
    scene.first, scene.second = &places[0, 0], &places[1, 0]
    scene.share, scene.reach, scene.drop = &numbers[0, 0], &numbers[1, 0], &numbers[2, 0]
    scene.runs, scene.bounds, scene.groups = &runs[0, 0], &bounds[0, 0], <int> runs.shape[0]
    eyes.own, eyes.inverse, eyes.best = &own[0, 0], &inverse[0, 0], &best[0, 0]
    eyes.stride = wide
    with nogil:
        sweep_all(&scene, top, left, high, wide, &eyes)


def spread(
    const float[::1] far, const int[:, ::1] nodes, const float[:, ::1] weights, float[::1] best,
):
    """Raise `best` (N,) to far horizons: nodes (N, 4) and weights (N, 8), see horizon.py."""
    cdef Py_ssize_t n = best.shape[0]
    if nodes.shape[0] != n or weights.shape[0] != n or nodes.shape[1] != 4:
        raise ValueError("every observer has four nodes")
    if weights.shape[1] != 8:
        raise ValueError("every node has two weights")
    if n == 0:
        return
    if np.min(nodes) < 0 or np.max(nodes) + 1 >= far.shape[0]:
        raise ValueError("a node is not there")
    with nogil:
        spread_far(&far[0], &nodes[0, 0], &weights[0, 0], &best[0], n)


def degrees(const float[:, ::1] best, const float[:, ::1] inverse, float[:, ::1] out):
    """Write the elevations [deg] of t; columns in multiples of 16."""
    if best.shape[1] % PADDING or (
        inverse.shape[0] != best.shape[0] or inverse.shape[1] != best.shape[1]
        or out.shape[0] != best.shape[0] or out.shape[1] != best.shape[1]
    ):
        raise ValueError("observers have one shape, columns in multiples of 16")
    if best.shape[0] and best.shape[1]:
        with nogil:
            degrees_from(
                &best[0, 0], &inverse[0, 0], &out[0, 0], best.shape[0] * best.shape[1])
