"""The autopilot as an object, for the closed loop to hold without a call through Python."""

from libc.stdint cimport int64_t

from farside.ext.guidance.autopilot.records cimport AutopilotState, AutopilotTable
from farside.ext.guidance.records.command cimport Estimate, GuidanceCommand


cdef class AutopilotCore:
    cdef AutopilotTable table
    cdef AutopilotState state
    cdef void* room         # a SolverWorkspace to plan in; holds nothing between calls
    cdef int64_t asked      # the last tick that Python asked for, bad input included


# The tick for other modules: compiled once, called by pointer.
cdef void core_tick(
    const AutopilotTable* t, AutopilotState* s, const Estimate* e, int64_t tick,
    GuidanceCommand* command) noexcept nogil


# As before the first tick; has_site: the site of the table stands.
cdef void core_start(const AutopilotTable* t, AutopilotState* s, bint has_site) noexcept nogil
