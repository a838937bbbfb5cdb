"""One accelerometer that repeats itself or stands at the end of its scale, while the others do not.

thrust_model.pxd holds the three together to the thrust commanded, F. Here each is held by itself to
what F explains along it, with m the estimated mass:

    u = (0, 0, F / m) dt                                                         (1)

An axis is wrong where F > 0 and for more than imu_ticks and LONG_TICKS on end

    repeats     it reads the same to the bit: zero; or another number while u has moved by more than
                STEPS_MOVED of its steps or lies farther off than FAR_SHARE of it; across the
                thrust, while that number is more than twice thrust_across_sigma F dt / m
    saturated   its flag is set

In a tick in which the three together are wrong (thrust_model.pxd) no axis is refused alone.

Across the thrust a unit that reads 0 reads what it should. One without noise, or with coarse steps,
repeats itself rightly, and reads 0 where its engine does not burn. So one that repeats itself is
wrong only if it has noise. Its step q is the least by which two readings on end differ, and it has

    q^2 < STEP_NOISE^2 accel_psd dt                                              (2)

noise by its data sheet: it then reads the same for LONG_TICKS once in 21 hours of falling freely,
and seldomer under thrust. It must have shown that noise, too: NOISY_TICKS without REPEATS equal
readings on end, until with the engine off REPEATS come; along the thrust the two others may have
shown it, and for a 0 there, which may have been from the start, the three together. No engine that
gives less than it was told, and no stage that has parted, takes an axis its noise: a wrong command
refuses no axis that is right.

An axis that is refused reads u from there on, and what it has missed since it has repeated itself
is put in. Its state of ACCEL_MOUNT, scale or lean, loses what it knew and takes thrust_along_sigma
or thrust_across_sigma. After imu_ticks on end with fewer than REPEATS equal ones it is believed
again, and the state takes back its first variance.
"""

from libc.math cimport fabs
from libc.stdint cimport int32_t

from farside.ext.common.measurements cimport SATURATED_ACCEL, Measurements
from farside.ext.common.vector cimport (
    Quat, Vec3, add, finite, quat_from, rotate, vec, vec_from, vec_to,
)
from farside.ext.navigation._codes cimport (
    TRUST_BELIEVED, TRUST_REJECTED, TRUST_SATURATED, TRUST_STUCK, TRUST_ZERO,
)
from farside.ext.navigation.clones cimport clear_state
from farside.ext.navigation.inertial_records cimport AccelAxis
from farside.ext.navigation.state cimport ACCEL_MOUNT, VELOCITY, Navigator, NavigatorSetup


cdef enum:
    REPEATS = 25                # ticks: the longest run along z of eight missions' flights is 19
    NOISY_TICKS = 1000
    LONG_TICKS = 50
    EQUAL_MOST = 1 << 20


cdef extern from *:
    """
    #define STEPS_MOVED 1.5         /* a reading that is rounded is the same for one step */
    #define STEP_NOISE 3.0          /* of the noise of a tick */
    #define FAR_SHARE 0.5           /* what is read moves the mass: u may stand still */
    #define LEAST_STEP_MPS 1e-9     /* less is rounding, as of a count that was differenced */
    """
    const double STEPS_MOVED
    const double STEP_NOISE
    const double FAR_SHARE
    const double LEAST_STEP_MPS


cdef inline void put_in_speed(Navigator* nav, Vec3 missed_mps, Vec3 missed_m) noexcept nogil:
    """Put in a speed [m/s, body] that was missed, and the way [m, body] that it would have made."""
    cdef Quat q = quat_from(nav.q_site_body)
    cdef Vec3 dv = rotate(q, missed_mps), dr = rotate(q, missed_m)
    vec_to(add(vec_from(nav.v_site), dv), nav.v_site)
    vec_to(add(vec_from(nav.r_site), dr), nav.r_site)
    vec_to(add(vec_from(nav.corrected_v), dv), nav.corrected_v)
    vec_to(add(vec_from(nav.corrected_r), dr), nav.corrected_r)


cdef inline Vec3 along_axis(int i, double x) noexcept nogil:
    """A vector along a body axis."""
    return vec(x if i == 0 else 0.0, x if i == 1 else 0.0, x if i == 2 else 0.0)


cdef inline void forget_repeats(AccelAxis* a) noexcept nogil:
    """Begin to count anew; nothing is missed by now."""
    a.equal = 0
    a.missed_mps = 0.0
    a.missed_m = 0.0
    a.told_mps = 0.0


cdef inline void refuse_axis(
        Navigator* nav, const NavigatorSetup* setup, int i, int why) noexcept nogil:
    """From here on (1); put in what has been missed, and what that may be off by."""
    cdef AccelAxis* a = &nav.accel[i]
    cdef double sigma = setup.thrust_along_sigma if i == 2 else setup.thrust_across_sigma
    cdef double off = sigma * a.told_mps
    cdef int j
    put_in_speed(nav, along_axis(i, a.missed_mps), along_axis(i, a.missed_m))
    for j in range(3):
        nav.P[VELOCITY + j][VELOCITY + j] += off * off
    a.variance = nav.P[ACCEL_MOUNT + i][ACCEL_MOUNT + i]
    clear_state(nav, ACCEL_MOUNT + i)
    nav.P[ACCEL_MOUNT + i][ACCEL_MOUNT + i] = sigma * sigma
    nav.jumped[i] = 0
    nav.jump_missed[i] = 0.0
    a.refused = why
    a.right_ticks = 0
    nav.watch.axes |= 1 << i


cdef inline void believe_axes(Navigator* nav, int which) noexcept nogil:
    """Take those of the axes (bits) back that are refused, with their first variance."""
    cdef int i
    for i in range(3):
        if nav.watch.axes & which & (1 << i):
            clear_state(nav, ACCEL_MOUNT + i)
            nav.P[ACCEL_MOUNT + i][ACCEL_MOUNT + i] = nav.accel[i].variance
            nav.accel[i].refused = 0
            forget_repeats(&nav.accel[i])
    # along the thrust the vote itself takes its correction back: accel_vote.pxd
    nav.accel_vote.axes &= ~(which & nav.watch.axes & 3)
    nav.watch.axes &= ~which


cdef inline int axis_refused(const Navigator* nav) noexcept nogil:
    """A Trust: why an axis is refused; TRUST_BELIEVED where none is."""
    cdef int i
    for i in range(3):
        if nav.watch.axes & (1 << i):
            return nav.accel[i].refused
    return TRUST_BELIEVED


cdef inline int axis_wrong(
        const Navigator* nav, const NavigatorSetup* setup, int i, double read, bint flagged,
        double told_mps, double dt) noexcept nogil:
    """A Trust: why an axis that has repeated itself for long is wrong, or TRUST_BELIEVED."""
    cdef const AccelAxis* a = &nav.accel[i]
    cdef double step = nav.watch.step_mps
    if flagged:
        return TRUST_SATURATED
    if not finite(read):
        return TRUST_REJECTED
    # (2)
    if not step * step < STEP_NOISE * STEP_NOISE * setup.accel_psd * dt:
        return TRUST_BELIEVED
    if read == 0.0 and i == 2 and nav.watch.noisy_ticks >= NOISY_TICKS:
        return TRUST_ZERO
    # with the engine off one that is stuck along the thrust loses its noise; the two others show it
    if a.noisy_ticks < NOISY_TICKS and not (
            i == 2 and nav.accel[0].noisy_ticks >= NOISY_TICKS
            and nav.accel[1].noisy_ticks >= NOISY_TICKS):
        return TRUST_BELIEVED
    if i == 2:
        if fabs(told_mps - a.from_mps) > STEPS_MOVED * step or (
                fabs(read - told_mps) > FAR_SHARE * told_mps):
            return TRUST_STUCK
        return TRUST_BELIEVED
    if fabs(read) > 2.0 * setup.thrust_across_sigma * told_mps:
        return TRUST_STUCK
    return TRUST_BELIEVED


cdef inline void count_repeats(
        Navigator* nav, int i, double read, double told_mps, bint held) noexcept nogil:
    """Ticks on end with the same reading, or with none, and whether the axis has noise."""
    cdef AccelAxis* a = &nav.accel[i]
    cdef double told_along = told_mps if i == 2 else 0.0
    cdef double step = fabs(read - nav.watch.dv_body[i])
    if step > LEAST_STEP_MPS and not held:
        if step < nav.watch.step_mps or nav.watch.step_mps == 0.0:
            nav.watch.step_mps = step
        forget_repeats(a)
        a.from_mps = told_along
    else:
        a.equal = min(a.equal + 1, EQUAL_MOST)
    if a.equal >= REPEATS and (a.noisy_ticks < NOISY_TICKS or not nav.commanded_n > 0.0):
        a.noisy_ticks = 0
    elif a.noisy_ticks < NOISY_TICKS:
        a.noisy_ticks += 1


cdef inline void count_missed(
        Navigator* nav, int i, double integrated, double told_mps, double dt) noexcept nogil:
    """What an axis that may be wrong has missed, with this tick [m/s, m]."""
    cdef AccelAxis* a = &nav.accel[i]
    if a.refused:
        return
    a.missed_mps += (told_mps if i == 2 else 0.0) - integrated
    a.missed_m += dt * a.missed_mps
    a.told_mps += told_mps


cdef inline void watch_axes(
        Navigator* nav, const NavigatorSetup* setup, const Measurements* m, double told_mps,
        double dt) noexcept nogil:
    """One tick's readings of the three axes, where they are not refused together."""
    cdef AccelAxis* a
    cdef int32_t flags = m.saturated & setup.saturation_mask
    cdef bint flagged, held
    cdef double read
    cdef int longest = max(setup.health.imu_ticks, LONG_TICKS)
    cdef int i, why, repeating = 0
    for i in range(3):
        a = &nav.accel[i]
        read = m.dv_body[i]
        flagged = (flags & (SATURATED_ACCEL << i)) != 0
        held = flagged or not finite(read)
        count_repeats(nav, i, read, told_mps, held)
        repeating += a.equal >= REPEATS
        if a.refused and nav.accel_vote.axes & (1 << i):
            pass        # it has its noise: accel_vote.pxd takes it back
        elif a.refused:
            a.right_ticks = a.right_ticks + 1 if a.equal < REPEATS else 0
            if a.right_ticks >= setup.health.imu_ticks:
                believe_axes(nav, 1 << i)
        elif a.equal > longest and nav.commanded_n > 0.0 and nav.watch.wrong_ticks == 0:
            why = axis_wrong(nav, setup, i, read, flagged, told_mps, dt)
            if why != TRUST_BELIEVED:
                refuse_axis(nav, setup, i, why)
        # 0 along the thrust is missed from its first tick on; the tick of a refusal is the model's
        if a.equal > 0 or read == 0.0:
            count_missed(nav, i, nav.held_dv[i] if held else read, told_mps, dt)
    if repeating == 3:
        nav.watch.noisy_ticks = 0
    elif nav.watch.noisy_ticks < NOISY_TICKS:
        nav.watch.noisy_ticks += 1
