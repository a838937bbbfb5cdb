"""Special functions on elementary.pxd: like it the same bits on every CPU, for set-up.

Errors: 1e-13 of the normal integral and of the gamma function, 1e-15 absolute of the Bessel one.
"""

from libc.math cimport sqrt

from farside.ext.common.elementary cimport PI, SinCos, cos_of, exp_of, log_of, sin_of, sincos_of

cdef enum:
    BESSEL_FEW = 8              # nodes of a quarter turn
    BESSEL_NODES = 24           # of both sets: 8 and 16


cdef inline double normal_share_of(double x) noexcept nogil:
    """Phi(x): the share of standard normal draws below x."""
    cdef double z = x if x >= 0.0 else -x
    cdef double density = exp_of(-0.5 * z * z) / sqrt(2.0 * PI)
    cdef double sum, term, tail
    cdef int n
    if x != x:
        return x
    if z < 3.0:
        # Phi = 1/2 + phi (z + z^3 / 3 + z^5 / 15 + ...)
        sum = term = z
        for n in range(1, 60):
            term = term * z * z / (2 * n + 1)
            sum += term
        tail = density * sum
        return 0.5 + tail if x >= 0.0 else 0.5 - tail
    if z > 40.0:
        return 1.0 if x > 0.0 else 0.0
    # Laplace: 1 - Phi = phi / (z + 1 / (z + 2 / (z + 3 / ...)))
    tail = z
    for n in range(150, 0, -1):
        tail = z + n / tail
    tail = density / tail
    return 1.0 - tail if x >= 0.0 else tail


cdef inline double gamma_of(double x) noexcept nogil:
    """Gamma(x), 0 < x < 100: Stirling's series beyond 16, and the recurrence down from there."""
    cdef double below = 1.0, z = x, inverse, square, series
    if not (0.0 < x < 100.0):
        return (x - x) / 0.0 * 0.0
    while z < 16.0:
        below *= z
        z += 1.0
    inverse = 1.0 / z
    square = inverse * inverse
    series = inverse * (1.0 / 12.0 - square * (1.0 / 360.0 - square * (1.0 / 1260.0 - square * (
        1.0 / 1680.0 - square * (1.0 / 1188.0 - square * 691.0 / 360360.0)))))
    return exp_of((z - 0.5) * log_of(z) - z + 0.5 * log_of(2.0 * PI) + series) / below


cdef inline void bessel_nodes(double* sines) noexcept nogil:
    """Sines of the middles of 8 parts of a quarter turn, then of 16."""
    cdef int k
    for k in range(BESSEL_FEW):
        sines[k] = sin_of((k + 0.5) * 0.5 * PI / BESSEL_FEW)
    for k in range(2 * BESSEL_FEW):
        sines[BESSEL_FEW + k] = sin_of((k + 0.5) * 0.25 * PI / BESSEL_FEW)


cdef inline double bessel_of(double x, const double* sines) noexcept nogil:
    """J0(x), |x| < 1e5, with the sines of bessel_nodes."""
    cdef double z = x if x >= 0.0 else -x
    cdef double sum = 0.0, term = 1.0, across = 0.0
    cdef double quarter = -0.25 * z * z
    cdef SinCos at
    cdef int k
    if z < 1.0:
        # 1 - q + q^2 / 2!^2 - q^3 / 3!^2 ..., q = z^2 / 4
        sum = 1.0
        for k in range(9, 0, -1):
            sum = 1.0 + sum * quarter / (k * k)
        return sum
    # the mean of cos(z sin t) over a turn: even steps err by 2 J32(7) or 2 J64(25), below 1e-17
    if z < 7.0:
        for k in range(BESSEL_FEW):
            sum += cos_of(z * sines[k])
        return sum / BESSEL_FEW
    if z < 25.0:
        for k in range(BESSEL_FEW, BESSEL_NODES):
            sum += cos_of(z * sines[k])
        return sum / (2 * BESSEL_FEW)
    # Hankel: sqrt(2 / (pi z)) (P cos(z - pi/4) + Q sin(z - pi/4)), in powers of 1 / (8 z)
    for k in range(1, 22):
        if k & 1:
            # P takes the even terms, Q the odd ones, with signs + + - -
            sum = sum + term if not k & 2 else sum - term
        else:
            across = across + term if k & 2 else across - term
        term = term * (2 * k - 1) * (2 * k - 1) / (k * 8.0 * z)
        if term < 1e-18:
            break
    at = sincos_of(z)
    return (sum * (at.c + at.s) + across * (at.s - at.c)) / sqrt(PI * z)
