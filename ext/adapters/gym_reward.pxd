"""The reward: a potential of the state, propellant, and how the lander touched down.

The shaping of a step is the potential's gain, Phi(s') - Phi(s) (Ng, Harada & Russell, ICML 1999,
with a discount of 1), so that over an episode it adds up to Phi(end) - Phi(start). Unlike theirs,
Phi is not set to zero at an end: a crash near the target is better than one far away. With D, V,
the scales of the start, theta the tilt and w the rate,

    Phi = -100 d / D - 100 |v| / V - 50 theta / pi - 20 |w| / (0.5 rad/s)
"""

from farside.ext.common.elementary cimport atan2_of
from farside.ext.dynamics.motion cimport body_z
from farside.ext.common.types cimport LanderState, Moon
from farside.ext.common.vector cimport (
    Vec3, axpy, cross, dot, norm, quat_from, unit, vec, vec_from,
)


cdef enum:
    FACT_VERTICAL = 0       # [m/s, positive up] at first contact
    FACT_HORIZONTAL = 1     # [m/s]
    FACT_TILT = 2           # [rad]
    FACT_RATE = 3           # [rad/s]
    FACT_MISS = 4           # [m]
    FACT_SOFTNESS = 5       # 1 less the share of the limit that is used most
    FACT_NEARNESS = 6
    FACT_STRUCK = 7         # whether the body struck
    GYM_FACTS = 8


cdef struct GymReward:
    double shaping              # 1, or 0 for none
    double distance_m           # scales of the potential
    double speed_mps
    double per_kg               # of propellant, engine and thrusters
    double landed
    double softness             # most for a soft touchdown
    double nearness             # most for one at the target
    double near_m               # farther than this, none of it
    double failure
    double vertical_mps         # the mission's limits at first contact
    double horizontal_mps
    double tilt_rad
    double rate_radps


cdef inline Vec3 up_at(const Moon* moon, const LanderState* s) noexcept nogil:
    cdef Vec3 r = vec_from(&s.r_site[0])
    return unit(vec(r.x, r.y, r.z + moon.radius_m), vec(0.0, 0.0, 1.0))


cdef inline double tilt_of(const LanderState* s, Vec3 up) noexcept nogil:
    """Thrust axis off the vertical [rad]; from the sine too, since the cosine is flat at 0."""
    cdef Vec3 z = body_z(quat_from(&s.q_site_body[0]))
    return atan2_of(norm(cross(z, up)), dot(z, up))


cdef inline double potential(
    const GymReward* g, const LanderState* s, const Moon* moon, Vec3 away
) noexcept nogil:
    return -(
        100.0 / g.distance_m * norm(away)
        + 100.0 / g.speed_mps * norm(vec_from(&s.v_site[0]))
        + 50.0 / 3.141592653589793 * tilt_of(s, up_at(moon, s))
        + 40.0 * norm(vec_from(&s.omega_body[0]))
    )


cdef inline bint within_limits(
    const GymReward* g, const LanderState* s, const Moon* moon, Vec3 away, bint struck,
    double* facts
) noexcept nogil:
    """Whether a first contact keeps the limits; softness is 1 less the share of the worst used."""
    cdef Vec3 up = up_at(moon, s)
    cdef Vec3 v = vec_from(&s.v_site[0])
    cdef double worst
    facts[FACT_VERTICAL] = dot(v, up)
    facts[FACT_HORIZONTAL] = norm(axpy(-facts[FACT_VERTICAL], up, v))
    facts[FACT_TILT] = tilt_of(s, up)
    facts[FACT_RATE] = norm(vec_from(&s.omega_body[0]))
    facts[FACT_MISS] = norm(axpy(-dot(away, up), up, away))
    worst = max(
        max(-facts[FACT_VERTICAL] / g.vertical_mps, facts[FACT_HORIZONTAL] / g.horizontal_mps),
        max(facts[FACT_TILT] / g.tilt_rad, facts[FACT_RATE] / g.rate_radps))
    facts[FACT_SOFTNESS] = 1.0 - worst if worst < 1.0 else 0.0
    facts[FACT_NEARNESS] = (
        1.0 - facts[FACT_MISS] / g.near_m if facts[FACT_MISS] < g.near_m else 0.0)
    facts[FACT_STRUCK] = 1.0 if struck else 0.0
    return worst <= 1.0 and not struck
