"""One tick of the autopilot, in eight steps:

    estimate_valid     else fail_safe_hold: the last attitude and thrust, no torque
    advance_phase      the exit of the row that is flown; the next row, or complete
    watch_late         ticks that were missed, and what is left out for them
    watch_couples      thrusters that have failed
    measure_thrust     what the engine gives over what it was commanded
    guide              at 10 Hz, or in the row's cycle: the row's law (row_law.pxd)
    steer_attitude     at 100 Hz: slew the reference, torque towards it
    command_finite     else the tick is undone and answered as a bad estimate

One source for the extension, the closed loop and the C library. Nothing here allocates or raises;
the outputs are finite and inside the limits for any input.
"""

from libc.math cimport fabs
from libc.stdint cimport int64_t
from libc.string cimport memcpy, memset

from farside.ext.guidance.autopilot._codes cimport (
    CAUSE_COMMAND, LAW_BRAKING, LAW_HOLD, LAW_NULL_VELOCITY, LAW_OFF, LAW_TRIM, MODE_NONE,
    REASON_NONE, STATUS_BAD_INPUT, STATUS_COMPLETE, STATUS_OK,
)
from farside.ext.guidance.records.gains cimport EstimateLimits, ThrustGains
from farside.ext.guidance.autopilot.abort_flight cimport fly_abort
from farside.ext.guidance.autopilot.abort_watch cimport watch_abort
from farside.ext.guidance.autopilot.couples cimport (
    couples_start, heading_free, kept_rate, lighting, liquid_now, rate_repeats, reallocated,
    stoppable, wanted_now, watch_couples,
)
from farside.ext.guidance.autopilot.cutoff cimport on_ground
from farside.ext.guidance.autopilot.guidance_state cimport GuidanceState, guidance_state
from farside.ext.guidance.autopilot.inertia cimport inertia_now
from farside.ext.guidance.autopilot.late cimport late_start, watch_late
from farside.ext.guidance.autopilot.phase_logic cimport advance_phase, enter_phase, hover_settled
from farside.ext.guidance.autopilot.records cimport (
    AutopilotState, AutopilotTable, PhaseRow, TouchdownWatch, crossed, quantity_at_mass,
)
from farside.ext.guidance.records.abort cimport AbortPlanner, AbortState
from farside.ext.guidance.records.command cimport Estimate, GuidanceCommand
from farside.ext.guidance.records.plan cimport BRAKING_PARTS, BRAKING_UNKNOWNS
from farside.ext.guidance.autopilot.row_lean cimport push_over
from farside.ext.guidance.autopilot.row_law cimport row_due, run_law
from farside.ext.guidance.autopilot.row_plan cimport forget_plan, planner_start
from farside.ext.guidance.autopilot.unsure_height cimport forget_unsure, watch_unsure_height
from farside.ext.guidance.laws.attitude cimport SlewLimits, hold_attitude, pointing, slew_reference
from farside.ext.common.elementary cimport SinCos, sincos_of
from farside.ext.common.retro cimport retro_aboard, retro_loaded_kg
from farside.ext.common.types cimport GUIDANCE_EVERY, TICK_HZ
from farside.ext.common.vector cimport (
    Quat, Vec3, clamp, dot, finite, norm, quat, quat_from, quat_to, quat_unit, rotate, unit, vec,
    vec_from, vec_to,
)


cdef enum:
    TICK_BITS = 40          # 350 years

cdef inline bint tick_possible(int64_t tick) noexcept nogil:
    """Whether a tick is of a flight: differences of such ticks are numbers, too."""
    return -1 <= tick >> TICK_BITS <= 0


cdef inline void forget_abort(AutopilotState* s) noexcept nogil:
    """None has begun."""
    memset(&s.abort, 0, sizeof(AbortState))
    memset(&s.orbit, 0, sizeof(AbortPlanner))
    s.last.stage = s.last.abort = 0


cdef inline void first_command(AutopilotState* s) noexcept nogil:
    """The command before the first tick: engine off, upright."""
    vec_to(vec(0.0, 0.0, 1.0), s.last.direction_site)
    s.last.heading_rad = s.heading_rad
    quat_to(quat(1.0, 0.0, 0.0, 0.0), s.last.q_site_body)
    s.last.thrust_n = s.last.time_to_go_s = 0.0
    s.last.torque_nm[0] = s.last.torque_nm[1] = s.last.torque_nm[2] = 0.0
    s.last.phase = 0
    s.last.status = STATUS_OK
    s.last.link = s.last.reason = 0


cdef inline void autopilot_start(AutopilotState* s, const AutopilotTable* t) noexcept nogil:
    """The state before the first tick."""
    cdef int i
    s.phase = 0
    s.has_site = 0
    s.wants_scan = 0
    s.solved = s.started = 0
    s.retargeted = 0
    s.braking_holds = 0
    s.phase_tick = 0
    s.target_tick = 0
    s.tick = s.engine_tick = 0
    s.time_to_go_s = 0.0
    s.thrust_scale = 1.0
    s.thrust_model_n = 0.0
    s.braking_tick = s.initiation_tick = s.braking_part = 0
    s.aim_m = 0.0
    forget_unsure(s)
    for i in range(BRAKING_PARTS):
        s.braking_level[i] = t.braking_level[i]
    s.at_full_throttle = 1
    s.aimed = s.tracks = 0
    s.point_tick = 0
    s.short_m[0] = s.short_m[1] = 0.0
    s.throttle_n = 0.0
    s.last_to_go_s = 0.0
    s.link = MODE_NONE
    s.reason = REASON_NONE
    memset(&s.touch, 0, sizeof(TouchdownWatch))
    forget_abort(s)
    planner_start(t, &s.planner)
    late_start(s)
    couples_start(t, s)
    for i in range(3):
        s.frame_along[i] = t.arrival_site[i]
        s.beyond_r[i] = s.beyond_v[i] = s.point_r[i] = s.point_v[i] = 0.0
        s.site[i] = 0.0
        s.heading_site[i] = t.heading_site[i]
        s.normal[i] = 0.0
        s.a_wanted[i] = 0.0
    s.a_wanted[2] = 1.0
    s.normal[1] = 1.0
    for i in range(BRAKING_UNKNOWNS):
        s.braking[i] = t.braking_guess[i]
    quat_to(quat(1.0, 0.0, 0.0, 0.0), s.wanted)
    s.reference.q_site_body = quat(1.0, 0.0, 0.0, 0.0)
    s.reference.omega = vec(0.0, 0.0, 0.0)
    s.heading_rad = t.heading_rad
    first_command(s)


cdef inline void set_target(
        AutopilotState* s, Vec3 site, double heading_rad, bint final) noexcept nogil:
    """Move the touchdown target [m, site], from the next tick on; a final one ends the hover.

    A heading that is not finite leaves the heading as it is.
    """
    cdef SinCos azimuth = sincos_of(heading_rad)
    vec_to(site, s.site)
    if finite(azimuth.s):
        s.heading_rad = heading_rad
        vec_to(vec(azimuth.s, azimuth.c, 0.0), s.heading_site)
    s.has_site = final
    s.wants_scan = 0
    s.retargeted = 1
    s.place_free = 0
    s.aim_m = 0.0


cdef inline void command_abort(const AutopilotTable* t, AutopilotState* s) noexcept nogil:
    """Leave the descent for an orbit as soon as a way is found."""
    if s.phase < t.phases:
        s.abort.cause = CAUSE_COMMAND


cdef inline bint estimate_valid(
        const AutopilotTable* t, const AutopilotState* s, const Estimate* e) noexcept nogil:
    """Whether a state can be flown on: finite, a rotation, a mass, near the Moon.

    The limits are the keys of `[guidance.estimate]`.
    """
    cdef const EstimateLimits* limits = &t.gains.estimate
    cdef Vec3 r = vec_from(e.r_site)
    cdef Vec3 v = vec_from(e.v_site)
    cdef Vec3 w = vec_from(e.omega_body)
    cdef double q2 = (
        e.q_site_body[0] * e.q_site_body[0] + e.q_site_body[1] * e.q_site_body[1]
        + e.q_site_body[2] * e.q_site_body[2] + e.q_site_body[3] * e.q_site_body[3])
    cdef double near_m = limits.radius_share_least * t.radius_m
    cdef double far_m = limits.radius_share_most * t.radius_m
    cdef double least = 1.0 - limits.quaternion_error, most = 1.0 + limits.quaternion_error
    cdef double rho2
    cdef double dry_kg = t.upper.mass_dry_kg if s.abort.staged else t.mass_dry_kg
    r.z += t.radius_m
    rho2 = dot(r, r)
    # Written so that a NaN fails each test.
    return (
        rho2 > near_m * near_m and rho2 < far_m * far_m
        and dot(v, v) < limits.speed_mps * limits.speed_mps
        and dot(w, w) < limits.rate_radps * limits.rate_radps
        and q2 > least * least and q2 < most * most
        and e.mass_kg > limits.mass_share_least * dry_kg
        and e.mass_kg < limits.mass_share_most * (t.mass_full_kg + retro_loaded_kg(&t.retro))
        and e.accel_mps2 > -limits.accel_mps2 and e.accel_mps2 < limits.accel_mps2
    )


cdef inline bint command_finite(const GuidanceCommand* c) noexcept nogil:
    """Whether every number of a command is finite."""
    cdef double sum = c.heading_rad + c.thrust_n + c.time_to_go_s
    cdef int i
    for i in range(3):
        sum += c.direction_site[i] + c.torque_nm[i]
    for i in range(4):
        sum += c.q_site_body[i]
    return finite(sum)


cdef inline void fail_safe_hold(AutopilotState* s, GuidanceCommand* out) noexcept nogil:
    """The last valid attitude and throttle, without torque: no rate is known to act against."""
    out[0] = s.last
    out.torque_nm[0] = out.torque_nm[1] = out.torque_nm[2] = 0.0
    out.phase = s.phase
    out.status = STATUS_BAD_INPUT


cdef inline void begin_flight(AutopilotState* s, Quat q, int64_t tick) noexcept nogil:
    """The first tick: the first reference is the attitude that the lander is found in."""
    s.started = 1
    s.phase_tick = tick
    s.braking_tick = s.initiation_tick = tick
    s.tick = tick - 1
    s.reference.q_site_body = q
    enter_phase(s, s.phase, tick)


cdef inline void measure_thrust(
        const AutopilotTable* t, AutopilotState* s, const Estimate* e, int64_t tick,
        double since_s) noexcept nogil:
    """How much the engine gives against its command, once it is up.

    F' = F + (F_cmd - F) dt / lag,   k' = k + gain dt (q - k),   q = a_measured m / F in its limits

    An engine that gives next to nothing is out, not weak: the scale is kept for its return.
    """
    cdef const ThrustGains* gains = &t.gains.thrust
    cdef double dt = 1.0 / TICK_HZ, expected, ratio
    s.thrust_model_n += (
        s.last.thrust_n - s.thrust_model_n) * min(since_s / max(t.engine_lag_s, dt), 1.0)
    if s.last.thrust_n <= 0.0:
        s.engine_tick = tick
    expected = s.thrust_model_n / e.mass_kg
    if retro_aboard(&t.retro, tick):
        # its thrust is not the engine's, and stays unknown by more than the engine gives
        s.engine_tick = tick
    if (tick - s.engine_tick) * dt > t.ignition_delay_s + gains.settle_lags * t.engine_lag_s and (
            expected > gains.least_mps2):
        ratio = e.accel_mps2 / expected
        # While the throttle moves, lag and valve would be measured, not the scale.
        if ratio > gains.out_share and fabs(s.last.thrust_n - s.thrust_model_n) < (
                gains.steady_share * s.thrust_model_n):
            s.thrust_scale += min(gains.gain_per_s * since_s, 1.0) * (
                clamp(ratio, gains.scale_least, gains.scale_most) - s.thrust_scale)


cdef inline int guide(
        const AutopilotTable* t, AutopilotState* s, const Estimate* e, int64_t tick,
        double com_height, int status) noexcept nogil:
    """Run the row's law where its time has come; its status, else the one given."""
    cdef const PhaseRow* row = &t.row[s.phase]
    cdef GuidanceState now
    # A fall is looked at in every guidance tick, whatever the row's cycle.
    if not (s.retargeted or row_due(s, row, tick) or (
            row.law == LAW_NULL_VELOCITY and crossed(s.tick, tick, GUIDANCE_EVERY))):
        return status
    if s.retargeted:
        s.target_tick = tick
        s.retargeted = 0
        s.aimed = 0
        s.tracks = 0
        s.short_m[0] = s.short_m[1] = 0.0
        forget_plan(&s.planner)
    now = guidance_state(
        t, s, e, tick, (tick - s.phase_tick) / <double> TICK_HZ, com_height)
    watch_unsure_height(t, s, &now)
    status = run_law(t, s, &now)
    if row.scan and not s.has_site and hover_settled(t, s, e, row, com_height):
        s.wants_scan = 1
    return status


cdef inline void leave_heading(AutopilotState* s, Quat q, double rate) noexcept nogil:
    """Want, and follow, the thrust's direction alone: body x stays where it is."""
    cdef Vec3 x = rotate(q, vec(1.0, 0.0, 0.0)), z = vec(0.0, 0.0, 1.0)
    quat_to(pointing(rotate(quat_from(s.wanted), z), x), s.wanted)
    s.reference.q_site_body = pointing(rotate(s.reference.q_site_body, z), x)
    s.reference.omega.z = rate


cdef inline Vec3 steer_attitude(
        const AutopilotTable* t, AutopilotState* s, const Estimate* e, Quat q,
        int64_t tick) noexcept nogil:
    """Slew the reference over the ticks since the last one; the torque towards it [N m]."""
    cdef Vec3 inertia = inertia_now(t, s, e)
    cdef SlewLimits slew
    cdef Quat wanted
    cdef int _
    slew.rate_radps = t.slew_radps
    if heading_free(t, s):
        leave_heading(s, q, kept_rate(t, s))
    wanted = wanted_now(t, s)
    slew.acceleration_radps2 = stoppable(
        t, s, inertia, wanted, t.slew_torque_nm / max(inertia.x, max(inertia.y, inertia.z)))
    slew.stop_share = t.gains.attitude.stop_share
    slew.settle_per_s = t.gains.attitude.settle_per_s
    for _ in range(<int> min(tick - s.tick, t.counts.held_ticks)):
        slew_reference(&s.reference, wanted, &slew, 1.0 / TICK_HZ)
    if on_ground(t, s):
        # On the ground the legs hold the attitude, but of a lander that is pushed over.
        return push_over(t, s, q, unit(
            vec(e.r_site[0], e.r_site[1], e.r_site[2] + t.radius_m), vec(0.0, 0.0, 1.0)))
    return reallocated(t, s, hold_attitude(
        &s.reference, q, vec_from(e.omega_body), inertia,
        t.gains.attitude.frequency_radps, t.gains.attitude.damping, vec_from(t.torque_limit)))


cdef inline double thrust_command(
        const AutopilotTable* t, const AutopilotState* s, const Estimate* e, Quat q,
        int status) noexcept nogil:
    """Thrust [N] inside the engine's limits, or 0: what is wanted along the axis as it points."""
    cdef const PhaseRow* row = &t.row[s.phase]
    cdef Vec3 a = vec_from(s.a_wanted)
    if s.phase >= t.phases:
        return s.abort.thrust_n
    if row.law == LAW_OFF or status == STATUS_COMPLETE:
        return 0.0
    if row.law == LAW_HOLD and s.throttle_n <= 0.0:
        return 0.0
    if row.law >= LAW_TRIM:
        # Held from pass to pass, as their throttle was.
        return clamp(s.throttle_n, t.thrust_min_n, t.thrust_max_n)
    if row.law == LAW_BRAKING:
        # The level is a share of full thrust: the mass of the guidance tick is near enough.
        return clamp(norm(a) * e.mass_kg / s.thrust_scale, t.thrust_min_n, t.thrust_max_n)
    return clamp(
        dot(a, rotate(q, vec(0.0, 0.0, 1.0))) * e.mass_kg / s.thrust_scale,
        t.thrust_min_n, t.thrust_max_n)


cdef inline void write_command(
        const AutopilotState* s, double thrust_n, Vec3 torque, int status,
        GuidanceCommand* out) noexcept nogil:
    """Fill the command from the state."""
    vec_to(unit(vec_from(s.a_wanted), vec(0.0, 0.0, 1.0)), out.direction_site)
    out.heading_rad = s.heading_rad
    quat_to(s.reference.q_site_body, out.q_site_body)
    out.thrust_n = thrust_n
    vec_to(torque, out.torque_nm)
    out.time_to_go_s = max(s.time_to_go_s, 0.0)
    out.phase = s.phase
    out.status = status
    out.link = s.link
    out.reason = s.reason
    out.stage = s.abort.staged
    out.abort = s.abort.step + 16 * s.abort.cause


cdef inline void autopilot_tick(
        const AutopilotTable* t, AutopilotState* s, const Estimate* e, int64_t tick,
        GuidanceCommand* out) noexcept nogil:
    """The command that acts over [tick, tick + 1), from the estimate at tick.

    Ticks may be missed: the last command was held. One not after the last, or beyond 2^40, is no
    tick of this flight, and answered as an estimate that cannot be.
    """
    cdef double dt = 1.0 / TICK_HZ
    cdef double since_s         # the last tick
    cdef AutopilotState before
    cdef Quat q
    cdef Vec3 torque
    cdef double com_height
    cdef int status = s.last.status
    if not estimate_valid(t, s, e) or (s.started and tick <= s.tick) or (
            not tick_possible(tick)):
        fail_safe_hold(s, out)
        return
    # All but the planner's part, which is long and stands last.
    memcpy(&before, s, <size_t> (<char*> &s.planner - <char*> s))
    q = quat_unit(quat_from(e.q_site_body))
    if not s.started:
        begin_flight(s, q, tick)
    watch_late(t, s, tick)
    since_s = max((tick - s.tick) * dt, dt)
    watch_couples(
        t, s, vec_from(e.omega_body), inertia_now(t, s, e), since_s,
        rate_repeats(s, e.omega_body) or on_ground(t, s) or lighting(t, s, tick)
        or s.last.status == STATUS_COMPLETE, liquid_now(t, s, tick))
    com_height = quantity_at_mass(e.mass_kg, t.com_height_full_m, t.com_height_dry_m, t)
    if s.phase < t.phases:
        if not advance_phase(t, s, e, tick, since_s, com_height):
            status = STATUS_COMPLETE
        measure_thrust(t, s, e, tick, since_s)
        if status != STATUS_COMPLETE:
            status = guide(t, s, e, tick, com_height, status)
            if crossed(s.tick, tick, GUIDANCE_EVERY):
                watch_abort(t, s, e, tick, com_height)
    else:
        measure_thrust(t, s, e, tick, since_s)
        status = fly_abort(t, s, e, tick, com_height)
    torque = steer_attitude(t, s, e, q, tick)
    write_command(s, thrust_command(t, s, e, q, status), torque, status, out)
    s.tick = tick
    if command_finite(out):
        s.last = out[0]
    else:
        memcpy(s, &before, <size_t> (<char*> &s.planner - <char*> s))
        forget_plan(&s.planner)
        fail_safe_hold(s, out)
