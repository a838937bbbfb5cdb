"""The codes of the phase table and of a command, for the kernels, Python and farside.h."""


cpdef enum Sizes:
    TRACK_NODES = 33        # of the ground's profile along the track


cpdef enum Law:
    LAW_BRAKING = 0
    LAW_ADJUST = 1
    LAW_POLYNOMIAL = 2
    LAW_HOVER = 3
    LAW_DESCEND = 4
    LAW_OFF = 5
    LAW_OPTIMAL = 6
    LAW_E_GUIDANCE = 7
    LAW_TRIM = 8            # from here on Apollo's: passes with a throttle held between them
    LAW_QUADRATIC = 9
    LAW_NULL_VELOCITY = 10
    LAW_HOLD = 11           # an attitude, and a throttle held as theirs
    LAW_ASCENT = 12         # from here on those of an abort: rows behind the phase table's
    LAW_LEAST_HARM = 13


cpdef enum Exit:
    EXIT_TIME_TO_GO = 0
    EXIT_ATTITUDE = 1
    EXIT_SITE = 2
    EXIT_ALTITUDE = 3
    EXIT_HEIGHT = 4
    EXIT_CONTACT = 5
    EXIT_REST = 6
    EXIT_ELAPSED = 7


cpdef enum Status:
    STATUS_OK = 0
    STATUS_LIMITED = 1      # the law asked for more than the engine or the tilt cone gives
    STATUS_NO_SOLUTION = 2  # braking keeps its last solution
    STATUS_BAD_INPUT = 3    # the last valid attitude and throttle are held
    STATUS_COMPLETE = 4     # the last row of the table is over


cpdef enum GuidanceMode:
    MODE_NONE = 0           # the row's law has one mode only
    MODE_OPTIMAL = 1
    MODE_CONSTRAINED = 2    # the same within glide slope and tilt
    MODE_POLYNOMIAL = 3
    MODE_LEVEL = 4          # brake, as close to the vertical as that allows


cpdef enum Shed:            # what is left out where ticks are late, and all before it
    SHED_NONE = 0
    SHED_CONSTRAINED = 1    # descents within glide slope and tilt
    SHED_SOLUTIONS = 2      # half of the braking solutions, plans and margins
    SHED_PLANS = 3          # all plans


cpdef enum Reason:
    REASON_NONE = 0
    REASON_NEAR_END = 1     # what is left is short: time-to-go would divide
    REASON_NOT_FOUND = 2    # no certified answer
    REASON_LOW = 3          # the path would sink below the gate's level, or its glide slope
    REASON_TILTED = 4       # the thrust would lean further than it may
    REASON_TURNING = 5      # the thrust would turn faster than the lander does
    REASON_NO_PLAN = 6      # nothing was answered in time
    REASON_MISSES = 7       # the target is out of reach: the plan ends as near as it can
    REASON_NO_ROOM = 8      # no polynomial to the target stays above the ground and slows down
    REASON_UNSURE = 9       # the ground's height is known too badly for a plan that brakes late


cpdef enum AbortWay:
    WAY_NONE = 0            # no way leads to orbit
    WAY_THERE = 1           # it is in a safe orbit
    WAY_DESCENT_STAGE = 2
    WAY_BOTH_STAGES = 3     # the descent stage until it is dry, then the ascent stage
    WAY_ASCENT_STAGE = 4    # at once


cpdef enum AbortCause:
    CAUSE_NONE = 0
    CAUSE_COMMAND = 1
    CAUSE_ENGINE = 2        # the engine gives nothing
    CAUSE_PROPELLANT = 3    # what is left does not land it
    CAUSE_FALL = 4          # full thrust does not stop the fall above the ground


cpdef enum AbortStep:
    STEP_NONE = 0
    STEP_TURN = 1           # to the direction in which the descent engine is lit
    STEP_BURN = 2           # descent stage
    STEP_PARTED = 3         # the ascent stage flies without thrust
    STEP_ASCEND = 4         # and with it
    STEP_DONE = 5           # the engine has stopped for good
