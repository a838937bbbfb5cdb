"""The planning task's part of an abort: a way to orbit on what is left, or that there is none.

    opening    a coast while the lander turns, or parts; then, where it rises, a burn straight up
    steered    the ascent of least propellant from there (ext/guidance/ascent)

A steered part of less than 40 s, from near the orbit, is a short burn (short_burn.pxd). The coast
lasts as long as the turn from the attitude to the first direction takes at the slew rate,
so that opening and steered part are solved in turn, ABORT_TURNS times at most. Ways are tried in
the order of AbortWay, that flown before all; one whose stages cannot give the speed is not
searched. A way is good where it is solved, its tank holds
enough, and, until an engine burns, nowhere comes below the least altitude. Work is bounded: three
ways, each twice (turned at once, or upright first), of ABORT_TURNS searches.
"""

from libc.math cimport INFINITY, ceil, sqrt
from libc.stdint cimport int32_t
from libc.string cimport memset

from farside.ext.common.elementary cimport atan2_of, log_of
from farside.ext.common.vector cimport (
    Vec3, axpy, cross, dot, norm, scale, unit, vec, vec_from, vec_to,
)
from farside.ext.guidance.ascent.ascent cimport (
    PLANE_FREE, AscentProblem, AscentState, ascent_begin,
)
from farside.ext.guidance.ascent.ascent_search cimport AscentAnswer
from farside.ext.guidance.autopilot.short_burn cimport steer_to_orbit
from farside.ext.guidance.autopilot._codes cimport (
    STEP_ASCEND, STEP_BURN, STEP_PARTED, WAY_ASCENT_STAGE, WAY_BOTH_STAGES, WAY_DESCENT_STAGE,
    WAY_NONE, WAY_THERE,
)
from farside.ext.guidance.records.abort cimport AbortPlan, AbortRequest


cdef extern from *:
    """
    #define LEAST_FUEL_KG 0.1       /* below it a stage is not lit */
    #define LONGEST_TURN_S 120.0
    #define NEARLY_M 100.0          /* of the apoapsis of an orbit that is good as it is */
    #define RISE_RAD 0.7            /* 40 deg: a rise is lit so far from upright, and turns on */
    #define TOO_LOW_M 0.1           /* what twelve digits leave */
    """
    const double LEAST_FUEL_KG
    const double LONGEST_TURN_S
    const double NEARLY_M
    const double RISE_RAD
    const double TOO_LOW_M


cdef enum:
    ABORT_TURNS = 4


cdef struct Opening:            # the beginning that is not free, SI
    Vec3 r
    Vec3 v
    double lowest_m
    double burnt_kg


cdef struct WayStages:          # what a way burns, SI
    double first_n              # a stage that burns out first; 0: none
    double first_exhaust_mps
    double first_kg
    double first_mass_kg
    double pause_s
    double last_n
    double last_exhaust_mps
    double last_kg
    double last_mass_kg


cdef inline double angle_between(Vec3 a, Vec3 b) noexcept nogil:
    return atan2_of(norm(cross(a, b)), dot(a, b))


cdef inline double stop_height(
        double sink_mps, double push_mps2, double g, double delay_s) noexcept nogil:
    """Height that a constant acceleration takes to stop a fall, after a delay [m]."""
    cdef double w = max(sink_mps + g * delay_s, 0.0)
    cdef double fallen = max(sink_mps * delay_s + 0.5 * g * delay_s * delay_s, 0.0)
    if not w > 0.0:
        return fallen
    return fallen + 0.5 * w * w / (push_mps2 - g) if push_mps2 > g else INFINITY


cdef inline void fall_rate(
        double gm, Vec3 r, Vec3 v, double push, Vec3* dr, Vec3* dv) noexcept nogil:
    """Rate of place and velocity under gravity and a push straight up [m/s^2]."""
    cdef double d2 = dot(r, r)
    cdef double d = sqrt(d2)
    dr[0] = v
    dv[0] = scale((push - gm / d2) / d, r)


cdef inline void fly_straight(
        double gm, Opening* o, double seconds, double thrust_n, double flow, double mass_kg
        ) noexcept nogil:
    """Coast, or burn straight up: the classic Runge-Kutta in steps of 2 s at most."""
    # none for a NaN, too
    cdef int steps = <int> ceil(min(seconds, LONGEST_TURN_S) / 2.0) if seconds > 0.0 else 0
    cdef double h, m0, m1, m2
    cdef Vec3 r1, v1, r2, v2, r3, v3, r4, v4
    cdef int i
    if steps < 1:
        return
    h = min(seconds, LONGEST_TURN_S) / steps
    for i in range(steps):
        m0 = mass_kg - flow * i * h
        m1 = m0 - 0.5 * flow * h
        m2 = m0 - flow * h
        fall_rate(gm, o.r, o.v, thrust_n / m0, &r1, &v1)
        fall_rate(gm, axpy(0.5 * h, r1, o.r), axpy(0.5 * h, v1, o.v), thrust_n / m1, &r2, &v2)
        fall_rate(gm, axpy(0.5 * h, r2, o.r), axpy(0.5 * h, v2, o.v), thrust_n / m1, &r3, &v3)
        fall_rate(gm, axpy(h, r3, o.r), axpy(h, v3, o.v), thrust_n / m2, &r4, &v4)
        o.r = axpy(h / 6.0, axpy(2.0, r2, axpy(2.0, r3, axpy(1.0, r1, r4))), o.r)
        o.v = axpy(h / 6.0, axpy(2.0, v2, axpy(2.0, v3, axpy(1.0, v1, v4))), o.v)
        o.lowest_m = min(o.lowest_m, norm(o.r))
    o.burnt_kg += flow * seconds


cdef inline WayStages stages_of(const AbortRequest* q, int way) noexcept nogil:
    """The stages of a way."""
    cdef WayStages w
    memset(&w, 0, sizeof(WayStages))
    if way == WAY_DESCENT_STAGE:
        w.last_n = q.thrust_n
        w.last_exhaust_mps = q.exhaust_mps
        w.last_kg = q.mass_kg - q.dry_kg
        w.last_mass_kg = q.mass_kg
        return w
    w.last_n = q.upper.thrust_n
    w.last_exhaust_mps = q.upper.exhaust_mps
    w.last_mass_kg = q.upper.mass_full_kg
    if way == WAY_BOTH_STAGES:
        w.first_n = q.thrust_n
        w.first_exhaust_mps = q.exhaust_mps
        w.first_kg = q.mass_kg - q.dry_kg
        w.first_mass_kg = q.mass_kg
        w.pause_s = q.upper.delay_s
    elif q.step >= STEP_PARTED:
        w.last_mass_kg = q.mass_kg
    w.last_kg = w.last_mass_kg - q.upper.mass_dry_kg
    return w


cdef inline double least_gain(const AbortRequest* q) noexcept nogil:
    """Speed that no way to the orbit's energy spends less than [m/s].

    dE = v a dt <= v dv, and at a given energy v is greatest at the least radius d:
        dv >= sqrt(2 (E* + mu / d)) - sqrt(2 (E + mu / d)),   E* = -mu / (r_p + r_a)
    """
    cdef Vec3 v = vec_from(q.v_mps)
    cdef double r = norm(vec_from(q.rho_m))
    cdef double deepest = q.gm / min(r, q.radius_m)
    cdef double now = 0.5 * dot(v, v) - q.gm / r
    cdef double wanted = -q.gm / (q.limits.periapsis_m + q.limits.apoapsis_m)
    return sqrt(2.0 * max(wanted + deepest, 0.0)) - sqrt(2.0 * max(now + deepest, 0.0))


cdef inline double way_gain(const WayStages* w) noexcept nogil:
    """Speed that the stages of a way give without gravity [m/s]."""
    cdef double gain = w.last_exhaust_mps * log_of(
        w.last_mass_kg / max(w.last_mass_kg - w.last_kg, 1e-9))
    if w.first_n > 0.0:
        gain += w.first_exhaust_mps * log_of(
            w.first_mass_kg / max(w.first_mass_kg - w.first_kg, 1e-9))
    return gain


cdef inline bint way_possible(const AbortRequest* q, int way) noexcept nogil:
    """Whether there is an engine and something to burn."""
    if q.step >= STEP_PARTED:
        return way == WAY_ASCENT_STAGE and q.mass_kg - q.upper.mass_dry_kg > LEAST_FUEL_KG
    if way != WAY_DESCENT_STAGE and not q.upper.thrust_n > 0.0:
        return False
    return way == WAY_ASCENT_STAGE or (
        q.engine != 0 and q.thrust_n > 0.0 and q.mass_kg - q.dry_kg > LEAST_FUEL_KG)


cdef inline Vec3 level_ahead(Vec3 up, Vec3 v, Vec3 ahead) noexcept nogil:
    """The level direction of the motion; a slow lander may turn round to the flight's own."""
    cdef Vec3 wanted = unit(axpy(-dot(ahead, up), up, ahead), cross(up, vec(0.0, 0.0, 1.0)))
    cdef Vec3 level = axpy(-dot(v, up), up, v)
    cdef double size = norm(level)
    if size < 1e-6:
        return wanted
    level = scale(1.0 / size, level)
    # a fast one goes on
    return scale(-1.0, level) if size < 300.0 and dot(level, wanted) < 0.0 else level


cdef inline AscentProblem steered_problem(
        const AbortRequest* q, const WayStages* w, const Opening* o, double* unit_m, double* unit_s
        ) noexcept nogil:
    """The steered part, in the units of ext/guidance/ascent."""
    cdef AscentProblem p
    cdef double length = norm(o.r), speed = sqrt(q.gm / length)
    cdef double pull = speed * speed / length
    cdef double mass_kg = w.last_mass_kg, flow
    cdef Vec3 up = scale(1.0 / length, o.r)
    memset(&p, 0, sizeof(AscentProblem))
    unit_m[0] = length
    unit_s[0] = length / speed
    if not w.first_n > 0.0:
        mass_kg -= o.burnt_kg
    p.r = up
    p.v = scale(1.0 / speed, o.v)
    p.ahead = level_ahead(up, o.v, vec_from(q.ahead))
    if w.first_n > 0.0:
        flow = w.first_n / w.first_exhaust_mps
        p.burnout.duration = (w.first_kg - o.burnt_kg) / flow / unit_s[0]
        p.burnout.thrust = w.first_n / mass_kg / pull
        p.burnout.flow = flow / mass_kg * unit_s[0]
        p.burnout.mass = (w.first_mass_kg - o.burnt_kg) / mass_kg
        p.pause.duration = w.pause_s / unit_s[0]
        p.pause.mass = 1.0
    p.thrust = w.last_n / mass_kg / pull
    p.exhaust = w.last_exhaust_mps / speed
    p.mass = 1.0
    p.periapsis = q.limits.periapsis_m / length
    p.plane = PLANE_FREE
    p.pole = unit(vec_from(q.omega), vec(0.0, 0.0, 1.0))
    p.least_radius = (q.radius_m + max(
        min(q.limits.clearance_m, 0.5 * q.height_m), 0.0)) / length
    return p


cdef inline Vec3 primer_at(const AbortPlan* plan, double since_begin_s) noexcept nogil:
    """The primer, linear in time about the beginning of the steered part (3 of ascent.pxd)."""
    return axpy(-since_begin_s, vec_from(plan.p_r), vec_from(plan.p_v))


cdef inline AscentAnswer answer_from(
        const AbortPlan* plan, const AscentProblem* p, double unit_s, double later_s
        ) noexcept nogil:
    """The plan flown as an answer to the problem that begins so much later."""
    cdef AscentAnswer a
    cdef Vec3 primer = primer_at(plan, later_s)
    cdef double size = max(norm(primer), 1e-9)
    memset(&a, 0, sizeof(AscentAnswer))
    a.x[0] = atan2_of(dot(primer, p.r), dot(primer, p.ahead))
    a.x[1] = dot(vec_from(plan.p_r), p.r) / size * unit_s
    a.x[2] = max(plan.last_s - (0.0 if p.burnout.duration > 0.0 else later_s), 0.1) / unit_s
    a.x[3] = plan.nu
    a.x[7] = plan.e
    a.x[8] = (plan.touch_s - later_s) / unit_s
    a.x[9] = plan.touch_worth / size * unit_s
    a.higher = plan.higher != 0
    a.touching = plan.touching != 0 and a.x[8] > 0.0
    if not a.touching:
        a.x[8] = a.x[9] = 0.0
    return a


cdef inline void write_plan(
        const WayStages* w, const AscentProblem* p, const AscentAnswer* a, const Opening* o,
        double unit_m, double unit_s, AbortPlan* plan) noexcept nogil:
    """The answer in SI, its opening's times already in the plan."""
    cdef AscentState s = ascent_begin(p, a.x)
    cdef double flow = w.last_n / w.last_exhaust_mps
    plan.higher = a.higher
    plan.touching = a.touching
    vec_to(s.p_v, plan.p_v)
    vec_to(scale(1.0 / unit_s, s.p_r), plan.p_r)
    plan.nu = a.x[3]
    plan.e = a.x[7]
    plan.energy_m2ps2 = -0.5 * (1.0 - a.x[7]) / p.periapsis * (unit_m / unit_s) * (unit_m / unit_s)
    plan.touch_s = a.x[8] * unit_s
    plan.touch_worth = a.x[9] / unit_s
    plan.last_s = a.x[2] * unit_s
    plan.end_s = plan.begin_s + (
        p.burnout.duration + p.pause.duration + a.x[2]) * unit_s
    plan.left_kg = w.last_kg - flow * plan.last_s
    plan.propellant_kg = flow * plan.last_s + w.first_kg
    if not w.first_n > 0.0:
        plan.left_kg -= o.burnt_kg
        plan.propellant_kg += o.burnt_kg


cdef inline bint plan_way(
        const AbortRequest* q, int way, bint rises, AbortPlan* plan) noexcept nogil:
    """Solve one way; whether it leads to orbit."""
    cdef WayStages w = stages_of(q, way)
    cdef bint burns = q.step == STEP_BURN or q.step == STEP_ASCEND
    # an ascent that is under way ends as it is
    cdef bint may_be_brief = not rises and (not burns or q.near.brief != 0)
    cdef double wait_s = q.wait_s
    cdef double flow, lit_s, rise_s = 0.0, unit_m = 1.0, unit_s = 1.0, before, burnt_n, mass_kg
    cdef Vec3 axis = vec_from(q.axis), up, first
    cdef Opening o
    cdef AscentProblem p
    cdef AscentAnswer a, near
    cdef const AscentAnswer* from_ = NULL
    cdef int k
    if way == WAY_ASCENT_STAGE and q.step < STEP_PARTED:
        wait_s = q.upper.delay_s
        burns = False
    up = unit(vec_from(q.rho_m), axis)
    lit_s = 0.0 if burns else wait_s
    if rises:
        lit_s = max(wait_s, (angle_between(axis, up) - RISE_RAD) / q.slew_radps)
    burnt_n = w.first_n if w.first_n > 0.0 else w.last_n
    mass_kg = w.first_mass_kg if w.first_n > 0.0 else w.last_mass_kg
    flow = burnt_n / (w.first_exhaust_mps if w.first_n > 0.0 else w.last_exhaust_mps)
    for k in range(ABORT_TURNS):
        o.r = vec_from(q.rho_m)
        o.v = vec_from(q.v_mps)
        o.lowest_m = norm(o.r)
        o.burnt_kg = 0.0
        fly_straight(q.gm, &o, lit_s, 0.0, 0.0, mass_kg)
        if flow * rise_s > 0.9 * (mass_kg - q.dry_kg if w.first_n > 0.0 else w.last_kg):
            return False
        fly_straight(q.gm, &o, rise_s, burnt_n, flow, mass_kg)
        p = steered_problem(q, &w, &o, &unit_m, &unit_s)
        if k == 0 and q.near.way == way and (q.near.rises != 0) == rises:
            near = answer_from(&q.near, &p, unit_s, (
                (q.tick - q.near.tick) * 0.01 + lit_s + rise_s - q.near.begin_s))
            from_ = &near
        plan.brief = steer_to_orbit(&p, &q.limits, may_be_brief, unit_m, unit_s, from_, &a)
        if not a.solved:
            return False
        near = a
        from_ = &near
        first = ascent_begin(&p, a.x).p_v
        if burns:
            break
        before = rise_s if rises else lit_s
        if rises:
            rise_s = min(angle_between(up, first) / q.slew_radps, LONGEST_TURN_S)
        else:
            lit_s = max(wait_s, min(angle_between(axis, first) / q.slew_radps, LONGEST_TURN_S))
        if -0.05 < (rise_s if rises else lit_s) - before < 0.05:
            break
    plan.way = way
    plan.rises = rises
    plan.lit_s = lit_s
    plan.begin_s = lit_s + rise_s
    write_plan(&w, &p, &a, &o, unit_m, unit_s, plan)
    return plan.left_kg >= 0.0 and (burns or (
        min(o.lowest_m, a.look.lowest * unit_m) >= p.least_radius * unit_m - TOO_LOW_M))


cdef inline bint in_safe_orbit(const AbortRequest* q) noexcept nogil:
    """Whether the apsides of a state are safe as they are; an engine that burns goes on to its own.
    """
    cdef bint burns = q.step == STEP_BURN or q.step == STEP_ASCEND
    cdef double least_m = q.limits.periapsis_m - NEARLY_M
    cdef Vec3 r = vec_from(q.rho_m), v = vec_from(q.v_mps)
    cdef Vec3 h = cross(r, v)
    cdef double d = norm(r)
    cdef double energy = 0.5 * dot(v, v) - q.gm / d
    cdef double axis_m, e
    if not energy < 0.0:
        return False
    axis_m = -0.5 * q.gm / energy
    e = sqrt(max(1.0 - dot(h, h) / (q.gm * axis_m), 0.0))
    if not burns:
        least_m = min(least_m, q.limits.enough_m)
    return axis_m * (1.0 - e) >= least_m and (
        axis_m * (1.0 + e) >= q.limits.apoapsis_m - NEARLY_M)


cdef inline bint try_way(const AbortRequest* q, int way, AbortPlan* plan) noexcept nogil:
    """Solve a way, turned at once or, where that does not lead to orbit, upright first."""
    cdef WayStages w
    if not way_possible(q, way):
        return False
    w = stages_of(q, way)
    if way_gain(&w) < least_gain(q):
        return False
    if plan_way(q, way, False, plan):
        return True
    return q.step != STEP_BURN and q.step != STEP_ASCEND and plan_way(q, way, True, plan)


cdef inline void answer_abort(const AbortRequest* q, AbortPlan* plan) noexcept nogil:
    """The planning task's work: the first way that leads to orbit."""
    cdef int32_t way
    memset(plan, 0, sizeof(AbortPlan))
    plan.tick = q.tick
    plan.number = q.number
    if in_safe_orbit(q):
        plan.way = WAY_THERE
        return
    if q.near.way >= WAY_DESCENT_STAGE and try_way(q, q.near.way, plan):
        return
    for way in range(WAY_DESCENT_STAGE, WAY_ASCENT_STAGE + 1):
        # An engine that burns is not left for a search that has failed.
        if way == WAY_ASCENT_STAGE and q.step == STEP_BURN and q.engine != 0:
            break
        if way != q.near.way and try_way(q, way, plan):
            return
    plan.way = WAY_NONE
