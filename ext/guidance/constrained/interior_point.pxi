# One constrained descent in a given time: start, iterate, measure.
#
# Symbols: mu = slack . dual over the number of cones; a_p = longest step of the predictor, 1 at
# most; sigma = what of mu the corrector aims at.
#
#     sigma = (1 - a_p)^3                        (Mehrotra, SIAM J. Optim. 2(4), 1992)         (1)
#     the corrector aims at sigma mu, and at sigma of the residuals                            (2)
#     step a = 0.99 of the longest that keeps slack and dual inside, 1 at most                 (3)
#     residuals+ = (1 - a (1 - sigma)) residuals                                               (4)
#
# Solved where gap, primal and dual residual are below the tolerance; infeasible where the dual is
# a ray of Farkas (dual_bound.pxi).

cdef struct SolveQuality:
    double gap          # slack times dual
    double primal_residual  # largest, of a cone's point or the end
    double dual         # what is left of the first dual residual
    double bound        # no plan costs less, by weak duality; see dual_bound
    int steps


cdef extern from *:
    """
    #define DESCENT_TOLERANCE 1e-8  /* of gap and residuals, scaled */
    #define DESCENT_NEAR 1e-4       /* the same, for a plan worth keeping */
    #define DESCENT_LOOSE 1e-3      /* the same, for the slope in time far from the best time */
    #define DESCENT_ROOM 0.5        /* of that: the least gap then */
    #define DESCENT_SHORT 0.99      /* of the step to the boundary */
    #define DESCENT_MU 0.1          /* slack times dual of a cone at the start */
    #define DESCENT_STEEPER 4.0     /* of the first step in time */
    #define DESCENT_FAR 0.02        /* a change of time too large to carry a plan across */
    #define DESCENT_NO_THROTTLE 0.99    /* least thrust, of full, that leaves nothing to choose */
    #define DESCENT_ENOUGH 8e-6     /* what another time could still save, scaled */
    """
    const double TOLERANCE "DESCENT_TOLERANCE"
    const double NEAR "DESCENT_NEAR"
    const double LOOSE "DESCENT_LOOSE"
    const double ROOM "DESCENT_ROOM"
    const double SHORT "DESCENT_SHORT"
    const double MU "DESCENT_MU"
    const double STEEPER "DESCENT_STEEPER"
    const double FAR "DESCENT_FAR"
    const double ENOUGH "DESCENT_ENOUGH"
    const double NO_THROTTLE "DESCENT_NO_THROTTLE"


cdef inline void start_iterate(
    const DescentProblem* p, IterateWorkspace* w, double mu
) noexcept nogil:
    """Thrust linear in time that meets the end; slacks inside their cones, duals centred."""
    cdef int n = p.intervals, i, k
    cdef double t_f = n * w.h, c, d, t, u, least
    for i in range(8):
        for k in range(w.lanes):
            w.x[i][k] = 0.0
    w.miss[0] = 0.0
    w.miss[1] = 0.0
    for i in range(3):
        # r + v T + g T^2 / 2 + c T^2 / 2 + d T^3 / 6 = 0, v + g T + c T + d T^2 / 2 = v_f
        t = -(p.r[i] + p.v[i] * t_f) / (t_f * t_f) - 0.5 * p.g[i]
        u = (p.v_f[i] - p.v[i]) / t_f - p.g[i]
        c = 6.0 * t - 2.0 * u
        d = (6.0 * u - 12.0 * t) / t_f
        for k in range(n + 1):
            w.x[i][k] = c + d * (k * w.h)
    for k in range(n + 1):
        u = sqrt(
            w.x[0][k] * w.x[0][k] + w.x[1][k] * w.x[1][k] + w.x[2][k] * w.x[2][k])
        least = p.rho_1 / (1.0 - 0.5 * p.alpha * (p.rho_1 + p.rho_2) * k * w.h + 1e-3)
        w.x[3][k] = 1.05 * u if 1.05 * u < p.rho_2 else p.rho_2
        if w.x[3][k] < least:
            w.x[3][k] = least
    w.x[6][n + 1] = 1.0
    propagate(p, w)
    start_cones(p, w, mu)


cdef inline void start_cone(
    IterateWorkspace* w, const f64xN* f, int row, const int n, int k, f64xN room, f64xN mu,
) noexcept nogil:
    """The slack nearest f with some room, and the dual centred on it."""
    cdef f64xN s[4]
    cdef f64xN size = f64_splat(0.0), m
    cdef int i
    for i in range(1, n):
        s[i] = f[row + i]
        size = size + s[i] * s[i]
    size = f64_sqrt(size) + room
    s[0] = f64_select(f[row], size, f[row], size)
    m = mu / hyperbolic(s, s, n)
    store_rows(w.slack, row, n, k, s)
    s[0] = s[0] * m
    for i in range(1, n):
        s[i] = -s[i] * m
    store_rows(w.dual, row, n, k, s)


cdef inline void start_cones(
    const DescentProblem* p, IterateWorkspace* w, double mu
) noexcept nogil:
    cdef bint glide = has_glide(p, w), tilt = has_tilt(p, w)
    cdef int block, k, row
    cdef f64xN x[8]
    cdef f64xN f[ROWS]
    cdef f64xN level = f64_splat(mu), room = f64_splat(0.1)
    for block in range(w.lanes // F64_LANES):
        k = block * F64_LANES
        load_rows(w.x, 0, 8, k, x)
        apply_constraints(p, w, k, x, True, glide, f)
        start_cone(w, f, 0, 4, k, room, level)
        start_cone(w, f, 4, 3, k, room, level)
        for row in range(7, 10 if tilt else 9):
            start_cone(w, f, row, 1, k, room, level)
        if glide:
            start_cone(w, f, 10, 3, k, room, level)


cdef inline void save_iterate(IterateWorkspace* w) noexcept nogil:
    memcpy(&w.kept[0][0], &w.x[0][0], sizeof(w.x))
    w.kept_miss[0] = w.miss[0]
    w.kept_miss[1] = w.miss[1]


cdef inline int restore_best(
    const DescentProblem* p, IterateWorkspace* w, double worst
) noexcept nogil:
    """Go back to the best plan there was, `worst` its gap or residual: CLOSE, or NOT_FOUND."""
    if not worst < NEAR:
        return NOT_FOUND
    memcpy(&w.x[0][0], &w.kept[0][0], sizeof(w.x))
    w.miss[0] = w.kept_miss[0]
    w.miss[1] = w.kept_miss[1]
    propagate(p, w)
    return CLOSE


cdef inline double measure_iterate(
    const DescentProblem* p, IterateWorkspace* w, double least, SolveQuality* at
) noexcept nogil:
    """Write gap and primal residual of the iterate; return the worst of these and the dual's."""
    cdef double worst
    at.primal_residual = primal_residual(p, w)
    at.gap = duality_gap(p, w)
    worst = at.primal_residual if at.primal_residual > at.dual else at.dual
    # the slope in time feels a primal residual more than a gap
    if least > 0:
        worst = 10.0 * worst
    if at.gap > worst:
        worst = at.gap
    return worst


cdef inline bint predictor_corrector(
    const DescentProblem* p, IterateWorkspace* w, double gap, double least, double* left
) noexcept nogil:
    """Take one step from the iterate; False where there is none.

    The gap is not aimed below `least`. `left` is the part of the residuals that stays, by (4).
    """
    cdef double mu = gap / w.degree, aimed, share, step
    cdef double ends[6]
    cdef StepLimits reach
    cdef int i
    scale_and_assemble(p, w)
    if not riccati_factor(p, w):
        return False
    for i in range(6):
        ends[i] = -w.end[i]
    riccati_solve(p, w, ends)
    predictor_step(p, w, &reach)
    # (1)
    share = 1.0 - step_length(&reach, 1.0)
    share = share * share * share
    # (2)
    aimed = share * mu
    if aimed * w.degree < least:
        aimed = least / w.degree
    share = 1.0 - share
    centering_gradient(p, w, aimed, share)
    for i in range(6):
        ends[i] = -share * w.end[i]
    riccati_solve(p, w, ends)
    corrector_step(p, w, share, &reach)
    # (3)
    step = step_length(&reach, SHORT)
    if not step > 1e-6:
        return False
    take_step(p, w, step)
    # (4)
    left[0] = 1.0 - step * share
    return True


cdef inline int interior_point(
    const DescentProblem* p, IterateWorkspace* w, double tolerance, double least, int most,
    SolveQuality* j,
) noexcept nogil:
    """Take interior-point steps from what `w` holds, `most` at most; a SolverStatus.

    The gap is not brought below `least`: there the cones have room for another time of flight.
    """
    cdef double worst, left = 1.0, best = 1e30
    cdef SolveQuality at = j[0]
    cdef int count
    if most > w.steps_left:
        most = w.steps_left
    for count in range(most + 1):
        worst = measure_iterate(p, w, least, &at)
        if not (worst < 1e30 and at.gap < 1e30):
            break
        if worst < best:
            best = worst
            j[0] = at
            if worst < NEAR:
                save_iterate(w)
            if worst < tolerance:
                return SOLVED
        elif best < NEAR and worst > 100.0 * best:
            break
        if count == most:
            break
        if count > 2 and at.primal_residual > tolerance:
            j.bound = dual_bound(p, w, 0.0)
            if j.bound > 0:
                j.steps = at.steps
                return INFEASIBLE
        at.steps += 1
        w.steps_left -= 1
        if not predictor_corrector(p, w, at.gap, least, &left):
            break
        at.dual *= left
    j.steps = at.steps
    return restore_best(p, w, best)


cdef inline double step_length(const StepLimits* reach, double share) noexcept nogil:
    """The step that keeps slack and dual inside: a share of the longest, at most 1."""
    cdef double most = reach.slack if reach.slack > reach.dual else reach.dual
    return share / most if most > share else (1.0 if most == most else 0.0)
