"""The frames of a scan made one map: two halves, their mean and their difference.

    symbol      name        what
    w, z        w, z        weight and mean height of a cell in one half [m]
    W           weight      of both halves
    d           z_a - z_b   what two looks at the same ground disagree by [m]
    c           spread      noise of a height of weight 1: E d^2 = c (1 / w_a + 1 / w_b)

so that c / W is the variance of their mean. The ground is the same in both halves and falls out.
"""

from libc.math cimport NAN, sqrt

from farside.ext.common.maps cimport ByteMap, FloatMap


def join_halves(
    const float[:, :, ::1] even, const float[:, :, ::1] odd, float least_weight, float half_weight,
    double reference_m, FloatMap heights, ByteMap seen, FloatMap weight, FloatMap spread,
    ByteMap told,
):
    """Write mean heights [m], their weights, and the noise of weight 1 where both halves saw.

    Parameters
    ----------
    even, odd
        (rows, cols, 2) float32 weight and weighted height of every cell: of `splat_points`.
    least_weight
        Of both halves, below which a cell is unseen: its height is NaN.
    half_weight
        Of each half, below which they are not compared.
    reference_m
        Added to the heights [m].
    heights, seen, weight
        (rows, cols), written.
    spread, told
        (rows, cols), written: d sqrt(w_a w_b / W) [m], whose mean square is c; 0 where not told.
    """
    cdef Py_ssize_t i, j, rows = heights.shape[0], cols = heights.shape[1]
    cdef float wa, wb, w, reference = <float> reference_m, nan = <float> NAN
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
