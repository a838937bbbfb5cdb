"""Whether a hover must end for the way down: from height, mass and thrust as they are now.

The rows behind it take, from a height h over the target,

    T = sum of the durations of what flies to a height, and (h - h_end) / |rate| of what descends

and, at the weight all along, the propellant

    m_p = m (1 - exp(-|g| T / (k v_e)))

with k the thrust measured over the thrust commanded at the same flow. The hover ends, on the target
that it holds, while WAY_MARGIN m_p is left: a divert stretches a row by half at most, or so.
"""

from libc.stdint cimport int32_t

from farside.ext.guidance.autopilot._codes cimport (
    EXIT_HEIGHT, LAW_DESCEND, LAW_E_GUIDANCE, LAW_NULL_VELOCITY, LAW_OFF, LAW_OPTIMAL,
    LAW_POLYNOMIAL,
)
from farside.ext.guidance.autopilot.records cimport AutopilotState, AutopilotTable, PhaseRow
from farside.ext.guidance.records.command cimport Estimate
from farside.ext.common.elementary cimport exp_of


cdef extern from *:
    """
    #define WAY_MARGIN 1.5
    #define SLOWEST_MPS 0.1         /* keeps the time finite */
    """
    const double WAY_MARGIN
    const double SLOWEST_MPS


cdef inline double way_down_s(
        const AutopilotTable* t, int32_t behind, double height_m) noexcept nogil:
    """T [s] of the rows behind a row, from a height of the base over the target."""
    cdef const PhaseRow* row
    cdef double time = 0.0, end
    cdef int k
    for k in range(behind + 1, t.phases):
        row = &t.row[k]
        if row.law == LAW_OFF:
            break
        if row.law == LAW_POLYNOMIAL or row.law == LAW_OPTIMAL or row.law == LAW_E_GUIDANCE:
            time += row.duration_s
            height_m = row.altitude_m
        elif row.law == LAW_DESCEND or row.law == LAW_NULL_VELOCITY:
            end = row.exit_value if row.exit == EXIT_HEIGHT else 0.0
            time += max(height_m - end, 0.0) / max(-row.vertical_mps, SLOWEST_MPS)
            height_m = min(height_m, end)
    return time


cdef inline double way_down_kg(
        const AutopilotTable* t, const AutopilotState* s, const Estimate* e,
        double com_height) noexcept nogil:
    """m_p [kg] from where the lander is, with its margin."""
    cdef double weight = t.gm / (t.radius_m * t.radius_m)
    cdef double height = max(e.r_site[2] - s.site[2] - com_height, 0.0)
    return WAY_MARGIN * e.mass_kg * (1.0 - exp_of(
        -weight * way_down_s(t, s.phase, height) / (s.thrust_scale * t.exhaust_mps)))


cdef inline bint must_go_down(
        const AutopilotTable* t, const AutopilotState* s, const Estimate* e,
        double com_height) noexcept nogil:
    """Whether what is left above the dry mass covers the way down, and no more hovering."""
    return e.mass_kg - t.mass_dry_kg <= way_down_kg(t, s, e, com_height)
