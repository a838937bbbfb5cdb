"""A mission: what both sides agree on before flight. The fields are the keys of a mission file."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

from farside.mission.bounds import (
    Azimuth,
    Fraction,
    NonNegative,
    Positive,
    Rising,
    Slug,
    Title,
    Utc,
    Within,
)
from farside.mission.dispersions import Dispersions
from farside.mission.ephemeris import parse_utc
from farside.mission.gates import Gate, gate_faults
from farside.mission.instruments import Sensors
from farside.mission.moon import MEAN_RADIUS_M
from farside.mission.phases import Phase, table_faults
from farside.mission.reader import Table
from farside.mission.relay import Relay
from farside.mission.vehicle import Vehicle


@dataclass(frozen=True, kw_only=True)
class Epoch(Table):
    """When."""

    pdi_utc: Utc
    landing_utc: Utc

    def faults(self) -> Iterator[tuple[str, str]]:
        """Yield a landing before the descent."""
        if parse_utc(self.landing_utc) <= parse_utc(self.pdi_utc):
            yield "landing_utc", f"{self.landing_utc} is not after pdi_utc, {self.pdi_utc}"


@dataclass(frozen=True, kw_only=True)
class Site(Table):
    """Where to land, planetocentric in the mean-Earth frame."""

    latitude_deg: Annotated[float, Within(least=-90.0, most=90.0)]
    longitude_deg: Annotated[float, Within(least=0.0, below=360.0, what="east")]
    elevation_m: Annotated[float, Within(above=-10e3, below=11e3, what="the Moon's relief")]

    @property
    def radius_m(self) -> float:
        """Distance from the Moon's centre [m]: what altitudes count from."""
        return MEAN_RADIUS_M + self.elevation_m


@dataclass(frozen=True, kw_only=True)
class Orbit(Table):
    """The state at powered-descent initiation (PDI), where t = 0."""

    arrival_azimuth_deg: Azimuth  # of the horizontal velocity at the site
    # Above the mean sphere of 1737.4 km, as orbits are given: not above the site.
    pdi_altitude_m: Annotated[float, Within(above=0.0, below=1e6, what="the mean sphere")]
    pdi_speed_mps: Annotated[float, Within(above=0.0, below=2376, what="escape speed")]  # inertial
    pdi_flight_path_deg: Annotated[float, Within(above=-90.0, below=90.0)]  # up is positive
    pdi_range_m: Positive | None = None  # short of the site; None: solved from the vehicle
    # Of the orbit that is left, above the mean sphere too: what pdi_speed_mps is checked against
    apolune_altitude_m: Annotated[float, Within(above=0.0, below=1e8, what="an orbit")] | None = None

    @property
    def pdi_radius_m(self) -> float:
        """Distance of initiation from the Moon's centre [m]."""
        return MEAN_RADIUS_M + self.pdi_altitude_m


@dataclass(frozen=True, kw_only=True)
class Hazards(Table):
    """What the lander cannot stand on, and how it looks for it."""

    slope_deg: Annotated[float, Within(above=0.0, below=90.0)]
    obstacle_m: Positive
    obstacle_margin_m: NonNegative  # kept off obstacle_m on a map made of returns
    footprint_m: Positive  # diameter of the disc that must be safe
    cell_m: Positive  # posting of the fine elevation map
    map_cells: Annotated[int, Within(least=16, most=4096)]  # along a side
    navigation_error_m: NonNegative  # 3 sigma, against the map
    sidestep_m: NonNegative  # when nothing is safe
    hover_limit_s: Positive  # then the least bad site is taken
    # On the legs, with a probability, or on slope and roughness of the disc alone.
    stand: Literal["legs", "disc"] = "legs"
    # What the way to a site is counted in when sites are ranked.
    price: Literal["kilograms", "metres"] = "kilograms"

    def faults(self) -> Iterator[tuple[str, str]]:
        """Yield a map too small for one footprint."""
        if self.obstacle_margin_m >= self.obstacle_m:
            yield (
                "obstacle_margin_m",
                f"{self.obstacle_margin_m:g} leaves nothing of obstacle_m; lower it",
            )
        if self.footprint_m >= self.cell_m * self.map_cells:
            yield "footprint_m", f"{self.footprint_m:g} does not fit on the map; enlarge map_cells"


@dataclass(frozen=True, kw_only=True)
class Touchdown(Table):
    """Limits at first contact, and at rest."""

    vertical_speed_mps: Positive
    horizontal_speed_mps: Positive
    tilt_deg: Annotated[float, Within(above=0.0, below=90.0)]
    rate_dps: Positive
    rest_tilt_deg: Annotated[float, Within(above=0.0, below=90.0)]


@dataclass(frozen=True, kw_only=True)
class Guidance(Table):
    """Limits that hold across the phases."""

    thrust_margin: Fraction  # braking is planned at 1 less this of full thrust
    tilt_limit_deg: Annotated[float, Within(above=0.0, most=90.0)]  # from the approach on
    rate_limit_dps: Positive  # attitude slew
    heading_deg: Azimuth  # body x when upright


@dataclass(frozen=True, kw_only=True)
class GroundStatistics(Table):
    """Synthetic detail below the finest raster, within a radius of the site."""

    radius_m: Annotated[float, Within(above=0.0, most=50e3)]
    rock_abundance: Annotated[float, Within(least=0.0, below=0.5)]  # Golombek-Rapp k
    crater_density: NonNegative  # equilibrium: N(>=D) = crater_density D^-2 per m2
    crater_age_ga: Annotated[float, Within(least=0.0, most=4.5)]
    crater_depth_ratio: Annotated[
        tuple[
            Annotated[float, Within(least=0.0, most=0.5)],
            Annotated[float, Within(least=0.0, most=0.5)],
        ],
        Rising(),
    ]  # depth over diameter, uniform
    hurst_regional: Annotated[float, Within(above=0.0, below=1.0)]
    deviation_474_m: NonNegative  # height difference over 474 m, rms
    hurst_local: Annotated[float, Within(above=0.0, below=1.0)]  # below 100 m
    slope_5m_deg: Annotated[float, Within(least=0.0, below=45.0)]  # rms, of the fractal part


@dataclass(frozen=True, kw_only=True)
class Mission(Table):
    """One mission file."""

    name: Slug
    title: Title
    epoch: Epoch
    site: Site
    orbit: Orbit
    vehicle: Vehicle
    hazards: Hazards
    touchdown: Touchdown
    guidance: Guidance
    phases: tuple[Phase, ...]
    sensors: Sensors
    ground: GroundStatistics
    dispersions: Dispersions
    gates: tuple[Gate, ...] = ()
    relay: Relay | None = None

    def faults(self) -> Iterator[tuple[str, str]]:
        """Yield what one table cannot see of another."""
        yield from table_faults(self.phases)
        yield from gate_faults(self.gates, [row.name for row in self.phases])
        gate = self.phases[0]
        if gate.law != "braking" and self.orbit.pdi_range_m is None:
            yield "orbit.pdi_range_m", f'missing; law = "{gate.law}" needs it; add it in metres'
        if self.sensors.lidar is None and any(row.scan for row in self.phases):
            yield "sensors.lidar", "missing; a phase scans; add it"
        # Gates count from the site, the orbit from the mean sphere.
        start_m = self.orbit.pdi_altitude_m - self.site.elevation_m
        if gate.altitude_m >= start_m:
            yield (
                f"phases[{gate.name}].altitude_m",
                f"{gate.altitude_m:g} is not below the start of the descent, {start_m:g} above "
                f"the site (orbit.pdi_altitude_m {self.orbit.pdi_altitude_m:g} less "
                f"site.elevation_m {self.site.elevation_m:g}); lower it",
            )
        if self.hazards.footprint_m < self.vehicle.legs.span_m:
            yield (
                "hazards.footprint_m",
                f"{self.hazards.footprint_m:g} does not cover vehicle.legs.span_m, "
                f"{self.vehicle.legs.span_m:g}; enlarge it",
            )
