"""The abort as a phase of the autopilot: turn, burn, part, burn, stop; and least harm.

    TURN --within the cone--> BURN --dry, or a way of the ascent stage--> PARTED
                               |                                            |
                     energy of the orbit                              delay, cone
                               |                                            v
                              DONE <-------energy of the orbit----------- ASCEND

The planning task solves the way anew each second (abort_plan.pxd); between two answers the primer
of the last is steered by. After five answers without a way it is asked each 2 s, after ten each
4 s, 16 s at most: a failed search is the longest. The engine stops where the energy of the orbit is
reached, less what its lag still gives:

    E* - E = v . a (t_cut + lag),   E = v^2 / 2 - mu / r,   E* = -mu (1 - e) / (2 r_p)

with E*, e and r_p those of the plan.

Least harm, where neither a landing nor an orbit is left: upright near the ground, as slow as full
thrust makes it, towards the site where one is chosen, else without speed across.
"""

from libc.math cimport floor, sqrt
from libc.stdint cimport int32_t, int64_t

from farside.ext.common.rotation cimport rotate_by
from farside.ext.common.types cimport GUIDANCE_EVERY, TICK_HZ
from farside.ext.common.vector cimport (
    Quat, Vec3, add, axpy, clamp, cross, dot, finite, norm, quat_from, quat_to, rotate,
    rotate_back, scale, sub, unit, vec, vec_from, vec_to,
)
from farside.ext.guidance.autopilot._codes cimport (
    CAUSE_COMMAND, STATUS_COMPLETE, STATUS_OK, STEP_ASCEND, STEP_BURN, STEP_DONE, STEP_NONE,
    STEP_PARTED, STEP_TURN, WAY_ASCENT_STAGE, WAY_DESCENT_STAGE, WAY_NONE, WAY_THERE,
)
from farside.ext.guidance.autopilot.abort_plan cimport (
    LEAST_FUEL_KG, angle_between, primer_at, stop_height,
)
from farside.ext.guidance.autopilot.couples cimport open_offset
from farside.ext.guidance.autopilot.cutoff cimport climb_rate, level_height, watch_touchdown
from farside.ext.guidance.autopilot.guidance_state cimport GuidanceState, guidance_state
from farside.ext.guidance.autopilot.phase_logic cimport enter_phase
from farside.ext.guidance.autopilot.records cimport AutopilotState, AutopilotTable, crossed
from farside.ext.guidance.autopilot.row_law cimport steer_within_limits
from farside.ext.guidance.laws.polynomial cimport hold_point
from farside.ext.guidance.records.abort cimport AbortPlan, AbortRequest, AbortState
from farside.ext.guidance.records.command cimport Estimate


cdef extern from *:
    """
    #define FREEZE_S 6.0            /* before the end a way is not solved anew: it would divide */
    #define CUT_AHEAD_S 3.0         /* the end is looked for by energy from so long before it */
    #define RISE_COS 0.7648421872844885     /* of RISE_RAD */
    #define ASTRAY_COS 0.5          /* further off its direction the descent engine is put out */
    #define HALF_TURN_RAD 2.6       /* 150 deg */
    #define LOST_AFTER 5            /* answers without a way, after which there is none */
    #define RARER 4                 /* doublings of the time between two questions, at most */
    #define LANDING_SHARE 0.8       /* of the deceleration that full thrust gives, least harm */
    #define LANDING_MPS 1.0         /* speed downwards at the ground, least harm */
    #define NULL_S 5.0              /* time constant in which speed across is taken out */
    #define UPRIGHT_S 12.0          /* before the ground only a small cone is left */
    #define WIDE_TAN 5.0            /* before that */
    """
    const double FREEZE_S
    const double CUT_AHEAD_S
    const double RISE_COS
    const double ASTRAY_COS
    const double HALF_TURN_RAD
    const int LOST_AFTER
    const int RARER
    const double LANDING_SHARE
    const double LANDING_MPS
    const double NULL_S
    const double UPRIGHT_S
    const double WIDE_TAN


cdef inline Vec3 from_centre(const AutopilotTable* t, const Estimate* e) noexcept nogil:
    return vec(e.r_site[0], e.r_site[1], e.r_site[2] + t.radius_m)


cdef inline Vec3 inertial_velocity(const AutopilotTable* t, const Estimate* e) noexcept nogil:
    return add(vec_from(e.v_site), cross(vec_from(t.omega_site), from_centre(t, e)))


cdef inline double height_of(
        const AutopilotTable* t, const AutopilotState* s, const Estimate* e,
        double com_height) noexcept nogil:
    """Of the base: as measured, else over the level of the target [m]."""
    return e.height_m if finite(e.height_m) else level_height(t, s, e, com_height)


cdef inline void post_abort(
        const AutopilotTable* t, AutopilotState* s, const Estimate* e, int64_t tick,
        double com_height) noexcept nogil:
    """Ask the planning task for a way from here."""
    cdef AbortRequest* q = &s.orbit.asked
    cdef AbortState* a = &s.abort
    cdef Vec3 rho = from_centre(t, e)
    q.number += 1
    q.tick = tick
    q.open = 1
    q.step = a.step
    q.engine = a.out_ticks == 0
    q.reserved = 0
    q.gm = t.gm
    q.radius_m = t.radius_m
    q.height_m = max(norm(rho) - t.radius_m - com_height, 0.0)
    vec_to(rho, q.rho_m)
    vec_to(inertial_velocity(t, e), q.v_mps)
    vec_to(rotate(quat_from(e.q_site_body), vec(0.0, 0.0, 1.0)), q.axis)
    q.ahead = t.arrival_site
    q.omega = t.omega_site
    q.mass_kg = e.mass_kg
    q.thrust_n = t.thrust_max_n * s.thrust_scale
    q.exhaust_mps = t.exhaust_mps
    q.dry_kg = t.mass_dry_kg
    q.wait_s = 0.0
    if a.step == STEP_PARTED:
        q.wait_s = max(t.upper.delay_s - (tick - a.part_tick) / <double> TICK_HZ, 0.0)
    q.slew_radps = t.slew_radps
    q.limits = t.abort
    if a.cause != CAUSE_COMMAND:
        # No landing is given up for it.
        q.limits.clearance_m = min(t.abort.clearance_m, t.abort.least_height_m)
    q.upper = t.upper
    if a.step >= STEP_PARTED:
        q.upper.thrust_n *= s.thrust_scale
    q.near = s.orbit.flown


cdef inline bint time_to_ask(const AutopilotState* s, int64_t tick) noexcept nogil:
    """Whether the planning task is asked at this tick; the more rarely the more have failed."""
    cdef int32_t doubled = min(s.abort.nowhere / LOST_AFTER, RARER)
    return crossed(s.tick, tick, TICK_HZ << doubled)


cdef inline bint take_abort_answer(AutopilotState* s) noexcept nogil:
    """Whether an answer has come; a way in it becomes the plan that is flown."""
    cdef const AbortPlan* answer = &s.orbit.answer
    if not s.orbit.asked.open or answer.number != s.orbit.asked.number:
        return False
    s.orbit.asked.open = 0
    if answer.way == WAY_NONE:
        s.abort.nowhere += 1
    else:
        s.abort.nowhere = 0
        s.orbit.flown = answer[0]
    return True


cdef inline void part_stages(
        const AutopilotTable* t, AutopilotState* s, int64_t tick) noexcept nogil:
    """Leave the descent stage."""
    s.abort.step = STEP_PARTED
    s.abort.staged = 1
    s.abort.part_tick = tick
    s.abort.lit_tick = -1
    s.abort.cut_tick = -1
    s.abort.out_ticks = 0
    s.thrust_scale = 1.0
    s.thrust_model_n = 0.0
    s.engine_tick = tick
    open_offset(t, s)


cdef inline void begin_abort(
        const AutopilotTable* t, AutopilotState* s, int64_t tick) noexcept nogil:
    """Fly the way that was found, from now on."""
    cdef int way = s.orbit.flown.way
    enter_phase(s, t.phases, tick)
    s.abort.way = way
    s.abort.lit_tick = -1
    s.abort.cut_tick = -1
    if way == WAY_THERE:
        s.abort.step = STEP_DONE
    elif way == WAY_ASCENT_STAGE:
        part_stages(t, s, tick)
    else:
        s.abort.step = STEP_TURN


cdef inline void begin_least_harm(
        const AutopilotTable* t, AutopilotState* s, int64_t tick) noexcept nogil:
    """Neither a landing nor an orbit is left."""
    enter_phase(s, t.phases + 1, tick)
    s.abort.way = WAY_NONE
    s.abort.step = STEP_NONE


cdef inline void look_at_engine(
        const AutopilotTable* t, AutopilotState* s, const Estimate* e, int64_t tick
        ) noexcept nogil:
    """Count the ticks that the engine has given nothing of what it was told to.

    Where it was told nothing, or not for long enough, what was known of it stands.
    """
    cdef AbortState* a = &s.abort
    cdef double expected = s.thrust_model_n / e.mass_kg
    cdef int64_t since = tick - a.out_since
    cdef bint up = (tick - s.engine_tick) / <double> TICK_HZ > (
        t.ignition_delay_s + t.gains.thrust.settle_lags * t.engine_lag_s)
    a.out_since = tick
    if not (s.last.thrust_n > 0.0 and up and expected > t.gains.thrust.least_mps2):
        return
    if e.accel_mps2 < t.gains.thrust.out_share * expected:
        a.out_ticks += <int32_t> min(since, TICK_HZ)
        a.out_ticks = min(a.out_ticks, 1000000)
    else:
        a.out_ticks = 0


cdef inline void point_along(AutopilotState* s, Vec3 direction, Vec3 up) noexcept nogil:
    """Want the thrust axis along a direction, by the shortest turn of the reference.

    One that is nearly a half turn goes by way of up: the shortest would change its side.
    """
    cdef Quat q = s.reference.q_site_body
    cdef Vec3 z = rotate(q, vec(0.0, 0.0, 1.0))
    cdef Vec3 x = rotate(q, vec(1.0, 0.0, 0.0))
    cdef Vec3 axis = unit(cross(z, direction), x)
    cdef double angle = angle_between(z, direction)
    if angle > HALF_TURN_RAD:
        axis = unit(cross(z, up), x)
        angle = 0.5 * HALF_TURN_RAD
    quat_to(rotate_by(q, rotate_back(q, scale(angle, axis))), s.wanted)


cdef inline Vec3 abort_direction(
        const AutopilotTable* t, const AutopilotState* s, const Estimate* e, int64_t tick,
        double com_height) noexcept nogil:
    """Where the thrust shall point: the primer; upright before a rise is lit.

    Upright, too, while it falls and little more height is left than stopping takes.
    """
    cdef const AbortPlan* plan = &s.orbit.flown
    cdef double since_s = (tick - plan.tick) / <double> TICK_HZ - plan.begin_s
    cdef Vec3 up = unit(from_centre(t, e), vec(0.0, 0.0, 1.0))
    cdef double climb_mps = climb_rate(t, e), height_m = height_of(t, s, e, com_height)
    cdef double push = s.thrust_scale * (
        t.upper.thrust_n if s.abort.staged else t.thrust_max_n)
    if plan.rises and (s.abort.step == STEP_TURN or s.abort.step == STEP_PARTED):
        return up
    if climb_mps < 0.0 and height_m - t.abort.least_height_m < t.abort.staging_margin * (
            stop_height(-climb_mps, push / e.mass_kg, t.gm / (t.radius_m * t.radius_m), 0.0)):
        return up
    return unit(primer_at(plan, max(since_s, 0.0)), up)


cdef inline void look_for_end(
        const AutopilotTable* t, AutopilotState* s, const Estimate* e, int64_t tick
        ) noexcept nogil:
    """Set the tick at which the engine stops, once it is near: by energy, not by the plan."""
    cdef const AbortPlan* plan = &s.orbit.flown
    cdef Vec3 v = inertial_velocity(t, e)
    cdef Vec3 axis = rotate(quat_from(e.q_site_body), vec(0.0, 0.0, 1.0))
    cdef double energy = 0.5 * dot(v, v) - t.gm / norm(from_centre(t, e))
    cdef double power = e.accel_mps2 * dot(v, axis), left_s
    s.abort.cut_tick = -1       # an outage moves it away
    if not power > 0.0:
        return
    left_s = (plan.energy_m2ps2 - energy) / power - t.engine_lag_s
    if left_s < CUT_AHEAD_S:
        s.abort.cut_tick = tick + <int64_t> floor(max(left_s, 0.0) * TICK_HZ + 0.5)


cdef inline bint burnt_out(const AutopilotTable* t, const AutopilotState* s, const Estimate* e
                           ) noexcept nogil:
    """Whether the tank that feeds the engine is empty, or the engine gives nothing for 2 s."""
    cdef double dry_kg = t.upper.mass_dry_kg if s.abort.staged else t.mass_dry_kg
    return e.mass_kg <= dry_kg + LEAST_FUEL_KG or s.abort.out_ticks > 2 * TICK_HZ


cdef inline void next_step(
        const AutopilotTable* t, AutopilotState* s, const Estimate* e, int64_t tick,
        Vec3 direction) noexcept nogil:
    """Go from one step of the abort to the next."""
    cdef AbortState* a = &s.abort
    cdef Vec3 axis = rotate(quat_from(e.q_site_body), vec(0.0, 0.0, 1.0))
    cdef bint pointed = dot(axis, direction) >= (
        RISE_COS if s.orbit.flown.rises else t.abort.cos_lit)
    if a.step < STEP_PARTED and s.orbit.flown.way == WAY_ASCENT_STAGE:
        part_stages(t, s, tick)
    elif a.step == STEP_TURN and pointed:
        a.step = STEP_BURN
        a.lit_tick = tick
    elif a.step == STEP_BURN and dot(axis, direction) < ASTRAY_COS:
        a.step = STEP_TURN
    elif a.step == STEP_PARTED and pointed and (
            tick - a.part_tick >= t.upper.delay_s * TICK_HZ):
        a.step = STEP_ASCEND
        a.lit_tick = tick
    elif 0 <= a.cut_tick <= tick and (a.step == STEP_BURN or a.step == STEP_ASCEND):
        a.step = STEP_DONE
    elif a.step == STEP_BURN and burnt_out(t, s, e):
        if t.upper.thrust_n > 0.0:
            part_stages(t, s, tick)
        else:
            a.step = STEP_DONE
    elif a.step == STEP_ASCEND and burnt_out(t, s, e):
        a.step = STEP_DONE


cdef inline int fly_to_orbit(
        const AutopilotTable* t, AutopilotState* s, const Estimate* e, int64_t tick,
        double com_height) noexcept nogil:
    """One tick of an abort."""
    cdef AbortState* a = &s.abort
    cdef Vec3 direction
    cdef double left_s
    if a.step == STEP_DONE:
        a.thrust_n = 0.0
        s.time_to_go_s = 0.0
        return STATUS_COMPLETE
    take_abort_answer(s)
    a.way = s.orbit.flown.way
    if a.way == WAY_THERE:
        a.step = STEP_DONE
    direction = abort_direction(t, s, e, tick, com_height)
    left_s = s.orbit.flown.end_s - (tick - s.orbit.flown.tick) / <double> TICK_HZ
    if tick == s.phase_tick + 1 or crossed(s.tick, tick, GUIDANCE_EVERY):
        look_at_engine(t, s, e, tick)
        point_along(s, direction, unit(from_centre(t, e), direction))
        vec_to(scale(max(a.thrust_n / e.mass_kg, 1e-6), direction), s.a_wanted)
        if a.step == STEP_ASCEND or (a.step == STEP_BURN and a.way == WAY_DESCENT_STAGE):
            look_for_end(t, s, e, tick)
        if left_s >= FREEZE_S and time_to_ask(s, tick):
            post_abort(t, s, e, tick, com_height)
        if a.nowhere >= LOST_AFTER and a.step < STEP_PARTED:
            begin_least_harm(t, s, tick)
            return STATUS_OK
    next_step(t, s, e, tick, direction)
    s.time_to_go_s = max(left_s, 0.0)
    a.thrust_n = 0.0
    if a.step == STEP_BURN:
        a.thrust_n = t.thrust_max_n
    elif a.step == STEP_ASCEND:
        a.thrust_n = t.upper.thrust_n
    return STATUS_OK


cdef inline void least_harm_law(
        const AutopilotTable* t, AutopilotState* s, const GuidanceState* now, double height_m
        ) noexcept nogil:
    """One guidance tick of least harm."""
    cdef double climb = dot(now.v, now.up), g = norm(now.g)
    cdef double net = LANDING_SHARE * max(now.full_mps2 - g, 0.0)
    cdef double wanted = -LANDING_MPS - sqrt(2.0 * net * max(height_m, 0.0))
    cdef double fall_s = height_m / max(-climb, 0.1)
    cdef Vec3 across = axpy(-climb, now.up, now.v)
    cdef Vec3 target = vec_from(s.site), a
    if s.has_site and norm(across) < 0.5 * NULL_S * now.full_mps2:
        target = axpy(dot(sub(now.r, target), now.up), now.up, target)
        a = hold_point(
            now.r, now.v, target, scale(climb, now.up), now.g,
            t.gains.hover.frequency_radps, t.gains.hover.brake_mps2)
        a = axpy(-dot(a, now.up), now.up, a)
    else:
        a = scale(-1.0 / NULL_S, across)
    a = axpy(g + (wanted - climb), now.up, a)
    steer_within_limits(
        t, s, now, a, WIDE_TAN if fall_s > UPRIGHT_S else t.gains.hover.tan_tilt)


cdef inline int fly_least_harm(
        const AutopilotTable* t, AutopilotState* s, const Estimate* e, int64_t tick,
        double com_height) noexcept nogil:
    """One tick of least harm; a way to orbit that opens is taken."""
    cdef AbortState* a = &s.abort
    cdef GuidanceState now
    cdef double elapsed_s = (tick - s.phase_tick) / <double> TICK_HZ
    cdef Vec3 axis = rotate(quat_from(e.q_site_body), vec(0.0, 0.0, 1.0))
    watch_touchdown(t, s, e, elapsed_s, com_height, tick - s.tick)
    if s.touch.contact != 0:
        a.thrust_n = 0.0
        vec_to(vec(0.0, 0.0, 0.0), s.a_wanted)
        return STATUS_COMPLETE if e.rest != 0 else STATUS_OK
    if take_abort_answer(s) and a.nowhere == 0:
        begin_abort(t, s, tick)
        return STATUS_OK
    if tick == s.phase_tick + 1 or crossed(s.tick, tick, GUIDANCE_EVERY):
        look_at_engine(t, s, e, tick)
        now = guidance_state(t, s, e, tick, elapsed_s, com_height)
        least_harm_law(t, s, &now, height_of(t, s, e, com_height))
        if time_to_ask(s, tick):
            post_abort(t, s, e, tick, com_height)
    s.time_to_go_s = 0.0
    a.thrust_n = clamp(
        dot(vec_from(s.a_wanted), axis) * e.mass_kg / s.thrust_scale,
        t.thrust_min_n, t.thrust_max_n)
    return STATUS_OK


cdef inline int fly_abort(
        const AutopilotTable* t, AutopilotState* s, const Estimate* e, int64_t tick,
        double com_height) noexcept nogil:
    """One tick of the two rows behind the phase table; its status."""
    if s.phase == t.phases:
        return fly_to_orbit(t, s, e, tick, com_height)
    return fly_least_harm(t, s, e, tick, com_height)
