# One interior-point direction: the stages of the flight eliminated from the last to the first, as
# in Riccati's recursion (Rao, Wright and Rawlings, JOTA 99(3), 1998). Here it factors the Hessian;
# riccati_solve.pxi solves with the factors.
#
# With a first-order hold the thrust of a node acts on both its intervals. States of a node free of
# its own thrust undo that: r' = r - h^2/6 u, v' = v - h/2 u, z' = z + alpha h/2 s, for then
#
#     r'+ = r' + h v' + h^2 u,   v'+ = v' + h u,   z'+ = z' - alpha h s.                       (1)
#
# Equation block. x = (r', v', z') is the state of a stage (7), u = (u, s) its control (4), A and B
# those of (1); Q, S, R and q_x, q_u are the blocks of F' W^-2 F and of the gradient. `P` is
# the Hessian of the cost to go, its eighth column padding, and `costate` its gradient. From those
# of the next stage, P+ and costate+:
#
#     L L' = R + B' P+ B                                                                       (2)
#     Y    = L^-1 (S + A' P+ B)'             y = L^-1 (q_u + B' costate+)                      (3)
#     P    = Q + A' P+ A - Y' Y        costate = q_x + A' costate+ - Y' y                      (4)
#     u    = -L'^-1 (Y x + y)                                                                  (5)
#
# (2) to (4) are theory (5.5).
#
# With e = h^2/6 the place and velocity at the end fix the last two thrusts c and a (before it):
#
#     c = c_r r' + c_0,   a = a_r r' + a_v v' + a_0                                            (6)
#     c_r = 3 / h^2,      a_r = -3 / (2 h^2),        a_v = -1 / h
#
# The first stage holds u, s, the miss and its bound: its system is solved whole, by Cholesky.

cdef enum:
    END_S = 0           # rows of `last`: s_N, s_N-1, a (3), c (3), z'
    END_S1 = 1
    END_A = 2
    END_C = 5
    END_Z = 8
    START_U = 0         # rows of `start`: u (3), s, miss (2), its bound
    START_S = 3
    START_MISS = 4
    START_BOUND = 6


cdef enum:
    HXX = 0             # rows of `hess`: r (6), z, zs, u (6), us (3), ss
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
    cdef double PB[7][4]
    cdef int k
    if not factor_last_stages(p, w, P):
        return False
    for k in range(p.intervals - 2, 0, -1):
        if not factor_stage(p, w, k, P, PB):
            return False
    return factor_first_stage(p, w, P)


cdef inline bint factor_last_stages(
    const DescentProblem* p, IterateWorkspace* w, double[8]* P
) noexcept nogil:
    """Assemble the last two stages, eliminate s_N and s_N-1, and write P of stage N - 1.

    The first two rows of `last` are kept eliminated; (6) makes a and c those of r' and v'.
    """
    cdef int n = p.intervals, i, j, m
    cdef double h = w.h, e = h * h / 6.0, b = 0.5 * p.alpha * h
    cdef double c_r = 3.0 / (h * h), a_r = -1.5 / (h * h), a_v = -1.0 / h, pivot, x
    cdef double[9]* M = w.last
    for i in range(9):
        for j in range(9):
            M[i][j] = 0.0
    for i in range(3):
        for j in range(3):
            x = w.hess[packed(i, j)][n - 1]
            M[END_A + i][END_A + j] = w.hess[UXX + packed(i, j)][n - 1] + e * e * x
            M[END_A + i][END_C + j] = 2.0 * e * e * x
            M[END_C + i][END_A + j] = 2.0 * e * e * x
            M[END_C + i][END_C + j] = w.hess[UXX + packed(i, j)][n] + 4.0 * e * e * x
        M[END_S][END_C + i] = w.hess[US + i][n]
        M[END_S1][END_A + i] = w.hess[US + i][n - 1]
    # z_N = z' - 2 b s_N-1 - b s_N, z_N-1 = z' - b s_N-1
    x = w.hess[MM][n]
    M[END_S][END_S] = w.hess[SS][n] + b * b * x - 2.0 * b * w.hess[MS][n]
    M[END_S][END_S1] = 2.0 * b * b * x - 2.0 * b * w.hess[MS][n]
    M[END_S][END_Z] = w.hess[MS][n] - b * x
    M[END_S1][END_S1] = (
        w.hess[SS][n - 1] + b * b * w.hess[MM][n - 1] - 2.0 * b * w.hess[MS][n - 1]
        + 4.0 * b * b * x)
    M[END_S1][END_Z] = w.hess[MS][n - 1] - b * w.hess[MM][n - 1] - 2.0 * b * x
    M[END_Z][END_Z] = w.hess[MM][n - 1] + x
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
                a_r * a_r * M[END_A + i][END_A + j]
                + c_r * a_r * (M[END_A + i][END_C + j] + M[END_C + i][END_A + j])
                + c_r * c_r * M[END_C + i][END_C + j])
            P[i][3 + j] = a_v * (a_r * M[END_A + i][END_A + j] + c_r * M[END_C + i][END_A + j])
            P[3 + j][i] = P[i][3 + j]
            P[3 + i][3 + j] = a_v * a_v * M[END_A + i][END_A + j]
        P[i][6] = a_r * M[END_A + i][END_Z] + c_r * M[END_C + i][END_Z]
        P[6][i] = P[i][6]
        P[3 + i][6] = a_v * M[END_A + i][END_Z]
        P[6][3 + i] = P[3 + i][6]
    P[6][6] = M[END_Z][END_Z]
    for i in range(7):
        P[i][7] = 0.0
    return True


cdef inline bint cholesky4(double[4]* m) noexcept nogil:
    """Factor a 4 x 4 matrix in place: the lower factor, its diagonal inverse."""
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
    const DescentProblem* p, IterateWorkspace* w, int k, double[8]* P, double[4]* PB
) noexcept nogil:
    """Eliminate the control of stage k: from P of stage k + 1 to that of stage k."""
    cdef StageGain* g = &w.gain[k]
    cdef double h = w.h, hh = h * h, e = hh / 6.0, b = 0.5 * p.alpha * h, burn = -p.alpha * h, x
    cdef int i, j, m
    # P B
    for i in range(7):
        for j in range(3):
            PB[i][j] = hh * P[i][j] + h * P[i][3 + j]
        PB[i][3] = burn * P[i][6]
    # (2): R + B' P B
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
    # (3): (S + A' P B)'
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
    # (4): Q + A' P A - Y' Y
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


cdef inline bint cholesky7(double[8]* m) noexcept nogil:
    """Factor a 7 x 7 matrix in place: the lower factor, its diagonal inverse."""
    cdef int i, j, k
    cdef double x
    for j in range(7):
        x = m[j][j]
        for k in range(j):
            x -= m[j][k] * m[j][k]
        x = x if x > LEAST_PIVOT * m[j][j] else LEAST_PIVOT * m[j][j]
        if not x > 0:
            return False
        m[j][j] = 1.0 / sqrt(x)
        for i in range(j + 1, 7):
            x = m[i][j]
            for k in range(j):
                x -= m[i][k] * m[j][k]
            m[i][j] = x * m[j][j]
    return True


cdef inline bint factor_first_stage(
    const DescentProblem* p, IterateWorkspace* w, double[8]* P
) noexcept nogil:
    """Assemble and factor the first stage: r' = h^2/3 u - miss, v' = h/2 u, z' = -alpha h/2 s."""
    cdef int n = p.intervals, i, j
    cdef double h = w.h, a = h * h / 3.0, c = 0.5 * h, b = -0.5 * p.alpha * h
    cdef double[8]* M = w.start
    for i in range(3):
        for j in range(3):
            M[START_U + i][START_U + j] = (
                w.hess[UXX + packed(i, j)][0]
                + a * a * P[i][j] + a * c * (P[i][3 + j] + P[3 + i][j]) + c * c * P[3 + i][3 + j])
        M[START_S][START_U + i] = w.hess[US + i][0] + b * (a * P[6][i] + c * P[6][3 + i])
        for j in range(2):
            M[START_MISS + j][START_U + i] = -(a * P[j][i] + c * P[j][3 + i])
        M[START_BOUND][START_U + i] = 0.0
    M[START_S][START_S] = w.hess[SS][0] + b * b * P[6][6]
    M[START_BOUND][START_S] = 0.0
    for j in range(2):
        M[START_MISS + j][START_S] = -b * P[j][6]
        for i in range(2):
            M[START_MISS + j][START_MISS + i] = (
                P[j][i] + w.hess[packed(i, j)][0] + w.hess[packed(i, j)][n + 1])
        M[START_BOUND][START_MISS + j] = w.hess[packed(j, 2)][n + 1]
    M[START_BOUND][START_BOUND] = w.hess[HZZ][n + 1]
    if w.aim == REACH:
        for i in range(START_MISS, 7):
            for j in range(i):
                M[i][j] = 0.0
            M[i][i] = 1.0
    elif w.aim == WITHIN:
        for j in range(6):
            M[START_BOUND][j] = 0.0
        M[START_BOUND][START_BOUND] = 1.0
    return cholesky7(M)
