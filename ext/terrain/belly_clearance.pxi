# The highest ground above the resting planes: bounded first, looked into where undecided.

cdef inline Floats rounding_of(const Stand* stand, Floats tilt) noexcept nogil:
    """8 roundings of the largest term, 2^-24 each, doubled; above 0 for flat ground's sake [m]."""
    cdef float reach = stand.reach_x if stand.reach_x > stand.reach_y else stand.reach_y
    return (
        lanes_all(stand.relief_m) + tilt * lanes_all(reach + stand.side)
    ) * lanes_all(<float> 1e-6) + lanes_all(<float> 1e-9)


cdef inline Floats slack_of(const Stand* stand, Floats x, Floats y) noexcept nogil:
    """How far a block's top may be off the highest of its cells above the plane [m]."""
    cdef float half = <float> 0.5 * (stand.side - 1)
    cdef Floats tilt = lanes_abs(x) + lanes_abs(y)
    return tilt * lanes_all(half) + rounding_of(stand, tilt)


cdef struct Planes:         # that one heading may rest on
    Floats c                # [m]
    Floats x[2]             # g [m/cell]
    Floats y[2]


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
    view.rounding = rounding_of(stand, lanes_abs(x) + lanes_abs(y))
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
            stand.looked[m] = 0
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
    Stand* stand, const float* z, const View* view, Floats c, Floats x, Floats y, Floats found
) noexcept nogil:
    """Raise what was found to the exact rise above a plane, where that is more."""
    cdef Floats off_x = x - view.middle_x, off_y = y - view.middle_y, v, slack, fine
    cdef const float* centre
    cdef int n, m
    fine = slack_of(stand, off_x, off_y) + view.rounding
    slack = slack_of(stand, x, y) + view.rounding
    for n in range(stand.now_kept):
        m = stand.kept[n]
        centre = stand.centres + 2 * m
        v = lanes_load(stand.bounds + m * LANES) - c
        v = v - (off_x * lanes_all(centre[0]) + off_y * lanes_all(centre[1]))
        if not stand.looked[m]:
            if not lanes_any_above(v + slack, found):
                continue
            look_into(stand, z, view, m)
            v = lanes_load(stand.bounds + m * LANES) - c
            v = v - (off_x * lanes_all(centre[0]) + off_y * lanes_all(centre[1]))
        if lanes_any_above(v + fine, found):
            found = lanes_max(
                found, look(stand, z, x, y, stand.blocks[4 * m + 2], stand.blocks[4 * m + 3]) - c)
            # What is high above this plane is high above the next: it comes first there.
            stand.kept[n] = stand.kept[0]
            stand.kept[0] = m
    return found


cdef inline void look_into(Stand* stand, const float* z, const View* view, int m) noexcept nogil:
    """Replace a block's bound by its highest ground above the middle plane."""
    cdef const int* block = stand.blocks + 4 * m
    lanes_store(
        stand.bounds + m * LANES,
        look(stand, z, view.middle_x, view.middle_y, block[2], block[3]))
    stand.looked[m] = 1


cdef inline Floats bounded(
    const Stand* stand, const View* view, const Planes* planes, Floats under, Floats over,
    Floats* high,
) noexcept nogil:
    """Bound the rise above two planes; what that settles is beyond the band, on its side."""
    cdef Floats far_x, far_y, low, far = lanes_all(0)
    cdef Floats rounding = slack_of(stand, far, far)
    cdef Floats x, y
    cdef int plane
    low = lanes_all(<float> -3e38)
    for plane in range(2):
        x = planes.x[plane]
        y = planes.y[plane]
        far_x = (x - view.middle_x) * lanes_all(stand.reach_x)
        far_y = (y - view.middle_y) * lanes_all(stand.reach_y)
        far = lanes_max(far, far_x * far_x + far_y * far_y)
        low = lanes_max(low, (view.sure - (x * view.place_x + y * view.place_y))
                        - slack_of(stand, x, y))
    high[0] = (view.top + lanes_sqrt(far)) - planes.c + rounding
    low = low - planes.c - rounding
    return lanes_pick(low, over, low, lanes_min(high[0], under))


cdef inline Floats rise_above(
    Stand* stand, const float* z, const View* view, const Planes* planes,
    Floats under, Floats over, Floats least,
) noexcept nogil:
    """Rise above two planes: exact where more than `least` and in the band; least >= under."""
    cdef Floats no = lanes_all(0), never = lanes_all(<float> 3e38), high, rise, doubt, found
    rise = bounded(stand, view, planes, under, over, &high)
    doubt = lanes_pick(high, least, view.awake, no)
    doubt = lanes_pick(rise, over, no, doubt)
    if lanes_any_above(doubt, no):
        # No ground is above what lanes without a doubt begin with.
        least = lanes_pick(doubt, no, least, never)
        found = highest(stand, z, view, planes.c, planes.x[0], planes.y[0], least)
        found = highest(stand, z, view, planes.c, planes.x[1], planes.y[1], found)
        rise = lanes_pick(found, least, found, rise)
    return lanes_pick(view.most, under, rise, view.most)


cdef inline void clear_anyhow(Group* group, const View* view) noexcept nogil:
    """Leave the stands of sites whose belly is clear at every heading."""
    lanes_store(group.slope_worst, degrees_of(lanes_sqrt(lanes_load(group.steepest))))
    lanes_store(group.slope_best, degrees_of(lanes_sqrt(lanes_load(group.flattest))))
    lanes_store(group.heading_best, lanes_load(group.flattest_at))
    lanes_store(group.rise_worst, view.most)
    lanes_store(group.rise_best, view.most)


cdef inline void judge(
    Stand* stand, Group* group, float limit, float band
) noexcept nogil:
    """Slope and rise of the group's sites at the worst heading and at the best.

    A heading's own rise matters where it is more than the worst so far, or decides whether the
    flattest heading so far clears the belly: only there is it looked for.
    """
    cdef Floats no = lanes_all(0), never = lanes_all(<float> 3e38), touches = lanes_all(limit)
    cdef Floats under = lanes_all(limit - band), over = lanes_all(limit + band)
    cdef Floats rise, steep, key, least
    cdef Floats worst = -never, best_key = never, best = no, best_at = no
    cdef View view
    cdef Planes planes
    cdef float flags[16]
    cdef const float* z = stand.z + group.at
    cdef int k, lane
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
        clear_anyhow(group, &view)
        return
    for k in range(stand.headings):
        planes.c = lanes_load(stand.height + k * LANES)
        planes.x[0] = lanes_load(stand.tilt_x + 2 * k * LANES)
        planes.y[0] = lanes_load(stand.tilt_y + 2 * k * LANES)
        planes.x[1] = lanes_load(stand.tilt_x + (2 * k + 1) * LANES)
        planes.y[1] = lanes_load(stand.tilt_y + (2 * k + 1) * LANES)
        steep = lanes_load(stand.steepness + k * LANES)
        least = lanes_pick(best_key, steep, touches, worst)
        least = lanes_pick(worst, touches, least, lanes_max(under, worst))
        rise = rise_above(stand, z, &view, &planes, under, over, least)
        worst = lanes_max(worst, rise)
        # A belly that touches comes after every one that does not.
        key = steep * lanes_all(<float> 1e20) + lanes_all(<float> 1e6)
        key = lanes_pick(rise, touches, key, steep)
        best = lanes_pick(best_key, key, steep, best)
        best_at = lanes_pick(best_key, key, lanes_all(k), best_at)
        best_key = lanes_min(best_key, key)
    lanes_store(group.slope_worst, degrees_of(lanes_sqrt(lanes_load(group.steepest))))
    lanes_store(group.slope_best, degrees_of(lanes_sqrt(best)))
    lanes_store(group.heading_best, best_at)
    lanes_store(group.rise_worst, worst)
    planes_of(stand, group, &planes)
    rise = rise_above(stand, z, &view, &planes, under, over, under)
    lanes_store(group.rise_best, rise)
    for lane in range(LANES):
        group.heading_best[lane] = stand.numbers[<int> group.heading_best[lane]]


cdef inline void planes_of(const Stand* stand, const Group* group, Planes* planes) noexcept nogil:
    """Gather, lane by lane, the planes of the headings that the group found best."""
    cdef float c[16]
    cdef float x1[16]
    cdef float y1[16]
    cdef float x2[16]
    cdef float y2[16]
    cdef int k, lane
    for lane in range(LANES):
        k = <int> group.heading_best[lane]
        c[lane] = stand.height[k * LANES + lane]
        x1[lane] = stand.tilt_x[2 * k * LANES + lane]
        y1[lane] = stand.tilt_y[2 * k * LANES + lane]
        x2[lane] = stand.tilt_x[(2 * k + 1) * LANES + lane]
        y2[lane] = stand.tilt_y[(2 * k + 1) * LANES + lane]
    planes.c = lanes_load(c)
    planes.x[0] = lanes_load(x1)
    planes.y[0] = lanes_load(y1)
    planes.x[1] = lanes_load(x2)
    planes.y[1] = lanes_load(y2)
