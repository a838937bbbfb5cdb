"""The autopilot as an object, for the closed loop to hold without a call through Python."""

from farside.ext.autopilot_records cimport AutopilotState, AutopilotTable
from farside.ext.constrained cimport Room


cdef class AutopilotCore:
    cdef AutopilotTable table
    cdef AutopilotState state
    cdef Room room          # to plan in; holds nothing between calls
