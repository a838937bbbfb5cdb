# Mehrotra's predictor-corrector on the constrained descent, in lanes of nodes.
#
#     predict   F' W^-2 F dx = -(c + F' W^-2 residual),  then d_slack = F dx + residual, and
#               W d_dual = -ell - W^-1 d_slack
#     centre    sigma = (1 - a)^3 of the largest step a
#     correct   (1 - sigma) (c and residual), and on the right
#               ell \ (sigma mu e - (W^-1 d_slack) o (W d_dual))
#
# theory (5.4) and (5.6). c is the gradient of the objective: the log-mass at the end, negative, or
# the miss.


cdef inline void load_rows(
    double[LANES]* rows, int first, int n, int k, f64xN* out
) noexcept nogil:
    cdef int i
    for i in range(n):
        out[i] = f64_load(&rows[first + i][k])


cdef inline void store_rows(
    double[LANES]* rows, int first, int n, int k, const f64xN* x
) noexcept nogil:
    cdef int i
    for i in range(n):
        f64_store(&rows[first + i][k], x[i])


cdef inline void add_objective(
    const DescentProblem* p, IterateWorkspace* w, double weight, double[LANES]* slope
) noexcept nogil:
    """Add the objective's gradient."""
    if w.aim == NEAREST:
        slope[6][p.intervals + 1] += weight
    else:
        slope[7][p.intervals] -= weight


cdef inline double primal_residual(const DescentProblem* p, IterateWorkspace* w) noexcept nogil:
    """Write `residual`; return the largest primal residual of a cone's point and the slack."""
    cdef bint glide = has_glide(p, w), tilt = has_tilt(p, w)
    cdef int block, k, i, rows = 13 if glide else 10
    cdef f64xN x[8]
    cdef f64xN f[ROWS]
    cdef f64xN s, most = f64_splat(0.0)
    cdef double each[8]
    cdef double largest = 0.0
    for block in range(w.lanes // F64_LANES):
        k = block * F64_LANES
        load_rows(w.x, 0, 8, k, x)
        apply_constraints(p, w, k, x, True, glide, f)
        for i in range(rows):
            if i == 9 and not tilt:
                continue
            s = f[i] - f64_load(&w.slack[i][k])
            f64_store(&w.residual[i][k], s)
            s = f64_abs(s)
            most = f64_select(s, most, s, most)
    f64_store(each, most)
    for i in range(F64_LANES):
        if each[i] > largest:
            largest = each[i]
    for i in range(6):
        if fabs(w.end[i]) > largest:
            largest = fabs(w.end[i])
    return largest


cdef inline double duality_gap(const DescentProblem* p, IterateWorkspace* w) noexcept nogil:
    """Slack times dual, over all cones."""
    cdef bint glide = has_glide(p, w), tilt = has_tilt(p, w)
    cdef int block, k, i, rows = 13 if glide else 10
    cdef f64xN sum = f64_splat(0.0)
    cdef double total[8]
    for i in range(8):
        total[i] = 0.0
    for block in range(w.lanes // F64_LANES):
        k = block * F64_LANES
        sum = f64_load(&total[k % 8])
        for i in range(rows):
            if i != 9 or tilt:
                sum = sum + f64_load(&w.slack[i][k]) * f64_load(&w.dual[i][k])
        f64_store(&total[k % 8], sum)
    return ((total[0] + total[1]) + (total[2] + total[3])) + (
        (total[4] + total[5]) + (total[6] + total[7]))


cdef struct StepLimits:
    double slack        # one over the largest step
    double dual


cdef struct LaneLimits:     # the same, lane by lane
    f64xN slack
    f64xN dual


cdef inline void widen_limits(LaneLimits* worst, f64xN slack, f64xN dual) noexcept nogil:
    """Take what a cone allows, as one over its steps."""
    worst.slack = f64_select(slack, worst.slack, slack, worst.slack)
    worst.dual = f64_select(dual, worst.dual, dual, worst.dual)


cdef inline void gather_limits(const LaneLimits* worst, StepLimits* reach) noexcept nogil:
    """Take the largest of all lanes."""
    reach.slack = largest_of(worst.slack)
    reach.dual = largest_of(worst.dual)


cdef inline void predictor_step(
    const DescentProblem* p, IterateWorkspace* w, StepLimits* reach
) noexcept nogil:
    """The changes of slack and dual for the predictor's step, scaled by W."""
    cdef bint glide = has_glide(p, w), tilt = has_tilt(p, w)
    cdef int block, k, row
    cdef f64xN x[8]
    cdef f64xN f[ROWS]
    cdef f64xN m, a, b
    cdef LaneLimits worst
    worst.slack = f64_splat(0.0)
    worst.dual = f64_splat(0.0)
    for block in range(w.lanes // F64_LANES):
        k = block * F64_LANES
        load_rows(w.step, 0, 8, k, x)
        apply_constraints(p, w, k, x, False, glide, f)
        predictor_cone(w, f, 0, 4, 0, k, &worst)
        predictor_cone(w, f, 4, 3, 1, k, &worst)
        if glide:
            predictor_cone(w, f, 10, 3, 2, k, &worst)
        for row in range(7, 10 if tilt else 9):
            # along a half-line, not scaled: d_dual = -dual - m d_slack
            m = f64_load(&w.w[row][k])
            a = f[row] + f64_load(&w.residual[row][k])
            b = -f64_load(&w.dual[row][k]) - m * a
            f64_store(&w.d_slack[row][k], a)
            f64_store(&w.d_dual[row][k], b)
            a = -a / f64_load(&w.slack[row][k])
            b = -b / f64_load(&w.dual[row][k])
            widen_limits(&worst, a, b)
    gather_limits(&worst, reach)


cdef inline double largest_of(f64xN x) noexcept nogil:
    cdef double each[8]
    cdef double most
    cdef int i
    f64_store(each, x)
    most = each[0]
    for i in range(1, F64_LANES):
        if each[i] > most:
            most = each[i]
    return most


cdef inline void predictor_cone(
    IterateWorkspace* w, const f64xN* f, int row, const int n, int which, int k,
    LaneLimits* worst,
) noexcept nogil:
    """One cone of the predictor: scaled changes and their steps."""
    cdef f64xN v[4]
    cdef f64xN ell[4]
    cdef f64xN d[4]
    cdef f64xN t[4]
    cdef int i
    load_rows(w.w, row, n, k, v)
    load_rows(w.ell, row, n, k, ell)
    for i in range(n):
        d[i] = f[row + i] + f64_load(&w.residual[row + i][k])
    apply_w_inverse(v, f64_load(&w.eta[which][k]), d, n, t)
    for i in range(n):
        d[i] = -ell[i] - t[i]
    store_rows(w.d_slack, row, n, k, t)
    store_rows(w.d_dual, row, n, k, d)
    widen_limits(worst, inverse_max_step(ell, t, n), inverse_max_step(ell, d, n))


cdef inline void centering_gradient(
    const DescentProblem* p, IterateWorkspace* w, double aimed, double share
) noexcept nogil:
    """The corrector's gradient; leaves ell \\ (aimed e - ..), unscaled by W^-1, in d_dual."""
    cdef bint glide = has_glide(p, w), tilt = has_tilt(p, w)
    cdef int block, k, i, row
    cdef f64xN y[ROWS]
    cdef f64xN g[8]
    cdef f64xN a, keep = f64_splat(share), centre = f64_splat(aimed)
    cdef f64xN back = f64_splat(1.0 - share)
    for i in range(ROWS):
        y[i] = f64_splat(0.0)
    for block in range(w.lanes // F64_LANES):
        k = block * F64_LANES
        second_order_term(w, 0, 4, 0, k, centre, y)
        second_order_term(w, 4, 3, 1, k, centre, y)
        if glide:
            second_order_term(w, 10, 3, 2, k, centre, y)
        for row in range(7, 10 if tilt else 9):
            y[row] = (centre - f64_load(&w.d_slack[row][k]) * f64_load(&w.d_dual[row][k])) / (
                f64_load(&w.slack[row][k]))
        store_rows(w.d_dual, 0, 9, k, y)
        if tilt:
            f64_store(&w.d_dual[9][k], y[9])
        if glide:
            store_rows(w.d_dual, 10, 3, k, &y[10])
        for i in range(13 if glide else 10):
            if i != 9 or tilt:
                y[i] = back * f64_load(&w.dual[i][k]) - y[i]
        apply_transpose(p, w, k, y, tilt, glide, g)
        for i in range(8):
            a = keep * f64_load(&w.base[i][k]) + g[i]
            f64_store(&w.slope[i][k], a)


cdef inline void second_order_term(
    IterateWorkspace* w, int row, const int n, int which, int k, f64xN centre, f64xN* y
) noexcept nogil:
    cdef f64xN v[4]
    cdef f64xN ell[4]
    cdef f64xN a[4]
    cdef f64xN b[4]
    cdef f64xN t[4]
    cdef int i
    load_rows(w.d_slack, row, n, k, a)
    load_rows(w.d_dual, row, n, k, b)
    load_rows(w.ell, row, n, k, ell)
    load_rows(w.w, row, n, k, v)
    jordan_product(a, b, n, t)
    t[0] = centre - t[0]
    for i in range(1, n):
        t[i] = -t[i]
    jordan_divide(ell, t, n, a)
    apply_w_inverse(v, f64_load(&w.eta[which][k]), a, n, &y[row])


cdef inline void corrector_step(
    const DescentProblem* p, IterateWorkspace* w, double share, StepLimits* reach
) noexcept nogil:
    """Compute the changes of slack and dual: d_dual = D - dual - W^-2 d_slack.

    D is what `centering_gradient` left in d_dual.
    """
    cdef bint glide = has_glide(p, w), tilt = has_tilt(p, w)
    cdef int block, k, row
    cdef f64xN x[8]
    cdef f64xN f[ROWS]
    cdef f64xN keep = f64_splat(share)
    cdef f64xN a, b
    cdef LaneLimits worst
    worst.slack = f64_splat(0.0)
    worst.dual = f64_splat(0.0)
    for block in range(w.lanes // F64_LANES):
        k = block * F64_LANES
        load_rows(w.step, 0, 8, k, x)
        apply_constraints(p, w, k, x, False, glide, f)
        corrector_cone(w, f, 0, 4, 0, k, keep, &worst)
        corrector_cone(w, f, 4, 3, 1, k, keep, &worst)
        if glide:
            corrector_cone(w, f, 10, 3, 2, k, keep, &worst)
        for row in range(7, 10 if tilt else 9):
            a = f[row] + keep * f64_load(&w.residual[row][k])
            b = (
                f64_load(&w.d_dual[row][k]) - f64_load(&w.dual[row][k])
                - f64_load(&w.w[row][k]) * a)
            f64_store(&w.d_slack[row][k], a)
            f64_store(&w.d_dual[row][k], b)
            a = -a / f64_load(&w.slack[row][k])
            b = -b / f64_load(&w.dual[row][k])
            widen_limits(&worst, a, b)
    gather_limits(&worst, reach)


cdef inline void corrector_cone(
    IterateWorkspace* w, const f64xN* f, int row, const int n, int which, int k, f64xN keep,
    LaneLimits* worst,
) noexcept nogil:
    """One cone of the corrector: its changes and their steps."""
    cdef f64xN v[4]
    cdef f64xN a[4]
    cdef f64xN b[4]
    cdef f64xN x[4]
    cdef f64xN s[4]
    cdef int i
    load_rows(w.w, row, n, k, v)
    for i in range(n):
        a[i] = f[row + i] + keep * f64_load(&w.residual[row + i][k])
    apply_w_inverse2(v, f64_load(&w.eta[which][k]), a, n, b)
    load_rows(w.dual, row, n, k, x)
    for i in range(n):
        b[i] = f64_load(&w.d_dual[row + i][k]) - x[i] - b[i]
    store_rows(w.d_slack, row, n, k, a)
    store_rows(w.d_dual, row, n, k, b)
    load_rows(w.slack, row, n, k, s)
    widen_limits(worst, inverse_max_step(s, a, n), inverse_max_step(x, b, n))


cdef inline void take_step(
    const DescentProblem* p, IterateWorkspace* w, double step
) noexcept nogil:
    """Take this much of the step."""
    cdef bint glide = has_glide(p, w), tilt = has_tilt(p, w)
    cdef f64xN a = f64_splat(step)
    cdef int block, k, i, rows = 13 if glide else 10
    for block in range(w.lanes // F64_LANES):
        k = block * F64_LANES
        for i in range(rows):
            if i == 9 and not tilt:
                continue
            f64_store(&w.slack[i][k], f64_load(&w.slack[i][k]) + a * f64_load(&w.d_slack[i][k]))
            f64_store(&w.dual[i][k], f64_load(&w.dual[i][k]) + a * f64_load(&w.d_dual[i][k]))
        for i in range(4):
            f64_store(&w.x[i][k], f64_load(&w.x[i][k]) + a * f64_load(&w.step[i][k]))
    w.miss[0] += step * w.d_miss[0]
    w.miss[1] += step * w.d_miss[1]
    w.x[6][p.intervals + 1] += step * w.step[6][p.intervals + 1]
    propagate(p, w)
