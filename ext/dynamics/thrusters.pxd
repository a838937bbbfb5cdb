"""Attitude thrusters: a torque command becomes pulses of couples.

Each body axis has a large and a small couple each way. A couple is fully on or off for whole
ticks, at least its shortest burn. The angular impulse commanded and not yet given is kept as a
debt per axis; a couple fires when the debt is worth half of its shortest pulse (the deadband), and
never against the command. A steady command is so met to within half a large pulse, or half a small
one while it stays inside the small couple's torque; one that turns round in a pulse of two ticks,
to within that pulse and half a small one. The command is held to what both couples give, so the
debt needs no limit of its own: a limit would forget impulse each time that a command turned round.

A couple that has failed owes what it was commanded, not what it gave: nothing tells it.

Thrust follows its valve with a first-order lag; a tick has the mean of it, so that impulses come
out whole. The two thrusters of a couple push along body z at plus and minus the arm on y (for x)
and on x (for y), and along x at plus and minus the arm on y (for z). With unequal thrusts F1 and F2
they leave a net force F1 - F2 at the centre of mass, taken without the lag, which changes no
impulse. Propellant counts while a valve is open: what the flow lacks when it opens comes when it
has closed. Of a couple that lost a share the first thruster fails first: for a positive torque it
pushes along plus z, or plus x.
"""

from farside.ext.common.elementary cimport exp_of
from farside.ext.common.vector cimport Vec3, clamp, vec
from farside.ext.dynamics.plant_faults cimport PlantFaults, share_left
from farside.ext.dynamics.vehicle cimport Vehicle


cdef struct Thrusters:
    double debt_nms[3]      # angular impulse owed
    int large_left[3]       # ticks that the pulse must still burn
    int small_left[3]
    double large_sign[3]
    double small_sign[3]
    double large_nm[3]      # torque at the end of the last tick
    double small_nm[3]
    double large_decay      # constants of a flight: exp(-tick/rise), and its mean over a tick
    double large_mean
    double small_decay
    double small_mean


cdef struct Firing:
    Vec3 torque_body_nm
    Vec3 force_body_n
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


cdef inline void thrusters_start(Thrusters* t, const Vehicle* v, double tick_s) noexcept nogil:
    """Set the constants of thrusters whose state is all 0."""
    if v.large_rise_s > 0.0:
        t.large_decay = exp_of(-tick_s / v.large_rise_s)
        t.large_mean = v.large_rise_s / tick_s * (1.0 - t.large_decay)
    if v.small_rise_s > 0.0:
        t.small_decay = exp_of(-tick_s / v.small_rise_s)
        t.small_mean = v.small_rise_s / tick_s * (1.0 - t.small_decay)


cdef inline double lagged(
    double* now_nm, double target_nm, double decay, double mean
) noexcept nogil:
    """Mean torque over a tick [N m] of a couple's lag; moves it on to the end of the tick."""
    cdef double excess = now_nm[0] - target_nm
    now_nm[0] = target_nm + decay * excess
    if -1e-6 < now_nm[0] < 1e-6:
        now_nm[0] = 0.0         # before the decay reaches denormal numbers
    return target_nm + mean * excess


cdef inline double unequal(double left, double imbalance) noexcept nogil:
    """Net force of a couple over the force of both its thrusters when whole; left: its share."""
    cdef double lost = 1.0 - left
    return imbalance * left - (lost if lost < left else left)


cdef inline double axis_fires(
    Thrusters* t, Firing* out, const PlantFaults* failed, const Vehicle* v, int axis,
    double large_nm, double small_nm
) noexcept nogil:
    """Torque [N m] of an axis whose valves ask for two; adds its flow and net force."""
    cdef double left, asked_nm, force = 0.0, torque = 0.0, small = 0.0
    cdef int side
    for side in range(2):
        asked_nm = v.large_torque_nm if side == 0 else -v.large_torque_nm
        if failed.couple_on[2 * axis + side] or (
                large_nm != 0.0 and large_nm == asked_nm):
            left = share_left(failed.couple_loss[2 * axis + side])
            # couples against each other turn nothing, and use propellant
            out.flow_kgps += left * v.large_flow_kgps
            torque += asked_nm * left
            force += asked_nm / v.large_arm_m * unequal(left, v.imbalance[axis])
    if small_nm != 0.0:
        left = share_left(failed.couple_loss[2 * axis + (small_nm < 0.0)])
        small = small_nm * left
        out.flow_kgps += left * v.small_flow_kgps
        force += small_nm / v.small_arm_m * unequal(left, v.imbalance[axis])
    torque = lagged(&t.large_nm[axis], torque, t.large_decay, t.large_mean)
    small = lagged(&t.small_nm[axis], small, t.small_decay, t.small_mean)
    if axis == 2:
        out.force_body_n.x += force
    else:
        out.force_body_n.z += force
    return torque + small


cdef inline Firing fire(
    Thrusters* t, const Vehicle* v, const PlantFaults* failed, const double* demand_nm,
    double tick_s
) noexcept nogil:
    """Torque and net force [N m, N, body] and propellant flow [kg/s] over the tick.

    Any demand is safe. The times that valves were open are those commanded: a valve that is stuck
    is not among them.
    """
    cdef Firing out
    cdef double torque[3]
    cdef double demand, large, small
    cdef double most = v.large_torque_nm + v.small_torque_nm
    cdef int axis
    out.flow_kgps = out.valve_s[0] = out.valve_s[1] = 0.0
    out.force_body_n = vec(0.0, 0.0, 0.0)
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
        if large != 0.0:
            out.valve_s[0] += tick_s
        if small != 0.0:
            out.valve_s[1] += tick_s
        torque[axis] = axis_fires(t, &out, failed, v, axis, large, small)
    out.torque_body_nm = vec(torque[0], torque[1], torque[2])
    return out
