# The step of an interior-point direction, from the factors of riccati.pxi, with its equations (1)
# to (6): the gradient backwards from the last stage to the first, then the step forwards.

cdef struct EndSystem:  # right-hand sides of the last two stages
    double g[9]         # gradient, in the rows of `last`
    double a_0[3]       # (6)
    double c_0[3]


cdef inline void riccati_solve(
    const DescentProblem* p, IterateWorkspace* w, const double* ends
) noexcept nogil:
    """Write the step for the gradient in `slope` and the changes of place and velocity at the end.

    riccati_factor has to have been called before.
    """
    cdef EndSystem end
    cdef double costate[7]
    cdef double state[7]
    last_stages_backward(p, w, ends, &end, costate)
    stages_backward(p, w, costate)
    solve_first_stage(p, w, costate, state)
    stages_forward(p, w, state)
    last_stages_forward(p, w, ends, &end, state)


cdef inline void last_stages_backward(
    const DescentProblem* p, IterateWorkspace* w, const double* ends, EndSystem* end,
    double* costate,
) noexcept nogil:
    """Eliminate the last two stages from the gradient: the costate of stage N - 1."""
    cdef int n = p.intervals, i, j, k
    cdef double h = w.h, e = h * h / 6.0, b = 0.5 * p.alpha * h
    cdef double c_r = 3.0 / (h * h), a_r = -1.5 / (h * h), a_v = -1.0 / h
    cdef double f[6]        # gradient in a (3) and c (3)
    cdef double kappa, x
    cdef double* g = end.g
    g[END_S] = w.slope[3][n] - b * w.slope[7][n]
    g[END_S1] = w.slope[3][n - 1] - b * w.slope[7][n - 1] - 2.0 * b * w.slope[7][n]
    g[END_Z] = w.slope[7][n - 1] + w.slope[7][n]
    for i in range(3):
        g[END_A + i] = w.slope[i][n - 1] + e * w.slope[4 + i][n - 1]
        g[END_C + i] = w.slope[i][n] + 2.0 * e * w.slope[4 + i][n - 1]
    # r_N-1 = r_N - h v_N + e a + 2 e c: that of an end that does not change, and what it changes by
    for i in range(3):
        kappa = ends[i] - h * ends[3 + i]
        for j in range(3):
            x = w.hess[packed(i, j)][n - 1]
            g[END_A + j] += e * x * kappa
            g[END_C + j] += 2.0 * e * x * kappa
    for k in range(2):
        for i in range(k + 1, 9):
            g[i] -= w.last[k][i] * w.last[k][k] * g[k]
    # (6)
    for i in range(3):
        kappa = ends[i] - h / 3.0 * ends[3 + i]
        end.a_0[i] = -a_r * kappa
        end.c_0[i] = -c_r * kappa + 2.0 / h * ends[3 + i]
    for i in range(3):
        f[i] = g[END_A + i]
        f[3 + i] = g[END_C + i]
        for j in range(3):
            f[i] += (
                w.last[END_A + i][END_A + j] * end.a_0[j]
                + w.last[END_A + i][END_C + j] * end.c_0[j])
            f[3 + i] += (
                w.last[END_C + i][END_A + j] * end.a_0[j]
                + w.last[END_C + i][END_C + j] * end.c_0[j])
    costate[6] = g[END_Z]
    for i in range(3):
        costate[6] += (
            w.last[END_Z][END_A + i] * end.a_0[i] + w.last[END_Z][END_C + i] * end.c_0[i])
        costate[i] = a_r * f[i] + c_r * f[3 + i]
        costate[3 + i] = a_v * f[i]


cdef inline void stages_backward(
    const DescentProblem* p, IterateWorkspace* w, double* costate
) noexcept nogil:
    """Carry the costate from stage N - 1 to the first, by (3) and (4)."""
    cdef int i, j, k
    cdef double h = w.h, e = h * h / 6.0, b = 0.5 * p.alpha * h, x
    cdef StageGain* gain
    for k in range(p.intervals - 2, 0, -1):
        gain = &w.gain[k]
        # (3): y = L^-1 (q_u + B' costate)
        for i in range(3):
            gain.y[i] = (
                w.slope[i][k] + e * w.slope[4 + i][k] + h * (h * costate[i] + costate[3 + i]))
        gain.y[3] = w.slope[3][k] - b * w.slope[7][k] - p.alpha * h * costate[6]
        for j in range(4):
            x = gain.y[j]
            for i in range(j):
                x -= gain.l[j][i] * gain.y[i]
            gain.y[j] = x * gain.l[j][j]
        # (4): q_x + A' costate - Y' y
        for i in range(3):
            costate[3 + i] += h * costate[i]
            costate[i] += w.slope[4 + i][k]
        costate[6] += w.slope[7][k]
        for j in range(4):
            for i in range(7):
                costate[i] -= gain.y_x[j][i] * gain.y[j]


cdef inline void solve_first_stage(
    const DescentProblem* p, IterateWorkspace* w, const double* costate, double* state
) noexcept nogil:
    """Solve for u, s and the miss at the start; write the state of stage 1."""
    cdef int n = p.intervals, i, j
    cdef double h = w.h, b = 0.5 * p.alpha * h, x = h * h / 3.0
    cdef double y[7]
    for i in range(3):
        y[START_U + i] = -(w.slope[i][0] + x * costate[i] + 0.5 * h * costate[3 + i])
    y[START_S] = -(w.slope[3][0] - b * costate[6])
    for i in range(2):
        y[START_MISS + i] = costate[i] - w.slope[4 + i][n + 1] + w.slope[4 + i][0]
    y[START_BOUND] = -w.slope[6][n + 1]
    if w.aim == REACH:
        y[START_MISS] = 0.0
        y[START_MISS + 1] = 0.0
    if w.aim != NEAREST:
        y[START_BOUND] = 0.0
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
        w.d_miss[i] = y[START_MISS + i]
        w.step[4 + i][n + 1] = y[START_MISS + i]
        w.step[4 + i][0] = -y[START_MISS + i]
    w.step[6][n + 1] = y[START_BOUND]
    w.step[6][0] = 0.0
    w.step[7][0] = 0.0
    for i in range(3):
        state[i] = x * y[i] - (y[START_MISS + i] if i < 2 else 0.0)
        state[3 + i] = 0.5 * h * y[i]
    state[6] = -b * y[START_S]


cdef inline void stages_forward(
    const DescentProblem* p, IterateWorkspace* w, double* state
) noexcept nogil:
    """Carry the state from stage 1 to N - 1, each with its control by (5)."""
    cdef int i, j, k
    cdef double h = w.h, e = h * h / 6.0, b = 0.5 * p.alpha * h
    cdef double u[4]
    cdef StageGain* gain
    for k in range(1, p.intervals - 1):
        gain = &w.gain[k]
        # (5)
        for j in range(4):
            u[j] = -gain.y[j]
            for i in range(7):
                u[j] -= gain.y_x[j][i] * state[i]
        for j in range(3, -1, -1):
            for i in range(j + 1, 4):
                u[j] -= gain.l[i][j] * u[i]
            u[j] *= gain.l[j][j]
        # (1)
        for i in range(3):
            w.step[i][k] = u[i]
            w.step[4 + i][k] = state[i] + e * u[i]
            state[i] += h * (state[3 + i] + h * u[i])
            state[3 + i] += h * u[i]
        w.step[3][k] = u[3]
        w.step[7][k] = state[6] - b * u[3]
        state[6] -= p.alpha * h * u[3]


cdef inline void last_stages_forward(
    const DescentProblem* p, IterateWorkspace* w, const double* ends, const EndSystem* end,
    const double* state,
) noexcept nogil:
    """Write the step of the last two nodes, from the state of stage N - 1."""
    cdef int n = p.intervals, i, k
    cdef double h = w.h, e = h * h / 6.0, b = 0.5 * p.alpha * h
    cdef double c_r = 3.0 / (h * h), a_r = -1.5 / (h * h), a_v = -1.0 / h
    cdef double y[9]
    # (6)
    for i in range(3):
        y[END_A + i] = a_r * state[i] + a_v * state[3 + i] + end.a_0[i]
        y[END_C + i] = c_r * state[i] + end.c_0[i]
    y[END_Z] = state[6]
    for k in range(1, -1, -1):
        y[k] = end.g[k]
        for i in range(k + 1, 9):
            y[k] += w.last[k][i] * y[i]
        y[k] *= -w.last[k][k]
    for i in range(3):
        w.step[i][n - 1] = y[END_A + i]
        w.step[i][n] = y[END_C + i]
        w.step[4 + i][n - 1] = state[i] + e * y[END_A + i]
        w.step[4 + i][n] = ends[i]
    w.step[3][n - 1] = y[END_S1]
    w.step[3][n] = y[END_S]
    w.step[7][n - 1] = state[6] - b * y[END_S1]
    w.step[7][n] = state[6] - 2.0 * b * y[END_S1] - b * y[END_S]
