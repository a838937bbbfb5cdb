"""The fractional polynomial to a row's target: its demand, its time-to-go, and its last seconds.

    t_go   time-to-go, the row's duration at first, stretched until the command fits
    a      thrust acceleration of Lu's law (laws/polynomial.pxd)
    turn   below this time-to-go the horizontal gains, which grow as 1 / t_go^2, grow no more
"""

from farside.ext.guidance.autopilot.guidance_state cimport GuidanceState
from farside.ext.guidance.autopilot.records cimport AutopilotState, AutopilotTable, PhaseRow
from farside.ext.guidance.autopilot.unsure_height cimport aim_altitude
from farside.ext.guidance.laws.fictitious_target cimport FictitiousTarget, fictitious_target
from farside.ext.guidance.laws.polynomial cimport fractional_polynomial, target_state
from farside.ext.common.types cimport TICK_HZ
from farside.ext.common.vector cimport (
    Vec3, axpy, dot, norm, scale, sub, vec, vec_from, vec_to,
)


cdef enum:
    AHEAD = 12              # steps in which a polynomial is flown ahead: a method's, not a gain


cdef inline Vec3 polynomial_demand(
        const AutopilotTable* t, const AutopilotState* s, const PhaseRow* row,
        const GuidanceState* now, double t_go) noexcept nogil:
    """The polynomial's thrust acceleration towards a row's target, or the place short of it."""
    cdef Vec3 arrival = vec_from(t.arrival_site)
    cdef Vec3 target = vec_from(s.site)
    cdef Vec3 v_target = scale(row.horizontal_mps, arrival)
    target.x += s.short_m[0]
    target.y += s.short_m[1]
    target.z += aim_altitude(s, row) + now.com_height
    target = axpy(-row.range_m, arrival, target)
    v_target.z += row.vertical_mps
    return fractional_polynomial(
        now.r, now.v, target_state(target, v_target, scale(-1.0, now.g)), now.g, t_go, row.gamma,
        row.kr)


cdef inline void advance(GuidanceState* at, double h, Vec3 a) noexcept nogil:
    """Move a state on by h seconds of a constant acceleration: r + h v + h^2 a / 2, v + h a."""
    at.r = axpy(h, at.v, axpy(0.5 * h * h, a, at.r))
    at.v = axpy(h, a, at.v)


cdef inline Vec3 tracked_demand(
        const AutopilotTable* t, AutopilotState* s, const PhaseRow* row,
        const GuidanceState* now) noexcept nogil:
    """The polynomial's demand near its end, where sideways its gains may grow no more.

    The lander must tilt before it accelerates sideways, and gains that grow as 1 / t_go^2 are too
    fast for that. A reference point without this lag flies the polynomial from where the turn time
    was left; the lander tracks the point with the gains of that moment, K_r = kr / turn^2 and
    K_v = (gamma + 1 + kr / (gamma + 2)) / turn, its demand ahead in time by the attitude's lag.
    """
    cdef double t_go = max(s.time_to_go_s, t.gains.polynomial.shortest_s)
    cdef double turn = t.gains.polynomial.turn_time_s
    cdef double h, lead = min(t.gains.polynomial.lag_s, 0.5 * t_go)
    cdef Vec3 a = polynomial_demand(t, s, row, now, t_go), across, error
    cdef GuidanceState point = now[0]
    if s.tracks:
        point.r = vec_from(s.point_r)
        point.v = vec_from(s.point_v)
    else:
        s.tracks = 1
        s.point_tick = now.tick
    h = (now.tick - s.point_tick) / <double> TICK_HZ
    advance(&point, h, axpy(1.0, now.g, polynomial_demand(t, s, row, &point, t_go + h)))
    s.point_tick = now.tick
    vec_to(point.r, s.point_r)
    vec_to(point.v, s.point_v)
    # K_r and K_v: the gains of place and speed that the polynomial has when the turn time is left.
    error = axpy(
        row.kr / (turn * turn), sub(point.r, now.r),
        scale((row.gamma + 1.0 + row.kr / (row.gamma + 2.0)) / turn, sub(point.v, now.v)))
    advance(&point, lead, axpy(1.0, now.g, polynomial_demand(t, s, row, &point, t_go)))
    across = polynomial_demand(t, s, row, &point, t_go - lead)
    a.x = across.x + error.x
    a.y = across.y + error.y
    return a


cdef inline Vec3 fictitious_target_demand(
        const AutopilotTable* t, AutopilotState* s, const PhaseRow* row,
        const GuidanceState* now) noexcept nogil:
    """The same, aimed beyond the target: the fictitious end is found once for each target."""
    cdef Vec3 arrival = vec_from(t.arrival_site)
    cdef Vec3 target = vec_from(s.site)
    cdef Vec3 v_target = scale(row.horizontal_mps, arrival)
    cdef FictitiousTarget end
    target.z += aim_altitude(s, row) + now.com_height
    target = axpy(-row.range_m, arrival, target)
    v_target.z += row.vertical_mps
    if not s.aimed:
        end = fictitious_target(
            now.r, now.v, target_state(target, v_target, vec(0.0, 0.0, 0.0)), s.time_to_go_s,
            row.beyond_s, row.gamma, row.kr)
        vec_to(end.r, s.beyond_r)
        vec_to(end.v, s.beyond_v)
        s.aimed = 1
    return fractional_polynomial(
        now.r, now.v,
        target_state(vec_from(s.beyond_r), vec_from(s.beyond_v), scale(-1.0, now.g)), now.g,
        max(s.time_to_go_s, 0.0) + row.beyond_s, row.gamma, row.kr)


cdef inline double initial_time_to_go(
        const AutopilotTable* t, const AutopilotState* s, const PhaseRow* row,
        const GuidanceState* now) noexcept nogil:
    """The row's duration, or as much longer as the first command needs to fit the limits."""
    cdef double t_go = row.duration_s
    cdef double share = t.gains.polynomial.first_thrust_share
    cdef Vec3 a
    cdef int _try
    cdef double up
    for _try in range(t.counts.first_tries):
        a = polynomial_demand(t, s, row, now, t_go)
        up = a.z
        a.z = 0.0
        if up * up + dot(a, a) <= share * share * now.full_mps2 * now.full_mps2 and (
                norm(a) <= t.gains.polynomial.first_tilt_share * row.tan_tilt
                * max(up, norm(now.g))):
            break
        t_go *= t.gains.polynomial.first_stretch
    return t_go


cdef inline double constraint_violation(
        const AutopilotTable* t, const AutopilotState* s, const PhaseRow* row,
        const GuidanceState* now, double t_go, double violation_limit) noexcept nogil:
    """The greatest violation of thrust and tilt limits along the polynomial, flown ahead.

    Squared, 1 at the limits: (|a| / (share T_max / m))^2, (|a_xy| / (tan(tilt) a_z))^2 and
    (a_least / a_z)^2. Where it passes `violation_limit`, the rest is not evaluated.
    """
    cdef double h = t_go / AHEAD, share = t.gains.polynomial.thrust_share
    cdef double most = 0.0, least_mps2 = t.gains.least_up_share * norm(now.g), up
    cdef GuidanceState at = now[0]
    cdef Vec3 a
    cdef int k
    for k in range(AHEAD - 1):
        a = polynomial_demand(t, s, row, &at, t_go - k * h)
        # a hundredth keeps the quotients finite
        up = max(a.z, 0.01 * least_mps2)
        most = max(most, dot(a, a) / (share * share * now.full_mps2 * now.full_mps2))
        most = max(most, (a.x * a.x + a.y * a.y) / (row.tan_tilt * row.tan_tilt * up * up))
        most = max(most, least_mps2 * least_mps2 / (up * up))
        if most > violation_limit:
            break
        advance(&at, h, axpy(1.0, now.g, a))
    return most


cdef inline double feasible_time_to_go(
        const AutopilotTable* t, const AutopilotState* s, const PhaseRow* row,
        const GuidanceState* now, double t_go) noexcept nogil:
    """The shortest time-to-go, from the one given up, that keeps the polynomial in its limits.

    Where none of those tried does, the one with the least violation.
    """
    cdef double least = 1e30, best = t_go, step = t.gains.polynomial.stretch_step, found
    cdef int k
    for k in range(t.counts.stretch_tries):
        found = constraint_violation(t, s, row, now, (1.0 + step * k) * t_go, least)
        if found < least:
            least = found
            best = (1.0 + step * k) * t_go
        if least <= 1.0:
            break
    return best


cdef inline bint begin_polynomial(
        const AutopilotTable* t, AutopilotState* s, const PhaseRow* row, const GuidanceState* now,
        double t_go) noexcept nogil:
    """Choose a time-to-go where there is none; t_go is that of a plan flown until now, or -1."""
    if s.time_to_go_s >= 0.0:
        return False
    if t_go > 0.0:
        s.time_to_go_s = feasible_time_to_go(t, s, row, now, t_go)
    else:
        s.time_to_go_s = initial_time_to_go(t, s, row, now)
    return True


cdef inline Vec3 polynomial_pass(
        const AutopilotTable* t, AutopilotState* s, const PhaseRow* row,
        const GuidanceState* now) noexcept nogil:
    """The demand of one guidance tick: beyond the target, to it, or tracked over the last turn."""
    if row.beyond_s > 0.0:
        return fictitious_target_demand(t, s, row, now)
    if s.time_to_go_s >= t.gains.polynomial.turn_time_s:
        s.tracks = 0
        return polynomial_demand(t, s, row, now, s.time_to_go_s)
    return tracked_demand(t, s, row, now)
