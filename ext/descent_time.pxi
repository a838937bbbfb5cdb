# The constrained descent in free time: a search in t_f on the slope that the dual gives.
#
# The cost of the best plan in time t_f changes with t_f as its Lagrangian does with plan and dual
# held: dJ/dt_f = dL/dt_f, one difference of two sums, no solve. Where no plan exists the slope of
# the proof of that says which way to go. Newton's steps on the slope until the best time
# is enclosed; the cost is taken for convex in time, so that two tangents say what is left to save.

cdef enum:
    SEEK_CAP = 10           # solves of one search until there is a plan
    REFINE_CAP = 10         # and after that
    STEPS_CAP = 40          # of one solve


cdef struct Best:
    int ending
    double t_f
    double cost
    double slope
    int solves
    int steps


cdef inline double slope_in_time(const Plan* p, Sheet* w, double t_f, double weight) noexcept nogil:
    """d L / d t_f with what `bound_of` chose; the sheet is left as it was."""
    cdef double d = 1e-4 * t_f, more, less
    lay_out(p, t_f + d, w.aim, w)
    fly(p, w)
    more = lagrangian(p, w, weight)
    lay_out(p, t_f - d, w.aim, w)
    fly(p, w)
    less = lagrangian(p, w, weight)
    lay_out(p, t_f, w.aim, w)
    fly(p, w)
    return 0.5 * (more - less) / d


cdef inline int solve_at(
    const Plan* p, Sheet* w, double t_f, Aim aim, double within, Judged* j
) noexcept nogil:
    """One solve; an Ending."""
    j.gap = 0.0
    j.misfit = 0.0
    j.dual = 1.0
    j.bound = 0.0
    j.steps = 0
    lay_out(p, t_f, aim, w)
    first_plan(p, w, MU)
    if aim == WITHIN:
        w.x[6][p.intervals + 1] = within
        centre_all(p, w, MU)
    return interior(p, w, TOLERANCE, STEPS_CAP, j)


cdef inline double cost_of(const Plan* p, Sheet* w) noexcept nogil:
    if w.aim == NEAREST:
        return sqrt(w.miss[0] * w.miss[0] + w.miss[1] * w.miss[1])
    return -w.x[7][p.intervals]


cdef struct Known:      # of one time
    double t
    double cost
    double slope


cdef inline double between(const Known* low, const Known* high, int turn) noexcept nogil:
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


cdef inline double to_save(const Known* low, const Known* high) noexcept nogil:
    """How much less than the lower of two costs a convex one can be between them."""
    cdef double width = high.t - low.t
    cdef double part = (high.cost - low.cost - high.slope * width) / (low.slope - high.slope)
    return (low.cost if low.cost < high.cost else high.cost) - (low.cost + low.slope * part)


cdef inline double onward(double t, double value, double slope) noexcept nogil:
    """The next time to try for a plan, a little past where the proof of none would end."""
    cdef double part = 1.3 * fabs(value / (slope * t)) + 0.02 if fabs(slope) > 1e-12 else 0.2
    if not part < 0.5:
        part = 0.5
    return t * (1.0 + part) if slope < 0 else t / (1.0 + part)


cdef inline void search(
    const Plan* p, Sheet* w, Sheet* kept, Aim aim, double guess, Judged* j, Best* best
) noexcept nogil:
    """Leave the best plan in `kept`, how good it is in `j`, and the rest in `best`."""
    cdef Known low, high, here
    cdef double t = guess, wall_low = 0.0, wall_high = 1e30, bend, value, turning, stride = 0.15
    cdef bint any = False, is_low = False, is_high = False, unproven = False
    cdef Judged at
    cdef int ending, tried, turn = 0, found = 0
    best.ending = INFEASIBLE
    best.cost = 1e30
    best.solves = 0
    best.steps = 0
    memset(&low, 0, sizeof(Known))
    memset(&high, 0, sizeof(Known))
    memset(&here, 0, sizeof(Known))
    for tried in range(SEEK_CAP + REFINE_CAP):
        ending = solve_at(p, w, t, aim, 0.0, &at)
        best.solves += 1
        best.steps += at.steps
        if ending > CLOSE:
            if any:
                # near the edge of the times that have a plan: half-way back
                if t < here.t:
                    wall_low = t
                else:
                    wall_high = t
                if fabs(here.t - t) < 1e-3 * t:
                    return
                t = 0.5 * (t + here.t)
                continue
            if ending == INFEASIBLE:
                value = bound_of(p, w, 0.0)
                here.slope = slope_in_time(p, w, t, 0.0)
            else:
                unproven = True
                value = t
                here.slope = -0.3 if tried % 2 == 0 else 0.3
            if here.slope < 0:
                wall_low = t if t > wall_low else wall_low
            else:
                wall_high = t if t < wall_high else wall_high
            if tried + 1 >= SEEK_CAP:
                break
            t = onward(t, value, here.slope)
            if not wall_low < t < wall_high:
                if wall_high - wall_low < 1e-3 * wall_high:
                    break
                t = sqrt(wall_low * wall_high)
            continue
        any = True
        found += 1
        at.bound = bound_of(p, w, 1.0)
        here.t = t
        here.slope = slope_in_time(p, w, t, 1.0)
        here.cost = cost_of(p, w)
        if here.cost < best.cost:
            best.ending = ending
            best.t_f = t
            best.cost = here.cost
            best.slope = here.slope
            j[0] = at
            memcpy(kept, w, sizeof(Sheet))
        bend = 3.0 * (here.cost if here.cost > 1e-3 else 1e-3) / (t * t)
        if 0.5 * here.slope * here.slope / bend < ENOUGH or (
                aim == NEAREST and here.cost < ENOUGH) or found >= REFINE_CAP:
            return
        # how the slope turns, from two times on one side, or most landings' own
        turning = STEEPER * bend
        if here.slope < 0:
            if is_low and here.t != low.t:
                turning = (here.slope - low.slope) / (here.t - low.t)
            low = here
            is_low = True
        else:
            if is_high and here.t != high.t:
                turning = (here.slope - high.slope) / (here.t - high.t)
            high = here
            is_high = True
        if is_low and is_high:
            if to_save(&low, &high) < ENOUGH or high.t - low.t < 1e-5 * t:
                return
            t = between(&low, &high, turn)
            turn += 1
            continue
        value = here.slope / turning / t if turning > 0 else (9.0 if here.slope > 0 else -9.0)
        t = t - t * (value if fabs(value) < stride else (stride if value > 0 else -stride))
        stride = stride * 1.6 if stride < 0.3 else stride
        # short of a time known to have no plan
        if t <= wall_low:
            t = 0.5 * (here.t + wall_low)
        if t >= wall_high:
            t = 0.5 * (here.t + wall_high)
        if fabs(t - here.t) < 1e-3 * t and (wall_low > 0 or wall_high < 1e30):
            return
    if not any:
        best.ending = NOT_FOUND if unproven else INFEASIBLE


cdef inline bint sound(const Plan* p, double t_f) noexcept nogil:
    """Whether the numbers make a problem at all."""
    cdef double size = fabs(t_f) + fabs(p.rho_1) + fabs(p.rho_2) + fabs(p.alpha) + fabs(p.dry)
    cdef int i
    size += fabs(p.cos_tilt) + fabs(p.cot_glide)
    for i in range(3):
        size += fabs(p.r[i]) + fabs(p.v[i]) + fabs(p.v_f[i]) + fabs(p.g[i])
    return (
        size < 1e6 and t_f > 1e-6 and p.rho_1 >= 0 and p.rho_2 > 1e-6 and p.rho_1 < p.rho_2
        and p.alpha >= 0 and 0 <= p.dry < 1 and p.cot_glide >= 0
        and -1 <= p.cos_tilt < 1)


cdef inline bint begins(const Plan* p) noexcept nogil:
    """Whether the place at the start keeps the glide slope, or the floor."""
    cdef double aside = sqrt(p.r[0] * p.r[0] + p.r[1] * p.r[1])
    if p.cot_glide > 0:
        return p.r[2] * p.cot_glide >= aside
    return p.r[2] >= 0 or not p.floored


cdef inline void nowhere(const Plan* p, Sheet* kept, Judged* j, Best* best) noexcept nogil:
    """What is told where nothing was found."""
    memset(kept, 0, sizeof(Sheet))
    memset(j, 0, sizeof(Judged))
    memset(best, 0, sizeof(Best))
    best.ending = INFEASIBLE


cdef inline int solve_plan(
    const Plan* p, Sheet* w, Sheet* kept, double t_f, bint free, bint nearest, Judged* j, Best* best
) noexcept nogil:
    """The best plan to the target or, where there is none and `nearest`, to the least miss."""
    cdef double miss
    cdef int solves, steps
    cdef Best near
    nowhere(p, kept, j, best)
    if not sound(p, t_f):
        return BAD_INPUT
    if begins(p):
        attempt(p, w, kept, REACH, t_f, free, j, best)
    if best.ending == SOLVED or best.ending == CLOSE or not nearest:
        return best.ending
    if p.r[2] < 0 and (p.floored or p.cot_glide > 0):
        return INFEASIBLE
    solves = best.solves
    steps = best.steps
    attempt(p, w, kept, NEAREST, t_f, free, j, best)
    best.solves += solves
    best.steps += steps
    if best.ending != SOLVED and best.ending != CLOSE:
        return best.ending
    if best.cost < 10.0 * ENOUGH:
        # within reach after all, at the time that the miss led to
        near = best[0]
        attempt(p, w, kept, REACH, near.t_f, free, j, best)
        near.solves += best.solves
        near.steps += best.steps
        if best.ending <= CLOSE:
            best.solves = near.solves
            best.steps = near.steps
            return best.ending
        best[0] = near
    # the least propellant at that miss, a hair wider so that there is room inside
    miss = best.cost
    solves = best.solves
    steps = best.steps
    if solve_at(p, w, best.t_f, WITHIN, miss * (1.0 + 1e-4) + 1e-5, j) <= CLOSE:
        j.bound = bound_of(p, w, 1.0)
        memcpy(kept, w, sizeof(Sheet))
    best.solves += 1
    best.steps += j.steps
    return MISSED if best.ending == SOLVED else CLOSE


cdef inline void attempt(
    const Plan* p, Sheet* w, Sheet* kept, Aim aim, double t_f, bint free, Judged* j, Best* best
) noexcept nogil:
    """In free time, or in the time given."""
    if free:
        search(p, w, kept, aim, t_f, j, best)
        return
    best.ending = solve_at(p, w, t_f, aim, 0.0, j)
    best.solves = 1
    best.steps = j.steps
    best.t_f = t_f
    best.cost = cost_of(p, w)
    if best.ending <= CLOSE:
        j.bound = bound_of(p, w, 1.0)
        best.slope = slope_in_time(p, w, t_f, 1.0)
        memcpy(kept, w, sizeof(Sheet))
