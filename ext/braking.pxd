"""Explicit braking on a round, turning Moon with near-constant thrust.

The thrust acts along p = e_h + (a0 + a1 t) e_u + (b0 + b1 t) e_c in local-level axes (up e_u, the
plane's normal e_c, e_h = e_c x e_u against the motion), the linear-tangent steering that is optimal
for constant thrust and free range on a flat Moon (Lawden 1963), carried along the curve of a round
one. The thrust level k takes the place of the free range. Six unknowns

    x = (a0, a1, b0, b1, k, t_go)

meet six conditions at the gate: its place (altitude, along, across) and its velocity (the same).
Each major cycle integrates the remaining flight (classic Runge-Kutta, constant mass flow, central
gravity, Coriolis and centrifugal terms) seven times and makes one Newton step. When the solution
asks for more than full thrust, thrust is held at full and the gate's range is given up.
"""

from libc.math cimport fabs, sqrt

from farside.ext.vec cimport Vec3, vec, add, sub, scale, axpy, dot, cross, norm, unit, clamp, finite


cdef enum:
    BRAKING_STEPS = 10
    BRAKING_UNKNOWNS = 6


cdef struct BrakingGate:
    double altitude_m           # above the site's radius
    double range_m              # short of the site along the track
    double vertical_mps         # positive up
    double horizontal_mps       # towards the site


cdef struct BrakingPlane:
    Vec3 normal                 # e_c, fixed through the flight that remains
    Vec3 gate_site              # gate's place, from the Moon's centre, site axes
    Vec3 gate_up
    Vec3 gate_back              # against the motion at the gate
    Vec3 gate_velocity


cdef struct BrakingMoon:
    double gm
    double radius_m
    Vec3 omega


cdef struct BrakingState:
    Vec3 rho                    # from the Moon's centre, site axes [m]
    Vec3 v                      # relative to the turning Moon [m/s]


cdef inline BrakingPlane braking_plane(
        const BrakingMoon* moon, const BrakingGate* gate, Vec3 rho, Vec3 v) noexcept nogil:
    """The plane of the lander, the Moon's centre and the site, and the gate in it."""
    cdef BrakingPlane plane
    cdef Vec3 up = vec(0.0, 0.0, 1.0)
    cdef Vec3 here = unit(rho, up)
    # The plane of motion decides where the site is too near overhead to give one.
    cdef Vec3 n = cross(up, here)
    cdef Vec3 travel
    cdef double angle
    if norm(n) < 2e-3:
        n = cross(v, here)
    plane.normal = unit(n, vec(0.0, 1.0, 0.0))
    # With n = up x here, e_h = n x up points from the site back to the lander.
    if dot(cross(plane.normal, here), v) > 0.0:
        plane.normal = scale(-1.0, plane.normal)
    angle = gate.range_m / moon.radius_m
    # Small angle to third order: range is kilometres.
    travel = cross(plane.normal, up)
    plane.gate_up = unit(
        axpy(angle - angle * angle * angle / 6.0, travel, scale(1.0 - 0.5 * angle * angle, up)), up)
    plane.gate_back = unit(cross(plane.normal, plane.gate_up), travel)
    plane.gate_site = scale(moon.radius_m + gate.altitude_m, plane.gate_up)
    plane.gate_velocity = axpy(
        -gate.horizontal_mps, plane.gate_back, scale(gate.vertical_mps, plane.gate_up))
    return plane


cdef inline Vec3 steering(Vec3 rho, Vec3 normal, const double* x, double t) noexcept nogil:
    """The unit thrust direction at a time t from now."""
    cdef Vec3 up = unit(rho, vec(0.0, 0.0, 1.0))
    cdef Vec3 back = cross(normal, up)
    return unit(axpy(x[0] + x[1] * t, up, axpy(x[2] + x[3] * t, normal, back)), back)


cdef inline Vec3 braking_acceleration(
        const BrakingMoon* moon, Vec3 rho, Vec3 v, Vec3 normal, const double* x,
        double t, double thrust_mps2) noexcept nogil:
    """-mu rho / |rho|^3 - 2 w x v - w x (w x rho) + thrust."""
    cdef double r2 = dot(rho, rho)
    cdef double r = sqrt(r2)
    cdef Vec3 up = scale(1.0 / r, rho)
    cdef Vec3 back = cross(normal, up)
    cdef Vec3 p = axpy(x[0] + x[1] * t, up, axpy(x[2] + x[3] * t, normal, back))
    cdef Vec3 a = scale(-moon.gm / r2, up)
    a = axpy(-2.0, cross(moon.omega, v), a)
    a = sub(a, cross(moon.omega, cross(moon.omega, rho)))
    return axpy(thrust_mps2 / sqrt(dot(p, p)), p, a)


cdef inline BrakingState fly_braking(
        const BrakingMoon* moon, Vec3 rho, Vec3 v, Vec3 normal, const double* x,
        double full_mps2, double exhaust_mps) noexcept nogil:
    """The state after x[5] seconds; thrust acceleration k a0 / (1 - k a0 t / c) from now."""
    cdef BrakingState s
    cdef double h = x[5] / BRAKING_STEPS
    cdef double a0 = x[4] * full_mps2
    cdef double flow = a0 / exhaust_mps
    cdef double t, m0, m1, m2
    cdef Vec3 k1, k2, k3, k4, v2, v3, v4
    cdef int i
    for i in range(BRAKING_STEPS):
        t = i * h
        m0 = a0 / (1.0 - flow * t)
        m1 = a0 / (1.0 - flow * (t + 0.5 * h))
        m2 = a0 / (1.0 - flow * (t + h))
        k1 = braking_acceleration(moon, rho, v, normal, x, t, m0)
        v2 = axpy(0.5 * h, k1, v)
        k2 = braking_acceleration(moon, axpy(0.5 * h, v, rho), v2, normal, x, t + 0.5 * h, m1)
        v3 = axpy(0.5 * h, k2, v)
        k3 = braking_acceleration(moon, axpy(0.5 * h, v2, rho), v3, normal, x, t + 0.5 * h, m1)
        v4 = axpy(h, k3, v)
        k4 = braking_acceleration(moon, axpy(h, v3, rho), v4, normal, x, t + h, m2)
        rho = axpy(h / 6.0, add(add(v, v4), scale(2.0, add(v2, v3))), rho)
        v = axpy(h / 6.0, add(add(k1, k4), scale(2.0, add(k2, k3))), v)
    s.rho = rho
    s.v = v
    return s


cdef inline void gate_misses(
        const BrakingPlane* plane, const BrakingState* s, double* miss) noexcept nogil:
    """Where the flight ends against the gate: up, along (back), across [m]; the same in [m/s]."""
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


cdef inline double braking_step(
        const BrakingMoon* moon, const BrakingGate* gate, Vec3 rho, Vec3 v,
        double full_mps2, double exhaust_mps, double level_max, bint hold_level,
        double* x, Vec3* normal) noexcept nogil:
    """One Newton step on x; gives the miss before it in metres (speeds count 100 m each m/s).

    With hold_level the thrust level goes to level_max and the gate's range is free. NaN where the
    state allows no step; x is then left as it was.
    """
    cdef BrakingPlane plane = braking_plane(moon, gate, rho, v)
    cdef double miss[6]
    cdef double moved[6]
    cdef double jac[36]
    cdef double dx[6]
    cdef double y[6]
    cdef double step[6]
    cdef double burn_out, total, s
    cdef BrakingState end
    cdef int i, j
    normal[0] = plane.normal
    step[0] = 1e-4
    step[1] = 1e-4 / x[5]
    step[2] = 1e-4
    step[3] = 1e-4 / x[5]
    step[4] = 1e-4
    step[5] = 1e-4 * x[5]
    end = fly_braking(moon, rho, v, plane.normal, x, full_mps2, exhaust_mps)
    gate_misses(&plane, &end, miss)
    total = fabs(miss[0]) + fabs(miss[2]) + 100.0 * (fabs(miss[3]) + fabs(miss[4]) + fabs(miss[5]))
    if not hold_level:
        total += fabs(miss[1])
    for j in range(6):
        for i in range(6):
            y[i] = x[i]
        y[j] += step[j]
        end = fly_braking(moon, rho, v, plane.normal, y, full_mps2, exhaust_mps)
        gate_misses(&plane, &end, moved)
        for i in range(6):
            jac[i * 6 + j] = (moved[i] - miss[i]) / step[j]
    for i in range(6):
        dx[i] = -miss[i]
    if hold_level:
        for j in range(6):
            jac[6 + j] = 0.0
        jac[6 + 4] = 1e4
        dx[1] = 1e4 * (level_max - x[4])
    if not finite(total) or not solve_linear(jac, dx, 6):
        return total - total + (total * 0.0) / 0.0
    # The step is shortened as a whole, so that it keeps its direction.
    s = 1.0
    s = min(s, 0.4 / (fabs(dx[0]) + 1e-12))
    s = min(s, 0.8 / (fabs(dx[1]) * x[5] + 1e-12))
    s = min(s, 0.4 / (fabs(dx[2]) + 1e-12))
    s = min(s, 0.8 / (fabs(dx[3]) * x[5] + 1e-12))
    s = min(s, 0.1 / (fabs(dx[4]) + 1e-12))
    s = min(s, 0.15 * x[5] / (fabs(dx[5]) + 1e-12))
    if not finite(s):
        return s
    for i in range(6):
        x[i] += s * dx[i]
    x[0] = clamp(x[0], -3.0, 8.0)
    x[2] = clamp(x[2], -2.0, 2.0)
    x[4] = clamp(x[4], 0.1, 1.5)
    # Never past the time at which the whole mass would be burnt.
    burn_out = 0.95 * exhaust_mps / (x[4] * full_mps2)
    x[5] = clamp(x[5], 0.5, burn_out)
    return total
