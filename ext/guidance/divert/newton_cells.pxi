# Newton's method on a group of neighbouring cells, one in each lane, and their certificate.

cdef struct CellGroup:      # of one group of lanes
    f64xN x[8]
    f64xN kind            # 7 or 8; what is being tried
    f64xN found           # 7 or 8 when done, -1 when lost, 0 before


cdef struct LaneStep:       # a Newton step of a group of lanes, and what is known where it begins
    f64xN dx[8]
    f64xN norm2           # of the residual
    f64xN pq_1            # p . q at t_1; above zero where there is no first burn
    f64xN pq_2
    f64xN switch_integral     # E; zero where there is a first burn


cdef inline void newton_7(const Descent* d, const f64xN* x, NewtonSystem* out) noexcept nogil:
    """Solve the seven equations of least - full."""
    linearise(d, x, 7, out)
    solve_newton_system(out, 7)
    out.system[COL_T1][RHS] = f64_splat(0)


cdef inline void newton_8(const Descent* d, const f64xN* x, NewtonSystem* out) noexcept nogil:
    """Solve the eight equations of full - least - full."""
    linearise(d, x, 8, out)
    solve_newton_system(out, 8)


cdef inline f64xN f64_max(f64xN a, f64xN b) noexcept nogil:
    return f64_select(a, b, a, b)


cdef inline bint newton_step(
    const Descent* d, const CellGroup* at, f64xN busy, LaneStep* step
) noexcept nogil:
    """Compute the step of every lane by its own structure; False where no lane is busy.

    A mask is a vector of doubles: a lane is chosen where it is above zero. `busy` is the kind of
    the lanes that are not done, 0 elsewhere; kinds are 7 and 8, so that 7.5 parts them.
    """
    cdef NewtonSystem one
    cdef NewtonSystem two
    cdef f64xN none = f64_splat(0), yes = f64_splat(1), middle = f64_splat(7.5)
    cdef int i
    if f64_any_above(f64_select(busy, middle, none, busy), none):
        newton_7(d, at.x, &one)
        if f64_any_above(busy, middle):
            newton_8(d, at.x, &two)
            for i in range(8):
                step.dx[i] = f64_select(at.kind, middle, two.system[i][RHS], one.system[i][RHS])
            step.norm2 = f64_select(at.kind, middle, two.residual_norm2, one.residual_norm2)
            step.pq_1 = f64_select(at.kind, middle, two.pq_1, yes)
            step.pq_2 = f64_select(at.kind, middle, two.pq_2, one.pq_2)
            step.switch_integral = f64_select(at.kind, middle, none, one.switch_integral)
        else:
            for i in range(8):
                step.dx[i] = one.system[i][RHS]
            step.norm2 = one.residual_norm2
            step.pq_1 = yes
            step.pq_2 = one.pq_2
            step.switch_integral = one.switch_integral
    elif f64_any_above(busy, none):
        newton_8(d, at.x, &two)
        for i in range(8):
            step.dx[i] = two.system[i][RHS]
        step.norm2 = two.residual_norm2
        step.pq_1 = two.pq_1
        step.pq_2 = two.pq_2
        step.switch_integral = none
    else:
        return False
    return True


cdef inline f64xN take_step(CellGroup* at, f64xN busy, const LaneStep* step) noexcept nogil:
    """Move the busy lanes; return the square of the relative length of the whole step.

    Damped where the step is long: times by 0.3 of the whole, the primer by 2.
    """
    cdef f64xN none = f64_splat(0), moved = f64_splat(0), share = f64_splat(1), part
    cdef f64xN per_time = f64_splat(1) / positive_time(at.x[5])
    cdef int i
    for i in range(3):
        part = step.dx[i] * at.x[5]
        moved = moved + part * part
        share = f64_max(share, 0.5 * f64_abs(part))
    for i in range(3, 5):
        moved = moved + step.dx[i] * step.dx[i]
        share = f64_max(share, 0.5 * f64_abs(step.dx[i]))
    for i in range(5, 8):
        part = step.dx[i] * per_time
        moved = moved + part * part
        share = f64_max(share, f64_abs(part) * (1.0 / 0.3))
    share = f64_splat(1) / share
    share = f64_select(busy, none, share, none)
    for i in range(8):
        at.x[i] = f64_select(busy, none, at.x[i] + share * step.dx[i], at.x[i])
    return moved


cdef inline void certify(
    CellGroup* at, f64xN busy, f64xN moved, const LaneStep* step
) noexcept nogil:
    """Mark the lanes that are solved: found with the certificate's signs, or lost.

    A first burn that is due, or one too many, goes on with the other structure, from the same
    point.
    """
    cdef f64xN none = f64_splat(0), yes = f64_splat(1), middle = f64_splat(7.5), met, due, signs
    # met: 1 where this was the last step
    met = f64_select(f64_splat(NEAR_RESIDUAL * NEAR_RESIDUAL), step.norm2, yes, none)
    met = f64_select(f64_splat(NEAR_STEP * NEAR_STEP), moved, met, none)
    met = f64_select(busy, none, met, none)
    # due: t_1 < 0 of full - least - full, E > 0 of least - full
    due = f64_select(
        at.kind, middle, f64_select(none, at.x[7], yes, none),
        f64_select(step.switch_integral, f64_splat(SIGN_TOLERANCE), yes, none))
    due = f64_select(met, none, due, none)
    # signs: p . q > 0 at t_1, p . q < 0 at t_2, t_1 < t_2 < t_f
    signs = f64_select(none, step.pq_2, f64_select(step.pq_1, none, yes, none), none)
    signs = f64_select(at.x[5], at.x[6], signs, none)
    signs = f64_select(at.x[6], at.x[7], signs, none)
    signs = f64_select(signs, none, at.kind, f64_splat(-1))
    at.found = f64_select(met, due, signs, at.found)
    at.kind = f64_select(due, none, 15.0 - at.kind, at.kind)
    at.x[7] = f64_select(due, none, none, at.x[7])


cdef inline void newton_cells(const Descent* d, CellGroup* at) noexcept nogil:
    """Take Newton steps from at.x until every lane is found with its certificate, or lost."""
    cdef LaneStep step
    cdef f64xN none = f64_splat(0), busy, moved
    cdef int _count
    for _count in range(MAX_STEPS):
        busy = f64_select(f64_abs(at.found), none, none, at.kind)
        if not newton_step(d, at, busy, &step):
            return
        moved = take_step(at, busy, &step)
        certify(at, busy, moved, &step)
    at.found = f64_select(f64_abs(at.found), none, at.found, f64_splat(-1))


cdef inline f64xN positive_time(f64xN t) noexcept nogil:
    """Keep a time from zero."""
    return f64_select(t, f64_splat(1e-6), t, f64_splat(1e-6))
