"""How a row flies planned descents: what it asks of the planning task, and what it does meanwhile.

A request stands until it is answered, or too old, or overtaken: by a new target, or by a row that
flies elsewhere. Answers to other requests than the one that stands are ignored. The answer
acts from the first guidance tick that finds it, its times shifted to that tick.
"""

from libc.math cimport sqrt
from libc.stdint cimport int32_t, int64_t
from libc.string cimport memset

from farside.ext.guidance.autopilot._codes cimport (
    MODE_CONSTRAINED, MODE_NONE, MODE_OPTIMAL, REASON_NEAR_END, REASON_NONE, REASON_NO_PLAN,
    SHED_CONSTRAINED, SHED_PLANS,
)
from farside.ext.guidance.autopilot.late cimport major_ticks
from farside.ext.guidance.autopilot.plan_flight cimport planned_thrust, primer, shift_epoch
from farside.ext.guidance.records.plan cimport PlannedDescent, Planner, Request, Lander
from farside.ext.guidance.autopilot.guidance_state cimport GuidanceState
from farside.ext.guidance.autopilot.records cimport AutopilotState, AutopilotTable, PhaseRow
from farside.ext.guidance.constrained.collocation cimport acceleration_at
from farside.ext.guidance.records._codes cimport FULL_LEAST_FULL
from farside.ext.common.types cimport TICK_HZ
from farside.ext.common.vector cimport Vec3, axpy, scale, sub, vec_from, vec_to


cdef inline void planner_start(const AutopilotTable* t, Planner* p) noexcept nogil:
    memset(p, 0, sizeof(Planner))
    p.full_n = t.thrust_max_n
    forget_plan(p)


cdef inline void drop_plan(Planner* p) noexcept nogil:
    p.flown.link = MODE_NONE
    p.flown.e.unknowns = 0


cdef inline double planned_time(const PlannedDescent* plan) noexcept nogil:
    """From the plan's tick to its target [s]."""
    return plan.knots.t_f if plan.link == MODE_CONSTRAINED else plan.e.t_f


cdef inline void forget_plan(Planner* p) noexcept nogil:
    """The target has moved: neither the plan that was flown nor what was asked counts any more."""
    p.asked.open = 0
    drop_plan(p)
    p.flown.tick = 0
    p.goal = -1
    p.refused = REASON_NONE
    p.last = 0


cdef inline bint timely(int64_t since, double most_s) noexcept nogil:
    return 0 <= since <= most_s * TICK_HZ


cdef inline void adopt_answer(const AutopilotTable* t, Planner* p, int64_t tick) noexcept nogil:
    """Take the answer to the request that stands, if there is one by now."""
    if not p.asked.open:
        return
    if not timely(tick - p.asked.tick, t.gains.plan.late_s):
        p.asked.open = 0
    elif p.answer.number == p.asked.number:
        p.asked.open = 0
        p.refused = p.answer.reason
        p.full_n = p.answer.full_n
        if p.answer.link != MODE_NONE:
            p.flown = p.answer


cdef inline Lander lander_to(
        const AutopilotTable* t, const AutopilotState* s, const PhaseRow* row,
        const GuidanceState* now) noexcept nogil:
    """The problem of reaching a row's target."""
    cdef Lander lander
    cdef Vec3 arrival = vec_from(t.arrival_site)
    cdef Vec3 target = vec_from(s.site)
    target.z += row.altitude_m + now.com_height
    target = axpy(-row.range_m, arrival, target)
    vec_to(sub(now.r, target), lander.r)
    vec_to(now.v, lander.v)
    vec_to(scale(row.horizontal_mps, arrival), lander.v_f)
    lander.v_f[2] += row.vertical_mps
    vec_to(now.g, lander.g)
    lander.mass_kg = now.mass_kg
    lander.full_n = t.thrust_max_n * s.thrust_scale
    lander.least_n = t.thrust_min_n * s.thrust_scale
    lander.exhaust_mps = t.exhaust_mps * s.thrust_scale
    return lander


cdef inline void post_request(
        const AutopilotTable* t, Planner* p, const PhaseRow* row, const Lander* lander,
        const GuidanceState* now) noexcept nogil:
    """Post a request for the state of this tick."""
    cdef Request* asked = &p.asked
    cdef int64_t since = now.tick - p.flown.tick
    asked.number += 1
    asked.open = 1
    asked.tick = now.tick
    asked.last = p.last
    asked.gains = t.gains.plan
    asked.most_steps = t.counts.newton_steps
    asked.full_n = p.full_n
    asked.margin = t.gains.plan.margin
    asked.lander = lander[0]
    # A plan that is flown, and not old, is worth more than an answer within limits.
    asked.knot_steps = 0 if p.flown.link == MODE_OPTIMAL and timely(
        since, 0.5 * t.gains.plan.kept_s) else t.counts.interior_steps
    asked.tries = t.counts.constrained_tries
    asked.dry_kg = t.mass_dry_kg
    asked.left_s = 0.0
    if p.flown.link == MODE_CONSTRAINED:
        asked.left_s = p.flown.knots.t_f - since / <double> TICK_HZ
    asked.path.level_m = -t.gains.plan.low_share * row.altitude_m
    asked.path.ground_m = -row.altitude_m
    asked.path.tan_glide = t.gains.plan.tan_glide
    asked.path.cos_tilt = 1.0 / sqrt(1.0 + row.tan_tilt * row.tan_tilt)
    asked.path.cos_end = t.gains.plan.cos_end_tilt
    asked.path.rate_radps = t.slew_radps
    asked.path.up = now.up
    asked.near = p.flown.e
    shift_epoch(&asked.near, since / <double> TICK_HZ, t.gains.plan.arc_share)


cdef inline void age_plan(
        const AutopilotTable* t, Planner* p, int64_t tick, double* t_go) noexcept nogil:
    """Note that the last arc of the plan flown has begun; drop it when it is too old."""
    cdef double since = (tick - p.flown.tick) / <double> TICK_HZ
    if p.flown.link == MODE_NONE:
        return
    p.last = p.flown.link == MODE_OPTIMAL and (p.last or (
        since >= p.flown.e.t_2 - t.gains.plan.arc_lead_s
        and p.flown.e.unknowns != FULL_LEAST_FULL))
    if not timely(tick - p.flown.tick, t.gains.plan.kept_s):
        t_go[0] = planned_time(&p.flown) - since
        drop_plan(p)
        p.last = 0


cdef inline bint fly_plan(
        const AutopilotTable* t, AutopilotState* s, int32_t goal, const GuidanceState* now, Vec3* a,
        double* t_go) noexcept nogil:
    """Fly the plan to a row's target, and have it made anew in time.

    Gives the thrust acceleration and time-to-go; or False, with the reason in the state, and what
    was left of the plan flown until now as time-to-go where there was one.
    """
    cdef Planner* p = &s.planner
    cdef Lander lander = lander_to(t, s, &t.row[goal], now)
    cdef double since
    cdef bint begins = now.tick == s.target_tick
    if p.goal != goal:
        forget_plan(p)
        p.goal = goal
    adopt_answer(t, p, now.tick)
    if begins:
        p.refused = REASON_NONE
    since = (now.tick - p.flown.tick) / <double> TICK_HZ
    age_plan(t, p, now.tick, t_go)
    # On the last arc, and without a plan, every guidance tick asks.
    if not p.asked.open and s.shed < SHED_PLANS and (
            begins or p.last or p.flown.link == MODE_NONE
            or now.tick - p.flown.tick >= major_ticks(t, s)):
        post_request(t, p, &t.row[goal], &lander, now)
        if s.shed >= SHED_CONSTRAINED:
            p.asked.knot_steps = 0
    if p.flown.link == MODE_NONE:
        s.reason = p.refused if p.refused != REASON_NONE else REASON_NO_PLAN
        return False
    t_go[0] = planned_time(&p.flown) - since
    if t_go[0] < t.gains.plan.handover_s:
        s.reason = REASON_NEAR_END
        return False
    s.reason = p.flown.reason
    if p.flown.link == MODE_CONSTRAINED:
        a[0] = acceleration_at(&p.flown.knots, since)
        return True
    # Once the last arc has begun, the engine is not throttled down again.
    a[0] = scale(
        (p.full_n if p.last else planned_thrust(
            &p.flown.e, lander.least_n, p.flown.full_n, since)) / now.mass_kg,
        primer(&p.flown.e, since))
    return True
