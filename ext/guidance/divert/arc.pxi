# Arcs of a flight in lanes of doubles, and those in which the primer turns over within moments.

cdef inline void integrate_arc(
    const f64xN* x, f64xN go, f64xN duration, f64xN mass, double rho, double alpha,
    Moments* s,
) noexcept nogil:
    """Integrate an arc, in which the primer may turn over within moments."""
    gauss_arc(x, go, duration, mass, rho, alpha, s)
    integrate_turn(x, go, duration, mass, rho, alpha, s)


cdef void integrate_turn(
    const f64xN* x, f64xN go, f64xN duration, f64xN mass, double rho, double alpha,
    Moments* s,
) noexcept nogil:
    """Integrate once more, in the lanes in which the primer turns over within moments.

    Nearest to zero |p| is |q| w, with `near` to go. Where w is short against the arc, time runs as
    near + w sinh(theta): then |p| = |q| w cosh(theta), and the integrands are smooth in theta.
    """
    cdef Moments sharp
    cdef f64xN none = f64_splat(0), one = f64_splat(1), theta, span, pieces, grow, less, t, weight
    cdef f64xN qq, pq, pp, near, w, turns
    cdef int i, k
    qq = x[0] * x[0] + x[1] * x[1] + x[2] * x[2] + 1e-24
    pq = x[3] * x[0] + x[4] * x[1] + x[2]
    pp = x[3] * x[3] + x[4] * x[4] + 1.0
    near = -pq / qq
    w = pp / qq - near * near
    w = f64_sqrt(f64_select(w, none, w, none))
    turns = f64_select(SHARP_SHARE * duration, w, duration, none)
    turns = f64_select(near, go + SHARP_SHARE * duration, none, turns)
    turns = f64_select(go - (1.0 + SHARP_SHARE) * duration, near, none, turns)
    if not f64_any_above(turns, none):
        return
    # Lanes that do not turn over go along with numbers that do no harm.
    w = f64_select(turns, none, w, one)
    duration = f64_select(turns, none, duration, one)
    go = f64_select(turns, none, go, one)
    near = f64_select(turns, none, near, none)
    w = f64_select(w, 1e-7 * duration, w, 1e-7 * duration)
    theta = f64_asinh((go - near) / w)
    span = theta - f64_asinh((go - duration - near) / w)
    pieces = one
    for k in range(1, MAX_PIECES):
        pieces = pieces + f64_select(span, f64_splat(PIECE_LENGTH * k), one, none)
    span = span / pieces
    clear_moments(&sharp)
    for k in range(MAX_PIECES):
        if not f64_any_above(pieces, f64_splat(k)):
            break
        for i in range(NODES):
            grow = f64_exp(theta - (k + GAUSS_AT[i]) * span)
            less = one / grow
            t = near + 0.5 * w * (grow - less)
            weight = (rho * GAUSS_WEIGHT[i]) * span * (0.5 * w * (grow + less))
            weight = f64_select(pieces, f64_splat(k), weight, none)
            add_node(x, t, mass - (alpha * rho) * (go - t), weight, &sharp)
    for k in range(3):
        s.a[k] = f64_select(turns, none, sharp.a[k], s.a[k])
        s.b[k] = f64_select(turns, none, sharp.b[k], s.b[k])
        s.c[k] = f64_select(turns, none, sharp.c[k], s.c[k])
        s.d[k] = f64_select(turns, none, sharp.d[k], s.d[k])
    for k in range(6):
        s.k0[k] = f64_select(turns, none, sharp.k0[k], s.k0[k])
        s.k1[k] = f64_select(turns, none, sharp.k1[k], s.k1[k])
        s.k2[k] = f64_select(turns, none, sharp.k2[k], s.k2[k])


cdef inline f64xN f64_asinh(f64xN x) noexcept nogil:
    cdef f64xN size = f64_log(f64_abs(x) + f64_sqrt(x * x + 1.0))
    return f64_select(x, f64_splat(0), size, -size)
