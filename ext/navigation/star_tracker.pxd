"""The star tracker: attitude against the stars, three numbers of one fix behind one gate.

The site has turned by w t against inertial space since tick 0. What the fix is off the attitude of
its time tag, as a rotation vector in body axes, is

    z = R(q)' theta + tau + noise                                                (1)

with tau the mounting's turn. Along unit vectors e_1, e_2 across the boresight and e_3 along it the
noises are independent, and for each, with e_i in body axes,

    nu = e_i . z,     H = R(q) e_i on theta,  e_i on tau,     R = cross^2, cross^2, roll^2

The gate takes all three at once: d = nu' S^-1 nu, of three degrees of freedom, by the Cholesky
factor of S = H P H' + R. Inside it they are taken in turn.

A fix that repeats itself is stuck where the gyros alone have turned since (health.pxd): by U of
star_slope.pxd, which no fix has moved. The estimate follows a fix that it believes, and would tell
late: a lander that turns steadily looks then as one whose gyros are off.
"""

from libc.math cimport sqrt
from libc.stdint cimport int64_t

from farside.ext.common.elementary cimport SinCos, sincos_of
from farside.ext.common.measurements cimport Measurements
from farside.ext.common.rotation cimport rotation_vector_between
from farside.ext.common.types cimport TICK_HZ, Moon
from farside.ext.common.vector cimport (
    Quat, Vec3, add, cross, dot, norm, quat, quat_from, quat_mul, rotate, unit, vec, vec_from,
)
from farside.ext.navigation.delayed cimport Then, estimate_at, put_attitude, rates_modelled
from farside.ext.navigation.health cimport gate, report_is_sound
from farside.ext.navigation.health_records cimport CHANNEL_STAR, Channel
from farside.ext.navigation.star_slope cimport compare_fix, gyros_alone
from farside.ext.navigation.state cimport (
    STAR_TURN, STATES, Navigator, NavigatorSetup,
)
from farside.ext.navigation.update cimport Row, cross_covariance, put3, update_watched


cdef inline Quat in_site(Quat q_inertial_body, const Moon* moon, int64_t tick) noexcept nogil:
    """A fix as an attitude against the site at its time tag."""
    cdef Vec3 w = moon.omega_site
    cdef SinCos half = sincos_of(0.5 * norm(w) * tick / TICK_HZ)
    cdef Vec3 axis = unit(w, vec(0.0, 0.0, 1.0))
    return quat_mul(
        quat(half.c, -half.s * axis.x, -half.s * axis.y, -half.s * axis.z), q_inertial_body)


cdef inline Vec3 across(Vec3 axis) noexcept nogil:
    """A unit vector across another."""
    cdef Vec3 side = cross(axis, vec(0.0, 1.0, 0.0))
    return unit(side, vec(1.0, 0.0, 0.0)) if norm(side) > 1e-6 else vec(1.0, 0.0, 0.0)


cdef inline double row_product(const double* PHt, const Row* H) noexcept nogil:
    cdef double sum = 0.0
    cdef int k
    for k in range(H.count):
        sum += PHt[H.index[k]] * H.value[k]
    return sum


cdef inline double mahalanobis(const double (*S)[3], const double* nu) noexcept nogil:
    """nu' S^-1 nu by S = L L', L y = nu; negative where S has no factor."""
    cdef double L[3][3]
    cdef double y[3]
    cdef double left, d = 0.0
    cdef int i, j, k
    for i in range(3):
        for j in range(i + 1):
            left = S[i][j]
            for k in range(j):
                left -= L[i][k] * L[j][k]
            if i == j:
                if not left > 0.0:
                    return -1.0
                L[i][i] = sqrt(left)
            else:
                L[i][j] = left / L[j][j]
        left = nu[i]
        for k in range(i):
            left -= L[i][k] * y[k]
        y[i] = left / L[i][i]
        d += y[i] * y[i]
    return d


cdef inline void fix_rows(
        Row* H, Vec3* axes, const Navigator* nav, const NavigatorSetup* setup,
        const Then* then) noexcept nogil:
    """H of each axis of a fix."""
    cdef int i
    axes[2] = vec_from(setup.star_boresight)
    axes[0] = across(axes[2])
    axes[1] = cross(axes[2], axes[0])
    for i in range(3):
        H[i].count = 0
        put_attitude(&H[i], nav, then, rotate(then.q, axes[i]), vec(0.0, 0.0, 0.0))
        put3(&H[i], STAR_TURN, axes[i])


cdef inline void update_attitude(
        Navigator* nav, const NavigatorSetup* setup, const Moon* moon, const Measurements* m,
        int64_t tick) noexcept nogil:
    """(1)."""
    cdef Channel* c = &nav.channel[CHANNEL_STAR]
    cdef Then then
    cdef Row H[3]
    cdef Vec3 axes[3]
    cdef double nu[3]
    cdef double R[3]
    cdef double S[3][3]
    cdef double PHt[STATES]
    cdef double d
    cdef Vec3 z
    cdef Quat measured, raw
    cdef bint inside
    cdef int i, j
    if not estimate_at(nav, m.star_tick, tick, &then):
        return
    measured = in_site(quat_from(m.q_inertial_body), moon, m.star_tick)
    z = rotation_vector_between(then.q, measured)
    raw = gyros_alone(nav, then.q)
    fix_rows(&H[0], &axes[0], nav, setup, &then)
    # all four: in steps, and near the attitude of tick 0, the first alone repeats itself
    d = (m.q_inertial_body[0] + 3.0 * m.q_inertial_body[1] + 5.0 * m.q_inertial_body[2]
         + 7.0 * m.q_inertial_body[3])
    if not report_is_sound(
            c, &setup.health, d, norm(rotation_vector_between(raw, measured)),
            setup.star_cross_rad * setup.star_cross_rad, False, tick):
        return
    for i in range(3):
        nu[i] = dot(z, axes[i])
        d = setup.star_roll_rad if i == 2 else setup.star_cross_rad
        R[i] = c.ramp * d * d
        cross_covariance(nav, &H[i], &PHt[0])
        for j in range(i + 1):
            S[i][j] = row_product(&PHt[0], &H[j])
        S[i][i] += R[i]
    d = mahalanobis(&S[0], &nu[0])
    if d < 0.0:
        return
    c.innovation = sqrt(d)      # in sigmas
    c.S = 1.0
    if d < setup.health.gate_3 and c.ramp == 1.0:
        nav.watch.fix_before_tick = nav.watch.fix_tick
        nav.watch.fix_tick = tick
    else:
        nav.watch.fix_outside_tick = tick
    inside = gate(c, &setup.health, d, setup.health.gate_3)
    if rates_modelled(nav):
        nav.stars.n = 0
    else:
        compare_fix(
            nav, setup, then.q, raw, measured, z, d < setup.health.gate_3, m.star_tick)
    if inside:
        take_fix(nav, &H[0], &axes[0], &R[0], z)


cdef inline void take_fix(
        Navigator* nav, const Row* H, const Vec3* axes, const double* R, Vec3 z) noexcept nogil:
    """The three numbers of a fix in turn, each less what those before it have corrected."""
    cdef Vec3 turned = vec(0.0, 0.0, 0.0)
    cdef double nu
    cdef int i
    for i in range(3):
        # H of theta is R(q) e_i, so e_i . z less H times what theta was corrected by
        nu = dot(z, axes[i]) - (
            H[i].value[0] * turned.x + H[i].value[1] * turned.y + H[i].value[2] * turned.z)
        turned = add(turned, update_watched(nav, &H[i], nu, R[i], H[i].index[0]))
