"""The lander as Python's set-up assembles it, for the closed loop and for the FMU's export."""

from farside.ext.dynamics.plant cimport Plant
from farside.ext.loop.lander cimport LanderTable


cdef class LanderModel:
    cdef LanderTable table
    cdef Plant plant            # at tick 0
    cdef readonly object map_heights    # float32 (rows, cols): what table.maps points into
    cdef readonly object map_sigmas
    cdef readonly object field          # GravityTableCore or None, as the plant's
    cdef readonly object field_aboard
