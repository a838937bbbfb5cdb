"""Attitude thrusters: a torque command becomes pulses of couples, so no net force.

Each body axis has a large and a small couple each way. A couple is fully on or off for whole
ticks, at least its shortest burn. The angular impulse commanded and not yet given is kept as a
debt per axis; a couple fires when the debt is worth half of its shortest pulse (the deadband), and
never against the command. A steady command is so met to within half a large pulse, or half a small
one while it stays inside the small couple's torque; one that turns round in a pulse of two ticks,
to within that pulse and half a small one. The command is held to what both couples give, so the
debt needs no limit of its own: a limit would forget impulse each time that a command turned round.

A couple that has failed owes what it was commanded, not what it gave: nothing tells it.
"""

from farside.ext.common.vector cimport Vec3, clamp, vec
from farside.ext.dynamics.plant_faults cimport PlantFaults, share_left
from farside.ext.dynamics.vehicle cimport Vehicle


cdef struct Thrusters:
    double debt_nms[3]      # angular impulse owed
    int large_left[3]       # ticks that the pulse must still burn
    int small_left[3]
    double large_sign[3]
    double small_sign[3]


cdef struct Firing:
    Vec3 torque_body_nm
    double flow_kgps
    double valve_s[2]       # how long large and small couples were open, over all axes


cdef inline double couple(
    double* debt, int* left, double* sign, double demand, double torque, int pulse, double tick_s
) noexcept nogil:
    """Torque of one couple over this tick [N m]; takes its impulse from the debt."""
    cdef double threshold = 0.5 * torque * pulse * tick_s
    if left[0] > 0:
        left[0] -= 1
    elif debt[0] * demand > 0.0 and (debt[0] >= threshold or debt[0] <= -threshold):
        sign[0] = 1.0 if debt[0] > 0.0 else -1.0
        left[0] = pulse - 1
    else:
        return 0.0
    debt[0] -= sign[0] * torque * tick_s
    return sign[0] * torque


cdef inline double fired(
    Firing* out, const PlantFaults* failed, int axis, double large_nm, double small_nm,
    const Vehicle* v, double tick_s
) noexcept nogil:
    """What an axis' open couples give [N m] with what has failed; adds their flow and times."""
    cdef double torque = 0.0, left, stuck_nm
    cdef int side
    if large_nm != 0.0:
        left = share_left(failed.couple_loss[2 * axis + (large_nm < 0.0)])
        torque = large_nm * left
        out.flow_kgps += v.large_flow_kgps * left
        out.valve_s[0] += tick_s
    if small_nm != 0.0:
        left = share_left(failed.couple_loss[2 * axis + (small_nm < 0.0)])
        torque += small_nm * left
        out.flow_kgps += v.small_flow_kgps * left
        out.valve_s[1] += tick_s
    for side in range(2):
        stuck_nm = v.large_torque_nm if side == 0 else -v.large_torque_nm
        if failed.couple_on[2 * axis + side] and large_nm != stuck_nm:
            left = share_left(failed.couple_loss[2 * axis + side])
            torque += stuck_nm * left
            out.flow_kgps += v.large_flow_kgps * left
    return torque


cdef inline Firing fire(
    Thrusters* t, const Vehicle* v, const PlantFaults* failed, const double* demand_nm,
    double tick_s
) noexcept nogil:
    """Torque [N m, body] and propellant flow [kg/s], constant over the tick; any demand is safe.

    The times that valves were open are those commanded: a valve that is stuck is not among them.
    """
    cdef Firing out
    cdef double torque[3]
    cdef double demand, large, small
    cdef double most = v.large_torque_nm + v.small_torque_nm
    cdef int axis
    out.flow_kgps = out.valve_s[0] = out.valve_s[1] = 0.0
    for axis in range(3):
        demand = demand_nm[axis]
        demand = clamp(demand, -most, most) if demand == demand else 0.0
        t.debt_nms[axis] += demand * tick_s
        large = couple(
            &t.debt_nms[axis], &t.large_left[axis], &t.large_sign[axis],
            demand, v.large_torque_nm, v.large_pulse_ticks, tick_s)
        small = couple(
            &t.debt_nms[axis], &t.small_left[axis], &t.small_sign[axis],
            demand, v.small_torque_nm, v.small_pulse_ticks, tick_s)
        torque[axis] = fired(&out, failed, axis, large, small, v, tick_s)
    out.torque_body_nm = vec(torque[0], torque[1], torque[2])
    return out
