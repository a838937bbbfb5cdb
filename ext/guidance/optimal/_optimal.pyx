"""The fuel-optimal descent for Python: see optimal.pxd."""

import numpy as np

from farside.ext.guidance.optimal.optimal cimport Descent, NewtonSystem, linearise, solve_lander
from farside.ext.guidance.records.buffers cimport records_of
from farside.ext.guidance.records.plan cimport Extremal, Lander

cdef Descent _descent
cdef Lander _lander
cdef Extremal _extremal

DESCENT = np.asarray(<Descent[:1]> &_descent).dtype
LANDER = np.asarray(<Lander[:1]> &_lander).dtype
EXTREMAL = np.asarray(<Extremal[:1]> &_extremal).dtype


def residual(problem, const double[::1] x, int unknowns, double[:, ::1] table):
    """Write the Jacobian and, in column 8, less the residual, of one scaled problem (DESCENT).

    Its axes are those whose third is along p_f. Gives E, p . q at t_1 and t_2, and the mass left.
    """
    cdef double at[8]
    cdef NewtonSystem work
    cdef int i, j
    cdef Py_ssize_t count
    cdef const Descent* d = <const Descent*> records_of(problem, DESCENT, False, &count)
    if count != 1 or x.shape[0] != 8:
        raise ValueError("one problem, and 8 unknowns")
    if table.shape[0] != 8 or table.shape[1] != 9 or not 6 <= unknowns <= 8:
        raise ValueError("a table is 8 x 9, for 6, 7 or 8 unknowns")
    for i in range(8):
        at[i] = x[i]
    linearise(d, at, unknowns, &work)
    for i in range(unknowns):
        for j in range(unknowns):
            table[i, j] = work.system[i][j]
        table[i, 8] = work.system[i][8]
    return work.switch_integral, work.pq_1, work.pq_2, work.mass_final


def solve(landers, near, found, unsigned char[::1] status, int most_steps=3000):
    """Solve problems (LANDER) one by one, with at most so many Newton steps each.

    `near` and `found` are EXTREMAL in SI: what a solve begins with (unknowns 0: nothing) and what
    it ends with. Of `near` only q, p, the times and the unknowns are read.
    """
    cdef Py_ssize_t n, count, starts, ends
    cdef const Lander* lander = <const Lander*> records_of(landers, LANDER, False, &count)
    cdef const Extremal* start = <const Extremal*> records_of(near, EXTREMAL, False, &starts)
    cdef Extremal* end = <Extremal*> records_of(found, EXTREMAL, True, &ends)
    if starts != count or ends != count or status.shape[0] != count:
        raise ValueError("one guess, one solution and one status for every problem")
    with nogil:
        for n in range(count):
            end[n] = start[n]
            if not 6 <= end[n].unknowns <= 9:
                end[n].unknowns = 0
            end[n].mass_final = 0.0
            end[n].residual = 0.0
            end[n].converged = False
            end[n].steps = 0
            end[n].most_steps = most_steps
            status[n] = solve_lander(&lander[n], &end[n])
