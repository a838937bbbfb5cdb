"""Faults as data: the table of a flight, and when each of its rows begins and ends.

A row names a unit, a part of it, how it fails, how much, when it begins and how long it lasts. It
begins at a tick, at the first tick with the base lower than a height above the ground, with the
tick at which the autopilot starts a row of its phase table, or at an event: the command that stops
the engine after it burned, the tick that parts the stages, the first tick at which a footpad or the
body stands on the ground. A beginning is latched: it comes once.
"""

from libc.math cimport INFINITY
from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t


cdef enum:
    FAULTS_MAX = 16
    LINES_MAX = 4           # rows of kind LATE
    LINE_TICKS = 256        # more than a reading may be late
    NOT_BEGUN = -1
    SLOTS_MAX = 1024        # rows of a mission file: a row's slot keys its stream
    FAULT_STREAM = 65536    # + slot: of spikes, noise and lost ticks


cdef enum FaultUnit:
    UNIT_IMU = 1
    UNIT_ACCELEROMETER = 2
    UNIT_GYRO = 3
    UNIT_ALTIMETER = 4
    UNIT_VELOCIMETER = 5
    UNIT_STAR_TRACKER = 6
    UNIT_HEIGHT = 7
    UNIT_CONTACT = 8
    UNIT_LIDAR = 9          # its faults are on the image: flight/lidar_faults.py
    UNIT_ENGINE = 10
    UNIT_THRUSTER = 11
    UNIT_LEG = 12
    UNIT_COMPUTER = 13
    UNIT_CAMERA = 14        # on the image, as the lidar's: flight/camera_faults.py


cdef enum FaultKind:
    # Of a measurement
    KIND_SILENT = 1
    KIND_STUCK = 2          # of the engine: the throttle
    KIND_ZERO = 3
    KIND_BIAS = 4
    KIND_DRIFT = 5
    KIND_SCALE = 6
    KIND_SPIKE = 7
    KIND_NOISE = 8
    KIND_SATURATED = 9
    KIND_LATE = 10
    KIND_DUPLICATED = 11
    KIND_SIGN = 12
    KIND_FLAG = 13
    KIND_MISALIGNED = 14
    # Of the plant
    KIND_STUCK_ON = 15
    KIND_STUCK_OFF = 16
    KIND_WEAK = 17
    KIND_NO_START = 18
    KIND_CUT = 19
    KIND_NOZZLE_LOST = 20
    KIND_LOST = 21
    # Of the computer
    KIND_STOLEN = 22
    KIND_RESTART = 23
    KIND_RESET = 24
    # Of a measurement, later
    KIND_PINNED = 25
    KIND_WEAK_ECHO = 26     # of a range
    KIND_SHIFTED = 27       # of an image


cdef enum FaultBegin:
    BEGIN_TICK = 0
    BEGIN_BELOW = 1
    BEGIN_PHASE = 2
    BEGIN_EVENT = 3


cdef enum FaultEvent:
    EVENT_CUTOFF = 1
    EVENT_SEPARATION = 2
    EVENT_CONTACT = 3


cdef struct FaultRow:
    int32_t unit
    uint32_t parts          # that fail, a bit each; ALL_PARTS, every bit: the unit as a whole
    int32_t kind
    int32_t begin           # FaultBegin
    int32_t from_tick       # BEGIN_TICK
    int32_t phase           # BEGIN_PHASE: row of the phase table
    int32_t event           # BEGIN_EVENT: FaultEvent
    double below_m          # BEGIN_BELOW: true height of the base above the ground
    int32_t ticks           # that it lasts; 0: to the end
    int32_t enabled
    int32_t slot            # number in the mission file, from 0
    int32_t line            # LATE: which delay line
    # In what the measurement is in (an increment, for the inertial unit). NOISE: 1 sigma that is
    # added: of accelerometers and gyros, or of the star tracker about its boresight and across.
    # LATE: ticks. Shares from 0 to 1.
    double value[2]


cdef struct FaultTable:
    int32_t count
    int32_t reserved
    uint64_t seed           # of the flight's streams
    FaultRow row[FAULTS_MAX]


cdef struct FaultClock:
    int64_t begun[FAULTS_MAX]   # tick; NOT_BEGUN
    int64_t lit                 # the engine has been told to burn


cdef inline bint faults_valid(const FaultTable* t) noexcept nogil:
    """Whether a table's counts stay inside its arrays."""
    cdef int i
    if not 0 <= t.count <= FAULTS_MAX:
        return False
    for i in range(t.count):
        if not (
            0 <= t.row[i].line < LINES_MAX and 0 <= t.row[i].slot < SLOTS_MAX
            and (t.row[i].kind != KIND_LATE or 1.0 <= t.row[i].value[0] < LINE_TICKS - 1)
        ):
            return False
    return True


cdef inline void clock_start(FaultClock* c) noexcept nogil:
    cdef int i
    for i in range(FAULTS_MAX):
        c.begun[i] = NOT_BEGUN
    c.lit = 0


cdef inline bint height_awaited(const FaultTable* t, const FaultClock* c) noexcept nogil:
    """Whether a row still waits for a height: what costs a look at the ground in each tick."""
    cdef int i
    for i in range(t.count):
        if t.row[i].begin == BEGIN_BELOW and c.begun[i] == NOT_BEGUN:
            return True
    return False


cdef inline void latch(
        const FaultTable* t, FaultClock* c, int64_t tick, double height_m,
        int32_t phase) noexcept nogil:
    """Note which rows begin at a tick; infinite heights and negative phases begin none."""
    cdef int i
    cdef const FaultRow* row
    for i in range(t.count):
        row = &t.row[i]
        if c.begun[i] != NOT_BEGUN or not row.enabled:
            continue
        if row.begin == BEGIN_TICK:
            if tick >= row.from_tick:
                c.begun[i] = tick
        elif row.begin == BEGIN_BELOW:
            if height_m < row.below_m:
                c.begun[i] = tick
        elif row.begin == BEGIN_PHASE and phase == row.phase:
            c.begun[i] = tick


cdef inline void latch_phase(
        const FaultTable* t, FaultClock* c, int64_t tick, int32_t phase) noexcept nogil:
    """Note which rows begin with the phase of the command that is flown from this tick on."""
    latch(t, c, tick, INFINITY, phase)


cdef inline void latch_event(
        const FaultTable* t, FaultClock* c, int64_t tick, int32_t event) noexcept nogil:
    """Note which rows begin with an event."""
    cdef int i
    for i in range(t.count):
        if t.row[i].begin == BEGIN_EVENT and t.row[i].event == event and t.row[i].enabled and (
                c.begun[i] == NOT_BEGUN):
            c.begun[i] = tick


cdef inline void latch_command(
        const FaultTable* t, FaultClock* c, int64_t tick, double thrust_n, bint parts
        ) noexcept nogil:
    """Note which rows begin with the command of thrust that is flown from this tick on."""
    if thrust_n > 0.0:
        c.lit = 1
    elif c.lit:
        latch_event(t, c, tick, EVENT_CUTOFF)
    if parts:
        latch_event(t, c, tick, EVENT_SEPARATION)


cdef inline bint active(
        const FaultTable* t, const FaultClock* c, int i, int64_t tick) noexcept nogil:
    """Whether row i is failing at a tick: from its beginning, for as long as it lasts."""
    return c.begun[i] != NOT_BEGUN and (
        t.row[i].ticks <= 0 or tick < c.begun[i] + t.row[i].ticks)


cdef inline bint measures(int32_t unit) noexcept nogil:
    """Whether a unit's readings are in `Measurements`."""
    return UNIT_IMU <= unit <= UNIT_CONTACT
