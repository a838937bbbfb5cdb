"""An abort to orbit: what it may use, what is asked of the planning task, what it answers.

SI units, frames the last word of a name (ext/common/types.pxd). A plan's vectors have the site axes
as they stood at its tick, and do not turn.
"""

from libc.stdint cimport int32_t, int64_t


cdef struct StageNumbers:       # an ascent stage; thrust_n is 0 where there is none
    double thrust_n
    double exhaust_mps
    double mass_full_kg
    double mass_dry_kg
    double delay_s              # from the parting to its ignition
    double inertia_full[3]
    double inertia_dry[3]


cdef struct AbortLimits:        # the keys of [abort]
    double at_s                 # an abort is commanded at this time; below 0: never
    double decides              # 1: it may begin of itself
    double periapsis_m          # of the orbit that is safe, from the Moon's centre
    double apoapsis_m
    double enough_m             # a periapsis that is safe as it is, from the Moon's centre
    double clearance_m          # above the site's level on the way
    double least_height_m       # none begins of itself below this height
    double propellant_margin    # of the speed that the descent still needs, at least
    double reserve_s            # of hovering, beside it
    double stop_margin          # of the height that stopping a fall takes
    double staging_margin       # the same of the ascent stage, for an engine that gives nothing
    double engine_out_s         # that an engine out is waited for at most
    double cos_lit              # an engine is lit within this cone of its direction


cdef struct AbortPlan:          # one way to orbit
    int64_t number              # of the request that it answers
    int64_t tick                # that its times count from
    int32_t way                 # AbortWay; NONE: nothing to fly
    int32_t rises               # it turns upright first, and is lit there
    int32_t touching            # it touches its least altitude
    int32_t higher              # its apoapsis is free
    int32_t brief               # a short burn near its orbit
    int32_t reserved
    double lit_s                # first ignition
    double begin_s              # of the part that the primer steers
    double end_s                # the last engine stops
    double last_s               # that the last engine burns in the steered part
    double p_v[3]               # primer at begin_s, a unit vector
    double p_r[3]               # costate of the place there [1/s]
    double nu                   # true anomaly at the end
    double e                    # eccentricity
    double energy_m2ps2         # of the orbit, at which the engine stops
    double touch_s              # when it touches, from begin_s
    double touch_worth          # jump of the costate there [1/s]
    double propellant_kg        # of all stages
    double left_kg              # in the stage that reaches orbit


cdef struct AbortRequest:       # written by the tick alone
    int64_t number              # of the last request; none has 0
    int64_t tick                # whose state it is
    int32_t open                # it stands
    int32_t step                # AbortStep
    int32_t engine              # the descent engine works
    int32_t reserved
    double gm
    double radius_m             # of the site's level, from the Moon's centre
    double height_m             # above it
    double rho_m[3]             # place from the Moon's centre
    double v_mps[3]             # inertial
    double axis[3]              # of the thrust
    double ahead[3]             # unit, the flight's direction
    double omega[3]             # of the Moon
    double mass_kg
    double thrust_n             # of the descent engine, as measured
    double exhaust_mps
    double dry_kg               # the descent stage burnt out
    double wait_s               # until the next ignition at least
    double slew_radps
    AbortLimits limits
    StageNumbers upper
    AbortPlan near              # the plan flown


cdef struct AbortPlanner:       # shared by the two tasks, and the plan that is flown
    AbortRequest asked
    AbortPlan answer            # written by the planning task alone
    AbortPlan flown


cdef struct AbortState:         # what the tick keeps of an abort
    int32_t step                # AbortStep
    int32_t cause               # AbortCause: why it began, or why a way was asked for
    int32_t way                 # AbortWay flown
    int32_t staged              # the ascent stage flies
    int32_t out_ticks           # that the engine has given nothing
    int32_t nowhere             # answers on end without a way to orbit
    int32_t looks               # on end at which a cause was seen
    int32_t reserved
    int64_t lit_tick            # first thrust of the stage that flies; -1: not yet
    int64_t part_tick           # when the stages parted
    int64_t cut_tick            # when the engine stops; -1: not known yet
    int64_t out_since           # tick of the last look at the engine
    double thrust_n             # commanded now
