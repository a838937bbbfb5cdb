"""Stars against gyros: which of the two is off, where their difference runs away.

With U the attitude that the gyros alone have brought here, all corrections taken off again, and q*
a fix, the difference is exp(y) = q* U' [rad, site]. What the filter makes of the fixes does not
move it: it is told of by fixes inside the gate and outside. Over fixes on end, t the time since the
first of them, the line y = y_0 + s t is fitted by least squares. A star tracker that is off stands
still, jumps or scatters: s is 0, or the line does not fit, or its end z, what the last fix is off
the estimate, lies farther off than the gyros can have gone. A gyro that reads too much by b turns
away at b. So of SLOPE_FIXES and more it is the gyros where

    |z - s t| < |s| (t / 2 + t_0),    rms(y - y_0 - s t) < FIT_MOST |s| t,                   (1)
    |s_w| > SLOPE_LEAST + NOISE_MOST sigma / sqrt(sum (t - mean t)^2)                        (2)

with t_0 from the last fix that was wholly believed to the first of the line, and s_w the lesser of
s and the slope of w = R(U)' y, which is y in body axes: what the star tracker would have to drift
by. One that is off goes round with a lander that turns, and takes y with it; w stays. sigma^2 is
cross^2 across the boresight and roll^2 along it. A line begins at a fix outside its gate, of a
sound tracker one in 10 000: at 5 sigma that fix alone makes a slope of 3.

As far as no torque that is unknown can do it, s is a change of the bias, since the gyros have
measured what turns the lander. Then P is opened:

    P_theta += z' z,   P_bg += s_i^2 + SLOPE_LEAST^2 of each axis

and the next fixes estimate attitude and bias by the filter's gain. While a bias stands out, and for
LOOSE_TICKS after, it may go on to change, P_bg += SLOPE_LEAST^2 dt: a fault ends, or grows.

With SLOPE_UNSURE in the place of SLOPE_LEAST a line is that of the gyros or of the star tracker,
nobody knows which: the inertial unit is doubted, and so it is while a bias stands out.
"""

from libc.math cimport fabs, sqrt
from libc.stdint cimport int32_t, int64_t
from libc.string cimport memset

from farside.ext.common.rotation cimport rotation_vector_between
from farside.ext.common.types cimport TICK_HZ
from farside.ext.common.vector cimport (
    Quat, Vec3, add, axpy, dot, norm, quat_conj, quat_from, quat_mul, rotate, rotate_back, scale,
    sub, vec_from, vec_to,
)
from farside.ext.navigation._codes cimport TRUST_DOUBTED
from farside.ext.navigation.health_records cimport CHANNEL_STAR, Channel
from farside.ext.navigation.inertial_records cimport StarRun
from farside.ext.navigation.state cimport ATTITUDE, GYRO_BIAS, Navigator, NavigatorSetup


cdef enum:
    SLOPE_FIXES = 5
    UNSURE_FIXES = 25
    RUN_MOST = 50               # fixes; then the line begins anew
    LOOSE_TICKS = 6000
    UNSURE_TICKS = 1500         # longer than a line


cdef extern from *:
    """
    #define SLOPE_LEAST 3.5e-4      /* rad/s, 0.02 deg/s: no star tracker drifts so fast */
    #define SLOPE_UNSURE 0.9e-4     /* rad/s, 0.005 deg/s: more than the noise of 50 fixes */
    #define FIT_MOST 0.15
    #define NOISE_MOST 4.0          /* sigma */
    """
    const double SLOPE_LEAST
    const double SLOPE_UNSURE
    const double FIT_MOST
    const double NOISE_MOST


cdef inline void open_gyros(Navigator* nav, Vec3 z, Vec3 slope) noexcept nogil:
    """Let the filter find attitude and biases anew; slope in body axes."""
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


cdef inline void run_anew(Navigator* nav, int64_t tick) noexcept nogil:
    """A line that begins at a tick."""
    cdef StarRun* r = &nav.stars
    cdef int32_t loose = r.loose_ticks, unsure = r.unsure_ticks
    cdef int64_t believed = r.believed_tick
    memset(r, 0, sizeof(StarRun))
    r.tick = tick
    r.loose_ticks = loose
    r.unsure_ticks = unsure
    r.believed_tick = believed


cdef inline Quat gyros_alone(const Navigator* nav, Quat q) noexcept nogil:
    """U where the estimate is q."""
    return quat_mul(quat_conj(quat_from(nav.corrected_q)), q)


cdef inline double slope_noise(const NavigatorSetup* setup, Vec3 slope, double tt) noexcept nogil:
    """Noise of the fixes [rad/s] along a slope in body axes; tt = sum (t - mean t)^2 [s^2]."""
    cdef double cross = setup.star_cross_rad, roll = setup.star_roll_rad
    cdef double s2 = dot(slope, slope), along2 = dot(slope, vec_from(setup.star_boresight))
    along2 = min(along2 * along2, s2)
    return sqrt((cross * cross * (s2 - along2) + roll * roll * along2) / (s2 * tt))


cdef inline void compare_fix(
        Navigator* nav, const NavigatorSetup* setup, Quat q, Quat raw, Quat fix, Vec3 z,
        bint inside, int64_t tick) noexcept nogil:
    """One more fix, z [body] off the estimate q of its time, raw by U; inside: its gate."""
    cdef StarRun* r = &nav.stars
    cdef const Channel* c = &nav.channel[CHANNEL_STAR]
    cdef Vec3 y, slope, lesser, first, turned = rotation_vector_between(raw, fix)
    cdef double t, d, s, s_w, tt, before
    # a first fix outside, after such as are wholly believed, is where a fault may have begun
    if r.n == 0 or r.n >= RUN_MOST or (not inside and r.believed):
        run_anew(nav, tick)
    r.believed = inside and c.ramp == 1.0
    y = rotate(raw, turned)
    t = <double> (tick - r.tick) / TICK_HZ
    r.n += 1
    r.t += t
    r.tt += t * t
    r.yy += dot(y, y)
    vec_to(add(vec_from(r.y), y), r.y)
    vec_to(axpy(t, y, vec_from(r.yt)), r.yt)
    vec_to(add(vec_from(r.w), turned), r.w)
    vec_to(axpy(t, turned, vec_from(r.wt)), r.wt)
    d = r.n * r.tt - r.t * r.t
    if r.n >= SLOPE_FIXES and d > 0.0:
        tt = d / r.n
        slope = scale(1.0 / d, sub(scale(r.n, vec_from(r.yt)), scale(r.t, vec_from(r.y))))
        first = scale(1.0 / r.n, axpy(-r.t, slope, vec_from(r.y)))
        s = norm(slope)
        lesser = scale(1.0 / d, sub(scale(r.n, vec_from(r.wt)), scale(r.t, vec_from(r.w))))
        # Residual of the fit: sum y'y - y_0' sum y - s' sum y t
        d = r.yy - dot(first, vec_from(r.y)) - dot(slope, vec_from(r.yt))
        before = <double> (r.tick - r.believed_tick) / TICK_HZ
        slope = rotate_back(q, slope)
        if norm(lesser) > s:
            lesser = slope
        s_w = norm(lesser)
        if s_w > SLOPE_UNSURE and sqrt(max(d, 0.0) / r.n) < FIT_MOST * s * t and (
                norm(axpy(-t, slope, z)) < s * (0.5 * t + before)):
            s_w -= NOISE_MOST * slope_noise(setup, lesser, tt)
            if s_w > SLOPE_UNSURE and r.n >= UNSURE_FIXES:
                r.unsure_ticks = UNSURE_TICKS
            if s_w > SLOPE_LEAST and (not inside or c.ramp > 1.0):
                open_gyros(nav, z, slope)
                run_anew(nav, tick)
    if r.believed:
        r.believed_tick = tick


cdef inline bint gyros_doubted(const Navigator* nav) noexcept nogil:
    """Whether stars and gyros part, or a bias stands out that no sound gyro has."""
    cdef int i
    for i in range(3):
        if fabs(nav.gyro_bias[i]) > 0.25 * SLOPE_LEAST:
            return True
    return nav.stars.unsure_ticks > 0


cdef inline void loosen(Navigator* nav, double dt) noexcept nogil:
    """Let the biases change for a while after the gyros have been found off."""
    cdef int i
    if nav.stars.unsure_ticks > 0:
        nav.stars.unsure_ticks -= 1
    if nav.stars.loose_ticks <= 0:
        return
    nav.stars.loose_ticks -= 1
    for i in range(3):
        if fabs(nav.gyro_bias[i]) > 0.25 * SLOPE_LEAST:
            nav.stars.loose_ticks = LOOSE_TICKS
        nav.P[GYRO_BIAS + i][GYRO_BIAS + i] += SLOPE_LEAST * SLOPE_LEAST * dt
