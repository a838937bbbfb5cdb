# After a scan: land on the best site so far, or scan again from beside it.

from libc.math cimport NAN, fmod, isfinite, sqrt
from libc.string cimport memset

from farside.ext.avoidance.records cimport (
    AVOID_BLIND, AVOID_LAND, AVOID_LEAST_BAD, AVOID_LOOKS_FOR_BETTER, AVOID_MEETS_MARGIN,
    AVOID_MOST_SCANS, AVOID_NOTHING_BETTER, AVOID_SCAN_AGAIN, AvoidConfig, AvoidDecision, AvoidMap,
    AvoidMemory, AvoidNow, AvoidSite,
)
from farside.ext.avoidance.scan_to_sites cimport meets_margin
from farside.ext.avoidance.workspace cimport AvoidWork
from farside.ext.terrain.median cimport Window, median_of


cdef inline double merit_of(const AvoidSite* site) noexcept nogil:
    """Return what ranks two sites of equal standing."""
    if site.probability == site.probability:
        return site.probability
    return site.clearance_m if site.reasons == 0 else -site.exceedance


cdef inline bint preferred(
    const AvoidConfig* config, const AvoidSite* one, const AvoidSite* other
) noexcept nogil:
    """Return whether one site is better than another: safe, fairly sure, safe by the disc."""
    cdef int first = (
        4 * (not one.least_bad) + 2 * (one.probability >= config.fair) + (one.reasons == 0))
    cdef int second = (
        4 * (not other.least_bad) + 2 * (other.probability >= config.fair) + (other.reasons == 0))
    if first != second:
        return first > second
    return merit_of(one) > merit_of(other)


cdef inline bint may_scan_again(
    const AvoidConfig* config, const AvoidMemory* memory, const AvoidNow* now
) noexcept nogil:
    """Return whether time and propellant are left for another scan and the way down."""
    cdef double hover_kgps = config.gravity_mps2 * now.mass_kg / config.exhaust_mps
    return (
        config.sidestep_m > 0.0 and memory.scans < AVOID_MOST_SCANS
        and now.hovered_s + config.another_scan_s <= config.hover_limit_s
        and now.mass_kg - config.dry_mass_kg
        >= hover_kgps * (config.another_scan_s + config.way_down_s)
    )


cdef inline double hazard_of_side(
    AvoidWork* work, const AvoidMap* map, int row, int col, int rows, int cols
) noexcept nogil:
    """Return the median over a side of a map of the greater share of a limit."""
    cdef const AvoidConfig* config = work.config
    cdef float slope_limit = <float> config.slope_deg, rough_limit = <float> config.roughness_m
    cdef float steep, rough, x
    cdef Window window
    cdef Py_ssize_t k
    cdef int i, j
    for i in range(rows):
        for j in range(cols):
            k = (row + i) * <Py_ssize_t> map.cols + col + j
            x = map.slope_deg[k]
            steep = (x if x == x else <float> 90.0) / slope_limit
            x = map.roughness_m[k]
            rough = (x if x == x else <float> 10.0) / rough_limit
            work.scratch[i * <Py_ssize_t> cols + j] = max(steep, rough)
    window.values = work.scratch
    window.stride = cols
    window.rows = rows
    window.cols = cols
    return median_of(&window, work.bins)


cdef inline bint is_fresh(
    const AvoidMemory* memory, double east_m, double north_m, double step_m
) noexcept nogil:
    """Return whether no scan before the last one was taken from about a place."""
    cdef double x, y
    cdef int k
    for k in range(memory.scans - 1):
        x = east_m - memory.seen_from[k][0]
        y = north_m - memory.seen_from[k][1]
        if not x * x + y * y >= (0.8 * step_m) * (0.8 * step_m):
            return False
    return True


cdef inline void step_aside(
    AvoidWork* work, const AvoidMemory* memory, const AvoidMap* map, AvoidDecision* out
) noexcept nogil:
    """Aim a sidestep away, towards the side that holds least against it.

    Never back to ground that was scanned before, if another side is left.
    """
    cdef const AvoidConfig* config = work.config
    cdef double step_m = config.sidestep_m, x, y, least = 0.0, bad
    cdef const double* here = memory.seen_from[memory.scans - 1]
    cdef int half = map.rows // 2, side, best = -1, turn
    cdef double sides[4]
    cdef double east[4]
    cdef double north[4]
    if map.sites[0].least_bad:
        step_m = step_m * config.far_steps
    for side in range(4):
        east[side] = 0.0
        north[side] = 0.0
    north[0] = 1.0
    north[1] = -1.0
    east[2] = 1.0
    east[3] = -1.0
    sides[0] = hazard_of_side(work, map, half, 0, map.rows - half, map.cols)
    sides[1] = hazard_of_side(work, map, 0, 0, half, map.cols)
    half = min(half, map.cols - 1)
    sides[2] = hazard_of_side(work, map, 0, half, map.rows, map.cols - half)
    sides[3] = hazard_of_side(work, map, 0, 0, map.rows, half)
    for turn in range(2):
        for side in range(4):
            x = here[0] + step_m * east[side]
            y = here[1] + step_m * north[side]
            bad = sides[side]
            if (turn == 1 or is_fresh(memory, x, y, step_m)) and (best < 0 or bad < least):
                best = side
                least = bad
        if best >= 0:
            break
    out.aim[0] = here[0] + step_m * east[best]
    out.aim[1] = here[1] + step_m * north[best]
    out.aim[2] = map.level_m


cdef inline double heading_of(const AvoidConfig* config, const AvoidSite* site) noexcept nogil:
    """Return the azimuth of body x [rad] that puts the pads where a site wants them; NaN: any.

    A site's heading is a pad's, from east towards north; pads stand half their spacing off body x.
    Of the azimuths that the legs' symmetry makes alike, the nearest to the usual one.
    """
    cdef double spacing, turn
    if site.heading_deg != site.heading_deg or config.legs < 1:
        return NAN
    spacing = 360.0 / config.legs
    turn = (90.0 - (site.heading_deg - 0.5 * spacing)) - config.usual_heading_deg + 0.5 * spacing
    turn = fmod(turn, spacing)
    if turn < 0.0:
        turn += spacing
    return (config.usual_heading_deg + turn - 0.5 * spacing) * (3.141592653589793 / 180.0)


cdef inline void land_here(const AvoidNow* now, AvoidDecision* out) noexcept nogil:
    """Come down where it hangs, on the level of the nominal site."""
    out.action = AVOID_LAND
    out.reason = AVOID_BLIND
    out.aim[0] = now.r_site[0] if isfinite(now.r_site[0]) else 0.0
    out.aim[1] = now.r_site[1] if isfinite(now.r_site[1]) else 0.0
    out.aim[2] = 0.0
    out.heading_rad = NAN


cdef inline void decide(
    AvoidWork* work, AvoidMemory* memory, const AvoidMap* map, const double* sensor,
    const AvoidNow* now, AvoidDecision* out
) noexcept nogil:
    """Take the best site so far, or move aside to scan again.

    A site that is not sure, or with little room about it, is kept in mind while there is time for
    another scan, and taken where that finds nothing better.
    """
    cdef const AvoidConfig* config = work.config
    cdef bint enough
    cdef double x, y
    memset(out, 0, sizeof(AvoidDecision))
    if map.status > AVOID_LEAST_BAD or map.count < 1:
        land_here(now, out)
        return
    if not memory.held or preferred(config, &map.sites[0], &memory.best):
        memory.best = map.sites[0]
        memory.held = True
    memory.scans = min(max(memory.scans, 0) + 1, <int> AVOID_MOST_SCANS)
    memory.seen_from[memory.scans - 1][0] = sensor[0]
    memory.seen_from[memory.scans - 1][1] = sensor[1]
    out.site = memory.best
    enough = meets_margin(config, &memory.best)
    out.heading_rad = NAN
    if not enough and may_scan_again(config, memory, now):
        out.action = AVOID_SCAN_AGAIN
        out.reason = AVOID_LOOKS_FOR_BETTER
        step_aside(work, memory, map, out)
    else:
        out.action = AVOID_LAND
        out.reason = AVOID_MEETS_MARGIN if enough else AVOID_NOTHING_BETTER
        out.aim[0] = memory.best.east_m
        out.aim[1] = memory.best.north_m
        out.aim[2] = memory.best.height_m
        out.heading_rad = heading_of(config, &memory.best)
    x = out.aim[0] - now.r_site[0]
    y = out.aim[1] - now.r_site[1]
    out.divert_m = sqrt(x * x + y * y)
    if not isfinite(out.divert_m):
        out.divert_m = 0.0
