"""The fuel-optimal descent in free time, one at a time: guess, thrust structure, certificate.

The equations are in extremal.pxi. A root is an answer only with its certificate, the signs that the
maximum principle asks of the switching function S (its slope has the sign of -p . q, and |p| is
convex in time, so that these signs at its zeros settle it everywhere):

    full - least - full    p . q > 0 at t_1, p . q < 0 at t_2
    least - full           p . q < 0 at t_2, and S(0) <= 0, which is E <= 0 with t_1 = 0
    full                   S >= 0 where it is least, S(t_f) = -(q . v_f + p_f . g) / rho_2
"""

from libc.math cimport fabs, sqrt

from farside.ext.vec cimport finite


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
    FULL = 6            # unknowns of each thrust structure
    LEAST_FULL = 7
    FULL_LEAST_FULL = 8


cdef struct Extremal:
    double x[8]         # as in extremal.pxi, scaled
    double p_z          # 1 or -1
    int unknowns        # 6, 7 or 8; 0 = none
    double left         # mass at touchdown, of that at the start
    double off          # residual, scaled
    int steps           # Newton steps taken in all


cdef inline bint in_order(const double* x, int unknowns) noexcept nogil:
    if not x[5] > 0:
        return False
    if unknowns > 6 and not 0 < x[6] < x[5]:
        return False
    return unknowns < 8 or 0 < x[7] < x[6]


cdef inline int descend(
    const Descent* d, Extremal* e, int most, double tolerance, Newton* work
) noexcept nogil:
    """Damped Newton from e.x; 1 where it met the tolerance."""
    cdef double trial[8]
    cdef double share, before
    cdef int i, n = e.unknowns, halving, step
    cdef bint better
    if not in_order(e.x, n):
        return 0
    linearise(d, e.x, e.p_z, n, work)
    for step in range(most):
        before = work.off
        if before < tolerance * tolerance:
            e.off = sqrt(before)
            return work.burnt > 0
        if not before < 1e12:
            return 0
        solve_step(work, n)
        e.steps += 1
        share = 1.0
        for i in range(5, n):
            if fabs(work.table[i][8]) * share > 0.3 * e.x[5]:
                share = 0.3 * e.x[5] / fabs(work.table[i][8])
        for i in range(3):
            if fabs(work.table[i][8]) * share * e.x[5] > 2.0:
                share = 2.0 / (fabs(work.table[i][8]) * e.x[5])
        for i in range(3, 5):
            if fabs(work.table[i][8]) * share > 2.0:
                share = 2.0 / fabs(work.table[i][8])
        if not share > 0:
            return 0
        # The table is overwritten by every look ahead: keep the step.
        for i in range(n):
            trial[i] = work.table[i][8]
        better = False
        for halving in range(7):
            for i in range(n):
                e.x[i] = e.x[i] + share * trial[i]
            if in_order(e.x, n):
                linearise(d, e.x, e.p_z, n, work)
                if work.burnt > 0 and (work.off < 1.44 * before or work.off < 1e-10):
                    better = True
                    break
            for i in range(n):
                e.x[i] = e.x[i] - share * trial[i]
            share = 0.5 * share
        if not better:
            return 0
    e.off = sqrt(work.off)
    return work.off < tolerance * tolerance and work.burnt > 0


cdef inline double least_switch(const Descent* d, const double* x, double p_z) noexcept nogil:
    """Least value of S along a flight at full thrust: where |p| is least, or at the start."""
    cdef double pf_q = x[3] * x[0] + x[4] * x[1] + p_z * x[2]
    cdef double qq = x[0] * x[0] + x[1] * x[1] + x[2] * x[2]
    cdef double go = 0.0, t, m, px, py, pz, total = 0.0
    cdef int i
    if qq > 0:
        go = -pf_q / qq
    if go < 0:
        go = 0
    if go > x[5]:
        go = x[5]
    # Mass with t to go, back from touchdown.
    for i in range(NODES):
        t = GAUSS_AT[i] * go
        m = 1.0 - d.alpha * d.rho_2 * (x[5] - t)
        px = x[3] + t * x[0]
        py = x[4] + t * x[1]
        pz = p_z + t * x[2]
        total += GAUSS_WEIGHT[i] * (px * x[0] + py * x[1] + pz * x[2]) / (
            m * sqrt(px * px + py * py + pz * pz + 1e-24))
    # dS/dt = (d|p|/dt) / m = -(p . q) / (|p| m): back from t_f that is added.
    return -(x[0] * d.v_f[0] + x[1] * d.v_f[1] + x[2] * d.v_f[2]
             + x[3] * d.g[0] + x[4] * d.g[1] + p_z * d.g[2]) / d.rho_2 + go * total


cdef inline bint certified(const Descent* d, const Extremal* e, const Newton* at) noexcept nogil:
    """Tell whether the signs of the maximum principle hold at a root."""
    cdef double small = 1e-9
    if not at.burnt > 0:
        return False
    if e.unknowns == FULL_LEAST_FULL:
        return at.turn_1 > 0 and at.turn_2 < 0
    if e.unknowns == LEAST_FULL:
        return at.turn_2 < 0 and at.coast <= small
    return least_switch(d, e.x, e.p_z) >= -small


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
    cdef double zem, zev, size
    cdef double start[3]
    cdef double end[3]
    cdef int i
    for i in range(3):
        zem = -(d.r[i] + d.v[i] * t_f + 0.5 * d.g[i] * t_f * t_f) / (t_f * t_f)
        zev = (d.v_f[i] - d.v[i] - d.g[i] * t_f) / t_f
        start[i] = 6.0 * zem - 2.0 * zev
        end[i] = 4.0 * zev - 6.0 * zem
    size = end[2] if end[2] > 0.2 else 0.2
    e.p_z = 1.0
    e.x[3] = end[0] / size
    e.x[4] = end[1] / size
    for i in range(3):
        e.x[i] = (start[i] - end[i]) / (t_f * size)
    e.x[5] = t_f


cdef inline bint settle(
    const Descent* d, Extremal* e, int unknowns, int most, Newton* work
) noexcept nogil:
    """Descend to a root of a thrust structure; tell whether it has its certificate."""
    e.unknowns = unknowns
    return descend(d, e, most, 1e-9, work) and certified(d, e, work)


cdef inline bint with_first_burn(const Descent* d, Extremal* e, Newton* work) noexcept nogil:
    """From a root where full thrust is due at the start, to the structure that has it."""
    cdef Extremal root = e[0]
    cdef int k
    for k in range(3):
        e[0] = root
        e.x[7] = (0.04 + 0.12 * k) * e.x[5]
        if e.x[6] < e.x[7] + 0.1 * e.x[5]:
            e.x[6] = e.x[7] + 0.3 * e.x[5]
        if e.x[6] > 0.97 * e.x[5]:
            e.x[6] = 0.9 * e.x[5]
        e.steps = root.steps
        if settle(d, e, FULL_LEAST_FULL, 25, work):
            return True
        root.steps = e.steps
    return False


cdef inline bint from_near(const Descent* d, Extremal* e, Newton* work) noexcept nogil:
    """Solve from a solution near by: its own structure first, then the neighbouring one."""
    cdef Extremal near = e[0]
    if settle(d, e, near.unknowns, 12, work):
        return True
    if near.unknowns == LEAST_FULL:
        if e.off < 1e-9 and work.coast > 0 and with_first_burn(d, e, work):
            return True
        near.steps = e.steps
        e[0] = near
        return settle(d, e, FULL, 12, work)
    near.steps = e.steps
    e[0] = near
    if near.unknowns == FULL:
        e.x[6] = 0.05 * e.x[5]
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
    e.steps = 0
    for i in range(5):
        for k in range(3):
            from_energy(d, times[i] * guess, e)
            e.x[6] = coasts[k] * e.x[5]
            e.x[7] = 0.0
            e.unknowns = LEAST_FULL
            if descend(d, e, 15, 1e-9, work):
                if certified(d, e, work):
                    return True
                if work.coast > 0 and work.turn_2 < 0 and with_first_burn(d, e, work):
                    return True
        from_energy(d, times[i] * guess, e)
        if settle(d, e, FULL, 15, work):
            return True
        from_energy(d, times[i] * guess, e)
        e.x[7] = 0.15 * e.x[5]
        e.x[6] = 0.5 * e.x[5]
        if settle(d, e, FULL_LEAST_FULL, 25, work):
            return True
    return False


cdef inline int solve_descent(const Descent* d, Extremal* e) noexcept nogil:
    """Solve from what e holds (e.unknowns = 0: nothing); an Optimality."""
    cdef Newton work
    e.off = 1e30
    e.steps = 0
    if (e.unknowns >= 6 and from_near(d, e, &work)) or from_afar(d, e, &work):
        e.left = work.burnt
        return OPTIMAL
    e.unknowns = 0
    return NOT_FOUND
