# The highest rise of all headings at once, cell by cell, from the envelope of all support planes.
#
#     worst = max_q [z_q + S(q)],    S(q) = max over headings and planes of -(c + g . q).
#
# S is convex, so that between four points of a rectangle it is at most what is interpolated between
# them, first along one side, then across. It is found at 3 x 3 points about the footprint, which
# leaves few blocks; at the corners of a block where that does not decide, which leaves few cells;
# and at those cells themselves, with the expression that every exact rise has.

cdef struct Envelope:       # S less the middle plane, at 3 x 3 points: columns, then rows
    f32xN at[9]
    float per_x             # 1 / half axis [1/cell]
    float per_y


cdef inline void find_envelope(
    const LegsWorkspace* work, const RiseBound* bound, Envelope* envelope
) noexcept nogil:
    """Find -c - (g - middle) . q at the middle, the ends of the half axes and the four corners."""
    cdef f32xN none = f32_splat(<float> -3e38), c, u, v, south, north
    cdef f32xN a = none, b = none, d = none, e = none, f = none
    cdef f32xN g = none, h = none, i = none, j = none
    cdef f32xN reach_x = f32_splat(work.reach_x), reach_y = f32_splat(work.reach_y)
    cdef int n
    for n in range(2 * work.headings):
        c = -f32_load(work.height + (n >> 1) * F32_LANES)
        u = (f32_load(work.tilt_x + n * F32_LANES) - bound.middle_x) * reach_x
        v = (f32_load(work.tilt_y + n * F32_LANES) - bound.middle_y) * reach_y
        south = c + v
        north = c - v
        a = f32_max(a, south + u)
        b = f32_max(b, south)
        d = f32_max(d, south - u)
        e = f32_max(e, c + u)
        f = f32_max(f, c)
        g = f32_max(g, c - u)
        h = f32_max(h, north + u)
        i = f32_max(i, north)
        j = f32_max(j, north - u)
    envelope.per_x = 1 / work.reach_x
    envelope.per_y = 1 / work.reach_y
    envelope.at[0] = a
    envelope.at[1] = b
    envelope.at[2] = d
    envelope.at[3] = e
    envelope.at[4] = f
    envelope.at[5] = g
    envelope.at[6] = h
    envelope.at[7] = i
    envelope.at[8] = j


cdef inline void cross_envelope(
    const Envelope* envelope, float y, bint east, f32xN* start, f32xN* slope
) noexcept nogil:
    """Bound S less the middle plane along a row, east or west of the middle: start + slope x."""
    cdef const f32xN* low = envelope.at + (3 if y >= 0 else 0) + (1 if east else 0)
    cdef f32xN share = f32_splat(y * envelope.per_y if y >= 0 else 1 + y * envelope.per_y)
    cdef f32xN left = low[0] + (low[3] - low[0]) * share
    cdef f32xN right = low[1] + (low[4] - low[1]) * share
    slope[0] = (right - left) * f32_splat(envelope.per_x)
    start[0] = left if east else right


cdef inline f32xN bound_above_planes(
    const RiseBound* bound, const Envelope* envelope, f32xN high, float x, float y
) noexcept nogil:
    """Return how high ground at a place is above every plane, by the envelope [m]."""
    cdef f32xN start, slope
    cross_envelope(envelope, y, x >= 0, &start, &slope)
    return high + (start - bound.middle_y * f32_splat(y)) + (
        slope - bound.middle_x) * f32_splat(x)


cdef inline bint halves_come_above(
    const LegsWorkspace* work, const float* high, const RiseBound* bound,
    const Envelope* envelope, int m, f32xN found
) noexcept nogil:
    """Return whether a quarter of a block may come above what was found, less their slack."""
    cdef int half = work.side // 2, i, j
    cdef float x = work.centres[2 * m] - <float> 0.5 * half
    cdef float y = work.centres[2 * m + 1] - <float> 0.5 * half
    if half == 0:
        return True
    high += work.blocks[4 * m]
    for i in range(2):
        for j in range(2):
            if f32_any_above(
                bound_above_planes(
                    bound, envelope, f32_load(high + half * (i * <Py_ssize_t> work.stride + j)),
                    x + half * j, y + half * i),
                found,
            ):
                return True
    return False


cdef inline void keep_blocks_under_envelope(
    LegsWorkspace* work, const Group* group, const RiseBound* bound, const Envelope* envelope,
    f32xN found
) noexcept nogil:
    """Keep the blocks that may come above what was found, by their own top and by quarters'."""
    cdef int n, m, kept = 0
    cdef const float* centre
    cdef f32xN rounding = bound.rounding + bound.rounding, v, whole, quarter, tilt
    tilt = f32_abs(bound.middle_x) + bound.spread_x + f32_abs(bound.middle_y) + bound.spread_y
    whole = found - tilt * f32_splat(<float> 0.5 * (work.side - 1)) - rounding
    quarter = found - tilt * f32_splat(
        <float> 0.5 * (work.side // 2 - 1 if work.side > 1 else 0)) - rounding
    for n in range(work.kept_count):
        m = work.kept[n]
        centre = work.centres + 2 * m
        v = bound_above_planes(
            bound, envelope, f32_load(work.blocks_high + group.at + work.blocks[4 * m]),
            centre[0], centre[1])
        if f32_any_above(v, whole) and halves_come_above(
            work, work.halves_high + group.at, bound, envelope, m, quarter
        ):
            work.kept[kept] = m
            kept += 1
    work.kept_count = kept


cdef inline f32xN rise_at(
    const LegsWorkspace* work, f32xN z, f32xN x, f32xN y, f32xN found
) noexcept nogil:
    """Raise what was found to the exact rise of a cell above the planes of all headings."""
    cdef f32xN more = found
    cdef const float* c = work.height
    cdef const float* tilt_x = work.tilt_x
    cdef const float* tilt_y = work.tilt_y
    cdef int k
    for k in range(work.headings):
        found = f32_max(
            found, (z - (f32_load(tilt_x) * x + f32_load(tilt_y) * y)) - f32_load(c))
        more = f32_max(
            more,
            (z - (f32_load(tilt_x + F32_LANES) * x + f32_load(tilt_y + F32_LANES) * y))
            - f32_load(c))
        c += F32_LANES
        tilt_x += 2 * F32_LANES
        tilt_y += 2 * F32_LANES
    return f32_max(found, more)


cdef struct TopCell:        # of each lane
    f32xN high
    f32xN x                 # [cells]
    f32xN y


cdef inline void top_of_cells(
    const RiseBound* bound, const float* cell, f32xN start, f32xN slope, int first, int end,
    TopCell* top
) noexcept nogil:
    """Raise a row's top to its cells from `first` to `end`, bounded above every plane."""
    cdef f32xN v, a = slope - bound.middle_x, x = f32_splat(first), one = f32_splat(1)
    cdef int t
    for t in range(first, end):
        v = f32_load(cell + t) + (a * x + start)
        top.x = f32_select(v, top.high, x, top.x)
        top.high = f32_max(top.high, v)
        x = x + one


cdef inline void find_tops(
    LegsWorkspace* work, const float* z, const RiseBound* bound, const Envelope* envelope,
    TopCell* top
) noexcept nogil:
    """Bound every kept block's ground above every plane, and find each lane's highest cell."""
    cdef TopCell row
    cdef f32xN none = f32_splat(<float> -3e38), high, start, slope, along
    cdef const int* run
    cdef const float* cell
    cdef int n, m, r, first, end
    top.high = none
    top.x = f32_splat(0)
    top.y = f32_splat(0)
    for n in range(work.kept_count):
        m = work.kept[n]
        high = none
        for r in range(work.blocks[4 * m + 2], work.blocks[4 * m + 3]):
            run = work.runs + 3 * r
            first = run[1]
            end = first + run[2]
            cell = z + run[0] * work.stride
            along = bound.middle_y * f32_splat(run[0])
            row.high = none
            row.x = none
            if first < 0:
                cross_envelope(envelope, run[0], 0, &start, &slope)
                top_of_cells(bound, cell, start - along, slope, first, min(end, 0), &row)
            if end > 0:
                cross_envelope(envelope, run[0], 1, &start, &slope)
                top_of_cells(bound, cell, start - along, slope, max(first, 0), end, &row)
            high = f32_max(high, row.high)
            top.x = f32_select(row.high, top.high, row.x, top.x)
            top.y = f32_select(row.high, top.high, f32_splat(run[0]), top.y)
            top.high = f32_max(top.high, row.high)
        f32_store(work.tops + m * F32_LANES, high + (bound.rounding + bound.rounding))


cdef inline f32xN rise_at_tops(
    const LegsWorkspace* work, const float* z, const TopCell* top, f32xN found
) noexcept nogil:
    """Raise what was found to the rise of each lane's own cell."""
    cdef float x[16]
    cdef float y[16]
    cdef float heights[16]
    cdef int lane
    f32_store(x, top.x)
    f32_store(y, top.y)
    for lane in range(F32_LANES):
        heights[lane] = z[<int> y[lane] * <Py_ssize_t> work.stride + <int> x[lane] + lane]
    return rise_at(work, f32_load(heights), top.x, top.y, found)


cdef inline f32xN rise_over_block(
    const LegsWorkspace* work, const float* z, const RiseBound* bound, int m, f32xN found
) noexcept nogil:
    """Raise what was found to the exact rise of a block above the planes of all headings."""
    cdef f32xN none = f32_splat(<float> -3e38), c, x, y, west, east, low, high, left, step
    cdef f32xN south_west = none, south_east = none, north_west = none, north_east = none
    cdef f32xN rounding = bound.rounding + bound.rounding
    cdef float half = <float> 0.5 * (work.side - 1), per = <float> 1 / max(work.side - 1, 1)
    cdef float first_x = work.centres[2 * m] - half, first_y = work.centres[2 * m + 1] - half
    cdef float last_x = first_x + 2 * half, last_y = first_y + 2 * half, share
    cdef const int* run
    cdef const float* cell
    cdef int n, r, t
    for n in range(2 * work.headings):
        c = -f32_load(work.height + (n >> 1) * F32_LANES)
        x = f32_load(work.tilt_x + n * F32_LANES)
        y = f32_load(work.tilt_y + n * F32_LANES)
        west = x * f32_splat(first_x)
        east = x * f32_splat(last_x)
        low = c - y * f32_splat(first_y)
        high = c - y * f32_splat(last_y)
        south_west = f32_max(south_west, low - west)
        south_east = f32_max(south_east, low - east)
        north_west = f32_max(north_west, high - west)
        north_east = f32_max(north_east, high - east)
    for r in range(work.blocks[4 * m + 2], work.blocks[4 * m + 3]):
        run = work.runs + 3 * r
        share = (run[0] - first_y) * per
        left = south_west + (north_west - south_west) * f32_splat(share)
        step = south_east + (north_east - south_east) * f32_splat(share)
        step = (step - left) * f32_splat(per)
        left = left + step * f32_splat(run[1] - first_x) + rounding
        cell = z + run[0] * work.stride + run[1]
        for t in range(run[2]):
            x = f32_load(cell + t)
            if f32_any_above(x + left, found):
                found = rise_at(work, x, f32_splat(run[1] + t), f32_splat(run[0]), found)
            left = left + step
    return found


cdef inline int gather_blocks_above(LegsWorkspace* work, f32xN found) noexcept nogil:
    """Put first the kept blocks whose ground may come above what was found; return how many."""
    cdef int n, m, above = 0
    for n in range(work.kept_count):
        m = work.kept[n]
        if f32_any_above(f32_load(work.tops + m * F32_LANES), found):
            work.kept[n] = work.kept[above]
            work.kept[above] = m
            above += 1
    return above


cdef inline f32xN worst_rise(
    LegsWorkspace* work, const Group* group, const RiseBound* bound, float under
) noexcept nogil:
    """Find the rise at the worst heading: exact where above `under`, else that.

    The blocks left are those that may come above `under` at some heading.
    """
    cdef Envelope envelope
    cdef TopCell top
    cdef const float* z = work.z + group.at
    cdef int n
    cdef f32xN found = f32_select(
        bound.active, f32_splat(0), f32_splat(under), f32_splat(<float> 3e38))
    find_envelope(work, bound, &envelope)
    keep_blocks_under_envelope(work, group, bound, &envelope, found)
    if work.kept_count == 0:
        return found
    find_tops(work, z, bound, &envelope, &top)
    work.kept_count = gather_blocks_above(work, found)
    if work.kept_count == 0:
        return found
    found = rise_at_tops(work, z, &top, found)
    for n in range(work.kept_count):
        if f32_any_above(f32_load(work.tops + work.kept[n] * F32_LANES), found):
            found = rise_over_block(work, z, bound, work.kept[n], found)
    return found
