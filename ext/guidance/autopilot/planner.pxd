"""The planned descents to a gate: least propellant, or the same within limits.

    request --> plan_optimal: solve, check its path --reason none--> answer, MODE_OPTIMAL
                   | any reason, and interior-point steps allowed
                   v
                plan_constrained: relax the limits that the start breaks, solve, check the path
                   | low: a steeper glide slope, again        | none, or misses
                   | turning: a narrower cone, again          +--> answer, MODE_CONSTRAINED
                   | out of reach: less margin, again
                   v after all tries, or without steps left
                answer, MODE_NONE: the tick flies the laws that need no plan (row_level.pxd)

Two tasks share the planner. The tick posts a request and flies the plan it has; the planning task
solves, checks the answer's path and leaves it (PlannedDescent). A request holds all that the answer
depends on, gains included, so that a planning task may work on a copy. Telemetry keeps the reason
of an answer. The room to solve in belongs to the planning task, 45 kB that hold nothing between
calls.
"""

from libc.math cimport sqrt
from libc.stdint cimport int32_t

from farside.ext.guidance.autopilot._codes cimport (
    MODE_CONSTRAINED, MODE_NONE, MODE_OPTIMAL, REASON_MISSES, REASON_NONE, REASON_NOT_FOUND,
    REASON_TURNING,
)
from farside.ext.guidance.records.gains cimport PlanGains
from farside.ext.guidance.autopilot.plan_check cimport check_knots, check_path
from farside.ext.guidance.records.plan cimport PathLimits, PlannedDescent, Request, Lander
from farside.ext.guidance.constrained.solver cimport Bounds, SolverWorkspace, solve_within
from farside.ext.guidance.optimal.optimal cimport solve_lander
from farside.ext.guidance.records._codes cimport MISSED, OPTIMAL
from farside.ext.common.vector cimport norm, vec


cdef inline int32_t plan_optimal(const Request* asked, PlannedDescent* plan) noexcept nogil:
    """Solve from the plan flown, check the answer's path; the reason why it may not be flown.

    On the last arc there is nothing left to wait with. What it calls full thrust follows the
    flight: less by the impulse of a coast that the answer still has room for, L t_f = L (t_f - t_2)
    + least t_2, and a little more where there is no answer.
    """
    cdef Lander tried = asked.lander
    cdef double full_n = asked.lander.full_n
    cdef const PlanGains* gains = &asked.gains
    cdef int32_t against = REASON_NOT_FOUND
    plan.full_n = asked.full_n if asked.last else full_n * (1.0 - asked.margin)
    tried.full_n = plan.full_n
    plan.e = asked.near
    plan.e.steps = 0
    plan.e.most_steps = asked.most_steps
    if solve_lander(&tried, &plan.e) == OPTIMAL:
        against = check_path(&plan.e, &tried, &asked.path)
    if asked.last and against == REASON_NONE:
        plan.full_n = max(
            full_n * (1.0 - gains.last_arc_margins * asked.margin),
            plan.full_n - (plan.full_n - asked.lander.least_n) * plan.e.t_2 / plan.e.t_f)
    elif asked.last:
        plan.full_n = min(full_n, gains.last_arc_growth * plan.full_n)
    return against


cdef inline bint relax_path_limits(
    const Lander* lander, const PlanGains* gains, double dry_kg, PathLimits* path
) noexcept nogil:
    """What a path can keep that begins here; False where there is none.

    None begins where full thrust, upright, does not stop the fall above the ground even with the
    mass of an empty tank.
    """
    cdef double z = lander.r[2]
    cdef double aside = sqrt(lander.r[0] * lander.r[0] + lander.r[1] * lander.r[1])
    cdef double speed = norm(vec(lander.v[0], lander.v[1], lander.v[2]))
    cdef double net = lander.full_n / max(dry_kg, 1.0) - norm(
        vec(lander.g[0], lander.g[1], lander.g[2]))
    cdef double fall = min(lander.v[2], 0.0)
    if not (
        z > path.ground_m and z < gains.range_m and aside < gains.range_m
        and speed < gains.speed_mps and net > 0.0
        and z - 0.5 * fall * fall / net > path.ground_m
    ):
        return False
    if z < path.level_m:
        # Of what is left above the ground, half.
        path.level_m = 0.5 * (z + path.ground_m)
    if gains.glide_share * z < path.tan_glide * aside:
        path.tan_glide = gains.glide_share * z / aside if z > 0.0 else 0.0
    return True


cdef inline int32_t plan_constrained(
    const Request* asked, double guess_s, PlannedDescent* plan, SolverWorkspace* room
) noexcept nogil:
    """The constrained descent, checked; the reason why it may not be flown, or for flying it.

    What breaks the glide slope between knots is solved anew for a steeper one; what turns too fast,
    inside a narrower cone; what is out of reach with the margin kept back, with a share of it.
    What is out of reach even so is flown to its least miss.
    """
    cdef Lander lander = asked.lander
    cdef PathLimits path = asked.path
    cdef Bounds bounds
    cdef double steeper = 1.0
    cdef double aside = sqrt(lander.r[0] * lander.r[0] + lander.r[1] * lander.r[1])
    cdef int left = asked.knot_steps, ending
    cdef int32_t against = REASON_NOT_FOUND
    cdef int _try
    if not relax_path_limits(&lander, &asked.gains, asked.dry_kg, &path):
        return REASON_NOT_FOUND
    bounds.cos_tilt = path.cos_tilt
    bounds.cos_end = path.cos_end
    bounds.floor_m = min(path.level_m, 0.0)
    bounds.dry_kg = asked.dry_kg
    bounds.margin = asked.margin
    # The path between knots is checked below: a steeper slope where it is needed costs fewer steps.
    bounds.between = False
    for _try in range(asked.tries):
        bounds.cot_glide = 1.0 / (steeper * path.tan_glide) if path.tan_glide > 0.0 else 0.0
        bounds.floored = not path.tan_glide > 0.0
        ending = solve_within(&lander, &bounds, guess_s, left, room, &plan.knots)
        plan.solves += 1
        plan.knot_steps += plan.knots.steps
        left -= plan.knots.steps
        if ending > MISSED or (ending == MISSED and bounds.margin == asked.margin):
            against = REASON_NOT_FOUND
            if not bounds.margin == asked.margin:
                return against
            bounds.margin = asked.gains.retry_share * asked.margin
        else:
            against = check_knots(&plan.knots, &lander, &path, asked.gains.lack_share)
            if against == REASON_NONE:
                return REASON_MISSES if ending == MISSED else REASON_NONE
            if against == REASON_TURNING:
                # Of the cosines, half-way to upright.
                bounds.cos_tilt = 0.5 + 0.5 * bounds.cos_tilt
            else:
                steeper *= asked.gains.steeper
                # From beneath the slope none is steeper.
                if not steeper * path.tan_glide * aside < lander.r[2]:
                    return against
        if left <= 0:
            return against
        if plan.knots.t_f > 0.0:
            guess_s = plan.knots.t_f
    return against


cdef inline void answer_request(
    const Request* asked, PlannedDescent* plan, SolverWorkspace* room
) noexcept nogil:
    """The planning task's work: the two planned modes in their order, until one has an answer.

    Bounded: most_steps + 25 Newton steps (one attempt of optimal/search.pxi more than it allows),
    each with seven halvings at most, and ARC_STEPS
    places on three arcs; then knot_steps interior-point steps, and KNOT_INTERVAL_STEPS places
    between any two knots, `tries` times.
    """
    cdef double guess_s = asked.left_s
    plan.within = REASON_NONE
    plan.solves = 0
    plan.knot_steps = 0
    plan.reason = plan_optimal(asked, plan)
    plan.link = MODE_OPTIMAL if plan.reason == REASON_NONE else MODE_NONE
    if plan.link == MODE_NONE and asked.knot_steps > 0:
        if plan.reason != REASON_NOT_FOUND and not guess_s > 0.0:
            guess_s = plan.e.t_f
        plan.within = plan_constrained(asked, guess_s, plan, room)
        if plan.within == REASON_NONE or plan.within == REASON_MISSES:
            plan.link = MODE_CONSTRAINED
            plan.full_n = asked.lander.full_n * (1.0 - asked.margin)
            if plan.within == REASON_MISSES:
                plan.reason = REASON_MISSES
    plan.tick = asked.tick
    plan.number = asked.number
