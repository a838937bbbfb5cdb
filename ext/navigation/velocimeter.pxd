"""The velocimeter: speed along each beam against the ground, each with a gate of its own.

The instrument's place moves with u = R(q)' v + omega x l [body], l its lever arm, omega against
inertial space (the Moon's 3e-6 rad/s make nothing on metres). Beam i, along b_i by design, reads

    y_i = (1 + s) (b_i + tau x b_i) . u + beta_i + noise                         (1)

with the scale error s, the mounting's turn tau and beta_i, what a beam is off by itself: its drift
and its lean among the others, about two axes across it, of deviation
sqrt(beam_drift^2 + (beam_turn |b_i x u|)^2). That is one state per beam, counted in this deviation.
So, with b and v in site axes and 1 + s = a,

    H = a b on v,  a (b x v) on theta,  b . u on s,  a (b_i x u) on tau,
        sqrt(beam_drift^2 + (beam_turn |b_i x u|)^2) on beta_i
"""

from libc.math cimport sqrt
from libc.stdint cimport int64_t

from farside.ext.common.measurements cimport (
    HEAD_IMU, HEAD_VELOCITY, SATURATED_VELOCITY, VELOCITY_BEAMS, Measurements,
)
from farside.ext.common.types cimport Moon
from farside.ext.common.vector cimport (
    Vec3, add, clamp, cross, dot, norm, rotate, rotate_back, scale, sub, unit, vec,
    vec_from,
)
from farside.ext.navigation._codes cimport TRUST_BELIEVED
from farside.ext.navigation.accel_vote cimport vote_on_thrust
from farside.ext.navigation.delayed cimport Then, estimate_at, known_arm, put_attitude
from farside.ext.navigation.gated_update cimport update_inside
from farside.ext.navigation.health cimport report_is_sound
from farside.ext.navigation.health_records cimport CHANNEL_BEAM, Channel
from farside.ext.navigation.state cimport (
    BEAM_BIAS, BEAM_SCALE, BEAM_TURN, VELOCITY, Navigator, NavigatorSetup,
)
from farside.ext.navigation.update cimport Row, put, put3


cdef inline double beam_share(
        const Navigator* nav, const NavigatorSetup* setup, const Moon* moon, const Then* then,
        Vec3 beam_site) noexcept nogil:
    """Length of a beam down to the ground, as a share of its farthest."""
    cdef Vec3 rho = vec(then.r.x, then.r.y, then.r.z + moon.radius_m)
    cdef double down = -dot(beam_site, unit(rho, vec(0.0, 0.0, 1.0)))
    cdef double height = norm(rho) - moon.radius_m - nav.map_m - nav.relief_m
    if not down * setup.beam_max_m > 0.0:
        return 1.0
    return clamp(height / (down * setup.beam_max_m), 0.0, 1.0)


cdef inline void update_velocity(
        Navigator* nav, const NavigatorSetup* setup, const Moon* moon, const Measurements* m,
        int64_t tick) noexcept nogil:
    """Every beam that has a speed, one after another."""
    cdef int i
    vote_on_thrust(nav, setup, m, tick)
    for i in range(VELOCITY_BEAMS):
        if (m.velocity_valid >> i) & 1:
            update_beam(nav, setup, moon, m, i, tick)


cdef enum:
    LONG_INSIDE = 100           # reports inside the gate on end: 5 s at 20 Hz
    HEARD_TICKS = 25            # since the last report, at most


cdef inline bint others_agree(const Navigator* nav, int i, int64_t tick) noexcept nogil:
    """Whether the other beams have long been believed, and are: it is this beam that is off."""
    cdef const Channel* c
    cdef int j
    for j in range(VELOCITY_BEAMS):
        c = &nav.channel[CHANNEL_BEAM + j]
        if j != i and not (
                c.trust == TRUST_BELIEVED and c.ramp == 1.0 and c.inside >= LONG_INSIDE
                and tick - c.tick < HEARD_TICKS):
            return False
    return True


cdef inline void update_beam(
        Navigator* nav, const NavigatorSetup* setup, const Moon* moon, const Measurements* m,
        int i, int64_t tick) noexcept nogil:
    """(1)."""
    cdef Channel* c = &nav.channel[CHANNEL_BEAM + i]
    cdef double a = 1.0 + nav.beam_scale
    cdef Then then
    cdef Row H
    cdef Vec3 designed = vec_from(m.velocity_direction[i])
    cdef Vec3 b, u, arm
    cdef double along, far, lean, R, innovation
    if not estimate_at(nav, m.velocity_tick, tick, &then):
        return
    b = rotate(then.q, designed)
    arm = known_arm(nav, setup, HEAD_VELOCITY)
    u = add(rotate_back(then.q, then.v), cross(then.omega, arm))
    along = dot(designed, u)
    far = setup.beam_far_mps * beam_share(nav, setup, moon, &then, b)
    lean = setup.beam_turn_rad * norm(cross(designed, u))
    R = setup.beam_sigma_mps * setup.beam_sigma_mps + far * far
    innovation = m.velocity_mps[i] - a * along
    H.count = 0
    put3(&H, VELOCITY, scale(a, b))
    # v is that of the inertial unit less omega x its arm (strapdown.pxd): a rate that is off shows
    # by the difference of the arms
    put_attitude(
        &H, nav, &then, scale(a, cross(b, then.v)),
        scale(a, cross(sub(arm, known_arm(nav, setup, HEAD_IMU)), designed)))
    put(&H, BEAM_SCALE, along)
    put3(&H, BEAM_TURN, scale(a, cross(designed, u)))
    put(&H, BEAM_BIAS + i, sqrt(setup.beam_drift_mps * setup.beam_drift_mps + lean * lean))
    if not report_is_sound(
            c, &setup.health, m.velocity_mps[i], a * along, R,
            m.saturated & (SATURATED_VELOCITY << i), tick):
        return
    # What a rejected beam is off by is constant: as white noise it would pull the estimate along.
    # Where all beams are rejected it is the estimate that is off, and R grows.
    if others_agree(nav, i, tick):
        H.value[H.count - 1] = sqrt(
            setup.beam_drift_mps * setup.beam_drift_mps + lean * lean + (c.ramp - 1.0) * R)
    else:
        R *= c.ramp
    update_inside(nav, &setup.health, c, &H, innovation, R)
