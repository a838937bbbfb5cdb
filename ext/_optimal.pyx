"""Python's door to the fuel-optimal descent: see optimal.pxd; numbers in and out are scaled."""

from farside.ext.optimal cimport (
    Descent, Extremal, Newton, linearise, solve_descent, solve_step)


cdef Descent problem(const double[::1] row) except *:
    cdef Descent d
    cdef int i
    if row.shape[0] != 15:
        raise ValueError("a problem is r(3), v(3), v_f(3), g(3), rho_1, rho_2, alpha")
    for i in range(3):
        d.r[i] = row[i]
        d.v[i] = row[3 + i]
        d.v_f[i] = row[6 + i]
        d.g[i] = row[9 + i]
    d.rho_1 = row[12]
    d.rho_2 = row[13]
    d.alpha = row[14]
    return d


def residual(const double[::1] row, const double[::1] x, int unknowns, double[:, ::1] out):
    """Write the Jacobian and, in column 8, less the residual; give p . q at t_1, t_2, E, mass."""
    cdef Descent d = problem(row)
    cdef double at[8]
    cdef Newton work
    cdef int i, j
    if x.shape[0] != 8 or out.shape[0] != 8 or out.shape[1] != 9 or not 6 <= unknowns <= 8:
        raise ValueError("x holds 8 numbers, out 8 x 9, unknowns are 6, 7 or 8")
    for i in range(8):
        at[i] = x[i]
    linearise(&d, at, unknowns, &work)
    for i in range(unknowns):
        for j in range(unknowns):
            out[i, j] = work.table[i][j]
        out[i, 8] = work.table[i][8]
    return work.turn_1, work.turn_2, work.coast, work.burnt


def solve(const double[:, ::1] rows, double[:, ::1] found, int[::1] status, int warm):
    """Solve many; found is (n, 12): q(3), p_f(3), t_f, t_2, t_1, unknowns, mass left, steps."""
    cdef Descent d
    cdef Extremal e
    cdef Py_ssize_t n
    cdef int i
    if found.shape[0] != rows.shape[0] or found.shape[1] != 12 or status.shape[0] != rows.shape[0]:
        raise ValueError("one row of 12 and one status for each problem")
    for n in range(rows.shape[0]):
        d = problem(rows[n])
        e.unknowns = 0
        if warm:
            for i in range(3):
                e.q[i] = found[n, i]
                e.p[i] = found[n, 3 + i]
            e.t_f = found[n, 6]
            e.t_2 = found[n, 7]
            e.t_1 = found[n, 8]
            e.unknowns = <int> found[n, 9]
        with nogil:
            status[n] = solve_descent(&d, &e)
        for i in range(3):
            found[n, i] = e.q[i]
            found[n, 3 + i] = e.p[i]
        found[n, 6] = e.t_f
        found[n, 7] = e.t_2
        found[n, 8] = e.t_1
        found[n, 9] = e.unknowns
        found[n, 10] = e.left
        found[n, 11] = e.steps
