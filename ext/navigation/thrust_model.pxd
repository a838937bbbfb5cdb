"""Accelerometers against the thrust commanded; where they are not believed it stands in for them.

With F the thrust commanded, that of a retro motor with it while that burns, and m the estimated
mass, the accelerometers are wrong in a tick that has F > 0 and in which they

    repeat      all three increments of the tick before, to the bit; zero: all three are 0
                (Luna-25: its accelerometers were not switched on and read exact zeros)
    pull        f_z < -F / (2 m), which no engine does

An increment that is held, since its own was left out, is what has been integrated.

An engine that gives less than it was told gives readings that still have noise: they are believed.
After imu_ticks on end the accelerometers are refused, and the increment of a tick is

    dv = (0, 0, F / m) dt                                                        (1)

What was missed until then is put in. The error of (1) is one of a scale and two leans, those of the
thrust in place of the accelerometers': their states (ACCEL_MOUNT) lose what they knew and take
thrust_along_sigma and thrust_across_sigma. After imu_ticks of sound readings on end, with the
engine off also, the accelerometers are believed again, and the states take back their first
variance.
"""

from farside.ext.common.measurements cimport SATURATED_ACCEL, Measurements
from farside.ext.common.retro cimport retro_thrust
from farside.ext.common.types cimport TICK_HZ
from farside.ext.common.vector cimport finite
from farside.ext.navigation._codes cimport (
    TRUST_BELIEVED, TRUST_REJECTED, TRUST_STUCK, TRUST_ZERO,
)
from farside.ext.navigation.accel_axis cimport (
    along_axis, believe_axes, forget_repeats, put_in_speed, watch_axes,
)
from farside.ext.navigation.clones cimport clear_state
from farside.ext.navigation.health_records cimport CHANNEL_IMU
from farside.ext.navigation.inertial_records cimport InertialWatch
from farside.ext.navigation.state cimport ACCEL_MOUNT, Navigator, NavigatorSetup


cdef enum:
    ALL_AXES = 7


cdef inline double commanded_accel(
        const Navigator* nav, const NavigatorSetup* setup) noexcept nogil:
    """F / m [m/s^2]."""
    cdef double F = min(nav.commanded_n, setup.thrust_full_n) if nav.commanded_n > 0.0 else 0.0
    return (F + retro_thrust(&setup.retro, nav.tick - 1)) / nav.mass_kg


cdef inline int accelerometers_wrong(
        const Navigator* nav, const NavigatorSetup* setup, const Measurements* m,
        double dt) noexcept nogil:
    """A Trust: why this tick's increments are wrong, or TRUST_BELIEVED."""
    cdef const double* before = nav.watch.dv_body
    cdef const double* f = m.dv_body
    if not finite(f[0] + f[1] + f[2]):
        return TRUST_REJECTED
    if f[0] == 0.0 and f[1] == 0.0 and f[2] == 0.0:
        return TRUST_ZERO
    if f[0] == before[0] and f[1] == before[1] and f[2] == before[2]:
        return TRUST_STUCK
    if nav.commanded_n > 0.0 and f[2] < -0.5 * dt * commanded_accel(nav, setup):
        return TRUST_REJECTED
    return TRUST_BELIEVED


cdef inline void mount_variance(Navigator* nav, const double* variance) noexcept nogil:
    """Give the states of the accelerometers' mounting a variance, and no knowledge."""
    cdef int i
    for i in range(3):
        clear_state(nav, ACCEL_MOUNT + i)
        nav.P[ACCEL_MOUNT + i][ACCEL_MOUNT + i] = variance[i]


cdef inline void refuse_accelerometers(
        Navigator* nav, const NavigatorSetup* setup, double dt) noexcept nogil:
    """From here on (1); put in what has been missed."""
    cdef InertialWatch* w = &nav.watch
    cdef double[3] variance
    cdef int i
    believe_axes(nav, ALL_AXES)
    for i in range(3):
        w.mount[i] = nav.P[ACCEL_MOUNT + i][ACCEL_MOUNT + i]
        variance[i] = setup.thrust_across_sigma * setup.thrust_across_sigma
    variance[2] = setup.thrust_along_sigma * setup.thrust_along_sigma
    mount_variance(nav, variance)
    # the present tick is the model's
    put_in_speed(
        nav, along_axis(2, w.missed_mps),
        along_axis(2, 0.5 * dt * (w.wrong_ticks - 1) * w.missed_mps))
    for i in range(3):
        forget_repeats(&nav.accel[i])
    w.refused = 1


cdef inline void believe_accelerometers(Navigator* nav) noexcept nogil:
    """Take refused ones back, with their first variance."""
    if nav.watch.refused:
        mount_variance(nav, nav.watch.mount)
        nav.watch.refused = 0


cdef inline void count_wrong(
        Navigator* nav, const NavigatorSetup* setup, const Measurements* m, int why,
        double dt) noexcept nogil:
    """One more tick with increments that are wrong, or right."""
    cdef InertialWatch* w = &nav.watch
    cdef bint held = not finite(m.dv_body[2]) or nav.accel[2].refused or (
        m.saturated & setup.saturation_mask & (SATURATED_ACCEL << 2)) != 0
    if why == TRUST_BELIEVED:
        w.wrong_ticks = 0
        w.missed_mps = 0.0
        w.right_ticks = min(w.right_ticks + 1, setup.health.imu_ticks)
        if w.right_ticks >= setup.health.imu_ticks:
            believe_accelerometers(nav)
        return
    w.right_ticks = 0
    if w.refused:
        return
    w.wrong_ticks += 1
    if w.wrong_ticks >= setup.health.imu_ticks:
        refuse_accelerometers(nav, setup, dt)
        return
    # One that is held has been replaced by the one before.
    w.missed_mps += dt * commanded_accel(nav, setup) - (nav.held_dv[2] if held else m.dv_body[2])


cdef inline int thrust_stands_in(
        Navigator* nav, const NavigatorSetup* setup, const Measurements* m, double dt,
        double* f) noexcept nogil:
    """Bits of the axes that are refused; (1) is then in f, and their channel says why."""
    cdef int why = TRUST_BELIEVED, i
    cdef double told_mps = dt * commanded_accel(nav, setup)
    if not nav.watch.made_up:
        if nav.commanded_n > 0.0 or nav.watch.refused:
            why = accelerometers_wrong(nav, setup, m, dt)
            count_wrong(nav, setup, m, why, dt)
        if not nav.watch.refused and 0.5 < dt * TICK_HZ < 1.5:
            watch_axes(nav, setup, m, told_mps, dt)
        for i in range(3):
            nav.watch.dv_body[i] = m.dv_body[i]
    f[0] = f[1] = 0.0
    f[2] = nav.accel_vote.tick_mps = told_mps
    if not nav.watch.refused:
        return nav.watch.axes & ALL_AXES
    if why != TRUST_BELIEVED:
        nav.channel[CHANNEL_IMU].trust = why
    elif nav.channel[CHANNEL_IMU].trust == TRUST_BELIEVED:
        nav.channel[CHANNEL_IMU].trust = TRUST_REJECTED
    return ALL_AXES
