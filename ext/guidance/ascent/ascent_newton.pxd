"""The unknowns of an ascent by Newton's method, and what the certificate looks at.

    f    residuals of ascent.pxd, those in use
    J    its Jacobian by forward differences

    J dx = -f                   (1)
    x   += lambda dx            (2)

lambda shortens a step as a whole until it stays within bounds and, but with a touch, up to five
halvings until the residuals shrink. Work is bounded by the steps allowed; one whose residuals
do not halve in twelve of them is given up.
"""

from libc.math cimport INFINITY, fabs, sqrt

from farside.ext.common.vector cimport clamp, dot, finite, norm
from farside.ext.guidance.ascent.ascent cimport (
    ASCENT_NODES, ASCENT_PIECES, ASCENT_UNKNOWNS, PLANE_FREE, AscentBurn, AscentPiece,
    AscentProblem, AscentState, ascent_burns, ascent_pieces, fly_ascent, share_ascent_steps,
    touching_arc,
)
from farside.ext.guidance.laws.braking_newton cimport solve_linear


cdef enum:
    STALLED_STEPS = 12          # in which the residuals halve, or no root is near


cdef struct AscentUse:          # which unknowns and residuals are in use
    int count
    int slot[ASCENT_UNKNOWNS]
    bint touching


cdef struct AscentLook:         # along a solved flight
    double lowest               # radius
    double lowest_at            # when
    double least_worth          # S of the last stage: below 0 a pause would be worth its while
    double apoapsis_worth       # residual (9) of ascent.pxd: below 0 a higher apoapsis costs less
    double burnt                # mass of the last stage


cdef inline AscentUse ascent_use(
        const AscentProblem* p, bint higher, bint touching) noexcept nogil:
    """Name the unknowns in use: the eccentricity where it is free, and a touch."""
    cdef AscentUse use
    cdef int i
    use.count = 0
    use.touching = touching
    for i in range(ASCENT_UNKNOWNS):
        use.slot[i] = 0
        if (
            i < 4
            or (i < 7 and p.plane != PLANE_FREE)
            or (i == 7 and higher)
            or (i >= 8 and touching)
        ):
            use.slot[use.count] = i
            use.count += 1
    return use


cdef inline int arc_of_touch(
        const AscentProblem* p, const AscentUse* use, const double* x) noexcept nogil:
    """The number of the arc that is split, or -1."""
    cdef AscentBurn burn[3]
    if not use.touching:
        return -1
    ascent_burns(p, x, burn)
    return touching_arc(burn, x[8])


cdef inline double residual_size(const AscentUse* use, const double* f) noexcept nogil:
    """The root of the sum of the squares of the residuals in use."""
    cdef double size = 0.0
    cdef int i
    for i in range(use.count):
        size += f[use.slot[i]] * f[use.slot[i]]
    return sqrt(size)


cdef inline void keep_ascent(const AscentProblem* p, double* x) noexcept nogil:
    """Keep the unknowns where a flight exists."""
    cdef double most = 0.97 * p.mass * p.exhaust / p.thrust
    cdef double whole
    x[0] = clamp(x[0], -7.0, 7.0)
    x[1] = clamp(x[1], -1e5, 1e5)
    x[2] = clamp(x[2], 1e-7, most)
    x[3] = clamp(x[3], -7.0, 7.0)
    x[4] = clamp(x[4], -1.5, 1.5)
    x[7] = clamp(x[7], 0.0, 0.95)
    whole = x[2] + p.burnout.duration + p.pause.duration
    x[8] = clamp(x[8], 0.0, whole)


cdef inline double ascent_length(
        const AscentUse* use, const double* x, const double* dx) noexcept nogil:
    """lambda of (2), at most 1: no unknown moves further than Newton's method holds."""
    cdef double most[ASCENT_UNKNOWNS]
    cdef double length = 1.0
    cdef int i
    most[0] = 0.5
    most[1] = 1.5 / x[2] + fabs(x[1])
    most[2] = 0.3 * x[2]
    most[3] = 0.5
    most[4] = 0.4
    most[5] = most[1]
    most[6] = most[1]
    most[7] = 0.1
    most[8] = 0.2 * x[2]
    most[9] = 1e6
    for i in range(use.count):
        length = min(length, most[use.slot[i]] / (fabs(dx[i]) + 1e-300))
    return length


cdef inline double ascent_jacobian(
        const AscentProblem* p, const AscentUse* use, const double* x, double* f,
        double* jacobian) noexcept nogil:
    """f(x) and its Jacobian by forward differences; return the size of f."""
    cdef AscentPiece piece[ASCENT_PIECES]
    cdef AscentPiece moved[ASCENT_PIECES]
    cdef double y[ASCENT_UNKNOWNS]
    cdef double g[ASCENT_UNKNOWNS]
    cdef double h
    cdef int touch = arc_of_touch(p, use, x)
    cdef int n = ascent_pieces(p, x, touch, piece)
    cdef int i, j, k, slot
    share_ascent_steps(piece, n)
    fly_ascent(p, x, piece, n, f, NULL)
    for i in range(ASCENT_UNKNOWNS):
        y[i] = x[i]
    for j in range(use.count):
        slot = use.slot[j]
        h = 1e-7
        if slot == 1 or slot == 5 or slot == 6 or slot == 9:
            h = 1e-7 / x[2]
        elif slot == 2 or slot == 8:
            h = 1e-7 * x[2]
        y[slot] = x[slot] + h
        # the same steps for all flights
        ascent_pieces(p, y, touch, moved)
        for k in range(n):
            moved[k].steps = piece[k].steps
        fly_ascent(p, y, moved, n, g, NULL)
        y[slot] = x[slot]
        for i in range(use.count):
            k = use.slot[i]
            jacobian[i * use.count + j] = (g[k] - f[k]) / h
    return residual_size(use, f)


cdef inline double ascent_size(
        const AscentProblem* p, const AscentUse* use, const double* x) noexcept nogil:
    """The size of the residuals of x; infinite where they are no numbers."""
    cdef AscentPiece piece[ASCENT_PIECES]
    cdef double f[ASCENT_UNKNOWNS]
    cdef double size
    cdef int n = ascent_pieces(p, x, arc_of_touch(p, use, x), piece)
    share_ascent_steps(piece, n)
    fly_ascent(p, x, piece, n, f, NULL)
    size = residual_size(use, f)
    return size if finite(size) else INFINITY


cdef inline double ascent_newton(
        const AscentProblem* p, const AscentUse* use, double* x, int most, int* steps
        ) noexcept nogil:
    """Take up to `most` steps on x; return the size of the residuals, 1e-10 or less if solved."""
    cdef double jacobian[ASCENT_UNKNOWNS * ASCENT_UNKNOWNS]
    cdef double f[ASCENT_UNKNOWNS]
    cdef double dx[ASCENT_UNKNOWNS]
    cdef double y[ASCENT_UNKNOWNS]
    cdef double best[ASCENT_UNKNOWNS]
    cdef double size, length, tried, least, before
    cdef int i, k
    size = before = ascent_jacobian(p, use, x, f, jacobian)
    for k in range(most):
        if not finite(size) or size <= 1e-10:
            break
        if k > 0 and k % STALLED_STEPS == 0:
            # one that converges does so by far more
            if size > 0.5 * before:
                break
            before = size
        steps[0] += 1
        for i in range(use.count):
            dx[i] = -f[use.slot[i]]
        # (1)
        if not solve_linear(jacobian, dx, use.count):
            return INFINITY
        length = ascent_length(use, x, dx)
        if not finite(length):
            return INFINITY
        least = INFINITY
        for i in range(ASCENT_UNKNOWNS):
            best[i] = x[i]
        for _ in range(6):
            for i in range(ASCENT_UNKNOWNS):
                y[i] = x[i]
            for i in range(use.count):
                y[use.slot[i]] += length * dx[i]
            keep_ascent(p, y)
            tried = ascent_size(p, use, y)
            if tried < least:
                least = tried
                for i in range(ASCENT_UNKNOWNS):
                    best[i] = y[i]
            # a touch bends the residuals so much that they grow before they vanish
            if tried < size or use.touching:
                break
            length *= 0.5
        if not finite(least):
            return INFINITY
        if least >= size and size <= 1e-8:
            # rounding: it comes no nearer
            break
        # (2)
        for i in range(ASCENT_UNKNOWNS):
            x[i] = best[i]
        size = ascent_jacobian(p, use, x, f, jacobian)
    return size if finite(size) else INFINITY


cdef inline void lowest_between(
        const AscentState* a, const AscentState* b, double t, double h, AscentLook* look
        ) noexcept nogil:
    """Note the least radius within a step, by the cubic through both ends' radii and rates."""
    cdef double ra = norm(a.r)
    cdef double rb = norm(b.r)
    cdef double ua = dot(a.r, a.v) / ra
    cdef double ub = dot(b.r, b.v) / rb
    cdef double slope, c2, c3, root, at, radius
    if ra < look.lowest:
        look.lowest = ra
        look.lowest_at = t
    if rb < look.lowest:
        look.lowest = rb
        look.lowest_at = t + h
    if not (ua < 0.0 < ub) or not h > 0.0:
        return
    # r(s) = ra + ua s + c2 s^2 + c3 s^3
    slope = (rb - ra) / h
    c2 = (3.0 * slope - 2.0 * ua - ub) / h
    c3 = (ua + ub - 2.0 * slope) / (h * h)
    root = sqrt(max(c2 * c2 - 3.0 * c3 * ua, 0.0))
    at = clamp(-ua / (c2 + root) if c2 + root > 0.0 else 0.0, 0.0, h)
    radius = ra + at * (ua + at * (c2 + at * c3))
    if radius < look.lowest:
        look.lowest = radius
        look.lowest_at = t + at


cdef inline AscentLook look_along(
        const AscentProblem* p, const AscentUse* use, const double* x, double* f) noexcept nogil:
    """Look along the flight of x: lowest place, switching function, worth of the apoapsis."""
    cdef AscentPiece piece[ASCENT_PIECES]
    cdef AscentState node[ASCENT_NODES]
    cdef AscentLook look
    cdef int touch = arc_of_touch(p, use, x)
    cdef int n = ascent_pieces(p, x, touch, piece)
    cdef int i, count
    cdef double t = 0.0
    cdef double h, end
    # of the pieces that belong to the last stage
    cdef int first = n - 1 - (touch == 2)
    share_ascent_steps(piece, n)
    count = fly_ascent(p, x, piece, n, f, node)
    end = node[count].q
    look.lowest = norm(p.r)
    look.lowest_at = 0.0
    look.least_worth = INFINITY
    look.apoapsis_worth = f[7]
    look.burnt = 0.0
    count = 0
    for i in range(n):
        h = piece[i].duration / max(piece[i].steps, 1)
        if i >= first:
            look.burnt += piece[i].flow * piece[i].duration
        for _ in range(piece[i].steps):
            lowest_between(&node[count], &node[count + 1], t, h, &look)
            if i >= first:
                look.least_worth = min(look.least_worth, node[count].q - end)
            count += 1
            t += h
    return look
