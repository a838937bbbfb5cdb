"""The star tracker: attitude against the stars, where nothing dazzles it and it turns slowly.

    q_measured = q_inertial_body * dq(misalignment + drift + noise)

with rotation vectors in body axes; the noise about the boresight is another than that across it. A
fix is missing where the lander turns too fast, where the Sun or the Moon's limb stands too near to
the boresight, and for a while after an outage has begun.
"""

from libc.math cimport sqrt
from libc.stdint cimport int64_t

from farside.ext.common.elementary cimport SinCos, atan2_of, sincos_of
from farside.ext.common.measurements cimport Measurements
from farside.ext.common.random cimport uniform
from farside.ext.common.rotation cimport rotate_by
from farside.ext.common.types cimport LanderState, Moon, TICK_HZ
from farside.ext.common.vector cimport (
    Quat, Vec3, add, axpy, cross, dot, norm, quat, quat_from, quat_mul, rotate_back, scale, unit,
    vec, vec_from,
)
from farside.ext.sensors.errors cimport drift_next, in_steps, noisy
from farside.ext.sensors.records cimport Sensors, SensorSetup
from farside.ext.sensors.reports cimport Report, arrived, send


cdef inline bint dazzled(
        const SensorSetup* k, const Moon* moon, const LanderState* truth,
        Quat q_inertial) noexcept nogil:
    """Whether the Sun or the Moon stands in the field of view."""
    cdef Vec3 axis = vec_from(k.star_boresight)
    cdef Vec3 rho, down
    cdef double r, limb
    if dot(axis, rotate_back(q_inertial, vec_from(k.star_sun))) > k.star_sun_cosine:
        return True
    if k.star_limb_rad <= 0.0:
        return False
    rho = vec(truth.r_site[0], truth.r_site[1], truth.r_site[2] + moon.radius_m)
    r = norm(rho)
    down = rotate_back(quat_from(truth.q_site_body), unit(scale(-1.0, rho), vec(0.0, 0.0, -1.0)))
    # The limb stands asin(R / r) off the nadir.
    limb = atan2_of(moon.radius_m, sqrt(max(r * r - moon.radius_m * moon.radius_m, 0.0)))
    return atan2_of(norm(cross(axis, down)), dot(axis, down)) < limb + k.star_limb_rad


cdef inline bint star_seen(
        Sensors* s, const SensorSetup* k, const Moon* moon, const LanderState* truth,
        Quat q_inertial, int64_t tick) noexcept nogil:
    """Whether there is a fix; outages are drawn at every one that is due."""
    if k.star_outage_share > 0.0 and uniform(&s.outage) < k.star_outage_share:
        s.star_from = max(s.star_from, tick + k.star_outage_ticks)
    return (
        tick >= s.star_from and norm(vec_from(truth.omega_body)) <= k.star_slew_radps
        and not dazzled(k, moon, truth, q_inertial))


cdef inline Quat q_to_inertial(
        const Moon* moon, const LanderState* truth, int64_t tick) noexcept nogil:
    """The site frame has turned by w t against where it stood at tick 0."""
    cdef Vec3 w = moon.omega_site
    cdef SinCos half = sincos_of(0.5 * norm(w) * tick / TICK_HZ)
    cdef Vec3 axis = unit(w, vec(0.0, 0.0, 1.0))
    return quat_mul(
        quat(half.c, half.s * axis.x, half.s * axis.y, half.s * axis.z),
        quat_from(truth.q_site_body))


cdef inline void read_star(
        Sensors* s, const SensorSetup* k, const Moon* moon, const LanderState* truth,
        int64_t tick) noexcept nogil:
    cdef Quat q = q_to_inertial(moon, truth, tick)
    cdef Vec3 axis = vec_from(k.star_boresight)
    cdef Vec3 error
    cdef double about
    cdef Report out
    cdef int i
    for i in range(3):
        s.star_drift[i] = drift_next(&k.star_drift, &s.drift[1], s.star_drift[i])
    if not star_seen(s, k, moon, truth, q, tick):
        return
    error = noisy(&s.star, 1.0)
    about = dot(error, axis)
    error = axpy(
        k.star_roll_rad * about, axis, scale(k.star_cross_rad, axpy(-about, axis, error)))
    error = add(error, add(vec_from(k.star_misalignment), vec_from(s.star_drift)))
    q = rotate_by(q, error)
    out.tick = tick
    out.valid = 1
    out.saturated = 0
    out.set = 0
    out.value[0] = in_steps(q.w, k.star_step)
    out.value[1] = in_steps(q.x, k.star_step)
    out.value[2] = in_steps(q.y, k.star_step)
    out.value[3] = in_steps(q.z, k.star_step)
    send(&s.stars, &out)


cdef inline void star_arrives(
        Sensors* s, const SensorSetup* k, int64_t tick, Measurements* m) noexcept nogil:
    cdef const Report* r = arrived(&s.stars, tick, k.star_latency)
    cdef int i
    m.star_valid = r != NULL
    if r == NULL:
        return
    m.star_tick = r.tick
    for i in range(4):
        m.q_inertial_body[i] = r.value[i]
