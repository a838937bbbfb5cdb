"""The frames of a scan made one map: two halves, their mean and their difference.

    symbol      name        what
    w, z        w, z        weight and mean height of a cell in one half [m]
    W           weight      of both halves
    d           z_a - z_b   what two looks at the same ground disagree by [m]
    c           spread      noise of a height of weight 1: E d^2 = c (1 / w_a + 1 / w_b)

so that c / W is the variance of their mean. The ground is the same in both halves and falls out.
"""

import numpy as np
from libc.math cimport NAN, sqrt

from farside.ext.common.maps cimport ByteMap, ConstByteMap, ConstFloatMap, FloatMap


def join_halves(
    const float[:, :, ::1] even, const float[:, :, ::1] odd, levels, FloatMap heights,
    ByteMap seen, FloatMap weight, FloatMap spread, ByteMap told,
):
    """Write mean heights [m], their weights, and the noise of weight 1 where both halves saw.

    Parameters
    ----------
    even, odd
        (rows, cols, 2) float32 weight and weighted height of every cell: of `splat_points`.
    levels
        Weight of both halves below which a cell is unseen (its height is NaN), weight of each
        below which they are not compared, and what is added to the heights [m].
    heights, seen, weight
        (rows, cols), written.
    spread, told
        (rows, cols), written: d sqrt(w_a w_b / W) [m], whose mean square is c; 0 where not told.
    """
    cdef Py_ssize_t i, j, rows = heights.shape[0], cols = heights.shape[1]
    cdef float least_weight = levels[0], half_weight = levels[1], reference = levels[2]
    cdef float wa, wb, w, nan = <float> NAN
    if even.shape[0] != rows or odd.shape[0] != rows or even.shape[1] != cols or (
            odd.shape[1] != cols or even.shape[2] != 2 or odd.shape[2] != 2):
        raise ValueError(f"both halves must be {rows} x {cols} cells of two sums")
    if not (rows == seen.shape[0] == weight.shape[0] == spread.shape[0] == told.shape[0]
            and cols == seen.shape[1] == weight.shape[1] == spread.shape[1] == told.shape[1]):
        raise ValueError(f"every map must be {rows} x {cols} cells")
    with nogil:
        for i in range(rows):
            for j in range(cols):
                wa = even[i, j, 0]
                wb = odd[i, j, 0]
                w = wa + wb
                weight[i, j] = w
                seen[i, j] = w >= least_weight
                heights[i, j] = (
                    reference + (even[i, j, 1] + odd[i, j, 1]) / w if w >= least_weight else nan)
                told[i, j] = wa >= half_weight and wb >= half_weight
                spread[i, j] = (
                    (even[i, j, 1] / wa - odd[i, j, 1] / wb) * <float> sqrt(wa * wb / w)
                    if told[i, j] else <float> 0.0)


cdef inline Py_ssize_t mirrored(Py_ssize_t k, Py_ssize_t n) noexcept nogil:
    """Return the index that a place beyond either end is mirrored to, the edge twice."""
    k = k if k >= 0 else -1 - k
    k = k if k < n else 2 * n - 1 - k
    return max(min(k, n - 1), 0)


def box_mean(ConstFloatMap values, int half_rows, int half_cols, FloatMap out):
    """Write the mean over a box about every cell, mirrored at the edges: running sums in double.

    Parameters
    ----------
    values, out
        (rows, cols) float32.
    half_rows, half_cols
        Of the box, which is 2 half + 1 cells wide.
    """
    cdef Py_ssize_t rows = values.shape[0], cols = values.shape[1], i, j, k
    cdef double total, per = 1.0 / ((2.0 * half_rows + 1.0) * (2.0 * half_cols + 1.0))
    cdef double[::1] column = np.zeros(cols)
    if out.shape[0] != rows or out.shape[1] != cols:
        raise ValueError(f"the mean of a map of {rows} x {cols} cells is one of as many")
    if not (0 <= half_rows and 0 <= half_cols):
        raise ValueError("half a box is 0 cells or more")
    if rows == 0 or cols == 0:
        return
    with nogil:
        for k in range(-half_rows, half_rows + 1):
            for j in range(cols):
                column[j] += values[mirrored(k, rows), j]
        for i in range(rows):
            total = 0.0
            for k in range(-half_cols, half_cols + 1):
                total += column[mirrored(k, cols)]
            for j in range(cols):
                out[i, j] = <float> (total * per)
                total += column[mirrored(j + half_cols + 1, cols)]
                total -= column[mirrored(j - half_cols, cols)]
            for j in range(cols):
                column[j] += values[mirrored(i + half_rows + 1, rows), j]
                column[j] -= values[mirrored(i - half_rows, rows), j]


def mean_where(ConstFloatMap values, ConstByteMap where, int power):
    """Return the mean of values, or of their squares (power 2), and of how many; in double."""
    cdef Py_ssize_t i, j, count = 0
    cdef double total = 0.0
    with nogil:
        for i in range(values.shape[0]):
            for j in range(values.shape[1]):
                if where[i, j]:
                    count += 1
                    total += values[i, j] if power == 1 else values[i, j] * <double> values[i, j]
    return (total / count if count else 0.0), count


def lag_covariance(ConstFloatMap values, ConstByteMap where, double level, int lag):
    """Return the mean product, less `level`, of cells so many apart along rows and columns.

    Of every third row and column: neighbours tell the same. 0 where there are none.
    """
    cdef Py_ssize_t i, j, count = 0, rows = values.shape[0], cols = values.shape[1]
    cdef double total = 0.0
    with nogil:
        for i in range(0, rows, 3):
            for j in range(0, cols, 3):
                if not where[i, j]:
                    continue
                if i + lag < rows and where[i + lag, j]:
                    count += 1
                    total += (values[i, j] - level) * (values[i + lag, j] - level)
                if j + lag < cols and where[i, j + lag]:
                    count += 1
                    total += (values[i, j] - level) * (values[i, j + lag] - level)
    return total / count if count else 0.0


def mean_square_bend(ConstFloatMap z, int distance):
    """Return the mean square of z - (z at -d + z at +d) / 2 [m^2], and of how many cells.

    Along rows and columns, of every second row and column; NaN is no height.
    """
    cdef Py_ssize_t i, j, count = 0, rows = z.shape[0], cols = z.shape[1], d = max(distance, 1)
    cdef double total = 0.0, off
    with nogil:
        for i in range(0, rows, 2):
            for j in range(0, cols, 2):
                if d <= i < rows - d:
                    off = z[i, j] - 0.5 * (<double> z[i - d, j] + z[i + d, j])
                    if off == off:
                        count += 1
                        total += off * off
                if d <= j < cols - d:
                    off = z[i, j] - 0.5 * (<double> z[i, j - d] + z[i, j + d])
                    if off == off:
                        count += 1
                        total += off * off
    return (total / count if count else 0.0), count
