"""The lander as one machine: a command in, an estimate out. Plant, sensors and navigation together.

The closed loop's turn is sense, navigate, decide, obey. Cut between decide and obey, what is left
is obey at k, then sense and navigate at k + 1: a lander that some other autopilot may fly.
Constants lie in a `LanderTable` and in the floats behind it: the onboard map's heights and sigmas,
then the ground's (frozen.pxd). Everything that changes in flight lies in a `LanderFlight`, which
holds no pointer and may be copied, kept and put back. The room follows from both.
"""

from libc.stdint cimport int32_t, int64_t, uint64_t
from libc.string cimport memcpy, memset

from farside.ext.guidance.records.command cimport MAX_PHASES, Estimate
from farside.ext.ground.snapshot cimport (
    Cut, Frozen, FrozenRoom, follow, frozen_floats, frozen_sound, ground_of, what_is_under,
)
from farside.ext.ground.rays cimport Ground, clearance
from farside.ext.common.measurements cimport Measurements
from farside.ext.navigation.filter cimport navigate
from farside.ext.navigation.onboard_map cimport OnboardMap
from farside.ext.navigation.records cimport (
    InitialEstimate, Navigator, NavigatorSetup, navigator_start,
)
from farside.ext.dynamics.plant cimport Plant, plant_start, plant_tick
from farside.ext.sensors.sensors cimport Sensors, SensorSetup, sense, sensors_start
from farside.ext.common.types cimport LanderState, Moon, TICK_HZ
from farside.ext.common.vector cimport axpy, quat_from, rotate, vec, vec_from
from farside.ext.dynamics.vehicle cimport MAX_LEGS, MAX_POINTS, Vehicle, com_height_of


cdef enum:
    MAP_SIDE_MAX = 16384    # rows or columns of an onboard map


cdef struct LanderTable:
    Vehicle vehicle
    Moon moon
    Frozen ground
    SensorSetup sensors
    NavigatorSetup navigation
    OnboardMap chart            # without its heights, which stand elsewhere
    LanderState start           # true, at tick 0
    InitialEstimate initial_estimate    # at tick 0
    uint64_t seed               # of the sensors' noise
    int32_t dead_reckoning[MAX_PHASES]  # by the autopilot's phase


cdef struct LanderFlight:
    Plant plant
    Sensors sensors
    Navigator navigator
    Measurements measured
    Cut cut
    int64_t tick


cdef inline bint lander_sound(const LanderTable* t) noexcept nogil:
    """Whether a table's counts stay inside its arrays."""
    return (
        0 <= t.vehicle.legs <= MAX_LEGS and 0 <= t.vehicle.belly_points
        and t.vehicle.legs + t.vehicle.belly_points <= t.vehicle.points <= MAX_POINTS
        and frozen_sound(&t.ground)
        and 0 <= t.chart.rows <= MAP_SIDE_MAX and 0 <= t.chart.cols <= MAP_SIDE_MAX
        and t.sensors.star_every > 0 and t.sensors.range_every > 0
        and t.sensors.beam_every > 0 and t.sensors.height_every > 0)


cdef inline size_t chart_floats(const LanderTable* t) noexcept nogil:
    """Heights and sigmas of the onboard map."""
    return 2 * <size_t> t.chart.rows * t.chart.cols


cdef inline size_t lander_floats(const LanderTable* t) noexcept nogil:
    """How many floats follow a sound table."""
    return chart_floats(t) + frozen_floats(&t.ground)


cdef inline const Ground* lander_ground(
        const LanderTable* t, const float* behind, const LanderFlight* f, FrozenRoom* room
) noexcept nogil:
    return ground_of(room, &t.ground, behind + chart_floats(t), &f.cut)


cdef inline void look(
        const LanderTable* t, const float* behind, LanderFlight* f, FrozenRoom* room
) noexcept nogil:
    """Sense and navigate at the flight's tick."""
    cdef OnboardMap chart = t.chart
    chart.height_m = behind
    chart.sigma_m = behind + <Py_ssize_t> chart.rows * chart.cols
    sense(
        &f.sensors, &t.sensors, &t.moon, lander_ground(t, behind, f, room), &f.plant.state,
        f.plant.dv_body, f.plant.dtheta_body, f.plant.valve_s,
        com_height_of(&t.vehicle, f.plant.state.mass_kg), f.plant.touched, f.plant.at_rest,
        f.tick, &f.measured)
    navigate(&f.navigator, &t.navigation, &chart, &t.moon, &f.measured, f.tick)


cdef inline void lander_start(
        const LanderTable* t, const float* behind, LanderFlight* f, FrozenRoom* room
) noexcept nogil:
    """Tick 0, with its first measurements taken."""
    memset(f, 0, sizeof(LanderFlight))
    plant_start(&f.plant, &t.vehicle, &t.start, 1.0 / TICK_HZ)
    f.plant.state = t.start     # its attitude is a unit quaternion already, to the bit
    sensors_start(&f.sensors, t.seed)
    navigator_start(&f.navigator, &t.initial_estimate)
    look(t, behind, f, room)


cdef inline void lander_step(
        const LanderTable* t, const float* behind, LanderFlight* f, FrozenRoom* room,
        double thrust_n, const double* torque_nm, int32_t phase) noexcept nogil:
    """Obey a command over [tick, tick + 1), then measure at tick + 1."""
    cdef const Ground* ground = lander_ground(t, behind, f, room)
    f.navigator.dead_reckoning = 0 <= phase < MAX_PHASES and t.dead_reckoning[phase] != 0
    plant_tick(&f.plant, &t.vehicle, &t.moon, ground, thrust_n, torque_nm)
    f.tick += 1
    follow(&f.cut, &t.ground, ground, vec_from(f.plant.state.r_site), f.sensors.clearance_m)
    look(t, behind, f, room)


cdef inline Estimate lander_estimate(const LanderFlight* f) noexcept nogil:
    """What an autopilot reads."""
    cdef Estimate e
    cdef const Navigator* n = &f.navigator
    memcpy(e.r_site, n.r_site, sizeof(e.r_site))
    memcpy(e.v_site, n.v_site, sizeof(e.v_site))
    memcpy(e.q_site_body, n.q_site_body, sizeof(e.q_site_body))
    memcpy(e.omega_body, n.omega_body, sizeof(e.omega_body))
    e.mass_kg = n.mass_kg
    e.accel_mps2 = n.accel_mps2
    e.height_m = n.height_m
    e.contact = f.measured.contact
    e.rest = f.measured.rest
    return e


cdef inline double lander_height(
        const LanderTable* t, const Ground* ground, const LanderFlight* f) noexcept nogil:
    """True height [m] of the base above the ground."""
    return clearance(ground, axpy(
        -com_height_of(&t.vehicle, f.plant.state.mass_kg),
        rotate(quat_from(f.plant.state.q_site_body), vec(0.0, 0.0, 1.0)),
        vec_from(f.plant.state.r_site)))


cdef inline int32_t lander_under(const Ground* ground, const LanderFlight* f) noexcept nogil:
    """What ground is under it, of frozen.pxd's UNDER_FLAT to UNDER_BEYOND."""
    return what_is_under(
        ground, &f.cut, vec_from(f.plant.state.r_site), f.sensors.clearance_m)
