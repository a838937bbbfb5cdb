"""The autopilot for Python: one object with table and state, and the replay of recorded ticks."""

from zlib import crc32

cimport cython
from cpython.number cimport PyNumber_Index
from libc.math cimport NAN
from libc.stdint cimport INT64_MIN, int32_t, int64_t, uint32_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, memset

from farside.ext.guidance.autopilot._codes cimport (
    EXIT_CONTACT, EXIT_REST, LAW_ASCENT, LAW_LEAST_HARM, MODE_CONSTRAINED, MODE_NONE, MODE_OPTIMAL,
    TRACK_NODES,
)
from farside.ext.guidance.records.plan cimport PlannedDescent
from farside.ext.guidance.autopilot.recorded cimport estimate_of_row
from farside.ext.guidance.autopilot.tick cimport (
    autopilot_start, autopilot_tick, command_abort, set_target,
)
from farside.ext.guidance.autopilot._planner cimport core_plan, core_room_bytes
from farside.ext.guidance.autopilot.row_plan cimport planned_time
from farside.ext.guidance.autopilot.records cimport (
    TABLE_VERSION, AutopilotState, AutopilotTable, PhaseRow,
)
from farside.ext.guidance.records.command cimport MAX_PHASES, Estimate, GuidanceCommand
from farside.ext.common.clock cimport now_ns
from farside.ext.guidance.autopilot.table_check cimport table_checksum, table_fault
from farside.ext.common.telemetry cimport Row
from farside.ext.common.vector cimport finite, vec


cdef enum:
    LARGEST_GAP = 6000      # between two ticks: a minute; no host means more


cdef int check_tick(AutopilotCore core, int64_t tick) except -1:
    """Refuse a tick that does not come after the last, or comes long after it."""
    # Under bad input the state keeps the last tick that was flown.
    cdef int64_t last = max(core.state.tick, core.asked)
    if core.state.started and not 0 < tick - last <= LARGEST_GAP:
        raise ValueError(
            f"tick {tick} after tick {last}: ticks of 10 ms go up, by a minute at most; "
            "begin a phase to start anew")
    return 0


cdef struct Kept:
    # A core as bytes: what wrote it, the table with its own checksum, and the state
    char mark[8]
    uint32_t bytes
    uint32_t version
    uint32_t crc            # CRC-32 of all that follows
    uint32_t reserved
    int64_t asked
    AutopilotTable table
    AutopilotState state


cdef enum:
    CRC_FROM = 24           # bytes in front of what Kept.crc covers


def core_from(bytes kept not None):
    """Return the autopilot that `AutopilotCore.__reduce__` wrote down.

    The bytes are data: nothing in them is evaluated. Those of another layout or version, damaged
    ones, and those with a table that may not be flown are refused.
    """
    cdef Kept k
    cdef AutopilotCore core
    if len(kept) != sizeof(Kept):
        raise ValueError(
            f"an autopilot of {len(kept)} bytes, not {sizeof(Kept)}: it is of another farside")
    memcpy(&k, <const char*> kept, sizeof(Kept))
    if k.mark[:8] != b"FSPILOT2" or k.bytes != sizeof(Kept) or k.version != TABLE_VERSION:
        raise ValueError("no autopilot, or one of another farside's version")
    if k.reserved != 0 or k.crc != crc32(kept[CRC_FROM:]):
        raise ValueError("a damaged autopilot: the checksum of its bytes differs")
    if table_fault(&k.table) != 0:
        raise ValueError(f"an autopilot's table that may not be flown: {table_fault(&k.table)}")
    if not 0 <= k.state.phase < k.table.phases + 2:
        raise ValueError(f"an autopilot in phase {k.state.phase} of {k.table.phases}")
    core = AutopilotCore.__new__(AutopilotCore)
    core.table = k.table
    core.state = k.state
    core.asked = k.asked
    return core


cdef void set_abort_row(PhaseRow* row, int law, int exit) noexcept:
    """Make one of the two rows behind the phase table."""
    memset(row, 0, sizeof(PhaseRow))
    row.law = law
    row.exit = exit


@cython.final
@cython.auto_pickle(False)
cdef class AutopilotCore:
    """One autopilot: it belongs to one thread."""

    def __cinit__(self):
        self.room = calloc(1, core_room_bytes())
        if self.room is NULL:
            raise MemoryError("no room to plan descents in")

    def __dealloc__(self):
        free(self.room)

    def __init__(self, table, rows):
        """Take a table's numbers by the names of its C fields, and its phase rows as dicts."""
        cdef int i, n = len(rows)
        if not 1 <= n <= MAX_PHASES - 2:
            raise ValueError(f"a phase table has 1 to {MAX_PHASES - 2} rows, not {n}")
        memset(&self.table, 0, sizeof(AutopilotTable))
        self.table = dict(
            table, size=sizeof(AutopilotTable), version=TABLE_VERSION, checksum=0, phases=n,
            row=[rows[i] if i < n else rows[n - 1] for i in range(MAX_PHASES)])
        set_abort_row(&self.table.row[n], LAW_ASCENT, EXIT_REST)
        set_abort_row(&self.table.row[n + 1], LAW_LEAST_HARM, EXIT_CONTACT)
        self.table.checksum = table_checksum(&self.table)
        self.asked = INT64_MIN
        autopilot_start(&self.state, &self.table)

    def __reduce__(self):
        """Return the core as bytes, table and state, for copies and pickles."""
        cdef Kept k
        memset(&k, 0, sizeof(Kept))
        memcpy(k.mark, b"FSPILOT2", 8)
        k.bytes = sizeof(Kept)
        k.version = TABLE_VERSION
        k.asked = self.asked
        k.table = self.table
        k.state = self.state
        k.crc = crc32((<char*> &k)[CRC_FROM:sizeof(Kept)])
        return core_from, ((<char*> &k)[:sizeof(Kept)],)

    def load_track(self, double step_m, const double[::1] heights_m):
        """Load the ground's profile along the track, and go back to before the first tick."""
        cdef int k
        if heights_m.shape[0] != TRACK_NODES or not 0.0 <= step_m <= 1e5:
            raise ValueError(f"a profile has {TRACK_NODES} heights, and a step of 0 to 100 km")
        for k in range(TRACK_NODES):
            if not -1e5 <= heights_m[k] <= 1e5:
                raise ValueError(f"height {k} of the profile is no height")
        for k in range(TRACK_NODES):
            self.table.track_m[k] = heights_m[k]
        self.table.track_step_m = step_m
        self.table.checksum = table_checksum(&self.table)
        self.reset()

    def reset(self):
        """Go back to before the first tick."""
        self.asked = INT64_MIN
        autopilot_start(&self.state, &self.table)

    @property
    def fields(self):
        """Return the table's numbers by the names of its C fields, in their order."""
        return self.table

    def tick(
        self, k, const Estimate[::1] estimate, GuidanceCommand[::1] command, bint plan=True,
    ):
        """Fill command[0], which acts over [k, k + 1), from estimate[0] at k. One C call.

        With `plan`, a descent that it asks for is planned afterwards. ValueError for a tick that
        does not come after the last, or comes more than a minute after it.
        """
        cdef int64_t at = PyNumber_Index(k)
        check_tick(self, at)
        self.asked = at
        with nogil:
            autopilot_tick(&self.table, &self.state, &estimate[0], at, &command[0])
            if plan:
                core_plan(&self.state, self.room)

    def tick_many(self, int64_t k, const Estimate[::1] estimates, GuidanceCommand[::1] commands):
        """Run one tick for each estimate, in order, and plan what they ask for."""
        cdef Py_ssize_t i, n = estimates.shape[0]
        check_tick(self, k)
        if n > 0:
            self.asked = k + n - 1
        if commands.shape[0] < n:
            raise ValueError("commands is shorter than estimates")
        with nogil:
            for i in range(n):
                autopilot_tick(&self.table, &self.state, &estimates[i], k + i, &commands[i])
                core_plan(&self.state, self.room)

    def make_plan(self):
        """Plan the descent that the last ticks asked for; False where they asked for none."""
        cdef bint answered
        with nogil:
            answered = core_plan(&self.state, self.room)
        return bool(answered)

    @property
    def answer(self):
        """Return the last answer: link, reason, the constrained descent's own, and its work.

        The work is constrained descents begun, interior-point steps and Newton steps; the time
        [s] and the miss [m] are those of the plan.
        """
        cdef PlannedDescent* plan = &self.state.planner.answer
        return {
            "link": plan.link, "reason": plan.reason, "within": plan.within,
            "solves": plan.solves, "knot_steps": plan.knot_steps, "steps": plan.e.steps,
            "time_s": planned_time(plan),
            "miss_m": (plan.knots.miss_m[0], plan.knots.miss_m[1]),
        }

    @property
    def wants_plan(self):
        """Return whether a request stands that is not answered."""
        return bool(
            (self.state.planner.asked.open
             and self.state.planner.answer.number != self.state.planner.asked.number)
            or (self.state.orbit.asked.open
                and self.state.orbit.answer.number != self.state.orbit.asked.number))

    def abort(self):
        """Leave the descent for an orbit as soon as a way is found."""
        command_abort(&self.table, &self.state)

    @property
    def abort_plan(self):
        """Return the way to orbit that is flown, and the abort's state, by their C fields."""
        return {**self.state.orbit.flown, **self.state.abort}

    def retarget(self, double x, double y, double z, bint final, double heading_rad=NAN):
        """Move the touchdown target [m, site]; a final one lets the hover end.

        heading_rad is the azimuth of body x when upright; NaN leaves it as it is.
        """
        if not (finite(x) and finite(y) and finite(z)):
            raise ValueError(f"a site needs three finite coordinates, not {(x, y, z)}")
        set_target(&self.state, vec(x, y, z), heading_rad, final)

    def begin(self, int phase):
        """Start anew, with a row of the phase table instead of the first."""
        if not 0 <= phase < self.table.phases:
            raise ValueError(f"phase {phase} of {self.table.phases}")
        self.asked = INT64_MIN
        autopilot_start(&self.state, &self.table)
        self.state.phase = phase

    @property
    def phase(self):
        """Return the row of the phase table that is flown."""
        return self.state.phase

    @property
    def wants_scan(self):
        """Return whether the hover is still and a map is wanted."""
        return bool(self.state.wants_scan)

    @property
    def watch(self):
        """Return what guidance has noticed of its own ticks and of the thrusters.

        late_ticks that it missed, late_share of the last ones, shed: the `Shed` level; couples:
        bits of those that failed; shares and offset_nm: as estimated, for each axis.
        """
        return {
            "late_ticks": self.state.late_ticks, "late_share": self.state.late_share,
            "shed": self.state.shed, "couples": self.state.couples,
            "shares": [(self.state.axis[i].x[0], self.state.axis[i].x[1]) for i in range(3)],
            "offset_nm": [self.state.axis[i].x[2] for i in range(3)],
            "stuck": [self.state.axis[i].stuck for i in range(3)],
        }

    @property
    def site(self):
        """Return the touchdown target [m, site]."""
        return (self.state.site[0], self.state.site[1], self.state.site[2])


def blank_records():
    """Return one blank estimate and one blank command: their buffers have the structs' layout."""
    cdef Estimate e
    cdef GuidanceCommand c
    memset(&e, 0, sizeof(Estimate))
    memset(&c, 0, sizeof(GuidanceCommand))
    return (<Estimate[:1]> &e).copy(), (<GuidanceCommand[:1]> &c).copy()


def replay(
    AutopilotCore core, const Row[::1] rows, const int64_t[::1] target_ticks,
    const double[:, ::1] targets, const unsigned char[::1] final, GuidanceCommand[::1] commands,
    int64_t[:, ::1] times_ns,
):
    """Fly the recorded estimates through the autopilot again, and time it.

    times_ns takes, of each row, the time of the tick and that of the planning call after it [ns],
    0 where none was due.
    """
    cdef Py_ssize_t i, j = 0, n = rows.shape[0]
    cdef bint planned
    cdef Estimate e
    cdef int64_t start
    if targets.shape[1] != 4:
        raise ValueError("a target is x, y, z [m, site] and a heading [rad]")
    if commands.shape[0] < n or times_ns.shape[0] < n or times_ns.shape[1] != 2:
        raise ValueError("commands and times need a place for every row, times two")
    with nogil:
        for i in range(n):
            while j < target_ticks.shape[0] and target_ticks[j] <= rows[i].tick:
                set_target(
                    &core.state, vec(targets[j, 0], targets[j, 1], targets[j, 2]), targets[j, 3],
                    final[j])
                j += 1
            estimate_of_row(&rows[i], &e)
            start = now_ns()
            autopilot_tick(&core.table, &core.state, &e, rows[i].tick, &commands[i])
            times_ns[i, 0] = now_ns() - start
            start = now_ns()
            planned = core_plan(&core.state, core.room)
            times_ns[i, 1] = now_ns() - start if planned else 0


cdef struct PlanOutcome:
    int64_t plan_ns         # of the planning call; 0: nothing was asked
    int32_t steps           # Newton steps
    int32_t knot_steps      # interior-point steps
    int32_t link            # GuidanceMode that answers
    int32_t reason          # Reason why not the mode before; -1: nothing was asked
    double propellant_kg    # that the plan takes; NaN without one
    double time_s           # of flight


def blank_outcome():
    """Return one blank outcome of `plan_each`: its buffer has the struct's layout."""
    cdef PlanOutcome outcome
    memset(&outcome, 0, sizeof(PlanOutcome))
    return (<PlanOutcome[:1]> &outcome).copy()


cdef inline void take_answer(
    const PlannedDescent* answer, double mass_kg, PlanOutcome* outcome
) noexcept nogil:
    """What came of a planning call, from a state of this mass."""
    outcome.steps = answer.e.steps
    outcome.knot_steps = answer.knot_steps
    outcome.link = answer.link
    outcome.reason = answer.reason
    if answer.link != MODE_NONE:
        outcome.time_s = planned_time(answer)
    if answer.link == MODE_OPTIMAL:
        outcome.propellant_kg = mass_kg - answer.e.mass_final
    elif answer.link == MODE_CONSTRAINED:
        outcome.propellant_kg = answer.knots.propellant_kg


def plan_each(
    AutopilotCore core, int phase, const Estimate[::1] estimates, PlanOutcome[::1] outcomes,
):
    """Begin a phase in each of many states, and plan its descent."""
    cdef Py_ssize_t i, n = estimates.shape[0]
    cdef GuidanceCommand command
    cdef int64_t start
    if not 0 <= phase < core.table.phases:
        raise ValueError(f"phase {phase} of {core.table.phases}")
    if outcomes.shape[0] < n:
        raise ValueError("outcomes need a place for every state")
    with nogil:
        for i in range(n):
            autopilot_start(&core.state, &core.table)
            core.state.phase = phase
            autopilot_tick(&core.table, &core.state, &estimates[i], 0, &command)
            memset(&outcomes[i], 0, sizeof(PlanOutcome))
            outcomes[i].reason = -1
            outcomes[i].propellant_kg = outcomes[i].time_s = NAN
            start = now_ns()
            if core_plan(&core.state, core.room):
                outcomes[i].plan_ns = now_ns() - start
                take_answer(&core.state.planner.answer, estimates[i].mass_kg, &outcomes[i])


cdef void core_tick(
        const AutopilotTable* t, AutopilotState* s, const Estimate* e, int64_t tick,
        GuidanceCommand* command) noexcept nogil:
    autopilot_tick(t, s, e, tick, command)


cdef void core_start(
        const AutopilotTable* t, AutopilotState* s, bint has_site) noexcept nogil:
    autopilot_start(s, t)
    s.has_site = has_site
