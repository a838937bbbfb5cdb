"""The fuel-optimal descent in free time, one at a time: guess, thrust structure, certificate.

The equations are in extremal.pxi. A root is an answer only with its certificate, the signs that the
maximum principle asks of the switching function S (its slope has the sign of -p . q, and |p| is
convex in time, so that these signs at its zeros settle it everywhere: theory (4.3), (4.4)):

    full - least - full    p . q > 0 at t_1, p . q < 0 at t_2
    full - least           p . q > 0 at t_1, and S(t_f) <= 0, which is E >= 0 with t_2 = t_f
    least - full           p . q < 0 at t_2, and S(0) <= 0, which is E <= 0 with t_1 = 0
    full                   S >= 0 where it is least, S(t_f) = -(q . v_f + p_f . g) / rho_2,
                           theory (4.5)
"""

from libc.math cimport fabs, sqrt

from farside.ext.common.elementary cimport exp_of, log_of
from farside.ext.guidance.records._codes cimport (
    EXTREMAL_BAD_INPUT, EXTREMAL_NOT_FOUND, FULL, FULL_LEAST, FULL_LEAST_FULL, LEAST_FULL, OPTIMAL,
)
from farside.ext.guidance.records.plan cimport Extremal, Lander
from farside.ext.common.vector cimport Vec3, axpy, cross, dot, finite, scale, unit, vec


cdef extern from *:
    """
    #include <math.h>
    #define NODES 8
    typedef double f64xN;
    static inline double f64_splat(double x) { return x; }
    static inline double f64_abs(double x) { return fabs(x); }
    static inline double f64_sqrt(double x) { return sqrt(x); }
    static inline double f64_select(double a, double b, double x, double y)
    { return a > b ? x : y; }
    """
    ctypedef double f64xN
    const int NODES
    f64xN f64_splat(double x) noexcept nogil
    f64xN f64_abs(f64xN x) noexcept nogil
    f64xN f64_sqrt(f64xN x) noexcept nogil
    f64xN f64_select(f64xN a, f64xN b, f64xN x, f64xN y) noexcept nogil


include "moments.pxi"
include "extremal.pxi"


include "arc.pxi"
include "elimination.pxi"


cdef inline bint switches_in_order(const double* x, int unknowns) noexcept nogil:
    if not x[5] > 0:
        return False
    if unknowns == FULL_LEAST:
        return 0 < x[6] < x[5]
    if unknowns > 6 and not 0 < x[6] < x[5]:
        return False
    return unknowns < 8 or 0 < x[7] < x[6]


cdef inline void linearise_structure(
    const Descent* d, const double* x, int unknowns, NewtonSystem* out
) noexcept nogil:
    """As linearise, for any structure.

    Full - least has seven unknowns, x[6] = t_1. It is full - least - full with t_2 = t_f, whose
    columns are one then, and S = 0 at t_1 alone: q . v + p . g, which changes by rho_1 E over the
    coast, is zero there.
    """
    cdef double at[8]
    cdef int i
    if unknowns != FULL_LEAST:
        linearise(d, x, unknowns, out)
        return
    for i in range(6):
        at[i] = x[i]
    at[6] = x[5]
    at[7] = x[6]
    linearise(d, at, FULL_LEAST_FULL, out)
    out.residual_norm2 -= (
        out.system[ROW_H][RHS] * out.system[ROW_H][RHS]
        + out.system[ROW_E][RHS] * out.system[ROW_E][RHS])
    for i in range(9):
        out.system[ROW_H][i] = out.system[ROW_H][i] - d.rho_1 * out.system[ROW_E][i]
    for i in range(7):
        out.system[i][COL_TF] = out.system[i][COL_TF] + out.system[i][COL_T2]
        out.system[i][COL_T2] = out.system[i][COL_T1]
    out.residual_norm2 += out.system[ROW_H][RHS] * out.system[ROW_H][RHS]


cdef inline double step_share(const NewtonSystem* work, const double* x, int n) noexcept nogil:
    """Return the part of a Newton step to take: times change by 0.3 t_f, the primer by 2."""
    cdef double share = 1.0
    cdef int i
    for i in range(COL_TF, n):
        if fabs(work.system[i][RHS]) * share > 0.3 * x[5]:
            share = 0.3 * x[5] / fabs(work.system[i][RHS])
    for i in range(COL_P):
        if fabs(work.system[i][RHS]) * share * x[5] > 2.0:
            share = 2.0 / (fabs(work.system[i][RHS]) * x[5])
    for i in range(COL_P, COL_TF):
        if fabs(work.system[i][RHS]) * share > 2.0:
            share = 2.0 / fabs(work.system[i][RHS])
    return share


cdef inline bint line_search(
    const Descent* d, double* x, int structure, int n, double share, double before,
    NewtonSystem* work,
) noexcept nogil:
    """Move x by the step in `work`, halved until the residual grows by 1.2 at most; False if never.

    Leaves the linear system at the new x.
    """
    cdef double step[8]
    cdef int i, _halving
    # The system is overwritten by every trial: keep the step.
    for i in range(n):
        step[i] = work.system[i][RHS]
    for _halving in range(7):
        for i in range(n):
            x[i] = x[i] + share * step[i]
        if switches_in_order(x, structure):
            linearise_structure(d, x, structure, work)
            if work.mass_final > 0 and (
                    work.residual_norm2 < 1.44 * before or work.residual_norm2 < 1e-10):
                return True
        for i in range(n):
            x[i] = x[i] - share * step[i]
        share = 0.5 * share
    return False


cdef inline bint damped_newton(
    const Descent* d, double* x, int structure, int most, double tolerance, int* steps,
    NewtonSystem* work,
) noexcept nogil:
    """Take Newton steps from x, `most` at most; return whether the residual met the tolerance."""
    cdef double share, before
    cdef int _count, n = 7 if structure == FULL_LEAST else structure
    work.residual_norm2 = 1e30
    if not switches_in_order(x, structure):
        return False
    linearise_structure(d, x, structure, work)
    for _count in range(most):
        before = work.residual_norm2
        if before < tolerance * tolerance:
            return work.mass_final > 0
        if not before < 1e12:
            return False
        solve_step(work, n)
        steps[0] += 1
        share = step_share(work, x, n)
        if not share > 0:
            return False
        if not line_search(d, x, structure, n, share, before, work):
            return False
    return work.residual_norm2 < tolerance * tolerance and work.mass_final > 0


cdef inline double min_switching_function(const Descent* d, const double* x) noexcept nogil:
    """Least value of S along a flight at full thrust: where |p| is least, or at an end."""
    cdef double pf_q = x[3] * x[0] + x[4] * x[1] + x[2]
    cdef double qq = x[0] * x[0] + x[1] * x[1] + x[2] * x[2]
    cdef double go = 0.0, t, m, px, py, pz, total = 0.0
    cdef int i
    if qq > 0:
        go = -pf_q / qq
    if go < 0:
        go = 0
    if go > x[5]:
        go = x[5]
    for i in range(NODES):
        t = GAUSS_AT[i] * go
        m = 1.0 - d.alpha * d.rho_2 * (x[5] - t)
        px = x[3] + t * x[0]
        py = x[4] + t * x[1]
        pz = 1.0 + t * x[2]
        total += GAUSS_WEIGHT[i] * (px * x[0] + py * x[1] + pz * x[2]) / (
            m * sqrt(px * px + py * py + pz * pz + 1e-24))
    # dS/dt = -(p . q) / (|p| m): going back from t_f it is added.
    return -(x[0] * d.v_f[0] + x[1] * d.v_f[1] + x[2] * d.v_f[2]
             + x[3] * d.g[0] + x[4] * d.g[1] + d.g[2]) / d.rho_2 + go * total


cdef inline bint certified(
    const Descent* d, const double* x, int unknowns, const NewtonSystem* at
) noexcept nogil:
    """Return whether the signs of the maximum principle hold at a root."""
    cdef double small = 1e-9
    if not at.mass_final > 0:
        return False
    if unknowns == FULL_LEAST_FULL:
        return at.pq_1 > 0 and at.pq_2 < 0
    if unknowns == FULL_LEAST:
        return at.pq_1 > 0 and at.switch_integral >= -small
    if unknowns == LEAST_FULL:
        return at.pq_2 < 0 and at.switch_integral <= small
    return min_switching_function(d, x) >= -small


cdef inline void axes_along(const double* p, Vec3* axes) noexcept nogil:
    """Right-handed unit vectors, the third along p."""
    cdef Vec3 w = unit(vec(p[0], p[1], p[2]), vec(0.0, 0.0, 1.0))
    cdef Vec3 across = vec(1.0, 0.0, 0.0) if fabs(w.x) < 0.8 else vec(0.0, 1.0, 0.0)
    axes[0] = unit(axpy(-dot(across, w), w, across), across)
    axes[1] = cross(w, axes[0])
    axes[2] = w


cdef inline bint solve_structure(
    const Descent* d, Extremal* e, int unknowns, int most, NewtonSystem* work
) noexcept nogil:
    """Descend to a root of a thrust structure; tell whether it has its certificate.

    Axes are turned so that the third is along the p_f to begin with.
    """
    cdef Vec3 axes[3]
    cdef Descent turned_d = d[0]
    cdef double x[8]
    cdef Vec3 r, v, v_f, g, q, p
    cdef double along
    cdef int i
    cdef bint root
    axes_along(e.p, axes)
    r = vec(d.r[0], d.r[1], d.r[2])
    v = vec(d.v[0], d.v[1], d.v[2])
    v_f = vec(d.v_f[0], d.v_f[1], d.v_f[2])
    g = vec(d.g[0], d.g[1], d.g[2])
    q = vec(e.q[0], e.q[1], e.q[2])
    p = vec(e.p[0], e.p[1], e.p[2])
    for i in range(3):
        turned_d.r[i] = dot(axes[i], r)
        turned_d.v[i] = dot(axes[i], v)
        turned_d.v_f[i] = dot(axes[i], v_f)
        turned_d.g[i] = dot(axes[i], g)
        x[i] = dot(axes[i], q)
    along = dot(axes[2], p)
    if not along > 0:
        along = 1.0
    for i in range(3):
        x[i] = x[i] / along
    x[3] = 0.0
    x[4] = 0.0
    x[5] = e.t_f
    x[6] = e.t_1 if unknowns == FULL_LEAST else e.t_2
    x[7] = e.t_1
    e.unknowns = unknowns
    e.converged = False
    if e.steps > e.most_steps:
        return False
    root = damped_newton(&turned_d, x, unknowns, most, 1e-9, &e.steps, work)
    along = 1.0 / sqrt(1.0 + x[3] * x[3] + x[4] * x[4])
    q = scale(along, axpy(x[0], axes[0], axpy(x[1], axes[1], scale(x[2], axes[2]))))
    p = scale(along, axpy(x[3], axes[0], axpy(x[4], axes[1], axes[2])))
    e.q[0] = q.x
    e.q[1] = q.y
    e.q[2] = q.z
    e.p[0] = p.x
    e.p[1] = p.y
    e.p[2] = p.z
    e.t_f = x[5]
    e.t_2 = x[6] if unknowns > 6 else 0.0
    e.t_1 = x[7] if unknowns > 7 else 0.0
    if unknowns == FULL_LEAST:
        e.t_1 = x[6]
        e.t_2 = x[5]
    e.residual = sqrt(work.residual_norm2)
    e.mass_final = work.mass_final
    e.converged = root
    return root and certified(&turned_d, x, unknowns, work)


include "search.pxi"


cdef inline int solve_descent(const Descent* d, Extremal* e) noexcept nogil:
    """Solve from what e holds (e.unknowns = 0: nothing); an ExtremalStatus."""
    cdef NewtonSystem work
    e.residual = 1e30
    e.steps = 0
    if (
        (e.unknowns >= 6 and start_from_neighbour(d, e, &work))
        or start_from_energy(d, e, &work)
        or start_from_vertical(d, e, &work)
        or start_from_below(d, e, &work)
        or start_from_easier(d, e, &work)
    ):
        return OPTIMAL
    e.unknowns = 0
    return EXTREMAL_NOT_FOUND


cdef struct Scale:
    double length_m
    double time_s


cdef inline bint scale_problem(const Lander* lander, Descent* d, Scale* units) noexcept nogil:
    """Scale a problem; False where a number is impossible."""
    cdef double g = 0.0, r = 0.0, v = 0.0, weight
    cdef int i
    for i in range(3):
        g += lander.g[i] * lander.g[i]
        r += lander.r[i] * lander.r[i]
        v += lander.v[i] * lander.v[i] + lander.v_f[i] * lander.v_f[i]
    if not (
        finite(g) and finite(r) and finite(v) and g > 0 and lander.mass_kg > 0
        and finite(lander.mass_kg) and 0 <= lander.least_n <= lander.full_n
        and 0 < lander.full_n and finite(lander.full_n)
        and lander.exhaust_mps > 0 and finite(lander.exhaust_mps)
    ):
        return False
    g = sqrt(g)
    # Near the target the speed sets the scale.
    r = sqrt(r)
    v = v / g
    units.length_m = r if r > v else v
    if not units.length_m > 1e-6:
        return False
    units.time_s = sqrt(units.length_m / g)
    weight = lander.mass_kg * g
    for i in range(3):
        d.r[i] = lander.r[i] / units.length_m
        d.v[i] = lander.v[i] * units.time_s / units.length_m
        d.v_f[i] = lander.v_f[i] * units.time_s / units.length_m
        d.g[i] = lander.g[i] / g
    d.rho_1 = lander.least_n / weight
    d.rho_2 = lander.full_n / weight
    d.alpha = units.length_m / units.time_s / lander.exhaust_mps
    return True


cdef inline int solve_lander(const Lander* lander, Extremal* e) noexcept nogil:
    """As solve_descent, in SI: times [s], q [1/s], mass left [kg]; e may hold a guess in SI."""
    cdef Descent d
    cdef Scale units
    cdef int i, status
    if not scale_problem(lander, &d, &units):
        e.unknowns = 0
        return EXTREMAL_BAD_INPUT
    for i in range(3):
        e.q[i] = e.q[i] * units.time_s
    e.t_f = e.t_f / units.time_s
    e.t_2 = e.t_2 / units.time_s
    e.t_1 = e.t_1 / units.time_s
    status = solve_descent(&d, e)
    for i in range(3):
        e.q[i] = e.q[i] / units.time_s
    e.t_f = e.t_f * units.time_s
    e.t_2 = e.t_2 * units.time_s
    e.t_1 = e.t_1 * units.time_s
    e.mass_final = e.mass_final * lander.mass_kg
    return status
