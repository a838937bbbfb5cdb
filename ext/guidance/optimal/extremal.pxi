# Extremals of the fuel-optimal descent, and one Newton step towards them.
#
# A point mass under constant gravity g, thrust between rho_1 and rho_2 in any direction, mass flow
# alpha times the thrust, comes from (r, v) to target and v_f in free time with least propellant:
# theory (4.1). By the maximum principle, theory (4.2) (Lawden 1963; Acikmese & Ploen 2007; Lu
# 2018), the thrust acts along the primer vector, a straight line in time,
#
#     p(t) = p_f + (t_f - t) q,                                                     theory (4.3)
#
# at full thrust up to t_1, least thrust up to t_2 and full thrust up to t_f, t_1 = 0 or
# t_1 = t_2 = 0 being the special cases. With I = integral of rho / m p / |p| (t_f - t, 1) dt,
#
#     R = r + v t_f + g t_f^2 / 2 + I_1 = 0,     V = v + g t_f + I_2 - v_f = 0,
#     H = q . v(t_2) + p(t_2) . g = 0            (the Hamiltonian, zero in free time, theory (4.5)),
#     E = q . integral of 1 / m p / |p| dt from t_1 to t_2 = 0       (the switching function is zero
#                                                                   at both ends of the coast).
#
# R and V are theory (4.6), H is theory (4.7), E is theory (4.8).
#
# Primers are meant up to a factor: axes are turned so that p_f has 1 along z, whatever z is. The
# unknowns, in this order:
#
#     x = (q_x, q_y, q_z, p_x, p_y, t_f, t_2, t_1):
#
# the first six solve R and V of full thrust all the way, seven H as well, all eight E as well.
# Lengths are in units of L, times in sqrt(L / g), masses in the mass at the start.
#
# Partials. With u = p / |p| and go = t_f - t, the change of u is (I - u u') / |p| times that of p,
# and p changes by go with q, by 1 with p_f, by q with t_f. So with the moments, theory (4.9),
#
#     K_j = integral of rho / m (I - u u') / |p| go^j dt,     d_rho = rho_2 - rho_1:
#
#     dR/dq = K_2              dV/dq = K_1                                                    (1)
#     dR/dp = K_1              dV/dp = K_0                                                    (2)
#     dR/dt_f = v(t_f) + K_1 q,        dV/dt_f = rho_2 / m_f u_f + K_0 q + g                  (3)
#     dR/dt_2 = -go_2 d_rho / m_2 u_2 - alpha d_rho integral of go rho / m^2 u (last arc)     (4)
#     dV/dt_2 =      -d_rho / m_2 u_2 - alpha d_rho integral of    rho / m^2 u (last arc)
#     dR/dt_1 =  go_1 d_rho / m_1 u_1 + alpha d_rho integral of go rho / m^2 u (after t_1)    (5)
#     dV/dt_1 =       d_rho / m_1 u_1 + alpha d_rho integral of    rho / m^2 u (after t_1)
#     dH/dq = v(t_2) + K_1 q + go_2 g,     dH/dp = K_0 q + g                                  (6)
#     dH/dt_f = q . K_0 q + g . q,         dH/dt_2 = rho_1 / m_2 q . u_2
#     dH/dt_1 = d_rho / m_1 q . u_1 + alpha d_rho q . integral of rho / m^2 u (coast)
#     dE/dq = integral of 1 / m u + K_1 q,     dE/dp = K_0 q                                  (7)
#     dE/dt_f = q . K_0 q,                     dE/dt_2 = q . u_2 / m_2
#     dE/dt_1 = alpha d_rho q . integral of 1 / m^2 u (coast) - q . u_1 / m_1
#
# where K_j is over the whole flight in (1) to (3), up to t_2 in (6), over the coast at thrust one
# in (7). (4) is theory (4.10).

cdef struct Descent:        # scaled
    f64xN r[3]            # place less the target
    f64xN v[3]
    double v_f[3]
    double g[3]
    double rho_1            # least and full thrust, per weight at the start
    double rho_2
    double alpha            # mass flow per thrust


cdef inline void symmetric_times(const f64xN* k, const f64xN* q, f64xN* out) noexcept nogil:
    """Symmetric matrix times vector."""
    out[0] = k[0] * q[0] + k[1] * q[1] + k[2] * q[2]
    out[1] = k[1] * q[0] + k[3] * q[1] + k[4] * q[2]
    out[2] = k[2] * q[0] + k[4] * q[1] + k[5] * q[2]


cdef inline f64xN dot3(const f64xN* a, const f64xN* b) noexcept nogil:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


cdef inline void primer_at(
    const f64xN* x, f64xN go, f64xN* p, f64xN* u
) noexcept nogil:
    """Primer and its unit vector with `go` to go."""
    cdef f64xN n
    p[0] = x[3] + go * x[0]
    p[1] = x[4] + go * x[1]
    p[2] = 1.0 + go * x[2]
    n = f64_splat(1) / f64_sqrt(p[0] * p[0] + p[1] * p[1] + p[2] * p[2] + 1e-24)
    u[0] = p[0] * n
    u[1] = p[1] * n
    u[2] = p[2] * n


cdef enum:
    ROW_R = 0               # of the system: R (3), V (3), H, E
    ROW_V = 3
    ROW_H = 6
    ROW_E = 7
    COL_Q = 0               # its columns: the unknowns, and less the residual
    COL_P = 3
    COL_TF = 5
    COL_T2 = 6
    COL_T1 = 7
    RHS = 8


cdef struct NewtonSystem:
    f64xN system[8][9]    # Jacobian, and less the residual in the last column
    f64xN residual_norm2  # sum of the squares of the residuals of R, V, H (and E)
    f64xN switch_integral     # E, whether solved for or not: above 0 where a first burn is due
    f64xN pq_1            # p . q at t_1 and t_2
    f64xN pq_2
    f64xN mass_final      # mass left at t_f, of that at the start


cdef struct Flight:         # of an extremal: its arcs and what is known at its switches
    Moments first           # full thrust up to t_1
    Moments even            # the coast, as if at thrust one: E needs no thrust in the coast
    Moments coast           # at least thrust
    Moments last            # full thrust from t_2
    f64xN t_f
    f64xN t_2
    f64xN go_1            # t_f - t_1, t_f - t_2
    f64xN go_2
    f64xN m_1             # mass at t_1 and t_2
    f64xN m_2
    f64xN p1[3]           # primer at t_1 and t_2, and its unit vectors
    f64xN p2[3]
    f64xN u1[3]
    f64xN u2[3]
    f64xN uf[3]
    f64xN before0[6]      # K_0 and K_1 up to t_2
    f64xN before1[6]


cdef inline void integrate_flight(
    const Descent* d, const f64xN* x, int unknowns, Flight* f, NewtonSystem* out
) noexcept nogil:
    """Integrate the three arcs of an extremal."""
    cdef f64xN pf[3]
    cdef f64xN t_1 = x[7]
    cdef int i
    f.t_f = x[5]
    f.t_2 = x[6]
    if unknowns < 8:
        t_1 = f64_splat(0)
    if unknowns < 7:
        f.t_2 = f64_splat(0)
    f.go_1 = f.t_f - t_1
    f.go_2 = f.t_f - f.t_2
    f.m_1 = 1.0 - (d.alpha * d.rho_2) * t_1
    f.m_2 = f.m_1 - (d.alpha * d.rho_1) * (f.t_2 - t_1)
    out.mass_final = f.m_2 - (d.alpha * d.rho_2) * f.go_2
    if unknowns == 8:
        integrate_arc(x, f.t_f, t_1, f64_splat(1), d.rho_2, d.alpha, &f.first)
    else:
        clear_moments(&f.first)
    if unknowns > 6:
        integrate_arc(x, f.go_1, f.t_2 - t_1, f.m_1, 1.0, d.alpha * d.rho_1, &f.even)
    else:
        clear_moments(&f.even)
    scale_moments(d.rho_1, &f.even, &f.coast)
    integrate_arc(x, f.go_2, f.go_2, f.m_2, d.rho_2, d.alpha, &f.last)
    primer_at(x, f.go_1, f.p1, f.u1)
    primer_at(x, f.go_2, f.p2, f.u2)
    primer_at(x, f64_splat(0), pf, f.uf)
    for i in range(6):
        f.before0[i] = f.first.k0[i] + f.coast.k0[i]
        f.before1[i] = f.first.k1[i] + f.coast.k1[i]


cdef inline void scale_moments(double rho, const Moments* s, Moments* out) noexcept nogil:
    """Multiply the moments of an arc by its thrust."""
    cdef int i
    for i in range(3):
        out.a[i] = rho * s.a[i]
        out.b[i] = rho * s.b[i]
        out.c[i] = rho * s.c[i]
        out.d[i] = rho * s.d[i]
    for i in range(6):
        out.k0[i] = rho * s.k0[i]
        out.k1[i] = rho * s.k1[i]
        out.k2[i] = rho * s.k2[i]


cdef inline f64xN linearise_end(
    const Descent* d, const f64xN* x, const Flight* f, NewtonSystem* out
) noexcept nogil:
    """Write the rows of R and V, but for t_1; return the sum of the squares of the residuals."""
    cdef f64xN v_end[3]
    cdef f64xN r_end[3]
    cdef f64xN k0[6]
    cdef f64xN k1[6]
    cdef f64xN k2[6]
    cdef f64xN k0q[3]
    cdef f64xN k1q[3]
    cdef f64xN flow, jump, norm2 = f64_splat(0)
    cdef double more = d.rho_2 - d.rho_1, lost = d.alpha * (d.rho_2 - d.rho_1)
    cdef int i
    for i in range(6):
        k0[i] = f.before0[i] + f.last.k0[i]
        k1[i] = f.before1[i] + f.last.k1[i]
        k2[i] = f.first.k2[i] + f.coast.k2[i] + f.last.k2[i]
    symmetric_times(k0, x, k0q)
    symmetric_times(k1, x, k1q)
    flow = f64_splat(d.rho_2) / out.mass_final
    jump = f64_splat(more) / f.m_2
    for i in range(3):
        v_end[i] = d.v[i] + d.g[i] * f.t_f + f.first.a[i] + f.coast.a[i] + f.last.a[i]
        r_end[i] = d.r[i] + d.v[i] * f.t_f + (0.5 * d.g[i]) * (f.t_f * f.t_f) \
            + f.first.b[i] + f.coast.b[i] + f.last.b[i]
        # (3)
        out.system[ROW_R + i][COL_TF] = v_end[i] + k1q[i]
        out.system[ROW_V + i][COL_TF] = flow * f.uf[i] + k0q[i] + d.g[i]
        # (4)
        out.system[ROW_R + i][COL_T2] = -(f.go_2 * jump * f.u2[i]) - lost * f.last.d[i]
        out.system[ROW_V + i][COL_T2] = -(jump * f.u2[i]) - lost * f.last.c[i]
        out.system[ROW_R + i][RHS] = -r_end[i]
        out.system[ROW_V + i][RHS] = d.v_f[i] - v_end[i]
        norm2 = norm2 + r_end[i] * r_end[i] \
            + out.system[ROW_V + i][RHS] * out.system[ROW_V + i][RHS]
    # (1) and (2)
    copy_matrix(k2, &out.system[ROW_R][COL_Q], 3)
    copy_matrix(k1, &out.system[ROW_V][COL_Q], 3)
    copy_matrix(k1, &out.system[ROW_R][COL_P], 2)
    copy_matrix(k0, &out.system[ROW_V][COL_P], 2)
    return norm2


cdef inline f64xN linearise_hamiltonian(
    const Descent* d, const f64xN* x, const Flight* f, NewtonSystem* out
) noexcept nogil:
    """Write the row of H, (6), but for t_1; return H."""
    cdef f64xN v2[3]
    cdef f64xN k0q[3]
    cdef f64xN k1q[3]
    cdef f64xN h
    cdef int i
    for i in range(3):
        v2[i] = d.v[i] + d.g[i] * f.t_2 + f.first.a[i] + f.coast.a[i]
    symmetric_times(f.before0, x, k0q)
    symmetric_times(f.before1, x, k1q)
    for i in range(3):
        out.system[ROW_H][COL_Q + i] = v2[i] + k1q[i] + f.go_2 * d.g[i]
    out.system[ROW_H][COL_P] = k0q[0] + d.g[0]
    out.system[ROW_H][COL_P + 1] = k0q[1] + d.g[1]
    out.system[ROW_H][COL_TF] = dot3(x, k0q) + d.g[0] * x[0] + d.g[1] * x[1] + d.g[2] * x[2]
    out.system[ROW_H][COL_T2] = (f64_splat(d.rho_1) / f.m_2) * dot3(x, f.u2)
    h = dot3(x, v2) + d.g[0] * f.p2[0] + d.g[1] * f.p2[1] + d.g[2] * f.p2[2]
    out.system[ROW_H][RHS] = -h
    return h


cdef inline void linearise_first_switch(
    const Descent* d, const f64xN* x, const Flight* f, NewtonSystem* out
) noexcept nogil:
    """Write the column of t_1, (5) and (6), and the row of E, (7)."""
    cdef f64xN k0q[3]
    cdef f64xN k1q[3]
    cdef double more = d.rho_2 - d.rho_1, lost = d.alpha * (d.rho_2 - d.rho_1)
    cdef f64xN jump = f64_splat(more) / f.m_1
    cdef int i
    for i in range(3):
        out.system[ROW_R + i][COL_T1] = (
            f.go_1 * jump * f.u1[i] + lost * (f.coast.d[i] + f.last.d[i]))
        out.system[ROW_V + i][COL_T1] = jump * f.u1[i] + lost * (f.coast.c[i] + f.last.c[i])
    out.system[ROW_H][COL_T1] = jump * dot3(x, f.u1) + lost * dot3(x, f.coast.c)
    symmetric_times(f.even.k0, x, k0q)
    symmetric_times(f.even.k1, x, k1q)
    for i in range(3):
        out.system[ROW_E][COL_Q + i] = f.even.a[i] + k1q[i]
    out.system[ROW_E][COL_P] = k0q[0]
    out.system[ROW_E][COL_P + 1] = k0q[1]
    out.system[ROW_E][COL_TF] = dot3(x, k0q)
    out.system[ROW_E][COL_T2] = (f64_splat(1) / f.m_2) * dot3(x, f.u2)
    out.system[ROW_E][COL_T1] = (
        lost * dot3(x, f.even.c) - (f64_splat(1) / f.m_1) * dot3(x, f.u1))
    out.system[ROW_E][RHS] = -out.switch_integral


cdef inline void linearise(
    const Descent* d, const f64xN* x, int unknowns, NewtonSystem* out
) noexcept nogil:
    """Compute the residuals and their analytic Jacobian, for six, seven or eight unknowns."""
    cdef Flight f
    cdef f64xN norm2, h
    integrate_flight(d, x, unknowns, &f, out)
    norm2 = linearise_end(d, x, &f, out)
    out.switch_integral = dot3(x, f.even.a)
    out.pq_1 = dot3(x, f.p1)
    out.pq_2 = dot3(x, f.p2)
    if unknowns > 6:
        h = linearise_hamiltonian(d, x, &f, out)
        norm2 = norm2 + h * h
    if unknowns == 8:
        linearise_first_switch(d, x, &f, out)
        norm2 = norm2 + out.switch_integral * out.switch_integral
    out.residual_norm2 = norm2


cdef inline void copy_matrix(const f64xN* k, f64xN* corner, int columns) noexcept nogil:
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
