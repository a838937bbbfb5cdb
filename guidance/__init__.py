"""From a site and an estimated state to a command: phase table, laws, attitude, the autopilot."""

from farside.guidance.ascent import AscentVerdict, OptimalAscent, optimal_ascent
from farside.guidance.ascent_problem import (
    AscentError,
    AscentOptions,
    AscentOrbit,
    AscentStage,
)
from farside.guidance.autopilot import Autopilot, GuidanceMode, Reason, Status
from farside.guidance.braking import (
    Braking,
    BrakingGate,
    BrakingPlan,
    Levels,
    optimal_braking,
    plan_braking,
)
from farside.guidance.braking_start import BrakingError, BrakingStart
from farside.guidance.constrained import (
    ConstrainedDescent,
    ConstrainedError,
    Limits,
    SolverOptions,
    SolverStatus,
    constrained_descent,
)
from farside.guidance.divert import DivertMap, PathLimits, Reach, divert_map
from farside.guidance.divert_checks import DivertError
from farside.guidance.divert_march import DivertState
from farside.guidance.estimate import Estimate, EstimateError
from farside.guidance.nearest import NearestPoint, UnreachableReason, nearest_point
from farside.guidance.optimal import (
    OptimalDescent,
    OptimalError,
    Optimality,
    Target,
    Thrust,
    optimal_descent,
)
from farside.guidance.records import COMMAND, ESTIMATE

__all__ = [
    "COMMAND",
    "ESTIMATE",
    "AscentError",
    "AscentOptions",
    "AscentOrbit",
    "AscentStage",
    "AscentVerdict",
    "Autopilot",
    "Braking",
    "BrakingError",
    "BrakingGate",
    "BrakingPlan",
    "BrakingStart",
    "ConstrainedDescent",
    "ConstrainedError",
    "DivertError",
    "DivertMap",
    "DivertState",
    "Estimate",
    "EstimateError",
    "GuidanceMode",
    "Levels",
    "Limits",
    "NearestPoint",
    "OptimalAscent",
    "OptimalDescent",
    "OptimalError",
    "Optimality",
    "PathLimits",
    "Reach",
    "Reason",
    "SolverOptions",
    "SolverStatus",
    "Status",
    "Target",
    "Thrust",
    "UnreachableReason",
    "constrained_descent",
    "divert_map",
    "nearest_point",
    "optimal_ascent",
    "optimal_braking",
    "optimal_descent",
    "plan_braking",
]
