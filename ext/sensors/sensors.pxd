"""Sensors: from the truth to what the flight side may read. Errors come from counted streams.

The heads sit at the centre of mass (their lever arms are taken out on board); beams leave from
there. With every sigma zero a sensor reads the truth exactly, and a range still ends on the true
ground, which the onboard map does not know.
"""

from libc.stdint cimport int32_t, int64_t, uint64_t

from farside.ext.common.rotation cimport rotate_by
from farside.ext.common.elementary cimport SinCos, sincos_of
from farside.ext.ground.rays cimport cast_ray
from farside.ext.ground.surface cimport Ground, clearance
from farside.ext.common.measurements cimport ALL_BEAMS, VELOCITY_BEAMS, Measurements
from farside.ext.common.random cimport Stream, normal, open_stream
from farside.ext.common.types cimport LanderState, Moon, TICK_HZ, base_of
from farside.ext.common.vector cimport (
    Quat, Vec3, dot, finite, norm, quat, quat_from, quat_mul, quat_to, rotate, rotate_back, unit,
    vec, vec_from, vec_to,
)


cdef enum SensorStream:
    # One stream for each sensor: a change in one leaves the others' errors as they were.
    STREAM_IMU = 16
    STREAM_STAR = 17
    STREAM_RANGE = 18
    STREAM_VELOCITY = 19
    STREAM_HEIGHT = 20


cdef struct SensorSetup:
    double gyro_bias[3]         # [rad/s]
    double gyro_noise           # [rad] on a tick's increment, 1 sigma
    double gyro_scale[3]
    double accel_bias[3]        # [m/s^2]
    double accel_noise          # [m/s] on a tick's increment, 1 sigma
    double accel_scale[3]
    double star_cross_rad
    double star_roll_rad        # about body x
    double star_slew_radps
    int star_every              # ticks
    double range_noise_m
    double range_bias_m
    double range_min_m
    double range_max_m
    int range_every
    double beam_noise_mps
    double beam_scale           # one source of frequency, so one error for all beams
    double beam_max_m
    int beam_every
    double height_noise_m
    double height_max_m
    int height_every
    # Beams on the body: braking, landing
    double range_boresight[2][3]
    double beam_direction[2][VELOCITY_BEAMS][3]


cdef struct TruthAtTick:
    # What the sensors see of the truth
    const LanderState* state
    Vec3 dv_body                # [m/s] integral of specific force over the last tick
    Vec3 dtheta_body            # [rad] integral of the body's rate
    double valve_s[2]           # [s] large and small couples open in it
    double com_height_m
    int32_t pads                # bit i: footpad i is on the ground


cdef struct Sensors:
    Stream imu
    Stream star
    Stream ranging
    Stream velocity
    Stream height
    int set                     # which beams look nearest to the ground: 0 braking, 1 landing
    double clearance_m          # centre of mass above the ground, when last looked


cdef inline void sensors_start(Sensors* s, uint64_t seed) noexcept nogil:
    s.imu = open_stream(seed, 0, STREAM_IMU)
    s.star = open_stream(seed, 0, STREAM_STAR)
    s.ranging = open_stream(seed, 0, STREAM_RANGE)
    s.velocity = open_stream(seed, 0, STREAM_VELOCITY)
    s.height = open_stream(seed, 0, STREAM_HEIGHT)
    s.set = 0
    s.clearance_m = 1e9


cdef inline Vec3 noisy(Stream* s, double sigma) noexcept nogil:
    """Three independent normal errors; none is drawn for a perfect sensor."""
    if sigma <= 0.0:
        return vec(0.0, 0.0, 0.0)
    cdef double x = sigma * normal(s)
    cdef double y = sigma * normal(s)
    return vec(x, y, sigma * normal(s))


cdef inline void read_imu(
        Sensors* s, const SensorSetup* k, Vec3 dv, Vec3 dtheta, Measurements* m) noexcept nogil:
    cdef double dt = 1.0 / TICK_HZ
    cdef Vec3 a = noisy(&s.imu, k.accel_noise)
    cdef Vec3 w = noisy(&s.imu, k.gyro_noise)
    m.dv_body[0] = dv.x * (1.0 + k.accel_scale[0]) + k.accel_bias[0] * dt + a.x
    m.dv_body[1] = dv.y * (1.0 + k.accel_scale[1]) + k.accel_bias[1] * dt + a.y
    m.dv_body[2] = dv.z * (1.0 + k.accel_scale[2]) + k.accel_bias[2] * dt + a.z
    m.dtheta_body[0] = dtheta.x * (1.0 + k.gyro_scale[0]) + k.gyro_bias[0] * dt + w.x
    m.dtheta_body[1] = dtheta.y * (1.0 + k.gyro_scale[1]) + k.gyro_bias[1] * dt + w.y
    m.dtheta_body[2] = dtheta.z * (1.0 + k.gyro_scale[2]) + k.gyro_bias[2] * dt + w.z


cdef inline void read_star(
        Sensors* s, const SensorSetup* k, const Moon* moon, const LanderState* truth,
        int64_t tick, Measurements* m) noexcept nogil:
    cdef Vec3 w = moon.omega_site
    cdef SinCos half = sincos_of(0.5 * norm(w) * tick / TICK_HZ)
    cdef Vec3 axis = unit(w, vec(0.0, 0.0, 1.0))
    # The site frame has turned by w t against where it stood at tick 0.
    cdef Quat q = quat_mul(
        quat(half.c, half.s * axis.x, half.s * axis.y, half.s * axis.z),
        quat_from(truth.q_site_body))
    cdef Vec3 error
    m.star_valid = norm(vec_from(truth.omega_body)) <= k.star_slew_radps
    if m.star_valid:
        error = noisy(&s.star, 1.0)
        quat_to(rotate_by(q, vec(
            k.star_roll_rad * error.x, k.star_cross_rad * error.y, k.star_cross_rad * error.z)),
            m.q_inertial_body)


cdef inline void read_range(
        Sensors* s, const SensorSetup* k, const Ground* ground, const LanderState* truth,
        Measurements* m) noexcept nogil:
    cdef Quat q = quat_from(truth.q_site_body)
    cdef Vec3 r = vec_from(truth.r_site)
    cdef Vec3 up = unit(vec(r.x, r.y, r.z + ground.radius_m), vec(0.0, 0.0, 1.0))
    cdef Vec3 braking = rotate(q, vec_from(k.range_boresight[0]))
    cdef Vec3 landing = rotate(q, vec_from(k.range_boresight[1]))
    cdef Vec3 beam
    cdef double range_m
    # The head that looks nearer to the ground serves.
    s.set = 0 if dot(braking, up) < dot(landing, up) else 1
    beam = braking if s.set == 0 else landing
    s.clearance_m = clearance(ground, r)
    range_m = cast_ray(ground, r, beam, k.range_max_m)
    m.range_valid = finite(range_m) and range_m >= k.range_min_m
    if m.range_valid:
        m.range_m = range_m + k.range_bias_m
        if k.range_noise_m > 0.0:
            m.range_m += k.range_noise_m * normal(&s.ranging)
        vec_to(vec_from(k.range_boresight[s.set]), m.range_direction)


cdef inline void read_velocity(
        Sensors* s, const SensorSetup* k, const LanderState* truth, double radius_m,
        Measurements* m) noexcept nogil:
    cdef Quat q = quat_from(truth.q_site_body)
    cdef Vec3 r = vec_from(truth.r_site)
    cdef Vec3 up = unit(vec(r.x, r.y, r.z + radius_m), vec(0.0, 0.0, 1.0))
    cdef Vec3 v_body = rotate_back(q, vec_from(truth.v_site))
    cdef Vec3 up_body = rotate_back(q, up)
    cdef Vec3 b, e
    cdef double down
    cdef int i
    m.velocity_valid = ALL_BEAMS
    e = noisy(&s.velocity, k.beam_noise_mps)
    for i in range(VELOCITY_BEAMS):
        b = vec_from(k.beam_direction[s.set][i])
        down = -dot(b, up_body)
        # Flat ground at the clearance last seen is near enough to say whether a beam reaches it.
        if down < 0.2 or s.clearance_m > k.beam_max_m * down:
            m.velocity_valid &= ~(1 << i)
        vec_to(b, m.velocity_direction[i])
        m.velocity_mps[i] = dot(b, v_body) * (1.0 + k.beam_scale) + (
            e.x if i == 0 else (e.y if i == 1 else e.z))


cdef inline void read_height(
        Sensors* s, const SensorSetup* k, const Ground* ground, const LanderState* truth,
        double com_height, Measurements* m) noexcept nogil:
    cdef double h
    if s.clearance_m > k.height_max_m + 100.0:
        m.height_valid = False
        return
    h = clearance(ground, base_of(truth, com_height))
    m.height_valid = h <= k.height_max_m
    if m.height_valid:
        m.height_m = h + (k.height_noise_m * normal(&s.height) if k.height_noise_m > 0.0 else 0.0)


cdef inline void sense(
        Sensors* s, const SensorSetup* k, const Moon* moon, const Ground* ground,
        const TruthAtTick* now, int64_t tick, Measurements* m) noexcept nogil:
    """Everything that reports at this tick."""
    cdef const LanderState* truth = now.state
    m.valve_s[0] = now.valve_s[0]
    m.valve_s[1] = now.valve_s[1]
    m.star_valid = m.range_valid = m.velocity_valid = m.height_valid = False
    m.contact = now.pads
    m.saturated = 0
    m.imu_tick = m.star_tick = m.range_tick = m.velocity_tick = m.height_tick = tick
    read_imu(s, k, now.dv_body, now.dtheta_body, m)
    # Slower sensors report on ticks of their own, so that no tick carries them all.
    if tick % k.range_every == 0:
        read_range(s, k, ground, truth, m)
    if tick % k.beam_every == 2 % k.beam_every:
        read_velocity(s, k, truth, moon.radius_m, m)
    if tick % k.star_every == 4 % k.star_every:
        read_star(s, k, moon, truth, tick, m)
    if tick % k.height_every == 1 % k.height_every:
        read_height(s, k, ground, truth, now.com_height_m, m)
