"""Whether a lander's flight that comes from outside can be gone on with.

A flight is the library's own. A saved one may come back from a file: its numbers are then any at
all. What would be an index, a count or a difference of ticks is looked at here; what is no number
ends in a lander that is lost, as in flight.
"""

from libc.stdint cimport int32_t, int64_t

from farside.ext.common.measurements cimport LEG_SWITCHES, VELOCITY_BEAMS, Measurements
from farside.ext.common.random cimport Stream
from farside.ext.dynamics.plant cimport Plant
from farside.ext.faults.measurement cimport FaultState
from farside.ext.faults.table cimport FAULTS_MAX, LINES_MAX, LINE_TICKS
from farside.ext.loop.lander cimport LanderFlight, LanderTable
from farside.ext.navigation.guarded_check cimport flown_sound, navigator_sound, tick_sound
from farside.ext.sensors.records cimport Sensors, Switches
from farside.ext.sensors.reports cimport QUEUE, Queue


cdef enum:
    COUNT_MOST = 1 << 30        # of anything that is added up by one a tick
    WORDS = 4                   # of a stream's block
    BEAM_SETS = 2               # braking, landing


cdef inline bint counted(int32_t count) noexcept nogil:
    return -1 <= count <= COUNT_MOST


cdef inline bint stream_sound(const Stream* s) noexcept nogil:
    return 0 <= s.left <= WORDS


cdef inline bint queue_sound(const Queue* q) noexcept nogil:
    """Whether the reports under way stand in their ring."""
    cdef int i
    if not (0 <= q.first < QUEUE and 0 <= q.count <= QUEUE):
        return False
    for i in range(QUEUE):
        if not (tick_sound(q.report[i].tick) and 0 <= q.report[i].set < BEAM_SETS):
            return False
    return True


cdef inline bint switches_sound(const Switches* s) noexcept nogil:
    cdef int i
    for i in range(LEG_SWITCHES):
        if not (counted(s.moved_ticks[i]) and counted(s.differs_ticks[i])):
            return False
    return stream_sound(&s.stream)


cdef inline bint sensors_sound(const Sensors* s) noexcept nogil:
    """Streams, beams and reports under way."""
    cdef int i
    for i in range(5):
        if not stream_sound(&s.drift[i]):
            return False
    for i in range(VELOCITY_BEAMS):
        if not tick_sound(s.beam_from[i]):
            return False
    return (
        stream_sound(&s.imu) and stream_sound(&s.star) and stream_sound(&s.ranging)
        and stream_sound(&s.velocity) and stream_sound(&s.height) and stream_sound(&s.outage)
        and 0 <= s.set < BEAM_SETS and tick_sound(s.star_from) and tick_sound(s.range_from)
        and queue_sound(&s.stars) and queue_sound(&s.ranges) and queue_sound(&s.velocities)
        and queue_sound(&s.heights) and switches_sound(&s.switches))


cdef inline bint measured_sound(const Measurements* m) noexcept nogil:
    return (
        tick_sound(m.imu_tick) and tick_sound(m.star_tick) and tick_sound(m.range_tick)
        and tick_sound(m.velocity_tick) and tick_sound(m.height_tick))


cdef inline bint faults_sound(const FaultState* s) noexcept nogil:
    """When faults began, and the readings that a late one gives."""
    cdef int i, j
    for i in range(FAULTS_MAX):
        if not (
                flown_sound(s.clock.begun[i]) and counted(s.readings[i])
                and stream_sound(&s.stream[i]) and tick_sound(s.held[i].tag)):
            return False
    for i in range(LINES_MAX):
        for j in range(LINE_TICKS):
            if not tick_sound(s.line[i].reading[j].tag):
                return False
    return True


cdef inline bint plant_sound(const Plant* p) noexcept nogil:
    return (
        flown_sound(p.tick) and tick_sound(p.touchdown_tick) and counted(p.quiet_ticks)
        and counted(p.far_ticks) and counted(p.engine.ignition_left))


cdef inline bint lander_sound(const LanderTable* t, const LanderFlight* f) noexcept nogil:
    """Whether a flight can be gone on with; only a lander with an ascent stage has parted it."""
    cdef int64_t parted = t.upper.mass_full_kg > 0.0
    return (
        f.tick >= 0 and flown_sound(f.tick) and 0 <= f.staged <= parted
        and plant_sound(&f.plant) and sensors_sound(&f.sensors)
        and navigator_sound(&f.navigator) and measured_sound(&f.measured)
        and faults_sound(&f.faults))
