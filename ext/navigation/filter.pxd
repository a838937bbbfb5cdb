"""The navigation filter's turn: propagate to a tick, then take in what was measured there.

kalman.pxd has the equations, and strapdown.pxd the propagation of the state. Here stand the models
of the measurements: innovation, H and R of each.
"""

from libc.math cimport fabs, sqrt
from libc.stdint cimport int64_t

from farside.ext.common.elementary cimport SinCos, sincos_of
from farside.ext.common.gravity_table cimport GRAVITY_EVERY, GravityTable, gravity_ahead
from farside.ext.common.measurements cimport VELOCITY_BEAMS, Measurements
from farside.ext.common.rotation cimport rotation_vector_between, rotate_by
from farside.ext.common.types cimport TICK_HZ, Moon
from farside.ext.common.vector cimport (
    Quat, Vec3, axpy, dot, finite, norm, quat, quat_from, quat_mul, quat_to, rotate, scale, unit,
    vec, vec_from, vec_to,
)
from farside.ext.navigation.kalman cimport (
    innovation_variance, propagate_covariance, reset_datum, scale_relief_covariance, update,
)
from farside.ext.navigation.onboard_map cimport MapHeight, OnboardMap, map_height
from farside.ext.navigation.records cimport RELIEF, SCALE, STATES, Navigator, NavigatorSetup
from farside.ext.navigation.rest cimport watch_rest
from farside.ext.navigation.strapdown cimport propagate_state


cdef enum:
    COVARIANCE_EVERY = 10   # ticks between steps of the covariance


cdef inline void update_range(
        Navigator* nav, const NavigatorSetup* setup, const OnboardMap* onboard_map,
        const Moon* moon, const Measurements* m) noexcept nogil:
    """Altitude from range: where the beam ends stands the map's height and the relief above it.

    nu = map + relief - (|end| - R_site), with H = up on r and -1 on RELIEF.
    """
    cdef Quat q = quat_from(nav.q_site_body)
    cdef Vec3 beam = rotate(q, vec_from(m.range_direction))
    cdef Vec3 rho = vec(nav.r_site[0], nav.r_site[1], nav.r_site[2] + moon.radius_m)
    cdef Vec3 up = unit(rho, vec(0.0, 0.0, 1.0))
    cdef Vec3 end = axpy(m.range_m, beam, rho)
    cdef MapHeight ground = map_height(onboard_map, end)
    cdef double innovation, R
    cdef double H[STATES]
    if -dot(beam, up) < setup.beam_cosine_min:
        return
    limit_relief(nav, setup, &ground, up.z, m.range_m)
    innovation = ground.height_m + nav.relief_m - (norm(end) - moon.radius_m)
    R = setup.range_sigma_m * setup.range_sigma_m + (
        setup.attitude_sigma_rad * m.range_m) * (setup.attitude_sigma_rad * m.range_m)
    vec_to(up, &H[0])
    H[3] = H[4] = H[5] = H[SCALE] = 0.0
    H[RELIEF] = -1.0
    R = gated_variance(nav, setup, H, innovation, R)
    nav.last_range_m = m.range_m
    nav.last_innovation_m = innovation
    # Ground that the map does not hold must not move the lander sideways.
    update(nav, H, innovation, R, &up)


cdef inline void limit_relief(
        Navigator* nav, const NavigatorSetup* setup, const MapHeight* ground, double cosine,
        double range_m) noexcept nogil:
    """Hold the relief's deviation to that of the map; of a low lander to a share of the range.

    cosine is that of the arc between the lander and the site: the datum is reset only where the
    site's vertical is the lander's.
    """
    cdef double sigma = sqrt(nav.P[RELIEF][RELIEF])
    cdef double near = setup.relief_per_height * range_m
    nav.relief_sigma_m = min(ground.sigma_m, near)
    nav.terrain_datum = near < ground.sigma_m and cosine > setup.datum_cosine_min
    if nav.terrain_datum and sigma > near:
        reset_datum(nav, near / sigma)
    elif sigma > ground.sigma_m and nav.outliers_in_a_row == 0:
        scale_relief_covariance(nav, ground.sigma_m / sigma)


cdef inline double gated_variance(
        Navigator* nav, const NavigatorSetup* setup, const double* H, double innovation,
        double R) noexcept nogil:
    """Return a range's R, inflated to q R + (q - 1) H P H' where the range lies outside the gate.

    With it S becomes q S, and the range pulls no harder than one on the gate.
    """
    cdef double S = innovation_variance(nav, H, R)
    cdef double q = innovation * innovation / (setup.gate_sigma * setup.gate_sigma * S)
    cdef int i
    if not (q > 1.0):
        nav.outliers_in_a_row = 0
        return R
    nav.outliers_in_a_row += 1
    nav.range_outliers += 1
    if nav.outliers_in_a_row > setup.doubt_after:
        # It persists: there is a hill that the map does not hold, or the estimate is wrong.
        nav.P[RELIEF][RELIEF] += setup.doubt_relief * innovation * innovation
        for i in range(3):
            nav.P[i][i] += setup.doubt_position * innovation * innovation
    return R * q + (S - R) * (q - 1.0)


cdef inline void update_velocity(
        Navigator* nav, const NavigatorSetup* setup, const Measurements* m) noexcept nogil:
    """Speed along each beam b: y = (1 + s) b . v with s = SCALE; H = (1 + s) b on v, b . v on s."""
    cdef Quat q = quat_from(nav.q_site_body)
    cdef Vec3 b
    cdef double H[STATES]
    cdef double along
    cdef int i
    for i in range(VELOCITY_BEAMS):
        if not (m.velocity_valid >> i) & 1:
            continue
        b = rotate(q, vec_from(m.velocity_direction[i]))
        along = dot(b, vec_from(nav.v_site))
        H[0] = H[1] = H[2] = 0.0
        H[3] = (1.0 + nav.beam_scale) * b.x
        H[4] = (1.0 + nav.beam_scale) * b.y
        H[5] = (1.0 + nav.beam_scale) * b.z
        H[SCALE] = along
        H[RELIEF] = 0.0
        update(
            nav, H, m.velocity_mps[i] - (1.0 + nav.beam_scale) * along,
            setup.beam_sigma_mps * setup.beam_sigma_mps, NULL)


cdef inline void update_attitude(
        Navigator* nav, const NavigatorSetup* setup, const Moon* moon, const Measurements* m,
        double t) noexcept nogil:
    """Draw the attitude to the star tracker's; the site has turned by w t since tick 0."""
    cdef Vec3 w = moon.omega_site
    cdef double rate = norm(w)
    cdef SinCos half = sincos_of(0.5 * rate * t)
    cdef Vec3 axis = unit(w, vec(0.0, 0.0, 1.0))
    cdef Quat q_site_inertial = quat(
        half.c, -half.s * axis.x, -half.s * axis.y, -half.s * axis.z)
    cdef Quat measured = quat_mul(q_site_inertial, quat_from(m.q_inertial_body))
    cdef Quat q = quat_from(nav.q_site_body)
    quat_to(
        rotate_by(q, scale(setup.star_gain, rotation_vector_between(q, measured))),
        nav.q_site_body)


cdef inline void update_height(
        Navigator* nav, const NavigatorSetup* setup, const Measurements* m) noexcept nogil:
    """Height above ground: a fixed gain; the measurement itself at first and after a jump."""
    if finite(nav.height_m) and fabs(m.height_m - nav.height_m) < setup.height_jump_m:
        nav.height_m += setup.height_gain * (m.height_m - nav.height_m)
    else:
        nav.height_m = m.height_m


cdef inline void navigate(
        Navigator* nav, const NavigatorSetup* setup, const OnboardMap* onboard_map,
        const Moon* moon, const GravityTable* field, const Measurements* m,
        int64_t tick) noexcept nogil:
    """The estimate at a tick, from the one before it and the measurements of this tick.

    `field` is what is known aboard of gravity beyond J2 and C22; NULL leaves it out.
    """
    cdef double dt = 1.0 / TICK_HZ
    if tick > 0:
        if field != NULL and (tick - 1) % GRAVITY_EVERY == 0:
            vec_to(
                gravity_ahead(field, vec_from(nav.r_site), vec_from(nav.v_site), dt),
                nav.field_site)
        propagate_state(nav, setup, moon, m, dt)
    if tick % COVARIANCE_EVERY == 0:
        propagate_covariance(nav, setup, dt * COVARIANCE_EVERY)
    if m.star_valid:
        update_attitude(nav, setup, moon, m, tick * dt)
    if m.range_valid:
        update_range(nav, setup, onboard_map, moon, m)
    if m.velocity_valid:
        update_velocity(nav, setup, m)
    if m.height_valid:
        update_height(nav, setup, m)
    watch_rest(nav, setup, moon, m, dt)
