# Arcs of a flight, and the moments in which the primer turns over.

cdef struct Arc:
    double go           # to go where it begins
    double mass         # there
    double rho          # thrust
    double alpha        # mass flow per thrust
    double near         # to go where |p| is least
    double w            # |p| there, per |q|


cdef inline void integrate_arc(
    const double* x, double go, double duration, double mass, double rho, double alpha,
    Moments* s,
) noexcept nogil:
    """Integrate an arc, in which the primer may turn over within moments.

    Nearest to zero |p| is |q| w, with `near` to go. Where w is short against the arc, time runs as
    near + w sinh(theta): then |p| = |q| w cosh(theta), and the integrands are smooth in theta. (The
    nodes alone are good to 1e-7 where w is 0.6 of the arc, to 1e-4 where it is 0.3.)

    Straight above a target p may pass through zero: the thrust flips over at once. With w below
    1e-8 of the arc the nodes do not see that, so that its share of the derivatives is added in
    closed form: u = p / |p| jumps by 2 along q, at the time that -p . q / q . q is to go.
    """
    cdef double qq = x[0] * x[0] + x[1] * x[1] + x[2] * x[2]
    cdef double pq = x[3] * x[0] + x[4] * x[1] + x[2]
    cdef double pp = x[3] * x[3] + x[4] * x[4] + 1.0
    cdef double near, w, theta, span, a, b, c
    cdef Arc arc
    cdef bint flips = False
    if not (qq > 0 and duration > 0):
        gauss_arc(x, go, duration, mass, rho, alpha, s)
        return
    near = -pq / qq
    w = pp / qq - near * near
    w = sqrt(w) if w > 0 else 0.0
    if w > 0.6 * duration or near > go + 0.6 * duration or near < go - 1.6 * duration:
        gauss_arc(x, go, duration, mass, rho, alpha, s)
        return
    if w < 1e-4 * duration:
        # what the difference leaves is rounding: |p_f x q| / q . q
        a = x[4] * x[2] - x[1]
        b = x[0] - x[3] * x[2]
        c = x[3] * x[1] - x[4] * x[0]
        w = sqrt(a * a + b * b + c * c) / qq
    clear_moments(s)
    if w < 1e-8 * duration:
        w = 1e-8 * duration
        flips = go - duration < near < go
    arc.go = go
    arc.mass = mass
    arc.rho = rho
    arc.alpha = alpha
    arc.near = near
    arc.w = w
    if flips:
        # u jumps: up to there, and on from there
        add_primer_flip(x, qq, near, rho / (mass - alpha * rho * (go - near)), s)
        theta = asinh_of((go - near) / w)
        sinh_arc(x, &arc, theta, theta, s)
        theta = asinh_of((go - duration - near) / w)
        sinh_arc(x, &arc, 0.0, -theta, s)
        return
    theta = asinh_of((go - near) / w)
    span = theta - asinh_of((go - duration - near) / w)
    sinh_arc(x, &arc, theta, span, s)


cdef inline void sinh_arc(
    const double* x, const Arc* arc, double theta, double span, Moments* s
) noexcept nogil:
    """Add the integrands from theta down to theta - span."""
    cdef double grow, t
    # asinh of a double is at most 711; a span that is no number gives moments that are none
    cdef int pieces = 1 + <int> (span / 4.0 if 0.0 < span < 1500.0 else 0.0), i, k
    span = span / pieces
    for k in range(pieces):
        for i in range(NODES):
            grow = exp_of(theta - (k + GAUSS_AT[i]) * span)
            t = arc.near + 0.5 * arc.w * (grow - 1.0 / grow)
            add_node(
                x, t, arc.mass - arc.alpha * arc.rho * (arc.go - t),
                arc.rho * GAUSS_WEIGHT[i] * span * 0.5 * arc.w * (grow + 1.0 / grow), s)


cdef inline void add_primer_flip(
    const double* x, double qq, double near, double pull, Moments* s
) noexcept nogil:
    """Add the integral of rho / m (I - u u') / |p| over a zero of p: 2 rho / (m |q|) q q' / q . q.

    What is across q grows without bound there, as the log of w, and is left to the nodes.
    """
    cdef double part = 2.0 * pull / (qq * sqrt(qq)), each
    cdef int i, j, k = 0
    for i in range(3):
        for j in range(i, 3):
            each = part * x[i] * x[j]
            s.k0[k] = s.k0[k] + each
            s.k1[k] = s.k1[k] + near * each
            s.k2[k] = s.k2[k] + near * near * each
            k += 1


cdef inline double asinh_of(double x) noexcept nogil:
    cdef double size = log_of(fabs(x) + sqrt(x * x + 1.0))
    return size if x > 0 else -size
