"""Small vectors and quaternions by value: header-only, so that every kernel inlines them.

A quaternion is Hamilton, scalar first; q_a_b rotates a vector's b components into a components.
"""

from libc.math cimport sqrt


cdef struct Vec3:
    double x
    double y
    double z


cdef struct Quat:
    double w
    double x
    double y
    double z


cdef inline Vec3 vec(double x, double y, double z) noexcept nogil:
    cdef Vec3 v
    v.x = x
    v.y = y
    v.z = z
    return v


cdef inline Vec3 vec_from(const double* p) noexcept nogil:
    return vec(p[0], p[1], p[2])


cdef inline void vec_to(Vec3 v, double* p) noexcept nogil:
    p[0] = v.x
    p[1] = v.y
    p[2] = v.z


cdef inline Vec3 add(Vec3 a, Vec3 b) noexcept nogil:
    return vec(a.x + b.x, a.y + b.y, a.z + b.z)


cdef inline Vec3 sub(Vec3 a, Vec3 b) noexcept nogil:
    return vec(a.x - b.x, a.y - b.y, a.z - b.z)


cdef inline Vec3 scale(double s, Vec3 a) noexcept nogil:
    return vec(s * a.x, s * a.y, s * a.z)


cdef inline Vec3 axpy(double s, Vec3 a, Vec3 b) noexcept nogil:
    """s a + b."""
    return vec(s * a.x + b.x, s * a.y + b.y, s * a.z + b.z)


cdef inline double dot(Vec3 a, Vec3 b) noexcept nogil:
    return a.x * b.x + a.y * b.y + a.z * b.z


cdef inline Vec3 cross(Vec3 a, Vec3 b) noexcept nogil:
    return vec(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x)


cdef inline double norm(Vec3 a) noexcept nogil:
    return sqrt(dot(a, a))


cdef inline Vec3 unit(Vec3 a, Vec3 otherwise) noexcept nogil:
    """The direction of a, or `otherwise` where a has none."""
    cdef double n = norm(a)
    if n > 1e-300:
        return scale(1.0 / n, a)
    return otherwise


cdef inline bint vec_finite(Vec3 a) noexcept nogil:
    # x - x is 0 for a finite x and NaN for any other.
    return (a.x - a.x) == 0.0 and (a.y - a.y) == 0.0 and (a.z - a.z) == 0.0


cdef inline bint finite(double x) noexcept nogil:
    return (x - x) == 0.0


cdef inline double clamp(double x, double lo, double hi) noexcept nogil:
    if x < lo:
        return lo
    if x > hi:
        return hi
    return x


cdef inline Quat quat(double w, double x, double y, double z) noexcept nogil:
    cdef Quat q
    q.w = w
    q.x = x
    q.y = y
    q.z = z
    return q


cdef inline Quat quat_from(const double* p) noexcept nogil:
    return quat(p[0], p[1], p[2], p[3])


cdef inline void quat_to(Quat q, double* p) noexcept nogil:
    p[0] = q.w
    p[1] = q.x
    p[2] = q.y
    p[3] = q.z


cdef inline Quat quat_mul(Quat a, Quat b) noexcept nogil:
    return quat(
        a.w * b.w - a.x * b.x - a.y * b.y - a.z * b.z,
        a.w * b.x + a.x * b.w + a.y * b.z - a.z * b.y,
        a.w * b.y - a.x * b.z + a.y * b.w + a.z * b.x,
        a.w * b.z + a.x * b.y - a.y * b.x + a.z * b.w,
    )


cdef inline Quat quat_conj(Quat q) noexcept nogil:
    return quat(q.w, -q.x, -q.y, -q.z)


cdef inline double quat_norm(Quat q) noexcept nogil:
    return sqrt(q.w * q.w + q.x * q.x + q.y * q.y + q.z * q.z)


cdef inline Quat quat_unit(Quat q) noexcept nogil:
    cdef double n = quat_norm(q)
    if n > 1e-300:
        n = 1.0 / n
        return quat(n * q.w, n * q.x, n * q.y, n * q.z)
    return quat(1.0, 0.0, 0.0, 0.0)


cdef inline Vec3 rotate(Quat q, Vec3 v) noexcept nogil:
    """q v q*: v + 2 w (u x v) + 2 u x (u x v), with u the vector part of a unit q."""
    cdef Vec3 u = vec(q.x, q.y, q.z)
    cdef Vec3 t = scale(2.0, cross(u, v))
    return add(axpy(q.w, t, v), cross(u, t))


cdef inline Vec3 rotate_back(Quat q, Vec3 v) noexcept nogil:
    """q* v q: from a components into b components for q_a_b."""
    return rotate(quat_conj(q), v)


cdef inline Quat quat_from_axes(Vec3 ex, Vec3 ey, Vec3 ez) noexcept nogil:
    """q_a_b whose body axes have the a components ex, ey, ez (orthonormal, right-handed).

    Shepperd's choice of the largest of the four pivots (J. Guid. Control 1, 1978).
    """
    cdef double t = ex.x + ey.y + ez.z
    cdef double s
    if t > 0.0:
        s = 2.0 * sqrt(t + 1.0)
        return quat_unit(quat(0.25 * s, (ey.z - ez.y) / s, (ez.x - ex.z) / s, (ex.y - ey.x) / s))
    if ex.x > ey.y and ex.x > ez.z:
        s = 2.0 * sqrt(1.0 + ex.x - ey.y - ez.z)
        return quat_unit(quat((ey.z - ez.y) / s, 0.25 * s, (ey.x + ex.y) / s, (ez.x + ex.z) / s))
    if ey.y > ez.z:
        s = 2.0 * sqrt(1.0 + ey.y - ex.x - ez.z)
        return quat_unit(quat((ez.x - ex.z) / s, (ey.x + ex.y) / s, 0.25 * s, (ez.y + ey.z) / s))
    s = 2.0 * sqrt(1.0 + ez.z - ex.x - ey.y)
    return quat_unit(quat((ex.y - ey.x) / s, (ez.x + ex.z) / s, (ez.y + ey.z) / s, 0.25 * s))
