"""Whether the descent is to be left: by command, or because it does not end in a landing any more.

Once a second, and at 10 Hz while the engine gives nothing, with h the height, w the speed
downwards, v all of it, m the mass, F full thrust as measured, c the exhaust speed, m_d the mass
with the tank empty:

    stop(w)     height that full thrust straight up takes to stop: w^2 / (2 (F / m - g')), 1/0
                where it cannot; of an ascent stage after its delay, and after the turn upright. g'
                is g, and for FALL g - u^2 / r with u the speed across: what moves fast falls less
    PROPELLANT  c ln(m / m_d) < propellant_margin sqrt(v^2 + 2 g h) + reserve_s g
    FALL        h < stop_margin stop(w) of the descent engine
    ENGINE      it gives nothing, for engine_out_s where an ascent stage waits, or
                h - least_height_m < staging_margin stop(w) of the stage that is to stop the fall

The least speed that brings a lander down to rest is the root (an impulse at the ground), so that no
lander lands with less. Each of them counts at the second look in a row: one bad reading of an
accelerometer is no dead engine. A cause asks the
planning task for a way to orbit; where there is none, and no landing either, least harm is flown. A
command without a way asks again each second, later more rarely, and the descent goes on.
"""

from libc.math cimport sqrt
from libc.stdint cimport int32_t, int64_t

from farside.ext.common.elementary cimport log_of
from farside.ext.common.types cimport TICK_HZ
from farside.ext.common.vector cimport (
    Vec3, dot, norm, quat_from, rotate, unit, vec, vec_from,
)
from farside.ext.guidance.autopilot._codes cimport (
    CAUSE_COMMAND, CAUSE_ENGINE, CAUSE_FALL, CAUSE_NONE, CAUSE_PROPELLANT, LAW_OFF,
)
from farside.ext.guidance.autopilot.abort_flight cimport (
    begin_abort, begin_least_harm, from_centre, height_of, look_at_engine, post_abort,
    take_abort_answer, time_to_ask,
)
from farside.ext.guidance.autopilot.abort_plan cimport RISE_RAD, angle_between, stop_height
from farside.ext.guidance.autopilot.cutoff cimport climb_rate
from farside.ext.guidance.autopilot.records cimport AutopilotState, AutopilotTable, crossed
from farside.ext.guidance.records.abort cimport AbortState
from farside.ext.guidance.records.command cimport Estimate


cdef extern from *:
    """
    #define ANSWER_S 0.2            /* two guidance ticks: a request and its answer */
    """
    const double ANSWER_S


cdef enum:
    LOOKS = 2               # on end, for what a single estimate may say


cdef inline bint engine_lost(
        const AutopilotTable* t, const AutopilotState* s, const Estimate* e, double height_m,
        double sink_mps, double g) noexcept nogil:
    """Whether an engine that gives nothing need not be waited for."""
    cdef Vec3 up = unit(from_centre(t, e), vec(0.0, 0.0, 1.0))
    cdef double turn_s = (angle_between(
        rotate(quat_from(e.q_site_body), vec(0.0, 0.0, 1.0)), up) - RISE_RAD) / t.slew_radps
    cdef double delay_s = t.ignition_delay_s, push
    push = t.thrust_max_n * s.thrust_scale / e.mass_kg
    if t.upper.thrust_n > 0.0:
        if s.abort.out_ticks >= t.abort.engine_out_s * TICK_HZ:
            return True
        # Until its way is found, and while it parts and turns.
        delay_s = ANSWER_S + max(t.upper.delay_s, turn_s)
        push = t.upper.thrust_n / t.upper.mass_full_kg
    return height_m - t.abort.least_height_m < t.abort.staging_margin * stop_height(
        sink_mps, push, g, delay_s)


cdef inline int abort_cause(
        const AutopilotTable* t, const AutopilotState* s, const Estimate* e, int64_t tick,
        double com_height) noexcept nogil:
    """Why the descent is to be left now, an AbortCause."""
    cdef double g = t.gm / (t.radius_m * t.radius_m)
    cdef double height_m, sink_mps, speed2, left_mps
    if s.abort.cause == CAUSE_COMMAND or (
            t.abort.at_s >= 0.0 and tick >= t.abort.at_s * TICK_HZ):
        return CAUSE_COMMAND
    if t.abort.decides == 0.0 or s.touch.contact != 0 or t.row[s.phase].law == LAW_OFF:
        return CAUSE_NONE
    height_m = height_of(t, s, e, com_height)
    if not height_m > t.abort.least_height_m:
        return CAUSE_NONE
    sink_mps = -climb_rate(t, e)
    if s.abort.out_ticks > 0:
        return CAUSE_ENGINE if engine_lost(t, s, e, height_m, sink_mps, g) else CAUSE_NONE
    speed2 = dot(vec_from(e.v_site), vec_from(e.v_site))
    left_mps = t.exhaust_mps * log_of(max(e.mass_kg / t.mass_dry_kg, 1.0))
    if left_mps < t.abort.propellant_margin * sqrt(speed2 + 2.0 * g * height_m) + (
            t.abort.reserve_s * g):
        return CAUSE_PROPELLANT
    g -= max(speed2 - sink_mps * sink_mps, 0.0) / norm(from_centre(t, e))
    if height_m < t.abort.stop_margin * stop_height(
            sink_mps, t.thrust_max_n * s.thrust_scale / e.mass_kg, g, 0.0):
        return CAUSE_FALL
    return CAUSE_NONE


cdef inline void watch_abort(
        const AutopilotTable* t, AutopilotState* s, const Estimate* e, int64_t tick,
        double com_height) noexcept nogil:
    """Look, at 10 Hz at the engine and once a second at the rest; begin what is to be begun."""
    cdef AbortState* a = &s.abort
    cdef int cause
    look_at_engine(t, s, e, tick)
    if take_abort_answer(s):
        if a.nowhere == 0:
            begin_abort(t, s, tick)
            return
        if a.cause != CAUSE_COMMAND:
            begin_least_harm(t, s, tick)
            return
    # A dead engine is no matter for the next second.
    if a.out_ticks == 0 and not crossed(s.tick, tick, TICK_HZ):
        return
    if a.nowhere > 0 and not time_to_ask(s, tick):
        return
    cause = abort_cause(t, s, e, tick, com_height)
    a.looks = <int32_t> min(a.looks + 1, LOOKS) if cause != CAUSE_NONE else 0
    if cause == CAUSE_NONE:
        a.cause = CAUSE_NONE
        s.orbit.asked.open = 0
    elif cause == CAUSE_COMMAND or a.looks >= LOOKS:
        a.cause = cause
        post_abort(t, s, e, tick, com_height)
