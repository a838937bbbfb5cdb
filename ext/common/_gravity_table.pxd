from farside.ext.common.gravity_table cimport GravityTable


cdef class GravityTableCore:
    cdef GravityTable table
    cdef readonly object values
