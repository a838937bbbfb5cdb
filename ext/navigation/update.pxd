"""One scalar measurement: innovation variance, gain, state and covariance.

    z       the measurement, and h(x) what the estimate predicts of it
    nu      innovation, z - h(x)                                    innovation
    H       row of the derivatives of h, few of them not zero       Row
    R       variance of the measurement's noise
    S       H P H' + R
    K       P H' / S for what is estimated, 0 for what is considered

    x += K nu                                                                    (1)
    P = (I - K H) P (I - K H)' + K R K' = P - K (P H')' - (P H') K' + S K K'     (2)

(1) and (2) are theory (7.8) and (7.9). (2) is Joseph's form multiplied out. It holds for any gain,
so also for one that is set to zero for the considered states (Zanetti & D'Souza 2013; Bierman
1977, ch. VIII). With a = S K / 2 - P H' it is P += K a' + a K', an expression that is symmetric to
the bit, and whose two products a vector unit takes four at a time. A factored form (UD) was left:
its time update costs n^2 (n + p) for n states and p noises, ten times the whole filter here, since
F's zeros do not survive in it. What it would protect is kept by a floor on R: no measurement takes
away more than REMAINS of the variance of what it measures (a test holds the eigenvalues of P above
zero over a descent).

Independent measurements of one time are taken one after another, each with the state that the one
before has left (Maybeck, Stochastic Models, vol. 1, 7.4): exact for independent noises.
"""

from libc.stdint cimport int32_t

from farside.ext.common.rotation cimport rotate_by
from farside.ext.common.vector cimport (
    Quat, Vec3, finite, quat_from, quat_to, rotate_back, vec, vec_from,
)
from farside.ext.navigation.state cimport (
    ACCEL_BIAS, ATTITUDE, BEAM_SCALE, CLONES_MOST, CLONE_STATES, CONSIDERED, GYRO_BIAS, POSITION,
    RELIEF, RELIEF_SLOPE, STATES, TIE, VELOCITY, Navigator,
)


cdef enum:
    ROW_MOST = 16
    # R is at least S / 2^40
    REMAINS_BITS = 40


cdef struct Row:
    # H, its non-zeros alone
    int32_t count
    int32_t index[ROW_MOST]
    double value[ROW_MOST]


cdef inline void put(Row* H, int index, double value) noexcept nogil:
    if H.count < ROW_MOST:
        H.index[H.count] = index
        H.value[H.count] = value
        H.count += 1


cdef inline void put3(Row* H, int index, Vec3 value) noexcept nogil:
    put(H, index, value.x)
    put(H, index + 1, value.y)
    put(H, index + 2, value.z)


cdef inline double cross_covariance(
        const Navigator* nav, const Row* H, double* PHt) noexcept nogil:
    """P H' into PHt; return H P H'."""
    cdef double HPHt = 0.0, h
    cdef const double* row
    cdef int i, k
    for i in range(nav.size):
        PHt[i] = 0.0
    for k in range(H.count):
        h = H.value[k]
        row = &nav.P[H.index[k]][0]
        for i in range(nav.size):
            PHt[i] += h * row[i]
    for k in range(H.count):
        HPHt += H.value[k] * PHt[H.index[k]]
    return HPHt


cdef inline double innovation_variance(
        const Navigator* nav, const Row* H, double R) noexcept nogil:
    """S = H P H' + R."""
    cdef double PHt[STATES]
    return cross_covariance(nav, H, &PHt[0]) + R


cdef inline void update(
        Navigator* nav, const Row* H, double innovation, double R) noexcept nogil:
    """(1) and (2)."""
    update_watched(nav, H, innovation, R, POSITION)


cdef inline Vec3 update_watched(
        Navigator* nav, const Row* H, double innovation, double R, int at) noexcept nogil:
    """(1) and (2); return the correction of the three states at a place."""
    cdef double PHt[STATES]
    cdef double K[STATES]
    cdef double a[STATES]
    cdef double HPHt = cross_covariance(nav, H, &PHt[0])
    cdef double S, k, b
    cdef double* row
    cdef int i, j, size = nav.size
    R = max(R, HPHt / (<double> (<long long> 1 << REMAINS_BITS)))
    S = HPHt + R
    if not (S > 0.0 and finite(S) and finite(innovation)):
        return vec(0.0, 0.0, 0.0)
    for i in range(size):
        K[i] = PHt[i] / S
    for i in range(CONSIDERED, nav.clones_at):
        K[i] = 0.0
    if nav.attitude_apart and at == POSITION:
        # Gyros and stars alone: attitude and gyro bias are considered, too
        for i in range(ATTITUDE, ACCEL_BIAS):
            K[i] = 0.0
    if nav.place_apart:
        for i in range(POSITION, VELOCITY):
            K[i] = 0.0
    for i in range(size):
        a[i] = 0.5 * S * K[i] - PHt[i]
    # (2)
    for i in range(size):
        k = K[i]
        b = a[i]
        row = &nav.P[i][0]
        for j in range(size):
            row[j] += k * a[j] + b * K[j]
    # (1)
    for i in range(size):
        K[i] *= innovation
    inject(nav, &K[0])
    return vec_from(&K[at])


cdef inline void turn_by(double* to, const double* theta) noexcept nogil:
    """q <- exp(theta) q, theta in site axes."""
    cdef Quat q = quat_from(to)
    quat_to(rotate_by(q, rotate_back(q, vec_from(theta))), to)


cdef inline void add_to(double* x, const double* dx) noexcept nogil:
    cdef int i
    for i in range(3):
        x[i] += dx[i]


cdef inline void inject(Navigator* nav, const double* dx) noexcept nogil:
    """Put an error into the estimate; the error is then zero again."""
    cdef int i, at
    add_to(nav.r_site, &dx[POSITION])
    add_to(nav.v_site, &dx[VELOCITY])
    add_to(nav.corrected_r, &dx[POSITION])
    add_to(nav.corrected_v, &dx[VELOCITY])
    turn_by(nav.q_site_body, &dx[ATTITUDE])
    turn_by(nav.corrected_q, &dx[ATTITUDE])
    add_to(nav.gyro_bias, &dx[GYRO_BIAS])
    add_to(nav.accel_bias, &dx[ACCEL_BIAS])
    nav.beam_scale += dx[BEAM_SCALE]
    nav.relief_m += dx[RELIEF]
    nav.relief_slope += dx[RELIEF_SLOPE]
    nav.tie_m[0] += dx[TIE]
    nav.tie_m[1] += dx[TIE + 1]
    for i in range(CLONES_MOST):
        at = nav.clones_at + i * CLONE_STATES
        if nav.clone[i].tick < 0 or at >= nav.size:
            continue
        add_to(nav.clone[i].r_site, &dx[at])
        turn_by(nav.clone[i].q_site_body, &dx[at + 3])
