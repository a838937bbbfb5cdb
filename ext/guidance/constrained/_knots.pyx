"""Python's door to the constrained descent of the tick: see solver.pxd."""

from farside.ext.guidance.constrained.solver cimport (
    Bounds, SolverWorkspace, acceleration_at, solve_within,
)
from farside.ext.guidance.records.plan cimport KNOTS, CollocationPlan, Extremal, Lander
from farside.ext.guidance.optimal.optimal cimport OPTIMAL, solve_lander
from farside.ext.common.vector cimport Vec3


cdef class KnotSolver:
    """Room for one solve at a time, taken once; a solve takes none."""

    cdef SolverWorkspace room
    cdef CollocationPlan plan

    def solve(
        self, const double[::1] problem, const double[::1] bounds, double[:, ::1] u,
        double[::1] found, bint warm=True, int most_steps=400,
        double guess_s=0.0, bint between=True,
    ):
        """Solve, all in SI; a SolverStatus.

        problem: r (3), v (3), v_f (3), g (3), mass, least and full thrust, exhaust speed; bounds:
        cos(tilt), the same at the end, cot(glide), floored, floor, dry mass, margin; u (21, 3);
        found: t_f, propellant, bound, miss x, y, solves, steps. Where `warm` and without a guess,
        the search begins with the time of the descent without bounds.
        """
        cdef Lander lander
        cdef Bounds b
        cdef Extremal near
        cdef int i, k
        if problem.shape[0] != 16 or bounds.shape[0] != 7 or found.shape[0] != 7:
            raise ValueError("a problem is 16 numbers, bounds and what is found 7 each")
        if u.shape[0] != KNOTS or u.shape[1] != 3:
            raise ValueError(f"{KNOTS} knots of 3")
        for i in range(3):
            lander.r[i] = problem[i]
            lander.v[i] = problem[3 + i]
            lander.v_f[i] = problem[6 + i]
            lander.g[i] = problem[9 + i]
            near.q[i] = 0.0
            near.p[i] = 0.0
        lander.mass_kg = problem[12]
        lander.least_n = problem[13]
        lander.full_n = problem[14]
        lander.exhaust_mps = problem[15]
        b.cos_tilt = bounds[0]
        b.cos_end = bounds[1]
        b.cot_glide = bounds[2]
        b.floored = bounds[3] > 0
        b.floor_m = bounds[4]
        b.dry_kg = bounds[5]
        b.margin = bounds[6]
        b.between = between
        with nogil:
            near.unknowns = 0
            near.t_f = 0.0
            near.t_2 = 0.0
            near.t_1 = 0.0
            near.mass_final = 0.0
            near.most_steps = 120
            if warm and not guess_s > 0 and solve_lander(&lander, &near) == OPTIMAL:
                guess_s = near.t_f
            solve_within(&lander, &b, guess_s, most_steps, &self.room, &self.plan)
        for k in range(KNOTS):
            for i in range(3):
                u[k, i] = self.plan.u[k][i]
        found[0] = self.plan.t_f
        found[1] = self.plan.propellant_kg
        found[2] = self.plan.bound_kg
        found[3] = self.plan.miss_m[0]
        found[4] = self.plan.miss_m[1]
        found[5] = self.plan.solves
        found[6] = self.plan.steps
        return self.plan.status

    def acceleration(self, double t_s):
        """Thrust over mass [m/s^2] at a time after the state."""
        cdef Vec3 u = acceleration_at(&self.plan, t_s)
        return u.x, u.y, u.z

    @staticmethod
    def room_bytes():
        """What a solve needs, and its answer."""
        return sizeof(SolverWorkspace), sizeof(CollocationPlan)
