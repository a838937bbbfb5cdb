# The greatest deviation from the plane: blocks bounded first, looked into where undecided.

cdef inline void shear(const Disc* disc, Tile* tile) noexcept nogil:
    """Take the middle slopes of the tile off the heights around it."""
    cdef float low_x = 3e38, high_x = -3e38, low_y = 3e38, high_y = -3e38, a, b, reach
    cdef int r, k, g, y, x
    cdef const float* source
    cdef float* out
    cdef int up = (disc.bands * BLOCK - TILE) // 2
    cdef int aside = disc.columns * BLOCK // 2
    cdef Floats drop
    for r in range(tile.rows):
        for k in range(tile.cols):
            if tile.whole[r * TILE + k]:
                a = tile.slope_x[r * TILE + k]
                b = tile.slope_y[r * TILE + k]
                low_x = min(low_x, a)
                high_x = max(high_x, a)
                low_y = min(low_y, b)
                high_y = max(high_y, b)
    a = <float> 0.5 * (low_x + high_x)
    b = <float> 0.5 * (low_y + high_y)
    tile.shear_x = a
    tile.shear_y = b
    reach = <float> disc.relief_m + (fabsf(a) + high_x - low_x) * (aside + TILE) \
        + (fabsf(b) + high_y - low_y) * (up + TILE)
    # 16 roundings of the largest term, 2^-24 each, doubled; above 0 for flat ground's sake.
    tile.rounding = <float> 2e-6 * reach + <float> 1e-9
    for x in range(TILE + 2 * aside + LANES):
        disc.ramp[x] = a * (x - aside)
    for y in range(disc.bands * BLOCK):
        source = disc.z + (tile.row + MARGIN - up + y) * disc.stride + tile.col + MARGIN - aside
        out = disc.sheared + y * disc.sheared_stride
        drop = lanes_all(b * (y - up))
        for g in range((TILE + 2 * aside + LANES - 1) // LANES):
            x = g * LANES
            lanes_store(out + x, lanes_load(source + x) - (lanes_load(disc.ramp + x) + drop))


cdef inline void bound_blocks(const Disc* disc, Tile* tile) noexcept nogil:
    """Highest and lowest sheared height of every block: bands of rows, then along them."""
    cdef int band, g, x, y, width = TILE + disc.columns * BLOCK
    cdef int stride = disc.sheared_stride
    cdef const float* rows
    cdef float* high
    cdef float* low
    cdef Floats top, bottom, v
    for band in range(disc.bands):
        rows = disc.sheared + band * BLOCK * disc.sheared_stride
        high = disc.band_high + band * disc.sheared_stride
        low = disc.band_low + band * disc.sheared_stride
        for g in range((width + LANES - 1) // LANES):
            x = g * LANES
            top = lanes_load(rows + x)
            bottom = top
            for y in range(1, BLOCK):
                v = lanes_load(rows + y * stride + x)
                top = lanes_max(top, v)
                bottom = lanes_min(bottom, v)
            lanes_store(high + x, top)
            lanes_store(low + x, bottom)
        for g in range((width - BLOCK + LANES - 1) // LANES):
            x = g * LANES
            top = lanes_load(high + x)
            bottom = lanes_load(low + x)
            for y in range(1, BLOCK):
                top = lanes_max(top, lanes_load(high + x + y))
                bottom = lanes_min(bottom, lanes_load(low + x + y))
            lanes_store(disc.block_high + band * disc.sheared_stride + x, top)
            lanes_store(disc.block_low + band * disc.sheared_stride + x, bottom)


cdef inline void look(
    const Disc* disc, const float* z, Floats b, int first, int last, Floats* high, Floats* low
) noexcept nogil:
    """Greatest and least z - a e - b d over some runs of cells, joined to what was found."""
    cdef const int* run = disc.runs + 3 * first
    cdef const float* cell
    cdef const float* across
    cdef Floats top, bottom, v, along
    cdef int m, t
    for m in range(first, last):
        cell = z + run[0] * disc.stride + run[1]
        across = disc.across + (run[1] + disc.reach_x) * LANES
        along = b * lanes_all(run[0])
        top = lanes_load(cell) - lanes_load(across)
        bottom = top
        if run[2] == BLOCK:
            for t in range(1, BLOCK):
                v = lanes_load(cell + t) - lanes_load(across + t * LANES)
                top = lanes_max(top, v)
                bottom = lanes_min(bottom, v)
        high[0] = lanes_max(high[0], top - along)
        low[0] = lanes_min(low[0], bottom - along)
        run += 3


cdef inline void settle(Floats least, Floats most, float limit, float* out) noexcept nogil:
    """Replace what was not looked at closely by its bound on the same side of the limit."""
    cdef float low[16]
    cdef float high[16]
    cdef int lane
    lanes_store(low, least)
    lanes_store(high, most)
    for lane in range(LANES):
        if low[lane] > limit:
            out[lane] = low[lane]
        elif high[lane] <= limit:
            out[lane] = high[lane]
        elif not out[lane] > limit or out[lane] > <float> 1e38:
            out[lane] = limit


cdef inline void write_deviations(
    const Disc* disc, Tile* tile, float limit, float* roughness_m
) noexcept nogil:
    """Bound every block, then look into those that may hold the greatest deviation."""
    cdef int r, g, k, m, lane, n, first, last, aside = disc.columns * BLOCK // 2
    cdef float out[16]
    cdef float ramp[16]
    cdef float idle[16]
    cdef float decided[16]
    cdef const int* block
    cdef Floats a, b, c, tilt_x, tilt_y, base, band_base, slack, v, least, most, need
    cdef Floats high, low, verdict
    cdef float* bounds = disc.bounds
    cdef float* across = disc.across
    cdef const float* z
    cdef float* row
    cdef float half = (BLOCK - 1) * <float> 0.5
    cdef int band
    cdef const float* tops
    cdef const float* bottoms
    for r in range(tile.rows):
        row = roughness_m + (tile.row + r) * <Py_ssize_t> disc.cols + tile.col
        first = disc.phases[r % BLOCK]
        last = disc.phases[r % BLOCK + 1]
        for g in range((tile.cols + LANES - 1) // LANES):
            k = g * LANES
            m = r * TILE + k
            n = 0
            for lane in range(LANES):
                n += tile.whole[m + lane]
                idle[lane] = <float> (-3e38 if tile.whole[m + lane] else 3e38)
                ramp[lane] = tile.shear_x * (k + lane) + tile.shear_y * r
            if n == 0:
                continue
            a = lanes_load(&tile.slope_x[m])
            b = lanes_load(&tile.slope_y[m])
            c = lanes_load(&tile.mean[m])
            tilt_x = a - lanes_all(tile.shear_x)
            tilt_y = b - lanes_all(tile.shear_y)
            slack = (lanes_abs(tilt_x) + lanes_abs(tilt_y)) * lanes_all(half)
            slack = slack + lanes_all(tile.rounding)
            base = c - lanes_load(ramp)
            least = lanes_all(0)
            most = lanes_all(0)
            band = -1
            tops = disc.block_high
            bottoms = disc.block_low
            band_base = base
            for m in range(first, last):
                block = disc.blocks + 6 * m
                if block[0] != band:
                    band = block[0]
                    band_base = base + tilt_y * lanes_all(block[5] + half)
                    tops = disc.block_high + (r // BLOCK + band) * disc.sheared_stride + aside + k
                    bottoms = disc.block_low + (tops - disc.block_high)
                v = band_base + tilt_x * lanes_all(block[1] + half)
                v = lanes_max(lanes_load(tops + block[1]) - v, v - lanes_load(bottoms + block[1]))
                lanes_store(bounds + (m - first) * LANES, v)
                most = lanes_max(most, v)
                if block[2]:
                    least = lanes_max(least, v)
            least = lanes_max(least - slack, lanes_all(0))
            most = most + slack
            need = least
            if limit >= 0:
                # Only undecided sites look closer, and only where the limit may be passed.
                lanes_store(out, least)
                lanes_store(decided, most)
                for lane in range(LANES):
                    if out[lane] > limit or decided[lane] <= limit:
                        idle[lane] = <float> 3e38
                need = lanes_max(need, lanes_all(limit))
            need = lanes_max(need - slack, lanes_load(idle))
            z = disc.z + (tile.row + r + MARGIN) * disc.stride + tile.col + k + MARGIN
            high = lanes_all(<float> -3e38)
            low = lanes_all(<float> 3e38)
            for m in range(-disc.reach_x, disc.reach_x + 1):
                lanes_store(across + (m + disc.reach_x) * LANES, a * lanes_all(m))
            for m in range(first, last):
                if lanes_any_above(lanes_load(bounds + (m - first) * LANES), need):
                    block = disc.blocks + 6 * m
                    look(disc, z, b, block[3], block[4], &high, &low)
                    need = lanes_max(need, lanes_max(high - c, c - low) - slack)
            verdict = lanes_abs(lanes_max(high - c, c - low))
            lanes_store(out, verdict)
            if limit >= 0:
                settle(least, most, limit, out)
            for lane in range(min(<int> LANES, tile.cols - k)):
                if tile.whole[r * TILE + k + lane]:
                    row[k + lane] = out[lane]
