# The planes that the legs rest on, heading by heading.

cdef struct Group:
    Py_ssize_t at           # first site, in the buffers
    unsigned char idle[16]  # lanes without a wanted site
    float middle_x[16]      # of the g of all headings [m/cell]
    float middle_y[16]
    float spread_x[16]      # greatest |g - middle|
    float spread_y[16]
    float lowest[16]        # least c [m]
    float steepest[16]      # tan^2 of all headings
    float flattest[16]
    float flattest_at[16]   # its heading
    float slope_worst[16]   # [deg]
    float slope_best[16]
    float heading_best[16]
    float rise_worst[16]    # [m]
    float rise_best[16]


cdef struct View:           # of one group's blocks
    Floats awake            # 1 in the lanes of wanted sites, 0 elsewhere
    Floats middle_x         # as of the group
    Floats middle_y
    Floats spread_x
    Floats spread_y
    Floats lowest
    Floats top              # bound on max (z - middle . q)
    Floats sure             # height of the highest whole block, and its middle
    Floats place_x
    Floats place_y
    Floats rounding         # of a height above the middle plane
    Floats most             # bound on the rise at any heading


cdef inline void copy_heights(const Stand* stand, const float* level) noexcept nogil:
    """Copy the heights between the margins."""
    cdef int i, j
    cdef float* out
    for i in range(stand.rows):
        out = stand.z + (i + stand.margin) * <Py_ssize_t> stand.stride + stand.margin
        for j in range(stand.cols):
            out[j] = level[i * <Py_ssize_t> stand.cols + j]


cdef inline void raise_pads(const Stand* stand, const int* chords, int n) noexcept nogil:
    """Highest ground under a pad at every place."""
    cdef int i, j, g, m, t
    cdef const float* z
    cdef Floats top
    for i in range(stand.rows):
        for g in range((stand.cols + LANES - 1) // LANES):
            j = g * LANES
            z = stand.z + (i + stand.margin) * <Py_ssize_t> stand.stride + j + stand.margin
            top = lanes_load(z)
            for m in range(n):
                for t in range(chords[2 * m + 1]):
                    top = lanes_max(top, lanes_load(z + chords[2 * m] + t))
            lanes_store(stand.pads + (z - stand.z), top)


cdef inline void raise_blocks(const Stand* stand) noexcept nogil:
    """Highest ground of the square of cells that starts at every place: doubled and doubled."""
    cdef Py_ssize_t n = (stand.rows + 2 * stand.margin) * <Py_ssize_t> stand.stride, k, step
    cdef Py_ssize_t reach, g
    cdef int side = 1
    cdef float* high = stand.blocks_high
    cdef Floats across
    for k in range(n):
        high[k] = stand.z[k]
    while side < stand.side:
        step = side * <Py_ssize_t> stand.stride
        # In place: what lies ahead has not been doubled yet, for k only grows.
        reach = n - step - side - LANES
        for g in range((reach + LANES - 1) // LANES):
            k = g * LANES
            across = lanes_max(lanes_load(high + k), lanes_load(high + k + side))
            across = lanes_max(across, lanes_load(high + k + step))
            lanes_store(high + k, lanes_max(across, lanes_load(high + k + step + side)))
        side = 2 * side


cdef inline void lean(
    const Stand* stand, int k, int pair, const Floats* h,
    Floats* c, Floats* x1, Floats* y1, Floats* x2, Floats* y2,
) noexcept nogil:
    """Planes on an opposite pair, leaning to the one side and to the other."""
    cdef const float* along = stand.pair_along + 2 * (k * stand.pairs + pair)
    cdef const float* across = stand.pair_across + 2 * (k * stand.pairs + pair)
    cdef const float* other = stand.pair_others + 4 * stand.legs * (k * stand.pairs + pair)
    cdef int i, a = stand.pair_pads[2 * pair], b = stand.pair_pads[2 * pair + 1]
    cdef Floats x, y, t, low, high, difference = h[a] - h[b]
    c[0] = (h[a] + h[b]) * lanes_all(0.5)
    x = difference * lanes_all(along[0])
    y = difference * lanes_all(along[1])
    low = lanes_all(<float> -3e38)
    high = lanes_all(<float> 3e38)
    for i in range(stand.legs):
        if other[0] != 0:
            t = h[i] - c[0] - (x * lanes_all(other[2]) + y * lanes_all(other[3]))
            t = t * lanes_all(other[1])
            if other[0] > 0:
                low = lanes_max(low, t)
            else:
                high = lanes_min(high, t)
        other += 4
    x1[0] = x + low * lanes_all(across[0])
    y1[0] = y + low * lanes_all(across[1])
    x2[0] = x + high * lanes_all(across[0])
    y2[0] = y + high * lanes_all(across[1])


cdef struct Range:          # of the planes of all headings
    Floats low_x            # g [m/cell]
    Floats low_y
    Floats high_x
    Floats high_y
    Floats lowest           # c [m]
    Floats steepest         # tan^2
    Floats flattest
    Floats flattest_at


cdef inline void begin(Range* seen) noexcept nogil:
    """No heading yet."""
    cdef Floats most = lanes_all(<float> 3e38)
    seen.low_x = most
    seen.low_y = most
    seen.high_x = -most
    seen.high_y = -most
    seen.lowest = most
    seen.steepest = lanes_all(0)
    seen.flattest = most
    seen.flattest_at = lanes_all(0)


cdef inline void note(
    const Stand* stand, Range* seen, int k, Floats c, Floats x1, Floats y1, Floats x2, Floats y2
) noexcept nogil:
    """Keep the planes of heading k, and widen the range by them."""
    cdef Floats per_x = lanes_all(1 / stand.cell_x), per_y = lanes_all(1 / stand.cell_y), steep
    lanes_store(stand.height + k * LANES, c)
    lanes_store(stand.tilt_x + 2 * k * LANES, x1)
    lanes_store(stand.tilt_y + 2 * k * LANES, y1)
    lanes_store(stand.tilt_x + (2 * k + 1) * LANES, x2)
    lanes_store(stand.tilt_y + (2 * k + 1) * LANES, y2)
    seen.low_x = lanes_min(seen.low_x, lanes_min(x1, x2))
    seen.low_y = lanes_min(seen.low_y, lanes_min(y1, y2))
    seen.high_x = lanes_max(seen.high_x, lanes_max(x1, x2))
    seen.high_y = lanes_max(seen.high_y, lanes_max(y1, y2))
    seen.lowest = lanes_min(seen.lowest, c)
    x1 = x1 * per_x
    y1 = y1 * per_y
    x2 = x2 * per_x
    y2 = y2 * per_y
    steep = lanes_max(x1 * x1 + y1 * y1, x2 * x2 + y2 * y2)
    lanes_store(stand.steepness + k * LANES, steep)
    seen.steepest = lanes_max(seen.steepest, steep)
    seen.flattest_at = lanes_pick(
        seen.flattest, steep, lanes_all(stand.numbers[k]), seen.flattest_at)
    seen.flattest = lanes_min(seen.flattest, steep)


cdef inline void gather(const Range* seen, Group* group) noexcept nogil:
    """Leave the range with the group."""
    lanes_store(group.middle_x, (seen.low_x + seen.high_x) * lanes_all(0.5))
    lanes_store(group.middle_y, (seen.low_y + seen.high_y) * lanes_all(0.5))
    lanes_store(group.spread_x, (seen.high_x - seen.low_x) * lanes_all(<float> 0.500001))
    lanes_store(group.spread_y, (seen.high_y - seen.low_y) * lanes_all(<float> 0.500001))
    lanes_store(group.lowest, seen.lowest)
    lanes_store(group.steepest, seen.steepest)
    lanes_store(group.flattest, seen.flattest)
    lanes_store(group.flattest_at, seen.flattest_at)


cdef inline void rest_on_four(const Stand* stand, Group* group) noexcept nogil:
    """Find c, g and the slope of every heading of four legs.

    With a = (h_0 - h_2) / 2, b = (h_1 - h_3) / 2 and d half the sum h_0 + h_2 less that of the
    other pair, in the dual basis q of p_0 and p_1,

        g = a q_0 + b q_1 -+ d q_1 where d > 0: the first pair carries, or -+ d q_0: the second.
    """
    cdef Range seen
    cdef Floats h0, h1, h2, h3, a, b, d, one, other, x, y, u, v
    cdef Floats x0, y0, x1, y1, half = lanes_all(0.5)
    cdef int k
    cdef const int* offset = stand.pad_offsets
    cdef const float* q = stand.crosses
    cdef const float* pads = stand.pads + group.at
    begin(&seen)
    for k in range(stand.headings):
        h0 = lanes_load(pads + offset[0])
        h1 = lanes_load(pads + offset[1])
        h2 = lanes_load(pads + offset[2])
        h3 = lanes_load(pads + offset[3])
        x0 = lanes_all(q[0])
        y0 = lanes_all(q[1])
        x1 = lanes_all(q[2])
        y1 = lanes_all(q[3])
        one = h0 + h2
        other = h1 + h3
        a = h0 - h2
        b = h1 - h3
        d = one - other
        x = a * x0 + b * x1
        y = a * y0 + b * y1
        u = d * lanes_pick(one, other, x1, x0)
        v = d * lanes_pick(one, other, y1, y0)
        note(stand, &seen, k, lanes_max(one, other) * half, x - u, y - v, x + u, y + v)
        offset += 4
        q += 4
    gather(&seen, group)


cdef inline void rest(const Stand* stand, Group* group) noexcept nogil:
    """Find c, g and the slope of every heading."""
    cdef Range seen
    cdef Floats h[LEGS]
    cdef Floats best, c, x, y, u, v, x1, y1, x2, y2
    cdef int k, i, s
    cdef const int* offset = stand.pad_offsets
    cdef const int* pad
    cdef const float* w = stand.triple_weights
    begin(&seen)
    for k in range(stand.headings):
        for i in range(stand.legs):
            h[i] = lanes_load(stand.pads + group.at + offset[i])
        offset += stand.legs
        best = lanes_all(<float> -3e38)
        x1 = lanes_all(0)
        y1 = lanes_all(0)
        x2 = lanes_all(0)
        y2 = lanes_all(0)
        pad = stand.triple_pads
        for s in range(stand.triples):
            c = h[pad[0]] * lanes_all(w[0]) + h[pad[1]] * lanes_all(w[1]) \
                + h[pad[2]] * lanes_all(w[2])
            x = h[pad[0]] * lanes_all(w[3]) + h[pad[1]] * lanes_all(w[4]) \
                + h[pad[2]] * lanes_all(w[5])
            y = h[pad[0]] * lanes_all(w[6]) + h[pad[1]] * lanes_all(w[7]) \
                + h[pad[2]] * lanes_all(w[8])
            x1 = lanes_pick(c, best, x, x1)
            y1 = lanes_pick(c, best, y, y1)
            best = lanes_max(best, c)
            pad += 3
            w += 9
        x2 = x1
        y2 = y1
        for s in range(stand.pairs):
            lean(stand, k, s, h, &c, &x, &y, &u, &v)
            x1 = lanes_pick(c, best, x, x1)
            y1 = lanes_pick(c, best, y, y1)
            x2 = lanes_pick(c, best, u, x2)
            y2 = lanes_pick(c, best, v, y2)
            best = lanes_max(best, c)
        note(stand, &seen, k, best, x1, y1, x2, y2)
    gather(&seen, group)
