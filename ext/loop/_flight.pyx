"""The closed loop: sense, navigate, decide, obey, 100 times a second, without Python in between.

`run` turns until something needs Python: ground to rasterise under the lander, a scan that the
autopilot asks for, or the end of the flight.
"""

cimport cython
from libc.stdint cimport int64_t, uint8_t, uint64_t
from libc.string cimport memset

from farside.ext.guidance.autopilot._autopilot cimport (
    AutopilotCore, core_plan as autopilot_plan, core_tick as autopilot_tick,
)
from farside.ext.ground._ground cimport GroundModel
from farside.ext.dynamics._plant cimport PlantModel
from farside.ext.guidance.autopilot.records cimport Estimate, GuidanceCommand, dead_reckoning_in
from farside.ext.common.clock cimport now_ns
from farside.ext.ground.rays cimport clearance, patch_covers, place_of, Place
from farside.ext.common.measurements cimport Measurements
from farside.ext.navigation.filter cimport navigate
from farside.ext.navigation.onboard_arrays cimport onboard_map_from
from farside.ext.navigation.onboard_map cimport OnboardMap
from farside.ext.navigation.records cimport (
    InitialEstimate, Navigator, NavigatorSetup, navigator_start,
)
from farside.ext.dynamics.plant cimport plant_tick
from farside.ext.sensors.sensors cimport Sensors, SensorSetup, sense, sensors_start
from farside.ext.common.telemetry cimport Row
from farside.ext.common.types cimport GUIDANCE_EVERY, TICK_HZ
from farside.ext.common.vector cimport Vec3, axpy, quat_from, rotate, vec, vec_from
from farside.ext.dynamics.vehicle cimport com_height_of


cpdef enum Event:
    EVENT_NONE = 0          # the ticks asked for are done
    EVENT_GROUND = 1        # the lander is low and the ground under it is not rasterised
    EVENT_SCAN = 2          # the autopilot wants a map
    EVENT_ENDED = 3         # at rest, tipped, or lost
    EVENT_FULL = 4          # no room for telemetry


@cython.final
@cython.auto_pickle(False)
cdef class ClosedLoop:
    """One flight. It belongs to one thread."""

    cdef PlantModel plant
    cdef GroundModel ground
    cdef AutopilotCore autopilot
    cdef SensorSetup sensor_setup
    cdef Sensors sensors
    cdef NavigatorSetup navigator_setup
    cdef Navigator navigator
    cdef OnboardMap chart
    cdef Measurements measured
    cdef GuidanceCommand command
    cdef Row[::1] rows
    cdef const float[:, ::1] chart_height
    cdef const float[:, ::1] chart_sigma
    cdef int64_t tick
    cdef int64_t settle_ticks   # after first contact: then a lander that will not rest is given up
    cdef int64_t contact_tick
    cdef double low_m           # below this clearance the ground must be rasterised
    cdef bint timed
    cdef bint guided            # whether guidance runs in this tick
    cdef public bint scans      # whether the autopilot's wish for a map stops the wheel
    cdef public int plan_after  # ticks that the planning task takes; negative: it never answers

    def __init__(
        self, PlantModel plant, GroundModel ground, AutopilotCore autopilot, sensor_setup,
        uint64_t seed, navigator_setup, initial_estimate, chart, const float[:, ::1] chart_height,
        const float[:, ::1] chart_sigma, Row[::1] rows, bint timed, bint scans,
    ):
        """Take everything that set-up made; setups are dicts by the names of their C fields."""
        cdef InitialEstimate first
        self.plant = plant
        self.ground = ground
        self.autopilot = autopilot
        memset(&self.measured, 0, sizeof(Measurements))
        memset(&self.command, 0, sizeof(GuidanceCommand))
        self.sensor_setup = sensor_setup
        sensors_start(&self.sensors, seed)
        self.navigator_setup = navigator_setup
        first = initial_estimate
        navigator_start(&self.navigator, &first)
        self.chart_height = chart_height
        self.chart_sigma = chart_sigma
        onboard_map_from(&self.chart, chart, chart_height, chart_sigma)
        self.rows = rows
        self.tick = 0
        self.settle_ticks = 60 * TICK_HZ
        self.contact_tick = -1
        self.low_m = 60.0
        self.timed = timed
        self.scans = scans
        self.plan_after = 0

    @property
    def tick_count(self):
        """Return how many ticks have been flown."""
        return self.tick

    @property
    def position(self):
        """Return the true centre of mass [m, site]."""
        r = self.plant.c.state.r_site
        return r[0], r[1], r[2]

    @property
    def range_outliers(self):
        """Return how many ranges disagreed with the onboard map by more than 3 sigma."""
        return self.navigator.range_outliers

    @property
    def ended_how(self):
        """Return the plant's flags at the end."""
        return {
            "rest": bool(self.plant.c.at_rest),
            "tipped": bool(self.plant.c.tipped),
            "belly": bool(self.plant.c.contacts.belly_struck),
            "body": bool(self.plant.c.contacts.body_struck),
            "empty": bool(self.plant.c.empty),
            "lost": bool(self.plant.c.lost),
        }

    @property
    def touchdown(self):
        """Return the tick and true state at first contact, or None."""
        if not self.plant.c.touched:
            return None
        return self.plant.c.touchdown_tick, self.plant.c.touchdown

    @property
    def propellant_kg(self):
        """Return what the engine and the thrusters have used [kg]."""
        return self.plant.c.engine_used_kg, self.plant.c.thruster_used_kg

    def grow(self, Row[::1] rows):
        """Return a larger telemetry array; the caller has copied the rows flown."""
        if rows.shape[0] < self.rows.shape[0]:
            raise ValueError("telemetry cannot shrink")
        self.rows = rows

    def run(self, int64_t ticks):
        """Turn the wheel for so many ticks at most; return the event that stopped it."""
        cdef int event
        with nogil:
            event = self.turn(ticks)
        return event

    cdef int turn(self, int64_t ticks) noexcept nogil:
        cdef int64_t end = self.tick + ticks
        cdef int event
        while self.tick < end:
            event = self.due()
            if event != EVENT_NONE:
                return event
            self.one_tick()
        return EVENT_NONE

    cdef int due(self) noexcept nogil:
        """What must happen before the next tick."""
        cdef Place here
        if self.tick >= self.rows.shape[0]:
            return EVENT_FULL
        if self.plant.c.lost or self.plant.c.tipped:
            return EVENT_ENDED
        if self.plant.c.at_rest and self.autopilot.state.last.status == 4:
            return EVENT_ENDED
        if self.contact_tick >= 0 and self.tick - self.contact_tick > self.settle_ticks:
            return EVENT_ENDED
        if self.sensors.clearance_m < self.low_m and not self.ground.c.flat:
            here = place_of(&self.ground.c, vec_from(self.plant.c.state.r_site))
            if not patch_covers(&self.ground.c, here.u, here.v, 6.0):
                return EVENT_GROUND
        if self.scans and self.autopilot.state.wants_scan:
            return EVENT_SCAN
        return EVENT_NONE

    cdef void one_tick(self) noexcept nogil:
        cdef Estimate e
        cdef Row* row = &self.rows[self.tick]
        cdef Navigator* n = &self.navigator
        cdef double com_height = com_height_of(&self.plant.vehicle, self.plant.c.state.mass_kg)
        cdef int64_t start
        cdef int i
        sense(
            &self.sensors, &self.sensor_setup, &self.plant.moon, &self.ground.c,
            &self.plant.c.state, self.plant.c.dv_body, self.plant.c.dtheta_body,
            self.plant.c.valve_s, com_height, self.plant.c.touched, self.plant.c.at_rest,
            self.tick, &self.measured)
        navigate(
            n, &self.navigator_setup, &self.chart, &self.plant.moon, &self.measured, self.tick)
        for i in range(3):
            e.r_site[i] = n.r_site[i]
            e.v_site[i] = n.v_site[i]
            e.omega_body[i] = n.omega_body[i]
        for i in range(4):
            e.q_site_body[i] = n.q_site_body[i]
        e.mass_kg = n.mass_kg
        e.accel_mps2 = n.accel_mps2
        e.height_m = n.height_m
        e.contact = self.measured.contact
        e.rest = self.measured.rest
        self.guided = self.tick % GUIDANCE_EVERY == 0 or self.autopilot.state.retargeted
        if self.timed:
            start = now_ns()
            autopilot_tick(
                &self.autopilot.table, &self.autopilot.state, &e, self.tick, &self.command)
            row.tick_ns = <int> (now_ns() - start)
        else:
            autopilot_tick(
                &self.autopilot.table, &self.autopilot.state, &e, self.tick, &self.command)
            row.tick_ns = 0
        if 0 <= self.plan_after <= self.tick - self.autopilot.state.planner.asked.tick:
            autopilot_plan(&self.autopilot.state, self.autopilot.room)
        # The way to the hover and the map made there start where braking ends.
        # Apollo's rows make no map: they stay with what the beams say.
        n.dead_reckoning = dead_reckoning_in(&self.autopilot.table, self.autopilot.state.phase)
        if self.tick == self.autopilot.state.phase_tick:
            self.guided = True
        self.record(row, &e)
        plant_tick(
            &self.plant.c, &self.plant.vehicle, &self.plant.moon, &self.ground.c,
            self.command.thrust_n, self.command.torque_nm)
        if self.plant.c.touched and self.contact_tick < 0:
            self.contact_tick = self.tick + 1
        # as an assignment: `+=` on a member is refused without the GIL where None is checked for
        self.tick = self.tick + 1

    cdef void record(self, Row* row, const Estimate* e) noexcept nogil:
        """Truth, estimate and command of this tick."""
        cdef Vec3 base
        cdef int i
        row.tick = <int> self.tick
        row.phase = <uint8_t> self.command.phase
        row.status = <uint8_t> self.command.status
        row.flags = <uint8_t> (
            (1 if self.plant.c.touched else 0) | (2 if self.plant.c.at_rest else 0)
            | (4 if self.autopilot.state.has_site else 0)
            | (8 if self.navigator.outliers_in_a_row > 0 else 0))
        row.sensors = <uint8_t> (
            (1 if self.measured.star_valid else 0) | (2 if self.measured.range_valid else 0)
            | (4 if self.measured.velocity_valid else 0) | (8 if self.measured.height_valid else 0))
        for i in range(3):
            row.r_site[i] = self.plant.c.state.r_site[i]
            row.v_site[i] = self.plant.c.state.v_site[i]
            row.omega_body[i] = self.plant.c.state.omega_body[i]
            row.est_r_site[i] = e.r_site[i]
            row.est_v_site[i] = e.v_site[i]
            row.est_omega_body[i] = e.omega_body[i]
            row.direction_site[i] = self.command.direction_site[i]
            row.cmd_torque_nm[i] = self.command.torque_nm[i]
            row.target_site[i] = self.autopilot.state.site[i]
        for i in range(4):
            row.q_site_body[i] = self.plant.c.state.q_site_body[i]
            row.est_q_site_body[i] = e.q_site_body[i]
            row.cmd_q_site_body[i] = self.command.q_site_body[i]
        row.mass_kg = self.plant.c.state.mass_kg
        row.thrust_n = self.plant.c.thrust_n
        row.est_mass_kg = e.mass_kg
        row.est_accel_mps2 = e.accel_mps2
        row.est_height_m = e.height_m
        row.cmd_heading_rad = self.command.heading_rad
        row.cmd_thrust_n = self.command.thrust_n
        row.time_to_go_s = self.command.time_to_go_s
        row.range_m = self.navigator.last_range_m
        row.guided = self.guided
        row.link = <uint8_t> self.command.link
        row.reason = <uint8_t> self.command.reason
        row.spare = 0
        if self.tick % 10 == 0 or self.sensors.clearance_m < 50.0:
            base = axpy(
                -com_height_of(&self.plant.vehicle, self.plant.c.state.mass_kg),
                rotate(quat_from(self.plant.c.state.q_site_body), vec(0.0, 0.0, 1.0)),
                vec_from(self.plant.c.state.r_site))
            row.height_m = clearance(&self.ground.c, base)
        else:
            row.height_m = self.rows[self.tick - 1].height_m
