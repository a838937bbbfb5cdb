# How surely a lander stands in every cell: farside.terrain.assessment, one noise for all cells.

from libc.math cimport INFINITY, NAN, floor, sqrt
from libc.stdint cimport uint16_t
from libc.string cimport memcpy

from farside.ext.avoidance.measure cimport all_seen, measure_discs, raise_tops
from farside.ext.avoidance.records cimport (
    AVOID_BELOW_GROUND, AVOID_OK, AVOID_TOO_COARSE, AvoidConfig, AvoidScan, HAZARD_BELLY,
    HAZARD_EDGE, HAZARD_ROUGH, HAZARD_SHADOW, HAZARD_SLOPE, HAZARD_STAND_SLOPE, HAZARD_UNSEEN,
    HAZARD_UNSURE,
)
from farside.ext.avoidance.workspace cimport AvoidWork, MapKernels
from farside.ext.common.blur cimport SymmetricWeights, blur_map
from farside.ext.terrain.clearance cimport write_clearance
from farside.ext.terrain.points cimport write_levels
from farside.ext.terrain.probability_model cimport CellMaps, Fit, MARGINS, ProbabilityModel
from farside.ext.terrain.probability_reasons cimport (
    mark_uncertain, select_for_legs, write_disc_reasons, write_legs_reasons,
)
from farside.ext.terrain.shadow cimport fill_low, find_hidden


cdef inline bint rest_yields(const AvoidConfig* config) noexcept nogil:
    """Return whether the touchdown has errors of its own."""
    return config.rest[0] > 0.0 or config.rest[1] > 0.0 or config.rest[2] > 0.0


cdef inline void set_model(
    const AvoidConfig* config, int cells, double roughness_m, ProbabilityModel* model
) noexcept nogil:
    """Fill in the limits, sensitivities and fits: ProbabilityKernel of a ProbabilityModel."""
    cdef int m
    cdef Fit* fit
    model.slope_deg = <float> config.slope_deg
    model.slope = <float> config.tan_slope
    model.roughness_m = <float> roughness_m
    model.belly_m = <float> config.belly_m
    model.belly_sigma_m = <float> config.rest[0]
    model.rest_tilt = <float> config.rest[1]
    model.rest_per_slope = <float> config.rest[2]
    model.yields = rest_yields(config)
    model.disc_arm_m = <float> (1.0 / config.disc_tilt_per_m)
    model.legs_radius_m = <float> config.legs_radius_m
    model.legs_arm_m = <float> (1.0 / config.legs_tilt[0])
    model.legs_planes = <float> config.legs_tilt[1]
    model.legs_per_lift = <float> (1.0 / config.legs_lift[0])
    model.legs_rises = <float> config.legs_lift[1]
    model.cells = cells
    for m in range(MARGINS):
        fit = &model.fits[m]
        fit.scale = <float> config.fits[m].scale
        fit.scale_x = <float> config.fits[m].scale_x
        fit.scale_xx = <float> config.fits[m].scale_xx
        fit.bias = <float> config.fits[m].bias
        fit.bias_x = <float> config.fits[m].bias_x
        fit.bias_xx = <float> config.fits[m].bias_xx
        fit.bias_xxx = <float> config.fits[m].bias_xxx
        fit.above = <float> config.fits[m].above
        fit.far = <float> config.fits[m].far
        fit.below = <float> config.fits[m].below
    model.noise_middle = <float> config.noise_middle
    model.noise_least = <float> config.noise_least
    model.noise_most = <float> config.noise_most
    model.correlation = <float> config.together
    model.slope_bit = HAZARD_SLOPE
    model.rough_bit = HAZARD_ROUGH
    model.unseen_bit = HAZARD_UNSEEN
    model.edge_bit = HAZARD_EDGE
    model.stand_slope_bit = HAZARD_STAND_SLOPE
    model.belly_bit = HAZARD_BELLY
    model.uncertain_bit = HAZARD_UNSURE


cdef inline void clearance_of(
    AvoidWork* work, const unsigned char* good, float* distance_m
) noexcept nogil:
    """Write the distance from every cell to the nearest that is not good [m]."""
    write_clearance(
        good, work.grid.rows, work.grid.cols, work.config.cell_m, &work.distances, distance_m)


cdef inline void clearance_of_safe(
    AvoidWork* work, const uint16_t* reasons, float* distance_m
) noexcept nogil:
    """Write the distance from every cell to the nearest that something speaks against [m]."""
    cdef Py_ssize_t k
    for k in range(work.grid.rows * <Py_ssize_t> work.grid.cols):
        work.flags[k] = reasons[k] == 0
    clearance_of(work, work.flags, distance_m)


cdef inline int add_shadow(
    AvoidWork* work, const double* sensor, double rim_m, uint16_t* reasons
) noexcept nogil:
    """Add SHADOW where UNSEEN is set and a hidden cell lies within rim_m; AVOID_OK or a fault."""
    cdef Py_ssize_t n = work.grid.rows * <Py_ssize_t> work.grid.cols, k
    cdef bint unseen = False, hidden = False
    for k in range(n):
        unseen |= (reasons[k] & HAZARD_UNSEEN) != 0
    if not unseen:
        return AVOID_OK
    fill_low(
        work.heights, work.seen, work.grid.rows, work.grid.cols, work.scratch,
        work.distances.steps)
    if not find_hidden(work.scratch, work.seen, &work.grid, sensor, work.open):
        return AVOID_BELOW_GROUND
    for k in range(n):
        hidden |= work.open[k] == 0
    if not hidden:
        return AVOID_OK
    clearance_of(work, work.open, work.scratch)
    for k in range(n):
        if reasons[k] & HAZARD_UNSEEN and work.scratch[k] <= <float> rim_m:
            reasons[k] |= HAZARD_SHADOW
    return AVOID_OK


cdef inline void find_known(AvoidWork* work, bint whole) noexcept nogil:
    """Mark where footprint and pads are on the map at every heading, and on seen ground.

    `flags` becomes the first, `open` both.
    """
    cdef int rows = work.grid.rows, cols = work.grid.cols, i, j
    cdef Py_ssize_t k
    cdef int* reach = work.legs_reach
    if not whole:
        clearance_of(work, work.seen, work.scratch)
    for i in range(rows):
        for j in range(cols):
            k = i * <Py_ssize_t> cols + j
            work.flags[k] = (
                reach[0] <= i < rows - reach[0] and reach[1] <= j < cols - reach[1])
            work.open[k] = work.flags[k] and (
                whole or work.scratch[k] > <float> work.config.legs_rim_m)


cdef inline void measure_legs(
    AvoidWork* work, const MapKernels* kernels, const float* heights, double band_m
) noexcept nogil:
    """Stand the lander on every wanted cell, at every heading: LegContact.measure."""
    cdef const AvoidConfig* config = work.config
    cdef Py_ssize_t n = config.rows * <Py_ssize_t> config.cols, k
    cdef float low = <float> INFINITY, high = -<float> INFINITY
    cdef float step = <float> config.heading_step_deg
    cdef double reference_m, relief_m
    cdef int m
    for k in range(n):
        if work.seen[k]:
            low = min(low, heights[k])
            high = max(high, heights[k])
    reference_m = floor(low)
    write_levels(
        heights, work.seen, n, reference_m, <float> (low - reference_m), work.level, work.flags)
    # Bounds allow for the rounding of heights up to this.
    relief_m = max(config.common_relief_m, high - reference_m)
    kernels.load_legs(&work.legs, work.level, relief_m)
    for m in range(5):
        for k in range(n):
            work.legs_maps[m][k] = <float> NAN
    kernels.map_legs(&work.legs, work.wanted, config.belly_m, band_m, work.legs_maps)
    for k in range(n):
        work.legs_maps[2][k] = work.legs_maps[2][k] * step


cdef inline void land_with_error(AvoidWork* work) noexcept nogil:
    """Average the probability of a stand over the touchdown error: `blur_probability`."""
    cdef Py_ssize_t n = work.grid.rows * <Py_ssize_t> work.grid.cols, k
    cdef SymmetricWeights weights
    cdef float x
    if work.config.blur_reach < 0:
        memcpy(work.probability, work.stand_probability, n * sizeof(float))
        return
    weights.weight = work.blur
    weights.reach = work.config.blur_reach
    blur_map(
        work.stand_probability, work.grid.rows, work.grid.cols, &weights, &weights, work.scratch,
        work.probability)
    for k in range(n):
        x = work.probability[k]
        work.probability[k] = min(max(x, <float> 0.0), <float> 1.0)


cdef inline int assess_legs(
    AvoidWork* work, const MapKernels* kernels, const AvoidScan* scan, double spacing_m,
    double* greatest_m, ProbabilityModel* model
) noexcept nogil:
    """Assess disc and legs in every cell, before any probability is asked for: `own_reasons`."""
    cdef const AvoidConfig* config = work.config
    cdef Py_ssize_t n = config.rows * <Py_ssize_t> config.cols, k
    cdef CellMaps maps
    cdef float sigma = <float> scan.sigma_m, typical, raised
    cdef double roughness_m = config.roughness_m, lost_m, share, error_m
    cdef const float* heights = work.heights
    cdef bint whole = all_seen(work)
    if spacing_m > 0.0:
        lost_m = config.lost_per_m * sqrt(config.cell_m * config.cell_m + spacing_m * spacing_m)
        if lost_m >= config.roughness_m:
            return AVOID_TOO_COARSE
        share = config.amplified * min(1.0, 2.0 * spacing_m / (3.0 * config.cell_m))
        raised = <float> share * sigma
        sigma = <float> sqrt(<double> (raised * raised + <float> (lost_m * lost_m)))
        raise_tops(work)
        heights = work.restored
        roughness_m = config.roughness_m - lost_m
    greatest_m[0] = sigma
    typical = <float> max(<double> sigma, config.no_noise_m)
    measure_discs(work, kernels, heights, whole, work.slope, work.roughness)
    set_model(config, work.disc.cells, roughness_m, model)
    maps.cells = n
    maps.slope_deg = work.slope
    maps.height_m = work.roughness
    maps.typical_m = &typical
    maps.worst_m = &typical
    maps.noise_per_cell = False
    maps.probability = work.stand_probability
    maps.bound = work.bound
    kernels.assess_cells(model, False, &maps)
    write_disc_reasons(model, n, work.slope, work.roughness, work.state, work.own_reasons)
    find_known(work, whole)
    select_for_legs(
        model, n, work.flags, work.open, work.stand_probability, <float> config.hopeless,
        work.own_reasons, work.wanted)
    error_m = greatest_m[0]
    if config.rest[0] > 0.0:
        error_m = sqrt(error_m * error_m + config.rest[0] * config.rest[0])
    measure_legs(work, kernels, heights, config.band_sigma * error_m)
    maps.slope_deg = work.legs_maps[0]
    maps.height_m = work.legs_maps[3]
    kernels.assess_cells(model, True, &maps)
    write_legs_reasons(model, n, work.legs_maps[0], work.legs_maps[3], work.own_reasons)
    if greatest_m[0] == 0.0 and not model.yields:
        for k in range(n):
            work.stand_probability[k] = 1.0 if work.own_reasons[k] == 0 else 0.0
            work.bound[k] = work.stand_probability[k]
    land_with_error(work)
    return add_shadow(work, scan.sensor, config.legs_rim_m, work.own_reasons)


cdef inline void accept_legs(
    AvoidWork* work, const ProbabilityModel* model, bint in_doubt, double least
) noexcept nogil:
    """Ask every cell for a probability: `reasons` and `clearance`."""
    cdef Py_ssize_t n = work.grid.rows * <Py_ssize_t> work.grid.cols
    memcpy(work.reasons, work.own_reasons, n * sizeof(uint16_t))
    if in_doubt:
        mark_uncertain(model, n, work.probability, <float> least, work.reasons)
    clearance_of_safe(work, work.reasons, work.clearance)


cdef inline float blurred_at(
    const AvoidWork* work, const float* z, int row, int col
) noexcept nogil:
    """Return one cell of a map averaged over the touchdown error, with the bits of `blur_map`."""
    cdef int rows = work.grid.rows, cols = work.grid.cols, reach = work.config.blur_reach, k
    cdef const float* weight = work.blur + reach
    cdef float total, above, below
    if reach < 0:
        return z[row * <Py_ssize_t> cols + col]
    total = weight[0] * blurred_along(z + row * <Py_ssize_t> cols, cols, weight, reach, col)
    for k in range(1, reach + 1):
        above = 0.0
        below = 0.0
        if row >= k:
            above = blurred_along(
                z + (row - k) * <Py_ssize_t> cols, cols, weight, reach, col)
        if row + k < rows:
            below = blurred_along(
                z + (row + k) * <Py_ssize_t> cols, cols, weight, reach, col)
        total += weight[k] * (above + below)
    return min(max(total, <float> 0.0), <float> 1.0)


cdef inline float blurred_along(
    const float* row, int cols, const float* weight, int reach, int col
) noexcept nogil:
    """Return one cell of a row correlated with weights that are given from the middle on."""
    cdef float total = weight[0] * row[col], before, after
    cdef int k
    for k in range(1, min(reach, cols - 1) + 1):
        before = row[col - k] if col >= k else <float> 0.0
        after = row[col + k] if col + k < cols else <float> 0.0
        total += weight[k] * (before + after)
    return total
