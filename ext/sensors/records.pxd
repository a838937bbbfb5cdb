"""What sensors are set up with, what they see of the truth, and what they carry through a flight.

Two places stand for each head: where it is (SensorSetup, with its errors) and where it is thought
to be (NavigatorSetup). Both in the base frame, or, for a head without a place, from the centre of
mass on. So with directions: the true ones here are turned by the mounting's error, those that are
reported are as designed.
"""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t
from libc.string cimport memset

from farside.ext.common.measurements cimport HEADS, LEG_SWITCHES, VELOCITY_BEAMS
from farside.ext.common.random cimport Stream, open_stream
from farside.ext.common.types cimport LanderState
from farside.ext.common.vector cimport Vec3, vec
from farside.ext.sensors.errors cimport Drift, drift_first
from farside.ext.sensors.reports cimport Queue


cdef enum SensorStream:
    # One stream for each sensor: a change in one leaves the others' errors as they were.
    STREAM_IMU = 16
    STREAM_STAR = 17
    STREAM_RANGE = 18
    STREAM_VELOCITY = 19
    STREAM_HEIGHT = 20
    # Drifts and events have their own, so that none shifts the white noise.
    STREAM_IMU_DRIFT = 21
    STREAM_STAR_DRIFT = 22
    STREAM_RANGE_DRIFT = 23
    STREAM_VELOCITY_DRIFT = 24
    STREAM_HEIGHT_DRIFT = 25
    STREAM_STAR_OUTAGE = 26
    STREAM_SWITCHES = 27


cdef enum:
    IMU_DRIFT_EVERY = 10        # ticks: drifts of minutes are stepped at 10 Hz and held between
    IMU_RING = 16               # ticks of increments under way, latency_s below 0.16
    SWITCH_RING = 64            # ticks of switches under way, delay_s below 0.64


cdef struct SensorSetup:
    double place_m[HEADS][3]    # true; base frame where placed, else from the centre of mass
    int32_t placed[HEADS]
    # Inertial unit
    double gyro_bias[3]         # [rad/s]
    double gyro_noise           # [rad] on a tick's increment, 1 sigma
    double gyro_scale[3]
    double gyro_misalignment[6]     # [rad] axis x towards y, x to z, y to x, y to z, z to x, z to y
    Drift gyro_drift            # [rad/s]
    double gyro_limit           # [rad] of a tick's increment; 0 has none
    double gyro_step            # [rad]
    double accel_bias[3]        # [m/s^2]
    double accel_noise          # [m/s] on a tick's increment, 1 sigma
    double accel_scale[3]
    double accel_misalignment[6]    # [rad]
    Drift accel_drift           # [m/s^2]
    double accel_limit          # [m/s]
    double accel_step           # [m/s]
    int32_t imu_latency         # ticks
    # Star tracker
    double star_cross_rad
    double star_roll_rad        # about the boresight
    double star_slew_radps
    double star_boresight[3]    # body
    double star_misalignment[3]     # [rad] rotation vector, body
    Drift star_drift            # [rad] each axis
    double star_step            # of each component of the quaternion
    double star_sun[3]          # unit, inertial
    double star_sun_cosine      # blind where the Sun stands nearer to the boresight; 2: never
    double star_limb_rad        # blind where the Moon's limb stands nearer; 0: never
    double star_outage_share    # that begin at a fix
    int32_t star_outage_ticks
    int32_t star_latency
    int star_every              # ticks
    # Altimeter
    double range_noise_m
    double range_noise_far_m    # more of it at range_max_m, in proportion to the range
    double range_bias_m
    Drift range_drift           # [m]
    double range_step_m
    double range_min_m
    double range_max_m
    double range_speed_limit    # [m/s] along the beam; 0 has none
    double range_incidence_cosine   # least, of the beam against the ground's normal
    double range_dust           # [m] for each root of a newton of thrust
    int32_t range_relock        # ticks
    int32_t range_latency
    int range_every
    # Velocimeter
    double beam_noise_mps
    double beam_noise_far_mps
    double beam_scale           # one source of frequency, so one error for all beams
    Drift beam_drift            # [m/s] each beam
    double beam_step_mps
    double beam_min_m
    double beam_max_m
    double beam_speed_limit
    double beam_incidence_cosine
    double beam_dust
    int32_t beam_relock
    int32_t beam_latency
    int beam_every
    # Touchdown sensor
    double height_noise_m
    Drift height_drift          # [m]
    double height_step_m
    double height_max_m
    double height_dust
    int32_t height_latency
    int height_every
    # Footpads' switches
    double switch_force_n       # that closes one
    int32_t switch_bounce       # ticks that one chatters after it has moved
    int32_t switch_debounce     # ticks on end that a change must last
    int32_t switch_delay        # ticks
    # Beams on the body: braking, landing. As designed, and as mounted
    double range_boresight[2][3]
    double range_true[2][3]
    double beam_direction[2][VELOCITY_BEAMS][3]
    double beam_true[2][VELOCITY_BEAMS][3]


cdef struct TruthAtTick:
    # What the sensors see of the truth
    const LanderState* state
    Vec3 dv_body                # [m/s] integral of specific force over the last tick
    Vec3 dtheta_body            # [rad] integral of the body's rate
    double valve_s[2]           # [s] large and small couples open in it
    double com_height_m
    double com_offset_m[2]      # off the thrust axis, body x and y
    double thrust_n
    int32_t pads                # bit i: footpad i is on the ground
    double push_n[LEG_SWITCHES]     # of the ground on it


cdef struct Switches:
    Stream stream
    int32_t awake               # a footpad has touched
    int32_t pressed             # bit per leg: mechanically
    int32_t closed              # bit per leg: as its debouncing has it
    int32_t moved_ticks[LEG_SWITCHES]   # since it was pressed or freed
    int32_t differs_ticks[LEG_SWITCHES]     # on end that the contact differs from `closed`
    uint8_t ring[SWITCH_RING]   # `closed` of each tick under way


cdef struct Sensors:
    Stream imu
    Stream star
    Stream ranging
    Stream velocity
    Stream height
    Stream drift[5]             # imu, star, range, velocity, height
    Stream outage
    int set                     # which beams look nearest to the ground: 0 braking, 1 landing
    double clearance_m          # centre of mass above the ground, when last looked
    # Drifts as they stand
    double gyro_drift[3]
    double accel_drift[3]
    double star_drift[3]
    double range_drift
    double beam_drift[VELOCITY_BEAMS]
    double height_drift
    # Inertial unit
    double omega_before[3]
    int32_t begun
    double gyro_rest[3]         # [rad] left of the last step
    double accel_rest[3]        # [m/s]
    double ring_dv[IMU_RING][3]
    double ring_dtheta[IMU_RING][3]
    int32_t ring_saturated[IMU_RING]
    # Locks: a beam has a reading from this tick on
    int64_t star_from
    int64_t range_from
    int64_t beam_from[VELOCITY_BEAMS]
    # Beams of the velocimeter as last cast
    int beam_set
    double beam_m[VELOCITY_BEAMS]
    double beam_cosine[VELOCITY_BEAMS]
    Queue stars
    Queue ranges
    Queue velocities
    Queue heights
    Switches switches


cdef inline void sensors_start(Sensors* s, const SensorSetup* k, uint64_t seed) noexcept nogil:
    cdef int i
    memset(s, 0, sizeof(Sensors))
    s.imu = open_stream(seed, 0, STREAM_IMU)
    s.star = open_stream(seed, 0, STREAM_STAR)
    s.ranging = open_stream(seed, 0, STREAM_RANGE)
    s.velocity = open_stream(seed, 0, STREAM_VELOCITY)
    s.height = open_stream(seed, 0, STREAM_HEIGHT)
    for i in range(5):
        s.drift[i] = open_stream(seed, 0, <int> STREAM_IMU_DRIFT + i)
    s.outage = open_stream(seed, 0, STREAM_STAR_OUTAGE)
    s.switches.stream = open_stream(seed, 0, STREAM_SWITCHES)
    s.clearance_m = 1e9
    s.beam_set = -1
    for i in range(3):
        s.gyro_drift[i] = drift_first(&k.gyro_drift, &s.drift[0])
        s.star_drift[i] = drift_first(&k.star_drift, &s.drift[1])
    for i in range(3):
        s.accel_drift[i] = drift_first(&k.accel_drift, &s.drift[0])
    s.range_drift = drift_first(&k.range_drift, &s.drift[2])
    for i in range(VELOCITY_BEAMS):
        s.beam_drift[i] = drift_first(&k.beam_drift, &s.drift[3])
    s.height_drift = drift_first(&k.height_drift, &s.drift[4])


cdef inline Vec3 com_base(const TruthAtTick* now) noexcept nogil:
    """The centre of mass [m, base]."""
    return vec(now.com_offset_m[0], now.com_offset_m[1], now.com_height_m)
