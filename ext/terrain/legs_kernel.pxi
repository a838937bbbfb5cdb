# The legs' kernel as a class of Python.

include "legs.pxi"

cimport cython

import numpy as np

from farside.ext.common.arena cimport Arena
from farside.ext.terrain.legs_layout cimport LegsTables, lay_out_legs


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

    cdef const float* _numbers(self, table):
        cdef float[::1] view = np.append(np.ravel(table), 0).astype(np.float32)
        self.kept.append(view)
        return &view[0]

    cdef const int* _table(self, table):
        cdef int[::1] view = np.append(np.ravel(table), 0).astype(np.int32)
        self.kept.append(view)
        return &view[0]

    def __init__(self, int rows, int cols, layout):
        cdef LegsTables tables
        cdef Arena arena
        cdef char[::1] memory
        self.kept = []
        tables.legs = layout.pads.shape[1]
        tables.headings = layout.pads.shape[0]
        tables.triples = layout.triples.shape[0]
        tables.pairs = layout.pairs.shape[0]
        tables.margin = layout.margin
        tables.side = layout.side
        tables.blocks_count = len(layout.blocks)
        tables.pad_reach = len(layout.pad_half_width) - 1
        tables.cell_x, tables.cell_y = layout.cell_m
        tables.reach_x, tables.reach_y = layout.reach
        tables.pads = self._table(layout.pads)
        tables.triple_pads = self._table(layout.triples)
        tables.pair_pads = self._table(layout.pairs)
        tables.blocks = self._table(layout.blocks)
        tables.runs = self._table(layout.runs)
        tables.pad_half_width = self._table(layout.pad_half_width)
        tables.numbers = self._numbers(layout.numbers)
        tables.triple_weights = self._numbers(layout.triple_weights)
        tables.pair_along = self._numbers(layout.pair_along)
        tables.pair_across = self._numbers(layout.pair_across)
        tables.crosses = self._numbers(layout.crosses)
        tables.pair_others = self._numbers(layout.pair_others)
        arena.base = NULL
        arena.used = 0
        lay_out_legs(&self.c, rows, cols, &tables, &arena)
        memory = np.zeros(arena.used, np.int8)
        self.kept.append(memory)
        arena.base = &memory[0]
        arena.used = 0
        lay_out_legs(&self.c, rows, cols, &tables, &arena)

    cdef bint _fits(self, Py_ssize_t rows, Py_ssize_t cols) noexcept:
        return rows == self.c.rows and cols == self.c.cols

    def load(self, const float[:, ::1] level, double relief_m):
        """Take a map in: heights [m] from 0 to relief_m, all finite."""
        if level.shape[0] != self.c.rows or level.shape[1] != self.c.cols:
            raise ValueError(f"the kernel is laid out for {self.c.rows} x {self.c.cols} cells")
        if self.c.rows == 0 or self.c.cols == 0:
            return
        with nogil:
            load_ground(&self.c, &level[0, 0], relief_m)

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
        if self.c.rows == 0 or self.c.cols == 0:
            return
        cdef StandMaps maps
        maps.slope_worst_deg = &slope_worst_deg[0, 0]
        maps.slope_best_deg = &slope_best_deg[0, 0]
        maps.heading_best = &heading_best[0, 0]
        maps.rise_worst_m = &rise_worst_m[0, 0]
        maps.rise_best_m = &rise_best_m[0, 0]
        with nogil:
            map_stands(&self.c, &wanted[0, 0], limit_m, band_m, &maps)
