"""Altimeter, velocimeter and touchdown sensor: what is measured of the ground beneath.

A beam has a reading where its echo comes from inside its reach, meets the ground steeply enough,
is not too fast along it, and does not end in the dust that the plume raises; once lost, it needs a
time with all of these until it holds again. Dust takes a beam where the base is lower than

    h = k sqrt(T)

with the true thrust T: the pressure that the plume lays on the ground goes with T / h^2, and dust
flies above one pressure (Metzger et al., Phenomenology of soil erosion due to rocket exhaust on the
Moon, JGR Planets 116, 2011; Roberts, IAS paper 63-50, 1963, for the plume).

Noise has a part that grows in proportion to the range. The velocimeter reads b . (v + omega x l) of
the place where it stands, l from the centre of mass, omega against the Moon. One of its three beams
is cast at each report, the others' ends are those of the last cast: a beam's range enters its
validity and its noise, not its speed.
"""

from libc.math cimport fabs, sqrt
from libc.stdint cimport int32_t, int64_t

from farside.ext.ground.rays cimport cast_ray
from farside.ext.ground.surface cimport Ground, clearance, ground_normal
from farside.ext.common.measurements cimport (
    HEAD_HEIGHT, HEAD_RANGE, HEAD_VELOCITY, SATURATED_HEIGHT, SATURATED_RANGE,
    SATURATED_VELOCITY, VELOCITY_BEAMS, Measurements, lever_arm,
)
from farside.ext.common.random cimport normal
from farside.ext.common.types cimport LanderState, Moon, base_of
from farside.ext.common.vector cimport (
    Quat, Vec3, add, axpy, cross, dot, finite, quat_from, rotate, rotate_back, sub, unit,
    vec, vec_from, vec_to,
)
from farside.ext.sensors.errors cimport drift_next, in_steps, limited, noise_at
from farside.ext.sensors.records cimport Sensors, SensorSetup, TruthAtTick, com_base
from farside.ext.sensors.reports cimport Report, arrived, send


cdef enum:
    # A beam flatter than 78 deg from the vertical has no echo; a cast would go far for nothing.
    FLATTEST_PERMILLE = 200


cdef struct Echo:
    double range_m              # infinite without one
    double cosine               # of the beam against the ground's normal


cdef inline Echo echo_of(
        const Ground* ground, Vec3 from_site, Vec3 beam_site, double reach_m,
        double cosine_min) noexcept nogil:
    """Cast a beam; the cosine only where something hangs on it."""
    cdef Echo e
    e.range_m = cast_ray(ground, from_site, beam_site, reach_m)
    e.cosine = 1.0
    if cosine_min > 0.0 and finite(e.range_m):
        e.cosine = -dot(
            beam_site, ground_normal(ground, axpy(e.range_m, beam_site, from_site)))
    return e


cdef inline bint in_dust(
        const Sensors* s, const TruthAtTick* now, double per_root_n) noexcept nogil:
    """Whether the base, as the ground was last looked at, stands in the dust of its plume."""
    return per_root_n > 0.0 and now.thrust_n > 0.0 and (
        s.clearance_m - now.com_height_m < per_root_n * sqrt(now.thrust_n))


cdef inline bint locked(
        int64_t* held_from, bint good, int64_t tick, int32_t relock) noexcept nogil:
    """Whether a beam holds: where all is good, and has been for the time that it needs."""
    if not good:
        held_from[0] = tick + relock
        return False
    return tick >= held_from[0]


cdef inline Vec3 head_from_com(
        const SensorSetup* k, const TruthAtTick* now, int head) noexcept nogil:
    """From the centre of mass to a head as it stands [m, body]."""
    return lever_arm(k.placed[head], k.place_m[head], com_base(now))


cdef inline Vec3 speed_of_head(
        const Moon* moon, const LanderState* truth, Quat q, Vec3 arm) noexcept nogil:
    """v + omega x l [m/s, body], omega against the Moon."""
    cdef Vec3 v = rotate_back(q, vec_from(truth.v_site))
    cdef Vec3 omega
    if dot(arm, arm) == 0.0:
        return v
    omega = sub(vec_from(truth.omega_body), rotate_back(q, moon.omega_site))
    return add(v, cross(omega, arm))


cdef inline void read_range(
        Sensors* s, const SensorSetup* k, const Moon* moon, const Ground* ground,
        const TruthAtTick* now, int64_t tick) noexcept nogil:
    cdef const LanderState* truth = now.state
    cdef Quat q = quat_from(truth.q_site_body)
    cdef Vec3 r = vec_from(truth.r_site)
    cdef Vec3 up = unit(vec(r.x, r.y, r.z + ground.radius_m), vec(0.0, 0.0, 1.0))
    cdef Vec3 arm = head_from_com(k, now, HEAD_RANGE)
    cdef Vec3 beam_body
    cdef double sigma, x
    cdef Echo e
    cdef Report out
    # The head that looks nearer to the ground serves.
    s.set = 0 if (
        dot(rotate(q, vec_from(k.range_boresight[0])), up)
        < dot(rotate(q, vec_from(k.range_boresight[1])), up)) else 1
    s.clearance_m = clearance(ground, r)
    s.range_drift = drift_next(&k.range_drift, &s.drift[2], s.range_drift)
    beam_body = vec_from(k.range_true[s.set])
    e = echo_of(
        ground, add(r, rotate(q, arm)), rotate(q, beam_body), k.range_max_m,
        k.range_incidence_cosine)
    if not locked(
            &s.range_from,
            finite(e.range_m) and e.range_m >= k.range_min_m
            and e.cosine >= k.range_incidence_cosine
            and not (k.range_speed_limit > 0.0 and fabs(dot(
                beam_body, speed_of_head(moon, truth, q, arm))) > k.range_speed_limit)
            and not in_dust(s, now, k.range_dust),
            tick, k.range_relock):
        return
    x = e.range_m + k.range_bias_m + s.range_drift
    sigma = noise_at(k.range_noise_m, k.range_noise_far_m, e.range_m / k.range_max_m)
    if sigma > 0.0:
        x += sigma * normal(&s.ranging)
    out.tick = tick
    out.valid = 1
    out.saturated = 0
    out.set = s.set
    out.value[0] = in_steps(
        limited(x, k.range_max_m, SATURATED_RANGE, &out.saturated), k.range_step_m)
    send(&s.ranges, &out)


cdef inline void cast_beams(
        Sensors* s, const SensorSetup* k, const Ground* ground, const TruthAtTick* now,
        Quat q, Vec3 arm, int64_t tick) noexcept nogil:
    """Take anew where a beam ends: one at a time, all of them when another set looks down."""
    cdef Vec3 r = vec_from(now.state.r_site)
    cdef Vec3 up = unit(vec(r.x, r.y, r.z + ground.radius_m), vec(0.0, 0.0, 1.0))
    cdef Vec3 head = add(r, rotate(q, arm))
    cdef Vec3 beam
    cdef double down
    cdef int turn = <int> ((tick // k.beam_every) % VELOCITY_BEAMS)
    cdef int i
    cdef Echo e
    for i in range(VELOCITY_BEAMS):
        beam = rotate(q, vec_from(k.beam_true[s.set][i]))
        down = -dot(beam, up)
        # Half as far again: the ground may rise towards the beam.
        if 1000.0 * down < FLATTEST_PERMILLE or s.clearance_m > 1.5 * k.beam_max_m * down:
            s.beam_m[i] = 1e300
        elif i == turn or s.beam_set != s.set:
            e = echo_of(ground, head, beam, k.beam_max_m, k.beam_incidence_cosine)
            s.beam_m[i] = e.range_m if finite(e.range_m) else 1e300
            s.beam_cosine[i] = e.cosine
    s.beam_set = s.set


cdef inline void read_velocity(
        Sensors* s, const SensorSetup* k, const Moon* moon, const Ground* ground,
        const TruthAtTick* now, int64_t tick) noexcept nogil:
    cdef Quat q = quat_from(now.state.q_site_body)
    cdef Vec3 arm = head_from_com(k, now, HEAD_VELOCITY)
    cdef Vec3 v = speed_of_head(moon, now.state, q, arm)
    cdef bint dusty = in_dust(s, now, k.beam_dust)
    cdef bint noisy = k.beam_noise_mps > 0.0 or k.beam_noise_far_mps > 0.0
    cdef double along, n
    cdef Report out
    cdef int i
    cast_beams(s, k, ground, now, q, arm, tick)
    out.tick = tick
    out.valid = 0
    out.saturated = 0
    out.set = s.set
    for i in range(VELOCITY_BEAMS):
        s.beam_drift[i] = drift_next(&k.beam_drift, &s.drift[3], s.beam_drift[i])
        # Drawn for a silent beam too, so that none shifts another's noise.
        n = normal(&s.velocity) if noisy else 0.0
        along = dot(vec_from(k.beam_true[s.set][i]), v)
        if locked(
                &s.beam_from[i],
                k.beam_min_m <= s.beam_m[i] <= k.beam_max_m
                and s.beam_cosine[i] >= k.beam_incidence_cosine
                and not (k.beam_speed_limit > 0.0 and fabs(along) > k.beam_speed_limit)
                and not dusty,
                tick, k.beam_relock):
            out.valid |= 1 << i
        n *= noise_at(
            k.beam_noise_mps, k.beam_noise_far_mps, min(s.beam_m[i] / k.beam_max_m, 1.0))
        out.value[i] = in_steps(
            limited(
                along * (1.0 + k.beam_scale) + s.beam_drift[i] + n, k.beam_speed_limit,
                SATURATED_VELOCITY << i, &out.saturated), k.beam_step_mps)
    out.saturated &= out.valid * SATURATED_VELOCITY
    if out.valid:
        send(&s.velocities, &out)


cdef inline void read_height(
        Sensors* s, const SensorSetup* k, const Ground* ground, const TruthAtTick* now,
        int64_t tick) noexcept nogil:
    """Height of the sensor's place above the ground beneath; without a place, of the base."""
    cdef const LanderState* truth = now.state
    cdef Vec3 off = vec_from(k.place_m[HEAD_HEIGHT])
    cdef Quat q
    cdef Vec3 at
    cdef double h
    cdef Report out
    s.height_drift = drift_next(&k.height_drift, &s.drift[4], s.height_drift)
    if s.clearance_m > k.height_max_m + 100.0 or in_dust(s, now, k.height_dust):
        return
    at = base_of(truth, now.com_height_m)
    if dot(off, off) > 0.0:
        if k.placed[HEAD_HEIGHT]:
            off = sub(off, vec(now.com_offset_m[0], now.com_offset_m[1], 0.0))
        q = quat_from(truth.q_site_body)
        at = add(at, rotate(q, off))
    h = clearance(ground, at)
    if not h <= k.height_max_m:
        return
    h += s.height_drift
    if k.height_noise_m > 0.0:
        h += k.height_noise_m * normal(&s.height)
    out.tick = tick
    out.valid = 1
    out.saturated = 0
    out.set = 0
    out.value[0] = in_steps(
        limited(h, k.height_max_m, SATURATED_HEIGHT, &out.saturated), k.height_step_m)
    send(&s.heights, &out)


cdef inline void beams_arrive(
        Sensors* s, const SensorSetup* k, int64_t tick, Measurements* m) noexcept nogil:
    """Hand over what is a latency old by now; a tick without a report leaves the last values."""
    cdef const Report* r = arrived(&s.ranges, tick, k.range_latency)
    cdef int i
    m.range_valid = r != NULL
    if r != NULL:
        m.range_tick = r.tick
        m.range_m = r.value[0]
        m.saturated |= r.saturated
        vec_to(vec_from(k.range_boresight[r.set]), m.range_direction)
    r = arrived(&s.velocities, tick, k.beam_latency)
    m.velocity_valid = r.valid if r != NULL else 0
    if r != NULL:
        m.velocity_tick = r.tick
        m.saturated |= r.saturated
        for i in range(VELOCITY_BEAMS):
            m.velocity_mps[i] = r.value[i]
            vec_to(vec_from(k.beam_direction[r.set][i]), m.velocity_direction[i])
    r = arrived(&s.heights, tick, k.height_latency)
    m.height_valid = r != NULL
    if r != NULL:
        m.height_tick = r.tick
        m.height_m = r.value[0]
        m.saturated |= r.saturated
