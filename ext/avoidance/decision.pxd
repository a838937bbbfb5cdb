# After a scan: land on the best site so far, or scan again from beside it.

from libc.math cimport NAN, fmod, isfinite, sqrt
from libc.string cimport memset

from farside.ext.avoidance.records cimport (
    AVOID_ACCEPTED, AVOID_CLOSE, AVOID_LAND, AVOID_LEAST_BAD, AVOID_MOST_SCANS,
    AVOID_NO_MAP, AVOID_NO_TRANSLATION, AVOID_OUT_OF_PROPELLANT, AVOID_OUT_OF_TIME,
    AVOID_SCAN_AGAIN, AVOID_UNSAFE, AVOID_UNSURE, AvoidConfig, AvoidDecision, AvoidMap, AvoidMemory,
    AvoidNow, AvoidSite,
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


cdef inline int why_again(const AvoidConfig* config, const AvoidSite* best) noexcept nogil:
    """Return what the best site so far lacks, or AVOID_ACCEPTED."""
    if meets_margin(config, best):
        return AVOID_ACCEPTED
    if best.least_bad:
        return AVOID_UNSAFE
    return AVOID_UNSURE if best.probability < config.sure else AVOID_CLOSE


cdef inline int why_not_again(
    const AvoidConfig* config, const AvoidMemory* memory, const AvoidNow* now
) noexcept nogil:
    """Return what forbids another scan and the way down after it, or AVOID_ACCEPTED."""
    cdef double hover_kgps = config.gravity_mps2 * now.mass_kg / config.exhaust_mps
    if not (config.sidestep_m > 0.0 and memory.scans < AVOID_MOST_SCANS):
        return AVOID_NO_TRANSLATION
    if not now.hovered_s + config.another_scan_s <= config.hover_limit_s:
        return AVOID_OUT_OF_TIME
    if not (
        now.mass_kg - config.dry_mass_kg
        >= hover_kgps * (config.another_scan_s + config.way_down_s)
    ):
        return AVOID_OUT_OF_PROPELLANT
    return AVOID_ACCEPTED


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
            # Ground without a return counts as 90 deg and 10 m: beyond every limit.
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
    const AvoidMemory* memory, double east_m, double north_m, double least_m
) noexcept nogil:
    """Return whether every scan before the last one was taken from so far off a place."""
    cdef double x, y
    cdef int k
    for k in range(memory.scans - 1):
        x = east_m - memory.seen_from[k][0]
        y = north_m - memory.seen_from[k][1]
        if not x * x + y * y >= least_m * least_m:
            return False
    return True


cdef inline void step_aside(
    AvoidWork* work, const AvoidMemory* memory, const AvoidMap* map, AvoidDecision* out
) noexcept nogil:
    """Aim a sidestep away, towards the side that holds least against it.

    Never back to ground that was scanned before, if another side is left.
    """
    cdef const AvoidConfig* config = work.config
    cdef double step_m = config.sidestep_m, least_m, x, y, least = 0.0, bad
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
    least_m = config.fresh_distance * step_m
    for turn in range(2):
        for side in range(4):
            x = here[0] + step_m * east[side]
            y = here[1] + step_m * north[side]
            bad = sides[side]
            if (turn == 1 or is_fresh(memory, x, y, least_m)) and (best < 0 or bad < least):
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


cdef inline void land_here(
    const AvoidMap* map, const AvoidNow* now, AvoidDecision* out
) noexcept nogil:
    """Come down where it hangs, on the ground known there or the level of the nominal site."""
    out.action = AVOID_LAND
    out.reason = AVOID_NO_MAP
    out.aim[0] = now.r_site[0] if isfinite(now.r_site[0]) else 0.0
    out.aim[1] = now.r_site[1] if isfinite(now.r_site[1]) else 0.0
    out.aim[2] = map.ground_m if isfinite(map.ground_m) else 0.0
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
    cdef int lacks, barred
    cdef double x, y
    memset(out, 0, sizeof(AvoidDecision))
    # a map of another configuration, or of a scan from nowhere, is none
    if (
        map.status > AVOID_LEAST_BAD or map.count < 1
        or map.rows != config.rows or map.cols != config.cols
        or map.slope_deg == NULL or map.roughness_m == NULL
        or not isfinite(sensor[0]) or not isfinite(sensor[1])
    ):
        land_here(map, now, out)
        return
    if not memory.held or preferred(config, &map.sites[0], &memory.best):
        memory.best = map.sites[0]
        memory.held = True
    memory.scans = min(max(memory.scans, 0), <int> AVOID_MOST_SCANS - 1) + 1
    memory.seen_from[memory.scans - 1][0] = sensor[0]
    memory.seen_from[memory.scans - 1][1] = sensor[1]
    out.site = memory.best
    lacks = why_again(config, &memory.best)
    barred = why_not_again(config, memory, now)
    out.heading_rad = NAN
    if lacks != AVOID_ACCEPTED and barred == AVOID_ACCEPTED:
        out.action = AVOID_SCAN_AGAIN
        out.reason = lacks
        step_aside(work, memory, map, out)
    else:
        out.action = AVOID_LAND
        out.reason = AVOID_ACCEPTED if lacks == AVOID_ACCEPTED else barred
        out.aim[0] = memory.best.east_m
        out.aim[1] = memory.best.north_m
        out.aim[2] = memory.best.height_m
        out.heading_rad = heading_of(config, &memory.best)
    x = out.aim[0] - now.r_site[0]
    y = out.aim[1] - now.r_site[1]
    out.divert_m = sqrt(x * x + y * y)
    if not isfinite(out.divert_m):
        out.divert_m = 0.0
