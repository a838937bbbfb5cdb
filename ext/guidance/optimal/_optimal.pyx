"""Python's door to the fuel-optimal descent: see optimal.pxd."""

from farside.ext.guidance.optimal.optimal cimport Descent, NewtonSystem, linearise, solve_lander
from farside.ext.guidance.records.plan cimport Extremal, Lander


def residual(
    const double[::1] problem, const double[::1] x, int unknowns, double[:, ::1] table
):
    """Write the Jacobian and, in column 8, less the residual, of a scaled problem.

    The problem is r(3), v(3), v_f(3), g(3), rho_1, rho_2, alpha, in axes whose third is along p_f.
    Gives E, p . q at t_1 and t_2, and the mass left.
    """
    cdef Descent d
    cdef double at[8]
    cdef NewtonSystem work
    cdef int i, j
    if problem.shape[0] != 15 or x.shape[0] != 8:
        raise ValueError("a problem is 15 numbers, a place 8")
    if table.shape[0] != 8 or table.shape[1] != 9 or not 6 <= unknowns <= 8:
        raise ValueError("a table is 8 x 9, for 6, 7 or 8 unknowns")
    for i in range(3):
        d.r[i] = problem[i]
        d.v[i] = problem[3 + i]
        d.v_f[i] = problem[6 + i]
        d.g[i] = problem[9 + i]
    d.rho_1 = problem[12]
    d.rho_2 = problem[13]
    d.alpha = problem[14]
    for i in range(8):
        at[i] = x[i]
    linearise(&d, at, unknowns, &work)
    for i in range(unknowns):
        for j in range(unknowns):
            table[i, j] = work.system[i][j]
        table[i, 8] = work.system[i][8]
    return work.switch_integral, work.pq_1, work.pq_2, work.mass_final


def solve(
    const double[:, ::1] problems, const double[:, ::1] guesses, double[:, ::1] found,
    unsigned char[::1] status, int most_steps=3000,
):
    """Solve problems one by one, all in SI, with at most so many Newton steps each.

    A problem is r(3), v(3), v_f(3), g(3), mass, least and full thrust, exhaust speed; r is less the
    target's. A guess and what is found are q(3), p_f(3), t_f, t_2, t_1, unknowns (0: no guess),
    mass left, residual, Newton steps.
    """
    cdef Lander lander
    cdef Extremal e
    cdef Py_ssize_t n, count = problems.shape[0]
    cdef int i
    if problems.shape[1] != 16 or found.shape[1] != 13 or guesses.shape[1] != 13:
        raise ValueError("a problem is 16 numbers, a solution 13")
    if found.shape[0] != count or guesses.shape[0] != count or status.shape[0] != count:
        raise ValueError("one guess, one solution and one status for every problem")
    with nogil:
        for n in range(count):
            for i in range(3):
                lander.r[i] = problems[n, i]
                lander.v[i] = problems[n, 3 + i]
                lander.v_f[i] = problems[n, 6 + i]
                lander.g[i] = problems[n, 9 + i]
                e.q[i] = guesses[n, i]
                e.p[i] = guesses[n, 3 + i]
            lander.mass_kg = problems[n, 12]
            lander.least_n = problems[n, 13]
            lander.full_n = problems[n, 14]
            lander.exhaust_mps = problems[n, 15]
            e.t_f = guesses[n, 6]
            e.t_2 = guesses[n, 7]
            e.t_1 = guesses[n, 8]
            e.unknowns = 0
            if 6 <= guesses[n, 9] <= 9:
                e.unknowns = <int> guesses[n, 9]
            e.mass_final = 0.0
            e.residual = 0.0
            e.steps = 0
            e.most_steps = most_steps
            status[n] = solve_lander(&lander, &e)
            for i in range(3):
                found[n, i] = e.q[i]
                found[n, 3 + i] = e.p[i]
            found[n, 6] = e.t_f
            found[n, 7] = e.t_2
            found[n, 8] = e.t_1
            found[n, 9] = e.unknowns
            found[n, 10] = e.mass_final
            found[n, 11] = e.residual
            found[n, 12] = e.steps
