"""Draws of the counter-based generator and the elementary functions, for set-up and tests."""

from libc.stdint cimport uint32_t, uint64_t

from farside.ext.common.elementary cimport (
    acos_of, asin_of, atan2_of, atan_of, cos_of, exp_of, log_of, sin_of,
)
from farside.ext.common.random cimport Stream, normal, normal_quantile, open_stream, philox, uniform


def normals(uint64_t seed, uint32_t run, uint32_t stream, double[::1] out):
    """Fill out with standard normal deviates of one stream."""
    cdef Stream s = open_stream(seed, run, stream)
    cdef Py_ssize_t i
    for i in range(out.shape[0]):
        out[i] = normal(&s)


def uniforms(uint64_t seed, uint32_t run, uint32_t stream, double[::1] out):
    """Fill out with uniforms in (0, 1) of one stream."""
    cdef Stream s = open_stream(seed, run, stream)
    cdef Py_ssize_t i
    for i in range(out.shape[0]):
        out[i] = uniform(&s)


def philox_block(uint32_t c0, uint32_t c1, uint32_t c2, uint32_t c3, uint32_t k0, uint32_t k1):
    """Return the four words that Philox 4x32-10 makes of a counter and a key."""
    cdef uint32_t c[4]
    c[0] = c0
    c[1] = c1
    c[2] = c2
    c[3] = c3
    philox(c, k0, k1)
    return c[0], c[1], c[2], c[3]


def elementary(str name, const double[::1] x, double[::1] out):
    """Fill out with a function of x: sin, cos, exp, log, atan, asin, acos or quantile."""
    cdef Py_ssize_t i
    cdef int which = (
        "sin", "cos", "exp", "log", "atan", "asin", "acos", "quantile").index(name)
    for i in range(x.shape[0]):
        if which == 0:
            out[i] = sin_of(x[i])
        elif which == 1:
            out[i] = cos_of(x[i])
        elif which == 2:
            out[i] = exp_of(x[i])
        elif which == 3:
            out[i] = log_of(x[i])
        elif which == 4:
            out[i] = atan_of(x[i])
        elif which == 5:
            out[i] = asin_of(x[i])
        elif which == 6:
            out[i] = acos_of(x[i])
        else:
            out[i] = normal_quantile(x[i])


def atan2_pairs(const double[::1] y, const double[::1] x, double[::1] out):
    """Fill out with the angle of each (x, y)."""
    cdef Py_ssize_t i
    for i in range(x.shape[0]):
        out[i] = atan2_of(y[i], x[i])
