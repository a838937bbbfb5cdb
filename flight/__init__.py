"""The closed loop: sensors, navigation, autopilot and truth, and the landing that comes of it."""

from farside.flight.checks import MissionWarning, check_mission
from farside.flight.findings import Checked, Finding, check
from farside.flight.land import land
from farside.flight.landing import Landing, PhaseStart, Site, Timing, Touchdown

__all__ = [
    "Checked",
    "Finding",
    "Landing",
    "MissionWarning",
    "PhaseStart",
    "Site",
    "Timing",
    "Touchdown",
    "check",
    "check_mission",
    "land",
]
