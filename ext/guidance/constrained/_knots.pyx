"""The constrained descent of the tick for Python: see solver.pxd."""

import numpy as np

from libc.string cimport memset

from farside.ext.guidance.constrained.collocation cimport acceleration_at
from farside.ext.guidance.constrained.solver cimport (
    Bounds, SolverWorkspace, solve_within,
)
from farside.ext.guidance.records._codes cimport OPTIMAL
from farside.ext.guidance.records.buffers cimport records_of
from farside.ext.guidance.records.plan cimport CollocationPlan, Extremal, Lander
from farside.ext.guidance.optimal.optimal cimport solve_lander
from farside.ext.common.vector cimport Vec3

cdef Lander _lander
cdef Bounds _bounds
cdef CollocationPlan _plan
cdef Lander[::1] _landers = <Lander[:1]> &_lander
cdef Bounds[::1] _all_bounds = <Bounds[:1]> &_bounds
cdef CollocationPlan[::1] _plans = <CollocationPlan[:1]> &_plan

LANDER = np.asarray(_landers).dtype
BOUNDS = np.asarray(_all_bounds).dtype
COLLOCATION_PLAN = np.asarray(_plans).dtype

cdef enum:
    GUESS_STEPS = 120       # Newton steps of the descent without bounds


cdef class KnotSolver:
    """Room for one solve at a time, taken once; a solve takes none."""

    cdef SolverWorkspace room
    cdef CollocationPlan plan

    def solve(
        self, lander, bounds, plan, bint warm=True, int most_steps=400, double guess_s=0.0
    ):
        """Solve one problem (LANDER, BOUNDS) and write its COLLOCATION_PLAN; a SolverStatus.

        Where `warm` and without a guess, the search begins with the time of the descent without
        bounds.
        """
        cdef Extremal near
        cdef Py_ssize_t landers, limits, plans
        cdef const Lander* state = <const Lander*> records_of(lander, LANDER, False, &landers)
        cdef const Bounds* kept = <const Bounds*> records_of(bounds, BOUNDS, False, &limits)
        cdef CollocationPlan* out = (
            <CollocationPlan*> records_of(plan, COLLOCATION_PLAN, True, &plans))
        if landers != 1 or limits != 1 or plans != 1:
            raise ValueError("one lander, its bounds and one plan")
        memset(&near, 0, sizeof(Extremal))
        near.most_steps = GUESS_STEPS
        with nogil:
            if warm and not guess_s > 0 and solve_lander(state, &near) == OPTIMAL:
                guess_s = near.t_f
            solve_within(state, kept, guess_s, most_steps, &self.room, &self.plan)
        out[0] = self.plan
        return self.plan.status

    def acceleration(self, double t_s):
        """Thrust over mass [m/s^2] at a time after the state."""
        cdef Vec3 u = acceleration_at(&self.plan, t_s)
        return u.x, u.y, u.z

    @staticmethod
    def room_bytes():
        """What a solve needs, and its answer."""
        return sizeof(SolverWorkspace), sizeof(CollocationPlan)
