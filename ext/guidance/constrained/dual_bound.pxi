# What the dual of a constrained descent proves, by weak duality.
#
# For any dual in its cones and any multipliers nu of the end, the Lagrangian
#
#     L = weight (-z_N or the miss) - dual . (F x + f) + nu . (end less target)
#
# theory (5.7), is affine in the thrusts, and no greater than the cost of any plan that keeps the
# constraints. So the cost is at least L less the most that its gradient can make of the thrusts
# allowed; with weight 0 a positive bound proves that there is no plan (Farkas). Its slope in t_f,
# plan and dual held, is that of the least cost.
#
# Equation block, for each axis; h apart, e = h^2 / 6, and q_r the gradient in the place of a node:
#
#     G_k = dL/du_k + e q_r,k + h (h P_r + P_v),    P_v += h P_r,  P_r += q_r backwards        (1)
#     c_r = dr_N/du_k = h^2 (n - k),    c_v = dv_N/du_k = h                                    (2)
#     at the ends c_r = h^2 (n / 2 - 1 / 6) and e, c_v = h / 2
#     nu  = argmin sum (G_k + c_r nu_r + c_v nu_v)^2                                           (3)
#     theory (5.8):
#     bound = L - sum |G_k + c_r nu_r + c_v nu_v| (u_max,k + |u_k|)                            (4)
#
# since no thrust allowed is further from u_k than u_max,k + |u_k|; the same for s and for the bound
# of the miss.


cdef inline double lagrangian(
    const DescentProblem* p, IterateWorkspace* w, double weight
) noexcept nogil:
    cdef bint glide = has_glide(p, w), tilt = has_tilt(p, w)
    cdef int block, k, i
    cdef f64xN x[8]
    cdef f64xN f[ROWS]
    cdef f64xN sum
    cdef double total[8]
    cdef double value
    for i in range(8):
        total[i] = 0.0
    for block in range(w.lanes // F64_LANES):
        k = block * F64_LANES
        load_rows(w.x, 0, 8, k, x)
        apply_constraints(p, w, k, x, True, glide, f)
        sum = f64_load(&total[k % 8])
        for i in range(13 if glide else 10):
            if i != 9 or tilt:
                sum = sum + f[i] * f64_load(&w.dual[i][k])
        f64_store(&total[k % 8], sum)
    value = -(((total[0] + total[1]) + (total[2] + total[3])) + (
        (total[4] + total[5]) + (total[6] + total[7])))
    for i in range(6):
        value += w.nu[i] * w.end[i]
    if w.aim == NEAREST:
        return value + weight * w.x[6][p.intervals + 1]
    return value - weight * w.x[7][p.intervals]


cdef struct EndFit:     # least squares of the gradient in the multipliers of one axis
    double rr           # sums over the nodes of c_r c_r, c_r c_v, c_v c_v
    double rv
    double vv
    double gr           # of c_r and c_v times the gradient
    double gv
    double p_r          # sum of the gradient in place: what a shift of the whole flight feels


cdef inline void end_by_thrust(int n, int k, double h, double* c_r, double* c_v) noexcept nogil:
    """Compute (2): what place and velocity at the end change by with the thrust of node k."""
    if k == n:
        c_r[0] = h * h / 6.0
        c_v[0] = 0.5 * h
    elif k > 0:
        c_r[0] = h * h * (n - k)
        c_v[0] = h
    else:
        c_r[0] = h * h * (0.5 * n - 1.0 / 6.0)
        c_v[0] = 0.5 * h


cdef inline void cone_gradient(
    const DescentProblem* p, IterateWorkspace* w, double weight
) noexcept nogil:
    """Write the gradient of weight cost - dual . (F x + f) in x into `slope`."""
    cdef bint glide = has_glide(p, w), tilt = has_tilt(p, w)
    cdef int block, k, i
    cdef f64xN y[ROWS]
    cdef f64xN g[8]
    for i in range(ROWS):
        y[i] = f64_splat(0.0)
    for block in range(w.lanes // F64_LANES):
        k = block * F64_LANES
        for i in range(13 if glide else 10):
            if i != 9 or tilt:
                y[i] = -f64_load(&w.dual[i][k])
        apply_transpose(p, w, k, y, tilt, glide, g)
        store_rows(w.slope, 0, 8, k, g)
    add_objective(p, w, weight, w.slope)


cdef inline void thrust_gradient(
    const DescentProblem* p, IterateWorkspace* w, int i, EndFit* fit
) noexcept nogil:
    """Carry the gradient in place back to the thrusts of axis i, by (1); sum up for (3)."""
    cdef int n = p.intervals, k
    cdef double h = w.h, e = h * h / 6.0
    cdef double p_r = 0.0, p_v = 0.0, q_r, grad, c_r = 0.0, c_v = 0.0
    memset(fit, 0, sizeof(EndFit))
    for k in range(n, -1, -1):
        q_r = w.slope[4 + i][k]
        if k == n:
            grad = w.slope[i][k] + e * q_r
        elif k > 0:
            grad = w.slope[i][k] + e * q_r + h * (h * p_r + p_v)
        else:
            grad = w.slope[i][k] + h * (h / 3.0 * p_r + 0.5 * p_v)
        end_by_thrust(n, k, h, &c_r, &c_v)
        p_v += h * p_r
        p_r += q_r
        w.slope[i][k] = grad
        fit.rr += c_r * c_r
        fit.rv += c_r * c_v
        fit.vv += c_v * c_v
        fit.gr += c_r * grad
        fit.gv += c_v * grad
    fit.p_r = p_r


cdef inline void choose_multipliers(
    const DescentProblem* p, IterateWorkspace* w, int i, const EndFit* fit
) noexcept nogil:
    """Choose nu of axis i by (3); where the miss is free, so that its gradient is zero."""
    cdef double det
    if w.aim != REACH and i < 2:
        # the miss shifts the whole flight
        w.nu[i] = w.slope[4 + i][p.intervals + 1] - fit.p_r
        w.nu[3 + i] = -(fit.gv + fit.rv * w.nu[i]) / fit.vv
    else:
        det = fit.rr * fit.vv - fit.rv * fit.rv
        w.nu[i] = (fit.rv * fit.gv - fit.vv * fit.gr) / det
        w.nu[3 + i] = (fit.rv * fit.gr - fit.rr * fit.gv) / det


cdef inline double add_thrust_gain(
    const DescentProblem* p, IterateWorkspace* w, int i, double gain
) noexcept nogil:
    """Add (4) of the thrusts of axis i: what its gradient can make of them at most."""
    cdef int n = p.intervals, k
    cdef double c_r = 0.0, c_v = 0.0, grad
    for k in range(n + 1):
        end_by_thrust(n, k, w.h, &c_r, &c_v)
        grad = w.slope[i][k] + c_r * w.nu[i] + c_v * w.nu[3 + i]
        gain += fabs(grad) * (1.0 / w.most[0][k] + fabs(w.x[i][k]))
    return gain


cdef inline double add_bound_gain(
    const DescentProblem* p, IterateWorkspace* w, double gain
) noexcept nogil:
    """Add (4) of the thrusts' bounds s, which burn."""
    cdef int n = p.intervals, k
    cdef double b = 0.5 * p.alpha * w.h, p_z = 0.0, q_z, grad
    for k in range(n, -1, -1):
        q_z = w.slope[7][k]
        if k == n:
            grad = w.slope[3][k] - b * q_z
        elif k > 0:
            grad = w.slope[3][k] - b * q_z - 2.0 * b * p_z
        else:
            grad = w.slope[3][k] - b * p_z
        p_z += q_z
        gain += fabs(grad) * (1.0 / w.most[0][k] + fabs(w.x[3][k]))
    return gain


cdef inline double dual_bound(
    const DescentProblem* p, IterateWorkspace* w, double weight
) noexcept nogil:
    """Choose nu by least squares of the gradient; return the bound. Writes over `slope`."""
    cdef int n = p.intervals, i
    cdef double h = w.h, gain = 0.0, far = 1.0, value
    cdef EndFit fit
    cone_gradient(p, w, weight)
    for i in range(3):
        far += fabs(p.v[i]) * n * h
    far += (1.0 + 1.0 / w.most[0][n]) * n * h * n * h
    for i in range(3):
        thrust_gradient(p, w, i, &fit)
        choose_multipliers(p, w, i, &fit)
        gain = add_thrust_gain(p, w, i, gain)
    gain = add_bound_gain(p, w, gain)
    if w.aim == NEAREST:
        gain += fabs(w.slope[6][n + 1]) * far
    value = lagrangian(p, w, weight) - gain
    # propellant and miss are never below zero; nor is a bound that overflowed
    return value if value > 0 else 0.0
