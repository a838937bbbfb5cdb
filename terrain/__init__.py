"""The flight side's picture of the ground: points -> elevation -> hazards -> landing sites."""

from farside.terrain.assessment import Assessment, assess
from farside.terrain.conditions import Sensing, TouchdownDispersion
from farside.terrain.elevation import ElevationError, ElevationMap
from farside.terrain.footprint import Footprint, FootprintError
from farside.terrain.hazards import HazardLimits, HazardMap, Reason, map_hazards
from farside.terrain.lander import LanderFootprint
from farside.terrain.onboard import OnboardMap, OnboardMapError
from farside.terrain.shadow import shadowed
from farside.terrain.sites import LandingSite, SiteWeights, choose_sites, least_bad

__all__ = [
    "Assessment",
    "ElevationError",
    "ElevationMap",
    "Footprint",
    "FootprintError",
    "HazardLimits",
    "HazardMap",
    "LanderFootprint",
    "LandingSite",
    "OnboardMap",
    "OnboardMapError",
    "Reason",
    "Sensing",
    "SiteWeights",
    "TouchdownDispersion",
    "assess",
    "choose_sites",
    "least_bad",
    "map_hazards",
    "shadowed",
]
