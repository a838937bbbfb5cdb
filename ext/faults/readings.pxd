"""A unit's reading by itself: taken out of the record of a tick, and put back into it."""

from libc.stdint cimport int32_t, int64_t, uint32_t
from libc.string cimport memcpy, memset

from farside.ext.common.measurements cimport ALL_BEAMS, VELOCITY_BEAMS, Measurements
from farside.ext.faults.table cimport (
    UNIT_ACCELEROMETER, UNIT_ALTIMETER, UNIT_CONTACT, UNIT_GYRO, UNIT_HEIGHT, UNIT_IMU,
    UNIT_STAR_TRACKER, UNIT_VELOCIMETER,
)
from farside.ext.sensors.records cimport SensorSetup


cdef struct Reading:
    double x[12]        # numbers, then the beams' directions that belong to them
    int32_t numbers     # of x that a fault may change
    uint32_t valid      # a bit for each number; of the contact switches, which are closed
    int64_t tag         # the tick at which it was true
    int32_t reports     # the unit reports at this tick


cdef inline bint due(int64_t tick, int64_t latency, int every, int offset) noexcept nogil:
    """Whether a unit reports what it measured a latency ago; sensors.pxd has the offsets."""
    return tick >= latency and every > 0 and (tick - latency) % every == offset % every


cdef inline Reading take_reading(
        int32_t unit, const SensorSetup* k, const Measurements* m, int64_t tick) noexcept nogil:
    """What a unit says at a tick."""
    cdef Reading r
    memset(&r, 0, sizeof(Reading))
    r.reports = True
    if unit == UNIT_IMU or unit == UNIT_ACCELEROMETER:
        memcpy(r.x, m.dv_body, sizeof(m.dv_body))
        memcpy(&r.x[3], m.dtheta_body, sizeof(m.dtheta_body))
        r.numbers = 6 if unit == UNIT_IMU else 3
        r.valid = 63
        r.tag = m.imu_tick
    elif unit == UNIT_GYRO:
        memcpy(r.x, m.dtheta_body, sizeof(m.dtheta_body))
        r.numbers = 3
        r.valid = 7
    elif unit == UNIT_ALTIMETER:
        r.x[0] = m.range_m
        memcpy(&r.x[1], m.range_direction, sizeof(m.range_direction))
        r.numbers = 1
        r.valid = 1 if m.range_valid else 0
        r.tag = m.range_tick
        r.reports = due(tick, k.range_latency, k.range_every, 0)
    elif unit == UNIT_VELOCIMETER:
        memcpy(r.x, m.velocity_mps, sizeof(m.velocity_mps))
        memcpy(&r.x[VELOCITY_BEAMS], m.velocity_direction, sizeof(m.velocity_direction))
        r.numbers = VELOCITY_BEAMS
        r.valid = <uint32_t> m.velocity_valid & ALL_BEAMS
        r.tag = m.velocity_tick
        r.reports = due(tick, k.beam_latency, k.beam_every, 2)
    elif unit == UNIT_STAR_TRACKER:
        memcpy(r.x, m.q_inertial_body, sizeof(m.q_inertial_body))
        r.numbers = 4
        r.valid = 15 if m.star_valid else 0
        r.tag = m.star_tick
        r.reports = due(tick, k.star_latency, k.star_every, 4)
    elif unit == UNIT_HEIGHT:
        r.x[0] = m.height_m
        r.numbers = 1
        r.valid = 1 if m.height_valid else 0
        r.tag = m.height_tick
        r.reports = due(tick, k.height_latency, k.height_every, 1)
    else:
        r.valid = <uint32_t> m.contact
    return r


cdef inline void put_reading(int32_t unit, const Reading* r, Measurements* m) noexcept nogil:
    """Have the record say what a unit says."""
    if unit == UNIT_IMU or unit == UNIT_ACCELEROMETER:
        memcpy(m.dv_body, r.x, sizeof(m.dv_body))
        if unit == UNIT_IMU:
            memcpy(m.dtheta_body, &r.x[3], sizeof(m.dtheta_body))
            m.imu_tick = r.tag
    elif unit == UNIT_GYRO:
        memcpy(m.dtheta_body, r.x, sizeof(m.dtheta_body))
    elif unit == UNIT_ALTIMETER:
        m.range_m = r.x[0]
        memcpy(m.range_direction, &r.x[1], sizeof(m.range_direction))
        m.range_valid = r.valid == 1
        m.range_tick = r.tag
    elif unit == UNIT_VELOCIMETER:
        memcpy(m.velocity_mps, r.x, sizeof(m.velocity_mps))
        memcpy(m.velocity_direction, &r.x[VELOCITY_BEAMS], sizeof(m.velocity_direction))
        m.velocity_valid = <int32_t> (r.valid & ALL_BEAMS)
        m.velocity_tick = r.tag
    elif unit == UNIT_STAR_TRACKER:
        memcpy(m.q_inertial_body, r.x, sizeof(m.q_inertial_body))
        m.star_valid = r.valid == 15
        m.star_tick = r.tag
    elif unit == UNIT_HEIGHT:
        m.height_m = r.x[0]
        m.height_valid = r.valid == 1
        m.height_tick = r.tag
    elif unit == UNIT_CONTACT:
        m.contact = <int32_t> r.valid
