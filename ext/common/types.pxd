"""The records that flow between the packages: every number is SI, every vector names its frame.

`site` is East-North-Up at the landing site, fixed to the turning Moon; the Moon's centre is at
(0, 0, -radius_m). `body` has z along the thrust of the main engine and its origin at the centre of
mass. The `base` is the centre of the plane of the footpads: altitudes of the lander are its base's.
"""

from farside.ext.common.vector cimport (
    Quat, Vec3, axpy, quat_from, rotate, vec, vec_from,
)


cdef struct Moon:
    double gm               # [m^3/s^2]
    double j2               # unnormalised, at reference_radius_m
    double c22              # unnormalised, at reference_radius_m
    double reference_radius_m
    double radius_m         # of the site: mean sphere plus elevation
    Vec3 omega_site         # [rad/s] the Moon's turning, site components
    double site_to_moon[9]  # rows: site components into Moon-fixed mean-Earth components


cdef struct LanderState:
    double r_site[3]        # [m] centre of mass
    double v_site[3]        # [m/s] relative to the turning Moon
    double q_site_body[4]
    double omega_body[3]    # [rad/s] relative to inertial space
    double mass_kg


cdef enum:
    TICK_HZ = 100           # control and dynamics
    GUIDANCE_EVERY = 10     # ticks: guidance runs at 10 Hz


cdef inline Vec3 base_at(Vec3 r, Quat q, double com_height_m) noexcept nogil:
    """Where the base is [m, site]: r - h R(q) z, h the height of the centre of mass above it."""
    return axpy(-com_height_m, rotate(q, vec(0.0, 0.0, 1.0)), r)


cdef inline Vec3 base_of(const LanderState* s, double com_height_m) noexcept nogil:
    """The base of a state [m, site]."""
    return base_at(vec_from(&s.r_site[0]), quat_from(&s.q_site_body[0]), com_height_m)
