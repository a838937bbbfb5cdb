"""The classic laws: E-guidance with its own time-to-go; Apollo's P63, P64, P65 and its throttle.

Vectors are site components; g is the whole acceleration of a free fall where the lander is, so that
-g is what a hover takes. Apollo's time T is negative, counted to where the target polynomial ends.
Sources: Luminary 099, LUNAR_LANDING_GUIDANCE_EQUATIONS and THROTTLE_CONTROL_ROUTINES (public
domain); D'Souza, AIAA 97-3709.
"""

from libc.math cimport fabs, sqrt

from farside.ext.guidance.records.plan cimport ApolloTarget
from farside.ext.common.vector cimport Vec3, axpy, cross, dot, scale, sub


cdef enum:
    TTF_PASSES = 8          # after which ROOTPSRS gives up
    TIME_PASSES = 40        # of the quartic: bisection alone would be done by then


# ---- E-guidance ----------------------------------------------------------------------------


cdef inline Vec3 zem_zev(
        Vec3 r, Vec3 v, Vec3 r_target, Vec3 v_target, Vec3 g, double t_go) noexcept nogil:
    """a_T = 6 ZEM / t^2 - 2 ZEV / t: ZEM = r_f - (r + v t + g t^2 / 2), ZEV = v_f - v - g t."""
    cdef Vec3 zem = axpy(-0.5 * t_go * t_go, g, axpy(-t_go, v, sub(r_target, r)))
    cdef Vec3 zev = axpy(-t_go, g, sub(v_target, v))
    return axpy(6.0 / (t_go * t_go), zem, scale(-2.0 / t_go, zev))


cdef inline double effort(Vec3 r, Vec3 v, Vec3 g, double weight, double t) noexcept nogil:
    """weight t + 1/2 int a^2 dt of E-guidance to rest at the origin.

    The integral along the optimum is 6 ZEM^2 / t^3 - 6 ZEM.ZEV / t^2 + 2 ZEV^2 / t.
    """
    cdef Vec3 zem = scale(-1.0, axpy(0.5 * t * t, g, axpy(t, v, r)))
    cdef Vec3 zev = scale(-1.0, axpy(t, g, v))
    return weight * t + 2.0 / t * (
        dot(zev, zev) + 3.0 / t * (dot(zem, zem) / t - dot(zem, zev)))


cdef inline double quartic(const double* c, double t) noexcept nogil:
    return ((c[4] * t * t + c[2]) * t + c[1]) * t + c[0]


cdef inline double best_time(Vec3 r, Vec3 v, Vec3 g, double weight) noexcept nogil:
    """The time-to-go of least `effort` from r to rest at the origin [s]; 0 where there is none.

    (weight + g.g / 2) t^4 - 2 v.v t^2 - 12 v.r t - 18 r.r = 0 (D'Souza 1997). A fast approach has
    two minima: one before the lander would pass the target, one after it has come back. The first
    is sought from 0, the other from above all roots, and the cheaper is taken.
    """
    cdef double c[5]
    cdef double rr = dot(r, r), vv = dot(v, v)
    cdef double top, low, high, t, f, slope, step, late, early, inflection
    cdef int _pass
    c[4] = weight + 0.5 * dot(g, g)
    c[2] = -2.0 * vv
    c[1] = -12.0 * dot(v, r)
    c[0] = -18.0 * rr
    if not (c[4] > 0.0 and rr > 0.0):
        return 0.0
    # Above 2^(1/3) max(sqrt(6 v.v / c4), (54 r.r / c4)^(1/4)) the quartic is positive and convex:
    # there its first term is worth three times each of the others.
    top = 1.26 * max(sqrt(6.0 * vv / c[4]), sqrt(sqrt(54.0 * rr / c[4])))
    low = 0.0
    high = top
    t = top
    for _pass in range(TIME_PASSES):
        f = quartic(c, t)
        if f >= 0.0:
            high = t
        else:
            low = t
        slope = (4.0 * c[4] * t * t + 2.0 * c[2]) * t + c[1]
        step = f / slope if slope > 0.0 else high
        if not (t - step > low and t - step < high):
            step = t - 0.5 * (low + high)
        t -= step
        if fabs(step) <= 1e-13 * top:
            break
    late = t
    # Below the inflection the quartic is concave: tangents from the left stay left of the root.
    inflection = sqrt(vv / (3.0 * c[4]))
    early = 0.0
    for _pass in range(TIME_PASSES):
        slope = (4.0 * c[4] * early * early + 2.0 * c[2]) * early + c[1]
        if not slope > 0.0:
            return late
        step = -quartic(c, early) / slope
        early += step
        if early > inflection:
            return late
        if step <= 1e-13 * top:
            break
    return early if effort(r, v, g, weight, early) < effort(r, v, g, weight, late) else late


# ---- Apollo --------------------------------------------------------------------------------


cdef struct GuidanceFrame:
    Vec3 up
    Vec3 across             # along x up: x, y, z make a right-handed frame
    Vec3 along


cdef struct TimeToTarget:
    double t                # [s], negative
    int passes              # of Newton's method
    bint found


cdef inline GuidanceFrame guidance_frame(
        Vec3 r, Vec3 v, Vec3 up, Vec3 arrival, double gain, double t) noexcept nogil:
    """z lies in the plane of the site's vertical and of site - r + gain T v (CGCALC).

    r [m] counts from the site, v [m/s] from the ground; arrival serves where that plane is none.
    """
    cdef GuidanceFrame frame
    cdef Vec3 ahead = axpy(gain * t, v, scale(-1.0, r))
    cdef Vec3 across = cross(ahead, up)
    cdef double wide = dot(across, across)
    # Over the site itself, and for a NaN, the arrival's own plane serves.
    if not wide > 1e-6:
        across = cross(arrival, up)
        wide = dot(across, across)
    frame.up = up
    frame.across = scale(1.0 / sqrt(wide), across)
    frame.along = cross(up, frame.across)
    return frame


cdef inline TimeToTarget time_to_target(
        const ApolloTarget* to, Vec3 r, Vec3 v, const GuidanceFrame* frame,
        double guess) noexcept nogil:
    """J T^3 + 6 A T^2 + (18 V_D + 6 V) T + 24 (R_D - R) = 0 along z, by Newton from a guess.

    It asks that the jerk along z at the target be the one that the load names.
    """
    cdef TimeToTarget out
    cdef double a0 = 24.0 * (to.r[2] - dot(r, frame.along))
    cdef double a1 = 18.0 * to.v[2] + 6.0 * dot(v, frame.along)
    cdef double a2 = 6.0 * to.a[2]
    cdef double slope, step
    out.t = guess
    out.found = False
    for out.passes in range(1, TTF_PASSES + 1):
        slope = a1 + out.t * (2.0 * a2 + out.t * 3.0 * to.jerk)
        if slope == 0.0:
            break
        step = (a0 + out.t * (a1 + out.t * (a2 + out.t * to.jerk))) / slope
        out.t -= step
        # Newton squares what is left: a step of 1e-5 leaves a part in 10^10.
        if fabs(step) <= 1e-5 * fabs(guess):
            out.found = True
            break
    # A NaN is no time, nor is one that is past.
    if not out.t < 0.0:
        out.found = False
    return out


cdef inline Vec3 apollo_quadratic(
        const ApolloTarget* to, const GuidanceFrame* frame, Vec3 r, Vec3 v, Vec3 g,
        double t, double lead) noexcept nogil:
    """Thrust acceleration of P63 and P64; r counts from the site. The caller keeps T negative.

    As published: A_D + 6 (V_D + V) / T + 12 (R_D - R) / T^2. With the lead over the lag from
    sensing to thrusting, k = (T + lead) / T, it is the same polynomial a lead later:
    A_D (6 k^2 - 6 k + 1) + (R_D - R) (36 k^2 - 24 k) / T^2 + V_D (24 k^2 - 18 k) / T
    + V (12 k^2 - 6 k) / T.
    """
    cdef double per_t = 1.0 / t
    # The lead never reaches beyond the target.
    cdef double k = 1.0 + lead * per_t if t + lead < 0.0 else 0.0
    cdef double q = 6.0 * k * k
    cdef double p = q - 6.0 * k
    cdef double of_v = (p + q) * per_t
    cdef double of_target_v = (3.0 * p + q) * per_t
    cdef double of_r = (4.0 * p + 2.0 * q) * per_t * per_t
    cdef double up = (p + 1.0) * to.a[0] + of_target_v * to.v[0] + of_r * to.r[0]
    cdef double across = (p + 1.0) * to.a[1] + of_target_v * to.v[1] + of_r * to.r[1]
    cdef double along = (p + 1.0) * to.a[2] + of_target_v * to.v[2] + of_r * to.r[2]
    # What belongs to the state needs no components: a frame turns nothing but the target.
    cdef Vec3 a = sub(axpy(of_v, v, scale(-of_r, r)), g)
    a = axpy(up, frame.up, a)
    a = axpy(across, frame.across, a)
    return axpy(along, frame.along, a)


cdef inline Vec3 null_velocity(Vec3 v, Vec3 v_target, Vec3 g, double tau) noexcept nogil:
    """P65: a = (V_2FG - V) / tau, less gravity."""
    return sub(scale(1.0 / tau, sub(v_target, v)), g)


cdef inline Vec3 saturate(Vec3 a, const GuidanceFrame* frame, double full_mps2) noexcept nogil:
    """Keep the vertical and across, clip what brakes (AFCCALC): a_z >= -sqrt(a^2 - a_x^2 - a_y^2).
    """
    cdef double up = dot(a, frame.up)
    cdef double across = dot(a, frame.across)
    cdef double along = dot(a, frame.along)
    cdef double most = full_mps2 * full_mps2 - up * up - across * across
    most = sqrt(most) if most > 0.0 else 0.0
    if along < -most:
        return axpy(-most - along, frame.along, a)
    return a


cdef inline bint at_full_throttle(
        bint was, double wanted_n, double low_n, double high_n) noexcept nogil:
    """Whether the engine runs at its fixed throttle position (THROTTLE_CONTROL_ROUTINES).

    Between low_n and full thrust the nozzle would erode: up to full above high_n, and down again
    only once no more than low_n is wanted: throttle recovery.
    """
    return wanted_n > (low_n if was else high_n)
