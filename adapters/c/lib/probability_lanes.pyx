"""The kernel of probabilities for the C library, compiled for every instruction set (lanes.h)."""

include "farside/ext/terrain/probability.pxi"


cdef public void lanes_assess_cells(const void* model, int legs, const void* maps) noexcept nogil:
    """Write probability and bound of every cell of a CellMaps."""
    assess_cells(<const ProbabilityModel*> model, legs, <const CellMaps*> maps)
