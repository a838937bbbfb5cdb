"""The truth: a lander of six degrees of freedom over a turning Moon, one tick at a time.

Thrust answers its command with a first-order lag and feeds on the mass. Commands hold over a tick,
so both have closed forms (engine.pxd), used at the nodes of the steps, and with them the centre of
mass and the tensor of inertia of the mass there; the liquid's numbers are those of the middle.
Flight is the classic fourth-order Runge-Kutta step of 10 ms; with a point of the lander within
reach of the ground the tick is made of 20 drift-kick-drift steps of 0.5 ms (second order; exact in
free fall, and stable where contact is stiff).
"""

from libc.stdint cimport int64_t
from libc.string cimport memset

from farside.ext.common.elementary cimport exp_of
from farside.ext.common.gravity cimport gravity_and_frame_acceleration
from farside.ext.common.gravity_table cimport GRAVITY_EVERY, GravityTable, gravity_ahead
from farside.ext.ground.surface cimport Ground, clearance
from farside.ext.dynamics.cluster cimport (
    Cluster, cluster_limit, cluster_start, throttle_apart,
)
from farside.ext.dynamics.legs cimport Contacts, Wrench, find_facets, ground_on_lander
from farside.ext.dynamics.engine cimport (
    Engine, EngineState, command_engine, engine_start, engine_used,
)
from farside.ext.dynamics.motion cimport (
    Body, Forces, Motion, Pull, add_scaled, body_at, body_z, forces_at, motion_of, motion_to,
    pull_of, quaternion_rate, rate_of, stop_all, stop_at_walls,
)
from farside.ext.dynamics.plant_faults cimport PlantFaults
from farside.ext.dynamics.slosh cimport Slosh, TankNumbers, tank_numbers
from farside.ext.dynamics.thrusters cimport Firing, Thrusters, fire, thrusters_start
from farside.ext.common.retro cimport retro_aboard, retro_kg, retro_thrust
from farside.ext.common.types cimport LanderState, Moon
from farside.ext.common.vector cimport (
    Quat, Vec3, add, axpy, dot, norm, quat, quat_from, quat_to, quat_unit, rotate,
    rotate_back, scale, sub, unit, vec, vec_from,
)
from farside.ext.dynamics.vehicle cimport MAX_TANKS, Vehicle, com_of


cdef enum:
    SUBSTEPS = 20               # of a tick in contact: 0.5 ms
    LOOK_EVERY = 100            # ticks: at least once a second the ground is looked at


cdef struct StepConstants:
    # A step and what it makes of the engine's lag
    double h
    double decay_half           # exp(-h / (2 lag))
    double decay                # exp(-h / lag)


cdef struct Plant:
    LanderState state           # centre of mass
    Slosh slosh
    EngineState engine
    bint empty                  # usable propellant gone
    bint lost                   # the state left all bounds and was frozen
    Thrusters thrusters
    Cluster cluster
    PlantFaults faults          # of this tick, written before it
    Contacts contacts
    bint touched                # some point has been on the ground
    LanderState touchdown       # at the first contact, to 0.5 ms; valid once touched
    int64_t touchdown_tick
    bint tipped                 # 60 deg off as it is made to rest, after the first contact
    bint at_rest                # on the ground and still for a second
    int quiet_ticks
    double engine_used_kg
    double thruster_used_kg
    int64_t tick                # ticks done
    Vec3 field_site             # [m/s^2] gravity beyond J2 and C22, held for GRAVITY_EVERY ticks
    # What an ideal IMU at the centre of mass saw over the last tick
    Vec3 dv_body                # [m/s] integral of specific force
    Vec3 dtheta_body            # [rad] integral of the body's rate
    Vec3 torque_body            # [N m] of the attitude thrusters in the last tick
    Vec3 force_body             # [N] of them together
    double valve_s[2]           # [s] that their large and small couples were open in it
    TankNumbers tanks[2]        # MAX_TANKS
    StepConstants flight
    StepConstants contact
    double span_m               # from the centre of mass to the farthest point of the lander
    int far_ticks               # that no point can reach the ground in


cdef inline StepConstants step_constants(double h, double lag_s) noexcept nogil:
    cdef StepConstants step
    step.h = h
    step.decay_half = exp_of(-0.5 * h / lag_s) if lag_s > 0.0 else 0.0
    step.decay = step.decay_half * step.decay_half
    return step


cdef inline double span_of(const Vehicle* v) noexcept nogil:
    """The most that any point of the lander is from its centre of mass [m]."""
    cdef double most = 0.0
    cdef Vec3 point
    cdef int i
    for i in range(v.points):
        point = vec_from(&v.point_base_m[3 * i])
        most = max(most, norm(sub(point, vec(0.0, 0.0, v.com_height_full_m))))
        most = max(most, norm(sub(point, vec(0.0, 0.0, v.com_height_dry_m))))
    return (
        most + norm(vec(v.com_offset_m[0], v.com_offset_m[1], 0.0))
        + norm(vec(v.com_shift_m[0], v.com_shift_m[1], 0.0)))


cdef inline void plant_start(
    Plant* p, const Vehicle* v, const LanderState* state, double tick_s
) noexcept nogil:
    """A plant with engine and thrusters off; tick_s is 1 / TICK_HZ but in tests of the order."""
    cdef int i
    memset(p, 0, sizeof(Plant))
    p.state = state[0]
    quat_to(quat_unit(quat_from(&state.q_site_body[0])), p.state.q_site_body)
    p.flight = step_constants(tick_s, v.lag_s)
    p.contact = step_constants(tick_s / SUBSTEPS, v.lag_s)
    engine_start(&p.engine, v, tick_s)
    thrusters_start(&p.thrusters, v, tick_s)
    cluster_start(&p.cluster, v, tick_s)
    if v.tanks > 0:
        for i in range(MAX_TANKS):
            p.tanks[i] = tank_numbers(&v.tank[i])
    p.span_m = span_of(v)


cdef inline double damping_at_ignition(double first, double last, double x) noexcept nogil:
    """Damping [rad/s] in the middle of a tick in which thrust begins, x = h/lag.

    It goes with the root of an acceleration that rises as t/lag - (t/lag)^2/2: what Simpson's rule
    takes for the integral of that root, instead of a middle value beside a vertical tangent.
    """
    cdef double sum = first + last
    if not sum > 0.0:
        return 0.0
    return (0.75 * (first * first + last * last) + 0.5 * first * last) / sum + 0.1 * x * last


cdef inline void flight_step(
    Plant* p, const Vehicle* v, const Moon* moon, const Engine* e, const Firing* jets
) noexcept nogil:
    """One Runge-Kutta step without contact, and the integrals that the IMU sees."""
    cdef double h = p.flight.h
    cdef double half = p.flight.decay_half, whole = p.flight.decay
    cdef double m0 = p.state.mass_kg
    cdef double used = engine_used(&p.engine, e, h, whole)
    cdef double spent = jets.flow_kgps * h
    cdef double mh = m0 - engine_used(&p.engine, e, 0.5 * h, half) - 0.5 * spent
    cdef double m1 = m0 - used - spent
    cdef double thrust = e.target_n + whole * e.excess_n
    # Simpson's middle: his rule then gives the impulse of the lag's closed form, e lag (1 - d)
    cdef double middle = e.target_n + e.excess_n * (
        1.5 * e.lag_s * (1.0 - whole) / h - 0.25 * (1.0 + whole))
    cdef double rough = 1.0 + e.noise
    cdef Vec3 push = jets.force_body_n, torque = jets.torque_body_nm, field = p.field_site
    cdef Body b = body_at(v, &p.tanks[0], mh, True)
    cdef Forces f0 = forces_at(&b, v, rough * p.engine.thrust_n, m0, push, torque, field)
    cdef Forces fh = forces_at(&b, v, rough * middle, mh, push, torque, field)
    cdef Forces f1 = forces_at(&b, v, rough * thrust, m1, push, torque, field)
    cdef Vec3 felt[4]
    cdef Motion s = motion_of(&p.state, &p.slosh)
    cdef int i
    cdef Motion k1, k2, k3, k4, s2, s3, s4
    if p.engine.thrust_n == 0.0 and e.target_n > 0.0 and b.sloshes and e.lag_s > h:
        for i in range(MAX_TANKS):
            fh.damping[i] = damping_at_ignition(f0.damping[i], f1.damping[i], h / e.lag_s)
    k1 = rate_of(&s, &f0, &b, moon, &felt[0])
    s2 = add_scaled(&s, 0.5 * h, &k1)
    k2 = rate_of(&s2, &fh, &b, moon, &felt[1])
    s3 = add_scaled(&s, 0.5 * h, &k2)
    k3 = rate_of(&s3, &fh, &b, moon, &felt[2])
    s4 = add_scaled(&s, h, &k3)
    k4 = rate_of(&s4, &f1, &b, moon, &felt[3])
    cdef double sixth = h / 6.0, third = h / 3.0
    # y + h (k1 + 2 k2 + 2 k3 + k4) / 6, and the same weights for the IMU's integrals
    p.dv_body = axpy(sixth, add(felt[0], felt[3]), scale(third, add(felt[1], felt[2])))
    p.dtheta_body = axpy(
        sixth, add(s.omega, s4.omega), scale(third, add(s2.omega, s3.omega)))
    s = add_scaled(&s, sixth, &k1)
    s = add_scaled(&s, third, &k2)
    s = add_scaled(&s, third, &k3)
    s = add_scaled(&s, sixth, &k4)
    # what stops the liquid is a blow that the IMU feels
    p.dv_body = add(p.dv_body, stop_at_walls(&s, &b, m1))
    motion_to(&s, &p.state)
    p.slosh = s.slosh
    p.state.mass_kg = m1
    p.engine.thrust_n = thrust
    p.engine_used_kg += used
    p.thruster_used_kg += spent


cdef inline void contact_step(
    Plant* p, const Vehicle* v, const Moon* moon, const Engine* engine, const Firing* jets
) noexcept nogil:
    """One tick with the ground within reach: drift half a substep, kick, drift the other half.

    The liquid is held where it is, and counts as part of the body.
    """
    cdef double h = p.contact.h
    cdef Vec3 w = moon.omega_site
    cdef Engine e = engine[0]
    cdef Motion s = motion_of(&p.state, &p.slosh)
    cdef double mass = p.state.mass_kg
    cdef Body b = body_at(v, &p.tanks[0], mass, True)
    cdef Vec3 felt, spin
    cdef Wrench ground
    cdef Forces f
    cdef Pull pull
    cdef double used
    cdef int _
    p.dv_body = stop_all(&s, &b, mass)
    b = body_at(v, &p.tanks[0], mass, False)
    p.dtheta_body = vec(0.0, 0.0, 0.0)
    for _ in range(SUBSTEPS):
        drift(&s, 0.5 * h, w)
        p.dtheta_body = axpy(0.5 * h, s.omega, p.dtheta_body)
        used = engine_used(&p.engine, &e, h, p.contact.decay)
        mass -= 0.5 * (used + jets.flow_kgps * h)
        spin = sub(rotate(s.q, s.omega), w)
        ground = ground_on_lander(
            &p.contacts, v, &p.faults, &s, spin, com_of(v, mass), h)
        if not p.touched and (p.contacts.pads_now or p.contacts.body_now):
            p.touched = True
            p.touchdown_tick = p.tick
            p.touchdown = p.state
            motion_to(&s, &p.touchdown)
        f = forces_at(
            &b, v, (1.0 + e.noise) * (e.target_n + p.contact.decay_half * e.excess_n), mass,
            add(jets.force_body_n, rotate_back(s.q, ground.force_site)),
            add(jets.torque_body_nm, rotate_back(s.q, ground.torque_site)), p.field_site)
        pull = pull_of(&s, &f, &b)
        p.dv_body = axpy(h, pull.accel, p.dv_body)
        felt = add(rotate(s.q, pull.accel), f.field_site)
        s.v = axpy(h, add(felt, gravity_and_frame_acceleration(moon, s.r, s.v)), s.v)
        s.omega = axpy(h, pull.turn, s.omega)
        p.dtheta_body = axpy(0.5 * h, s.omega, p.dtheta_body)
        drift(&s, 0.5 * h, w)
        mass -= 0.5 * (used + jets.flow_kgps * h)
        e.excess_n *= p.contact.decay
        p.engine_used_kg += used
        p.thruster_used_kg += jets.flow_kgps * h
    motion_to(&s, &p.state)
    p.slosh = s.slosh
    p.state.mass_kg = mass
    p.engine.thrust_n = e.target_n + e.excess_n


cdef inline void drift(Motion* s, double h, Vec3 w) noexcept nogil:
    """Move and turn at the present rates."""
    cdef Quat d = quaternion_rate(s.q, s.omega, w)
    s.r = axpy(h, s.v, s.r)
    s.q = quat_unit(quat(s.q.w + h * d.w, s.q.x + h * d.x, s.q.y + h * d.y, s.q.z + h * d.z))


cdef inline bint ground_near(Plant* p, const Vehicle* v, const Ground* ground) noexcept nogil:
    """Whether a point of the lander can come to the ground in this tick.

    Far from it the ground is looked at only when it could have been reached since, were it to rise
    at 45 deg towards the lander, with 2 m for a rock and 5 m/s for the acceleration of a second.
    """
    cdef Vec3 r, velocity
    cdef double gap, speed, ticks
    if p.far_ticks > 0:
        p.far_ticks -= 1
        return False
    r = vec_from(&p.state.r_site[0])
    velocity = vec_from(&p.state.v_site[0])
    speed = norm(velocity)
    gap = clearance(ground, r) - p.span_m - 2.0
    if not gap <= 0.0:      # also where there is no ground
        ticks = gap / (2.0 * (speed + 5.0) * p.flight.h)
        p.far_ticks = <int> ticks if ticks < LOOK_EVERY else LOOK_EVERY
        return False
    speed += p.span_m * norm(vec_from(&p.state.omega_body[0]))
    return find_facets(
        &p.contacts, v, &p.faults, ground, r, quat_from(&p.state.q_site_body[0]),
        com_of(v, p.state.mass_kg), 0.01 + 1.5 * speed * p.flight.h)


cdef inline void watch_rest(Plant* p, const Vehicle* v, const Moon* moon) noexcept nogil:
    """Note whether the lander has tipped over, and whether it has come to rest.

    One that is made to stand has tipped once it leans too far; one that is made to roll over on to
    a side, where it rests on another.
    """
    cdef Vec3 r = vec_from(&p.state.r_site[0])
    cdef Vec3 up = unit(vec(r.x, r.y, r.z + moon.radius_m), vec(0.0, 0.0, 1.0))
    cdef Quat q = quat_from(&p.state.q_site_body[0])
    cdef Vec3 omega = vec_from(&p.state.omega_body[0])
    cdef Vec3 spin = sub(rotate(q, omega), moon.omega_site)
    cdef bint stands = v.rest_body[2] > 0.5
    if stands and dot(body_z(q), up) < 0.5:
        p.tipped = True
    if (
        (p.contacts.pads_now or p.contacts.body_now)
        and norm(vec_from(&p.state.v_site[0])) < 0.01 and norm(spin) < 0.005
    ):
        p.quiet_ticks += 1
    else:
        p.quiet_ticks = 0
    p.at_rest = p.quiet_ticks * p.flight.h >= 1.0
    if not stands and p.at_rest and dot(rotate(q, vec_from(&v.rest_body[0])), up) < 0.5:
        p.tipped = True


cdef inline bint bounded(const LanderState* s) noexcept nogil:
    """Whether a state is finite and of this flight: within 10^8 m, 10^5 m/s, 10^3 rad/s."""
    cdef Vec3 r = vec_from(&s.r_site[0])
    cdef Vec3 v = vec_from(&s.v_site[0])
    cdef Vec3 omega = vec_from(&s.omega_body[0])
    # Any NaN makes a comparison false.
    return dot(r, r) < 1e16 and dot(v, v) < 1e10 and dot(omega, omega) < 1e6 and s.mass_kg > 1.0


cdef inline void carry_retro(Plant* p, const Vehicle* v, Firing* jets) noexcept nogil:
    """Add the thrust of a motor that is still aboard; its mass goes at the end of the tick.

    The tick is flown at the mass of its middle: half of what burns in it is taken as acceleration.
    """
    cdef double thrust_n = retro_thrust(&v.retro, p.tick - 1)
    cdef double burnt_kg = 0.0
    if not thrust_n > 0.0:
        return
    burnt_kg = retro_kg(&v.retro, p.tick - 1) - retro_kg(&v.retro, p.tick)
    thrust_n *= 1.0 + 0.5 * burnt_kg / p.state.mass_kg
    jets.force_body_n = axpy(thrust_n, vec_from(&v.thrust_axis_body[0]), jets.force_body_n)


cdef inline Firing steer(Plant* p, const Vehicle* v, const double* torque_nm) noexcept nogil:
    """What the engines do of a torque against one another, and the thrusters of the rest."""
    cdef double[3] left
    cdef double[2] apart
    cdef double limit
    cdef Firing jets
    if not v.cluster_radius_m > 0.0:
        return fire(&p.thrusters, v, &p.faults, torque_nm, p.flight.h)
    # a throttle that is stuck moves none of them
    limit = 0.0 if p.faults.throttle_stuck else cluster_limit(v, p.engine.thrust_n)
    throttle_apart(&p.cluster, v, limit, torque_nm, apart, left)
    jets = fire(&p.thrusters, v, &p.faults, left, p.flight.h)
    jets.torque_body_nm = add(jets.torque_body_nm, vec(apart[0], apart[1], 0.0))
    return jets


cdef inline void plant_tick(
    Plant* p, const Vehicle* v, const Moon* moon, const GravityTable* field, const Ground* ground,
    double throttle_n, const double* torque_body_nm
) noexcept nogil:
    """One tick under a held command: throttle_n [N], 0 or less is off; torque wanted [N m, body].

    `field` is gravity beyond J2 and C22; NULL leaves it out.

    Any command is safe. A state that leaves all bounds is frozen as it last was, and `lost` is set.
    """
    cdef LanderState before = p.state
    cdef Vec3 zero = vec(0.0, 0.0, 0.0)
    cdef Engine engine
    cdef Firing jets
    p.tick += 1
    if p.lost:
        return
    if field != NULL and (p.tick - 1) % GRAVITY_EVERY == 0:
        p.field_site = gravity_ahead(
            field, vec_from(&p.state.r_site[0]), vec_from(&p.state.v_site[0]), p.flight.h)
    p.empty = p.state.mass_kg - retro_kg(&v.retro, p.tick - 1) <= v.mass_dry_kg
    engine = command_engine(
        &p.engine, v, &p.faults, p.empty, throttle_n, p.flight.h)
    jets.torque_body_nm = jets.force_body_n = zero
    jets.flow_kgps = jets.valve_s[0] = jets.valve_s[1] = 0.0
    if not p.empty:
        jets = steer(p, v, torque_body_nm)
    p.torque_body = jets.torque_body_nm
    p.force_body = jets.force_body_n
    p.valve_s = jets.valve_s
    if retro_aboard(&v.retro, p.tick - 1):
        carry_retro(p, v, &jets)
    if ground_near(p, v, ground):
        contact_step(p, v, moon, &engine, &jets)
    else:
        p.contacts.pads_now = 0
        p.contacts.body_now = 0
        flight_step(p, v, moon, &engine, &jets)
    if retro_aboard(&v.retro, p.tick - 1):
        p.state.mass_kg -= retro_kg(&v.retro, p.tick - 1) - retro_kg(&v.retro, p.tick)
    if p.touched:
        watch_rest(p, v, moon)
    if not bounded(&p.state):
        p.state = before
        p.lost = True
        memset(&p.slosh, 0, sizeof(Slosh))
        p.dv_body = p.dtheta_body = p.torque_body = p.force_body = zero
        p.valve_s[0] = p.valve_s[1] = 0.0
