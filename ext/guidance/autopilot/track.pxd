"""The touchdown target on the track: moved along it, on the ground's profile that was loaded."""

from farside.ext.guidance.autopilot._codes cimport TRACK_NODES
from farside.ext.guidance.autopilot.records cimport AutopilotState, AutopilotTable
from farside.ext.common.elementary cimport SinCos, sincos_of
from farside.ext.common.vector cimport (
    Vec3, axpy, clamp, dot, norm, scale, unit, vec, vec_from, vec_to,
)


cdef inline double track_height(const AutopilotTable* t, double arc_m) noexcept nogil:
    """The ground's height over the site's radius, an arc beyond the site along the track [m]."""
    cdef double at, share
    cdef int k
    if not t.track_step_m > 0.0:
        return 0.0
    at = clamp(arc_m / t.track_step_m, 0.0, TRACK_NODES - 1.0)
    k = min(<int> at, TRACK_NODES - 2)
    share = at - k
    return (1.0 - share) * t.track_m[k] + share * t.track_m[k + 1]


cdef inline void move_aim(
        const AutopilotTable* t, AutopilotState* s, double by_m) noexcept nogil:
    """Move the touchdown target along the track: an arc about the Moon's centre, on the profile.

    Never short of where it was, nor further than reaim_m.
    """
    cdef double aim_m = clamp(s.aim_m + by_m, 0.0, t.gains.braking.reaim_m)
    cdef Vec3 rho = vec(s.site[0], s.site[1], s.site[2] + t.radius_m)
    cdef double r = norm(rho)
    cdef Vec3 up = scale(1.0 / r, rho)
    cdef Vec3 along = vec_from(t.arrival_site)
    cdef SinCos turn = sincos_of((aim_m - s.aim_m) / t.radius_m)
    if aim_m == s.aim_m:
        return
    along = unit(axpy(-dot(along, up), up, along), along)
    r += track_height(t, aim_m) - track_height(t, s.aim_m)
    rho = scale(r, axpy(turn.s, along, scale(turn.c, up)))
    vec_to(vec(rho.x, rho.y, rho.z - t.radius_m), s.site)
    s.aim_m = aim_m
