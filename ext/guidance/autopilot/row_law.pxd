"""The laws of the phase table: each turns a state into a wanted attitude, thrust and time-to-go."""

from libc.math cimport sqrt
from libc.stdint cimport int32_t, int64_t

from farside.ext.guidance.autopilot._codes cimport (
    EXIT_ELAPSED, LAW_ADJUST, LAW_BRAKING, LAW_E_GUIDANCE, LAW_HOLD, LAW_HOVER, LAW_NULL_VELOCITY,
    LAW_OFF, LAW_OPTIMAL, LAW_POLYNOMIAL, LAW_QUADRATIC, LAW_TRIM, MODE_LEVEL, MODE_OPTIMAL,
    MODE_POLYNOMIAL, REASON_NO_PLAN, REASON_NO_ROOM, REASON_UNSURE, STATUS_LIMITED, STATUS_OK,
)
from farside.ext.guidance.autopilot.guidance_state cimport GuidanceState
from farside.ext.guidance.autopilot.records cimport (
    AutopilotState, AutopilotTable, PhaseRow, crossed,
)
from farside.ext.guidance.autopilot.row_apollo cimport (
    apollo_pass, e_guidance_demand, hold_pass, null_velocity_pass,
)
from farside.ext.guidance.autopilot.row_braking cimport braking_law, solve_through_coast
from farside.ext.guidance.autopilot.row_lean cimport leaning, names_axis, row_axis
from farside.ext.guidance.autopilot.row_level cimport brake_to_vertical, hand_over, must_brake
from farside.ext.guidance.autopilot.row_plan cimport fly_plan, forget_plan
from farside.ext.guidance.autopilot.row_polynomial cimport (
    begin_polynomial, initial_time_to_go, polynomial_demand, polynomial_pass,
)
from farside.ext.guidance.autopilot.unsure_height cimport (
    aim_altitude, gives_up_place, searching_mps,
)
from farside.ext.guidance.laws.attitude cimport pointing
from farside.ext.common.types cimport GUIDANCE_EVERY
from farside.ext.guidance.laws.polynomial cimport Limited, hold_point, limit_thrust
from farside.ext.common.vector cimport (
    Vec3, axpy, clamp, dot, norm, quat_from, quat_to, quat_unit, rotate, scale, unit, vec, vec_from,
    vec_to,
)


cdef inline void steer_to(AutopilotState* s, Vec3 a) noexcept nogil:
    """Want the thrust acceleration a, with body x towards the heading."""
    vec_to(a, s.a_wanted)
    quat_to(pointing(a, vec_from(s.heading_site)), s.wanted)


cdef inline int steer_within_limits(
        const AutopilotTable* t, AutopilotState* s, const GuidanceState* now, Vec3 a,
        double tan_tilt) noexcept nogil:
    """The same inside what the engine gives and the cone about the vertical."""
    cdef Limited limited = limit_thrust(
        a, now.up, now.full_mps2, t.gains.least_up_share * norm(now.g), tan_tilt)
    steer_to(s, limited.a)
    return STATUS_LIMITED if limited.cut else STATUS_OK


cdef inline void propagate_over_lag(
        const GuidanceState* now, double lag_s, Vec3* r, Vec3* v) noexcept nogil:
    """Where, across the ground, the lander will be when a tilt commanded now has come about.

    Until then it goes on as it leans now: r + v lag + a lag^2 / 2 and v + a lag, horizontally. A
    place held without this swings, for a slew takes as long as a tenth of the swing.
    """
    cdef Vec3 lean = scale(
        now.estimate.accel_mps2,
        rotate(quat_unit(quat_from(now.estimate.q_site_body)), vec(0.0, 0.0, 1.0)))
    cdef double ax = lean.x + now.g.x, ay = lean.y + now.g.y
    r[0] = now.r
    v[0] = now.v
    r.x += lag_s * (v.x + 0.5 * lag_s * ax)
    r.y += lag_s * (v.y + 0.5 * lag_s * ay)
    v.x += lag_s * ax
    v.y += lag_s * ay


cdef inline double remaining_s(const PhaseRow* row, double elapsed_s) noexcept nogil:
    """How long a row whose law has no time of its own still lasts; 0 where nothing says."""
    return max((row.exit_value if row.exit == EXIT_ELAPSED else row.limit_s) - elapsed_s, 0.0)


cdef inline int off_law(
        AutopilotState* s, const PhaseRow* row, const GuidanceState* now) noexcept nogil:
    """Engine off, upright or along the row's axis."""
    s.time_to_go_s = 0.0
    vec_to(vec(0.0, 0.0, 0.0), s.a_wanted)
    if names_axis(row):
        quat_to(leaning(row_axis(row, now.up), now.up, vec_from(s.heading_site)), s.wanted)
    else:
        quat_to(pointing(now.up, vec_from(s.heading_site)), s.wanted)
    return STATUS_OK


cdef inline int adjust_law(
        const AutopilotTable* t, AutopilotState* s, const PhaseRow* row,
        const GuidanceState* now) noexcept nogil:
    """Turn to where the next phase will begin, and thrust as it will."""
    cdef int32_t goal = s.phase + 1 if s.phase + 1 < t.phases else s.phase
    cdef const PhaseRow* ahead = &t.row[goal]
    cdef Vec3 a
    cdef double t_go
    if ahead.law == LAW_OPTIMAL and s.unsure_m <= 0.0 and fly_plan(t, s, goal, now, &a, &t_go):
        s.time_to_go_s = 0.0
        steer_to(s, a)
        return STATUS_OK
    if ahead.law == LAW_POLYNOMIAL or ahead.law == LAW_OPTIMAL:
        a = polynomial_demand(t, s, ahead, now, initial_time_to_go(t, s, ahead, now))
    else:
        a = scale(-1.0, now.g)
    s.time_to_go_s = 0.0
    return steer_within_limits(t, s, now, a, row.tan_tilt)


cdef inline int polynomial_law(
        const AutopilotTable* t, AutopilotState* s, const PhaseRow* row,
        const GuidanceState* now) noexcept nogil:
    """The fractional polynomial to the row's target."""
    begin_polynomial(t, s, row, now, -1.0)
    return steer_within_limits(t, s, now, polynomial_pass(t, s, row, now), row.tan_tilt)


cdef inline void without_plan(AutopilotState* s) noexcept nogil:
    """Leave a plan for the polynomial; the brake goes on."""
    if s.link != MODE_LEVEL:
        s.link = MODE_POLYNOMIAL
    if s.link == MODE_POLYNOMIAL:
        s.reason = REASON_UNSURE


cdef inline int optimal_law(
        const AutopilotTable* t, AutopilotState* s, const PhaseRow* row,
        const GuidanceState* now) noexcept nogil:
    """A planned descent; behind it the polynomial, and the brake where that keeps no margin."""
    cdef Vec3 a
    cdef double tan_tilt = row.tan_tilt, t_go = -1.0
    cdef bint fresh
    if now.tick == s.target_tick:
        s.link = MODE_OPTIMAL
    elif s.reason == REASON_UNSURE and s.unsure_m <= 0.0:
        # Known again: the polynomial goes on until a plan is there.
        forget_plan(&s.planner)
        s.reason = REASON_NO_PLAN
    # A hand-over to the polynomial is for good, but not the wait for a plan.
    if s.unsure_m > 0.0:
        without_plan(s)
    elif s.link != MODE_POLYNOMIAL or s.reason == REASON_NO_PLAN:
        if fly_plan(t, s, s.phase, now, &a, &t_go):
            s.link = s.planner.flown.link
            s.time_to_go_s = t_go
            steer_to(s, a)
            return STATUS_OK
        if s.link == MODE_LEVEL:
            s.reason = REASON_NO_ROOM
        elif s.link != MODE_POLYNOMIAL:
            hand_over(s)
    fresh = begin_polynomial(t, s, row, now, t_go)
    if must_brake(t, s, row, now, fresh):
        a = brake_to_vertical(t, s, row, now, &tan_tilt)
    else:
        a = polynomial_pass(t, s, row, now)
    return steer_within_limits(t, s, now, a, tan_tilt)


cdef inline int e_guidance_law(
        const AutopilotTable* t, AutopilotState* s, const PhaseRow* row,
        const GuidanceState* now) noexcept nogil:
    """E-guidance to rest at the row's altitude and range."""
    cdef Vec3 target = vec_from(s.site)
    target.z += now.com_height
    target.z += aim_altitude(s, row)
    target = axpy(-row.range_m, vec_from(t.arrival_site), target)
    return steer_within_limits(
        t, s, now, e_guidance_demand(t, s, row, now, target), row.tan_tilt)


cdef inline int hover_law(
        const AutopilotTable* t, AutopilotState* s, const PhaseRow* row,
        const GuidanceState* now) noexcept nogil:
    """Hold the place over the target at the row's altitude."""
    cdef Vec3 target = vec_from(s.site), r, v
    target.z += now.com_height
    target.z += aim_altitude(s, row)
    propagate_over_lag(now, t.gains.hover.lag_s, &r, &v)
    s.time_to_go_s = remaining_s(row, now.elapsed_s)
    return steer_within_limits(t, s, now, hold_point(
        r, v, target, vec(0.0, 0.0, 0.0), now.g, t.gains.hover.frequency_radps,
        t.gains.hover.brake_mps2), t.gains.hover.tan_tilt)


cdef inline void within_reach(
        const AutopilotTable* t, Vec3 r, double seconds, Vec3* target) noexcept nogil:
    """Draw a target in to where the lander can be at rest before the ground.

    d <= a t^2 / 4, half the time faster and half slower; a hover's distance of the place at least.
    """
    cdef double x = target.x - r.x, y = target.y - r.y
    cdef double far = max(
        0.25 * t.gains.hover.brake_mps2 * seconds * seconds, t.gains.hover.scan_distance_m)
    cdef double d = sqrt(x * x + y * y)
    if d > far:
        target.x = r.x + x * far / d
        target.y = r.y + y * far / d


cdef inline int lean_and_sink(
        const AutopilotTable* t, AutopilotState* s, const PhaseRow* row, const GuidanceState* now,
        Vec3 a) noexcept nogil:
    """Along the row's axis, with the vertical part of a as its own.

    It gains no more speed across than the row has down, k (|v_t| - v_h): a height that is not what
    was thought would else let it lean for long.
    """
    cdef Vec3 axis = row_axis(row, now.up)
    cdef double upright = dot(axis, now.up)
    cdef Vec3 across = axpy(-upright, now.up, axis)
    cdef double wanted = max(dot(a, now.up), t.gains.least_up_share * norm(now.g))
    cdef double lean = norm(across), most, length
    cdef Vec3 thrust = scale(wanted, now.up)
    if lean > 1e-6:
        across = scale(1.0 / lean, across)
        most = t.gains.hover.rate_ratio * t.gains.hover.frequency_radps * (
            -row.vertical_mps - dot(now.v, across))
        thrust = axpy(clamp(most, 0.0, wanted * lean / upright), across, thrust)
    length = norm(thrust)
    vec_to(scale(min(1.0, now.full_mps2 / length), thrust), s.a_wanted)
    quat_to(leaning(unit(thrust, now.up), now.up, vec_from(s.heading_site)), s.wanted)
    return STATUS_LIMITED if length > now.full_mps2 else STATUS_OK


cdef inline int descend_law(
        const AutopilotTable* t, AutopilotState* s, const PhaseRow* row,
        const GuidanceState* now) noexcept nogil:
    """Descend at a constant rate over the target, as far as it is in reach: no pull to a height."""
    cdef Vec3 target = vec_from(s.site), a, r, v
    cdef double height, climb_mps
    propagate_over_lag(now, t.gains.hover.lag_s, &r, &v)
    height = r.z - s.site[2] - now.com_height
    climb_mps = searching_mps(t, s, row, now, height)
    target.z = r.z
    if gives_up_place(s, height):
        target.x = r.x
        target.y = r.y
    # 0.1 m/s keeps the time finite.
    s.time_to_go_s = max(height / max(-climb_mps, 0.1), 0.0)
    within_reach(t, r, s.time_to_go_s, &target)
    a = hold_point(
        r, v, target, vec(0.0, 0.0, climb_mps), now.g, t.gains.hover.frequency_radps,
        t.gains.hover.brake_mps2)
    # The rate is held more tightly than the place.
    a.z += t.gains.hover.rate_ratio * t.gains.hover.frequency_radps * (climb_mps - v.z)
    if names_axis(row):
        return lean_and_sink(t, s, row, now, a)
    return steer_within_limits(t, s, now, a, t.gains.hover.tan_tilt)


cdef inline bint row_due(
        const AutopilotState* s, const PhaseRow* row, int64_t tick) noexcept nogil:
    """Whether guidance runs at this tick by the row's cycle, or for a target that has moved."""
    return tick == s.phase_tick or tick == s.target_tick or crossed(
        s.tick, tick, row.cycle_ticks if row.cycle_ticks > 0 else GUIDANCE_EVERY)


cdef inline int run_law(
        const AutopilotTable* t, AutopilotState* s, const GuidanceState* now) noexcept nogil:
    """The phase's law: sets the wanted attitude, thrust acceleration and time-to-go."""
    cdef const PhaseRow* row = &t.row[s.phase]
    if row.law == LAW_BRAKING:
        return braking_law(t, s, row, now)
    elif row.law == LAW_ADJUST:
        return adjust_law(t, s, row, now)
    elif row.law == LAW_POLYNOMIAL:
        return polynomial_law(t, s, row, now)
    elif row.law == LAW_OPTIMAL:
        return optimal_law(t, s, row, now)
    elif row.law == LAW_HOVER:
        return hover_law(t, s, row, now)
    elif row.law == LAW_OFF:
        return off_law(s, row, now)
    elif row.law == LAW_E_GUIDANCE:
        return e_guidance_law(t, s, row, now)
    elif row.law == LAW_TRIM or row.law == LAW_QUADRATIC:
        return apollo_pass(t, s, row, now)
    elif row.law == LAW_NULL_VELOCITY:
        return null_velocity_pass(t, s, row, now, row_due(s, row, now.tick))
    elif row.law == LAW_HOLD:
        solve_through_coast(t, s, now)
        s.time_to_go_s = remaining_s(row, now.elapsed_s)
        return hold_pass(t, s, row, now)
    else:
        return descend_law(t, s, row, now)
