"""The closed loop: sensors, navigation, autopilot and truth, and the landing that comes of it."""

from farside.flight.land import land
from farside.flight.landing import Landing

__all__ = ["Landing", "land"]
