# The constrained descent in free time: a search in t_f on the slope that the dual gives.
#
# The cost of the best plan in time t_f changes with t_f as its Lagrangian does with plan and dual
# held: dJ/dt_f = dL/dt_f, one difference of two sums, no solve. Where no plan exists the slope of
# the proof of that says which way to go. Newton's steps on the slope until the best time
# is enclosed; the cost is taken for convex in time, so that two tangents say what is left to save.

cdef enum:
    SEEK_CAP = 20           # solves of one search until there is a plan
    FLIGHT_SEEK_CAP = 10    # in flight, where the steps of all searches are bounded
    REFINE_CAP = 10         # and after that
    APPROACH_CAP = 8        # loose solves on the way to the best time
    STEPS_CAP = 40          # of one solve


cdef struct SearchResult:
    int status
    double t_f
    double cost
    double slope
    int solves
    int steps
    bint slipped            # a plan kept its limits at the nodes only, and none between them


cdef inline double slope_in_time(
    const DescentProblem* p, IterateWorkspace* w, double t_f, double weight
) noexcept nogil:
    """d L / d t_f with what `dual_bound` chose; the iterate is left as it was."""
    cdef double d = 1e-4 * t_f, more, less
    build_transcription(p, t_f + d, w.aim, w)
    propagate(p, w)
    more = lagrangian(p, w, weight)
    build_transcription(p, t_f - d, w.aim, w)
    propagate(p, w)
    less = lagrangian(p, w, weight)
    build_transcription(p, t_f, w.aim, w)
    propagate(p, w)
    return 0.5 * (more - less) / d


cdef inline int solve_at(
    const DescentProblem* p, IterateWorkspace* w, double t_f, Objective aim, double within,
    double tolerance, SolveQuality* j,
) noexcept nogil:
    """One solve from nothing; a SolverStatus."""
    j.gap = 0.0
    j.primal_residual = 0.0
    j.dual = 1.0
    j.bound = 0.0
    j.steps = 0
    build_transcription(p, t_f, aim, w)
    start_iterate(p, w, MU)
    if aim == WITHIN:
        w.x[6][p.intervals + 1] = within
        start_cones(p, w, MU)
    return interior_point(
        p, w, tolerance, ROOM * LOOSE if tolerance == LOOSE else 0.0, STEPS_CAP, j)


cdef inline double cost_of(const DescentProblem* p, IterateWorkspace* w) noexcept nogil:
    if w.aim == NEAREST:
        return sqrt(w.miss[0] * w.miss[0] + w.miss[1] * w.miss[1])
    return -w.x[7][p.intervals]


cdef inline void save_best(IterateWorkspace* w, BestIterate* kept) noexcept nogil:
    memcpy(&kept.x[0][0], &w.x[0][0], sizeof(w.x))
    kept.miss[0] = w.miss[0]
    kept.miss[1] = w.miss[1]
    kept.aim = w.aim


cdef struct TimeSample:  # of one time
    double t
    double cost
    double slope


cdef inline double time_between(
    const TimeSample* low, const TimeSample* high, int turn
) noexcept nogil:
    """A time between one too short and one too long, by the slopes there.

    By turns where the slope is nought if it is straight, where the tangents meet, which is right
    where active constraints change and the cost has a kink, and half-way.
    """
    cdef double width = high.t - low.t, at
    if turn % 3 != 1 and (high.slope < -0.1 * low.slope or high.slope > -10.0 * low.slope):
        # far steeper on one side, near the edge of the times that have a plan
        at = low.t + 0.5 * width
    elif turn % 3 == 0:
        at = low.t - low.slope * width / (high.slope - low.slope)
    elif turn % 3 == 1:
        at = low.t + (high.cost - low.cost - high.slope * width) / (low.slope - high.slope)
    else:
        at = low.t + 0.5 * width
    if at < low.t + 0.02 * width:
        at = low.t + 0.02 * width
    if at > high.t - 0.02 * width:
        at = high.t - 0.02 * width
    return at


cdef inline double possible_saving(const TimeSample* low, const TimeSample* high) noexcept nogil:
    """How much less than the lower of two costs a convex one can be between them."""
    cdef double width = high.t - low.t
    cdef double part = (high.cost - low.cost - high.slope * width) / (low.slope - high.slope)
    return (low.cost if low.cost < high.cost else high.cost) - (low.cost + low.slope * part)


cdef inline double next_time_to_try(double t, double value, double slope, int again) noexcept nogil:
    """The next time to try for a plan, a little past where the proof of none would end.

    A proof is a tangent, which may fall far short of the times that have a plan: from the fourth
    step that does not turn on (`again` 3) each is twice as long at least.
    """
    cdef double part = 1.3 * fabs(value / (slope * t)) + 0.02 if fabs(slope) > 1e-12 else 0.2
    cdef double least = 0.02 * (1 << (min(again, 9) - 3)) if again > 3 else 0.0
    if not part < 0.5:
        part = 0.5
    if part < least:
        part = least
    return t * (1.0 + part) if slope < 0 else t / (1.0 + part)


cdef inline double typical_curvature(double cost, double t) noexcept nogil:
    """How the slope of most landings' cost turns with time, at least."""
    return 3.0 * (cost if cost > 1e-3 else 1e-3) / (t * t)


cdef inline double newton_time(
    double t, double slope, double curvature, double stride
) noexcept nogil:
    """Newton's next time, no further than a part of this one."""
    cdef double part = slope / curvature / t if curvature > 0 else (9.0 if slope > 0 else -9.0)
    return t - t * (part if fabs(part) < stride else (stride if part > 0 else -stride))


cdef inline int resolve_at(
    const DescentProblem* p, IterateWorkspace* w, double t_f, double tolerance, SolveQuality* j
) noexcept nogil:
    """Solve at this time from what the iterate holds of another, well inside its cones."""
    cdef double change = fabs(t_f / (p.intervals * w.h) - 1.0)
    j.dual = j.dual + change if j.dual + change < 1.0 else 1.0
    j.steps = 0
    build_transcription(p, t_f, w.aim, w)
    propagate(p, w)
    return interior_point(
        p, w, tolerance, ROOM * LOOSE if tolerance == LOOSE else 0.0, STEPS_CAP, j)


cdef inline int approach_best_time(
    const DescentProblem* p, IterateWorkspace* w, Objective aim, double wall_low, double wall_high,
    double* t, double* curvature, SolveQuality* j, SearchResult* best,
) noexcept nogil:
    """Move to about the best time by loose solves, each begun from the last; then solve there.

    Loose, the cost has no kinks where a node comes to its limit: Newton's steps with the slope's
    turn between the last two times need few of them. Gives a SolverStatus at the t left.
    """
    cdef TimeSample here, last
    cdef double low = wall_low, high = wall_high, next_t, bend
    cdef int status = solve_at(p, w, t[0], aim, 0.0, LOOSE, j), turn
    best.solves += 1
    best.steps += j.steps
    curvature[0] = 0.0
    if status > CLOSE:
        return status
    last.t = 0.0
    last.slope = 0.0
    for turn in range(APPROACH_CAP if aim == REACH else 0):
        dual_bound(p, w, 1.0)
        here.t = t[0]
        here.slope = slope_in_time(p, w, t[0], 1.0)
        bend = typical_curvature(cost_of(p, w), t[0])
        if turn == 0:
            curvature[0] = STEEPER * bend
        elif fabs(here.t - last.t) > 1e-3 * t[0]:
            curvature[0] = max((here.slope - last.slope) / (here.t - last.t), bend)
            if fabs(here.t - last.t) > FAR * t[0]:
                curvature[0] = min(curvature[0], STEEPER * bend)
        if 0.5 * here.slope * here.slope / (bend if turn == 0 else curvature[0]) < 0.1 * ENOUGH:
            break
        if here.slope < 0:
            low = here.t
        else:
            high = here.t
        next_t = newton_time(t[0], here.slope, curvature[0], 0.15)
        if next_t <= low or next_t >= high:
            next_t = 0.5 * (low + high)
        if fabs(next_t - t[0]) < 2e-4 * t[0]:
            break
        last = here
        t[0] = next_t
        status = NOT_FOUND
        if fabs(next_t - last.t) < FAR * next_t:
            status = resolve_at(p, w, next_t, LOOSE, j)
            best.solves += 1
            best.steps += j.steps
        if status > CLOSE:
            status = solve_at(p, w, next_t, aim, 0.0, LOOSE, j)
            best.solves += 1
            best.steps += j.steps
        if status > CLOSE:
            t[0] = last.t
            break
    if status <= CLOSE:
        status = resolve_at(p, w, t[0], TOLERANCE, j)
        best.steps += j.steps
    if status > CLOSE:
        status = solve_at(p, w, t[0], aim, 0.0, TOLERANCE, j)
        best.solves += 1
        best.steps += j.steps
    return status


cdef inline void search_time(
    const DescentProblem* p, IterateWorkspace* w, BestIterate* kept, Objective aim, double guess,
    SolveQuality* j, SearchResult* best,
) noexcept nogil:
    """Leave the best plan in `kept`, how good it is in `j`, and the rest in `best`."""
    cdef TimeSample low, high, here
    cdef double t = guess, wall_low = 0.0, wall_high = 1e30, bend, value, curvature, stride = 0.15
    cdef bint any = False, is_low = False, is_high = False, unproven = False
    cdef SolveQuality at
    cdef int status, tried, turn = 0, found = 0, most = REFINE_CAP, again = 0, way = 0
    cdef int seek = SEEK_CAP if p.between else FLIGHT_SEEK_CAP
    cdef double edge = 1e-3
    # beyond that the tank is empty, even at least thrust
    cdef double longest = (1.0 - p.dry) / (p.alpha * p.rho_1) if p.alpha * p.rho_1 > 1e-9 else 1e9
    best.status = INFEASIBLE
    best.cost = 1e30
    best.solves = 0
    best.steps = 0
    memset(&low, 0, sizeof(TimeSample))
    memset(&high, 0, sizeof(TimeSample))
    memset(&here, 0, sizeof(TimeSample))
    if p.rho_1 > NO_THROTTLE * p.rho_2:
        # what burns is the time: the least, to where the cones have next to no room
        edge = 1e-7
        most = 4 * REFINE_CAP
    for tried in range(seek + most):
        if any:
            status = solve_at(p, w, t, aim, 0.0, TOLERANCE, &at)
            best.solves += 1
            best.steps += at.steps
        else:
            status = approach_best_time(p, w, aim, wall_low, wall_high, &t, &curvature, &at, best)
        if status > CLOSE:
            if any:
                # near the edge of the times that have a plan: half-way back
                if t < here.t:
                    wall_low = t
                else:
                    wall_high = t
                if fabs(here.t - t) < edge * t:
                    return
                t = 0.5 * (t + here.t)
                continue
            if status == INFEASIBLE:
                value = dual_bound(p, w, 0.0)
                here.slope = slope_in_time(p, w, t, 0.0)
            else:
                unproven = True
                value = t
                here.slope = -0.3 if tried % 2 == 0 else 0.3
            if here.slope < 0:
                wall_low = t if t > wall_low else wall_low
            else:
                wall_high = t if t < wall_high else wall_high
            again = again + 1 if way == (-1 if here.slope < 0 else 1) else 0
            way = -1 if here.slope < 0 else 1
            if wall_high - wall_low < 1e-3 * wall_high or wall_low > longest:
                break
            if tried + 1 >= seek:
                # Times between the walls are left. In flight the limits are loosened next, which
                # asks for no proof.
                unproven = unproven or p.between
                break
            t = next_time_to_try(t, value, here.slope, again if p.between else 0)
            if not wall_low < t < wall_high:
                t = sqrt(wall_low * wall_high)
            continue
        any = True
        found += 1
        at.bound = dual_bound(p, w, 1.0)
        here.t = t
        here.slope = slope_in_time(p, w, t, 1.0)
        here.cost = cost_of(p, w)
        if here.cost < best.cost:
            best.status = status
            best.t_f = t
            best.cost = here.cost
            best.slope = here.slope
            j[0] = at
            save_best(w, kept)
        bend = typical_curvature(here.cost, t)
        if found > 1 or curvature < bend:
            curvature = bend
        if 0.5 * here.slope * here.slope / curvature < ENOUGH or (
                aim == NEAREST and here.cost < ENOUGH) or found >= most:
            return
        # how the slope turns, from two times on one side, or most landings' own
        if found > 1:
            curvature = STEEPER * bend
        if here.slope < 0:
            if is_low and here.t != low.t:
                curvature = (here.slope - low.slope) / (here.t - low.t)
            low = here
            is_low = True
        else:
            if is_high and here.t != high.t:
                curvature = (here.slope - high.slope) / (here.t - high.t)
            high = here
            is_high = True
        if is_low and is_high:
            if possible_saving(&low, &high) < ENOUGH or high.t - low.t < 1e-5 * t:
                return
            t = time_between(&low, &high, turn)
            turn += 1
            continue
        t = newton_time(t, here.slope, curvature, stride)
        stride = stride * 1.6 if stride < 0.3 else stride
        # short of a time known to have no plan
        if t <= wall_low:
            t = 0.5 * (here.t + wall_low)
        if t >= wall_high:
            t = 0.5 * (here.t + wall_high)
        if fabs(t - here.t) < edge * t and (wall_low > 0 or wall_high < 1e30):
            return
    if not any:
        best.status = NOT_FOUND if unproven else INFEASIBLE
