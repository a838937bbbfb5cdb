"""Guidance laws that give a thrust acceleration from a state, a target and a time-to-go.

All vectors are site components; g is the whole acceleration of a free fall where the lander is
(gravity, Coriolis and centrifugal), so that -g is what a hover takes.
"""

from libc.math cimport sqrt

from farside.ext.common.vector cimport Vec3, axpy, dot, norm, scale, sub


cdef struct TargetState:        # where a polynomial ends, and how
    Vec3 r                      # [m]
    Vec3 v                      # [m/s]
    Vec3 a                      # [m/s^2]: of thrust alone, or in all, as the law says


cdef inline TargetState target_state(Vec3 r, Vec3 v, Vec3 a) noexcept nogil:
    cdef TargetState target
    target.r = r
    target.v = v
    target.a = a
    return target


cdef inline Vec3 fractional_polynomial(
        Vec3 r, Vec3 v, TargetState target, Vec3 g, double t_go, double gamma,
        double kr) noexcept nogil:
    """Fractional-polynomial powered descent guidance (Lu, J. Guid. Control Dyn. 43(4), 2020).

    a_T = gamma (kr / (2 gamma + 4) - 1) a_f + (gamma kr / (2 gamma + 4) - gamma - 1) g
        + (gamma + 1) / t_go (1 - kr / (gamma + 2)) (v_f - v) + kr / t_go^2 (r_f - r - v t_go)

    theory (3.3), with (r_f, v_f, a_f) the target, a_f its thrust acceleration. gamma = 1 with
    kr = 6 is E-guidance, theory (3.2), the one profile linear in time that meets both ends of
    theory (3.1); with kr = 12 it is Apollo's P64. The caller keeps t_go positive.
    """
    cdef double half = kr / (2.0 * gamma + 4.0)
    cdef Vec3 zem = axpy(-t_go, v, sub(target.r, r))
    cdef Vec3 a = scale(gamma * (half - 1.0), target.a)
    a = axpy(gamma * half - gamma - 1.0, g, a)
    a = axpy((gamma + 1.0) / t_go * (1.0 - kr / (gamma + 2.0)), sub(target.v, v), a)
    return axpy(kr / (t_go * t_go), zem, a)


cdef inline Vec3 hold_point(
        Vec3 r, Vec3 v, Vec3 r_target, Vec3 v_target, Vec3 g,
        double frequency, double brake_mps2) noexcept nogil:
    """a = 2 w (v_f + s - v) - g, with s towards the point as fast as a brake still stops there.

    Near the point s = w e / 2: critically damped. From e = 4 b / w^2 on, s^2 = 2 b (e - 2 b / w^2),
    the speed that slows down at b and goes over into the other smoothly.
    """
    cdef Vec3 error = sub(r_target, r)
    cdef double far = norm(error)
    cdef double half = 2.0 * brake_mps2 / (frequency * frequency)
    cdef double gain = 0.5 * frequency      # speed towards the point over distance [1/s]
    if far > 2.0 * half:
        gain = sqrt(2.0 * brake_mps2 * (far - half)) / far
    return sub(scale(2.0 * frequency, axpy(gain, error, sub(v_target, v))), g)


cdef struct Limited:
    Vec3 a          # what may be asked of the engine [m/s^2]
    bint cut        # whether less than was wanted


cdef inline Limited limit_thrust(
        Vec3 a, Vec3 up, double full_mps2, double least_up_mps2, double tan_tilt) noexcept nogil:
    """Keep the vertical part and clip the horizontal: Apollo's rule (Luminary 099, AFCCALC).

    As theory (3.5). The vertical part stays between least_up_mps2 and full thrust; the horizontal
    part inside the tilt cone and what full thrust leaves.
    """
    cdef Limited out
    cdef double vertical = dot(a, up)
    cdef Vec3 across = axpy(-vertical, up, a)
    cdef double wide = norm(across)
    cdef double most
    out.cut = False
    if vertical > full_mps2:
        vertical = full_mps2
        out.cut = True
    if vertical < least_up_mps2:
        vertical = least_up_mps2
        out.cut = True
    most = vertical * tan_tilt
    if most * most > full_mps2 * full_mps2 - vertical * vertical:
        # max() would let a NaN through; a negative rest means full thrust is all vertical.
        most = full_mps2 * full_mps2 - vertical * vertical
        most = sqrt(most) if most > 0.0 else 0.0
    if wide > most:
        across = scale(most / wide, across)
        out.cut = True
    out.a = axpy(vertical, up, across)
    return out
