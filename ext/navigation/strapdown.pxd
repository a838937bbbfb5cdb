"""Propagation of the navigation state from the inertial increments.

The unit stands a lever arm l off the centre of mass. Its increments, less the estimated biases,
become those of the centre by

    dv_C = dv - domega x l - dtheta x (dtheta x l) / dt

theory (7.7), with the rate of a tick dtheta / dt, and domega its change since the tick before.

An axis whose flag says that it stands at the end of its scale has no increment: the last one before
is held in its place, and the variance grows as if nothing were known of it. So has one that jumps,
by more than jump_thrust of full thrust or by jump_rate_radps in a tick: what engine and thrusters
do not do in a tick before a footpad strikes. What lasts longer than jump_ticks is no spike: it is
believed, and the velocity or the turn that was kept back made up. So it is where a footpad's switch
says, some ticks after the strike, what the jump was. A number that is none, or beyond all bounds,
never is. Gyros are held to the torque commanded, where it is told: rate_model.pxd.
"""

from libc.math cimport INFINITY, fabs
from libc.stdint cimport int32_t

from farside.ext.common.gravity cimport gravity
from farside.ext.common.measurements cimport (
    HEAD_IMU, SATURATED_ACCEL, SATURATED_GYRO, Measurements,
)
from farside.ext.common.retro cimport retro_aboard
from farside.ext.common.rotation cimport rotate_by
from farside.ext.common.types cimport Moon
from farside.ext.common.vector cimport (
    Quat, Vec3, add, axpy, cross, dot, finite, norm, quat_from, quat_to, rotate, rotate_back,
    scale, sub, vec, vec_from, vec_to,
)
from farside.ext.navigation._codes cimport (
    TRUST_BELIEVED, TRUST_DOUBTED, TRUST_REJECTED, TRUST_SATURATED,
)
from farside.ext.navigation.accel_axis cimport axis_refused
from farside.ext.navigation.accel_vote cimport note_parted
from farside.ext.navigation.delayed cimport known_arm
from farside.ext.navigation.health_records cimport CHANNEL_IMU, Channel
from farside.ext.navigation.mass cimport propagate_mass
from farside.ext.navigation.rate_model cimport (
    any_refused, modelled_turns, put_in, torque_told,
)
from farside.ext.navigation.star_slope cimport gyros_doubted, loosen
from farside.ext.navigation.thrust_model cimport thrust_stands_in
from farside.ext.navigation.state cimport ATTITUDE, VELOCITY, Navigator, NavigatorSetup


cdef enum:
    IMU_BITS = 63               # of Measurements.saturated, accelerometers then gyros


cdef extern from *:
    """
    #define INCREMENT_MOST 10.0     /* m/s or rad in a tick: 100 g, 1000 rad/s */
    #define JUMP_WRONG 0.1          /* of an increment: what one held for a jump may be wrong by */
    """
    const double INCREMENT_MOST
    const double JUMP_WRONG


cdef inline void propagate_state(
        Navigator* nav, const NavigatorSetup* setup, const Moon* moon, const Measurements* m,
        double dt) noexcept nogil:
    """One tick of strapdown: attitude, velocity and position from the increments."""
    cdef Vec3 r, v, dtheta, dv
    cdef Quat q, q_mid
    cdef Vec3 w = moon.omega_site
    cdef Vec3 rho, a, dv_site, v_mid, v_end, turn
    increments(nav, setup, m, dt, &dv, &dtheta)
    dv = at_centre(nav, setup, dv, dtheta, dt)
    note_parted(nav, setup, m, dv, dt)
    # after both: they put in what was missed
    q = quat_from(nav.q_site_body)
    r = vec_from(nav.r_site)
    v = vec_from(nav.v_site)
    # The body turns by dtheta against inertial space, the site frame by w dt.
    turn = axpy(-dt, rotate_back(q, w), dtheta)
    # The increment belongs to the attitude half-way through the tick.
    q_mid = rotate_by(q, scale(0.5, turn))
    dv_site = rotate(q_mid, dv)
    # a = g(r) + g_t - 2 w x v - w x (w x rho), half-way through the tick; g_t of a table
    v_mid = axpy(0.5, dv_site, v)
    rho = axpy(0.5 * dt, v, r)
    rho.z += moon.radius_m
    a = add(gravity(moon, axpy(0.5 * dt, v, r)), vec_from(nav.field_site))
    a = axpy(-2.0, cross(w, v_mid), a)
    a = sub(a, cross(w, cross(w, rho)))
    # v' = v + dv + a dt;  r' = r + (v + v') dt / 2
    v_end = add(v, add(dv_site, scale(dt, a)))
    r = axpy(0.5 * dt, add(v, v_end), r)
    vec_to(r, nav.r_site)
    vec_to(v_end, nav.v_site)
    quat_to(rotate_by(q, turn), nav.q_site_body)
    vec_to(scale(1.0 / dt, dtheta), nav.omega_body)
    nav.accel_mps2 = dv.z / dt
    sum_up(nav, q_mid, dv_site, dv.z, dtheta, dt)
    propagate_mass(nav, setup, m, norm(dv))


cdef inline void increments(
        Navigator* nav, const NavigatorSetup* setup, const Measurements* m, double dt, Vec3* dv,
        Vec3* dtheta) noexcept nogil:
    """The increments of a tick less the estimated biases; held where an axis is saturated.

    Where accelerometers are refused, those of the thrust commanded: thrust_model.pxd.
    """
    cdef Channel* c = &nav.channel[CHANNEL_IMU]
    cdef double[3] f
    cdef int refused = thrust_stands_in(nav, setup, m, dt, &f[0])
    cdef double[3] turn
    cdef int32_t saturated = m.saturated & setup.saturation_mask
    cdef bint ground = c.tick < 0 or nav.contact or m.contact
    cdef bint modelled = not ground and torque_told(nav)
    cdef int i, spikes = 0, wrong = 0, why
    loosen(nav, dt)
    if modelled:
        wrong = modelled_turns(nav, setup, m, dt, turn)
    else:
        spikes = held_turns(nav, setup, m, dt, ground, turn)
    spikes += held_speeds(nav, setup, m, dt, ground, refused, f)
    for i in range(3):
        nav.held_dtheta[i] = turn[i]
    dv[0] = vec(f[0], f[1], f[2])
    dtheta[0] = vec(turn[0], turn[1], turn[2])
    c.tick = m.imu_tick
    # What the model gives has widened P by itself.
    if modelled:
        saturated &= ~(SATURATED_GYRO * 7)
    saturated &= ~(SATURATED_ACCEL * refused)
    if nav.watch.refused:
        c.refused += 1
        widen(nav, saturated & (SATURATED_GYRO * 7), 0.0, norm(dtheta[0]))
        return
    why = any_refused(nav)
    if why == TRUST_BELIEVED:
        why = axis_refused(nav)
    if why == TRUST_BELIEVED and nav.accel_vote.axes:
        why = TRUST_REJECTED
    c.trust = TRUST_BELIEVED
    if saturated & IMU_BITS:
        c.trust = TRUST_SATURATED
        widen(nav, saturated, norm(dv[0]), norm(dtheta[0]))
    elif spikes > 0:
        c.trust = TRUST_DOUBTED
        widen(nav, IMU_BITS, JUMP_WRONG * norm(dv[0]), JUMP_WRONG * norm(dtheta[0]))
    elif wrong > 0 or gyros_doubted(nav):
        c.trust = TRUST_DOUBTED
    if why != TRUST_BELIEVED:
        c.trust = why
    if c.trust == TRUST_BELIEVED:
        c.believed += 1
    else:
        c.refused += 1


cdef inline int held_speeds(
        Navigator* nav, const NavigatorSetup* setup, const Measurements* m, double dt, bint ground,
        int refused, double* f) noexcept nogil:
    """Increments of the accelerometers [m/s] but of those that are refused (bits).

    Return how many jumps are held.
    """
    cdef double most_dv = dt * setup.health.jump_thrust * setup.thrust_full_n / nav.mass_kg
    cdef double made_up, most_flying
    cdef int32_t saturated = m.saturated & setup.saturation_mask
    cdef int i, spikes = 0
    if retro_aboard(&setup.retro, nav.tick - 1):
        most_dv += dt * setup.health.jump_thrust * setup.retro.thrust_n / nav.mass_kg
    most_flying = most_dv
    if ground:
        most_dv = INFINITY
    for i in range(3):
        made_up = 0.0
        if refused & (1 << i):
            pass
        elif saturated & (SATURATED_ACCEL << i):
            f[i] = nav.held_dv[i]
        else:
            f[i] = m.dv_body[i] - dt * nav.accel_bias[i]
            if i == 2:
                # where it was outvoted: accel_vote.pxd
                f[i] += nav.accel_vote.gain * m.dv_body[i]
            made_up = missed_by(nav, i, f[i], nav.held_dv[i])
            spikes += jump_is_held(nav, setup, i, &f[i], nav.held_dv[i], most_dv)
            made_up = keep_back(nav, i, made_up, f[i] - nav.held_dv[i], most_flying, ground)
        nav.held_dv[i] = f[i]
        f[i] += made_up
    return spikes


cdef inline int held_turns(
        Navigator* nav, const NavigatorSetup* setup, const Measurements* m, double dt,
        bint ground, double* turn) noexcept nogil:
    """Increments of the gyros [rad] where no torque is told, or the ground turns the lander.

    An axis that is refused keeps its rate, less what the stars have said of it. Return how many
    jumps are held.
    """
    cdef double most_flying = dt * setup.health.jump_rate_radps
    cdef double most = INFINITY if ground else most_flying
    cdef double made_up
    cdef int32_t saturated = m.saturated & setup.saturation_mask
    cdef int i, spikes = 0
    for i in range(3):
        if nav.gyro[i].refused:
            turn[i] = dt * (nav.omega_body[i] - nav.gyro_bias[i])
            nav.gyro_bias[i] = 0.0
        elif saturated & (SATURATED_GYRO << i):
            turn[i] = nav.held_dtheta[i]
        else:
            turn[i] = m.dtheta_body[i] - dt * nav.gyro_bias[i]
            made_up = missed_by(nav, 3 + i, turn[i], nav.held_dtheta[i])
            spikes += jump_is_held(nav, setup, 3 + i, &turn[i], nav.held_dtheta[i], most)
            made_up = keep_back(
                nav, 3 + i, made_up, turn[i] - nav.held_dtheta[i], most_flying, ground)
            if made_up != 0.0:
                put_in(nav, i, made_up)
    return spikes


cdef inline int jump_is_held(
        Navigator* nav, const NavigatorSetup* setup, int axis, double* x, double held,
        double most) noexcept nogil:
    """Whether an increment that jumps is replaced by the last one before it."""
    cdef double jump = x[0] - held
    if fabs(x[0]) < INCREMENT_MOST and (
            fabs(jump) <= most or nav.jumped[axis] >= setup.health.jump_ticks):
        nav.jumped[axis] = 0
        return 0
    nav.jumped[axis] = min(nav.jumped[axis] + 1, setup.health.jump_ticks)
    x[0] = held
    return 1


cdef inline double missed_by(
        const Navigator* nav, int axis, double x, double held) noexcept nogil:
    """What an axis has missed where this increment is held too; one beyond all bounds is none."""
    return nav.jump_missed[axis] + (x - held if fabs(x) < INCREMENT_MOST else 0.0)


cdef inline double keep_back(
        Navigator* nav, int axis, double missed, double step, double most,
        bint ground) noexcept nogil:
    """Keep what a jump has missed so far; return what is to be made up once it is believed.

    On the ground it is made up at once, also where this tick's number is none: nothing is kept.
    """
    cdef double made_up = nav.jump_missed[axis] if ground or fabs(step) > most else 0.0
    cdef bint held = nav.jumped[axis] > 0 and not ground
    nav.jump_missed[axis] = missed if held and finite(missed) else 0.0
    return made_up


cdef inline void widen(
        Navigator* nav, int32_t saturated, double dv_mps, double turn_rad) noexcept nogil:
    """A held increment may be wrong by all of itself, in any direction."""
    cdef int i
    for i in range(3):
        if saturated & (IMU_BITS & ~(SATURATED_GYRO * 7)):
            nav.P[VELOCITY + i][VELOCITY + i] += dv_mps * dv_mps
        if saturated & (SATURATED_GYRO * 7):
            nav.P[ATTITUDE + i][ATTITUDE + i] += turn_rad * turn_rad


cdef inline void sum_up(
        Navigator* nav, Quat q, Vec3 dv_site, double dv_z, Vec3 dtheta,
        double dt) noexcept nogil:
    """What the next step of the covariance takes from this tick."""
    cdef double flown = dt * norm(vec(nav.v_site[0], nav.v_site[1], 0.0))
    cdef Vec3 column
    cdef int j
    nav.step.time_s += dt
    vec_to(add(vec_from(nav.step.dv_site), dv_site), nav.step.dv_site)
    nav.step.dv_z += dv_z
    vec_to(add(vec_from(nav.step.turn_rad), dtheta), nav.step.turn_rad)
    nav.step.flown_m += flown
    for j in range(3):
        column = rotate(q, vec(j == 0, j == 1, j == 2))
        nav.step.R_s[j] += dt * column.x
        nav.step.R_s[3 + j] += dt * column.y
        nav.step.R_s[6 + j] += dt * column.z
    for j in range(2):
        # since the last range, and since the last height, that were used
        nav.channel[1 + 4 * j].flown_m += flown


cdef inline Vec3 at_centre(
        const Navigator* nav, const NavigatorSetup* setup, Vec3 dv, Vec3 dtheta,
        double dt) noexcept nogil:
    """The increment of velocity at the centre of mass."""
    cdef Vec3 arm = known_arm(nav, setup, HEAD_IMU)
    cdef Vec3 centre
    if dot(arm, arm) == 0.0 or nav.watch.refused:
        return dv
    centre = sub(
        sub(dv, cross(sub(scale(1.0 / dt, dtheta), vec_from(nav.omega_body)), arm)),
        scale(1.0 / dt, cross(dtheta, cross(dtheta, arm))))
    # the thrust acts there
    if nav.watch.axes & 1:
        centre.x = dv.x
    if nav.watch.axes & 2:
        centre.y = dv.y
    if nav.watch.axes & 4:
        centre.z = dv.z
    return centre
