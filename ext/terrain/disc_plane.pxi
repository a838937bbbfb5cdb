# The plane over the disc: prefix sums, exact modulo 2^32, and their differences chord by chord.

cdef inline void fill_prefix_sums(const Disc* disc, const float* level) noexcept nogil:
    """Copy the heights and fill P and Q, of heights in quanta."""
    cdef float steps = <float> (1.0 / disc.quantum_m)
    cdef unsigned int along
    cdef int i, j
    cdef const float* source
    cdef float* copy
    cdef unsigned int* by_row
    cdef unsigned int* above
    cdef unsigned int* below
    for i in range(disc.rows):
        source = level + i * <Py_ssize_t> disc.cols
        copy = disc.z + (i + MARGIN) * disc.stride + MARGIN
        by_row = disc.row_sums + i * disc.stride
        above = disc.col_sums + i * disc.stride
        below = disc.col_sums + (i + 1) * disc.stride
        for j in range(disc.cols):
            copy[j] = source[j]
            below[j] = above[j] + <unsigned int> <int> (source[j] * steps + <float> 0.5)
        along = 0
        for j in range(disc.cols):
            by_row[j] = along
            along += below[j] - above[j]
        by_row[disc.cols] = along


cdef inline void count_unseen(const Disc* disc, const unsigned char* unseen) noexcept nogil:
    """Fill the prefix counts of unseen cells along rows."""
    cdef unsigned int along
    cdef int i, j
    for i in range(disc.rows):
        along = 0
        for j in range(disc.cols):
            disc.unseen_sums[i * disc.stride + j] = along
            along += unseen[i * <Py_ssize_t> disc.cols + j]
        for j in range(disc.cols, disc.stride):
            disc.unseen_sums[i * disc.stride + j] = along


cdef inline bint has_unseen(const Disc* disc, const unsigned int* p) noexcept nogil:
    """Whether any chord of the footprint about p holds an unseen cell."""
    cdef const int* chord
    cdef int m
    for m in range(disc.reach_y):
        chord = disc.row_chords + 4 * m
        if p[chord[0]] != p[chord[1]] or p[chord[2]] != p[chord[3]]:
            return True
    return False


cdef inline bint find_whole(
    const Disc* disc, Tile* tile, unsigned char* footprint
) noexcept nogil:
    """Mark the sites whose footprint holds no unseen cell; whether there is any."""
    cdef int r, k, i, j
    cdef unsigned int holes = 0
    cdef const unsigned int* sums = disc.unseen_sums
    cdef bint any_whole = False
    cdef const unsigned int* p
    cdef int left = tile.col - disc.reach_x, right = tile.col + tile.cols + disc.reach_x
    for r in range(TILE * TILE):
        tile.whole[r] = r // TILE < tile.rows and r % TILE < tile.cols
    if disc.any_unseen:
        for r in range(tile.row - disc.reach_y, tile.row + tile.rows + disc.reach_y):
            holes += sums[r * disc.stride + right] - sums[r * disc.stride + left]
    for r in range(tile.rows):
        for k in range(tile.cols):
            i = tile.row + r
            j = tile.col + k
            if holes:
                p = sums + i * disc.stride + j
                if p[disc.reach_x + 1] != p[-disc.reach_x] or has_unseen(disc, p):
                    tile.whole[r * TILE + k] = 0
            footprint[i * <Py_ssize_t> disc.cols + j] = WHOLE if tile.whole[r * TILE + k] else HOLED
            any_whole |= tile.whole[r * TILE + k]
    return any_whole


cdef inline void fit_planes(const Disc* disc, Tile* tile) noexcept nogil:
    """Fit the least-squares plane of every site of a tile: c + a e + b d."""
    cdef u32xN total, centre, upper, lower, run_y, sum_y, run_x, sum_x
    cdef const unsigned int* p
    cdef const unsigned int* q
    cdef const int* chord
    cdef int r, g, k, m
    cdef int ny = disc.reach_y, nx = disc.reach_x
    cdef const int* row_chords = disc.row_chords
    cdef const int* col_chords = disc.col_chords
    cdef float per_cell = <float> (disc.quantum_m / disc.cells)
    cdef float per_x = <float> (disc.quantum_m / disc.sum_x2)
    cdef float per_y = <float> (disc.quantum_m / disc.sum_y2)
    cdef float quantum = <float> disc.quantum_m
    for r in range(tile.rows):
        for g in range(TILE // F32_LANES):
            k = g * F32_LANES
            p = disc.row_sums + (tile.row + r) * disc.stride + tile.col + k
            q = disc.col_sums + (tile.row + r) * disc.stride + tile.col + k
            total = u32_load(p + disc.reach_x + 1) - u32_load(p - disc.reach_x)
            run_y = u32_zero()
            sum_y = u32_zero()
            run_x = u32_zero()
            sum_x = u32_zero()
            for m in range(ny):     # outermost chord first
                chord = row_chords + 4 * m
                upper = u32_load(p + chord[0]) - u32_load(p + chord[1])
                lower = u32_load(p + chord[2]) - u32_load(p + chord[3])
                total = total + upper + lower
                run_y = run_y + upper - lower
                sum_y = sum_y + run_y
            for m in range(nx):
                chord = col_chords + 4 * m
                upper = u32_load(q + chord[0]) - u32_load(q + chord[1])
                lower = u32_load(q + chord[2]) - u32_load(q + chord[3])
                run_x = run_x + upper - lower
                sum_x = sum_x + run_x
            # The mean about the centre cell, so that no sum outgrows 2^31 by the map's relief.
            centre = u32_load(p + 1) - u32_load(p)
            total = total - centre * <unsigned int> disc.cells
            m = r * TILE + k
            f32_store(&tile.slope_x[m], f32_from_i32(sum_x) * f32_splat(per_x))
            f32_store(&tile.slope_y[m], f32_from_i32(sum_y) * f32_splat(per_y))
            f32_store(
                &tile.mean[m],
                f32_from_i32(centre) * f32_splat(quantum)
                + f32_from_i32(total) * f32_splat(per_cell))


cdef inline void write_slopes(
    const Disc* disc, Tile* tile, float cell_x, float cell_y, float* slope_deg
) noexcept nogil:
    """Write the slope of the planes [deg]."""
    cdef f32xN x, y
    cdef float out[16]
    cdef float* row
    cdef int r, g, k, lane
    for r in range(tile.rows):
        row = slope_deg + (tile.row + r) * <Py_ssize_t> disc.cols + tile.col
        for g in range((tile.cols + F32_LANES - 1) // F32_LANES):
            k = g * F32_LANES
            x = f32_load(&tile.slope_x[r * TILE + k]) / f32_splat(cell_x)
            y = f32_load(&tile.slope_y[r * TILE + k]) / f32_splat(cell_y)
            f32_store(out, degrees_of(f32_sqrt(x * x + y * y)))
            for lane in range(min(<int> F32_LANES, tile.cols - k)):
                if tile.whole[r * TILE + k + lane]:
                    row[k + lane] = out[lane]
