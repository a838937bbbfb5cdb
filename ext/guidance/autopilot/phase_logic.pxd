"""Phase logic: when a row of the table ends, and when a hover is still enough to scan from."""

from libc.stdint cimport int32_t, int64_t

from farside.ext.guidance.autopilot._codes cimport (
    EXIT_ALTITUDE, EXIT_ATTITUDE, EXIT_CONTACT, EXIT_ELAPSED, EXIT_HEIGHT, EXIT_SITE,
    EXIT_TIME_TO_GO, LAW_E_GUIDANCE, LAW_OPTIMAL, LAW_POLYNOMIAL, LAW_QUADRATIC, MODE_NONE,
    REASON_NONE,
)
from farside.ext.guidance.autopilot.couples cimport wanted_now
from farside.ext.guidance.autopilot.cutoff cimport (
    after_contact, height_reached, watch_touchdown,
)
from farside.ext.guidance.autopilot.unsure_height cimport aim_altitude
from farside.ext.guidance.autopilot.way_down cimport must_go_down
from farside.ext.guidance.records.gains cimport HoverGains
from farside.ext.guidance.autopilot.records cimport (
    AutopilotState, AutopilotTable, PhaseRow, crossed,
)
from farside.ext.guidance.records.command cimport Estimate
from farside.ext.common.rotation cimport rotation_vector_between
from farside.ext.common.types cimport TICK_HZ
from farside.ext.common.vector cimport (
    Vec3, norm, quat_from, rotate, sub, vec, vec_from,
)


cdef extern from *:
    """
    #define ATTITUDE_EXIT_S 0.05    /* half a guidance tick: the law of the row has run once */
    """
    const double ATTITUDE_EXIT_S


cdef inline void enter_phase(AutopilotState* s, int32_t phase, int64_t tick) noexcept nogil:
    s.phase = phase
    s.phase_tick = tick
    s.target_tick = tick
    s.wants_scan = 0
    s.aimed = 0
    s.tracks = 0
    s.short_m[0] = s.short_m[1] = 0.0
    s.last_to_go_s = s.time_to_go_s
    s.time_to_go_s = -1.0
    s.link = MODE_NONE
    s.reason = REASON_NONE
    s.touch.heights = 0


cdef inline bint counts_down(const PhaseRow* row) noexcept nogil:
    """Whether time-to-go runs between passes: where the exit reads it, and where the law does."""
    return row.exit == EXIT_TIME_TO_GO or (
        row.law == LAW_POLYNOMIAL or row.law == LAW_OPTIMAL or row.law == LAW_E_GUIDANCE
        or row.law == LAW_QUADRATIC)


cdef inline bint phase_over(
        const AutopilotTable* t, const AutopilotState* s, const Estimate* e,
        const PhaseRow* row, double elapsed_s, double com_height) noexcept nogil:
    """Whether the gate at the end of a phase is met."""
    cdef Vec3 rho
    if row.limit_s > 0.0 and elapsed_s >= row.limit_s:
        return True
    if row.exit == EXIT_ELAPSED:
        return elapsed_s >= row.exit_value
    if row.exit == EXIT_TIME_TO_GO:
        return s.time_to_go_s >= 0.0 and s.time_to_go_s <= row.exit_value
    if row.exit == EXIT_ATTITUDE:
        return elapsed_s > ATTITUDE_EXIT_S and norm(rotation_vector_between(
            quat_from(e.q_site_body), wanted_now(t, s))) <= row.exit_value
    if row.exit == EXIT_SITE:
        # Without one, what is left for the way down decides.
        return s.has_site != 0 or must_go_down(t, s, e, com_height)
    rho = vec(e.r_site[0], e.r_site[1], e.r_site[2] + t.radius_m)
    if row.exit == EXIT_ALTITUDE:
        return norm(rho) - t.radius_m - com_height <= row.exit_value
    if row.exit == EXIT_HEIGHT:
        return height_reached(t, s) or s.touch.contact != 0
    if row.exit == EXIT_CONTACT:
        return s.touch.contact != 0
    return e.rest != 0


cdef inline bint hover_settled(
        const AutopilotTable* t, const AutopilotState* s, const Estimate* e, const PhaseRow* row,
        double com_height) noexcept nogil:
    """Whether the hover is still enough to scan, or has had long enough to become so."""
    cdef Vec3 z = rotate(quat_from(e.q_site_body), vec(0.0, 0.0, 1.0))
    cdef Vec3 miss = sub(vec_from(e.r_site), vec_from(s.site))
    miss.z -= aim_altitude(s, row) + com_height
    cdef const HoverGains* gains = &t.gains.hover
    cdef double since_s = (s.tick - s.target_tick) / <double> TICK_HZ
    return since_s > gains.scan_most_s or (
        since_s > gains.scan_least_s
        and norm(vec_from(e.v_site)) < gains.scan_speed_mps and norm(miss) < gains.scan_distance_m
        and z.z > gains.scan_cos_tilt and norm(vec_from(e.omega_body)) < gains.scan_rate_radps)


cdef inline bint advance_phase(
        const AutopilotTable* t, AutopilotState* s, const Estimate* e, int64_t tick, double since_s,
        double com_height) noexcept nogil:
    """Leave the row that is flown where its exit is met; False where it was the last."""
    cdef const PhaseRow* row = &t.row[s.phase]
    cdef double elapsed = (tick - s.phase_tick) / <double> TICK_HZ
    cdef bint due
    cdef int landed
    if tick == s.phase_tick:
        return True
    watch_touchdown(t, s, e, elapsed, com_height, tick - s.tick)
    landed = after_contact(t, s)
    if landed >= 0:
        enter_phase(s, landed, tick)
        return True
    if s.time_to_go_s >= 0.0 and counts_down(row):
        # Not below 0: a negative time-to-go asks the law for a new one.
        s.time_to_go_s = max(s.time_to_go_s - since_s, 0.0)
    # A law with a cycle of its own leaves on a pass, when its own time says so.
    due = row.cycle_ticks <= 0 or crossed(s.tick, tick, row.cycle_ticks)
    if (due or row.exit != EXIT_TIME_TO_GO) and phase_over(t, s, e, row, elapsed, com_height):
        if s.phase + 1 >= t.phases:
            return False
        enter_phase(s, s.phase + 1, tick)
    return True
