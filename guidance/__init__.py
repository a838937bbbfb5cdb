"""From a site and an estimated state to a command: phase table, laws, attitude, the autopilot."""

from farside.guidance.autopilot import Autopilot, GuidanceMode, Reason, Status
from farside.guidance.braking import (
    Braking,
    BrakingError,
    BrakingGate,
    BrakingPlan,
    Levels,
    optimal_braking,
    plan_braking,
)
from farside.guidance.constrained import (
    ConstrainedDescent,
    ConstrainedError,
    Ending,
    Limits,
    constrained_descent,
)
from farside.guidance.divert import DivertMap, Reach, WayLimits, divert_map
from farside.guidance.divert_march import DivertError
from farside.guidance.nearest import NearestPoint, Short, nearest_point
from farside.guidance.optimal import (
    OptimalDescent,
    OptimalError,
    Optimality,
    Thrust,
    optimal_descent,
)
from farside.guidance.records import COMMAND, ESTIMATE

__all__ = [
    "COMMAND",
    "ESTIMATE",
    "Autopilot",
    "Braking",
    "BrakingError",
    "BrakingGate",
    "BrakingPlan",
    "ConstrainedDescent",
    "ConstrainedError",
    "DivertError",
    "DivertMap",
    "Ending",
    "GuidanceMode",
    "Levels",
    "Limits",
    "NearestPoint",
    "OptimalDescent",
    "OptimalError",
    "Optimality",
    "Reach",
    "Reason",
    "Short",
    "Status",
    "Thrust",
    "WayLimits",
    "constrained_descent",
    "divert_map",
    "nearest_point",
    "optimal_braking",
    "optimal_descent",
    "plan_braking",
]
