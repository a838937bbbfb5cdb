# The cells of a map ranked and picked: farside.terrain.sites and Assessment.sites.

from libc.math cimport INFINITY, NAN, isfinite
from libc.stdint cimport uint16_t
from libc.string cimport memset

from farside.ext.avoidance.assess cimport blurred_at
from farside.ext.avoidance.records cimport (
    AVOID_MOST_SITES, AvoidConfig, AvoidScan, AvoidSite, HAZARD_OUT_OF_REACH, HAZARD_UNSEEN,
    HAZARD_UNSURE,
)
from farside.ext.avoidance.workspace cimport AvoidWork
from farside.ext.terrain.ranking cimport (
    ScoreWeights, cheapest, cheapness, greatest, score_by_disc, score_by_legs, share_of_limits,
    suppress_near, worst_about, write_distances,
)


cdef struct Ranked:         # what ranks the cells of one scan
    const float* cost       # of reaching each cell
    float free
    float scale
    const float* reach      # not finite: out of reach; NULL: all are within


cdef inline Py_ssize_t cells_of(const AvoidWork* work) noexcept nogil:
    """Return the number of cells."""
    return work.grid.rows * <Py_ssize_t> work.grid.cols


cdef inline void price_cells(AvoidWork* work, const AvoidScan* scan, Ranked* by) noexcept nogil:
    """Price every cell: by the cost map, or in metres from the sensor."""
    cdef Py_ssize_t k
    by.reach = NULL
    if scan.cost_kg != NULL:
        for k in range(cells_of(work)):
            if not isfinite(scan.cost_kg[k]):
                by.reach = scan.cost_kg
                break
    if scan.cost_kg != NULL and work.config.rank_by_cost:
        by.cost = scan.cost_kg
        by.free = cheapest(scan.cost_kg, cells_of(work))
        by.scale = <float> scan.cost_scale_kg
        return
    write_distances(&work.grid, scan.sensor[0], scan.sensor[1], work.cost)
    by.cost = work.cost
    by.free = 0.0
    by.scale = <float> (4.0 * work.config.footprint_m)


cdef inline void mark_reach(
    const AvoidWork* work, const Ranked* by, uint16_t* reasons
) noexcept nogil:
    """Mark what is out of reach; clearances stay what they are."""
    cdef Py_ssize_t k
    if by.reach == NULL:
        return
    for k in range(cells_of(work)):
        if not isfinite(by.reach[k]):
            reasons[k] |= HAZARD_OUT_OF_REACH


cdef inline void fill_site(
    const AvoidWork* work, Py_ssize_t at, double score, double cost, AvoidSite* site
) noexcept nogil:
    """Fill in what every site has; the rest is 0 or NaN."""
    memset(site, 0, sizeof(AvoidSite))
    site.east_m = work.grid.east_m + (at % work.grid.cols) * work.grid.cell_east_m
    site.north_m = work.grid.north_m + (at // work.grid.cols) * work.grid.cell_north_m
    site.height_m = work.heights[at]
    site.score = score
    site.cost = cost
    site.probability = NAN
    site.bound = NAN
    site.heading_deg = NAN


cdef inline void fill_legs_site(
    const AvoidWork* work, Py_ssize_t at, double score, double cost, AvoidSite* site
) noexcept nogil:
    """Fill in a site of the rule by legs."""
    fill_site(work, at, score, cost, site)
    site.slope_deg = work.slope[at]
    site.roughness_m = work.roughness[at]
    site.clearance_m = work.clearance[at]
    site.reasons = work.reasons[at]
    site.probability = work.probability[at]
    site.bound = blurred_at(
        work, work.bound, <int> (at // work.grid.cols), <int> (at % work.grid.cols))
    site.heading_deg = work.legs_maps[2][at]


cdef inline void fill_disc_site(
    const AvoidWork* work, Py_ssize_t at, double score, double cost, AvoidSite* site
) noexcept nogil:
    """Fill in a site of the rule by disc."""
    fill_site(work, at, score, cost, site)
    site.slope_deg = work.disc_slope[at]
    site.roughness_m = work.disc_roughness[at]
    site.clearance_m = work.disc_clearance[at]
    site.reasons = work.disc_reasons[at]


cdef inline int pick_sites(
    AvoidWork* work, const Ranked* by, bint legs, AvoidSite* sites
) noexcept nogil:
    """Pick the best cells, each a footprint from every better one; return how many."""
    cdef int count = 0
    cdef Py_ssize_t at
    cdef double best
    while count < AVOID_MOST_SITES:
        at = greatest(work.score, cells_of(work))
        best = work.score[at]
        if best < 0.0:
            break
        if legs:
            fill_legs_site(work, at, best, by.cost[at], &sites[count])
        else:
            fill_disc_site(work, at, best, by.cost[at], &sites[count])
        count += 1
        suppress_near(work.score, &work.grid, at, work.config.footprint_m)
    return count


cdef inline int rank_legs(AvoidWork* work, const Ranked* by, AvoidSite* sites) noexcept nogil:
    """Rank the cells that nothing speaks against by probability, clearance and cost."""
    cdef Py_ssize_t k
    for k in range(cells_of(work)):
        work.score[k] = -1.0
        if work.reasons[k] == 0 and isfinite(by.cost[k]):
            work.score[k] = score_by_legs(
                work.probability[k], work.clearance[k], work.config.legs_clearance_scale_m,
                work.config.legs_weight_clearance, cheapness(by.cost[k], by.free, by.scale))
    return pick_sites(work, by, True, sites)


cdef inline bint most_probable(AvoidWork* work, AvoidSite* site) noexcept nogil:
    """Pick the most probable of the cells that only too small a probability rules out."""
    cdef Py_ssize_t k, at
    cdef float half = 0.5
    for k in range(cells_of(work)):
        work.score[k] = -1.0
        if (work.reasons[k] & ~HAZARD_UNSURE) == 0:
            work.score[k] = work.probability[k] * half
    at = greatest(work.score, cells_of(work))
    if work.score[at] < 0.0:
        return False
    fill_legs_site(work, at, work.score[at], 0.0, site)
    site.clearance_m = 0.0
    site.reasons = HAZARD_UNSURE
    return True


cdef inline int rank_disc(
    AvoidWork* work, const Ranked* by, double roughness_m, AvoidSite* sites
) noexcept nogil:
    """Rank the cells that nothing speaks against by clearance, slope, roughness and cost."""
    cdef const AvoidConfig* config = work.config
    cdef ScoreWeights weights
    cdef float steepest = <float> config.slope_deg, roughest = <float> roughness_m
    cdef Py_ssize_t k
    weights.clearance = config.weight_clearance
    weights.slope = config.weight_slope
    weights.roughness = config.weight_roughness
    weights.cost = config.weight_cost
    weights.clearance_scale_m = config.clearance_scale_m
    for k in range(cells_of(work)):
        work.score[k] = -1.0
        if work.disc_reasons[k] == 0 and isfinite(by.cost[k]):
            work.score[k] = score_by_disc(
                &weights, work.disc_clearance[k], work.disc_slope[k] / steepest,
                work.disc_roughness[k] / roughest, cheapness(by.cost[k], by.free, by.scale))
    return pick_sites(work, by, False, sites)


cdef inline bint take_least_bad(
    AvoidWork* work, const Ranked* by, double roughness_m, AvoidSite* site
) noexcept nogil:
    """Pick the cell that passes the limits by least: farside.terrain.sites.least_bad."""
    cdef const AvoidConfig* config = work.config
    cdef float least = <float> INFINITY, price = <float> INFINITY
    cdef float* own = work.scratch
    cdef float* worst = work.score
    cdef Py_ssize_t n = cells_of(work), k, at = -1
    for k in range(n):
        own[k] = share_of_limits(
            work.disc_slope[k], work.disc_roughness[k], <float> config.slope_deg,
            <float> roughness_m)
    worst_about(own, &work.grid, config.navigation_error_m, worst)
    # A neighbour out of reach is no worse ground for that: only it itself is never taken.
    for k in range(n):
        work.flags[k] = isfinite(by.cost[k]) and not work.disc_reasons[k] & HAZARD_OUT_OF_REACH
        if work.flags[k] and worst[k] < least:
            least = worst[k]
    if not isfinite(least):
        worst = own     # the navigation error is not held against any cell
        for k in range(n):
            if work.flags[k] and worst[k] < least:
                least = worst[k]
    if not isfinite(least):
        return False
    for k in range(n):
        if work.flags[k] and worst[k] == least and (at < 0 or by.cost[k] < price):
            price = by.cost[k]
            at = k
    fill_disc_site(work, at, 0.0, by.cost[at], site)
    site.exceedance = least
    site.least_bad = True
    return True


cdef inline void take_below(
    const AvoidWork* work, const double* sensor, double level_m, AvoidSite* site
) noexcept nogil:
    """Take the point under the lander, when no footprint was seen whole."""
    fill_site(work, 0, 0.0, 0.0, site)
    site.east_m = sensor[0]
    site.north_m = sensor[1]
    site.height_m = level_m
    site.slope_deg = NAN
    site.roughness_m = NAN
    site.reasons = HAZARD_UNSEEN
    site.exceedance = INFINITY
    site.least_bad = True
