"""From a site and an estimated state to a command: phase table, laws, attitude, the autopilot."""

from farside.guidance.autopilot import COMMAND, ESTIMATE, Autopilot, Status
from farside.guidance.braking import BrakingError, BrakingPlan, plan_braking
from farside.guidance.constrained import (
    ConstrainedDescent,
    ConstrainedError,
    Ending,
    Limits,
    constrained_descent,
)
from farside.guidance.optimal import (
    OptimalDescent,
    OptimalError,
    Optimality,
    Thrust,
    optimal_descent,
)

__all__ = [
    "COMMAND",
    "ESTIMATE",
    "Autopilot",
    "BrakingError",
    "BrakingPlan",
    "ConstrainedDescent",
    "ConstrainedError",
    "Ending",
    "Limits",
    "OptimalDescent",
    "OptimalError",
    "Optimality",
    "Status",
    "Thrust",
    "constrained_descent",
    "optimal_descent",
    "plan_braking",
]
