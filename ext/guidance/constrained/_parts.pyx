"""The cone solver's parts one by one, for tests against dense linear algebra: see solver.pxd."""

import numpy as np

from farside.ext.guidance.constrained.solver cimport (
    ROWS, DescentProblem, IterateWorkspace, apply_constraints, apply_w,
    apply_w_inverse, apply_w_inverse2, build_transcription, has_glide, inverse_max_step,
    nt_scaling, primal_residual, propagate, riccati_factor, riccati_solve, scale_and_assemble,
    untighten,
)
from farside.ext.guidance.records._codes cimport Objective


def scaling(const double[::1] slack, const double[::1] dual, const double[::1] x):
    """Return W x, W^-1 x and W^-2 x of the scaling of a cone's slack and dual."""
    cdef int n = slack.shape[0]
    cdef double w[4]
    cdef double eta
    out = np.empty((3, n))
    cdef double[:, ::1] y = out
    if not 1 <= n <= 4 or dual.shape[0] != n or x.shape[0] != n:
        raise ValueError("a cone has 1 to 4 numbers")
    eta = nt_scaling(&slack[0], &dual[0], n, w)
    apply_w(w, eta, &x[0], n, &y[0, 0])
    apply_w_inverse(w, eta, &x[0], n, &y[1, 0])
    apply_w_inverse2(w, eta, &x[0], n, &y[2, 0])
    return out


def inverse_step(const double[::1] x, const double[::1] d):
    """Return one over the longest step along d that x takes inside its cone; 0 where any."""
    if x.shape[0] != d.shape[0] or not 1 <= x.shape[0] <= 4:
        raise ValueError("a cone has 1 to 4 numbers")
    return inverse_max_step(&x[0], &d[0], <int> x.shape[0])


cdef class IterateParts:
    """One iterate of one descent, in a given time: its constraints, its direction."""

    cdef DescentProblem p
    cdef IterateWorkspace w

    def __init__(self, const DescentProblem[::1] problem, double t_f, int aim):
        """Take one scaled problem of 4 to 20 intervals; aim: an Objective."""
        if problem.shape[0] != 1 or not 4 <= problem[0].intervals <= 20:
            raise ValueError("one problem of 4 to 20 intervals")
        self.p = problem[0]
        untighten(&self.w)
        build_transcription(&self.p, t_f, <Objective> aim, &self.w)

    def constraints(self):
        """Return F (lanes, 13, 8) of x = (u, s, r, z) and f (lanes, 13), lane by lane."""
        cdef double x[8]
        cdef double out[ROWS]
        cdef int k, i, j
        cdef bint glide = has_glide(&self.p, &self.w)
        matrix, offset = np.zeros((self.w.lanes, ROWS, 8)), np.zeros((self.w.lanes, ROWS))
        cdef double[:, :, ::1] F = matrix
        cdef double[:, ::1] f = offset
        for k in range(self.w.lanes):
            for j in range(9):
                for i in range(8):
                    x[i] = 1.0 if i == j else 0.0
                apply_constraints(&self.p, &self.w, k, x, j == 8, glide, out)
                for i in range(13 if glide else 10):
                    if j == 8:
                        f[k, i] = out[i]
                    else:
                        F[k, i, j] = out[i]
        return matrix, offset

    def direction(
        self, const double[:, ::1] x, const double[:, ::1] slack, const double[:, ::1] dual,
        const double[::1] ends,
    ):
        """Return the predictor's step (8, lanes) and its change of the miss (2,), or None.

        x: (4, lanes) thrusts and their bounds; slack, dual: (13, lanes) inside their cones; ends:
        (6,) changes of place and velocity at the end.
        """
        cdef int k, i, lanes = self.w.lanes
        if x.shape[0] != 4 or slack.shape[0] != ROWS or dual.shape[0] != ROWS or ends.shape[0] != 6:
            raise ValueError("x is (4, lanes), slack and dual (13, lanes), ends (6,)")
        if x.shape[1] != lanes or slack.shape[1] != lanes or dual.shape[1] != lanes:
            raise ValueError(f"{lanes} lanes")
        self.w.miss[0] = 0.0
        self.w.miss[1] = 0.0
        for k in range(lanes):
            for i in range(8):
                self.w.x[i][k] = x[i, k] if i < 4 else 0.0
            for i in range(ROWS):
                self.w.slack[i][k] = slack[i, k]
                self.w.dual[i][k] = dual[i, k]
        propagate(&self.p, &self.w)
        primal_residual(&self.p, &self.w)
        scale_and_assemble(&self.p, &self.w)
        if not riccati_factor(&self.p, &self.w):
            return None
        riccati_solve(&self.p, &self.w, &ends[0])
        step = np.empty((8, lanes))
        cdef double[:, ::1] out = step
        for k in range(lanes):
            for i in range(8):
                out[i, k] = self.w.step[i][k]
        return step, np.array([self.w.d_miss[0], self.w.d_miss[1]])

    def residual(self):
        """Return F x + f - slack (13, lanes) of the last iterate."""
        cdef int k, i
        rest = np.empty((ROWS, self.w.lanes))
        cdef double[:, ::1] out = rest
        for k in range(self.w.lanes):
            for i in range(ROWS):
                out[i, k] = self.w.residual[i][k]
        return rest
