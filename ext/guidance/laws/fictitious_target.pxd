"""The fractional polynomial aimed beyond its end, so that its gains stay finite where it arrives.

Along the law, with s the time to the fictitious end and a the total acceleration there,

    r(s) = r_e - v_e s + a s^2 / 2 + C1 s^(gamma + 2) + C2 s^(gamma2 + 2)

where (gamma + 2)(gamma2 + 2) = kr (Lu, J. Guid. Control Dyn. 43(4), 2020; theory (3.4)). The
fictitious end (r_e, v_e), `margin` seconds after the true one, is the one whose flight from here
passes through the wanted place at the wanted velocity.
"""

from farside.ext.common.elementary cimport exp_of, log_of
from farside.ext.common.vector cimport Vec3, add, axpy, scale, sub
from farside.ext.guidance.laws.polynomial cimport TargetState


cdef struct FictitiousTarget:
    Vec3 r
    Vec3 v
    bint found


cdef inline FictitiousTarget fictitious_target(
        Vec3 r, Vec3 v, TargetState target, double t_go, double margin, double gamma,
        double kr) noexcept nogil:
    """The fictitious end for a flight of t_go seconds; target.a is the total acceleration there.

    Elimination of r_e and v_e leaves two equations for C1 and C2 whose determinant vanishes only
    with t_go: nothing is found nearer than a thousandth of the margin, or when gamma = gamma2.
    """
    cdef FictitiousTarget out
    cdef double p = gamma + 2.0
    cdef double q = kr / p
    cdef double s = t_go + margin
    cdef double sp, sq, mp, mq, fp, fq, up, uq, det
    cdef Vec3 x, y, c1, c2, fall, rise
    out.r = target.r
    out.v = target.v
    out.found = False
    if not (margin > 0.0 and t_go > 1e-3 * margin):
        return out
    sp = exp_of(p * log_of(s / margin))
    sq = exp_of(q * log_of(s / margin))
    # In units of the margin: s^p / margin^p. C1 and C2 take the margin's powers.
    # v(s) = v_e - a s - C1 p s^(p-1) - C2 q s^(q-1); the difference of both ends leaves
    #   v_target - v - a t_go = C1 p (s^(p-1) - m^(p-1)) + C2 q (s^(q-1) - m^(q-1))
    mp = p / margin
    mq = q / margin
    fp = mp * (sp * margin / s - 1.0)
    fq = mq * (sq * margin / s - 1.0)
    x = axpy(-t_go, target.a, sub(target.v, v))
    # the same for r(s), with v_e from the target's end:
    #   r_target - r - v_target t_go + a t_go^2 / 2 = C1 (1 - s^p + p t_go / m) + C2 (the same)
    up = 1.0 - sp + mp * t_go
    uq = 1.0 - sq + mq * t_go
    y = axpy(0.5 * t_go * t_go, target.a, axpy(-t_go, target.v, sub(target.r, r)))
    det = fp * uq - fq * up
    if not (det > 1e-12 or det < -1e-12):
        return out
    c1 = scale(1.0 / det, axpy(-fq, y, scale(uq, x)))
    c2 = scale(1.0 / det, axpy(-up, x, scale(fp, y)))
    # At the target s is the margin, and both powers are 1.
    rise = axpy(mp, c1, scale(mq, c2))
    out.v = add(axpy(margin, target.a, target.v), rise)
    fall = axpy(-0.5 * margin * margin, target.a, sub(target.r, add(c1, c2)))
    out.r = axpy(margin, out.v, fall)
    out.found = True
    return out
