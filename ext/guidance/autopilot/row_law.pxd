"""The laws of the phase table: each turns a state into a wanted attitude, thrust and time-to-go."""

from libc.stdint cimport int32_t, int64_t

from farside.ext.guidance.laws.attitude cimport pointing
from farside.ext.guidance.autopilot.row_plan cimport fly_plan
from farside.ext.guidance.autopilot.row_apollo cimport (
    apollo_pass, e_guidance_demand, hold_pass, null_velocity_pass,
)
from farside.ext.guidance.autopilot.row_level cimport (
    hand_over, must_brake, brake_to_vertical, polynomial_demand,
)
from farside.ext.guidance.autopilot.records cimport (
    EXIT_ELAPSED, LAW_ADJUST, LAW_BRAKING, LAW_E_GUIDANCE, LAW_HOLD, LAW_HOVER, LAW_NULL_VELOCITY,
    LAW_OFF, LAW_OPTIMAL, LAW_POLYNOMIAL, LAW_QUADRATIC, LAW_TRIM, MAJOR_EVERY, STATUS_LIMITED,
    STATUS_NO_SOLUTION, STATUS_OK, AutopilotState, AutopilotTable, Estimate, PhaseRow,
)
from farside.ext.guidance.laws.fictitious_target cimport FictitiousTarget, fictitious_target
from farside.ext.guidance.laws.braking cimport (
    BRAKING_PARTS, BRAKING_UNKNOWNS, BrakingGate, BrakingMoon, BrakingThrust, age_braking,
    braking_step, steering,
)
from farside.ext.guidance.autopilot.planner cimport (
    MODE_LEVEL, MODE_OPTIMAL, MODE_POLYNOMIAL, REASON_NO_PLAN, REASON_NO_ROOM,
)
from farside.ext.guidance.laws.polynomial cimport (
    Limited, fractional_polynomial, hold_point, limit_thrust,
)
from farside.ext.common.types cimport TICK_HZ
from farside.ext.common.vector cimport (
    Vec3, axpy, clamp, cross, dot, finite, norm, quat_from, quat_to, quat_unit, rotate, scale, sub,
    unit, vec, vec_from, vec_to,
)


cdef enum:
    AHEAD = 12              # steps in which a polynomial is flown ahead
    ARC_FREEZE_S = 15           # a part of braking keeps its level over its last seconds


cdef inline Vec3 free_fall(const AutopilotTable* t, Vec3 r, Vec3 v) noexcept nogil:
    """-mu rho / |rho|^3 - 2 w x v - w x (w x rho) [m/s^2], the point-mass Moon."""
    cdef Vec3 rho = vec(r.x, r.y, r.z + t.radius_m)
    cdef Vec3 w = vec_from(t.omega_site)
    cdef double d = norm(rho)
    cdef Vec3 a = scale(-t.gm / (d * d * d), rho)
    a = axpy(-2.0, cross(w, v), a)
    return sub(a, cross(w, cross(w, rho)))


cdef inline Vec3 tracked_demand(
        const AutopilotTable* t, AutopilotState* s, const PhaseRow* row,
        Vec3 r, Vec3 v, Vec3 g, double com_height, int64_t tick) noexcept nogil:
    """The polynomial's demand near its end, where sideways its gains may grow no more.

    Sideways the lander must tilt first, and gains that grow as 1 / t_go^2 would outrun that. So a
    point that tilts at once flies the polynomial on, as it was when the turn time was left, and the
    lander keeps to it with the gains of then, its tilt ahead by as long as the attitude lags.
    """
    cdef double t_go = max(s.time_to_go_s, 0.5), turn = t.turn_time_s
    cdef double h, lead = min(t.attitude_lag_s, 0.5 * t_go)
    cdef Vec3 a = polynomial_demand(t, s, row, r, v, g, com_height, t_go)
    cdef Vec3 point_r = vec_from(s.point_r), point_v = vec_from(s.point_v), across, error
    if not s.tracks:
        s.tracks = 1
        s.point_tick = tick
        point_r = r
        point_v = v
    h = (tick - s.point_tick) / <double> TICK_HZ
    across = axpy(1.0, g, polynomial_demand(t, s, row, point_r, point_v, g, com_height, t_go + h))
    point_r = axpy(h, point_v, axpy(0.5 * h * h, across, point_r))
    point_v = axpy(h, across, point_v)
    s.point_tick = tick
    vec_to(point_r, s.point_r)
    vec_to(point_v, s.point_v)
    across = axpy(1.0, g, polynomial_demand(t, s, row, point_r, point_v, g, com_height, t_go))
    across = polynomial_demand(
        t, s, row, axpy(lead, point_v, axpy(0.5 * lead * lead, across, point_r)),
        axpy(lead, across, point_v), g, com_height, t_go - lead)
    # The gains of place and speed that the polynomial has when the turn time is left.
    error = axpy(
        row.kr / (turn * turn), sub(point_r, r),
        scale((row.gamma + 1.0 + row.kr / (row.gamma + 2.0)) / turn, sub(point_v, v)))
    a.x = across.x + error.x
    a.y = across.y + error.y
    return a


cdef inline Vec3 fictitious_target_demand(
        const AutopilotTable* t, AutopilotState* s, const PhaseRow* row,
        Vec3 r, Vec3 v, Vec3 g, double com_height) noexcept nogil:
    """The same, aimed beyond the target: the fictitious end is found once for each target."""
    cdef Vec3 arrival = vec_from(t.arrival_site)
    cdef Vec3 target = vec_from(s.site)
    cdef Vec3 v_target = scale(row.horizontal_mps, arrival)
    cdef FictitiousTarget end
    target.z += row.altitude_m + com_height
    target = axpy(-row.range_m, arrival, target)
    v_target.z += row.vertical_mps
    if not s.aimed:
        end = fictitious_target(
            r, v, target, v_target, vec(0.0, 0.0, 0.0), s.time_to_go_s, row.beyond_s, row.gamma,
            row.kr)
        vec_to(end.r, s.beyond_r)
        vec_to(end.v, s.beyond_v)
        s.aimed = 1
    return fractional_polynomial(
        r, v, vec_from(s.beyond_r), vec_from(s.beyond_v), scale(-1.0, g), g,
        max(s.time_to_go_s, 0.0) + row.beyond_s, row.gamma, row.kr)


cdef inline double initial_time_to_go(
        const AutopilotTable* t, const AutopilotState* s, const PhaseRow* row,
        Vec3 r, Vec3 v, Vec3 g, double com_height, double full_mps2) noexcept nogil:
    """The row's duration, or as much longer (to 2.5 times) as the first command needs to fit."""
    cdef double t_go = row.duration_s
    cdef Vec3 a
    cdef int _try
    cdef double up
    for _try in range(20):
        a = polynomial_demand(t, s, row, r, v, g, com_height, t_go)
        up = a.z
        a.z = 0.0
        if up * up + dot(a, a) <= 0.9 * 0.9 * full_mps2 * full_mps2 and (
                norm(a) <= 0.7 * row.tan_tilt * max(up, norm(g))):
            break
        t_go *= 1.05
    return t_go


cdef inline double constraint_violation(
        const AutopilotTable* t, const AutopilotState* s, const PhaseRow* row,
        Vec3 r, Vec3 v, Vec3 g, double com_height, double full_mps2, double t_go,
        double enough) noexcept nogil:
    """How far the polynomial, flown ahead, leaves thrust and tilt: squared, 1 at the limits.

    Where it passes `enough`, what is left is not looked at.
    """
    cdef double h = t_go / AHEAD
    cdef double most = 0.0, least_mps2 = 0.4 * norm(g), up
    cdef Vec3 a
    cdef int k
    for k in range(AHEAD - 1):
        a = polynomial_demand(t, s, row, r, v, g, com_height, t_go - k * h)
        up = max(a.z, 0.01 * least_mps2)
        most = max(most, dot(a, a) / (0.95 * 0.95 * full_mps2 * full_mps2))
        most = max(most, (a.x * a.x + a.y * a.y) / (row.tan_tilt * row.tan_tilt * up * up))
        most = max(most, least_mps2 * least_mps2 / (up * up))
        if most > enough:
            break
        a = axpy(1.0, g, a)
        r = axpy(h, v, axpy(0.5 * h * h, a, r))
        v = axpy(h, a, v)
    return most


cdef inline double feasible_time_to_go(
        const AutopilotTable* t, const AutopilotState* s, const PhaseRow* row,
        Vec3 r, Vec3 v, Vec3 g, double com_height, double full_mps2, double t_go) noexcept nogil:
    """A time-to-go, or as little longer (to twice) as keeps the polynomial inside its limits.

    Where none does, the one that leaves them least.
    """
    cdef double least = 1e30, best = t_go, found
    cdef int k
    for k in range(26):
        found = constraint_violation(
            t, s, row, r, v, g, com_height, full_mps2, (1.0 + 0.04 * k) * t_go, least)
        if found < least:
            least = found
            best = (1.0 + 0.04 * k) * t_go
        if least <= 1.0:
            break
    return best


cdef inline void advance_thrust_arc(
        const AutopilotTable* t, AutopilotState* s, double* x) noexcept nogil:
    """From now on the next part's level controls the range, no longer this one's."""
    s.braking_level[s.braking_part] = clamp(x[4], t.thrust_min_n / t.thrust_max_n, 1.0)
    s.braking_part += 1
    x[4] = s.braking[4] = s.braking_level[s.braking_part]


cdef inline int solve_braking(
        const AutopilotTable* t, AutopilotState* s, const PhaseRow* row,
        Vec3 r, Vec3 v, double full_mps2, int64_t tick, double* x) noexcept nogil:
    """Bring the braking solution x to now, and improve it where its time has come."""
    cdef BrakingMoon moon
    cdef BrakingGate gate
    cdef BrakingThrust thrust
    cdef Vec3 rho = vec(r.x, r.y, r.z + t.radius_m)
    cdef Vec3 normal
    cdef double age = (tick - s.braking_tick) / <double> TICK_HZ
    cdef double miss
    cdef int i
    # The same steering seen from now.
    for i in range(BRAKING_UNKNOWNS):
        x[i] = s.braking[i]
    if age > 0.0:
        age_braking(t.gm, rho, v, vec_from(s.normal), age, x)
    thrust.opening_s = t.braking_opening_s - (tick - s.phase_tick) / <double> TICK_HZ
    thrust.closing_s = t.braking_closing_s
    # Over its last seconds a part keeps its level.
    if s.braking_part == 0 and thrust.opening_s < ARC_FREEZE_S:
        advance_thrust_arc(t, s, x)
    if s.braking_part == 1 and x[5] - thrust.closing_s < ARC_FREEZE_S:
        advance_thrust_arc(t, s, x)
    if x[5] < 8.0 or (s.solved and tick - s.braking_tick < MAJOR_EVERY):
        # So near the end the conditions on place no longer bend the flight sensibly.
        s.time_to_go_s = x[5]
        return STATUS_OK
    moon.gm = t.gm
    moon.radius_m = t.radius_m
    moon.omega = vec_from(t.omega_site)
    gate.altitude_m = row.altitude_m
    gate.range_m = row.range_m
    gate.vertical_mps = row.vertical_mps
    gate.horizontal_mps = row.horizontal_mps
    thrust.full_mps2 = full_mps2
    thrust.exhaust_mps = t.exhaust_mps
    thrust.part = s.braking_part
    for i in range(BRAKING_PARTS):
        thrust.level[i] = s.braking_level[i]
    miss = braking_step(
        &moon, &gate, rho, v, &thrust, 1.0, s.braking_holds != 0, x, &normal)
    if not finite(miss):
        s.time_to_go_s = s.braking[5] - age
        return STATUS_NO_SOLUTION
    if s.braking_part + 1 < BRAKING_PARTS:
        # What a part cannot give, or take, is left to the next.
        if s.solved and clamp(x[4], t.thrust_min_n / t.thrust_max_n, 1.0) != x[4]:
            advance_thrust_arc(t, s, x)
    elif s.braking_holds:
        # Range comes back within reach when the gate lies beyond what full thrust needs.
        if s.solved and miss < 2000.0 and x[4] < 1.0:
            s.braking_holds = 0
    elif x[4] > 1.0:
        s.braking_holds = 1
        x[4] = 1.0
    s.solved = miss < 2000.0
    for i in range(BRAKING_UNKNOWNS):
        s.braking[i] = x[i]
    s.braking_tick = tick
    vec_to(normal, s.normal)
    s.time_to_go_s = x[5]
    return STATUS_OK


cdef inline void propagate_over_lag(
        const Estimate* e, Vec3 g, double lag_s, Vec3* r, Vec3* v) noexcept nogil:
    """Where, across the ground, the lander will be when a tilt commanded now has come about.

    Until then it goes on as it leans now: r + v lag + a lag^2 / 2 and v + a lag, horizontally. A
    place held without this swings, for a slew takes as long as a tenth of the swing.
    """
    cdef Vec3 lean = scale(
        e.accel_mps2, rotate(quat_unit(quat_from(e.q_site_body)), vec(0.0, 0.0, 1.0)))
    cdef double ax = lean.x + g.x, ay = lean.y + g.y
    r.x += lag_s * (v.x + 0.5 * lag_s * ax)
    r.y += lag_s * (v.y + 0.5 * lag_s * ay)
    v.x += lag_s * ax
    v.y += lag_s * ay


cdef inline double remaining_s(const PhaseRow* row, double elapsed_s) noexcept nogil:
    """How long a row whose law has no time of its own still lasts; 0 where nothing says."""
    return max((row.exit_value if row.exit == EXIT_ELAPSED else row.limit_s) - elapsed_s, 0.0)


cdef inline int run_law(
        const AutopilotTable* t, AutopilotState* s, const Estimate* e, int64_t tick,
        double elapsed_s, double com_height) noexcept nogil:
    """The phase's law: sets the wanted attitude, thrust acceleration and time-to-go."""
    cdef const PhaseRow* row = &t.row[s.phase]
    cdef const PhaseRow* ahead
    cdef Vec3 r = vec_from(e.r_site)
    cdef Vec3 v = vec_from(e.v_site)
    cdef Vec3 g = free_fall(t, r, v)
    cdef Vec3 up = unit(vec(r.x, r.y, r.z + t.radius_m), vec(0.0, 0.0, 1.0))
    cdef double full = t.thrust_max_n * s.thrust_scale / e.mass_kg
    cdef Vec3 a, target, v_target, towards
    cdef Limited limited
    cdef double level, tan_tilt, t_go = -1.0
    cdef double braking[BRAKING_UNKNOWNS]
    cdef int32_t goal
    cdef int part
    cdef bint fresh = False
    cdef int status = STATUS_OK
    if row.law == LAW_BRAKING:
        status = solve_braking(t, s, row, r, v, full, tick, braking)
        a = steering(vec(r.x, r.y, r.z + t.radius_m), vec_from(s.normal), braking)
        # Constant thrust, not constant acceleration: the level is a share of full thrust.
        part = 0 if elapsed_s < t.braking_opening_s else (
            1 if braking[5] > t.braking_closing_s else 2)
        level = braking[4] if part == s.braking_part else s.braking_level[part]
        level = clamp(level, t.thrust_min_n / t.thrust_max_n, 1.0)
        vec_to(scale(level * full, a), s.a_wanted)
        quat_to(pointing(a, scale(-1.0, up)), s.wanted)
        return status
    if row.law == LAW_OFF:
        s.time_to_go_s = 0.0
        vec_to(vec(0.0, 0.0, 0.0), s.a_wanted)
        quat_to(pointing(up, vec_from(s.heading_site)), s.wanted)
        return STATUS_OK
    towards = vec_from(s.heading_site)
    tan_tilt = row.tan_tilt
    if row.law == LAW_TRIM or row.law == LAW_QUADRATIC:
        return apollo_pass(t, s, row, r, v, g, e.mass_kg, com_height, full, elapsed_s)
    if row.law == LAW_NULL_VELOCITY:
        return null_velocity_pass(t, s, row, v, g, up, e.mass_kg, full)
    if row.law == LAW_HOLD:
        s.time_to_go_s = remaining_s(row, elapsed_s)
        return hold_pass(t, s, row, up, e.mass_kg)
    target = vec_from(s.site)
    target.z += com_height
    if row.law == LAW_ADJUST:
        # Turn to where the next phase will begin, and thrust as it will.
        goal = s.phase + 1 if s.phase + 1 < t.phases else s.phase
        ahead = &t.row[goal]
        if ahead.law == LAW_OPTIMAL and fly_plan(
                t, s, goal, r, v, g, up, e.mass_kg, com_height, tick, &a, &t_go):
            s.time_to_go_s = 0.0
            vec_to(a, s.a_wanted)
            quat_to(pointing(a, towards), s.wanted)
            return STATUS_OK
        if ahead.law == LAW_POLYNOMIAL or ahead.law == LAW_OPTIMAL:
            a = polynomial_demand(t, s, ahead, r, v, g, com_height, initial_time_to_go(
                t, s, ahead, r, v, g, com_height, full))
        else:
            a = scale(-1.0, g)
        s.time_to_go_s = 0.0
    elif row.law == LAW_POLYNOMIAL or row.law == LAW_OPTIMAL:
        if row.law == LAW_OPTIMAL:
            if tick == s.target_tick:
                s.link = MODE_OPTIMAL
            # A hand-over to the polynomial is for good, but not the wait for a plan.
            if s.link != MODE_POLYNOMIAL or s.reason == REASON_NO_PLAN:
                if fly_plan(
                        t, s, s.phase, r, v, g, up, e.mass_kg, com_height, tick, &a, &t_go):
                    s.link = s.planner.flown.link
                    s.time_to_go_s = t_go
                    vec_to(a, s.a_wanted)
                    quat_to(pointing(a, towards), s.wanted)
                    return STATUS_OK
                if s.link == MODE_LEVEL:
                    s.reason = REASON_NO_ROOM
                elif s.link != MODE_POLYNOMIAL:
                    hand_over(s)
        if s.time_to_go_s < 0.0:
            if t_go > 0.0:
                s.time_to_go_s = feasible_time_to_go(t, s, row, r, v, g, com_height, full, t_go)
            else:
                s.time_to_go_s = initial_time_to_go(t, s, row, r, v, g, com_height, full)
            fresh = True
        if row.law == LAW_OPTIMAL and must_brake(
                t, s, row, r, v, g, com_height, full, tick, fresh):
            a = brake_to_vertical(t, s, row, e, r, v, g, com_height, full, &tan_tilt)
        elif row.beyond_s > 0.0:
            a = fictitious_target_demand(t, s, row, r, v, g, com_height)
        else:
            if s.time_to_go_s >= t.turn_time_s:
                s.tracks = 0
                a = polynomial_demand(t, s, row, r, v, g, com_height, s.time_to_go_s)
            else:
                a = tracked_demand(t, s, row, r, v, g, com_height, tick)
    elif row.law == LAW_E_GUIDANCE:
        target.z += row.altitude_m
        target = axpy(-row.range_m, vec_from(t.arrival_site), target)
        a = e_guidance_demand(s, row, r, v, target, g)
    elif row.law == LAW_HOVER:
        tan_tilt = t.tan_hold_tilt
        target.z += row.altitude_m
        propagate_over_lag(e, g, t.slew_lag_s, &r, &v)
        a = hold_point(r, v, target, vec(0.0, 0.0, 0.0), g, t.hold_frequency, t.hold_brake_mps2)
        s.time_to_go_s = remaining_s(row, elapsed_s)
    else:
        tan_tilt = t.tan_hold_tilt
        propagate_over_lag(e, g, t.slew_lag_s, &r, &v)
        # Descend at a constant rate over the target: no pull towards a height.
        v_target = vec(0.0, 0.0, row.vertical_mps)
        target.z = r.z
        a = hold_point(r, v, target, v_target, g, t.hold_frequency, t.hold_brake_mps2)
        # The rate is held twice as tightly as the place.
        a.z += 2.0 * t.hold_frequency * (row.vertical_mps - v.z)
        s.time_to_go_s = max((r.z - s.site[2] - com_height) / max(-row.vertical_mps, 0.1), 0.0)
    limited = limit_thrust(a, up, full, 0.4 * norm(g), tan_tilt)
    if limited.cut:
        status = STATUS_LIMITED
    vec_to(limited.a, s.a_wanted)
    quat_to(pointing(limited.a, towards), s.wanted)
    return status
