# Returns to heights, and heights to what the discs measure: the first half of a scan's map.

from libc.math cimport INFINITY, NAN, floor, isfinite
from libc.string cimport memcpy, memset

from farside.ext.avoidance.records cimport (
    AVOID_BAD_HEIGHT, AVOID_NO_RETURN, AVOID_OK, AvoidConfig, AvoidScan,
)
from farside.ext.avoidance.workspace cimport AvoidWork, MapKernels
from farside.ext.terrain.points cimport (
    block_extremes, fill_holes, splat, take_means, write_levels,
)

cdef enum:
    MOST_RETURNS = 1 << 30
    FARTHEST_M = 1000000    # of a sensor from the origin of the site


cdef inline bint scan_sound(const AvoidScan* scan) noexcept nogil:
    """Return whether a scan's numbers are possible."""
    cdef int k
    for k in range(3):
        if not -FARTHEST_M <= scan.sensor[k] <= FARTHEST_M:
            return False
    if not (scan.points != NULL and 0 <= scan.count <= MOST_RETURNS):
        return False
    # spacing_m below 0 is that of the mission's lidar; NaN is neither
    return (
        0.0 <= scan.sigma_m <= 10.0 and scan.spacing_m <= 1000.0
        and (scan.cost_kg == NULL or 0.0 < scan.cost_scale_kg <= 1e30)
    )


cdef inline bint moon_has(const AvoidConfig* config, double height_m) noexcept nogil:
    """Return whether the Moon has ground of such a height."""
    return config.lowest_m <= height_m <= config.highest_m


cdef inline int grid_scan(AvoidWork* work, const AvoidScan* scan) noexcept nogil:
    """Grid the returns about the sensor; return AVOID_OK or what is wrong."""
    cdef const AvoidConfig* config = work.config
    cdef Py_ssize_t n = config.rows * <Py_ssize_t> config.cols, k
    cdef double reference_m = NAN, up, col, row
    cdef bint any_seen = False
    work.grid.east_m = scan.sensor[0] - 0.5 * (config.cols - 1) * config.cell_m
    work.grid.north_m = scan.sensor[1] - 0.5 * (config.rows - 1) * config.cell_m
    for k in range(scan.count):
        up = scan.points[3 * k + 2]
        if moon_has(config, up):
            # Sums about some height of the ground keep single precision sharp.
            if reference_m != reference_m:
                reference_m = floor(up)
        elif isfinite(up):
            # what fell beside the map does not matter
            col = (scan.points[3 * k] - work.grid.east_m) / config.cell_m
            row = (scan.points[3 * k + 1] - work.grid.north_m) / config.cell_m
            if -1.0 < col < config.cols and -1.0 < row < config.rows:
                return AVOID_BAD_HEIGHT
    if reference_m != reference_m:
        return AVOID_NO_RETURN
    memset(work.sums, 0, 2 * n * sizeof(float))
    if splat(scan.points, scan.count, &work.grid, reference_m, INFINITY, work.sums) == 0:
        return AVOID_NO_RETURN
    take_means(work.sums, n, <float> config.least_weight, reference_m, work.heights, work.seen)
    for k in range(n):
        any_seen |= work.seen[k]
    if not any_seen:
        return AVOID_NO_RETURN
    memset(work.flags, 0, n)
    fill_holes(config.rows, config.cols, work.heights, work.seen, work.flags)
    return AVOID_OK


cdef inline bint all_seen(const AvoidWork* work) noexcept nogil:
    """Return whether every cell has a height."""
    cdef Py_ssize_t k
    for k in range(work.grid.rows * <Py_ssize_t> work.grid.cols):
        if not work.seen[k]:
            return False
    return True


cdef inline void raise_tops(AvoidWork* work) noexcept nogil:
    """Raise what stands above its four neighbours; beside an unseen cell nobody knows."""
    cdef int i, j, rows = work.grid.rows, cols = work.grid.cols
    cdef const float* z
    cdef float above, share = <float> work.config.sharpening
    memcpy(work.restored, work.heights, rows * <size_t> cols * sizeof(float))
    for i in range(1, rows - 1):
        z = work.heights + i * <Py_ssize_t> cols
        for j in range(1, cols - 1):
            above = z[j - cols] + z[j + cols]
            above = above + z[j - 1]
            above = above + z[j + 1]
            above = z[j] - above * <float> 0.25
            # NaN is not above 0
            above = above if above > 0 else <float> 0.0
            work.restored[i * <Py_ssize_t> cols + j] = z[j] + above * share


cdef inline double finest_quantum(
    const AvoidConfig* config, int cells, double relief_m, double map_relief_m
) noexcept nogil:
    """Return the least power of two [m], 2^-24 or more, that holds every sum over a footprint."""
    cdef double weight = max(0.5 * config.disc_spread, <double> cells)
    cdef double needed = max(
        relief_m * weight / (2147483648.0 - config.disc_spread), map_relief_m / 1073741824.0)
    cdef double quantum = 5.9604644775390625e-08     # 2^-24
    while quantum < needed:
        quantum = 2.0 * quantum
    return quantum


cdef inline double relief_in_footprint(const AvoidWork* work) noexcept nogil:
    """Return the greatest relief of any two by two squares, which hold any footprint [m]."""
    cdef int i, j, y, x, down = work.squares_down, across = work.squares_across
    cdef float low, high
    cdef double relief = 0.0
    for i in range(max(down - 1, 1)):
        for j in range(max(across - 1, 1)):
            low = <float> 3e38
            high = <float> -3e38
            for y in range(i, min(i + 2, down)):
                for x in range(j, min(j + 2, across)):
                    low = min(low, work.lowest[y * across + x])
                    high = max(high, work.highest[y * across + x])
            if high > low:
                relief = max(relief, (<double> high) - <double> low)
    return relief


cdef inline void measure_discs(
    AvoidWork* work, const MapKernels* kernels, const float* heights, bint whole, float* slope_deg,
    float* roughness_m
) noexcept nogil:
    """Measure slope and roughness of every footprint, and its state: Footprint.measure."""
    cdef const AvoidConfig* config = work.config
    cdef Py_ssize_t n = config.rows * <Py_ssize_t> config.cols, k
    cdef int squares = work.squares_down * work.squares_across
    cdef float low = <float> 3e38, high = <float> -3e38
    cdef double reference_m, relief_m, quantum_m
    block_extremes(
        work.grid.rows, work.grid.cols, heights, work.seen, work.side, work.lowest, work.highest)
    for k in range(squares):
        low = min(low, work.lowest[k])
        high = max(high, work.highest[k])
    reference_m = floor(low)
    relief_m = high - reference_m
    quantum_m = finest_quantum(config, work.disc.cells, relief_in_footprint(work), relief_m)
    # Unseen cells take the middle height: it is never used, but keeps bounds tight.
    write_levels(
        heights, work.seen, n, reference_m, <float> (0.5 * relief_m), work.level, work.flags)
    kernels.load_disc(&work.disc, work.level, work.flags, quantum_m, relief_m, not whole)
    for k in range(n):
        slope_deg[k] = <float> NAN
        roughness_m[k] = <float> NAN
        work.state[k] = 2
    kernels.map_disc(
        &work.disc, config.cell_m, config.cell_m, slope_deg, roughness_m, work.state)
