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
