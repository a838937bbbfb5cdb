"""What a row of telemetry says of navigation: covariance, innovations, and what is believed."""

from libc.math cimport sqrt
from libc.stdint cimport uint8_t
from libc.string cimport memcpy

from farside.ext.common.telemetry cimport Row
from farside.ext.navigation.health_records cimport CHANNEL_IMU, CHANNELS
from farside.ext.navigation.relief cimport height_beneath_variance
from farside.ext.navigation.state cimport (
    ATTITUDE, GYRO_BIAS, POSITION, TIE, VELOCITY, Navigator,
)


cdef inline void upper_triangle(const Navigator* nav, int at, float* out) noexcept nogil:
    """xx, xy, xz, yy, yz, zz of the block of three states at a place."""
    cdef int i, j, k = 0
    for i in range(3):
        for j in range(i, 3):
            out[k] = <float> nav.P[at + i][at + j]
            k += 1


cdef inline double variance_between(const Navigator* nav, int a, int b) noexcept nogil:
    """The variance of the difference of two states."""
    return max(nav.P[a][a] - 2.0 * nav.P[a][b] + nav.P[b][b], 0.0)


cdef inline void record_navigation(Row* row, const Navigator* nav) noexcept nogil:
    """Fill the columns that begin with nav_, the innovations and trust."""
    cdef int i
    memcpy(row.nav_r_site, nav.r_site, sizeof(row.nav_r_site))
    upper_triangle(nav, POSITION, row.nav_r_cov)
    upper_triangle(nav, VELOCITY, row.nav_v_cov)
    upper_triangle(nav, ATTITUDE, row.nav_attitude_cov)
    for i in range(3):
        row.nav_bias[i] = <float> nav.gyro_bias[i]
        row.nav_bias[3 + i] = <float> nav.accel_bias[i]
    for i in range(6):
        row.nav_bias_sigma[i] = <float> sqrt(max(nav.P[GYRO_BIAS + i][GYRO_BIAS + i], 0.0))
    row.nav_height_sigma_m = <float> sqrt(height_beneath_variance(nav))
    row.nav_tie_sigma_m = <float> sqrt(max(
        variance_between(nav, POSITION, TIE), variance_between(nav, POSITION + 1, TIE + 1)))
    for i in range(CHANNEL_IMU):
        row.innovation[i] = <float> nav.channel[i].innovation
        row.innovation_sigma[i] = <float> sqrt(max(nav.channel[i].S, 0.0))
    for i in range(CHANNELS):
        row.trust[i] = <uint8_t> nav.channel[i].trust
