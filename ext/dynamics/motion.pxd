"""Equations of motion of a lander with sloshing liquid, in the rotating site frame.

With w the Moon's turning, r the lander's centre of mass with its liquid at rest, a point of the
body, r_c that place from the Moon's centre, and A the specific force there:

    r' = v
    v' = g(r) + g_t + R A - 2 w x v - w x (w x r_c)     g_t of a table: all beyond J2 and C22
    q' = (q omega_body - w q) / 2           since omega_site = R omega_body - w

These are theory (1.2), whose turning terms are those of theory (1.1), and theory (1.3).

Masses m_i of liquid at rho_i = (x_i, y_i, z_i) from r feel f_i along x and y (slosh.pxd) and are
held along z by N_i = m_i (A + omega' x rho_i + omega x (omega x rho_i) + 2 omega x s_i')_z; all
react upon the body at rho_i. The body without them has the mass M, its centre of mass at
(0, 0, B/M), B = -sum m_i z_i, and the tensor of inertia J about r. In body axes, exactly:

    M (A + omega' x b + omega x (omega x b)) = F - sum (f_i + N_i e_z)
    J omega' + omega x J omega + M b x A = T - sum rho_i x (f_i + N_i e_z)
    s_i'' = f_i/m_i - (A + omega' x rho_i + omega x (omega x rho_i) + 2 omega x s_i')  in x and y

theory (1.6), (1.7), (1.8). A goes out of these, and three equations for omega' are left. Gravity
is the same all over the lander.

Left out, both below 1 N m of the 420 N m of a large couple, and of opposite sign: the torque of the
changing inertia, I' omega (3 kg m^2/s at 0.1 rad/s), and the angular momentum that the jet takes
along, m' l^2 omega (2.5 kg/s at 1.5 m). The centre of mass moves 0.15 m in the body as the tanks
empty (0.2 mm/s); its momentum is left out too.
"""

from libc.math cimport sqrt

from farside.ext.common.gravity cimport gravity_and_frame_acceleration
from farside.ext.common.types cimport LanderState, Moon
from farside.ext.common.vector cimport (
    Quat, Vec3, add, axpy, cross, dot, quat, quat_from, quat_to, quat_unit, rotate, rotate_back,
    scale, sub, vec, vec_from, vec_to,
)
from farside.ext.dynamics.slosh cimport Slosh, SloshMass, TankNumbers, damping_of, slosh_mass
from farside.ext.dynamics.vehicle cimport (
    MAX_TANKS, Vehicle, com_in_base, moments_at, products_of, propellant_share,
)


cdef struct Motion:
    Vec3 r
    Vec3 v
    Quat q
    Vec3 omega
    Slosh slosh


cdef struct Body:
    # The liquid, constant over a step, and the body's tensor in its middle
    Vec3 moments                # [kg m^2, body] J about the centre of mass
    Vec3 products               # its elements xy, xz, yz
    double slosh_kgm2           # sum m_i z_i^2: what J lacks about x and y
    double slosh_kg
    double lever_kgm            # B
    bint sloshes
    SloshMass tank[2]           # MAX_TANKS


cdef struct Forces:
    # What acts at one node of the step, and on what
    Vec3 moments                # [kg m^2, body] J and its elements xy, xz, yz
    Vec3 products
    Vec3 force                  # [N, body]
    Vec3 torque                 # [N m, body] about the centre of mass
    Vec3 field_site             # [m/s^2] gravity of a table, beyond J2 and C22
    double accel                # [m/s^2] thrust over mass, which the liquid hangs in
    double per_mass             # [1/kg] of the lander
    double per_body             # [1/kg] without the masses of liquid
    double damping[2]           # [rad/s] MAX_TANKS: 2 zeta w of the liquid


cdef struct Pull:
    Vec3 accel                  # [m/s^2, body] specific force at the centre of mass
    Vec3 turn                   # [rad/s^2, body]
    double x[2]                 # [m/s^2] of the masses of liquid, off their places
    double y[2]


cdef inline Motion motion_of(const LanderState* s, const Slosh* slosh) noexcept nogil:
    cdef Motion m
    m.r = vec_from(&s.r_site[0])
    m.v = vec_from(&s.v_site[0])
    m.q = quat_from(&s.q_site_body[0])
    m.omega = vec_from(&s.omega_body[0])
    m.slosh = slosh[0]
    return m


cdef inline void motion_to(const Motion* m, LanderState* s) noexcept nogil:
    """Into a state, with its quaternion made a unit one; the mass is left alone."""
    vec_to(m.r, &s.r_site[0])
    vec_to(m.v, &s.v_site[0])
    quat_to(quat_unit(m.q), &s.q_site_body[0])
    vec_to(m.omega, &s.omega_body[0])


cdef inline Body body_at(
    const Vehicle* v, const TankNumbers* tanks, double mass_kg, bint sloshes
) noexcept nogil:
    """Liquid and tensor at a mass, with liquid that moves or all of it held."""
    cdef Body b
    cdef double share = propellant_share(v, mass_kg)
    cdef Vec3 com = com_in_base(v, share)
    cdef SloshMass* t
    cdef int i
    b.moments = moments_at(v, mass_kg, share)
    b.products = products_of(v, share)
    b.slosh_kg = b.lever_kgm = b.slosh_kgm2 = 0.0
    b.sloshes = sloshes and v.tanks > 0
    if b.sloshes:
        for i in range(MAX_TANKS):
            t = &b.tank[i]
            t[0] = slosh_mass(&tanks[i], share, com.z)
            b.slosh_kg += t.mass_kg
            b.lever_kgm -= t.mass_kg * t.z_m
            b.slosh_kgm2 += t.mass_kg * t.z_m * t.z_m
    b.moments.x -= b.slosh_kgm2
    b.moments.y -= b.slosh_kgm2
    return b


cdef inline Forces forces_at(
    const Body* b, const Vehicle* v, double thrust_n, double mass_kg, Vec3 force, Vec3 torque,
    Vec3 field_site
) noexcept nogil:
    """Loads at a thrust and mass, with the force and torque [N, N m, body] of all else.

    The thrust's lever and the tensor are those of this mass.
    """
    cdef Forces f
    cdef int i
    cdef double share = propellant_share(v, mass_kg)
    cdef Vec3 lever = sub(vec_from(&v.thrust_at_base_m[0]), com_in_base(v, share))
    cdef Vec3 thrust = scale(thrust_n, vec_from(&v.thrust_axis_body[0]))
    f.per_mass = 1.0 / mass_kg
    f.per_body = 1.0 / (mass_kg - b.slosh_kg) if b.sloshes else f.per_mass
    f.accel = thrust_n * f.per_mass
    f.force = add(force, thrust)
    f.torque = add(torque, cross(lever, thrust))
    f.moments = moments_at(v, mass_kg, share)
    f.moments.x -= b.slosh_kgm2
    f.moments.y -= b.slosh_kgm2
    f.products = products_of(v, share)
    f.field_site = field_site
    if b.sloshes:
        for i in range(MAX_TANKS):
            f.damping[i] = damping_of(&b.tank[i], f.accel)
    return f


cdef inline Vec3 solve_symmetric(
    double xx, double yy, double zz, double xy, double xz, double yz, Vec3 t
) noexcept nogil:
    """The inverse of a positive definite tensor on t, by its adjugate; 0 where it is not."""
    cdef double a = yy * zz - yz * yz, b = xz * yz - xy * zz, c = xy * yz - yy * xz
    cdef double d = xx * zz - xz * xz, e = xy * xz - xx * yz, f = xx * yy - xy * xy
    cdef double det = xx * a + xy * b + xz * c
    cdef double per = 1.0 / det if det > 0.0 else 0.0
    return vec(
        per * (a * t.x + b * t.y + c * t.z),
        per * (b * t.x + d * t.y + e * t.z),
        per * (c * t.x + e * t.y + f * t.z))


cdef struct Balance:
    # The body's three equations of turning, and what is left for its specific force
    Vec3 left               # [N] for M A sideways and for m A_z
    Vec3 torque             # [N m]
    double xx               # of the matrix; z's row is that of J
    double yy
    double xy
    double sx               # [kg m] sum m_i x_i
    double sy


cdef inline void liquid_reacts(
    Balance* n, Pull* out, const Motion* s, const Forces* f, const Body* b
) noexcept nogil:
    """Take the liquid's push off the body's balance; out: its own f_i/m_i."""
    cdef double wx = s.omega.x, wy = s.omega.y, wz = s.omega.z
    cdef double x, y, z, mass, fx, fy, hold, k
    cdef const SloshMass* tank
    cdef int i
    for i in range(MAX_TANKS):
        tank = &b.tank[i]
        mass = tank.mass_kg
        x = s.slosh.x[i]
        y = s.slosh.y[i]
        z = tank.z_m
        k = tank.per_m * f.accel + tank.free_radps2
        out.x[i] = -k * x - f.damping[i] * s.slosh.u[i]
        out.y[i] = -k * y - f.damping[i] * s.slosh.v[i]
        fx = mass * out.x[i]
        fy = mass * out.y[i]
        hold = mass * (
            wz * (wx * x + wy * y) - z * (wx * wx + wy * wy)
            + 2.0 * (wx * s.slosh.v[i] - wy * s.slosh.u[i]))
        n.left.x -= fx
        n.left.y -= fy
        n.left.z -= hold
        n.torque.x += z * fy - y * hold
        n.torque.y += x * hold - z * fx
        n.torque.z += y * fx - x * fy
        n.xx += mass * y * y
        n.yy += mass * x * x
        n.xy -= mass * x * y
        n.sx += mass * x
        n.sy += mass * y


cdef inline void liquid_moves(Pull* out, const Motion* s, const Body* b) noexcept nogil:
    """What the liquid does against the body that carries it."""
    cdef double wx = s.omega.x, wy = s.omega.y, wz = s.omega.z
    cdef double all2 = wx * wx + wy * wy + wz * wz
    cdef double x, y, z, along
    cdef int i
    for i in range(MAX_TANKS):
        x = s.slosh.x[i]
        y = s.slosh.y[i]
        z = b.tank[i].z_m
        along = wx * x + wy * y + wz * z
        out.x[i] -= (
            out.accel.x + out.turn.y * z - out.turn.z * y + wx * along - all2 * x
            - 2.0 * wz * s.slosh.v[i])
        out.y[i] -= (
            out.accel.y + out.turn.z * x - out.turn.x * z + wy * along - all2 * y
            + 2.0 * wz * s.slosh.u[i])


cdef inline Pull pull_of(const Motion* s, const Forces* f, const Body* b) noexcept nogil:
    """Specific force, angular acceleration, and what the masses of liquid do."""
    cdef Pull out
    cdef Balance n
    cdef double wx = s.omega.x, wy = s.omega.y, wz = s.omega.z
    cdef Vec3 m = f.moments, p = f.products
    cdef double lever = b.lever_kgm, share = b.lever_kgm * f.per_body
    cdef double jx = m.x * wx + p.x * wy + p.y * wz
    cdef double jy = p.x * wx + m.y * wy + p.z * wz
    cdef double jz = p.y * wx + p.z * wy + m.z * wz
    out.x[0] = out.x[1] = out.y[0] = out.y[1] = 0.0
    n.torque = vec(
        f.torque.x - (wy * jz - wz * jy),
        f.torque.y - (wz * jx - wx * jz),
        f.torque.z - (wx * jy - wy * jx))
    # F less M omega x (omega x b)
    n.left = vec(
        f.force.x - lever * wx * wz, f.force.y - lever * wy * wz,
        f.force.z + lever * (wx * wx + wy * wy))
    n.xx = m.x - lever * share
    n.yy = m.y - lever * share
    n.xy = p.x
    n.sx = n.sy = 0.0
    if b.sloshes:
        liquid_reacts(&n, &out, s, f, b)
    out.turn = solve_symmetric(
        n.xx - n.sy * n.sy * f.per_mass, n.yy - n.sx * n.sx * f.per_mass, m.z,
        n.xy + n.sx * n.sy * f.per_mass, p.y, p.z,
        vec(
            n.torque.x + share * n.left.y - n.sy * f.per_mass * n.left.z,
            n.torque.y + n.sx * f.per_mass * n.left.z - share * n.left.x,
            n.torque.z))
    out.accel = vec(
        f.per_body * (n.left.x - lever * out.turn.y), f.per_body * (n.left.y + lever * out.turn.x),
        f.per_mass * (n.left.z - n.sy * out.turn.x + n.sx * out.turn.y))
    if b.sloshes:
        liquid_moves(&out, s, b)
    return out


cdef inline Quat quaternion_rate(Quat q, Vec3 omega, Vec3 w) noexcept nogil:
    """q' = (q omega_body - w q) / 2, with q = (q_w, u) multiplied out:

    q_w' = -u . (omega - w) / 2,    u' = (q_w (omega - w) + u x (omega + w)) / 2
    """
    cdef Vec3 u = vec(q.x, q.y, q.z)
    cdef Vec3 less = scale(0.5, sub(omega, w))
    cdef Vec3 v = axpy(q.w, less, cross(u, scale(0.5, add(omega, w))))
    return quat(-dot(u, less), v.x, v.y, v.z)


cdef inline Vec3 body_z(Quat q) noexcept nogil:
    """Direction of body z [site]: the third column of the rotation."""
    return vec(
        2.0 * (q.x * q.z + q.w * q.y),
        2.0 * (q.y * q.z - q.w * q.x),
        q.w * q.w - q.x * q.x - q.y * q.y + q.z * q.z,
    )


cdef inline Motion rate_of(
    const Motion* s, const Forces* f, const Body* b, const Moon* moon, Vec3* felt
) noexcept nogil:
    """The rate of a motion; felt: its specific force [m/s^2, body]."""
    cdef Motion d
    cdef Pull pull = pull_of(s, f, b)
    cdef int i
    felt[0] = pull.accel
    d.r = s.v
    d.v = add(
        rotate(s.q, pull.accel),
        add(gravity_and_frame_acceleration(moon, s.r, s.v), f.field_site))
    d.q = quaternion_rate(s.q, s.omega, moon.omega_site)
    d.omega = pull.turn
    for i in range(MAX_TANKS):
        d.slosh.x[i] = s.slosh.u[i]
        d.slosh.y[i] = s.slosh.v[i]
        d.slosh.u[i] = pull.x[i]
        d.slosh.v[i] = pull.y[i]
    return d


cdef inline Motion add_scaled(const Motion* s, double h, const Motion* d) noexcept nogil:
    """s + h d."""
    cdef Motion o
    cdef int i
    o.r = axpy(h, d.r, s.r)
    o.v = axpy(h, d.v, s.v)
    o.q = quat(
        s.q.w + h * d.q.w, s.q.x + h * d.q.x, s.q.y + h * d.q.y, s.q.z + h * d.q.z)
    o.omega = axpy(h, d.omega, s.omega)
    for i in range(MAX_TANKS):
        o.slosh.x[i] = s.slosh.x[i] + h * d.slosh.x[i]
        o.slosh.y[i] = s.slosh.y[i] + h * d.slosh.y[i]
        o.slosh.u[i] = s.slosh.u[i] + h * d.slosh.u[i]
        o.slosh.v[i] = s.slosh.v[i] + h * d.slosh.v[i]
    return o


cdef inline void stop_mass(
    Motion* s, const Body* b, int i, double mass_kg, Vec3 to, Vec3 speed
) noexcept nogil:
    """Put a mass of liquid to another place and speed [m, m/s, body] against the body.

    The centre of mass of all stays where it was, and linear and angular momentum stay; of angular
    momentum what is of second order in the displacements is left out.
    """
    cdef double share = b.tank[i].mass_kg / mass_kg
    cdef Vec3 moved = vec(s.slosh.x[i] - to.x, s.slosh.y[i] - to.y, 0.0)
    cdef Vec3 lost = vec(s.slosh.u[i] - speed.x, s.slosh.v[i] - speed.y, 0.0)
    cdef Vec3 rho = vec(to.x, to.y, b.tank[i].z_m)
    cdef Vec3 turned = solve_symmetric(
        b.moments.x + b.slosh_kgm2, b.moments.y + b.slosh_kgm2, b.moments.z, b.products.x,
        b.products.y, b.products.z,
        scale(b.tank[i].mass_kg, cross(rho, lost)))
    cdef int k
    s.r = axpy(share, rotate(s.q, moved), s.r)
    s.v = axpy(share, rotate(s.q, add(lost, cross(s.omega, moved))), s.v)
    s.omega = add(s.omega, turned)
    s.slosh.x[i] = to.x
    s.slosh.y[i] = to.y
    s.slosh.u[i] = speed.x
    s.slosh.v[i] = speed.y
    # the liquid off its place turns with the body
    for k in range(MAX_TANKS):
        share = b.tank[k].mass_kg / mass_kg
        s.v = axpy(
            -share, rotate(s.q, cross(turned, vec(s.slosh.x[k], s.slosh.y[k], 0.0))), s.v)


cdef inline Vec3 stop_at_walls(Motion* s, const Body* b, double mass_kg) noexcept nogil:
    """Stop each mass that is beyond the most that it may be off, without rebound.

    Return what the blow adds to the velocity of the centre of mass [m/s, body].
    """
    cdef Vec3 at, out, speed, before = s.v, none = vec(0.0, 0.0, 0.0)
    cdef double off, outward
    cdef bint stopped = False
    cdef int i
    if not b.sloshes:
        return none
    for i in range(MAX_TANKS):
        at = vec(s.slosh.x[i], s.slosh.y[i], 0.0)
        off = dot(at, at)
        if off <= b.tank[i].most_m * b.tank[i].most_m:
            continue
        out = scale(1.0 / sqrt(off), at)
        speed = vec(s.slosh.u[i], s.slosh.v[i], 0.0)
        outward = dot(speed, out)
        if outward > 0.0:
            speed = axpy(-outward, out, speed)
        stop_mass(s, b, i, mass_kg, scale(b.tank[i].most_m, out), speed)
        stopped = True
    return rotate_back(s.q, sub(s.v, before)) if stopped else none


cdef inline Vec3 stop_all(Motion* s, const Body* b, double mass_kg) noexcept nogil:
    """Stop each mass where it is; return what that adds to the velocity [m/s, body]."""
    cdef Vec3 before = s.v
    cdef int i
    if not b.sloshes:
        return vec(0.0, 0.0, 0.0)
    for i in range(MAX_TANKS):
        if s.slosh.u[i] != 0.0 or s.slosh.v[i] != 0.0:
            stop_mass(
                s, b, i, mass_kg, vec(s.slosh.x[i], s.slosh.y[i], 0.0), vec(0.0, 0.0, 0.0))
    return rotate_back(s.q, sub(s.v, before))
