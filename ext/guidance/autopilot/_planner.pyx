"""The planning task for other modules: compiled once, apart from the tick; called by pointer."""

from farside.ext.guidance.autopilot.planning cimport autopilot_plan
from farside.ext.guidance.autopilot.records cimport AutopilotState
from farside.ext.guidance.constrained.solver cimport SolverWorkspace


cdef size_t core_room_bytes() noexcept nogil:
    return sizeof(SolverWorkspace)


cdef bint core_plan(AutopilotState* s, void* room) noexcept nogil:
    return autopilot_plan(s, <SolverWorkspace*> room)
