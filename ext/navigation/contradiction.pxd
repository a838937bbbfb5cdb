"""A gyro that turns the other way, or late, against the torque commanded.

With d_read the change of the rate read over a block of 0.25 s and d_model that of the model, of an
axis, sums fading from block to block, the gyro contradicts where in four blocks on end

    sum d_read d_model < -sum d_model^2 / 2                                      the other way

or, with A_k = sum (d_read - d_model of k blocks ago)^2, at the same k of 1 to 4

    A_0 > sum d_model^2,   A_k < A_0 / 8                                         late

the latter also with A_k < A_0 / 16, of rates a tenth as large and an A_0 half as large (`sharp`).
No lost or weak couple does either. Blocks that read more than CHANGE_MOST times what is modelled
are left out: spikes; so are those of SETTLE_TICKS after the engine is lit or stopped, while thrust
and liquid come to where they stay. It goes on to contradict until in four on end
A_0 < sum d_model^2 / 4: small rates of the wrong sign look like none.

The stars tell which of the two is wrong. A gyro that turns the other way moves the attitude off by
many sigmas within the four blocks. Where of the last FIX_TICKS two fixes or more lie inside their
gate and none outside, the gyro is right and the torque told is not: it is doubted, and no
contradiction counts until in four blocks on end A_0 < sum d_model^2 / 4. Where two and more on end
lie outside, EAGER_BLOCKS are enough, with A_k < A_0 / 8 for `sharp`; so they are where another axis
is refused for this already, since what reverses or delays one commonly does so to all.

A gyro that is late by k blocks, of which the model is kept (lead.pxd), is not refused but brought
up to now by them, and so are at once the others of which the same blocks explain what they read,
A_k < A_0 / 4; until in four blocks on end what it reads is of now. Where that contradicts, too, it
is refused. One that reads the other way, sum (d_read + d_model)^2 < A_0 / 8, with the stars against
it or another axis found so, is not refused but gone on with reversed, until it contradicts again.

Where no star has been seen meanwhile, the gyro is refused only for a torque that has credit: told
anew in these blocks, and followed by that gyro in CREDIT_BLOCKS before, each with another torque
than the block before it. Else nobody knows which of the two is wrong: both are doubted, the gyro is
gone on with, since it measures, and P of the attitude grows by what the model has turned more. Nor
is one refused for good on such credit: with no star in BLIND_TICKS since, it is gone on with, too,
unless a fix has been with the model meanwhile.
"""

from libc.math cimport fabs
from libc.string cimport memset

from farside.ext.navigation._codes cimport TRUST_BELIEVED, TRUST_DOUBTED
from farside.ext.navigation.delayed cimport forget_past
from farside.ext.navigation.health_records cimport CHANNEL_STAR, Channel
from farside.ext.navigation.inertial_records cimport (
    DOUBT_BOTH, DOUBT_NONE, DOUBT_TORQUE, LAGS, GyroAxis,
)
from farside.ext.navigation.lead cimport led_radps
from farside.ext.navigation.state cimport ATTITUDE, Navigator, NavigatorSetup


cdef enum:
    BLOCK_TICKS = 25
    CONTRARY_BLOCKS = 4         # on end: liquid that swings is not so long against the torque
    FIX_TICKS = CONTRARY_BLOCKS * BLOCK_TICKS
    SETTLE_TICKS = 1500         # liquid swings for so long
    EAGER_BLOCKS = 2
    CREDIT_BLOCKS = 4
    AGAINST_TICKS = 60          # since the last fix outside
    BLIND_TICKS = 1000          # without a fix of the stars: the model drifts away


cdef extern from *:
    """
    #define TURN_MOST 10.0          /* rad in a tick: 1000 rad/s */
    #define CHANGE_LEAST 0.002      /* rad/s: more than pulses that are owed */
    #define CHANGE_LATE 0.02       /* rad/s: the same, to be told late */
    #define TOLD_ANEW 0.02          /* of the strongest couple, from block to block */
    #define CHANGE_KEPT 0.75        /* of the sums, from block to block */
    #define CHANGE_MOST 3.0         /* times the modelled change: what reads more is a spike */
    """
    const double TURN_MOST
    const double CHANGE_LEAST
    const double CHANGE_LATE
    const double TOLD_ANEW
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
        Navigator* nav, const NavigatorSetup* setup, const double* alpha,
        double dt) noexcept nogil:
    """The sums of contradiction, at the end of each block of ticks."""
    cdef GyroAxis* a
    cdef double read, read_raw
    cdef bint settled = engine_settled(nav), eager = False
    cdef int i
    if nav.tick % BLOCK_TICKS == 0:
        eager = stars_against(nav) or one_contradicts(nav)
    for i in range(3):
        a = &nav.gyro[i]
        a.model_radps += alpha[i] * dt
        a.told_nm += nav.commanded_nm[i] / BLOCK_TICKS
        if a.contrary > 0 and not a.refused:
            a.alone_radps += alpha[i] * dt
            a.turned_rad += dt * (a.alone_radps - nav.omega_body[i])
        if nav.tick % BLOCK_TICKS:
            continue
        read = a.now_rad / dt if fabs(a.now_rad) < TURN_MOST else 0.0
        read_raw = a.read_rad / dt if fabs(a.read_rad) < TURN_MOST else 0.0
        a.cross *= CHANGE_KEPT
        a.power *= CHANGE_KEPT
        if fabs(read - a.from_radps) < CHANGE_MOST * fabs(a.model_radps):
            a.cross += (read - a.from_radps) * a.model_radps
            a.power += a.model_radps * a.model_radps
        compare_late(a, read - a.from_radps)
        if not settled:
            a.cross = a.power = a.moved = 0.0
            memset(a.apart, 0, sizeof(a.apart))
        give_credit(a, TOLD_ANEW * setup.couple_nm)
        if count_contrary(a, eager):
            a.began_radps = a.from_radps
            a.alone_radps = a.from_radps + a.model_radps
            a.turned_rad = 0.5 * BLOCK_TICKS * dt * (a.alone_radps - read)
            a.arm_m = a.arm_from_m
        arbitrate(nav, a)
        if a.behind > 0:
            watch_in_time(a, read_raw - a.raw_radps)
        a.raw_radps = read_raw
        a.arm_from_m = a.arm_m
        a.from_radps = read
        a.model_radps = 0.0
    if nav.tick % BLOCK_TICKS == 0:
        lead_late(nav)
        reverse_back(nav)


cdef inline bint neither_known(const Navigator* nav) noexcept nogil:
    """Whether a gyro and the torque told contradict each other, and nobody knows which is wrong."""
    return (
        nav.gyro[0].doubted == DOUBT_BOTH or nav.gyro[1].doubted == DOUBT_BOTH
        or nav.gyro[2].doubted == DOUBT_BOTH)


cdef inline bint stars_alone(const Navigator* nav) noexcept nogil:
    """Whether the attitude is to be had from the stars alone, and is not yet.

    Neither gyro nor torque is known to be right, or a gyro is led or reversed and no fix believed.
    """
    return neither_known(nav) or (
        nav.channel[CHANNEL_STAR].trust != TRUST_BELIEVED and (
            nav.gyro[0].behind + nav.gyro[0].reversed + nav.gyro[1].behind + nav.gyro[1].reversed
            + nav.gyro[2].behind + nav.gyro[2].reversed) > 0)


cdef inline bint torque_agrees(const GyroAxis* a, double least) noexcept nogil:
    """Whether what is read follows the torque told, which turns by more than `least` [rad/s]."""
    return a.moved > least * least and a.apart[0] < 0.25 * a.moved


cdef inline bint stars_agree(const Navigator* nav) noexcept nogil:
    """Whether the stars have lately confirmed what the gyros read."""
    return (
        nav.watch.fix_before_tick > nav.tick - FIX_TICKS
        and nav.watch.fix_outside_tick <= nav.tick - FIX_TICKS)


cdef inline bint stars_against(const Navigator* nav) noexcept nogil:
    """Whether fixes lie outside their gate on end."""
    return (
        nav.channel[CHANNEL_STAR].outside >= 2
        and nav.watch.fix_outside_tick > nav.tick - AGAINST_TICKS)


cdef inline void stars_were_right(Navigator* nav) noexcept nogil:
    """Fixes that lay outside their gate beside a gyro that is refused for it spoke the truth."""
    cdef Channel* c = &nav.channel[CHANNEL_STAR]
    # it has grown since the last fix was true
    cdef double off = 3.0 * nav.stars.off_rad
    cdef int i
    if not stars_against(nav):
        return
    nav.watch.fix_outside_tick = nav.tick
    c.trust = TRUST_DOUBTED
    c.ramp = 1.0
    c.outside = c.inside = 0
    for i in range(3):
        nav.P[ATTITUDE + i][ATTITUDE + i] += off * off


cdef inline bint one_contradicts(const Navigator* nav) noexcept nogil:
    """Whether a gyro is refused for a contradiction, brought up to now, or reversed."""
    cdef int i
    for i in range(3):
        if nav.gyro[i].behind > 0 or nav.gyro[i].reversed or (
                nav.gyro[i].refused and nav.gyro[i].contrary >= CONTRARY_BLOCKS):
            return True
    return False


cdef inline bint blind(const Navigator* nav) noexcept nogil:
    """Whether no star has been seen for so long that a gyro knows more than the model."""
    return nav.tick - nav.channel[CHANNEL_STAR].tick > BLIND_TICKS


cdef inline void give_credit(GyroAxis* a, double anew_nm) noexcept nogil:
    """Count a block in which a gyro followed a torque that is another than in the one before."""
    a.steady = 0 if fabs(a.told_nm - a.told_before_nm) > anew_nm else min(a.steady + 1, 1000)
    if a.steady == 0 and torque_agrees(a, CHANGE_LEAST):
        a.followed = min(a.followed + 1, CREDIT_BLOCKS)
    a.told_before_nm = a.told_nm
    a.told_nm = 0.0


cdef inline bint unknown(const Navigator* nav, const GyroAxis* a) noexcept nogil:
    """Whether no star has spoken in the blocks of a contradiction, and the torque has no credit."""
    return (
        max(nav.watch.fix_tick, nav.watch.fix_outside_tick) <= nav.tick - FIX_TICKS
        and (a.followed < CREDIT_BLOCKS or a.steady >= CONTRARY_BLOCKS))


cdef inline void arbitrate(Navigator* nav, GyroAxis* a) noexcept nogil:
    """Hold a contradiction against the torque told, or against neither."""
    cdef int i
    if a.refused and a.contrary >= CONTRARY_BLOCKS:
        if nav.watch.fix_tick > nav.tick - BLOCK_TICKS:
            a.convicted = 1
        if blind(nav) and not a.convicted:
            a.contrary = a.redeemed = 0
            a.doubted = DOUBT_BOTH
    elif a.contrary >= CONTRARY_BLOCKS:
        if a.doubted == DOUBT_TORQUE or (stars_agree(nav) and not one_contradicts(nav)):
            a.doubted = DOUBT_TORQUE
            a.contrary = a.redeemed = 0
        elif unknown(nav, a):
            for i in range(3):
                nav.P[ATTITUDE + i][ATTITUDE + i] += a.turned_rad * a.turned_rad
            a.doubted = DOUBT_BOTH
            a.contrary = a.redeemed = 0
        else:
            a.doubted = DOUBT_NONE
    if a.doubted:
        a.redeemed = a.redeemed + 1 if torque_agrees(a, CHANGE_LATE) else 0
        if a.redeemed >= CONTRARY_BLOCKS:
            a.doubted = DOUBT_NONE


cdef inline void compare_late(GyroAxis* a, double change) noexcept nogil:
    """A_k with a block's change of rate [rad/s]."""
    cdef double most = fabs(a.model_radps), off
    cdef int k
    for k in range(LAGS):
        most = max(most, fabs(a.before[k]))
    a.moved *= CHANGE_KEPT
    a.mirrored *= CHANGE_KEPT
    for k in range(LAGS + 1):
        a.apart[k] *= CHANGE_KEPT
    if fabs(change) < CHANGE_MOST * most:
        a.moved += a.model_radps * a.model_radps
        a.mirrored += (change + a.model_radps) * (change + a.model_radps)
        for k in range(LAGS + 1):
            off = change - (a.model_radps if k == 0 else a.before[k - 1])
            a.apart[k] += off * off
    for k in range(LAGS - 1, 0, -1):
        a.before[k] = a.before[k - 1]
    a.before[0] = a.model_radps


cdef inline void lead_late(Navigator* nav) noexcept nogil:
    """A gyro that is late by blocks that are kept is gone on with, brought up to now.

    So are the others at once, where the same blocks explain what they read.
    """
    cdef const GyroAxis* a
    cdef int i, k = 0
    for i in range(3):
        a = &nav.gyro[i]
        if a.contrary >= CONTRARY_BLOCKS and not a.refused and a.behind == 0 and (
                a.lag > 0 or a.sharp > 0) and BLOCK_TICKS * a.least < nav.lead.run:
            k = a.least
    if k == 0:
        return
    for i in range(3):
        a = &nav.gyro[i]
        if not a.refused and a.behind == 0 and a.apart[k] < 0.25 * a.apart[0]:
            lead_from_now(nav, &nav.gyro[i], i, BLOCK_TICKS * k)
    stars_were_right(nav)


cdef inline void reverse_back(Navigator* nav) noexcept nogil:
    """A gyro that reads the other way, and nothing but that, is gone on with reversed.

    Where the stars are against it, or another axis has been found so; the others with it, however
    slowly they turn, where the same explains what they read.
    """
    cdef GyroAxis* a
    cdef bint eager = stars_against(nav) or one_contradicts(nav), some = False
    cdef int i
    for i in range(3):
        a = &nav.gyro[i]
        some = some or (eager and a.contrary >= CONTRARY_BLOCKS and not a.refused and (
            a.mirrored < 0.125 * a.apart[0] and a.cross < 0.0))
    if not some:
        return
    for i in range(3):
        a = &nav.gyro[i]
        if not a.refused and a.mirrored < 0.25 * a.apart[0]:
            a.reversed = 1 - a.reversed
            a.contrary = a.sharp = a.lag = 0
            a.cross = a.power = a.moved = 0.0
            memset(a.apart, 0, sizeof(a.apart))
            a.from_radps = -a.from_radps
            # the rate that the next reading is held to
            nav.omega_body[i] = -nav.omega_body[i]
    # it went by turns of the wrong sign, and so did the line of the fixes
    forget_past(nav)
    nav.stars.n = 0
    stars_were_right(nav)


cdef inline void lead_from_now(
        Navigator* nav, GyroAxis* a, int i, int ticks) noexcept nogil:
    """Bring an axis up to now from here on; its sums begin anew."""
    a.behind = ticks
    a.in_time = a.contrary = a.sharp = a.lag = 0
    a.cross = a.power = a.moved = a.raw_apart = 0.0
    memset(a.apart, 0, sizeof(a.apart))
    a.from_radps += led_radps(nav, i, ticks)
    # the rate that the next reading is held to
    nav.omega_body[i] += led_radps(nav, i, ticks)


cdef inline void watch_in_time(GyroAxis* a, double change) noexcept nogil:
    """Whether a gyro that was late comes in time again; `change` as it was read [rad/s]."""
    cdef double off = change - a.model_radps
    a.raw_apart = CHANGE_KEPT * a.raw_apart + off * off
    if a.moved > CHANGE_LEAST * CHANGE_LEAST and a.raw_apart < 0.25 * a.moved and (
            a.raw_apart < a.apart[0]):
        a.in_time += 1
        if a.in_time >= CONTRARY_BLOCKS:
            a.behind = 0
    else:
        a.in_time = 0


cdef inline int least_apart(const GyroAxis* a) noexcept nogil:
    """Blocks ago of which the changes modelled are most like those read."""
    cdef int least = 1, k
    for k in range(2, LAGS + 1):
        if a.apart[k] < a.apart[least]:
            least = k
    return least


cdef inline int lag_of(const GyroAxis* a, int least) noexcept nogil:
    """Blocks by which the changes read are those modelled, where they are not those of now."""
    if a.moved > CHANGE_LATE * CHANGE_LATE and a.apart[0] > a.moved and (
            a.apart[least] < 0.125 * a.apart[0]):
        return least
    return 0


cdef inline void count_sharp(GyroAxis* a, int at, int before, double share) noexcept nogil:
    """Blocks on end that are late by as many blocks as those before."""
    if not (a.moved > CHANGE_LEAST * CHANGE_LEAST and a.apart[0] > 0.5 * a.moved
            and a.apart[at] < share * a.apart[0]):
        a.sharp = 0
    elif a.sharp == 0 or at == before:
        a.sharp += 1
    else:
        a.sharp = 1


cdef inline bint count_contrary(GyroAxis* a, bint eager) noexcept nogil:
    """Blocks on end that contradict; once they are enough, those that agree. True at the first."""
    cdef double least = CHANGE_LEAST * CHANGE_LEAST
    cdef int before = a.lag, at = least_apart(a), enough = CONTRARY_BLOCKS
    cdef bint first
    if eager:
        enough = EAGER_BLOCKS
    count_sharp(a, at, a.least, 0.125 if eager else 0.0625)
    a.least = at
    a.lag = lag_of(a, at)
    if a.contrary >= CONTRARY_BLOCKS:
        a.agreed = a.agreed + 1 if torque_agrees(a, CHANGE_LEAST) else 0
        if a.agreed >= CONTRARY_BLOCKS:
            a.contrary = 0
        return False
    a.agreed = 0
    if (a.power > least and a.cross < -0.5 * a.power) or (
            a.lag > 0 and (a.contrary == 0 or a.lag == before)):
        a.contrary += 1
        first = a.contrary == 1
        if a.contrary >= enough:
            a.contrary = CONTRARY_BLOCKS
        return first
    a.contrary = 0
    if a.sharp >= enough:
        a.contrary = CONTRARY_BLOCKS
        return True
    return False
