"""Stars against gyros: which of the two is off, where their difference lies outside its gate.

With z what a fix is off the estimate [rad, body] and t the time since the first fix outside on end,
the line z = z_0 + s t is fitted by least squares. A star tracker that is off stands still, jumps or
scatters: s is 0, or z_0 is large, or the line does not fit. A gyro that reads too much by b turns
the estimate away at b, from where it was. So of SLOPE_FIXES and more it is the gyros where

    |s| > SLOPE_LEAST,   |z_0| < |s| T / 2,   rms(z - z_0 - s t) < FIT_MOST |s| T

over the span T, as far as no torque that is unknown can do it: s is a change of the bias, since the
gyros have measured what turns the lander. Then P is opened:

    P_theta += z' z,   P_bg += s_i^2 of each axis

and the next fixes estimate attitude and bias by the filter's gain. While a bias stands out, and for
LOOSE_TICKS after, it may go on to change, P_bg += SLOPE_LEAST^2 dt: a fault ends, or grows.
"""

from libc.math cimport fabs, sqrt
from libc.stdint cimport int32_t, int64_t
from libc.string cimport memset

from farside.ext.common.types cimport TICK_HZ
from farside.ext.common.vector cimport Vec3, dot, norm, scale, sub, vec_from, vec_to
from farside.ext.navigation._codes cimport TRUST_DOUBTED
from farside.ext.navigation.health_records cimport CHANNEL_STAR, Channel
from farside.ext.navigation.inertial_records cimport StarRun
from farside.ext.navigation.state cimport ATTITUDE, GYRO_BIAS, Navigator


cdef enum:
    SLOPE_FIXES = 5
    RUN_MOST = 50               # fixes; then the line begins anew
    LOOSE_TICKS = 6000


cdef extern from *:
    """
    #define SLOPE_LEAST 3.5e-4      /* rad/s, 0.02 deg/s: no star tracker drifts so fast */
    #define FIT_MOST 0.15
    """
    const double SLOPE_LEAST
    const double FIT_MOST


cdef inline void open_gyros(Navigator* nav, Vec3 z, Vec3 slope) noexcept nogil:
    """Let the filter find attitude and biases anew."""
    cdef Channel* c = &nav.channel[CHANNEL_STAR]
    cdef double off2 = dot(z, z)
    cdef double[3] s
    cdef int i
    vec_to(slope, s)
    for i in range(3):
        nav.P[ATTITUDE + i][ATTITUDE + i] += off2
        nav.P[GYRO_BIAS + i][GYRO_BIAS + i] += s[i] * s[i] + SLOPE_LEAST * SLOPE_LEAST
    c.ramp = 1.0
    c.outside = 0
    c.trust = TRUST_DOUBTED
    nav.stars.loose_ticks = LOOSE_TICKS


cdef inline void fix_inside(Navigator* nav) noexcept nogil:
    """A fix inside its gate: the next line begins anew."""
    nav.stars.n = 0


cdef inline void fix_outside(Navigator* nav, Vec3 z, int64_t tick) noexcept nogil:
    """One more fix outside its gate, z off the estimate of its time."""
    cdef StarRun* r = &nav.stars
    cdef int32_t loose = r.loose_ticks
    cdef double t, d, span
    cdef Vec3 slope, first, mean
    if r.n == 0 or r.n >= RUN_MOST:
        memset(r, 0, sizeof(StarRun))
        r.tick = tick
        r.loose_ticks = loose
    t = <double> (tick - r.tick) / TICK_HZ
    r.n += 1
    r.t += t
    r.tt += t * t
    r.zz += dot(z, z)
    r.z[0] += z.x
    r.z[1] += z.y
    r.z[2] += z.z
    r.zt[0] += t * z.x
    r.zt[1] += t * z.y
    r.zt[2] += t * z.z
    d = r.n * r.tt - r.t * r.t
    if r.n < SLOPE_FIXES or not d > 0.0:
        return
    slope = scale(1.0 / d, sub(scale(r.n, vec_from(r.zt)), scale(r.t, vec_from(r.z))))
    mean = scale(1.0 / r.n, vec_from(r.z))
    first = sub(mean, scale(r.t / r.n, slope))
    span = norm(slope) * t
    # Residual of the fit: sum z'z - z_0' sum z - s' sum z t
    d = r.zz - dot(first, vec_from(r.z)) - dot(slope, vec_from(r.zt))
    if norm(slope) > SLOPE_LEAST and norm(first) < 0.5 * span and (
            sqrt(max(d, 0.0) / r.n) < FIT_MOST * span):
        open_gyros(nav, z, slope)
        r.n = 0


cdef inline void loosen(Navigator* nav, double dt) noexcept nogil:
    """Let the biases change for a while after the gyros have been found off."""
    cdef int i
    if nav.stars.loose_ticks <= 0:
        return
    nav.stars.loose_ticks -= 1
    for i in range(3):
        if fabs(nav.gyro_bias[i]) > 0.25 * SLOPE_LEAST:
            nav.stars.loose_ticks = LOOSE_TICKS
        nav.P[GYRO_BIAS + i][GYRO_BIAS + i] += SLOPE_LEAST * SLOPE_LEAST * dt
