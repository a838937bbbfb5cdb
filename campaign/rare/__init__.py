"""Rare failures: their probability by subset simulation, and the most likely way to fail."""

from farside.campaign.rare.campaign import RareResult, fly_rare
from farside.campaign.rare.estimate import Level, RareEstimate
from farside.campaign.rare.plan import RarePlan, plan_rare, read_plan, read_rare
from farside.campaign.rare.stress import StressResult, find_failure
from farside.campaign.rare.subset import rare_probability

__all__ = [
    "Level",
    "RareEstimate",
    "RarePlan",
    "RareResult",
    "StressResult",
    "find_failure",
    "fly_rare",
    "plan_rare",
    "rare_probability",
    "read_plan",
    "read_rare",
]
