"""Couples of attitude thrusters that fail: found by how the lander turns, and made up for.

Over a window of T = 0.25 s, about each body axis,

    I dw + int (w x I w) dt = e+ S+ + e- S- + d T + noise

with S+ and S- the angular impulse commanded either way [N m s], d a constant torque (a thrust beside
the centre of mass). (e+, e-, d) is estimated by a Kalman filter of three states whose P is kept
symmetric; e is 1 for a whole couple. Two windows on end outside the gate open P: something has
failed. What is sure of itself counts:

    e < lost            the couple is lost
    e < weak            it is weak: its command is divided by e
    |d| > stuck T_max   a couple fires all the time: d is taken off the command

A lost couple of an axis and a sense is made up for as far as physics goes. No other couple, nor the
engine, turns about that axis. What turns it that way is d, where d has the sense: the reference is
then turned no faster than |d| can stop. About z no d is needed: heading is given up and the rate is
kept at rest by the couple that is left. Where d has the other sense, one axis runs away, at d / I.
"""

from libc.math cimport fabs, sqrt
from libc.stdint cimport int32_t

from farside.ext.guidance.autopilot.records cimport (
    LOST_COUPLE, AutopilotState, AutopilotTable, AxisWatch,
)
from farside.ext.guidance.records.gains cimport CoupleGains
from farside.ext.common.types cimport TICK_HZ
from farside.ext.common.vector cimport (
    Vec3, clamp, cross, finite, vec, vec_from, vec_to,
)


cdef enum:
    WINDOW_TICKS = 25


cdef extern from *:
    """
    #define FIRST_SHARE 0.05        /* 1 sigma of a couple's share before anything is measured */
    #define FIRST_OFFSET 0.2        /* of d, in large couples */
    #define OPEN_SHARE 0.5          /* the same once something has failed */
    #define OPEN_OFFSET 1.0
    """
    const double FIRST_SHARE
    const double FIRST_OFFSET
    const double OPEN_SHARE
    const double OPEN_OFFSET


cdef inline void open_axis(AxisWatch* a, double share, double offset_nm) noexcept nogil:
    """Give the estimate these deviations, without correlation."""
    cdef int i, j
    for i in range(3):
        for j in range(3):
            a.P[i][j] = 0.0
    a.P[0][0] = a.P[1][1] = share * share
    a.P[2][2] = offset_nm * offset_nm


cdef inline void couples_start(const AutopilotTable* t, AutopilotState* s) noexcept nogil:
    """Every couple is whole, until it is measured otherwise."""
    cdef int i
    for i in range(3):
        s.axis[i].x[0] = s.axis[i].x[1] = 1.0
        s.axis[i].x[2] = 0.0
        s.axis[i].impulse[0] = s.axis[i].impulse[1] = s.axis[i].turned_nms = 0.0
        s.axis[i].off = 0
        s.axis[i].reserved = 0
        open_axis(&s.axis[i], FIRST_SHARE, FIRST_OFFSET * t.torque_limit[i])
        s.turned_from[i] = 0.0
    s.window_ticks = -1
    s.couples = 0


cdef inline void update_axis(
        const CoupleGains* gains, AxisWatch* a, double torque_nm, double dt) noexcept nogil:
    """Take in a window of dt [s]: y = H x + noise, scalar, with the gate."""
    cdef double[3] H
    cdef double[3] PH
    cdef double sigma = gains.noise_share * torque_nm * dt
    cdef double S = sigma * sigma, y = a.turned_nms, q = gains.drift_share * torque_nm
    cdef int i, j
    H[0], H[1], H[2] = a.impulse[0], a.impulse[1], dt
    a.P[2][2] += q * q * dt
    for i in range(3):
        PH[i] = a.P[i][0] * H[0] + a.P[i][1] * H[1] + a.P[i][2] * H[2]
        y -= H[i] * a.x[i]
    for i in range(3):
        S += H[i] * PH[i]
    if not (finite(y) and S > 0.0):
        return
    if y * y > gains.gate_sigmas * gains.gate_sigmas * S:
        a.off += 1
        if a.off >= 2:
            open_axis(a, OPEN_SHARE, OPEN_OFFSET * torque_nm)
            a.off = 0
        return
    a.off = 0
    for i in range(3):
        a.x[i] += PH[i] * y / S
        for j in range(3):
            a.P[i][j] -= PH[i] * PH[j] / S
    for i in range(2):
        a.x[i] = clamp(a.x[i], 0.0, 1.5)
        # One who never fails again is still looked at.
        a.P[i][i] = max(a.P[i][i], 0.25 * FIRST_SHARE * FIRST_SHARE)
    a.P[2][2] = max(a.P[2][2], 1e-6 * torque_nm * torque_nm)


cdef inline bint sure(const CoupleGains* gains, const AxisWatch* a, int i) noexcept nogil:
    return a.P[i][i] < gains.sure_sigma * gains.sure_sigma


cdef inline bint couple_lost(
        const CoupleGains* gains, const AxisWatch* a, int side) noexcept nogil:
    """Whether the couple of a sense (0: plus, 1: minus) gives next to nothing."""
    return sure(gains, a, side) and a.x[side] < gains.lost_share


cdef inline bint fires_always(
        const CoupleGains* gains, const AxisWatch* a, double torque_nm) noexcept nogil:
    """Whether a constant torque is more than any offset of the thrust gives."""
    return fabs(a.x[2]) > gains.stuck_share * torque_nm and (
        sqrt(a.P[2][2]) < gains.sure_sigma * torque_nm)


cdef inline int32_t failed_couples(
        const AutopilotTable* t, const AutopilotState* s) noexcept nogil:
    """Bits: x+, x-, y+, y-, z+, z- lost or weak; the same from 64 on: fires all the time."""
    cdef const CoupleGains* gains = &t.gains.couples
    cdef const AxisWatch* a
    cdef int32_t bits = 0
    cdef int axis, side
    for axis in range(3):
        a = &s.axis[axis]
        for side in range(2):
            if sure(gains, a, side) and a.x[side] < gains.weak_share:
                bits |= 1 << (2 * axis + side)
            if couple_lost(gains, a, side):
                bits |= LOST_COUPLE
        if fires_always(gains, a, t.torque_limit[axis]):
            bits |= 64 << (2 * axis + (1 if a.x[2] < 0.0 else 0))
    return bits


cdef inline void watch_couples(
        const AutopilotTable* t, AutopilotState* s, Vec3 omega, Vec3 inertia, double dt,
        bint held) noexcept nogil:
    """Add the time since the last tick, under that tick's torque; estimate at a window's end.

    held: something else turns the lander, or holds it: the window is given up.
    """
    cdef Vec3 h = vec(inertia.x * omega.x, inertia.y * omega.y, inertia.z * omega.z)
    cdef Vec3 gyroscopic = cross(omega, h), before = vec_from(s.turned_from)
    cdef double[3] now
    cdef double[3] old
    cdef double[3] g
    cdef int i
    vec_to(h, now)
    vec_to(before, old)
    vec_to(gyroscopic, g)
    if held or s.window_ticks < 0:
        for i in range(3):
            s.axis[i].impulse[0] = s.axis[i].impulse[1] = s.axis[i].turned_nms = 0.0
        vec_to(h, s.turned_from)
        s.window_ticks = 0
        s.window_s = 0.0
        return
    for i in range(3):
        s.axis[i].turned_nms += dt * g[i]
        s.axis[i].impulse[0 if s.last.torque_nm[i] > 0.0 else 1] += dt * s.last.torque_nm[i]
    s.window_ticks += 1
    s.window_s += dt
    if s.window_s * TICK_HZ < WINDOW_TICKS - 0.5:
        return
    for i in range(3):
        s.axis[i].turned_nms += now[i] - old[i]
        update_axis(&t.gains.couples, &s.axis[i], t.torque_limit[i], s.window_s)
        s.axis[i].impulse[0] = s.axis[i].impulse[1] = s.axis[i].turned_nms = 0.0
    vec_to(h, s.turned_from)
    s.window_ticks = 0
    s.window_s = 0.0
    s.couples = failed_couples(t, s)


cdef inline double allocate(
        const AutopilotTable* t, const AxisWatch* a, int axis, double wanted_nm) noexcept nogil:
    """The command [N m] that gives a torque with what is left of an axis."""
    cdef const CoupleGains* gains = &t.gains.couples
    cdef double most = t.torque_limit[axis], share
    cdef bint short_of = couple_lost(gains, a, 0) or couple_lost(gains, a, 1)
    cdef int side
    if short_of or fires_always(gains, a, most):
        wanted_nm -= a.x[2]
        # Against a couple that fires all the time the small ones are needed too.
        most += t.torque_small_nm
    side = 0 if wanted_nm > 0.0 else 1
    if couple_lost(gains, a, side):
        return 0.0
    share = a.x[side] if sure(gains, a, side) and a.x[side] < gains.weak_share else 1.0
    return clamp(wanted_nm / max(share, gains.lost_share), -most, most)


cdef inline Vec3 reallocated(
        const AutopilotTable* t, const AutopilotState* s, Vec3 torque) noexcept nogil:
    """A torque by the couples that are left."""
    if s.couples == 0:
        return torque
    return vec(
        allocate(t, &s.axis[0], 0, torque.x), allocate(t, &s.axis[1], 1, torque.y),
        allocate(t, &s.axis[2], 2, torque.z))


cdef inline double stoppable(
        const AutopilotTable* t, const AutopilotState* s, Vec3 inertia,
        double acceleration) noexcept nogil:
    """The angular acceleration [rad/s^2] that a slew may count with: where d alone stops it, d's."""
    cdef const CoupleGains* gains = &t.gains.couples
    cdef const AxisWatch* a
    cdef double[3] moment
    cdef int i
    if s.couples == 0:
        return acceleration
    vec_to(inertia, moment)
    for i in range(2):
        a = &s.axis[i]
        if (couple_lost(gains, a, 0) and a.x[2] > 0.0) or (
                couple_lost(gains, a, 1) and a.x[2] < 0.0):
            acceleration = min(acceleration, 0.5 * fabs(a.x[2]) / moment[i])
    return acceleration


cdef inline bint heading_free(const AutopilotTable* t, const AutopilotState* s) noexcept nogil:
    """Whether a couple about z is lost: the heading is left as it comes."""
    return s.couples != 0 and (
        couple_lost(&t.gains.couples, &s.axis[2], 0)
        or couple_lost(&t.gains.couples, &s.axis[2], 1))
