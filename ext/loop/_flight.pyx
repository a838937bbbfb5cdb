"""The closed loop: sense, navigate, decide, obey, 100 times a second, without Python in between.

`run` turns until something needs Python: ground to rasterise under the lander, a scan that the
autopilot asks for, or the end of the flight.
"""

cimport cython
from libc.stdint cimport int32_t, int64_t, uint8_t
from libc.string cimport memcpy, memset

from farside.ext.guidance.autopilot._autopilot cimport AutopilotCore
from farside.ext.guidance.autopilot._autopilot cimport core_start as autopilot_start
from farside.ext.guidance.autopilot._autopilot cimport core_tick as autopilot_tick
from farside.ext.guidance.autopilot._planner cimport core_plan as autopilot_plan
from farside.ext.guidance.autopilot.records cimport AutopilotState
from farside.ext.ground._ground cimport GroundModel
from farside.ext.guidance.autopilot._codes cimport STATUS_COMPLETE, STEP_DONE
from farside.ext.guidance.records.command cimport Estimate, GuidanceCommand
from farside.ext.common.clock cimport now_ns
from farside.ext.ground.surface cimport PATCH_BELOW_M, PATCH_MARGIN_M, Place, patch_covers, place_of
from farside.ext.faults.computer cimport COMPUTER_AWAY, COMPUTER_RESET, COMPUTER_RUNS
from farside.ext.faults.table cimport NOT_BEGUN, active
from farside.ext.loop._lander cimport LanderModel
from farside.ext.loop.deadline cimport Beat, beat_done, beat_go, beat_hold, beat_wait
from farside.ext.loop.checkpoint cimport (
    Checkpoint, checkpoint_due, resume_pilot, write_checkpoint)
from farside.ext.loop.flight_row cimport record_tick
from farside.ext.loop.lander cimport (
    LanderFlight, lander_begin, lander_estimate, lander_height, lander_measure, lander_obey,
)
from farside.ext.common.measurements cimport Measurements
from farside.ext.common.telemetry cimport Row
from farside.ext.common.types cimport GUIDANCE_EVERY, TICK_HZ
from farside.ext.navigation.clones cimport clone_pose, forget_clone, tie_to_scan
from farside.ext.navigation.camera_setup cimport IMAGE_MOST
from farside.ext.navigation.image_fix cimport take_landmarks, take_motion
from farside.ext.navigation.image_records cimport Landmark, MotionPair, PlaceFix
from farside.ext.navigation.map_fix cimport take_fix
from farside.ext.navigation.place_fix cimport take_place
from farside.ext.navigation.records cimport MapFix
from farside.ext.navigation.relief cimport ground_beneath
from farside.ext.navigation.state cimport TIE, Navigator
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


cdef struct SavedLoop:
    # Everything of a flight that changes, but the telemetry and the ground that is rasterised
    LanderFlight lander
    AutopilotState autopilot
    GuidanceCommand command
    int64_t contact_tick
    int32_t guided


@cython.final
@cython.auto_pickle(False)
cdef class ClosedLoop:
    """One flight. It belongs to one thread."""

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
        memset(&self.kept, 0, sizeof(Checkpoint))
        self.kept.tick = self.resumed_tick = -1
        self.resumed_age = 0
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
    def staged(self):
        """Return whether the ascent stage flies alone."""
        return bool(self.f.staged)

    @property
    def fault_ticks(self):
        """Return the tick at which each fault of the lander began, or None where it did not."""
        return [
            None if self.f.faults.clock.begun[i] == NOT_BEGUN else self.f.faults.clock.begun[i]
            for i in range(self.lander.table.faults.count)]

    @property
    def computer(self):
        """Return the ticks that came late, and the last reset that a checkpoint was there for.

        The reset is its tick and the age of the checkpoint [ticks]; None where there was none.
        """
        reset = None
        if self.resumed_tick >= 0:
            reset = (self.resumed_tick, self.resumed_age)
        return self.autopilot.state.late_ticks, reset

    def fault_active(self, int i):
        """Return whether a fault of the lander is on now."""
        if not 0 <= i < self.lander.table.faults.count:
            raise IndexError(f"fault {i} of {self.lander.table.faults.count}")
        return bool(active(&self.lander.table.faults, &self.f.faults.clock, i, self.f.tick))

    def clone_pose(self):
        """Keep the last tick's estimate for what comes late; return the tick, -1: none is free."""
        cdef int64_t tick = self.f.tick - 1
        if tick < 0 or clone_pose(
                &self.f.navigator, &self.lander.table.navigation, &self.lander.table.moon,
                tick) < 0:
            return -1
        return tick

    def forget_clone(self, int64_t tick):
        """Give up the clone of a tick."""
        forget_clone(&self.f.navigator, tick)

    def tie_to_scan(self, int64_t tick, double variance_m2):
        """Count places on the map of a scan from now on; return False where its clone is lost.

        variance_m2 is that of the map's places, each way, beyond that of where it was made and
        of the lidar's mounting.
        """
        return bool(tie_to_scan(
            &self.f.navigator, &self.lander.table.navigation, &self.lander.table.moon, tick,
            variance_m2))

    def take_fix(self, const MapFix[::1] fix):
        """Give the navigator fix[0], a place on the map in use; return a `FixStatus`."""
        return take_fix(&self.f.navigator, &fix[0], self.f.tick - 1)

    def take_landmarks(self, int camera, int64_t tick, const Landmark[::1] matches):
        """Give the navigator the matches of the image of a tick; return a `FixStatus`."""
        return take_landmarks(
            &self.f.navigator, &self.lander.table.navigation, camera, tick, self.f.tick - 1,
            &matches[0], <int> min(matches.shape[0], IMAGE_MOST + 1))

    def take_motion(self, int camera, ticks, const MotionPair[::1] pairs):
        """Give the navigator the pairs of the images of two ticks; return a `FixStatus`."""
        cdef int64_t[2] at
        at[0], at[1] = ticks
        return take_motion(
            &self.f.navigator, &self.lander.table.navigation, &self.lander.table.moon, camera, at,
            self.f.tick - 1, &pairs[0], <int> min(pairs.shape[0], IMAGE_MOST + 1))

    def take_place(self, const PlaceFix[::1] fix):
        """Give the navigator fix[0], a place on the onboard image map; return a `FixStatus`."""
        return take_place(
            &self.f.navigator, &self.lander.table.navigation, &fix[0], self.f.tick - 1)

    @property
    def images_taken(self):
        """Return the navigator's counts: the structs `ImageCount` of images and of places."""
        cdef const Navigator* n = &self.f.navigator
        return {"landmarks": n.landmarks, "motion": n.motion, "places": n.places}

    @property
    def estimated(self):
        """Return the navigator's own state at the last tick flown, by name, without clones.

        r_site [m], v_site [m/s], q_site_body, gyro_bias [rad/s], accel_bias [m/s^2], relief_m,
        ground_m beneath, map_m, last_range_m, and P: rows of the covariance of the first states, up
        to the slope of the relief, in the order of ext/navigation/state.pxd.
        """
        cdef const Navigator* n = &self.f.navigator
        return {
            "r_site": n.r_site, "v_site": n.v_site, "q_site_body": n.q_site_body,
            "gyro_bias": n.gyro_bias, "accel_bias": n.accel_bias, "relief_m": n.relief_m,
            "ground_m": ground_beneath(n), "map_m": n.map_m, "last_range_m": n.last_range_m,
            "P": [[n.P[i][j] for j in range(TIE)] for i in range(TIE)],
        }

    @property
    def true_biases(self):
        """Return the true biases of gyros [rad/s] and accelerometers [m/s^2], drift included."""
        cdef const LanderFlight* f = &self.f
        gyro, accel = self.lander.table.sensors.gyro_bias, self.lander.table.sensors.accel_bias
        return {
            "gyro_bias": [gyro[i] + f.sensors.gyro_drift[i] for i in range(3)],
            "accel_bias": [accel[i] + f.sensors.accel_drift[i] for i in range(3)],
        }

    def fail(self, rows):
        """Take other faults from here on: structs `FaultRow`, as `LanderModel.fail` has them.

        Rows that draw random numbers begin before the first tick only: their streams open there.
        """
        self.lander.fail(rows)

    def save(self):
        """Return everything that changes in the flight, as bytes that `restore` takes.

        The bytes are of this build and this flight. Telemetry and rasterised ground are not in
        them: rows of later ticks are written anew, and ground stays.
        """
        cdef SavedLoop s
        memset(&s, 0, sizeof(s))
        s.lander, s.autopilot = self.f, self.autopilot.state
        s.command, s.contact_tick, s.guided = self.command, self.contact_tick, self.guided
        return (<const char*> &s)[:sizeof(s)]

    def restore(self, const uint8_t[::1] saved not None):
        """Go back, or forth, to where `save` was called.

        ValueError where the bytes are not as many as `save` gives.
        """
        cdef SavedLoop s
        if saved.shape[0] != sizeof(s):
            raise ValueError(f"{saved.shape[0]} bytes: a flight has {sizeof(s)}")
        memcpy(&s, &saved[0], sizeof(s))
        self.f, self.autopilot.state = s.lander, s.autopilot
        self.command, self.contact_tick, self.guided = s.command, s.contact_tick, s.guided

    @property
    def maps_made(self):
        """Return the row of the phase table, from 1, whose map is in use; 0 for the site's."""
        return self.f.navigator.tied

    def measured(self, Measurements[::1] out not None):
        """Fill out[0] with what navigation read at the last tick."""
        if out.shape[0] < 1:
            raise ValueError("out has no room for a tick's measurements")
        out[0] = self.f.measured

    def grow(self, Row[::1] rows):
        """Return a larger telemetry array; the caller has copied the rows flown."""
        if rows.shape[0] < self.rows.shape[0]:
            raise ValueError("telemetry cannot shrink")
        self.rows = rows

    def run(self, int64_t ticks):
        """Turn the wheel for so many ticks at most; return the event that stopped it.

        With a metronome to its beat, which is held until the next call.
        """
        cdef int event
        cdef Beat* beat = NULL if self.metronome is None else &self.metronome.c
        with nogil:
            event = self.turn(ticks) if beat == NULL else self.turn_by_clock(ticks, beat)
        return event

    cdef int turn_by_clock(self, int64_t ticks, Beat* beat) noexcept nogil:
        cdef int64_t end = self.f.tick + ticks
        cdef int event = EVENT_NONE
        beat_go(beat)
        while event == EVENT_NONE and self.f.tick < end:
            beat_wait(beat)
            event = self.turn(1)
            if event == EVENT_NONE:
                beat_done(beat)
        beat_hold(beat)
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
        if self.autopilot.state.abort.step == STEP_DONE and f.plant.engine.thrust_n < 1.0:
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
            &self.lander.table, &self.lander.table.maps, &self.ground.c, f,
            &self.kept.navigator if self.kept.tick >= 0 else NULL)
        e = lander_estimate(f)
        if f.faults.computer == COMPUTER_RESET:
            self.resume()
        if f.faults.computer == COMPUTER_RUNS or f.faults.computer == COMPUTER_RESET:
            row.tick_ns = self.decide(&e)
        else:
            self.guided = False     # the command holds
        self.record(row, &e)
        if f.faults.computer != COMPUTER_AWAY and checkpoint_due(
                &self.kept, &self.autopilot.state, f.tick, self.lander.table.checkpoint_ticks):
            write_checkpoint(&self.kept, &self.autopilot.state, &f.navigator, f.tick)
        lander_obey(
            &self.lander.table, &self.lander.table.maps, &self.ground.c, f,
            self.command.thrust_n, self.command.torque_nm, self.autopilot.state.phase,
            self.command.stage)
        if f.plant.touched and self.contact_tick < 0:
            self.contact_tick = f.tick

    cdef void resume(self) noexcept nogil:
        """Begin anew after a reset: from the checkpoint, else as loaded before the descent."""
        if self.kept.tick < 0:
            # The nominal site is loaded before the descent; one chosen since is forgotten.
            autopilot_start(&self.autopilot.table, &self.autopilot.state, self.site_loaded)
            return
        resume_pilot(&self.kept, &self.autopilot.state)
        self.resumed_tick = self.f.tick
        self.resumed_age = self.f.tick - self.kept.tick

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
        record_tick(row, &self.f, &self.autopilot.state, &self.command, e)
        row.guided = self.guided
        if self.f.tick % HEIGHT_EVERY == 0 or self.f.sensors.clearance_m < HEIGHT_LOW_M:
            row.height_m = lander_height(&self.lander.table, &self.ground.c, &self.f)
        else:
            row.height_m = self.rows[self.f.tick - 1].height_m
