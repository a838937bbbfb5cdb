"""Elementary functions built from + - * / and sqrt alone, so that every CPU gives the same bits.

libm picks its code by the CPU and so changes the last bits of a flight; these do not. Errors are
a few units in the last place over the ranges that a landing uses (tests/unit/test_elementary.py).
Taylor series about the reduced argument; the reductions are Cody and Waite's (1980).
"""

from libc.math cimport sqrt, floor
from libc.stdint cimport int64_t, uint64_t
from libc.string cimport memcpy

cdef extern from *:
    """
    #define FARSIDE_PI 3.14159265358979323846
    #define FARSIDE_NAN (0.0 / 0.0)
    """
    const double PI "FARSIDE_PI"


cdef struct SinCos:
    double s
    double c


cdef inline SinCos sincos_of(double x) noexcept nogil:
    """sin x and cos x, |x| < 1e5 rad; NaN beyond, where the reduction would lose digits."""
    cdef SinCos out
    cdef double k, y, y2, s, c
    cdef int quadrant
    if not (-1e5 < x < 1e5):
        out.s = x - x + (x * 0.0) / 0.0
        out.c = out.s
        return out
    k = floor(x * 0.63661977236758134308 + 0.5)
    # pi/2 in three parts of 33, 33 and 53 bits: k times the first two is exact.
    y = x - k * 1.57079632673412561417
    y = y - k * 6.07710050630396597660e-11
    y = y - k * 2.02226624879595063154e-21
    y2 = y * y
    s = y + y * y2 * (
        -1.0 / 6.0 + y2 * (1.0 / 120.0 + y2 * (-1.0 / 5040.0 + y2 * (1.0 / 362880.0 + y2 * (
            -1.0 / 39916800.0 + y2 * (1.0 / 6227020800.0 - y2 / 1307674368000.0)))))
    )
    c = 1.0 + y2 * (
        -0.5 + y2 * (1.0 / 24.0 + y2 * (-1.0 / 720.0 + y2 * (1.0 / 40320.0 + y2 * (
            -1.0 / 3628800.0 + y2 * (1.0 / 479001600.0 + y2 * (
                -1.0 / 87178291200.0 + y2 / 20922789888000.0))))))
    )
    quadrant = <int> (k - 4.0 * floor(0.25 * k))
    if quadrant == 0:
        out.s, out.c = s, c
    elif quadrant == 1:
        out.s, out.c = c, -s
    elif quadrant == 2:
        out.s, out.c = -s, -c
    else:
        out.s, out.c = -c, s
    return out


cdef inline double sin_of(double x) noexcept nogil:
    return sincos_of(x).s


cdef inline double cos_of(double x) noexcept nogil:
    return sincos_of(x).c


cdef inline double exp_of(double x) noexcept nogil:
    """e^x; 0 below -700, infinity above 700."""
    cdef double k, y, p
    cdef uint64_t bits
    cdef double two_k
    if x != x:
        return x
    if x < -700.0:
        return 0.0
    if x > 700.0:
        return 1e308 * 1e308
    k = floor(x * 1.44269504088896340736 + 0.5)
    # ln 2 in two parts; k times the first is exact.
    y = (x - k * 6.93147180369123816490e-01) - k * 1.90821492927058770002e-10
    p = 1.0 + y * (1.0 + y * (0.5 + y * (1.0 / 6.0 + y * (1.0 / 24.0 + y * (1.0 / 120.0 + y * (
        1.0 / 720.0 + y * (1.0 / 5040.0 + y * (1.0 / 40320.0 + y * (1.0 / 362880.0 + y * (
            1.0 / 3628800.0 + y * (1.0 / 39916800.0 + y / 479001600.0)))))))))))
    bits = <uint64_t> (<int64_t> k + 1023) << 52
    memcpy(&two_k, &bits, 8)
    return p * two_k


cdef inline double expm1_of(double x) noexcept nogil:
    """e^x - 1, with all its digits near 0."""
    cdef double sum = 1.0
    cdef int n
    if not (-0.35 < x < 0.35):
        return exp_of(x) - 1.0
    # x (1 + x/2 (1 + x/3 (1 + ...)))
    for n in range(14, 1, -1):
        sum = 1.0 + sum * x / n
    return x * sum


cdef inline double log_of(double x) noexcept nogil:
    """The natural logarithm of a normal positive x; NaN otherwise."""
    cdef uint64_t bits
    cdef double m, s, s2, p
    cdef int64_t e
    if not (x > 2.3e-308 and x < 1e308):
        return (x - x) / 0.0 * 0.0
    memcpy(&bits, &x, 8)
    e = <int64_t> (bits >> 52) - 1023
    bits = (bits & 0xFFFFFFFFFFFFFULL) | (<uint64_t> 1023 << 52)
    memcpy(&m, &bits, 8)
    if m > 1.41421356237309504880:
        m = 0.5 * m
        e += 1
    # ln m = 2 atanh((m - 1) / (m + 1)), |s| < 0.1716
    s = (m - 1.0) / (m + 1.0)
    s2 = s * s
    p = s2 * (1.0 / 3.0 + s2 * (1.0 / 5.0 + s2 * (1.0 / 7.0 + s2 * (1.0 / 9.0 + s2 * (
        1.0 / 11.0 + s2 * (1.0 / 13.0 + s2 * (1.0 / 15.0 + s2 * (1.0 / 17.0 + s2 * (
            1.0 / 19.0 + s2 / 21.0)))))))))
    return e * 6.93147180369123816490e-01 + (
        2.0 * s * p + e * 1.90821492927058770002e-10 + 2.0 * s)


cdef inline double atan_of(double x) noexcept nogil:
    """The arc tangent [rad]: reduced to |x| < tan(pi/16) by angle subtractions, then a series."""
    cdef double a = x if x >= 0.0 else -x
    cdef double base = 0.0, t, t2, r
    cdef bint inverted = False
    if x != x:
        return x
    if a > 1.0:
        a = 1.0 / a
        inverted = True
    # atan a = atan b + atan((a - b) / (1 + a b)) at b = tan(pi/8), then b = +-tan(pi/16)
    if a > 0.19891236737965800691:
        if a > 0.66817863791929891999:
            t = (a - 1.0) / (1.0 + a)
            base = 0.78539816339744830962
        else:
            t = (a - 0.41421356237309504880) / (1.0 + a * 0.41421356237309504880)
            base = 0.39269908169872415481
    else:
        t = a
    t2 = t * t
    r = base + (t - t * t2 * (1.0 / 3.0 - t2 * (1.0 / 5.0 - t2 * (1.0 / 7.0 - t2 * (
        1.0 / 9.0 - t2 * (1.0 / 11.0 - t2 * (1.0 / 13.0 - t2 * (1.0 / 15.0 - t2 * (
            1.0 / 17.0 - t2 * (1.0 / 19.0 - t2 / 21.0)))))))))
    )
    if inverted:
        r = 1.57079632679489661923 - r
    return r if x >= 0.0 else -r


cdef inline double atan2_of(double y, double x) noexcept nogil:
    """The angle of (x, y) [rad] in (-pi, pi]; 0 at the origin, NaN where either is."""
    if x != x or y != y:
        return x + y
    if x > 0.0:
        return atan_of(y / x)
    if x < 0.0:
        return atan_of(y / x) + (PI if y >= 0.0 else -PI)
    if y > 0.0:
        return 0.5 * PI
    if y < 0.0:
        return -0.5 * PI
    return 0.0


cdef inline double asin_of(double x) noexcept nogil:
    """The arc sine [rad] of x held inside [-1, 1]."""
    if x >= 1.0:
        return 0.5 * PI
    if x <= -1.0:
        return -0.5 * PI
    return atan_of(x / sqrt((1.0 - x) * (1.0 + x)))


cdef inline double acos_of(double x) noexcept nogil:
    """The arc cosine [rad] of x held inside [-1, 1]."""
    if x >= 1.0:
        return 0.0
    if x <= -1.0:
        return PI
    return 2.0 * atan_of(sqrt((1.0 - x) / (1.0 + x)))


cdef inline double tan_of(double x) noexcept nogil:
    """The tangent."""
    cdef SinCos at = sincos_of(x)
    return at.s / at.c


cdef inline double pow_of(double x, double y) noexcept nogil:
    """x^y of x > 0 as e^(y ln x), to |y ln x| units in the last place; 0^y is 0, NaN below."""
    if x == 0.0 and y > 0.0:
        return 0.0
    return exp_of(y * log_of(x))
