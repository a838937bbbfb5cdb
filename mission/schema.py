"""A mission: what both sides agree on before flight. The fields are the keys of a mission file."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar

from farside.mission import rows
from farside.mission.abort import Abort
from farside.mission.avoidance import Avoidance, Hazards
from farside.mission.bounds import (
    Azimuth,
    Direction,
    Doc,
    Positive,
    Slug,
    Title,
    Utc,
    Within,
)
from farside.mission.computer import Computer
from farside.mission.contact import Contact
from farside.mission.dispersed_keys import key_faults
from farside.mission.dispersions import Dispersions
from farside.mission.ephemeris import parse_utc
from farside.mission.failure import Failure
from farside.mission.faults import Fault, fault_faults
from farside.mission.gates import Gate, gate_faults
from farside.mission.gravity import Gravity
from farside.mission.ground_statistics import GroundStatistics
from farside.mission.guidance import Guidance
from farside.mission.health import Health
from farside.mission.instruments import Sensors
from farside.mission.moon import MEAN_RADIUS_M
from farside.mission.navigation import Navigation
from farside.mission.observer import Observer
from farside.mission.odometry import Odometry
from farside.mission.phases import Phase
from farside.mission.radio_link import RadioLink, link_faults
from farside.mission.reader import Table
from farside.mission.redesignations import Redesignation, redesignation_faults
from farside.mission.regolith import Regolith
from farside.mission.relay import Relay
from farside.mission.terrain_navigation import TerrainNavigation
from farside.mission.tracking import Tracking
from farside.mission.vehicle import Vehicle


@dataclass(frozen=True, kw_only=True)
class Epoch(Table):
    """When."""

    rules: ClassVar = ("order",)

    pdi_utc: Annotated[Utc, Doc("powered-descent initiation, where t = 0")]
    landing_utc: Annotated[Utc, Doc("touchdown: for the Sun and the Earth in the sky of the site")]

    def order(self) -> Iterator[tuple[str, str]]:
        """Yield a landing before the descent."""
        if parse_utc(self.landing_utc) <= parse_utc(self.pdi_utc):
            yield "landing_utc", f"{self.landing_utc} is not after pdi_utc, {self.pdi_utc}"


@dataclass(frozen=True, kw_only=True)
class Site(Table):
    """Where to land, planetocentric in the mean-Earth frame.

    Examples
    --------
    >>> from farside.mission import Site
    >>> Site(latitude_deg=-41.6385, longitude_deg=206.0148, elevation_m=-5256.0).radius_m
    1732144.0
    """

    latitude_deg: Annotated[float, Within(least=-90.0, most=90.0), Doc("planetocentric, north")]
    longitude_deg: Annotated[
        float, Within(least=0.0, below=360.0, what="east"), Doc("add 360 to a western one")
    ]
    elevation_m: Annotated[
        float,
        Within(above=-10e3, below=11e3, what="the Moon's relief"),
        Doc("of the ground above the 1737.4 km sphere, from a DEM: LOLA's"),
    ]

    @property
    def radius_m(self) -> float:
        """Distance from the Moon's centre [m]: what altitudes count from."""
        return MEAN_RADIUS_M + self.elevation_m


@dataclass(frozen=True, kw_only=True)
class Orbit(Table):
    """The state at powered-descent initiation (PDI), where t = 0."""

    arrival_azimuth_deg: Annotated[
        Azimuth, Doc("where the horizontal velocity points at the site: 270 flies west")
    ]
    pdi_altitude_m: Annotated[
        float,
        Within(above=0.0, below=1e6, what="the mean sphere"),
        Doc("above the mean sphere of 1737.4 km, as orbits are given: not above the site"),
    ]
    pdi_speed_mps: Annotated[
        float, Within(above=0.0, below=3000, what="a fall from afar"), Doc("inertial")
    ]
    pdi_flight_path_deg: Annotated[
        float,
        Within(above=-90.0, below=90.0),
        Doc("of the velocity above the level: 0 at perilune"),
    ]
    pdi_range_m: (
        Annotated[
            Positive,
            Doc(
                "arc short of the site; needed where the first row's law is not braking",
                "found with the first row's braking: the least propellant",
            ),
        ]
        | None
    ) = None
    apolune_altitude_m: (
        Annotated[
            float,
            Within(above=0.0, below=1e8, what="an orbit"),
            Doc(
                "of the orbit that is left, above the mean sphere; pdi_speed_mps is checked "
                "against it",
                "not checked",
            ),
        ]
        | None
    ) = None

    @property
    def pdi_radius_m(self) -> float:
        """Distance of initiation from the Moon's centre [m]."""
        return MEAN_RADIUS_M + self.pdi_altitude_m


@dataclass(frozen=True, kw_only=True)
class Touchdown(Table):
    """Limits at first contact, and at rest: a landing beyond one of them is not safe."""

    vertical_speed_mps: Annotated[Positive, Doc("at first contact")]
    horizontal_speed_mps: Annotated[Positive, Doc("at first contact")]
    tilt_deg: Annotated[
        float,
        Within(above=0.0, below=90.0),
        Doc(
            "of the thrust axis at first contact, off the vertical, or off the axis that the row "
            "which waits for contact asks for"
        ),
    ]
    rate_dps: Annotated[Positive, Doc("of turning at first contact")]
    rest_tilt_deg: Annotated[
        float, Within(above=0.0, below=90.0), Doc("at rest, of rest_up_body off the vertical")
    ]
    rest_up_body: Annotated[
        Direction, Doc("unit vector of the lander that points up as it rests", "it stands upright")
    ] = (0.0, 0.0, 1.0)

    @property
    def stands(self) -> bool:
        """Whether the lander is made to stand upright; else it falls over on purpose."""
        return self.rest_up_body[2] > 0.5


@dataclass(frozen=True, kw_only=True)
class Mission(Table):
    """One mission file.

    Examples
    --------
    >>> from farside.mission import load_mission
    >>> mission = load_mission("chang-e-6")
    >>> mission.title, mission.vehicle.engine.thrust_max_n
    ("Chang'e 6: Apollo basin, far side", 7500.0)
    >>> [phase.law for phase in mission.phases][:4]
    ['braking', 'adjust', 'optimal', 'hover']
    >>> round(mission.start_altitude_m)  # 15 km over the mean sphere, the site 5256 m below it
    20256
    """

    rules: ClassVar = (
        *("count", "first", "order", "last", "names", "scans", "altitudes"),
        *(
            "published",
            "moves",
            "begin",
            "lidar_fitted",
            "cameras_fitted",
            "gate",
            "disc",
            "stood",
            "least",
            "dispersed_keys",
            "failing",
            "linked",
        ),
    )

    name: Annotated[Slug, Doc("of the mission, and of the folders of its landings")]
    title: Annotated[Title, Doc("for people")]
    epoch: Epoch
    site: Site
    orbit: Orbit
    vehicle: Vehicle
    hazards: Hazards
    touchdown: Touchdown
    guidance: Guidance
    phases: tuple[Phase, ...]
    sensors: Sensors = field(default_factory=Sensors)
    navigation: Navigation = field(default_factory=Navigation)
    health: Health = field(default_factory=Health)
    avoidance: Avoidance = field(default_factory=Avoidance)
    tracking: Tracking = field(default_factory=Tracking)
    terrain_navigation: TerrainNavigation = field(default_factory=TerrainNavigation)
    odometry: Odometry = field(default_factory=Odometry)
    contact: Contact = field(default_factory=Contact)
    computer: Computer = field(default_factory=Computer)
    ground: GroundStatistics = field(default_factory=GroundStatistics)
    gravity: Gravity = field(default_factory=Gravity)
    regolith: Regolith = field(default_factory=Regolith)
    dispersions: Dispersions = field(default_factory=Dispersions)
    gates: tuple[Gate, ...] = ()
    redesignations: tuple[Redesignation, ...] = ()
    faults: tuple[Fault, ...] = ()
    relay: Relay | None = None
    observers: tuple[Observer, ...] = ()
    links: tuple[RadioLink, ...] = ()
    failure: Failure | None = None
    abort: Abort = field(default_factory=Abort)

    @property
    def start_altitude_m(self) -> float:
        """Altitude of powered-descent initiation above the site's radius [m]."""
        return self.orbit.pdi_altitude_m - self.site.elevation_m

    def to_toml(self) -> str:
        """Return the text of a mission file that reads as this mission.

        Returns
        -------
        str
            TOML with its defaults written out; the comments of a file are lost.

        Raises
        ------
        MissionError
            When the mission breaks a rule of the schema, as one can that was made of dataclasses.

        Examples
        --------
        >>> from farside.mission import load_mission, parse_mission
        >>> mission = load_mission("chang-e-6")
        >>> parse_mission(mission.to_toml()) == mission
        True
        """
        from farside.mission.writer import dump_mission

        return dump_mission(self)

    def replace(self, key: str | Mapping[str, Any], value: Any = None) -> "Mission":
        """Return the mission with other values, checked as a file of them would be.

        Parameters
        ----------
        key : str or mapping
            As refusals name it: `vehicle.engine.thrust_max_n`, `phases[hover].altitude_m`. A
            mapping of keys to values changes several at once.
        value : object, optional
            In the key's unit; numpy's numbers and arrays serve, None takes an optional key out.

        Returns
        -------
        Mission

        Raises
        ------
        MissionError
            When there is no such key, or the changed mission breaks a rule of the schema.

        Examples
        --------
        >>> from farside.mission import load_mission
        >>> load_mission("chang-e-6").replace("orbit.pdi_speed_mps", 1700).orbit.pdi_speed_mps
        1700.0
        """
        from farside.mission.changes import replaced

        return replaced(self, key if isinstance(key, Mapping) else {key: value})

    def count(self) -> Iterator[tuple[str, str]]:
        """Yield too few rows, or too many."""
        yield from rows.count_faults(self.phases)

    def first(self) -> Iterator[tuple[str, str]]:
        """Yield a first row that cannot begin."""
        yield from rows.first_faults(self.phases)

    def order(self) -> Iterator[tuple[str, str]]:
        """Yield rows that need another one beside them."""
        yield from rows.order_faults(self.phases)

    def last(self) -> Iterator[tuple[str, str]]:
        """Yield rows behind the landing, and a table without one."""
        yield from rows.last_faults(self.phases)

    def names(self) -> Iterator[tuple[str, str]]:
        """Yield names that two rows have."""
        yield from rows.name_faults(self.phases)

    def scans(self) -> Iterator[tuple[str, str]]:
        """Yield scans that are never asked for."""
        yield from rows.scan_faults(self.phases)

    def altitudes(self) -> Iterator[tuple[str, str]]:
        """Yield exits that are met at once, or never."""
        yield from rows.altitude_faults(self.phases, self.start_altitude_m)

    def published(self) -> Iterator[tuple[str, str]]:
        """Yield gates that the phase table does not have."""
        yield from gate_faults(self.gates, [row.name for row in self.phases])

    def moves(self) -> Iterator[tuple[str, str]]:
        """Yield redesignations in phases that the table does not have."""
        yield from redesignation_faults(self.redesignations, [row.name for row in self.phases])

    def failing(self) -> Iterator[tuple[str, str]]:
        """Yield faults that can never happen."""
        yield from fault_faults(self)

    def linked(self) -> Iterator[tuple[str, str]]:
        """Yield observers alike, and links to nobody."""
        others = [each.name for each in (self.relay, *self.observers) if each is not None]
        yield from link_faults(self.links, others)

    def begin(self) -> Iterator[tuple[str, str]]:
        """Yield a start that nothing finds."""
        if self.phases and self.phases[0].law != "braking" and self.orbit.pdi_range_m is None:
            law = self.phases[0].law
            yield "orbit.pdi_range_m", f'missing; law = "{law}" needs it; add it in metres'

    def lidar_fitted(self) -> Iterator[tuple[str, str]]:
        """Yield a scan without a lidar."""
        if self.sensors.lidar is None and any(row.scan for row in self.phases):
            yield (
                "sensors.lidar",
                "missing; a phase scans; add it: [sensors.lidar] alone has the defaults",
            )

    def cameras_fitted(self) -> Iterator[tuple[str, str]]:
        """Yield cameras that are asked for and not carried."""
        carried = [each.name for each in self.sensors.camera]
        places = self.terrain_navigation
        asked = [("terrain_navigation.cameras", name) for name in places.cameras]
        asked += [("terrain_navigation.craters.cameras", name) for name in places.craters.cameras]
        if self.odometry.camera is not None:
            asked.append(("odometry.camera", self.odometry.camera))
        if self.avoidance.coarse.camera is not None:
            asked.append(("avoidance.coarse.camera", self.avoidance.coarse.camera))
        for key, name in asked:
            if name not in carried:
                known = ", ".join(carried) or "none"
                yield key, f"{name} is no camera of sensors.camera ({known}); name one, or add it"

    def gate(self) -> Iterator[tuple[str, str]]:
        """Yield a first gate above the start."""
        # Gates count from the site, the orbit from the mean sphere.
        start_m = self.start_altitude_m
        if self.phases and self.phases[0].altitude_m >= start_m:
            yield (
                f"phases[{self.phases[0].name}].altitude_m",
                f"{self.phases[0].altitude_m:g} is not below the start of the descent, "
                f"{start_m:g} above the site (orbit.pdi_altitude_m "
                f"{self.orbit.pdi_altitude_m:g} less site.elevation_m "
                f"{self.site.elevation_m:g}); lower it",
            )

    def disc(self) -> Iterator[tuple[str, str]]:
        """Yield a disc smaller than the legs."""
        if self.hazards.footprint_m < self.vehicle.legs.span_m:
            yield (
                "hazards.footprint_m",
                f"{self.hazards.footprint_m:g} does not cover vehicle.legs.span_m, "
                f"{self.vehicle.legs.span_m:g}; enlarge it",
            )

    def stood(self) -> Iterator[tuple[str, str]]:
        """Yield sites by the contact of legs that stand on no circle."""
        if self.vehicle.legs.feet and self.hazards.stand != "disc":
            yield (
                "hazards.stand",
                f'"{self.hazards.stand}" stands the lander on a circle of legs, and '
                'vehicle.legs.feet are on none; give "disc"',
            )

    def least(self) -> Iterator[tuple[str, str]]:
        """Yield a held throttle that the engine does not have."""
        engine = self.vehicle.engine
        least = engine.thrust_min_n / engine.thrust_max_n
        for row in self.phases:
            if row.throttle is not None and 0.0 < row.throttle < least:
                yield (
                    f"phases[{row.name}].throttle",
                    f"{row.throttle:g} is below the engine's least, {least:.4g}; give more, or 0",
                )

    def dispersed_keys(self) -> Iterator[tuple[str, str]]:
        """Yield dispersed keys that hold no number, or can leave their range."""
        # only of a mission that is whole otherwise: a key's range may hang on any other key
        if isinstance(self, Mission) and self.dispersions.keys:
            for key, text in key_faults(self):
                yield f"dispersions.{key}", text
