"""Equations of motion of a rigid lander of varying mass, in the rotating site frame.

With w the Moon's turning and r_c the place from the Moon's centre:

    r' = v
    v' = g(r) + g_t + F/m - 2 w x v - w x (w x r_c)     g_t of a table: all beyond J2 and C22
    q' = (q omega_body - w q) / 2           since omega_site = R omega_body - w
    I omega' = T - omega x (I omega)

Left out, both below 1 N m of the 420 N m of a large couple, and of opposite sign: the torque of the
changing inertia, I' omega (3 kg m^2/s at 0.1 rad/s), and the angular momentum that the jet takes
along, m' l^2 omega (2.5 kg/s at 1.5 m). The centre of mass sinks 0.15 m in the body as the tanks
empty (0.2 mm/s); its momentum is left out too.
"""

from farside.ext.common.gravity cimport gravity_and_frame_acceleration
from farside.ext.common.types cimport LanderState, Moon
from farside.ext.common.vector cimport (
    Quat, Vec3, add, axpy, cross, dot, quat, quat_from, quat_to, quat_unit, scale, sub, vec,
    vec_from, vec_to,
)
from farside.ext.dynamics.vehicle cimport Vehicle, inertia_of, propellant_share


cdef struct Motion:
    Vec3 r
    Vec3 v
    Quat q
    Vec3 omega


cdef struct Forces:
    # What acts at one node of the step
    double accel                # [m/s^2] thrust over mass, along body z
    Vec3 field_site             # [m/s^2] gravity of a table, beyond J2 and C22
    Vec3 torque                 # [N m, body]
    Vec3 inertia                # [kg m^2, body]
    Vec3 per_inertia


cdef inline Motion motion_of(const LanderState* s) noexcept nogil:
    cdef Motion m
    m.r = vec_from(&s.r_site[0])
    m.v = vec_from(&s.v_site[0])
    m.q = quat_from(&s.q_site_body[0])
    m.omega = vec_from(&s.omega_body[0])
    return m


cdef inline void motion_to(const Motion* m, LanderState* s) noexcept nogil:
    """Into a state, with its quaternion made a unit one; the mass is left alone."""
    vec_to(m.r, &s.r_site[0])
    vec_to(m.v, &s.v_site[0])
    quat_to(quat_unit(m.q), &s.q_site_body[0])
    vec_to(m.omega, &s.omega_body[0])


cdef inline Vec3 angular_acceleration(const Forces* f, Vec3 omega) noexcept nogil:
    """omega' = I^-1 (T - omega x I omega) [rad/s^2, body]."""
    return vec(
        f.per_inertia.x * (f.torque.x - (f.inertia.z - f.inertia.y) * omega.y * omega.z),
        f.per_inertia.y * (f.torque.y - (f.inertia.x - f.inertia.z) * omega.z * omega.x),
        f.per_inertia.z * (f.torque.z - (f.inertia.y - f.inertia.x) * omega.x * omega.y),
    )


cdef inline Quat quaternion_rate(Quat q, Vec3 omega, Vec3 w) noexcept nogil:
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


cdef inline Motion rate_of(const Motion* s, const Forces* f, const Moon* moon) noexcept nogil:
    cdef Motion d
    d.r = s.v
    d.v = axpy(
        f.accel, body_z(s.q),
        add(gravity_and_frame_acceleration(moon, s.r, s.v), f.field_site))
    d.q = quaternion_rate(s.q, s.omega, moon.omega_site)
    d.omega = angular_acceleration(f, s.omega)
    return d


cdef inline Motion add_scaled(const Motion* s, double h, const Motion* d) noexcept nogil:
    """s + h d."""
    cdef Motion o
    o.r = axpy(h, d.r, s.r)
    o.v = axpy(h, d.v, s.v)
    o.q = quat(
        s.q.w + h * d.q.w, s.q.x + h * d.q.x, s.q.y + h * d.q.y, s.q.z + h * d.q.z)
    o.omega = axpy(h, d.omega, s.omega)
    return o


cdef inline Forces forces_at(
    const Vehicle* v, double thrust_n, double mass_kg, Vec3 torque, Vec3 field_site
) noexcept nogil:
    """Loads at a thrust and mass; a centre of mass off the thrust axis makes a torque."""
    cdef Forces f
    f.accel = thrust_n / mass_kg
    f.field_site = field_site
    # The thrust acts at (-ox, -oy) of the centre of mass: torque = (-oy, ox, 0) T
    f.torque = vec(
        torque.x - v.com_offset_m[1] * thrust_n, torque.y + v.com_offset_m[0] * thrust_n, torque.z)
    f.inertia = inertia_of(v, propellant_share(v, mass_kg))
    # three reciprocals for one division
    f.per_inertia = scale(
        1.0 / (f.inertia.x * f.inertia.y * f.inertia.z),
        vec(f.inertia.y * f.inertia.z, f.inertia.z * f.inertia.x, f.inertia.x * f.inertia.y))
    return f
