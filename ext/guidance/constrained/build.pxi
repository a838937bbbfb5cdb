"""The constrained descent for Python: see transcription.pxi; numbers are scaled."""

import numpy as np

from libc.math cimport fabs, sqrt
from libc.string cimport memcpy, memset

from farside.ext.common.elementary cimport acos_of, cos_of, exp_of, log_of, sin_of
from farside.ext.common.vector cimport Vec3, axpy, cross, dot, norm, scale, unit, vec
from farside.ext.guidance.records._codes cimport (
    BAD_INPUT, CLOSE, INFEASIBLE, MISSED, NEAREST, NOT_FOUND, REACH, SOLVED, WITHIN, Objective,
)
from farside.ext.guidance.records.buffers cimport records_of

cpdef enum:
    MOST_INTERVALS = 100    # of a plan
    MOST_STEPS = 2000       # of the interior point in one solve, all times of flight counted

cdef enum:
    LANES = 104


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


cdef struct PlanNode:
    double u[3]         # the thrust's acceleration
    double s            # its bound
    double r[3]         # place less where it lands
    double z            # log of the mass


cdef struct PlanResult:
    double t_f
    double miss[2]
    double bound        # no plan costs less
    double gap          # slack times dual
    double primal_residual
    double dual_residual    # what is left of the first
    double slope        # of the cost in time
    int solves
    int steps
    int aim             # an Objective
    bint slipped        # these nodes have a plan, and none that keeps its limits between them


cdef DescentProblem _problem
cdef PlanNode _node
cdef PlanResult _result
cdef DescentProblem[::1] _problems = <DescentProblem[:1]> &_problem
cdef PlanNode[::1] _nodes = <PlanNode[:1]> &_node
cdef PlanResult[::1] _results = <PlanResult[:1]> &_result

PROBLEM = np.asarray(_problems).dtype
NODE = np.asarray(_nodes).dtype
RESULT = np.asarray(_results).dtype


cdef class ConstrainedSolver:
    """Room for one solve at a time, taken once; a solve takes none."""

    cdef IterateWorkspace iterate
    cdef BestPlan best

    def solve(self, problem, double t_f, bint free, bint nearest, nodes, result):
        """Solve one PROBLEM; a SolverStatus. t_f is the time, or where `free` the guess of it.

        Where the target is out of reach and `nearest` is true, the answer is the least miss. The
        plan is written into `nodes` (NODE, one for each), the rest into one RESULT.
        """
        cdef int i, k, status
        cdef Py_ssize_t problems, rows, results
        cdef const DescentProblem* p = (
            <const DescentProblem*> records_of(problem, PROBLEM, False, &problems))
        cdef PlanNode* node = <PlanNode*> records_of(nodes, NODE, True, &rows)
        cdef PlanResult* out = <PlanResult*> records_of(result, RESULT, True, &results)
        if problems != 1 or results != 1:
            raise ValueError("one problem and one result")
        if not 4 <= p.intervals <= MOST_INTERVALS:
            raise ValueError(f"{p.intervals} intervals: choose 4 to {MOST_INTERVALS}")
        if rows != p.intervals + 1:
            raise ValueError("one row for each node")
        with nogil:
            status = solve_plan(p, &self.iterate, &self.best, t_f, free, nearest)
        for k in range(p.intervals + 1):
            for i in range(3):
                node[k].u[i] = self.best.x[i][k]
                node[k].r[i] = self.best.x[4 + i][k]
            node[k].s = self.best.x[3][k]
            node[k].z = self.best.x[7][k]
        for i in range(2):
            out.miss[i] = self.best.miss[i]
        out.t_f = self.best.t_f
        out.bound = self.best.quality.bound
        out.gap = self.best.quality.gap
        out.primal_residual = self.best.quality.primal_residual
        out.dual_residual = self.best.quality.dual
        out.slope = self.best.slope
        out.solves = self.best.solves
        out.steps = self.best.steps
        out.aim = <int> self.best.aim
        out.slipped = self.best.slipped
        return status
