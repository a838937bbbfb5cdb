# The search over the time of flight, whose equations and invariants are in flight_time.pxi.

cdef inline bint step_back(TimeSearch* f) noexcept nogil:
    """Go half-way back from a time without a plan to the last that has one; False if that is near.

    The time lies near the edge of the times that have a plan.
    """
    if f.t < f.here.t:
        f.wall_low = f.t
    else:
        f.wall_high = f.t
    if fabs(f.here.t - f.t) < f.edge * f.t:
        return False
    f.t = 0.5 * (f.t + f.here.t)
    return True


cdef inline bint step_on(
    const DescentProblem* p, IterateWorkspace* w, TimeSearch* f, int status, int tried, int seek
) noexcept nogil:
    """Go on from a time without a plan, where none is known yet; False where that is the end.

    The slope of the proof says on which side of this time a plan may be.
    """
    cdef double value
    # beyond that the tank is empty, even at least thrust
    cdef double longest = (1.0 - p.dry) / (p.alpha * p.rho_1) if p.alpha * p.rho_1 > 1e-9 else 1e9
    if status == INFEASIBLE:
        value = dual_bound(p, w, 0.0)
        f.here.slope = slope_in_time(p, w, f.t, 0.0)
    else:
        f.unproven = True
        value = f.t
        f.here.slope = -0.3 if tried % 2 == 0 else 0.3
    if f.here.slope < 0:
        f.wall_low = f.t if f.t > f.wall_low else f.wall_low
    else:
        f.wall_high = f.t if f.t < f.wall_high else f.wall_high
    f.again = f.again + 1 if f.way == (-1 if f.here.slope < 0 else 1) else 0
    f.way = -1 if f.here.slope < 0 else 1
    if f.wall_high - f.wall_low < 1e-3 * f.wall_high or f.wall_low > longest:
        return False
    if tried + 1 >= seek:
        # Times between the walls are left. In flight the limits are loosened next, which
        # asks for no proof.
        f.unproven = f.unproven or p.between
        return False
    f.t = next_time_to_try(f.t, value, f.here.slope, f.again if p.between else 0)
    if not f.wall_low < f.t < f.wall_high:
        f.t = sqrt(f.wall_low * f.wall_high)
    return True


cdef inline void enclose(TimeSearch* f, double least_curvature) noexcept nogil:
    """Take the last time as one too short or too long; its curvature from the other of that side.

    Without another STEEPER times `least_curvature`; after the first plan what the approach left.
    """
    if f.found > 1:
        f.curvature = STEEPER * least_curvature
    if f.here.slope < 0:
        if f.is_low and f.here.t != f.low.t:
            f.curvature = (f.here.slope - f.low.slope) / (f.here.t - f.low.t)
        f.low = f.here
        f.is_low = True
    else:
        if f.is_high and f.here.t != f.high.t:
            f.curvature = (f.here.slope - f.high.slope) / (f.here.t - f.high.t)
        f.high = f.here
        f.is_high = True


cdef inline bint step_to_best(TimeSearch* f) noexcept nogil:
    """Choose the next time from those that have a plan; False where nothing is left to save."""
    if f.is_low and f.is_high:
        if possible_saving(&f.low, &f.high) < ENOUGH or f.high.t - f.low.t < 1e-5 * f.t:
            return False
        f.t = time_between(&f.low, &f.high, f.turn)
        f.turn += 1
        return True
    f.t = newton_time(f.t, f.here.slope, f.curvature, f.stride)
    f.stride = f.stride * 1.6 if f.stride < 0.3 else f.stride
    # short of a time known to have no plan
    if f.t <= f.wall_low:
        f.t = 0.5 * (f.here.t + f.wall_low)
    if f.t >= f.wall_high:
        f.t = 0.5 * (f.here.t + f.wall_high)
    return not (
        fabs(f.t - f.here.t) < f.edge * f.t and (f.wall_low > 0 or f.wall_high < 1e30))


cdef inline double take_plan(
    const DescentProblem* p, IterateWorkspace* w, TimeSearch* f, int status, SolveQuality* at,
    BestPlan* best,
) noexcept nogil:
    """Measure the plan of this time, keep it where it is the best; return its least curvature."""
    cdef double least_curvature
    f.found += 1
    at.bound = dual_bound(p, w, 1.0)
    f.here.t = f.t
    f.here.slope = slope_in_time(p, w, f.t, 1.0)
    f.here.cost = cost_of(p, w)
    if f.here.cost < best.cost:
        best.status = status
        best.t_f = f.t
        best.cost = f.here.cost
        best.slope = f.here.slope
        best.quality = at[0]
        save_best(w, best)
    least_curvature = typical_curvature(f.here.cost, f.t)
    if f.found > 1 or f.curvature < least_curvature:
        f.curvature = least_curvature
    return least_curvature


cdef inline void search_time(
    const DescentProblem* p, IterateWorkspace* w, Objective aim, double guess, BestPlan* best
) noexcept nogil:
    """Search the time of flight from a guess; leave the best plan in `best`."""
    cdef TimeSearch f
    cdef SolveQuality at
    cdef double least_curvature
    cdef int status, tried, most = REFINE_CAP, seek = SEEK_CAP if p.between else FLIGHT_SEEK_CAP
    best.status = INFEASIBLE
    best.cost = 1e30
    best.solves = 0
    best.steps = 0
    memset(&f, 0, sizeof(TimeSearch))
    f.t = guess
    f.wall_high = 1e30
    f.stride = 0.15
    f.edge = 1e-3
    if p.rho_1 > NO_THROTTLE * p.rho_2:
        # what burns is the time: the least, to where the cones have next to no room
        f.edge = 1e-7
        most = 4 * REFINE_CAP
    for tried in range(seek + most):
        if f.found > 0:
            status = solve_at(p, w, f.t, aim, 0.0, TOLERANCE, &at)
            best.solves += 1
            best.steps += at.steps
        else:
            status = approach_best_time(p, w, aim, &f, &at, best)
        if status > CLOSE and f.found > 0:
            if not step_back(&f):
                return
            continue
        if status > CLOSE:
            if not step_on(p, w, &f, status, tried, seek):
                break
            continue
        least_curvature = take_plan(p, w, &f, status, &at, best)
        # (G)
        if 0.5 * f.here.slope * f.here.slope / f.curvature < ENOUGH or (
                aim == NEAREST and f.here.cost < ENOUGH) or f.found >= most:
            return
        enclose(&f, least_curvature)
        if not step_to_best(&f):
            return
    if f.found == 0:
        best.status = NOT_FOUND if f.unproven else INFEASIBLE
