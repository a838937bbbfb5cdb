"""What of the flight software survives a reset: a copy of estimate and guidance, and its tick.

Written every so many ticks, and at once where a new row begins or the target moves; never while the
computer is away. After a reset both go on from it: navigation bridges the time since
(ext/navigation/bridge.pxd), guidance counts it as ticks that it missed. A plan that was flown, or
asked for, is forgotten.
"""

from libc.stdint cimport int32_t, int64_t

from farside.ext.guidance.autopilot.records cimport AutopilotState
from farside.ext.guidance.autopilot.row_plan cimport forget_plan
from farside.ext.navigation.state cimport Navigator


cdef struct Checkpoint:
    int64_t tick                # -1: none was written
    AutopilotState pilot
    Navigator navigator


cdef inline bint checkpoint_due(
        const Checkpoint* c, const AutopilotState* s, int64_t tick, int32_t every) noexcept nogil:
    """Whether one is to be written after this tick's command."""
    cdef int i
    if every <= 0:
        return False
    if c.tick < 0 or tick - c.tick >= every or s.phase != c.pilot.phase or (
            s.has_site != c.pilot.has_site):
        return True
    for i in range(3):
        if s.site[i] != c.pilot.site[i]:
            return True
    return False


cdef inline void write_checkpoint(
        Checkpoint* c, const AutopilotState* s, const Navigator* nav, int64_t tick) noexcept nogil:
    c.pilot = s[0]
    c.navigator = nav[0]
    c.tick = tick


cdef inline void resume_pilot(const Checkpoint* c, AutopilotState* s) noexcept nogil:
    """Go on from a checkpoint that was written."""
    s[0] = c.pilot
    forget_plan(&s.planner)
