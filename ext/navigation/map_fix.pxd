"""A place against the map in use, found by laying returns of the lidar onto it.

    z = r - tie - off + noise                                                    (1)

is where the lander stood on its own map at the time tag, horizontally, with a covariance whose
principal axes are a and b. Along each of them

    nu = a . (z - r + tie + off),    R = var_a
    H = a on r, -a on the tie, -h a' B on tau                                    (2)

theory (7.15), with tau the turn of the lidar's mounting, h the estimated height and B body x and
y, site,

so a fix tells how far the lander has drifted since the map was made, and nothing of the site: that
both are off by the same is not seen (Johnson & Montgomery, Overview of terrain relative navigation
approaches, IEEE Aerospace 2008: hazard relative navigation). A fix counts as a whole: where one
axis is outside its gate neither is taken.

Fixes that agree with each other and not with the estimate outvote it. Most likely is a speed that
is wrong since the last fix that was taken, T ago: along each axis

    P += q q',    q = nu (a on r, a / T on v)                                    (3)

and (2) then puts nu into the place and nu / T into the speed.
"""

from libc.stdint cimport int64_t

from farside.ext.common.vector cimport Vec3, finite, rotate, vec
from farside.ext.navigation._codes cimport FIX_FORGOTTEN, FIX_OUTSIDE, FIX_TAKEN, FIX_UNFIT
from farside.ext.navigation.delayed cimport Then, estimate_at, put_position
from farside.ext.navigation.records cimport MapFix
from farside.ext.navigation.relief cimport ground_beneath
from farside.ext.navigation.state cimport LIDAR_TURN, POSITION, TIE, VELOCITY, Navigator
from farside.ext.navigation.update cimport Row, innovation_variance, put, update


cdef inline bint fix_is_fit(const MapFix* fix) noexcept nogil:
    """Whether its numbers can be."""
    cdef double length = fix.axis[0] * fix.axis[0] + fix.axis[1] * fix.axis[1]
    cdef int i
    for i in range(2):
        if not (finite(fix.place_m[i]) and 0.0 < fix.variance_m2[i] < 1e12):
            return False
    return 0.999 < length < 1.001 and fix.gate > 0.0 and fix.since_s >= 0.0


cdef inline double fix_axis(
        const Navigator* nav, const MapFix* fix, const Then* then, double height_m, int i,
        Row* H) noexcept nogil:
    """H and nu of (2) along an axis."""
    cdef double east = fix.axis[0] if i == 0 else -fix.axis[1]
    cdef double north = fix.axis[1] if i == 0 else fix.axis[0]
    cdef Vec3 by
    cdef int j
    H.count = 0
    put_position(H, then, vec(east, north, 0.0))
    put(H, TIE, -east)
    put(H, TIE + 1, -north)
    for j in range(2):
        by = rotate(then.q, vec(j == 0, j == 1, 0.0))
        put(H, LIDAR_TURN + j, -height_m * (east * by.x + north * by.y))
    return (
        east * (fix.place_m[0] - then.r.x + nav.tie_m[0] + nav.map_off_m[0])
        + north * (fix.place_m[1] - then.r.y + nav.tie_m[1] + nav.map_off_m[1]))


cdef inline void doubt_speed(
        Navigator* nav, const MapFix* fix, int axis, double nu) noexcept nogil:
    """(3)."""
    cdef double since_s = fix.since_s
    cdef double a[2]
    cdef double b
    cdef int i, j
    a[0] = fix.axis[0] if axis == 0 else -fix.axis[1]
    a[1] = fix.axis[1] if axis == 0 else fix.axis[0]
    for i in range(2):
        for j in range(2):
            b = nu * nu * a[i] * a[j]
            nav.P[POSITION + i][POSITION + j] += b
            nav.P[POSITION + i][VELOCITY + j] += b / since_s
            nav.P[VELOCITY + i][POSITION + j] += b / since_s
            nav.P[VELOCITY + i][VELOCITY + j] += b / (since_s * since_s)


cdef inline int take_fix(Navigator* nav, const MapFix* fix, int64_t tick) noexcept nogil:
    """(1), at a tick; a code FIX_."""
    cdef Then then
    cdef Row H
    cdef double height_m, nu
    cdef int i
    if not fix_is_fit(fix):
        return FIX_UNFIT
    if not estimate_at(nav, fix.tick, tick, &then):
        return FIX_FORGOTTEN
    height_m = max(then.r.z - ground_beneath(nav), 0.0)
    for i in range(2):
        nu = fix_axis(nav, fix, &then, height_m, i, &H)
        if fix.since_s > 0.0:
            doubt_speed(nav, fix, i, nu)
        elif not nu * nu <= fix.gate * innovation_variance(nav, &H, fix.variance_m2[i]):
            return FIX_OUTSIDE
    for i in range(2):
        # what the first axis told moves the estimate of the time tag as well
        estimate_at(nav, fix.tick, tick, &then)
        nu = fix_axis(nav, fix, &then, height_m, i, &H)
        update(nav, &H, nu, fix.variance_m2[i])
    return FIX_TAKEN
