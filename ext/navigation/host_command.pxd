"""What a host's engine and thrusters were told: without it no accelerometer or gyro is tested.

With it accelerometers are held to the thrust (thrust_model.pxd), gyros to the torque
(rate_model.pxd, contradiction.pxd), and the mass falls by what the thrust takes while they are not
believed (mass.pxd). A flight of our own tells it each tick.
"""

from libc.math cimport NAN, isnan

from farside.ext.navigation._codes cimport (
    NAVIGATION_LEFT_OUT, NAVIGATION_LOST, NAVIGATION_NOT_STARTED, NAVIGATION_OK, TRUST_BELIEVED,
)
from farside.ext.navigation.guarded cimport GuardedNavigator, started
from farside.ext.navigation.rate_model cimport any_refused
from farside.ext.navigation.state cimport Navigator


cdef enum:
    FORCE_MOST = 1000000000     # N, and N m: no engine is told more


cdef inline bint take_told(
        double* held, const double* told, int n, double least, bint needed) noexcept nogil:
    """Take what is told; return whether it was left out.

    A NaN is not told. Where a model that stands in for a unit is in need of numbers it goes on with
    those that were told last.
    """
    cdef bint some = True, sound = True
    cdef int i
    for i in range(n):
        some = some and not isnan(told[i])
        sound = sound and least <= told[i] <= FORCE_MOST
    for i in range(n):
        if sound:
            held[i] = told[i]
        elif not needed:
            held[i] = NAN
    return not sound and (some or needed)


cdef inline int command_guarded(
        void* memory, double thrust_n, const double* torque_nm) noexcept nogil:
    """Take the command over which the next increments are integrated; it holds until the next one.

    A torque of NULL is not told. NAVIGATION_LEFT_OUT where a number can be none of an engine, or is
    not told while a model needs it.
    """
    cdef GuardedNavigator* g = started(memory)
    cdef Navigator* nav
    cdef double[3] nothing
    cdef bint turning, left
    if g == NULL:
        return NAVIGATION_NOT_STARTED
    if g.lost:
        return NAVIGATION_LOST
    nav = &g.navigator
    nothing[0] = nothing[1] = nothing[2] = NAN
    turning = any_refused(nav) != TRUST_BELIEVED
    if torque_nm == NULL:
        torque_nm = nothing
    left = take_told(nav.commanded_nm, torque_nm, 3, -FORCE_MOST, turning)
    left |= take_told(&nav.commanded_n, &thrust_n, 1, 0.0, turning or nav.watch.refused != 0)
    return NAVIGATION_LEFT_OUT if left else NAVIGATION_OK
