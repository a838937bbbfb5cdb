"""The classic laws as rows of the phase table: trim, P63 and P64, P65, E-guidance; and hold.

Apollo's rows run in passes of their own cycle; between passes thrust and direction are held. Their
states count from the base of the lander, and from the touchdown target.

Two things are not Apollo's. Where the quadratic would throttle down too late to end at its target,
the target moves along the track (throttle_recovery.pxd). And a fall that P65's time constant does
not stop above the ground is stopped at the rate that does.
"""

from farside.ext.guidance.autopilot._codes cimport (
    EXIT_HEIGHT, LAW_TRIM, STATUS_LIMITED, STATUS_NO_SOLUTION, STATUS_OK,
)
from farside.ext.guidance.laws.attitude cimport pointing
from farside.ext.guidance.autopilot.guidance_state cimport GuidanceState
from farside.ext.guidance.autopilot.records cimport AutopilotState, AutopilotTable, PhaseRow
from farside.ext.guidance.autopilot.throttle_recovery cimport beyond_recovery
from farside.ext.guidance.autopilot.track cimport move_aim
from farside.ext.guidance.autopilot.unsure_height cimport searching_mps
from farside.ext.guidance.laws.apollo cimport (
    GuidanceFrame, TimeToTarget, apollo_quadratic, best_time, at_full_throttle, guidance_frame,
    null_velocity, saturate, time_to_target, zem_zev,
)
from farside.ext.guidance.autopilot.row_lean cimport names_axis, row_axis
from farside.ext.common.vector cimport (
    Vec3, axpy, clamp, cross, dot, finite, norm, quat_from, quat_to, rotate, scale, sub, unit, vec,
    vec_from, vec_to,
)


cdef extern from *:
    """
    #define LATE_S 0.1              /* a guidance tick */
    """
    const double LATE_S


cdef inline void set_throttle(
        const AutopilotTable* t, AutopilotState* s, double wanted_n) noexcept nogil:
    """Full or throttled, never between throttle_low_n and full."""
    s.at_full_throttle = at_full_throttle(
        s.at_full_throttle != 0, wanted_n, t.throttle_low_n, t.throttle_high_n)
    s.throttle_n = t.thrust_max_n
    if not s.at_full_throttle:
        s.throttle_n = clamp(wanted_n / s.thrust_scale, t.thrust_min_n, t.thrust_max_n)


cdef inline void point(
        const AutopilotTable* t, AutopilotState* s, Vec3 a, Vec3 up) noexcept nogil:
    """Thrust along a; body x down while it brakes, then along the heading."""
    # While the thrust is nearly level the heading lies along it, and gives no direction.
    cdef Vec3 towards = vec_from(s.heading_site)
    if dot(a, up) < t.gains.attitude.heading_cos * norm(a):
        towards = scale(-1.0, up)
    vec_to(a, s.a_wanted)
    quat_to(pointing(a, towards), s.wanted)


cdef inline Vec3 target_up(const AutopilotTable* t, const AutopilotState* s) noexcept nogil:
    """The vertical at the touchdown target: the site's, until that has moved along the track."""
    if s.aim_m > 0.0:
        return unit(vec(s.site[0], s.site[1], s.site[2] + t.radius_m), vec(0.0, 0.0, 1.0))
    return vec(0.0, 0.0, 1.0)


cdef inline int apollo_pass(
        const AutopilotTable* t, AutopilotState* s, const PhaseRow* row,
        const GuidanceState* now) noexcept nogil:
    """One pass of P63 or P64; in trim the next row's direction at the engine's least thrust."""
    cdef bint trim = row.law == LAW_TRIM
    cdef const PhaseRow* to = row
    cdef Vec3 up = target_up(t, s)
    cdef Vec3 base, a
    cdef GuidanceFrame frame
    cdef TimeToTarget time
    cdef double guess = s.time_to_go_s
    cdef double left = 0.0
    if trim:
        to = &t.row[s.phase + 1 if s.phase + 1 < t.phases else s.phase]
        left = max(row.duration_s - now.elapsed_s, 0.0)
    if trim or guess <= 0.0:
        guess = to.duration_s + left
        if to.later_s > 0.0:
            guess = s.last_to_go_s + to.later_s
    base = axpy(-now.com_height, up, sub(now.r, vec_from(s.site)))
    # CGCALC: the plane of the flight to come, until little of it is left.
    if guess > to.frame_hold_s:
        frame = guidance_frame(base, now.v, up, vec_from(t.arrival_site), to.frame_gain, -guess)
        vec_to(frame.along, s.frame_along)
    frame.up = up
    frame.along = vec_from(s.frame_along)
    frame.across = cross(frame.along, up)
    time = time_to_target(&to.target, base, now.v, &frame, -guess)
    if not time.found:
        # Alarm 1406: the pass is skipped, what was commanded goes on.
        s.time_to_go_s = guess if not trim else left
        return STATUS_NO_SOLUTION
    a = apollo_quadratic(&to.target, &frame, base, now.v, now.g, time.t, to.lead_s)
    if trim:
        s.time_to_go_s = left
        s.throttle_n = t.thrust_min_n
    else:
        s.time_to_go_s = -time.t
        # The throttle takes what was wanted, the attitude what is left of it (AFCCALC).
        set_throttle(t, s, now.mass_kg * norm(a))
        # Until the scale of the thrust has been measured over four of its time constants.
        if s.at_full_throttle and now.elapsed_s * t.gains.thrust.gain_per_s >= 4.0:
            move_aim(t, s, beyond_recovery(
                t, row, now, vec_from(s.site), base, &frame, time.t))
    point(t, s, saturate(a, &frame, now.full_mps2), up)
    return STATUS_LIMITED if s.at_full_throttle and not trim else STATUS_OK


cdef inline double stop_demand(
        const AutopilotTable* t, const AutopilotState* s, const PhaseRow* row,
        const GuidanceState* now) noexcept nogil:
    """Vertical thrust acceleration that brings a fall to the row's rate at the row's height.

    a = margin (|g| + (v^2 - v_t^2) / (2 (h - h_exit))); 0 while there is room to stop without it:
    full thrust, less a share, stops shorter. Two lags of the engine pass before it is there.
    """
    cdef double fall = -dot(now.v, now.up), rate = -row.vertical_mps, weight = norm(now.g)
    cdef double left = now.r.z - s.site[2] - now.com_height, over, net
    if finite(now.estimate.height_m):
        left = min(left, now.estimate.height_m)
    if row.exit == EXIT_HEIGHT:
        left -= row.exit_value
    over = 0.5 * (fall * fall - rate * rate)
    net = max(t.gains.level.thrust_share * now.full_mps2 - weight, 0.01)
    if not (fall > rate and (s.aimed or (
            left - fall * (2.0 * t.engine_lag_s + LATE_S) <= t.gains.level.stop_margin * over / net
    ))):
        return 0.0
    return t.gains.level.stop_margin * (weight + over / max(left, 0.1))


cdef inline int null_velocity_pass(
        const AutopilotTable* t, AutopilotState* s, const PhaseRow* row,
        const GuidanceState* now, bint due) noexcept nogil:
    """One pass of P65: to a steady rate of descent without horizontal speed.

    Not due: only a stop is looked for, which does not wait for the row's cycle.
    """
    cdef double climb_mps = searching_mps(
        t, s, row, now, now.r.z - s.site[2] - now.com_height)
    cdef Vec3 a = null_velocity(now.v, scale(climb_mps, now.up), now.g, row.tau_s)
    # Where the ground may lie lower or higher there is no height to stop above.
    cdef double stop = stop_demand(t, s, row, now) if s.unsure_m <= 0.0 else 0.0
    cdef bint stopped = s.aimed != 0
    cdef GuidanceFrame frame
    s.aimed = stop > dot(a, now.up)
    if not (due or s.aimed or stopped):
        return s.last.status
    if s.aimed:
        a = axpy(stop - dot(a, now.up), now.up, a)
    frame.up = now.up
    frame.along = vec_from(s.frame_along)
    frame.across = cross(frame.along, now.up)
    s.time_to_go_s = 0.0
    set_throttle(t, s, now.mass_kg * norm(a))
    point(t, s, saturate(a, &frame, now.full_mps2), now.up)
    return STATUS_LIMITED if s.at_full_throttle else STATUS_OK


cdef inline Vec3 e_guidance_demand(
        const AutopilotTable* t, AutopilotState* s, const PhaseRow* row, const GuidanceState* now,
        Vec3 target) noexcept nogil:
    """E-guidance to rest at a target, in the time that costs it least."""
    cdef Vec3 zero = vec(0.0, 0.0, 0.0)
    if s.time_to_go_s < 0.0 or not s.aimed:
        s.time_to_go_s = best_time(sub(now.r, target), now.v, now.g, row.time_weight)
        s.aimed = 1
    return zem_zev(
        now.r, now.v, target, zero, now.g, max(s.time_to_go_s, t.gains.polynomial.shortest_s))


cdef inline int hold_pass(
        const AutopilotTable* t, AutopilotState* s, const PhaseRow* row,
        const GuidanceState* now) noexcept nogil:
    """One pass of an attitude hold: a thrust axis against the local level, and a steady throttle.

    Without an axis the reference attitude of the entry is held, without a throttle its thrust.
    """
    cdef Vec3 up = now.up, axis
    if not s.aimed:
        s.aimed = 1
        s.throttle_n = s.last.thrust_n
        if row.throttle >= 0.0:
            s.throttle_n = row.throttle * t.thrust_max_n
        quat_to(s.reference.q_site_body, s.wanted)
    if names_axis(row):
        axis = row_axis(row, up)
        point(t, s, axis, up)
    else:
        axis = rotate(quat_from(s.wanted), vec(0.0, 0.0, 1.0))
    # Where the engine is off the direction stays that of the axis.
    vec_to(scale(max(s.throttle_n * s.thrust_scale / now.mass_kg, 1e-6), axis), s.a_wanted)
    return STATUS_OK
