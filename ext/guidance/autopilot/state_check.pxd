"""Whether a state from outside can be flown on: every index inside its array, every count bounded.

A state is the library's own, and no tick makes one that fails here. A host may overwrite it, and a
saved one may come back from a file: its numbers are then any at all. What is not finite among them
ends in a command that is not, which the tick undoes (tick.pxd); what would be an index, a count of
work or a time is looked at here.
"""

from libc.stdint cimport int32_t, int64_t
from libc.string cimport memset

from farside.ext.guidance.autopilot._codes cimport SHED_PLANS, STATUS_BAD_INPUT
from farside.ext.guidance.autopilot.records cimport AutopilotState, AutopilotTable
from farside.ext.guidance.autopilot.tick cimport command_finite, fail_safe_hold, tick_possible
from farside.ext.guidance.autopilot.table_check cimport MOST_COUNT, MOST_PLANS
from farside.ext.guidance.records.abort cimport AbortPlan, AbortPlanner, AbortState
from farside.ext.guidance.records.command cimport GuidanceCommand
from farside.ext.guidance.records.plan cimport BRAKING_PARTS, Extremal, Planner


cdef enum:
    COUNT_MOST = 1 << 30    # of anything that is added up by one a tick
    CODE_MOST = 255         # of a code that is compared, or told in a byte


cdef inline bint count_sound(int32_t count) noexcept nogil:
    return -1 <= count <= COUNT_MOST


cdef inline bint number_sound(int64_t number) noexcept nogil:
    return number >= 0 and tick_possible(number)


cdef inline bint code_sound(int32_t code) noexcept nogil:
    return 0 <= code <= CODE_MOST


cdef inline bint extremal_sound(const Extremal* e) noexcept nogil:
    return 0 <= e.unknowns <= CODE_MOST and 0 <= e.most_steps <= MOST_COUNT and 0 <= e.steps


cdef inline bint planner_sound(const Planner* p) noexcept nogil:
    """What the planning task counts by, and what the tick reads of its answers."""
    return (
        number_sound(p.asked.number) and tick_possible(p.asked.tick)
        and 0 <= p.asked.most_steps <= MOST_COUNT and 0 <= p.asked.knot_steps <= MOST_COUNT
        and 0 <= p.asked.tries <= MOST_PLANS and extremal_sound(&p.asked.near)
        and number_sound(p.answer.number) and tick_possible(p.answer.tick)
        and code_sound(p.answer.link) and code_sound(p.answer.reason)
        and code_sound(p.answer.within) and extremal_sound(&p.answer.e)
        and number_sound(p.flown.number) and tick_possible(p.flown.tick)
        and code_sound(p.flown.link) and code_sound(p.flown.reason)
        and code_sound(p.flown.within) and extremal_sound(&p.flown.e)
        and -1 <= p.goal <= CODE_MOST and code_sound(p.refused))


cdef inline bint way_sound(const AbortPlan* p) noexcept nogil:
    return number_sound(p.number) and tick_possible(p.tick) and code_sound(p.way)


cdef inline bint orbit_sound(const AbortPlanner* p) noexcept nogil:
    return (
        number_sound(p.asked.number) and tick_possible(p.asked.tick) and code_sound(p.asked.step)
        and way_sound(&p.asked.near) and way_sound(&p.answer) and way_sound(&p.flown))


cdef inline bint abort_sound(const AbortState* a) noexcept nogil:
    return (
        code_sound(a.step) and code_sound(a.cause) and code_sound(a.way) and 0 <= a.staged <= 1
        and count_sound(a.out_ticks) and count_sound(a.nowhere) and count_sound(a.looks)
        and tick_possible(a.lit_tick) and tick_possible(a.part_tick) and tick_possible(a.cut_tick)
        and tick_possible(a.out_since))


cdef inline bint counts_sound(const AutopilotState* s) noexcept nogil:
    """What ticks count: late ticks, windows, contacts."""
    cdef int i
    for i in range(3):
        if not (
                count_sound(s.axis[i].off) and -1 <= s.axis[i].stuck <= 1
                and code_sound(s.axis[i].fitted)):
            return False
    return (
        number_sound(s.late_ticks) and 0 <= s.shed <= SHED_PLANS
        and count_sound(s.step_ticks) and count_sound(s.longer_steps)
        and count_sound(s.least_longer) and count_sound(s.window_ticks)
        and 0 <= s.couples <= COUNT_MOST and count_sound(s.touch.tracks)
        and count_sound(s.touch.carried) and count_sound(s.touch.free_ticks))


cdef inline bint state_sound(const AutopilotTable* t, const AutopilotState* s) noexcept nogil:
    """Whether a state can be flown on with a table."""
    return (
        0 <= s.phase < t.phases + 2 and 0 <= s.braking_part < BRAKING_PARTS
        and code_sound(s.link) and code_sound(s.reason) and code_sound(s.last.status)
        and tick_possible(s.phase_tick) and tick_possible(s.target_tick) and tick_possible(s.tick)
        and tick_possible(s.engine_tick) and tick_possible(s.braking_tick)
        and tick_possible(s.initiation_tick) and tick_possible(s.point_tick)
        and counts_sound(s) and abort_sound(&s.abort) and planner_sound(&s.planner)
        and orbit_sound(&s.orbit))


cdef inline void hold_anyhow(
        const AutopilotTable* t, AutopilotState* s, GuidanceCommand* out) noexcept nogil:
    """The last command of a state that cannot be; engine off and upright where that cannot be.

    Its row and its codes are some that there are: a host may index by them.
    """
    cdef double most = max(t.thrust_max_n, t.upper.thrust_n)
    if command_finite(&s.last) and 0.0 <= s.last.thrust_n <= most:
        fail_safe_hold(s, out)
        out.phase = s.last.phase if 0 <= s.last.phase < t.phases + 2 else 0
        out.stage = s.last.stage == 1
        out.link = out.link if code_sound(out.link) else 0
        out.reason = out.reason if code_sound(out.reason) else 0
        out.abort = out.abort if code_sound(out.abort) else 0
        return
    memset(out, 0, sizeof(GuidanceCommand))
    out.direction_site[2] = out.q_site_body[0] = 1.0
    out.status = STATUS_BAD_INPUT
