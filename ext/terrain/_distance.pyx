"""Exact Euclidean distance to the nearest marked cell, strip by strip of a map of any size.

A row needs nothing but its own counts (distance_transform.pxd), so that a strip gives the bits that
the whole map would.
"""

from libc.math cimport INFINITY, sqrt

import numpy as np

from farside.ext.terrain.distance_transform cimport (
    Envelope, build_envelope, count_row, lowest_at, squared_distance,
)

cdef enum:
    FAR = 1 << 29           # steps to a marked cell in a column that has none


def count_steps(
    const unsigned char[:, ::1] marked, int[::1] carry, int[:, ::1] steps, bint upwards
):
    """Count steps along columns to the nearest marked cell on one side.

    Parameters
    ----------
    marked
        (rows, cols) 0 or 1.
    carry
        (cols,) steps at the row before the first one met; becomes those of the last one met.
        `far()` where nothing is marked yet.
    steps
        (rows, cols), written; with upwards the lesser of it and the new count.
    upwards
        Whether rows are met from the last to the first, and steps holds the other side's counts.
    """
    cdef Py_ssize_t rows = marked.shape[0], cols = marked.shape[1], i, j
    if carry.shape[0] != cols or steps.shape[0] != rows or steps.shape[1] != cols:
        raise ValueError("carry and steps must fit the marks")
    if rows == 0 or cols == 0:
        return
    with nogil:
        if upwards:
            for i in range(rows - 1, -1, -1):
                count_row(&marked[i, 0], 1, <int> cols, FAR, &carry[0], &steps[i, 0])
        else:
            for i in range(rows):
                for j in range(cols):
                    steps[i, j] = FAR
                count_row(&marked[i, 0], 1, <int> cols, FAR, &carry[0], &steps[i, 0])


def nearest(const int[:, ::1] steps, double across_m, double down_m, float[:, ::1] distance_m):
    """Turn column counts into distances [m]; infinite where nothing is marked.

    Parameters
    ----------
    steps
        (rows, cols) from `count_steps`, both ways.
    across_m, down_m
        Cell size [m] along rows and along columns.
    distance_m
        (rows, cols), written.
    """
    cdef int rows = <int> steps.shape[0], cols = <int> steps.shape[1], i, j, k
    cdef double ratio = (down_m / across_m) * (down_m / across_m)
    cdef Envelope envelope
    if distance_m.shape[0] != rows or distance_m.shape[1] != cols:
        raise ValueError("distances must be of the counts' shape")
    if rows == 0 or cols == 0:
        return
    cdef int[::1] vertex = np.empty(cols, np.int32)
    cdef double[::1] level = np.empty(cols, np.float64)
    cdef double[::1] start = np.empty(cols + 1, np.float64)
    envelope.vertex, envelope.level, envelope.start = &vertex[0], &level[0], &start[0]
    with nogil:
        for i in range(rows):
            if build_envelope(&steps[i, 0], cols, FAR, ratio, &envelope) < 0:
                for j in range(cols):
                    distance_m[i, j] = <float> INFINITY
                continue
            k = 0
            for j in range(cols):
                k = lowest_at(&envelope, k, j)
                distance_m[i, j] = <float> (across_m * sqrt(squared_distance(&envelope, k, j)))


def far() -> int:
    """Return the steps in a column that has no marked cell yet."""
    return FAR
