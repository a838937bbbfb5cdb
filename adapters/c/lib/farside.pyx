"""The autopilot as a C library: the entry points that farside.h declares, and nothing else.

This is no extension module: build.py takes the functions out of what Cython makes of it, and
the linker drops all that would need Python. Module-level variables would be filled by an import
that never comes, so there are none. The kernels are the extension's own, header-only, in this one
translation unit.
"""

from libc.stdint cimport int64_t, uint32_t
from libc.string cimport memset

from farside.ext.guidance.autopilot.tick cimport (
    autopilot_start, autopilot_tick, command_abort, set_target,
)
from farside.ext.guidance.autopilot.state_check cimport (
    hold_anyhow, orbit_sound, planner_sound, state_sound,
)
from farside.ext.guidance.autopilot.planning cimport autopilot_plan
from farside.ext.guidance.autopilot.records cimport TABLE_VERSION, AutopilotState, AutopilotTable
from farside.ext.guidance.records.command cimport Estimate, GuidanceCommand
from farside.ext.guidance.constrained.solver cimport SolverWorkspace
from farside.ext.guidance.autopilot.table_check cimport table_fault
from farside.ext.common.vector cimport finite, vec_from


cdef extern from "farside.h":
    ctypedef struct farside_table:
        pass
    ctypedef struct farside_state:
        pass
    ctypedef struct farside_estimate:
        pass
    ctypedef struct farside_command:
        pass
    ctypedef struct farside_room:
        pass


cdef public uint32_t farside_version() noexcept nogil:
    return TABLE_VERSION


cdef public size_t farside_state_size() noexcept nogil:
    return sizeof(AutopilotState)


cdef public int farside_check(const farside_table* table) noexcept nogil:
    return table_fault(<const AutopilotTable*> table)


cdef public void farside_start(farside_state* state, const farside_table* table) noexcept nogil:
    memset(state, 0, sizeof(AutopilotState))
    autopilot_start(<AutopilotState*> state, <const AutopilotTable*> table)


cdef public int farside_begin(
        farside_state* state, const farside_table* table, int phase) noexcept nogil:
    farside_start(state, table)
    if not 0 <= phase < (<const AutopilotTable*> table).phases:
        return 0
    (<AutopilotState*> state).phase = phase
    return 1


cdef public int farside_state_fits(
        const farside_table* table, const farside_state* state) noexcept nogil:
    return state_sound(<const AutopilotTable*> table, <const AutopilotState*> state)


cdef public void farside_tick(
        const farside_table* table, farside_state* state, const farside_estimate* estimate,
        int64_t tick, farside_command* command) noexcept nogil:
    cdef const AutopilotTable* t = <const AutopilotTable*> table
    cdef AutopilotState* s = <AutopilotState*> state
    if not 0 <= s.phase < t.phases + 2:
        # A state that was never started, or was overwritten.
        hold_anyhow(t, s, <GuidanceCommand*> command)
        return
    autopilot_tick(t, s, <const Estimate*> estimate, tick, <GuidanceCommand*> command)


cdef public int farside_wants_plan(const farside_state* state) noexcept nogil:
    cdef const AutopilotState* s = <const AutopilotState*> state
    return (s.planner.asked.open != 0 and s.planner.answer.number != s.planner.asked.number) or (
        s.orbit.asked.open != 0 and s.orbit.answer.number != s.orbit.asked.number)


cdef public int farside_plan(farside_state* state, farside_room* room) noexcept nogil:
    cdef AutopilotState* s = <AutopilotState*> state
    if not (planner_sound(&s.planner) and orbit_sound(&s.orbit)):
        return 0
    return autopilot_plan(s, <SolverWorkspace*> room)


cdef public void farside_abort(
        farside_state* state, const farside_table* table) noexcept nogil:
    command_abort(<const AutopilotTable*> table, <AutopilotState*> state)


cdef public int farside_wants_scan(const farside_state* state) noexcept nogil:
    return (<const AutopilotState*> state).wants_scan != 0


cdef public void farside_aim(
        farside_state* state, const double* site, double heading_rad, int final) noexcept nogil:
    if finite(site[0]) and finite(site[1]) and finite(site[2]):
        set_target(<AutopilotState*> state, vec_from(site), heading_rad, final != 0)
