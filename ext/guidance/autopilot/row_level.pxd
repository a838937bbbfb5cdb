"""The polynomial to a row's target, whether it has room to fly in, and what flies without room.

From every place of a descent full thrust, upright, has to stop the fall above the ground. A
polynomial is flown ahead with that in mind; where none with any time-to-go keeps it, the lander
brakes and stays as level as that allows, until one has room again.
"""

from libc.stdint cimport int64_t

from farside.ext.guidance.autopilot.records cimport (
    MAJOR_EVERY, AutopilotState, AutopilotTable, Estimate, PhaseRow, crossed,
)
from farside.ext.guidance.autopilot.planner cimport (
    MODE_LEVEL, MODE_POLYNOMIAL, REASON_MISSES, REASON_NEAR_END, REASON_NO_ROOM,
)
from farside.ext.guidance.laws.polynomial cimport fractional_polynomial, limit_thrust
from farside.ext.common.vector cimport Vec3, axpy, clamp, finite, norm, scale, vec, vec_from


cdef enum:
    MARGIN_STEPS = 16         # in which a polynomial is flown ahead
    MARGIN_TIMES = 9          # times-to-go that are tried
    END_SPEED_MPS = 10     # that a flight ahead may end with, against the target


cdef inline Vec3 polynomial_demand(
        const AutopilotTable* t, const AutopilotState* s, const PhaseRow* row,
        Vec3 r, Vec3 v, Vec3 g, double com_height, double t_go) noexcept nogil:
    """The polynomial's thrust acceleration towards a row's target, or the place short of it."""
    cdef Vec3 arrival = vec_from(t.arrival_site)
    cdef Vec3 target = vec_from(s.site)
    cdef Vec3 v_target = scale(row.horizontal_mps, arrival)
    target.x += s.short_m[0]
    target.y += s.short_m[1]
    target.z += row.altitude_m + com_height
    target = axpy(-row.range_m, arrival, target)
    v_target.z += row.vertical_mps
    return fractional_polynomial(
        r, v, target, v_target, scale(-1.0, g), g, t_go, row.gamma, row.kr)


cdef inline double stopping(double vertical_mps, double full_mps2, Vec3 g) noexcept nogil:
    """How far a fall still goes under 0.95 of full thrust, upright [m]."""
    cdef double net = max(0.95 * full_mps2 - norm(g), 0.01)
    return 0.5 * vertical_mps * vertical_mps / net if vertical_mps < 0.0 else 0.0


cdef inline bint keeps_stopping_margin(
        const AutopilotTable* t, const AutopilotState* s, const PhaseRow* row,
        Vec3 r, Vec3 v, Vec3 g, double com_height, double full_mps2, double t_go,
        double spare_m) noexcept nogil:
    """Whether the polynomial, flown ahead inside its limits, can always stop above the ground.

    And whether it ends slowly.
    """
    cdef double h = t_go / MARGIN_STEPS, ground = s.site[2] + com_height + spare_m
    cdef Vec3 a, up = vec(0.0, 0.0, 1.0)
    cdef int k
    for k in range(MARGIN_STEPS):
        # Written so that a NaN has no room.
        if not r.z - stopping(v.z, full_mps2, g) > ground:
            return False
        a = limit_thrust(
            polynomial_demand(t, s, row, r, v, g, com_height, t_go - k * h), up, full_mps2,
            0.4 * norm(g), row.tan_tilt).a
        a = axpy(1.0, g, a)
        r = axpy(h, v, axpy(0.5 * h * h, a, r))
        v = axpy(h, a, v)
    v.x -= row.horizontal_mps * t.arrival_site[0]
    v.y -= row.horizontal_mps * t.arrival_site[1]
    return r.z - stopping(v.z, full_mps2, g) > ground and norm(v) < END_SPEED_MPS


cdef inline double time_with_stopping_margin(
        const AutopilotTable* t, const AutopilotState* s, const PhaseRow* row,
        Vec3 r, Vec3 v, Vec3 g, double com_height, double full_mps2, double t_go,
        double spare_m) noexcept nogil:
    """A time-to-go with room: the one given, or one about the row's duration; -1: none has."""
    cdef double longer = 0.2 * row.duration_s
    cdef int _k
    for _k in range(MARGIN_TIMES):
        if t_go > 0.0 and keeps_stopping_margin(
                t, s, row, r, v, g, com_height, full_mps2, t_go, spare_m):
            return t_go
        t_go = longer
        longer *= 1.4
    return -1.0


cdef inline void hand_over(AutopilotState* s) noexcept nogil:
    """From a plan to the polynomial, whose target is where the plan would have ended."""
    s.link = MODE_POLYNOMIAL
    s.time_to_go_s = -1.0
    if s.reason == REASON_NEAR_END and s.planner.flown.reason == REASON_MISSES:
        s.short_m[0] = s.planner.flown.knots.miss_m[0]
        s.short_m[1] = s.planner.flown.knots.miss_m[1]


cdef inline bint must_brake(
        const AutopilotTable* t, AutopilotState* s, const PhaseRow* row, Vec3 r, Vec3 v, Vec3 g,
        double com_height, double full_mps2, int64_t tick, bint fresh) noexcept nogil:
    """Whether to brake because no polynomial has room; else its time-to-go is one that has.

    Looked at once a second, while there is time to change; and at once where one begins.
    """
    cdef bint braking = s.link == MODE_LEVEL
    cdef double t_go
    if not (braking or fresh or (
            crossed(s.tick, tick, MAJOR_EVERY) and s.time_to_go_s >= t.turn_time_s)):
        return False
    # To leave off braking takes more room than to go on without it.
    t_go = time_with_stopping_margin(
        t, s, row, r, v, g, com_height, full_mps2,
        row.duration_s if braking else s.time_to_go_s, 15.0 if braking else 5.0)
    if t_go > 0.0:
        if braking:
            s.link = MODE_POLYNOMIAL
        if t_go != s.time_to_go_s:
            s.tracks = 0
            s.time_to_go_s = t_go
        return False
    s.link = MODE_LEVEL
    s.reason = REASON_NO_ROOM
    # The phase does not end so.
    s.time_to_go_s = max(row.duration_s, row.exit_value + 1.0)
    return True


cdef inline Vec3 brake_to_vertical(
        const AutopilotTable* t, const AutopilotState* s, const PhaseRow* row, const Estimate* e,
        Vec3 r, Vec3 v, Vec3 g, double com_height, double full_mps2,
        double* tan_tilt) noexcept nogil:
    """Brake: upwards what the ground needs, sideways with the rest, upright before it comes.

    Four fifths of full thrust are enough upwards where there is room to stop; where there is none,
    all of it: against the velocity it would take no more out of an impact, and come down leaning.
    The cone about the vertical closes over the last 30 m, or the last 3 s of a fall.
    """
    cdef double height = r.z - s.site[2] - com_height, weight = norm(g), need = 0.0, open
    cdef Vec3 a
    if finite(e.height_m):
        height = min(height, e.height_m)
    if v.z < 0.0:
        need = weight + 0.5 * v.z * v.z / max(height - 5.0, 1.0)
    a = scale(-0.6, v)
    a.z = max(min(weight - 0.6 * v.z, 0.8 * full_mps2), 1.1 * need)
    if e.contact != 0:
        a = vec(0.0, 0.0, 0.0)
    open = clamp(min(height / 30.0, height / (3.0 * max(-v.z, 1.0))), 0.0, 1.0)
    tan_tilt[0] = open * row.tan_tilt + (1.0 - open) * min(row.tan_tilt, t.tan_hold_tilt)
    return a
