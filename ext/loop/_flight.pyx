"""The closed loop: sense, navigate, decide, obey, 100 times a second, without Python in between.

`run` turns until something needs Python: ground to rasterise under the lander, a scan that the
autopilot asks for, or the end of the flight.
"""

cimport cython
from libc.stdint cimport int64_t, uint8_t
from libc.string cimport memset

from farside.ext.guidance.autopilot._autopilot cimport (
    AutopilotCore, core_start as autopilot_start, core_tick as autopilot_tick,
)
from farside.ext.guidance.autopilot._planner cimport core_plan as autopilot_plan
from farside.ext.ground._ground cimport GroundModel
from farside.ext.guidance.autopilot._codes cimport STATUS_COMPLETE
from farside.ext.guidance.records.command cimport Estimate, GuidanceCommand
from farside.ext.common.clock cimport now_ns
from farside.ext.ground.surface cimport PATCH_BELOW_M, PATCH_MARGIN_M, Place, patch_covers, place_of
from farside.ext.faults.computer cimport COMPUTER_AWAY, COMPUTER_RESET, COMPUTER_RUNS
from farside.ext.faults.table cimport NOT_BEGUN, active
from farside.ext.loop._lander cimport LanderModel
from farside.ext.loop.lander cimport (
    LanderFlight, lander_begin, lander_estimate, lander_height, lander_measure, lander_obey,
)
from farside.ext.loop.navigation_row cimport record_navigation
from farside.ext.common.telemetry cimport Row
from farside.ext.common.types cimport GUIDANCE_EVERY, TICK_HZ
from farside.ext.navigation._codes cimport TRUST_BELIEVED
from farside.ext.navigation.health_records cimport CHANNEL_RANGE
from farside.ext.common.vector cimport vec_from


cdef enum:
    SETTLE_TICKS = 60 * TICK_HZ  # after first contact; a lander that moves longer is given up
    HEIGHT_EVERY = 10            # ticks between true heights above ground in the telemetry
    HEIGHT_LOW_M = 50            # below this clearance every tick has one


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

    cdef LanderModel lander
    cdef GroundModel ground
    cdef AutopilotCore autopilot
    cdef LanderFlight f
    cdef GuidanceCommand command
    cdef Row[::1] rows
    cdef int64_t contact_tick
    cdef bint site_loaded       # the site stands from before the flight: none is chosen in it
    cdef bint guided            # whether guidance runs in this tick
    cdef public bint timed      # whether the clock is read about each tick; else a row has 0 ns
    cdef public bint scans      # whether the autopilot's wish for a map stops the wheel
    cdef public int plan_after  # ticks that the planning task takes; negative: it never answers

    def __init__(
        self, LanderModel lander not None, GroundModel ground not None,
        AutopilotCore autopilot not None, Row[::1] rows, bint scans,
    ):
        """Begin a flight at tick 0 of a lander; rows take the telemetry."""
        self.lander = lander
        self.ground = ground
        self.autopilot = autopilot
        memset(&self.command, 0, sizeof(GuidanceCommand))
        lander_begin(&lander.table, &lander.plant, &self.f)
        self.rows = rows
        self.contact_tick = -1
        self.timed = True
        self.scans = scans
        self.site_loaded = not scans
        self.plan_after = 0

    @property
    def tick_count(self):
        """Return how many ticks have been flown."""
        return self.f.tick

    @property
    def position(self):
        """Return the true centre of mass [m, site]."""
        r = self.f.plant.state.r_site
        return r[0], r[1], r[2]

    @property
    def ended_how(self):
        """Return the plant's flags at the end."""
        return {
            "rest": bool(self.f.plant.at_rest),
            "tipped": bool(self.f.plant.tipped),
            "belly": bool(self.f.plant.contacts.belly_struck),
            "body": bool(self.f.plant.contacts.body_struck),
            "empty": bool(self.f.plant.empty),
            "lost": bool(self.f.plant.lost),
        }

    @property
    def touchdown(self):
        """Return the tick and true state at first contact, or None."""
        if not self.f.plant.touched:
            return None
        return self.f.plant.touchdown_tick, self.f.plant.touchdown

    @property
    def propellant_kg(self):
        """Return what the engine and the thrusters have used [kg]."""
        return self.f.plant.engine_used_kg, self.f.plant.thruster_used_kg

    @property
    def fault_ticks(self):
        """Return the tick at which each fault of the lander began, or None where it did not."""
        return [
            None if self.f.faults.clock.begun[i] == NOT_BEGUN else self.f.faults.clock.begun[i]
            for i in range(self.lander.table.faults.count)]

    def fault_active(self, int i):
        """Return whether a fault of the lander is on now."""
        if not 0 <= i < self.lander.table.faults.count:
            raise IndexError(f"fault {i} of {self.lander.table.faults.count}")
        return bool(active(&self.lander.table.faults, &self.f.faults.clock, i, self.f.tick))

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
        cdef int64_t end = self.f.tick + ticks
        cdef int event
        while self.f.tick < end:
            event = self.due()
            if event != EVENT_NONE:
                return event
            self.one_tick()
        return EVENT_NONE

    cdef int due(self) noexcept nogil:
        """What must happen before the next tick."""
        cdef LanderFlight* f = &self.f
        cdef Place here
        if f.tick >= self.rows.shape[0]:
            return EVENT_FULL
        if f.plant.lost or f.plant.tipped:
            return EVENT_ENDED
        if f.plant.at_rest and self.autopilot.state.last.status == STATUS_COMPLETE:
            return EVENT_ENDED
        if self.contact_tick >= 0 and f.tick - self.contact_tick > SETTLE_TICKS:
            return EVENT_ENDED
        if f.sensors.clearance_m < PATCH_BELOW_M and not self.ground.c.flat:
            here = place_of(&self.ground.c, vec_from(f.plant.state.r_site))
            if not patch_covers(&self.ground.c, here.u, here.v, PATCH_MARGIN_M):
                return EVENT_GROUND
        if (
            self.scans and self.autopilot.state.wants_scan and f.faults.computer != COMPUTER_AWAY
        ):
            return EVENT_SCAN
        return EVENT_NONE

    cdef void one_tick(self) noexcept nogil:
        cdef LanderFlight* f = &self.f
        cdef Row* row = &self.rows[f.tick]
        cdef Estimate e
        lander_measure(
            &self.lander.table, &self.lander.table.maps, &self.ground.c, f)
        e = lander_estimate(f)
        if f.faults.computer == COMPUTER_RESET:
            # The nominal site is loaded before the descent; one chosen since is forgotten.
            autopilot_start(&self.autopilot.table, &self.autopilot.state, self.site_loaded)
        if f.faults.computer == COMPUTER_RUNS or f.faults.computer == COMPUTER_RESET:
            row.tick_ns = self.decide(&e)
        else:
            self.guided = False     # the command holds
        self.record(row, &e)
        lander_obey(
            &self.lander.table, &self.lander.table.maps, &self.ground.c, f,
            self.command.thrust_n, self.command.torque_nm, self.autopilot.state.phase)
        if f.plant.touched and self.contact_tick < 0:
            self.contact_tick = f.tick

    cdef int decide(self, const Estimate* e) noexcept nogil:
        """Run the autopilot's tick, and the planning that is due; return the tick's time [ns]."""
        cdef int64_t tick = self.f.tick
        cdef int64_t start, took = 0
        self.guided = tick % GUIDANCE_EVERY == 0 or self.autopilot.state.retargeted
        if self.timed:
            start = now_ns()
            autopilot_tick(&self.autopilot.table, &self.autopilot.state, e, tick, &self.command)
            took = now_ns() - start
        else:
            autopilot_tick(&self.autopilot.table, &self.autopilot.state, e, tick, &self.command)
        if 0 <= self.plan_after <= tick - self.autopilot.state.planner.asked.tick:
            autopilot_plan(&self.autopilot.state, self.autopilot.room)
        if tick == self.autopilot.state.phase_tick:
            self.guided = True
        return <int> took

    cdef void record(self, Row* row, const Estimate* e) noexcept nogil:
        """Truth, estimate and command of this tick."""
        cdef const LanderFlight* f = &self.f
        cdef int i
        row.tick = <int> f.tick
        row.phase = <uint8_t> self.command.phase
        row.status = <uint8_t> self.command.status
        row.flags = <uint8_t> (
            (1 if f.plant.touched else 0) | (2 if f.plant.at_rest else 0)
            | (4 if self.autopilot.state.has_site else 0)
            | (8 if f.navigator.channel[CHANNEL_RANGE].trust != TRUST_BELIEVED else 0)
            | (16 if e.contact else 0) | (32 if e.rest else 0))
        row.sensors = <uint8_t> (
            (1 if f.measured.star_valid else 0) | (2 if f.measured.range_valid else 0)
            | (4 if f.measured.velocity_valid else 0) | (8 if f.measured.height_valid else 0))
        for i in range(3):
            row.r_site[i] = f.plant.state.r_site[i]
            row.v_site[i] = f.plant.state.v_site[i]
            row.omega_body[i] = f.plant.state.omega_body[i]
            row.est_r_site[i] = e.r_site[i]
            row.est_v_site[i] = e.v_site[i]
            row.est_omega_body[i] = e.omega_body[i]
            row.direction_site[i] = self.command.direction_site[i]
            row.cmd_torque_nm[i] = self.command.torque_nm[i]
            row.target_site[i] = self.autopilot.state.site[i]
        for i in range(4):
            row.q_site_body[i] = f.plant.state.q_site_body[i]
            row.est_q_site_body[i] = e.q_site_body[i]
            row.cmd_q_site_body[i] = self.command.q_site_body[i]
        row.mass_kg = f.plant.state.mass_kg
        row.thrust_n = f.plant.engine.thrust_n
        row.est_mass_kg = e.mass_kg
        row.est_accel_mps2 = e.accel_mps2
        row.est_height_m = e.height_m
        row.est_height_sigma_m = e.height_sigma_m
        row.cmd_heading_rad = self.command.heading_rad
        row.cmd_thrust_n = self.command.thrust_n
        row.time_to_go_s = self.command.time_to_go_s
        row.range_m = f.navigator.last_range_m
        row.guided = self.guided
        row.link = <uint8_t> self.command.link
        row.reason = <uint8_t> self.command.reason
        row.spare = 0
        record_navigation(row, &f.navigator)
        if f.tick % HEIGHT_EVERY == 0 or f.sensors.clearance_m < HEIGHT_LOW_M:
            row.height_m = lander_height(&self.lander.table, &self.ground.c, f)
        else:
            row.height_m = self.rows[f.tick - 1].height_m
