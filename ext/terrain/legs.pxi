"""What a rigid lander on legs rests on at every heading, and the ground above it, cell by cell.

Built three times, for plain x86-64, AVX2 and AVX-512, from this one source, with the same bits.

Resting plane. Pad i at p_i finds the height h_i, the highest ground under it. A lander at rest has
every pad on or above the ground and its middle as low as that allows:

    c = min over planes (c, g) with c + g . p_i >= h_i,

which is, by duality, the greatest of sum l_i h_i over the supports: the triples of pads whose
triangle holds the middle, l being the middle's barycentric weights, and the opposite pairs with
l = 1/2 each. Where a triple wins, its plane is the only one. Where a pair wins, the lander may lean
to either side of it, until the first pad there touches: two planes, of which the steeper counts.
On four legs only the two pairs can win, and both planes have a closed form.

Rise. Over all headings the highest ground above those planes, under the whole footprint, is
max_q (z_q - g . q) - c. It is bounded from one look at the blocks of cells under a middle plane g0,

    max_q (z_q - g . q) <= max_q (z_q - g0 . q) + |g - g0| rim,

then, where that leaves a doubt, from the blocks under the heading's own plane, and last cell by
cell, always with the same expression for the same cell.
"""

include "farside/ext/common/simd_f32.pxi"

cimport cython

import numpy as np

cdef enum:
    LEGS = 8                # at most


cdef struct Stand:
    int rows                # of the map
    int cols
    int stride              # of the padded buffers
    int margin              # cells about the map that may be read, never used
    int legs
    int headings
    int triples             # of each heading
    int pairs
    float cell_x            # [m]
    float cell_y
    float reach_x           # half axes of the footprint [cells]
    float reach_y
    float relief_m
    int side                # of a block
    int blocks_count
    const float* numbers    # of the headings
    float* z                # heights [m], padded on all sides
    float* pads             # highest ground under a pad there [m]
    float* blocks_high      # highest ground of the block that starts there [m]
    const int* pad_offsets      # headings x legs, in the buffers
    const float* triple_weights  # headings x triples x 9: of c, g_x, g_y for each of three pads
    const int* triple_pads
    const float* pair_along     # headings x pairs x 2: g along the pair for a unit of h_a - h_b
    const float* pair_across    # headings x pairs x 2: unit of lean
    const float* crosses        # headings x 4: of four legs, g for h_0 - h_2 and for h_1 - h_3
    const float* pair_others    # headings x pairs x legs x 4: side, 1 / lean, p_x, p_y of each pad
    const int* pair_pads
    const int* blocks       # offset, whole in the footprint, first run, last run
    const float* centres    # x, y of each block [cells]
    const int* runs         # row, column from the site, cells
    # of one group of sites, per heading
    float* height           # c
    float* tilt_x           # g of the two planes: headings x 2
    float* tilt_y
    float* steepness        # tan^2 of the steeper
    float* bounds           # of the blocks
    int* kept               # blocks that may matter
    int* looked             # whether a block's bound is its highest ground, cell by cell
    int now_kept


include "support_plane.pxi"
include "belly_clearance.pxi"


@cython.final
@cython.auto_pickle(False)
cdef class StandKernel:
    """Workspace and kernel for maps of one size and one lander; for one thread at a time.

    Parameters
    ----------
    rows, cols
        Size of the maps [cells].
    layout
        The lander, as farside.ext.terrain.legs.lay_stand lays it out.
    """

    cdef Stand c
    cdef list kept          # the arrays that c points into
    cdef list pad_cells     # first cell and length of each row under a pad

    cdef float* _floats(self, Py_ssize_t n):
        cdef float[::1] view = np.zeros(max(n, 1), np.float32)
        self.kept.append(view)
        return &view[0]

    cdef const float* _numbers(self, table):
        cdef float[::1] view = np.append(np.ravel(table), 0).astype(np.float32)
        self.kept.append(view)
        return &view[0]

    cdef const int* _table(self, table):
        cdef int[::1] view = np.append(np.ravel(table), 0).astype(np.int32)
        self.kept.append(view)
        return &view[0]

    def __init__(self, int rows, int cols, layout):
        cdef Py_ssize_t n
        self.kept = []
        self.c.rows = rows
        self.c.cols = cols
        self.c.margin = layout.margin
        self.c.stride = cols + 2 * self.c.margin + 2 * 16
        self.c.legs = layout.pads.shape[1]
        self.c.headings = layout.pads.shape[0]
        self.c.triples = layout.triples.shape[0]
        self.c.pairs = layout.pairs.shape[0]
        self.c.cell_x = layout.cell_m[0]
        self.c.cell_y = layout.cell_m[1]
        self.c.reach_x = layout.reach[0]
        self.c.reach_y = layout.reach[1]
        self.c.side = layout.side
        self.c.blocks_count = len(layout.blocks)
        n = (rows + 2 * self.c.margin) * <Py_ssize_t> self.c.stride
        self.c.z = self._floats(n)
        self.c.pads = self._floats(n)
        self.c.blocks_high = self._floats(n)
        stride = self.c.stride
        self.c.pad_offsets = self._table(layout.pads[:, :, 1] * stride + layout.pads[:, :, 0])
        self.c.triple_weights = self._numbers(layout.triple_weights)
        self.c.triple_pads = self._table(layout.triples)
        self.c.pair_along = self._numbers(layout.pair_along)
        self.c.pair_across = self._numbers(layout.pair_across)
        self.c.crosses = self._numbers(layout.crosses)
        self.c.numbers = self._numbers(layout.numbers)
        self.c.pair_others = self._numbers(layout.pair_others)
        self.c.pair_pads = self._table(layout.pairs)
        self.c.blocks = self._table([
            (row * stride + col, whole, first, last) for row, col, whole, first, last
            in layout.blocks.tolist()])
        self.c.centres = self._numbers([
            (col + (layout.side - 1) / 2, row + (layout.side - 1) / 2) for row, col, _, _, _
            in layout.blocks.tolist()])
        self.c.runs = self._table(layout.runs)
        self.c.height = self._floats(self.c.headings * 16)
        self.c.tilt_x = self._floats(self.c.headings * 32)
        self.c.tilt_y = self._floats(self.c.headings * 32)
        self.c.steepness = self._floats(self.c.headings * 16)
        self.c.bounds = self._floats(self.c.blocks_count * 16)
        self.c.kept = <int*> self._table(np.zeros(self.c.blocks_count))
        self.c.looked = <int*> self._table(np.zeros(self.c.blocks_count))
        self.c.now_kept = 0
        self.pad_cells = self._pad_cells(layout.pad_half_width)

    def _pad_cells(self, half_width):
        reach = len(half_width) - 1
        return [
            (d * self.c.stride - half_width[abs(d)], 2 * half_width[abs(d)] + 1)
            for d in range(-reach, reach + 1)
        ]

    cdef bint _fits(self, Py_ssize_t rows, Py_ssize_t cols) noexcept:
        return rows == self.c.rows and cols == self.c.cols

    def load(self, const float[:, ::1] level, double relief_m):
        """Take a map in: heights [m] from 0 to relief_m, all finite."""
        if level.shape[0] != self.c.rows or level.shape[1] != self.c.cols:
            raise ValueError(f"the kernel is laid out for {self.c.rows} x {self.c.cols} cells")
        cdef const int* chords = self._table(self.pad_cells)
        cdef int n = len(self.pad_cells)
        self.c.relief_m = <float> relief_m
        with nogil:
            copy_heights(&self.c, level)
            raise_pads(&self.c, chords, n)
            raise_blocks(&self.c)
        self.kept.pop()

    def map(
        self,
        const unsigned char[:, ::1] wanted,
        double limit_m,
        double band_m,
        float[:, ::1] slope_worst_deg,
        float[:, ::1] slope_best_deg,
        float[:, ::1] heading_best,
        float[:, ::1] rise_worst_m,
        float[:, ::1] rise_best_m,
    ):
        """Write the stand of every wanted cell; its footprint and pads must lie on seen ground.

        A rise is exact where it is within band_m of limit_m; elsewhere it is a bound on the same
        side of limit_m -+ band_m. The best heading is the flattest of those whose rise is at most
        limit_m, or of all where there is none; it is given as its number.
        """
        if not (
            self._fits(wanted.shape[0], wanted.shape[1])
            and self._fits(slope_worst_deg.shape[0], slope_worst_deg.shape[1])
            and self._fits(slope_best_deg.shape[0], slope_best_deg.shape[1])
            and self._fits(heading_best.shape[0], heading_best.shape[1])
            and self._fits(rise_worst_m.shape[0], rise_worst_m.shape[1])
            and self._fits(rise_best_m.shape[0], rise_best_m.shape[1])
        ):
            raise ValueError(f"every map must be {self.c.rows} x {self.c.cols} cells")
        cdef Group group
        cdef int i, j, g, lane, n
        with nogil:
            for i in range(self.c.rows):
                for g in range((self.c.cols + LANES - 1) // LANES):
                    j = g * LANES
                    n = 0
                    for lane in range(min(<int> LANES, self.c.cols - j)):
                        n += wanted[i, j + lane]
                    if n == 0:
                        continue
                    group.at = (i + self.c.margin) * self.c.stride + j + self.c.margin
                    for lane in range(LANES):
                        group.idle[lane] = not (
                            j + lane < self.c.cols and wanted[i, j + lane]
                        )
                    if self.c.legs == 4:
                        rest_on_four(&self.c, &group)
                    else:
                        rest(&self.c, &group)
                    judge(&self.c, &group, <float> limit_m, <float> band_m)
                    for lane in range(min(<int> LANES, self.c.cols - j)):
                        if wanted[i, j + lane]:
                            slope_worst_deg[i, j + lane] = group.slope_worst[lane]
                            slope_best_deg[i, j + lane] = group.slope_best[lane]
                            heading_best[i, j + lane] = group.heading_best[lane]
                            rise_worst_m[i, j + lane] = group.rise_worst[lane]
                            rise_best_m[i, j + lane] = group.rise_best[lane]
