"""From a site and an estimated state to a command: phase table, laws, attitude, the autopilot."""

from farside.guidance.autopilot import COMMAND, ESTIMATE, Autopilot, Link, Reason, Status
from farside.guidance.braking import BrakingError, BrakingPlan, plan_braking
from farside.guidance.divert import DivertMap, Reach, WayLimits, divert_map
from farside.guidance.divert_march import DivertError
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
    "DivertError",
    "DivertMap",
    "Link",
    "OptimalDescent",
    "OptimalError",
    "Optimality",
    "Reach",
    "Reason",
    "Status",
    "Thrust",
    "WayLimits",
    "divert_map",
    "optimal_descent",
    "plan_braking",
]
