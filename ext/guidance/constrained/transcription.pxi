# The constrained descent as a cone program, one node of the flight in each lane.
#
# Scaled: lengths in L, times in T = sqrt(L / g), the mass in that at the start; the place is that
# less the target's, z up. N + 1 nodes, h = t_f / N apart, each with the thrust's acceleration u,
# its bound s (first-order hold), place r, velocity v and log-mass z (Acikmese and Ploen, JGCD
# 30(5), 2007; Blackmore, Acikmese and Scharf, JGCD 33(4), 2010):
#
#     r+ = r + h v + h^2 / 6 (2 u + u+) + h^2 / 2 g      thrust    |u| <= s
#     v+ = v + h / 2 (u + u+) + h g                      least     mu_1 (1 - d + d^2 / 2) <= s
#     z+ = z - alpha h / 2 (s + s+)                      most      s <= mu_2 (1 - d)
#     d = z - z_0, mu = rho / exp(z_0)                   tilt      u_z >= s cos(tilt)
#     z_0 = ln(1 - alpha rho_2 t), not below the tank's  glide     r_z cot(glide) >= |r_xy|
#                                                        floor     r_z >= floor, or z_N >= ln(dry)
#
# The left column is theory (5.3): the motion of theory (5.1), integrated exactly between nodes.
# Least and most on the right are theory (5.2).
#
# Node by node these may be tightened (`IterateWorkspace.rise`, `more`, `held`), for what is between
# nodes: see between_nodes.pxi. A held thrust keeps within a cone about `way` instead of the tilt's.
# A cone's point is F x + f with x = (u, s, r, z) of its node. Where a node lacks a cone, F = 0 and
# f is inside it. The glide cone of the lane after the last node holds the miss and its bound, and
# r there is (miss x, miss y, bound); all places are relative to where it lands.
# Who includes this gives MOST_INTERVALS and LANES, the next multiple of 8 from two above it.

cdef enum:
    ROWS = 13           # of a node's cones: 4 thrust, 3 least, 1 most, 1 floor, 1 tilt, 3 glide


cdef extern from *:
    """
    #define DESCENT_ANY_WAY -2.0        /* lean of a node whose tilt is free: never a limit */
    """
    const double ANY_WAY "DESCENT_ANY_WAY"


cdef struct DescentProblem:  # scaled
    double r[3]
    double v[3]
    double v_f[3]
    double g[3]
    double rho_1
    double rho_2
    double alpha
    double dry          # the mass with the tank empty; 0: no tank
    double cos_tilt     # -1: any tilt
    double cos_end      # of the tilt at the last node
    double cot_glide    # 0: no glide slope
    bint floored        # never below the floor
    double floor        # its height over the target, 0 or less
    int intervals
    int most_steps      # of the interior point, in all
    bint between        # whether the limits are to hold between nodes too
    double chord        # of least thrust: what may lack between nodes


cdef struct StageGain:  # of one stage: u = -L'^-1 (Y x + y)
    double y_x[4][8]
    double y[4]
    double l[4][4]      # inverse diagonal


cdef struct IterateWorkspace:
    # what is sought
    double x[8][LANES]          # u (3), s, r (3), z
    double slack[ROWS][LANES]
    double dual[ROWS][LANES]
    double residual[ROWS][LANES]  # F x + f - slack
    double miss[2]
    double end[6]               # r, v at the last node less what they have to be
    # the problem at this t_f
    double h
    double least[3][LANES]      # q = least[0] s + z + least[1], d = z + least[2]
    double most[2][LANES]       # of s; 1
    double pad[LANES]
    double lean[LANES]          # tilt: of s
    double way[3][LANES]        # tilt: of u; up, but where a node is held
    double low[3][LANES]        # floor: of r_z, of z, 1
    double glide[3][LANES]      # of r_z, of r_xy, 1
    # what nodes keep beyond the limits, for the sake of what is between them
    double rise[LANES]          # height above floor and glide slope
    double more[LANES]          # least thrust, of the engine's
    double held[LANES]          # cosine of the cone about `way`; 0: not held
    double turned[3][LANES]     # its axis
    bint holding                # some nodes are held
    bint tight                  # some node keeps more than the limits as given
    int lanes
    int degree
    int steps_left
    Objective aim
    # one step
    double w[ROWS][LANES]
    double eta[3][LANES]
    double ell[ROWS][LANES]
    double hess[18][LANES]      # rr xx xy xz yy yz zz; zz; zs; uu (6); us (3); ss
    double base[8][LANES]       # gradient: of u, s, r, z
    double slope[8][LANES]
    double step[8][LANES]
    double d_slack[ROWS][LANES]     # scaled, then not
    double d_dual[ROWS][LANES]
    StageGain gain[MOST_INTERVALS + 1]
    double start[7][8]          # Cholesky of the first stage: u, s, miss, its bound
    double last[9][9]           # of the last two
    double d_miss[2]
    # multipliers of the end, and the best plan so far
    double nu[6]
    double kept[8][LANES]
    double kept_miss[2]


cdef inline void clear_node(const DescentProblem* p, IterateWorkspace* w, int k) noexcept nogil:
    """Write the rows of a lane that has no limit but the tilt."""
    cdef int i
    for i in range(8):
        w.step[i][k] = 0.0
    w.least[0][k] = 0.0
    w.least[1][k] = 0.5
    w.least[2][k] = 0.0
    w.most[0][k] = 0.0
    w.most[1][k] = 1.0
    w.pad[k] = 1.0
    w.lean[k] = p.cos_tilt if p.cos_tilt > -1 or not w.holding else ANY_WAY
    w.way[0][k] = 0.0
    w.way[1][k] = 0.0
    w.way[2][k] = 1.0
    w.low[0][k] = 0.0
    w.low[1][k] = 0.0
    w.low[2][k] = 1.0
    w.glide[0][k] = 0.0
    w.glide[1][k] = 0.0
    w.glide[2][k] = 1.0


cdef inline void limit_thrust(const DescentProblem* p, IterateWorkspace* w, int k) noexcept nogil:
    """Write the rows of least and most: mu = rho / exp(z_0), z_0 = ln(1 - alpha rho_2 t)."""
    cdef double t = k * w.h, mass = 1.0 - p.alpha * p.rho_2 * t, z_0
    cdef double empty = p.dry if p.dry > 0.05 else 0.05
    if mass < empty:
        mass = empty
    z_0 = log_of(mass)
    w.pad[k] = 0.0
    if p.rho_1 > 0:
        w.least[0][k] = mass / (p.rho_1 * w.more[k])
        w.least[1][k] = -1.0 - z_0
        w.least[2][k] = -z_0
    w.most[0][k] = mass / p.rho_2
    w.most[1][k] = 1.0 + z_0


cdef inline void limit_height(const DescentProblem* p, IterateWorkspace* w, int k) noexcept nogil:
    """Write the rows of the glide slope or, without one, of the floor."""
    if p.cot_glide > 0:
        w.glide[0][k] = p.cot_glide
        w.glide[1][k] = 1.0
        w.glide[2][k] = -p.cot_glide * w.rise[k]
    elif p.floored:
        w.low[0][k] = 1.0
        w.low[2][k] = -p.floor - w.rise[k]


cdef inline void limit_miss(const DescentProblem* p, IterateWorkspace* w) noexcept nogil:
    """Write the cone of the miss, and the glide slope at the start, which a miss moves."""
    cdef int n = p.intervals
    if p.cot_glide > 0:
        w.glide[0][0] = p.cot_glide
        w.glide[1][0] = 1.0
        w.glide[2][0] = 0.0
    w.glide[0][n + 1] = 1.0
    w.glide[1][n + 1] = 1.0
    w.glide[2][n + 1] = 0.0


cdef inline void build_transcription(
    const DescentProblem* p, double t_f, Objective aim, IterateWorkspace* w
) noexcept nogil:
    """Fill in what depends on the time of flight."""
    cdef int n = p.intervals, k, i
    w.h = t_f / n
    w.aim = aim
    w.lanes = (n + 2 + 7) // 8 * 8
    for k in range(w.lanes):
        clear_node(p, w, k)
    for k in range(n + 1):
        limit_thrust(p, w, k)
        if 0 < k < n:
            limit_height(p, w, k)
    w.lean[n] = p.cos_end if p.cos_end > -1 or not w.holding else ANY_WAY
    if w.holding:
        for k in range(n + 1):
            if w.held[k] > 0:
                w.lean[k] = w.held[k]
                for i in range(3):
                    w.way[i][k] = w.turned[i][k]
    if p.dry > 0:
        w.low[1][n] = 1.0
        w.low[2][n] = -log_of(p.dry)
    if aim != REACH:
        limit_miss(p, w)
    w.degree = w.lanes * (4 + (1 if has_tilt(p, w) else 0) + (1 if has_glide(p, w) else 0))


cdef inline bint has_tilt(const DescentProblem* p, IterateWorkspace* w) noexcept nogil:
    return p.cos_tilt > -1 or p.cos_end > -1 or w.holding


cdef inline bint has_glide(const DescentProblem* p, IterateWorkspace* w) noexcept nogil:
    return p.cot_glide > 0 or w.aim != REACH


cdef inline void propagate(const DescentProblem* p, IterateWorkspace* w) noexcept nogil:
    """Integrate places and log-masses at the nodes from the thrust; the residual at the end."""
    cdef int n = p.intervals, k, i
    cdef double h = w.h
    cdef double r[3]
    cdef double v[3]
    cdef double u, more
    for i in range(3):
        r[i] = p.r[i] - (w.miss[i] if i < 2 else 0.0)
        v[i] = p.v[i]
        w.x[4 + i][0] = r[i]
        for k in range(n):
            u = w.x[i][k]
            more = w.x[i][k + 1]
            r[i] = r[i] + h * (v[i] + h * ((2.0 * u + more) / 6.0 + 0.5 * p.g[i]))
            v[i] = v[i] + h * (0.5 * (u + more) + p.g[i])
            w.x[4 + i][k + 1] = r[i]
        w.end[i] = r[i]
        w.end[3 + i] = v[i] - p.v_f[i]
    w.x[7][0] = 0.0
    u = 0.0
    for k in range(n):
        u = u - 0.5 * p.alpha * h * (w.x[3][k] + w.x[3][k + 1])
        w.x[7][k + 1] = u
    w.x[4][n + 1] = w.miss[0]
    w.x[5][n + 1] = w.miss[1]


cdef inline void apply_constraints(
    const DescentProblem* p, IterateWorkspace* w, int k, const f64xN* x, bint whole, bint glide,
    f64xN* out,
) noexcept nogil:
    """F x, or F x + f where `whole`, in the lanes from k."""
    cdef f64xN one = f64_splat(1.0 if whole else 0.0), half = f64_splat(0.5)
    cdef f64xN least = f64_load(&w.least[0][k])
    cdef f64xN on = f64_splat(1.0 if p.rho_1 > 0 else 0.0)
    cdef f64xN pad = f64_load(&w.pad[k]) * one
    cdef f64xN more = least * x[3] + on * x[7] + one * f64_load(&w.least[1][k])
    out[0] = x[3] + pad
    out[1] = x[0]
    out[2] = x[1]
    out[3] = x[2]
    out[4] = more + half * one
    out[5] = more - half * one
    out[6] = on * x[7] + one * f64_load(&w.least[2][k])
    out[7] = one * f64_load(&w.most[1][k]) - x[7] - f64_load(&w.most[0][k]) * x[3]
    out[8] = (
        f64_load(&w.low[0][k]) * x[6] + f64_load(&w.low[1][k]) * x[7]
        + one * f64_load(&w.low[2][k]))
    out[9] = (
        f64_load(&w.way[0][k]) * x[0] + f64_load(&w.way[1][k]) * x[1]
        + f64_load(&w.way[2][k]) * x[2] - f64_load(&w.lean[k]) * x[3] + pad)
    if glide:
        out[10] = f64_load(&w.glide[0][k]) * x[6] + one * f64_load(&w.glide[2][k])
        out[11] = f64_load(&w.glide[1][k]) * x[4]
        out[12] = f64_load(&w.glide[1][k]) * x[5]


cdef inline void apply_transpose(
    const DescentProblem* p, IterateWorkspace* w, int k, const f64xN* y, bint tilt, bint glide,
    f64xN* out,
) noexcept nogil:
    """F' y in the lanes from k."""
    cdef f64xN zero = f64_splat(0.0)
    cdef f64xN on = f64_splat(1.0 if p.rho_1 > 0 else 0.0)
    cdef f64xN both = y[4] + y[5], side
    out[0] = y[1]
    out[1] = y[2]
    out[2] = y[3]
    out[3] = y[0] + f64_load(&w.least[0][k]) * both - f64_load(&w.most[0][k]) * y[7]
    out[4] = zero
    out[5] = zero
    out[6] = f64_load(&w.low[0][k]) * y[8]
    out[7] = on * (both + y[6]) - y[7] + f64_load(&w.low[1][k]) * y[8]
    if tilt:
        out[0] = out[0] + f64_load(&w.way[0][k]) * y[9]
        out[1] = out[1] + f64_load(&w.way[1][k]) * y[9]
        out[2] = out[2] + f64_load(&w.way[2][k]) * y[9]
        out[3] = out[3] - f64_load(&w.lean[k]) * y[9]
    if glide:
        side = f64_load(&w.glide[1][k])
        out[4] = side * y[11]
        out[5] = side * y[12]
        out[6] = out[6] + f64_load(&w.glide[0][k]) * y[10]
