"""The last kilometres over ground whose height is known badly: no altimeter, or none believed.

With s the standard deviation of the height and k `sigmas`, ground is expected anywhere within
k s of the estimate. Behind braking, where k s > from_m, and until k s < from_m / 2:

    b       half the band of heights that is searched:
            min(k s, share rate T / 2),   T = (k_F c ln(m / m_d) - |v|) / g - T_rows
    floor   min(b, h): rows that fly to a place end no lower than this, with the polynomial: a plan
            falls freely and brakes late, and what it saves is the room above high ground
    w       speed downwards of rows that descend: below the floor so slow that the propellant lasts
            for all of the band, and within what the legs hold,
                w_b = min(max((h + b) / (share T), w_last), rate),   T = k_F c ln(m / m_d) / g
            above it sqrt(w_b^2 + 2 a (h - b)), as fast as the row at most
    armed   a contact counts b higher than else (cutoff.pxd)

h is the height over the level of the target by the estimate, T how long the propellant holds the
lander up (k_F thrust measured over commanded, c the exhaust speed, m_d the mass with empty tanks,
T_rows what is left of the rows to a place), w_last the slowest rate of the rows to come, a
`hover.brake_mps2`. The band is as wide as the propellant allows at the fastest rate, so that ground
within it is met at w_b before the tanks are dry. Where no site was chosen the place is given up
below the floor: what moves the estimate of it would move the lander.
"""

from libc.math cimport sqrt
from libc.stdint cimport int32_t

from farside.ext.common.elementary cimport log_of
from farside.ext.common.vector cimport norm
from farside.ext.guidance.autopilot._codes cimport (
    EXIT_ELAPSED, LAW_ADJUST, LAW_DESCEND, LAW_E_GUIDANCE, LAW_HOVER, LAW_OFF, LAW_OPTIMAL,
    LAW_POLYNOMIAL,
)
from farside.ext.guidance.autopilot.guidance_state cimport GuidanceState
from farside.ext.guidance.autopilot.records cimport AutopilotState, AutopilotTable, PhaseRow



cdef inline bint flies_to_place(int32_t law) noexcept nogil:
    return law == LAW_OPTIMAL or law == LAW_POLYNOMIAL or law == LAW_E_GUIDANCE


cdef inline double held_up_s(
        const AutopilotTable* t, const AutopilotState* s, const GuidanceState* now,
        double less_mps) noexcept nogil:
    """How long the propellant holds the lander up, less a change of speed [s]."""
    cdef double left_mps = s.thrust_scale * t.exhaust_mps * log_of(
        max(now.mass_kg / t.mass_dry_kg, 1.0))
    return max(left_mps - less_mps, 0.0) / max(norm(now.g), 0.01)


cdef inline double rows_ahead_s(
        const AutopilotTable* t, const AutopilotState* s, double elapsed_s) noexcept nogil:
    """How long the rows from here on fly to a place, or hold it."""
    cdef const PhaseRow* row
    cdef double time = 0.0
    cdef int k
    for k in range(s.phase, t.phases):
        row = &t.row[k]
        if row.law == LAW_OFF or row.law == LAW_DESCEND:
            break
        if flies_to_place(row.law):
            time += s.time_to_go_s if k == s.phase and s.time_to_go_s >= 0.0 else row.duration_s
        elif row.law == LAW_HOVER and row.exit == EXIT_ELAPSED:
            time += max(row.exit_value - (elapsed_s if k == s.phase else 0.0), 0.0)
    return time


cdef inline double slowest_rate(const AutopilotTable* t, const AutopilotState* s) noexcept nogil:
    """w_last [m/s]."""
    cdef double least = t.gains.unsure.rate_mps
    cdef int k
    for k in range(s.phase, t.phases):
        if t.row[k].law == LAW_OFF:
            break
        if t.row[k].law == LAW_DESCEND and t.row[k].vertical_mps < 0.0:
            least = min(least, -t.row[k].vertical_mps)
    return least


cdef inline void watch_unsure_height(
        const AutopilotTable* t, AutopilotState* s, const GuidanceState* now) noexcept nogil:
    """b and the floor, at a guidance tick."""
    cdef int32_t law = t.row[s.phase].law
    cdef double wide = t.gains.unsure.sigmas * now.estimate.height_sigma_m
    cdef double least = t.gains.unsure.from_m * (0.5 if s.unsure_m > 0.0 else 1.0), time
    cdef double height = now.r.z - s.site[2] - now.com_height
    cdef bint was = s.unsure_m > 0.0
    s.unsure_m = s.floor_m = 0.0
    if (flies_to_place(law) or law == LAW_ADJUST or law == LAW_HOVER or law == LAW_DESCEND) and (
            wide > least):
        time = held_up_s(t, s, now, norm(now.v)) - rows_ahead_s(t, s, now.elapsed_s)
        s.unsure_m = min(wide, max(
            0.5 * t.gains.unsure.propellant_share * t.gains.unsure.rate_mps * time, least))
        s.floor_m = max(min(s.unsure_m, height), 0.0)
    if was != (s.unsure_m > 0.0) and flies_to_place(law):
        # Another target: its time-to-go is chosen anew.
        s.time_to_go_s = -1.0
        s.aimed = 0
        s.tracks = 0


cdef inline double aim_altitude(const AutopilotState* s, const PhaseRow* row) noexcept nogil:
    """Altitude of a row's target above the touchdown target [m]."""
    return max(row.altitude_m, s.floor_m)


cdef inline double searching_mps(
        const AutopilotTable* t, const AutopilotState* s, const PhaseRow* row,
        const GuidanceState* now, double height_m) noexcept nogil:
    """Vertical speed of a row that descends [m/s], positive up."""
    cdef double share_s, w
    if s.unsure_m <= 0.0:
        return row.vertical_mps
    share_s = max(t.gains.unsure.propellant_share * held_up_s(t, s, now, 0.0), 0.1)
    w = min(max((height_m + s.unsure_m) / share_s, slowest_rate(t, s)), t.gains.unsure.rate_mps)
    if height_m > s.unsure_m:
        w = max(min(-row.vertical_mps, sqrt(
            w * w + 2.0 * t.gains.hover.brake_mps2 * (height_m - s.unsure_m))), w)
    return -w
