# Where an optimal descent may be found: from a solution near by, from flights of least energy, and
# carried over from states that are easier.

cdef extern from *:
    """
    #define DESCENT_NEARLY_ABOVE 0.05   /* scaled: how far aside is nearly above the target */
    """
    const double NEARLY_ABOVE "DESCENT_NEARLY_ABOVE"


cdef inline double energy_optimal_time(const Descent* d) noexcept nogil:
    """Time-to-go of least time plus energy (D'Souza, AIAA 97-3709), by Newton from above.

    (Gamma + g . g / 2) t^4 - 2 v . v t^2 - 12 r . v t - 18 r . r = 0, here doubled; the weight of
    time is Gamma = 0.6, and v_f is left out.
    """
    cdef double vv = 0.0, rv = 0.0, rr = 0.0, gg = 0.0, t = 2.0, f, slope, c
    cdef int i, _step
    for i in range(3):
        vv += d.v[i] * d.v[i]
        rv += d.r[i] * d.v[i]
        rr += d.r[i] * d.r[i]
        gg += d.g[i] * d.g[i]
    c = 1.2 + gg
    for _step in range(30):
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


cdef inline void energy_primer(const Descent* d, double t_f, Extremal* e) noexcept nogil:
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


cdef inline bint add_first_burn(const Descent* d, Extremal* e, NewtonSystem* work) noexcept nogil:
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
        if solve_structure(d, e, FULL_LEAST_FULL, 25, work):
            return True
        root.steps = e.steps
    return False


cdef inline bint add_coast(const Descent* d, Extremal* e, NewtonSystem* work) noexcept nogil:
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
        if solve_structure(d, e, FULL_LEAST_FULL, 25, work):
            return True
    return False


cdef inline bint add_last_burn(const Descent* d, Extremal* e, NewtonSystem* work) noexcept nogil:
    """From a root where full thrust is due at the end, to the structure that has it."""
    cdef Extremal root = e[0]
    cdef int k
    for k in range(3):
        root.steps = e.steps
        e[0] = root
        e.t_2 = e.t_f - (0.02 + 0.1 * k) * (e.t_f - e.t_1)
        if solve_structure(d, e, FULL_LEAST_FULL, 25, work):
            return True
    return False


cdef inline bint start_from_neighbour(
    const Descent* d, Extremal* e, NewtonSystem* work
) noexcept nogil:
    """Solve from a solution near by: its own structure first, then the neighbouring one."""
    cdef Extremal near = e[0]
    if solve_structure(d, e, near.unknowns, 12, work):
        return True
    if near.unknowns == LEAST_FULL:
        if e.converged and work.switch_integral > 0 and add_first_burn(d, e, work):
            return True
        near.steps = e.steps
        e[0] = near
        return solve_structure(d, e, FULL, 12, work)
    if near.unknowns == FULL_LEAST:
        if e.converged and work.pq_1 > 0:
            return add_last_burn(d, e, work)
        return False
    near.steps = e.steps
    e[0] = near
    if near.unknowns == FULL:
        e.t_2 = 0.05 * e.t_f
    if solve_structure(d, e, LEAST_FULL, 12, work):
        return True
    near.steps = e.steps
    e[0] = near
    return False


cdef inline bint start_from_energy(
    const Descent* d, Extremal* e, NewtonSystem* work
) noexcept nogil:
    """Solve without a guess: flights of least energy, longer and shorter, as the first primer."""
    cdef double guess = energy_optimal_time(d)
    cdef double[5] times = [0.85, 1.0, 1.3, 0.7, 1.7]
    cdef double[3] coasts = [0.4, 0.15, 0.65]
    cdef int i, k
    for i in range(5):
        for k in range(3):
            energy_primer(d, times[i] * guess, e)
            e.t_2 = coasts[k] * e.t_f
            e.t_1 = 0.0
            if solve_structure(d, e, LEAST_FULL, 15, work):
                return True
            if (
                e.converged and work.switch_integral > 0 and work.pq_2 < 0
                and add_first_burn(d, e, work)
            ):
                return True
        energy_primer(d, times[i] * guess, e)
        if solve_structure(d, e, FULL, 15, work) or (e.converged and add_coast(d, e, work)):
            return True
        for k in range(2):
            energy_primer(d, times[i] * guess, e)
            e.t_1 = (0.15 + 0.5 * k) * e.t_f
            e.t_2 = (0.5 + 0.42 * k) * e.t_f
            if solve_structure(d, e, FULL_LEAST_FULL, 25, work):
                return True
    return False


cdef inline bint start_from_below(const Descent* d, Extremal* e, NewtonSystem* work) noexcept nogil:
    """Solve for a flight that dives under its target and comes up to it, with its last burn or not.

    Its thrust turns from upwards, against the fall, to about level: p_f along what the flight of
    least energy would end with across the vertical, or somewhat below; q t_f = 14, 25 or 7 up and 2
    against it.
    """
    cdef double guess = energy_optimal_time(d), along, size
    cdef double[3] times = [2.0, 1.3, 1.0]
    cdef double[2] burns = [0.9, 0.7]
    cdef double[3] climbs = [14.0, 25.0, 7.0]
    cdef double[3] below = [0.0, 0.4, 0.1]
    cdef int i, k, n, axis
    for n in range(3):
        for i in range(3):
            for k in range(2):
                energy_primer(d, times[i] * guess, e)
                along = e.p[0] * d.g[0] + e.p[1] * d.g[1] + e.p[2] * d.g[2]
                size = 0.0
                for axis in range(3):
                    e.p[axis] = e.p[axis] - along * d.g[axis]
                    size += e.p[axis] * e.p[axis]
                size = 1.0 / (sqrt(size) + 1e-9)
                for axis in range(3):
                    e.p[axis] = e.p[axis] * size
                    e.q[axis] = (-climbs[n] * d.g[axis] - 2.0 * e.p[axis]) / e.t_f
                    e.p[axis] = e.p[axis] + below[n] * d.g[axis]
                e.t_1 = burns[k] * e.t_f
                if solve_structure(d, e, FULL_LEAST, 25, work):
                    return True
                # S(t_f) > 0 asks for a last burn.
                if e.converged and work.pq_1 > 0 and add_last_burn(d, e, work):
                    return True
    return False


cdef inline bint continue_from(
    const Descent* d, const double* r, const double* v, Extremal* e, NewtonSystem* work
) noexcept nogil:
    """Carry the answer for (r, v), which e holds, to the problem's own state, step by step.

    A step that fails is halved; one that holds lets the next be twice as long.
    """
    cdef Descent between = d[0]
    cdef Extremal last = e[0]
    cdef double done = 0.0, step = 0.25, share
    cdef int i, _tries
    for _tries in range(60):
        share = done + step
        if share > 1.0:
            share = 1.0
        for i in range(3):
            between.r[i] = r[i] + share * (d.r[i] - r[i])
            between.v[i] = v[i] + share * (d.v[i] - v[i])
        if start_from_neighbour(&between, e, work):
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


cdef inline bint start_from_vertical(
    const Descent* d, Extremal* e, NewtonSystem* work
) noexcept nogil:
    """Solve the flight straight up and down, without what is aside, and carry its answer here.

    For states nearly above their target, whose primer all but passes through zero.
    """
    cdef Descent straight = d[0]
    cdef double r[3]
    cdef double v[3]
    cdef double up = 0.0, rise = 0.0, aside = 0.0, apart
    cdef int i
    for i in range(3):
        up -= d.r[i] * d.g[i]
        rise -= d.v[i] * d.g[i]
    for i in range(3):
        r[i] = -up * d.g[i]
        v[i] = -rise * d.g[i]
        straight.r[i] = r[i]
        straight.v[i] = v[i]
        apart = d.r[i] - r[i]
        aside += apart * apart
        apart = d.v[i] - v[i]
        aside += apart * apart
    if not 0.0 < aside < NEARLY_ABOVE * NEARLY_ABOVE:
        return False
    return start_from_energy(&straight, e, work) and continue_from(d, r, v, e, work)


cdef inline bint start_from_easier(
    const Descent* d, Extremal* e, NewtonSystem* work
) noexcept nogil:
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
        if start_from_energy(&easy, e, work) and continue_from(d, r, v, e, work):
            return True
    return False
