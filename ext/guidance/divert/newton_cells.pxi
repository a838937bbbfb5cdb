# Newton's method on a group of neighbouring cells, one in each lane, and their certificate.

cdef struct CellGroup:      # of one group of lanes
    Doubles x[8]
    Doubles kind            # 7 or 8; what is being tried
    Doubles found           # 7 or 8 when done, -1 when lost, 0 before


cdef struct LaneStep:       # a Newton step of a group of lanes, and what is known where it begins
    Doubles dx[8]
    Doubles norm2           # of the residual
    Doubles pq_1            # p . q at t_1; above zero where there is no first burn
    Doubles pq_2
    Doubles switch_integral     # E; zero where there is a first burn


cdef inline void newton_7(const Descent* d, const Doubles* x, NewtonSystem* out) noexcept nogil:
    """Solve the seven equations of least - full."""
    linearise(d, x, 7, out)
    solve_newton_system(out, 7)
    out.system[COL_T1][RHS] = wide_all(0)


cdef inline void newton_8(const Descent* d, const Doubles* x, NewtonSystem* out) noexcept nogil:
    """Solve the eight equations of full - least - full."""
    linearise(d, x, 8, out)
    solve_newton_system(out, 8)


cdef inline Doubles wide_max(Doubles a, Doubles b) noexcept nogil:
    return wide_pick(a, b, a, b)


cdef inline bint newton_step(
    const Descent* d, const CellGroup* at, Doubles busy, LaneStep* step
) noexcept nogil:
    """Compute the step of every lane by its own structure; False where no lane is busy.

    A mask is a vector of doubles: a lane is chosen where it is above zero. `busy` is the kind of
    the lanes that are not done, 0 elsewhere; kinds are 7 and 8, so that 7.5 parts them.
    """
    cdef NewtonSystem one
    cdef NewtonSystem two
    cdef Doubles none = wide_all(0), yes = wide_all(1), middle = wide_all(7.5)
    cdef int i
    if wide_any_above(wide_pick(busy, middle, none, busy), none):
        newton_7(d, at.x, &one)
        if wide_any_above(busy, middle):
            newton_8(d, at.x, &two)
            for i in range(8):
                step.dx[i] = wide_pick(at.kind, middle, two.system[i][RHS], one.system[i][RHS])
            step.norm2 = wide_pick(at.kind, middle, two.residual_norm2, one.residual_norm2)
            step.pq_1 = wide_pick(at.kind, middle, two.pq_1, yes)
            step.pq_2 = wide_pick(at.kind, middle, two.pq_2, one.pq_2)
            step.switch_integral = wide_pick(at.kind, middle, none, one.switch_integral)
        else:
            for i in range(8):
                step.dx[i] = one.system[i][RHS]
            step.norm2 = one.residual_norm2
            step.pq_1 = yes
            step.pq_2 = one.pq_2
            step.switch_integral = one.switch_integral
    elif wide_any_above(busy, none):
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


cdef inline Doubles take_step(CellGroup* at, Doubles busy, const LaneStep* step) noexcept nogil:
    """Move the busy lanes; return the square of the relative length of the whole step.

    Damped where the step is long: times by 0.3 of the whole, the primer by 2.
    """
    cdef Doubles none = wide_all(0), moved = wide_all(0), share = wide_all(1), part
    cdef Doubles per_time = wide_all(1) / positive_time(at.x[5])
    cdef int i
    for i in range(3):
        part = step.dx[i] * at.x[5]
        moved = moved + part * part
        share = wide_max(share, 0.5 * wide_abs(part))
    for i in range(3, 5):
        moved = moved + step.dx[i] * step.dx[i]
        share = wide_max(share, 0.5 * wide_abs(step.dx[i]))
    for i in range(5, 8):
        part = step.dx[i] * per_time
        moved = moved + part * part
        share = wide_max(share, wide_abs(part) * (1.0 / 0.3))
    share = wide_all(1) / share
    share = wide_pick(busy, none, share, none)
    for i in range(8):
        at.x[i] = wide_pick(busy, none, at.x[i] + share * step.dx[i], at.x[i])
    return moved


cdef inline void certify(
    CellGroup* at, Doubles busy, Doubles moved, const LaneStep* step
) noexcept nogil:
    """Mark the lanes that are solved: found with the certificate's signs, or lost.

    A first burn that is due, or one too many, goes on with the other structure, from the same
    point.
    """
    cdef Doubles none = wide_all(0), yes = wide_all(1), middle = wide_all(7.5), met, due, signs
    # met: 1 where this was the last step
    met = wide_pick(wide_all(NEAR_RESIDUAL * NEAR_RESIDUAL), step.norm2, yes, none)
    met = wide_pick(wide_all(NEAR_STEP * NEAR_STEP), moved, met, none)
    met = wide_pick(busy, none, met, none)
    # due: t_1 < 0 of full - least - full, E > 0 of least - full
    due = wide_pick(
        at.kind, middle, wide_pick(none, at.x[7], yes, none),
        wide_pick(step.switch_integral, wide_all(SIGN_TOLERANCE), yes, none))
    due = wide_pick(met, none, due, none)
    # signs: p . q > 0 at t_1, p . q < 0 at t_2, t_1 < t_2 < t_f
    signs = wide_pick(none, step.pq_2, wide_pick(step.pq_1, none, yes, none), none)
    signs = wide_pick(at.x[5], at.x[6], signs, none)
    signs = wide_pick(at.x[6], at.x[7], signs, none)
    signs = wide_pick(signs, none, at.kind, wide_all(-1))
    at.found = wide_pick(met, due, signs, at.found)
    at.kind = wide_pick(due, none, 15.0 - at.kind, at.kind)
    at.x[7] = wide_pick(due, none, none, at.x[7])


cdef inline void newton_cells(const Descent* d, CellGroup* at) noexcept nogil:
    """Take Newton steps from at.x until every lane is found with its certificate, or lost."""
    cdef LaneStep step
    cdef Doubles none = wide_all(0), busy, moved
    cdef int _count
    for _count in range(MAX_STEPS):
        busy = wide_pick(wide_abs(at.found), none, none, at.kind)
        if not newton_step(d, at, busy, &step):
            return
        moved = take_step(at, busy, &step)
        certify(at, busy, moved, &step)
    at.found = wide_pick(wide_abs(at.found), none, at.found, wide_all(-1))


cdef inline Doubles positive_time(Doubles t) noexcept nogil:
    """Keep a time from zero."""
    return wide_pick(t, wide_all(1e-6), t, wide_all(1e-6))
