"""Whether a polynomial can always stop above the ground, and the brake that flies where none can.

States of a row of law optimal (mode), with the reason of each change:

    OPTIMAL, CONSTRAINED --near its end, or no plan--> POLYNOMIAL
    POLYNOMIAL --plan found after NO_PLAN--> OPTIMAL, CONSTRAINED
    POLYNOMIAL --no time-to-go keeps the margin (NO_ROOM)--> LEVEL
    LEVEL --one keeps the larger margin--> POLYNOMIAL;  --plan found--> OPTIMAL, CONSTRAINED

The margin: at every place of the flight ahead, full thrust, upright, stops the fall above the
ground,

    z - vz^2 / (2 (share T_max / m - |g|)) > ground + spare     while vz < 0.
"""

from farside.ext.guidance.autopilot._codes cimport (
    MODE_LEVEL, MODE_POLYNOMIAL, REASON_MISSES, REASON_NEAR_END, REASON_NO_ROOM,
)
from farside.ext.guidance.autopilot.guidance_state cimport GuidanceState
from farside.ext.guidance.autopilot.late cimport major_ticks
from farside.ext.guidance.autopilot.records cimport (
    AutopilotState, AutopilotTable, PhaseRow, crossed,
)
from farside.ext.guidance.records.command cimport Estimate
from farside.ext.guidance.autopilot.row_polynomial cimport advance, polynomial_demand
from farside.ext.guidance.laws.polynomial cimport limit_thrust
from farside.ext.common.vector cimport Vec3, axpy, clamp, finite, norm, scale, vec


cdef enum:
    MARGIN_STEPS = 16       # in which a polynomial is flown ahead: a method's, not a gain


cdef inline double stopping_distance(
        const AutopilotTable* t, const GuidanceState* at) noexcept nogil:
    """How far a fall still goes under full thrust, less a share, upright [m]."""
    # 0.01 m/s^2 keeps the quotient finite where thrust is below the weight
    cdef double net = max(t.gains.level.thrust_share * at.full_mps2 - norm(at.g), 0.01)
    return 0.5 * at.v.z * at.v.z / net if at.v.z < 0.0 else 0.0


cdef inline bint keeps_stopping_margin(
        const AutopilotTable* t, const AutopilotState* s, const PhaseRow* row,
        const GuidanceState* now, double t_go, double spare_m) noexcept nogil:
    """Whether the polynomial, flown ahead inside its limits, can always stop above the ground.

    And whether it ends slowly.
    """
    cdef double h = t_go / MARGIN_STEPS, ground = s.site[2] + now.com_height + spare_m
    cdef GuidanceState at = now[0]
    cdef Vec3 a, up = vec(0.0, 0.0, 1.0)
    cdef int k
    for k in range(MARGIN_STEPS):
        # Written so that a NaN keeps no margin.
        if not at.r.z - stopping_distance(t, &at) > ground:
            return False
        a = limit_thrust(
            polynomial_demand(t, s, row, &at, t_go - k * h), up, now.full_mps2,
            t.gains.least_up_share * norm(now.g), row.tan_tilt).a
        advance(&at, h, axpy(1.0, now.g, a))
    at.v.x -= row.horizontal_mps * t.arrival_site[0]
    at.v.y -= row.horizontal_mps * t.arrival_site[1]
    return at.r.z - stopping_distance(t, &at) > ground and norm(at.v) < t.gains.level.end_speed_mps


cdef inline double time_with_stopping_margin(
        const AutopilotTable* t, const AutopilotState* s, const PhaseRow* row,
        const GuidanceState* now, double t_go, double spare_m) noexcept nogil:
    """A time-to-go with margin: the one given, or one about the row's duration; -1: none."""
    cdef double longer = t.gains.level.first_share * row.duration_s
    cdef int _k
    for _k in range(t.counts.margin_tries):
        if t_go > 0.0 and keeps_stopping_margin(t, s, row, now, t_go, spare_m):
            return t_go
        t_go = longer
        longer *= t.gains.level.stretch
    return -1.0


cdef inline void hand_over(AutopilotState* s) noexcept nogil:
    """From a plan to the polynomial, whose target is where the plan would have ended."""
    s.link = MODE_POLYNOMIAL
    s.time_to_go_s = -1.0
    if s.reason == REASON_NEAR_END and s.planner.flown.reason == REASON_MISSES:
        s.short_m[0] = s.planner.flown.knots.miss_m[0]
        s.short_m[1] = s.planner.flown.knots.miss_m[1]


cdef inline bint must_brake(
        const AutopilotTable* t, AutopilotState* s, const PhaseRow* row, const GuidanceState* now,
        bint fresh) noexcept nogil:
    """Whether to brake because no polynomial keeps its margin; else its time-to-go does.

    Checked once a major cycle, while there is time to change; and at once where one begins.
    """
    cdef bint braking = s.link == MODE_LEVEL
    cdef double t_go
    if not (braking or fresh or (
            crossed(s.tick, now.tick, major_ticks(t, s))
            and s.time_to_go_s >= t.gains.polynomial.turn_time_s)):
        return False
    # To leave off braking takes more margin than to go on without it.
    t_go = time_with_stopping_margin(
        t, s, row, now, row.duration_s if braking else s.time_to_go_s,
        t.gains.level.leave_spare_m if braking else t.gains.level.spare_m)
    if t_go > 0.0:
        if braking:
            s.link = MODE_POLYNOMIAL
        if t_go != s.time_to_go_s:
            s.tracks = 0
            s.time_to_go_s = t_go
        return False
    s.link = MODE_LEVEL
    s.reason = REASON_NO_ROOM
    # A second above the exit's time: the phase does not end so.
    s.time_to_go_s = max(row.duration_s, row.exit_value + 1.0)
    return True


cdef inline Vec3 brake_to_vertical(
        const AutopilotTable* t, const AutopilotState* s, const PhaseRow* row,
        const GuidanceState* now, double* tan_tilt) noexcept nogil:
    """Brake: upwards what the ground needs, sideways with the rest, upright before touchdown.

    a_z = max(min(|g| - k vz, share T_max / m), margin (|g| + vz^2 / (2 (h - h_0)))), a_xy = -k v_xy

    The vertical share limits the thrust while the stopping distance is below the height. Beyond
    that all of it goes upwards: against the velocity it would reduce an impact no more, and the
    lander would touch down tilted. The cone about the vertical closes over the last upright_m, or
    the last upright_s of a fall.
    """
    cdef const Estimate* e = now.estimate
    cdef double height = now.r.z - s.site[2] - now.com_height, weight = norm(now.g), need = 0.0
    cdef double open
    cdef Vec3 a
    if finite(e.height_m):
        height = min(height, e.height_m)
    if now.v.z < 0.0:
        # A metre and a metre a second keep the quotients finite.
        need = weight + 0.5 * now.v.z * now.v.z / max(height - t.gains.level.ground_m, 1.0)
    a = scale(-t.gains.level.velocity_per_s, now.v)
    a.z = max(
        min(weight - t.gains.level.velocity_per_s * now.v.z,
            t.gains.level.vertical_share * now.full_mps2),
        t.gains.level.stop_margin * need)
    if s.touch.contact != 0:
        a = vec(0.0, 0.0, 0.0)
    open = clamp(
        min(height / t.gains.level.upright_m,
            height / (t.gains.level.upright_s * max(-now.v.z, 1.0))), 0.0, 1.0)
    tan_tilt[0] = open * row.tan_tilt + (1.0 - open) * min(row.tan_tilt, t.gains.hover.tan_tilt)
    return a
