"""Heights over ground: the altimeter's range and the touchdown sensor's height.

Altimeter. The beam ends on the ground, which stands by the map's height m and the relief b above
the site's radius R_site. With e the way from the centre of mass to the end, at the time tag,

    e = R(q) (l + rho beam),     alt = |r + e - centre| - R_site
    0 = alt - m - b + w beta + noise                                             (1)

beta is what holds of the altimeter's error, its bias and the turn of its mounting, in units of its
deviation w = sqrt(c^2 bias^2 + (range_turn |e x up|)^2), c = -beam . up. So nu = m + b - alt and

    H = up on r,  e x up on theta,  -1 on b,  w on beta,     R = c^2 (range noise)^2

The map's slope is left out: 150 m of relief hide it. Before it the relief is moved to the end of
the beam (relief.pxd); one outside its gate that is no step of the sensor is the ground's
(slope_break.pxd). The innovation variance that is told is the one before that. A reading that
repeats itself is held to the map alone: the relief would follow it.

Touchdown sensor. The place p = R(q) l stands h above the ground beneath it:

    h = alt(r + p) - m - b + beta_h                                              (2)
    H = up on r,  p x up on theta,  -1 on b,  1 on beta_h

Where they contradict each other height_vote.pxd settles it.
"""

from libc.math cimport sqrt
from libc.stdint cimport int64_t

from farside.ext.common.measurements cimport (
    HEAD_HEIGHT, HEAD_RANGE, SATURATED_HEIGHT, SATURATED_RANGE, Measurements,
)
from farside.ext.common.types cimport Moon
from farside.ext.common.vector cimport (
    Quat, Vec3, add, axpy, cross, dot, norm, rotate, unit, vec, vec_from, vec_to,
)
from farside.ext.navigation._codes cimport TRUST_REJECTED
from farside.ext.navigation.delayed cimport (
    Then, com_aboard, estimate_at, known_arm, put_attitude, put_position,
)
from farside.ext.navigation.gated_update cimport update_always, update_inside
from farside.ext.navigation.health cimport (
    may_lie_beyond, outside, refuse, report_is_sound, trusted,
)
from farside.ext.navigation.health_records cimport CHANNEL_HEIGHT, CHANNEL_RANGE, Channel
from farside.ext.navigation.height_vote cimport (
    hear_height, ramp_of_height, ramp_of_range, vote,
)
from farside.ext.navigation.onboard_map cimport MapHeight, OnboardMap, map_height
from farside.ext.navigation.relief cimport (
    KeptRelief, give_back_relief, keep_relief, look_at,
)
from farside.ext.navigation.site_ground cimport pin_to_site
from farside.ext.navigation.slope_break cimport break_slope, note_step
from farside.ext.navigation.state cimport (
    HEIGHT_BIAS, POSITION, RANGE_BIAS, RELIEF, Navigator, NavigatorSetup,
)
from farside.ext.navigation.update cimport Row, innovation_variance, put
from farside.ext.navigation.weighted_range cimport weigh_range


cdef extern from *:
    """
    #define RELIEF_MOST 5.0         /* deviations */
    #define RELIEF_DOUBT 0.02       /* share of the relief's square, for each relief_length_m */
    #define ALTITUDE_DOUBT_M 100.0  /* deviation that the altitude's grows to: no step of 300 m */
    """
    const double RELIEF_MOST
    const double RELIEF_DOUBT
    const double ALTITUDE_DOUBT_M


cdef enum:
    TURNS_MOST = 8              # on end, and one more for each READINGS_BETWEEN inside the gate
    READINGS_BETWEEN = 8
    RANGE_SLACK_PERCENT = 110   # of the altimeter's range: nothing is measured beyond


cdef enum Report:
    REPORT_UNSOUND      # stuck, saturated or refused for good: not held against its gate
    REPORT_OUTSIDE
    REPORT_TAKEN


cdef struct Sight:
    # A place off the centre of mass, against the ground beneath it
    Vec3 e
    Vec3 up
    double altitude_m           # above the site's radius
    MapHeight ground


cdef inline Sight sight_of(
        const OnboardMap* onboard_map, const Moon* moon, const Then* then, Vec3 e) noexcept nogil:
    cdef Sight s
    cdef Vec3 rho = vec(then.r.x, then.r.y, then.r.z + moon.radius_m)
    cdef Vec3 end = add(rho, e)
    s.e = e
    s.up = unit(end, vec(0.0, 0.0, 1.0))
    s.altitude_m = norm(end) - moon.radius_m
    s.ground = map_height(onboard_map, end)
    return s


cdef inline void put_height(
        Row* H, const Navigator* nav, const Then* then, const Sight* s, int bias,
        double per_bias) noexcept nogil:
    """H of (1) and (2)."""
    H.count = 0
    put_position(H, then, s.up)
    put_attitude(H, nav, then, cross(s.e, s.up), vec(0.0, 0.0, 0.0))
    put(H, RELIEF, -1.0)
    put(H, bias, per_bias)


cdef inline int take_range(
        Navigator* nav, const NavigatorSetup* setup, const Then* then, const Sight* s,
        const KeptRelief* kept, const Measurements* m, double cosine,
        int64_t tick) noexcept nogil:
    """Test (1), and update by it: a Report."""
    cdef Channel* c = &nav.channel[CHANNEL_RANGE]
    cdef Row H
    cdef bint taken
    cdef double innovation = s.ground.height_m + nav.relief_m - s.altitude_m
    cdef double noise = setup.range_far_m * m.range_m / setup.range_max_m
    cdef double R = cosine * cosine * (setup.range_sigma_m * setup.range_sigma_m + noise * noise)
    cdef double bias = cosine * setup.range_bias_m
    cdef double lean = setup.range_turn_rad * norm(cross(s.e, s.up))
    cdef double S
    put_height(&H, nav, then, s, RANGE_BIAS, sqrt(bias * bias + lean * lean))
    # health (2), of the vertical: the range expected is m.range_m - innovation / cosine
    if m.saturated & SATURATED_RANGE and may_lie_beyond(
            &setup.health, cosine * (setup.range_max_m - m.range_m) + innovation,
            innovation_variance(nav, &H, R)):
        c.tick = tick
        return REPORT_UNSOUND
    if not report_is_sound(
            c, &setup.health, m.range_m, m.range_m + (innovation - nav.relief_m) / cosine,
            R / (cosine * cosine), m.saturated & SATURATED_RANGE, tick):
        return REPORT_UNSOUND
    if setup.latch_range and c.trust == TRUST_REJECTED:
        refuse(c, TRUST_REJECTED)
        return REPORT_UNSOUND
    if setup.range_open:
        nav.range_seen_m[0] = s.ground.u_m
        nav.range_seen_m[1] = s.ground.v_m
        taken = update_always(nav, &setup.health, c, &H, innovation, R)
        return REPORT_TAKEN if taken else REPORT_UNSOUND
    ramp_of_range(nav, setup, innovation)
    S = innovation_variance(nav, &H, R * c.ramp)
    note_step(
        nav, s.up, s.altitude_m, s.ground.u_m, s.ground.v_m, sqrt(setup.health.gate_1 * S))
    if innovation * innovation > setup.health.gate_1 * S and is_ground(nav, setup, c, kept):
        if nav.broke_down != (innovation > 0.0):
            nav.turned += READINGS_BETWEEN
        nav.broke_down = innovation > 0.0
        break_slope(
            nav, &kept.seen_m[0], s.ground.u_m, s.ground.v_m,
            setup.relief_share * s.ground.sigma_m / setup.relief_length_m,
            innovation * innovation - S)
    else:
        nav.turned = max(nav.turned - 1, 0)
    taken = update_inside(nav, &setup.health, c, &H, innovation, R * c.ramp)
    c.S = S
    return REPORT_TAKEN if taken else REPORT_OUTSIDE


cdef inline bint is_ground(
        const Navigator* nav, const NavigatorSetup* setup, const Channel* c,
        const KeptRelief* kept) noexcept nogil:
    """Whether ground alone may stand behind a range that is not expected: slope_break.pxd."""
    return (
        kept.seen and not nav.range_stepped and not nav.range_doubted
        and nav.turned <= TURNS_MOST * READINGS_BETWEEN
        and not setup.latch_range and trusted(c))


cdef inline void update_range(
        Navigator* nav, const NavigatorSetup* setup, const OnboardMap* onboard_map,
        const Moon* moon, const Measurements* m, int64_t tick) noexcept nogil:
    """(1)."""
    cdef Channel* c = &nav.channel[CHANNEL_RANGE]
    cdef KeptRelief kept
    cdef Then then
    cdef Sight s
    cdef Vec3 beam
    cdef double cosine
    cdef int report
    if not estimate_at(nav, m.range_tick, tick, &then):
        return
    if not 0.0 < 100.0 * m.range_m <= RANGE_SLACK_PERCENT * setup.range_max_m:
        c.tick = tick
        outside(c, &setup.health)
        return
    beam = rotate(then.q, vec_from(m.range_direction))
    s = sight_of(
        onboard_map, moon, &then,
        axpy(m.range_m, beam, rotate(then.q, known_arm(nav, setup, HEAD_RANGE))))
    cosine = -dot(beam, s.up)
    if not cosine >= setup.beam_cosine_min:
        return
    if setup.range_weight > 0.0:
        if weigh_range(nav, setup, m, -s.altitude_m, s.up, cosine, tick):
            nav.last_range_m = m.range_m
        return
    keep_relief(nav, &kept)
    look_at(nav, setup, &s.ground, m.range_m)
    report = take_range(nav, setup, &then, &s, &kept, m, cosine, tick)
    if report == REPORT_TAKEN:
        nav.last_range_m = m.range_m
        nav.map_m = s.ground.height_m
        altitude_may_differ(nav, setup, s.up, s.ground.sigma_m, c.flown_m)
        c.flown_m = 0.0
        nav.range_stepped = 0
        pin_to_site(nav, setup, onboard_map, moon)
        return
    give_back_relief(nav, &kept)
    if report == REPORT_OUTSIDE and c.trust == TRUST_REJECTED:
        ground_may_differ(nav, setup, c)
        nav.range_doubted = nav.range_doubted or nav.range_stepped


cdef inline void ground_may_differ(
        Navigator* nav, const NavigatorSetup* setup, Channel* c) noexcept nogil:
    """A range is rejected again: there may be a hill that the map does not hold.

    A hill is as high as the innovation at most, and comes within the distance flown.
    """
    cdef double share = min(c.flown_m / setup.relief_length_m, 1.0)
    nav.P[RELIEF][RELIEF] += share * c.innovation * c.innovation
    c.flown_m = 0.0


cdef inline void altitude_may_differ(
        Navigator* nav, const NavigatorSetup* setup, Vec3 up, double map_sigma_m,
        double flown_m) noexcept nogil:
    """Relief beyond RELIEF_MOST deviations is none: it is the altitude that is off."""
    cdef double b2 = nav.relief_m * nav.relief_m
    cdef double sigma = RELIEF_MOST * setup.relief_share * map_sigma_m
    cdef double share = RELIEF_DOUBT * min(flown_m / setup.relief_length_m, 1.0)
    cdef double known = 0.0
    cdef double[3] u
    cdef int i, j
    if not b2 > sigma * sigma:
        return
    vec_to(up, u)
    for i in range(3):
        for j in range(3):
            known += nav.P[POSITION + i][POSITION + j] * u[i] * u[j]
    share *= max(1.0 - known / (ALTITUDE_DOUBT_M * ALTITUDE_DOUBT_M), 0.0)
    for i in range(3):
        for j in range(3):
            nav.P[POSITION + i][POSITION + j] += share * b2 * u[i] * u[j]


cdef inline int take_height(
        Navigator* nav, const NavigatorSetup* setup, const Then* then, const Sight* s,
        const Measurements* m, int64_t tick) noexcept nogil:
    """Test (2), and update by it: a Report."""
    cdef Channel* c = &nav.channel[CHANNEL_HEIGHT]
    cdef Row H
    cdef bint taken
    cdef double predicted = s.altitude_m - s.ground.height_m - nav.relief_m
    cdef double innovation = m.height_m - predicted
    cdef double R = setup.height_sigma_m * setup.height_sigma_m
    put_height(&H, nav, then, s, HEIGHT_BIAS, 1.0)
    hear_height(nav, setup, m.height_m, predicted, tick)
    if m.saturated & SATURATED_HEIGHT and may_lie_beyond(
            &setup.health, setup.height_max_m - predicted, innovation_variance(nav, &H, R)):
        c.tick = tick
        return REPORT_UNSOUND
    if not report_is_sound(
            c, &setup.health, m.height_m, predicted, R, m.saturated & SATURATED_HEIGHT, tick):
        return REPORT_UNSOUND
    ramp_of_height(nav, setup, innovation)
    taken = update_inside(nav, &setup.health, c, &H, innovation, R * c.ramp)
    return REPORT_TAKEN if taken else REPORT_OUTSIDE


cdef inline void update_height(
        Navigator* nav, const NavigatorSetup* setup, const OnboardMap* onboard_map,
        const Moon* moon, const Measurements* m, int64_t tick) noexcept nogil:
    """(2)."""
    cdef Channel* c = &nav.channel[CHANNEL_HEIGHT]
    cdef Then then
    cdef Sight s
    cdef KeptRelief kept
    cdef int report
    if not estimate_at(nav, m.height_tick, tick, &then):
        return
    s = sight_of(onboard_map, moon, &then, height_arm(nav, setup, then.q))
    keep_relief(nav, &kept)
    look_at(nav, setup, &s.ground, m.height_m)
    report = take_height(nav, setup, &then, &s, m, tick)
    if report == REPORT_TAKEN:
        nav.map_m = s.ground.height_m
        nav.height_known = 1 if c.ramp == 1.0 else nav.height_known
    else:
        give_back_relief(nav, &kept)
    if report != REPORT_UNSOUND:
        vote(nav, setup, tick)


cdef inline Vec3 height_arm(
        const Navigator* nav, const NavigatorSetup* setup, Quat q) noexcept nogil:
    """From the centre of mass to the touchdown sensor [m, site]; by itself it is at the base."""
    cdef Vec3 arm = known_arm(nav, setup, HEAD_HEIGHT)
    if not setup.placed[HEAD_HEIGHT]:
        arm.z -= com_aboard(nav, setup).z
    return rotate(q, arm)
