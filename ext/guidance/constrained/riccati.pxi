# The direction of one interior-point step: the stages of the flight eliminated from the last to the
# first, as in Riccati's recursion.
#
# With a first-order hold the thrust of a node acts on both its intervals. States of a node free of
# its own thrust undo that: r' = r - h^2/6 u, v' = v - h/2 u, z' = z + alpha h/2 s, for then
#
#     r'+ = r' + h v' + h^2 u,   v'+ = v' + h u,   z'+ = z' - alpha h s.
#
# The place and velocity at the end fix the last two thrusts c and a (before it): r' = 2 e c + ..,
# v' = -h a - h/2 c, where e = h^2/6. The first stage holds u, s and the miss.

cdef enum:
    HXX = 0
    HXY = 1
    HXZ = 2
    HYY = 3
    HYZ = 4
    HZZ = 5
    MM = 6              # of the log-mass
    MS = 7
    UXX = 8
    US = 14
    SS = 17


cdef extern from *:
    """
    #define DESCENT_PIVOT 1e-14     /* of its diagonal; less is rounding, where cones turned flat */
    """
    const double LEAST_PIVOT "DESCENT_PIVOT"


cdef inline int packed(int i, int j) noexcept nogil:
    """The place of (i, j) in xx xy xz yy yz zz."""
    if i > j:
        i, j = j, i
    return i * (5 - i) // 2 + j


cdef inline bint riccati_factor(const DescentProblem* p, IterateWorkspace* w) noexcept nogil:
    """Eliminate the stages; False where a pivot is not positive."""
    cdef double P[7][8]
    cdef double q[7][8]
    cdef double b[7][4]
    cdef int k
    if not factor_last_stages(p, w, P):
        return False
    for k in range(p.intervals - 2, 0, -1):
        if not factor_stage(p, w, k, P, b, q):
            return False
    return factor_first_stage(p, w, P)


cdef inline bint factor_last_stages(
    const DescentProblem* p, IterateWorkspace* w, double[8]* P
) noexcept nogil:
    """Rows of `last`: s_N, s_N-1, a, c, z'; its first two rows are kept eliminated."""
    cdef int n = p.intervals, i, j, m
    cdef double h = w.h, e = h * h / 6.0, b = 0.5 * p.alpha * h
    cdef double t_1 = 3.0 / (h * h), t_2 = -1.5 / (h * h), t_3 = -1.0 / h, pivot, x
    cdef double[9]* M = w.last
    for i in range(9):
        for j in range(9):
            M[i][j] = 0.0
    for i in range(3):
        for j in range(3):
            x = w.hess[packed(i, j)][n - 1]
            M[2 + i][2 + j] = w.hess[UXX + packed(i, j)][n - 1] + e * e * x
            M[2 + i][5 + j] = 2.0 * e * e * x
            M[5 + i][2 + j] = 2.0 * e * e * x
            M[5 + i][5 + j] = w.hess[UXX + packed(i, j)][n] + 4.0 * e * e * x
        M[0][5 + i] = w.hess[US + i][n]
        M[1][2 + i] = w.hess[US + i][n - 1]
    # z_N = z' - 2 b s_N-1 - b s_N, z_N-1 = z' - b s_N-1
    x = w.hess[MM][n]
    M[0][0] = w.hess[SS][n] + b * b * x - 2.0 * b * w.hess[MS][n]
    M[0][1] = 2.0 * b * b * x - 2.0 * b * w.hess[MS][n]
    M[0][8] = w.hess[MS][n] - b * x
    M[1][1] = (
        w.hess[SS][n - 1] + b * b * w.hess[MM][n - 1] - 2.0 * b * w.hess[MS][n - 1]
        + 4.0 * b * b * x)
    M[1][8] = w.hess[MS][n - 1] - b * w.hess[MM][n - 1] - 2.0 * b * x
    M[8][8] = w.hess[MM][n - 1] + x
    for m in range(2):
        if not M[m][m] > 0:
            return False
        pivot = 1.0 / M[m][m]
        M[m][m] = pivot
        for i in range(m + 1, 9):
            x = M[m][i] * pivot
            for j in range(i, 9):
                M[i][j] = M[i][j] - x * M[m][j]
    for i in range(2, 9):
        for j in range(i + 1, 9):
            M[j][i] = M[i][j]
    for i in range(3):
        for j in range(3):
            P[i][j] = (
                t_2 * t_2 * M[2 + i][2 + j] + t_1 * t_2 * (M[2 + i][5 + j] + M[5 + i][2 + j])
                + t_1 * t_1 * M[5 + i][5 + j])
            P[i][3 + j] = t_3 * (t_2 * M[2 + i][2 + j] + t_1 * M[5 + i][2 + j])
            P[3 + j][i] = P[i][3 + j]
            P[3 + i][3 + j] = t_3 * t_3 * M[2 + i][2 + j]
        P[i][6] = t_2 * M[2 + i][8] + t_1 * M[5 + i][8]
        P[6][i] = P[i][6]
        P[3 + i][6] = t_3 * M[2 + i][8]
        P[6][3 + i] = P[3 + i][6]
    P[6][6] = M[8][8]
    for i in range(7):
        P[i][7] = 0.0
    return True


cdef inline bint cholesky4(double[4]* m) noexcept nogil:
    """Lower factor in place, its diagonal inverse."""
    cdef int i, j, k
    cdef double x
    for j in range(4):
        x = m[j][j]
        for k in range(j):
            x -= m[j][k] * m[j][k]
        x = x if x > LEAST_PIVOT * m[j][j] else LEAST_PIVOT * m[j][j]
        if not x > 0:
            return False
        m[j][j] = 1.0 / sqrt(x)
        for i in range(j + 1, 4):
            x = m[i][j]
            for k in range(j):
                x -= m[i][k] * m[j][k]
            m[i][j] = x * m[j][j]
    return True


cdef inline bint factor_stage(
    const DescentProblem* p, IterateWorkspace* w, int k, double[8]* P, double[4]* PB, double[8]* Q
) noexcept nogil:
    cdef StageGain* g = &w.gain[k]
    cdef double h = w.h, hh = h * h, e = hh / 6.0, b = 0.5 * p.alpha * h, burn = -p.alpha * h, x
    cdef int i, j, m
    for i in range(7):
        for j in range(3):
            PB[i][j] = hh * P[i][j] + h * P[i][3 + j]
        PB[i][3] = burn * P[i][6]
    # R + B' P B
    for i in range(3):
        for j in range(i + 1):
            m = packed(i, j)
            g.l[i][j] = (
                w.hess[UXX + m][k] + e * e * w.hess[m][k] + hh * PB[i][j] + h * PB[3 + i][j])
        g.l[3][i] = w.hess[US + i][k] + burn * PB[6][i]
    g.l[3][3] = (
        w.hess[SS][k] + b * b * w.hess[MM][k] - 2.0 * b * w.hess[MS][k] + burn * PB[6][3])
    if not cholesky4(g.l):
        return False
    # (S + A' P B)'
    for j in range(4):
        for i in range(3):
            g.y_x[j][i] = PB[i][j]
            g.y_x[j][3 + i] = h * PB[i][j] + PB[3 + i][j]
        g.y_x[j][6] = PB[6][j]
        g.y_x[j][7] = 0.0
    for i in range(3):
        for j in range(3):
            g.y_x[j][i] += e * w.hess[packed(i, j)][k]
    g.y_x[3][6] += w.hess[MS][k] - b * w.hess[MM][k]
    for j in range(4):
        for m in range(j):
            for i in range(8):
                g.y_x[j][i] -= g.l[j][m] * g.y_x[m][i]
        for i in range(8):
            g.y_x[j][i] *= g.l[j][j]
    # Q + A' P A - Y' Y
    for i in range(7):
        for j in range(3):
            P[i][3 + j] += h * P[i][j]
    for i in range(3):
        for j in range(8):
            P[3 + i][j] += h * P[i][j]
    for i in range(3):
        for j in range(3):
            P[i][j] += w.hess[packed(i, j)][k]
    P[6][6] += w.hess[MM][k]
    for i in range(7):
        for m in range(4):
            x = g.y_x[m][i]
            for j in range(8):
                P[i][j] -= x * g.y_x[m][j]
    return True


cdef inline bint factor_first_stage(
    const DescentProblem* p, IterateWorkspace* w, double[8]* P
) noexcept nogil:
    """Cholesky of the first stage: r' = h^2/3 u - miss, v' = h/2 u, z' = -b s."""
    cdef int n = p.intervals, i, j, k
    cdef double h = w.h, a = h * h / 3.0, c = 0.5 * h, b = -0.5 * p.alpha * h, x
    cdef double[8]* M = w.start
    for i in range(3):
        for j in range(3):
            M[i][j] = (
                w.hess[UXX + packed(i, j)][0]
                + a * a * P[i][j] + a * c * (P[i][3 + j] + P[3 + i][j]) + c * c * P[3 + i][3 + j])
        M[3][i] = w.hess[US + i][0] + b * (a * P[6][i] + c * P[6][3 + i])
        for j in range(2):
            M[4 + j][i] = -(a * P[j][i] + c * P[j][3 + i])
        M[6][i] = 0.0
    M[3][3] = w.hess[SS][0] + b * b * P[6][6]
    M[6][3] = 0.0
    for j in range(2):
        M[4 + j][3] = -b * P[j][6]
        for i in range(2):
            M[4 + j][4 + i] = (
                P[j][i] + w.hess[packed(i, j)][0] + w.hess[packed(i, j)][n + 1])
        M[6][4 + j] = w.hess[packed(j, 2)][n + 1]
    M[6][6] = w.hess[HZZ][n + 1]
    if w.aim == REACH:
        for i in range(4, 7):
            for j in range(i):
                M[i][j] = 0.0
            M[i][i] = 1.0
    elif w.aim == WITHIN:
        for j in range(6):
            M[6][j] = 0.0
        M[6][6] = 1.0
    for j in range(7):
        x = M[j][j]
        for k in range(j):
            x -= M[j][k] * M[j][k]
        x = x if x > LEAST_PIVOT * M[j][j] else LEAST_PIVOT * M[j][j]
        if not x > 0:
            return False
        M[j][j] = 1.0 / sqrt(x)
        for i in range(j + 1, 7):
            x = M[i][j]
            for k in range(j):
                x -= M[i][k] * M[j][k]
            M[i][j] = x * M[j][j]
    return True


cdef inline void riccati_solve(
    const DescentProblem* p, IterateWorkspace* w, const double* ends
) noexcept nogil:
    """The step for the gradient in `slope` and the changes of place and velocity at the end."""
    cdef int n = p.intervals, i, j, k
    cdef double h = w.h, e = h * h / 6.0, b = 0.5 * p.alpha * h
    cdef double t_1 = 3.0 / (h * h), t_2 = -1.5 / (h * h), t_3 = -1.0 / h
    cdef double s[7]        # slope of what follows, in r', v', z'
    cdef double g[9]
    cdef double f[7]
    cdef double y[9]
    cdef double k_a[3]
    cdef double k_c[3]
    cdef double kappa, x
    cdef StageGain* gain
    # the last two stages
    g[0] = w.slope[3][n] - b * w.slope[7][n]
    g[1] = w.slope[3][n - 1] - b * w.slope[7][n - 1] - 2.0 * b * w.slope[7][n]
    g[8] = w.slope[7][n - 1] + w.slope[7][n]
    for i in range(3):
        g[2 + i] = w.slope[i][n - 1] + e * w.slope[4 + i][n - 1]
        g[5 + i] = w.slope[i][n] + 2.0 * e * w.slope[4 + i][n - 1]
    # r = r_N - h v_N + .. in a and c holds for an end that does not change
    for i in range(3):
        kappa = ends[i] - h * ends[3 + i]
        for j in range(3):
            x = w.hess[packed(i, j)][n - 1]
            g[2 + j] += e * x * kappa
            g[5 + j] += 2.0 * e * x * kappa
    for k in range(2):
        for i in range(k + 1, 9):
            g[i] -= w.last[k][i] * w.last[k][k] * g[k]
    for i in range(3):
        kappa = ends[i] - h / 3.0 * ends[3 + i]
        k_a[i] = -t_2 * kappa
        k_c[i] = -t_1 * kappa + 2.0 / h * ends[3 + i]
    for i in range(3):
        f[i] = g[2 + i]
        f[3 + i] = g[5 + i]
        for j in range(3):
            f[i] += w.last[2 + i][2 + j] * k_a[j] + w.last[2 + i][5 + j] * k_c[j]
            f[3 + i] += w.last[5 + i][2 + j] * k_a[j] + w.last[5 + i][5 + j] * k_c[j]
    s[6] = g[8]
    for i in range(3):
        s[6] += w.last[8][2 + i] * k_a[i] + w.last[8][5 + i] * k_c[i]
        s[i] = t_2 * f[i] + t_1 * f[3 + i]
        s[3 + i] = t_3 * f[i]
    # backwards
    for k in range(n - 2, 0, -1):
        gain = &w.gain[k]
        for i in range(3):
            gain.y[i] = w.slope[i][k] + e * w.slope[4 + i][k] + h * (h * s[i] + s[3 + i])
        gain.y[3] = w.slope[3][k] - b * w.slope[7][k] - p.alpha * h * s[6]
        for j in range(4):
            x = gain.y[j]
            for i in range(j):
                x -= gain.l[j][i] * gain.y[i]
            gain.y[j] = x * gain.l[j][j]
        for i in range(3):
            s[3 + i] += h * s[i]
            s[i] += w.slope[4 + i][k]
        s[6] += w.slope[7][k]
        for j in range(4):
            for i in range(7):
                s[i] -= gain.y_x[j][i] * gain.y[j]
    # the first stage
    x = h * h / 3.0
    for i in range(3):
        y[i] = -(w.slope[i][0] + x * s[i] + 0.5 * h * s[3 + i])
    y[3] = -(w.slope[3][0] - b * s[6])
    for i in range(2):
        y[4 + i] = s[i] - w.slope[4 + i][n + 1] + w.slope[4 + i][0]
    y[6] = -w.slope[6][n + 1]
    if w.aim == REACH:
        y[4] = 0.0
        y[5] = 0.0
    if w.aim != NEAREST:
        y[6] = 0.0
    for j in range(7):
        for i in range(j):
            y[j] -= w.start[j][i] * y[i]
        y[j] *= w.start[j][j]
    for j in range(6, -1, -1):
        for i in range(j + 1, 7):
            y[j] -= w.start[i][j] * y[i]
        y[j] *= w.start[j][j]
    for i in range(4):
        w.step[i][0] = y[i]
    for i in range(2):
        w.d_miss[i] = y[4 + i]
        w.step[4 + i][n + 1] = y[4 + i]
        w.step[4 + i][0] = -y[4 + i]
    w.step[6][n + 1] = y[6]
    w.step[6][0] = 0.0
    w.step[7][0] = 0.0
    # forwards
    for i in range(3):
        s[i] = x * y[i] - (y[4 + i] if i < 2 else 0.0)
        s[3 + i] = 0.5 * h * y[i]
    s[6] = -b * y[3]
    for k in range(1, n - 1):
        gain = &w.gain[k]
        for j in range(4):
            y[j] = -gain.y[j]
            for i in range(7):
                y[j] -= gain.y_x[j][i] * s[i]
        for j in range(3, -1, -1):
            for i in range(j + 1, 4):
                y[j] -= gain.l[i][j] * y[i]
            y[j] *= gain.l[j][j]
        for i in range(3):
            w.step[i][k] = y[i]
            w.step[4 + i][k] = s[i] + e * y[i]
            s[i] += h * (s[3 + i] + h * y[i])
            s[3 + i] += h * y[i]
        w.step[3][k] = y[3]
        w.step[7][k] = s[6] - b * y[3]
        s[6] -= p.alpha * h * y[3]
    # the last two
    for i in range(3):
        y[2 + i] = t_2 * s[i] + t_3 * s[3 + i] + k_a[i]
        y[5 + i] = t_1 * s[i] + k_c[i]
    y[8] = s[6]
    for k in range(1, -1, -1):
        y[k] = g[k]
        for i in range(k + 1, 9):
            y[k] += w.last[k][i] * y[i]
        y[k] *= -w.last[k][k]
    for i in range(3):
        w.step[i][n - 1] = y[2 + i]
        w.step[i][n] = y[5 + i]
        w.step[4 + i][n - 1] = s[i] + e * y[2 + i]
        w.step[4 + i][n] = ends[i]
    w.step[3][n - 1] = y[1]
    w.step[3][n] = y[0]
    w.step[7][n - 1] = s[6] - b * y[1]
    w.step[7][n] = s[6] - 2.0 * b * y[1] - b * y[0]
