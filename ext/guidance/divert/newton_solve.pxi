# The linear equations of a Newton step, with as few pivots as they need.

cdef inline void solve_newton_system(NewtonSystem* step, const int n) noexcept nogil:
    """Solve the first n equations; the answer goes to column RHS.

    The unknowns q_x, q_y, p_x, p_y with the equations of the same axes are the moments of a
    positive matrix, 4 x 4: no pivots there. Only the 3 or 4 left are pivoted, lane by lane.
    """
    cdef int[8] order = [0, 1, 3, 4, 2, 5, 6, 7]
    cdef f64xN t[8][9]
    cdef int i, j, k
    cdef f64xN a, b, f, size, other
    for i in range(n):
        for j in range(n):
            t[i][j] = step.system[order[i]][order[j]]
        t[i][n] = step.system[order[i]][RHS]
    for k in range(4):
        f = f64_splat(1) / t[k][k]
        for j in range(k + 1, n + 1):
            t[k][j] = t[k][j] * f
        for i in range(k + 1, n):
            f = t[i][k]
            for j in range(k + 1, n + 1):
                t[i][j] = t[i][j] - f * t[k][j]
    for k in range(4, n):
        for i in range(k + 1, n):
            size = f64_abs(t[k][k])
            other = f64_abs(t[i][k])
            for j in range(k, n + 1):
                a = t[k][j]
                b = t[i][j]
                t[k][j] = f64_select(other, size, b, a)
                t[i][j] = f64_select(other, size, a, b)
        f = f64_splat(1) / t[k][k]
        for j in range(k + 1, n + 1):
            t[k][j] = t[k][j] * f
        for i in range(k + 1, n):
            f = t[i][k]
            for j in range(k + 1, n + 1):
                t[i][j] = t[i][j] - f * t[k][j]
    for k in range(n - 2, -1, -1):
        for j in range(k + 1, n):
            t[k][n] = t[k][n] - t[k][j] * t[j][n]
    for i in range(n):
        step.system[order[i]][RHS] = t[i][n]
