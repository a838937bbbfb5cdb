# Extremals of the fuel-optimal descent, and one Newton step towards them.
#
# A point mass under constant gravity g, thrust between rho_1 and rho_2 in any direction, mass flow
# alpha times the thrust, comes from (r, v) to target and v_f in free time with least propellant.
# By the maximum principle (Lawden 1963; Acikmese & Ploen 2007; Lu 2018) the thrust acts along the
# primer vector, a straight line in time,
#
#     p(t) = p_f + (t_f - t) q,
#
# at full thrust up to t_1, least thrust up to t_2 and full thrust up to t_f, t_1 = 0 or
# t_1 = t_2 = 0 being the special cases. With I = integral of rho / m p / |p| (t_f - t, 1) dt,
#
#     R = r + v t_f + g t_f^2 / 2 + I_1 = 0,     V = v + g t_f + I_2 - v_f = 0,
#     H = q . v(t_2) + p(t_2) . g = 0            (the Hamiltonian, zero in free time),
#     E = q . integral of 1 / m p / |p| dt from t_1 to t_2 = 0       (the switching function is zero
#                                                                   at both ends of the coast).
#
# Primers are meant up to a factor: axes are turned so that p_f has 1 along z, whatever z is. The
# unknowns, in this order:
#
#     x = (q_x, q_y, q_z, p_x, p_y, t_f, t_2, t_1):
#
# the first six solve R and V of full thrust all the way, seven H as well, all eight E as well.
# Lengths are in units of L, times in sqrt(L / g), masses in the mass at the start.

cdef struct Descent:        # scaled
    Doubles r[3]            # place less the target
    Doubles v[3]
    double v_f[3]
    double g[3]
    double rho_1            # least and full thrust, per weight at the start
    double rho_2
    double alpha            # mass flow per thrust


cdef struct Moments:        # of one arc: integrals over it, with go = t_f - t and u = p / |p|
    Doubles a[3]            # rho / m u
    Doubles b[3]            # go rho / m u
    Doubles c[3]            # rho / m^2 u
    Doubles d[3]            # go rho / m^2 u
    Doubles k0[6]           # rho / m (I - u u') / |p|: xx xy xz yy yz zz
    Doubles k1[6]           # the same with go
    Doubles k2[6]           # the same with go^2


cdef extern from *:
    """
    /* Gauss-Legendre on (0, 1): nodes and weights (Abramowitz & Stegun, table 25.4). */
    #if NODES == 6
    static const double GAUSS_AT[6] = {
        0.033765242898423986, 0.16939530676686774, 0.38069040695840156,
        0.61930959304159849, 0.83060469323313224, 0.96623475710157603};
    static const double GAUSS_WEIGHT[6] = {
        0.085662246189585173, 0.18038078652406930, 0.23395696728634552,
        0.23395696728634552, 0.18038078652406930, 0.085662246189585173};
    #elif NODES == 8
    static const double GAUSS_AT[8] = {
        0.019855071751231884, 0.10166676129318664, 0.23723379504183550, 0.40828267875217511,
        0.59171732124782483, 0.76276620495816445, 0.89833323870681336, 0.98014492824876812};
    static const double GAUSS_WEIGHT[8] = {
        0.050614268145188130, 0.11119051722668724, 0.15685332293894364, 0.18134189168918099,
        0.18134189168918099, 0.15685332293894364, 0.11119051722668724, 0.050614268145188130};
    #endif
    """
    const double* GAUSS_AT
    const double* GAUSS_WEIGHT


cdef inline void clear_moments(Moments* s) noexcept nogil:
    cdef int k
    for k in range(3):
        s.a[k] = wide_all(0)
        s.b[k] = wide_all(0)
        s.c[k] = wide_all(0)
        s.d[k] = wide_all(0)
    for k in range(6):
        s.k0[k] = wide_all(0)
        s.k1[k] = wide_all(0)
        s.k2[k] = wide_all(0)


cdef inline void add_node(
    const Doubles* x, Doubles t, Doubles m, Doubles weight, Moments* s
) noexcept nogil:
    """Add the integrands with t to go, at mass m; weight is rho times the node's share of time."""
    cdef Doubles px, py, pz, n, w, f, fr, ux, uy, uz, fx, fy, fz, per_n, per_m
    cdef Doubles kxx, kxy, kxz, kyy, kyz, kzz
    px = x[3] + t * x[0]
    py = x[4] + t * x[1]
    pz = 1.0 + t * x[2]
    n = wide_sqrt(px * px + py * py + pz * pz + 1e-24)
    w = wide_all(1) / (n * m)
    per_n = w * m
    per_m = w * n
    ux = px * per_n
    uy = py * per_n
    uz = pz * per_n
    f = weight * per_m
    fr = f * per_n
    fx = f * ux
    fy = f * uy
    fz = f * uz
    s.a[0] = s.a[0] + fx
    s.a[1] = s.a[1] + fy
    s.a[2] = s.a[2] + fz
    s.b[0] = s.b[0] + t * fx
    s.b[1] = s.b[1] + t * fy
    s.b[2] = s.b[2] + t * fz
    fx = fx * per_m
    fy = fy * per_m
    fz = fz * per_m
    s.c[0] = s.c[0] + fx
    s.c[1] = s.c[1] + fy
    s.c[2] = s.c[2] + fz
    s.d[0] = s.d[0] + t * fx
    s.d[1] = s.d[1] + t * fy
    s.d[2] = s.d[2] + t * fz
    kxx = fr * (1.0 - ux * ux)
    kyy = fr * (1.0 - uy * uy)
    kzz = fr * (1.0 - uz * uz)
    kxy = -(fr * ux * uy)
    kxz = -(fr * ux * uz)
    kyz = -(fr * uy * uz)
    s.k0[0] = s.k0[0] + kxx
    s.k0[1] = s.k0[1] + kxy
    s.k0[2] = s.k0[2] + kxz
    s.k0[3] = s.k0[3] + kyy
    s.k0[4] = s.k0[4] + kyz
    s.k0[5] = s.k0[5] + kzz
    kxx = t * kxx
    kxy = t * kxy
    kxz = t * kxz
    kyy = t * kyy
    kyz = t * kyz
    kzz = t * kzz
    s.k1[0] = s.k1[0] + kxx
    s.k1[1] = s.k1[1] + kxy
    s.k1[2] = s.k1[2] + kxz
    s.k1[3] = s.k1[3] + kyy
    s.k1[4] = s.k1[4] + kyz
    s.k1[5] = s.k1[5] + kzz
    s.k2[0] = s.k2[0] + t * kxx
    s.k2[1] = s.k2[1] + t * kxy
    s.k2[2] = s.k2[2] + t * kxz
    s.k2[3] = s.k2[3] + t * kyy
    s.k2[4] = s.k2[4] + t * kyz
    s.k2[5] = s.k2[5] + t * kzz


cdef inline void gauss_arc(
    const Doubles* x, Doubles go, Doubles duration, Doubles mass, double rho, double alpha,
    Moments* s,
) noexcept nogil:
    """Integrate an arc that begins with `go` to go and `mass`, at thrust rho."""
    cdef int i
    clear_moments(s)
    for i in range(NODES):
        add_node(
            x, go - GAUSS_AT[i] * duration, mass - (alpha * rho * GAUSS_AT[i]) * duration,
            (GAUSS_WEIGHT[i] * rho) * duration, s)


cdef inline void symmetric_times(const Doubles* k, const Doubles* q, Doubles* out) noexcept nogil:
    """Symmetric matrix times vector."""
    out[0] = k[0] * q[0] + k[1] * q[1] + k[2] * q[2]
    out[1] = k[1] * q[0] + k[3] * q[1] + k[4] * q[2]
    out[2] = k[2] * q[0] + k[4] * q[1] + k[5] * q[2]


cdef inline Doubles dot3(const Doubles* a, const Doubles* b) noexcept nogil:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


cdef inline void primer_at(
    const Doubles* x, Doubles go, Doubles* p, Doubles* u
) noexcept nogil:
    """Primer and its unit vector with `go` to go."""
    cdef Doubles n
    p[0] = x[3] + go * x[0]
    p[1] = x[4] + go * x[1]
    p[2] = 1.0 + go * x[2]
    n = wide_all(1) / wide_sqrt(p[0] * p[0] + p[1] * p[1] + p[2] * p[2] + 1e-24)
    u[0] = p[0] * n
    u[1] = p[1] * n
    u[2] = p[2] * n


cdef struct NewtonSystem:
    Doubles system[8][9]    # Jacobian, and less the residual in the last column
    Doubles residual_norm2  # sum of the squares of the residuals of R, V, H (and E)
    Doubles switch_integral  # E, whether solved for or not: above zero where a first burn is due
    Doubles pq_1            # p . q at t_1 and t_2
    Doubles pq_2
    Doubles mass_final      # mass left at t_f, of that at the start


cdef inline void linearise(
    const Descent* d, const Doubles* x, int unknowns, NewtonSystem* out
) noexcept nogil:
    """Residuals and their analytic Jacobian, for six, seven or eight unknowns."""
    cdef Moments first, even, coast, last
    cdef Doubles u1[3]
    cdef Doubles u2[3]
    cdef Doubles uf[3]
    cdef Doubles p1[3]
    cdef Doubles p2[3]
    cdef Doubles pf[3]
    cdef Doubles k0q[3]
    cdef Doubles k1q[3]
    cdef Doubles h0q[3]
    cdef Doubles h1q[3]
    cdef Doubles e0q[3]
    cdef Doubles e1q[3]
    cdef Doubles k0[6]
    cdef Doubles k1[6]
    cdef Doubles k2[6]
    cdef Doubles h0[6]
    cdef Doubles h1[6]
    cdef Doubles v2[3]
    cdef Doubles v_end[3]
    cdef Doubles r_end[3]
    cdef Doubles t_f = x[5], t_2 = x[6], t_1 = x[7], go_1, go_2, m_1, m_2, jump, h, flow, most
    cdef double more = d.rho_2 - d.rho_1, lost = d.alpha * (d.rho_2 - d.rho_1)
    cdef int i
    if unknowns < 8:
        t_1 = wide_all(0)
    if unknowns < 7:
        t_2 = wide_all(0)
    go_1 = t_f - t_1
    go_2 = t_f - t_2
    m_1 = 1.0 - (d.alpha * d.rho_2) * t_1
    m_2 = m_1 - (d.alpha * d.rho_1) * (t_2 - t_1)
    out.mass_final = m_2 - (d.alpha * d.rho_2) * go_2
    if unknowns == 8:
        integrate_arc(x, t_f, t_1, wide_all(1), d.rho_2, d.alpha, &first)
    else:
        clear_moments(&first)
    if unknowns > 6:
        # as if at thrust one: E needs no thrust in the coast
        integrate_arc(x, go_1, t_2 - t_1, m_1, 1.0, d.alpha * d.rho_1, &even)
    else:
        clear_moments(&even)
    for i in range(3):
        coast.a[i] = d.rho_1 * even.a[i]
        coast.b[i] = d.rho_1 * even.b[i]
        coast.c[i] = d.rho_1 * even.c[i]
        coast.d[i] = d.rho_1 * even.d[i]
    for i in range(6):
        coast.k0[i] = d.rho_1 * even.k0[i]
        coast.k1[i] = d.rho_1 * even.k1[i]
        coast.k2[i] = d.rho_1 * even.k2[i]
    integrate_arc(x, go_2, go_2, m_2, d.rho_2, d.alpha, &last)
    primer_at(x, go_1, p1, u1)
    primer_at(x, go_2, p2, u2)
    primer_at(x, wide_all(0), pf, uf)
    for i in range(6):
        h0[i] = first.k0[i] + coast.k0[i]
        h1[i] = first.k1[i] + coast.k1[i]
        k0[i] = h0[i] + last.k0[i]
        k1[i] = h1[i] + last.k1[i]
        k2[i] = first.k2[i] + coast.k2[i] + last.k2[i]
    symmetric_times(k0, x, k0q)
    symmetric_times(k1, x, k1q)
    flow = wide_all(d.rho_2) / out.mass_final
    jump = wide_all(more) / m_2
    most = wide_all(0)
    for i in range(3):
        v2[i] = d.v[i] + d.g[i] * t_2 + first.a[i] + coast.a[i]
        v_end[i] = d.v[i] + d.g[i] * t_f + first.a[i] + coast.a[i] + last.a[i]
        r_end[i] = d.r[i] + d.v[i] * t_f + (0.5 * d.g[i]) * (t_f * t_f) \
            + first.b[i] + coast.b[i] + last.b[i]
        out.system[i][5] = v_end[i] + k1q[i]
        out.system[3 + i][5] = flow * uf[i] + k0q[i] + d.g[i]
        out.system[i][6] = -(go_2 * jump * u2[i]) - lost * last.d[i]
        out.system[3 + i][6] = -(jump * u2[i]) - lost * last.c[i]
        out.system[i][8] = -r_end[i]
        out.system[3 + i][8] = d.v_f[i] - v_end[i]
        most = most + r_end[i] * r_end[i] + out.system[3 + i][8] * out.system[3 + i][8]
    copy_matrix(k2, &out.system[0][0], 3)
    copy_matrix(k1, &out.system[3][0], 3)
    copy_matrix(k1, &out.system[0][3], 2)
    copy_matrix(k0, &out.system[3][3], 2)
    # H
    out.switch_integral = dot3(x, even.a)
    out.pq_1 = dot3(x, p1)
    out.pq_2 = dot3(x, p2)
    if unknowns > 6:
        symmetric_times(h0, x, h0q)
        symmetric_times(h1, x, h1q)
        for i in range(3):
            out.system[6][i] = v2[i] + h1q[i] + go_2 * d.g[i]
        out.system[6][3] = h0q[0] + d.g[0]
        out.system[6][4] = h0q[1] + d.g[1]
        out.system[6][5] = dot3(x, h0q) + d.g[0] * x[0] + d.g[1] * x[1] + d.g[2] * x[2]
        out.system[6][6] = (wide_all(d.rho_1) / m_2) * dot3(x, u2)
        h = dot3(x, v2) + d.g[0] * p2[0] + d.g[1] * p2[1] + d.g[2] * p2[2]
        out.system[6][8] = -h
        most = most + h * h
    if unknowns == 8:
        jump = wide_all(more) / m_1
        for i in range(3):
            out.system[i][7] = go_1 * jump * u1[i] + lost * (coast.d[i] + last.d[i])
            out.system[3 + i][7] = jump * u1[i] + lost * (coast.c[i] + last.c[i])
        out.system[6][7] = jump * dot3(x, u1) + lost * dot3(x, coast.c)
        symmetric_times(even.k0, x, e0q)
        symmetric_times(even.k1, x, e1q)
        for i in range(3):
            out.system[7][i] = even.a[i] + e1q[i]
        out.system[7][3] = e0q[0]
        out.system[7][4] = e0q[1]
        out.system[7][5] = dot3(x, e0q)
        out.system[7][6] = (wide_all(1) / m_2) * dot3(x, u2)
        out.system[7][7] = lost * dot3(x, even.c) - (wide_all(1) / m_1) * dot3(x, u1)
        out.system[7][8] = -out.switch_integral
        most = most + out.switch_integral * out.switch_integral
    out.residual_norm2 = most


cdef inline void copy_matrix(const Doubles* k, Doubles* corner, int columns) noexcept nogil:
    """Write the first columns of a symmetric 3 x 3 matrix into the table."""
    corner[0] = k[0]
    corner[1] = k[1]
    corner[9] = k[1]
    corner[10] = k[3]
    corner[18] = k[2]
    corner[19] = k[4]
    if columns == 3:
        corner[2] = k[2]
        corner[11] = k[4]
        corner[20] = k[5]


cdef inline void eliminate(NewtonSystem* step, const int n) noexcept nogil:
    """Solve the first n equations in place, pivoting lane by lane; the answer is in column 8."""
    cdef int i, j, k
    cdef Doubles a, b, f, size, other
    for k in range(n):
        for i in range(k + 1, n):
            size = wide_abs(step.system[k][k])
            other = wide_abs(step.system[i][k])
            for j in range(k, n):
                a = step.system[k][j]
                b = step.system[i][j]
                step.system[k][j] = wide_pick(other, size, b, a)
                step.system[i][j] = wide_pick(other, size, a, b)
            a = step.system[k][8]
            b = step.system[i][8]
            step.system[k][8] = wide_pick(other, size, b, a)
            step.system[i][8] = wide_pick(other, size, a, b)
        f = wide_all(1) / step.system[k][k]
        for j in range(k + 1, n):
            step.system[k][j] = step.system[k][j] * f
        step.system[k][8] = step.system[k][8] * f
        for i in range(k + 1, n):
            f = step.system[i][k]
            for j in range(k + 1, n):
                step.system[i][j] = step.system[i][j] - f * step.system[k][j]
            step.system[i][8] = step.system[i][8] - f * step.system[k][8]
    for k in range(n - 2, -1, -1):
        for j in range(k + 1, n):
            step.system[k][8] = step.system[k][8] - step.system[k][j] * step.system[j][8]


cdef inline void solve_step(NewtonSystem* step, int unknowns) noexcept nogil:
    if unknowns == 8:
        eliminate(step, 8)
    elif unknowns == 7:
        eliminate(step, 7)
    else:
        eliminate(step, 6)
