# The support planes of the legs, heading by heading.

cdef struct Group:
    Py_ssize_t at           # first site, in the buffers
    unsigned char inactive[16]  # lanes without a wanted site
    float middle_x[16]      # of the g of all headings [m/cell]
    float middle_y[16]
    float spread_x[16]      # greatest |g - middle|
    float spread_y[16]
    float lowest[16]        # least c [m]
    float steepest[16]      # tan^2 of all headings
    float flattest[16]
    float flattest_at[16]   # its heading, counted from 0
    float slope_worst[16]   # [deg]
    float slope_best[16]
    float heading_best[16]
    float rise_worst[16]    # [m]
    float rise_best[16]


cdef struct Planes:         # the two that one heading may rest on
    f32xN c                 # [m]
    f32xN x[2]              # g [m/cell]
    f32xN y[2]


cdef struct RiseBound:      # of one group of sites
    f32xN active            # mask: 1 in the lanes of wanted sites, 0 elsewhere
    f32xN middle_x          # as of the group
    f32xN middle_y
    f32xN spread_x
    f32xN spread_y
    f32xN lowest
    f32xN upper             # bound on max (z - middle . q)
    f32xN whole_high        # height of the highest whole block, and its middle
    f32xN whole_x
    f32xN whole_y
    f32xN rounding          # of a height above the middle plane
    f32xN greatest          # bound on the rise at any heading


cdef inline void copy_heights(const LegsWorkspace* work, const float* level) noexcept nogil:
    """Copy the heights between the margins."""
    cdef int i, j
    cdef float* out
    for i in range(work.rows):
        out = work.z + (i + work.margin) * <Py_ssize_t> work.stride + work.margin
        for j in range(work.cols):
            out[j] = level[i * <Py_ssize_t> work.cols + j]


cdef inline void find_pad_heights(
    const LegsWorkspace* work, const int* chords, int n
) noexcept nogil:
    """Find the highest ground under a pad at every place."""
    cdef int i, j, g, m, t
    cdef const float* z
    cdef f32xN top
    for i in range(work.rows):
        for g in range((work.cols + F32_LANES - 1) // F32_LANES):
            j = g * F32_LANES
            z = work.z + (i + work.margin) * <Py_ssize_t> work.stride + j + work.margin
            top = f32_load(z)
            for m in range(n):
                for t in range(chords[2 * m + 1]):
                    top = f32_max(top, f32_load(z + chords[2 * m] + t))
            f32_store(work.pads + (z - work.z), top)


cdef inline void find_block_heights(const LegsWorkspace* work) noexcept nogil:
    """Find the highest ground of block and half block that start at every place: side 1, 2 ..."""
    cdef Py_ssize_t n = (work.rows + 2 * work.margin) * <Py_ssize_t> work.stride, k, step
    cdef Py_ssize_t reach, g
    cdef int side = 1
    cdef float* high = work.blocks_high
    cdef f32xN across
    for k in range(n):
        high[k] = work.z[k]
    while side < work.side:
        if 2 * side == work.side:
            for k in range(n):
                work.halves_high[k] = high[k]
        step = side * <Py_ssize_t> work.stride
        # In place: what lies ahead has not been doubled yet, for k only grows.
        reach = n - step - side - F32_LANES
        for g in range((reach + F32_LANES - 1) // F32_LANES):
            k = g * F32_LANES
            across = f32_max(f32_load(high + k), f32_load(high + k + side))
            across = f32_max(across, f32_load(high + k + step))
            f32_store(high + k, f32_max(across, f32_load(high + k + step + side)))
        side = 2 * side


cdef inline void planes_on_pair(
    const LegsWorkspace* work, int k, int pair, const f32xN* h, Planes* planes
) noexcept nogil:
    """Find the planes on an opposite pair of pads, leaning to one side and to the other."""
    cdef const float* along = work.pair_along + 2 * (k * work.pairs + pair)
    cdef const float* across = work.pair_across + 2 * (k * work.pairs + pair)
    cdef const float* other = work.pair_others + 4 * work.legs * (k * work.pairs + pair)
    cdef int i, a = work.pair_pads[2 * pair], b = work.pair_pads[2 * pair + 1]
    cdef f32xN x, y, t, low, high, difference = h[a] - h[b]
    planes.c = (h[a] + h[b]) * f32_splat(0.5)
    x = difference * f32_splat(along[0])
    y = difference * f32_splat(along[1])
    low = f32_splat(<float> -3e38)
    high = f32_splat(<float> 3e38)
    for i in range(work.legs):
        if other[0] != 0:
            t = h[i] - planes.c - (x * f32_splat(other[2]) + y * f32_splat(other[3]))
            t = t * f32_splat(other[1])
            if other[0] > 0:
                low = f32_max(low, t)
            else:
                high = f32_min(high, t)
        other += 4
    planes.x[0] = x + low * f32_splat(across[0])
    planes.y[0] = y + low * f32_splat(across[1])
    planes.x[1] = x + high * f32_splat(across[0])
    planes.y[1] = y + high * f32_splat(across[1])


cdef struct PlaneRange:          # of the planes of all headings
    f32xN low_x             # g [m/cell]
    f32xN low_y
    f32xN high_x
    f32xN high_y
    f32xN lowest            # c [m]
    f32xN steepest          # tan^2
    f32xN flattest
    f32xN flattest_at


cdef inline void reset_range(PlaneRange* span) noexcept nogil:
    """Begin without a heading."""
    cdef f32xN most = f32_splat(<float> 3e38)
    span.low_x = most
    span.low_y = most
    span.high_x = -most
    span.high_y = -most
    span.lowest = most
    span.steepest = f32_splat(0)
    span.flattest = most
    span.flattest_at = f32_splat(0)


cdef inline void add_heading(
    const LegsWorkspace* work, PlaneRange* span, int k, const Planes* planes
) noexcept nogil:
    """Keep the planes of heading k, and widen the range by them."""
    cdef f32xN per_x = f32_splat(1 / work.cell_x), per_y = f32_splat(1 / work.cell_y), steep
    cdef f32xN x1 = planes.x[0], y1 = planes.y[0], x2 = planes.x[1], y2 = planes.y[1]
    f32_store(work.height + k * F32_LANES, planes.c)
    f32_store(work.tilt_x + 2 * k * F32_LANES, x1)
    f32_store(work.tilt_y + 2 * k * F32_LANES, y1)
    f32_store(work.tilt_x + (2 * k + 1) * F32_LANES, x2)
    f32_store(work.tilt_y + (2 * k + 1) * F32_LANES, y2)
    span.low_x = f32_min(span.low_x, f32_min(x1, x2))
    span.low_y = f32_min(span.low_y, f32_min(y1, y2))
    span.high_x = f32_max(span.high_x, f32_max(x1, x2))
    span.high_y = f32_max(span.high_y, f32_max(y1, y2))
    span.lowest = f32_min(span.lowest, planes.c)
    x1 = x1 * per_x
    y1 = y1 * per_y
    x2 = x2 * per_x
    y2 = y2 * per_y
    steep = f32_max(x1 * x1 + y1 * y1, x2 * x2 + y2 * y2)
    f32_store(work.steepness + k * F32_LANES, steep)
    span.steepest = f32_max(span.steepest, steep)
    span.flattest_at = f32_select(span.flattest, steep, f32_splat(k), span.flattest_at)
    span.flattest = f32_min(span.flattest, steep)


cdef inline void store_range(const PlaneRange* span, Group* group) noexcept nogil:
    """Store the range with the group."""
    f32_store(group.middle_x, (span.low_x + span.high_x) * f32_splat(0.5))
    f32_store(group.middle_y, (span.low_y + span.high_y) * f32_splat(0.5))
    f32_store(group.spread_x, (span.high_x - span.low_x) * f32_splat(<float> 0.500001))
    f32_store(group.spread_y, (span.high_y - span.low_y) * f32_splat(<float> 0.500001))
    f32_store(group.lowest, span.lowest)
    f32_store(group.steepest, span.steepest)
    f32_store(group.flattest, span.flattest)
    f32_store(group.flattest_at, span.flattest_at)


cdef inline void support_planes_on_four(
    const LegsWorkspace* work, Group* group
) noexcept nogil:
    """Find c, g and the slope of every heading of four legs.

    With a = h_0 - h_2, b = h_1 - h_3 and d = (h_0 + h_2) - (h_1 + h_3), and with half the dual
    basis of p_0 and p_1, n_0 and n_1 (`crosses`),

        g = a n_0 + b n_1 -+ d n_1 where d > 0: the first pair carries, or -+ d n_0: the second.
    """
    cdef PlaneRange span
    cdef Planes planes
    cdef f32xN h0, h1, h2, h3, a, b, d, one, other, x, y, u, v
    cdef f32xN x0, y0, x1, y1, half = f32_splat(0.5)
    cdef int k
    cdef const int* offset = work.pad_offsets
    cdef const float* q = work.crosses
    cdef const float* pads = work.pads + group.at
    reset_range(&span)
    for k in range(work.headings):
        h0 = f32_load(pads + offset[0])
        h1 = f32_load(pads + offset[1])
        h2 = f32_load(pads + offset[2])
        h3 = f32_load(pads + offset[3])
        x0 = f32_splat(q[0])
        y0 = f32_splat(q[1])
        x1 = f32_splat(q[2])
        y1 = f32_splat(q[3])
        one = h0 + h2
        other = h1 + h3
        a = h0 - h2
        b = h1 - h3
        d = one - other
        x = a * x0 + b * x1
        y = a * y0 + b * y1
        u = d * f32_select(one, other, x1, x0)
        v = d * f32_select(one, other, y1, y0)
        planes.c = f32_max(one, other) * half
        planes.x[0] = x - u
        planes.y[0] = y - v
        planes.x[1] = x + u
        planes.y[1] = y + v
        add_heading(work, &span, k, &planes)
        offset += 4
        q += 4
    store_range(&span, group)


cdef inline void support_planes(const LegsWorkspace* work, Group* group) noexcept nogil:
    """Find c, g and the slope of every heading."""
    cdef PlaneRange span
    cdef Planes best, planes
    cdef f32xN h[LEGS]
    cdef int k, i, s
    cdef const int* offset = work.pad_offsets
    cdef const int* pad
    cdef const float* w = work.triple_weights
    reset_range(&span)
    for k in range(work.headings):
        for i in range(work.legs):
            h[i] = f32_load(work.pads + group.at + offset[i])
        offset += work.legs
        best.c = f32_splat(<float> -3e38)
        best.x[0] = f32_splat(0)
        best.y[0] = f32_splat(0)
        pad = work.triple_pads
        for s in range(work.triples):
            planes.c = h[pad[0]] * f32_splat(w[0]) + h[pad[1]] * f32_splat(w[1]) \
                + h[pad[2]] * f32_splat(w[2])
            planes.x[0] = h[pad[0]] * f32_splat(w[3]) + h[pad[1]] * f32_splat(w[4]) \
                + h[pad[2]] * f32_splat(w[5])
            planes.y[0] = h[pad[0]] * f32_splat(w[6]) + h[pad[1]] * f32_splat(w[7]) \
                + h[pad[2]] * f32_splat(w[8])
            best.x[0] = f32_select(planes.c, best.c, planes.x[0], best.x[0])
            best.y[0] = f32_select(planes.c, best.c, planes.y[0], best.y[0])
            best.c = f32_max(best.c, planes.c)
            pad += 3
            w += 9
        # On three pads there is one plane.
        best.x[1] = best.x[0]
        best.y[1] = best.y[0]
        for s in range(work.pairs):
            planes_on_pair(work, k, s, h, &planes)
            for i in range(2):
                best.x[i] = f32_select(planes.c, best.c, planes.x[i], best.x[i])
                best.y[i] = f32_select(planes.c, best.c, planes.y[i], best.y[i])
            best.c = f32_max(best.c, planes.c)
        add_heading(work, &span, k, &best)
    store_range(&span, group)
