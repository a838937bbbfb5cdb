"""The navigation estimate: strapdown integration, corrected by an eight-state Kalman filter.

The filter's states are position and velocity in site axes, the velocimeter's scale error, and the
relief: how far the ground under the beam stands above the onboard map. The relief is a Markov
process in the distance flown, so that ranges over one hill count as one look at it and not as many.
Measurements enter one scalar at a time. Attitude is carried by the gyro and drawn to the star
tracker with a fixed gain.

A range that disagrees with all this is neither trusted nor thrown away: its weight falls with the
disagreement (Huber), and while it persists the filter doubts first the map, then itself.
"""

from libc.math cimport fabs, sqrt
from libc.stdint cimport int32_t, int64_t

from farside.ext.common.rotation cimport rotation_vector_between, rotate_by
from farside.ext.common.elementary cimport sincos_of, SinCos
from farside.ext.common.gravity cimport gravity
from farside.ext.common.measurements cimport Measurements, VELOCITY_BEAMS
from farside.ext.navigation.onboard_map cimport MapHeight, OnboardGrid, map_height
from farside.ext.common.types cimport Moon, TICK_HZ
from farside.ext.common.vector cimport (
    Quat, Vec3, add, axpy, clamp, cross, dot, finite, norm, quat, quat_conj, quat_from, quat_mul,
    quat_to, quat_unit, rotate, rotate_back, scale, sub, unit, vec, vec_from, vec_to,
)


cdef enum:
    FILTER_EVERY = 10       # ticks between covariance steps
    DISAGREES_AFTER = 20    # ranges outside 3 sigma before the estimate doubts itself
    STATES = 8              # position, velocity, scale, relief
    SCALE = 6
    RELIEF = 7


cdef struct NavigatorSetup:
    double exhaust_mps
    double mass_dry_kg
    double valve_flow_kgps[2]   # that an open couple of large and of small thrusters takes
    double velocity_walk        # [m^2/s^3] growth of the velocity's variance
    double range_sigma_m
    double attitude_sigma_rad   # what it does to a slant range
    double beam_sigma_mps
    double star_gain
    double relief_length_m      # distance over which relief is forgotten
    double relief_per_height    # what of it a low lander counts as relief, each metre of range
    double relief_walk          # [m^2/m] growth of its variance with distance, over a hill's scale


cdef struct Navigator:
    double r_site[3]
    double v_site[3]
    double q_site_body[4]
    double omega_body[3]
    double mass_kg
    double accel_mps2
    double height_m             # base above ground; NaN until the touchdown sensor has one
    double beam_scale           # the velocimeter reads (1 + beam_scale) times the speed
    double relief_m             # ground above the onboard map, under the beam
    double relief_sigma_m       # how far it may stray there
    double p[64]                # covariance: position [m], velocity [m/s], scale, relief [m]
    int32_t disagreeing         # ranges in a row outside 3 sigma
    int32_t ranges_doubted      # in all
    int32_t low                 # altitudes count from the ground beneath rather than from the map
    int32_t anchored            # horizontal places are counted from here on by velocity alone
    double last_range_m
    double last_innovation_m


cdef inline void propagate(
        Navigator* n, const NavigatorSetup* s, const Moon* moon, const Measurements* m,
        double dt) noexcept nogil:
    """One tick of strapdown: attitude, velocity and position from the increments."""
    cdef Vec3 r = vec_from(n.r_site)
    cdef Vec3 v = vec_from(n.v_site)
    cdef Vec3 dtheta = vec_from(m.dtheta_body)
    cdef Vec3 dv = vec_from(m.dv_body)
    cdef Quat q = quat_from(n.q_site_body)
    cdef Vec3 w = moon.omega_site
    cdef Vec3 rho, a, dv_site, v_mid, turn
    cdef int i
    # The body turns by dtheta against inertial space, the site frame by w dt.
    turn = axpy(-dt, rotate_back(q, w), dtheta)
    # The increment belongs to the attitude half-way through the tick.
    dv_site = rotate(rotate_by(q, scale(0.5, turn)), dv)
    v_mid = axpy(0.5, dv_site, v)
    rho = axpy(0.5 * dt, v, r)
    rho.z += moon.radius_m
    a = gravity(moon, axpy(0.5 * dt, v, r))
    a = axpy(-2.0, cross(w, v_mid), a)
    a = sub(a, cross(w, cross(w, rho)))
    n.accel_mps2 = dv.z / dt
    v_mid = add(v, add(dv_site, scale(dt, a)))
    r = axpy(0.5 * dt, add(v, v_mid), r)
    q = rotate_by(q, turn)
    vec_to(r, n.r_site)
    vec_to(v_mid, n.v_site)
    quat_to(q, n.q_site_body)
    vec_to(scale(1.0 / dt, dtheta), n.omega_body)
    # m' = -m |f| / c: what is felt has been paid for, but on the legs the ground gives it.
    if not m.contact:
        n.mass_kg -= n.mass_kg * norm(dv) / s.exhaust_mps
    # Couples push nowhere, so nothing of them is felt.
    for i in range(2):
        n.mass_kg -= s.valve_flow_kgps[i] * m.valve_s[i]
    if n.mass_kg < 0.5 * s.mass_dry_kg:
        n.mass_kg = 0.5 * s.mass_dry_kg
    if finite(n.height_m):
        # Height follows the vertical motion between measurements.
        n.height_m += dt * v_mid.z


cdef inline void spread(
        Navigator* n, const NavigatorSetup* s, double dt) noexcept nogil:
    """P = F P F' + Q with F = [I, dt I; 0, I] on place and speed; the relief fades on the way."""
    cdef double* p = n.p
    cdef double flown = dt * sqrt(n.v_site[0] * n.v_site[0] + n.v_site[1] * n.v_site[1])
    cdef double keep = clamp(1.0 - flown / s.relief_length_m, 0.0, 1.0)
    cdef double moved
    cdef int i, j
    if n.low:
        # The altitude now follows the ground beneath, and so its hills.
        p[2 * STATES + 2] += s.relief_walk * flown
    for i in range(3):
        for j in range(3):
            p[i * STATES + j] += dt * (p[i * STATES + j + 3] + p[(i + 3) * STATES + j]) + (
                dt * dt * p[(i + 3) * STATES + j + 3])
    for i in range(3):
        for j in range(3, STATES):
            p[i * STATES + j] += dt * p[(i + 3) * STATES + j]
            p[j * STATES + i] = p[i * STATES + j]
    for i in range(3, 6):
        p[i * STATES + i] += s.velocity_walk * dt
    # Relief that no hill of the map's can be, and that stays while the ground goes by, is a wrong
    # altitude: it goes there over several hills.
    if fabs(n.relief_m) > 3.0 * n.relief_sigma_m:
        moved = clamp(0.25 * flown / s.relief_length_m, 0.0, 1.0) * (
            fabs(n.relief_m) - 3.0 * n.relief_sigma_m)
        if n.relief_m < 0.0:
            moved = -moved
        n.relief_m -= moved
        n.r_site[2] -= moved
    n.relief_m *= keep
    scale_relief(p, keep)
    p[RELIEF * STATES + RELIEF] += (1.0 - keep * keep) * n.relief_sigma_m * n.relief_sigma_m


cdef inline void scale_relief(double* p, double factor) noexcept nogil:
    """The covariance when the relief's error becomes so many times what it was."""
    cdef int i
    for i in range(STATES):
        p[i * STATES + RELIEF] *= factor
        p[RELIEF * STATES + i] *= factor


cdef inline void lower_datum(Navigator* n, double keep) noexcept nogil:
    """Count altitudes from the ground: of the relief b, (1 - keep) b goes into the height z.

    z' = z - (1 - keep) b and b' = keep b, so that z - b, which the range measures, stays as it is.
    """
    cdef double share = 1.0 - keep
    cdef int i
    n.r_site[2] -= share * n.relief_m
    n.relief_m *= keep
    for i in range(STATES):
        n.p[2 * STATES + i] -= share * n.p[RELIEF * STATES + i]
    for i in range(STATES):
        n.p[i * STATES + 2] -= share * n.p[i * STATES + RELIEF]
    scale_relief(n.p, keep)


cdef inline void correct(
        Navigator* n, const double* h, double innovation, double variance,
        const Vec3* only) noexcept nogil:
    """One scalar measurement y = h x + noise: K = P h' / (h P h' + R), x += K nu.

    A state whose gain is set to zero is considered, not estimated; the covariance follows the gain
    used: P -= K hP + (K hP)' - K S K'. `only` is a direction that place and speed may move along,
    or NULL for all. Once the navigator is anchored the horizontal places stay: what is learnt later
    of the speed corrects the speed, and shifts neither the target nor the map that the lander makes
    of the ground.
    """
    cdef double ph[STATES]
    cdef double gain[STATES]
    cdef double s = variance, rest
    cdef int i, j
    for i in range(STATES):
        ph[i] = 0.0
        for j in range(STATES):
            ph[i] += n.p[i * STATES + j] * h[j]
    for i in range(STATES):
        s += h[i] * ph[i]
    if not (s > 0.0):
        return
    for i in range(STATES):
        gain[i] = ph[i] / s
    if only != NULL:
        vec_to(scale(dot(vec_from(&gain[0]), only[0]), only[0]), &gain[0])
        vec_to(scale(dot(vec_from(&gain[3]), only[0]), only[0]), &gain[3])
        gain[SCALE] = 0.0
    if n.anchored:
        gain[0] = gain[1] = 0.0
    for i in range(3):
        n.r_site[i] += gain[i] * innovation
        n.v_site[i] += gain[i + 3] * innovation
    n.beam_scale += gain[SCALE] * innovation
    n.relief_m += gain[RELIEF] * innovation
    for i in range(STATES):
        # (S K_i - hP_i) K_j - K_i hP_j
        rest = s * gain[i] - ph[i]
        for j in range(STATES):
            n.p[i * STATES + j] += rest * gain[j] - gain[i] * ph[j]
    for i in range(STATES):
        # Rounding must not make a variance vanish.
        if n.p[i * STATES + i] < 1e-12:
            n.p[i * STATES + i] = 1e-12


cdef inline void use_range(
        Navigator* n, const NavigatorSetup* s, const OnboardGrid* chart, const Moon* moon,
        const Measurements* m) noexcept nogil:
    """Altitude from range: where the beam ends stands the map's height and the relief above it.

    y = map + relief - (|end| - R), with h = up on the place and -1 on the relief.
    """
    cdef Quat q = quat_from(n.q_site_body)
    cdef Vec3 beam = rotate(q, vec_from(m.range_direction))
    cdef Vec3 rho = vec(n.r_site[0], n.r_site[1], n.r_site[2] + moon.radius_m)
    cdef Vec3 up = unit(rho, vec(0.0, 0.0, 1.0))
    cdef Vec3 end = axpy(m.range_m, beam, rho)
    cdef MapHeight ground = map_height(chart, end)
    cdef double cosine = -dot(beam, up)
    cdef double innovation, variance, expected, ratio, sigma, near
    cdef double h[STATES]
    cdef int i, j
    if cosine < 0.2:
        return
    sigma = sqrt(n.p[RELIEF * STATES + RELIEF])
    near = s.relief_per_height * m.range_m
    n.relief_sigma_m = min(ground.sigma_m, near)
    n.low = near < ground.sigma_m and up.z > 0.9999
    if n.low and sigma > near:
        lower_datum(n, near / sigma)
    elif sigma > ground.sigma_m and n.disagreeing == 0:
        scale_relief(n.p, ground.sigma_m / sigma)
    innovation = ground.height_m + n.relief_m - (norm(end) - moon.radius_m)
    variance = s.range_sigma_m * s.range_sigma_m + (
        s.attitude_sigma_rad * m.range_m) * (s.attitude_sigma_rad * m.range_m)
    h[0] = up.x
    h[1] = up.y
    h[2] = up.z
    h[3] = h[4] = h[5] = h[SCALE] = 0.0
    h[RELIEF] = -1.0
    expected = variance
    for i in range(STATES):
        for j in range(STATES):
            expected += h[i] * n.p[i * STATES + j] * h[j]
    n.last_range_m = m.range_m
    n.last_innovation_m = innovation
    ratio = innovation * innovation / (9.0 * expected)
    if ratio > 1.0:
        n.disagreeing += 1
        n.ranges_doubted += 1
        # Huber: beyond 3 sigma a range pulls no harder than one at 3 sigma.
        variance = variance * ratio + (expected - variance) * (ratio - 1.0)
        if n.disagreeing > DISAGREES_AFTER:
            # It persists: there is a hill that the map does not hold, or the estimate is wrong.
            n.p[RELIEF * STATES + RELIEF] += 0.02 * innovation * innovation
            for i in range(3):
                n.p[i * STATES + i] += 0.001 * innovation * innovation
    else:
        n.disagreeing = 0
    # Ground that the map does not hold must not move the lander sideways.
    correct(n, h, innovation, variance, &up)


cdef inline void use_beams(
        Navigator* n, const NavigatorSetup* s, const Measurements* m) noexcept nogil:
    """Speed along each beam: y = (1 + s) b . v, with s the scale error that the beams share."""
    cdef Quat q = quat_from(n.q_site_body)
    cdef Vec3 b
    cdef double h[STATES]
    cdef double along
    cdef int i
    for i in range(VELOCITY_BEAMS):
        b = rotate(q, vec_from(m.velocity_direction[i]))
        along = dot(b, vec_from(n.v_site))
        h[0] = h[1] = h[2] = 0.0
        h[3] = (1.0 + n.beam_scale) * b.x
        h[4] = (1.0 + n.beam_scale) * b.y
        h[5] = (1.0 + n.beam_scale) * b.z
        h[SCALE] = along
        h[RELIEF] = 0.0
        correct(
            n, h, m.velocity_mps[i] - (1.0 + n.beam_scale) * along,
            s.beam_sigma_mps * s.beam_sigma_mps, NULL)


cdef inline void use_star(
        Navigator* n, const NavigatorSetup* s, const Moon* moon, const Measurements* m,
        double t) noexcept nogil:
    """Draw the attitude towards the star tracker's; the site has turned by w t since tick 0."""
    cdef Vec3 w = moon.omega_site
    cdef double rate = norm(w)
    cdef SinCos half = sincos_of(0.5 * rate * t)
    cdef Vec3 axis = unit(w, vec(0.0, 0.0, 1.0))
    cdef Quat q_site_inertial = quat(
        half.c, -half.s * axis.x, -half.s * axis.y, -half.s * axis.z)
    cdef Quat seen = quat_mul(q_site_inertial, quat_from(m.q_inertial_body))
    cdef Quat q = quat_from(n.q_site_body)
    quat_to(rotate_by(q, scale(s.star_gain, rotation_vector_between(q, seen))), n.q_site_body)


cdef inline void use_height(
        Navigator* n, const NavigatorSetup* s, const Measurements* m) noexcept nogil:
    """Height above ground: the first measurement as it is, then a fixed gain."""
    if finite(n.height_m) and fabs(m.height_m - n.height_m) < 3.0:
        n.height_m += 0.2 * (m.height_m - n.height_m)
    else:
        n.height_m = m.height_m


cdef inline void navigate(
        Navigator* n, const NavigatorSetup* s, const OnboardGrid* chart, const Moon* moon,
        const Measurements* m, int64_t tick) noexcept nogil:
    """The estimate at a tick, from the one before it and what the sensors say."""
    cdef double dt = 1.0 / TICK_HZ
    if tick > 0:
        propagate(n, s, moon, m, dt)
    if tick % FILTER_EVERY == 0:
        spread(n, s, dt * FILTER_EVERY)
    if m.star_valid:
        use_star(n, s, moon, m, tick * dt)
    if m.range_valid:
        use_range(n, s, chart, moon, m)
    if m.velocity_valid:
        use_beams(n, s, m)
    if m.height_valid:
        use_height(n, s, m)
