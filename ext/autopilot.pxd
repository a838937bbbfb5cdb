"""One tick of the autopilot: gate the phase, run its law, limit the command, steer the attitude.

Header-only and without Python, so that the same source serves the extension module, the closed
loop and a C library. Nothing here allocates or raises; the outputs are finite and inside the limits
for any input.
"""

from libc.math cimport sqrt
from libc.stdint cimport int32_t, int64_t, uint32_t

from farside.ext.attitude cimport (
    Reference, SlewLimits, follow, hold_attitude, pointing, turn_between,
)
from farside.ext.braking cimport (
    BRAKING_UNKNOWNS, BrakingGate, BrakingMoon, braking_step, steering,
)
from farside.ext.polynomial cimport Limited, fractional_polynomial, hold_point, limit_thrust
from farside.ext.types cimport GUIDANCE_EVERY, TICK_HZ
from farside.ext.vec cimport (
    Quat, Vec3, add, axpy, clamp, cross, dot, finite, norm, quat, quat_from, quat_norm, quat_to,
    quat_unit, rotate, scale, sub, unit, vec, vec_from, vec_to,
)


cdef enum:
    MAX_PHASES = 16
    TABLE_VERSION = 1
    SETTLE_S = 40           # after which a hover that will not be still is scanned from all the same
    MAJOR_EVERY = 100       # ticks between braking solutions, once one has converged


cdef enum Law:
    LAW_BRAKING = 0
    LAW_ADJUST = 1
    LAW_POLYNOMIAL = 2
    LAW_HOVER = 3
    LAW_DESCEND = 4
    LAW_OFF = 5


cdef enum Exit:
    EXIT_TIME_TO_GO = 0
    EXIT_ATTITUDE = 1
    EXIT_SITE = 2
    EXIT_ALTITUDE = 3
    EXIT_HEIGHT = 4
    EXIT_CONTACT = 5
    EXIT_REST = 6


cdef enum Status:
    STATUS_OK = 0
    STATUS_LIMITED = 1      # the law asked for more than the engine or the tilt cone gives
    STATUS_NO_SOLUTION = 2  # braking keeps its last solution
    STATUS_BAD_INPUT = 3    # the last valid attitude and throttle are held
    STATUS_COMPLETE = 4     # the last row of the table is over


cdef struct PhaseRow:
    int32_t law
    int32_t exit
    int32_t scan            # whether this phase asks for a map
    int32_t reserved
    double exit_value       # [s], [rad] or [m], by the kind of exit
    double limit_s          # the phase ends after this time whatever its exit; 0: never
    double altitude_m       # target, above the touchdown target (the site until one is chosen)
    double range_m          # target, short of it
    double vertical_mps     # target velocity, positive up
    double horizontal_mps   # target velocity, along the arrival
    double gamma
    double kr
    double duration_s       # first time-to-go
    double tan_tilt         # of the cone about the vertical that the thrust stays in


cdef struct AutopilotTable:
    uint32_t size           # of this struct, so that a stranger can be told from a friend
    uint32_t version
    int32_t phases
    int32_t reserved
    PhaseRow row[MAX_PHASES]
    double gm
    double radius_m
    double omega_site[3]
    double thrust_max_n
    double thrust_min_n
    double exhaust_mps
    double engine_lag_s
    double ignition_delay_s
    double thrust_margin
    double mass_full_kg
    double mass_dry_kg
    double com_height_full_m
    double com_height_dry_m
    double inertia_full[3]
    double inertia_dry[3]
    double torque_limit[3]
    double slew_radps
    double slew_torque_nm      # what a slew may plan with, of the thrusters' torque
    double attitude_frequency
    double attitude_damping
    double hold_frequency
    double turn_time_s          # shortest time-to-go that horizontal guidance counts with
    double hold_reach_m         # an error of place counts no more than this
    double tan_hold_tilt        # hover and descent stay inside this cone
    double arrival_site[3]  # horizontal unit vector of the flight at the site
    double heading_site[3]  # where body x points when the lander is upright
    double heading_rad      # its azimuth, east of north
    double braking_guess[BRAKING_UNKNOWNS]


cdef struct Estimate:
    double r_site[3]        # centre of mass [m]
    double v_site[3]        # relative to the turning Moon [m/s]
    double q_site_body[4]
    double omega_body[3]    # [rad/s]
    double mass_kg
    double accel_mps2       # specific force along body z over the last tick
    double height_m         # base above the ground beneath; NaN where nothing measures it
    int32_t contact         # a footpad touches
    int32_t rest            # the lander has come to rest


cdef struct GuidanceCommand:
    double direction_site[3]
    double heading_rad
    double q_site_body[4]   # reference attitude
    double thrust_n         # 0: engine off
    double torque_nm[3]     # body
    double time_to_go_s
    int32_t phase
    int32_t status


cdef struct AutopilotState:
    int32_t phase
    int32_t has_site
    int32_t wants_scan
    int32_t solved          # braking: a solution has converged
    int32_t started
    int32_t retargeted      # the target has moved since guidance last ran
    int32_t braking_holds   # braking: thrust held at full, range given up
    int64_t phase_tick      # when the phase began
    int64_t aim_tick        # when the target last moved, or the phase began
    int64_t tick
    int64_t engine_tick     # when the engine was first commanded
    double site[3]          # touchdown target, site components [m]
    double time_to_go_s
    double thrust_scale     # measured over commanded thrust acceleration
    double thrust_model_n   # the command behind the engine's lag
    double braking[BRAKING_UNKNOWNS]
    int64_t braking_tick    # when its solution was made
    double normal[3]
    double wanted[4]
    double a_wanted[3]      # limited thrust acceleration of the last guidance tick, site
    Reference reference
    GuidanceCommand last


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
    s.aim_tick = 0
    s.tick = 0
    s.engine_tick = 0
    s.time_to_go_s = 0.0
    s.thrust_scale = 1.0
    s.thrust_model_n = 0.0
    s.braking_tick = 0
    for i in range(3):
        s.site[i] = 0.0
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
    s.last.heading_rad = t.heading_rad
    s.last.q_site_body[0] = 1.0
    s.last.q_site_body[1] = s.last.q_site_body[2] = s.last.q_site_body[3] = 0.0
    s.last.thrust_n = 0.0
    s.last.torque_nm[0] = s.last.torque_nm[1] = s.last.torque_nm[2] = 0.0
    s.last.time_to_go_s = 0.0
    s.last.phase = 0
    s.last.status = STATUS_OK


cdef inline void aim(AutopilotState* s, Vec3 site, bint final) noexcept nogil:
    """Move the touchdown target [m, site], from the next tick on; a final one ends the hover."""
    vec_to(site, s.site)
    s.has_site = final
    s.wants_scan = 0
    s.retargeted = 1


cdef inline bint believable(const AutopilotTable* t, const Estimate* e) noexcept nogil:
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


cdef inline double between(
        double mass, double full, double dry, const AutopilotTable* t) noexcept nogil:
    """A quantity of the vehicle at a mass, linear between dry and full."""
    cdef double share = (mass - t.mass_dry_kg) / (t.mass_full_kg - t.mass_dry_kg)
    return dry + clamp(share, 0.0, 1.0) * (full - dry)


cdef inline Vec3 free_fall(const AutopilotTable* t, Vec3 r, Vec3 v) noexcept nogil:
    """-mu rho / |rho|^3 - 2 w x v - w x (w x rho) [m/s^2], the point-mass Moon."""
    cdef Vec3 rho = vec(r.x, r.y, r.z + t.radius_m)
    cdef Vec3 w = vec_from(t.omega_site)
    cdef double d = norm(rho)
    cdef Vec3 a = scale(-t.gm / (d * d * d), rho)
    a = axpy(-2.0, cross(w, v), a)
    return sub(a, cross(w, cross(w, rho)))


cdef inline Vec3 polynomial_demand(
        const AutopilotTable* t, const AutopilotState* s, const PhaseRow* row,
        Vec3 r, Vec3 v, Vec3 g, double com_height, double t_go) noexcept nogil:
    """The polynomial's thrust acceleration towards a row's target."""
    cdef Vec3 arrival = vec_from(t.arrival_site)
    cdef Vec3 target = vec_from(s.site)
    cdef Vec3 v_target = scale(row.horizontal_mps, arrival)
    cdef Vec3 a, across
    target.z += row.altitude_m + com_height
    target = axpy(-row.range_m, arrival, target)
    v_target.z += row.vertical_mps
    a = fractional_polynomial(
        r, v, target, v_target, scale(-1.0, g), g, t_go, row.gamma, row.kr)
    if t_go < t.turn_time_s:
        # Sideways the lander must tilt first: nearer the end than that, its gains stay as they are.
        across = fractional_polynomial(
            r, v, target, v_target, scale(-1.0, g), g, t.turn_time_s, row.gamma, row.kr)
        a.x = across.x
        a.y = across.y
    return a


cdef inline double feasible_time(
        const AutopilotTable* t, const AutopilotState* s, const PhaseRow* row,
        Vec3 r, Vec3 v, Vec3 g, double com_height, double full_mps2) noexcept nogil:
    """The row's duration, or as much longer (to 2.5 times) as the first command needs to fit."""
    cdef double t_go = row.duration_s
    cdef Vec3 a
    cdef int _try
    cdef double up
    for _try in range(20):
        a = polynomial_demand(t, s, row, r, v, g, com_height, t_go)
        up = a.z
        a.z = 0.0
        if up * up + dot(a, a) <= 0.9 * 0.9 * full_mps2 * full_mps2 and (
                norm(a) <= 0.7 * row.tan_tilt * max(up, norm(g))):
            break
        t_go *= 1.05
    return t_go


cdef inline void enter_phase(AutopilotState* s, int32_t phase, int64_t tick) noexcept nogil:
    s.phase = phase
    s.phase_tick = tick
    s.aim_tick = tick
    s.wants_scan = 0
    s.time_to_go_s = -1.0


cdef inline bint phase_over(
        const AutopilotTable* t, const AutopilotState* s, const Estimate* e,
        const PhaseRow* row, double elapsed_s, double com_height) noexcept nogil:
    """Whether the gate at the end of a phase is met."""
    cdef Vec3 rho
    cdef double height
    if row.limit_s > 0.0 and elapsed_s >= row.limit_s:
        return True
    if row.exit == EXIT_TIME_TO_GO:
        return s.time_to_go_s >= 0.0 and s.time_to_go_s <= row.exit_value
    if row.exit == EXIT_ATTITUDE:
        return elapsed_s > 0.05 and norm(turn_between(
            quat_from(e.q_site_body), quat_from(s.wanted))) <= row.exit_value
    if row.exit == EXIT_SITE:
        return s.has_site != 0
    rho = vec(e.r_site[0], e.r_site[1], e.r_site[2] + t.radius_m)
    if row.exit == EXIT_ALTITUDE:
        return norm(rho) - t.radius_m - com_height <= row.exit_value
    if row.exit == EXIT_HEIGHT:
        # Where nothing measures the height, the touchdown target's own level stands in.
        height = e.height_m
        if not finite(height):
            height = e.r_site[2] - s.site[2] - com_height
        return height <= row.exit_value or e.contact != 0
    if row.exit == EXIT_CONTACT:
        return e.contact != 0
    return e.rest != 0


cdef inline int solve_braking(
        const AutopilotTable* t, AutopilotState* s, const PhaseRow* row,
        Vec3 r, Vec3 v, double full_mps2, int64_t tick) noexcept nogil:
    """Bring the braking solution to now, and improve it where its time has come."""
    cdef double x[BRAKING_UNKNOWNS]
    cdef BrakingMoon moon
    cdef BrakingGate gate
    cdef Vec3 normal
    cdef double age = (tick - s.braking_tick) / <double> TICK_HZ
    cdef double miss
    cdef int i
    # The same steering seen from now: a0 + a1 (age + t).
    for i in range(BRAKING_UNKNOWNS):
        x[i] = s.braking[i]
    x[0] += x[1] * age
    x[2] += x[3] * age
    x[5] -= age
    if x[5] < 8.0 or (s.solved and tick - s.braking_tick < MAJOR_EVERY):
        # So near the end the conditions on place no longer bend the flight sensibly.
        s.time_to_go_s = x[5]
        return STATUS_OK
    moon.gm = t.gm
    moon.radius_m = t.radius_m
    moon.omega = vec_from(t.omega_site)
    gate.altitude_m = row.altitude_m
    gate.range_m = row.range_m
    gate.vertical_mps = row.vertical_mps
    gate.horizontal_mps = row.horizontal_mps
    miss = braking_step(
        &moon, &gate, vec(r.x, r.y, r.z + t.radius_m), v, full_mps2, t.exhaust_mps,
        1.0, s.braking_holds != 0, x, &normal)
    if not finite(miss):
        s.time_to_go_s = s.braking[5] - age
        return STATUS_NO_SOLUTION
    if s.braking_holds:
        # Range comes back within reach when the gate lies beyond what full thrust needs.
        if s.solved and miss < 2000.0 and x[4] < 1.0:
            s.braking_holds = 0
    elif x[4] > 1.0:
        s.braking_holds = 1
        x[4] = 1.0
    s.solved = miss < 2000.0
    for i in range(BRAKING_UNKNOWNS):
        s.braking[i] = x[i]
    s.braking_tick = tick
    vec_to(normal, s.normal)
    s.time_to_go_s = x[5]
    return STATUS_OK


cdef inline int run_law(
        const AutopilotTable* t, AutopilotState* s, const Estimate* e, int64_t tick,
        double elapsed_s, double com_height) noexcept nogil:
    """The phase's law: sets the wanted attitude, thrust acceleration and time-to-go."""
    cdef const PhaseRow* row = &t.row[s.phase]
    cdef const PhaseRow* ahead
    cdef Vec3 r = vec_from(e.r_site)
    cdef Vec3 v = vec_from(e.v_site)
    cdef Vec3 g = free_fall(t, r, v)
    cdef Vec3 up = unit(vec(r.x, r.y, r.z + t.radius_m), vec(0.0, 0.0, 1.0))
    cdef double full = t.thrust_max_n * s.thrust_scale / e.mass_kg
    cdef Vec3 a, target, v_target, towards
    cdef Limited limited
    cdef double age, level, tan_tilt
    cdef int status = STATUS_OK
    if row.law == LAW_BRAKING:
        status = solve_braking(t, s, row, r, v, full, tick)
        age = (tick - s.braking_tick) / <double> TICK_HZ
        a = steering(
            vec(r.x, r.y, r.z + t.radius_m), vec_from(s.normal), s.braking, age)
        # Constant thrust, not constant acceleration: the level is a share of full thrust.
        level = clamp(s.braking[4], t.thrust_min_n / t.thrust_max_n, 1.0)
        vec_to(scale(level * full, a), s.a_wanted)
        quat_to(pointing(a, scale(-1.0, up)), s.wanted)
        return status
    if row.law == LAW_OFF:
        s.time_to_go_s = 0.0
        vec_to(vec(0.0, 0.0, 0.0), s.a_wanted)
        quat_to(pointing(up, vec_from(t.heading_site)), s.wanted)
        return STATUS_OK
    towards = vec_from(t.heading_site)
    tan_tilt = row.tan_tilt
    target = vec_from(s.site)
    target.z += com_height
    if row.law == LAW_ADJUST:
        # Turn to where the next phase will begin, and thrust as it will.
        ahead = &t.row[s.phase + 1 if s.phase + 1 < t.phases else s.phase]
        if ahead.law == LAW_POLYNOMIAL:
            a = polynomial_demand(t, s, ahead, r, v, g, com_height, feasible_time(
                t, s, ahead, r, v, g, com_height, full))
        else:
            a = scale(-1.0, g)
        s.time_to_go_s = 0.0
    elif row.law == LAW_POLYNOMIAL:
        if s.time_to_go_s < 0.0:
            s.time_to_go_s = feasible_time(t, s, row, r, v, g, com_height, full)
        a = polynomial_demand(t, s, row, r, v, g, com_height, max(s.time_to_go_s, 0.5))
    elif row.law == LAW_HOVER:
        tan_tilt = t.tan_hold_tilt
        target.z += row.altitude_m
        a = hold_point(r, v, target, vec(0.0, 0.0, 0.0), g, t.hold_frequency, t.hold_reach_m)
        s.time_to_go_s = max(row.limit_s - elapsed_s, 0.0)
    else:
        tan_tilt = t.tan_hold_tilt
        # Descend at a constant rate over the target: no pull towards a height.
        v_target = vec(0.0, 0.0, row.vertical_mps)
        target.z = r.z
        a = hold_point(r, v, target, v_target, g, t.hold_frequency, t.hold_reach_m)
        # The rate is held twice as tightly as the place.
        a.z += 2.0 * t.hold_frequency * (row.vertical_mps - v.z)
        s.time_to_go_s = max((r.z - s.site[2] - com_height) / max(-row.vertical_mps, 0.1), 0.0)
    limited = limit_thrust(a, up, full, 0.4 * norm(g), tan_tilt)
    if limited.cut:
        status = STATUS_LIMITED
    vec_to(limited.a, s.a_wanted)
    quat_to(pointing(limited.a, towards), s.wanted)
    return status


cdef inline bint settled(
        const AutopilotTable* t, const AutopilotState* s, const Estimate* e,
        const PhaseRow* row, double elapsed_s, double com_height) noexcept nogil:
    """Whether the hover is still enough to scan, or has had long enough to become so."""
    cdef Vec3 z = rotate(quat_from(e.q_site_body), vec(0.0, 0.0, 1.0))
    cdef Vec3 miss = sub(vec_from(e.r_site), vec_from(s.site))
    miss.z -= row.altitude_m + com_height
    cdef double since_s = (s.tick - s.aim_tick) / <double> TICK_HZ
    return since_s > SETTLE_S or (
        since_s > 1.0
        and norm(vec_from(e.v_site)) < 0.3 and norm(miss) < 2.0
        and z.z > 0.999 and norm(vec_from(e.omega_body)) < 0.01)


cdef inline bint command_sound(const GuidanceCommand* c) noexcept nogil:
    """Whether every number of a command is finite."""
    cdef double sum = c.heading_rad + c.thrust_n + c.time_to_go_s
    cdef int i
    for i in range(3):
        sum += c.direction_site[i] + c.torque_nm[i]
    for i in range(4):
        sum += c.q_site_body[i]
    return finite(sum)


cdef inline void hold_last(AutopilotState* s, GuidanceCommand* out) noexcept nogil:
    """The last valid attitude and throttle, without torque: no rate is known to act against."""
    out[0] = s.last
    out.torque_nm[0] = out.torque_nm[1] = out.torque_nm[2] = 0.0
    out.phase = s.phase
    out.status = STATUS_BAD_INPUT


cdef inline void autopilot_tick(
        const AutopilotTable* t, AutopilotState* s, const Estimate* e, int64_t tick,
        GuidanceCommand* out) noexcept nogil:
    """The command that acts over [tick, tick + 1), from the estimate at tick."""
    cdef double dt = 1.0 / TICK_HZ
    cdef const PhaseRow* row
    cdef AutopilotState before
    cdef Quat q
    cdef Vec3 z, torque, inertia, a
    cdef SlewLimits slew
    cdef double com_height, elapsed, expected, thrust
    cdef int status = s.last.status
    cdef bint fresh
    if not believable(t, e):
        hold_last(s, out)
        return
    before = s[0]
    q = quat_unit(quat_from(e.q_site_body))
    if not s.started:
        # The first reference is the attitude that the lander is found in.
        s.started = 1
        s.phase_tick = tick
        s.braking_tick = tick
        s.tick = tick
        s.reference.q_site_body = q
        enter_phase(s, 0, tick)
    com_height = between(e.mass_kg, t.com_height_full_m, t.com_height_dry_m, t)
    row = &t.row[s.phase]
    elapsed = (tick - s.phase_tick) / <double> TICK_HZ
    fresh = tick == s.phase_tick
    if not fresh and row.exit == EXIT_TIME_TO_GO and s.time_to_go_s >= 0.0:
        s.time_to_go_s -= dt
    if not fresh and phase_over(t, s, e, row, elapsed, com_height):
        if s.phase + 1 < t.phases:
            enter_phase(s, s.phase + 1, tick)
            row = &t.row[s.phase]
            elapsed = 0.0
            fresh = True
        else:
            status = STATUS_COMPLETE
    # How much the engine gives against its command, over about 2 s, once it is up.
    s.thrust_model_n += (
        s.last.thrust_n - s.thrust_model_n) * min(dt / max(t.engine_lag_s, dt), 1.0)
    if s.last.thrust_n <= 0.0:
        s.engine_tick = tick
    expected = s.thrust_model_n / e.mass_kg
    if (tick - s.engine_tick) * dt > t.ignition_delay_s + 10.0 * t.engine_lag_s and expected > 0.2:
        s.thrust_scale = clamp(
            s.thrust_scale + 0.5 * dt * (e.accel_mps2 / expected - s.thrust_scale), 0.9, 1.1)
    if (fresh or s.retargeted or tick % GUIDANCE_EVERY == 0) and status != STATUS_COMPLETE:
        if s.retargeted:
            s.aim_tick = tick
            s.retargeted = 0
        status = run_law(t, s, e, tick, elapsed, com_height)
        if row.scan and not s.has_site and settled(t, s, e, row, elapsed, com_height):
            s.wants_scan = 1
    inertia = vec(
        between(e.mass_kg, t.inertia_full[0], t.inertia_dry[0], t),
        between(e.mass_kg, t.inertia_full[1], t.inertia_dry[1], t),
        between(e.mass_kg, t.inertia_full[2], t.inertia_dry[2], t))
    slew.rate_radps = t.slew_radps
    slew.acceleration_radps2 = t.slew_torque_nm / max(inertia.x, max(inertia.y, inertia.z))
    follow(&s.reference, quat_from(s.wanted), &slew, dt)
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
    elif row.law == LAW_BRAKING:
        thrust = norm(a) * e.mass_kg / s.thrust_scale
        # The level is a share of full thrust: the mass of the guidance tick is near enough.
        thrust = clamp(thrust, t.thrust_min_n, t.thrust_max_n)
    else:
        thrust = clamp(
            dot(a, z) * e.mass_kg / s.thrust_scale, t.thrust_min_n, t.thrust_max_n)
    vec_to(unit(a, vec(0.0, 0.0, 1.0)), out.direction_site)
    out.heading_rad = t.heading_rad
    quat_to(s.reference.q_site_body, out.q_site_body)
    out.thrust_n = thrust
    vec_to(torque, out.torque_nm)
    out.time_to_go_s = max(s.time_to_go_s, 0.0)
    out.phase = s.phase
    out.status = status
    s.tick = tick
    if command_sound(out):
        s.last = out[0]
    else:
        s[0] = before
        hold_last(s, out)
