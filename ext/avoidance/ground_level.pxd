# The level of a map, held to the ground known beneath: farside.avoidance.ground_level.

from libc.math cimport NAN, floor, isfinite

from farside.ext.avoidance.records cimport AvoidScan
from farside.ext.avoidance.workspace cimport AvoidWork
from farside.ext.terrain.median cimport Window, median_of


cdef extern from *:
    """
    #define LEVEL_LEAST_M 2.0       /* a level is off by more before it is lowered */
    #define LEVEL_SIGMAS 5.0        /* and by so many sigmas of the ground known */
    #define BENEATH_M 4.0           /* half the side of the square beneath */
    #define SEEN_SHARE 0.25         /* of it that has to be seen, or a larger one is taken */
    #define LEVEL_MOST_M 2e4        /* the Moon's relief: no ground is further from a site */
    """
    const double LEVEL_LEAST_M
    const double LEVEL_SIGMAS
    const double BENEATH_M
    const double SEEN_SHARE
    const double LEVEL_MOST_M


cdef inline bint ground_known(const AvoidScan* scan) noexcept nogil:
    """Return whether something else than the lidar knows the ground beneath."""
    return -LEVEL_MOST_M <= scan.ground_m <= LEVEL_MOST_M and scan.ground_sigma_m > 0.0


cdef inline int cell_at(double place, int cells) noexcept nogil:
    """Return the cell that is nearest to a place, in cells of a side."""
    return <int> min(max(floor(place + 0.5), 0.0), cells - 1.0)


cdef inline double height_beneath(
    AvoidWork* work, double east_m, double north_m
) noexcept nogil:
    """Return the median height about a place [m]; NaN where nothing was seen."""
    cdef int row = cell_at((north_m - work.grid.north_m) / work.grid.cell_north_m, work.grid.rows)
    cdef int col = cell_at((east_m - work.grid.east_m) / work.grid.cell_east_m, work.grid.cols)
    cdef int up, aside, top, left, i, j
    cdef Py_ssize_t seen
    cdef double half_m = BENEATH_M
    cdef bint whole = False
    cdef Window part
    while not whole:
        up = <int> min(floor(half_m / work.grid.cell_north_m + 0.5), <double> work.grid.rows)
        aside = <int> min(floor(half_m / work.grid.cell_east_m + 0.5), <double> work.grid.cols)
        top = max(row - up, 0)
        left = max(col - aside, 0)
        part.stride = work.grid.cols
        part.rows = min(row + up + 1, work.grid.rows) - top
        part.cols = min(col + aside + 1, work.grid.cols) - left
        part.values = work.heights + top * <Py_ssize_t> work.grid.cols + left
        whole = up >= work.grid.rows and aside >= work.grid.cols
        seen = 0
        for i in range(part.rows):
            for j in range(part.cols):
                seen += isfinite(part.values[i * <Py_ssize_t> part.stride + j]) != 0
        if seen > 0 and (whole or seen >= SEEN_SHARE * part.rows * part.cols):
            return median_of(&part, work.bins)
        half_m = 2.0 * half_m
    return NAN


cdef inline double lower_map(AvoidWork* work, const AvoidScan* scan) noexcept nogil:
    """Lower a map that contradicts the ground known beneath; return by how much [m]."""
    cdef double over_m
    cdef Py_ssize_t k
    if not ground_known(scan):
        return 0.0
    over_m = height_beneath(work, scan.sensor[0], scan.sensor[1]) - scan.ground_m
    # NaN is not above
    if not over_m > max(LEVEL_LEAST_M, LEVEL_SIGMAS * scan.ground_sigma_m):
        return 0.0
    for k in range(work.grid.rows * <Py_ssize_t> work.grid.cols):
        work.heights[k] -= <float> over_m
    return over_m
