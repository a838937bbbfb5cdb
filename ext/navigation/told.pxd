"""Parts of what the guarded navigator tells: deviations, the channels' health, images."""

from libc.math cimport sqrt

from farside.ext.navigation.health_records cimport CHANNEL_IMU, CHANNELS
from farside.ext.navigation.records cimport NavigationEstimate
from farside.ext.navigation.state cimport Navigator


cdef inline double sigma_of(double variance) noexcept nogil:
    return sqrt(max(variance, 0.0))


cdef inline void sigmas(const Navigator* nav, int at, double* out, int count) noexcept nogil:
    cdef int i
    for i in range(count):
        out[i] = sigma_of(nav.P[at + i][at + i])


cdef inline double sigma_between(const Navigator* nav, int a, int b) noexcept nogil:
    """Of the difference of two states."""
    return sigma_of(nav.P[a][a] - 2.0 * nav.P[a][b] + nav.P[b][b])


cdef inline void tell_health(const Navigator* nav, NavigationEstimate* e) noexcept nogil:
    """What is believed of each channel, and its last innovation."""
    cdef int i
    for i in range(CHANNEL_IMU):
        e.innovation[i] = nav.channel[i].innovation
        e.innovation_sigma[i] = sigma_of(nav.channel[i].S)
    for i in range(CHANNELS):
        e.heard_tick[i] = nav.channel[i].tick
        e.believed[i] = nav.channel[i].believed
        e.refused[i] = nav.channel[i].refused
        e.trust[i] = nav.channel[i].trust


cdef inline void tell_images(const Navigator* nav, NavigationEstimate* e) noexcept nogil:
    """What became of images."""
    e.landmarks = nav.landmarks.code
    e.landmarks_taken = nav.landmarks.taken
    e.landmarks_refused = nav.landmarks.refused
    e.landmarks_inside = nav.landmarks.inside
    e.motion = nav.motion.code
    e.motion_taken = nav.motion.taken
    e.motion_refused = nav.motion.refused
    e.motion_inside = nav.motion.inside
