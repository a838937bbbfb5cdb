# The best plan to a target, or to the least miss, that keeps its limits between nodes too.

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


cdef struct Given:      # the best plan within the limits as given, at the nodes
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


cdef inline void clear_result(
    const DescentProblem* p, BestIterate* kept, SolveQuality* j, SearchResult* best
) noexcept nogil:
    """What is told where nothing was found."""
    memset(kept, 0, sizeof(BestIterate))
    memset(j, 0, sizeof(SolveQuality))
    memset(best, 0, sizeof(SearchResult))
    best.status = INFEASIBLE


cdef inline int solve_nodes(
    const DescentProblem* p, IterateWorkspace* w, BestIterate* kept, double t_f, bint free,
    bint reach, bint nearest, SolveQuality* j, SearchResult* best,
) noexcept nogil:
    """The best plan to the target or, where there is none and `nearest`, to the least miss.

    It keeps its limits at the nodes. Without `reach` the target is known to be out of reach.
    """
    cdef double miss
    cdef int solves, steps
    cdef SearchResult near
    clear_result(p, kept, j, best)
    if reach and starts_inside(p):
        attempt(p, w, kept, REACH, t_f, free, j, best)
    if best.status == SOLVED or best.status == CLOSE or not nearest:
        return best.status
    if (p.cot_glide > 0 and p.r[2] < 0) or (p.floored and p.r[2] < p.floor):
        return INFEASIBLE
    solves = best.solves
    steps = best.steps
    attempt(p, w, kept, NEAREST, t_f, free, j, best)
    best.solves += solves
    best.steps += steps
    if best.status != SOLVED and best.status != CLOSE:
        return best.status
    if best.cost < 10.0 * ENOUGH:
        # within reach after all, at the time that the miss led to
        near = best[0]
        attempt(p, w, kept, REACH, near.t_f, free, j, best)
        near.solves += best.solves
        near.steps += best.steps
        if best.status <= CLOSE:
            best.solves = near.solves
            best.steps = near.steps
            return best.status
        best[0] = near
    # the least propellant at that miss, a hair wider so that there is room inside
    miss = best.cost
    solves = best.solves
    steps = best.steps
    if solve_at(p, w, best.t_f, WITHIN, miss * (1.0 + 1e-4) + 1e-5, TOLERANCE, j) <= CLOSE:
        j.bound = dual_bound(p, w, 1.0)
        save_best(w, kept)
    best.solves += 1
    best.steps += j.steps
    return MISSED


cdef inline void separate_limits(DescentProblem* p) noexcept nogil:
    """Widen the cones to an inside where two limits meet: by 0.01 % of thrust, and 0.08 deg."""
    if p.rho_1 > p.rho_2 * (1.0 - EQUAL):
        p.rho_1 = p.rho_2 * (1.0 - EQUAL)
    p.cos_tilt = min(p.cos_tilt, UPRIGHT)
    p.cos_end = min(p.cos_end, UPRIGHT)


cdef inline int solve_tight(
    const DescentProblem* p, IterateWorkspace* w, BestIterate* kept, double t_f, bint free,
    bint nearest, SolveQuality* j, SearchResult* best, Given* without,
) noexcept nogil:
    """The best plan that keeps its limits between nodes too; `without` is the one that need not.

    NOT_FOUND and `best.slipped` where it could not be tightened.
    """
    cdef BestIterate found
    cdef SearchResult found_best
    cdef SolveQuality found_judged
    cdef int status, again, solves, steps, turn
    cdef bint held_time = False, lacked = False
    cdef bint height, thrust, may_hold = 2 * p.intervals >= MOST_INTERVALS
    untighten(w)
    status = solve_nodes(p, w, kept, t_f, free, True, nearest, j, best)
    if status > MISSED:
        return status
    without.t_f = best.t_f
    without.cost = -kept.x[7][p.intervals]
    without.bound = j.bound
    if not p.between:
        return status
    for turn in range(TIGHTENINGS + 1):
        memcpy(&w.x[0][0], &kept.x[0][0], sizeof(w.x))
        w.aim = kept.aim
        w.h = best.t_f / p.intervals
        height = keeps_height(p, w, turn)
        thrust = keeps_thrust(p, w, may_hold)
        lacked = lacked or not thrust
        if lacked and 2 * p.intervals <= MOST_INTERVALS and (
                -kept.x[7][p.intervals] > FEW_DEARER * without.cost):
            # more nodes cost less
            break
        if height and thrust:
            # in another time the tightened limits may cost less, but that may dip anew
            if not held_time or turn == TIGHTENINGS or w.steps_left <= 0 or (
                    0.5 * best.slope * best.slope < 2.0 * ENOUGH * typical_curvature(
                        best.cost, best.t_f)):
                return status
            held_time = False
            found = kept[0]
            found_best = best[0]
            found_judged = j[0]
            again = solve_nodes(p, w, kept, best.t_f, True, True, False, j, best)
            memcpy(&w.x[0][0], &kept.x[0][0], sizeof(w.x))
            w.h = best.t_f / p.intervals
            if again > CLOSE or best.cost > found_best.cost or not (
                    keeps_height(p, w, 0) and keeps_thrust(p, w, False)):
                kept[0] = found
                found_best.solves += best.solves
                found_best.steps += best.steps
                best[0] = found_best
                j[0] = found_judged
                return status
            best.solves += found_best.solves
            best.steps += found_best.steps
            return again
        if turn == TIGHTENINGS or w.steps_left <= 0 or (w.holding and not may_hold):
            break
        solves = best.solves
        steps = best.steps
        t_f = best.t_f
        again = NOT_FOUND
        if free and status != MISSED and not w.holding and p.rho_1 <= NO_THROTTLE * p.rho_2:
            # in the same time: a third of the steps
            again = solve_nodes(p, w, kept, t_f, False, True, False, j, best)
            solves += best.solves
            steps += best.steps
            held_time = held_time or again <= CLOSE
            best.solves = 0
            best.steps = 0
        if again > CLOSE:
            again = solve_nodes(
                p, w, kept, t_f, free, status != MISSED, status == MISSED, j, best)
        best.solves += solves
        best.steps += steps
        if again > MISSED or (again == MISSED) != (status == MISSED):
            break
        status = again
    best.slipped = True
    return NOT_FOUND


cdef inline int solve_plan(
    const DescentProblem* given, IterateWorkspace* w, BestIterate* kept, double t_f, bint free,
    bint nearest, SolveQuality* j, SearchResult* best,
) noexcept nogil:
    """The best plan that keeps its limits between nodes too; tighter at the nodes if it has to be.

    Where none is found though one keeps them at the nodes, NOT_FOUND with `best.slipped` and that
    one's time: more nodes may do, or prove that there is none. A turn of the thrust that cannot be
    held is tried once more without thrust below the horizontal. CLOSE, where the limits between
    nodes have cost more than 1 % of the propellant.
    """
    cdef DescentProblem p = given[0]
    cdef SolveQuality at
    cdef int status, solves, steps, i
    cdef double narrow
    cdef Given without, narrower
    clear_result(&p, kept, j, best)
    memset(&without, 0, sizeof(Given))
    if not valid_problem(&p, t_f):
        return BAD_INPUT
    separate_limits(&p)
    w.steps_left = p.most_steps
    if p.between and (falls_through(&p) or cuts_under(&p)):
        return INFEASIBLE
    status = solve_tight(&p, w, kept, t_f, free, nearest, j, best, &without)
    for i in range(3):
        # the last cone is so narrow that it leaves no thrust below its least
        narrow = LEVEL_COSINE if i == 0 else 0.9 if i == 1 else 1.0 - 0.9 * SHORT_NODE
        if not (best.slipped and w.holding and p.intervals == MOST_INTERVALS and (
                p.cos_tilt < narrow and w.steps_left > 0)):
            continue
        solves = best.solves
        steps = best.steps
        p.cos_tilt = narrow
        p.cos_end = max(p.cos_end, narrow)
        status = solve_tight(&p, w, kept, t_f, free, nearest, j, best, &narrower)
        best.solves += solves
        best.steps += steps
        w.tight = True
        p.cos_tilt = given.cos_tilt
        p.cos_end = given.cos_end
        separate_limits(&p)
        if status > MISSED:
            best.slipped = True
            w.holding = True
    if best.slipped:
        solves = best.solves
        steps = best.steps
        clear_result(&p, kept, j, best)
        best.status = NOT_FOUND
        best.slipped = True
        best.t_f = without.t_f
        best.solves = solves
        best.steps = steps
        return NOT_FOUND
    if status == SOLVED and w.tight and -kept.x[7][p.intervals] > DEARER * without.cost:
        status = CLOSE
    if status <= CLOSE and w.tight:
        # what the limits as they were given prove of this time
        if best.t_f == without.t_f:
            j.bound = without.bound
            return status
        untighten(w)
        if solve_at(&p, w, best.t_f, REACH, 0.0, TOLERANCE, &at) <= CLOSE:
            j.bound = dual_bound(&p, w, 1.0)
        else:
            j.bound = 0.0
        best.solves += 1
        best.steps += at.steps
    return status


cdef inline void attempt(
    const DescentProblem* p, IterateWorkspace* w, BestIterate* kept, Objective aim, double t_f,
    bint free, SolveQuality* j, SearchResult* best,
) noexcept nogil:
    """In free time, or in the time given."""
    if free:
        search_time(p, w, kept, aim, t_f, j, best)
        if w.steps_left <= 0 and best.status == SOLVED:
            best.status = CLOSE
        return
    best.status = solve_at(p, w, t_f, aim, 0.0, TOLERANCE, j)
    best.solves = 1
    best.steps = j.steps
    best.t_f = t_f
    best.cost = cost_of(p, w)
    if best.status <= CLOSE:
        j.bound = dual_bound(p, w, 1.0)
        best.slope = slope_in_time(p, w, t_f, 1.0)
        save_best(w, kept)
