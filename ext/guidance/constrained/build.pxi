"""Python's door to the constrained descent: see transcription.pxi; numbers are scaled."""

from libc.math cimport fabs, sqrt
from libc.string cimport memcpy, memset

from farside.ext.common.elementary cimport acos_of, cos_of, exp_of, log_of, sin_of
from farside.ext.common.vector cimport Vec3, axpy, cross, dot, norm, scale, unit, vec

cdef enum:
    PLAN_NUMBERS = 21
    FOUND_NUMBERS = 12
    MOST_INTERVALS = 100
    LANES = 104
    MOST_STEPS = 2000


include "farside/ext/common/simd_f64.pxi"
include "cones.pxi"
include "transcription.pxi"
include "riccati.pxi"
include "riccati_solve.pxi"
include "predictor_corrector.pxi"
include "assembly.pxi"
include "dual_bound.pxi"
include "interior_point.pxi"
include "flight_time.pxi"
include "time_search.pxi"
include "between_nodes.pxi"
include "plan.pxi"


cdef class ConstrainedSolver:
    """Room for one solve at a time, taken once; a solve takes none."""

    cdef IterateWorkspace iterate
    cdef BestIterate best

    def solve(
        self, const double[::1] plan, int intervals, double t_f, bint free, bint nearest,
        double[:, ::1] nodes, double[::1] found, bint between=True,
    ):
        """Solve; a SolverStatus. t_f is the time, or where `free` the guess of it.

        Limits hold between nodes too, or not `between` at the nodes alone, as in other programs.

        plan: r (3), v (3), v_f (3), g (3), rho_1, rho_2, alpha, dry, cos(tilt), cot(glide),
        floored, cos(tilt) at the end, floor; nodes (N + 1, 8): u, s, r, z; found: t_f, miss x, y,
        bound, gap, primal residual, what is left of the dual residual, solves, steps, slope in
        time, aim, slipped.
        """
        cdef DescentProblem p
        cdef SolveQuality j
        cdef SearchResult best
        cdef int i, k, status
        if plan.shape[0] != PLAN_NUMBERS or found.shape[0] != FOUND_NUMBERS:
            raise ValueError(f"a plan is {PLAN_NUMBERS} numbers, what is found {FOUND_NUMBERS}")
        if not 4 <= intervals <= MOST_INTERVALS:
            raise ValueError(f"{intervals} intervals: choose 4 to {MOST_INTERVALS}")
        if nodes.shape[0] != intervals + 1 or nodes.shape[1] != 8:
            raise ValueError("one row of 8 for each node")
        for i in range(3):
            p.r[i] = plan[i]
            p.v[i] = plan[3 + i]
            p.v_f[i] = plan[6 + i]
            p.g[i] = plan[9 + i]
        p.rho_1 = plan[12]
        p.rho_2 = plan[13]
        p.alpha = plan[14]
        p.dry = plan[15]
        p.cos_tilt = plan[16]
        p.cot_glide = plan[17]
        p.floored = plan[18] > 0
        p.cos_end = plan[19]
        p.floor = plan[20]
        p.intervals = intervals
        p.most_steps = MOST_STEPS
        p.between = between
        p.chord = 0.01
        with nogil:
            status = solve_plan(&p, &self.iterate, &self.best, t_f, free, nearest, &j, &best)
        for k in range(intervals + 1):
            for i in range(8):
                nodes[k, i] = self.best.x[i][k]
        found[0] = best.t_f
        found[1] = self.best.miss[0]
        found[2] = self.best.miss[1]
        found[3] = j.bound
        found[4] = j.gap
        found[5] = j.primal_residual
        found[6] = j.dual
        found[7] = best.solves
        found[8] = best.steps
        found[9] = best.slope
        found[10] = <int> self.best.aim
        found[11] = best.slipped
        return status
