"""The beat of a loop as Python makes it."""

from libc.stdint cimport int64_t

from farside.ext.loop.deadline cimport Beat


cdef class Metronome:
    cdef Beat c
    cdef int64_t[::1] late
    cdef int64_t[::1] took
