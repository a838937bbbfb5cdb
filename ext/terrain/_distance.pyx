"""Exact Euclidean distance to the nearest marked cell, strip by strip of a map of any size.

Two passes (Meijster et al. 2000, Felzenszwalb & Huttenlocher 2012). Down and up the columns,
counting steps g to the nearest marked cell; then along each row the lower envelope of the parabolas

    d^2(j) = min_k [ (across (j - k))^2 + (down g(k))^2 ].

A row needs nothing but its own counts, so that a strip gives the bits that the whole map would.
"""

from libc.math cimport sqrt

import numpy as np

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
    cdef Py_ssize_t rows = marked.shape[0], cols = marked.shape[1], i, j, row
    cdef int g
    if carry.shape[0] != cols or steps.shape[0] != rows or steps.shape[1] != cols:
        raise ValueError("carry and steps must fit the marks")
    with nogil:
        for i in range(rows):
            row = rows - 1 - i if upwards else i
            for j in range(cols):
                g = 0 if marked[row, j] else min(carry[j] + 1, <int> FAR)
                carry[j] = g
                steps[row, j] = min(g, steps[row, j]) if upwards else g


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
    cdef Py_ssize_t rows = steps.shape[0], cols = steps.shape[1], i, j, k
    cdef double ratio = (down_m / across_m) * (down_m / across_m), height, meet, off
    if distance_m.shape[0] != rows or distance_m.shape[1] != cols:
        raise ValueError("distances must be of the counts' shape")
    cdef int[::1] vertex = np.empty(cols, np.int32)
    cdef double[::1] level = np.empty(cols, np.float64)     # (down g)^2 in cells across
    cdef double[::1] start = np.empty(cols + 1, np.float64)  # from where a parabola is the lowest
    with nogil:
        for i in range(rows):
            k = -1
            for j in range(cols):
                if steps[i, j] >= FAR:
                    continue
                height = ratio * (<double> steps[i, j]) * steps[i, j]
                meet = -1.0
                while k >= 0:
                    meet = 0.5 * (j + vertex[k] + (height - level[k]) / (j - vertex[k]))
                    if meet > start[k]:
                        break
                    k -= 1
                k += 1
                vertex[k] = <int> j
                level[k] = height
                start[k] = meet if k > 0 else -1.0
            if k < 0:
                for j in range(cols):
                    distance_m[i, j] = <float> 1e38 * <float> 1e38
                continue
            start[k + 1] = cols + 1.0
            k = 0
            for j in range(cols):
                while start[k + 1] < j:
                    k += 1
                off = j - vertex[k]
                distance_m[i, j] = <float> (across_m * sqrt(off * off + level[k]))


def far() -> int:
    """Steps in a column that has no marked cell yet."""
    return FAR
