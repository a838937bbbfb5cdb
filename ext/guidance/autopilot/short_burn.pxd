"""A short burn to an orbit, from a state that is nearly in one.

The ascent of least propellant (ext/guidance/ascent) ends at the periapsis radius r_p or above. From
a place that is lower, with nearly the speed of an orbit, one burn has to climb to it first: it
points up for minutes, and what is solved anew each second falls from one such root to another. So
where little speed is missing the orbit asked for has its periapsis a little below the place,

    r_p >= min(r_p asked, max(enough, r - DROP))                                               (1)

and the burn is an impulse there, units as in the ascent (r = 1, mu = 1). Of the orbits of
periapsis r_p and apoapsis r_a, with u the speed upwards and w that along,

    w* = sqrt(2 r_p r_a / (r_p + r_a)),   u* = +-sqrt(2 - 2 / (r_p + r_a) - w*^2)              (2)

that of the least change |(u* - u, w* - w)| is taken: r_p from (1) up to r - DROP, and r_a from that
asked for, but no lower than the place, up to what it is now. An orbit more than twice as wide is
left to the search: to narrow it takes energy off, and the engine stops where energy is reached. The
burn lasts c m / F (1 - exp(-dv / c)) (Tsiolkovsky), in the direction of the change, and turns as
A = 0 makes it (10 of ascent.pxd).
"""

from libc.math cimport INFINITY, sqrt
from libc.string cimport memset

from farside.ext.common.elementary cimport atan2_of, expm1_of
from farside.ext.common.vector cimport dot
from farside.ext.guidance.ascent.ascent cimport AscentProblem
from farside.ext.guidance.ascent.ascent_search cimport AscentAnswer, search_ascent
from farside.ext.guidance.records.abort cimport AbortLimits


cdef extern from *:
    """
    #define SHORT_S 40.0            /* a longer burn moves its place: that is an ascent */
    #define DROP_M 300.0            /* of the periapsis below the place */
    """
    const double SHORT_S
    const double DROP_M


cdef enum:
    APOAPSES = 17               # that are tried, with each periapsis
    PERIAPSES = 9


cdef inline double apoapsis_now(double up, double along) noexcept nogil:
    """The apoapsis of a state at radius 1, infinite where it leaves the Moon."""
    cdef double energy = 0.5 * (up * up + along * along) - 1.0
    cdef double axis
    if not energy < 0.0:
        return INFINITY
    axis = -0.5 / energy
    return axis * (1.0 + sqrt(max(1.0 - along * along / axis, 0.0)))


cdef inline bint short_burn(
        AscentProblem* p, const AbortLimits* limits, double unit_m, double unit_s, AscentAnswer* a
        ) noexcept nogil:
    """Solve for a short burn, and set the periapsis that it leads to; False where none is enough.
    """
    cdef double up = dot(p.v, p.r), along = dot(p.v, p.ahead)
    cdef double low = min(p.periapsis, max(limits.enough_m, unit_m - DROP_M) / unit_m)
    cdef double high = limits.apoapsis_m / unit_m, most, far, level, rise, change
    cdef double below = max(low, 1.0 - DROP_M / unit_m), near
    cdef double best = INFINITY, best_up = 0.0, best_along = 0.0, best_near = low, best_far = high
    cdef int i, k, side
    # of two stages the first burns out; below its periapsis no orbit has a place
    if p.burnout.duration > 0.0 or not low < 1.0 - 0.5 * DROP_M / unit_m or not along > 0.0:
        return False
    most = apoapsis_now(up, along)
    if not most <= 2.0 * high:
        return False
    # no orbit has a place above its apoapsis
    high = max(high, 1.0)
    most = max(high, most)
    for i in range(PERIAPSES):
        near = low + (below - low) * i / (PERIAPSES - 1.0)
        for k in range(APOAPSES):
            far = high + (most - high) * k / (APOAPSES - 1.0)
            level = sqrt(2.0 * near * far / (near + far))
            rise = sqrt(max(2.0 - 2.0 / (near + far) - level * level, 0.0))
            for side in range(-1, 2, 2):
                change = (side * rise - up) * (side * rise - up) + (level - along) * (level - along)
                if change < best:
                    best = change
                    best_up = side * rise
                    best_along = level
                    best_near = near
                    best_far = far
    best = sqrt(best)
    memset(a, 0, sizeof(AscentAnswer))
    a.x[2] = p.exhaust / p.thrust * p.mass * -expm1_of(-best / p.exhaust)
    if not 0.0 < a.x[2] * unit_s <= SHORT_S:
        return False
    a.x[0] = atan2_of(best_up - up, best_along - along)
    a.x[7] = (best_far - best_near) / (best_far + best_near)
    # e sin nu = u sqrt(k), e cos nu = k - 1, k = r_p (1 + e)
    far = best_near * (1.0 + a.x[7])
    a.x[3] = atan2_of(best_up * sqrt(far), far - 1.0)
    a.solved = True
    a.look.lowest = 1.0
    p.periapsis = best_near
    return True


cdef inline bint steer_to_orbit(
        AscentProblem* p, const AbortLimits* limits, bint may_be_brief, double unit_m,
        double unit_s, const AscentAnswer* near, AscentAnswer* a) noexcept nogil:
    """Solve the steered part; whether it is a short burn. `a.solved` says whether it is solved."""
    cdef double e = (limits.apoapsis_m - limits.periapsis_m) / (
        limits.apoapsis_m + limits.periapsis_m)
    if may_be_brief and short_burn(p, limits, unit_m, unit_s, a):
        return True
    a[0] = search_ascent(p, e, near)
    return False
