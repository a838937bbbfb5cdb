# Lidar returns onto a grid, and heights made ready for the kernels of hazards.

from libc.math cimport NAN, isfinite


cdef struct GridGeometry:   # of a map's cells
    int rows
    int cols
    double east_m           # centre of cell [0, 0]
    double north_m
    double cell_east_m
    double cell_north_m


cdef inline Py_ssize_t splat(
    const double* points, Py_ssize_t total, const GridGeometry* grid, double reference_m,
    double below_m, float* sums
) noexcept nogil:
    """Add each return to the four cells around it, with bilinear weights; return how many fell.

    A return at below_m or higher is none.
    """
    cdef Py_ssize_t n, used = 0
    cdef int rows = grid.rows, cols = grid.cols, i, j
    cdef double per_col = 1.0 / grid.cell_east_m, per_row = 1.0 / grid.cell_north_m, x, y
    cdef double east_m = grid.east_m, north_m = grid.north_m
    cdef float u, v, u1, v1, z, w
    cdef float* cell
    for n in range(total):
        x = (points[3 * n] - east_m) * per_col
        y = (points[3 * n + 1] - north_m) * per_row
        # Written so that NaN fails; a return within one cell outside still feeds the border.
        if not (-1.0 < x < cols and -1.0 < y < rows and points[3 * n + 2] < below_m
                and isfinite(points[3 * n + 2])):
            continue
        used += 1
        # the integer below: a conversion cuts towards 0
        j = <int> x
        i = <int> y
        j -= x < j
        i -= y < i
        u = <float> (x - j)
        v = <float> (y - i)
        u1 = 1 - u
        v1 = 1 - v
        z = <float> (points[3 * n + 2] - reference_m)
        cell = sums + 2 * (i * <Py_ssize_t> cols + j)
        if i >= 0:
            if j >= 0:
                w = u1 * v1
                cell[0] += w
                cell[1] += w * z
            if j + 1 < cols:
                w = u * v1
                cell[2] += w
                cell[3] += w * z
        cell += 2 * cols
        if i + 1 < rows:
            if j >= 0:
                w = u1 * v
                cell[0] += w
                cell[1] += w * z
            if j + 1 < cols:
                w = u * v
                cell[2] += w
                cell[3] += w * z
    return used


cdef inline void take_means(
    const float* sums, Py_ssize_t n, float least_weight, double reference_m, float* heights,
    unsigned char* seen
) noexcept nogil:
    """Turn weighted sums into heights [m]; NaN and unseen where there is too little weight."""
    cdef Py_ssize_t k
    cdef float w, reference = <float> reference_m, nan = <float> NAN
    for k in range(n):
        w = sums[2 * k]
        seen[k] = w >= least_weight
        heights[k] = reference + sums[2 * k + 1] / w if w >= least_weight else nan


cdef inline int fill_holes(
    int rows, int cols, float* heights, unsigned char* seen, unsigned char* interpolated
) noexcept nogil:
    """Fill an unseen cell whose four edge neighbours were seen with their mean, and flag it."""
    cdef int i, j, filled = 0
    cdef Py_ssize_t k
    for i in range(1, rows - 1):
        for j in range(1, cols - 1):
            k = i * <Py_ssize_t> cols + j
            if (
                not seen[k]
                and seen[k - cols] and seen[k + cols] and seen[k - 1] and seen[k + 1]
                and not interpolated[k - cols] and not interpolated[k - 1]
            ):
                heights[k] = <float> 0.25 * (
                    heights[k - cols] + heights[k + cols] + heights[k - 1] + heights[k + 1]
                )
                seen[k] = 1
                interpolated[k] = 1
                filled += 1
    return filled


cdef inline void block_extremes(
    int rows, int cols, const float* heights, const unsigned char* seen, int side,
    float* lowest, float* highest
) noexcept nogil:
    """Lowest and highest seen height of each square of side x side cells; +-3e38 where none."""
    cdef int i, j, t, end, across = (cols + side - 1) // side, down = (rows + side - 1) // side
    cdef Py_ssize_t at
    cdef float low, high, z
    for i in range(down * across):
        lowest[i] = <float> 3e38
        highest[i] = <float> -3e38
    for i in range(rows):
        for t in range(across):
            at = (i // side) * <Py_ssize_t> across + t
            low = lowest[at]
            high = highest[at]
            end = min((t + 1) * side, cols)
            for j in range(t * side, end):
                if seen[i * <Py_ssize_t> cols + j]:
                    z = heights[i * <Py_ssize_t> cols + j]
                    low = min(low, z)
                    high = max(high, z)
            lowest[at] = low
            highest[at] = high


cdef inline void write_levels(
    const float* heights, const unsigned char* seen, Py_ssize_t n, double reference_m, float fill,
    float* level, unsigned char* unseen
) noexcept nogil:
    """Write heights above the reference [m], with fill where unseen, and the mask turned round."""
    cdef Py_ssize_t k
    for k in range(n):
        unseen[k] = not seen[k]
        level[k] = <float> (heights[k] - reference_m) if seen[k] else fill
