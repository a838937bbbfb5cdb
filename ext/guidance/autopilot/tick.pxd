"""One tick of the autopilot: gate the phase, run its law, limit the command, steer the attitude.

Header-only and without Python, so that the same source serves the extension module, the closed
loop and a C library. Nothing here allocates or raises; the outputs are finite and inside the limits
for any input.
"""

from libc.stdint cimport int32_t, int64_t
from libc.string cimport memcpy

from farside.ext.common.rotation cimport rotation_vector_between
from farside.ext.guidance.laws.attitude cimport SlewLimits, slew_reference, hold_attitude
from farside.ext.guidance.autopilot.row_plan cimport forget_plan, planner_start
from farside.ext.guidance.autopilot.row_law cimport run_law
from farside.ext.guidance.autopilot.records cimport (
    EXIT_ALTITUDE, EXIT_ATTITUDE, EXIT_CONTACT, EXIT_ELAPSED, EXIT_HEIGHT, EXIT_SITE,
    EXIT_TIME_TO_GO, HELD_TICKS, LAW_BRAKING, LAW_E_GUIDANCE, LAW_HOLD, LAW_OFF, LAW_OPTIMAL,
    LAW_POLYNOMIAL, LAW_QUADRATIC, LAW_TRIM, SETTLE_S, STATUS_BAD_INPUT, STATUS_COMPLETE,
    STATUS_OK, AutopilotState, AutopilotTable, Estimate, GuidanceCommand, PhaseRow, crossed,
    quantity_at_mass,
)
from farside.ext.guidance.laws.braking cimport BRAKING_PARTS, BRAKING_UNKNOWNS
from farside.ext.guidance.autopilot.planner cimport MODE_NONE, REASON_NONE
from farside.ext.common.elementary cimport SinCos, sincos_of
from farside.ext.common.types cimport GUIDANCE_EVERY, TICK_HZ
from farside.ext.common.vector cimport (
    Quat, Vec3, clamp, dot, finite, norm, quat, quat_from, quat_to, quat_unit, rotate, sub, unit,
    vec, vec_from, vec_to,
)


cdef inline void autopilot_start(AutopilotState* s, const AutopilotTable* t) noexcept nogil:
    """The state before the first tick."""
    cdef int i
    s.phase = 0
    s.has_site = 0
    s.wants_scan = 0
    s.solved = 0
    s.started = 0
    s.retargeted = 0
    s.braking_holds = 0
    s.phase_tick = 0
    s.target_tick = 0
    s.tick = 0
    s.engine_tick = 0
    s.time_to_go_s = 0.0
    s.thrust_scale = 1.0
    s.thrust_model_n = 0.0
    s.braking_tick = 0
    s.braking_part = 0
    for i in range(BRAKING_PARTS):
        s.braking_level[i] = t.braking_level[i]
    s.at_full_throttle = 1
    s.aimed = 0
    s.tracks = 0
    s.point_tick = 0
    s.short_m[0] = s.short_m[1] = 0.0
    s.throttle_n = 0.0
    s.last_to_go_s = 0.0
    s.link = MODE_NONE
    s.reason = REASON_NONE
    planner_start(t, &s.planner)
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
    s.wanted[0] = 1.0
    s.wanted[1] = s.wanted[2] = s.wanted[3] = 0.0
    s.reference.q_site_body = quat(1.0, 0.0, 0.0, 0.0)
    s.reference.omega = vec(0.0, 0.0, 0.0)
    s.last.direction_site[0] = s.last.direction_site[1] = 0.0
    s.last.direction_site[2] = 1.0
    s.heading_rad = s.last.heading_rad = t.heading_rad
    s.last.q_site_body[0] = 1.0
    s.last.q_site_body[1] = s.last.q_site_body[2] = s.last.q_site_body[3] = 0.0
    s.last.thrust_n = 0.0
    s.last.torque_nm[0] = s.last.torque_nm[1] = s.last.torque_nm[2] = 0.0
    s.last.time_to_go_s = 0.0
    s.last.phase = 0
    s.last.status = STATUS_OK
    s.last.link = s.last.reason = 0


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


cdef inline bint estimate_valid(const AutopilotTable* t, const Estimate* e) noexcept nogil:
    """Whether a state can be flown on: finite, a rotation, a mass, on this side of the Moon."""
    cdef Vec3 r = vec_from(e.r_site)
    cdef Vec3 v = vec_from(e.v_site)
    cdef Vec3 w = vec_from(e.omega_body)
    cdef double q2 = (
        e.q_site_body[0] * e.q_site_body[0] + e.q_site_body[1] * e.q_site_body[1]
        + e.q_site_body[2] * e.q_site_body[2] + e.q_site_body[3] * e.q_site_body[3])
    cdef double rho2
    r.z += t.radius_m
    rho2 = dot(r, r)
    # Written so that a NaN fails each test.
    return (
        rho2 > 0.25 * t.radius_m * t.radius_m and rho2 < 16.0 * t.radius_m * t.radius_m
        and dot(v, v) < 1e8
        and dot(w, w) < 100.0
        and q2 > 0.81 and q2 < 1.21
        and e.mass_kg > 0.25 * t.mass_dry_kg and e.mass_kg < 2.0 * t.mass_full_kg
        and e.accel_mps2 > -1e4 and e.accel_mps2 < 1e4
    )


cdef inline void enter_phase(AutopilotState* s, int32_t phase, int64_t tick) noexcept nogil:
    s.phase = phase
    s.phase_tick = tick
    s.target_tick = tick
    s.wants_scan = 0
    s.aimed = 0
    s.tracks = 0
    s.short_m[0] = s.short_m[1] = 0.0
    s.last_to_go_s = s.time_to_go_s
    s.time_to_go_s = -1.0
    s.link = MODE_NONE
    s.reason = REASON_NONE


cdef inline bint counts_down(const PhaseRow* row) noexcept nogil:
    """Whether time-to-go runs between passes: where the exit reads it, and where the law does."""
    return row.exit == EXIT_TIME_TO_GO or (
        row.law == LAW_POLYNOMIAL or row.law == LAW_OPTIMAL or row.law == LAW_E_GUIDANCE
        or row.law == LAW_QUADRATIC)


cdef inline bint phase_over(
        const AutopilotTable* t, const AutopilotState* s, const Estimate* e,
        const PhaseRow* row, double elapsed_s, double com_height) noexcept nogil:
    """Whether the gate at the end of a phase is met."""
    cdef Vec3 rho
    cdef double height
    if row.limit_s > 0.0 and elapsed_s >= row.limit_s:
        return True
    if row.exit == EXIT_ELAPSED:
        return elapsed_s >= row.exit_value
    if row.exit == EXIT_TIME_TO_GO:
        return s.time_to_go_s >= 0.0 and s.time_to_go_s <= row.exit_value
    if row.exit == EXIT_ATTITUDE:
        return elapsed_s > 0.05 and norm(rotation_vector_between(
            quat_from(e.q_site_body), quat_from(s.wanted))) <= row.exit_value
    if row.exit == EXIT_SITE:
        return s.has_site != 0
    rho = vec(e.r_site[0], e.r_site[1], e.r_site[2] + t.radius_m)
    if row.exit == EXIT_ALTITUDE:
        return norm(rho) - t.radius_m - com_height <= row.exit_value
    if row.exit == EXIT_HEIGHT:
        # Where nothing measures the height, the touchdown target's own level stands in: the sphere
        # through it, for far away the site's plane lies high above the ground.
        height = e.height_m
        if not finite(height):
            height = norm(rho) - norm(
                vec(s.site[0], s.site[1], s.site[2] + t.radius_m)) - com_height
        return height <= row.exit_value or e.contact != 0
    if row.exit == EXIT_CONTACT:
        return e.contact != 0
    return e.rest != 0


cdef inline bint hover_settled(
        const AutopilotState* s, const Estimate* e, const PhaseRow* row,
        double com_height) noexcept nogil:
    """Whether the hover is still enough to scan, or has had long enough to become so."""
    cdef Vec3 z = rotate(quat_from(e.q_site_body), vec(0.0, 0.0, 1.0))
    cdef Vec3 miss = sub(vec_from(e.r_site), vec_from(s.site))
    miss.z -= row.altitude_m + com_height
    cdef double since_s = (s.tick - s.target_tick) / <double> TICK_HZ
    return since_s > SETTLE_S or (
        since_s > 1.0
        and norm(vec_from(e.v_site)) < 0.3 and norm(miss) < 2.0
        and z.z > 0.999 and norm(vec_from(e.omega_body)) < 0.02)


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


cdef inline void autopilot_tick(
        const AutopilotTable* t, AutopilotState* s, const Estimate* e, int64_t tick,
        GuidanceCommand* out) noexcept nogil:
    """The command that acts over [tick, tick + 1), from the estimate at tick.

    Ticks may be missed: the last command was held over them. One that does not come after the last
    is no tick of this flight, and is answered as an estimate that cannot be.
    """
    cdef double dt = 1.0 / TICK_HZ
    cdef double since           # the last tick [s]
    cdef const PhaseRow* row
    cdef AutopilotState before
    cdef Quat q
    cdef Vec3 z, torque, inertia, a
    cdef SlewLimits slew
    cdef double com_height, elapsed, expected, thrust
    cdef int status = s.last.status
    cdef bint fresh, due
    cdef int _
    if not estimate_valid(t, e) or (s.started and tick <= s.tick):
        fail_safe_hold(s, out)
        return
    # All but the planner's part, which is long and stands last.
    memcpy(&before, s, <size_t> (<char*> &s.planner - <char*> s))
    q = quat_unit(quat_from(e.q_site_body))
    if not s.started:
        # The first reference is the attitude that the lander is found in.
        s.started = 1
        s.phase_tick = tick
        s.braking_tick = tick
        s.tick = tick - 1
        s.reference.q_site_body = q
        enter_phase(s, s.phase, tick)
    since = max((tick - s.tick) * dt, dt)
    com_height = quantity_at_mass(e.mass_kg, t.com_height_full_m, t.com_height_dry_m, t)
    row = &t.row[s.phase]
    elapsed = (tick - s.phase_tick) / <double> TICK_HZ
    fresh = tick == s.phase_tick
    if not fresh and s.time_to_go_s >= 0.0 and counts_down(row):
        # Not below 0: a negative time-to-go asks the law for a new one.
        s.time_to_go_s = max(s.time_to_go_s - since, 0.0)
    # A law with a cycle of its own leaves on a pass, when its own time says so.
    due = row.cycle_ticks <= 0 or crossed(s.tick, tick, row.cycle_ticks)
    if not fresh and (due or row.exit != EXIT_TIME_TO_GO) and phase_over(
            t, s, e, row, elapsed, com_height):
        if s.phase + 1 < t.phases:
            enter_phase(s, s.phase + 1, tick)
            row = &t.row[s.phase]
            elapsed = 0.0
            fresh = True
        else:
            status = STATUS_COMPLETE
    # How much the engine gives against its command, over about 2 s, once it is up.
    s.thrust_model_n += (
        s.last.thrust_n - s.thrust_model_n) * min(since / max(t.engine_lag_s, dt), 1.0)
    if s.last.thrust_n <= 0.0:
        s.engine_tick = tick
    expected = s.thrust_model_n / e.mass_kg
    if (tick - s.engine_tick) * dt > t.ignition_delay_s + 10.0 * t.engine_lag_s and expected > 0.2:
        s.thrust_scale = clamp(
            s.thrust_scale + min(0.5 * since, 1.0) * (e.accel_mps2 / expected - s.thrust_scale),
            0.9, 1.1)
    due = crossed(s.tick, tick, row.cycle_ticks if row.cycle_ticks > 0 else GUIDANCE_EVERY)
    if (fresh or s.retargeted or due) and status != STATUS_COMPLETE:
        if s.retargeted:
            s.target_tick = tick
            s.retargeted = 0
            s.aimed = 0
            s.tracks = 0
            s.short_m[0] = s.short_m[1] = 0.0
            forget_plan(&s.planner)
        status = run_law(t, s, e, tick, elapsed, com_height)
        if row.scan and not s.has_site and hover_settled(s, e, row, com_height):
            s.wants_scan = 1
    inertia = vec(
        quantity_at_mass(e.mass_kg, t.inertia_full[0], t.inertia_dry[0], t),
        quantity_at_mass(e.mass_kg, t.inertia_full[1], t.inertia_dry[1], t),
        quantity_at_mass(e.mass_kg, t.inertia_full[2], t.inertia_dry[2], t))
    slew.rate_radps = t.slew_radps
    slew.acceleration_radps2 = t.slew_torque_nm / max(inertia.x, max(inertia.y, inertia.z))
    for _ in range(<int> min(tick - s.tick, HELD_TICKS)):
        slew_reference(&s.reference, quat_from(s.wanted), &slew, dt)
    if e.contact != 0:
        # On the ground the legs hold the attitude.
        torque = vec(0.0, 0.0, 0.0)
    else:
        torque = hold_attitude(
            &s.reference, q, vec_from(e.omega_body), inertia,
            t.attitude_frequency, t.attitude_damping, vec_from(t.torque_limit))
    z = rotate(q, vec(0.0, 0.0, 1.0))
    a = vec_from(s.a_wanted)
    if row.law == LAW_OFF or status == STATUS_COMPLETE:
        thrust = 0.0
    elif row.law == LAW_HOLD and s.throttle_n <= 0.0:
        thrust = 0.0
    elif row.law >= LAW_TRIM:
        # Held from pass to pass, as their throttle was.
        thrust = clamp(s.throttle_n, t.thrust_min_n, t.thrust_max_n)
    elif row.law == LAW_BRAKING:
        thrust = norm(a) * e.mass_kg / s.thrust_scale
        # The level is a share of full thrust: the mass of the guidance tick is near enough.
        thrust = clamp(thrust, t.thrust_min_n, t.thrust_max_n)
    else:
        thrust = clamp(
            dot(a, z) * e.mass_kg / s.thrust_scale, t.thrust_min_n, t.thrust_max_n)
    vec_to(unit(a, vec(0.0, 0.0, 1.0)), out.direction_site)
    out.heading_rad = s.heading_rad
    quat_to(s.reference.q_site_body, out.q_site_body)
    out.thrust_n = thrust
    vec_to(torque, out.torque_nm)
    out.time_to_go_s = max(s.time_to_go_s, 0.0)
    out.phase = s.phase
    out.status = status
    out.link = s.link
    out.reason = s.reason
    s.tick = tick
    if command_finite(out):
        s.last = out[0]
    else:
        memcpy(s, &before, <size_t> (<char*> &s.planner - <char*> s))
        forget_plan(&s.planner)
        fail_safe_hold(s, out)
