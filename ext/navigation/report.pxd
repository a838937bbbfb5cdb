"""What guidance is told of the position: against the map in use and the ground at the site.

Inside the navigator r is the position in the site frame. Guidance aims at a place of a map
(clones.pxd), and at heights over the ground at the site (site_ground.pxd):

    east, north     r - tie
    up              z - K (g - g_0)
    height          alt - m - b, less the height of the centre of mass over the base

with m + b the ground beneath, by map and relief (relief.pxd). Where the touchdown sensor
contradicts the estimate and neither is known
to be wrong the height is that of the sensor, alt - m - b + nu: guidance compares it with the level.
"""

from libc.math cimport NAN
from libc.stdint cimport int64_t

from farside.ext.common.types cimport Moon
from farside.ext.common.vector cimport Vec3, norm, vec, vec_to
from farside.ext.navigation._codes cimport TRUST_SILENT
from farside.ext.navigation.delayed cimport com_aboard
from farside.ext.navigation.health_records cimport CHANNEL_HEIGHT
from farside.ext.navigation.height_vote cimport told_sigma, undecided
from farside.ext.navigation.onboard_map cimport OnboardMap
from farside.ext.navigation.relief cimport ground_beneath, look_beneath
from farside.ext.navigation.site_ground cimport above_site, look_at_site
from farside.ext.navigation.state cimport COVARIANCE_EVERY, Navigator, NavigatorSetup


cdef inline Vec3 place_in_map(const Navigator* nav) noexcept nogil:
    """The position as guidance is to have it: against the map in use and the ground at the site."""
    return vec(
        nav.r_site[0] - nav.tie_m[0] - nav.map_off_m[0],
        nav.r_site[1] - nav.tie_m[1] - nav.map_off_m[1],
        above_site(nav))


cdef inline double height_of_base(
        const Navigator* nav, const NavigatorSetup* setup, const Moon* moon) noexcept nogil:
    """The base above the ground beneath [m], of everything that has been believed."""
    cdef Vec3 rho = vec(nav.r_site[0], nav.r_site[1], nav.r_site[2] + moon.radius_m)
    return (
        norm(rho) - moon.radius_m - ground_beneath(nav)
        - com_aboard(nav, setup).z * upright(nav))


cdef inline double upright(const Navigator* nav) noexcept nogil:
    """The cosine of body z from the vertical."""
    cdef const double* q = nav.q_site_body
    return 1.0 - 2.0 * (q[1] * q[1] + q[2] * q[2])


cdef inline void report(
        Navigator* nav, const NavigatorSetup* setup, const OnboardMap* onboard_map,
        const Moon* moon, int64_t tick) noexcept nogil:
    """Bring what guidance reads up to the tick."""
    if nav.looked or tick % COVARIANCE_EVERY == 0:
        look_beneath(nav, setup, onboard_map, moon)
        look_at_site(nav, setup, onboard_map, moon)
        nav.looked = 0
    vec_to(place_in_map(nav), nav.place_m)
    nav.height_m = height_of_base(nav, setup, moon) if nav.height_known else NAN
    if undecided(nav):
        nav.height_m = height_of_base(nav, setup, moon) + nav.channel[CHANNEL_HEIGHT].innovation
    if setup.height_by_sensor and nav.channel[CHANNEL_HEIGHT].trust == TRUST_SILENT:
        nav.height_m = NAN
    nav.height_sigma_m = told_sigma(nav, setup)
