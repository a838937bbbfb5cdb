"""Explicit braking on a round, turning Moon: least propellant to a gate, predicted and corrected.

Constant thrust spends least when it lasts least, and then points along the primer, the costate of
velocity (Lawden 1963). In local-level axes (up e_u, the plane's normal e_c, e_h = e_c x e_u against
the motion, u the speed upwards, w that forwards, r the distance from the centre) and where the
range is free, that is p = p_h e_h + p_u e_u + p_c e_c. With rho the place from the Moon's centre,
mu and omega its constant of gravity and its rotation, T / m the thrust's acceleration, and the
costates (2) to (4) from the Hamiltonian, theory (2.2), of flight over a sphere that does not turn,
theory (2.1),

    v'   = -mu rho / r^3 - 2 omega x v - omega x (omega x rho) + T / m p / |p|      (1)
    p_u' = -p_r - p_h w / r                                                         (2)
    p_h' = 2 p_u w / r + p_h u / r                                                  (3)
    p_r' = p_u (w^2 / r^2 - 2 mu / r^3) + p_h u w / r^2                             (4)
    p_c  = b0 + b1 t                                                                (5)

integrated along with the flight. The thrust level takes the place of the free range. A switching
function that grows with |p| prices thrust held back at the beginning at next to nothing, and at the
end most; so the flight has three parts, an opening, the main part and a closing, each with a level
of its own. Coasts at set times cut the parts into burns; the costates go on through them. The part
being flown, the unknown one, adapts its level to the range; those after it keep what was planned
for them. Six unknowns

    x = (p_u, p_r, b0, b1, level, t_go), with p_h = 1 now,

meet six conditions at the gate: its place (altitude, along, across) and its velocity (the same),
theory (2.8). (1) to (5) are theory (2.7), (2.3), (2.4), (2.5) and (2.6).
The remaining flight is integrated by the classic Runge-Kutta, at constant mass flow;
braking_newton.pxd solves for the unknowns.
"""

from libc.math cimport sqrt
from libc.stdint cimport int64_t

from farside.ext.common.vector cimport (
    Vec3, vec, sub, scale, axpy, dot, cross, norm, unit, clamp,
)
from farside.ext.guidance.records.plan cimport BRAKING_PARTS, MOST_COASTS


cdef enum:
    BRAKING_STEPS = 12
    FAR_STEPS = 100         # no solution on its way has so many
    BRAKING_ARCS = 39           # 3 parts, each of 7 burns with 6 coasts between them


cdef struct BrakingGate:
    double altitude_m           # above the target
    double range_m              # short of it along the track
    double vertical_mps         # positive up
    double horizontal_mps       # towards the target


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
    int64_t part                # whose level is unknown
    int64_t coasts              # how many are left, or past
    double coast_begin_s[MOST_COASTS]   # from now, rising; negative: it has begun
    double coast_end_s[MOST_COASTS]


cdef struct BrakingProblem:     # from a state to the gate
    BrakingMoon moon
    BrakingGate gate
    BrakingThrust thrust
    Vec3 target                 # touchdown target, from the Moon's centre, site axes [m]
    Vec3 rho                    # from the Moon's centre, site axes [m]
    Vec3 v                      # relative to the turning Moon [m/s]


cdef struct ThrustArc:          # a burn or a coast: flight at one level; the mass of now is 1
    double begin_s              # from now
    double duration_s
    double thrust_mps2          # over the mass of now
    double flow                 # of mass [1/s]
    double mass                 # at its beginning
    int steps                   # of the integration


cdef struct BrakingState:
    Vec3 rho                    # from the Moon's centre, site axes [m]
    Vec3 v                      # relative to the turning Moon [m/s]
    double p_u                  # primer upwards
    double p_h                  # against the motion
    double p_r                  # costate of the distance from the centre [1/s]


cdef inline BrakingPlane braking_plane(const BrakingProblem* problem) noexcept nogil:
    """The plane of the lander, the Moon's centre and the target, and the gate in it."""
    cdef BrakingPlane plane
    cdef const BrakingGate* gate = &problem.gate
    cdef Vec3 up = unit(problem.target, vec(0.0, 0.0, 1.0))
    cdef Vec3 here = unit(problem.rho, up)
    # The plane of motion decides where the target is too near overhead to give one.
    cdef Vec3 n = cross(up, here)
    cdef Vec3 travel
    cdef double angle
    if norm(n) < 2e-3:
        n = cross(problem.v, here)
    plane.normal = unit(n, vec(0.0, 1.0, 0.0))
    # With n = up x here, e_h = n x up points from the target back to the lander.
    if dot(cross(plane.normal, here), problem.v) > 0.0:
        plane.normal = scale(-1.0, plane.normal)
    angle = gate.range_m / problem.moon.radius_m
    # Small angle to third order: range is kilometres.
    travel = cross(plane.normal, up)
    plane.gate_up = unit(
        axpy(angle - angle * angle * angle / 6.0, travel, scale(1.0 - 0.5 * angle * angle, up)), up)
    plane.gate_back = unit(cross(plane.normal, plane.gate_up), travel)
    plane.gate_site = scale(norm(problem.target) + gate.altitude_m, plane.gate_up)
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
    """Rates of the flight and its costates, (1) to (4); here u and w are over r."""
    cdef BrakingState d
    cdef double r2 = dot(s.rho, s.rho)
    cdef double over = 1.0 / sqrt(r2)
    cdef Vec3 up = scale(over, s.rho)
    cdef Vec3 back = cross(normal, up)
    cdef double pull = moon.gm / r2
    cdef double u = dot(s.v, up) * over
    cdef double w = -dot(s.v, back) * over
    cdef Vec3 p = axpy(s.p_u, up, axpy(p_c, normal, scale(s.p_h, back)))
    # omega x (2 v + omega x rho)
    cdef Vec3 a = cross(moon.omega, axpy(2.0, s.v, cross(moon.omega, s.rho)))
    a = sub(scale(-pull, up), a)
    d.rho = s.v
    # (1)
    d.v = axpy(thrust_mps2 / sqrt(dot(p, p)), p, a)
    # (2), (3), (4)
    # theory (2.3), (2.4), (2.5): w and pull are over r here
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
        const BrakingMoon* moon, BrakingState* s, Vec3 normal, const double* x,
        const ThrustArc* arc) noexcept nogil:
    """Fly one arc by the classic Runge-Kutta.

    k1 = f(t, s), k2 = f(t + h / 2, s + h k1 / 2), k3 = f(t + h / 2, s + h k2 / 2),
    k4 = f(t + h, s + h k3); s += h / 6 k1 + h / 3 k2 + h / 3 k3 + h / 6 k4.
    """
    cdef BrakingState k1, k2, k3, k4, e
    cdef double h = arc.duration_s / arc.steps
    # T / m and p_c at t, t + h / 2 and t + h
    cdef double a0, a1, a2, c0, c1, c2
    cdef int i
    for i in range(arc.steps):
        a0 = arc.thrust_mps2 / (arc.mass - arc.flow * (i * h))
        a1 = arc.thrust_mps2 / (arc.mass - arc.flow * (i * h + 0.5 * h))
        a2 = arc.thrust_mps2 / (arc.mass - arc.flow * (i * h + h))
        # (5)
        c0 = x[2] + x[3] * (arc.begin_s + i * h)
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


cdef inline double coast_within(
        const BrakingThrust* thrust, double begin_s, double end_s) noexcept nogil:
    """How much of a time from now is coasted [s]."""
    cdef double sum = 0.0
    cdef int j
    for j in range(thrust.coasts):
        sum += max(
            min(thrust.coast_end_s[j], end_s) - max(thrust.coast_begin_s[j], begin_s), 0.0)
    return sum


cdef inline int braking_arcs(
        const BrakingThrust* thrust, const double* x, double* duration, double* level
        ) noexcept nogil:
    """Durations [s] and levels of all burns and coasts from now on, in turn; how many.

    That depends on the number of coasts alone: what a part has not lasts 0 s.
    """
    cdef double part_s[BRAKING_PARTS]
    cdef double part_level[BRAKING_PARTS]
    cdef double at = 0.0, left, d
    cdef int i, j, n = 0
    braking_parts(thrust, x, part_s, part_level)
    for i in range(BRAKING_PARTS):
        left = part_s[i]
        for j in range(thrust.coasts):
            # the burn before the coast, then the coast, as far as they lie in this part
            d = clamp(thrust.coast_begin_s[j] - at, 0.0, left)
            duration[n] = d
            level[n] = part_level[i]
            at += d
            left -= d
            d = clamp(thrust.coast_end_s[j] - at, 0.0, left)
            duration[n + 1] = d
            level[n + 1] = 0.0
            at += d
            left -= d
            n += 2
        duration[n] = left
        level[n] = part_level[i]
        at += left
        n += 1
    return n


cdef inline void share_steps(
        const BrakingThrust* thrust, const double* x, int* steps) noexcept nogil:
    """Share the steps: one at least for each arc, and more by its share of the time.

    One alone where the share is none: x of a state from outside is any six numbers.
    """
    cdef double duration[BRAKING_ARCS]
    cdef double level[BRAKING_ARCS]
    cdef double more
    cdef int i
    for i in range(braking_arcs(thrust, x, duration, level)):
        more = (BRAKING_STEPS - BRAKING_PARTS) * duration[i] / x[5] + 0.5
        steps[i] = 1 + <int> (more if -FAR_STEPS < more < FAR_STEPS else 0.0)


cdef inline double burnt_share(const BrakingThrust* thrust, const double* x) noexcept nogil:
    """Propellant from now to the gate over the mass of now."""
    cdef double duration[BRAKING_PARTS]
    cdef double level[BRAKING_PARTS]
    cdef double at = 0.0
    cdef int i
    braking_parts(thrust, x, duration, level)
    for i in range(BRAKING_PARTS):
        at += duration[i]
        duration[i] -= coast_within(thrust, at - duration[i], at)
    return thrust.full_mps2 / thrust.exhaust_mps * (
        level[0] * duration[0] + level[1] * duration[1] + level[2] * duration[2])


cdef inline BrakingState fly_braking(
        const BrakingProblem* problem, Vec3 normal, const double* x,
        const int* steps) noexcept nogil:
    """The state after x[5] seconds."""
    cdef double duration[BRAKING_ARCS]
    cdef double level[BRAKING_ARCS]
    cdef BrakingState s
    cdef ThrustArc arc
    cdef double full_mps2 = problem.thrust.full_mps2
    cdef double flow = full_mps2 / problem.thrust.exhaust_mps
    cdef int i
    s.rho = problem.rho
    s.v = problem.v
    s.p_u = x[0]
    s.p_h = 1.0
    s.p_r = x[1]
    arc.mass = 1.0
    arc.begin_s = 0.0
    for i in range(braking_arcs(&problem.thrust, x, duration, level)):
        if duration[i] > 0.0:
            arc.duration_s = duration[i]
            arc.thrust_mps2 = level[i] * full_mps2
            arc.flow = level[i] * flow
            arc.steps = steps[i]
            fly_arc(&problem.moon, &s, normal, x, &arc)
            arc.mass -= level[i] * flow * duration[i]
            arc.begin_s += duration[i]
    return s
