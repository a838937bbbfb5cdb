"""The closed loop: what a flight holds."""

from libc.stdint cimport int64_t

from farside.ext.common.telemetry cimport Row
from farside.ext.ground._ground cimport GroundModel
from farside.ext.guidance.autopilot._autopilot cimport AutopilotCore
from farside.ext.guidance.records.command cimport Estimate, GuidanceCommand
from farside.ext.loop._deadline cimport Metronome
from farside.ext.loop._lander cimport LanderModel
from farside.ext.loop.checkpoint cimport Checkpoint
from farside.ext.loop.deadline cimport Beat
from farside.ext.loop.lander cimport LanderFlight


cdef class ClosedLoop:
    cdef LanderModel lander
    cdef GroundModel ground
    cdef AutopilotCore autopilot
    cdef LanderFlight f
    cdef GuidanceCommand command
    cdef Row[::1] rows
    cdef int64_t contact_tick
    cdef bint site_loaded       # the site stands from before the flight: none is chosen in it
    cdef Checkpoint kept
    cdef int64_t resumed_tick   # of the last reset that a checkpoint was there for; -1: none
    cdef int64_t resumed_age
    cdef bint guided            # whether guidance runs in this tick
    cdef public bint timed      # whether the clock is read about each tick; else a row has 0 ns
    cdef public bint scans      # whether the autopilot's wish for a map stops the wheel
    cdef public int plan_after  # ticks that the planning task takes; negative: it never answers
    cdef public Metronome metronome     # None: as fast as it goes

    cdef int turn(self, int64_t ticks) noexcept nogil
    cdef int turn_by_clock(self, int64_t ticks, Beat* beat) noexcept nogil
    cdef int due(self) noexcept nogil
    cdef void one_tick(self) noexcept nogil
    cdef void resume(self) noexcept nogil
    cdef int decide(self, const Estimate* e) noexcept nogil
    cdef void record(self, Row* row, const Estimate* e) noexcept nogil
