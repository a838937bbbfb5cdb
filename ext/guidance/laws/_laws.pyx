"""Laws and attitude one by one, for Python: tests and studies.

The tick compiles the same header-only sources itself; nothing in flight comes through here.
"""

from farside.ext.common.rotation cimport (
    rotate_by as rotate_quat_by, rotation_vector_between as rotation_vector,
)
from farside.ext.common.vector cimport Quat, Vec3, quat, vec
from farside.ext.guidance.laws.attitude cimport (
    SlewLimits, hold_attitude as attitude_torque, pointing as pointing_of,
    slew_reference as slew_one_tick,
)
from farside.ext.guidance.records.plan cimport AttitudeReference
from farside.ext.guidance.laws.polynomial cimport (
    Limited, TargetState, fractional_polynomial as polynomial_law, hold_point as hold_law,
    limit_thrust as limit_law, target_state,
)


cdef Vec3 vec_of(v):
    x, y, z = v
    return vec(x, y, z)


cdef Quat quat_of(q):
    w, x, y, z = q
    return quat(w, x, y, z)


cdef TargetState target_of(target):
    r, v, a = target
    return target_state(vec_of(r), vec_of(v), vec_of(a))


def fractional_polynomial(r, v, target, g, double t_go, double gamma, double kr):
    """Return the thrust acceleration [m/s^2] of the fractional polynomial.

    The target is its place, velocity and thrust acceleration.
    """
    cdef Vec3 a = polynomial_law(
        vec_of(r), vec_of(v), target_of(target), vec_of(g), t_go, gamma, kr)
    return a.x, a.y, a.z


def hold_point(r, v, r_target, v_target, g, double frequency, double brake_mps2):
    """Return the thrust acceleration [m/s^2] that holds a point."""
    cdef Vec3 a = hold_law(
        vec_of(r), vec_of(v), vec_of(r_target), vec_of(v_target), vec_of(g), frequency, brake_mps2)
    return a.x, a.y, a.z


def limit_thrust(a, up, double full_mps2, double least_up_mps2, double tan_tilt):
    """Return what of an acceleration may be asked of the engine, and whether it was cut."""
    cdef Limited out = limit_law(vec_of(a), vec_of(up), full_mps2, least_up_mps2, tan_tilt)
    return (out.a.x, out.a.y, out.a.z), bool(out.cut)


def pointing(thrust, x_towards):
    """Return the attitude whose z is along the thrust and whose x lies towards a vector."""
    cdef Quat q = pointing_of(vec_of(thrust), vec_of(x_towards))
    return q.w, q.x, q.y, q.z


def rotation_vector_between(a, b):
    """Return the rotation vector [rad] from attitude a to b, in a's body components."""
    cdef Vec3 turn = rotation_vector(quat_of(a), quat_of(b))
    return turn.x, turn.y, turn.z


def rotate_by(q, by):
    """Return q rotated by a small rotation vector [rad] in its body components."""
    cdef Quat out = rotate_quat_by(quat_of(q), vec_of(by))
    return out.w, out.x, out.y, out.z


def slew_reference(q, omega, wanted, slew, double dt, double[:, ::1] out):
    """Fill out (N, 7) with the reference attitude and rate [rad/s] of N ticks of dt [s].

    slew holds the fields of SlewLimits by their names.
    """
    cdef AttitudeReference ref
    cdef SlewLimits limits = slew
    cdef Quat goal = quat_of(wanted)
    cdef Py_ssize_t i
    ref.q_site_body = quat_of(q)
    ref.omega = vec_of(omega)
    with nogil:
        for i in range(out.shape[0]):
            slew_one_tick(&ref, goal, &limits, dt)
            out[i, 0] = ref.q_site_body.w
            out[i, 1] = ref.q_site_body.x
            out[i, 2] = ref.q_site_body.y
            out[i, 3] = ref.q_site_body.z
            out[i, 4] = ref.omega.x
            out[i, 5] = ref.omega.y
            out[i, 6] = ref.omega.z


def hold_attitude(q_reference, omega_reference, q, omega, inertia, double frequency,
                  double damping, torque_limit):
    """Return the torque [N m, body] towards a reference."""
    cdef AttitudeReference ref
    cdef Vec3 torque
    ref.q_site_body = quat_of(q_reference)
    ref.omega = vec_of(omega_reference)
    torque = attitude_torque(
        &ref, quat_of(q), vec_of(omega), vec_of(inertia), frequency, damping,
        vec_of(torque_limit))
    return torque.x, torque.y, torque.z
