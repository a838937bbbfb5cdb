"""From a site and an estimated state to a command: phase table, laws, attitude, the autopilot."""

from farside.guidance.autopilot import COMMAND, ESTIMATE, Autopilot, Status
from farside.guidance.braking import BrakingError, BrakingPlan, plan_braking

__all__ = [
    "COMMAND",
    "ESTIMATE",
    "Autopilot",
    "BrakingError",
    "BrakingPlan",
    "Status",
    "plan_braking",
]
