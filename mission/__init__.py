"""What both sides agree on before flight: the Moon, its frames and sky, the mission files."""

from farside.mission.changes import sweep
from farside.mission.ephemeris import earth_direction, sun_direction
from farside.mission.files import (
    failure_names,
    load_mission,
    mission_names,
    mission_path,
    mission_text,
    parse_mission,
)
from farside.mission.flight_config import FlightConfig
from farside.mission.frames import SiteFrame
from farside.mission.odd import oddities
from farside.mission.phases import Phase
from farside.mission.place import MissionError
from farside.mission.schema import Mission, Site
from farside.mission.vehicle import Vehicle

__all__ = [
    "FlightConfig",
    "Mission",
    "MissionError",
    "Phase",
    "Site",
    "SiteFrame",
    "Vehicle",
    "earth_direction",
    "failure_names",
    "load_mission",
    "mission_names",
    "mission_path",
    "mission_text",
    "oddities",
    "parse_mission",
    "sun_direction",
    "sweep",
]
