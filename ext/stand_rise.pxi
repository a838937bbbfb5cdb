# The highest ground above the resting planes: bounded first, looked into where undecided.

cdef inline Floats top_of_blocks(
    const Stand* stand, const float* high, Floats x, Floats y,
    Floats* sure, Floats* sure_x, Floats* sure_y, float* bounds
) noexcept nogil:
    """Greatest block top above a plane through 0; of the whole blocks the greatest and its place."""
    cdef int m
    cdef const int* block = stand.blocks
    cdef const float* centre = stand.centres
    cdef Floats top = lanes_all(<float> -3e38), v
    sure[0] = top
    for m in range(stand.blocks_count):
        v = lanes_load(high + block[0]) - (x * lanes_all(centre[0]) + y * lanes_all(centre[1]))
        lanes_store(bounds + m * LANES, v)
        top = lanes_max(top, v)
        if block[1]:
            sure_x[0] = lanes_pick(v, sure[0], lanes_all(centre[0]), sure_x[0])
            sure_y[0] = lanes_pick(v, sure[0], lanes_all(centre[1]), sure_y[0])
            sure[0] = lanes_max(sure[0], v)
        block += 4
        centre += 2
    return top


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


cdef inline Floats top_of_cells(
    const Stand* stand, const float* z, Floats x, Floats y, Floats need, const float* bounds
) noexcept nogil:
    """Exact greatest z - g . q; blocks whose bound is at most `need` cannot hold it."""
    cdef int m
    cdef const int* block
    cdef Floats top = lanes_all(<float> -3e38)
    for m in range(stand.blocks_count):
        if lanes_any_above(lanes_load(bounds + m * LANES), need):
            block = stand.blocks + 4 * m
            top = lanes_max(top, look(stand, z, x, y, block[2], block[3]))
    return top


cdef inline bint any_doubt(Floats doubt) noexcept nogil:
    return lanes_any_above(doubt, lanes_all(0))


cdef inline Floats doubted(
    Floats low, Floats high, float limit, float band, Floats awake
) noexcept nogil:
    """1 in the lanes where neither bound settles the limit, 0 elsewhere."""
    cdef Floats no = lanes_all(0), doubt
    doubt = lanes_pick(high, lanes_all(limit - band), awake, no)
    return lanes_pick(low, lanes_all(limit + band), no, doubt)


cdef inline Floats slack_of(const Stand* stand, Floats x, Floats y) noexcept nogil:
    """How far a block's top may be off the highest of its cells above the plane [m]."""
    cdef float half = <float> 0.5 * (stand.side - 1)
    cdef float reach = stand.reach_x if stand.reach_x > stand.reach_y else stand.reach_y
    cdef Floats tilt = lanes_abs(x) + lanes_abs(y)
    # 8 roundings of the largest term, 2^-24 each, doubled.
    return tilt * lanes_all(half) + (
        lanes_all(stand.relief_m) + tilt * lanes_all(reach + stand.side)
    ) * lanes_all(<float> 1e-6) + lanes_all(<float> 1e-9)


cdef inline Floats closer(
    const Stand* stand, const float* z, Floats c, const float* tilt_x, const float* tilt_y,
    float limit, float band, Floats rise, Floats doubt
) noexcept nogil:
    """Rise of one heading where it was in doubt: from its own blocks, then cell by cell."""
    cdef Floats low = lanes_all(<float> -3e38), high = low, exact = low, no = lanes_all(0)
    cdef Floats x, y, slack, top, sure, place_x = no, place_y = no, need, still
    cdef const float* blocks = stand.blocks_high + (z - stand.z)
    cdef int plane
    for plane in range(2):
        x = lanes_load(tilt_x + plane * LANES)
        y = lanes_load(tilt_y + plane * LANES)
        slack = slack_of(stand, x, y)
        top = top_of_blocks(
            stand, blocks, x, y, &sure, &place_x, &place_y,
            stand.bounds + plane * stand.blocks_count * LANES
        )
        high = lanes_max(high, (top + slack) - c)
        low = lanes_max(low, (sure - slack) - c)
    still = doubted(low, high, limit, band, doubt)
    # Above the limit its lower bound, below it its upper one.
    rise = lanes_pick(doubt, no, lanes_pick(low, lanes_all(limit + band), low, high), rise)
    if any_doubt(still):
        for plane in range(2):
            x = lanes_load(tilt_x + plane * LANES)
            y = lanes_load(tilt_y + plane * LANES)
            slack = slack_of(stand, x, y)
            need = lanes_pick(still, no, (low + c) - slack, lanes_all(<float> 3e38))
            exact = lanes_max(exact, top_of_cells(
                stand, z, x, y, need, stand.bounds + plane * stand.blocks_count * LANES
            ) - c)
        rise = lanes_pick(still, no, exact, rise)
    return rise


cdef inline void judge(
    const Stand* stand, Group* group, float limit, float band
) noexcept nogil:
    """Slope and rise of the group's sites at the worst heading and at the best."""
    cdef Floats no = lanes_all(0), one = lanes_all(1), never = lanes_all(<float> 3e38)
    cdef Floats middle_x = lanes_load(group.middle_x), middle_y = lanes_load(group.middle_y)
    cdef Floats awake, top, sure, place_x = no, place_y = no, c, x, y, far_x, far_y, high, low
    cdef Floats slack, rise, doubt, steep, key
    cdef Floats worst = no, worst_rise = -never, best_key = never
    cdef Floats best = no, best_rise = no, best_heading = no
    cdef float flags[16]
    cdef const float* z = stand.z + group.at
    cdef const float* tilt_x
    cdef const float* tilt_y
    cdef int k, plane, lane
    for lane in range(LANES):
        flags[lane] = 0 if group.idle[lane] else 1
    awake = lanes_load(flags)
    top = top_of_blocks(
        stand, stand.blocks_high + group.at, middle_x, middle_y, &sure, &place_x, &place_y,
        stand.bounds
    ) + slack_of(stand, middle_x, middle_y)
    sure = sure + (middle_x * place_x + middle_y * place_y)     # its height again
    for k in range(stand.headings):
        tilt_x = stand.tilt_x + 2 * k * LANES
        tilt_y = stand.tilt_y + 2 * k * LANES
        c = lanes_load(stand.height + k * LANES)
        steep = lanes_load(stand.steepness + k * LANES)
        high = -never
        low = -never
        for plane in range(2):
            x = lanes_load(tilt_x + plane * LANES)
            y = lanes_load(tilt_y + plane * LANES)
            slack = slack_of(stand, x, y)
            far_x = (x - middle_x) * lanes_all(stand.reach_x)
            far_y = (y - middle_y) * lanes_all(stand.reach_y)
            high = lanes_max(high, (top + lanes_sqrt(far_x * far_x + far_y * far_y)) - c)
            low = lanes_max(low, ((sure - (x * place_x + y * place_y)) - slack) - c)
        # Rounding of what is not in a slack: the same few roundings of the same terms.
        high = high + slack_of(stand, no, no)
        low = low - slack_of(stand, no, no)
        doubt = doubted(low, high, limit, band, awake)
        rise = lanes_pick(low, lanes_all(limit + band), low, high)
        if any_doubt(doubt):
            rise = closer(stand, z, c, tilt_x, tilt_y, limit, band, rise, doubt)
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
