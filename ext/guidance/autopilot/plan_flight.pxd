"""A planned optimal descent in time: its primer, its thrust, and the same flight from later on."""

from farside.ext.guidance.records._codes cimport FULL, FULL_LEAST_FULL, LEAST_FULL
from farside.ext.guidance.records.plan cimport Extremal
from farside.ext.common.vector cimport Vec3, unit, vec


cdef inline Vec3 primer(const Extremal* e, double t) noexcept nogil:
    """Direction of the thrust, t seconds after the plan's tick."""
    cdef double go = e.t_f - t
    return unit(
        vec(e.p[0] + go * e.q[0], e.p[1] + go * e.q[1], e.p[2] + go * e.q[2]),
        vec(0.0, 0.0, 1.0))


cdef inline double planned_thrust(
    const Extremal* e, double least_n, double full_n, double t
) noexcept nogil:
    """Full or least thrust [N], by the plan's switches."""
    return least_n if e.t_1 <= t < e.t_2 else full_n


cdef inline void shift_epoch(Extremal* e, double later_s, double arc_share) noexcept nogil:
    """The same flight, its times from later on; an arc below the share of the rest is over."""
    e.t_f -= later_s
    e.t_2 -= later_s
    e.t_1 -= later_s
    if e.unknowns == FULL_LEAST_FULL and e.t_1 <= arc_share * e.t_f:
        e.unknowns = LEAST_FULL
    if e.unknowns == LEAST_FULL and e.t_2 <= arc_share * e.t_f:
        e.unknowns = FULL
    if not e.t_f > 0:
        e.unknowns = 0
