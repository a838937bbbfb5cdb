"""The closed loop: sensors, navigation, autopilot and truth, and the landing that comes of it."""

from farside.flight.checks import MissionWarning, check_mission
from farside.flight.land import land
from farside.flight.landing import Landing

__all__ = ["Landing", "MissionWarning", "check_mission", "land"]
