# What a plan does between its nodes, and tighter limits at the nodes where it leaves its limits.
#
# Symbols: u, r, v, z = thrust's acceleration, place, velocity and log-mass at a node, with 0 and 1
# the two ends of an interval h; d(r) = height above glide slope or floor; rho_1, rho_2 = least and
# full thrust; c = what the least thrust may lack on a chord (p.chord); rise, more and held = what a
# node keeps beyond the limits (transcription.pxi).
#
# u is a straight line between nodes and r a cubic, in the hull of its control points (Bernstein
# form):
#
#     r_0,   r_0 + h v_0 / 3,   r_1 - h v_1 / 3,   r_1                                         (1)
#
# d is concave in r, hence never less on the way than the least at (1). A sixteenth of an interval
# at a time (1) is below the way's least by 1/256 of h^2 |r''| / 18 at most: nothing is missed.
#
#     a dip of e below d = 0 lifts both nodes:    rise+ = rise + (1.02 + turn / 2) e + SLIP / 5 (2)
#
# Thrust over mass on a chord is least at its foot from zero, du = u_1 - u_0:
#
#     tau = -u_0 . du / du . du in [0, 1],    q = |u_0 + tau du| exp(z_0 + tau dz) / rho_1      (3)
#     a chord with q < 1 - c:                 more+ = more (1 - 0.4 c) / q                      (4)
#
# Where the chord is far too short, or where the primer passes through zero (straight above a
# target), so that |u| < s costs nothing and the thrust is below its least, it is held to directions
# that turn evenly, psi from node to node, from the node before (a) to the node after (b):
#
#     way_k = cos(k psi) a + sin(k psi) b_perp,    psi = angle(a, b) / nodes < 0.45 rad         (5)
#     a chord of such a turn is cos(psi / 2):      more = (1 - 0.4 c) / cos(psi / 2)            (6)

cdef extern from *:
    """
    #define DESCENT_SLIP 1e-5       /* scaled: how far a way may dip between nodes */
    #define DESCENT_END_SLIPS 3.0   /* of those: at the end, under a speed flatter than the limit */
    #define DESCENT_LEAST_LEFT 0.3  /* of the mass, that a plan leaves: for what thrust can turn */
    #define DESCENT_SHORT_NODE 1e-3     /* of least and full thrust: primal residual at a node */
    #define DESCENT_SHARP 0.85      /* of least thrust: a chord this short is a turn to be held */
    #define DESCENT_COARSE 0.95     /* the same where more nodes may be had, which cost less */
    #define DESCENT_TURN 0.45       /* rad from node to node in a held turn */
    #define DESCENT_LEVEL_COSINE 0.0    /* a tilt of 90 deg */
    #define DESCENT_HELD 0.999998   /* cosine of the cone that holds it */
    """
    const double SLIP "DESCENT_SLIP"
    const double END_SLIPS "DESCENT_END_SLIPS"
    const double LEAST_LEFT "DESCENT_LEAST_LEFT"
    const double SHORT_NODE "DESCENT_SHORT_NODE"
    const double SHARP_CHORD "DESCENT_SHARP"
    const double COARSE_CHORD "DESCENT_COARSE"
    const double MOST_TURN "DESCENT_TURN"
    const double HELD "DESCENT_HELD"
    const double LEVEL_COSINE "DESCENT_LEVEL_COSINE"

cdef enum:
    PIECES_BETWEEN = 16


cdef inline void untighten(IterateWorkspace* w) noexcept nogil:
    """Leave the limits as they were given."""
    cdef int k
    w.holding = False
    w.tight = False
    for k in range(LANES):
        w.rise[k] = 0.0
        w.more[k] = 1.0
        w.held[k] = 0.0


cdef inline double spare_height(const DescentProblem* p, const double* r) noexcept nogil:
    """Height above glide slope or floor."""
    if p.cot_glide > 0:
        return r[2] - sqrt(r[0] * r[0] + r[1] * r[1]) / p.cot_glide
    return r[2] - p.floor


cdef inline double least_of_piece(
    const DescentProblem* p, const double* r, const double* v, const double* r_1, const double* v_1,
    double h,
) noexcept nogil:
    """The least spare height at the four control points of a cubic."""
    cdef double a[3]
    cdef double b[3]
    cdef int i
    # (1)
    for i in range(3):
        a[i] = r[i] + h / 3.0 * v[i]
        b[i] = r_1[i] - h / 3.0 * v_1[i]
    return min(
        min(spare_height(p, r), spare_height(p, a)), min(spare_height(p, b), spare_height(p, r_1)))


cdef inline double least_between(
    const DescentProblem* p, const double* r, const double* v, const double* u, const double* u_1,
    double h,
) noexcept nogil:
    """The least spare height on the way from one node to the next; exact where it is below zero."""
    cdef double here[2][3]
    cdef double speed[2][3]
    cdef double t, rate, least = 1e30
    cdef int k, i
    for i in range(3):
        rate = (u_1[i] - u[i]) / h
        here[0][i] = r[i]
        speed[0][i] = v[i]
        here[1][i] = r[i] + h * (v[i] + h * (0.5 * (u[i] + p.g[i]) + h * rate / 6.0))
        speed[1][i] = v[i] + h * (u[i] + p.g[i] + 0.5 * h * rate)
    t = least_of_piece(p, here[0], speed[0], here[1], speed[1], h)
    if t >= 0:
        return t
    for k in range(1, PIECES_BETWEEN + 1):
        t = h * k / PIECES_BETWEEN
        for i in range(3):
            rate = (u_1[i] - u[i]) / h
            here[k % 2][i] = r[i] + t * (v[i] + t * (0.5 * (u[i] + p.g[i]) + t * rate / 6.0))
            speed[k % 2][i] = v[i] + t * (u[i] + p.g[i] + 0.5 * t * rate)
        least = min(least, least_of_piece(
            p, here[(k + 1) % 2], speed[(k + 1) % 2], here[k % 2], speed[k % 2],
            h / PIECES_BETWEEN))
    return least


cdef inline bint comes_in(const DescentProblem* p) noexcept nogil:
    """Whether a way that keeps its limits can end with the speed of the target."""
    if p.cot_glide > 0:
        return -p.v_f[2] * p.cot_glide >= sqrt(p.v_f[0] * p.v_f[0] + p.v_f[1] * p.v_f[1])
    return p.v_f[2] <= 0 or p.floor < 0


cdef inline bint keeps_height(
    const DescentProblem* p, IterateWorkspace* w, int turn
) noexcept nogil:
    """Follow the plan in `w` between nodes; raise those beside a dip, False if there is one.

    By more each `turn`: at the ends one node alone can rise.
    """
    cdef int n = p.intervals, k, i
    cdef double r[3]
    cdef double v[3]
    cdef double u[3]
    cdef double u_1[3]
    cdef double dip, last = 0.0
    cdef bint kept = True
    if not (p.floored or p.cot_glide > 0):
        return True
    for i in range(3):
        v[i] = p.v[i]
    for k in range(n):
        for i in range(3):
            r[i] = w.x[4 + i][k]
            u[i] = w.x[i][k]
            u_1[i] = w.x[i][k + 1]
        dip = -least_between(p, r, v, u, u_1, w.h)
        if k == n - 1 and dip < END_SLIPS * SLIP and not comes_in(p):
            # no plan avoids that: see cuts_under
            dip = 0.0
        if dip > SLIP:
            kept = False
            # (2)
            dip = (1.02 + 0.5 * turn) * dip + 0.2 * SLIP
        else:
            dip = 0.0
        # a node rises by the deeper of the dips beside it
        if 0 < k and (dip > 0 or last > 0):
            w.rise[k] += dip if dip > last else last
            w.tight = True
        last = dip
        for i in range(3):
            v[i] += w.h * (0.5 * (u[i] + u_1[i]) + p.g[i])
    return kept


cdef inline double room_above(const DescentProblem* p) noexcept nogil:
    """How far the least thrust of a node may rise."""
    return max(1.0, 0.98 * p.rho_2 / max(p.rho_1, 1e-9))


cdef inline bint thrust_at_nodes(
    const DescentProblem* p, IterateWorkspace* w, bint* below
) noexcept nogil:
    """Mark the nodes whose thrust is below its least; False where one is above full."""
    cdef double size, thrust
    cdef bint kept = True
    cdef int k, i
    for k in range(p.intervals + 1):
        size = 0.0
        for i in range(3):
            size += w.x[i][k] * w.x[i][k]
        thrust = sqrt(size) * exp_of(w.x[7][k])
        if thrust > p.rho_2 * (1.0 + SHORT_NODE):
            kept = False
        below[k] = thrust < p.rho_1 * (1.0 - SHORT_NODE)
    return kept


cdef inline double least_on_chord(
    const DescentProblem* p, IterateWorkspace* w, int k
) noexcept nogil:
    """Compute q of (3), the least thrust from node k to the next, as a part of the engine's."""
    cdef double a = 0.0, b = 0.0, c = 0.0, at, part, size
    cdef int i
    for i in range(3):
        at = w.x[i][k + 1] - w.x[i][k]
        a += at * at
        b -= at * w.x[i][k]
        c += w.x[i][k] * w.x[i][k]
    part = b / a if 0 < b < a else (0.0 if b <= 0 else 1.0)
    size = c - 2.0 * part * b + part * part * a
    return sqrt(size if size > 0 else 0.0) * exp_of(
        w.x[7][k] + part * (w.x[7][k + 1] - w.x[7][k])) / p.rho_1


cdef inline bint thrust_on_chords(
    const DescentProblem* p, IterateWorkspace* w, bint may_hold, bint* sharp
) noexcept nogil:
    """Raise the least thrust beside a short chord, False if there is one; mark those to be held."""
    cdef double turn = SHARP_CHORD if may_hold else COARSE_CHORD
    cdef double top = room_above(p), before = w.more[0], ratio, part
    cdef bint kept = True
    cdef int k
    for k in range(p.intervals if p.rho_1 > 0 else 0):
        ratio = least_on_chord(p, w, k)
        if ratio < 1.0 - p.chord and (ratio < turn or ratio < (1.0 - p.chord) / top):
            sharp[k] = True
            sharp[k + 1] = True
        elif ratio < 1.0 - p.chord and not (sharp[k] or sharp[k + 1]):
            kept = False
            w.tight = True
            # (4), on top of what the ends keep already
            part = (1.0 - 0.4 * p.chord) / ratio
            w.more[k] = min(max(w.more[k], part * before), top)
            before = w.more[k + 1]
            w.more[k + 1] = min(part * before, top)
            continue
        before = w.more[k + 1]
    return kept


cdef inline void hold_turns(
    const DescentProblem* p, IterateWorkspace* w, bint* sharp
) noexcept nogil:
    """Hold the thrust of each run of marked nodes."""
    cdef int n = p.intervals, k, first
    w.tight = True
    if p.cos_tilt >= LEVEL_COSINE:
        # with what is held already: the thrust stays upright beside it
        for k in range(n + 1):
            sharp[k] = sharp[k] or w.held[k] > 0
    k = 0
    while k <= n:
        if sharp[k]:
            first = k
            while k < n and sharp[k + 1]:
                k += 1
            hold(p, w, first, k)
        k += 1


cdef inline bint keeps_thrust(
    const DescentProblem* p, IterateWorkspace* w, bint may_hold
) noexcept nogil:
    """Hold thrust times mass against both limits, at nodes and between; tighten what is short.

    False where it is. Where a turn has to be held and may not be, nothing changes but w.holding.
    """
    cdef bint sharp[LANES]
    cdef bint kept = thrust_at_nodes(p, w, sharp), any_sharp = False
    cdef int k
    if not thrust_on_chords(p, w, may_hold, sharp):
        kept = False
    for k in range(p.intervals + 1):
        any_sharp = any_sharp or sharp[k]
    if not any_sharp:
        return kept
    w.holding = True
    if may_hold:
        hold_turns(p, w, sharp)
    return False


cdef inline Vec3 pointing(IterateWorkspace* w, int k) noexcept nogil:
    return unit(vec(w.x[0][k], w.x[1][k], w.x[2][k]), vec(0.0, 0.0, 1.0))


cdef inline Vec3 leaning(Vec3 way, double cos_limit) noexcept nogil:
    """The direction next to this one whose cone of held thrust is within a tilt."""
    cdef double aside = sqrt(way.x * way.x + way.y * way.y), part, cosine
    if not (cos_limit > -1 and aside > 0):
        return way
    # of the limit's angle less the cone's
    cosine = 1.0
    if cos_limit < HELD:
        cosine = cos_limit * HELD + sqrt(
            max(0.0, 1.0 - cos_limit * cos_limit) * (1.0 - HELD * HELD))
    if way.z >= cosine:
        return way
    part = sqrt(max(0.0, 1.0 - cosine * cosine)) / aside
    return vec(part * way.x, part * way.y, cosine)


cdef inline void hold(
    const DescentProblem* p, IterateWorkspace* w, int first, int last
) noexcept nogil:
    """Hold the thrust of these nodes, and as many beside as an even turn takes.

    A turn that takes in the last node ends there, within the tilt at the end.
    """
    cdef int n = p.intervals, low = first - 1, high = last + 1, k
    cdef Vec3 a, b, across, way
    cdef double turn = 0.0, part, cosine, top = room_above(p)
    # so that the chords are long enough at a thrust that the engine has
    cdef double most = min(MOST_TURN, 2.0 * acos_of((1.0 - 0.8 * p.chord) / top))
    while True:
        a = pointing(w, low) if low >= 0 else vec(0.0, 0.0, 1.0)
        b = pointing(w, high) if high <= n else vec(0.0, 0.0, 1.0)
        if low < 0:
            a = b
        if high > n and low >= 0:
            b = leaning(a, p.cos_end)
        cosine = dot(a, b)
        across = axpy(-cosine, a, b)
        if norm(across) < 1e-3:
            # there and back: any way across, level if it can be
            across = unit(cross(a, vec(0.0, 1.0, 0.0)), vec(0.0, 0.0, 1.0))
        across = unit(across, vec(1.0, 0.0, 0.0))
        turn = acos_of(max(-1.0, min(1.0, cosine)))
        if not (turn > most * (min(high, n) - low) and (low > 0 or high < n)):
            break
        if low > 0:
            low -= 1
        if high < n:
            high += 1
    part = turn / (min(high, n) - low)
    # (6)
    cosine = cos_of(0.5 * part)
    for k in range(max(low, 0), min(high, n) + 1):
        w.more[k] = min(max(w.more[k], (1.0 - 0.4 * p.chord) / max(cosine, 0.5)), top)
        if low < k < high:
            # (5)
            way = axpy(cos_of((k - low) * part), a, scale(sin_of((k - low) * part), across))
            if p.cos_tilt > -1:
                way = axpy(2.5e-3, vec(0.0, 0.0, 1.0), way)
            way = leaning(unit(way, vec(0.0, 0.0, 1.0)), p.cos_end if k == n else p.cos_tilt)
            w.held[k] = HELD
            w.turned[0][k] = way.x
            w.turned[1][k] = way.y
            w.turned[2][k] = way.z


cdef inline bint cuts_under(const DescentProblem* p) noexcept nogil:
    """Whether the speed of the target is so much flatter than the limit that none can keep it.

    At t to go the way is v_f t before the target, but for what the greatest acceleration A turns:
    below the limit by c t - A t^2 / 2 at least, and so by c^2 / 2 A at t = c / A.
    """
    cdef double across = 1.0 / p.cot_glide if p.cot_glide > 0 else 0.0
    cdef double c = p.v_f[2] + across * sqrt(p.v_f[0] * p.v_f[0] + p.v_f[1] * p.v_f[1])
    cdef double most = (1.0 + p.rho_2 / max(p.dry, LEAST_LEFT)) * sqrt(1.0 + across * across)
    if not (p.floored or p.cot_glide > 0) or comes_in(p):
        return False
    return c * c > 2.0 * SLIP * most


cdef inline bint falls_through(const DescentProblem* p) noexcept nogil:
    """Whether full thrust, straight up and at once, does not stop the fall above the ground.

    None flies higher than that, and none ends before it has the target's speed: a proof.
    """
    cdef double burn = p.alpha * p.rho_2, stop = min(p.v_f[2], 0.0), t, left, v, z
    cdef double low = 0.0, high, floor = 0.0 if p.cot_glide > 0 else p.floor
    cdef int _halving
    if not (p.floored or p.cot_glide > 0) or p.v[2] >= stop:
        return False
    if not burn > 1e-9:
        return False
    high = (1.0 - (p.dry if p.dry > 1e-3 else 1e-3)) / burn
    if p.v[2] + p.g[2] * high - log_of(1.0 - burn * high) / p.alpha < stop:
        return True
    for _halving in range(50):
        t = 0.5 * (low + high)
        if p.v[2] + p.g[2] * t - log_of(1.0 - burn * t) / p.alpha < stop:
            low = t
        else:
            high = t
    left = 1.0 - burn * low
    z = p.r[2] + low * (p.v[2] + 0.5 * p.g[2] * low) + (
        low + left / burn * log_of(left)) / p.alpha
    return z < floor - 1e-9
