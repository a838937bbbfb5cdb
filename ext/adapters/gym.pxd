"""Episodes of landing for reinforcement learning: a start, steps under actions, observations.

Header-only. The physics is the truth's own tick (plant.pxd); this adds what an action means,
what is observed, what ends an episode and how one begins; gym_reward.pxd holds the reward.
"""

from libc.math cimport INFINITY
from libc.stdint cimport int64_t, uint32_t, uint64_t, uint8_t
from libc.string cimport memset

from farside.ext.guidance.laws.attitude cimport SlewLimits, hold_attitude, pointing, slew_reference
from farside.ext.guidance.records.gains cimport AttitudeGains
from farside.ext.guidance.records.plan cimport AttitudeReference
from farside.ext.common.rotation cimport rotate_by
from farside.ext.ground.surface cimport Ground, clearance
from farside.ext.adapters.gym_reward cimport (
    FACT_NEARNESS, FACT_SOFTNESS, GYM_FACTS, GymReward, potential, within_limits,
)
from farside.ext.dynamics.motion cimport body_z
from farside.ext.faults.plant cimport fail_plant
from farside.ext.faults.table cimport (
    FaultClock, FaultTable, clock_start, height_awaited, latch,
)
from farside.ext.dynamics.plant cimport Plant, plant_start, plant_tick
from farside.ext.common.random cimport Stream, normal, open_stream
from farside.ext.common.types cimport TICK_HZ, LanderState, Moon
from farside.ext.common.vector cimport (
    Quat, Vec3, add, clamp, dot, norm, quat_from, quat_to, quat_unit, rotate, scale, sub,
    vec, vec_from, vec_to,
)
from farside.ext.dynamics.vehicle cimport Vehicle, com_of, inertia_of, propellant_share


cdef enum:
    GYM_OBSERVED = 16
    GYM_STREAM = 64         # of the counter-based generator: the starts of episodes


cdef enum GymMode:
    GYM_TORQUE = 0          # throttle and body torque: 4 numbers
    GYM_TARGET = 1          # thrust acceleration wanted, site axes, flown by the attitude loop: 3


cdef enum GymEnding:
    GYM_FLYING = 0
    GYM_LANDED = 1          # first contact inside the touchdown limits, on the pads
    GYM_CRASHED = 2         # any other contact, or a state out of all bounds
    GYM_OUTSIDE = 3         # left the box: truncated
    GYM_OUT_OF_TIME = 4     # truncated


cdef enum GymAutoreset:
    GYM_NEXT_STEP = 0       # the step after an end begins the next episode
    GYM_SAME_STEP = 1       # the step that ends one begins the next
    GYM_DISABLED = 2        # an ended episode stays as it is


cdef struct GymSetup:
    int mode
    int frame_skip              # ticks that an action is held
    int burning                 # the engine runs at the start, with thrust_n
    int64_t ticks_most
    LanderState start           # nominal
    double thrust_n
    double r_sigma_m[3]         # 1 sigma, site axes
    double v_sigma_mps[3]
    double turn_sigma_rad       # 1 sigma a body axis
    double rate_sigma_radps
    double mass_sigma           # of the whole: the structure takes it, not the tanks
    double thrust_sigma
    double isp_sigma
    double target_site[3]       # [m] where the base shall stand
    double box_m                # most east and north of the target, either way
    double ceiling_m            # most above the ground
    double floor_m              # least, below 0
    double accel_mps2           # target mode: what an action of 1 asks for
    double heading_site[3]      # target mode: where body x looks when upright
    double slew_radps
    double slew_torque_nm
    AttitudeGains attitude
    double scale[16]            # GYM_OBSERVED: SI units to an observation's one
    double low[16]              # bounds of an observation, exact in single precision
    double high[16]
    GymReward reward
    FaultTable faults           # of every episode: engine, thrusters and legs


cdef struct GymEpisode:
    Plant plant
    Vehicle vehicle             # as drawn for this episode
    AttitudeReference reference  # target mode: what the attitude loop holds
    Quat wanted                 # target mode
    FaultTable faults           # of this episode
    FaultClock clock
    uint64_t seed
    uint32_t number             # episodes of this seed before this one
    int ending                  # GymEnding
    double potential
    double score                # rewards of the episode, shaping left out
    double facts[GYM_FACTS]     # how it touched down


cdef inline Vec3 footpads_middle(const Vehicle* v, const LanderState* s) noexcept nogil:
    """Where the centre of the footpads' plane is [m, site]."""
    cdef Vec3 below = scale(-1.0, com_of(v, s.mass_kg))
    return add(vec_from(&s.r_site[0]), rotate(quat_from(&s.q_site_body[0]), below))


cdef inline double shaping_potential(
    const GymEpisode* e, const GymSetup* g, const Moon* moon
) noexcept nogil:
    cdef Vec3 away = sub(footpads_middle(&e.vehicle, &e.plant.state), vec_from(&g.target_site[0]))
    return potential(&g.reward, &e.plant.state, moon, away)


cdef inline void observe(
    const GymEpisode* e, const GymSetup* g, const Ground* ground, float* out
) noexcept nogil:
    """The observation: 16 numbers, in the order of the table in docs/integrate/gymnasium.md."""
    cdef const LanderState* s = &e.plant.state
    cdef Vec3 base = footpads_middle(&e.vehicle, s)
    cdef double value[GYM_OBSERVED]
    cdef double sign = 1.0 if s.q_site_body[0] >= 0.0 else -1.0
    cdef int i
    vec_to(sub(base, vec_from(&g.target_site[0])), &value[0])
    value[3] = clearance(ground, base)
    for i in range(3):
        value[4 + i] = s.v_site[i]
        value[11 + i] = s.omega_body[i]
    for i in range(4):
        value[7 + i] = sign * s.q_site_body[i]
    value[14] = propellant_share(&e.vehicle, s.mass_kg)
    value[15] = e.plant.engine.thrust_n / e.vehicle.thrust_max_n
    for i in range(GYM_OBSERVED):
        out[i] = <float> clamp(value[i] / g.scale[i], g.low[i], g.high[i])


cdef inline void begin_in(
    GymEpisode* e, const GymSetup* g, const Moon* moon, const LanderState* state
) noexcept nogil:
    """Begin an episode in a state, engine off."""
    plant_start(&e.plant, &e.vehicle, state, 1.0 / TICK_HZ)
    e.wanted = quat_from(&e.plant.state.q_site_body[0])
    e.reference.q_site_body = e.wanted
    e.reference.omega = vec(0.0, 0.0, 0.0)
    e.ending = GYM_FLYING
    e.score = 0.0
    clock_start(&e.clock)
    memset(&e.facts[0], 0, sizeof(e.facts))
    e.potential = shaping_potential(e, g, moon)


cdef inline void begin(
    GymEpisode* e, const GymSetup* g, const Vehicle* nominal, const Moon* moon
) noexcept nogil:
    """Begin the episode `number` of the seed: the same whatever was flown before it."""
    cdef Stream draws = open_stream(e.seed, e.number, GYM_STREAM)
    cdef LanderState s = g.start
    cdef double usable = nominal.mass_full_kg - nominal.mass_dry_kg
    cdef double turn[3]
    cdef double extra
    cdef int i
    for i in range(3):
        s.r_site[i] += g.r_sigma_m[i] * normal(&draws)
    for i in range(3):
        s.v_site[i] += g.v_sigma_mps[i] * normal(&draws)
    for i in range(3):
        turn[i] = g.turn_sigma_rad * normal(&draws)
    for i in range(3):
        s.omega_body[i] += g.rate_sigma_radps * normal(&draws)
    quat_to(
        quat_unit(rotate_by(quat_from(&s.q_site_body[0]), vec_from(&turn[0]))), &s.q_site_body[0])
    e.vehicle = nominal[0]
    e.faults = g.faults
    extra = nominal.mass_full_kg * g.mass_sigma * normal(&draws)
    e.vehicle.mass_full_kg += extra
    e.vehicle.mass_dry_kg = e.vehicle.mass_full_kg - usable
    s.mass_kg += extra
    e.vehicle.thrust_scale *= 1.0 + g.thrust_sigma * normal(&draws)
    extra = 1.0 + g.isp_sigma * normal(&draws)
    e.vehicle.exhaust_mps *= extra
    e.vehicle.exhaust_least_mps *= extra
    e.vehicle.noise_key = e.seed + <uint64_t> 0x9E3779B97F4A7C15 * e.number
    begin_in(e, g, moon, &s)
    if g.burning:
        e.plant.engine.burning = e.plant.engine.lit = True
        e.plant.engine.throttle_n = g.thrust_n
        e.plant.engine.thrust_n = g.thrust_n


cdef inline bint no_nan(const float* action, int n) noexcept nogil:
    cdef int i
    for i in range(n):
        if action[i] != action[i]:
            return False
    return True


cdef inline double clip_unit(double x) noexcept nogil:
    return clamp(x, -1.0, 1.0)


cdef inline double throttle_of(const Vehicle* v, double thrust_n) noexcept nogil:
    """Thrust to command [N]: off below half of the least, the least from there on."""
    return thrust_n if thrust_n >= 0.5 * v.thrust_min_n else 0.0


cdef inline void fly_target(
    GymEpisode* e, const GymSetup* g, Vec3 accel, double* throttle_n, double* torque_nm
) noexcept nogil:
    """Fly a wanted thrust acceleration [m/s^2, site] for one tick, as the autopilot would."""
    cdef const LanderState* s = &e.plant.state
    cdef const Vehicle* v = &e.vehicle
    cdef Quat q = quat_from(&s.q_site_body[0])
    cdef Vec3 inertia = inertia_of(v, propellant_share(v, s.mass_kg))
    cdef Vec3 most = vec(v.large_torque_nm, v.large_torque_nm, v.large_torque_nm)
    cdef SlewLimits slew
    slew.rate_radps = g.slew_radps
    slew.acceleration_radps2 = g.slew_torque_nm / max(inertia.x, max(inertia.y, inertia.z))
    slew.stop_share = g.attitude.stop_share
    slew.settle_per_s = g.attitude.settle_per_s
    slew_reference(&e.reference, e.wanted, &slew, 1.0 / TICK_HZ)
    vec_to(
        hold_attitude(
            &e.reference, q, vec_from(&s.omega_body[0]), inertia,
            g.attitude.frequency_radps, g.attitude.damping, most),
        torque_nm)
    throttle_n[0] = throttle_of(v, s.mass_kg * dot(accel, body_z(q)))


cdef inline Vec3 read_action(
    GymEpisode* e, const GymSetup* g, const float* action, double* throttle_n, double* torque_nm
) noexcept nogil:
    """Turn an action into throttle and torque, or into a wanted thrust acceleration [m/s^2, site].

    One that holds a NaN is off.
    """
    cdef const Vehicle* v = &e.vehicle
    cdef double most = v.large_torque_nm + v.small_torque_nm
    cdef Vec3 accel = vec(0.0, 0.0, 0.0)
    cdef int i
    throttle_n[0] = torque_nm[0] = torque_nm[1] = torque_nm[2] = 0.0
    if g.mode == GYM_TORQUE:
        if no_nan(action, 4):
            throttle_n[0] = throttle_of(v, 0.5 * (1.0 + clip_unit(action[0])) * v.thrust_max_n)
            for i in range(3):
                torque_nm[i] = most * clip_unit(action[1 + i])
    elif no_nan(action, 3):
        accel = scale(
            g.accel_mps2,
            vec(clip_unit(action[0]), clip_unit(action[1]), clip_unit(action[2])))
        if norm(accel) > 1e-3:
            e.wanted = pointing(accel, vec_from(&g.heading_site[0]))
    return accel


cdef inline void fail_episode(GymEpisode* e, const Ground* ground) noexcept nogil:
    """Say what of the lander has failed in the tick that begins."""
    cdef double height_m = INFINITY
    if height_awaited(&e.faults, &e.clock):
        height_m = clearance(ground, footpads_middle(&e.vehicle, &e.plant.state))
    latch(&e.faults, &e.clock, e.plant.tick, height_m, -1)
    fail_plant(&e.faults, &e.clock, e.plant.tick, &e.plant.faults)


cdef inline double end_of_step(
    GymEpisode* e, const GymSetup* g, const Moon* moon, const Ground* ground, double task,
    uint8_t* terminated, uint8_t* truncated
) noexcept nogil:
    """Say whether a step has ended the episode; return the reward so far with that of the end."""
    cdef Plant* p = &e.plant
    cdef Vec3 target = vec_from(&g.target_site[0])
    cdef Vec3 away
    cdef double height
    terminated[0] = p.touched or p.lost
    truncated[0] = False
    if p.touched:
        away = sub(footpads_middle(&e.vehicle, &p.touchdown), target)
        if within_limits(
                &g.reward, &p.touchdown, moon, away, p.contacts.body_now != 0, &e.facts[0]):
            e.ending = GYM_LANDED
            return task + (
                g.reward.landed + g.reward.softness * e.facts[FACT_SOFTNESS]
                + g.reward.nearness * e.facts[FACT_NEARNESS])
        e.ending = GYM_CRASHED
        return task - g.reward.failure
    if p.lost:
        e.ending = GYM_CRASHED
        return task - g.reward.failure
    away = footpads_middle(&e.vehicle, &p.state)
    height = clearance(ground, away)
    away = sub(away, target)
    if not (
        -g.box_m <= away.x <= g.box_m and -g.box_m <= away.y <= g.box_m
        and g.floor_m <= height <= g.ceiling_m
    ):
        truncated[0] = True
        e.ending = GYM_OUTSIDE
        return task - g.reward.failure
    if p.tick >= g.ticks_most:
        truncated[0] = True
        e.ending = GYM_OUT_OF_TIME
    return task


cdef inline double step(
    GymEpisode* e, const GymSetup* g, const Moon* moon, const Ground* ground, const float* action,
    uint8_t* terminated, uint8_t* truncated
) noexcept nogil:
    """Hold an action for frame_skip ticks, or to the first contact, and return the reward.

    Any action is safe.
    """
    cdef Plant* p = &e.plant
    cdef double throttle, task
    cdef double torque[3]
    cdef double spent = p.engine_used_kg + p.thruster_used_kg
    cdef double before = e.potential
    cdef Vec3 accel = read_action(e, g, action, &throttle, &torque[0])
    cdef int _
    for _ in range(g.frame_skip):
        if g.mode == GYM_TARGET:
            fly_target(e, g, accel, &throttle, &torque[0])
        if e.faults.count > 0:
            fail_episode(e, ground)
        plant_tick(p, &e.vehicle, moon, NULL, ground, throttle, &torque[0])
        if p.touched or p.lost:
            break
    e.potential = shaping_potential(e, g, moon)
    spent = p.engine_used_kg + p.thruster_used_kg - spent
    task = end_of_step(
        e, g, moon, ground, -g.reward.per_kg * spent, terminated, truncated)
    e.score += task
    return task + g.reward.shaping * (e.potential - before)
