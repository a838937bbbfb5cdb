"""The chain of laws that flies to a gate: least propellant, or the same within limits.

Behind both stand laws that need no plan (autopilot_laws.pxd). Two tasks share the chain. The tick
asks for a descent (Request), and flies the one it has; the planning task solves what was asked,
looks along the answer and leaves it (Plan). A request holds all that the answer depends on, so that
whoever plans may do so on a copy. What is wrong with an answer is its reason, which telemetry
keeps: no certified descent; one that comes too near the ground, tilts too far, or turns faster than
the lander does.

A plan flies by its primer and switches (`Extremal`) or by its knots (`CollocationPlan`). The
workspace that solves the second belongs to the planning task, 45 kB that hold nothing between
calls.
"""

from libc.stdint cimport int32_t, int64_t
from libc.math cimport sqrt

from farside.ext.guidance.constrained.solver cimport (
    CLOSE, MISSED, MOST_INTERVALS, Bounds, SolverWorkspace, acceleration_at, solve_within,
)
from farside.ext.guidance.optimal.optimal cimport (
    FULL, FULL_LEAST_FULL, LEAST_FULL, OPTIMAL, solve_lander,
)
from farside.ext.guidance.records.plan cimport Extremal, CollocationPlan, Lander, Plan, Planner, Request, Way
from farside.ext.common.vector cimport Vec3, axpy, cross, dot, norm, scale, unit, vec


cdef enum Link:
    LINK_NONE = 0           # the row's law is no chain
    LINK_OPTIMAL = 1
    LINK_CONSTRAINED = 2    # the same within glide slope and tilt
    LINK_POLYNOMIAL = 3
    LINK_LEVEL = 4          # brake, and stay as level as that allows


cdef enum Reason:
    REASON_NONE = 0
    REASON_NEAR_END = 1     # what is left is short: time-to-go would divide
    REASON_NOT_FOUND = 2    # no certified answer
    REASON_LOW = 3          # the way would sink below the gate's level, or its glide slope
    REASON_TILTED = 4       # the thrust would lean further than it may
    REASON_TURNING = 5      # the thrust would turn faster than the lander does
    REASON_NO_PLAN = 6      # nothing was answered in time
    REASON_MISSES = 7       # the target is out of reach: the plan ends as near as it can
    REASON_NO_ROOM = 8      # no polynomial to the target stays above the ground and slows down


cdef enum:
    LOOKS = 10              # places on each arc at which a plan is looked at
    LOOKS_BETWEEN = 4       # and between two knots
    WITHIN_TRIES = 3        # constrained descents that one request may cost
    WITHIN_M = 20000        # from further away, or faster, 20 knots are too far apart
    WITHIN_MPS = 300
    ATTEMPT = 25            # Newton steps of one attempt at most (optimal_search.pxi)


cdef extern from *:
    """
    #define CHAIN_MOST_LACK 0.15    /* of least thrust, between the knots of a plan */
    """
    const double MOST_LACK "CHAIN_MOST_LACK"


cdef inline Vec3 primer(const Extremal* e, double t) noexcept nogil:
    """Direction of the thrust, t seconds after the plan's tick."""
    cdef double go = e.t_f - t
    return unit(
        vec(e.p[0] + go * e.q[0], e.p[1] + go * e.q[1], e.p[2] + go * e.q[2]),
        vec(0.0, 0.0, 1.0))


cdef inline double planned_thrust(
    const Extremal* e, double least_n, double full_n, double t
) noexcept nogil:
    """Full or least thrust [N], by the plan's switches."""
    return least_n if e.t_1 <= t < e.t_2 else full_n


cdef struct Flown:          # along a plan
    Vec3 r                  # [m] from the target
    Vec3 v
    double mass_kg
    Vec3 way                # of the thrust, last looked at
    double at_s


cdef inline bint too_low(const Way* way, Vec3 r) noexcept nogil:
    """Whether a place is below the level or the glide slope."""
    return r.z < way.level_m + way.tan_glide * sqrt(r.x * r.x + r.y * r.y)


cdef inline int32_t look_along_arc(
    const Extremal* e, const Lander* lander, const Way* way, Flown* f, double end_s
) noexcept nogil:
    """Fly one arc of the plan in equal steps, and give what speaks against it."""
    cdef double h = (end_s - f.at_s) / LOOKS, thrust, flow, low_s
    cdef Vec3 a, u, g = vec(lander.g[0], lander.g[1], lander.g[2])
    cdef int _i
    if not h > 0:
        return REASON_NONE
    thrust = planned_thrust(e, lander.least_n, lander.full_n, f.at_s + 0.5 * h)
    flow = thrust / lander.exhaust_mps
    for _i in range(LOOKS):
        u = primer(e, f.at_s + 0.5 * h)
        if dot(u, way.up) < way.cos_tilt:
            return REASON_TILTED
        # The chord of two unit vectors is no longer than their angle.
        if norm(axpy(-1.0, f.way, u)) > way.rate_radps * h:
            return REASON_TURNING
        f.way = u
        a = axpy(thrust / (f.mass_kg - 0.5 * h * flow), u, g)
        if f.v.z < 0.0 < f.v.z + h * a.z:
            # the lowest place between two looks
            low_s = -f.v.z / a.z
            if too_low(way, axpy(low_s, f.v, axpy(0.5 * low_s * low_s, a, f.r))):
                return REASON_LOW
        f.r = axpy(h, f.v, axpy(0.5 * h * h, a, f.r))
        f.v = axpy(h, a, f.v)
        f.mass_kg -= h * flow
        f.at_s += h
        if too_low(way, f.r):
            return REASON_LOW
    return REASON_NONE


cdef inline int32_t look_along(
    const Extremal* e, const Lander* lander, const Way* way
) noexcept nogil:
    """Fly the plan roughly, arc by arc, and give what speaks against it."""
    cdef Flown f
    cdef int32_t against
    f.r = vec(lander.r[0], lander.r[1], lander.r[2])
    f.v = vec(lander.v[0], lander.v[1], lander.v[2])
    f.mass_kg = lander.mass_kg
    f.way = primer(e, 0.0)
    f.at_s = 0.0
    against = look_along_arc(e, lander, way, &f, e.t_1)
    if against == REASON_NONE:
        against = look_along_arc(e, lander, way, &f, e.t_2)
    if against == REASON_NONE:
        against = look_along_arc(e, lander, way, &f, e.t_f)
    return against


cdef inline void seen_from(Extremal* e, double later_s) noexcept nogil:
    """The same flight, seen from later on."""
    e.t_f -= later_s
    e.t_2 -= later_s
    e.t_1 -= later_s
    if e.unknowns == FULL_LEAST_FULL and e.t_1 <= 0.01 * e.t_f:
        e.unknowns = LEAST_FULL
    if e.unknowns == LEAST_FULL and e.t_2 <= 0.01 * e.t_f:
        e.unknowns = FULL
    if not e.t_f > 0:
        e.unknowns = 0


cdef inline int32_t plan_optimal(const Request* asked, Plan* plan) noexcept nogil:
    """Solve from the plan flown, look along the answer; the reason why it may not be flown.

    On the last arc there is nothing left to wait with. What it calls full thrust follows the
    flight: less by the impulse of a coast that the answer still has room for, L t_f = L (t_f - t_2)
    + least t_2, and a little more where there is no answer.
    """
    cdef Lander tried = asked.lander
    cdef double full_n = asked.lander.full_n
    cdef int32_t against = REASON_NOT_FOUND
    plan.full_n = asked.full_n if asked.last else full_n * (1.0 - asked.margin)
    tried.full_n = plan.full_n
    plan.e = asked.near
    plan.e.steps = 0
    plan.e.most_steps = asked.most_steps
    if solve_lander(&tried, &plan.e) == OPTIMAL:
        against = look_along(&plan.e, &tried, &asked.way)
    if asked.last and against == REASON_NONE:
        plan.full_n = max(
            full_n * (1.0 - 2.5 * asked.margin),
            plan.full_n - (plan.full_n - asked.lander.least_n) * plan.e.t_2 / plan.e.t_f)
    elif asked.last:
        plan.full_n = min(full_n, 1.01 * plan.full_n)
    return against


cdef struct Look:           # along knots
    Vec3 r                  # [m] from where the plan lands
    Vec3 v
    Vec3 way                # of the thrust, last looked at


cdef inline int32_t look_along_knots(
    const CollocationPlan* knots, const Lander* lander, const Way* way
) noexcept nogil:
    """Fly the knots, exactly, and give what speaks against the way between them.

    A quarter of an interval at a time the way is inside the hull of its control points (see
    between_nodes.pxi), so that no place between two looks is missed. Thrust that lacks a part of
    the least, as where the convexification is loose, is a turn that the engine cannot make.
    """
    cdef double h = knots.step_s / LOOKS_BETWEEN
    cdef Vec3 g = vec(lander.g[0], lander.g[1], lander.g[2])
    cdef Vec3 a = acceleration_at(knots, 0.0), next_a, u
    cdef Look f
    cdef double mass_kg = lander.mass_kg, pull
    cdef int k
    f.r = vec(lander.r[0] - knots.miss_m[0], lander.r[1] - knots.miss_m[1], lander.r[2])
    f.v = vec(lander.v[0], lander.v[1], lander.v[2])
    f.way = unit(a, way.up)
    for k in range(1, MOST_INTERVALS * LOOKS_BETWEEN + 1):
        next_a = acceleration_at(knots, k * h)
        u = unit(next_a, way.up)
        if norm(axpy(-1.0, f.way, u)) > way.rate_radps * h:
            return REASON_TURNING
        f.way = u
        pull = 0.5 * (norm(a) + norm(next_a))
        mass_kg -= h * mass_kg * pull / lander.exhaust_mps
        if mass_kg * norm(next_a) < (1.0 - MOST_LACK) * lander.least_n:
            return REASON_TURNING
        if too_low(way, axpy(h / 3.0, f.v, f.r)):
            return REASON_LOW
        # r + h v + h^2 / 6 (2 a + a+) + h^2 / 2 g, v + h / 2 (a + a+) + h g
        f.r = axpy(h, f.v, axpy(h * h / 6.0, axpy(2.0, a, next_a), axpy(0.5 * h * h, g, f.r)))
        f.v = axpy(0.5 * h, axpy(1.0, a, next_a), axpy(h, g, f.v))
        a = next_a
        if too_low(way, axpy(-h / 3.0, f.v, f.r)) or too_low(way, f.r):
            return REASON_LOW
    return REASON_NONE


cdef inline bint loosen(const Lander* lander, double dry_kg, Way* way) noexcept nogil:
    """What a way can keep that begins here; False where there is none.

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
        z > way.ground_m and z < WITHIN_M and aside < WITHIN_M and speed < WITHIN_MPS and net > 0.0
        and z - 0.5 * fall * fall / net > way.ground_m
    ):
        return False
    if z < way.level_m:
        # Of what is left above the ground, half.
        way.level_m = 0.5 * (z + way.ground_m)
    if 0.9 * z < way.tan_glide * aside:
        way.tan_glide = 0.9 * z / aside if z > 0.0 else 0.0
    return True


cdef inline int32_t plan_within(
    const Request* asked, double guess_s, Plan* plan, SolverWorkspace* room
) noexcept nogil:
    """The constrained descent, looked along; the reason why it may not be flown, or for flying it.

    What breaks the glide slope between knots is solved anew for a steeper one; what turns too fast,
    inside a narrower cone; what is out of reach with the margin kept back, with a quarter of it.
    What is so still is flown to its least miss.
    """
    cdef Lander lander = asked.lander
    cdef Way way = asked.way
    cdef Bounds bounds
    cdef double steeper = 1.0
    cdef double aside = sqrt(lander.r[0] * lander.r[0] + lander.r[1] * lander.r[1])
    cdef int left = asked.knot_steps, ending
    cdef int32_t against = REASON_NOT_FOUND
    cdef int _try
    if not loosen(&lander, asked.dry_kg, &way):
        return REASON_NOT_FOUND
    bounds.cos_tilt = way.cos_tilt
    bounds.cos_end = way.cos_end
    bounds.floor_m = min(way.level_m, 0.0)
    bounds.dry_kg = asked.dry_kg
    bounds.margin = asked.margin
    # What is between knots is looked at below: a slope as steep as it takes costs fewer steps.
    bounds.between = False
    for _try in range(WITHIN_TRIES):
        bounds.cot_glide = 1.0 / (steeper * way.tan_glide) if way.tan_glide > 0.0 else 0.0
        bounds.floored = not way.tan_glide > 0.0
        ending = solve_within(&lander, &bounds, guess_s, left, room, &plan.knots)
        plan.solves += 1
        plan.knot_steps += plan.knots.steps
        left -= plan.knots.steps
        if ending > MISSED or (ending == MISSED and bounds.margin == asked.margin):
            against = REASON_NOT_FOUND
            if not bounds.margin == asked.margin:
                return against
            bounds.margin = 0.25 * asked.margin
        else:
            against = look_along_knots(&plan.knots, &lander, &way)
            if against == REASON_NONE:
                return REASON_MISSES if ending == MISSED else REASON_NONE
            if against == REASON_TURNING:
                # Of the cosines, half-way to upright.
                bounds.cos_tilt = 0.5 + 0.5 * bounds.cos_tilt
            else:
                steeper *= 1.3
                # From beneath the slope none is steeper.
                if not steeper * way.tan_glide * aside < lander.r[2]:
                    return against
        if left <= 0:
            return against
        if plan.knots.t_f > 0.0:
            guess_s = plan.knots.t_f
    return against


cdef inline void answer_request(
    const Request* asked, Plan* plan, SolverWorkspace* room
) noexcept nogil:
    """The planning task's work: links in their order, until one has an answer.

    Bounded: most_steps + ATTEMPT Newton steps, each with seven halvings at most, and LOOKS places
    on three arcs; then knot_steps interior-point steps, and LOOKS_BETWEEN places between any two
    knots, WITHIN_TRIES times.
    """
    cdef double guess_s = asked.left_s
    plan.within = REASON_NONE
    plan.solves = 0
    plan.knot_steps = 0
    plan.reason = plan_optimal(asked, plan)
    plan.link = LINK_OPTIMAL if plan.reason == REASON_NONE else LINK_NONE
    if plan.link == LINK_NONE and asked.knot_steps > 0:
        if plan.reason != REASON_NOT_FOUND and not guess_s > 0.0:
            guess_s = plan.e.t_f
        plan.within = plan_within(asked, guess_s, plan, room)
        if plan.within == REASON_NONE or plan.within == REASON_MISSES:
            plan.link = LINK_CONSTRAINED
            plan.full_n = asked.lander.full_n * (1.0 - asked.margin)
            if plan.within == REASON_MISSES:
                plan.reason = REASON_MISSES
    plan.tick = asked.tick
    plan.number = asked.number
