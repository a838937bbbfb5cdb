"""The estimate as it stood at a time tag, and where the sensors stand.

A report that was true at tick j < k is compared with the estimate of tick j. Where a clone of j is
kept (clones.pxd) it is that, with its own columns of P: exact. The reports of altimeter,
velocimeter, star tracker and touchdown sensor are late by 0.5 s at most, and for them the error
state of j is written as that of k, without the noise between:

    x_r,j = x_r,k - (k - j) dt x_v,k,     x_v,j = x_v,k,     x_theta,j = x_theta,k     (1)

so H of j becomes H Phi(j, k) (Bar-Shalom, IEEE Trans. AES 38, 2002: the one-step-lag update without
the retrodicted noise). Left out are 8e-5 m/s of accelerometer noise over 0.05 s, and what an
attitude error of 1e-4 rad does to the velocity meanwhile, 1e-5 m/s.

The ring remembers the estimate with all that has been learnt since: the corrections are summed,
C_k, and it holds U_j = r_j - C_j, which they do not move. At tick k the estimate of j is

    r_j = U_j + C_k                                                              (2)

and so with v; the attitude's turns multiply, U_j = C_j* q_j and q_j = C_k U_j. That a correction
of the velocity since j also moved the place by itself times the time since is left out: 5 mm for
0.1 m/s and 0.05 s.
"""

from libc.stdint cimport int64_t

from farside.ext.common.measurements cimport lever_arm
from farside.ext.common.types cimport TICK_HZ
from farside.ext.common.vector cimport (
    Quat, Vec3, add, clamp, quat_conj, quat_from, quat_mul, quat_to, rotate_back, scale, sub, vec,
    vec_from, vec_to,
)
from farside.ext.navigation.clones cimport clone_of
from farside.ext.navigation.state cimport (
    ATTITUDE, CLONE_STATES, GYRO_BIAS, PAST, POSITION, VELOCITY, Navigator,
    NavigatorSetup, PastState,
)
from farside.ext.navigation.update cimport Row, put3


cdef struct Then:
    # The estimate at a time tag
    Vec3 r
    Vec3 v
    Quat q
    Vec3 omega
    double lag_s                # of (1)
    int at_r                    # the columns of its position and attitude
    int at_theta


cdef inline void remember(Navigator* nav, int64_t tick) noexcept nogil:
    """Hold the estimate of a tick, after its corrections."""
    cdef PastState* p = &nav.past[tick % PAST]
    vec_to(sub(vec_from(nav.r_site), vec_from(nav.corrected_r)), p.r_site)
    vec_to(sub(vec_from(nav.v_site), vec_from(nav.corrected_v)), p.v_site)
    quat_to(
        quat_mul(quat_conj(quat_from(nav.corrected_q)), quat_from(nav.q_site_body)),
        p.q_site_body)
    vec_to(vec_from(nav.omega_body), p.omega_body)
    p.tick = tick


cdef inline void columns_now(Then* then) noexcept nogil:
    then.at_r = POSITION
    then.at_theta = ATTITUDE


cdef inline void then_of_now(const Navigator* nav, Then* then) noexcept nogil:
    then.r = vec_from(nav.r_site)
    then.v = vec_from(nav.v_site)
    then.q = quat_from(nav.q_site_body)
    then.omega = vec_from(nav.omega_body)
    then.lag_s = 0.0
    columns_now(then)


cdef inline void then_of_clone(const Navigator* nav, int slot, Then* then) noexcept nogil:
    then.r = vec_from(nav.clone[slot].r_site)
    then.v = vec_from(nav.clone[slot].v_site)
    then.q = quat_from(nav.clone[slot].q_site_body)
    then.omega = vec_from(nav.clone[slot].omega_body)
    then.lag_s = 0.0
    then.at_r = nav.clones_at + slot * CLONE_STATES
    then.at_theta = then.at_r + 3


cdef inline bint estimate_at(
        const Navigator* nav, int64_t tag, int64_t tick, Then* then) noexcept nogil:
    """The estimate at a time tag; False for one that is not remembered, or lies ahead."""
    cdef const PastState* p
    cdef int slot
    if tag == tick:
        then_of_now(nav, then)
        return True
    slot = clone_of(nav, tag) if tag >= 0 else -1
    if slot >= 0:
        then_of_clone(nav, slot, then)
        return True
    if not (0 <= tag < tick and tick - tag < PAST):
        return False
    p = &nav.past[tag % PAST]
    if p.tick != tag:
        return False
    then.lag_s = <double> (tick - tag) / TICK_HZ
    columns_now(then)
    then.v = add(vec_from(p.v_site), vec_from(nav.corrected_v))
    then.r = add(vec_from(p.r_site), vec_from(nav.corrected_r))
    then.q = quat_mul(quat_from(nav.corrected_q), quat_from(p.q_site_body))
    then.omega = vec_from(p.omega_body)
    return True


cdef inline void put_position(Row* H, const Then* then, Vec3 h) noexcept nogil:
    """H on the position of a time tag, (1)."""
    put3(H, then.at_r, h)
    if then.lag_s > 0.0:
        put3(H, VELOCITY, vec(-then.lag_s * h.x, -then.lag_s * h.y, -then.lag_s * h.z))


cdef inline bint rates_modelled(const Navigator* nav) noexcept nogil:
    """Whether the model stands in for a gyro: the rate then is as uncertain as GYRO_BIAS says."""
    return (nav.gyro[0].refused | nav.gyro[1].refused | nav.gyro[2].refused) != 0


cdef inline void put_attitude(
        Row* H, const Navigator* nav, const Then* then, Vec3 h, Vec3 of_rate) noexcept nogil:
    """H on the attitude of a time tag, and where the rate is uncertain on it: less of_rate.

    theta(tag) = theta + R(q) x_bg lag,   omega = omega - x_bg
    """
    put3(H, then.at_theta, h)
    if rates_modelled(nav) or nav.stars.loose_ticks > 0:
        put3(H, GYRO_BIAS, sub(scale(then.lag_s, rotate_back(then.q, h)), of_rate))


cdef inline Vec3 com_aboard(const Navigator* nav, const NavigatorSetup* setup) noexcept nogil:
    """The centre of mass [m, base] for the estimated mass: linear between full and dry."""
    cdef double usable = setup.mass_full_kg - setup.mass_dry_kg
    cdef double share = 0.0
    if usable > 0.0:
        share = clamp((nav.mass_kg - setup.mass_dry_kg) / usable, 0.0, 1.0)
    return vec(
        setup.com_offset_m[0], setup.com_offset_m[1],
        setup.com_height_dry_m + share * (setup.com_height_full_m - setup.com_height_dry_m))


cdef inline Vec3 known_arm(
        const Navigator* nav, const NavigatorSetup* setup, int head) noexcept nogil:
    """From the centre of mass to a head, as known aboard [m, body]."""
    if not setup.placed[head]:
        return vec_from(setup.place_m[head])
    return lever_arm(1, setup.place_m[head], com_aboard(nav, setup))
