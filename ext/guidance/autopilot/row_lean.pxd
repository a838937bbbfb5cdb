"""Rows that name a thrust axis: one that leans on purpose, and thrusters that push it over.

    u       the local vertical; p the row's axis, by pitch and azimuth
    lean    the shortest turn that takes u into p, on top of the upright attitude: body x keeps its
            side, whatever the pitch
    descent F / m = (|g| + k (v_t - v_z)) / (p . u) along p: the rate is kept, the place let go, and
            no more speed gained across than down
    push    on the ground, torque along z x p, as much as the thrusters have

A lander that touches with one leg first falls over it by its own weight; the push helps it there.
"""

from libc.math cimport fabs

from farside.ext.guidance.autopilot._codes cimport LAW_OFF
from farside.ext.guidance.autopilot.records cimport AutopilotState, AutopilotTable, PhaseRow
from farside.ext.guidance.laws.attitude cimport pointing
from farside.ext.common.types cimport TICK_HZ
from farside.ext.common.vector cimport (
    Quat, Vec3, axpy, cross, dot, norm, quat, quat_mul, quat_unit, rotate, rotate_back, scale, unit,
    vec, vec_from,
)


cdef inline bint names_axis(const PhaseRow* row) noexcept nogil:
    """Whether a row has a thrust axis of its own."""
    cdef Vec3 level = vec_from(row.axis_level)
    return dot(level, level) > 0.0


cdef inline Vec3 row_axis(const PhaseRow* row, Vec3 up) noexcept nogil:
    """The row's thrust axis in site axes, from the level at the lander."""
    cdef Vec3 level = vec_from(row.axis_level)
    cdef Vec3 east = unit(axpy(-up.x, up, vec(1.0, 0.0, 0.0)), vec(1.0, 0.0, 0.0))
    return axpy(level.x, east, axpy(level.y, cross(up, east), scale(level.z, up)))


cdef inline Quat leaning(Vec3 axis, Vec3 up, Vec3 heading) noexcept nogil:
    """The upright attitude, turned by the shortest way until its z is along an axis."""
    cdef Vec3 n = cross(up, axis)
    cdef double w = 1.0 + dot(up, axis)
    if w < 1e-6:
        # Straight down: over body y.
        return quat_mul(pointing(up, heading), quat(0.0, 0.0, 1.0, 0.0))
    return quat_unit(quat_mul(quat_unit(quat(w, n.x, n.y, n.z)), pointing(up, heading)))


cdef inline Vec3 push_over(
        const AutopilotTable* t, const AutopilotState* s, Quat q, Vec3 up) noexcept nogil:
    """Torque towards the row's axis [N m, body], all that the thrusters have; 0 without a push."""
    cdef const PhaseRow* row = &t.row[s.phase]
    cdef Vec3 n, zero = vec(0.0, 0.0, 0.0)
    cdef double most
    if s.phase >= t.phases or row.law != LAW_OFF or (
            (s.tick - s.phase_tick) / <double> TICK_HZ >= row.push_s):
        return zero
    n = rotate_back(q, cross(rotate(q, vec(0.0, 0.0, 1.0)), row_axis(row, up)))
    # Within a hundredth of it there is nothing left to push.
    most = max(fabs(n.x), max(fabs(n.y), fabs(n.z)))
    if norm(n) < 0.01:
        return zero
    return vec(
        t.torque_limit[0] * n.x / most, t.torque_limit[1] * n.y / most,
        t.torque_limit[2] * n.z / most)
