"""Explicit braking on a round, turning Moon: least propellant to a gate, predicted and corrected.

Constant thrust spends least when it lasts least, and then points along the primer, the costate of
velocity (Lawden 1963). In local-level axes (up e_u, the plane's normal e_c, e_h = e_c x e_u against
the motion, u the speed upwards, w that forwards, r the distance from the centre) and where the
range is free, that is p = p_h e_h + p_u e_u + p_c e_c with, from the Hamiltonian of flight over a
sphere,

    p_u' = -p_r - p_h w / r
    p_h' = 2 p_u w / r + p_h u / r
    p_r' = p_u (w^2 / r^2 - 2 mu / r^3) + p_h u w / r^2
    p_c  = b0 + b1 t

integrated along with the flight. The thrust level takes the place of the free range. A switching
function that grows with |p| prices thrust held back at the beginning at next to nothing, and at the
end most; so the flight has three parts, an opening, the main part and a closing, each with a level
of its own. The part being flown, the unknown one, adapts its level to the range; those after it
keep what was planned for them. Six unknowns

    x = (p_u, p_r, b0, b1, level, t_go), with p_h = 1 now,

meet six conditions at the gate: its place (altitude, along, across) and its velocity (the same).
Each major cycle integrates the remaining flight (classic Runge-Kutta, constant mass flow, central
gravity, Coriolis and centrifugal terms) seven times and makes one Newton step. When the solution
asks for more than full thrust, thrust is held at full and the gate's range is given up.
"""

from libc.math cimport fabs, sqrt

from farside.ext.common.vector cimport (
    Vec3, vec, sub, scale, axpy, dot, cross, norm, unit, clamp, finite,
)
from farside.ext.guidance.records.plan cimport BRAKING_PARTS


cdef enum:
    BRAKING_STEPS = 12


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


cdef struct BrakingThrust:
    double full_mps2            # full thrust over the mass of now
    double exhaust_mps
    double opening_s            # of the opening that remain; 0: over
    double closing_s            # before the gate
    double level[BRAKING_PARTS]     # of full; the unknown one is x's instead
    int part                    # whose level is unknown
    int steps[BRAKING_PARTS]    # of the integration


cdef struct BrakingState:
    Vec3 rho                    # from the Moon's centre, site axes [m]
    Vec3 v                      # relative to the turning Moon [m/s]
    double p_u                  # primer upwards
    double p_h                  # against the motion
    double p_r                  # costate of the distance from the centre [1/s]


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


cdef inline Vec3 steering(Vec3 rho, Vec3 normal, const double* x) noexcept nogil:
    """The unit thrust direction now."""
    cdef Vec3 up = unit(rho, vec(0.0, 0.0, 1.0))
    cdef Vec3 back = cross(normal, up)
    return unit(axpy(x[0], up, axpy(x[2], normal, back)), back)


cdef inline void age_braking(
        double gm, Vec3 rho, Vec3 v, Vec3 normal, double age, double* x) noexcept nogil:
    """Carry x over an age of seconds, few, that ends at rho and v; p_h is 1 again."""
    cdef double r = max(norm(rho), 1.0)
    cdef Vec3 up = scale(1.0 / r, rho)
    cdef double u = dot(v, up)
    cdef double w = -dot(v, cross(normal, up))
    cdef double p_h = max(1.0 + age * (2.0 * x[0] * w + u) / r, 0.1)
    cdef double p_u = x[0] - age * (x[1] + w / r)
    x[1] += age * (x[0] * (w * w / r - 2.0 * gm / (r * r)) + u * w / r) / r
    x[2] += x[3] * age
    x[0] = p_u / p_h
    x[1] /= p_h
    x[2] /= p_h
    x[3] /= p_h
    x[5] -= age


cdef inline BrakingState braking_rate(
        const BrakingMoon* moon, const BrakingState* s, Vec3 normal, double p_c,
        double thrust_mps2) noexcept nogil:
    """v' = -mu rho / |rho|^3 - 2 w x v - w x (w x rho) + thrust; the costates' rates."""
    cdef BrakingState d
    cdef double r2 = dot(s.rho, s.rho)
    cdef double over = 1.0 / sqrt(r2)
    cdef Vec3 up = scale(over, s.rho)
    cdef Vec3 back = cross(normal, up)
    cdef double pull = moon.gm / r2
    cdef double u = dot(s.v, up) * over
    cdef double w = -dot(s.v, back) * over
    cdef Vec3 p = axpy(s.p_u, up, axpy(p_c, normal, scale(s.p_h, back)))
    # w x (2 v + w x rho)
    cdef Vec3 a = cross(moon.omega, axpy(2.0, s.v, cross(moon.omega, s.rho)))
    a = sub(scale(-pull, up), a)
    d.rho = s.v
    d.v = axpy(thrust_mps2 / sqrt(dot(p, p)), p, a)
    d.p_u = -s.p_r - s.p_h * w
    d.p_h = 2.0 * s.p_u * w + s.p_h * u
    d.p_r = s.p_u * (w * w - 2.0 * pull * over) + s.p_h * u * w
    return d


cdef inline BrakingState along_rate(
        const BrakingState* s, double h, const BrakingState* d) noexcept nogil:
    """s + h d."""
    cdef BrakingState e
    e.rho = axpy(h, d.rho, s.rho)
    e.v = axpy(h, d.v, s.v)
    e.p_u = s.p_u + h * d.p_u
    e.p_h = s.p_h + h * d.p_h
    e.p_r = s.p_r + h * d.p_r
    return e


cdef inline void fly_arc(
        const BrakingMoon* moon, BrakingState* s, Vec3 normal, const double* x, double t,
        double duration, int steps, double level_mps2, double flow, double mass) noexcept nogil:
    """Fly one part, of one level; level_mps2 and flow are for a mass of 1, the mass of now."""
    cdef BrakingState k1, k2, k3, k4, e
    cdef double h = duration / steps
    cdef double a0, a1, a2, c0, c1, c2
    cdef int i
    for i in range(steps):
        a0 = level_mps2 / (mass - flow * (i * h))
        a1 = level_mps2 / (mass - flow * (i * h + 0.5 * h))
        a2 = level_mps2 / (mass - flow * (i * h + h))
        c0 = x[2] + x[3] * (t + i * h)
        c1 = c0 + 0.5 * h * x[3]
        c2 = c0 + h * x[3]
        k1 = braking_rate(moon, s, normal, c0, a0)
        e = along_rate(s, 0.5 * h, &k1)
        k2 = braking_rate(moon, &e, normal, c1, a1)
        e = along_rate(s, 0.5 * h, &k2)
        k3 = braking_rate(moon, &e, normal, c1, a1)
        e = along_rate(s, h, &k3)
        k4 = braking_rate(moon, &e, normal, c2, a2)
        s[0] = along_rate(s, h / 6.0, &k1)
        s[0] = along_rate(s, h / 3.0, &k2)
        s[0] = along_rate(s, h / 3.0, &k3)
        s[0] = along_rate(s, h / 6.0, &k4)


cdef inline void braking_parts(
        const BrakingThrust* thrust, const double* x, double* duration, double* level
        ) noexcept nogil:
    """Durations [s] and levels of opening, main part and closing from now on."""
    cdef int i
    duration[0] = clamp(thrust.opening_s, 0.0, x[5])
    duration[2] = clamp(thrust.closing_s, 0.0, x[5] - duration[0])
    duration[1] = x[5] - duration[0] - duration[2]
    for i in range(BRAKING_PARTS):
        level[i] = x[4] if i == thrust.part else thrust.level[i]


cdef inline void share_steps(BrakingThrust* thrust, const double* x) noexcept nogil:
    """Share the steps: one at least for each part, and more by its share of the time."""
    cdef double duration[BRAKING_PARTS]
    cdef double level[BRAKING_PARTS]
    cdef int i
    braking_parts(thrust, x, duration, level)
    for i in range(BRAKING_PARTS):
        thrust.steps[i] = 1 + <int> (
            (BRAKING_STEPS - BRAKING_PARTS) * duration[i] / x[5] + 0.5)


cdef inline double burnt_share(const BrakingThrust* thrust, const double* x) noexcept nogil:
    """Propellant from now to the gate over the mass of now."""
    cdef double duration[BRAKING_PARTS]
    cdef double level[BRAKING_PARTS]
    braking_parts(thrust, x, duration, level)
    return thrust.full_mps2 / thrust.exhaust_mps * (
        level[0] * duration[0] + level[1] * duration[1] + level[2] * duration[2])


cdef inline BrakingState fly_braking(
        const BrakingMoon* moon, Vec3 rho, Vec3 v, Vec3 normal, const double* x,
        const BrakingThrust* thrust) noexcept nogil:
    """The state after x[5] seconds."""
    cdef double duration[BRAKING_PARTS]
    cdef double level[BRAKING_PARTS]
    cdef BrakingState s
    cdef double flow = thrust.full_mps2 / thrust.exhaust_mps
    cdef double mass = 1.0
    cdef double t = 0.0
    cdef int i
    braking_parts(thrust, x, duration, level)
    s.rho = rho
    s.v = v
    s.p_u = x[0]
    s.p_h = 1.0
    s.p_r = x[1]
    for i in range(BRAKING_PARTS):
        if duration[i] > 0.0:
            fly_arc(
                moon, &s, normal, x, t, duration[i], thrust.steps[i],
                level[i] * thrust.full_mps2, level[i] * flow, mass)
            mass -= level[i] * flow * duration[i]
            t += duration[i]
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
        BrakingThrust* thrust, double level_max, bint hold_level,
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
    cdef double burnt, total, s
    cdef BrakingState end
    cdef int i, j
    normal[0] = plane.normal
    # The same for all seven flights.
    share_steps(thrust, x)
    step[0] = 1e-4
    step[1] = 1e-4 / x[5]
    step[2] = 1e-4
    step[3] = 1e-4 / x[5]
    step[4] = 1e-4
    step[5] = 1e-4 * x[5]
    end = fly_braking(moon, rho, v, plane.normal, x, thrust)
    gate_misses(&plane, &end, miss)
    total = fabs(miss[0]) + fabs(miss[2]) + 100.0 * (fabs(miss[3]) + fabs(miss[4]) + fabs(miss[5]))
    if not hold_level:
        total += fabs(miss[1])
    for j in range(6):
        for i in range(6):
            y[i] = x[i]
        y[j] += step[j]
        end = fly_braking(moon, rho, v, plane.normal, y, thrust)
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
    x[5] = max(x[5], 0.5)
    # Never past the time at which the whole mass would be burnt.
    burnt = burnt_share(thrust, x)
    if burnt > 0.95:
        x[5] = max(0.5, x[5] * 0.95 / burnt)
    return total
