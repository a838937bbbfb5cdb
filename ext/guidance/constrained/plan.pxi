# The best plan to a target, or to the least miss, that keeps its limits between nodes too.
#
# Symbols: J = propellant, as -z_N; J_0 = that of the plan whose limits hold at the nodes alone;
# J' and J'' = slope and curvature of J in the time of flight (flight_time.pxi).
#
#     J_0 = least J with limits at the nodes                                solve_nodes        (1)
#     until keeps_height and keeps_thrust (between_nodes.pxi), 12 times at most: solve_tight   (2)
#         tighten the nodes beside what is short; solve anew, in the same time first
#     J'^2 / (2 J'') >= 2 ENOUGH: another time may be worth as much         solve_other_time   (3)
#     SOLVED where J <= 1.01 J_0, else CLOSE                                solve_plan         (4)
#     bound = dual bound of the limits as given, in this time, at most J    bound_as_given     (5)
#
# Where the target is out of reach: the least miss (NEAREST), then the least J at that miss, 0.01 %
# wider so that there is room inside (WITHIN): solve_nearest.

cdef extern from *:
    """
    #define DESCENT_EQUAL 1e-4          /* of full thrust: least and full are so far apart */
    #define DESCENT_UPRIGHT 0.999999    /* cosine of the narrowest cone of the thrust */
    #define DESCENT_DEARER 1.01         /* what limits between nodes may cost to be SOLVED */
    #define DESCENT_FEW_DEARER 1.002    /* what least thrust may cost between few nodes */
    """
    const double EQUAL "DESCENT_EQUAL"
    const double UPRIGHT "DESCENT_UPRIGHT"
    const double DEARER "DESCENT_DEARER"
    const double FEW_DEARER "DESCENT_FEW_DEARER"

cdef enum:
    TIGHTENINGS = 12


cdef struct PlanAtNodes:    # the best plan that keeps the limits as given, at the nodes alone
    double t_f
    double cost
    double bound


cdef inline bint valid_problem(const DescentProblem* p, double t_f) noexcept nogil:
    """Whether the numbers make a problem at all."""
    cdef double size = fabs(t_f) + fabs(p.rho_1) + fabs(p.rho_2) + fabs(p.alpha) + fabs(p.dry)
    cdef int i
    size += fabs(p.cos_tilt) + fabs(p.cot_glide) + fabs(p.cos_end) + fabs(p.floor)
    for i in range(3):
        size += fabs(p.r[i]) + fabs(p.v[i]) + fabs(p.v_f[i]) + fabs(p.g[i])
    return (
        size < 1e6 and t_f > 1e-6 and p.rho_1 >= 0 and p.rho_2 > 1e-6 and p.rho_1 <= p.rho_2
        and p.alpha >= 0 and 0 <= p.dry < 1 and p.cot_glide >= 0
        and -1 <= p.cos_tilt <= 1 and -1 <= p.cos_end <= 1 and p.floor <= 0 and p.most_steps >= 0)


cdef inline bint starts_inside(const DescentProblem* p) noexcept nogil:
    """Whether the place at the start keeps the glide slope, or the floor."""
    cdef double aside = sqrt(p.r[0] * p.r[0] + p.r[1] * p.r[1])
    if p.cot_glide > 0:
        return p.r[2] * p.cot_glide >= aside
    return p.r[2] >= p.floor or not p.floored


cdef inline void clear_plan(BestPlan* best) noexcept nogil:
    """Set what a search reports that finds nothing."""
    memset(best, 0, sizeof(BestPlan))
    best.status = INFEASIBLE


cdef inline void attempt(
    const DescentProblem* p, IterateWorkspace* w, Objective aim, double t_f, bint free,
    BestPlan* best,
) noexcept nogil:
    """Solve in free time, or in the time given."""
    if free:
        search_time(p, w, aim, t_f, best)
        if w.steps_left <= 0 and best.status == SOLVED:
            best.status = CLOSE
        return
    best.status = solve_at(p, w, t_f, aim, 0.0, TOLERANCE, &best.quality)
    best.solves = 1
    best.steps = best.quality.steps
    best.t_f = t_f
    best.cost = cost_of(p, w)
    if best.status <= CLOSE:
        best.quality.bound = dual_bound(p, w, 1.0)
        best.slope = slope_in_time(p, w, t_f, 1.0)
        save_best(w, best)


cdef inline int solve_nearest(
    const DescentProblem* p, IterateWorkspace* w, double t_f, bint free, BestPlan* best
) noexcept nogil:
    """Find the least miss, then the least propellant at that miss; a SolverStatus."""
    cdef BestPlan near
    cdef int solves = best.solves, steps = best.steps
    attempt(p, w, NEAREST, t_f, free, best)
    best.solves += solves
    best.steps += steps
    if best.status != SOLVED and best.status != CLOSE:
        return best.status
    if best.cost < 10.0 * ENOUGH:
        # within reach after all, at the time that the miss led to
        near = best[0]
        attempt(p, w, REACH, near.t_f, free, best)
        near.solves += best.solves
        near.steps += best.steps
        if best.status <= CLOSE:
            best.solves = near.solves
            best.steps = near.steps
            return best.status
        best[0] = near
    # the least propellant at that miss, a hair wider so that there is room inside
    if solve_at(
        p, w, best.t_f, WITHIN, best.cost * (1.0 + 1e-4) + 1e-5, TOLERANCE, &best.quality
    ) <= CLOSE:
        best.quality.bound = dual_bound(p, w, 1.0)
        save_best(w, best)
    best.solves += 1
    best.steps += best.quality.steps
    return MISSED


cdef inline int solve_nodes(
    const DescentProblem* p, IterateWorkspace* w, double t_f, bint free, bint reach, bint nearest,
    BestPlan* best,
) noexcept nogil:
    """Find the best plan to the target or, where there is none and `nearest`, to the least miss.

    It keeps its limits at the nodes. Without `reach` the target is known to be out of reach.
    Returns a SolverStatus.
    """
    clear_plan(best)
    if reach and starts_inside(p):
        attempt(p, w, REACH, t_f, free, best)
    if best.status == SOLVED or best.status == CLOSE or not nearest:
        return best.status
    if (p.cot_glide > 0 and p.r[2] < 0) or (p.floored and p.r[2] < p.floor):
        return INFEASIBLE
    return solve_nearest(p, w, t_f, free, best)


cdef inline void separate_limits(DescentProblem* p) noexcept nogil:
    """Widen the cones to an inside where two limits meet: by 0.01 % of thrust, and 0.08 deg."""
    if p.rho_1 > p.rho_2 * (1.0 - EQUAL):
        p.rho_1 = p.rho_2 * (1.0 - EQUAL)
    p.cos_tilt = min(p.cos_tilt, UPRIGHT)
    p.cos_end = min(p.cos_end, UPRIGHT)


cdef inline void load_best(
    const DescentProblem* p, IterateWorkspace* w, const BestPlan* best
) noexcept nogil:
    """Take the best plan as the iterate, to check it between its nodes."""
    memcpy(&w.x[0][0], &best.x[0][0], sizeof(w.x))
    w.aim = best.aim
    w.h = best.t_f / p.intervals


cdef inline bint time_is_best(const BestPlan* best) noexcept nogil:
    """Whether another time has next to nothing left to save, by (3)."""
    return 0.5 * best.slope * best.slope < 2.0 * ENOUGH * typical_curvature(best.cost, best.t_f)


cdef inline int solve_other_time(
    const DescentProblem* p, IterateWorkspace* w, int status, BestPlan* best
) noexcept nogil:
    """Search the time anew with the limits as tightened, by (3); a SolverStatus.

    They may cost less in another time, but that plan may dip anew: then this one is kept.
    """
    cdef BestPlan saved = best[0]
    cdef int again = solve_nodes(p, w, best.t_f, True, True, False, best)
    load_best(p, w, best)
    if again > CLOSE or best.cost > saved.cost or not (
            keeps_height(p, w, 0) and keeps_thrust(p, w, False)):
        saved.solves += best.solves
        saved.steps += best.steps
        best[0] = saved
        return status
    best.solves += saved.solves
    best.steps += saved.steps
    return again


cdef inline int solve_tightened(
    const DescentProblem* p, IterateWorkspace* w, bint free, int status, bint* held_time,
    BestPlan* best,
) noexcept nogil:
    """Solve anew with the limits as tightened, in the same time first; a SolverStatus."""
    cdef int solves = best.solves, steps = best.steps, again = NOT_FOUND
    cdef double t_f = best.t_f
    if free and status != MISSED and not w.holding and p.rho_1 <= NO_THROTTLE * p.rho_2:
        # in the same time: a third of the steps
        again = solve_nodes(p, w, t_f, False, True, False, best)
        solves += best.solves
        steps += best.steps
        held_time[0] = held_time[0] or again <= CLOSE
        best.solves = 0
        best.steps = 0
    if again > CLOSE:
        again = solve_nodes(p, w, t_f, free, status != MISSED, status == MISSED, best)
    best.solves += solves
    best.steps += steps
    return again


cdef inline int solve_tight(
    const DescentProblem* p, IterateWorkspace* w, double t_f, bint free, bint nearest,
    BestPlan* best, PlanAtNodes* without,
) noexcept nogil:
    """Find the best plan that keeps its limits between nodes too, by (1) to (3); a SolverStatus.

    `without` is the plan of (1). NOT_FOUND and `best.slipped` where it could not be tightened.
    """
    cdef int status, again, turn
    cdef bint held_time = False, lacked = False
    cdef bint height, thrust, may_hold = 2 * p.intervals >= MOST_INTERVALS
    untighten(w)
    # (1)
    status = solve_nodes(p, w, t_f, free, True, nearest, best)
    if status > MISSED:
        return status
    without.t_f = best.t_f
    without.cost = -best.x[7][p.intervals]
    without.bound = best.quality.bound
    if not p.between:
        return status
    # (2)
    for turn in range(TIGHTENINGS + 1):
        load_best(p, w, best)
        height = keeps_height(p, w, turn)
        thrust = keeps_thrust(p, w, may_hold)
        lacked = lacked or not thrust
        if lacked and 2 * p.intervals <= MOST_INTERVALS and (
                -best.x[7][p.intervals] > FEW_DEARER * without.cost):
            # more nodes cost less
            break
        if height and thrust:
            if not held_time or turn == TIGHTENINGS or w.steps_left <= 0 or time_is_best(best):
                return status
            return solve_other_time(p, w, status, best)
        if turn == TIGHTENINGS or w.steps_left <= 0 or (w.holding and not may_hold):
            break
        again = solve_tightened(p, w, free, status, &held_time, best)
        if again > MISSED or (again == MISSED) != (status == MISSED):
            break
        status = again
    best.slipped = True
    return NOT_FOUND


cdef inline int solve_narrower(
    DescentProblem* p, IterateWorkspace* w, double cos_tilt, double t_f, bint free, bint nearest,
    BestPlan* best,
) noexcept nogil:
    """Solve once more with thrust in a narrower cone about the vertical; a SolverStatus."""
    cdef double tilt = p.cos_tilt, end = p.cos_end
    cdef int solves = best.solves, steps = best.steps, status
    cdef PlanAtNodes narrower
    p.cos_tilt = cos_tilt
    p.cos_end = max(p.cos_end, cos_tilt)
    status = solve_tight(p, w, t_f, free, nearest, best, &narrower)
    best.solves += solves
    best.steps += steps
    w.tight = True
    p.cos_tilt = tilt
    p.cos_end = end
    if status > MISSED:
        best.slipped = True
        w.holding = True
    return status


cdef inline int give_up(double t_f, BestPlan* best) noexcept nogil:
    """Leave nothing but the time of the plan that keeps its limits at the nodes; NOT_FOUND."""
    cdef int solves = best.solves, steps = best.steps
    clear_plan(best)
    best.status = NOT_FOUND
    best.slipped = True
    best.t_f = t_f
    best.solves = solves
    best.steps = steps
    return NOT_FOUND


cdef inline void bound_as_given(
    const DescentProblem* p, IterateWorkspace* w, const PlanAtNodes* without, BestPlan* best
) noexcept nogil:
    """Write the bound (5): what the limits as they were given prove of this time; 0 where none."""
    cdef SolveQuality at
    if best.t_f == without.t_f:
        best.quality.bound = without.bound
        return
    untighten(w)
    if solve_at(p, w, best.t_f, REACH, 0.0, TOLERANCE, &at) <= CLOSE:
        best.quality.bound = dual_bound(p, w, 1.0)
    else:
        best.quality.bound = 0.0
    best.solves += 1
    best.steps += at.steps


cdef inline int solve_plan(
    const DescentProblem* given, IterateWorkspace* w, BestPlan* best, double t_f, bint free,
    bint nearest,
) noexcept nogil:
    """Find the best plan that keeps its limits between nodes too; a SolverStatus.

    Where none is found though one keeps them at the nodes, NOT_FOUND with `best.slipped` and that
    one's time: more nodes may do, or prove that there is none. A turn of the thrust that cannot be
    held is tried again in narrower cones about the vertical, the first without thrust below the
    horizontal. CLOSE, where the limits between nodes have cost more than 1 % of the propellant.
    """
    cdef DescentProblem p = given[0]
    # cosines; the last cone is so narrow that it leaves no thrust below its least
    cdef double[3] narrow = [LEVEL_COSINE, 0.9, 1.0 - 0.9 * SHORT_NODE]
    cdef PlanAtNodes without
    cdef int status, i
    clear_plan(best)
    memset(&without, 0, sizeof(PlanAtNodes))
    if not valid_problem(&p, t_f):
        return BAD_INPUT
    separate_limits(&p)
    w.steps_left = p.most_steps
    if p.between and (falls_through(&p) or cuts_under(&p)):
        return INFEASIBLE
    status = solve_tight(&p, w, t_f, free, nearest, best, &without)
    for i in range(3):
        if best.slipped and w.holding and p.intervals == MOST_INTERVALS and (
                p.cos_tilt < narrow[i] and w.steps_left > 0):
            status = solve_narrower(&p, w, narrow[i], t_f, free, nearest, best)
    if best.slipped:
        return give_up(without.t_f, best)
    # (4)
    if status == SOLVED and w.tight and -best.x[7][p.intervals] > DEARER * without.cost:
        status = CLOSE
    if status <= CLOSE and w.tight:
        bound_as_given(&p, w, &without, best)
    # In a time that only the tolerance lets be kept, the dual proves that no plan is exact, and
    # goes to infinity.
    if status <= MISSED:
        best.quality.bound = min(best.quality.bound, -best.x[7][p.intervals])
    return status
