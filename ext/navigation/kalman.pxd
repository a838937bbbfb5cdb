"""The navigation estimate: strapdown integration corrected by an eight-state Schmidt-Kalman filter.

Symbols. The state x and its covariance P, by index:

    0-2  r        position, site axes [m]                           r_site
    3-5  v        velocity relative to the turning Moon [m/s]       v_site
    6    SCALE    scale error of the velocimeter, for all beams     beam_scale
    7    RELIEF   ground above the onboard map under the beam [m]   relief_m

    F, Q          transition over dt and process noise              propagate_covariance
    H, R          row of one scalar measurement, its variance       update_range, update_velocity
    nu            innovation, measured less predicted               innovation
    S             H P H' + R, variance of the innovation            innovation_variance
    K             P H' / S, gain                                    update

Propagation (Simon, ch. 5): x by the strapdown equations at each tick; P in larger steps,

    P = F P F' + Q                                                               (1)
    F = [I, dt I; 0, I] on r and v, 1 on SCALE, k on RELIEF
    Q = accel_psd dt on v, (1 - k^2) sigma^2 on RELIEF, k = 1 - d / relief_length_m

RELIEF is a Gauss-Markov process in the distance flown d, so ranges over one hill count as one look
at it. Update, one scalar measurement after another (Simon, ch. 6):

    K = P H' / S                                                                 (2)
    x += K nu                                                                    (3)
    P = P - K H P - P H' K' + K S K'                                             (4)

(4) is Joseph's form multiplied out; it holds for any gain. So a state whose gain is set to zero is
considered, not estimated (Schmidt; Simon, ch. 10; Bierman, ch. VIII). Considered are

    a range:        r and v across the local vertical, and SCALE
    dead reckoning: the horizontal position, for every measurement

and all others are estimated. Attitude is not in x: the gyro carries it, a fixed gain draws it to
the star tracker, and its error enters R of a range.

Gate. A range is an outlier where q = nu^2 / (gate_sigma^2 S) > 1. It is neither trusted nor thrown
away: R grows until S is q S, with which it lies on the gate (Chang 2014). While outliers persist
the variances of RELIEF and, less, of r grow with nu^2. In the terrain datum the variance of the
height also grows with the distance flown, by relief_walk_m2pm.

Sources: D. Simon, Optimal State Estimation, Wiley 2006. G. J. Bierman, Factorization Methods for
Discrete Sequential Estimation, 1977. G. Chang, Robust Kalman filtering based on Mahalanobis
distance as outlier judging criterion, J. Geodesy 88, 2014.
"""

from libc.math cimport fabs, sqrt

from farside.ext.common.vector cimport Vec3, clamp, dot, scale, vec_from, vec_to
from farside.ext.navigation.records cimport RELIEF, SCALE, STATES, Navigator, NavigatorSetup


cdef inline void propagate_covariance(
        Navigator* nav, const NavigatorSetup* setup, double dt) noexcept nogil:
    """(1): P = F P F' + Q over dt [s]."""
    cdef double flown = dt * sqrt(
        nav.v_site[0] * nav.v_site[0] + nav.v_site[1] * nav.v_site[1])
    cdef double k = clamp(1.0 - flown / setup.relief_length_m, 0.0, 1.0)
    cdef int i, j
    if nav.terrain_datum:
        # The altitude now follows the ground beneath, and so its hills.
        nav.P[2][2] += setup.relief_walk_m2pm * flown
    # P_rr += dt (P_rv + P_vr) + dt^2 P_vv
    for i in range(3):
        for j in range(3):
            nav.P[i][j] += dt * (nav.P[i][j + 3] + nav.P[i + 3][j]) + (
                dt * dt * nav.P[i + 3][j + 3])
    # P_rj += dt P_vj, for all other states j
    for i in range(3):
        for j in range(3, STATES):
            nav.P[i][j] += dt * nav.P[i + 3][j]
            nav.P[j][i] = nav.P[i][j]
    for i in range(3, 6):
        nav.P[i][i] += setup.accel_psd * dt
    transfer_relief(nav, setup, flown)
    nav.relief_m *= k
    scale_relief_covariance(nav, k)
    nav.P[RELIEF][RELIEF] += (1.0 - k * k) * nav.relief_sigma_m * nav.relief_sigma_m


cdef inline void transfer_relief(
        Navigator* nav, const NavigatorSetup* setup, double flown) noexcept nogil:
    """Move relief beyond its gate into the altitude, over several hills' length.

    More relief than the map's sigma allows, and that stays while the ground goes by, is an error of
    the altitude.
    """
    cdef double gate = setup.relief_gate_sigma * nav.relief_sigma_m
    cdef double moved
    if fabs(nav.relief_m) > gate:
        moved = clamp(setup.relief_transfer * flown / setup.relief_length_m, 0.0, 1.0) * (
            fabs(nav.relief_m) - gate)
        if nav.relief_m < 0.0:
            moved = -moved
        nav.relief_m -= moved
        nav.r_site[2] -= moved


cdef inline void scale_relief_covariance(Navigator* nav, double factor) noexcept nogil:
    """P = T P T' with T = factor on RELIEF and 1 on all other states."""
    cdef int i
    for i in range(STATES):
        nav.P[i][RELIEF] *= factor
        nav.P[RELIEF][i] *= factor


cdef inline void reset_datum(Navigator* nav, double keep) noexcept nogil:
    """Count altitudes from the ground: of the relief b, (1 - keep) b goes into the height z.

    z' = z - (1 - keep) b and b' = keep b, so that z - b, which the range measures, stays as it is;
    and P = T P T' with the same T.
    """
    cdef double share = 1.0 - keep
    cdef int i
    nav.r_site[2] -= share * nav.relief_m
    nav.relief_m *= keep
    for i in range(STATES):
        nav.P[2][i] -= share * nav.P[RELIEF][i]
    for i in range(STATES):
        nav.P[i][2] -= share * nav.P[i][RELIEF]
    scale_relief_covariance(nav, keep)


cdef inline void update(
        Navigator* nav, const double* H, double innovation, double R,
        const Vec3* active_direction) noexcept nogil:
    """(2) to (4): one scalar measurement y = H x + noise of variance R.

    active_direction is the unit vector along which r and v are estimated; across it they are
    considered, and so is SCALE. NULL: all are estimated. In dead reckoning the horizontal position
    is considered: what is learnt later of the velocity corrects the velocity, and shifts neither
    the target nor the map that the lander makes of the ground.
    """
    cdef double PHt[STATES]
    cdef double K[STATES]
    cdef double S = R, rest
    cdef int i, j
    for i in range(STATES):
        PHt[i] = 0.0
        for j in range(STATES):
            PHt[i] += nav.P[i][j] * H[j]
    for i in range(STATES):
        S += H[i] * PHt[i]
    if not (S > 0.0):
        return
    # (2)
    for i in range(STATES):
        K[i] = PHt[i] / S
    if active_direction != NULL:
        vec_to(scale(dot(vec_from(&K[0]), active_direction[0]), active_direction[0]), &K[0])
        vec_to(scale(dot(vec_from(&K[3]), active_direction[0]), active_direction[0]), &K[3])
        K[SCALE] = 0.0
    if nav.dead_reckoning:
        K[0] = K[1] = 0.0
    # (3)
    for i in range(3):
        nav.r_site[i] += K[i] * innovation
        nav.v_site[i] += K[i + 3] * innovation
    nav.beam_scale += K[SCALE] * innovation
    nav.relief_m += K[RELIEF] * innovation
    # (4), as (S K_i - PHt_i) K_j - K_i PHt_j
    for i in range(STATES):
        rest = S * K[i] - PHt[i]
        for j in range(STATES):
            nav.P[i][j] += rest * K[j] - K[i] * PHt[j]
    for i in range(STATES):
        # Rounding must not make a variance vanish.
        if nav.P[i][i] < 1e-12:
            nav.P[i][i] = 1e-12


cdef inline double innovation_variance(
        const Navigator* nav, const double* H, double R) noexcept nogil:
    """S = H P H' + R."""
    cdef double S = R
    cdef int i, j
    for i in range(STATES):
        for j in range(STATES):
            S += H[i] * nav.P[i][j] * H[j]
    return S
