"""The class that owns the grids of a Ground: cimport it for its `c`, which ground.pxd reads."""

from farside.ext.ground.surface cimport Grid, Ground


cdef class GroundModel:
    cdef Ground c
    cdef object _held       # what keeps the memory of the grids alive

    cdef Grid* _grid(self, str name)
