"""JSBSim as the truth: a lander made from a mission, flown by the autopilot."""

from farside.adapters.jsbsim.aircraft import write_aircraft
from farside.adapters.jsbsim.lander import JsbsimLander, land_in_jsbsim

__all__ = ["JsbsimLander", "land_in_jsbsim", "write_aircraft"]
