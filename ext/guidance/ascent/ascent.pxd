"""Ascent of least propellant to an orbit on a round Moon: the flight and what it must meet.

Everything is scaled: length by the first radius L, speed by V = sqrt(GM / L), time by L / V,
mass by the first mass. Axes do not turn. With T / m the acceleration by thrust, and the costates
p_r of place and p_v of velocity (the primer; Lawden 1963),

    r'   = v                                                    (1)
    v'   = -r / |r|^3 + T / m p_v / |p_v|                       (2)
    p_v' = -p_r                                                 (3)
    p_r' = p_v / |r|^3 - 3 (r . p_v) r / |r|^5                  (4)
    Q'   = |p_v|' / m = -p_v . p_r / (|p_v| m)                  (5)

Thrust in the primer's direction maximises the Hamiltonian. The orbit goes on for ever, so that the
flight ends where the thrust is worth nothing more: the switching function S = |p_v| / m - p_m / c
is 0 at t_f, and since S' = |p_v|' / m,

    S(t) = Q(t) - Q(t_f).                                       (6)

The last stage burns once, at one thrust: an ascent engine can do no other. Where S < 0 on the way,
an engine that may pause there would spend less.

At the end, with periapsis radius r_p and eccentricity e of the orbit, nu its true anomaly and
k = r_p (1 + e) its parameter, u the speed upwards and w that along,

    r = k / (1 + e cos nu), u = e sin nu / sqrt(k), w = (1 + e cos nu) / sqrt(k).      (7)

What is free at the end makes its costate vanish: the anomaly (8, divided by e so that it holds for
circles), the apoapsis where it may be higher (9), the argument of periapsis (10), the node (11).

    p_r . up r^2 sin nu / k + (p_v . up cos nu - p_v . ahead sin nu) / sqrt(k) = 0     (8)
    p . d(r, u, w) / d e = 0 at fixed r_p and nu                                       (9)
    A . n = 0, A = r x p_r + v x p_v, constant through the flight                      (10)
    A . pole = 0                                                                       (11)

With the plane free A = 0, which keeps the primer in the plane of r and v. Where the flight would
come below a least radius it touches it once, at t_c, and the costate of the radius jumps
(Bryson & Ho, Applied Optimal Control, 1975, 3.11):

    |r(t_c)| = r_least, u(t_c) = 0, p_r(t_c+) = p_r(t_c-) - mu up, mu >= 0.            (12)

Unknowns, by their slot: 0 alpha, pitch of the first primer; 1 p_r . up; 2 T, time of the last
stage; 3 nu; 4 beta, the primer's angle out of the plane; 5 p_r . ahead; 6 p_r . n; 7 e; 8 t_c;
9 mu. Residuals, by the same slots: 0 to 2 (7), 3 (8), 4 (10), 5 and 6 the plane, 7 (9), 8 and 9
(12). Only those in use are solved for.
"""

from libc.math cimport sqrt
from libc.stdint cimport int64_t

from farside.ext.common.elementary cimport SinCos, sincos_of
from farside.ext.common.vector cimport Vec3, axpy, clamp, cross, dot, norm, scale, unit


cdef enum:
    ASCENT_UNKNOWNS = 10
    ASCENT_PIECES = 4           # arcs, one of them split where the flight touches
    ASCENT_STEPS = 30           # of the integration of the last piece
    TURN_STEPS = 16             # in one in which the primer turns over
    ASCENT_SHORT_STEPS = 10     # of each before it
    ASCENT_NODES = 61           # the first, and one after each step


cdef enum AscentPlane:
    PLANE_FREE
    PLANE_INCLINATION
    PLANE_NODE


cdef struct AscentBurn:         # earlier than the last stage
    double duration
    double thrust
    double flow
    double mass                 # at its beginning


cdef struct AscentProblem:
    Vec3 r
    Vec3 v
    Vec3 ahead                  # unit, level: what the primer's pitch counts from
    AscentBurn burnout          # an earlier stage burns out
    AscentBurn pause            # before the last stage's ignition
    double thrust               # of the last stage
    double exhaust
    double mass                 # at the last stage's ignition
    double periapsis            # radius
    int64_t plane               # AscentPlane
    Vec3 pole                   # of the Moon
    double cos_inclination
    Vec3 plane_a                # two axes of the given plane
    Vec3 plane_b
    double least_radius


cdef struct AscentState:
    Vec3 r
    Vec3 v
    Vec3 p_r
    Vec3 p_v
    double q                    # Q of (5)


cdef struct AscentPiece:
    double duration
    double thrust
    double flow
    double mass                 # at its beginning
    int64_t steps
    bint touches                # at its end


cdef inline AscentState ascent_rate(
        const AscentState* s, double thrust, double mass) noexcept nogil:
    """(1) to (5)."""
    cdef AscentState d
    cdef double over2 = 1.0 / dot(s.r, s.r)
    cdef double over3 = over2 * sqrt(over2)
    cdef double over_m = 1.0 / mass
    cdef double primer = 1.0 / sqrt(max(dot(s.p_v, s.p_v), 1e-200))
    d.r = s.v
    d.v = axpy(thrust * over_m * primer, s.p_v, scale(-over3, s.r))
    d.p_v = scale(-1.0, s.p_r)
    d.p_r = axpy(-3.0 * dot(s.r, s.p_v) * over3 * over2, s.r, scale(over3, s.p_v))
    d.q = -dot(s.p_v, s.p_r) * primer * over_m
    return d


cdef inline AscentState ascent_add(
        const AscentState* s, double h, const AscentState* d) noexcept nogil:
    """s + h d."""
    cdef AscentState e
    e.r = axpy(h, d.r, s.r)
    e.v = axpy(h, d.v, s.v)
    e.p_r = axpy(h, d.p_r, s.p_r)
    e.p_v = axpy(h, d.p_v, s.p_v)
    e.q = s.q + h * d.q
    return e


cdef inline void ascent_step(
        AscentState* s, double h, const AscentPiece* piece, double t) noexcept nogil:
    """A step of the classic Runge-Kutta from t after the piece's beginning."""
    cdef AscentState k1, k2, k3, k4, e
    cdef double m0 = piece.mass - piece.flow * t
    cdef double m1 = m0 - 0.5 * piece.flow * h
    cdef double m2 = m0 - piece.flow * h
    k1 = ascent_rate(s, piece.thrust, m0)
    e = ascent_add(s, 0.5 * h, &k1)
    k2 = ascent_rate(&e, piece.thrust, m1)
    e = ascent_add(s, 0.5 * h, &k2)
    k3 = ascent_rate(&e, piece.thrust, m1)
    e = ascent_add(s, h, &k3)
    k4 = ascent_rate(&e, piece.thrust, m2)
    # s += h / 6 (k1 + 2 k2 + 2 k3 + k4)
    k1 = ascent_add(&k1, 2.0, &k2)
    k1 = ascent_add(&k1, 2.0, &k3)
    k1 = ascent_add(&k1, 1.0, &k4)
    s[0] = ascent_add(s, h / 6.0, &k1)


cdef inline bint turns_over(const AscentState* s, double h) noexcept nogil:
    """Whether the primer turns by more than a quarter of a radian within h, taken as straight."""
    cdef double rate2 = dot(s.p_r, s.p_r)
    cdef double at = clamp(dot(s.p_v, s.p_r) / max(rate2, 1e-200), 0.0, h)
    cdef Vec3 least = axpy(-at, s.p_r, s.p_v)
    return rate2 * h * h > 0.0625 * dot(least, least)


cdef inline void ascent_burns(
        const AscentProblem* p, const double* x, AscentBurn* burn) noexcept nogil:
    """The arcs: an earlier stage burns out, a pause, the last stage."""
    burn[0] = p.burnout
    burn[1] = p.pause
    burn[2].duration = x[2]
    burn[2].thrust = p.thrust
    burn[2].flow = p.thrust / p.exhaust
    burn[2].mass = p.mass


cdef inline int touching_arc(const AscentBurn* burn, double t_c) noexcept nogil:
    """The arc in which the flight touches its least radius; the last where none has it."""
    if t_c < burn[0].duration:
        return 0
    return 1 if t_c < burn[0].duration + burn[1].duration else 2


cdef inline int ascent_pieces(
        const AscentProblem* p, const double* x, int touch, AscentPiece* piece) noexcept nogil:
    """The arcs as they are flown; that with the number `touch` (-1: none) in two."""
    cdef AscentBurn burn[3]
    cdef double begin = 0.0
    cdef double part
    cdef int i
    cdef int n = 0
    ascent_burns(p, x, burn)
    for i in range(3):
        part = burn[i].duration
        piece[n].thrust = burn[i].thrust
        piece[n].flow = burn[i].flow
        piece[n].mass = burn[i].mass
        piece[n].touches = i == touch
        if i == touch:
            part = x[8] - begin
            piece[n].duration = part
            n += 1
            piece[n] = piece[n - 1]
            piece[n].touches = False
            piece[n].mass -= burn[i].flow * part
            part = burn[i].duration - part
        piece[n].duration = part
        n += 1
        begin += burn[i].duration
    return n


cdef inline void share_ascent_steps(AscentPiece* piece, int n) noexcept nogil:
    """Give each piece its steps, never by its time: residuals are smooth in the unknowns."""
    cdef int i
    for i in range(n):
        piece[i].steps = ASCENT_STEPS if i == n - 1 else ASCENT_SHORT_STEPS
        if not piece[i].duration > 0.0 and not piece[i].touches:
            piece[i].steps = 0


cdef inline AscentState ascent_begin(const AscentProblem* p, const double* x) noexcept nogil:
    """The state and its costates at ignition; with the plane free A = 0 gives p_r."""
    cdef AscentState s
    cdef Vec3 up = unit(p.r, p.ahead)
    cdef Vec3 n = cross(up, p.ahead)
    cdef SinCos a = sincos_of(x[0])
    cdef SinCos b
    cdef double along
    s.r = p.r
    s.v = p.v
    s.q = 0.0
    s.p_v = axpy(a.s, up, scale(a.c, p.ahead))
    if p.plane == PLANE_FREE:
        # (10): r p_t + u p_v,t - w p_v,r = 0
        along = (dot(p.v, p.ahead) * a.s - dot(p.v, up) * a.c) / norm(p.r)
        s.p_r = axpy(x[1], up, scale(along, p.ahead))
    else:
        b = sincos_of(x[4])
        s.p_v = axpy(b.s, n, scale(b.c, s.p_v))
        s.p_r = axpy(x[1], up, axpy(x[5], p.ahead, scale(x[6], n)))
    return s


cdef inline void ascent_residuals(
        const AscentProblem* p, const double* x, const AscentState* s, double* f) noexcept nogil:
    """What the end must meet, (7) to (11), into its slots."""
    cdef SinCos nu = sincos_of(x[3])
    cdef double e = x[7]
    cdef double k = p.periapsis * (1.0 + e)
    cdef double root = 1.0 / sqrt(max(k, 1e-12))
    cdef double shape = 1.0 + e * nu.c
    cdef double distance = norm(s.r)
    cdef Vec3 up = scale(1.0 / distance, s.r)
    cdef Vec3 h = cross(s.r, s.v)
    cdef Vec3 n = unit(h, p.pole)
    cdef Vec3 ahead = cross(n, up)
    cdef Vec3 turn
    cdef double p_up = dot(s.p_v, up)
    cdef double p_ahead = dot(s.p_v, ahead)
    cdef double p_distance = dot(s.p_r, up)
    # (7)
    f[0] = distance - k / shape
    f[1] = dot(s.v, up) - e * nu.s * root
    f[2] = dot(s.v, ahead) - shape * root
    # (8)
    f[3] = p_distance * distance * distance * nu.s / k + root * (
        p_up * nu.c - p_ahead * nu.s)
    # (9): dk/de = r_p
    f[7] = p_distance * (p.periapsis / shape - k * nu.c / (shape * shape)) + root * (
        p_up * (nu.s - 0.5 * e * nu.s * p.periapsis / k)
        + p_ahead * (nu.c - 0.5 * shape * p.periapsis / k))
    if p.plane != PLANE_FREE:
        turn = axpy(1.0, cross(s.r, s.p_r), cross(s.v, s.p_v))
        # (10), (11)
        f[4] = dot(turn, n)
        if p.plane == PLANE_INCLINATION:
            f[5] = dot(n, p.pole) - p.cos_inclination
            f[6] = dot(turn, p.pole)
        else:
            f[5] = dot(n, p.plane_a)
            f[6] = dot(n, p.plane_b)


cdef inline int fly_ascent(
        const AscentProblem* p, const double* x, AscentPiece* piece, int n, double* f,
        AscentState* node) noexcept nogil:
    """Fly the pieces; residuals into f, the states after each step into node where it is given."""
    cdef AscentState s = ascent_begin(p, x)
    cdef double h
    cdef Vec3 up
    cdef int i, j, k, parts
    cdef int count = 0
    if node != NULL:
        node[0] = s
    for i in range(n):
        h = piece[i].duration / max(piece[i].steps, 1)
        for j in range(piece[i].steps):
            parts = TURN_STEPS if turns_over(&s, h) else 1
            for k in range(parts):
                ascent_step(&s, h / parts, &piece[i], j * h + k * (h / parts))
            count += 1
            if node != NULL:
                node[count] = s
        if piece[i].touches:
            # (12)
            up = unit(s.r, p.ahead)
            f[8] = norm(s.r) - p.least_radius
            f[9] = dot(s.v, up)
            s.p_r = axpy(-x[9], up, s.p_r)
    ascent_residuals(p, x, &s, f)
    return count
