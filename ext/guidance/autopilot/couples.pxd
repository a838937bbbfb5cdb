"""Couples of attitude thrusters that fail: found by how the lander turns, and made up for.

Over a window of T = 0.25 s, about each body axis,

    I dw + int (w x I w) dt = e+ S+ + e- S- + d int (F / F_max) dt + b L T + noise

with S+ and S- the angular impulse commanded either way [N m s], d the torque of the thrust F beside
the centre of mass at full thrust [N m], L a large couple's torque, and b = 1 or -1 where a couple
fires all the time, else 0. (e+, e-, d) is estimated by a Kalman filter of three states; e is 1 for
a whole couple. Two windows on end outside the gate: something has failed. Where an abort
has turned the lander in free fall and lights an engine, the liquid comes down on the wrong side of
its tanks and swings at more than a large couple's torque, together with the control that counters
it: it is counted into the noise, l L e^(-t / T) of the time t since. Where another b puts both
inside, that is b; else P is opened, and e+ and e- are found anew. What is sure of itself counts:

    e < lost    the couple is lost; what d gives is counted with
    e < weak    it is weak: its command is divided by e
    b           b L is taken off the command; the small couples help

A lost couple of an axis and a sense is made up for as far as physics goes. No other couple, nor the
engine, turns about that axis. What turns it that way is d, where d has the sense: slews about it
are then no faster than |d| can stop, and where the axis is y the lander rolls a quarter first, so
that slews turn about x. About z no d is needed: heading is given up and the rate is kept at rest by
the couple that is left. Where d has the other sense, the axis runs away, at d / I.
"""

from libc.math cimport fabs
from libc.stdint cimport int32_t, int64_t

from farside.ext.guidance.autopilot._codes cimport LAW_BRAKING, LAW_TRIM
from farside.ext.guidance.autopilot.records cimport (
    ANY_STUCK, LOST_COUPLE, AutopilotState, AutopilotTable, AxisWatch,
)
from farside.ext.guidance.records.gains cimport CoupleGains
from farside.ext.common.elementary cimport exp_of
from farside.ext.common.rotation cimport rotation_vector_between
from farside.ext.common.types cimport TICK_HZ
from farside.ext.common.vector cimport (
    Quat, Vec3, clamp, cross, finite, quat, quat_from, quat_mul, unit, vec, vec_from, vec_to,
)


cdef enum:
    WINDOW_TICKS = 25


cdef extern from *:
    """
    #define FIRST_SHARE 0.05        /* 1 sigma of a couple's share before anything is measured */
    #define FIRST_OFFSET 0.2        /* of d, in large couples */
    #define OPEN_SHARE 0.5          /* of a share, once something has failed */
    #define KEPT_SHARE 0.02         /* least 1 sigma of a share: it may still fail */
    #define STOP_SHARE 0.7          /* of a torque, that a slew is planned with */
    #define ROLL_S 25.0             /* of braking's end, in which the lander may roll */
    #define HALF_ROOT 0.70710678118654752   /* sine and cosine of 45 deg */
    #define TARGET_RADPS 0.001      /* rate that a lost couple about z could not undo, kept off */
    """
    const double FIRST_SHARE
    const double FIRST_OFFSET
    const double OPEN_SHARE
    const double KEPT_SHARE
    const double TARGET_RADPS
    const double STOP_SHARE
    const double ROLL_S
    const double HALF_ROOT


cdef inline void open_axis(AxisWatch* a, double share, double offset2) noexcept nogil:
    """Give the shares this deviation, and d a variance, without correlation."""
    cdef int i, j
    for i in range(3):
        for j in range(3):
            a.P[i][j] = 0.0
    a.P[0][0] = a.P[1][1] = share * share
    a.P[2][2] = offset2


cdef inline void begin_window(AutopilotState* s, Vec3 h) noexcept nogil:
    cdef int i
    for i in range(3):
        s.axis[i].impulse[0] = s.axis[i].impulse[1] = s.axis[i].turned_nms = 0.0
    vec_to(h, s.turned_from)
    s.window_ticks = 0
    s.window_s = s.window_push_s = 0.0


cdef inline void couples_start(const AutopilotTable* t, AutopilotState* s) noexcept nogil:
    """Every couple is whole, until it is measured otherwise."""
    cdef double offset
    cdef int i
    for i in range(3):
        s.axis[i].x[0] = s.axis[i].x[1] = 1.0
        s.axis[i].x[2] = 0.0
        s.axis[i].off = s.axis[i].stuck = 0
        offset = FIRST_OFFSET * t.torque_limit[i]
        open_axis(&s.axis[i], FIRST_SHARE, offset * offset)
    begin_window(s, vec(0.0, 0.0, 0.0))
    s.window_ticks = -1
    s.couples = 0
    s.omega_seen[0] = s.omega_seen[1] = s.omega_seen[2] = 0.0


cdef inline int stuck_that_fits(
        const CoupleGains* gains, const AxisWatch* a, double y, double impulse_nms,
        double sigma2) noexcept nogil:
    """The b that puts an innovation inside the gate, the one it has excepted; else that one."""
    cdef int b
    for b in range(-1, 2):
        if b != a.stuck and (y - (b - a.stuck) * impulse_nms) ** 2 <= (
                gains.gate_sigmas * gains.gate_sigmas * sigma2):
            return b
    return a.stuck


cdef inline bint lost_fits(
        const CoupleGains* gains, const AxisWatch* a, double y, double sigma2) noexcept nogil:
    """Whether an innovation is inside the gate once one of the two couples gives nothing."""
    cdef double most = gains.gate_sigmas * gains.gate_sigmas * sigma2
    return (y + a.impulse[0] * a.x[0]) ** 2 <= most or (y + a.impulse[1] * a.x[1]) ** 2 <= most


cdef inline void gate_missed(
        const CoupleGains* gains, AxisWatch* a, double y, double impulse_nms,
        double sigma2) noexcept nogil:
    """Two windows on end outside the gate: another b where that fits both, else new shares.

    A lost couple that is asked for all it has looks as one that fires the other way: where that
    fits both windows as well, it is that.
    """
    cdef int fits = stuck_that_fits(gains, a, y, impulse_nms, sigma2)
    cdef int lost = 4 if lost_fits(gains, a, y, sigma2) else 0
    a.off += 1
    if a.off == 1:
        a.fitted = (fits + 1) | lost
        return
    a.off = 0
    if fits != a.stuck and fits + 1 == a.fitted & 3 and not lost & a.fitted:
        a.stuck = fits
    else:
        open_axis(a, OPEN_SHARE, a.P[2][2])


cdef inline void update_axis(
        const CoupleGains* gains, AxisWatch* a, double torque_nm, double dt,
        double push_s, double liquid_share) noexcept nogil:
    """Take in a window of dt [s]: y = H x + noise, scalar, with the gate."""
    cdef double[3] H
    cdef double[3] PH
    cdef double sigma = torque_nm * dt
    cdef double S = sigma * sigma * (
        gains.noise_share * gains.noise_share + liquid_share * liquid_share)
    cdef double y = a.turned_nms - a.stuck * torque_nm * dt
    cdef double q = gains.drift_share * torque_nm
    cdef int i, j
    H[0], H[1], H[2] = a.impulse[0], a.impulse[1], push_s
    a.P[2][2] += q * q * dt
    for i in range(3):
        PH[i] = a.P[i][0] * H[0] + a.P[i][1] * H[1] + a.P[i][2] * H[2]
        y -= H[i] * a.x[i]
    for i in range(3):
        S += H[i] * PH[i]
    if not (finite(y) and S > 0.0):
        return
    if y * y > gains.gate_sigmas * gains.gate_sigmas * S:
        gate_missed(gains, a, y, torque_nm * dt, S)
        return
    a.off = 0
    for i in range(3):
        a.x[i] += PH[i] * y / S
        for j in range(3):
            a.P[i][j] -= PH[i] * PH[j] / S
    for i in range(2):
        a.x[i] = clamp(a.x[i], 0.0, 1.5)
        a.P[i][i] = max(a.P[i][i], KEPT_SHARE * KEPT_SHARE)
    a.P[2][2] = max(a.P[2][2], 1e-6 * torque_nm * torque_nm)


cdef inline bint sure(const CoupleGains* gains, const AxisWatch* a, int i) noexcept nogil:
    return a.P[i][i] < gains.sure_sigma * gains.sure_sigma


cdef inline bint couple_lost(
        const CoupleGains* gains, const AxisWatch* a, int side) noexcept nogil:
    """Whether the couple of a sense (0: plus, 1: minus) gives next to nothing."""
    return sure(gains, a, side) and a.x[side] < gains.lost_share


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
        if a.stuck != 0:
            bits |= 64 << (2 * axis + (1 if a.stuck < 0 else 0))
    return bits


cdef inline bint rate_repeats(AutopilotState* s, const double* omega) noexcept nogil:
    """Whether an axis has the very rate of the tick before: a gyro that is held, not a lander."""
    cdef bint repeats = False
    cdef int i
    for i in range(3):
        repeats = repeats or omega[i] == s.omega_seen[i]
        s.omega_seen[i] = omega[i]
    return repeats


cdef inline bint lighting(
        const AutopilotTable* t, const AutopilotState* s, int64_t tick) noexcept nogil:
    """Whether an abort has just lit its engine: what thrust and liquid do is not known yet."""
    return s.phase >= t.phases and s.last.thrust_n > 0.0 and tick - s.engine_tick < TICK_HZ * (
        t.ignition_delay_s + t.gains.thrust.settle_lags * t.engine_lag_s)


cdef inline double liquid_now(
        const AutopilotTable* t, const AutopilotState* s, int64_t tick) noexcept nogil:
    """1 sigma of the torque of liquid that came down in its tanks [large couples]."""
    cdef const CoupleGains* gains = &t.gains.couples
    if s.phase < t.phases or not s.last.thrust_n > 0.0:
        return 0.0
    return gains.liquid_share * exp_of((s.engine_tick - tick) / (TICK_HZ * gains.liquid_s))


cdef inline void open_offset(const AutopilotTable* t, AutopilotState* s) noexcept nogil:
    """Another engine, mass and centre of mass: d is not known, what the couples give is."""
    cdef AxisWatch* a
    cdef double sigma
    cdef int i, j
    for i in range(3):
        a = &s.axis[i]
        sigma = FIRST_OFFSET * t.torque_limit[i]
        for j in range(3):
            a.P[2][j] = a.P[j][2] = 0.0
        a.P[2][2] = sigma * sigma
        a.x[2] = 0.0
    s.window_ticks = -1


cdef inline void watch_couples(
        const AutopilotTable* t, AutopilotState* s, Vec3 omega, Vec3 inertia, double dt,
        bint held, double liquid_share) noexcept nogil:
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
        begin_window(s, h)
        return
    for i in range(3):
        s.axis[i].turned_nms += dt * g[i]
        s.axis[i].impulse[0 if s.last.torque_nm[i] > 0.0 else 1] += dt * s.last.torque_nm[i]
    s.window_ticks += 1
    s.window_s += dt
    s.window_push_s += dt * s.thrust_scale * s.thrust_model_n / t.thrust_max_n
    if s.window_s * TICK_HZ < WINDOW_TICKS - 0.5:
        return
    for i in range(3):
        s.axis[i].turned_nms += now[i] - old[i]
        update_axis(
            &t.gains.couples, &s.axis[i], t.torque_limit[i], s.window_s, s.window_push_s,
            liquid_share)
    begin_window(s, h)
    s.couples = failed_couples(t, s)


cdef inline double offset_now(
        const AutopilotTable* t, const AutopilotState* s, int axis) noexcept nogil:
    """The torque of the thrust beside the centre of mass [N m], at the thrust of now."""
    return s.axis[axis].x[2] * s.thrust_scale * s.thrust_model_n / t.thrust_max_n


cdef inline double allocate(
        const AutopilotTable* t, const AutopilotState* s, int axis,
        double wanted_nm) noexcept nogil:
    """The command [N m] that gives a torque with what is left of an axis."""
    cdef const CoupleGains* gains = &t.gains.couples
    cdef const AxisWatch* a = &s.axis[axis]
    cdef double most = t.torque_limit[axis], share
    cdef int side
    if couple_lost(gains, a, 0) or couple_lost(gains, a, 1):
        wanted_nm -= offset_now(t, s, axis)
    if a.stuck != 0:
        # Against a couple that fires all the time the small ones are needed too.
        wanted_nm -= offset_now(t, s, axis) + a.stuck * most
        most += t.torque_small_nm
    # A lost couple is asked all the same: it costs nothing, and shows where it is back.
    side = 0 if wanted_nm > 0.0 else 1
    share = 1.0
    if sure(gains, a, side) and gains.lost_share <= a.x[side] < gains.weak_share:
        share = a.x[side]
    return clamp(wanted_nm / share, -most, most)


cdef inline Vec3 reallocated(
        const AutopilotTable* t, const AutopilotState* s, Vec3 torque) noexcept nogil:
    """A torque by the couples that are left."""
    if s.couples == 0:
        return torque
    return vec(
        allocate(t, s, 0, torque.x), allocate(t, s, 1, torque.y), allocate(t, s, 2, torque.z))


cdef inline bint heading_free(const AutopilotTable* t, const AutopilotState* s) noexcept nogil:
    """Whether a couple about z is lost: the heading is left as it comes."""
    return s.couples != 0 and (
        couple_lost(&t.gains.couples, &s.axis[2], 0)
        or couple_lost(&t.gains.couples, &s.axis[2], 1))


cdef inline double least_torque(
        const AutopilotTable* t, const AutopilotState* s, int axis) noexcept nogil:
    """The torque [N m] that an axis has in both senses; large couples where nothing has failed.

    0 where one sense has none: what then stops a turn is another axis, or nothing.
    """
    cdef const AxisWatch* a = &s.axis[axis]
    cdef bint no_plus = couple_lost(&t.gains.couples, a, 0)
    cdef double d = offset_now(t, s, axis)
    if a.stuck != 0:
        # The large couples cancel: the small one is left, and what the thrust gives.
        return max(t.torque_small_nm - a.stuck * d, 0.0)
    if no_plus or couple_lost(&t.gains.couples, a, 1):
        return max(d if no_plus else -d, 0.0)
    return t.torque_limit[axis]


cdef inline Quat wanted_now(const AutopilotTable* t, const AutopilotState* s) noexcept nogil:
    """The attitude that is wanted, with the heading that the couples which are left ask for.

    Slews in the plane of the flight turn about body y. Where that axis has lost a sense and x has
    not, the lander rolls a quarter about its thrust first, and they turn about x. While braking the
    radar needs its side down, until the last ROLL_S of it.
    """
    cdef int32_t law = t.row[s.phase].law
    cdef Quat wanted = quat_from(s.wanted)
    cdef double x, y
    if s.couples & (LOST_COUPLE | ANY_STUCK) == 0 or heading_free(t, s) or law >= LAW_TRIM or (
            law == LAW_BRAKING and not 0.0 <= s.time_to_go_s < ROLL_S):
        return wanted
    x = least_torque(t, s, 0)
    y = least_torque(t, s, 1)
    if 2.0 * y < x:
        return quat_mul(wanted, quat(HALF_ROOT, 0.0, 0.0, HALF_ROOT))
    return wanted


cdef inline double stoppable(
        const AutopilotTable* t, const AutopilotState* s, Vec3 inertia, Quat wanted,
        double acceleration) noexcept nogil:
    """The angular acceleration [rad/s^2] that slews may count with, by what stops them.

    a <= torque / (I share), with an axis' share of the turn that is left.
    """
    cdef double[3] moment
    cdef double[3] way
    cdef double torque
    cdef int i
    if s.couples & (LOST_COUPLE | ANY_STUCK) == 0:
        return acceleration
    vec_to(inertia, moment)
    vec_to(unit(rotation_vector_between(s.reference.q_site_body, wanted), vec(0.0, 0.0, 0.0)), way)
    for i in range(2):
        torque = least_torque(t, s, i)
        # Where nothing stops it, no slower slew would help.
        if 0.0 < torque < t.torque_limit[i]:
            acceleration = min(
                acceleration, STOP_SHARE * torque / (moment[i] * max(fabs(way[i]), 0.05)))
    return acceleration


cdef inline double kept_rate(
        const AutopilotTable* t, const AutopilotState* s) noexcept nogil:
    """The rate about z [rad/s] that is kept where a couple about it is lost: on the side that the
    couple which is left can undo."""
    return TARGET_RADPS if couple_lost(&t.gains.couples, &s.axis[2], 0) else -TARGET_RADPS
