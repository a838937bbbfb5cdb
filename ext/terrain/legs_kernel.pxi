# The legs' kernel as a class of Python.

include "legs.pxi"

cimport cython

import numpy as np

from farside.ext.common.arena cimport Arena
from farside.ext.common.maps cimport ConstByteMap, ConstFloatMap
from farside.ext.terrain.legs_layout cimport LegsTables, lay_out_legs


@cython.final
@cython.auto_pickle(False)
cdef class LegsKernel:
    """Workspace and kernel for maps of one size and one lander; for one thread at a time.

    Parameters
    ----------
    rows, cols
        Size of the maps [cells].
    layout
        The lander, as farside.ext.terrain.legs.lay_out_legs lays it out.
    """

    cdef LegsWorkspace c
    cdef list kept          # the arrays that c points into

    cdef const float* _numbers(self, table):
        cdef float[::1] bound = np.append(np.ravel(table), 0).astype(np.float32)
        self.kept.append(bound)
        return &bound[0]

    cdef const int* _table(self, table):
        cdef int[::1] bound = np.append(np.ravel(table), 0).astype(np.int32)
        self.kept.append(bound)
        return &bound[0]

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
        # written, so that no scan waits for its pages
        memory = np.full(arena.used, 0, np.int8)
        self.kept.append(memory)
        arena.base = &memory[0]
        arena.used = 0
        lay_out_legs(&self.c, rows, cols, &tables, &arena)

    cdef bint _fits(self, Py_ssize_t rows, Py_ssize_t cols) noexcept:
        return rows == self.c.rows and cols == self.c.cols

    def load(self, ConstFloatMap level, double relief_m):
        """Take a map in: heights [m] from 0 to relief_m, all finite."""
        if level.shape[0] != self.c.rows or level.shape[1] != self.c.cols:
            raise ValueError(f"the kernel is laid out for {self.c.rows} x {self.c.cols} cells")
        if self.c.rows == 0 or self.c.cols == 0:
            return
        with nogil:
            load_ground(&self.c, &level[0, 0], relief_m)

    def map(
        self, ConstByteMap wanted, double limit_m, double band_m, float[:, :, ::1] maps
    ):
        """Write the maps of every wanted cell; its footprint and pads must lie on seen ground.

        `maps` are slope at the worst heading and at the best [deg], the best heading, and the rise
        at both [m]: (5, rows, cols). A rise is exact where it is within band_m of limit_m;
        elsewhere it is a bound on the same side of limit_m -+ band_m. The best heading is the
        flattest of those whose rise is at most limit_m, or of all where there is none; it is given
        as its number.
        """
        cdef LegsMaps out
        if not (
            self._fits(wanted.shape[0], wanted.shape[1])
            and maps.shape[0] == 5 and self._fits(maps.shape[1], maps.shape[2])
        ):
            raise ValueError(f"give 5 maps, and every map of {self.c.rows} x {self.c.cols} cells")
        if self.c.rows == 0 or self.c.cols == 0:
            return
        out.slope_worst_deg = &maps[0, 0, 0]
        out.slope_best_deg = &maps[1, 0, 0]
        out.heading_best = &maps[2, 0, 0]
        out.rise_worst_m = &maps[3, 0, 0]
        out.rise_best_m = &maps[4, 0, 0]
        with nogil:
            map_legs(&self.c, &wanted[0, 0], limit_m, band_m, &out)
