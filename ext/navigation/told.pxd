"""Parts of what the guarded navigator tells: deviations, the channels' health, images."""

from libc.math cimport sqrt

from farside.ext.navigation.health_records cimport CHANNEL_IMU, CHANNELS
from farside.ext.navigation.records cimport NavigationEstimate
from farside.ext.navigation.state cimport POSITION, RELIEF, Navigator


cdef inline double sigma_of(double variance) noexcept nogil:
    return sqrt(max(variance, 0.0))


cdef inline void sigmas(const Navigator* nav, int at, double* out, int count) noexcept nogil:
    cdef int i
    for i in range(count):
        out[i] = sigma_of(nav.P[at + i][at + i])


cdef inline double sigma_told(const Navigator* nav, int at) noexcept nogil:
    """Of altitude or relief, with what altimeter, map and altitude leave unexplained."""
    return sigma_of(nav.P[at][at] + nav.unexplained_m * nav.unexplained_m)


cdef inline void add_unexplained(const Navigator* nav, double* P, size_t n) noexcept nogil:
    """The same in a copy of P, (n, n)."""
    if n > RELIEF:
        P[(POSITION + 2) * (n + 1)] += nav.unexplained_m * nav.unexplained_m
        P[RELIEF * (n + 1)] += nav.unexplained_m * nav.unexplained_m


cdef inline double difference_variance(const Navigator* nav, int a, int b) noexcept nogil:
    return nav.P[a][a] - 2.0 * nav.P[a][b] + nav.P[b][b]


cdef inline double sigma_between(const Navigator* nav, int a, int b) noexcept nogil:
    """Of the difference of two states."""
    return sigma_of(difference_variance(nav, a, b))


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
