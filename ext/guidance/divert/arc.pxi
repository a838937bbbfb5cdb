# Arcs of a flight in lanes of doubles, and those in which the primer turns over within moments.

cdef inline void integrate_arc(
    const Doubles* x, Doubles go, Doubles duration, Doubles mass, double rho, double alpha,
    Moments* s,
) noexcept nogil:
    """Integrate an arc, in which the primer may turn over within moments."""
    gauss_arc(x, go, duration, mass, rho, alpha, s)
    integrate_turn(x, go, duration, mass, rho, alpha, s)


cdef void integrate_turn(
    const Doubles* x, Doubles go, Doubles duration, Doubles mass, double rho, double alpha,
    Moments* s,
) noexcept nogil:
    """Integrate once more, in the lanes in which the primer turns over within moments.

    Nearest to zero |p| is |q| w, with `near` to go. Where w is short against the arc, time runs as
    near + w sinh(theta): then |p| = |q| w cosh(theta), and the integrands are smooth in theta.
    """
    cdef Moments sharp
    cdef Doubles none = wide_all(0), one = wide_all(1), theta, span, pieces, grow, less, t, weight
    cdef Doubles qq, pq, pp, near, w, turns
    cdef int i, k
    qq = x[0] * x[0] + x[1] * x[1] + x[2] * x[2] + 1e-24
    pq = x[3] * x[0] + x[4] * x[1] + x[2]
    pp = x[3] * x[3] + x[4] * x[4] + 1.0
    near = -pq / qq
    w = pp / qq - near * near
    w = wide_sqrt(wide_pick(w, none, w, none))
    turns = wide_pick(SHARP_SHARE * duration, w, duration, none)
    turns = wide_pick(near, go + SHARP_SHARE * duration, none, turns)
    turns = wide_pick(go - (1.0 + SHARP_SHARE) * duration, near, none, turns)
    if not wide_any_above(turns, none):
        return
    # Lanes that do not turn over go along with numbers that do no harm.
    w = wide_pick(turns, none, w, one)
    duration = wide_pick(turns, none, duration, one)
    go = wide_pick(turns, none, go, one)
    near = wide_pick(turns, none, near, none)
    w = wide_pick(w, 1e-7 * duration, w, 1e-7 * duration)
    theta = wide_asinh((go - near) / w)
    span = theta - wide_asinh((go - duration - near) / w)
    pieces = one
    for k in range(1, MAX_PIECES):
        pieces = pieces + wide_pick(span, wide_all(PIECE_LENGTH * k), one, none)
    span = span / pieces
    clear_moments(&sharp)
    for k in range(MAX_PIECES):
        if not wide_any_above(pieces, wide_all(k)):
            break
        for i in range(NODES):
            grow = wide_exp(theta - (k + GAUSS_AT[i]) * span)
            less = one / grow
            t = near + 0.5 * w * (grow - less)
            weight = (rho * GAUSS_WEIGHT[i]) * span * (0.5 * w * (grow + less))
            weight = wide_pick(pieces, wide_all(k), weight, none)
            add_node(x, t, mass - (alpha * rho) * (go - t), weight, &sharp)
    for k in range(3):
        s.a[k] = wide_pick(turns, none, sharp.a[k], s.a[k])
        s.b[k] = wide_pick(turns, none, sharp.b[k], s.b[k])
        s.c[k] = wide_pick(turns, none, sharp.c[k], s.c[k])
        s.d[k] = wide_pick(turns, none, sharp.d[k], s.d[k])
    for k in range(6):
        s.k0[k] = wide_pick(turns, none, sharp.k0[k], s.k0[k])
        s.k1[k] = wide_pick(turns, none, sharp.k1[k], s.k1[k])
        s.k2[k] = wide_pick(turns, none, sharp.k2[k], s.k2[k])


cdef inline Doubles wide_asinh(Doubles x) noexcept nogil:
    cdef Doubles size = wide_log(wide_abs(x) + wide_sqrt(x * x + 1.0))
    return wide_pick(x, wide_all(0), size, -size)
