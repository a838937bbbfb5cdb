"""The autopilot as an object, for the closed loop to hold without a call through Python."""

from farside.ext.autopilot_records cimport AutopilotState, AutopilotTable


cdef class AutopilotCore:
    cdef AutopilotTable table
    cdef AutopilotState state
