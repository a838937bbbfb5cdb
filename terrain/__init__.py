"""The flight side's picture of the ground: points -> elevation -> hazards -> landing sites."""

from farside.terrain.elevation import ElevationError, ElevationMap
from farside.terrain.footprint import Footprint
from farside.terrain.hazards import HazardLimits, HazardMap, Reason, map_hazards
from farside.terrain.onboard import OnboardMap
from farside.terrain.sites import LandingSite, choose_sites, least_bad
