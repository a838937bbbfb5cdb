"""The ground at the site: what is known of it before the flight, and what the relief says of it.

The site is surveyed: the site frame stands on its ground, to site_sigma_m. Where ground is seen at
a distance d from it, the relief there leads to what the ground at the site is above the frame,

    g = m + Phi_bb b + Phi_bs s,     V: what Phi's noise and the lander's own place leave of it  (1)

with m the onboard map's height at the site, (b, s) the relief and its slope where ground was last
seen, and Phi, noise as in relief.pxd. That g is 0 is a measurement,

    z = -m,     H = (Phi_bb, Phi_bs) on (b, s),     R = V + site_sigma_m^2                       (2)

It is one fact, so it is counted in at a few distances only, each a quarter of the one before: what
was known by it then has by now lost all but a fifth of its weight.

Guidance is told the altitude over the ground p that is meant, z - g + g_0: what it aims at has the
height g_0 that the survey leads to there. p is the site, or short of it: see (5). The survey is a
measurement of the ground at the site, not of that at p. Let e be what the ground seen leads to at
the site, above its survey, by way of p, whose relief and slope are F (b, s) with the covariance A,

    A = F P F' + N,     F, N: Phi and noise from the ground seen to p
    e = m_site + c F (b, s),     c, W: Phi's first row and noise from p to the site, the
                                 lander's own place in it
    var(e) = c A c' + W + site_sigma_m^2,     cov(g, e) = (1, 0) A c',     cov(z, e) = P_z F' c'

The survey says that e is 0. The mean of z - g is that of two jointly normal numbers of which one
has been measured (Gelb, Applied Optimal Estimation, 1974, 4.1), z - g - cov(z - g, e) e / var(e):

    a = z - K e - (g - g_0 - e),     K = 1 - (cov(g, e) - cov(z, e)) / var(e)                (3)
    g_0 = m - c_b m_site

without a step of the filter, so that it can be worked out again and again: theory (7.16). (2) is
theory (7.14). Where p is the site c is (1, 0), g_0 is 0, e is g and cov(g, e) its variance.
Where the place is known
by images, P_z is small and K is 0: a slope that is flown over is not an error of the altitude.
Where only ranges tell the altitude, z and the relief are off together, and g takes out of z
what both have in common. Over ground whose height is not known K is 1: the altitude counts from
where the ground seen leads to. So it does where the site is far from p, for c is small there. A
survey is not to be taken to p as a measurement of the ground there with what the relief's own
variance leaves of it: that variance is in P already.

An e that the survey contradicts, e^2 > gate var(e), says that the filter is
wrong, of its altitude by a false altimeter that was believed, or of the way from the ground seen.
A variance q is added to var(e) until e is at the gate, c_b of it to cov(g, e), and of that so much
to cov(z, e) as the altitude is to blame,

    w = HIDDEN_M^2 / (HIDDEN_M^2 + D_b),                                                         (4)
    D_b = (1 - F_bb)^2 sigma_b^2 + (k F_bs sigma_b)^2 + N_bb

with D_b how far ground so far apart differs: over the site itself K goes to 1.

A lander that has lost its way and comes down elsewhere does not come down on the site. With h the
height over the ground and v the speed across, it comes down within

    r = REACH_HEIGHTS h + v^2 / (2 REACH_MPS2)                                                   (5)

of the place beneath. Where the site is farther off, the ground meant is that at the place p within
r that is nearest to it. Once a map has been scanned its heights count from the
ground at the p of then, so p stays.
"""

from libc.math cimport sqrt
from libc.string cimport memset

from farside.ext.common.types cimport Moon
from farside.ext.common.vector cimport vec
from farside.ext.navigation.onboard_map cimport MapHeight, OnboardMap, map_height
from farside.ext.navigation.relief cimport (
    ReliefStep, ground_beneath, relief_over, relief_step,
)
from farside.ext.navigation.state cimport (
    POSITION, RELIEF, RELIEF_SLOPE, Navigator, NavigatorSetup, SiteGround,
)
from farside.ext.navigation.update cimport Row, innovation_variance, put, update


cdef extern from *:
    """
    #define PIN_M 2000.0            /* from the site: first (2), below the relief's length */
    #define HIDDEN_M 40.0           /* that an altitude may be off by, and nobody knows */
    #define REACH_HEIGHTS 1.5       /* 56 deg off the vertical */
    #define REACH_MPS2 1.0          /* a lander brakes with at least this across */
    """
    const double PIN_M
    const double HIDDEN_M
    const double REACH_HEIGHTS
    const double REACH_MPS2


cdef struct ReliefMeant:
    # Of the ground that is meant
    ReliefStep step             # F
    double bb                   # A
    double bs
    double ss
    double apart2               # D_b


cdef enum:
    PINS_MOST = 4               # 2000 m to 31 m


cdef inline double place_variance(const Navigator* nav) noexcept nogil:
    """Of the lander's own place, east and north together [m^2]."""
    return nav.P[POSITION][POSITION] + nav.P[POSITION + 1][POSITION + 1]


cdef inline void aim_within_reach(Navigator* nav) noexcept nogil:
    """(5): p."""
    cdef double x = nav.r_site[0], y = nav.r_site[1]
    cdef double d = sqrt(x * x + y * y)
    cdef double v2 = nav.v_site[0] * nav.v_site[0] + nav.v_site[1] * nav.v_site[1]
    cdef double h = max(nav.r_site[2] - ground_beneath(nav), 0.0)
    cdef double r = REACH_HEIGHTS * h + 0.5 * v2 / REACH_MPS2
    cdef double left = 1.0 - r / d if d > r else 0.0
    nav.at_site.place_m[0] = left * x
    nav.at_site.place_m[1] = left * y


cdef inline void look_at_site(
        Navigator* nav, const NavigatorSetup* setup, const OnboardMap* onboard_map,
        const Moon* moon) noexcept nogil:
    """Bring (1), (3), (4) and (5) up to date; after `look_beneath`."""
    cdef SiteGround* at = &nav.at_site
    cdef MapHeight site = map_height(onboard_map, vec(0.0, 0.0, moon.radius_m))
    cdef MapHeight ground
    cdef ReliefMeant A
    cdef ReliefStep S
    cdef double sigma2, seen2, cov_ge, cov_ze, off, q, share
    cdef int z = POSITION + 2
    if not nav.map_held:
        aim_within_reach(nav)
    ground = map_height(onboard_map, vec(at.place_m[0], at.place_m[1], moon.radius_m))
    A = relief_meant(nav, setup, &ground)
    # c, W; the site itself is off by the lander's own place
    S = relief_over(
        setup, ground.sigma_m, site.u_m - ground.u_m, site.v_m - ground.v_m, 0.0,
        place_variance(nav))
    at.map_m, at.site_map_m = ground.height_m, site.height_m
    at.survey_m = ground.height_m - S.b_b * site.height_m
    at.b_b, at.b_s = A.step.b_b, A.step.b_s
    # c F
    at.site_b = S.b_b * at.b_b + S.b_s * A.step.s_b
    at.site_s = S.b_b * at.b_s + S.b_s * A.step.s_s
    # c A c', cov(g, e), cov(z, e)
    seen2 = max(
        S.b_b * S.b_b * A.bb + 2.0 * S.b_b * S.b_s * A.bs + S.b_s * S.b_s * A.ss, 0.0)
    cov_ge = S.b_b * A.bb + S.b_s * A.bs
    cov_ze = at.site_b * nav.P[z][RELIEF] + at.site_s * nav.P[z][RELIEF_SLOPE]
    sigma2 = setup.site_sigma_m * setup.site_sigma_m + S.variance_b
    off = seen_at_site(nav)
    q = max(off * off / setup.health.gate_1 - seen2 - sigma2, 0.0)
    # K var(e), with var(e) - cov(g, e) first
    share = sigma2 + (seen2 - cov_ge) + cov_ze
    share += S.b_b * (q * HIDDEN_M * HIDDEN_M / (HIDDEN_M * HIDDEN_M + A.apart2))
    share += q * (1.0 - S.b_b)
    at.share = share / (seen2 + sigma2 + q)


cdef inline ReliefMeant relief_meant(
        const Navigator* nav, const NavigatorSetup* setup, const MapHeight* ground) noexcept nogil:
    """A and D_b of the ground meant, and F; with no ground seen, all that the map leaves."""
    cdef ReliefMeant A
    cdef ReliefStep F
    cdef double b2 = relief_variance(setup, ground.sigma_m)
    cdef double s2 = slope_variance(setup, ground.sigma_m)
    cdef double bb = nav.P[RELIEF][RELIEF], bs = nav.P[RELIEF][RELIEF_SLOPE]
    cdef double ss = nav.P[RELIEF_SLOPE][RELIEF_SLOPE]
    memset(&A, 0, sizeof(A))
    if not nav.seen:
        A.bb, A.ss = b2, s2
        return A
    F = relief_step(nav, setup, ground, 0.0)
    A.step = F
    A.apart2 = F.variance_b + (1.0 - F.b_b) * (1.0 - F.b_b) * b2 + F.b_s * F.b_s * s2
    A.bb = F.variance_b + max(
        F.b_b * F.b_b * bb + 2.0 * F.b_b * F.b_s * bs + F.b_s * F.b_s * ss, 0.0)
    A.bs = F.variance_bs + (
        F.b_b * F.s_b * bb + (F.b_b * F.s_s + F.b_s * F.s_b) * bs + F.b_s * F.s_s * ss)
    A.ss = F.variance_s + (
        F.s_b * F.s_b * bb + 2.0 * F.s_b * F.s_s * bs + F.s_s * F.s_s * ss)
    return A


cdef inline double relief_variance(
        const NavigatorSetup* setup, double map_sigma_m) noexcept nogil:
    """Of the relief where no ground has been seen: sigma_b^2 [m^2]."""
    cdef double sigma = setup.relief_share * map_sigma_m
    return sigma * sigma


cdef inline double slope_variance(
        const NavigatorSetup* setup, double map_sigma_m) noexcept nogil:
    """Of the relief's slope there: (k sigma_b)^2."""
    return relief_variance(setup, map_sigma_m) / (setup.relief_length_m * setup.relief_length_m)


cdef inline double seen_ground(const Navigator* nav) noexcept nogil:
    """g of (1) [m]."""
    return (
        nav.at_site.map_m + nav.at_site.b_b * nav.relief_m
        + nav.at_site.b_s * nav.relief_slope)


cdef inline double seen_at_site(const Navigator* nav) noexcept nogil:
    """e of (3) [m]."""
    return (
        nav.at_site.site_map_m + nav.at_site.site_b * nav.relief_m
        + nav.at_site.site_s * nav.relief_slope)


cdef inline double above_site(const Navigator* nav) noexcept nogil:
    """(3): the centre of mass over the ground that is meant, against the survey [m]."""
    cdef double e = seen_at_site(nav)
    return nav.r_site[2] - nav.at_site.share * e - (seen_ground(nav) - nav.at_site.survey_m - e)


cdef inline void pin_to_site(
        Navigator* nav, const NavigatorSetup* setup, const OnboardMap* onboard_map,
        const Moon* moon) noexcept nogil:
    """(2), after a range or a height that has been used."""
    cdef MapHeight site
    cdef ReliefStep S
    cdef Row H
    cdef double unknown = place_variance(nav)
    cdef double d = sqrt(
        nav.seen_m[0] * nav.seen_m[0] + nav.seen_m[1] * nav.seen_m[1] + unknown)
    cdef double R, nu
    if nav.pins >= PINS_MOST or not d * (1 << (2 * nav.pins)) < PIN_M:
        return
    while nav.pins < PINS_MOST and d * (1 << (2 * nav.pins)) < PIN_M:
        nav.pins += 1
    site = map_height(onboard_map, vec(0.0, 0.0, moon.radius_m))
    S = relief_step(nav, setup, &site, 0.0, unknown)
    H.count = 0
    put(&H, RELIEF, S.b_b)
    put(&H, RELIEF_SLOPE, S.b_s)
    nu = -site.height_m - S.b_b * nav.relief_m - S.b_s * nav.relief_slope
    R = S.variance_b + setup.site_sigma_m * setup.site_sigma_m
    if nu * nu < setup.health.gate_1 * innovation_variance(nav, &H, R):
        update(nav, &H, nu, R)
