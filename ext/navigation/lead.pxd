"""Increments that come late, by their time tags: the model brings them up to now.

A unit whose increments are those of L ticks ago says so. With alpha the angular acceleration by the
torque told (rate_model.pxd (1)) and F / m the thrust told over the mass (thrust_model.pxd), of each
tick since,

    dtheta_k = dtheta(k - L) + (C_k - C_{k-L}) dt,     C_k = sum of alpha dt up to k        (1)
    dv_z,k   = dv_z(k - L) + (F_k / m_k - F_{k-L} / m_{k-L}) dt                             (2)

The sum of (1) is the turn that was read, and beside it what the model turns in the last L ticks: a
torque that is off by sigma_a I for TORQUE_HOLD_S on end is off by no more than that in them, and
does not add up. A gyro that is late though no tag says so is found by the torque
(contradiction.pxd), in blocks of ticks, and brought up to now by as many; one that reads with the
wrong sign is found there, too, and its readings are reversed. Over the ticks in which nothing came,
and where the tag is older than LEAD_TICKS or the model, the increments are wrong: turns are those
of the model (rate_model.pxd), increments of velocity the last ones before.
"""

from libc.stdint cimport int64_t

from farside.ext.common.measurements cimport Measurements
from farside.ext.navigation.inertial_records cimport LEAD_TICKS
from farside.ext.navigation.state cimport ATTITUDE, Navigator


cdef enum:
    LATE_TICKS = 5              # behind the youngest reading that came: no jitter of a clock


cdef inline void note_model(
        Navigator* nav, const double* alpha, double accel_mps2, double dt) noexcept nogil:
    """Keep what the model says of a tick; only ticks on end count."""
    cdef int at = nav.tick & (LEAD_TICKS - 1), i
    if nav.lead.tick != nav.tick - 1:
        nav.lead.run = 0
    nav.lead.tick = nav.tick
    nav.lead.run = min(nav.lead.run + 1, LEAD_TICKS)
    for i in range(3):
        nav.lead.sum_radps[i] += alpha[i] * dt
        nav.lead.rate_radps[at][i] = nav.lead.sum_radps[i]
    nav.lead.accel_mps2[at] = accel_mps2


cdef inline void bring_up(Navigator* nav, const Measurements* m, double dt) noexcept nogil:
    """(1) into each gyro's now_rad and (2) into lead.dv_mps; lead.late says by how many ticks.

    It is 0 in time, and -1 where the increments are of no tick that is kept.
    """
    cdef int64_t late = nav.tick - nav.imu_lag - m.imu_tick
    cdef int now = nav.tick & (LEAD_TICKS - 1), then, i
    nav.lead.late = nav.lead.most = 0
    nav.lead.dv_mps = 0.0
    if late > LATE_TICKS:
        nav.lead.late = <int> late if late < nav.lead.run else -1
    for i in range(3):
        nav.gyro[i].now_rad = turn_read(nav, m, i)
        if nav.lead.late > 0 or nav.gyro[i].behind > 0:
            nav.gyro[i].now_rad += dt * led_radps(
                nav, i, max(nav.lead.late, 0) + nav.gyro[i].behind)
    if nav.lead.late > 0:
        then = (now - nav.lead.late) & (LEAD_TICKS - 1)
        nav.lead.dv_mps = dt * (nav.lead.accel_mps2[now] - nav.lead.accel_mps2[then])


cdef inline double turn_read(const Navigator* nav, const Measurements* m, int i) noexcept nogil:
    return -m.dtheta_body[i] if nav.gyro[i].reversed else m.dtheta_body[i]


cdef inline double led_radps(Navigator* nav, int i, int ticks) noexcept nogil:
    """By what the model has changed a rate in so many ticks; 0 where it is not kept."""
    if not 0 < ticks < nav.lead.run:
        return 0.0
    nav.lead.most = max(nav.lead.most, ticks)
    return nav.lead.sum_radps[i] - nav.lead.rate_radps[(nav.tick - ticks) & (LEAD_TICKS - 1)][i]


cdef inline void widen_by_lead(
        Navigator* nav, double sigma_a, double hold_s, double dt) noexcept nogil:
    """A torque that is off, for hold_s on end, is off in the rate by L ticks of it."""
    cdef double rate = sigma_a * nav.lead.most * dt
    cdef int i
    for i in range(3):
        nav.P[ATTITUDE + i][ATTITUDE + i] += rate * rate * hold_s * dt
