"""The truth: a lander of six degrees of freedom over a turning Moon, one tick at a time.

State in the rotating site frame, with w the Moon's turning and r_c from the Moon's centre:

    r' = v
    v' = g(r) + F/m - 2 w x v - w x (w x r_c)
    q' = (q omega_body - w q) / 2           since omega_site = R omega_body - w
    I omega' = T - omega x (I omega)

Thrust answers its command with a first-order lag, T' = (T_command - T) / lag, and feeds on the
mass, m' = -T / c - thruster flow. Commands hold over a tick, so both have closed forms, used at
the nodes of the step. Flight is the classic fourth-order Runge-Kutta step.

Left out, both below 1 N m of the 420 N m of a large couple, and of opposite sign: the torque of the
changing inertia, I' omega (3 kg m^2/s at 0.1 rad/s), and the angular momentum that the jet takes
along, m' l^2 omega (2.5 kg/s at 1.5 m). The centre of mass sinks 0.15 m in the body as the tanks
empty (0.2 mm/s); its momentum is left out too.
"""

from libc.stdint cimport int64_t
from libc.string cimport memset

from farside.ext.elementary cimport exp_of
from farside.ext.gravity cimport gravity
from farside.ext.ground cimport Ground
from farside.ext.thrusters cimport Firing, Thrusters, fire
from farside.ext.types cimport LanderState, Moon
from farside.ext.vec cimport (
    Quat, Vec3, add, axpy, clamp, cross, dot, quat, quat_from, quat_to, quat_unit, scale, sub,
    vec, vec_from, vec_to,
)
from farside.ext.vehicle cimport Vehicle, inertia_of, propellant_share


cdef struct Pace:
    # A step and what it makes of the engine's lag
    double h
    double decay_half           # exp(-h / (2 lag))
    double decay                # exp(-h / lag)


cdef struct Plant:
    LanderState state           # centre of mass
    double thrust_n             # true, now
    int ignition_left           # ticks to the first thrust
    bint burning                # the engine is on, or igniting
    bint empty                  # usable propellant gone
    bint lost                   # the state left all bounds and was frozen
    Thrusters thrusters
    double engine_used_kg
    double thruster_used_kg
    int64_t tick                # ticks done
    # What an ideal IMU at the centre of mass saw over the last tick
    Vec3 dv_body                # [m/s] integral of specific force
    Vec3 dtheta_body            # [rad] integral of the body's rate
    Vec3 torque_body            # [N m] of the attitude thrusters in the last tick
    Pace flight


cdef struct Motion:
    Vec3 r
    Vec3 v
    Quat q
    Vec3 omega


cdef struct Load:
    # What acts at one node of the step
    double accel                # [m/s^2] thrust over mass, along body z
    Vec3 torque                 # [N m, body]
    Vec3 inertia                # [kg m^2, body]
    Vec3 per_inertia


cdef inline Pace pace_of(double h, double lag_s) noexcept nogil:
    cdef Pace pace
    pace.h = h
    pace.decay_half = exp_of(-0.5 * h / lag_s) if lag_s > 0.0 else 0.0
    pace.decay = pace.decay_half * pace.decay_half
    return pace


cdef inline void plant_start(
    Plant* p, const Vehicle* v, const LanderState* state, double tick_s
) noexcept nogil:
    """A plant with engine and thrusters off; tick_s is 1 / TICK_HZ but in tests of the order."""
    memset(p, 0, sizeof(Plant))
    p.state = state[0]
    quat_to(quat_unit(quat_from(&state.q_site_body[0])), p.state.q_site_body)
    p.flight = pace_of(tick_s, v.lag_s)


cdef inline Motion motion_of(const LanderState* s) noexcept nogil:
    cdef Motion m
    m.r = vec_from(&s.r_site[0])
    m.v = vec_from(&s.v_site[0])
    m.q = quat_from(&s.q_site_body[0])
    m.omega = vec_from(&s.omega_body[0])
    return m


cdef inline Vec3 gyration(const Load* f, Vec3 omega) noexcept nogil:
    """omega' = I^-1 (T - omega x I omega) [rad/s^2, body]."""
    return vec(
        f.per_inertia.x * (f.torque.x - (f.inertia.z - f.inertia.y) * omega.y * omega.z),
        f.per_inertia.y * (f.torque.y - (f.inertia.x - f.inertia.z) * omega.z * omega.x),
        f.per_inertia.z * (f.torque.z - (f.inertia.y - f.inertia.x) * omega.x * omega.y),
    )


cdef inline Quat turning(Quat q, Vec3 omega, Vec3 w) noexcept nogil:
    """q' = (q omega_body - w q) / 2, with q = (q_w, u) multiplied out:

    q_w' = -u . (omega - w) / 2,    u' = (q_w (omega - w) + u x (omega + w)) / 2
    """
    cdef Vec3 u = vec(q.x, q.y, q.z)
    cdef Vec3 less = scale(0.5, sub(omega, w))
    cdef Vec3 v = axpy(q.w, less, cross(u, scale(0.5, add(omega, w))))
    return quat(-dot(u, less), v.x, v.y, v.z)


cdef inline Vec3 body_z(Quat q) noexcept nogil:
    """Direction of the thrust [site]: the third column of the rotation."""
    return vec(
        2.0 * (q.x * q.z + q.w * q.y),
        2.0 * (q.y * q.z - q.w * q.x),
        q.w * q.w - q.x * q.x - q.y * q.y + q.z * q.z,
    )


cdef inline Vec3 unthrust(const Moon* moon, Vec3 r, Vec3 v) noexcept nogil:
    """Gravity, Coriolis and centrifugal acceleration [m/s^2, site]."""
    cdef Vec3 w = moon.omega_site
    cdef Vec3 rc = vec(r.x, r.y, r.z + moon.radius_m)
    # - w x (w x r_c) = (w.w) r_c - (w.r_c) w
    cdef Vec3 a = axpy(dot(w, w), rc, gravity(moon, r))
    a = axpy(-dot(w, rc), w, a)
    return axpy(-2.0, cross(w, v), a)


cdef inline Motion rate_of(const Motion* s, const Load* f, const Moon* moon) noexcept nogil:
    cdef Motion d
    d.r = s.v
    d.v = axpy(f.accel, body_z(s.q), unthrust(moon, s.r, s.v))
    d.q = turning(s.q, s.omega, moon.omega_site)
    d.omega = gyration(f, s.omega)
    return d


cdef inline Motion along(const Motion* s, double h, const Motion* d) noexcept nogil:
    """s + h d."""
    cdef Motion o
    o.r = axpy(h, d.r, s.r)
    o.v = axpy(h, d.v, s.v)
    o.q = quat(
        s.q.w + h * d.q.w, s.q.x + h * d.q.x, s.q.y + h * d.q.y, s.q.z + h * d.q.z)
    o.omega = axpy(h, d.omega, s.omega)
    return o


cdef inline Load load_at(
    const Vehicle* v, double thrust_n, double mass_kg, Vec3 torque
) noexcept nogil:
    """Loads at a thrust and mass; a centre of mass off the thrust axis makes a torque."""
    cdef Load f
    f.accel = thrust_n / mass_kg
    # The thrust acts at (-ox, -oy) of the centre of mass: torque = (-oy, ox, 0) T
    f.torque = vec(
        torque.x - v.com_offset_m[1] * thrust_n, torque.y + v.com_offset_m[0] * thrust_n, torque.z)
    f.inertia = inertia_of(v, propellant_share(v, mass_kg))
    f.per_inertia = vec(1.0 / f.inertia.x, 1.0 / f.inertia.y, 1.0 / f.inertia.z)
    return f


cdef struct Engine:
    # Thrust over a tick: T(t) = target + (thrust - target) exp(-t / lag)
    double target_n
    double excess_n             # thrust less target at the start of the tick
    double lag_s
    double exhaust_mps


cdef inline double engine_used(const Engine* e, double t, double decay) noexcept nogil:
    """Propellant [kg] that the engine takes in the first t seconds of a tick."""
    return (e.target_n * t + e.excess_n * e.lag_s * (1.0 - decay)) / e.exhaust_mps


cdef inline Engine command_engine(Plant* p, const Vehicle* v, double throttle_n) noexcept nogil:
    """Switch and throttle the engine at the start of a tick."""
    cdef Engine e
    e.target_n = 0.0
    if p.empty or not throttle_n > 0.0:
        p.burning = False
    elif not p.burning:
        p.burning = True
        p.ignition_left = v.ignition_ticks
    if p.burning:
        if p.ignition_left > 0:
            p.ignition_left -= 1
        else:
            e.target_n = v.thrust_scale * clamp(throttle_n, v.thrust_min_n, v.thrust_max_n)
    elif p.thrust_n < 1e-9:
        p.thrust_n = 0.0        # before the decay reaches denormal numbers
    e.excess_n = p.thrust_n - e.target_n
    e.lag_s = v.lag_s
    e.exhaust_mps = v.exhaust_mps
    return e


cdef inline void flight_step(
    Plant* p, const Vehicle* v, const Moon* moon, const Engine* e, const Firing* jets
) noexcept nogil:
    """One Runge-Kutta step without contact, and the integrals that the IMU sees."""
    cdef double h = p.flight.h
    cdef double half = p.flight.decay_half, whole = p.flight.decay
    cdef double m0 = p.state.mass_kg
    cdef double used = engine_used(e, h, whole)
    cdef double spent = jets.flow_kgps * h
    cdef double mh = m0 - engine_used(e, 0.5 * h, half) - 0.5 * spent
    cdef double m1 = m0 - used - spent
    cdef double thrust = e.target_n + whole * e.excess_n
    cdef Vec3 torque = jets.torque_body_nm
    cdef Load f0 = load_at(v, p.thrust_n, m0, torque)
    cdef Load fh = load_at(v, e.target_n + half * e.excess_n, mh, torque)
    cdef Load f1 = load_at(v, thrust, m1, torque)
    cdef Motion s = motion_of(&p.state)
    cdef Motion k1 = rate_of(&s, &f0, moon)
    cdef Motion s2 = along(&s, 0.5 * h, &k1)
    cdef Motion k2 = rate_of(&s2, &fh, moon)
    cdef Motion s3 = along(&s, 0.5 * h, &k2)
    cdef Motion k3 = rate_of(&s3, &fh, moon)
    cdef Motion s4 = along(&s, h, &k3)
    cdef Motion k4 = rate_of(&s4, &f1, moon)
    cdef double sixth = h / 6.0, third = h / 3.0
    # y + h (k1 + 2 k2 + 2 k3 + k4) / 6, and the same weights for the IMU's integrals
    p.dv_body = vec(0.0, 0.0, sixth * (f0.accel + 4.0 * fh.accel + f1.accel))
    p.dtheta_body = axpy(
        sixth, add(s.omega, s4.omega), scale(third, add(s2.omega, s3.omega)))
    s = along(&s, sixth, &k1)
    s = along(&s, third, &k2)
    s = along(&s, third, &k3)
    s = along(&s, sixth, &k4)
    vec_to(s.r, p.state.r_site)
    vec_to(s.v, p.state.v_site)
    quat_to(quat_unit(s.q), p.state.q_site_body)
    vec_to(s.omega, p.state.omega_body)
    p.state.mass_kg = m1
    p.thrust_n = thrust
    p.engine_used_kg += used
    p.thruster_used_kg += spent


cdef inline bint bounded(const LanderState* s) noexcept nogil:
    """Whether a state is finite and of this flight: within 10^8 m, 10^5 m/s, 10^3 rad/s."""
    cdef Vec3 r = vec_from(&s.r_site[0]), v = vec_from(&s.v_site[0]), omega = vec_from(&s.omega_body[0])
    cdef Quat q = quat_from(&s.q_site_body[0])
    # Any NaN makes a comparison false.
    return (
        dot(r, r) < 1e16 and dot(v, v) < 1e10 and dot(omega, omega) < 1e6
        and q.w * q.w + q.x * q.x + q.y * q.y + q.z * q.z > 0.5 and s.mass_kg > 1.0)


cdef inline void plant_tick(
    Plant* p, const Vehicle* v, const Moon* moon, const Ground* ground,
    double throttle_n, const double* torque_body_nm
) noexcept nogil:
    """One tick under a held command: throttle_n [N], 0 or less is off; torque wanted [N m, body]."""
    cdef LanderState before = p.state
    cdef Engine engine
    cdef Firing jets
    p.tick += 1
    if p.lost:
        p.dv_body = p.dtheta_body = p.torque_body = vec(0.0, 0.0, 0.0)
        return
    p.empty = p.state.mass_kg <= v.mass_dry_kg
    engine = command_engine(p, v, throttle_n)
    jets.torque_body_nm = vec(0.0, 0.0, 0.0)
    jets.flow_kgps = 0.0
    if not p.empty:
        jets = fire(&p.thrusters, v, torque_body_nm, p.flight.h)
    p.torque_body = jets.torque_body_nm
    flight_step(p, v, moon, &engine, &jets)
    if not bounded(&p.state):
        p.state = before
        p.lost = True
