"""Touchdown as guidance believes it: when a contact and a height may switch the engine off.

    h_k     height reading of tick k [m]; L_k the height over the target's level by the estimate
    T_k     track: T_{k-1} + v_z dt, drawn to the readings that agree with it, theory (6.1)
    b       bound on a disagreement: `height_sigmas` of the estimate's sigma, else height_bound_m

A reading is believed where |h - T| <= b, once the track has followed readings over a fall of 2 b,
or where |h - L| <= b. A reading that stands still fails the first, one wild reading both. Where
none is believed the track goes on alone; without a track and without a reading the level counts, if
its sigma allows. Of a height and a level that disagree the higher counts: a cut-off too late costs
a touchdown under thrust, one too early the lander. The row ends when

    height + min(v_z, 0) (height_ticks - 1) dt <= exit_m

(theory (6.2)) has held in height_ticks of the last height_window ticks: the lead takes out what
the wait costs.

A contact counts in contact_ticks of the last contact_window ticks, arm_s after the row began and
below arm_height_m of either height; above it by as much as the ground may lie higher
(unsure_height.pxd). One that was closed before that is cleared until it opens (Mars Polar Lander:
leg deployment closed it at 1500 m); with keep_early it is kept, as there.
Whatever the heights say (Surveyor 3: a lost radar inhibited cut-off, as needs_reading does), a
closed contact counts where the ground carries a lander that stands still, low by either height,

    f_z - k F / m > carried_share |g|       for carried_ticks, theory (6.3),

with f_z the specific force, F the thrust modelled and k its measured scale. A contact believed
stays believed: through a bounce the engine stays off.
"""

from libc.math cimport fabs, sqrt
from libc.stdint cimport int64_t, uint64_t

from farside.ext.guidance.autopilot._codes cimport EXIT_CONTACT, EXIT_HEIGHT, LAW_OFF
from farside.ext.guidance.autopilot.records cimport (
    AutopilotState, AutopilotTable, PhaseRow, TouchdownWatch,
)
from farside.ext.guidance.records.command cimport Estimate
from farside.ext.guidance.records.gains cimport CutoffGains
from farside.ext.common.types cimport TICK_HZ
from farside.ext.common.vector cimport Vec3, dot, finite, norm, unit, vec, vec_from


cdef enum:
    WATCH_TICKS = 64        # that a register holds


cdef extern from *:
    """
    #define TRACK_GAIN 0.05         /* of a reading believed, each tick: 0.2 s */
    #define LEVEL_OFF_M 5.0         /* a site's level is wrong by more: less is roughness */
    #define GROUND_RISES 0.3        /* with the distance, 17 deg: no slope that is stood on */
    """
    const double TRACK_GAIN
    const double LEVEL_OFF_M
    const double GROUND_RISES


cdef inline uint64_t shift_in(uint64_t bits, bint value, int ticks) noexcept nogil:
    """A register of the last ticks, the newest at bit 0; `value` held over `ticks`."""
    cdef int _
    for _ in range(ticks):
        bits = (bits << 1) | (1 if value else 0)
    return bits


cdef inline int bits_set(uint64_t bits, int window) noexcept nogil:
    """How many of the last `window` ticks are set."""
    cdef int i, n = 0
    for i in range(min(window, WATCH_TICKS)):
        n += <int> ((bits >> i) & 1)
    return n


cdef inline int held_ticks(int64_t since_ticks, int need) noexcept nogil:
    """Over how many ticks a sample counts that was held: two samples at least make `need`."""
    return <int> min(since_ticks, (need + 1) // 2)


cdef inline double level_height(
        const AutopilotTable* t, const AutopilotState* s, const Estimate* e,
        double com_height) noexcept nogil:
    """Height of the base over the sphere through the touchdown target [m], by the estimate."""
    return norm(vec(e.r_site[0], e.r_site[1], e.r_site[2] + t.radius_m)) - norm(
        vec(s.site[0], s.site[1], s.site[2] + t.radius_m)) - com_height


cdef inline double climb_rate(const AutopilotTable* t, const Estimate* e) noexcept nogil:
    """Speed away from the Moon's centre [m/s]."""
    cdef Vec3 rho = vec(e.r_site[0], e.r_site[1], e.r_site[2] + t.radius_m)
    return dot(vec_from(e.v_site), unit(rho, vec(0.0, 0.0, 1.0)))


cdef inline double height_bound(const AutopilotTable* t, const Estimate* e) noexcept nogil:
    """How far a reading may disagree [m]."""
    if e.height_sigma_m > 0.0:
        return t.gains.cutoff.height_sigmas * e.height_sigma_m
    return t.gains.cutoff.height_bound_m


cdef inline void follow_height(
        const AutopilotTable* t, TouchdownWatch* w, const Estimate* e, double climb_mps,
        double since_s) noexcept nogil:
    """Carry the track of the height readings to now."""
    cdef double bound = height_bound(t, e)
    # theory (6.1)
    w.track_m += climb_mps * since_s
    if finite(e.height_m) and fabs(e.height_m - w.track_m) <= bound:
        if w.tracks:
            w.track_m += TRACK_GAIN * (e.height_m - w.track_m)
        else:
            # Pure propagation until a fall has been followed.
            w.followed_m -= climb_mps * since_s
            w.tracks = w.followed_m >= 2.0 * bound
    elif finite(e.height_m) and not w.tracks:
        w.track_m = e.height_m
        w.followed_m = 0.0


cdef inline bint believed_height(
        const AutopilotTable* t, const TouchdownWatch* w, const Estimate* e, double level_m,
        double* height_m) noexcept nogil:
    """The height of the base above the ground [m]; False where nothing is believed."""
    cdef double bound = height_bound(t, e)
    if finite(e.height_m) and fabs(e.height_m - level_m) <= bound:
        height_m[0] = e.height_m
        return True
    if w.tracks and (finite(e.height_m) or t.counts.needs_reading == 0):
        height_m[0] = max(level_m, e.height_m if (
            finite(e.height_m) and fabs(e.height_m - w.track_m) <= bound) else w.track_m)
        return True
    height_m[0] = level_m
    if t.counts.needs_reading:
        return False
    # Where nothing measures the height; but not where the estimate itself is unsure of it.
    return not finite(e.height_m) and not (
        e.height_sigma_m > 0.0 and bound > t.gains.cutoff.height_bound_m)


cdef inline double lower_height(const TouchdownWatch* w, double level_m) noexcept nogil:
    """The lower of the height that readings have given and the level's [m]: for what is armed."""
    return min(level_m, w.track_m) if w.tracks else level_m


cdef inline void learn_level(
        const AutopilotTable* t, AutopilotState* s, const Estimate* e,
        double com_height) noexcept nogil:
    """Take the target's level from the height readings, where that was a guess or has moved.

    The profile of a target that was moved along the track is coarse: hills between its nodes are
    higher. A site that a scan found stands where the estimate was wrong by as much as it was then:
    a height that was put right since leaves it behind, by more than the ground rises on the way.
    """
    cdef TouchdownWatch* w = &s.touch
    cdef double east = e.r_site[0] - s.site[0], north = e.r_site[1] - s.site[1]
    if not (w.tracks and finite(e.height_m) and (
            fabs(e.height_m - w.track_m) <= height_bound(t, e))):
        return
    if s.aim_m > 0.0 or (s.has_site and fabs(level_height(t, s, e, com_height) - e.height_m) > (
            LEVEL_OFF_M + GROUND_RISES * sqrt(east * east + north * north))):
        s.site[2] = e.r_site[2] - com_height - e.height_m


cdef inline bint ground_carries(
        const AutopilotTable* t, const AutopilotState* s, const Estimate* e) noexcept nogil:
    """Whether something besides the engine holds the lander up."""
    cdef double weight_mps2 = t.gm / (t.radius_m * t.radius_m)
    return e.accel_mps2 - s.thrust_scale * s.thrust_model_n / e.mass_kg > (
        t.gains.cutoff.carried_share * weight_mps2)


cdef inline void watch_contact(
        const AutopilotTable* t, AutopilotState* s, const Estimate* e, const PhaseRow* row,
        double height_m, double elapsed_s, int64_t since_ticks) noexcept nogil:
    """Note the contact switches of a tick, and whether they are believed."""
    cdef TouchdownWatch* w = &s.touch
    cdef const CutoffGains* gains = &t.gains.cutoff
    cdef bint closed = e.contact != 0
    cdef bint armed = height_m < gains.arm_height_m and (
        row.law == LAW_OFF or elapsed_s >= gains.arm_s)
    cdef int held = held_ticks(since_ticks, t.counts.contact_ticks)
    cdef bint carried = ground_carries(t, s, e), still, counted
    if t.counts.keep_early:
        w.early = 1 if closed else w.early
        counted = w.early != 0
    else:
        if not closed:
            w.early = 0
        elif not armed and not w.contact:
            w.early = 1
        counted = closed and w.early == 0
    w.contacts = shift_in(w.contacts, armed and counted, held)
    still = height_m < gains.carried_height_m and (
        norm(vec_from(e.v_site)) < gains.carried_speed_mps)
    # With the engine off, and its thrust gone, the ground alone can carry.
    if row.law == LAW_OFF and elapsed_s > gains.quiet_s:
        closed = still = True
    held = held_ticks(since_ticks, t.counts.carried_ticks)
    w.carried = <int> min(w.carried + held, t.counts.carried_ticks) if (
        closed and still and carried) else <int> max(w.carried - 4 * held, 0)
    if bits_set(w.contacts, t.counts.contact_window) >= t.counts.contact_ticks or (
            w.carried >= t.counts.carried_ticks):
        w.contact = 1
    # A bounce: no footpad touches, and nothing carries.
    w.free_ticks = 0 if e.contact != 0 or carried else <int> min(
        w.free_ticks + since_ticks, t.counts.bounce_ticks)


cdef inline void watch_touchdown(
        const AutopilotTable* t, AutopilotState* s, const Estimate* e, double elapsed_s,
        double com_height, int64_t since_ticks) noexcept nogil:
    """Take in contact and height of a tick, for the row that is flown."""
    cdef const PhaseRow* row = &t.row[s.phase]
    cdef TouchdownWatch* w = &s.touch
    cdef double climb_mps = climb_rate(t, e), level_m = level_height(t, s, e, com_height)
    cdef double height_m = level_m
    cdef int held = held_ticks(since_ticks, t.counts.height_ticks)
    cdef bint believed, due
    follow_height(t, w, e, climb_mps, since_ticks / <double> TICK_HZ)
    believed = believed_height(t, w, e, level_m, &height_m)
    due = row.exit == EXIT_HEIGHT and believed and height_m + min(climb_mps, 0.0) * (
        (t.counts.height_ticks - 1) / <double> TICK_HZ) <= row.exit_value
    w.heights = shift_in(w.heights, due, held)
    watch_contact(
        t, s, e, row, lower_height(w, level_m) - s.unsure_m, elapsed_s, since_ticks)
    learn_level(t, s, e, com_height)


cdef inline bint height_reached(const AutopilotTable* t, const AutopilotState* s) noexcept nogil:
    """Whether a row with exit height is over by its height."""
    return bits_set(s.touch.heights, t.counts.height_window) >= t.counts.height_ticks


cdef inline bint on_ground(const AutopilotTable* t, const AutopilotState* s) noexcept nogil:
    """Whether the legs hold the lander: a contact is believed, and it does not bounce."""
    return s.touch.contact != 0 and s.touch.free_ticks < t.counts.bounce_ticks


cdef inline int after_contact(const AutopilotTable* t, const AutopilotState* s) noexcept nogil:
    """The row that a believed contact leads to, from one whose exit does not look at it; -1: none.

    The first behind it with the engine off.
    """
    cdef const PhaseRow* row = &t.row[s.phase]
    cdef int k
    if s.touch.contact == 0 or row.law == LAW_OFF or row.exit == EXIT_HEIGHT or (
            row.exit == EXIT_CONTACT):
        return -1
    for k in range(s.phase + 1, t.phases):
        if t.row[k].law == LAW_OFF:
            return k
    return -1
