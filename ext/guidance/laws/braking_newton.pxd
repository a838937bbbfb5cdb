"""The unknowns of a braking flight by Newton's method, one step for each major cycle.

    x    unknowns (p_u, p_r, b0, b1, level, t_go), see braking.pxd
    m    where the flight of x ends less the gate: up, along, across [m], the same speeds [m/s]
    J    its Jacobian, by forward differences: seven flights in all

    J_ij = (m_i(x + h_j e_j) - m_i(x)) / h_j        (1)
    J dx = -m                                       (2)
    x   += lambda dx                                (3)

lambda shortens a long step as a whole. When the solution asks for more than full thrust, the level
is held and the gate's range is free: where the flight then ends is where to aim.
"""

from libc.math cimport NAN, fabs

from farside.ext.common.vector cimport Vec3, clamp, cross, dot, finite, norm, sub, unit
from farside.ext.guidance.laws.braking cimport (
    BRAKING_ARCS, BrakingPlane, BrakingProblem, BrakingState, BrakingThrust, braking_plane,
    burnt_share, fly_braking, share_steps,
)
from farside.ext.guidance.records.plan cimport BRAKING_UNKNOWNS


cdef inline void gate_misses(
        const BrakingPlane* plane, const BrakingState* s, double* miss) noexcept nogil:
    """m(x), where the flight ends less the gate: up, along (back), across [m]; then [m/s]."""
    cdef Vec3 dr = sub(s.rho, plane.gate_site)
    cdef Vec3 up = unit(s.rho, plane.gate_up)
    cdef Vec3 back = cross(plane.normal, up)
    # Altitude and speeds are taken where the flight ends, so that they stay true far from the gate.
    miss[0] = norm(s.rho) - norm(plane.gate_site)
    miss[1] = dot(dr, plane.gate_back)
    miss[2] = dot(s.rho, plane.normal)
    miss[3] = dot(s.v, up) - dot(plane.gate_velocity, plane.gate_up)
    miss[4] = dot(s.v, back) - dot(plane.gate_velocity, plane.gate_back)
    miss[5] = dot(s.v, plane.normal)


cdef inline bint solve_linear(double* a, double* b, int n) noexcept nogil:
    """a x = b by elimination, rows pivoted, a (n, n) row-major; b becomes x. False if singular."""
    cdef int i, j, k, p
    cdef double best, f, t
    for k in range(n):
        p = k
        best = fabs(a[k * n + k])
        for i in range(k + 1, n):
            if fabs(a[i * n + k]) > best:
                best = fabs(a[i * n + k])
                p = i
        if not (best > 1e-14):
            return False
        if p != k:
            for j in range(n):
                t = a[k * n + j]
                a[k * n + j] = a[p * n + j]
                a[p * n + j] = t
            t = b[k]
            b[k] = b[p]
            b[p] = t
        for i in range(k + 1, n):
            f = a[i * n + k] / a[k * n + k]
            for j in range(k + 1, n):
                a[i * n + j] -= f * a[k * n + j]
            b[i] -= f * b[k]
    for k in range(n - 1, -1, -1):
        t = b[k]
        for j in range(k + 1, n):
            t -= a[k * n + j] * b[j]
        b[k] = t / a[k * n + k]
    return True


cdef inline double miss_norm(const double* miss, bint range_free) noexcept nogil:
    """The size of a miss [m]: each m/s counts as 100 m, the range only where it is not free."""
    cdef double size = fabs(miss[0]) + fabs(miss[2]) + 100.0 * (
        fabs(miss[3]) + fabs(miss[4]) + fabs(miss[5]))
    return size if range_free else size + fabs(miss[1])


cdef inline void gate_jacobian(
        const BrakingProblem* problem, const BrakingPlane* plane, const double* x,
        double* miss, double* jacobian) noexcept nogil:
    """The miss m(x) and its Jacobian (1) by forward differences: one flight and six."""
    cdef double h[BRAKING_UNKNOWNS]
    cdef double y[BRAKING_UNKNOWNS]
    cdef double moved[BRAKING_UNKNOWNS]
    cdef int steps[BRAKING_ARCS]
    cdef BrakingState end
    cdef int i, j
    h[0] = 1e-4
    h[1] = 1e-4 / x[5]
    h[2] = 1e-4
    h[3] = 1e-4 / x[5]
    h[4] = 1e-4
    h[5] = 1e-4 * x[5]
    # The same for all seven flights.
    share_steps(&problem.thrust, x, steps)
    end = fly_braking(problem, plane.normal, x, steps)
    gate_misses(plane, &end, miss)
    for j in range(BRAKING_UNKNOWNS):
        for i in range(BRAKING_UNKNOWNS):
            y[i] = x[i]
        y[j] += h[j]
        end = fly_braking(problem, plane.normal, y, steps)
        gate_misses(plane, &end, moved)
        for i in range(BRAKING_UNKNOWNS):
            jacobian[i * BRAKING_UNKNOWNS + j] = (moved[i] - miss[i]) / h[j]


cdef inline double step_length(const double* dx, double t_go) noexcept nogil:
    """lambda of (3): at most 1, and no unknown moves further than Newton's method holds.

    The step is shortened as a whole, so that it keeps its direction.
    """
    cdef double length = 1.0
    length = min(length, 0.4 / (fabs(dx[0]) + 1e-12))
    length = min(length, 0.8 / (fabs(dx[1]) * t_go + 1e-12))
    length = min(length, 0.4 / (fabs(dx[2]) + 1e-12))
    length = min(length, 0.8 / (fabs(dx[3]) * t_go + 1e-12))
    length = min(length, 0.1 / (fabs(dx[4]) + 1e-12))
    return min(length, 0.15 * t_go / (fabs(dx[5]) + 1e-12))


cdef inline void keep_in_bounds(const BrakingThrust* thrust, double* x) noexcept nogil:
    """Keep the unknowns where a flight exists: never past the time when all mass would be burnt."""
    cdef double burnt
    x[0] = clamp(x[0], -3.0, 8.0)
    x[2] = clamp(x[2], -2.0, 2.0)
    x[4] = clamp(x[4], 0.1, 1.5)
    x[5] = max(x[5], 0.5)
    burnt = burnt_share(thrust, x)
    if burnt > 0.95:
        x[5] = max(0.5, x[5] * 0.95 / burnt)


cdef inline double braking_step(
        const BrakingProblem* problem, double level_held, bint hold_level, double* x,
        Vec3* normal, double* short_m) noexcept nogil:
    """Take one Newton step on x; return the miss before it [m] (each m/s counts as 100 m).

    With hold_level the thrust level goes to level_held and the gate's range is free; short_m is how
    far short of the gate the flight of x before the step ends, negative beyond it. NaN where the
    state allows no step; x is then left as it was.
    """
    cdef BrakingPlane plane = braking_plane(problem)
    cdef double miss[BRAKING_UNKNOWNS]
    cdef double jacobian[BRAKING_UNKNOWNS * BRAKING_UNKNOWNS]
    cdef double dx[BRAKING_UNKNOWNS]
    cdef double size, length
    cdef int i
    normal[0] = plane.normal
    gate_jacobian(problem, &plane, x, miss, jacobian)
    size = miss_norm(miss, hold_level)
    short_m[0] = miss[1]
    for i in range(BRAKING_UNKNOWNS):
        dx[i] = -miss[i]
    if hold_level:
        # In place of the range: the level moves to level_held, in the size of the other rows.
        for i in range(BRAKING_UNKNOWNS):
            jacobian[BRAKING_UNKNOWNS + i] = 0.0
        jacobian[BRAKING_UNKNOWNS + 4] = 1e4
        dx[1] = 1e4 * (level_held - x[4])
    # (2)
    if not finite(size) or not solve_linear(jacobian, dx, BRAKING_UNKNOWNS):
        return NAN
    length = step_length(dx, x[5])
    if not finite(length):
        return length
    # (3)
    for i in range(BRAKING_UNKNOWNS):
        x[i] += length * dx[i]
    keep_in_bounds(&problem.thrust, x)
    return size
