"""The navigation filter's turn: propagate to a tick, then take in what was measured there.

kalman.pxd has the equations, and strapdown.pxd the propagation of the state. Here stand the models
of the measurements: innovation, H and R of each.
"""

from libc.math cimport fabs, sqrt
from libc.stdint cimport int64_t

from farside.ext.common.elementary cimport SinCos, sincos_of
from farside.ext.common.gravity_table cimport GRAVITY_EVERY, GravityTable, gravity_ahead
from farside.ext.common.measurements cimport (
    HEAD_HEIGHT, HEAD_RANGE, HEAD_VELOCITY, VELOCITY_BEAMS, Measurements,
)
from farside.ext.common.rotation cimport rotation_vector_between, rotate_by
from farside.ext.common.types cimport TICK_HZ, Moon
from farside.ext.common.vector cimport (
    Quat, Vec3, add, axpy, cross, dot, finite, norm, quat, quat_from, quat_mul, quat_to, rotate,
    scale, unit, vec, vec_from, vec_to,
)
from farside.ext.navigation.kalman cimport (
    innovation_variance, propagate_covariance, reset_datum, scale_relief_covariance, update,
)
from farside.ext.navigation.onboard_map cimport MapHeight, OnboardMap, map_height
from farside.ext.navigation.past cimport Then, begin_tick, estimate_at, known_arm, remember
from farside.ext.navigation.records cimport RELIEF, SCALE, STATES, Navigator, NavigatorSetup
from farside.ext.navigation.rest cimport watch_rest
from farside.ext.navigation.strapdown cimport propagate_state


cdef enum:
    COVARIANCE_EVERY = 10   # ticks between steps of the covariance


cdef inline void update_range(
        Navigator* nav, const NavigatorSetup* setup, const OnboardMap* onboard_map,
        const Moon* moon, const Measurements* m, int64_t tick) noexcept nogil:
    """Altitude from range: where the beam ends stands the map's height and the relief above it.

    nu = map + relief - (|end| - R_site), with H = up on r and -1 on RELIEF; the beam starts where
    the altimeter stood at its time tag.
    """
    cdef Then then
    cdef Vec3 beam, rho, up, end
    cdef MapHeight ground
    cdef double innovation, R
    cdef double H[STATES]
    if not estimate_at(nav, m.range_tick, tick, &then):
        return
    beam = rotate(then.q, vec_from(m.range_direction))
    rho = vec(then.r.x, then.r.y, then.r.z + moon.radius_m)
    up = unit(rho, vec(0.0, 0.0, 1.0))
    end = axpy(m.range_m, beam, add(rho, rotate(then.q, known_arm(nav, setup, HEAD_RANGE))))
    ground = map_height(onboard_map, end)
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
        Navigator* nav, const NavigatorSetup* setup, const Measurements* m,
        int64_t tick) noexcept nogil:
    """Speed along each beam b that has one: y = (1 + s) b . u with s = SCALE.

    u = v + omega x l is the speed of the velocimeter's place, l its lever arm (omega against
    inertial space: the Moon's 3e-6 rad/s make nothing on metres). H = (1 + s) b on v, b . u on s.
    """
    cdef Then then
    cdef Vec3 arm = known_arm(nav, setup, HEAD_VELOCITY)
    cdef Vec3 b
    cdef double H[STATES]
    cdef double along
    cdef int i
    for i in range(VELOCITY_BEAMS):
        if not (m.velocity_valid >> i) & 1:
            continue
        # Anew for each beam: the one before has corrected the velocity.
        if not estimate_at(nav, m.velocity_tick, tick, &then):
            return
        b = rotate(then.q, vec_from(m.velocity_direction[i]))
        along = dot(b, add(then.v, rotate(then.q, cross(then.omega, arm))))
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
        int64_t tick) noexcept nogil:
    """Draw the attitude to the star tracker's; the site has turned by w t since tick 0.

    The rotation between the fix and the attitude at its time tag corrects that of now.
    """
    cdef Then then
    cdef Vec3 w = moon.omega_site
    cdef double rate = norm(w)
    cdef SinCos half = sincos_of(0.5 * rate * (m.star_tick * (1.0 / TICK_HZ)))
    cdef Vec3 axis = unit(w, vec(0.0, 0.0, 1.0))
    cdef Quat q_site_inertial = quat(
        half.c, -half.s * axis.x, -half.s * axis.y, -half.s * axis.z)
    cdef Quat measured = quat_mul(q_site_inertial, quat_from(m.q_inertial_body))
    cdef Quat q = quat_from(nav.q_site_body)
    if not estimate_at(nav, m.star_tick, tick, &then):
        return
    quat_to(
        rotate_by(q, scale(setup.star_gain, rotation_vector_between(then.q, measured))),
        nav.q_site_body)


cdef inline void update_height(
        Navigator* nav, const NavigatorSetup* setup, const Measurements* m,
        int64_t tick) noexcept nogil:
    """Height above ground: a fixed gain; the measurement itself at first and after a jump.

    The sensor's place is taken out, and the way up or down since its time tag is added.
    """
    cdef Then then
    cdef double height = m.height_m
    if not estimate_at(nav, m.height_tick, tick, &then):
        return
    if setup.placed[HEAD_HEIGHT]:
        # From the base: it is the base's height that is wanted.
        height -= rotate(then.q, vec_from(setup.place_m[HEAD_HEIGHT])).z
    height += nav.r_site[2] - then.r.z
    if finite(nav.height_m) and fabs(height - nav.height_m) < setup.height_jump_m:
        nav.height_m += setup.height_gain * (height - nav.height_m)
    else:
        nav.height_m = height


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
    begin_tick(nav)
    if tick % COVARIANCE_EVERY == 0:
        propagate_covariance(nav, setup, dt * COVARIANCE_EVERY)
    if m.star_valid:
        update_attitude(nav, setup, moon, m, tick)
    if m.range_valid:
        update_range(nav, setup, onboard_map, moon, m, tick)
    if m.velocity_valid:
        update_velocity(nav, setup, m, tick)
    if m.height_valid:
        update_height(nav, setup, m, tick)
    remember(nav, tick)
    watch_rest(nav, setup, moon, m, dt)
