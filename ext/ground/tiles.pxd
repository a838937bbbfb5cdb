"""Features drawn tile by tile from counters, so that any place has the same ones however asked."""

from libc.stdint cimport uint32_t, uint64_t

from farside.ext.common.elementary cimport exp_of
from farside.ext.common.random cimport Stream, open_stream, uniform


cdef struct Box:            # of arcs [m]; features belong to it by their centres
    double u_lo
    double u_hi
    double v_lo
    double v_hi


cdef inline bint inside(const Box* box, double u, double v) noexcept nogil:
    return box.u_lo <= u < box.u_hi and box.v_lo <= v < box.v_hi


cdef inline Stream tile_stream(
    uint64_t seed, uint32_t kind, Py_ssize_t tile_j, Py_ssize_t tile_i
) noexcept nogil:
    """Open the stream that seed, kind of feature and tile name."""
    return open_stream(
        seed, (<uint32_t> tile_i & 0xFFFF) | (<uint32_t> tile_j & 0xFFFF) << 16, kind)


cdef inline int poisson(Stream* s, double mean) noexcept nogil:
    """A Poisson count, by inversion of one uniform; means up to 700."""
    cdef double p = exp_of(-mean)
    cdef double below = p, draw = uniform(s)
    cdef int n = 0
    while draw > below and n < 4000:
        n += 1
        p *= mean / n
        below += p
    return n
