# The highest ground above the resting planes: bounded first, looked into where undecided.

cdef inline Floats slack_of(const Stand* stand, Floats x, Floats y) noexcept nogil:
    """How far a block's top may be off the highest of its cells above the plane [m]."""
    cdef float half = <float> 0.5 * (stand.side - 1)
    cdef float reach = stand.reach_x if stand.reach_x > stand.reach_y else stand.reach_y
    cdef Floats tilt = lanes_abs(x) + lanes_abs(y)
    # 8 roundings of the largest term, 2^-24 each, doubled; above 0 for flat ground's sake.
    return tilt * lanes_all(half) + (
        lanes_all(stand.relief_m) + tilt * lanes_all(reach + stand.side)
    ) * lanes_all(<float> 1e-6) + lanes_all(<float> 1e-9)


cdef inline void look_from_middle(const Stand* stand, Group* group, View* view) noexcept nogil:
    """Bound every block above the middle plane; keep the highest whole one as a sure height."""
    cdef int m
    cdef const int* block = stand.blocks
    cdef const float* centre = stand.centres
    cdef const float* high = stand.blocks_high + group.at
    cdef Floats x = view.middle_x, y = view.middle_y, v, top = lanes_all(<float> -3e38), sure = top
    view.place_x = lanes_all(0)
    view.place_y = lanes_all(0)
    for m in range(stand.blocks_count):
        v = lanes_load(high + block[0]) - (x * lanes_all(centre[0]) + y * lanes_all(centre[1]))
        lanes_store(stand.bounds + m * LANES, v)
        top = lanes_max(top, v)
        if block[1]:
            view.place_x = lanes_pick(v, sure, lanes_all(centre[0]), view.place_x)
            view.place_y = lanes_pick(v, sure, lanes_all(centre[1]), view.place_y)
            sure = lanes_max(sure, v)
        block += 4
        centre += 2
    view.top = top + slack_of(stand, x, y)
    view.sure = sure + (x * view.place_x + y * view.place_y)


cdef inline void keep_blocks(Stand* stand, View* view, float least) noexcept nogil:
    """Bound the rise at all headings at once; list the blocks that may come above `least`."""
    cdef int m, n = 0
    cdef const float* centre = stand.centres
    cdef Floats no = lanes_all(0), never = lanes_all(<float> -3e38), v, above
    above = slack_of(
        stand, lanes_abs(view.middle_x) + view.spread_x, lanes_abs(view.middle_y) + view.spread_y
    ) + slack_of(stand, no, no) - view.lowest
    view.most = never
    for m in range(stand.blocks_count):
        v = lanes_load(stand.bounds + m * LANES) + (
            view.spread_x * lanes_abs(lanes_all(centre[0]))
            + view.spread_y * lanes_abs(lanes_all(centre[1])))
        v = lanes_pick(view.awake, no, v + above, never)
        view.most = lanes_max(view.most, v)
        if lanes_any_above(v, lanes_all(least)):
            stand.kept[n] = m
            n += 1
        centre += 2
    stand.now_kept = n


cdef inline Floats look(
    const Stand* stand, const float* z, Floats x, Floats y, int first, int last
) noexcept nogil:
    """Greatest z - (g_x e + g_y d) over some runs of cells."""
    cdef const int* run = stand.runs + 3 * first
    cdef const float* cell
    cdef Floats top = lanes_all(<float> -3e38), along
    cdef int m, t
    for m in range(first, last):
        cell = z + run[0] * stand.stride + run[1]
        along = y * lanes_all(run[0])
        for t in range(run[2]):
            top = lanes_max(top, lanes_load(cell + t) - (x * lanes_all(run[1] + t) + along))
        run += 3
    return top


cdef inline Floats highest(
    const Stand* stand, const float* z, Floats c, Floats x, Floats y, Floats least, Floats found
) noexcept nogil:
    """Join the exact rise above a plane to what was found; only above `least` it need be right."""
    cdef const float* high = stand.blocks_high + (z - stand.z)
    cdef Floats slack = slack_of(stand, x, y), v
    cdef const int* block
    cdef const float* centre
    cdef int m
    for m in range(stand.now_kept):
        block = stand.blocks + 4 * stand.kept[m]
        centre = stand.centres + 2 * stand.kept[m]
        v = lanes_load(high + block[0]) - (x * lanes_all(centre[0]) + y * lanes_all(centre[1]))
        v = (v - c) + slack
        if lanes_any_above(v, lanes_max(least, found)):
            found = lanes_max(found, look(stand, z, x, y, block[2], block[3]) - c)
    return found


cdef inline void flattest(const Stand* stand, Group* group, const View* view) noexcept nogil:
    """Slopes of sites whose belly is clear at every heading."""
    cdef Floats no = lanes_all(0), worst = no, best = lanes_all(<float> 3e38), heading = no, steep
    cdef int k
    for k in range(stand.headings):
        steep = lanes_load(stand.steepness + k * LANES)
        worst = lanes_max(worst, steep)
        heading = lanes_pick(best, steep, lanes_all(k), heading)
        best = lanes_min(best, steep)
    lanes_store(group.slope_worst, degrees_of(lanes_sqrt(worst)))
    lanes_store(group.slope_best, degrees_of(lanes_sqrt(best)))
    lanes_store(group.heading_best, heading)
    lanes_store(group.rise_worst, view.most)
    lanes_store(group.rise_best, view.most)


cdef inline void judge(
    Stand* stand, Group* group, float limit, float band
) noexcept nogil:
    """Slope and rise of the group's sites at the worst heading and at the best."""
    cdef Floats no = lanes_all(0), never = lanes_all(<float> 3e38)
    cdef Floats under = lanes_all(limit - band), over = lanes_all(limit + band)
    cdef Floats c, x, y, far_x, far_y, high, low, rise, doubt, steep, key
    cdef Floats worst = no, worst_rise = -never, best_key = never
    cdef Floats best = no, best_rise = no, best_heading = no
    cdef Floats rounding = slack_of(stand, no, no)
    cdef View view
    cdef float flags[16]
    cdef const float* z = stand.z + group.at
    cdef const float* tilt_x
    cdef const float* tilt_y
    cdef int k, plane, lane
    for lane in range(LANES):
        flags[lane] = 0 if group.idle[lane] else 1
    view.awake = lanes_load(flags)
    view.middle_x = lanes_load(group.middle_x)
    view.middle_y = lanes_load(group.middle_y)
    view.spread_x = lanes_load(group.spread_x)
    view.spread_y = lanes_load(group.spread_y)
    view.lowest = lanes_load(group.lowest)
    look_from_middle(stand, group, &view)
    keep_blocks(stand, &view, limit - band)
    if stand.now_kept == 0:
        flattest(stand, group, &view)
        return
    for k in range(stand.headings):
        tilt_x = stand.tilt_x + 2 * k * LANES
        tilt_y = stand.tilt_y + 2 * k * LANES
        c = lanes_load(stand.height + k * LANES)
        steep = lanes_load(stand.steepness + k * LANES)
        high = no
        low = -never
        for plane in range(2):
            x = lanes_load(tilt_x + plane * LANES)
            y = lanes_load(tilt_y + plane * LANES)
            far_x = (x - view.middle_x) * lanes_all(stand.reach_x)
            far_y = (y - view.middle_y) * lanes_all(stand.reach_y)
            high = lanes_max(high, far_x * far_x + far_y * far_y)
            low = lanes_max(low, (view.sure - (x * view.place_x + y * view.place_y))
                            - slack_of(stand, x, y))
        high = (view.top + lanes_sqrt(high)) - c + rounding
        low = low - c - rounding
        # What is settled without a closer look keeps its bound, but on its side of the band.
        rise = lanes_pick(low, over, low, lanes_min(high, under))
        doubt = lanes_pick(high, under, view.awake, no)
        doubt = lanes_pick(low, over, no, doubt)
        if lanes_any_above(doubt, no):
            # Found so far: nothing, or in lanes without a doubt more than any ground can be.
            high = lanes_pick(doubt, no, -never, never)
            for plane in range(2):
                high = highest(
                    stand, z, c, lanes_load(tilt_x + plane * LANES),
                    lanes_load(tilt_y + plane * LANES), under, high)
            high = lanes_pick(high, under, high, rise)
            rise = lanes_pick(doubt, no, high, rise)
        rise = lanes_pick(view.most, under, rise, view.most)
        worst = lanes_max(worst, steep)
        worst_rise = lanes_max(worst_rise, rise)
        # A belly that touches comes after every one that does not.
        key = steep * lanes_all(<float> 1e20) + lanes_all(<float> 1e6)
        key = lanes_pick(rise, lanes_all(limit), key, steep)
        best = lanes_pick(best_key, key, steep, best)
        best_rise = lanes_pick(best_key, key, rise, best_rise)
        best_heading = lanes_pick(best_key, key, lanes_all(k), best_heading)
        best_key = lanes_min(best_key, key)
    lanes_store(group.slope_worst, degrees_of(lanes_sqrt(worst)))
    lanes_store(group.slope_best, degrees_of(lanes_sqrt(best)))
    lanes_store(group.heading_best, best_heading)
    lanes_store(group.rise_worst, worst_rise)
    lanes_store(group.rise_best, best_rise)
