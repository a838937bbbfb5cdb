"""What strays in any sensor: drift beside white noise, the end of a scale, the step of a reading.

Drift is a first-order Gauss-Markov process of standard deviation sigma and time constant tau, at
steps of T exactly (Brown & Hwang, Introduction to Random Signals and Applied Kalman Filtering, 4th
ed., 5.4):

    x_0 = sigma w_0,   x_k+1 = exp(-T / tau) x_k + sigma sqrt(1 - exp(-2 T / tau)) w,   w ~ N(0, 1)

so that x has variance sigma^2 at every step and autocorrelation sigma^2 exp(-|t| / tau).
"""

from libc.math cimport floor, sqrt
from libc.stdint cimport int32_t

from farside.ext.common.random cimport Stream, normal
from farside.ext.common.vector cimport Vec3, vec


cdef struct Drift:
    double sigma                # in the unit of what drifts; 0 or less: it does not
    double keep                 # exp(-T / tau)
    double drive                # sigma sqrt(1 - keep^2)


cdef inline double drift_first(const Drift* d, Stream* s) noexcept nogil:
    return d.sigma * normal(s) if d.sigma > 0.0 else 0.0


cdef inline double drift_next(const Drift* d, Stream* s, double x) noexcept nogil:
    """One step on; nothing is drawn for what does not drift."""
    return d.keep * x + d.drive * normal(s) if d.sigma > 0.0 else 0.0


cdef inline Vec3 noisy(Stream* s, double sigma) noexcept nogil:
    """Three independent normal errors; none is drawn for a perfect sensor."""
    if sigma <= 0.0:
        return vec(0.0, 0.0, 0.0)
    cdef double x = sigma * normal(s)
    cdef double y = sigma * normal(s)
    return vec(x, y, sigma * normal(s))


cdef inline double noise_at(double near, double far, double share) noexcept nogil:
    """Standard deviation at a share of the farthest range: of two independent parts."""
    return sqrt(near * near + far * share * (far * share))


cdef inline double limited(
        double x, double most, int32_t bit, int32_t* saturated) noexcept nogil:
    """x held inside +-most, and the bit set where it was not; most of 0 has no end."""
    if most > 0.0 and not (-most <= x <= most):
        saturated[0] |= bit
        return -most if x < 0.0 else most
    return x


cdef inline double in_steps(double x, double step) noexcept nogil:
    """The whole number of steps nearest to x, halves upwards; a step of 0 leaves it."""
    return step * floor(x / step + 0.5) if step > 0.0 else x
