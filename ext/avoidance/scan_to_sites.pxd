# A scan to a map and ranked sites: farside.avoidance.choice, without Python.
#
#     returns -> heights -> disc -> legs -> probability -> reasons -> clearance -> score -> sites
#
# The rule by legs asks for one probability after the other; where no cell has any of them the map
# of the disc rule stands in, and last the cell that is the least bad.

from libc.math cimport sqrt
from libc.stdint cimport uint16_t
from libc.string cimport memset

from farside.ext.avoidance.assess cimport (
    accept_legs, add_shadow, assess_legs, clearance_of_safe,
)
from farside.ext.avoidance.ground_level cimport ground_known, lower_map
from farside.ext.avoidance.measure cimport all_seen, grid_scan, measure_discs, scan_sound
from farside.ext.avoidance.ranked_sites cimport (
    Ranked, cells_of, mark_reach, most_probable, price_cells, rank_disc, rank_legs, take_below,
    take_least_bad,
)
from farside.ext.avoidance.records cimport (
    AVOID_BAD_SCAN, AVOID_LEAST_BAD, AVOID_MOST_SITES, AVOID_OK, AvoidConfig, AvoidMap, AvoidScan,
    AvoidSite, HAZARD_EDGE, HAZARD_NEAR, HAZARD_ROUGH, HAZARD_SLOPE, HAZARD_UNSEEN, RULE_LEGS,
)
from farside.ext.avoidance.workspace cimport AvoidWork, MapKernels
from farside.ext.terrain.median cimport Window, median_of
from farside.ext.terrain.probability_model cimport ProbabilityModel
from farside.ext.terrain.shadow cimport to_whole


cdef inline int map_disc_limits(
    AvoidWork* work, const double* sensor, double roughness_m
) noexcept nogil:
    """Hold the measured discs to limits: farside.terrain.map_hazards."""
    cdef const AvoidConfig* config = work.config
    cdef float steepest = <float> config.slope_deg, roughest = <float> roughness_m
    cdef float near = <float> (config.navigation_error_m + 1e-6)
    cdef uint16_t* reasons = work.disc_reasons
    cdef Py_ssize_t k
    cdef int fault
    for k in range(cells_of(work)):
        reasons[k] = (
            (HAZARD_SLOPE if work.disc_slope[k] > steepest else 0)
            | (HAZARD_ROUGH if work.disc_roughness[k] > roughest else 0)
            | (HAZARD_UNSEEN if work.state[k] == 1 else 0)
            | (HAZARD_EDGE if work.state[k] == 2 else 0)
        )
    fault = add_shadow(work, sensor, config.disc_rim_m, reasons)
    if fault != AVOID_OK:
        return fault
    clearance_of_safe(work, reasons, work.disc_clearance)
    for k in range(cells_of(work)):
        if reasons[k] == 0 and work.disc_clearance[k] <= near:
            reasons[k] = HAZARD_NEAR
    return AVOID_OK


cdef inline int choose_by_disc(
    AvoidWork* work, const MapKernels* kernels, const AvoidScan* scan, const Ranked* by,
    AvoidMap* out
) noexcept nogil:
    """Hold slope and roughness of the disc to the limits, within the navigation error all about.

    With the margin first; where that leaves nothing, at the limits themselves, and then the site
    that keeps furthest inside them, whatever the way to it.
    """
    cdef const AvoidConfig* config = work.config
    cdef double limit_m = config.roughness_m - config.margin_m
    cdef int attempt, fault
    measure_discs(
        work, kernels, work.heights, all_seen(work), work.disc_slope, work.disc_roughness)
    for attempt in range(2):
        fault = map_disc_limits(work, scan.sensor, limit_m)
        if fault != AVOID_OK:
            return fault
        mark_reach(work, by, work.disc_reasons)
        out.count = rank_disc(work, by, limit_m, out.sites)
        if out.count and attempt == 0:
            return AVOID_OK
        if out.count:
            out.count = 1
            take_least_bad(work, by, limit_m, out.sites)
            out.sites[0].least_bad = False
            return AVOID_OK
        limit_m = config.roughness_m
    out.count = 1
    if not take_least_bad(work, by, limit_m, out.sites):
        take_below(work, scan.sensor, out.level_m, out.sites)
    return AVOID_LEAST_BAD


cdef inline void show_legs_map(const AvoidWork* work, AvoidMap* out) noexcept nogil:
    """Hand out the maps of the rule by legs."""
    out.slope_deg = work.slope
    out.roughness_m = work.roughness
    out.clearance_m = work.clearance
    out.probability = work.probability
    out.reasons = work.reasons


cdef inline void show_disc_map(const AvoidWork* work, AvoidMap* out) noexcept nogil:
    """Hand out the maps of the rule by disc."""
    out.slope_deg = work.disc_slope
    out.roughness_m = work.disc_roughness
    out.clearance_m = work.disc_clearance
    out.probability = NULL
    out.reasons = work.disc_reasons


cdef inline int where_nothing_is_sure(
    AvoidWork* work, const MapKernels* kernels, const AvoidScan* scan, const Ranked* by,
    AvoidMap* out
) noexcept nogil:
    """Go by the disc's map if that has a safe site; else the most probable cell, or the least bad.
    """
    cdef AvoidSite best
    cdef bint found = most_probable(work, &best)
    cdef int row, col, answer = choose_by_disc(work, kernels, scan, by, out)
    cdef AvoidSite* disc = &out.sites[0]
    if answer > AVOID_LEAST_BAD:
        return answer
    out.count = 1
    if answer == AVOID_LEAST_BAD:
        show_legs_map(work, out)
    else:
        show_disc_map(work, out)
    if found and answer == AVOID_LEAST_BAD:
        best.least_bad = True
        disc[0] = best
        return AVOID_LEAST_BAD
    row = <int> to_whole((disc.north_m - work.grid.north_m) / work.grid.cell_north_m)
    col = <int> to_whole((disc.east_m - work.grid.east_m) / work.grid.cell_east_m)
    row = min(max(row, 0), work.grid.rows - 1)
    col = min(max(col, 0), work.grid.cols - 1)
    disc.heading_deg = work.legs_maps[2][row * <Py_ssize_t> work.grid.cols + col]
    disc.least_bad = True
    return AVOID_LEAST_BAD


cdef inline int choose_by_legs(
    AvoidWork* work, const MapKernels* kernels, const AvoidScan* scan, const Ranked* by,
    AvoidMap* out
) noexcept nogil:
    """Stand on the legs at whatever heading, each cell as sure as noise and navigation leave it."""
    cdef const AvoidConfig* config = work.config
    cdef double greatest_m
    cdef ProbabilityModel model
    cdef AvoidSite fair
    cdef bint in_doubt
    cdef int attempt, fault
    fault = assess_legs(work, kernels, scan, out.spacing_m, &greatest_m, &model)
    if fault != AVOID_OK:
        return fault
    in_doubt = greatest_m > 0.0 or config.blur_reach >= 0 or model.yields
    for attempt in range(config.accepted_count):
        accept_legs(work, &model, in_doubt, config.accepted[attempt])
        mark_reach(work, by, work.reasons)
        out.count = rank_legs(work, by, out.sites)
        if out.count == 0:
            continue
        show_legs_map(work, out)
        # Where none is sure, what counts is how sure the one is, not the way to it.
        if attempt > 0 and most_probable(work, &fair):
            out.count = 1
            out.sites[0] = fair
        return AVOID_OK
    return where_nothing_is_sure(work, kernels, scan, by, out)


cdef inline bint meets_margin(const AvoidConfig* config, const AvoidSite* site) noexcept nogil:
    """Return whether a site is taken without another scan."""
    return (
        not site.least_bad and site.clearance_m >= config.room_m
        and not site.probability < config.sure
    )


cdef inline void sort_by_margin(const AvoidConfig* config, AvoidMap* out) noexcept nogil:
    """Put the sites that are taken without another scan first, ranked as they were."""
    cdef AvoidSite sorted[AVOID_MOST_SITES]
    cdef int k, n = 0, turn
    for turn in range(2):
        for k in range(out.count):
            if meets_margin(config, &out.sites[k]) == (turn == 0):
                sorted[n] = out.sites[k]
                n += 1
    for k in range(out.count):
        out.sites[k] = sorted[k]


cdef inline int map_scan(
    AvoidWork* work, const MapKernels* kernels, const AvoidScan* scan, AvoidMap* out
) noexcept nogil:
    """Map a scan and rank the sites on it; never without a site where anything was seen."""
    cdef const AvoidConfig* config = work.config
    cdef Window window
    cdef Ranked by
    cdef double height_m
    memset(out, 0, sizeof(AvoidMap))
    out.ground_m = scan.ground_m if ground_known(scan) else 0.0
    if not scan_sound(scan):
        return AVOID_BAD_SCAN
    out.status = grid_scan(work, scan)
    if out.status != AVOID_OK:
        return out.status
    out.rows = config.rows
    out.cols = config.cols
    out.east_m = work.grid.east_m
    out.north_m = work.grid.north_m
    out.cell_m = config.cell_m
    out.heights = work.heights
    out.lowered_m = lower_map(work, scan)
    window.values = work.heights
    window.stride = config.cols
    window.rows = config.rows
    window.cols = config.cols
    out.level_m = median_of(&window, work.bins)
    height_m = scan.sensor[2] - out.level_m
    out.spacing_m = scan.spacing_m
    if scan.spacing_m < 0.0:
        out.spacing_m = sqrt(
            (2.0 * height_m * config.beam_tan[0] / config.beam_returns[0])
            * (2.0 * height_m * config.beam_tan[1] / config.beam_returns[1]))
    price_cells(work, scan, &by)
    if config.rule == RULE_LEGS:
        return choose_by_legs(work, kernels, scan, &by, out)
    show_disc_map(work, out)
    return choose_by_disc(work, kernels, scan, &by, out)
