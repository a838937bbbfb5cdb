"""What the flight side of a mission receives: what flies, not how the truth may stray from it."""

from __future__ import annotations

from dataclasses import dataclass

from farside.mission.abort import Abort
from farside.mission.avoidance import Avoidance, Hazards
from farside.mission.computer import Computer
from farside.mission.contact import Contact
from farside.mission.guidance import Guidance
from farside.mission.health import Health
from farside.mission.instruments import Sensors
from farside.mission.navigation import Navigation
from farside.mission.odometry import Odometry
from farside.mission.phases import Phase
from farside.mission.schema import Mission, Orbit, Site
from farside.mission.terrain_navigation import TerrainNavigation
from farside.mission.tracking import Tracking
from farside.mission.vehicle import Vehicle


@dataclass(frozen=True, kw_only=True)
class FlightConfig:
    """The part of a mission that goes aboard: plan, vehicle, limits, gains, sensors as specified.

    Left out are the epoch, the truth's ground and its dispersions, and the limits by which a
    landing is judged. Of the dispersions stands here what navigation must know before the flight:
    how well the first state is known.

    Attributes
    ----------
    name : str
        Of the mission.
    site : Site
        Where it is to land.
    orbit : Orbit
        From which it comes.
    vehicle : Vehicle
        As specified.
    hazards : Hazards
        What the lander cannot stand on, and how it looks for it.
    guidance : Guidance
        Limits that hold across the phases, and the gains of the autopilot.
    navigation : Navigation
        First covariance and noise model of the filter.
    health : Health
        Gates of each sensor and beam, how long one is refused, and what takes it back.
    avoidance : Avoidance
        Which site hazard avoidance takes, and when it scans again.
    tracking : Tracking
        Frames of the lidar that are laid onto the map after the choice.
    terrain_navigation : TerrainNavigation
        Image, crater and profile navigation.
    odometry : Odometry
        Features of the ground, followed from image to image without a map.
    sensors : Sensors
        Mounting, rates and noise as specified.
    contact : Contact
        Errors at first contact, and the ground as it is assumed aboard.
    computer : Computer
        Checkpoints, and how navigation goes on after a gap.
    abort : Abort
        What counts as a safe orbit, what begins an abort, and how it is flown.
    phases : tuple of Phase
        The rows of the autopilot, in order.
    known_position_sigma_m : float
        1-sigma error of the first position, each site axis [m].
    known_velocity_sigma_mps : float
        1-sigma error of the first velocity, each site axis [m/s].
    known_attitude_sigma_deg : float
        1-sigma error of the first attitude, each axis [deg].

    Examples
    --------
    >>> from farside.mission import FlightConfig, load_mission
    >>> aboard = FlightConfig.of(load_mission("chang-e-6"))
    >>> aboard.known_position_sigma_m, hasattr(aboard, "epoch"), hasattr(aboard, "dispersions")
    (100.0, False, False)
    """

    name: str
    site: Site
    orbit: Orbit
    vehicle: Vehicle
    hazards: Hazards
    guidance: Guidance
    navigation: Navigation
    health: Health
    avoidance: Avoidance
    tracking: Tracking
    terrain_navigation: TerrainNavigation
    odometry: Odometry
    sensors: Sensors
    contact: Contact
    computer: Computer
    abort: Abort
    phases: tuple[Phase, ...]
    known_position_sigma_m: float
    known_velocity_sigma_mps: float
    known_attitude_sigma_deg: float

    @classmethod
    def of(cls, mission: Mission | FlightConfig) -> FlightConfig:
        """Take what goes aboard out of a mission; a configuration is returned as it is.

        Parameters
        ----------
        mission : Mission or FlightConfig

        Returns
        -------
        FlightConfig

        Examples
        --------
        >>> from farside.mission import FlightConfig, load_mission
        >>> FlightConfig.of(load_mission("chang-e-6")).known_position_sigma_m
        100.0
        """
        if isinstance(mission, FlightConfig):
            return mission
        spread = mission.dispersions
        return cls(
            name=mission.name,
            site=mission.site,
            orbit=mission.orbit,
            vehicle=mission.vehicle,
            hazards=mission.hazards,
            guidance=mission.guidance,
            navigation=mission.navigation,
            health=mission.health,
            avoidance=mission.avoidance,
            tracking=mission.tracking,
            terrain_navigation=mission.terrain_navigation,
            odometry=mission.odometry,
            sensors=mission.sensors,
            contact=mission.contact,
            computer=mission.computer,
            abort=mission.abort,
            phases=mission.phases,
            known_position_sigma_m=spread.knowledge_position_m.sigma,
            known_velocity_sigma_mps=spread.knowledge_velocity_mps.sigma,
            known_attitude_sigma_deg=spread.knowledge_attitude_deg.sigma,
        )
