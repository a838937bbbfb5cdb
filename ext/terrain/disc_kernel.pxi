# The disc kernel as a class of Python.

include "disc.pxi"

cimport cython

import numpy as np

from farside.ext.common.arena cimport Arena
from farside.ext.common.maps cimport ByteMap, ConstByteMap, ConstFloatMap, FloatMap
from farside.ext.terrain.disc_layout cimport DiscTables, lay_out_disc


@cython.final
@cython.auto_pickle(False)
cdef class DiscKernel:
    """Workspace and kernel for maps of one size and one footprint; for one thread at a time.

    Parameters
    ----------
    rows, cols
        Size of the maps [cells].
    layout
        The footprint, as farside.ext.terrain.disc.lay_out_disc lays it out.
    """

    cdef Disc c
    cdef list kept          # the arrays that c points into

    def __init__(self, int rows, int cols, layout):
        cdef DiscTables tables
        cdef Arena arena
        cdef const int[::1] half_width = layout.half_width, half_height = layout.half_height
        cdef const int[::1] blocks = layout.blocks.reshape(-1), phases = layout.phases
        cdef const int[::1] runs = layout.runs.reshape(-1)
        cdef char[::1] memory
        if half_width.shape[0] < 2 or half_height.shape[0] < 2:
            raise ValueError("a footprint must reach at least one cell from its centre")
        tables.reach_y = half_width.shape[0] - 1
        tables.reach_x = half_height.shape[0] - 1
        tables.half_width = &half_width[0]
        tables.half_height = &half_height[0]
        tables.blocks = &blocks[0]
        tables.phases = &phases[0]
        tables.runs = &runs[0]
        arena.base = NULL
        arena.used = 0
        lay_out_disc(&self.c, rows, cols, &tables, &arena)
        # written, so that no scan waits for its pages
        memory = np.full(arena.used, 0, np.int8)
        arena.base = &memory[0]
        arena.used = 0
        lay_out_disc(&self.c, rows, cols, &tables, &arena)
        self.kept = [memory, blocks, phases, runs]

    @property
    def cells(self) -> int:
        """Cells in the footprint."""
        return self.c.cells

    def load(
        self,
        ConstFloatMap level,
        ConstByteMap unseen,
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
        if self.c.rows == 0 or self.c.cols == 0:
            return
        with nogil:
            load_heights(&self.c, &level[0, 0], &unseen[0, 0], quantum_m, relief_m, any_unseen)

    def map(
        self,
        double cell_x_m,
        double cell_y_m,
        double limit_m,
        FloatMap slope_deg,
        FloatMap roughness_m,
        ByteMap footprint,
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
        if self.c.rows == 0 or self.c.cols == 0:
            return
        with nogil:
            map_discs(
                &self.c, cell_x_m, cell_y_m, limit_m, &slope_deg[0, 0], &roughness_m[0, 0],
                &footprint[0, 0])
