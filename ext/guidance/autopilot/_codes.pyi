from enum import IntEnum

class Sizes(IntEnum):
    TRACK_NODES = 33

class Law(IntEnum):
    LAW_BRAKING = 0
    LAW_ADJUST = 1
    LAW_POLYNOMIAL = 2
    LAW_HOVER = 3
    LAW_DESCEND = 4
    LAW_OFF = 5
    LAW_OPTIMAL = 6
    LAW_E_GUIDANCE = 7
    LAW_TRIM = 8
    LAW_QUADRATIC = 9
    LAW_NULL_VELOCITY = 10
    LAW_HOLD = 11
    LAW_ASCENT = 12
    LAW_LEAST_HARM = 13

class Exit(IntEnum):
    EXIT_TIME_TO_GO = 0
    EXIT_ATTITUDE = 1
    EXIT_SITE = 2
    EXIT_ALTITUDE = 3
    EXIT_HEIGHT = 4
    EXIT_CONTACT = 5
    EXIT_REST = 6
    EXIT_ELAPSED = 7

class Status(IntEnum):
    STATUS_OK = 0
    STATUS_LIMITED = 1
    STATUS_NO_SOLUTION = 2
    STATUS_BAD_INPUT = 3
    STATUS_COMPLETE = 4

class GuidanceMode(IntEnum):
    MODE_NONE = 0
    MODE_OPTIMAL = 1
    MODE_CONSTRAINED = 2
    MODE_POLYNOMIAL = 3
    MODE_LEVEL = 4

class Shed(IntEnum):
    SHED_NONE = 0
    SHED_CONSTRAINED = 1
    SHED_SOLUTIONS = 2
    SHED_PLANS = 3

class Reason(IntEnum):
    REASON_NONE = 0
    REASON_NEAR_END = 1
    REASON_NOT_FOUND = 2
    REASON_LOW = 3
    REASON_TILTED = 4
    REASON_TURNING = 5
    REASON_NO_PLAN = 6
    REASON_MISSES = 7
    REASON_NO_ROOM = 8
    REASON_UNSURE = 9

class AbortWay(IntEnum):
    WAY_NONE = 0
    WAY_THERE = 1
    WAY_DESCENT_STAGE = 2
    WAY_BOTH_STAGES = 3
    WAY_ASCENT_STAGE = 4

class AbortCause(IntEnum):
    CAUSE_NONE = 0
    CAUSE_COMMAND = 1
    CAUSE_ENGINE = 2
    CAUSE_PROPELLANT = 3
    CAUSE_FALL = 4

class AbortStep(IntEnum):
    STEP_NONE = 0
    STEP_TURN = 1
    STEP_BURN = 2
    STEP_PARTED = 3
    STEP_ASCEND = 4
    STEP_DONE = 5
