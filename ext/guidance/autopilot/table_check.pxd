"""Whether a table from outside may be flown: made for this layout, whole, every number finite.

The checksum is 32-bit FNV-1a (Fowler, Noll and Vo; draft-eastlake-fnv) over the struct's bytes
behind it. There is no padding there: every byte belongs to a number.
"""

from libc.stdint cimport uint32_t

from farside.ext.guidance.autopilot._codes cimport (
    EXIT_ELAPSED, LAW_ASCENT, LAW_HOLD, LAW_LEAST_HARM,
)
from farside.ext.guidance.autopilot.cutoff cimport WATCH_TICKS
from farside.ext.guidance.records.gains cimport Gains
from farside.ext.guidance.autopilot.records cimport TABLE_VERSION, AutopilotTable
from farside.ext.guidance.records.command cimport MAX_PHASES
from farside.ext.common.vector cimport finite


cdef enum:
    MOST_COUNT = 10000      # of steps or ticks: the work of a call stays bounded
    MOST_TRIES = 100        # of a law within a tick
    MOST_PLANS = 20         # constrained plans of one request


cdef enum TableFault:
    TABLE_OK = 0
    TABLE_MISSING = 1       # no table: a null pointer
    TABLE_SIZE = 2          # made for another layout
    TABLE_AGE = 3           # made for another version
    TABLE_CHECKSUM = 4      # a byte has changed
    TABLE_ROWS = 5          # no row, too many, or one whose law or exit is unknown
    TABLE_NUMBER = 6        # a number is not finite
    TABLE_LANDER = 7        # a thrust, mass, inertia or radius that none can have
    TABLE_GAIN = 8          # a gain that a tick cannot divide by, or a count without bound


cdef inline uint32_t table_checksum(const AutopilotTable* t) noexcept nogil:
    """h = (h xor byte) 16777619, from 2166136261."""
    cdef const unsigned char* at = <const unsigned char*> &t.phases
    cdef const unsigned char* end = <const unsigned char*> t + sizeof(AutopilotTable)
    cdef uint32_t h = 2166136261U
    while at < end:
        h = (h ^ at[0]) * 16777619U
        at += 1
    return h


cdef inline bint all_finite(const double* first, const double* end) noexcept nogil:
    while first < end:
        if not finite(first[0]):
            return False
        first += 1
    return True


cdef inline bint vehicle_valid(const AutopilotTable* t) noexcept nogil:
    """What the tick divides by, or clamps between."""
    cdef int i
    for i in range(3):
        if not (t.inertia_full[i] > 0.0 and t.inertia_dry[i] > 0.0 and t.torque_limit[i] >= 0.0):
            return False
    return (
        t.gm > 0.0 and t.radius_m > 0.0 and t.exhaust_mps > 0.0
        and 0.0 <= t.thrust_min_n <= t.thrust_max_n and t.thrust_max_n > 0.0
        and 0.0 < t.mass_dry_kg < t.mass_full_kg and t.slew_radps > 0.0
        and t.torque_small_nm >= 0.0)


cdef inline bint abort_valid(const AutopilotTable* t) noexcept nogil:
    """What an abort divides by; the numbers of an ascent stage where there is one."""
    cdef int i
    if not (
            0.0 < t.abort.enough_m <= t.abort.periapsis_m <= t.abort.apoapsis_m
            and t.abort.clearance_m >= 0.0
            and t.abort.propellant_margin >= 0.0 and t.abort.stop_margin >= 0.0
            and t.abort.staging_margin >= 0.0
            and t.abort.reserve_s >= 0.0 and t.abort.engine_out_s >= 0.0
            and 0.0 <= t.abort.cos_lit <= 1.0 and t.upper.thrust_n >= 0.0):
        return False
    if t.upper.thrust_n == 0.0:
        return True
    for i in range(3):
        if not (t.upper.inertia_full[i] > 0.0 and t.upper.inertia_dry[i] > 0.0):
            return False
    return (
        t.upper.exhaust_mps > 0.0 and 0.0 < t.upper.mass_dry_kg < t.upper.mass_full_kg
        and 0.0 <= t.upper.delay_s <= 600.0)


cdef inline bint gains_valid(const AutopilotTable* t) noexcept nogil:
    """Whether every gain is a number that a tick can use, and every count bounds its work.

    No gain is negative; those that divide, or begin a quotient, are positive.
    """
    cdef const double* gain = <const double*> &t.gains
    cdef int i
    for i in range(<int> (sizeof(Gains) // sizeof(double))):
        if not gain[i] >= 0.0:
            return False
    return (
        t.gains.attitude.frequency_radps > 0.0 and t.gains.hover.frequency_radps > 0.0
        and t.gains.hover.brake_mps2 > 0.0 and t.gains.polynomial.turn_time_s > 0.0
        and t.gains.polynomial.shortest_s > 0.0 and t.gains.polynomial.thrust_share > 0.0
        and t.gains.polynomial.first_stretch >= 1.0 and t.gains.plan.margin < 1.0
        and t.gains.level.stretch >= 1.0 and t.gains.level.upright_m > 0.0
        and t.gains.level.upright_s > 0.0 and t.gains.thrust.scale_least > 0.0
        and t.gains.thrust.scale_least <= t.gains.thrust.scale_most
        and t.gains.late.average_s > 0.0 and t.gains.couples.noise_share > 0.0
        and t.gains.couples.lost_share > 0.0
        and 1 <= t.counts.major_ticks <= MOST_COUNT and 0 <= t.counts.first_tries <= MOST_TRIES
        and 0 <= t.counts.stretch_tries <= MOST_TRIES and 0 <= t.counts.newton_steps <= MOST_COUNT
        and 0 <= t.counts.interior_steps <= MOST_COUNT
        and 0 <= t.counts.constrained_tries <= MOST_PLANS
        and 0 <= t.counts.margin_tries <= MOST_TRIES and 1 <= t.counts.held_ticks <= MOST_COUNT
        and 1 <= t.counts.contact_ticks <= t.counts.contact_window <= WATCH_TICKS
        and 1 <= t.counts.height_ticks <= t.counts.height_window <= WATCH_TICKS
        and 1 <= t.counts.carried_ticks <= MOST_COUNT
        and 1 <= t.counts.bounce_ticks <= MOST_COUNT and 0 <= t.counts.keep_early <= 1
        and 0 <= t.counts.needs_reading <= 1)


cdef inline int table_fault(const AutopilotTable* t) noexcept nogil:
    """The first thing that is wrong with a table, a TableFault."""
    cdef int i
    if t == NULL:
        return TABLE_MISSING
    if t.size != sizeof(AutopilotTable):
        return TABLE_SIZE
    if t.version != TABLE_VERSION:
        return TABLE_AGE
    if t.checksum != table_checksum(t):
        return TABLE_CHECKSUM
    if not 1 <= t.phases <= MAX_PHASES - 2 or t.row[t.phases].law != LAW_ASCENT or (
            t.row[t.phases + 1].law != LAW_LEAST_HARM):
        return TABLE_ROWS
    for i in range(MAX_PHASES):
        if not (
                0 <= t.row[i].law <= (LAW_HOLD if i < t.phases else LAW_LEAST_HARM)
                and 0 <= t.row[i].exit <= EXIT_ELAPSED):
            return TABLE_ROWS
        if not all_finite(&t.row[i].exit_value, <const double*> (&t.row[i] + 1)):
            return TABLE_NUMBER
    if not all_finite(&t.gm, <const double*> (t + 1)):
        return TABLE_NUMBER
    if not (vehicle_valid(t) and abort_valid(t)):
        return TABLE_LANDER
    return TABLE_OK if gains_valid(t) else TABLE_GAIN
