"""Python's door to the constrained descent of the tick: see solver.pxd."""

import numpy as np

from libc.string cimport memset

from farside.ext.guidance.constrained.solver cimport (
    Bounds, SolverWorkspace, acceleration_at, solve_within,
)
from farside.ext.guidance.records._codes cimport OPTIMAL
from farside.ext.guidance.records.plan cimport CollocationPlan, Extremal, Lander
from farside.ext.guidance.optimal.optimal cimport solve_lander
from farside.ext.common.vector cimport Vec3

cdef Lander _lander
cdef Bounds _bounds
cdef CollocationPlan _plan

LANDER = np.asarray(<Lander[:1]> &_lander).dtype
BOUNDS = np.asarray(<Bounds[:1]> &_bounds).dtype
COLLOCATION_PLAN = np.asarray(<CollocationPlan[:1]> &_plan).dtype

cdef enum:
    GUESS_STEPS = 120       # Newton steps of the descent without bounds


cdef class KnotSolver:
    """Room for one solve at a time, taken once; a solve takes none."""

    cdef SolverWorkspace room
    cdef CollocationPlan plan

    def solve(
        self, const Lander[::1] lander, const Bounds[::1] bounds, CollocationPlan[::1] plan,
        bint warm=True, int most_steps=400, double guess_s=0.0,
    ):
        """Solve one problem (LANDER, BOUNDS) and write its COLLOCATION_PLAN; a SolverStatus.

        Where `warm` and without a guess, the search begins with the time of the descent without
        bounds.
        """
        cdef Extremal near
        if lander.shape[0] != 1 or bounds.shape[0] != 1 or plan.shape[0] != 1:
            raise ValueError("one lander, its bounds and one plan")
        memset(&near, 0, sizeof(Extremal))
        near.most_steps = GUESS_STEPS
        with nogil:
            if warm and not guess_s > 0 and solve_lander(&lander[0], &near) == OPTIMAL:
                guess_s = near.t_f
            solve_within(&lander[0], &bounds[0], guess_s, most_steps, &self.room, &self.plan)
        plan[0] = self.plan
        return self.plan.status

    def acceleration(self, double t_s):
        """Thrust over mass [m/s^2] at a time after the state."""
        cdef Vec3 u = acceleration_at(&self.plan, t_s)
        return u.x, u.y, u.z

    @staticmethod
    def room_bytes():
        """What a solve needs, and its answer."""
        return sizeof(SolverWorkspace), sizeof(CollocationPlan)
