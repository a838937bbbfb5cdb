from enum import IntEnum

class Trust(IntEnum):
    TRUST_BELIEVED = 0
    TRUST_UNHEARD = 1
    TRUST_DOUBTED = 2
    TRUST_REJECTED = 3
    TRUST_STUCK = 4
    TRUST_ZERO = 5
    TRUST_SATURATED = 6
    TRUST_SILENT = 7

class Verdict(IntEnum):
    VERDICT_NONE = 0
    VERDICT_SENSOR = 1
    VERDICT_ESTIMATE = 2
