# The constrained descent in free time: a search in t_f on the slope that the dual gives.
#
# The cost of the best plan in time t_f changes with t_f as its Lagrangian does with plan and dual
# held: dJ/dt_f = dL/dt_f, one difference of two sums, no solve. Where no plan exists the slope of
# the proof of that says which way to go. Newton's steps on the slope until the best time
# is enclosed; the cost is taken for convex in time, so that two tangents say what is left to save.
#
# With J' the slope and J'' the curvature of the cost in time,
#
#     t+  = t - J' / J''                                                                       (N)
#     J'' = (J'(t) - J'(t_last)) / (t - t_last); of one time STEEPER times typical_curvature   (S)
#     J - J_best <= J'^2 / (2 J'')                                                             (G)
#
# Invariants of the search (TimeSearch): no time at or below wall_low, none at or above wall_high
# has a plan, by proof or as far as is known; low.t < best time < high.t, with J' < 0 at `low` and
# J' >= 0 at `high`, each once it is there (is_low, is_high). Until a first plan is found (`found`
# is 0) the search steps on by the slopes of proofs; then from plan to plan.

cdef enum:
    SEEK_CAP = 20           # solves of one search until there is a plan
    FLIGHT_SEEK_CAP = 10    # in flight, where the steps of all searches are bounded
    REFINE_CAP = 10         # and after that
    APPROACH_CAP = 8        # loose solves on the way to the best time
    STEPS_CAP = 40          # of one solve


cdef struct BestPlan:       # of a search: the iterate, how good it is, and what the search took
    double x[8][LANES]
    double miss[2]
    Objective aim
    SolveQuality quality
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


cdef inline void save_best(IterateWorkspace* w, BestPlan* best) noexcept nogil:
    memcpy(&best.x[0][0], &w.x[0][0], sizeof(w.x))
    best.miss[0] = w.miss[0]
    best.miss[1] = w.miss[1]
    best.aim = w.aim


cdef struct TimeSample:  # of one time
    double t
    double cost
    double slope


cdef struct TimeSearch:  # see the invariants at the head
    TimeSample low
    TimeSample high
    TimeSample here     # the last time that has a plan
    double t            # to try next
    double wall_low
    double wall_high
    double curvature
    double stride       # longest step, of the time
    double edge         # of the time: how near to a time without a plan is near enough
    bint is_low
    bint is_high
    bint unproven       # some time has neither plan nor proof
    int found           # times that have a plan
    int turn            # enclosed steps so far
    int again           # steps on that did not turn round
    int way             # of the last step on: -1 longer times, 1 shorter


cdef inline double time_between(
    const TimeSample* low, const TimeSample* high, int turn
) noexcept nogil:
    """A time between one too short and one too long, by the slopes there.

    By turns where the slope is zero if it is straight, where the tangents meet, which is right
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
    step on that does not turn round (`again` 4) a step is 0.02 2^(again - 3) of the time at least.
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


cdef inline int solve_loosely(
    const DescentProblem* p, IterateWorkspace* w, Objective aim, double t, double last_t,
    SolveQuality* j, BestPlan* best,
) noexcept nogil:
    """Solve at t to LOOSE, from the iterate at last_t where that is near, else from nothing."""
    cdef int status = NOT_FOUND
    if fabs(t - last_t) < FAR * t:
        status = resolve_at(p, w, t, LOOSE, j)
        best.solves += 1
        best.steps += j.steps
    if status > CLOSE:
        status = solve_at(p, w, t, aim, 0.0, LOOSE, j)
        best.solves += 1
        best.steps += j.steps
    return status


cdef inline double secant_curvature(
    const TimeSample* here, const TimeSample* last, double least_curvature
) noexcept nogil:
    """Return how the slope turns between two times, (S), no less than `least_curvature`."""
    cdef double curvature = max((here.slope - last.slope) / (here.t - last.t), least_curvature)
    if fabs(here.t - last.t) > FAR * here.t:
        curvature = min(curvature, STEEPER * least_curvature)
    return curvature


cdef inline int approach_best_time(
    const DescentProblem* p, IterateWorkspace* w, Objective aim, TimeSearch* f, SolveQuality* j,
    BestPlan* best,
) noexcept nogil:
    """Move f.t to about the best time by loose solves, each begun from the last; then solve there.

    Loose, the cost has no kinks where a node comes to its limit: Newton's steps with the slope's
    turn between the last two times need few of them. Returns a SolverStatus at the f.t left.
    """
    cdef TimeSample here, last
    cdef double low = f.wall_low, high = f.wall_high, next_t, least_curvature
    cdef int status = solve_at(p, w, f.t, aim, 0.0, LOOSE, j), turn
    best.solves += 1
    best.steps += j.steps
    f.curvature = 0.0
    if status > CLOSE:
        return status
    last.t = 0.0
    last.slope = 0.0
    for turn in range(APPROACH_CAP if aim == REACH else 0):
        dual_bound(p, w, 1.0)
        here.t = f.t
        here.slope = slope_in_time(p, w, f.t, 1.0)
        least_curvature = typical_curvature(cost_of(p, w), f.t)
        if turn == 0:
            f.curvature = STEEPER * least_curvature
        elif fabs(here.t - last.t) > 1e-3 * f.t:
            f.curvature = secant_curvature(&here, &last, least_curvature)
        # (G): next to nothing left to save
        if 0.5 * here.slope * here.slope / (
                least_curvature if turn == 0 else f.curvature) < 0.1 * ENOUGH:
            break
        if here.slope < 0:
            low = here.t
        else:
            high = here.t
        next_t = newton_time(f.t, here.slope, f.curvature, 0.15)
        if next_t <= low or next_t >= high:
            next_t = 0.5 * (low + high)
        if fabs(next_t - f.t) < 2e-4 * f.t:
            break
        last = here
        f.t = next_t
        status = solve_loosely(p, w, aim, next_t, last.t, j, best)
        if status > CLOSE:
            f.t = last.t
            break
    if status <= CLOSE:
        status = resolve_at(p, w, f.t, TOLERANCE, j)
        best.steps += j.steps
    if status > CLOSE:
        status = solve_at(p, w, f.t, aim, 0.0, TOLERANCE, j)
        best.solves += 1
        best.steps += j.steps
    return status
