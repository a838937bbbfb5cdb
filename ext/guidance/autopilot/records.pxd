"""The records of the autopilot: its table, what a tick reads and writes, what it keeps.

Structs that cross into C libraries carry their size and version. Units are SI, frames the last word
of a name (ext/common/types.pxd).
"""

from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t

from farside.ext.guidance.autopilot._codes cimport LAW_BRAKING, LAW_HOLD, LAW_TRIM, TRACK_NODES
from farside.ext.guidance.records.command cimport MAX_PHASES, GuidanceCommand
from farside.ext.guidance.records.plan cimport (
    BRAKING_PARTS, BRAKING_UNKNOWNS, MOST_COASTS, ApolloTarget, AttitudeReference, Planner,
)
from farside.ext.guidance.records.abort cimport (
    AbortLimits, AbortPlanner, AbortState, StageNumbers,
)
from farside.ext.guidance.records.gains cimport GainCounts, Gains
from farside.ext.common.retro cimport Retro
from farside.ext.common.vector cimport clamp


cdef enum:
    TABLE_VERSION = 14
    ANY_STUCK = 4032        # of AutopilotState.couples
    LOST_COUPLE = 4096


cdef struct PhaseRow:
    int32_t law
    int32_t exit
    int32_t scan            # whether this phase asks for a map
    int32_t cycle_ticks     # between passes of guidance; 0: GUIDANCE_EVERY
    double exit_value       # [s], [rad] or [m], by the kind of exit
    double limit_s          # the phase ends after this time whatever its exit; 0: never
    double altitude_m       # target, above the touchdown target (the site until one is chosen)
    double range_m          # target, short of it
    double vertical_mps     # target velocity, positive up
    double horizontal_mps   # target velocity, along the arrival
    double gamma
    double kr
    double duration_s       # first time-to-go
    double tan_tilt         # of the cone about the vertical that the thrust stays in
    double beyond_s         # polynomial: how far after its end it aims; 0: at it
    double time_weight      # E-guidance: what a second costs [m^2/s^3]
    ApolloTarget target     # quadratic: where its time is 0
    double lead_s           # quadratic: over the lag from sensing to thrusting
    double later_s          # quadratic: how much later than the last row's its time ends; 0: first
    double frame_gain       # quadratic: share of the flight to come that turns the guidance frame
    double frame_hold_s     # quadratic: the frame stands still when less time is left
    double tau_s            # null velocity
    double throttle         # hold: share of full thrust; negative: the thrust at entry
    double axis_level[3]    # thrust axis, east, north, up; 0: hold as at entry, others upright
    double push_s           # off: so long thrusters turn to the axis on the ground, too


cdef struct AutopilotTable:
    uint32_t size           # of this struct, so that a table of another layout is refused
    uint32_t version
    uint32_t checksum           # of all that follows (ext/guidance/autopilot/table_check.pxd)
    int32_t phases
    GainCounts counts
    PhaseRow row[MAX_PHASES]
    double gm
    double radius_m
    double omega_site[3]
    double thrust_max_n
    double thrust_min_n
    double throttle_low_n       # between these the engine may not be throttled: it runs at full
    double throttle_high_n
    double exhaust_mps
    double engine_lag_s
    double ignition_delay_s
    double mass_full_kg
    double mass_dry_kg
    double com_height_full_m
    double com_height_dry_m
    double inertia_full[3]
    double inertia_dry[3]
    double torque_limit[3]
    double torque_small_nm      # of the small couples
    double slew_radps          # limits of the reference attitude: rate, ...
    double slew_torque_nm      # and torque, a share of the thrusters'
    Gains gains
    AbortLimits abort
    StageNumbers upper          # the ascent stage
    Retro retro                 # a motor that is dropped
    double arrival_site[3]  # horizontal unit vector of the flight at the site
    double heading_site[3]  # where body x points when the lander is upright
    double heading_rad      # its azimuth, east of north
    double braking_guess[BRAKING_UNKNOWNS]
    double braking_opening_s    # how long braking's first part lasts
    double braking_closing_s    # and its last
    double braking_level[BRAKING_PARTS]     # planned for its parts, of full thrust
    double coast_begin_s[MOST_COASTS]       # between its burns, since initiation
    double coast_end_s[MOST_COASTS]         # not above the beginning: there are no more
    double track_step_m         # arc between two nodes of the profile; 0: the ground is level
    double track_m[TRACK_NODES]  # ground beyond the site along the arrival, over the site's radius


cdef struct TouchdownWatch:  # what is believed of height and contact (cutoff.pxd)
    uint64_t contacts       # armed contacts of the last ticks, the newest at bit 0
    uint64_t heights        # the same of heights below the exit's
    double track_m          # height, from its readings and the speed [m]
    double followed_m       # fall over which readings have agreed with it
    int32_t tracks          # they have over enough
    int32_t contact         # a contact is believed, from then on
    int32_t early           # the switch was closed before it was armed, and has not opened
    int32_t carried         # ticks that the ground has carried the lander
    int32_t free_ticks      # without contact or load
    int32_t reserved


cdef struct AxisWatch:      # the couples about a body axis (couples.pxd)
    double x[3]             # shares of the plus and the minus couple, offset torque [N m]
    double P[3][3]
    double impulse[2]       # commanded in this window, plus and minus [N m s]
    double turned_nms       # gyroscopic part of what it turned by
    int32_t off             # windows on end outside the gate
    int32_t stuck           # b: 1 or -1 where a couple fires all the time
    int32_t fitted          # b that fitted the first of them
    int32_t reserved


cdef struct AutopilotState:
    int32_t phase
    int32_t has_site
    int32_t wants_scan
    int32_t solved          # braking: a solution has converged
    int32_t started
    int32_t retargeted      # the target has moved since guidance last ran
    int32_t braking_holds   # braking: thrust held at full, range given up
    int32_t link            # GuidanceMode that gave the last command
    int32_t reason          # why not the mode before
    int32_t place_free      # a row that descends leaves the place as it comes
    int64_t phase_tick      # when the phase began
    int64_t target_tick     # when the target last moved, or the phase began
    int64_t tick
    int64_t engine_tick     # when the engine was first commanded
    double heading_rad      # azimuth of body x when upright, east of north
    double heading_site[3]  # the same as a horizontal unit vector
    double site[3]          # touchdown target, site components [m]
    double time_to_go_s
    double thrust_scale     # measured over commanded thrust acceleration
    double thrust_model_n   # the command behind the engine's lag
    double braking[BRAKING_UNKNOWNS]
    int64_t braking_tick    # when its solution was made
    int64_t initiation_tick     # when braking, or what a table begins with, began
    double braking_level[BRAKING_PARTS]     # of full, in the parts that do not control the range
    int32_t braking_part    # the part that does
    double aim_m            # arc by which the target was moved along the track
    double normal[3]
    double wanted[4]
    double a_wanted[3]      # limited thrust acceleration of the last guidance tick, site
    int32_t at_full_throttle    # Apollo's rows: the engine is at its fixed throttle position
    int32_t aimed           # polynomial: the fictitious end beyond the target is known
    double throttle_n       # Apollo's rows: thrust commanded by the last pass
    double last_to_go_s     # time-to-go when the phase before ended
    double frame_along[3]   # quadratic: horizontal axis of the guidance frame, site
    double short_m[2]       # polynomial: from the target to the nearest place in reach, site
    double beyond_r[3]      # the fictitious end [m, m/s; site]
    double beyond_v[3]
    int32_t tracks          # polynomial: a point flies its end, and the lander follows
    int64_t point_tick
    double point_r[3]       # that point [m, m/s; site]
    double point_v[3]
    int64_t late_ticks      # that were missed so far (late.pxd)
    double late_share       # of the last ticks
    double unsure_m         # the ground may lie off by so much; 0: known (unsure_height.pxd)
    double band_m           # half of the band of heights that is searched
    double floor_m          # no row aims lower than this above the target's level
    int32_t shed            # Shed: what is left out for it
    int32_t step_ticks      # between two ticks of the host, usually
    int32_t longer_steps    # steps on end that were longer
    int32_t least_longer    # the least of them
    AxisWatch axis[3]
    double omega_seen[3]    # rate of the last tick, body [rad/s]
    double turned_from[3]   # angular momentum when the window began, body [N m s]
    double window_s
    double window_push_s    # thrust over full thrust, integrated
    int32_t window_ticks    # -1: no window
    int32_t couples         # bits: that have failed, and from 64 on that fire all the time
    TouchdownWatch touch
    AbortState abort
    AttitudeReference reference
    GuidanceCommand last
    Planner planner         # shared with the planning task; a tick that is undone leaves it behind
    AbortPlanner orbit      # the same


cdef inline int couples_byte(int32_t couples) noexcept nogil:
    """Failed couples in a byte: a bit each, 64 where one is lost, 128 where one fires always."""
    return (couples | (couples >> 6)) & 63 | (128 if couples & ANY_STUCK else 0) | (
        64 if couples & LOST_COUPLE else 0)


cdef inline bint crossed(int64_t last, int64_t tick, int64_t every) noexcept nogil:
    """Whether a multiple of `every` lies in (last, tick]: with no tick missed, at tick itself."""
    cdef int64_t over = tick % every
    if over < 0:
        over += every
    return over < tick - last


cdef inline bint dead_reckoning_in(const AutopilotTable* t, int32_t phase) noexcept nogil:
    """Whether navigation counts horizontal places from here on: behind braking, but not Apollo's.

    A held attitude leaves that as it is in the row before.
    """
    while phase > 0 and t.row[phase].law == LAW_HOLD:
        phase -= 1
    return t.row[phase].law != LAW_BRAKING and t.row[phase].law < LAW_TRIM


cdef inline double upper_at_mass(
        double mass, double full, double dry, const AutopilotTable* t) noexcept nogil:
    """A quantity of the ascent stage at a mass, linear between dry and full."""
    cdef double share = (mass - t.upper.mass_dry_kg) / (
        t.upper.mass_full_kg - t.upper.mass_dry_kg)
    return dry + clamp(share, 0.0, 1.0) * (full - dry)


cdef inline double quantity_at_mass(
        double mass, double full, double dry, const AutopilotTable* t) noexcept nogil:
    """A quantity of the vehicle at a mass, linear between dry and full."""
    cdef double share = (mass - t.mass_dry_kg) / (t.mass_full_kg - t.mass_dry_kg)
    return dry + clamp(share, 0.0, 1.0) * (full - dry)
