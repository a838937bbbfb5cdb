"""Whether a navigator that comes from outside can be gone on with.

A navigator is the library's own. A saved one may come back from a file, though: its numbers are
then any at all.
"""

from libc.stdint cimport int64_t

from farside.ext.navigation.guarded cimport GuardedNavigator
from farside.ext.navigation.health_records cimport CHANNELS
from farside.ext.navigation.records cimport NAVIGATION_VERSION
from farside.ext.navigation.state cimport (
    CAMERA_STATES, CLONE_STATES, CLONES, CLONES_MOST, PAST, Navigator,
)


cdef enum:
    TICK_BITS = 40              # as in guarded.pxd


cdef inline bint tick_sound(int64_t tick) noexcept nogil:
    """Whether the difference of a kept tick and another is a number: it is none of an index."""
    return -1 <= tick >> TICK_BITS <= 0


cdef inline bint flown_sound(int64_t tick) noexcept nogil:
    """Whether a tick can have been flown, or is -1: a ring is indexed by the next."""
    return tick >= -1 and tick_sound(tick)


cdef inline bint size_sound(const Navigator* nav) noexcept nogil:
    """Whether the states in use are those of the sensors, of the cameras or not, and of clones."""
    cdef int at = nav.clones_at, i
    if at != CLONES and at != CLONES + CAMERA_STATES:
        return False
    if not at <= nav.size <= at + CLONES_MOST * CLONE_STATES or (nav.size - at) % CLONE_STATES != 0:
        return False
    for i in range(CLONES_MOST):
        if not tick_sound(nav.clone[i].tick) or (
                nav.clone[i].tick >= 0 and at + (i + 1) * CLONE_STATES > nav.size):
            return False
    return True


cdef inline bint votes_sound(const Navigator* nav) noexcept nogil:
    return (
        tick_sound(nav.landmarks.vote.tick) and tick_sound(nav.landmarks.vote.first_tick)
        and tick_sound(nav.motion.vote.tick) and tick_sound(nav.motion.vote.first_tick)
        and tick_sound(nav.places.vote.tick) and tick_sound(nav.places.vote.first_tick))


cdef inline bint navigator_sound(const Navigator* nav) noexcept nogil:
    """Whether a filter can be gone on with.

    Every index stays inside, and every difference of ticks is a number; what else cannot be ends in
    an estimate that is none.
    """
    cdef int i
    if not (size_sound(nav) and flown_sound(nav.tick) and tick_sound(nav.imu_lag)
            and tick_sound(nav.watch.fix_tick) and tick_sound(nav.watch.fix_before_tick)
            and tick_sound(nav.watch.fix_outside_tick) and tick_sound(nav.watch.lit_tick)
            and tick_sound(nav.stars.tick) and tick_sound(nav.stars.believed_tick)
            and votes_sound(nav)):
        return False
    for i in range(CHANNELS):
        if not (tick_sound(nav.channel[i].tick) and tick_sound(nav.channel[i].due_tick)):
            return False
    for i in range(PAST):
        if not tick_sound(nav.past[i].tick):
            return False
    return True


cdef inline bint guarded_sound(const GuardedNavigator* g) noexcept nogil:
    """Whether a navigator of a host can be gone on with."""
    return (
        g.size == sizeof(GuardedNavigator) and g.version == NAVIGATION_VERSION
        and flown_sound(g.tick) and tick_sound(g.missed) and tick_sound(g.told_tick)
        and navigator_sound(&g.navigator))
