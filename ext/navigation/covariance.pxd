"""The covariance between measurements, at 10 Hz, from sums of the 100 Hz strapdown.

Symbols, over a step of length T:

    D       sum of R(q) dt [s]                                      step.R_s
    dV      sum of the specific force's increments, site [m/s]      step.dv_site
    f T     of them the part along body z [m/s]                     step.dv_z
    phi     sum of the increments of angle, body [rad]              step.turn_rad
    G       gradient of gravity, -(GM / r^3) (I - 3 u u')  [1/s^2]  theory (7.2)

The error state (state.pxd) obeys x' = F x + w (Sola 2017, ch. 7, errors in the global frame;
Titterton & Weston 2004, ch. 12; theory (7.3) and (7.4)), integrated over the step, theory (7.5):

    B = G T x_r - 2 T [w x] x_v - [dV x] x_theta - D x_ba - D (f x_mount) + s T x_g (1)
    x_v     <-  x_v + B
    x_r     <-  x_r + T x_v + T/2 B
    x_theta <-  x_theta - T [w x] x_theta - D x_bg - D (phi_y / T x_mount of the gyros)
    x_bg    <-  k_g x_bg,   x_ba <- k_a x_ba        Gauss-Markov

and so what drifts of star tracker, touchdown sensor and beams (x <- k x). All others stay;
relief.pxd moves the relief. Then

    P = F P F' + Q                                                (2), theory (7.6)

Q: white noise of the accelerometers on v, with its part on
r; of the gyros on theta; k and drive of a bias are those of set-up. A beam's state is its drift and
its lean, in units of both, and the drift alone decays: of the variance 1 the part

    d^2 / (d^2 + (beam_turn |v|)^2)     at the rate beam_decay

Scale factors and leans of the gyros are constant: a turn back takes its error back. Those of turns
about y are states. Of turns about x and z, which a descent has few of, the error is a walk that has
their variance after one radian of what lies beyond all turns before: a limit cycle adds nothing.

Gravity that is not known is s x_g, with the deviation s = sigma_g e^(-h / h_g) at the height h, and
x_g of variance 1 changes over a length L (first-order Gauss-Markov; Brown & Hwang, 5.4): it lasts
L / |v|, and where the lander hovers it stays. It is the gradient of a potential: along the flight,
t = v / |v|, it adds up to a difference of potential and to nothing more: there it is not renewed,

    x_g <- k x_g,   k = e^(-|v| T / L),   Q_g = (1 - k^2) (I - c t t')
    c = |v| gravity_time_s / L - 1, between 0 and 1                              (3)

with w the Moon's turning. Left out of F is the centrifugal gradient (7e-12 1/s^2). Most of F is
zero or one: (2) is done by rows of P, as F P, transposed, and F once more, 80 rows of products in
place of 2 x 33 x 33.
"""

from libc.string cimport memset

from farside.ext.common.elementary cimport exp_of
from farside.ext.common.types cimport Moon
from farside.ext.common.vector cimport Vec3, clamp, norm, scale, unit, vec, vec_from, vec_to
from farside.ext.navigation.state cimport (
    ACCEL_BIAS, ACCEL_MOUNT, ATTITUDE, BEAM_BIAS, GRAVITY, GYRO_BIAS, GYRO_MOUNT, HEIGHT_BIAS,
    POSITION, STAR_TURN, STATES, VELOCITY, Navigator, NavigatorSetup, Step, Swing,
)


cdef struct Transition:
    # The blocks of F that are neither zero nor one
    double T
    double v_r[3][3]            # G T
    double v_v[3][3]            # -2 T [w x]
    double theta_theta[3][3]    # -T [w x]
    double v_theta[3][3]        # -[dV x]
    double v_bias[3][3]         # -D, and that of theta by the gyros
    double v_mount[3][3]        # -D f
    double theta_mount[3][3]    # -D phi_y / T
    double v_gravity            # s T
    double gravity_keep
    double gyro_keep
    double accel_keep
    double star_keep
    double height_keep
    double beam_keep
    double beam_drive


cdef inline void minus_cross(double (*block)[3], Vec3 a) noexcept nogil:
    """-[a x]."""
    block[0][0] = block[1][1] = block[2][2] = 0.0
    block[0][1] = a.z
    block[0][2] = -a.y
    block[1][0] = -a.z
    block[1][2] = a.x
    block[2][0] = a.y
    block[2][1] = -a.x


cdef inline void transition(
        Transition* F, const Navigator* nav, const NavigatorSetup* setup,
        const Moon* moon) noexcept nogil:
    """The blocks of (1)."""
    cdef const Step* step = &nav.step
    cdef double T = step.time_s
    cdef double f = step.dv_z / T, pitch = step.turn_rad[1] / T
    cdef Vec3 rho = vec(nav.r_site[0], nav.r_site[1], nav.r_site[2] + moon.radius_m)
    cdef Vec3 up = unit(rho, vec(0.0, 0.0, 1.0))
    cdef double r = norm(rho), speed = norm(vec_from(nav.v_site))
    cdef double k = moon.gm / (r * r * r) * T if r > 0.0 else 0.0
    cdef double[3] u
    cdef int i, j
    u[0], u[1], u[2] = up.x, up.y, up.z
    F.T = T
    for i in range(3):
        for j in range(3):
            F.v_r[i][j] = k * (3.0 * u[i] * u[j] - (1.0 if i == j else 0.0))
            F.v_bias[i][j] = -step.R_s[3 * i + j]
            F.v_mount[i][j] = -step.R_s[3 * i + j] * f
            F.theta_mount[i][j] = -step.R_s[3 * i + j] * pitch
    minus_cross(F.v_theta, vec_from(step.dv_site))
    minus_cross(F.theta_theta, scale(T, moon.omega_site))
    minus_cross(F.v_v, scale(2.0 * T, moon.omega_site))
    F.gyro_keep = setup.gyro_bias_keep
    F.accel_keep = setup.accel_bias_keep
    F.star_keep = setup.star_keep
    F.height_keep = setup.height_keep
    F.v_gravity = T * setup.gravity_sigma_mps2 * exp_of(
        -clamp((r - moon.radius_m) / setup.gravity_fall_m, 0.0, 100.0))
    F.gravity_keep = exp_of(-clamp(speed * T / setup.gravity_length_m, 0.0, 100.0))
    beam_change(F, setup, speed)


cdef inline void beam_change(
        Transition* F, const NavigatorSetup* setup, double speed_mps) noexcept nogil:
    """What a beam's state keeps of its drift, and the variance that it gets anew."""
    cdef double drift = setup.beam_drift_mps * setup.beam_drift_mps
    cdef double lean = setup.beam_turn_rad * speed_mps
    cdef double both = drift + lean * lean
    cdef double decay = setup.beam_decay * drift / both if both > 0.0 else 0.0
    F.beam_keep = 1.0 - decay
    F.beam_drive = decay * (2.0 - decay)


cdef inline void add_rows(
        double* to, const double (*block)[3], const double (*rows)[STATES],
        int size) noexcept nogil:
    """to += block[0] . rows of three states."""
    cdef double a = block[0][0], b = block[0][1], c = block[0][2]
    cdef const double* x = &rows[0][0]
    cdef const double* y = &rows[1][0]
    cdef const double* z = &rows[2][0]
    cdef int j
    for j in range(size):
        to[j] += a * x[j] + b * y[j] + c * z[j]


cdef inline void scale_row(double* row, double by, int size) noexcept nogil:
    cdef int j
    for j in range(size):
        row[j] *= by


cdef inline void apply_transition(
        const Transition* F, double (*M)[STATES], int size) noexcept nogil:
    """M <- F M, by rows: (1) on every column."""
    cdef double B[3][STATES]
    cdef double T = F.T, half = 0.5 * F.T
    cdef double* r
    cdef double* v
    cdef int i, j
    memset(&B[0][0], 0, sizeof(B))
    for i in range(3):
        add_rows(&B[i][0], &F.v_r[i], &M[POSITION], size)
        add_rows(&B[i][0], &F.v_v[i], &M[VELOCITY], size)
        add_rows(&B[i][0], &F.v_theta[i], &M[ATTITUDE], size)
        add_rows(&B[i][0], &F.v_bias[i], &M[ACCEL_BIAS], size)
        add_rows(&B[i][0], &F.v_mount[i], &M[ACCEL_MOUNT], size)
        for j in range(size):
            B[i][j] += F.v_gravity * M[GRAVITY + i][j]
    for i in range(3):
        r = &M[POSITION + i][0]
        v = &M[VELOCITY + i][0]
        for j in range(size):
            r[j] += T * v[j] + half * B[i][j]
            v[j] += B[i][j]
    memset(&B[0][0], 0, sizeof(B))
    for i in range(3):
        add_rows(&B[i][0], &F.theta_theta[i], &M[ATTITUDE], size)
        add_rows(&B[i][0], &F.v_bias[i], &M[GYRO_BIAS], size)
        add_rows(&B[i][0], &F.theta_mount[i], &M[GYRO_MOUNT], size)
    for i in range(3):
        r = &M[ATTITUDE + i][0]
        for j in range(size):
            r[j] += B[i][j]
    for i in range(3):
        scale_row(&M[GYRO_BIAS + i][0], F.gyro_keep, size)
        scale_row(&M[ACCEL_BIAS + i][0], F.accel_keep, size)
        scale_row(&M[GRAVITY + i][0], F.gravity_keep, size)
        scale_row(&M[BEAM_BIAS + i][0], F.beam_keep, size)
        scale_row(&M[STAR_TURN + i][0], F.star_keep, size)
    scale_row(&M[HEIGHT_BIAS][0], F.height_keep, size)


cdef inline void transpose(double (*M)[STATES], int size) noexcept nogil:
    cdef double kept
    cdef int i, j
    for i in range(1, size):
        for j in range(i):
            kept = M[i][j]
            M[i][j] = M[j][i]
            M[j][i] = kept


cdef inline void mirror(double (*M)[STATES], int size) noexcept nogil:
    """Take the lower triangle for both: what rounding left of the symmetry."""
    cdef int i, j
    for i in range(1, size):
        for j in range(i):
            M[j][i] = M[i][j]


cdef inline double beyond(Swing* swing, double turn_rad) noexcept nogil:
    """Turn an axis; return by how much it now is beyond where it ever was [rad]."""
    cdef double by
    swing.now += turn_rad
    by = max(swing.now - swing.most, swing.least - swing.now, 0.0)
    swing.most = max(swing.most, swing.now)
    swing.least = min(swing.least, swing.now)
    return by


cdef inline void add_noise(
        Navigator* nav, const NavigatorSetup* setup, const Transition* F) noexcept nogil:
    """Q of (2)."""
    cdef const Step* step = &nav.step
    cdef double T = F.T
    cdef double speed = norm(vec_from(nav.v_site))
    cdef double q = setup.accel_psd
    cdef double renewed = 1.0 - F.gravity_keep * F.gravity_keep
    cdef double c, turned
    cdef double[3] t
    cdef int i, j
    # (3)
    c = clamp(speed * setup.gravity_time_s / setup.gravity_length_m - 1.0, 0.0, 1.0)
    vec_to(unit(vec_from(nav.v_site), vec(0.0, 0.0, 1.0)), t)
    turned = setup.gyro_psd * T + setup.gyro_mount_rad * setup.gyro_mount_rad * (
        beyond(&nav.swing[0], step.turn_rad[0]) + beyond(&nav.swing[1], step.turn_rad[2]))
    for i in range(3):
        for j in range(3):
            nav.P[GRAVITY + i][GRAVITY + j] += renewed * (
                (1.0 if i == j else 0.0) - c * (t[i] * t[j]))
        nav.P[VELOCITY + i][VELOCITY + i] += q * T
        nav.P[POSITION + i][VELOCITY + i] += 0.5 * q * T * T
        nav.P[VELOCITY + i][POSITION + i] += 0.5 * q * T * T
        nav.P[POSITION + i][POSITION + i] += q * T * T * T / 3.0
        nav.P[ATTITUDE + i][ATTITUDE + i] += turned
        nav.P[GYRO_BIAS + i][GYRO_BIAS + i] += setup.gyro_bias_drive
        nav.P[ACCEL_BIAS + i][ACCEL_BIAS + i] += setup.accel_bias_drive
        nav.P[BEAM_BIAS + i][BEAM_BIAS + i] += F.beam_drive
        nav.P[STAR_TURN + i][STAR_TURN + i] += setup.star_drive
    nav.P[HEIGHT_BIAS][HEIGHT_BIAS] += setup.height_drive


cdef inline void propagate_covariance(
        Navigator* nav, const NavigatorSetup* setup, const Moon* moon) noexcept nogil:
    """(2), and what decays of the estimate; the sums begin anew."""
    cdef Transition F
    cdef int i
    if not (nav.step.time_s > 0.0):
        return
    transition(&F, nav, setup, moon)
    apply_transition(&F, &nav.P[0], nav.size)
    transpose(&nav.P[0], nav.size)
    apply_transition(&F, &nav.P[0], nav.size)
    mirror(&nav.P[0], nav.size)
    add_noise(nav, setup, &F)
    for i in range(3):
        nav.gyro_bias[i] *= F.gyro_keep
        nav.accel_bias[i] *= F.accel_keep
    memset(&nav.step, 0, sizeof(Step))
