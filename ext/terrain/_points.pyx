"""Lidar returns onto a grid, and heights made ready for the disc kernel: NaN is handled here."""

from libc.math cimport floor, isfinite


def splat_points(
    const double[:, ::1] points,
    double east_m,
    double north_m,
    double cell_east_m,
    double cell_north_m,
    double reference_m,
    float[:, :, ::1] sums,
):
    """Add each return to the four cells around it, with bilinear weights.

    Parameters
    ----------
    points
        (N, 3) east, north, up [m]; rows that are not finite are no returns.
    east_m, north_m
        Centre of cell [0, 0] [m].
    cell_east_m, cell_north_m
        Cell size along columns and rows [m].
    reference_m
        Height taken off before summing [m], so that single precision suffices.
    sums
        (rows, cols, 2) float32, added to: weight, and weight times height above the reference [m].

    Returns
    -------
    int
        How many returns fell on the grid.
    """
    cdef Py_ssize_t n, total = points.shape[0]
    cdef int rows = sums.shape[0], cols = sums.shape[1], i, j, used = 0
    cdef double per_col = 1.0 / cell_east_m, per_row = 1.0 / cell_north_m, x, y, fx, fy
    cdef float u, v, z, w
    cdef float* cell
    with nogil:
        for n in range(total):
            x = (points[n, 0] - east_m) * per_col
            y = (points[n, 1] - north_m) * per_row
            # Written so that NaN fails; a return within one cell outside still feeds the border.
            if not (-1.0 < x < cols and -1.0 < y < rows and isfinite(points[n, 2])):
                continue
            used += 1
            fx = floor(x)
            fy = floor(y)
            j = <int> fx
            i = <int> fy
            u = <float> (x - fx)
            v = <float> (y - fy)
            z = <float> (points[n, 2] - reference_m)
            if i >= 0:
                if j >= 0:
                    cell = &sums[i, j, 0]
                    w = (1 - u) * (1 - v)
                    cell[0] += w
                    cell[1] += w * z
                if j + 1 < cols:
                    cell = &sums[i, j + 1, 0]
                    w = u * (1 - v)
                    cell[0] += w
                    cell[1] += w * z
            if i + 1 < rows:
                if j >= 0:
                    cell = &sums[i + 1, j, 0]
                    w = (1 - u) * v
                    cell[0] += w
                    cell[1] += w * z
                if j + 1 < cols:
                    cell = &sums[i + 1, j + 1, 0]
                    w = u * v
                    cell[0] += w
                    cell[1] += w * z
    return used


def mean_heights(
    const float[:, :, ::1] sums,
    float least_weight,
    double reference_m,
    float[:, ::1] heights,
    unsigned char[:, ::1] seen,
):
    """Turn weighted sums into heights [m]; NaN and unseen where there is too little weight."""
    cdef int i, j
    cdef float w, reference = <float> reference_m, nan = <float> float("nan")
    with nogil:
        for i in range(sums.shape[0]):
            for j in range(sums.shape[1]):
                w = sums[i, j, 0]
                seen[i, j] = w >= least_weight
                heights[i, j] = reference + sums[i, j, 1] / w if w >= least_weight else nan


def fill_single_holes(
    float[:, ::1] heights, unsigned char[:, ::1] seen, unsigned char[:, ::1] interpolated
):
    """Return an unseen cell whose four edge neighbours were seen their mean height, and flag it.

    The cell becomes seen; interpolated cells never serve as neighbours, so that no hole of two
    cells or more is closed. Returns how many were filled.
    """
    cdef int i, j, filled = 0
    with nogil:
        for i in range(1, heights.shape[0] - 1):
            for j in range(1, heights.shape[1] - 1):
                if (
                    not seen[i, j]
                    and seen[i - 1, j] and seen[i + 1, j] and seen[i, j - 1] and seen[i, j + 1]
                    and not interpolated[i - 1, j] and not interpolated[i, j - 1]
                ):
                    heights[i, j] = <float> 0.25 * (
                        heights[i - 1, j] + heights[i + 1, j]
                        + heights[i, j - 1] + heights[i, j + 1]
                    )
                    seen[i, j] = 1
                    interpolated[i, j] = 1
                    filled += 1
    return filled


def extremes(
    const float[:, ::1] heights,
    const unsigned char[:, ::1] seen,
    int side,
    float[:, ::1] lowest,
    float[:, ::1] highest,
):
    """Lowest and highest seen height of each square of side x side cells; +-3e38 where none."""
    cdef int i, j, t, end
    cdef float low, high, z
    with nogil:
        for i in range(lowest.shape[0]):
            for j in range(lowest.shape[1]):
                lowest[i, j] = <float> 3e38
                highest[i, j] = <float> -3e38
        for i in range(heights.shape[0]):
            for t in range(lowest.shape[1]):
                low = lowest[i // side, t]
                high = highest[i // side, t]
                end = min((t + 1) * side, <int> heights.shape[1])
                for j in range(t * side, end):
                    if seen[i, j]:
                        z = heights[i, j]
                        low = min(low, z)
                        high = max(high, z)
                lowest[i // side, t] = low
                highest[i // side, t] = high


def level_heights(
    const float[:, ::1] heights,
    const unsigned char[:, ::1] seen,
    double reference_m,
    float fill,
    float[:, ::1] level,
    unsigned char[:, ::1] unseen,
):
    """Write heights above the reference [m], with fill where unseen, and the mask turned round."""
    cdef int i, j
    with nogil:
        for i in range(heights.shape[0]):
            for j in range(heights.shape[1]):
                unseen[i, j] = not seen[i, j]
                level[i, j] = <float> (heights[i, j] - reference_m) if seen[i, j] else fill
