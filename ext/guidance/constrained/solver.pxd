"""The constrained descent for the tick: 20 intervals, one lane, no memory but what its owner holds.

The same equations as the lanes' build, from the same files (transcription.pxi has them), so that
the answer has the same bits for the same scaled numbers. Header-only, and in one translation unit
with optimal.pxd, whose one-lane arithmetic it uses.

A plan is flown as it is meant, by its knots: the thrust's acceleration runs straight from each to
the next (collocation.pxd), and with gravity that is r, v in closed form. Work is bounded by
`most_steps` interior-point steps in all, whatever the numbers.
"""

from libc.math cimport fabs, sqrt
from libc.string cimport memcpy, memset

from farside.ext.common.elementary cimport acos_of, cos_of, exp_of, log_of, sin_of
from farside.ext.guidance.optimal.optimal cimport (
    Descent, f64xN, Scale, energy_optimal_time, scale_problem, f64_abs, f64_splat, f64_select,
    f64_sqrt)
from farside.ext.guidance.records._codes cimport (
    BAD_INPUT, CLOSE, INFEASIBLE, MISSED, NEAREST, NOT_FOUND, REACH, SOLVED, WITHIN, Objective,
)
from farside.ext.guidance.records.plan cimport KNOTS, CollocationPlan, Lander
from farside.ext.common.vector cimport Vec3, axpy, cross, dot, finite, norm, scale, unit, vec


cdef extern from *:
    """
    #define ONE_WIDE 1
    static inline double one_load(const double *p) { return *p; }
    static inline void one_store(double *p, double x) { *p = x; }
    """
    const int F64_LANES "ONE_WIDE"
    f64xN f64_load "one_load" (const double* p) noexcept nogil
    void f64_store "one_store" (double* p, f64xN x) noexcept nogil


cdef enum:
    MOST_INTERVALS = 20
    LANES = 24


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


cdef struct Bounds:         # what a descent has to keep, at every knot
    double cos_tilt         # of the thrust's greatest angle from the vertical; -1: any
    double cos_end          # the same at the last knot
    double cot_glide        # of the least elevation seen from where it lands; 0: any
    bint floored            # never below the floor; a glide slope asks more
    double floor_m          # its height over the target, 0 or less
    double dry_kg           # the mass with the tank empty; 0: asks nothing
    double margin           # part of the full thrust kept back
    bint between            # whether limits are kept between knots too, by tightening


cdef struct SolverWorkspace:     # 45 kB, owned by the caller; holds nothing between calls
    IterateWorkspace iterate
    BestPlan best


cdef inline bint scale_descent(
    const Lander* lander, const Bounds* bounds, DescentProblem* p, Scale* units
) noexcept nogil:
    """Scale a problem; False where a number is impossible."""
    cdef double g = 0.0, r = 0.0, v = 0.0, weight
    cdef int i
    for i in range(3):
        g += lander.g[i] * lander.g[i]
        r += lander.r[i] * lander.r[i]
        v += lander.v[i] * lander.v[i]
    g = sqrt(g)
    units.length_m = sqrt(r) + 0.5 * v / g
    if not (
        g > 0 and finite(units.length_m) and units.length_m > 1e-6 and lander.mass_kg > 0
        and lander.exhaust_mps > 0 and 0 <= bounds.margin < 1
    ):
        return False
    units.time_s = sqrt(units.length_m / g)
    weight = lander.mass_kg * g
    for i in range(3):
        p.r[i] = lander.r[i] / units.length_m
        p.v[i] = lander.v[i] * units.time_s / units.length_m
        p.v_f[i] = lander.v_f[i] * units.time_s / units.length_m
        p.g[i] = lander.g[i] / g
    p.rho_1 = lander.least_n / weight
    p.rho_2 = lander.full_n * (1.0 - bounds.margin) / weight
    p.alpha = units.length_m / (units.time_s * lander.exhaust_mps)
    p.dry = bounds.dry_kg / lander.mass_kg
    p.cos_tilt = bounds.cos_tilt
    p.cos_end = bounds.cos_end if bounds.cos_end > bounds.cos_tilt else bounds.cos_tilt
    p.cot_glide = bounds.cot_glide
    p.floored = bounds.floored
    p.floor = bounds.floor_m / units.length_m
    p.intervals = MOST_INTERVALS
    return True


cdef inline int solve_within(
    const Lander* lander, const Bounds* bounds, double guess_s, int most_steps,
    SolverWorkspace* room, CollocationPlan* plan,
) noexcept nogil:
    """Compute the descent of least propellant within bounds, in free time, or the least miss.

    The search begins with the time `guess_s`: that of solve_lander's Extremal, or what is left of
    the last plan's; 0: that of the least energy. Returns a SolverStatus.
    """
    cdef DescentProblem p
    cdef BestPlan* best = &room.best
    cdef Scale units, other
    cdef Descent d
    cdef double t_f
    cdef int i, k
    memset(plan, 0, sizeof(CollocationPlan))
    plan.status = BAD_INPUT
    if not scale_descent(lander, bounds, &p, &units):
        return BAD_INPUT
    p.most_steps = most_steps
    p.between = bounds.between
    # The engine gives its least by itself, and a plan is flown for a second.
    p.chord = 0.15
    if guess_s > 0:
        t_f = guess_s / units.time_s
    elif scale_problem(lander, &d, &other):
        t_f = energy_optimal_time(&d) * other.time_s / units.time_s
    else:
        return BAD_INPUT
    plan.status = solve_plan(&p, &room.iterate, best, t_f, True, True)
    plan.solves = best.solves
    plan.steps = best.steps
    if plan.status > MISSED:
        return plan.status
    plan.t_f = best.t_f * units.time_s
    plan.step_s = plan.t_f / MOST_INTERVALS
    for i in range(2):
        plan.miss_m[i] = best.miss[i] * units.length_m
    for k in range(KNOTS):
        for i in range(3):
            plan.u[k][i] = best.x[i][k] * units.length_m / (units.time_s * units.time_s)
    plan.propellant_kg = lander.mass_kg * (1.0 - exp_of(best.x[7][MOST_INTERVALS]))
    plan.bound_kg = lander.mass_kg * (1.0 - exp_of(-best.quality.bound))
    return plan.status
