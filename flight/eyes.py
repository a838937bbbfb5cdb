"""What a flight does with its cameras."""

from __future__ import annotations

from farside.flight.cameras import FlightCameras
from farside.flight.coarse import CoarseSteering
from farside.flight.craters import CraterFixes
from farside.flight.image_map import BuiltMap, LevelSpec, MapSpec, build_image_map
from farside.flight.kinds import Kinds
from farside.flight.landmarks import LandmarkFixes
from farside.flight.looks import Look
from farside.flight.motion import MotionFixes
from farside.flight.profile import ProfileFixes
from farside.flight.tasks import Task
from farside.flight.wiring import Flight
from farside.mission import Mission
from farside.mission.ephemeris import Direction

#: Levels of the onboard map: of the ground's lattice, along the track, half across it [m].
LEVELS = (
    LevelSpec(9, (-150e3, 15e3), 12e3),
    LevelSpec(7, (-30e3, 6e3), 6e3),
    LevelSpec(5, (-4500.0, 1500.0), 3e3),
)


class Eyes:
    """The cameras of one flight at work.

    Parameters
    ----------
    flight : Flight
        Its mission's `[terrain_navigation]` says which cameras do what.

    Attributes
    ----------
    built : BuiltMap or None
        The onboard map, where one is needed.
    kinds : Kinds
        What landmarks of each kind say of the place.
    tasks : list of Task
        What is due beside the loop.
    """

    def __init__(self, flight: Flight) -> None:
        self.cameras = FlightCameras(flight)
        self.kinds = Kinds(flight)
        self.built: BuiltMap | None = None
        self.landmarks: LandmarkFixes | None = None
        self.craters: CraterFixes | None = None
        self.profiles: ProfileFixes | None = None
        self.motion: MotionFixes | None = None
        self.coarse: CoarseSteering | None = None
        self.tasks: list[Task] = []
        given = flight.mission.terrain_navigation
        if given.cameras or given.craters.cameras or given.profile.every_s > 0.0:
            self.built = onboard_image_map(flight)
        if self.built is not None and given.cameras:
            self.landmarks = LandmarkFixes(flight, self.cameras, self.built, self.kinds)
            self.tasks.append(self.landmarks)
        if self.built is not None and given.craters.cameras:
            self.craters = CraterFixes(flight, self.cameras, self.built, self.kinds)
            self.tasks.append(self.craters)
        if self.built is not None and given.profile.every_s > 0.0:
            self.profiles = ProfileFixes(flight, self.cameras, self.built.image_map)
            self.tasks.append(self.profiles)
        if flight.mission.odometry.camera is not None:
            self.motion = MotionFixes(flight, self.cameras)
            self.tasks.append(self.motion)
        if flight.mission.avoidance.coarse.camera is not None:
            self.coarse = CoarseSteering(flight, self.cameras)
            self.tasks.append(self.coarse)

    @property
    def looks(self) -> tuple[Look, ...]:
        """All images, in the order of their times."""
        workers = (self.landmarks, self.craters, self.motion, self.coarse)
        looks = [look for each in workers if each is not None for look in each.looks]
        return tuple(sorted(looks, key=lambda look: look.time_s))


def map_spec(mission: Mission) -> MapSpec:
    """Return what an orbiter gave of a mission's ground."""
    given = mission.terrain_navigation.map
    return MapSpec(
        levels=LEVELS,
        resolution_m=given.resolution_m,
        registration_sigma_m=given.registration_m,
        height_sigma_m=given.height_sigma_m,
        albedo_sigma=given.albedo_sigma,
        sun=Direction(given.sun_azimuth_deg, given.sun_elevation_deg),
    )


def onboard_image_map(flight: Flight) -> BuiltMap:
    """Make the onboard map of a flight's ground, with errors of its own.

    A nominal flight has a map without a registration error.
    """
    return build_image_map(flight.ground, map_spec(flight.mission), flight.key)
