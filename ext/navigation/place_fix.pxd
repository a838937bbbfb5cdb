"""A place on the onboard image map without an image: by the altimeter's profile (profile.pxd).

    m       the image map's places are off by it: they truly are at p - m       IMAGE_MAP
    a, b    principal axes of the place's covariance, horizontal
    c       variance that all such places share: the beam's mounting            common_m2

    z = r + m + noise                                                            (1)

is where the lander stood at the time tag, on the map. Along each axis, one after the other,

    nu = a . (z - r),    H = a on r, a on m,    S0 = H P H'                      (2)

m is considered, as landmark.pxd has it: no place on the map tells where the map is. Nor do any
number of places take away what all of them share, so that S0 may come down to c and no further:

    S0 R / (S0 + R) >= c,    R = max(variance, c S0 / (S0 - c))                  (3)

and where S0 is c or less nothing is learnt. A place counts as a whole, by d^2 = nu' S^-1 nu of both
axes against the chi-square of two. Places on end that agree with each other and not with the
estimate outvote it, as images do: image_fix.pxd, (1).
"""

from libc.math cimport sqrt
from libc.stdint cimport int64_t

from farside.ext.common.types cimport TICK_HZ
from farside.ext.common.vector cimport finite, vec
from farside.ext.navigation._codes cimport FIX_FORGOTTEN, FIX_OUTSIDE, FIX_TAKEN, FIX_UNFIT
from farside.ext.navigation.consensus cimport chi_square_most
from farside.ext.navigation.delayed cimport Then, estimate_at, put_position
from farside.ext.navigation.image cimport PLACE_MOST_M, place_can_be
from farside.ext.navigation.image_fix cimport doubt_place, noted, open_cameras, outvotes
from farside.ext.navigation.image_records cimport PlaceFix
from farside.ext.navigation.state cimport (
    IMAGE_MAP, STATES, ImageCount, Navigator, NavigatorSetup,
)
from farside.ext.navigation.update cimport (
    Row, cross_covariance, innovation_variance, put, update,
)


cdef inline bint place_is_fit(const PlaceFix* fix) noexcept nogil:
    """Whether its numbers can be."""
    cdef double length = fix.axis[0] * fix.axis[0] + fix.axis[1] * fix.axis[1]
    cdef int i
    for i in range(2):
        if not (finite(fix.variance_m2[i]) and 0.0 < fix.variance_m2[i] < 1e12):
            return False
    return (
        place_can_be(fix.place_m, 2, PLACE_MOST_M) and 0.999 < length < 1.001
        and 0.0 <= fix.common_m2 < 1e12)


cdef inline double place_axis(
        const PlaceFix* fix, const Then* then, int i, Row* H) noexcept nogil:
    """H and nu of (2) along an axis."""
    cdef double east = fix.axis[0] if i == 0 else -fix.axis[1]
    cdef double north = fix.axis[1] if i == 0 else fix.axis[0]
    H.count = 0
    put_position(H, then, vec(east, north, 0.0))
    put(H, IMAGE_MAP, east)
    put(H, IMAGE_MAP + 1, north)
    return east * (fix.place_m[0] - then.r.x) + north * (fix.place_m[1] - then.r.y)


cdef inline double place_distance(
        const Navigator* nav, const PlaceFix* fix, const Then* then) noexcept nogil:
    """d^2 = nu' S^-1 nu of both axes; what is no number is none."""
    cdef double[STATES] PHt
    cdef Row[2] H
    cdef double[2] nu
    cdef double S00, S11, S01 = 0.0
    cdef int i, k
    for i in range(2):
        nu[i] = place_axis(fix, then, i, &H[i])
    S11 = cross_covariance(nav, &H[1], &PHt[0]) + fix.variance_m2[1]
    S00 = cross_covariance(nav, &H[0], &PHt[0]) + fix.variance_m2[0]
    for k in range(H[1].count):
        S01 += H[1].value[k] * PHt[H[1].index[k]]
    return (S11 * nu[0] * nu[0] - 2.0 * S01 * nu[0] * nu[1] + S00 * nu[1] * nu[1]) / (
        S00 * S11 - S01 * S01)


cdef inline bint places_outvote(
        Navigator* nav, const NavigatorSetup* setup, const PlaceFix* fix,
        const Then* then) noexcept nogil:
    """Count a place that was refused; whether it and those before it are enough."""
    cdef ImageCount* c = &nav.places
    cdef double[3] off
    off[0] = fix.place_m[0] - then.r.x
    off[1] = fix.place_m[1] - then.r.y
    off[2] = 0.0
    c.vote.apart = setup.image.gate * sqrt(
        2.0 * (fix.variance_m2[0] + fix.variance_m2[1])) + (
        setup.image.drift_mps * <double> (fix.tick - c.vote.tick) / TICK_HZ)
    return outvotes(&c.vote, off, fix.tick, setup.image.vote)


cdef inline int take_place(
        Navigator* nav, const NavigatorSetup* setup, const PlaceFix* fix,
        int64_t tick) noexcept nogil:
    """(1), at a tick; a code FIX_."""
    cdef ImageCount* c = &nav.places
    cdef Then then
    cdef Row H
    cdef double nu, R, S0
    cdef int i
    if not place_is_fit(fix):
        return noted(c, FIX_UNFIT)
    open_cameras(nav, setup)
    if not estimate_at(nav, fix.tick, tick, &then):
        return noted(c, FIX_FORGOTTEN)
    c.d2 = place_distance(nav, fix, &then)
    c.d2_most = chi_square_most(2, setup.image.gate)
    if not c.d2 <= c.d2_most:
        if not finite(c.d2):
            return noted(c, FIX_UNFIT)
        if not places_outvote(nav, setup, fix, &then):
            return noted(c, FIX_OUTSIDE)
        doubt_place(nav, &c.vote)
    for i in range(2):
        # what the first axis told moves the estimate of the time tag as well
        estimate_at(nav, fix.tick, tick, &then)
        nu = place_axis(fix, &then, i, &H)
        # (3)
        S0 = innovation_variance(nav, &H, 0.0)
        if not S0 > fix.common_m2:
            continue
        R = max(fix.variance_m2[i], fix.common_m2 * S0 / (S0 - fix.common_m2))
        if finite(R):
            update(nav, &H, nu, R)
    return noted(c, FIX_TAKEN)
