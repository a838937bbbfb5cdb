"""The lander as one machine: plant, sensors and navigation, a command in and an estimate out.

One tick k of a closed loop is measure, decide, obey:

    measure     sense the true state at k, spoil what has failed, navigate: the estimate at k
    decide      the autopilot's tick: the command of [k, k + 1)
    obey        the truth flies it; then k becomes k + 1

`measure` and `obey` are here and serve every closed loop of farside: that of a flight
(_flight.pyx) and that of the lander's FMU (snapshot_lander.pxd), in which a host decides. Between
them the ground may be exchanged for a finer one. Constants lie in a `LanderTable`; everything that
changes in flight lies in a `LanderFlight`, which holds no pointer and may be copied.
"""

from libc.math cimport INFINITY
from libc.stdint cimport int32_t, int64_t, uint64_t
from libc.string cimport memcpy, memset

from farside.ext.guidance.records.command cimport MAX_PHASES, Estimate
from farside.ext.ground.surface cimport Ground, clearance
from farside.ext.common.gravity_table cimport GravityTable, gravity_table_valid
from farside.ext.common.measurements cimport LEG_SWITCHES, Measurements
from farside.ext.faults.computer cimport COMPUTER_AWAY, COMPUTER_RESET, fail_computer
from farside.ext.faults.measurement cimport (
    FaultState, TruthForFaults, fail_measurements, faults_start,
)
from farside.ext.faults.plant cimport fail_plant
from farside.ext.faults.table cimport (
    EVENT_CONTACT, FaultTable, faults_valid, height_awaited, latch, latch_command, latch_event,
    latch_phase,
)
from farside.ext.navigation.clones cimport tie_map
from farside.ext.navigation.navigator cimport navigate
from farside.ext.navigation.state cimport (
    InitialEstimate, Navigator, NavigatorSetup, navigator_start,
)
from farside.ext.navigation.onboard_map cimport OnboardMap
from farside.ext.loop.staging cimport leave_engine, leave_sensors, part_lander
from farside.ext.dynamics.plant cimport Plant, plant_tick
from farside.ext.sensors.records cimport sensors_start
from farside.ext.sensors.sensors cimport (
    Sensors, SensorSetup, TruthAtTick, sense, sensors_valid,
)
from farside.ext.common.types cimport LanderState, Moon, base_of
from farside.ext.dynamics.vehicle cimport (
    MAX_LEGS, MAX_POINTS, MAX_TANKS, Vehicle, com_height_of, com_in_base, propellant_share,
)
from farside.ext.common.vector cimport Vec3


cdef enum:
    MAP_SIDE_MAX = 16384    # rows or columns of an onboard map


cdef struct LanderMaps:
    # What is read by place: each points to values that stand elsewhere
    OnboardMap onboard
    GravityTable field          # true gravity beyond J2 and C22
    GravityTable field_aboard   # what is known of it aboard


cdef struct LanderTable:
    Vehicle vehicle
    Moon moon
    SensorSetup sensors
    NavigatorSetup navigation
    LanderMaps maps
    LanderState start           # true, at tick 0
    InitialEstimate initial_estimate    # at tick 0
    uint64_t seed               # of the sensors' noise
    int32_t checkpoint_ticks    # between checkpoints of the flight software; 0: none
    int32_t own_map[MAX_PHASES]     # by the autopilot's phase: places are of a map made aboard
    FaultTable faults
    Vehicle upper               # its ascent stage alone; no mass where there is none
    NavigatorSetup upper_navigation


cdef struct LanderFlight:
    Plant plant
    Sensors sensors
    Navigator navigator
    Measurements measured       # as navigation reads it: with its faults
    FaultState faults
    int64_t tick
    int64_t staged              # the ascent stage flies alone


cdef inline const Vehicle* lander_vehicle(
        const LanderTable* t, const LanderFlight* f) noexcept nogil:
    """What flies: the whole lander, or its ascent stage."""
    return &t.upper if f.staged else &t.vehicle


cdef inline bint lander_valid(const LanderTable* t) noexcept nogil:
    """Whether a table's counts stay inside its arrays."""
    return (
        0 <= t.vehicle.legs <= MAX_LEGS and 0 <= t.vehicle.belly_points
        and (t.vehicle.tanks == 0 or t.vehicle.tanks == MAX_TANKS)
        and t.vehicle.legs + t.vehicle.belly_points <= t.vehicle.points <= MAX_POINTS
        and t.upper.legs == 0 and t.upper.belly_points == 0 and t.upper.tanks == 0
        and 0 <= t.upper.points <= MAX_POINTS
        and 0 <= t.maps.onboard.rows <= MAP_SIDE_MAX
        and 0 <= t.maps.onboard.cols <= MAP_SIDE_MAX
        and gravity_table_valid(&t.maps.field) and gravity_table_valid(&t.maps.field_aboard)
        and faults_valid(&t.faults) and sensors_valid(&t.sensors))


cdef inline void lander_begin(
        const LanderTable* t, const Plant* plant, LanderFlight* f) noexcept nogil:
    """Go to tick 0 with a plant that has just started; nothing is measured yet."""
    memset(f, 0, sizeof(LanderFlight))
    f.plant = plant[0]
    sensors_start(&f.sensors, &t.sensors, t.seed)
    navigator_start(&f.navigator, &t.initial_estimate)
    faults_start(&f.faults, &t.faults)


cdef inline void lander_fail(
        const LanderTable* t, const Ground* ground, LanderFlight* f) noexcept nogil:
    """Apply to the flight's tick what has failed of sensors and computer."""
    cdef TruthForFaults truth
    cdef double height_m = INFINITY
    truth.state = &f.plant.state
    truth.ground = ground
    truth.sensors = &t.sensors
    if height_awaited(&t.faults, &f.faults.clock):
        height_m = lander_height(t, ground, f)
    latch(&t.faults, &f.faults.clock, f.tick, height_m, -1)
    if f.plant.contacts.pads_now or f.plant.contacts.body_now:
        latch_event(&t.faults, &f.faults.clock, f.tick, EVENT_CONTACT)
    fail_measurements(&t.faults, &f.faults, &truth, f.tick, &f.measured)
    fail_computer(&t.faults, &f.faults, f.tick)


cdef inline void lander_measure(
        const LanderTable* t, const LanderMaps* maps, const Ground* ground,
        LanderFlight* f, const Navigator* kept) noexcept nogil:
    """Sense and navigate at the flight's tick; the maps are the table's with their values.

    kept: what navigation resumes from after a reset; NULL: from initiation's estimate.
    """
    cdef TruthAtTick now
    cdef Vec3 com
    cdef int i
    now.state = &f.plant.state
    now.dv_body = f.plant.dv_body
    now.dtheta_body = f.plant.dtheta_body
    now.valve_s = f.plant.valve_s
    cdef const Vehicle* vehicle = lander_vehicle(t, f)
    com = com_in_base(vehicle, propellant_share(vehicle, f.plant.state.mass_kg))
    now.com_height_m = com.z
    now.com_offset_m[0] = com.x
    now.com_offset_m[1] = com.y
    now.thrust_n = f.plant.engine.thrust_n
    now.pads = <int32_t> f.plant.contacts.pads_now
    for i in range(LEG_SWITCHES):
        now.push_n[i] = f.plant.contacts.touch[i].push_n if (now.pads >> i) & 1 else 0.0
    sense(&f.sensors, &t.sensors, &t.moon, ground, &now, f.tick, &f.measured)
    if t.faults.count > 0:
        lander_fail(t, ground, f)
        if f.faults.computer == COMPUTER_AWAY:
            return
        if f.faults.computer == COMPUTER_RESET:
            if kept != NULL:
                f.navigator = kept[0]
            else:
                navigator_start(&f.navigator, &t.initial_estimate)
                f.navigator.tick = f.tick
    if f.staged:
        leave_sensors(&f.measured)
    navigate(
        &f.navigator, &t.upper_navigation if f.staged else &t.navigation, &maps.onboard, &t.moon,
        &maps.field_aboard, &f.measured, f.tick)


cdef inline void lander_obey(
        const LanderTable* t, const LanderMaps* maps, const Ground* ground, LanderFlight* f,
        double thrust_n, const double* torque_nm, int32_t phase, int32_t stage) noexcept nogil:
    """Fly a command, of a row of the phase table, over [tick, tick + 1); stage 1 parts."""
    if stage and not f.staged:
        part_lander(
            &t.vehicle, &t.upper, &t.navigation, &t.upper_navigation, &f.plant, &f.navigator)
        f.staged = t.upper.mass_full_kg > 0.0
    # The way to the hover and the map made there start where braking ends.
    # Apollo's rows make no map: they stay with the site's.
    # A map that was scanned is held: map_fix.pxd measures against it.
    if (not f.navigator.map_held and f.navigator.tied != phase + 1
            and 0 <= phase < MAX_PHASES and t.own_map[phase]):
        f.navigator.tied = phase + 1
        tie_map(&f.navigator, &t.navigation, &t.moon)
    if t.faults.count > 0:
        latch_phase(&t.faults, &f.faults.clock, f.tick, phase)
        latch_command(&t.faults, &f.faults.clock, f.tick, thrust_n, f.staged)
        fail_plant(&t.faults, &f.faults.clock, f.tick, &f.plant.faults)
        if f.staged:
            leave_engine(&f.plant.faults)
    f.navigator.commanded_n = thrust_n
    memcpy(f.navigator.commanded_nm, torque_nm, sizeof(f.navigator.commanded_nm))
    plant_tick(&f.plant, lander_vehicle(t, f), &t.moon, &maps.field, ground, thrust_n, torque_nm)
    f.tick += 1


cdef inline Estimate lander_estimate(const LanderFlight* f) noexcept nogil:
    """What an autopilot reads."""
    cdef Estimate e
    cdef const Navigator* n = &f.navigator
    memcpy(e.r_site, n.place_m, sizeof(e.r_site))
    memcpy(e.v_site, n.v_site, sizeof(e.v_site))
    memcpy(e.q_site_body, n.q_site_body, sizeof(e.q_site_body))
    memcpy(e.omega_body, n.omega_body, sizeof(e.omega_body))
    e.mass_kg = n.mass_kg
    e.accel_mps2 = n.accel_mps2
    e.height_m = n.height_m
    e.height_sigma_m = n.height_sigma_m
    # As the switches are now: guidance decides which to believe.
    e.contact = f.measured.contact != 0
    e.rest = n.rest
    return e


cdef inline double lander_height(
        const LanderTable* t, const Ground* ground, const LanderFlight* f) noexcept nogil:
    """True height [m] of the base above the ground."""
    return clearance(ground, base_of(
        &f.plant.state, com_height_of(lander_vehicle(t, f), f.plant.state.mass_kg)))
