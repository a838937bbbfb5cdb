"""Lidar returns onto a grid, and heights made ready for the disc kernel: NaN is handled here."""

from libc.math cimport INFINITY

from farside.ext.common.maps cimport ByteMap, ConstByteMap, ConstFloatMap, FloatMap
from farside.ext.terrain.points cimport (
    GridGeometry, block_extremes, fill_holes, splat, take_means, write_levels,
)


def splat_points(
    const double[:, ::1] points, first_m, cell_m, double reference_m, float[:, :, ::1] sums,
    double below_m=INFINITY,
):
    """Add each return to the four cells around it, with bilinear weights.

    Parameters
    ----------
    points
        (N, 3) east, north, up [m]; rows that are not finite are no returns.
    first_m
        East and north of the centre of cell [0, 0] [m].
    cell_m
        Cell size along columns and rows [m].
    reference_m
        Height taken off before summing [m], so that single precision suffices.
    sums
        (rows, cols, 2) float32, added to: weight, and weight times height above the reference [m].
    below_m
        Returns at this height or higher are left out [m].

    Returns
    -------
    int
        How many returns fell on the grid.
    """
    cdef GridGeometry grid
    cdef Py_ssize_t used
    grid.rows = sums.shape[0]
    grid.cols = sums.shape[1]
    grid.east_m, grid.north_m = first_m
    grid.cell_east_m, grid.cell_north_m = cell_m
    if points.shape[0] == 0 or grid.rows == 0 or grid.cols == 0:
        return 0
    with nogil:
        used = splat(&points[0, 0], points.shape[0], &grid, reference_m, below_m, &sums[0, 0, 0])
    return used


def mean_heights(
    const float[:, :, ::1] sums,
    float least_weight,
    double reference_m,
    FloatMap heights,
    ByteMap seen,
):
    """Turn weighted sums into heights [m]; NaN and unseen where there is too little weight."""
    cdef Py_ssize_t n = heights.shape[0] * heights.shape[1]
    if n == 0:
        return
    with nogil:
        take_means(&sums[0, 0, 0], n, least_weight, reference_m, &heights[0, 0], &seen[0, 0])


def fill_single_holes(FloatMap heights, ByteMap seen, ByteMap interpolated):
    """Return an unseen cell whose four edge neighbours were seen their mean height, and flag it.

    The cell becomes seen; interpolated cells never serve as neighbours, so that no hole of two
    cells or more is closed. Returns how many were filled.
    """
    cdef int filled, rows = heights.shape[0], cols = heights.shape[1]
    if rows == 0 or cols == 0:
        return 0
    with nogil:
        filled = fill_holes(rows, cols, &heights[0, 0], &seen[0, 0], &interpolated[0, 0])
    return filled


def extremes(
    ConstFloatMap heights,
    ConstByteMap seen,
    int side,
    FloatMap lowest,
    FloatMap highest,
):
    """Find the lowest and highest seen height of each square of side x side cells, else +-3e38."""
    cdef int rows = heights.shape[0], cols = heights.shape[1]
    cdef int down = (rows + side - 1) // max(side, 1), across = (cols + side - 1) // max(side, 1)
    if side < 1 or lowest.shape[0] != down or lowest.shape[1] != across:
        raise ValueError("give one square for every side x side cells")
    if rows == 0 or cols == 0:
        return
    with nogil:
        block_extremes(
            rows, cols, &heights[0, 0], &seen[0, 0], side, &lowest[0, 0], &highest[0, 0])


def level_heights(
    ConstFloatMap heights,
    ConstByteMap seen,
    double reference_m,
    float fill,
    FloatMap level,
    ByteMap unseen,
):
    """Write heights above the reference [m], with fill where unseen, and the mask turned round."""
    cdef Py_ssize_t n = heights.shape[0] * heights.shape[1]
    if n == 0:
        return
    with nogil:
        write_levels(
            &heights[0, 0], &seen[0, 0], n, reference_m, fill, &level[0, 0], &unseen[0, 0])
