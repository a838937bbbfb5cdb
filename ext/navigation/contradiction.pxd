"""A gyro that turns the other way, or late, against the torque commanded.

With d_read the change of the rate read over a block of 0.25 s and d_model that of the model, of an
axis, sums fading from block to block, the gyro contradicts where in four blocks on end

    sum d_read d_model < -sum d_model^2 / 2                                      the other way

or, with A_k = sum (d_read - d_model of k blocks ago)^2, at the same k of 1 to 4

    A_0 > sum d_model^2,   A_k < A_0 / 8                                         late

No lost or weak couple does either. Blocks that read more than CHANGE_MOST times what is modelled
are left out: spikes; so are those of SETTLE_TICKS after the engine is lit or stopped, while thrust
and liquid come to where they stay. It goes on to contradict until in four on end
A_0 < sum d_model^2 / 4: small rates of the wrong sign look like none.

The stars tell which of the two is wrong. A gyro that turns the other way moves the attitude off by
many sigmas within the four blocks. Where of the last FIX_TICKS two fixes or more lie inside their
gate and none outside, the gyro is right and the torque told is not: it is doubted, and no
contradiction counts until in four blocks on end A_0 < sum d_model^2 / 4.
"""

from libc.math cimport fabs
from libc.string cimport memset

from farside.ext.common.measurements cimport Measurements
from farside.ext.navigation.inertial_records cimport LAGS, GyroAxis
from farside.ext.navigation.state cimport Navigator


cdef enum:
    BLOCK_TICKS = 25
    CONTRARY_BLOCKS = 4         # on end: liquid that swings is not so long against the torque
    FIX_TICKS = CONTRARY_BLOCKS * BLOCK_TICKS
    SETTLE_TICKS = 1500         # liquid swings for so long


cdef extern from *:
    """
    #define TURN_MOST 10.0          /* rad in a tick: 1000 rad/s */
    #define CHANGE_LEAST 0.002      /* rad/s: more than pulses that are owed */
    #define CHANGE_LATE 0.02       /* rad/s: the same, to be told late */
    #define CHANGE_KEPT 0.75        /* of the sums, from block to block */
    #define CHANGE_MOST 3.0         /* times the modelled change: what reads more is a spike */
    """
    const double TURN_MOST
    const double CHANGE_LEAST
    const double CHANGE_LATE
    const double CHANGE_KEPT
    const double CHANGE_MOST


cdef inline bint engine_settled(Navigator* nav) noexcept nogil:
    """Whether the engine was lit or stopped longer ago than SETTLE_TICKS."""
    cdef int lit = 2 if nav.commanded_n > 0.0 else 1
    if lit != nav.watch.lit:
        nav.watch.lit_tick = nav.tick if nav.watch.lit else -SETTLE_TICKS
        nav.watch.lit = lit
    return nav.tick - nav.watch.lit_tick >= SETTLE_TICKS


cdef inline void compare_changes(
        Navigator* nav, const Measurements* m, const double* alpha, double dt) noexcept nogil:
    """The sums of contradiction, at the end of each block of ticks."""
    cdef GyroAxis* a
    cdef double read
    cdef bint settled = engine_settled(nav)
    cdef int i
    for i in range(3):
        a = &nav.gyro[i]
        a.model_radps += alpha[i] * dt
        if a.contrary > 0 and not a.refused:
            a.alone_radps += alpha[i] * dt
            a.turned_rad += dt * (a.alone_radps - nav.omega_body[i])
        if nav.tick % BLOCK_TICKS:
            continue
        read = m.dtheta_body[i] / dt if fabs(m.dtheta_body[i]) < TURN_MOST else 0.0
        a.cross *= CHANGE_KEPT
        a.power *= CHANGE_KEPT
        if fabs(read - a.from_radps) < CHANGE_MOST * fabs(a.model_radps):
            a.cross += (read - a.from_radps) * a.model_radps
            a.power += a.model_radps * a.model_radps
        compare_late(a, read - a.from_radps)
        if not settled:
            a.cross = a.power = a.moved = 0.0
            memset(a.apart, 0, sizeof(a.apart))
        if count_contrary(a):
            a.began_radps = a.from_radps
            a.alone_radps = a.from_radps + a.model_radps
            a.turned_rad = 0.5 * BLOCK_TICKS * dt * (a.alone_radps - read)
            a.arm_m = a.arm_from_m
        doubt_torque(nav, a)
        a.arm_from_m = a.arm_m
        a.from_radps = read
        a.model_radps = 0.0


cdef inline bint torque_agrees(const GyroAxis* a, double least) noexcept nogil:
    """Whether what is read follows the torque told, which turns by more than `least` [rad/s]."""
    return a.moved > least * least and a.apart[0] < 0.25 * a.moved


cdef inline bint stars_agree(const Navigator* nav) noexcept nogil:
    """Whether the stars have lately confirmed what the gyros read."""
    return (
        nav.watch.fix_before_tick > nav.tick - FIX_TICKS
        and nav.watch.fix_outside_tick <= nav.tick - FIX_TICKS)


cdef inline void doubt_torque(const Navigator* nav, GyroAxis* a) noexcept nogil:
    """Hold a contradiction against the torque told where the stars are with the gyro."""
    if a.contrary >= CONTRARY_BLOCKS and not a.refused and (a.doubted or stars_agree(nav)):
        a.doubted = 1
        a.contrary = a.redeemed = 0
    if a.doubted:
        a.redeemed = a.redeemed + 1 if torque_agrees(a, CHANGE_LATE) else 0
        if a.redeemed >= CONTRARY_BLOCKS:
            a.doubted = 0


cdef inline void compare_late(GyroAxis* a, double change) noexcept nogil:
    """A_k with a block's change of rate [rad/s]."""
    cdef double most = fabs(a.model_radps), off
    cdef int k
    for k in range(LAGS):
        most = max(most, fabs(a.before[k]))
    a.moved *= CHANGE_KEPT
    for k in range(LAGS + 1):
        a.apart[k] *= CHANGE_KEPT
    if fabs(change) < CHANGE_MOST * most:
        a.moved += a.model_radps * a.model_radps
        for k in range(LAGS + 1):
            off = change - (a.model_radps if k == 0 else a.before[k - 1])
            a.apart[k] += off * off
    for k in range(LAGS - 1, 0, -1):
        a.before[k] = a.before[k - 1]
    a.before[0] = a.model_radps


cdef inline int lag_of(const GyroAxis* a) noexcept nogil:
    """Blocks by which the changes read are those modelled, where they are not those of now."""
    cdef int least = 1, k
    for k in range(2, LAGS + 1):
        if a.apart[k] < a.apart[least]:
            least = k
    if a.moved > CHANGE_LATE * CHANGE_LATE and a.apart[0] > a.moved and (
            a.apart[least] < 0.125 * a.apart[0]):
        return least
    return 0


cdef inline bint count_contrary(GyroAxis* a) noexcept nogil:
    """Blocks on end that contradict; once they are enough, those that agree. True at the first."""
    cdef double least = CHANGE_LEAST * CHANGE_LEAST
    cdef int before = a.lag
    a.lag = lag_of(a)
    if a.contrary >= CONTRARY_BLOCKS:
        a.agreed = a.agreed + 1 if torque_agrees(a, CHANGE_LEAST) else 0
        if a.agreed >= CONTRARY_BLOCKS:
            a.contrary = 0
        return False
    a.agreed = 0
    if (a.power > least and a.cross < -0.5 * a.power) or (
            a.lag > 0 and (a.contrary == 0 or a.lag == before)):
        a.contrary += 1
        return a.contrary == 1
    a.contrary = 0
    return False
