"""The gains, thresholds and margins of the autopilot: the keys within `[guidance]`, for the tick.

Names, units and defaults are those of mission/gains.py and mission/plan_gains.py, where each has
its line of why; an angle of a key is here the tangent or cosine that the kernels use. Whole
numbers that bound the work of a tick are counts; all of Gains is doubles.
"""

from libc.stdint cimport int32_t


cdef struct AttitudeGains:
    double frequency_radps      # natural frequency of the attitude loop
    double damping
    double stop_share           # of the slew's acceleration, to stop with
    double settle_per_s         # slew rate over angle, near the end of a slew
    double heading_cos          # Apollo: below it, from the vertical, body x points down


cdef struct GainCounts:
    int32_t major_ticks         # between braking solutions, plans and checks of the margin
    int32_t first_tries         # of a time-to-go, for the first command
    int32_t stretch_tries       # of a time-to-go, for the flight ahead
    int32_t newton_steps        # after which a plan is given up
    int32_t interior_steps      # interior-point steps after which a constrained one is
    int32_t constrained_tries   # constrained plans of one request
    int32_t margin_tries        # of a time-to-go, for one that can stop above the ground
    int32_t held_ticks          # since the last tick, over which the reference turns
    int32_t contact_ticks       # in so many of the last ...
    int32_t contact_window      # so many a closed switch is a contact
    int32_t height_ticks        # in so many of the last ...
    int32_t height_window       # so many the height is below the exit's
    int32_t carried_ticks       # that the ground carries the lander, for a contact at any height
    int32_t bounce_ticks        # without contact or load: the lander has bounced
    int32_t keep_early          # 1: a contact from before it was armed counts
    int32_t needs_reading       # 1: a height ends a row by a reading alone


cdef struct HoverGains:
    double frequency_radps      # natural frequency of the place
    double brake_mps2           # a way to the place slows down at this
    double tan_tilt             # hover and descent stay inside this cone
    double lag_s                # of the attitude behind a sudden change of some degrees
    double rate_ratio           # extra gain of the rate, in frequencies, on top of the hold's 2
    double scan_speed_mps       # a hover is still below this, ...
    double scan_distance_m      # so near its place, ...
    double scan_cos_tilt        # so upright ...
    double scan_rate_radps      # and turning so slowly
    double scan_least_s         # no scan sooner after the target moved
    double scan_most_s          # after which the hover is scanned from anyway


cdef struct PolynomialGains:
    double turn_time_s          # shortest time-to-go that horizontal guidance counts with
    double lag_s                # of the attitude behind what changes slowly
    double shortest_s           # least time-to-go that a law divides by
    double first_thrust_share   # the first command fits inside so much of full thrust ...
    double first_tilt_share     # and of the tangent of the tilt limit
    double first_stretch        # factor between two tries of a time-to-go
    double thrust_share         # of full thrust, for the flight ahead
    double stretch_step         # of the time-to-go, between two tries


cdef struct BrakingGains:
    double freeze_s             # a part of braking keeps its level over its last seconds
    double last_s               # no new solution when less is left
    double converged_m          # miss below which a solution counts
    double aimed_m              # miss below which the aim is moved by a solution
    double given_share          # of the gate's range, that is given up before the aim moves
    double reaim_m              # the aim is moved no further along the track; 0: never
    double recovery_s           # quadratic: throttled for so long at the row's end


cdef struct PlanGains:
    double margin               # of full thrust, kept back by plans
    double late_s               # an answer older than this is thrown away
    double kept_s               # a plan is flown without a fresh answer for no longer
    double handover_s           # time-to-go at which plans end
    double tan_glide            # slope that they keep above
    double cos_end_tilt         # of the thrust where a constrained plan ends
    double low_share            # of the target's height, that a plan may sink below it
    double glide_share          # of the elevation angle's tangent that a glide slope may have
    double steeper              # glide slope of a new try over that of the one before
    double retry_share          # of the margin, kept back where the target is out of reach
    double lack_share           # of least thrust, that may lack between knots
    double range_m              # from further away, or faster, knots are too far apart
    double speed_mps
    double last_arc_margins     # least thrust called full on the last arc: full less this x margin
    double last_arc_growth      # of it, where there is no answer
    double arc_share            # an arc shorter than this share of what is left is over
    double arc_lead_s           # the last arc counts as begun so much early


cdef struct LevelGains:
    double thrust_share         # of full thrust, that a stop counts with
    double end_speed_mps        # that a polynomial flown ahead may end with, against the target
    double first_share          # of the row's duration: the first other time-to-go tried
    double stretch              # factor to the next
    double spare_m              # height kept to spare by a polynomial
    double leave_spare_m        # the same, to leave off braking
    double velocity_per_s       # deceleration over velocity
    double vertical_share       # of full thrust upwards, while there is room to stop
    double stop_margin          # of the deceleration that stops above the ground
    double ground_m             # height at which the fall is to be over
    double upright_m            # height over which the cone about the vertical closes
    double upright_s            # the same as time to fall


cdef struct ThrustGains:
    double settle_lags          # engine lags after ignition before thrust is measured
    double least_mps2           # acceleration below which it is not
    double steady_share         # of the thrust, that the command may be off it
    double out_share            # below this share the engine is out: no scale is measured
    double gain_per_s           # of the measured scale towards the last measurement
    double scale_least          # limits of the scale
    double scale_most


cdef struct CutoffGains:
    double arm_height_m         # contact counts below this height
    double arm_s                # and so long after the row began
    double height_bound_m       # a reading may disagree by so much, where no sigma is known
    double height_sigmas        # else by so many
    double carried_height_m     # the ground may carry below this height, by the lower of two ...
    double carried_speed_mps    # and slower than this
    double carried_share        # of gravity, beyond thrust: the ground carries
    double quiet_s              # after this in a row with the engine off its thrust is gone


cdef struct LateGains:
    double average_s            # of the share of missed ticks
    double constrained_share    # no constrained plans from here on
    double solutions_share      # half of the solutions
    double plans_share          # no plans
    double leave_share          # of these, below which the work is taken up again


cdef struct CoupleGains:        # shares are of a large couple's torque
    double noise_share          # of the mean torque over a window
    double drift_share          # of the offset torque, in a second
    double liquid_share         # 1 sigma of liquid's torque as an abort's engine is lit
    double liquid_s             # in which it falls to 1 / e
    double gate_sigmas
    double lost_share           # below it a couple is lost
    double weak_share           # below it a couple is driven harder
    double sure_sigma           # of a share, above which it says nothing


cdef struct UnsureGains:
    double sigmas               # ground is expected within so many of the height's; 0: at it
    double from_m               # where they are more than this
    double rate_mps             # such ground is met at this speed downwards at most
    double propellant_share     # of the time that the propellant lasts, for the band
    double slow_share           # of it, that a slower search may take


cdef struct EstimateLimits:
    double radius_share_least   # of the site's radius, from the Moon's centre
    double radius_share_most
    double speed_mps
    double rate_radps
    double quaternion_error     # of the attitude's length, off 1
    double mass_share_least     # of the dry mass
    double mass_share_most      # of the full mass
    double accel_mps2


cdef struct Gains:
    double least_up_share       # of gravity: least vertical thrust
    AttitudeGains attitude
    HoverGains hover
    PolynomialGains polynomial
    BrakingGains braking
    PlanGains plan
    LevelGains level
    ThrustGains thrust
    CutoffGains cutoff
    LateGains late
    CoupleGains couples
    UnsureGains unsure
    EstimateLimits estimate
