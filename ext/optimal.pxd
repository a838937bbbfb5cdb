"""The fuel-optimal descent in free time, one at a time: guess, thrust structure, certificate.

The equations are in extremal.pxi. A root is an answer only with its certificate, the signs that the
maximum principle asks of the switching function S (its slope has the sign of -p . q, and |p| is
convex in time, so that these signs at its zeros settle it everywhere):

    full - least - full    p . q > 0 at t_1, p . q < 0 at t_2
    least - full           p . q < 0 at t_2, and S(0) <= 0, which is E <= 0 with t_1 = 0
    full                   S >= 0 where it is least, S(t_f) = -(q . v_f + p_f . g) / rho_2
"""

from libc.math cimport fabs, sqrt

from farside.ext.elementary cimport exp_of, log_of
from farside.ext.vec cimport Vec3, axpy, cross, dot, finite, scale, unit, vec


cdef extern from *:
    """
    #include <math.h>
    #define NODES 8
    typedef double Doubles;
    static inline double wide_all(double x) { return x; }
    static inline double wide_abs(double x) { return fabs(x); }
    static inline double wide_sqrt(double x) { return sqrt(x); }
    static inline double wide_pick(double a, double b, double x, double y) { return a > b ? x : y; }
    """
    ctypedef double Doubles
    const int NODES
    Doubles wide_all(double x) noexcept nogil
    Doubles wide_abs(Doubles x) noexcept nogil
    Doubles wide_sqrt(Doubles x) noexcept nogil
    Doubles wide_pick(Doubles a, Doubles b, Doubles x, Doubles y) noexcept nogil


include "extremal.pxi"


cdef enum Optimality:
    OPTIMAL = 0         # a root with its certificate
    NOT_FOUND = 1
    BAD_INPUT = 2


cdef enum:
    STEPS = 3000        # Newton steps of all attempts together, at most (and 25 more)
    FULL = 6            # unknowns of each thrust structure
    LEAST_FULL = 7
    FULL_LEAST_FULL = 8


cdef struct Extremal:
    double q[3]         # slope of the primer, scaled; p(t) = p_f + (t_f - t) q
    double p[3]         # p_f, a unit vector
    double t_f          # scaled
    double t_2
    double t_1
    int unknowns        # 6, 7 or 8; 0 = none
    double left         # mass at touchdown, of that at the start
    double off          # residual, scaled
    bint rooted         # the residual is met, whatever the certificate says
    int steps           # Newton steps taken in all


cdef inline void arc(
    const double* x, double go, double lasting, double mass, double rho, double alpha,
    Moments* s,
) noexcept nogil:
    """Integrate an arc, in which the primer may turn over within moments.

    Nearest to zero |p| is |q| w, with `near` to go. Where w is short against the arc, time runs as
    near + w sinh(theta): then |p| = |q| w cosh(theta), and the integrands are smooth in theta. (The
    nodes alone are good to 1e-7 where w is 0.6 of the arc, to 1e-4 where it is 0.3.)
    """
    cdef double qq = x[0] * x[0] + x[1] * x[1] + x[2] * x[2]
    cdef double pq = x[3] * x[0] + x[4] * x[1] + x[2]
    cdef double pp = x[3] * x[3] + x[4] * x[4] + 1.0
    cdef double near, w, theta, span, grow, t
    cdef int pieces, i, k
    if not (qq > 0 and lasting > 0):
        burn(x, go, lasting, mass, rho, alpha, s)
        return
    near = -pq / qq
    w = pp / qq - near * near
    w = sqrt(w) if w > 0 else 0.0
    if w > 0.6 * lasting or near > go + 0.6 * lasting or near < go - 1.6 * lasting:
        burn(x, go, lasting, mass, rho, alpha, s)
        return
    if w < 1e-7 * lasting:
        w = 1e-7 * lasting
    nothing(s)
    theta = asinh_of((go - near) / w)
    span = theta - asinh_of((go - lasting - near) / w)
    pieces = 1 + <int> (span / 4.0)
    span = span / pieces
    for k in range(pieces):
        for i in range(NODES):
            grow = exp_of(theta - (k + GAUSS_AT[i]) * span)
            t = near + 0.5 * w * (grow - 1.0 / grow)
            add(
                x, t, mass - alpha * rho * (go - t),
                rho * GAUSS_WEIGHT[i] * span * 0.5 * w * (grow + 1.0 / grow), s)


cdef inline double asinh_of(double x) noexcept nogil:
    cdef double size = log_of(fabs(x) + sqrt(x * x + 1.0))
    return size if x > 0 else -size


cdef inline bint in_order(const double* x, int unknowns) noexcept nogil:
    if not x[5] > 0:
        return False
    if unknowns > 6 and not 0 < x[6] < x[5]:
        return False
    return unknowns < 8 or 0 < x[7] < x[6]


cdef inline bint descend(
    const Descent* d, double* x, int n, int most, double tolerance, int* steps, Newton* work
) noexcept nogil:
    """Damped Newton from x; tell whether it met the tolerance."""
    cdef double step[8]
    cdef double share, before
    cdef int i, halving, count
    cdef bint better
    work.off = 1e30
    if not in_order(x, n):
        return False
    linearise(d, x, n, work)
    for count in range(most):
        before = work.off
        if before < tolerance * tolerance:
            return work.burnt > 0
        if not before < 1e12:
            return False
        solve_step(work, n)
        steps[0] += 1
        share = 1.0
        for i in range(5, n):
            if fabs(work.table[i][8]) * share > 0.3 * x[5]:
                share = 0.3 * x[5] / fabs(work.table[i][8])
        for i in range(3):
            if fabs(work.table[i][8]) * share * x[5] > 2.0:
                share = 2.0 / (fabs(work.table[i][8]) * x[5])
        for i in range(3, 5):
            if fabs(work.table[i][8]) * share > 2.0:
                share = 2.0 / fabs(work.table[i][8])
        if not share > 0:
            return False
        # The table is overwritten by every look ahead: keep the step.
        for i in range(n):
            step[i] = work.table[i][8]
        better = False
        for halving in range(7):
            for i in range(n):
                x[i] = x[i] + share * step[i]
            if in_order(x, n):
                linearise(d, x, n, work)
                if work.burnt > 0 and (work.off < 1.44 * before or work.off < 1e-10):
                    better = True
                    break
            for i in range(n):
                x[i] = x[i] - share * step[i]
            share = 0.5 * share
        if not better:
            return False
    return work.off < tolerance * tolerance and work.burnt > 0


cdef inline double least_switch(const Descent* d, const double* x) noexcept nogil:
    """Least value of S along a flight at full thrust: where |p| is least, or at the start."""
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
    const Descent* d, const double* x, int unknowns, const Newton* at
) noexcept nogil:
    """Tell whether the signs of the maximum principle hold at a root."""
    cdef double small = 1e-9
    if not at.burnt > 0:
        return False
    if unknowns == FULL_LEAST_FULL:
        return at.turn_1 > 0 and at.turn_2 < 0
    if unknowns == LEAST_FULL:
        return at.turn_2 < 0 and at.coast <= small
    return least_switch(d, x) >= -small


cdef inline double energy_time(const Descent* d) noexcept nogil:
    """Time-to-go of least time plus energy (D'Souza 1997), by Newton from above."""
    cdef double vv = 0.0, rv = 0.0, rr = 0.0, gg = 0.0, t = 2.0, f, slope, c
    cdef int i
    for i in range(3):
        vv += d.v[i] * d.v[i]
        rv += d.r[i] * d.v[i]
        rr += d.r[i] * d.r[i]
        gg += d.g[i] * d.g[i]
    c = 1.2 + gg
    for i in range(30):
        f = ((c * t * t - 4.0 * vv) * t - 24.0 * rv) * t - 36.0 * rr
        slope = (4.0 * c * t * t - 8.0 * vv) * t - 24.0 * rv
        if slope <= 0:
            t = 2.0 * t + 0.5
            continue
        f = f / slope
        t -= f
        if t < 0.05:
            t = 0.05
        if fabs(f) < 1e-4 * t:
            break
    return t


cdef inline void from_energy(const Descent* d, double t_f, Extremal* e) noexcept nogil:
    """Primer of the least-energy flight of that time: its acceleration is a straight line too."""
    cdef double zem, zev, size = 0.0
    cdef double start[3]
    cdef double end[3]
    cdef int i
    for i in range(3):
        zem = -(d.r[i] + d.v[i] * t_f + 0.5 * d.g[i] * t_f * t_f) / (t_f * t_f)
        zev = (d.v_f[i] - d.v[i] - d.g[i] * t_f) / t_f
        start[i] = 6.0 * zem - 2.0 * zev
        end[i] = 4.0 * zev - 6.0 * zem
        size += end[i] * end[i]
    size = 1.0 / (sqrt(size) + 1e-9)
    for i in range(3):
        e.p[i] = end[i] * size
        e.q[i] = (start[i] - end[i]) / t_f * size
    e.t_f = t_f


cdef inline void axes_along(const double* p, Vec3* axes) noexcept nogil:
    """Right-handed unit vectors, the third along p."""
    cdef Vec3 w = unit(vec(p[0], p[1], p[2]), vec(0.0, 0.0, 1.0))
    cdef Vec3 across = vec(1.0, 0.0, 0.0) if fabs(w.x) < 0.8 else vec(0.0, 1.0, 0.0)
    axes[0] = unit(axpy(-dot(across, w), w, across), across)
    axes[1] = cross(w, axes[0])
    axes[2] = w


cdef inline bint settle(
    const Descent* d, Extremal* e, int unknowns, int most, Newton* work
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
    x[6] = e.t_2
    x[7] = e.t_1
    e.unknowns = unknowns
    e.rooted = False
    if e.steps > STEPS:
        return False
    root = descend(&turned_d, x, unknowns, most, 1e-9, &e.steps, work)
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
    e.off = sqrt(work.off)
    e.left = work.burnt
    e.rooted = root
    return root and certified(&turned_d, x, unknowns, work)


cdef inline bint with_first_burn(const Descent* d, Extremal* e, Newton* work) noexcept nogil:
    """From a root where full thrust is due at the start, to the structure that has it."""
    cdef Extremal root = e[0]
    cdef int k
    for k in range(3):
        e[0] = root
        e.t_1 = (0.04 + 0.12 * k) * e.t_f
        if e.t_2 < e.t_1 + 0.1 * e.t_f:
            e.t_2 = e.t_1 + 0.3 * e.t_f
        if e.t_2 > 0.97 * e.t_f:
            e.t_2 = 0.9 * e.t_f
        e.steps = root.steps
        if settle(d, e, FULL_LEAST_FULL, 25, work):
            return True
        root.steps = e.steps
    return False


cdef inline bint with_coast(const Descent* d, Extremal* e, Newton* work) noexcept nogil:
    """From a root at full thrust whose S dips below 0, to one with least thrust about the dip."""
    cdef Extremal root = e[0]
    cdef double qq = e.q[0] * e.q[0] + e.q[1] * e.q[1] + e.q[2] * e.q[2]
    cdef double pq = e.p[0] * e.q[0] + e.p[1] * e.q[1] + e.p[2] * e.q[2]
    cdef double dip = e.t_f + pq / (qq + 1e-30), half
    cdef int k
    if dip < 0.05 * e.t_f:
        dip = 0.05 * e.t_f
    if dip > 0.95 * e.t_f:
        dip = 0.95 * e.t_f
    for k in range(3):
        root.steps = e.steps
        e[0] = root
        half = (0.03 + 0.08 * k) * e.t_f
        e.t_1 = dip - half if dip > 1.2 * half else 0.2 * dip
        e.t_2 = dip + half if dip + 1.2 * half < e.t_f else 0.8 * e.t_f + 0.2 * dip
        if settle(d, e, FULL_LEAST_FULL, 25, work):
            return True
    return False


cdef inline bint from_near(const Descent* d, Extremal* e, Newton* work) noexcept nogil:
    """Solve from a solution near by: its own structure first, then the neighbouring one."""
    cdef Extremal near = e[0]
    if settle(d, e, near.unknowns, 12, work):
        return True
    if near.unknowns == LEAST_FULL:
        if e.rooted and work.coast > 0 and with_first_burn(d, e, work):
            return True
        near.steps = e.steps
        e[0] = near
        return settle(d, e, FULL, 12, work)
    near.steps = e.steps
    e[0] = near
    if near.unknowns == FULL:
        e.t_2 = 0.05 * e.t_f
    if settle(d, e, LEAST_FULL, 12, work):
        return True
    near.steps = e.steps
    e[0] = near
    return False


cdef inline bint from_afar(const Descent* d, Extremal* e, Newton* work) noexcept nogil:
    """Solve without a guess: flights of least energy, longer and shorter, as the first primer."""
    cdef double guess = energy_time(d)
    cdef double[5] times = [0.85, 1.0, 1.3, 0.7, 1.7]
    cdef double[3] coasts = [0.4, 0.15, 0.65]
    cdef int i, k
    for i in range(5):
        for k in range(3):
            from_energy(d, times[i] * guess, e)
            e.t_2 = coasts[k] * e.t_f
            e.t_1 = 0.0
            if settle(d, e, LEAST_FULL, 15, work):
                return True
            if (
                e.rooted and work.coast > 0 and work.turn_2 < 0
                and with_first_burn(d, e, work)
            ):
                return True
        from_energy(d, times[i] * guess, e)
        if settle(d, e, FULL, 15, work) or (e.rooted and with_coast(d, e, work)):
            return True
        for k in range(2):
            from_energy(d, times[i] * guess, e)
            e.t_1 = (0.15 + 0.5 * k) * e.t_f
            e.t_2 = (0.5 + 0.42 * k) * e.t_f
            if settle(d, e, FULL_LEAST_FULL, 25, work):
                return True
    return False


cdef inline bint along_the_way(
    const Descent* d, const double* r, const double* v, Extremal* e, Newton* work
) noexcept nogil:
    """Carry the answer for (r, v), which e holds, to the problem's own state, step by step.

    A step that fails is halved; one that holds lets the next be twice as long.
    """
    cdef Descent between = d[0]
    cdef Extremal last = e[0]
    cdef double done = 0.0, step = 0.25, share
    cdef int i, tries
    for tries in range(60):
        share = done + step
        if share > 1.0:
            share = 1.0
        for i in range(3):
            between.r[i] = r[i] + share * (d.r[i] - r[i])
            between.v[i] = v[i] + share * (d.v[i] - v[i])
        if from_near(&between, e, work):
            if share >= 1.0:
                return True
            done = share
            last = e[0]
            step = 2.0 * step
        else:
            last.steps = e.steps
            e[0] = last
            step = 0.5 * step
            if step < 0.002:
                return False
    return False


cdef inline bint from_elsewhere(const Descent* d, Extremal* e, Newton* work) noexcept nogil:
    """Solve easier states first: at rest, sinking, higher up; and carry their answers here."""
    cdef Descent easy
    cdef double r[3]
    cdef double v[3]
    cdef double[6] higher = [0.0, 0.0, 0.5, 0.0, 1.0, 0.5]
    cdef double[6] sinking = [0.0, 0.2, 0.0, 0.5, 0.3, 0.6]
    cdef double[6] kept = [0.0, 0.0, 0.0, 0.0, 0.0, 0.5]
    cdef double size = sqrt(d.r[0] * d.r[0] + d.r[1] * d.r[1] + d.r[2] * d.r[2])
    cdef int i, k
    for k in range(6):
        easy = d[0]
        for i in range(3):
            v[i] = kept[k] * d.v[i] - sinking[k] * d.r[i]
            r[i] = d.r[i]
        r[2] = r[2] + higher[k] * size
        for i in range(3):
            easy.r[i] = r[i]
            easy.v[i] = v[i]
        if from_afar(&easy, e, work) and along_the_way(d, r, v, e, work):
            return True
    return False


cdef inline int solve_descent(const Descent* d, Extremal* e) noexcept nogil:
    """Solve from what e holds (e.unknowns = 0: nothing); an Optimality."""
    cdef Newton work
    e.off = 1e30
    e.steps = 0
    if (
        (e.unknowns >= 6 and from_near(d, e, &work))
        or from_afar(d, e, &work)
        or from_elsewhere(d, e, &work)
    ):
        return OPTIMAL
    e.unknowns = 0
    return NOT_FOUND


cdef struct Lander:         # SI, any fixed axes; the place is that less the target's
    double r[3]             # [m]
    double v[3]             # [m/s]
    double v_f[3]           # at the target
    double g[3]             # [m/s^2]
    double mass_kg
    double least_n
    double full_n
    double exhaust_mps


cdef struct Scale:
    double length_m
    double time_s


cdef inline bint scaled(const Lander* lander, Descent* d, Scale* unit) noexcept nogil:
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
    unit.length_m = r if r > v else v
    if not unit.length_m > 1e-6:
        return False
    unit.time_s = sqrt(unit.length_m / g)
    weight = lander.mass_kg * g
    for i in range(3):
        d.r[i] = lander.r[i] / unit.length_m
        d.v[i] = lander.v[i] * unit.time_s / unit.length_m
        d.v_f[i] = lander.v_f[i] * unit.time_s / unit.length_m
        d.g[i] = lander.g[i] / g
    d.rho_1 = lander.least_n / weight
    d.rho_2 = lander.full_n / weight
    d.alpha = unit.length_m / unit.time_s / lander.exhaust_mps
    return True


cdef inline int solve_lander(const Lander* lander, Extremal* e) noexcept nogil:
    """As solve_descent, in SI: times [s], q [1/s], mass left [kg]; e may hold a guess in SI."""
    cdef Descent d
    cdef Scale unit
    cdef int i, status
    if not scaled(lander, &d, &unit):
        e.unknowns = 0
        return BAD_INPUT
    for i in range(3):
        e.q[i] = e.q[i] * unit.time_s
    e.t_f = e.t_f / unit.time_s
    e.t_2 = e.t_2 / unit.time_s
    e.t_1 = e.t_1 / unit.time_s
    status = solve_descent(&d, e)
    for i in range(3):
        e.q[i] = e.q[i] / unit.time_s
    e.t_f = e.t_f * unit.time_s
    e.t_2 = e.t_2 * unit.time_s
    e.t_1 = e.t_1 * unit.time_s
    e.left = e.left * lander.mass_kg
    return status
