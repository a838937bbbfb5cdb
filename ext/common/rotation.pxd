"""Rotation vectors and small turns of attitude quaternions."""

from farside.ext.common.elementary cimport atan2_of
from farside.ext.common.vector cimport (
    Quat, Vec3, dot, norm, quat, quat_conj, quat_mul, quat_unit, scale, vec,
)


cdef inline Vec3 rotation_vector_between(Quat a, Quat b) noexcept nogil:
    """The rotation vector [rad] that takes attitude a into b, in a's body components."""
    cdef Quat d = quat_mul(quat_conj(a), b)
    cdef Vec3 v
    cdef double s, angle
    if d.w < 0.0:
        d = quat(-d.w, -d.x, -d.y, -d.z)
    v = vec(d.x, d.y, d.z)
    s = norm(v)
    if s < 1e-9:
        return scale(2.0, v)
    angle = 2.0 * atan2_of(s, d.w)
    return scale(angle / s, v)


cdef inline Quat rotate_by(Quat q, Vec3 by) noexcept nogil:
    """q rotated by a small rotation vector [rad] in its body components (third order)."""
    cdef double a2 = dot(by, by)
    cdef double s = 0.5 - a2 / 48.0
    return quat_unit(quat_mul(
        q, quat(1.0 - 0.125 * a2, s * by.x, s * by.y, s * by.z)))
