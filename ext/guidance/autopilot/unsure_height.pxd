"""The last kilometres over ground whose height is known badly: no altimeter, or none believed.

With s the standard deviation of the height and k `sigmas`, ground is expected anywhere within
k s of the estimate. Behind braking, where k s is more than from_m, and for rows that fly to a place
than its altitude, and until it is less than half of that:

    b       half the band of heights that the propellant searches at the fastest rate:
            min(k s, share rate T / 2),   T = (k_F c ln(m / m_d) - |v|) / g - T_rows
    floor   min(b, h), kept through a hover: rows that fly to a place end no lower than this, by
            the polynomial: a plan falls freely and brakes late, and what it saves is the room
            above high ground
    t_go    of such a polynomial where the band opens or closes: 2 (h - h_t) / w, which a steady
            deceleration to the target's height h_t takes, no less than was left, no more than the
            row's duration
    w       speed downwards of rows that descend: below the floor so slow that the propellant lasts
            to the lowest ground, with some to spare, and within what the legs hold,
                w_b = min(max((h + k s) / (slow_share T), w_last), rate)
            with T = k_F c ln(m / m_d) / g; above it sqrt(w_b^2 + 2 a (h - b)), as fast as the row
            at most
    armed   a contact counts k s higher than else (cutoff.pxd)

h is the height over the level of the target by the estimate, T how long the propellant holds the
lander up (k_F thrust measured over commanded, c the exhaust speed, m_d the mass with empty tanks,
T_rows what is left of the rows to a place), w_last the slowest rate of the rows to come, a
`hover.brake_mps2`. Ground inside the band is met at w_b before the tanks are dry. A scan has ranges
of its own: rows up to it fly as they are, for it sees hazards from their height and no other, and a
site that it finds has its height from them. Where none was found the place is given up below the
floor, and for good: what moves the estimate of it would move the lander.
"""

from libc.math cimport sqrt
from libc.stdint cimport int32_t

from farside.ext.common.elementary cimport log_of
from farside.ext.common.vector cimport norm
from farside.ext.guidance.autopilot._codes cimport (
    EXIT_ELAPSED, LAW_ADJUST, LAW_DESCEND, LAW_E_GUIDANCE, LAW_HOVER, LAW_NULL_VELOCITY,
    LAW_OFF, LAW_OPTIMAL, LAW_POLYNOMIAL,
)
from farside.ext.guidance.autopilot.guidance_state cimport GuidanceState
from farside.ext.guidance.autopilot.records cimport AutopilotState, AutopilotTable, PhaseRow


cdef inline void forget_unsure(AutopilotState* s) noexcept nogil:
    """The height is known, and the place held."""
    s.unsure_m = s.band_m = s.floor_m = 0.0
    s.place_free = 0


cdef inline bint flies_to_place(int32_t law) noexcept nogil:
    return law == LAW_OPTIMAL or law == LAW_POLYNOMIAL or law == LAW_E_GUIDANCE


cdef inline bint descends(int32_t law) noexcept nogil:
    return law == LAW_DESCEND or law == LAW_NULL_VELOCITY


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
        if row.law == LAW_OFF or descends(row.law):
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
        if descends(t.row[k].law) and t.row[k].vertical_mps < 0.0:
            least = min(least, -t.row[k].vertical_mps)
    return least


cdef inline double aim_altitude(const AutopilotState* s, const PhaseRow* row) noexcept nogil:
    """Altitude of a row's target above the touchdown target [m]."""
    return max(row.altitude_m, s.floor_m)


cdef inline bint ranges_come(const AutopilotTable* t, const AutopilotState* s) noexcept nogil:
    """Whether a scan gives the ground's height: it has found the site, or is still to come."""
    cdef int k
    for k in range(t.phases):
        if t.row[k].scan:
            return s.has_site != 0 or not descends(t.row[s.phase].law)
    return False


cdef inline bint may_be_unsure(int32_t law) noexcept nogil:
    return flies_to_place(law) or descends(law) or law == LAW_ADJUST or law == LAW_HOVER


cdef inline double least_band(const AutopilotTable* t, const AutopilotState* s) noexcept nogil:
    """k s above which ground matters to a row: what ends above all of it has room enough [m]."""
    cdef int32_t k = s.phase + 1 if (
        t.row[s.phase].law == LAW_ADJUST and s.phase + 1 < t.phases) else s.phase
    if descends(t.row[k].law):
        return t.gains.unsure.from_m
    return max(t.gains.unsure.from_m, t.row[k].altitude_m)


cdef inline void watch_unsure_height(
        const AutopilotTable* t, AutopilotState* s, const GuidanceState* now) noexcept nogil:
    """k s, b and the floor, at a guidance tick."""
    cdef const PhaseRow* row = &t.row[s.phase]
    cdef double wide = t.gains.unsure.sigmas * now.estimate.height_sigma_m
    cdef bint was = s.unsure_m > 0.0
    cdef double least = least_band(t, s) * (0.5 if was else 1.0), time
    cdef double height = now.r.z - s.site[2] - now.com_height
    if not (wide > least and may_be_unsure(row.law)) or ranges_come(t, s):
        s.unsure_m = s.band_m = s.floor_m = 0.0
    else:
        s.unsure_m = wide
        if not (was and row.law == LAW_HOVER):
            time = held_up_s(t, s, now, norm(now.v)) - rows_ahead_s(t, s, now.elapsed_s)
            s.band_m = min(wide, max(
                0.5 * t.gains.unsure.propellant_share * t.gains.unsure.rate_mps * time, 0.0))
            s.floor_m = max(min(s.band_m, height), 0.0)
    if was != (s.unsure_m > 0.0) and flies_to_place(row.law) and s.time_to_go_s >= 0.0:
        # Another target.
        time = 2.0 * (height - aim_altitude(s, row)) / max(-now.v.z, 0.1)
        s.time_to_go_s = max(s.time_to_go_s, min(time, row.duration_s))
        s.aimed = 0
        s.tracks = 0


cdef inline bint gives_up_place(AutopilotState* s, double height_m) noexcept nogil:
    """Whether a row that descends leaves the place as it comes."""
    if s.unsure_m > 0.0 and not s.has_site and height_m <= s.floor_m:
        s.place_free = 1
    return s.place_free != 0


cdef inline double searching_mps(
        const AutopilotTable* t, const AutopilotState* s, const PhaseRow* row,
        const GuidanceState* now, double height_m) noexcept nogil:
    """Vertical speed of a row that descends [m/s], positive up."""
    cdef double share_s, w
    if s.unsure_m <= 0.0:
        return row.vertical_mps
    share_s = max(t.gains.unsure.slow_share * held_up_s(t, s, now, 0.0), 0.1)
    w = min(max((height_m + s.unsure_m) / share_s, slowest_rate(t, s)), t.gains.unsure.rate_mps)
    if height_m > s.band_m:
        w = max(min(-row.vertical_mps, sqrt(
            w * w + 2.0 * t.gains.hover.brake_mps2 * (height_m - s.band_m))), w)
    return -w
