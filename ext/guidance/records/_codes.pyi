from enum import IntEnum

class ExtremalStatus(IntEnum):
    OPTIMAL = 0
    EXTREMAL_NOT_FOUND = 1
    EXTREMAL_BAD_INPUT = 2

class ThrustStructure(IntEnum):
    FULL = 6
    LEAST_FULL = 7
    FULL_LEAST_FULL = 8
    FULL_LEAST = 9

class SolverStatus(IntEnum):
    SOLVED = 0
    CLOSE = 1
    MISSED = 2
    INFEASIBLE = 3
    NOT_FOUND = 4
    BAD_INPUT = 5

class Objective(IntEnum):
    REACH = 0
    NEAREST = 1
    WITHIN = 2
