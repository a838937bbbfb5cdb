"""Braking as a row of the phase table: three parts of constant thrust, solved anew each second.

    x[0..3]   primer and its rates, x[4] thrust level of the controlling part, x[5] time-to-go
    part      whose level controls the range: opening, main, closing; each in its turn

Over the last seconds of a part its level is frozen and the next part takes over the control; so it
does when a level leaves what the engine gives. Where even full thrust in all parts does not stop at
the gate, the range is free. A share of the gate's range is given up so: the next row then begins
nearer to the target. Beyond that the target moves along the track, to where full thrust, in the
closing part less its planned margin, ends: the least move that keeps the margin. It rides with each
solution, back as well, never short of the site, until the closing part begins; in that it moves
again only where the margin is used up.

Coasts between burns are rows of hold: the solution is kept there, and what a part still controls
counts by the seconds that it burns.
"""

from farside.ext.guidance.autopilot._codes cimport (
    LAW_BRAKING, STATUS_NO_SOLUTION, STATUS_OK,
)
from farside.ext.guidance.autopilot.guidance_state cimport GuidanceState
from farside.ext.guidance.autopilot.late cimport major_ticks
from farside.ext.guidance.autopilot.records cimport AutopilotState, AutopilotTable, PhaseRow
from farside.ext.guidance.autopilot.track cimport move_aim
from farside.ext.guidance.laws.attitude cimport pointing
from farside.ext.guidance.laws.braking cimport (
    BrakingProblem, BrakingThrust, age_braking, coast_within, steering,
)
from farside.ext.guidance.laws.braking_newton cimport braking_step
from farside.ext.guidance.records.plan cimport BRAKING_PARTS, BRAKING_UNKNOWNS, MOST_COASTS
from farside.ext.common.types cimport TICK_HZ
from farside.ext.common.vector cimport (
    Vec3, clamp, finite, quat_to, scale, vec, vec_from, vec_to,
)


cdef inline void advance_thrust_arc(
        const AutopilotTable* t, AutopilotState* s, double* x) noexcept nogil:
    """From now on the next part's level controls the range, no longer this one's."""
    s.braking_level[s.braking_part] = clamp(x[4], t.thrust_min_n / t.thrust_max_n, 1.0)
    s.braking_part += 1
    x[4] = s.braking[4] = s.braking_level[s.braking_part]


cdef inline double held_level(const AutopilotTable* t, const AutopilotState* s) noexcept nogil:
    """The closing part's level while the range is free: full, or as planned for a moved target."""
    return t.braking_level[BRAKING_PARTS - 1] if s.aim_m > 0.0 else 1.0


cdef inline void follow_free_range(
        const AutopilotTable* t, AutopilotState* s, const PhaseRow* row, double miss,
        double short_m, double* x) noexcept nogil:
    """Move the aim to where the flight of free range ends, and end it where it may end."""
    if s.aim_m > 0.0:
        if s.solved and miss < t.gains.braking.aimed_m:
            move_aim(t, s, -short_m)
            # The site is in reach again, or the part flown is the last: the range is controlled.
            s.braking_holds = s.aim_m > 0.0 and x[5] > t.braking_closing_s
    elif s.solved and miss < t.gains.braking.aimed_m and (
            -short_m > t.gains.braking.given_share * row.range_m):
        move_aim(t, s, -short_m)
    elif s.solved and miss < t.gains.braking.converged_m and x[4] < 1.0:
        # Range comes back within reach when the gate lies beyond what full thrust needs.
        s.braking_holds = 0


cdef inline void keep_within_reach(
        const AutopilotTable* t, AutopilotState* s, const PhaseRow* row, double miss,
        double short_m, double* x) noexcept nogil:
    """Hand over, or hold, a level that the engine does not give."""
    cdef double converged_m = t.gains.braking.converged_m
    if s.braking_part + 1 < BRAKING_PARTS:
        # What a part cannot give, or take, is left to the next.
        if s.solved and clamp(x[4], t.thrust_min_n / t.thrust_max_n, 1.0) != x[4]:
            advance_thrust_arc(t, s, x)
    elif s.braking_holds:
        follow_free_range(t, s, row, miss, short_m, x)
    elif x[4] > 1.0:
        s.braking_holds = 1
        x[4] = held_level(t, s)
    s.solved = miss < converged_m


cdef inline double improve_braking(
        const AutopilotTable* t, AutopilotState* s, const PhaseRow* row, const GuidanceState* now,
        BrakingProblem* problem, double* x) noexcept nogil:
    """One Newton step of the solution x; its miss [m], NaN where there is none."""
    cdef Vec3 normal
    cdef double miss, short_m = 0.0
    cdef int i
    problem.moon.gm = t.gm
    problem.moon.radius_m = t.radius_m
    problem.moon.omega = vec_from(t.omega_site)
    problem.gate.altitude_m = row.altitude_m
    problem.gate.range_m = row.range_m
    problem.gate.vertical_mps = row.vertical_mps
    problem.gate.horizontal_mps = row.horizontal_mps
    problem.thrust.full_mps2 = now.full_mps2
    problem.thrust.exhaust_mps = t.exhaust_mps
    problem.thrust.part = s.braking_part
    for i in range(BRAKING_PARTS):
        problem.thrust.level[i] = s.braking_level[i]
    problem.target = vec(s.site[0], s.site[1], s.site[2] + t.radius_m)
    problem.rho = vec(now.r.x, now.r.y, now.r.z + t.radius_m)
    problem.v = now.v
    miss = braking_step(problem, held_level(t, s), s.braking_holds != 0, x, &normal, &short_m)
    if finite(miss):
        keep_within_reach(t, s, row, miss, short_m, x)
        for i in range(BRAKING_UNKNOWNS):
            s.braking[i] = x[i]
        s.braking_tick = now.tick
        vec_to(normal, s.normal)
    return miss


cdef inline void coasts_ahead(
        const AutopilotTable* t, double since_s, BrakingThrust* thrust) noexcept nogil:
    """The table's coasts, their times from now on."""
    cdef int j = 0
    while j < MOST_COASTS and t.coast_end_s[j] > t.coast_begin_s[j]:
        thrust.coast_begin_s[j] = t.coast_begin_s[j] - since_s
        thrust.coast_end_s[j] = t.coast_end_s[j] - since_s
        j += 1
    thrust.coasts = j


cdef inline int solve_braking(
        const AutopilotTable* t, AutopilotState* s, const PhaseRow* row, const GuidanceState* now,
        double* x) noexcept nogil:
    """Bring the braking solution x to now, and improve it where its time has come."""
    cdef BrakingProblem problem
    cdef double age = (now.tick - s.braking_tick) / <double> TICK_HZ
    cdef double since_s = (now.tick - s.initiation_tick) / <double> TICK_HZ
    cdef BrakingThrust* thrust = &problem.thrust
    cdef double ends_s
    cdef int i
    # The same steering, its time from now on.
    for i in range(BRAKING_UNKNOWNS):
        x[i] = s.braking[i]
    if age > 0.0:
        age_braking(
            t.gm, vec(now.r.x, now.r.y, now.r.z + t.radius_m), now.v, vec_from(s.normal), age, x)
    thrust.opening_s = t.braking_opening_s - since_s
    thrust.closing_s = t.braking_closing_s
    coasts_ahead(t, since_s, thrust)
    # Over its last seconds a part keeps its level.
    if s.braking_part == 0 and thrust.opening_s - coast_within(
            thrust, 0.0, thrust.opening_s) < t.gains.braking.freeze_s:
        advance_thrust_arc(t, s, x)
    ends_s = x[5] - thrust.closing_s
    if s.braking_part == 1 and ends_s - coast_within(
            thrust, max(thrust.opening_s, 0.0), ends_s) < t.gains.braking.freeze_s:
        advance_thrust_arc(t, s, x)
    # So near the end the conditions on place no longer bend the flight sensibly.
    if not (x[5] < t.gains.braking.last_s or (
            s.solved and now.tick - s.braking_tick < major_ticks(t, s))):
        if not finite(improve_braking(t, s, row, now, &problem, x)):
            s.time_to_go_s = s.braking[5] - age
            return STATUS_NO_SOLUTION
    s.time_to_go_s = x[5]
    return STATUS_OK


cdef inline int braking_law(
        const AutopilotTable* t, AutopilotState* s, const PhaseRow* row,
        const GuidanceState* now) noexcept nogil:
    """One guidance tick of braking: thrust along the primer, at the level of the part flown."""
    cdef double x[BRAKING_UNKNOWNS]
    cdef int status = solve_braking(t, s, row, now, x)
    cdef Vec3 a = steering(
        vec(now.r.x, now.r.y, now.r.z + t.radius_m), vec_from(s.normal), x)
    # Constant thrust, not constant acceleration: the level is a share of full thrust.
    cdef double since_s = (now.tick - s.initiation_tick) / <double> TICK_HZ
    cdef int part = 0 if since_s < t.braking_opening_s else (
        1 if x[5] > t.braking_closing_s else 2)
    cdef double level = x[4] if part == s.braking_part else s.braking_level[part]
    level = clamp(level, t.thrust_min_n / t.thrust_max_n, 1.0)
    vec_to(scale(level * now.full_mps2, a), s.a_wanted)
    quat_to(pointing(a, scale(-1.0, now.up)), s.wanted)
    return status


cdef inline void solve_through_coast(
        const AutopilotTable* t, AutopilotState* s, const GuidanceState* now) noexcept nogil:
    """Keep the solution of the burn that follows a held row, where one does."""
    cdef double x[BRAKING_UNKNOWNS]
    if s.phase + 1 < t.phases and t.row[s.phase + 1].law == LAW_BRAKING:
        solve_braking(t, s, &t.row[s.phase + 1], now, x)
