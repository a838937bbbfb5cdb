# The Nesterov-Todd scalings of all cones, the Hessian F' W^-2 F and the predictor's gradient.
#
# Equation block (notation of cones.pxi). With v the vector and eta the size of a cone's scaling W,
# l the dual, J = diag(1, -1, ..) and m = 1 / eta^2,
#
#     ell  = W l                                                                             (1)
#     W^-2 = m (2 (J v)(J v)' - J)                                                           (2)
#     hess = sum of F' W^-2 F,    base = F' W^-2 residual + the objective's gradient         (3)
#
# where F is a cone's rows of apply_constraints; of a half-line W^-2 is dual / slack. Each function
# adds one cone to the Hessian of a node, in the rows HXX to SS of riccati.pxi, and writes
# y = W^-2 residual, whose F' y is taken once for all cones.

cdef enum:
    CONE_THRUST = 0         # rows of `eta`
    CONE_LEAST = 1
    CONE_GLIDE = 2
    ROW_THRUST = 0          # first rows of the cones: s, u (3)
    ROW_LEAST = 4           # q + 1/2, q - 1/2, d with q = a s + z + .., d = z + ..
    ROW_MOST = 7            # -z - a s
    ROW_FLOOR = 8
    ROW_TILT = 9
    ROW_GLIDE = 10


cdef inline f64xN scale_cone(
    IterateWorkspace* w, int row, const int n, int cone, int k, f64xN* v, f64xN* y
) noexcept nogil:
    """Write a cone's scaling, ell by (1) and y = W^-2 residual; return m."""
    cdef f64xN s[4]
    cdef f64xN l[4]
    cdef f64xN ell[4]
    cdef f64xN eta
    load_rows(w.slack, row, n, k, s)
    load_rows(w.dual, row, n, k, l)
    eta = nt_scaling(s, l, n, v)
    apply_w(v, eta, l, n, ell)
    store_rows(w.w, row, n, k, v)
    store_rows(w.ell, row, n, k, ell)
    f64_store(&w.eta[cone][k], eta)
    load_rows(w.residual, row, n, k, s)
    apply_w_inverse2(v, eta, s, n, &y[row])
    return f64_splat(1.0) / (eta * eta)


cdef inline f64xN scale_half_line(
    IterateWorkspace* w, int row, int k, f64xN* y
) noexcept nogil:
    """Write a half-line's scaling and y = W^-2 residual; return dual / slack."""
    cdef f64xN m = f64_load(&w.dual[row][k]) / f64_load(&w.slack[row][k])
    f64_store(&w.w[row][k], m)
    y[row] = m * f64_load(&w.residual[row][k])
    return m


cdef inline void assemble_thrust(
    IterateWorkspace* w, int k, f64xN* h, f64xN* y
) noexcept nogil:
    """Write the block of |u| <= s: its rows are s, u themselves, so that it is (2)."""
    cdef f64xN v[4]
    cdef f64xN two = f64_splat(2.0), one = f64_splat(1.0)
    cdef f64xN m = scale_cone(w, ROW_THRUST, 4, CONE_THRUST, k, v, y)
    cdef int i, j
    h[SS] = m * (two * v[0] * v[0] - one)
    for i in range(3):
        h[US + i] = -(two * m) * (v[0] * v[1 + i])
        for j in range(i, 3):
            h[UXX + packed(i, j)] = (two * m) * (v[1 + i] * v[1 + j])
    h[UXX] = h[UXX] + m
    h[UXX + 3] = h[UXX + 3] + m
    h[UXX + 5] = h[UXX + 5] + m


cdef inline void assemble_least(
    IterateWorkspace* w, int k, f64xN on, f64xN* h, f64xN* y
) noexcept nogil:
    """Add the least thrust: columns of s (a, a, 0) and of z (1, 1, 1), where there is one."""
    cdef f64xN v[4]
    cdef f64xN two = f64_splat(2.0), one = f64_splat(1.0), a, q, c
    cdef f64xN m = scale_cone(w, ROW_LEAST, 3, CONE_LEAST, k, v, y)
    a = f64_load(&w.least[0][k])
    # (J v)' of the columns of s and z; J of them: s: 1, 1, 0 -> 0; z: 1, 1, 1 -> -1
    q = v[0] - v[1]
    c = q - v[2]
    h[SS] = h[SS] + (two * m) * (a * q) * (a * q)
    h[MS] = (two * m) * on * (a * q * c)
    h[MM] = m * on * (two * c * c + one)


cdef inline void assemble_most(IterateWorkspace* w, int k, f64xN* h, f64xN* y) noexcept nogil:
    """Add the full thrust: -z - a s."""
    cdef f64xN m = scale_half_line(w, ROW_MOST, k, y)
    cdef f64xN a = f64_load(&w.most[0][k])
    h[MM] = h[MM] + m
    h[MS] = h[MS] + m * a
    h[SS] = h[SS] + m * a * a


cdef inline void assemble_floor(IterateWorkspace* w, int k, f64xN* h, f64xN* y) noexcept nogil:
    """Write the block of the floor, in r_z, and add the tank, in z."""
    cdef f64xN m = scale_half_line(w, ROW_FLOOR, k, y)
    cdef f64xN a = f64_load(&w.low[0][k])
    h[HZZ] = m * a * a
    a = f64_load(&w.low[1][k])
    h[MM] = h[MM] + m * a * a


cdef inline void assemble_tilt(IterateWorkspace* w, int k, f64xN* h, f64xN* y) noexcept nogil:
    """Add the tilt: way . u - lean s."""
    cdef f64xN m = scale_half_line(w, ROW_TILT, k, y)
    cdef f64xN lean = f64_load(&w.lean[k]), a
    cdef int i, j
    for i in range(3):
        a = m * f64_load(&w.way[i][k])
        for j in range(i, 3):
            h[UXX + packed(i, j)] = h[UXX + packed(i, j)] + a * f64_load(&w.way[j][k])
        h[US + i] = h[US + i] - a * lean
    h[SS] = h[SS] + m * lean * lean


cdef inline void assemble_glide(IterateWorkspace* w, int k, f64xN* h, f64xN* y) noexcept nogil:
    """Add the glide slope: a r_z, tip r_x, tip r_y."""
    cdef f64xN v[4]
    cdef f64xN two = f64_splat(2.0), one = f64_splat(1.0), a, tip
    cdef f64xN m = scale_cone(w, ROW_GLIDE, 3, CONE_GLIDE, k, v, y)
    a = f64_load(&w.glide[0][k])
    tip = f64_load(&w.glide[1][k])
    h[HZZ] = h[HZZ] + m * a * a * (two * v[0] * v[0] - one)
    h[HXZ] = -(two * m) * (a * tip) * (v[0] * v[1])
    h[HYZ] = -(two * m) * (a * tip) * (v[0] * v[2])
    m = m * tip * tip
    h[HXX] = m * (two * v[1] * v[1] + one)
    h[HXY] = (two * m) * (v[1] * v[2])
    h[HYY] = m * (two * v[2] * v[2] + one)


cdef inline void scale_and_assemble(const DescentProblem* p, IterateWorkspace* w) noexcept nogil:
    """Write the scalings, F' W^-2 F into `hess`, and (3) into `base` and `slope`."""
    cdef bint glide = has_glide(p, w), tilt = has_tilt(p, w)
    cdef int block, k, i
    cdef f64xN y[ROWS]
    cdef f64xN h[18]
    cdef f64xN on = f64_splat(1.0 if p.rho_1 > 0 else 0.0)
    for i in range(ROWS):
        y[i] = f64_splat(0.0)
    for block in range(w.lanes // F64_LANES):
        k = block * F64_LANES
        assemble_thrust(w, k, h, y)
        assemble_least(w, k, on, h, y)
        assemble_most(w, k, h, y)
        assemble_floor(w, k, h, y)
        if tilt:
            assemble_tilt(w, k, h, y)
        if glide:
            assemble_glide(w, k, h, y)
        else:
            for i in range(5):
                h[i] = f64_splat(0.0)
        store_rows(w.hess, 0, 18, k, h)
        apply_transpose(p, w, k, y, tilt, glide, h)
        store_rows(w.base, 0, 8, k, h)
        store_rows(w.slope, 0, 8, k, h)
    add_objective(p, w, 1.0, w.base)
    add_objective(p, w, 1.0, w.slope)
