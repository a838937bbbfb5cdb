"""The estimate as it stood a while ago, and where the sensors stand: for late measurements.

A report that was true at tick j < k is compared with the estimate of tick j. To remember it with
all that has been learnt since, the corrections are summed, C_k, and the ring holds

    U_j = r_j - C_j                                                              (1)

which the corrections do not move. At tick k the estimate of j is then

    r_j|k = U_j + C_k                                                            (2)

and so with v. It leaves out that a correction of the velocity would have moved the position by
itself times k - j ticks, 0.05 m for 0.1 m/s and half a second. Attitude and rate are taken as they
were. The innovation so formed corrects the state of now (Larsen et al., Incorporation of time
delayed measurements in a discrete-time Kalman filter, CDC 1998, with the gain of now).
"""

from libc.stdint cimport int64_t

from farside.ext.common.measurements cimport lever_arm
from farside.ext.common.vector cimport (
    Quat, Vec3, add, clamp, quat_from, quat_to, sub, vec, vec_from, vec_to,
)
from farside.ext.navigation.records cimport PAST, Navigator, NavigatorSetup, PastState


cdef struct Then:
    # The estimate at a time tag
    Vec3 r
    Vec3 v
    Quat q
    Vec3 omega


cdef inline void begin_tick(Navigator* nav) noexcept nogil:
    """Note the state before this tick's corrections."""
    vec_to(vec_from(nav.r_site), nav.predicted_r)
    vec_to(vec_from(nav.v_site), nav.predicted_v)


cdef inline void remember(Navigator* nav, int64_t tick) noexcept nogil:
    """(1), with the corrections of this tick."""
    cdef PastState* p = &nav.past[tick % PAST]
    cdef Vec3 r = vec_from(nav.r_site), v = vec_from(nav.v_site)
    vec_to(add(vec_from(nav.corrected_r), sub(r, vec_from(nav.predicted_r))), nav.corrected_r)
    vec_to(add(vec_from(nav.corrected_v), sub(v, vec_from(nav.predicted_v))), nav.corrected_v)
    vec_to(sub(r, vec_from(nav.corrected_r)), p.r_site)
    vec_to(sub(v, vec_from(nav.corrected_v)), p.v_site)
    quat_to(quat_from(nav.q_site_body), p.q_site_body)
    vec_to(vec_from(nav.omega_body), p.omega_body)
    p.tick = tick


cdef inline bint estimate_at(
        const Navigator* nav, int64_t tag, int64_t tick, Then* then) noexcept nogil:
    """(2); False for a time tag that is not remembered, or that lies ahead."""
    cdef const PastState* p
    cdef Vec3 r = vec_from(nav.r_site), v = vec_from(nav.v_site)
    if tag == tick:
        then.r = r
        then.v = v
        then.q = quat_from(nav.q_site_body)
        then.omega = vec_from(nav.omega_body)
        return True
    if not (0 <= tag < tick and tick - tag < PAST):
        return False
    p = &nav.past[tag % PAST]
    if p.tick != tag:
        return False
    then.r = add(vec_from(p.r_site), add(
        vec_from(nav.corrected_r), sub(r, vec_from(nav.predicted_r))))
    then.v = add(vec_from(p.v_site), add(
        vec_from(nav.corrected_v), sub(v, vec_from(nav.predicted_v))))
    then.q = quat_from(p.q_site_body)
    then.omega = vec_from(p.omega_body)
    return True


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
