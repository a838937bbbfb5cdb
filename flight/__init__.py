"""The closed loop: sensors, navigation, autopilot and truth, and the landing that comes of it."""

from farside.flight.checks import MissionWarning, check_mission
from farside.flight.findings import Checked, Finding, check
from farside.flight.land import land
from farside.flight.landing import Landing

__all__ = ["Checked", "Finding", "Landing", "MissionWarning", "check", "check_mission", "land"]
