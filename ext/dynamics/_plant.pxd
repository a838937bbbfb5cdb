"""The plant as an object: what the flight loop takes from Python's set-up."""

from farside.ext.common._gravity_table cimport GravityTableCore
from farside.ext.common.gravity_table cimport GravityTable
from farside.ext.ground._ground cimport GroundModel
from farside.ext.dynamics.plant cimport Plant
from farside.ext.common.types cimport Moon
from farside.ext.dynamics.vehicle cimport Vehicle


cdef class PlantModel:
    cdef Plant c
    cdef Vehicle vehicle
    cdef Moon moon
    cdef GroundModel ground
    cdef double tick_s
    cdef GravityTableCore field     # or None
    cdef bint has_field
    cdef const GravityTable* table(self) noexcept nogil
