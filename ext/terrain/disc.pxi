"""Exact plane and roughness over a footprint disc, in every cell of an elevation map.

Built three times, for plain x86-64, AVX2 and AVX-512, from this one source, with the same bits.

Plane. Heights become integers (a power of two of a metre). With P the prefix sums along rows and Q
those along columns, modulo 2^32, one chord is one exact difference; with t(d) the chord at row
offset d and r(d) = t(d) - t(-d),

    sum z   = t(0) + sum_d [t(d) + t(-d)]
    sum d z = sum_{d=1}^{D} d r(d) = sum_{m=1}^{D} sum_{d=m}^{D} r(d)     (Abel: no multiplication)

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

include "farside/ext/common/simd_f32.pxi"

cimport cython
from libc.math cimport fabsf

import numpy as np

cdef enum:
    TILE = 16               # sites a side that share one sheared copy of their surroundings
    BLOCK = 8               # cells a side that share one bound
    MARGIN = 24             # cells about the map that may be read, never used
    SIDE = 64               # the same on the right, where the last lanes reach out

cdef enum Footprint:
    WHOLE = 0               # every cell seen: slope and roughness are written
    HOLED = 1               # an unseen cell under the footprint
    OUTSIDE = 2             # the footprint leaves the map; the caller presets it


cdef struct Disc:
    int rows                # of the map
    int cols
    int stride              # of the padded buffers
    int reach_y             # D, E: rows and columns from the centre to the rim
    int reach_x
    int cells               # n, in the footprint
    double sum_x2           # sum e^2, sum d^2
    double sum_y2
    double quantum_m
    double relief_m
    bint any_unseen
    float* z                # heights [m], padded on all sides
    unsigned int* row_sums      # P, Q and the unseen cells counted along rows
    unsigned int* col_sums
    unsigned int* unseen_sums
    const int* row_chords   # buffer offsets: end and start of the chord at +d, and at -d
    const int* col_chords
    const int* blocks       # as DiscLayout has them
    const int* phases
    const int* runs
    int columns             # of blocks across a footprint
    int bands               # of blocks about a tile
    int sheared_stride
    float* ramp             # a0 e along a row of the sheared heights
    float* sheared
    float* band_high
    float* band_low
    float* block_high       # over the 8 x 8 block that starts at a column of a band
    float* block_low
    float* bounds           # of one group's blocks
    float* across           # a e of one group


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


include "disc_plane.pxi"
include "disc_deviation.pxi"


@cython.final
@cython.auto_pickle(False)
cdef class DiscKernel:
    """Workspace and kernel for maps of one size and one footprint; for one thread at a time.

    Parameters
    ----------
    rows, cols
        Size of the maps [cells].
    layout
        The footprint, as farside.ext.terrain.disc.lay_disc lays it out.
    """

    cdef Disc c
    cdef list kept          # the arrays that c points into

    cdef float* _floats(self, Py_ssize_t n):
        cdef float[::1] view = np.zeros(n, np.float32)
        self.kept.append(view)
        return &view[0]

    cdef unsigned int* _words(self, Py_ssize_t n):
        cdef unsigned int[::1] view = np.zeros(n, np.uint32)
        self.kept.append(view)
        return &view[0]

    cdef const int* _table(self, rows):
        cdef int[::1] view = np.array(rows, np.int32).reshape(-1)
        self.kept.append(view)
        return &view[0]

    def __init__(self, int rows, int cols, layout):
        cdef int d, w, stride = cols + MARGIN + SIDE, nx, ny
        cdef Py_ssize_t band
        half_width = layout.half_width.tolist()
        half_height = layout.half_height.tolist()
        self.kept = []
        self.c.rows = rows
        self.c.cols = cols
        self.c.stride = stride
        self.c.reach_y = len(half_width) - 1
        self.c.reach_x = len(half_height) - 1
        if self.c.reach_y < 1 or self.c.reach_x < 1:
            raise ValueError("a footprint must reach at least one cell from its centre")
        self.c.cells = 0
        self.c.sum_x2 = 0.0
        self.c.sum_y2 = 0.0
        for d in range(-self.c.reach_y, self.c.reach_y + 1):
            w = half_width[abs(d)]
            self.c.cells += 2 * w + 1
            self.c.sum_y2 += d * d * (2 * w + 1)
            self.c.sum_x2 += w * (w + 1) * (2 * w + 1) // 3
        self.c.quantum_m = 1.0
        self.c.relief_m = 0.0
        self.c.any_unseen = False
        self.c.z = self._floats((rows + 2 * MARGIN) * <Py_ssize_t> stride)
        self.c.row_sums = self._words(rows * <Py_ssize_t> stride)
        self.c.col_sums = self._words((rows + 1) * <Py_ssize_t> stride)
        self.c.unseen_sums = self._words(rows * <Py_ssize_t> stride)
        self.c.row_chords = self._table([
            (d * stride + half_width[d] + 1, d * stride - half_width[d],
             -d * stride + half_width[d] + 1, -d * stride - half_width[d])
            for d in range(self.c.reach_y, 0, -1)])
        self.c.col_chords = self._table([
            ((half_height[d] + 1) * stride + d, -half_height[d] * stride + d,
             (half_height[d] + 1) * stride - d, -half_height[d] * stride - d)
            for d in range(self.c.reach_x, 0, -1)])
        self.c.blocks = self._table(layout.blocks)
        self.c.phases = self._table(layout.phases)
        self.c.runs = self._table(layout.runs)
        nx = (2 * self.c.reach_x + BLOCK) // BLOCK
        ny = (2 * self.c.reach_y + BLOCK) // BLOCK
        self.c.columns = nx
        self.c.bands = TILE // BLOCK + ny
        self.c.sheared_stride = TILE + nx * BLOCK + SIDE
        band = self.c.bands * self.c.sheared_stride
        self.c.ramp = self._floats(self.c.sheared_stride)
        self.c.sheared = self._floats(band * BLOCK)
        self.c.band_high = self._floats(band)
        self.c.band_low = self._floats(band)
        self.c.block_high = self._floats(band)
        self.c.block_low = self._floats(band)
        self.c.bounds = self._floats((nx + 1) * (ny + 2) * LANES)
        self.c.across = self._floats((2 * self.c.reach_x + 1) * LANES)

    @property
    def cells(self) -> int:
        """Cells in the footprint."""
        return self.c.cells

    def load(
        self,
        const float[:, ::1] level,
        const unsigned char[:, ::1] unseen,
        double quantum_m,
        double relief_m,
        bint any_unseen,
    ):
        """Take a map in: heights [m] from 0 to relief_m, all finite, unseen cells marked 1."""
        if level.shape[0] != self.c.rows or level.shape[1] != self.c.cols:
            raise ValueError(f"the kernel is laid out for {self.c.rows} x {self.c.cols} cells")
        if unseen.shape[0] != self.c.rows or unseen.shape[1] != self.c.cols:
            raise ValueError(f"the unseen mask must be {self.c.rows} x {self.c.cols} cells")
        if not 0.0 <= relief_m / quantum_m < 2.0**31:
            raise ValueError(f"a relief of {relief_m} m does not fit in steps of {quantum_m} m")
        self.c.quantum_m = quantum_m
        self.c.relief_m = relief_m
        self.c.any_unseen = any_unseen
        with nogil:
            sum_up(&self.c, level)
            if any_unseen:
                count_unseen(&self.c, unseen)

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
            slope_deg.shape[0] != self.c.rows or slope_deg.shape[1] != self.c.cols
            or roughness_m.shape[0] != self.c.rows or roughness_m.shape[1] != self.c.cols
            or footprint.shape[0] != self.c.rows or footprint.shape[1] != self.c.cols
        ):
            raise ValueError(f"outputs must be {self.c.rows} x {self.c.cols} cells")
        cdef Tile tile
        cdef int i, j
        cdef int last_row = self.c.rows - self.c.reach_y
        cdef int last_col = self.c.cols - self.c.reach_x
        with nogil:
            for i in range((last_row - self.c.reach_y + TILE - 1) // TILE):
                for j in range((last_col - self.c.reach_x + TILE - 1) // TILE):
                    tile.row = self.c.reach_y + i * TILE
                    tile.col = self.c.reach_x + j * TILE
                    tile.rows = min(<int> TILE, last_row - tile.row)
                    tile.cols = min(<int> TILE, last_col - tile.col)
                    if find_whole(&self.c, &tile, footprint):
                        fit_planes(&self.c, &tile)
                        shear(&self.c, &tile)
                        bound_blocks(&self.c, &tile)
                        write_deviations(&self.c, &tile, <float> limit_m, roughness_m)
                        write_slopes(&self.c, &tile, <float> cell_x_m, <float> cell_y_m, slope_deg)
