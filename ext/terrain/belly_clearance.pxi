# The rise: the highest ground above the support planes, bounded first, exact where undecided.
#
# A mask is a vector of one number per lane (site of the group), 1 or 0. `active` holds 1 where the
# site is wanted; `undecided` holds 1 where its bounds do not yet say on which side of the band the
# rise is. A lane of 0 takes no part: it is given bounds that no block can exceed.

cdef inline f32xN rounding_bound(const LegsWorkspace* work, f32xN tilt) noexcept nogil:
    """Return 8 roundings of the largest term, 2^-24 each, doubled; above 0 on flat ground [m]."""
    cdef float reach = work.reach_x if work.reach_x > work.reach_y else work.reach_y
    return (
        f32_splat(work.relief_m) + tilt * f32_splat(reach + work.side)
    ) * f32_splat(<float> 1e-6) + f32_splat(<float> 1e-9)


cdef inline f32xN block_slack(const LegsWorkspace* work, f32xN x, f32xN y) noexcept nogil:
    """Bound how far a block's top may be off the highest of its cells above the plane [m]."""
    cdef float half = <float> 0.5 * (work.side - 1)
    cdef f32xN tilt = f32_abs(x) + f32_abs(y)
    return tilt * f32_splat(half) + rounding_bound(work, tilt)


cdef inline void bound_from_middle_plane(
    const LegsWorkspace* work, Group* group, RiseBound* bound
) noexcept nogil:
    """Bound every block above the middle plane; keep the highest whole one as a lower bound."""
    cdef int m
    cdef const int* block = work.blocks
    cdef const float* centre = work.centres
    cdef const float* high = work.blocks_high + group.at
    cdef f32xN x = bound.middle_x, y = bound.middle_y, v, top = f32_splat(<float> -3e38), sure = top
    bound.whole_x = f32_splat(0)
    bound.whole_y = f32_splat(0)
    for m in range(work.blocks_count):
        v = f32_load(high + block[0]) - (x * f32_splat(centre[0]) + y * f32_splat(centre[1]))
        f32_store(work.bounds + m * F32_LANES, v)
        top = f32_max(top, v)
        if block[1]:
            bound.whole_x = f32_select(v, sure, f32_splat(centre[0]), bound.whole_x)
            bound.whole_y = f32_select(v, sure, f32_splat(centre[1]), bound.whole_y)
            sure = f32_max(sure, v)
        block += 4
        centre += 2
    bound.upper = top + block_slack(work, x, y)
    bound.rounding = rounding_bound(work, f32_abs(x) + f32_abs(y))
    bound.whole_high = sure + (x * bound.whole_x + y * bound.whole_y)


cdef inline void select_blocks(LegsWorkspace* work, RiseBound* bound, float least) noexcept nogil:
    """Bound the rise at all headings at once; list the blocks that may come above `least`."""
    cdef int m, n = 0
    cdef const float* centre = work.centres
    cdef f32xN zero = f32_splat(0), none = f32_splat(<float> -3e38), v, above
    above = block_slack(
        work, f32_abs(bound.middle_x) + bound.spread_x, f32_abs(bound.middle_y) + bound.spread_y
    ) + block_slack(work, zero, zero) - bound.lowest
    bound.greatest = none
    for m in range(work.blocks_count):
        v = f32_load(work.bounds + m * F32_LANES) + (
            bound.spread_x * f32_abs(f32_splat(centre[0]))
            + bound.spread_y * f32_abs(f32_splat(centre[1])))
        v = f32_select(bound.active, zero, v + above, none)
        bound.greatest = f32_max(bound.greatest, v)
        if f32_any_above(v, f32_splat(least)):
            work.kept[n] = m
            work.scanned[m] = 0
            n += 1
        centre += 2
    work.kept_count = n


cdef inline f32xN scan_runs(
    const LegsWorkspace* work, const float* z, f32xN x, f32xN y, int first, int last
) noexcept nogil:
    """Return the greatest z - (g_x e + g_y d) over some runs of cells."""
    cdef const int* run = work.runs + 3 * first
    cdef const float* cell
    cdef f32xN top = f32_splat(<float> -3e38), along
    cdef f32xN at, one = f32_splat(1)
    cdef int m, t
    for m in range(first, last):
        cell = z + run[0] * work.stride + run[1]
        along = y * f32_splat(run[0])
        at = f32_splat(run[1])
        for t in range(run[2]):
            top = f32_max(top, f32_load(cell + t) - (x * at + along))
            at = at + one
        run += 3
    return top


cdef inline f32xN rise_over_plane(
    LegsWorkspace* work, const float* z, const RiseBound* bound, f32xN c, f32xN x, f32xN y,
    f32xN found
) noexcept nogil:
    """Raise what was found to the exact rise above a plane, where that is more."""
    cdef f32xN off_x = x - bound.middle_x, off_y = y - bound.middle_y, v, slack, fine
    cdef const float* centre
    cdef int n, m
    fine = block_slack(work, off_x, off_y) + bound.rounding
    slack = block_slack(work, x, y) + bound.rounding
    for n in range(work.kept_count):
        m = work.kept[n]
        centre = work.centres + 2 * m
        v = f32_load(work.bounds + m * F32_LANES) - c
        v = v - (off_x * f32_splat(centre[0]) + off_y * f32_splat(centre[1]))
        if not work.scanned[m]:
            if not f32_any_above(v + slack, found):
                continue
            scan_block(work, z, bound, m)
            v = f32_load(work.bounds + m * F32_LANES) - c
            v = v - (off_x * f32_splat(centre[0]) + off_y * f32_splat(centre[1]))
        if f32_any_above(v + fine, found):
            found = f32_max(
                found, scan_runs(work, z, x, y, work.blocks[4 * m + 2], work.blocks[4 * m + 3]) - c)
            # What is high above this plane is high above the next: it comes first there.
            work.kept[n] = work.kept[0]
            work.kept[0] = m
    return found


cdef inline void scan_block(
    LegsWorkspace* work, const float* z, const RiseBound* bound, int m
) noexcept nogil:
    """Replace a block's bound by its highest ground above the middle plane."""
    cdef const int* block = work.blocks + 4 * m
    f32_store(
        work.bounds + m * F32_LANES,
        scan_runs(work, z, bound.middle_x, bound.middle_y, block[2], block[3]))
    work.scanned[m] = 1


cdef inline f32xN bound_rise(
    const LegsWorkspace* work, const RiseBound* bound, const Planes* planes, f32xN under,
    f32xN over, f32xN* high,
) noexcept nogil:
    """Bound the rise above two planes; a bound beyond the band decides its lane."""
    cdef f32xN far_x, far_y, low, far = f32_splat(0)
    cdef f32xN rounding = block_slack(work, far, far)
    cdef f32xN x, y
    cdef int plane
    low = f32_splat(<float> -3e38)
    for plane in range(2):
        x = planes.x[plane]
        y = planes.y[plane]
        far_x = (x - bound.middle_x) * f32_splat(work.reach_x)
        far_y = (y - bound.middle_y) * f32_splat(work.reach_y)
        far = f32_max(far, far_x * far_x + far_y * far_y)
        low = f32_max(
            low,
            (bound.whole_high - (x * bound.whole_x + y * bound.whole_y)) - block_slack(work, x, y))
    high[0] = (bound.upper + f32_sqrt(far)) - planes.c + rounding
    low = low - planes.c - rounding
    return f32_select(low, over, low, f32_min(high[0], under))


cdef inline f32xN rise_over_planes(
    LegsWorkspace* work, const float* z, const RiseBound* bound, const Planes* planes,
    f32xN under, f32xN over, f32xN least,
) noexcept nogil:
    """Find the rise above two planes: exact where above `least` and in the band; least >= under."""
    cdef f32xN zero = f32_splat(0), huge = f32_splat(<float> 3e38), high, rise, undecided, found
    rise = bound_rise(work, bound, planes, under, over, &high)
    undecided = f32_select(high, least, bound.active, zero)
    undecided = f32_select(rise, over, zero, undecided)
    if f32_any_above(undecided, zero):
        # Decided lanes begin with a rise that no ground exceeds.
        least = f32_select(undecided, zero, least, huge)
        found = rise_over_plane(work, z, bound, planes.c, planes.x[0], planes.y[0], least)
        found = rise_over_plane(work, z, bound, planes.c, planes.x[1], planes.y[1], found)
        rise = f32_select(found, least, found, rise)
    return f32_select(bound.greatest, under, rise, bound.greatest)


cdef inline void store_clear_group(
    const LegsWorkspace* work, Group* group, const RiseBound* bound
) noexcept nogil:
    """Store the answer for sites whose belly is clear at every heading."""
    cdef int lane
    f32_store(group.slope_worst, degrees_of(f32_sqrt(f32_load(group.steepest))))
    f32_store(group.slope_best, degrees_of(f32_sqrt(f32_load(group.flattest))))
    for lane in range(F32_LANES):
        group.heading_best[lane] = work.numbers[<int> group.flattest_at[lane]]
    f32_store(group.rise_worst, bound.greatest)
    f32_store(group.rise_best, bound.greatest)


cdef inline void flattest_clear_heading(
    LegsWorkspace* work, Group* group, const RiseBound* bound, f32xN under, f32xN touches,
    f32xN over
) noexcept nogil:
    """Find the flattest heading whose belly is clear, or of all, in the active lanes."""
    cdef f32xN huge = f32_splat(<float> 3e38), zero = f32_splat(0), rise, steep, key, least, asked
    cdef f32xN best_key = huge, best = zero, best_at = zero
    cdef Planes planes
    cdef int k
    for k in range(work.headings):
        steep = f32_load(work.steepness + k * F32_LANES)
        asked = f32_select(bound.active, zero, best_key, -huge)
        if not f32_any_above(asked, steep):
            continue
        load_planes(work, k, &planes)
        least = f32_select(asked, steep, touches, huge)
        rise = rise_over_planes(work, work.z + group.at, bound, &planes, under, over, least)
        # A belly that touches comes after every one that does not.
        key = steep * f32_splat(<float> 1e20) + f32_splat(<float> 1e6)
        key = f32_select(rise, touches, key, steep)
        best = f32_select(best_key, key, steep, best)
        best_at = f32_select(best_key, key, f32_splat(k), best_at)
        best_key = f32_min(best_key, key)
    f32_store(
        group.flattest, f32_select(bound.active, zero, best, f32_load(group.flattest)))
    f32_store(
        group.heading_best,
        f32_select(bound.active, zero, best_at, f32_load(group.heading_best)))


cdef inline void find_best_heading(
    LegsWorkspace* work, Group* group, RiseBound* bound, f32xN under, f32xN touches, f32xN over
) noexcept nogil:
    """Find the best heading; `active` where some heading's belly touches.

    It is the flattest of all, unless the belly touches there: then headings are asked one by one.
    """
    cdef f32xN zero = f32_splat(0), rise
    cdef Planes planes
    cdef int kept = work.kept_count
    f32_store(group.heading_best, f32_load(group.flattest_at))
    if f32_any_above(bound.active, zero):
        work.kept_count = gather_blocks_above(
            work, f32_select(bound.active, zero, touches, f32_splat(<float> 3e38)))
        planes_of_best_heading(work, group, &planes)
        rise = rise_over_planes(
            work, work.z + group.at, bound, &planes, under, over, touches)
        bound.active = f32_select(rise, touches, bound.active, zero)
        if f32_any_above(bound.active, zero):
            flattest_clear_heading(work, group, bound, under, touches, over)
        work.kept_count = kept
    f32_store(group.slope_best, degrees_of(f32_sqrt(f32_load(group.flattest))))


cdef inline void load_planes(const LegsWorkspace* work, int k, Planes* planes) noexcept nogil:
    """Load the planes of a heading."""
    planes.c = f32_load(work.height + k * F32_LANES)
    planes.x[0] = f32_load(work.tilt_x + 2 * k * F32_LANES)
    planes.y[0] = f32_load(work.tilt_y + 2 * k * F32_LANES)
    planes.x[1] = f32_load(work.tilt_x + (2 * k + 1) * F32_LANES)
    planes.y[1] = f32_load(work.tilt_y + (2 * k + 1) * F32_LANES)


cdef inline void load_bound(const Group* group, RiseBound* bound) noexcept nogil:
    """Load what the planes of all headings have in common."""
    cdef float flags[16]
    cdef int lane
    for lane in range(F32_LANES):
        flags[lane] = 0 if group.inactive[lane] else 1
    bound.active = f32_load(flags)
    bound.middle_x = f32_load(group.middle_x)
    bound.middle_y = f32_load(group.middle_y)
    bound.spread_x = f32_load(group.spread_x)
    bound.spread_y = f32_load(group.spread_y)
    bound.lowest = f32_load(group.lowest)


cdef inline void assess_group(
    LegsWorkspace* work, Group* group, float limit, float band
) noexcept nogil:
    """Find slope and rise of the group's sites at the worst heading and at the best."""
    cdef f32xN zero = f32_splat(0), touches = f32_splat(limit), active
    cdef f32xN under = f32_splat(limit - band), over = f32_splat(limit + band), worst, least
    cdef RiseBound bound
    cdef Planes planes
    cdef int lane
    load_bound(group, &bound)
    bound_from_middle_plane(work, group, &bound)
    select_blocks(work, &bound, limit - band)
    if work.kept_count == 0:
        store_clear_group(work, group, &bound)
        return
    worst = worst_rise(work, group, &bound, limit - band)
    least = f32_select(bound.greatest, under, under, bound.greatest)
    if work.kept_count == 0:
        bound.greatest = least
        store_clear_group(work, group, &bound)
        return
    f32_store(group.slope_worst, degrees_of(f32_sqrt(f32_load(group.steepest))))
    f32_store(group.rise_worst, f32_select(worst, under, worst, least))
    active = bound.active
    bound.active = f32_select(worst, touches, active, zero)
    find_best_heading(work, group, &bound, under, touches, over)
    bound.active = f32_select(worst, under, active, zero)
    planes_of_best_heading(work, group, &planes)
    worst = rise_over_planes(work, work.z + group.at, &bound, &planes, under, over, under)
    f32_store(group.rise_best, f32_max(least, worst))
    for lane in range(F32_LANES):
        group.heading_best[lane] = work.numbers[<int> group.heading_best[lane]]


cdef inline void planes_of_best_heading(
    const LegsWorkspace* work, const Group* group, Planes* planes
) noexcept nogil:
    """Gather, lane by lane, the planes of the headings that the group found best."""
    cdef float c[16]
    cdef float x1[16]
    cdef float y1[16]
    cdef float x2[16]
    cdef float y2[16]
    cdef int k, lane
    for lane in range(F32_LANES):
        k = <int> group.heading_best[lane]
        c[lane] = work.height[k * F32_LANES + lane]
        x1[lane] = work.tilt_x[2 * k * F32_LANES + lane]
        y1[lane] = work.tilt_y[2 * k * F32_LANES + lane]
        x2[lane] = work.tilt_x[(2 * k + 1) * F32_LANES + lane]
        y2[lane] = work.tilt_y[(2 * k + 1) * F32_LANES + lane]
    planes.c = f32_load(c)
    planes.x[0] = f32_load(x1)
    planes.y[0] = f32_load(y1)
    planes.x[1] = f32_load(x2)
    planes.y[1] = f32_load(y2)
