"""The relief: what the ground is off the onboard map, from one place that is looked at to the next.

The map's cells are means, so what it leaves of the ground swings about it with the map's posting:
along a track its correlation falls to zero after 6 km and to -0.2 after 9 km. That is a damped
oscillator over ground driven by white noise (Gelb, Applied Optimal Estimation, 1974, 2.2; second
order Gauss-Markov), with the relief b, its slope s along the track and w the noise,

    db/du = s,     ds/du = -2 zeta k s - k^2 b + w,     k = 1 / relief_length_m   (1)

and the deviations sigma_b = relief_share sigma_map and k sigma_b. Over the distance u its
transition is

    Phi = e^(-zeta k u) [[c + z y, y], [-k^2 y, c - z y]],
    c = cos(q u),  y = sin(q u) / q,  q = k sqrt(1 - zeta^2),  z = zeta k

and the noise is what Phi takes away, P_inf - Phi P_inf Phi', P_inf = diag(sigma_b, k sigma_b)^2.
These are theory (7.11) to (7.13).
Backwards, u < 0, it is the same process with its slope turned round.

Across the track no slope is known: (k sigma_b v)^2 is added. So is detail that (1) does not hold,

    D(d) = relief_walk_m2pm d min(1, d / max(relief_smooth_m, relief_footprint range))      (2)

a fractal's growth with the distance d, and less where the ground is smooth or the beam's footprint
smooths it.

The relief moves where a sensor looks, not where the lander is: a beam that is turned sweeps over
kilometres of ground, and one that stands still sees the same ground again and again.
"""

from libc.math cimport fabs, sqrt
from libc.stdint cimport int32_t

from farside.ext.common.elementary cimport SinCos, exp_of, sincos_of
from farside.ext.common.types cimport Moon
from farside.ext.common.vector cimport vec
from farside.ext.navigation.onboard_map cimport MapHeight, OnboardMap, map_height
from farside.ext.navigation.state cimport (
    POSITION, RELIEF, RELIEF_SLOPE, STATES, Navigator, NavigatorSetup,
)


cdef extern from *:
    """
    #define RELIEF_DAMPING 0.45     /* zeta: -0.2 at the first minimum of the correlation */
    #define RELIEF_FAR 30.0         /* of relief_length_m: nothing is left of what was known */
    """
    const double RELIEF_DAMPING
    const double RELIEF_FAR


cdef struct ReliefStep:
    # From the ground that was last looked at to other ground
    double b_b
    double b_s
    double s_b
    double s_s
    double variance_b           # that it adds
    double variance_bs
    double variance_s


cdef struct KeptRelief:
    # As it was before a look
    double relief_m
    double relief_slope
    double row[STATES]
    double slope_row[STATES]
    double seen_m[2]
    int32_t seen
    int32_t looked


cdef inline double detail_variance(
        const NavigatorSetup* setup, double d, double range_m) noexcept nogil:
    """(2)."""
    cdef double smooth = max(setup.relief_smooth_m, setup.relief_footprint * range_m)
    return setup.relief_walk_m2pm * d * (d / smooth if d < smooth else 1.0)


cdef inline ReliefStep relief_over(
        const NavigatorSetup* setup, double map_sigma_m, double along, double across,
        double range_m, double unknown_m2) noexcept nogil:
    """(1) and (2) over so far along and across the track, a place that is that uncertain."""
    cdef ReliefStep S
    cdef double k = 1.0 / setup.relief_length_m
    cdef double z = RELIEF_DAMPING * k
    cdef double q = k * sqrt(1.0 - RELIEF_DAMPING * RELIEF_DAMPING)
    cdef double u = min(fabs(along), RELIEF_FAR * setup.relief_length_m)
    cdef double v = min(sqrt(across * across + unknown_m2), setup.relief_length_m)
    cdef double sign = 1.0 if along >= 0.0 else -1.0
    cdef double fades = exp_of(-z * u)
    cdef SinCos turn = sincos_of(q * u)
    cdef double y = turn.s / q
    cdef double sigma = setup.relief_share * map_sigma_m
    cdef double b2 = sigma * sigma, s2 = k * k * b2
    S.b_b = fades * (turn.c + z * y)
    S.b_s = sign * fades * y
    S.s_b = -sign * k * k * fades * y
    S.s_s = fades * (turn.c - z * y)
    S.variance_b = max(b2 - S.b_b * S.b_b * b2 - S.b_s * S.b_s * s2, 0.0)
    S.variance_s = max(s2 - S.s_b * S.s_b * b2 - S.s_s * S.s_s * s2, 0.0)
    S.variance_bs = -S.b_b * S.s_b * b2 - S.b_s * S.s_s * s2
    S.variance_b += s2 * v * v + detail_variance(setup, sqrt(u * u + v * v), range_m)
    return S


cdef inline ReliefStep relief_step(
        const Navigator* nav, const NavigatorSetup* setup, const MapHeight* ground,
        double range_m, double unknown_m2=0.0) noexcept nogil:
    """From the ground last looked at to this."""
    return relief_over(
        setup, ground.sigma_m, ground.u_m - nav.seen_m[0], ground.v_m - nav.seen_m[1],
        range_m, unknown_m2)


cdef inline void look_at(
        Navigator* nav, const NavigatorSetup* setup, const MapHeight* ground,
        double range_m) noexcept nogil:
    """Move the relief to the ground that a sensor looks at."""
    cdef ReliefStep S
    cdef double b, s
    cdef int j
    if nav.seen:
        S = relief_step(nav, setup, ground, range_m)
        b, s = nav.relief_m, nav.relief_slope
        nav.relief_m = S.b_b * b + S.b_s * s
        nav.relief_slope = S.s_b * b + S.s_s * s
        for j in range(nav.size):
            b, s = nav.P[RELIEF][j], nav.P[RELIEF_SLOPE][j]
            nav.P[RELIEF][j] = S.b_b * b + S.b_s * s
            nav.P[RELIEF_SLOPE][j] = S.s_b * b + S.s_s * s
        for j in range(nav.size):
            b, s = nav.P[j][RELIEF], nav.P[j][RELIEF_SLOPE]
            if j == RELIEF or j == RELIEF_SLOPE:
                nav.P[j][RELIEF] = S.b_b * b + S.b_s * s
                nav.P[j][RELIEF_SLOPE] = S.s_b * b + S.s_s * s
            else:
                nav.P[j][RELIEF] = nav.P[RELIEF][j]
                nav.P[j][RELIEF_SLOPE] = nav.P[RELIEF_SLOPE][j]
        nav.P[RELIEF][RELIEF] += S.variance_b
        nav.P[RELIEF_SLOPE][RELIEF_SLOPE] += S.variance_s
        nav.P[RELIEF_SLOPE][RELIEF] += S.variance_bs
        nav.P[RELIEF][RELIEF_SLOPE] = nav.P[RELIEF_SLOPE][RELIEF]
    nav.seen = nav.looked = 1
    nav.seen_m[0] = ground.u_m
    nav.seen_m[1] = ground.v_m


cdef inline void keep_relief(const Navigator* nav, KeptRelief* kept) noexcept nogil:
    """Note the relief before a sensor looks: what it reads may be refused."""
    cdef int j
    kept.relief_m, kept.relief_slope = nav.relief_m, nav.relief_slope
    kept.seen_m = nav.seen_m
    kept.seen, kept.looked = nav.seen, nav.looked
    for j in range(nav.size):
        kept.row[j] = nav.P[RELIEF][j]
        kept.slope_row[j] = nav.P[RELIEF_SLOPE][j]


cdef inline void give_back_relief(Navigator* nav, const KeptRelief* kept) noexcept nogil:
    """A report that is refused has not moved the relief either."""
    cdef int j
    nav.relief_m, nav.relief_slope = kept.relief_m, kept.relief_slope
    nav.seen_m = kept.seen_m
    nav.seen, nav.looked = kept.seen, kept.looked
    for j in range(nav.size):
        nav.P[RELIEF][j] = nav.P[j][RELIEF] = kept.row[j]
        nav.P[RELIEF_SLOPE][j] = nav.P[j][RELIEF_SLOPE] = kept.slope_row[j]


cdef inline void look_beneath(
        Navigator* nav, const NavigatorSetup* setup, const OnboardMap* onboard_map,
        const Moon* moon) noexcept nogil:
    """Bring the ground beneath up to date."""
    cdef ReliefStep S
    cdef MapHeight ground
    ground = map_height(
        onboard_map, vec(nav.r_site[0], nav.r_site[1], nav.r_site[2] + moon.radius_m))
    nav.beneath.map_m = ground.height_m
    if nav.seen:
        S = relief_step(nav, setup, &ground, 0.0)
        nav.beneath.b_b = S.b_b
        nav.beneath.b_s = S.b_s
        nav.beneath.variance_m2 = S.variance_b
    else:
        # no ground has been seen: all that the map leaves
        nav.beneath.b_b = nav.beneath.b_s = 0.0
        nav.beneath.variance_m2 = setup.relief_share * setup.relief_share * (
            ground.sigma_m * ground.sigma_m)


cdef inline double ground_beneath(const Navigator* nav) noexcept nogil:
    """The ground under the lander above the site's radius [m]."""
    return (
        nav.beneath.map_m + nav.beneath.b_b * nav.relief_m
        + nav.beneath.b_s * nav.relief_slope)


cdef inline double height_beneath_variance(const Navigator* nav) noexcept nogil:
    """Of the height over it [m^2]."""
    cdef int z = POSITION + 2
    cdef double b = nav.beneath.b_b, s = nav.beneath.b_s
    return max(
        nav.P[z][z] - 2.0 * (b * nav.P[z][RELIEF] + s * nav.P[z][RELIEF_SLOPE])
        + b * b * nav.P[RELIEF][RELIEF] + 2.0 * b * s * nav.P[RELIEF][RELIEF_SLOPE]
        + s * s * nav.P[RELIEF_SLOPE][RELIEF_SLOPE] + nav.beneath.variance_m2, 0.0)
