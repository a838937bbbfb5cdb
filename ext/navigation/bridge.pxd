"""A gap in the measurements: the computer was away, and the lander flew on.

Over the gap T specific force and rate are taken as the means of those at its ends, body axes:

    f = (f_0 + f_1) / 2,   w = (w_0 + w_1) / 2

and the strapdown flies them in BRIDGE_STEPS. What they may be off by, sigma_a and sigma_alpha held
over the gap, is added to the covariance, each axis:

    P_rr += (sigma_a T^2 / 2)^2,  P_rv += sigma_a^2 T^3 / 2,  P_vv += (sigma_a T)^2
    P_theta += (sigma_alpha T^2 / 2)^2

Reports from within the gap have no estimate of their time, and are left out by it (delayed.pxd).
"""

from libc.stdint cimport int64_t
from libc.string cimport memcpy, memset

from farside.ext.common.measurements cimport Measurements
from farside.ext.common.types cimport TICK_HZ, Moon
from farside.ext.common.vector cimport scale, vec_from, vec_to
from farside.ext.navigation.covariance cimport propagate_covariance
from farside.ext.navigation.state cimport (
    ATTITUDE, POSITION, VELOCITY, Navigator, NavigatorSetup,
)
from farside.ext.navigation.strapdown cimport propagate_state


cdef enum:
    BRIDGE_STEPS = 32


cdef inline void bridge_gap(
        Navigator* nav, const NavigatorSetup* setup, const Moon* moon, const Measurements* m,
        int64_t ticks) noexcept nogil:
    """Bring the estimate over so many ticks without measurements, to the tick before m's."""
    cdef Measurements mean
    cdef double T = ticks / <double> TICK_HZ, h = T / BRIDGE_STEPS
    cdef double a2 = setup.bridge_accel_mps2 * setup.bridge_accel_mps2
    cdef double turned = 0.5 * setup.bridge_turn_radps2 * T * T
    cdef int i, _
    memset(&mean, 0, sizeof(Measurements))
    for i in range(3):
        # held: less the biases; m's has them. propagate_state takes them off.
        mean.dv_body[i] = h * (0.5 * TICK_HZ * (
            nav.held_dv[i] + m.dv_body[i]) + 0.5 * nav.accel_bias[i])
        mean.dtheta_body[i] = h * (0.5 * TICK_HZ * (
            nav.held_dtheta[i] + m.dtheta_body[i]) + 0.5 * nav.gyro_bias[i])
        # a step of h has other increments than a tick: it is no jump
        nav.held_dv[i] = mean.dv_body[i] - h * nav.accel_bias[i]
        nav.held_dtheta[i] = mean.dtheta_body[i] - h * nav.gyro_bias[i]
    nav.watch.made_up = 1
    for _ in range(BRIDGE_STEPS):
        propagate_state(nav, setup, moon, &mean, h)
    nav.watch.made_up = 0
    propagate_covariance(nav, setup, moon)
    for i in range(3):
        nav.P[VELOCITY + i][VELOCITY + i] += a2 * T * T
        nav.P[POSITION + i][VELOCITY + i] += 0.5 * a2 * T * T * T
        nav.P[VELOCITY + i][POSITION + i] += 0.5 * a2 * T * T * T
        nav.P[POSITION + i][POSITION + i] += 0.25 * a2 * T * T * T * T
        nav.P[ATTITUDE + i][ATTITUDE + i] += turned * turned
    memcpy(nav.held_dv, m.dv_body, sizeof(nav.held_dv))
    memcpy(nav.held_dtheta, m.dtheta_body, sizeof(nav.held_dtheta))
    # The rate before m is that of m: else its change would count as one of the lever arm's speed.
    vec_to(scale(TICK_HZ, vec_from(m.dtheta_body)), nav.omega_body)
