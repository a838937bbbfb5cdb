"""The inertial unit: increments of specific force and rate where it stands.

Symbols, over a tick of dt:

    dv_C, dtheta  increments at the centre of mass [m/s], [rad]     TruthAtTick
    l             lever arm from there to the unit [m, body]        arm
    domega        change of the rate over the tick [rad/s]          turned
    S, M          scale factors, and the misalignment of the axes   *_scale, *_misalignment
    b, x          constant error and drift                          *_bias, *_drift
    n, s          white noise, step of the counter                  *_noise, *_step

Rigid body (Titterton & Weston, Strapdown Inertial Navigation Technology, 2nd ed., 12.6.2):

    dv = dv_C + domega x l + dtheta x (dtheta x l) / dt                          (1)

Each channel, with dv or dtheta for u:

    y = (I + S + M) u + (b + x) dt + n                                           (2)

held at the end of the scale, then counted in whole steps; what is left of a step is kept for the
next tick, so that no increment is lost.
"""

from libc.stdint cimport int32_t, int64_t

from farside.ext.common.measurements cimport (
    HEAD_IMU, SATURATED_ACCEL, SATURATED_GYRO, Measurements, lever_arm,
)
from farside.ext.common.types cimport TICK_HZ
from farside.ext.common.vector cimport (
    Vec3, add, cross, dot, scale, sub, vec, vec_from, vec_to,
)
from farside.ext.sensors.errors cimport drift_next, in_steps, limited, noisy
from farside.ext.sensors.records cimport (
    IMU_DRIFT_EVERY, IMU_RING, Sensors, SensorSetup, TruthAtTick, com_base,
)


cdef inline void step_imu_drifts(Sensors* s, const SensorSetup* k) noexcept nogil:
    cdef int i
    for i in range(3):
        s.gyro_drift[i] = drift_next(&k.gyro_drift, &s.drift[0], s.gyro_drift[i])
    for i in range(3):
        s.accel_drift[i] = drift_next(&k.accel_drift, &s.drift[0], s.accel_drift[i])


cdef inline Vec3 dv_at_unit(
        Sensors* s, const SensorSetup* k, const TruthAtTick* now) noexcept nogil:
    """(1): the increment of velocity where the unit stands."""
    cdef Vec3 arm = lever_arm(k.placed[HEAD_IMU], k.place_m[HEAD_IMU], com_base(now))
    cdef Vec3 omega = vec_from(now.state.omega_body)
    cdef Vec3 turned = sub(omega, vec_from(s.omega_before)) if s.begun else vec(0.0, 0.0, 0.0)
    s.begun = 1
    vec_to(omega, s.omega_before)
    if dot(arm, arm) == 0.0:
        return now.dv_body
    return add(add(now.dv_body, cross(turned, arm)), scale(
        <double> TICK_HZ, cross(now.dtheta_body, cross(now.dtheta_body, arm))))


cdef inline Vec3 misaligned(const double* off, Vec3 u) noexcept nogil:
    """M u, with the six angles by which axes lean towards each other."""
    return vec(
        off[0] * u.y + off[1] * u.z,
        off[2] * u.x + off[3] * u.z,
        off[4] * u.x + off[5] * u.y)


cdef inline double counted(
        double u, double most, double step, double* rest, int32_t bit,
        int32_t* saturated) noexcept nogil:
    """An increment at the unit's output: limited, in whole steps, the remainder kept."""
    cdef double held = limited(u, most, bit, saturated)
    cdef double out
    if not step > 0.0:
        return held
    out = in_steps(held + rest[0], step)
    rest[0] = held + rest[0] - out
    return out


cdef inline void read_imu(
        Sensors* s, const SensorSetup* k, const TruthAtTick* now, int64_t tick,
        Measurements* m) noexcept nogil:
    cdef double dt = 1.0 / TICK_HZ
    cdef Vec3 dv, dtheta = now.dtheta_body
    cdef Vec3 a = noisy(&s.imu, k.accel_noise)
    cdef Vec3 w = noisy(&s.imu, k.gyro_noise)
    cdef Vec3 across
    cdef double[3] u
    cdef int i
    if tick % IMU_DRIFT_EVERY == 0 and s.begun:
        step_imu_drifts(s, k)
    dv = dv_at_unit(s, k, now)
    # (2)
    across = misaligned(k.accel_misalignment, dv)
    u[0] = dv.x * (1.0 + k.accel_scale[0]) + across.x + (
        k.accel_bias[0] + s.accel_drift[0]) * dt + a.x
    u[1] = dv.y * (1.0 + k.accel_scale[1]) + across.y + (
        k.accel_bias[1] + s.accel_drift[1]) * dt + a.y
    u[2] = dv.z * (1.0 + k.accel_scale[2]) + across.z + (
        k.accel_bias[2] + s.accel_drift[2]) * dt + a.z
    for i in range(3):
        m.dv_body[i] = counted(
            u[i], k.accel_limit, k.accel_step, &s.accel_rest[i], SATURATED_ACCEL << i,
            &m.saturated)
    across = misaligned(k.gyro_misalignment, dtheta)
    u[0] = dtheta.x * (1.0 + k.gyro_scale[0]) + across.x + (
        k.gyro_bias[0] + s.gyro_drift[0]) * dt + w.x
    u[1] = dtheta.y * (1.0 + k.gyro_scale[1]) + across.y + (
        k.gyro_bias[1] + s.gyro_drift[1]) * dt + w.y
    u[2] = dtheta.z * (1.0 + k.gyro_scale[2]) + across.z + (
        k.gyro_bias[2] + s.gyro_drift[2]) * dt + w.z
    for i in range(3):
        m.dtheta_body[i] = counted(
            u[i], k.gyro_limit, k.gyro_step, &s.gyro_rest[i], SATURATED_GYRO << i, &m.saturated)
    m.imu_tick = tick
    if k.imu_latency > 0:
        delay_increments(s, k, tick, m)


cdef inline void delay_increments(
        Sensors* s, const SensorSetup* k, int64_t tick, Measurements* m) noexcept nogil:
    """Put this tick's increments under way, and hand over those of a latency ago; 0 before any."""
    cdef int here = <int> (tick % IMU_RING)
    cdef int then = <int> ((tick + IMU_RING - k.imu_latency) % IMU_RING)
    cdef int i
    for i in range(3):
        s.ring_dv[here][i] = m.dv_body[i]
        s.ring_dtheta[here][i] = m.dtheta_body[i]
    s.ring_saturated[here] = m.saturated
    for i in range(3):
        m.dv_body[i] = s.ring_dv[then][i]
        m.dtheta_body[i] = s.ring_dtheta[then][i]
    m.saturated = s.ring_saturated[then]
    m.imu_tick = tick - k.imu_latency
