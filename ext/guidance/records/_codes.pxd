"""The codes of the solvers of descents, for the kernels and for Python."""


cpdef enum ExtremalStatus:
    OPTIMAL = 0             # a root with its certificate
    EXTREMAL_NOT_FOUND = 1
    EXTREMAL_BAD_INPUT = 2


cpdef enum ThrustStructure:
    FULL = 6                # unknowns of each thrust structure
    LEAST_FULL = 7
    FULL_LEAST_FULL = 8
    FULL_LEAST = 9          # seven: t_2 is t_f; such a flight comes to its target from beneath


cpdef enum SolverStatus:
    SOLVED = 0
    CLOSE = 1               # feasible and near the optimum, less exactly than asked
    MISSED = 2              # the target is out of reach: the least miss, then the least propellant
    INFEASIBLE = 3          # proven at every time tried, by a dual ray
    NOT_FOUND = 4           # no plan within the cap of steps, and no proof
    BAD_INPUT = 5


cpdef enum Objective:
    REACH = 0               # the target itself
    NEAREST = 1             # the least miss
    WITHIN = 2              # a given miss
