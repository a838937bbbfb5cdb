"""A plan by its knots, in time: apart from the solver, so that a tick does not include it."""

from farside.ext.guidance.records.plan cimport KNOTS, CollocationPlan
from farside.ext.common.vector cimport Vec3, vec


cdef inline Vec3 acceleration_at(const CollocationPlan* plan, double t) noexcept nogil:
    """Thrust over mass [m/s^2], straight between knots, held beyond both ends."""
    cdef double at = t / plan.step_s, part
    cdef int k
    if not at > 0.0:
        at = 0.0
    if at > KNOTS - 1:
        at = KNOTS - 1
    k = <int> at
    if k > KNOTS - 2:
        k = KNOTS - 2
    part = at - k
    return vec(
        plan.u[k][0] + part * (plan.u[k + 1][0] - plan.u[k][0]),
        plan.u[k][1] + part * (plan.u[k + 1][1] - plan.u[k][1]),
        plan.u[k][2] + part * (plan.u[k + 1][2] - plan.u[k][2]))
