"""The chain of laws that flies to a gate: least propellant first, polynomial where that may not be.

Two tasks share it. The tick asks for a descent (Request), and flies the one it has; the planning
task solves what was asked, looks along the answer and leaves it (Plan). A request holds all that
the answer depends on, so that whoever plans may do so on a copy. What is wrong with an answer is
its reason, which telemetry keeps: no certified descent; one that comes too near the ground, tilts
too far, or turns faster than the lander does.
"""

from libc.stdint cimport int32_t, int64_t
from libc.math cimport sqrt

from farside.ext.optimal cimport (
    FULL, FULL_LEAST_FULL, LEAST_FULL, OPTIMAL, Extremal, Lander, solve_lander,
)
from farside.ext.vec cimport Vec3, axpy, cross, dot, norm, scale, unit, vec


cdef enum Link:
    LINK_NONE = 0           # the row's law is no chain
    LINK_OPTIMAL = 1
    LINK_POLYNOMIAL = 3


cdef enum Reason:
    REASON_NONE = 0
    REASON_NEAR_END = 1     # what is left is short: time-to-go would divide
    REASON_NOT_FOUND = 2    # no certified answer
    REASON_LOW = 3          # the way would sink below the gate's level, or its glide slope
    REASON_TILTED = 4       # the thrust would lean further than it may
    REASON_TURNING = 5      # the thrust would turn faster than the lander does
    REASON_NO_PLAN = 6      # nothing was answered in time


cdef enum:
    LOOKS = 10              # places on each arc at which a plan is looked at
    ATTEMPT = 25            # Newton steps of one attempt at most (optimal_search.pxi)


cdef struct Way:            # what a plan may not leave
    double level_m          # lowest place, along z of the site
    double tan_glide        # over the target, beyond the last metres
    double cos_tilt         # of the thrust, from up
    double rate_radps       # of the thrust's turning
    Vec3 up


cdef struct Request:        # the tick writes it, nobody else
    int64_t number          # of the last request; none has 0
    int64_t tick            # whose state it is
    int32_t open            # it stands: neither adopted nor overtaken
    int32_t last            # the last arc is flown
    int32_t most_steps      # Newton steps after which nothing is begun
    int32_t reserved
    double full_n           # thrust that the plan flown calls full
    double margin           # of full thrust, kept back
    Lander lander
    Way way
    Extremal near           # the plan flown, seen from here


cdef struct Plan:           # the planning task writes its answer, nobody else
    int64_t number          # of the request that it answers
    int64_t tick            # that it is seen from
    int32_t link            # that found it; LINK_NONE: nothing to fly
    int32_t reason          # why not the link before
    double full_n           # thrust that it calls full
    Extremal e              # SI


cdef struct Planner:        # what the two tasks share, and what the tick keeps of it
    Request asked
    Plan answer
    Plan flown
    int32_t goal            # row whose target is flown to; -1: none
    int32_t refused         # Reason of the last answer
    int32_t last            # the last arc is flown
    int32_t reserved
    double full_n           # thrust that is called full now


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


cdef inline int32_t look_along_arc(
    const Extremal* e, const Lander* lander, const Way* way, Flown* f, double end_s
) noexcept nogil:
    """Fly one arc of the plan in equal steps, and give what speaks against it."""
    cdef double h = (end_s - f.at_s) / LOOKS, thrust, flow
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
        f.r = axpy(h, f.v, axpy(0.5 * h * h, a, f.r))
        f.v = axpy(h, a, f.v)
        f.mass_kg -= h * flow
        f.at_s += h
        if f.r.z < way.level_m + way.tan_glide * sqrt(f.r.x * f.r.x + f.r.y * f.r.y):
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


cdef inline void answer_request(const Request* asked, Plan* plan) noexcept nogil:
    """The planning task's work: links in their order, until one has an answer.

    Bounded: most_steps + ATTEMPT Newton steps, each with seven halvings at most, and LOOKS places
    on three arcs.
    """
    plan.reason = plan_optimal(asked, plan)
    plan.link = LINK_OPTIMAL if plan.reason == REASON_NONE else LINK_NONE
    plan.tick = asked.tick
    plan.number = asked.number
