# The linear equations of a Newton step, one system at a time.

cdef inline void eliminate(NewtonSystem* step, const int n) noexcept nogil:
    """Solve the first n equations in place, pivoting lane by lane; the answer is in column RHS."""
    cdef int i, j, k
    cdef f64xN a, b, f, size, other
    for k in range(n):
        for i in range(k + 1, n):
            size = f64_abs(step.system[k][k])
            other = f64_abs(step.system[i][k])
            for j in range(k, n):
                a = step.system[k][j]
                b = step.system[i][j]
                step.system[k][j] = f64_select(other, size, b, a)
                step.system[i][j] = f64_select(other, size, a, b)
            a = step.system[k][RHS]
            b = step.system[i][RHS]
            step.system[k][RHS] = f64_select(other, size, b, a)
            step.system[i][RHS] = f64_select(other, size, a, b)
        f = f64_splat(1) / step.system[k][k]
        for j in range(k + 1, n):
            step.system[k][j] = step.system[k][j] * f
        step.system[k][RHS] = step.system[k][RHS] * f
        for i in range(k + 1, n):
            f = step.system[i][k]
            for j in range(k + 1, n):
                step.system[i][j] = step.system[i][j] - f * step.system[k][j]
            step.system[i][RHS] = step.system[i][RHS] - f * step.system[k][RHS]
    for k in range(n - 2, -1, -1):
        for j in range(k + 1, n):
            step.system[k][RHS] = step.system[k][RHS] - step.system[k][j] * step.system[j][RHS]


cdef inline void solve_step(NewtonSystem* step, int unknowns) noexcept nogil:
    """Solve for six, seven or eight unknowns, each with loops of fixed length."""
    if unknowns == 8:
        eliminate(step, 8)
    elif unknowns == 7:
        eliminate(step, 7)
    else:
        eliminate(step, 6)
