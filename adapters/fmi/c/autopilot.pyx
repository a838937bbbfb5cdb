"""The autopilot's FMU: tick and planning behind the functions of model.h.

Compiled alone and without Python: everything here is C once the linker has dropped the rest.
"""

from libc.math cimport NAN
from libc.stdint cimport int32_t, int64_t, uint32_t
from libc.string cimport memcmp, memcpy, memset

from farside.ext.guidance.autopilot.tick cimport (
    autopilot_start, autopilot_tick, command_abort, set_target, tick_possible,
)
from farside.ext.guidance.autopilot.state_check cimport state_sound
from farside.ext.guidance.autopilot.planning cimport autopilot_plan
from farside.ext.guidance.constrained.solver cimport SolverWorkspace
from farside.ext.guidance.autopilot.records cimport AutopilotState, AutopilotTable
from farside.ext.guidance.records.command cimport Estimate, GuidanceCommand
from farside.ext.guidance.autopilot.table_check cimport table_fault
from farside.ext.common.types cimport LanderState
from farside.ext.common.vector cimport finite, vec_finite, vec_from


cdef enum:
    # reals: inputs, then outputs
    R_SITE = 0
    V_SITE = 3
    Q_SITE_BODY = 6
    OMEGA_BODY = 10
    MASS = 13
    ACCEL = 14
    HEIGHT = 15
    TARGET = 16
    TARGET_HEADING = 19
    HEIGHT_SIGMA = 20
    DIRECTION = 21
    THRUST = 24
    TORQUE = 25
    REFERENCE = 28
    HEADING = 32
    TIME_TO_GO = 33
    REALS = 34
    # integers and booleans
    HEIGHT_VALID = 0
    CONTACT = 1
    REST = 2
    TARGET_FINAL = 3
    ABORT = 4
    PHASE = 5
    STATUS = 6
    LINK = 7
    REASON = 8
    WANTS_SCAN = 9
    STAGE = 10
    ABORT_STEP = 11
    WHOLES = 12
    # what model.h asks for
    MODEL_KIND = 1
    REAL_INPUTS = DIRECTION
    WHOLE_INPUTS = PHASE


cdef struct PilotTable:
    AutopilotTable table
    LanderState start           # where the mission's flight begins: start values of the inputs


cdef struct Pilot:
    AutopilotState state
    int64_t tick
    double target[4]            # site and heading last aimed at
    int32_t final
    int32_t aimed


cdef void show(
        const GuidanceCommand* c, const Pilot* p, double* real, int32_t* whole) noexcept nogil:
    """Put a command into the outputs."""
    memcpy(&real[DIRECTION], c.direction_site, sizeof(c.direction_site))
    real[THRUST] = c.thrust_n
    memcpy(&real[TORQUE], c.torque_nm, sizeof(c.torque_nm))
    memcpy(&real[REFERENCE], c.q_site_body, sizeof(c.q_site_body))
    real[HEADING] = c.heading_rad
    real[TIME_TO_GO] = c.time_to_go_s
    whole[PHASE] = c.phase
    whole[STATUS] = c.status
    whole[LINK] = c.link
    whole[REASON] = c.reason
    whole[WANTS_SCAN] = p.state.wants_scan
    whole[STAGE] = c.stage
    whole[ABORT_STEP] = c.abort


ctypedef PilotTable ModelTable
ctypedef Pilot ModelState
ctypedef SolverWorkspace ModelWork

include "model.pxi"
include "plain.pxi"


cdef public int model_extent(uint32_t at) noexcept nogil:
    if (
            at == R_SITE or at == V_SITE or at == OMEGA_BODY or at == TARGET
            or at == DIRECTION or at == TORQUE
    ):
        return 3
    return 4 if at == Q_SITE_BODY or at == REFERENCE else 1


cdef public int model_fits(const void* block, size_t count) noexcept nogil:
    """Whether a block is an autopilot's table of this version."""
    cdef const PilotTable* t = <const PilotTable*> block
    return count == sizeof(PilotTable) and table_fault(&t.table) == 0


cdef public int model_state_fits(const void* block, const void* state) noexcept nogil:
    """Whether a state can be flown on with."""
    cdef const Pilot* p = <const Pilot*> state
    return tick_possible(p.tick) and state_sound(&(<const PilotTable*> block).table, &p.state)


cdef public void model_begin(
        const void* block, const void* table, void* state, double* real,
        int32_t* whole) noexcept nogil:
    """Start values of the inputs: the mission's first state, and its site as the target."""
    cdef const PilotTable* t = <const PilotTable*> table
    memcpy(&real[R_SITE], t.start.r_site, sizeof(t.start.r_site))
    memcpy(&real[V_SITE], t.start.v_site, sizeof(t.start.v_site))
    memcpy(&real[Q_SITE_BODY], t.start.q_site_body, sizeof(t.start.q_site_body))
    memcpy(&real[OMEGA_BODY], t.start.omega_body, sizeof(t.start.omega_body))
    real[MASS] = t.start.mass_kg
    real[ACCEL] = real[HEIGHT] = 0.0
    real[TARGET] = real[TARGET + 1] = real[TARGET + 2] = 0.0
    real[TARGET_HEADING] = t.table.heading_rad
    whole[HEIGHT_VALID] = whole[CONTACT] = whole[REST] = 0
    whole[TARGET_FINAL] = 1
    whole[ABORT] = 0


cdef public void model_start(
        const void* block, const void* table, void* state, void* room, double* real,
        int32_t* whole) noexcept nogil:
    """Go to before the first tick."""
    cdef const PilotTable* t = <const PilotTable*> table
    cdef Pilot* p = <Pilot*> state
    memset(p, 0, sizeof(Pilot))
    autopilot_start(&p.state, &t.table)
    p.target[3] = t.table.heading_rad
    show(&p.state.last, p, real, whole)


cdef public void model_step(
        const void* block, const void* table, void* state, void* room, double* real,
        int32_t* whole, int64_t ticks) noexcept nogil:
    """One tick from the estimate in the inputs, and the planning that it asks for."""
    cdef const PilotTable* t = <const PilotTable*> table
    cdef Pilot* p = <Pilot*> state
    cdef Estimate e
    cdef GuidanceCommand command
    # A target moves when its inputs do; one that is not finite is no target.
    if (
        vec_finite(vec_from(&real[TARGET])) and finite(real[TARGET_HEADING])
        and (not p.aimed or p.final != whole[TARGET_FINAL]
             or memcmp(p.target, &real[TARGET], sizeof(p.target)) != 0)
    ):
        # A heading that stays is left as it is, to the bit.
        set_target(
            &p.state, vec_from(&real[TARGET]),
            NAN if p.target[3] == real[TARGET_HEADING] else real[TARGET_HEADING],
            whole[TARGET_FINAL] != 0)
        p.aimed = 1
        p.final = whole[TARGET_FINAL]
        memcpy(p.target, &real[TARGET], sizeof(p.target))
    memcpy(e.r_site, &real[R_SITE], sizeof(e.r_site))
    memcpy(e.v_site, &real[V_SITE], sizeof(e.v_site))
    memcpy(e.q_site_body, &real[Q_SITE_BODY], sizeof(e.q_site_body))
    memcpy(e.omega_body, &real[OMEGA_BODY], sizeof(e.omega_body))
    e.mass_kg = real[MASS]
    e.accel_mps2 = real[ACCEL]
    e.height_m = real[HEIGHT] if whole[HEIGHT_VALID] else NAN
    e.height_sigma_m = real[HEIGHT_SIGMA]
    e.contact = whole[CONTACT] != 0
    e.rest = whole[REST] != 0
    if whole[ABORT]:
        command_abort(&t.table, &p.state)
    autopilot_tick(&t.table, &p.state, &e, p.tick, &command)
    autopilot_plan(&p.state, <SolverWorkspace*> room)
    p.tick += 1
    show(&command, p, real, whole)
