# What the dual of a constrained descent proves, by weak duality.
#
# For any dual in its cones and any multipliers nu of the end, the Lagrangian
#
#     L = weight (-z_N or the miss) - dual . (F x + f) + nu . (end less target)
#
# is affine in the thrusts, and no greater than the cost of any plan that keeps the constraints. So
# the cost is at least L less the most that its gradient can make of the thrusts allowed; with
# weight 0 a positive bound proves that there is no plan (Farkas). Its slope in t_f, plan and dual
# held, is that of the least cost.


cdef inline double lagrangian(
    const DescentProblem* p, IterateWorkspace* w, double weight
) noexcept nogil:
    cdef bint glide = has_glide(p, w), tilt = has_tilt(p, w)
    cdef int block, k, i
    cdef Doubles x[8]
    cdef Doubles f[ROWS]
    cdef Doubles sum
    cdef double total[8]
    cdef double value
    for i in range(8):
        total[i] = 0.0
    for block in range(w.lanes // WIDE):
        k = block * WIDE
        load_rows(w.x, 0, 8, k, x)
        apply_constraints(p, w, k, x, True, glide, f)
        sum = wide_load(&total[k % 8])
        for i in range(13 if glide else 10):
            if i != 9 or tilt:
                sum = sum + f[i] * wide_load(&w.dual[i][k])
        wide_store(&total[k % 8], sum)
    value = -(((total[0] + total[1]) + (total[2] + total[3])) + (
        (total[4] + total[5]) + (total[6] + total[7])))
    for i in range(6):
        value += w.nu[i] * w.end[i]
    if w.aim == NEAREST:
        return value + weight * w.x[6][p.intervals + 1]
    return value - weight * w.x[7][p.intervals]


cdef inline double dual_bound(
    const DescentProblem* p, IterateWorkspace* w, double weight
) noexcept nogil:
    """Choose nu by least squares of the gradient; give the bound. Writes over `slope`."""
    cdef bint glide = has_glide(p, w), tilt = has_tilt(p, w)
    cdef int n = p.intervals, block, k, i
    cdef Doubles y[ROWS]
    cdef Doubles g[8]
    cdef double h = w.h, e = h * h / 6.0, b = 0.5 * p.alpha * h
    cdef double q_r, q_z, p_r, p_v, p_z, c_r, c_v, grad, slack, far, value
    cdef double rr, rv, vv, gr, gv
    for i in range(ROWS):
        y[i] = wide_all(0.0)
    for block in range(w.lanes // WIDE):
        k = block * WIDE
        for i in range(13 if glide else 10):
            if i != 9 or tilt:
                y[i] = -wide_load(&w.dual[i][k])
        apply_transpose(p, w, k, y, tilt, glide, g)
        store_rows(w.slope, 0, 8, k, g)
    add_objective(p, w, weight, w.slope)
    far = 1.0
    for i in range(3):
        far += fabs(p.v[i]) * n * h
    far += (1.0 + 1.0 / w.most[0][n]) * n * h * n * h
    slack = 0.0
    for i in range(3):
        # the gradient without nu, kept in slope; its least squares in nu
        p_r = 0.0
        p_v = 0.0
        rr = 0.0
        rv = 0.0
        vv = 0.0
        gr = 0.0
        gv = 0.0
        for k in range(n, -1, -1):
            q_r = w.slope[4 + i][k]
            if k == n:
                grad = w.slope[i][k] + e * q_r
                c_r = e
                c_v = 0.5 * h
            elif k > 0:
                grad = w.slope[i][k] + e * q_r + h * (h * p_r + p_v)
                c_r = h * h * (n - k)
                c_v = h
            else:
                grad = w.slope[i][k] + h * (h / 3.0 * p_r + 0.5 * p_v)
                c_r = h * h * (0.5 * n - 1.0 / 6.0)
                c_v = 0.5 * h
            p_v += h * p_r
            p_r += q_r
            w.slope[i][k] = grad
            rr += c_r * c_r
            rv += c_r * c_v
            vv += c_v * c_v
            gr += c_r * grad
            gv += c_v * grad
        if w.aim != REACH and i < 2:
            # the miss shifts the whole flight: its gradient is nought for this nu
            w.nu[i] = w.slope[4 + i][n + 1] - p_r
            w.nu[3 + i] = -(gv + rv * w.nu[i]) / vv
        else:
            grad = rr * vv - rv * rv
            w.nu[i] = (rv * gv - vv * gr) / grad
            w.nu[3 + i] = (rv * gr - rr * gv) / grad
        for k in range(n + 1):
            c_v = 0.5 * h if k == 0 or k == n else h
            c_r = h * h * (n - k)
            if k == 0:
                c_r = h * h * (0.5 * n - 1.0 / 6.0)
            elif k == n:
                c_r = e
            grad = w.slope[i][k] + c_r * w.nu[i] + c_v * w.nu[3 + i]
            slack += fabs(grad) * (1.0 / w.most[0][k] + fabs(w.x[i][k]))
    p_z = 0.0
    for k in range(n, -1, -1):
        q_z = w.slope[7][k]
        if k == n:
            grad = w.slope[3][k] - b * q_z
        elif k > 0:
            grad = w.slope[3][k] - b * q_z - 2.0 * b * p_z
        else:
            grad = w.slope[3][k] - b * p_z
        p_z += q_z
        slack += fabs(grad) * (1.0 / w.most[0][k] + fabs(w.x[3][k]))
    if w.aim == NEAREST:
        slack += fabs(w.slope[6][n + 1]) * far
    value = lagrangian(p, w, weight) - slack
    # propellant and miss are never less than nothing; nor is a bound that overflowed
    return value if value > 0 else 0.0
