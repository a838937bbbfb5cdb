"""Whether a sensor can have said it: what cannot be is left out before the filter sees it.

Left out is only what no sensor measures: a number that is not finite or beyond any lander, a
direction that is no unit vector, a time tag of no tick that is remembered. Whether a number that
can be is believed, the gates decide (health.pxd).
"""

from libc.math cimport fabs, sqrt
from libc.stdint cimport int32_t, int64_t
from libc.string cimport memset

from farside.ext.common.measurements cimport (
    ALL_BEAMS, SATURATED_ACCEL, SATURATED_GYRO, VELOCITY_BEAMS, Measurements,
)
from farside.ext.common.types cimport TICK_HZ
from farside.ext.navigation._codes cimport (
    LEFT_BEAM_1, LEFT_HEIGHT, LEFT_IMU, LEFT_RANGE, LEFT_STAR, LEFT_VALVE,
)
from farside.ext.navigation.delayed cimport Then, estimate_at
from farside.ext.navigation.state cimport CLONES, PAST, InitialEstimate, Navigator


cdef enum:
    # What no lander measures: beyond these a number is none
    DV_MOST_MPS = 10            # in a tick: 1000 m/s^2
    TURN_MOST_RAD = 1           # in a tick
    RANGE_MOST_M = 1000000
    SPEED_MOST_MPS = 10000
    # Of a first estimate, and of any estimate that is told
    FAR_M = 100000000
    FAST_MPS = 100000
    HEAVY_KG = 10000000
    ALL_HELD = SATURATED_ACCEL * 7 + SATURATED_GYRO * 7


cdef inline bint within(const double* x, int n, double most) noexcept nogil:
    """Whether numbers are no larger than that; a NaN is not."""
    cdef int i
    for i in range(n):
        if not fabs(x[i]) <= most:
            return False
    return True


cdef inline bint is_unit(const double* x, int n) noexcept nogil:
    """Whether a vector has the length 1 to a thousandth."""
    cdef double sum = 0.0
    cdef int i
    for i in range(n):
        sum += x[i] * x[i]
    return fabs(sum - 1.0) <= 2e-3


cdef inline bint tag_known(const Navigator* nav, int64_t tag, int64_t tick) noexcept nogil:
    """Whether the estimate of a time tag is remembered, or kept in a clone."""
    cdef Then then
    return 0 <= tag <= tick and estimate_at(nav, tag, tick, &then)


cdef inline int32_t look_over_beams(
        const Navigator* nav, Measurements* m, int64_t tick) noexcept nogil:
    cdef bint known = tag_known(nav, m.velocity_tick, tick)
    cdef int32_t left = 0
    cdef int i
    m.velocity_valid &= ALL_BEAMS
    for i in range(VELOCITY_BEAMS):
        if (m.velocity_valid >> i) & 1 and not (
                known and within(&m.velocity_mps[i], 1, SPEED_MOST_MPS)
                and is_unit(m.velocity_direction[i], 3)):
            m.velocity_valid &= ~(1 << i)
            left |= LEFT_BEAM_1 << i
    return left


cdef inline int32_t look_over_imu(Measurements* m) noexcept nogil:
    """Increments and times of thrusters."""
    cdef int32_t left = 0
    cdef int i
    if not (within(m.dv_body, 3, DV_MOST_MPS) and within(m.dtheta_body, 3, TURN_MOST_RAD)):
        memset(m.dv_body, 0, sizeof(m.dv_body))
        memset(m.dtheta_body, 0, sizeof(m.dtheta_body))
        m.saturated |= ALL_HELD
        left = LEFT_IMU
    for i in range(2):
        # couples about three axes for a tick of 10 ms, and what rounding adds to it
        if not 0.0 <= m.valve_s[i] <= 0.031:
            m.valve_s[i] = 0.0
            left |= LEFT_VALVE
    return left


cdef inline int32_t look_over(
        const Navigator* nav, Measurements* m, int64_t tick) noexcept nogil:
    """Leave out what cannot be measured; return the bits LEFT_ of it."""
    cdef int32_t left = look_over_imu(m)
    if not tick - PAST < m.imu_tick <= tick:
        # late in this tick, and no measure of how old the unit's readings are at the least
        m.imu_tick = tick - PAST
        left |= LEFT_IMU
    if m.star_valid and not (
            within(m.q_inertial_body, 4, 2.0) and is_unit(m.q_inertial_body, 4)
            and tag_known(nav, m.star_tick, tick)):
        m.star_valid = 0
        left |= LEFT_STAR
    if m.range_valid and not (
            within(&m.range_m, 1, RANGE_MOST_M) and is_unit(m.range_direction, 3)
            and tag_known(nav, m.range_tick, tick)):
        m.range_valid = 0
        left |= LEFT_RANGE
    if m.velocity_valid:
        left |= look_over_beams(nav, m, tick)
    if m.height_valid and not (
            within(&m.height_m, 1, RANGE_MOST_M) and tag_known(nav, m.height_tick, tick)):
        m.height_valid = 0
        left |= LEFT_HEIGHT
    return left


cdef inline bint start_sound(const InitialEstimate* s) noexcept nogil:
    """Whether a first estimate can be: finite, and P symmetric with no |correlation| above 1."""
    cdef double most
    cdef int i, j
    if not (
            within(s.r_site, 3, FAR_M) and within(s.v_site, 3, FAST_MPS)
            and within(s.omega_body, 3, TURN_MOST_RAD * TICK_HZ)
            and within(s.q_site_body, 4, 2.0) and is_unit(s.q_site_body, 4)
            and 0.0 < s.mass_kg <= HEAVY_KG):
        return False
    for i in range(CLONES):
        if not 0.0 <= s.P[i][i] <= 1e16:
            return False
    for i in range(CLONES):
        for j in range(i):
            most = sqrt(s.P[i][i] * s.P[j][j]) * (1.0 + 1e-9)
            if not (fabs(s.P[i][j]) <= most and s.P[i][j] == s.P[j][i]):
                return False
    return True
