"""Gyros against the torque commanded; where one is not believed the model stands in for it.

With T the torque commanded, F the thrust, l what it turns by beside the centre of mass, over F, and
I the moments of inertia at the estimated mass, body axes:

    alpha = I^-1 (T + F l - w x I w)                                             (1)
    w_k   = w_{k-1} + alpha dt                                                   (2)

A reading of an axis is wrong in a tick in which it

    is none     not finite, or beyond all bounds
    saturated   its flag is set
    repeats     it is the same to the bit for REPEATS ticks on end, ALL_REPEAT where all three are,
                while (1) has changed the rate by more than repeat_rad in a tick; or is 0 so long
                while (2) is more than that
                A torque is commanded without steps and given in pulses: a gyro without noise,
                which repeats itself within NOISY_TICKS of the first, has owed_rad more
    jumps       it is off (2) by more than jump_rate_radps
    is late     its time tag lies LATE_TICKS further back than the youngest that came
    contradicts it turns the other way, or late: contradiction.pxd

(2) then is the rate of that tick, and P of the attitude grows by what the torque may be off,
torque_sigma_nm. What a reading missed while it repeated itself is put in. So is what a jump turned,
once a footpad's switch says what it was (strapdown.pxd). Where no torque is told
alpha is 0: the last increment is held, and any jump is believed after jump_ticks. So it is on the
ground, and without thrust.

After imu_ticks on end the gyro is refused. (2) goes on, and its error takes the place of the
gyro's bias: that state (GYRO_BIAS) loses what it knew, and grows with

    sigma_a = torque_sigma_nm / I,    P += sigma_a^2 TORQUE_HOLD_S dt            (3)

so that a fix of the stars corrects attitude and rate by the filter's own gain; a correction moves
into w at once. Where it contradicted, (2) is taken from where the blocks that did so began, and the
attitude is turned by what was read wrongly since; l is learned from no such block. What is left of
each tick or fix beyond (2), d, is of l, also with a sound gyro:

    l <- l + d I / (F ARM_S)                                                     (4)

A reading that for imu_ticks on end neither repeats itself nor lies outside the gate

    (w_read - w)^2 < gate_1 (P_bias + (sigma_a REMAINDER_S)^2)

is believed again, and the state takes back its bias and its variance. Where no star is seen P
grows, and after BLIND_TICKS there is no gate: no refusal is for ever.
"""

from libc.math cimport fabs

from farside.ext.common.measurements cimport SATURATED_GYRO, Measurements
from farside.ext.common.retro cimport retro_aboard, retro_kg, retro_loaded_kg
from farside.ext.common.types cimport TICK_HZ
from farside.ext.common.vector cimport clamp, cross, finite, quat_from, rotate, vec, vec_to
from farside.ext.navigation._codes cimport (
    TRUST_BELIEVED, TRUST_REJECTED, TRUST_SATURATED, TRUST_STUCK, TRUST_ZERO,
)
from farside.ext.navigation.clones cimport clear_state
from farside.ext.navigation.contradiction cimport (
    BLOCK_TICKS, CONTRARY_BLOCKS, TURN_MOST, compare_changes,
)
from farside.ext.navigation.health_records cimport CHANNEL_STAR, Channel
from farside.ext.navigation.inertial_records cimport GyroAxis
from farside.ext.navigation.state cimport ATTITUDE, GYRO_BIAS, Navigator, NavigatorSetup
from farside.ext.navigation.update cimport turn_by


cdef enum:
    REPEATS = 25                # ticks; noise of half a step repeats itself so long in 1e-8
    ALL_REPEAT = 10             # the same of three axes
    NOISY_TICKS = 1000          # without a reading repeated: it has noise
    LATE_TICKS = 5
    BLIND_TICKS = 1000          # without a fix of the stars: the model drifts away
    SEEN_TICKS = 50             # since the last fix of the stars


cdef extern from *:
    """
    #define RATE_MOST 3.0           /* rad/s, of the model: a lander that turns faster is lost */
    #define TORQUE_HOLD_S 0.5       /* an error of the torque lasts so long */
    #define REMAINDER_S 0.5         /* and so much of it stands in the rate: pulses that are owed */
    #define ARM_S 3.0               /* in which l is learned: longer than pulses are apart */
    #define ARM_MOST_M 0.1
    """
    const double RATE_MOST
    const double TORQUE_HOLD_S
    const double REMAINDER_S
    const double ARM_S
    const double ARM_MOST_M


cdef inline bint torque_told(const Navigator* nav) noexcept nogil:
    return finite(nav.commanded_n + nav.commanded_nm[0] + nav.commanded_nm[1] + nav.commanded_nm[2])


cdef inline void inertia_aboard(
        const Navigator* nav, const NavigatorSetup* setup, double* I) noexcept nogil:
    """Moments [kg m^2] at the estimated mass: linear between full and dry."""
    cdef double usable = setup.mass_full_kg - setup.mass_dry_kg, share = 0.0
    cdef int i
    if usable > 0.0:
        share = clamp((nav.mass_kg - setup.mass_dry_kg) / usable, 0.0, 1.0)
    for i in range(3):
        I[i] = setup.inertia_dry[i] + share * (setup.inertia_full[i] - setup.inertia_dry[i])
    if retro_aboard(&setup.retro, nav.tick - 1):
        share = retro_kg(&setup.retro, nav.tick - 1) / retro_loaded_kg(&setup.retro)
        for i in range(3):
            I[i] += share * setup.retro.inertia[i]


cdef inline void angular_acceleration(
        const Navigator* nav, const NavigatorSetup* setup, const double* I,
        double* alpha) noexcept nogil:
    """(1)."""
    cdef const double* w = nav.omega_body
    cdef double F = clamp(nav.commanded_n, 0.0, setup.thrust_full_n)
    cdef double[3] g
    cdef int i
    vec_to(cross(vec(w[0], w[1], w[2]), vec(I[0] * w[0], I[1] * w[1], I[2] * w[2])), g)
    for i in range(3):
        alpha[i] = (
            clamp(nav.commanded_nm[i], -setup.couple_nm, setup.couple_nm)
            + F * nav.gyro[i].arm_m - g[i]) / I[i]


cdef inline void learn_arm(
        const Navigator* nav, const NavigatorSetup* setup, GyroAxis* a, double rate_off,
        double I) noexcept nogil:
    """(4)."""
    cdef double F = min(nav.commanded_n, setup.thrust_full_n)
    if F > 0.0:
        a.arm_m = clamp(a.arm_m + rate_off * I / (F * ARM_S), -ARM_MOST_M, ARM_MOST_M)


cdef inline int gyro_wrong(
        const Navigator* nav, const NavigatorSetup* setup, const Measurements* m, int i,
        double predicted_rad, double jump_rad, int repeats, double dt) noexcept nogil:
    """A Trust: why this tick's reading of an axis is wrong, or TRUST_BELIEVED."""
    cdef const GyroAxis* a = &nav.gyro[i]
    cdef double read = m.dtheta_body[i]
    cdef double repeat_rad = setup.repeat_rad
    if a.changed < NOISY_TICKS:
        repeat_rad += setup.owed_rad
    if m.saturated & (SATURATED_GYRO << i):
        # navigation.integrate_saturated: the end of the scale is a rate as any other
        return TRUST_SATURATED if setup.saturation_mask & (SATURATED_GYRO << i) else TRUST_BELIEVED
    if not fabs(read) < TURN_MOST:
        return TRUST_REJECTED
    if a.contrary >= CONTRARY_BLOCKS:
        return TRUST_REJECTED
    if a.equal >= repeats and read == 0.0 and (
            fabs(a.run_radps + a.moved_radps) * dt > repeat_rad):
        return TRUST_ZERO
    if a.equal >= repeats and fabs(a.moved_radps) * dt > repeat_rad:
        return TRUST_STUCK
    if m.imu_tick + LATE_TICKS < nav.tick - nav.imu_lag:
        return TRUST_REJECTED
    if not a.refused and fabs(read - dt * nav.gyro_bias[i] - predicted_rad) > jump_rad:
        return TRUST_REJECTED
    return TRUST_BELIEVED


cdef inline void refuse_gyro(
        Navigator* nav, int i, int why, double sigma_a, double dt) noexcept nogil:
    """From here on the model; what its torque was off by since the reading was last right."""
    cdef GyroAxis* a = &nav.gyro[i]
    cdef double T = a.wrong_ticks * dt
    cdef double turned = 0.5 * sigma_a * T * T
    cdef int j
    a.bias_radps = nav.gyro_bias[i]
    a.variance = nav.P[GYRO_BIAS + i][GYRO_BIAS + i]
    a.refused = why
    a.right_ticks = 0
    nav.jump_missed[3 + i] = 0.0
    nav.gyro_bias[i] = 0.0
    clear_state(nav, GYRO_BIAS + i)
    nav.P[GYRO_BIAS + i][GYRO_BIAS + i] = sigma_a * sigma_a * T * T
    for j in range(3):
        nav.P[ATTITUDE + j][ATTITUDE + j] += turned * turned


cdef inline bint blind(const Navigator* nav) noexcept nogil:
    """Whether no star has been seen for so long that a gyro knows more than the model."""
    return nav.tick - nav.channel[CHANNEL_STAR].tick > BLIND_TICKS


cdef inline void test_gyro(
        Navigator* nav, const NavigatorSetup* setup, int i, int why, double off_radps,
        double sigma_a) noexcept nogil:
    """Count the readings of a refused axis that are right; take it back after imu_ticks."""
    cdef GyroAxis* a = &nav.gyro[i]
    cdef double slack = sigma_a * REMAINDER_S
    cdef double S = nav.P[GYRO_BIAS + i][GYRO_BIAS + i] + slack * slack
    if why != TRUST_BELIEVED:
        a.refused = why
    if why != TRUST_BELIEVED or a.equal >= ALL_REPEAT or not (
            off_radps * off_radps < setup.health.gate_1 * S or blind(nav)):
        a.right_ticks = 0
        return
    a.right_ticks += 1
    if a.right_ticks >= setup.health.imu_ticks:
        believe_gyro(nav, i)


cdef inline void believe_gyro(Navigator* nav, int i) noexcept nogil:
    """Take a refused axis back, with the bias and the variance that it had."""
    cdef GyroAxis* a = &nav.gyro[i]
    if not a.refused:
        return
    clear_state(nav, GYRO_BIAS + i)
    nav.P[GYRO_BIAS + i][GYRO_BIAS + i] = a.variance
    nav.gyro_bias[i] = a.bias_radps
    a.refused = a.wrong_ticks = 0


cdef inline void count_equal(
        Navigator* nav, const Measurements* m, const double* alpha, double dt) noexcept nogil:
    """Ticks on end with the same reading, and what the model has turned the rate by in them."""
    cdef GyroAxis* a
    cdef int i
    for i in range(3):
        a = &nav.gyro[i]
        if m.dtheta_body[i] == a.read_rad:
            a.equal = min(a.equal + 1, 1 << 20)
            if a.changed < NOISY_TICKS:
                a.changed = -1
            a.moved_radps += alpha[i] * dt
            a.missed_rad += a.moved_radps * dt
        else:
            a.equal = 0
            if 0 <= a.changed < NOISY_TICKS:
                a.changed += 1
            a.moved_radps = a.missed_rad = 0.0
            a.run_radps = nav.omega_body[i] + alpha[i] * dt
        a.read_rad = m.dtheta_body[i]


cdef inline double model_turn(
        Navigator* nav, const NavigatorSetup* setup, int i, double alpha, double I,
        double dt) noexcept nogil:
    """(2) and (3) of a refused axis [rad]: what the last corrections say moves into the rate."""
    cdef const Channel* star = &nav.channel[CHANNEL_STAR]
    cdef double sigma_a = setup.torque_sigma_nm / I
    cdef double rate = clamp(
        nav.omega_body[i] - nav.gyro_bias[i] + alpha * dt, -RATE_MOST, RATE_MOST)
    # What other sensors say of the rate is too little to learn from.
    if star.trust == TRUST_BELIEVED and nav.tick - star.tick < SEEN_TICKS:
        learn_arm(nav, setup, &nav.gyro[i], -nav.gyro_bias[i], I)
    nav.gyro_bias[i] = 0.0
    nav.P[GYRO_BIAS + i][GYRO_BIAS + i] += sigma_a * sigma_a * TORQUE_HOLD_S * dt
    return rate * dt


cdef inline void put_in(Navigator* nav, int i, double missed_rad) noexcept nogil:
    """Turn the attitude by what an axis has missed."""
    cdef double[3] body
    cdef double[3] theta
    body[0] = body[1] = body[2] = 0.0
    body[i] = missed_rad
    vec_to(rotate(quat_from(nav.q_site_body), vec(body[0], body[1], body[2])), theta)
    turn_by(nav.q_site_body, theta)
    turn_by(nav.corrected_q, theta)


cdef inline double held_turn(
        Navigator* nav, const NavigatorSetup* setup, int i, int why, double predicted_rad,
        double sigma_a, double dt) noexcept nogil:
    """The increment in place of one that is wrong [rad]; refuse the axis after imu_ticks."""
    cdef GyroAxis* a = &nav.gyro[i]
    cdef double off, doubt = 0.0
    cdef int j
    a.wrong_ticks += 1
    if why == TRUST_REJECTED and fabs(a.read_rad) < TURN_MOST:
        nav.jump_missed[3 + i] += a.read_rad - dt * nav.gyro_bias[i] - predicted_rad
    if a.wrong_ticks == 1 and (why == TRUST_STUCK or why == TRUST_ZERO):
        # from the rate that was read when it began to repeat itself; predicted, where that is 0
        a.wrong_ticks = a.equal
        predicted_rad = a.read_rad - dt * nav.gyro_bias[i] + dt * a.moved_radps
        if why == TRUST_ZERO:
            a.missed_rad += a.equal * dt * a.run_radps
            predicted_rad += dt * a.run_radps
        put_in(nav, i, a.missed_rad)
    if a.wrong_ticks == 1 and a.contrary >= CONTRARY_BLOCKS:
        a.wrong_ticks = max(setup.health.imu_ticks, CONTRARY_BLOCKS * BLOCK_TICKS)
        # What it read when that began may have been of the other sign already.
        doubt = 2.0 * fabs(a.began_radps)
        predicted_rad = dt * a.alone_radps
        put_in(nav, i, a.turned_rad)
    off = sigma_a * a.wrong_ticks * dt * dt + doubt * CONTRARY_BLOCKS * BLOCK_TICKS * dt
    for j in range(3):
        nav.P[ATTITUDE + j][ATTITUDE + j] += off * off
    if a.wrong_ticks >= setup.health.imu_ticks:
        refuse_gyro(nav, i, why, sigma_a, dt)
        nav.P[GYRO_BIAS + i][GYRO_BIAS + i] += doubt * doubt
    return predicted_rad


cdef inline int any_refused(const Navigator* nav) noexcept nogil:
    """A Trust: why a gyro is refused; TRUST_BELIEVED where none is."""
    cdef int i
    for i in range(3):
        if nav.gyro[i].refused:
            return nav.gyro[i].refused
    return TRUST_BELIEVED


cdef inline int modelled_turns(
        Navigator* nav, const NavigatorSetup* setup, const Measurements* m, double dt,
        double* turn) noexcept nogil:
    """Increments of the gyros [rad] less their biases, by the model where one is wrong.

    In flight, with a torque that is told. Return how many are wrong in this tick. Over a gap the
    increments are no readings (bridge.pxd), and are not tested.
    """
    cdef double[3] I
    cdef double[3] alpha
    cdef double predicted, x, jump_rad = dt * setup.health.jump_rate_radps
    cdef int repeats = ALL_REPEAT, why = TRUST_BELIEVED, i, wrong = 0
    cdef bint gap = dt * TICK_HZ > 1.5 or dt * TICK_HZ < 0.5
    inertia_aboard(nav, setup, I)
    angular_acceleration(nav, setup, I, alpha)
    if not gap:
        nav.imu_lag = min(nav.imu_lag, nav.tick - m.imu_tick)
        count_equal(nav, m, alpha, dt)
        compare_changes(nav, m, alpha, dt)
    for i in range(3):
        if nav.gyro[i].equal < ALL_REPEAT:
            repeats = REPEATS
    for i in range(3):
        predicted = clamp(nav.omega_body[i] + alpha[i] * dt, -RATE_MOST, RATE_MOST) * dt
        if not gap:
            why = gyro_wrong(nav, setup, m, i, predicted, jump_rad, repeats, dt)
        if nav.gyro[i].refused:
            turn[i] = model_turn(nav, setup, i, alpha[i], I[i], dt)
            x = m.dtheta_body[i] - dt * nav.gyro[i].bias_radps
            if not gap:
                test_gyro(nav, setup, i, why, (x - turn[i]) / dt, setup.torque_sigma_nm / I[i])
            wrong += 1
        elif why != TRUST_BELIEVED:
            turn[i] = held_turn(
                nav, setup, i, why, predicted, setup.torque_sigma_nm / I[i], dt)
            wrong += 1
        else:
            turn[i] = m.dtheta_body[i] - dt * nav.gyro_bias[i]
            nav.gyro[i].wrong_ticks = 0
            nav.jump_missed[3 + i] = 0.0
            if not gap and nav.gyro[i].contrary == 0 and not nav.gyro[i].doubted:
                learn_arm(nav, setup, &nav.gyro[i], (turn[i] - predicted) / dt, I[i])
    return wrong
