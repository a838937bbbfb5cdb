"""Attitude: from thrust direction and heading to a reference the lander can follow, to a torque."""

from libc.math cimport sqrt

from farside.ext.common.rotation cimport rotate_by, rotation_vector_between
from farside.ext.common.vector cimport (
    Quat, Vec3, add, axpy, clamp, cross, dot, norm, quat_from_axes, scale, sub, unit, vec,
)
from farside.ext.guidance.records.plan cimport AttitudeReference


cdef struct SlewLimits:
    double rate_radps
    double acceleration_radps2
    double stop_share       # of the acceleration, to stop with
    double settle_per_s     # rate over angle, near the end


cdef inline Quat pointing(Vec3 thrust, Vec3 x_towards) noexcept nogil:
    """The attitude whose z is along the thrust and whose x lies towards a vector where z allows."""
    cdef Vec3 z = unit(thrust, vec(0.0, 0.0, 1.0))
    cdef Vec3 x = axpy(-dot(x_towards, z), z, x_towards)
    if norm(x) < 1e-6:
        # The wish is along z itself: any perpendicular serves.
        x = cross(z, vec(1.0, 0.0, 0.0) if z.x * z.x < 0.5 else vec(0.0, 1.0, 0.0))
    x = unit(x, vec(1.0, 0.0, 0.0))
    return quat_from_axes(x, cross(z, x), z)


cdef inline void slew_reference(
        AttitudeReference* ref, Quat wanted, const SlewLimits* limits, double dt) noexcept nogil:
    """Move the reference towards the wanted attitude inside the rate and acceleration limits.

    rate = min(limit, sqrt(2 share a theta), k theta): the most from which the reference can still
    stop in time with a share of its acceleration a, and linear in the angle theta near the end.
    """
    cdef Vec3 turn = rotation_vector_between(ref.q_site_body, wanted)
    cdef double angle = norm(turn)
    cdef double rate = limits.rate_radps
    cdef double stop = sqrt(2.0 * limits.stop_share * limits.acceleration_radps2 * angle)
    cdef Vec3 goal, change
    cdef double jump
    rate = min(rate, stop)
    rate = min(rate, limits.settle_per_s * angle)
    goal = scale(rate / angle, turn) if angle > 1e-12 else vec(0.0, 0.0, 0.0)
    change = sub(goal, ref.omega)
    jump = norm(change)
    if jump > limits.acceleration_radps2 * dt:
        change = scale(limits.acceleration_radps2 * dt / jump, change)
    ref.omega = add(ref.omega, change)
    ref.q_site_body = rotate_by(ref.q_site_body, scale(dt, ref.omega))


cdef inline Vec3 hold_attitude(
        const AttitudeReference* ref, Quat q, Vec3 omega, Vec3 inertia,
        double frequency, double damping, Vec3 torque_limit) noexcept nogil:
    """tau = I (w^2 e + 2 zeta w (omega_ref - omega)), per axis, held inside the torque limit."""
    cdef Vec3 e = rotation_vector_between(q, ref.q_site_body)
    cdef Vec3 d = sub(ref.omega, omega)
    cdef double kp = frequency * frequency
    cdef double kd = 2.0 * damping * frequency
    return vec(
        clamp(inertia.x * (kp * e.x + kd * d.x), -torque_limit.x, torque_limit.x),
        clamp(inertia.y * (kp * e.y + kd * d.y), -torque_limit.y, torque_limit.y),
        clamp(inertia.z * (kp * e.z + kd * d.z), -torque_limit.z, torque_limit.z),
    )
