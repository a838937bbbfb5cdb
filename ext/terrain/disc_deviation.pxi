# The greatest deviation from the plane: blocks bounded first, scanned where undecided.
#
# A group is as many neighbouring sites of a row as there are lanes. Its mask `closed` holds, for a
# lane, what a block's bound must exceed for the block to be scanned: 3e38, which none does, where
# the footprint is not whole or the bounds lie on one side of the limit; -3e38, which all do,
# elsewhere. A block is scanned where its bound is high enough for any lane.

cdef inline void shear(const Disc* disc, Tile* tile) noexcept nogil:
    """Take the middle slopes of the tile off the heights around it."""
    cdef float low_x = 3e38, high_x = -3e38, low_y = 3e38, high_y = -3e38, a, b, reach
    cdef int r, k, g, y, x
    cdef const float* source
    cdef float* out
    cdef int up = (disc.bands * BLOCK - TILE) // 2
    cdef int aside = disc.columns * BLOCK // 2
    cdef f32xN drop
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
    for x in range(TILE + 2 * aside + F32_LANES):
        disc.ramp[x] = a * (x - aside)
    for y in range(disc.bands * BLOCK):
        source = disc.z + (tile.row + MARGIN - up + y) * disc.stride + tile.col + MARGIN - aside
        out = disc.sheared + y * disc.sheared_stride
        drop = f32_splat(b * (y - up))
        for g in range((TILE + 2 * aside + F32_LANES - 1) // F32_LANES):
            x = g * F32_LANES
            f32_store(out + x, f32_load(source + x) - (f32_load(disc.ramp + x) + drop))


cdef inline void bound_blocks(const Disc* disc) noexcept nogil:
    """Highest and lowest sheared height of every block: bands of rows, then along them."""
    cdef int band, g, x, y, width = TILE + disc.columns * BLOCK
    cdef int stride = disc.sheared_stride
    cdef const float* rows
    cdef float* high
    cdef float* low
    cdef f32xN top, bottom, v
    for band in range(disc.bands):
        rows = disc.sheared + band * BLOCK * disc.sheared_stride
        high = disc.band_high + band * disc.sheared_stride
        low = disc.band_low + band * disc.sheared_stride
        for g in range((width + F32_LANES - 1) // F32_LANES):
            x = g * F32_LANES
            top = f32_load(rows + x)
            bottom = top
            for y in range(1, BLOCK):
                v = f32_load(rows + y * stride + x)
                top = f32_max(top, v)
                bottom = f32_min(bottom, v)
            f32_store(high + x, top)
            f32_store(low + x, bottom)
        for g in range((width - BLOCK + F32_LANES - 1) // F32_LANES):
            x = g * F32_LANES
            top = f32_load(high + x)
            bottom = f32_load(low + x)
            for y in range(1, BLOCK):
                top = f32_max(top, f32_load(high + x + y))
                bottom = f32_min(bottom, f32_load(low + x + y))
            f32_store(disc.block_high + band * disc.sheared_stride + x, top)
            f32_store(disc.block_low + band * disc.sheared_stride + x, bottom)


cdef inline void scan_runs(
    const Disc* disc, const float* z, f32xN b, int first, int last, f32xN* high, f32xN* low
) noexcept nogil:
    """Find the greatest and least z - a e - b d over runs of cells, joined to what was found."""
    cdef const int* run = disc.runs + 3 * first
    cdef const float* cell
    cdef const float* across
    cdef f32xN top, bottom, v, along
    cdef int m, t
    for m in range(first, last):
        cell = z + run[0] * disc.stride + run[1]
        across = disc.across + (run[1] + disc.reach_x) * F32_LANES
        along = b * f32_splat(run[0])
        top = f32_load(cell) - f32_load(across)
        bottom = top
        if run[2] == BLOCK:
            for t in range(1, BLOCK):
                v = f32_load(cell + t) - f32_load(across + t * F32_LANES)
                top = f32_max(top, v)
                bottom = f32_min(bottom, v)
        high[0] = f32_max(high[0], top - along)
        low[0] = f32_min(low[0], bottom - along)
        run += 3


cdef struct SiteGroup:      # of one row of a tile
    int row                 # in the tile
    int col
    int first               # blocks of the footprint, first to last
    int last
    float closed[16]        # mask: 3e38 where no block needs to be scanned, -3e38 where it may
    f32xN a                 # plane of each site
    f32xN b
    f32xN c
    f32xN slack             # of a block's bound
    f32xN least             # bounds on the greatest deviation
    f32xN most


cdef inline bint load_group(const Disc* disc, const Tile* tile, SiteGroup* group) noexcept nogil:
    """Read the planes of a group's sites; return whether any footprint is whole."""
    cdef int lane, n = 0, m = group.row * TILE + group.col
    group.first = disc.phases[group.row % BLOCK]
    group.last = disc.phases[group.row % BLOCK + 1]
    for lane in range(F32_LANES):
        n += tile.whole[m + lane]
        group.closed[lane] = <float> (-3e38 if tile.whole[m + lane] else 3e38)
    group.a = f32_load(&tile.slope_x[m])
    group.b = f32_load(&tile.slope_y[m])
    group.c = f32_load(&tile.mean[m])
    return n > 0


cdef inline void bound_group(const Disc* disc, const Tile* tile, SiteGroup* group) noexcept nogil:
    """Bound the deviation of every block, and the greatest of all blocks from both sides.

        | max_block(z - plane) - v | <= slack = 3.5 (|a - a0| + |b - b0|) + rounding,
        v = H - c - (a - a0) e0 - (b - b0) d0,

    where H is the block's highest z - a0 e - b0 d, and likewise of the lowest.
    """
    cdef int lane, m, band = -1, k = group.col, r = group.row, aside = disc.columns * BLOCK // 2
    cdef float ramp[16]
    cdef float half = (BLOCK - 1) * <float> 0.5
    cdef float* bounds = disc.bounds
    cdef const float* tops = disc.block_high
    cdef const float* bottoms = disc.block_low
    cdef const int* block
    cdef f32xN tilt_x, tilt_y, base, band_base, v, least = f32_splat(0), most = f32_splat(0)
    tilt_x = group.a - f32_splat(tile.shear_x)
    tilt_y = group.b - f32_splat(tile.shear_y)
    group.slack = (f32_abs(tilt_x) + f32_abs(tilt_y)) * f32_splat(half)
    group.slack = group.slack + f32_splat(tile.rounding)
    for lane in range(F32_LANES):
        ramp[lane] = tile.shear_x * (k + lane) + tile.shear_y * r
    base = group.c - f32_load(ramp)
    band_base = base
    for m in range(group.first, group.last):
        block = disc.blocks + 6 * m
        if block[0] != band:
            band = block[0]
            band_base = base + tilt_y * f32_splat(block[5] + half)
            tops = disc.block_high + (r // BLOCK + band) * disc.sheared_stride + aside + k
            bottoms = disc.block_low + (tops - disc.block_high)
        v = band_base + tilt_x * f32_splat(block[1] + half)
        v = f32_max(f32_load(tops + block[1]) - v, v - f32_load(bottoms + block[1]))
        f32_store(bounds + (m - group.first) * F32_LANES, v)
        most = f32_max(most, v)
        if block[2]:
            least = f32_max(least, v)
    group.least = f32_max(least - group.slack, f32_splat(0))
    group.most = most + group.slack


cdef inline f32xN close_decided(SiteGroup* group, float limit) noexcept nogil:
    """Close the lanes that their bounds decide; return the thresholds of the blocks' bounds."""
    cdef float low[16]
    cdef float high[16]
    cdef int lane
    cdef f32xN need = group.least
    if limit >= 0:
        f32_store(low, group.least)
        f32_store(high, group.most)
        for lane in range(F32_LANES):
            if low[lane] > limit or high[lane] <= limit:
                group.closed[lane] = <float> 3e38
        need = f32_max(need, f32_splat(limit))
    return f32_max(need - group.slack, f32_load(group.closed))


cdef inline f32xN scan_blocks(
    const Disc* disc, const float* z, const SiteGroup* group, f32xN need
) noexcept nogil:
    """Return the greatest |z - plane| of the blocks that may exceed what was found before."""
    cdef int m
    cdef const int* block
    cdef const float* bounds = disc.bounds
    cdef f32xN high = f32_splat(<float> -3e38), low = f32_splat(<float> 3e38)
    for m in range(-disc.reach_x, disc.reach_x + 1):
        f32_store(disc.across + (m + disc.reach_x) * F32_LANES, group.a * f32_splat(m))
    for m in range(group.first, group.last):
        if f32_any_above(f32_load(bounds + (m - group.first) * F32_LANES), need):
            block = disc.blocks + 6 * m
            scan_runs(disc, z, group.b, block[3], block[4], &high, &low)
            need = f32_max(need, f32_max(high - group.c, group.c - low) - group.slack)
    return f32_abs(f32_max(high - group.c, group.c - low))


cdef inline void write_bounds(const SiteGroup* group, float limit, float* out) noexcept nogil:
    """Replace what was not scanned by its bound on the same side of the limit."""
    cdef float low[16]
    cdef float high[16]
    cdef int lane
    f32_store(low, group.least)
    f32_store(high, group.most)
    for lane in range(F32_LANES):
        if low[lane] > limit:
            out[lane] = low[lane]
        elif high[lane] <= limit:
            out[lane] = high[lane]
        elif not out[lane] > limit or out[lane] > <float> 1e38:
            out[lane] = limit


cdef inline void write_deviations(
    const Disc* disc, const Tile* tile, float limit, float* roughness_m
) noexcept nogil:
    """Write the greatest deviation of every site of a tile, or its bound (limit >= 0)."""
    cdef SiteGroup group
    cdef int r, g, k, lane
    cdef float out[16]
    cdef float* row
    cdef const float* z
    cdef f32xN need
    for r in range(tile.rows):
        row = roughness_m + (tile.row + r) * <Py_ssize_t> disc.cols + tile.col
        for g in range((tile.cols + F32_LANES - 1) // F32_LANES):
            k = g * F32_LANES
            group.row = r
            group.col = k
            if not load_group(disc, tile, &group):
                continue
            bound_group(disc, tile, &group)
            need = close_decided(&group, limit)
            z = disc.z + (tile.row + r + MARGIN) * disc.stride + tile.col + k + MARGIN
            f32_store(out, scan_blocks(disc, z, &group, need))
            if limit >= 0:
                write_bounds(&group, limit, out)
            for lane in range(min(<int> F32_LANES, tile.cols - k)):
                if tile.whole[r * TILE + k + lane]:
                    row[k + lane] = out[lane]
