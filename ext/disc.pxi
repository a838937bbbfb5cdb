"""Exact plane and roughness over a footprint disc, in every cell of an elevation map.

Built three times, for plain x86-64, AVX2 and AVX-512, from this one source, with the same bits.

Plane. Heights become integers (a power of two of a metre). With P the prefix sums along rows and Q
those along columns, modulo 2^32, one chord is one exact difference; with t(d) the chord at row
offset d and r(d) = t(d) - t(-d),

    sum z   = t(0) + sum_d [t(d) + t(-d)]
    sum d z = sum_{d=1}^{D} d r(d) = sum_{m=1}^{D} sum_{d=m}^{D} r(d)        (Abel: no multiplication)

and the moment along columns is the same with Q and vertical chords. The disc is symmetric, so the
least-squares plane z = c + a e + b d (e, d: cells from the site along columns and rows) is

    c = sum z / n,   a = sum e z / sum e^2,   b = sum d z / sum d^2.

Roughness: the greatest |z - c - a e - b d| over the disc. Blocks of 8 x 8 cells are bounded first:
with one plane (a0, b0) of a whole tile of sites taken off the heights, a block with its highest
value H has, for a site of slopes (a, b) and a block centre (e0, d0),

    | max_block(z - plane) - (H - c - (a - a0) e0 - (b - b0) d0) | <= 3.5 (|a - a0| + |b - b0|).

Blocks that cannot hold the greatest deviation are passed over; the others are looked at cell by
cell, always with the same expression for the same cell, so that the answer is the brute force's.
"""

include "lanes.pxi"

cimport cython
from libc.math cimport fabsf

import numpy as np

cdef enum:
    TILE = 16               # sites a side that share one sheared copy of their surroundings
    BLOCK = 8               # cells a side that share one bound
    MARGIN = 16             # cells about the map that may be read, never used
    SIDE = 64               # the same on the right, where the last lanes reach out

cdef enum Footprint:
    WHOLE = 0               # every cell seen: slope and roughness are written
    HOLED = 1               # an unseen cell under the footprint
    OUTSIDE = 2             # the footprint leaves the map; the caller presets it


cdef struct Tile:
    int row                 # first site
    int col
    int rows                # sites inside the map
    int cols
    float slope_x[256]      # a [m/cell], TILE x TILE
    float slope_y[256]      # b [m/cell]
    float mean[256]         # c [m]
    unsigned char whole[256]
    float shear_x           # a0, b0 [m/cell]
    float shear_y
    float rounding          # [m] bound on the rounding of a block's bound


cdef inline Floats degrees_of(Floats tangent) noexcept nogil:
    """atan of a number >= 0, in degrees: halved twice, then Cephes' atanf polynomial (Moshier)."""
    cdef Floats one = lanes_all(1.0), u, u2
    u = tangent / (one + lanes_sqrt(one + tangent * tangent))
    u = u / (one + lanes_sqrt(one + u * u))
    u2 = u * u
    u = u + u * u2 * (lanes_all(-3.33329491539e-1) + u2 * (lanes_all(1.99777106478e-1) + u2 * (
        lanes_all(-1.38776856032e-1) + u2 * lanes_all(8.05374449538e-2))))
    return u * lanes_all(229.183118052329)      # 4 * 180 / pi


@cython.final
@cython.auto_pickle(False)
cdef class DiscKernel:
    """Workspace and kernel for maps of one size and one footprint; for one thread at a time.

    Parameters
    ----------
    rows, cols
        Size of the maps [cells].
    half_width
        int32 (D + 1,): the chord at row offset +-d runs over columns -half_width[d]..half_width[d].
    half_height
        int32 (E + 1,): the same by columns; it must describe the same set of cells.
    """

    cdef readonly int rows
    cdef readonly int cols
    cdef readonly int cells             # n, in the footprint
    cdef int reach_y, reach_x           # D, E
    cdef int stride                     # of the padded buffers
    cdef double sum_x2, sum_y2          # sum e^2, sum d^2
    cdef double relief_m
    cdef double quantum_m
    cdef bint any_unseen
    cdef float[:, ::1] z                # heights, padded
    cdef unsigned int[:, ::1] row_sums, col_sums, unseen_sums
    cdef int[:, ::1] row_chords, col_chords     # offsets (+d end, start, -d end, start)
    # Blocks by phase (site row modulo BLOCK): band, x, whether all cells are in the disc, runs
    cdef int[:, ::1] blocks
    cdef int[::1] phase_blocks
    # Runs: row offset d, column offset e, length (BLOCK or 1)
    cdef int[:, ::1] runs
    cdef int bands, columns             # of blocks about a tile
    cdef int sheared_stride
    cdef float[:, ::1] sheared
    cdef float[:, ::1] band_high, band_low, block_high, block_low
    cdef float[:, ::1] bounds           # one group's block bounds
    cdef float[:, ::1] across           # a e, one group

    def __init__(self, int rows, int cols, const int[::1] half_width, const int[::1] half_height):
        cdef int d, k
        self.rows = rows
        self.cols = cols
        self.reach_y = half_width.shape[0] - 1
        self.reach_x = half_height.shape[0] - 1
        self.stride = cols + MARGIN + SIDE
        self.sum_x2 = 0.0
        self.sum_y2 = 0.0
        self.cells = 0
        for d in range(-self.reach_y, self.reach_y + 1):
            k = half_width[abs(d)]
            self.cells += 2 * k + 1
            self.sum_y2 += d * d * (2 * k + 1)
            self.sum_x2 += k * (k + 1) * (2 * k + 1) // 3
        self.relief_m = 0.0
        self.quantum_m = 1.0
        self.any_unseen = False
        self.z = np.zeros((rows + 2 * MARGIN, self.stride), np.float32)
        self.row_sums = np.zeros((rows, self.stride), np.uint32)
        self.col_sums = np.zeros((rows + 1, self.stride), np.uint32)
        self.unseen_sums = np.zeros((rows, self.stride), np.uint32)
        self.row_chords = np.array(
            [
                (d * self.stride + half_width[d] + 1, d * self.stride - half_width[d],
                 -d * self.stride + half_width[d] + 1, -d * self.stride - half_width[d])
                for d in range(self.reach_y, 0, -1)
            ], np.int32).reshape(-1, 4)
        self.col_chords = np.array(
            [
                ((half_height[d] + 1) * self.stride + d, -half_height[d] * self.stride + d,
                 (half_height[d] + 1) * self.stride - d, -half_height[d] * self.stride - d)
                for d in range(self.reach_x, 0, -1)
            ], np.int32).reshape(-1, 4)
        self._lay_blocks(half_width)

    def _lay_blocks(self, const int[::1] half_width):
        """Cover the disc with blocks, and the cells of each block with runs along its rows."""
        cdef int nx = (2 * self.reach_x + BLOCK) // BLOCK
        cdef int ny = (2 * self.reach_y + BLOCK) // BLOCK
        cdef int phase, band, x, d, left, right, w, inside
        runs, blocks, phase_blocks = [], [], [0]
        self.columns = nx
        self.bands = TILE // BLOCK + ny
        for phase in range(BLOCK):
            for band in range(ny + 1):
                for x in range(-(nx * BLOCK) // 2, nx * BLOCK // 2, BLOCK):
                    first, inside = len(runs), 0
                    for d in range(band * BLOCK - ny * BLOCK // 2 - phase,
                                   (band + 1) * BLOCK - ny * BLOCK // 2 - phase):
                        if abs(d) > self.reach_y:
                            continue
                        w = half_width[abs(d)]
                        left, right = max(x, -w), min(x + BLOCK - 1, w)
                        if left > right:
                            continue
                        inside += right - left + 1
                        if 2 * w + 1 < BLOCK:
                            runs += [(d, e, 1) for e in range(left, right + 1)]
                        else:       # whole runs only: a cell may be met twice, none outside the disc
                            runs.append((d, min(left, w - BLOCK + 1), BLOCK))
                    if inside:
                        full = inside == BLOCK * BLOCK
                        blocks.append((band, x, full, first, len(runs), d - BLOCK + 1))
            phase_blocks.append(len(blocks))
        self.runs = np.array(runs, np.int32)
        self.blocks = np.array(blocks, np.int32)
        self.phase_blocks = np.array(phase_blocks, np.int32)
        self.sheared_stride = TILE + nx * BLOCK + SIDE
        self.sheared = np.zeros((self.bands * BLOCK, self.sheared_stride), np.float32)
        self.band_high = np.zeros((self.bands, self.sheared_stride), np.float32)
        self.band_low = np.zeros((self.bands, self.sheared_stride), np.float32)
        self.block_high = np.zeros((self.bands, self.sheared_stride), np.float32)
        self.block_low = np.zeros((self.bands, self.sheared_stride), np.float32)
        self.bounds = np.zeros(((nx + 1) * (ny + 2), LANES), np.float32)
        self.across = np.zeros((2 * self.reach_x + 1, LANES), np.float32)

    def load(
        self,
        const float[:, ::1] level,
        const unsigned char[:, ::1] unseen,
        double quantum_m,
        double relief_m,
        bint any_unseen,
    ):
        """Take a map in: heights [m] from 0 to relief_m, finite everywhere, unseen cells marked 1."""
        if level.shape[0] != self.rows or level.shape[1] != self.cols:
            raise ValueError(f"the kernel is laid out for {self.rows} x {self.cols} cells")
        if unseen.shape[0] != self.rows or unseen.shape[1] != self.cols:
            raise ValueError(f"the unseen mask must be {self.rows} x {self.cols} cells")
        if not 0.0 <= relief_m / quantum_m < 2.0**31:
            raise ValueError(f"a relief of {relief_m} m does not fit in steps of {quantum_m} m")
        self.quantum_m = quantum_m
        self.relief_m = relief_m
        self.any_unseen = any_unseen
        with nogil:
            self._sum_up(level)
            if any_unseen:
                self._count_unseen(unseen)

    cdef void _sum_up(self, const float[:, ::1] level) noexcept nogil:
        cdef float steps = <float> (1.0 / self.quantum_m)
        cdef unsigned int along
        cdef int i, j
        cdef const float* source
        cdef float* copy
        cdef unsigned int* by_row
        cdef unsigned int* above
        cdef unsigned int* below
        for i in range(self.rows):
            source = &level[i, 0]
            copy = &self.z[i + MARGIN, MARGIN]
            by_row = &self.row_sums[i, 0]
            above = &self.col_sums[i, 0]
            below = &self.col_sums[i + 1, 0]
            for j in range(self.cols):
                copy[j] = source[j]
                below[j] = above[j] + <unsigned int> <int> (source[j] * steps + <float> 0.5)
            along = 0
            for j in range(self.cols):
                by_row[j] = along
                along += below[j] - above[j]
            by_row[self.cols] = along

    cdef void _count_unseen(self, const unsigned char[:, ::1] unseen) noexcept nogil:
        cdef unsigned int along
        cdef int i, j
        for i in range(self.rows):
            along = 0
            for j in range(self.cols):
                self.unseen_sums[i, j] = along
                along += unseen[i, j]
            for j in range(self.cols, self.stride):
                self.unseen_sums[i, j] = along

    def map(
        self,
        double cell_x_m,
        double cell_y_m,
        double limit_m,
        float[:, ::1] slope_deg,
        float[:, ::1] roughness_m,
        unsigned char[:, ::1] footprint,
    ):
        """Write slope, roughness and footprint state of every cell whose footprint is on the map.

        limit_m < 0: roughness_m is the exact greatest deviation [m]. Otherwise it is a bound on the
        true side of limit_m: at most limit_m where the deviation is, above it where it is.
        Slope and roughness are left as they were where the footprint is not WHOLE.
        """
        if (
            slope_deg.shape[0] != self.rows or slope_deg.shape[1] != self.cols
            or roughness_m.shape[0] != self.rows or roughness_m.shape[1] != self.cols
            or footprint.shape[0] != self.rows or footprint.shape[1] != self.cols
        ):
            raise ValueError(f"outputs must be {self.rows} x {self.cols} cells")
        cdef Tile tile
        cdef int i, j, last_row = self.rows - self.reach_y, last_col = self.cols - self.reach_x
        with nogil:
            for i in range((last_row - self.reach_y + TILE - 1) // TILE):
                for j in range((last_col - self.reach_x + TILE - 1) // TILE):
                    tile.row = self.reach_y + i * TILE
                    tile.col = self.reach_x + j * TILE
                    tile.rows = min(<int> TILE, last_row - tile.row)
                    tile.cols = min(<int> TILE, last_col - tile.col)
                    if self._find_whole(&tile, footprint):
                        self._fit_planes(&tile)
                        self._shear(&tile)
                        self._bound_blocks(&tile)
                        self._deviate(&tile, <float> limit_m, roughness_m)
                        self._slope(&tile, <float> cell_x_m, <float> cell_y_m, slope_deg)

    cdef bint _find_whole(self, Tile* tile, unsigned char[:, ::1] footprint) noexcept nogil:
        """Mark the sites whose footprint holds no unseen cell; whether there is any."""
        cdef int r, k, m, i, j
        cdef unsigned int holes = 0
        cdef bint any_whole = False
        cdef const unsigned int* p
        cdef int left = tile.col - self.reach_x, right = tile.col + tile.cols + self.reach_x
        for r in range(TILE * TILE):
            tile.whole[r] = r // TILE < tile.rows and r % TILE < tile.cols
        if self.any_unseen:
            for r in range(tile.row - self.reach_y, tile.row + tile.rows + self.reach_y):
                holes += self.unseen_sums[r, right] - self.unseen_sums[r, left]
        for r in range(tile.rows):
            for k in range(tile.cols):
                i = tile.row + r
                j = tile.col + k
                if holes:
                    p = &self.unseen_sums[i, j]
                    m = self.col_chords.shape[0]
                    if p[self.reach_x + 1] != p[-self.reach_x] or self._holed(p):
                        tile.whole[r * TILE + k] = 0
                footprint[i, j] = WHOLE if tile.whole[r * TILE + k] else HOLED
                any_whole |= tile.whole[r * TILE + k]
        return any_whole

    cdef bint _holed(self, const unsigned int* p) noexcept nogil:
        """Whether any chord of the footprint about p holds an unseen cell."""
        cdef const int* chord
        cdef int m
        for m in range(self.row_chords.shape[0]):
            chord = &self.row_chords[m, 0]
            if p[chord[0]] != p[chord[1]] or p[chord[2]] != p[chord[3]]:
                return True
        return False

    cdef void _fit_planes(self, Tile* tile) noexcept nogil:
        cdef Words total, centre, upper, lower, run_y, sum_y, run_x, sum_x
        cdef const unsigned int* p
        cdef const unsigned int* q
        cdef const int* chord
        cdef int r, g, k, m
        cdef int ny = self.row_chords.shape[0], nx = self.col_chords.shape[0]
        cdef const int* row_chords = &self.row_chords[0, 0] if ny else NULL
        cdef const int* col_chords = &self.col_chords[0, 0] if nx else NULL
        cdef float per_cell = <float> (self.quantum_m / self.cells)
        cdef float per_x = <float> (self.quantum_m / self.sum_x2) if nx else 0
        cdef float per_y = <float> (self.quantum_m / self.sum_y2) if ny else 0
        cdef float quantum = <float> self.quantum_m
        for r in range(tile.rows):
            for g in range(TILE // LANES):
                k = g * LANES
                p = &self.row_sums[tile.row + r, tile.col + k]
                q = &self.col_sums[tile.row + r, tile.col + k]
                total = lanes_load_words(p + self.reach_x + 1) - lanes_load_words(p - self.reach_x)
                run_y = lanes_no_words()
                sum_y = lanes_no_words()
                run_x = lanes_no_words()
                sum_x = lanes_no_words()
                for m in range(ny):     # outermost chord first
                    chord = row_chords + 4 * m
                    upper = lanes_load_words(p + chord[0]) - lanes_load_words(p + chord[1])
                    lower = lanes_load_words(p + chord[2]) - lanes_load_words(p + chord[3])
                    total = total + upper + lower
                    run_y = run_y + upper - lower
                    sum_y = sum_y + run_y
                for m in range(nx):
                    chord = col_chords + 4 * m
                    upper = lanes_load_words(q + chord[0]) - lanes_load_words(q + chord[1])
                    lower = lanes_load_words(q + chord[2]) - lanes_load_words(q + chord[3])
                    run_x = run_x + upper - lower
                    sum_x = sum_x + run_x
                # The mean about the centre cell, so that no sum outgrows 2^31 by the map's relief.
                centre = lanes_load_words(p + 1) - lanes_load_words(p)
                total = total - centre * <unsigned int> self.cells
                m = r * TILE + k
                lanes_store(&tile.slope_x[m], lanes_from_signed(sum_x) * lanes_all(per_x))
                lanes_store(&tile.slope_y[m], lanes_from_signed(sum_y) * lanes_all(per_y))
                lanes_store(&tile.mean[m], lanes_from_signed(centre) * lanes_all(quantum)
                            + lanes_from_signed(total) * lanes_all(per_cell))

    cdef void _shear(self, Tile* tile) noexcept nogil:
        """Take the middle slopes of the tile off the heights around it."""
        cdef float low_x = 3e38, high_x = -3e38, low_y = 3e38, high_y = -3e38, a, b, reach
        cdef int r, k, g, y, x
        cdef const float* source
        cdef float* out
        cdef float left = 0
        cdef int up = (self.bands * BLOCK - TILE) // 2
        cdef int aside = self.columns * BLOCK // 2
        cdef Floats step, start, drop
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
        reach = <float> self.relief_m + (fabsf(a) + high_x - low_x) * (aside + TILE) \
            + (fabsf(b) + high_y - low_y) * (up + TILE)
        tile.rounding = <float> 2e-6 * reach        # 16 roundings of 2^-23 of the largest term
        cdef float ramp[16]
        for k in range(16):
            ramp[k] = a * k
        start = lanes_load(ramp)
        for y in range(self.bands * BLOCK):
            source = &self.z[tile.row + MARGIN - up + y, tile.col + MARGIN - aside]
            out = &self.sheared[y, 0]
            drop = start + lanes_all(b * (y - up))
            for g in range((TILE + 2 * aside + LANES - 1) // LANES):
                x = g * LANES
                left = a * (x - aside)
                step = lanes_all(left)
                lanes_store(out + x, lanes_load(source + x) - (step + drop))

    cdef void _bound_blocks(self, Tile* tile) noexcept nogil:
        """Highest and lowest sheared height of every block: bands of rows, then along them."""
        cdef int band, g, x, y, width = TILE + self.columns * BLOCK
        cdef int stride = self.sheared_stride
        cdef const float* rows
        cdef float* high
        cdef float* low
        cdef Floats top, bottom, v
        for band in range(self.bands):
            rows = &self.sheared[band * BLOCK, 0]
            high = &self.band_high[band, 0]
            low = &self.band_low[band, 0]
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
                lanes_store(&self.block_high[band, x], top)
                lanes_store(&self.block_low[band, x], bottom)

    cdef void _deviate(
        self, Tile* tile, float limit, float[:, ::1] roughness_m
    ) noexcept nogil:
        cdef int r, g, k, m, lane, n, first, last, column, aside = self.columns * BLOCK // 2
        cdef float out[16]
        cdef float ramp[16]
        cdef float idle[16]
        cdef float decided[16]
        cdef const int* block
        cdef Floats a, b, c, tilt_x, tilt_y, base, band_base, slack, v, least, most, need
        cdef Floats high, low, verdict
        cdef float* bounds = &self.bounds[0, 0]
        cdef float* across = &self.across[0, 0]
        cdef const float* z
        cdef float half = (BLOCK - 1) * <float> 0.5
        cdef int band
        for r in range(tile.rows):
            first = self.phase_blocks[r % BLOCK]
            last = self.phase_blocks[r % BLOCK + 1]
            for g in range((tile.cols + LANES - 1) // LANES):
                k = g * LANES
                m = r * TILE + k
                n = 0
                for lane in range(LANES):
                    n += tile.whole[m + lane]
                    idle[lane] = 0 if tile.whole[m + lane] else <float> 3e38
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
                band_base = base
                for m in range(first, last):
                    block = &self.blocks[m, 0]
                    if block[0] != band:
                        band = block[0]
                        band_base = base + tilt_y * lanes_all(block[5] + half)
                    v = band_base + tilt_x * lanes_all(block[1] + half)
                    column = block[1] + aside + k
                    v = lanes_max(
                        lanes_load(&self.block_high[r // BLOCK + band, column]) - v,
                        v - lanes_load(&self.block_low[r // BLOCK + band, column]))
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
                z = &self.z[tile.row + r + MARGIN, tile.col + k + MARGIN]
                high = lanes_all(<float> -3e38)
                low = lanes_all(<float> 3e38)
                for m in range(-self.reach_x, self.reach_x + 1):
                    lanes_store(across + (m + self.reach_x) * LANES, a * lanes_all(m))
                for m in range(first, last):
                    if lanes_any_above(lanes_load(bounds + (m - first) * LANES), need):
                        block = &self.blocks[m, 0]
                        self._look(z, b, block[3], block[4], &high, &low)
                        need = lanes_max(need, lanes_max(high - c, c - low) - slack)
                verdict = lanes_abs(lanes_max(high - c, c - low))
                lanes_store(out, verdict)
                if limit >= 0:
                    self._settle(least, most, limit, out)
                for lane in range(min(<int> LANES, tile.cols - k)):
                    if tile.whole[r * TILE + k + lane]:
                        roughness_m[tile.row + r, tile.col + k + lane] = out[lane]

    cdef void _settle(self, Floats least, Floats most, float limit, float* out) noexcept nogil:
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

    cdef inline void _look(
        self, const float* z, Floats b, int first, int last, Floats* high, Floats* low
    ) noexcept nogil:
        """Greatest and least z - a e - b d over some runs of cells, joined to what was found."""
        cdef const int* run = &self.runs[0, 0] + 3 * first
        cdef const float* cell
        cdef const float* across
        cdef Floats top, bottom, v, along
        cdef int m, t
        for m in range(first, last):
            cell = z + run[0] * self.stride + run[1]
            across = &self.across[0, 0] + (run[1] + self.reach_x) * LANES
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

    cdef void _slope(
        self, Tile* tile, float cell_x, float cell_y, float[:, ::1] slope_deg
    ) noexcept nogil:
        cdef Floats x, y
        cdef float out[16]
        cdef int r, g, k, lane
        for r in range(tile.rows):
            for g in range((tile.cols + LANES - 1) // LANES):
                k = g * LANES
                x = lanes_load(&tile.slope_x[r * TILE + k]) / lanes_all(cell_x)
                y = lanes_load(&tile.slope_y[r * TILE + k]) / lanes_all(cell_y)
                lanes_store(out, degrees_of(lanes_sqrt(x * x + y * y)))
                for lane in range(min(<int> LANES, tile.cols - k)):
                    if tile.whole[r * TILE + k + lane]:
                        slope_deg[tile.row + r, tile.col + k + lane] = out[lane]
