"""What a host's engine and thrusters were told: without it no accelerometer or gyro is tested.

With it accelerometers are held to the thrust (thrust_model.pxd), gyros to the torque
(rate_model.pxd, contradiction.pxd), and the mass at a strike to the thrust (mass.pxd). A flight of
our own tells it each tick. One that is wrong is dangerous where no star is seen: a gyro that it
speaks against is refused then.
"""

from libc.math cimport NAN, fabs, isnan

from farside.ext.navigation._codes cimport (
    LEFT_COMMAND, NAVIGATION_LEFT_OUT, NAVIGATION_LOST, NAVIGATION_NOT_STARTED, NAVIGATION_OK,
    TRUST_BELIEVED,
)
from farside.ext.navigation.guarded cimport GuardedNavigator, started
from farside.ext.navigation.rate_model cimport any_refused
from farside.ext.navigation.state cimport Navigator


cdef enum:
    FORCE_MOST = 1000000000     # N, and N m: no engine is told more


cdef inline bint take_told(
        double* held, const double* told, int n, double least, bint needed) noexcept nogil:
    """Take what is told; return whether it was.

    A NaN is not told. Where a model that stands in for a unit is in need of numbers it goes on with
    those that were told last.
    """
    cdef bint sound = True
    cdef int i
    for i in range(n):
        sound = sound and least <= told[i] <= FORCE_MOST
    for i in range(n):
        if sound:
            held[i] = told[i]
        elif not needed:
            held[i] = NAN
    return sound


cdef inline bint says_nothing(const double* told, int n) noexcept nogil:
    """Whether what is told is NaN, or within bounds beside one that is."""
    cdef bint some = False
    cdef int i
    for i in range(n):
        if isnan(told[i]):
            some = True
        elif not fabs(told[i]) <= FORCE_MOST:
            return False
    return some


cdef inline int command_guarded(
        void* memory, double thrust_n, const double* torque_nm) noexcept nogil:
    """Take the command over which the next increments are integrated; it holds for COMMAND_TICKS.

    A torque of NULL is not told; one without a thrust is of no use. NAVIGATION_LEFT_OUT, and
    LEFT_COMMAND in the next estimate, where a number can be none of an engine, or is not told while
    a model needs it.
    """
    cdef GuardedNavigator* g = started(memory)
    cdef Navigator* nav
    cdef double[3] nothing
    cdef bint turning, braked, thrust, torque, left
    if g == NULL:
        return NAVIGATION_NOT_STARTED
    if g.lost:
        return NAVIGATION_LOST
    nav = &g.navigator
    nothing[0] = nothing[1] = nothing[2] = NAN
    if torque_nm == NULL:
        torque_nm = nothing
    turning = any_refused(nav) != TRUST_BELIEVED
    braked = turning or nav.watch.refused != 0 or nav.watch.axes != 0
    torque = take_told(nav.commanded_nm, torque_nm, 3, -FORCE_MOST, turning)
    thrust = take_told(&nav.commanded_n, &thrust_n, 1, 0.0, braked)
    if thrust and (torque or not turning):
        g.told_tick = g.tick + 1
    left = not thrust and (torque or braked or not says_nothing(&thrust_n, 1))
    left |= not torque and (turning or not says_nothing(torque_nm, 3))
    g.command_left = LEFT_COMMAND if left else 0
    return NAVIGATION_LEFT_OUT if left else NAVIGATION_OK
