"""The planning task, in a room of so many bytes that holds nothing between calls."""

from farside.ext.guidance.autopilot.records cimport AutopilotState


cdef size_t core_room_bytes() noexcept nogil
cdef bint core_plan(AutopilotState* s, void* room) noexcept nogil
