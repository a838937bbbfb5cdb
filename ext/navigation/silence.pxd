"""Where a sensor should speak, by the estimate; one that does not is silent.

    star tracker        always
    altimeter, beams    h < range_max / 2: within reach at 60 deg off the vertical, and with less
                        than that off, or over ground that rises
    touchdown sensor    h < (1 - onset_share) range_max - 3 sigma

with h the height over the ground beneath. A sensor is silent where nothing has come from it for
silent_ticks, while it should have spoken or since it last did: also one that has never spoken
(Hakuto-R M2: no range came until the lander was 900 m up, and none was missed).
"""

from libc.math cimport sqrt
from libc.stdint cimport int64_t

from farside.ext.common.types cimport Moon
from farside.ext.navigation.health cimport listen
from farside.ext.navigation.health_records cimport (
    CHANNEL_HEIGHT, CHANNEL_IMU, CHANNEL_RANGE, CHANNEL_STAR,
)
from farside.ext.navigation.relief cimport height_beneath_variance
from farside.ext.navigation.report cimport height_of_base
from farside.ext.navigation.state cimport Navigator, NavigatorSetup


cdef inline bint should_speak(
        const Navigator* nav, const NavigatorSetup* setup, int channel,
        double height_m) noexcept nogil:
    """Whether a channel should be heard from a height over the ground beneath."""
    cdef double sigma = sqrt(height_beneath_variance(nav))
    if channel == CHANNEL_STAR:
        return True
    if channel == CHANNEL_HEIGHT:
        return height_m < (
            1.0 - setup.health.onset_share) * setup.height_max_m - 3.0 * sigma
    return 2.0 * (height_m + 3.0 * sigma) < (
        setup.range_max_m if channel == CHANNEL_RANGE else setup.beam_max_m)


cdef inline void listen_to_all(
        Navigator* nav, const NavigatorSetup* setup, const Moon* moon,
        int64_t tick) noexcept nogil:
    """Note the channels that are silent."""
    cdef double height_m = height_of_base(nav, setup, moon)
    cdef int i
    for i in range(CHANNEL_IMU):
        if not should_speak(nav, setup, i, height_m):
            nav.channel[i].due_tick = -1
        elif nav.channel[i].due_tick < 0:
            nav.channel[i].due_tick = tick
        listen(&nav.channel[i], &setup.health, i, tick)
