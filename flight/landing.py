"""How a flight ended: the facts that `landing.json` holds, with telemetry and maps behind them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from farside.flight.aborted import Aborted
from farside.flight.camera_facts import CameraFacts
from farside.flight.cause import Cause
from farside.flight.causes import find_causes
from farside.flight.failures import compared
from farside.flight.health import HealthSpan, camera_spans, health_spans
from farside.flight.looks import Look
from farside.flight.telemetry import digest
from farside.mission import Mission
from farside.mission.json_values import plain_values
from farside.mission.moon import MEAN_RADIUS_M

if TYPE_CHECKING:
    from farside.avoidance.divert_cost import DivertCost
    from farside.flight.computer import Aboard
    from farside.flight.faults import FlownFault
    from farside.flight.inputs import Inputs
    from farside.flight.moves import TargetMove
    from farside.flight.relay import RelayView
    from farside.ground import Ground
    from farside.terrain import Assessment, HazardMap, LandingSite

OUTCOMES = (
    *("landed", "belly_struck", "tipped", "crashed", "out_of_propellant", "unfinished"),
    "aborted",
)


@dataclass(frozen=True)
class Touchdown:
    """The first contact and the place of rest. Speeds are Moon-fixed, vertical positive up."""

    latitude_deg: float  # place at rest, planetocentric mean Earth
    longitude_deg: float  # 0-360 east
    elevation_m: float  # of the ground at rest, above the 1737.4 km sphere
    vertical_speed_mps: float  # at first contact
    horizontal_speed_mps: float  # at first contact
    tilt_deg: float  # thrust axis off what the phase table asks for at first contact: the vertical
    rate_dps: float  # at first contact
    heading_deg: float  # azimuth of body x, east of north, at first contact
    rest_tilt_deg: float  # of what is to point up at rest, off the vertical: the thrust axis
    ground_slope_deg: float  # of the truth disc about the place at rest
    ground_roughness_m: float  # of the same: largest deviation from its plane
    miss_m: float  # horizontal, place at rest from the chosen site
    miss_east_m: float = math.nan  # the same as a vector, site axes
    miss_north_m: float = math.nan
    absolute_miss_m: float = math.nan  # over the ground, place at rest from the mission's target
    ramp_slope_deg: float = math.nan  # of a rover's ramp or the ground beyond it, where it rests


@dataclass(frozen=True)
class Site:
    """The touchdown point that was chosen, and from what."""

    divert_m: float  # horizontal, from where the lander hovered when it chose
    clearance_m: float  # on its own map: to the nearest ground not known to be safe
    candidates: int  # ranked sites on the last map
    truth_safe_share: float  # share of the scanned square whose truth disc is safe
    truth_has_safe_point: bool  # the square holds a point that is safe everywhere within 1 m
    map_safe_cells: int  # safe cells on the last map
    least_bad: bool  # nothing was safe: the least bad cell was taken
    scans: int
    stand: str  # the rule that it was chosen by: "legs" or "disc"
    probability: float  # that a landing there is safe; of the legs' rule only
    bound: float  # of it, however the errors go together; 0 says nothing, and is no danger
    heading_deg: float  # azimuth of body x that was commanded last, east of north
    ranked_by: str  # what the way to a site was counted in: "kilograms" or "metres"
    # A lower bound, no estimate: a certified optimum without limits of tilt or clearance, whose
    # thrust turns at once. What is flown is two to three times as much (flown_propellant_kg).
    least_propellant_kg: float  # from the hover to the chosen site
    least_time_s: float  # of flight of that optimum
    above_cheapest_kg: float  # what it takes more than the cheapest cell of the map
    flown_propellant_kg: float  # from the choice to first contact, as it was flown
    # Frames of the lidar laid onto the map of the choice, between it and touchdown
    fixes: int = 0  # places on it that the navigator took
    fixes_refused: int = 0  # frames that told no place, or one outside its gate


@dataclass(frozen=True)
class PhaseStart:
    """The true state where a phase of the table began."""

    name: str
    start_s: float
    altitude_m: float  # base above the site's radius
    height_m: float  # base above the ground beneath
    vertical_speed_mps: float
    horizontal_speed_mps: float
    mass_kg: float


@dataclass(frozen=True)
class GatePassage:
    """The true state at a moment that was published, and what was; None where nothing was."""

    name: str
    time_s: float  # since powered-descent initiation
    altitude_m: float  # base above the site's radius
    vertical_speed_mps: float
    speed_mps: float  # the whole of it, inertial: the Moon's turning is in it
    published_time_s: float | None
    published_altitude_m: float | None
    published_vertical_speed_mps: float | None
    published_speed_mps: float | None
    source: str
    secondary: bool  # the source quotes another that was not read


@dataclass(frozen=True)
class Timing:
    """Wall-clock figures: of this machine and moment, left out of the telemetry's hash."""

    tick_us: dict[str, float]  # count, p50, p99, p99_9, max of the ticks that ran guidance
    hazard_map_ms: float | None  # last frame to chosen site, of the last map
    slips: int  # ticks that took longer than the 10 ms they had


@dataclass(frozen=True)
class Scene:
    """What the pictures need of the ground: true heights about the touchdown point.

    heights_m is (N, N) float32 above the site's radius, rows northwards, columns eastwards, cell_m
    apart, its centre at (east_m, north_m) in site axes.
    """

    heights_m: NDArray[np.float32]
    cell_m: float
    east_m: float
    north_m: float


@dataclass(frozen=True)
class Imaging:
    """The last map that was made in flight, and the choice on it.

    Map coordinates are the flight side's own site axes; `drift_site` [m] takes them to the true
    ones (truth less estimate at the time of the scan).
    """

    hazards: HazardMap | Assessment  # by the mission's rule, hazards.stand
    sites: tuple[LandingSite, ...]
    chosen: LandingSite
    drift_site: tuple[float, float, float]
    divert_cost: DivertCost | None = None  # of its cells


@dataclass(frozen=True)
class Landing:
    """A finished flight.

    `to_dict()` gives the facts of landing.json; `telemetry` is a structured array with the columns
    of `farside.flight.telemetry.COLUMNS`.

    Examples
    --------
    >>> import farside
    >>> landing = farside.land("chang-e-6", seed=3, cameras=False)
    >>> f"{landing.duration_s:.0f} s, {landing.touchdown.vertical_speed_mps:.1f} m/s at contact"
    '812 s, -1.6 m/s at contact'
    >>> [phase.name for phase in landing.phases][:4]
    ['braking', 'adjust', 'approach', 'hover']
    >>> rows = landing.telemetry  # a row each 10 ms, until the lander rests
    >>> rows.shape, rows["r_site"].shape, f"{rows['mass_kg'][0] - rows['mass_kg'][-1]:.0f} kg"
    ((81745,), (81745, 3), '1848 kg')
    >>> landing.to_dict()["outcome"]
    'landed'
    """

    farside: str
    mission: str
    seed: int
    run: int
    nominal: bool
    outcome: str
    safe: bool
    duration_s: float  # from powered-descent initiation to first contact, or to an orbit
    propellant_kg: float
    landed_mass_kg: float
    touchdown: Touchdown
    site: Site
    phases: tuple[PhaseStart, ...]
    timing: Timing
    telemetry: NDArray[np.void] = field(repr=False)
    plan: Mission = field(repr=False)  # the mission that was flown
    radius_m: float = field(repr=False)  # of the site
    look_about: Callable[[], Scene] = field(repr=False, compare=False)  # what `scene` asks
    imaging: Imaging | None = field(repr=False)
    inputs: Inputs = field(repr=False)  # what was dispersed, and by how much
    gates: tuple[GatePassage, ...] = ()
    relay: RelayView | None = None  # of a mission that has one
    ground: Ground | None = field(default=None, repr=False, compare=False)  # that it flew over
    # What the truth came to: rest, tipped, belly, body, empty, lost
    ended_how: dict[str, bool] = field(default_factory=dict, repr=False, compare=False)
    faults: tuple[FlownFault, ...] = ()  # of the mission, and what became of them
    aboard: Aboard | None = None  # what guidance noticed of its computer and thrusters
    abort: Aborted | None = None  # of a descent that was left
    naive: tuple[str, ...] = ()  # options of the logic that flew, where it was flown
    cameras: CameraFacts | None = None  # where they were at work
    looks: tuple[Look, ...] = field(default=(), repr=False, compare=False)  # of its cameras
    moves: tuple[TargetMove, ...] = ()  # of its target, before the site was chosen

    @cached_property
    def telemetry_sha256(self) -> str:
        """SHA-256 of the telemetry without its wall-clock column; worked out when first asked."""
        return digest(self.telemetry)

    @property
    def propellant_left_kg(self) -> float:
        """Usable propellant left at the end [kg]; of an abort, in the stage that flies."""
        if self.abort is not None:
            return self.abort.propellant_left_kg
        # the structure takes the dispersion of the mass, not the tanks
        return float(self.plan.vehicle.usable_propellant_kg - self.propellant_kg)

    @cached_property
    def causes(self) -> tuple[Cause, ...]:
        """Why the flight was not safe, the nearest cause first; empty for a safe landing.

        Examples
        --------
        >>> from farside.flight import land
        >>> land("chang-e-6", seed=3, cameras=False).causes
        ()
        """
        return find_causes(self)

    @cached_property
    def health(self) -> tuple[HealthSpan, ...]:
        """When which sensor or camera was not believed, and why; worked out when first asked."""
        return health_spans(self.telemetry, self.plan.health) + camera_spans(self.looks)

    @cached_property
    def scene(self) -> Scene:
        """The true ground about the place of rest; rasterised when first asked for."""
        return self.look_about()

    @cached_property
    def measured_elevation_m(self) -> float:
        """Height of the measured ground at rest above the 1737.4 km sphere [m].

        Of the rasters alone, as `farside mission check` and `farside horizon` tell heights; the
        ground that is flown, `touchdown.elevation_m`, has synthetic detail on it. NaN of a flight
        that holds no ground.
        """
        if self.ground is None:
            return math.nan
        u, v = self.ground.arcs_below(self.telemetry["r_site"][-1])
        height = float(self.ground.measured_heights(u, v))
        return self.ground.radius_m + height - MEAN_RADIUS_M

    def _ground_facts(self) -> dict[str, Any]:
        """Return which surface which height is of."""
        return {
            "flown_elevation_m": self.touchdown.elevation_m,
            "measured_elevation_m": self.measured_elevation_m,
            "rasters": [] if self.ground is None else list(self.ground.raster_names),
        }

    def to_dict(self) -> dict[str, Any]:
        """Return the facts as plain numbers and names; what is not finite becomes None.

        Returns
        -------
        dict
            Facts by name, as landing.json holds them.
        """
        facts = {
            name: getattr(self, name)
            for name in (
                "farside",
                "mission",
                "seed",
                "run",
                "nominal",
                "outcome",
                "safe",
                "duration_s",
                "propellant_kg",
                "landed_mass_kg",
            )
        }
        facts["causes"] = [asdict(cause) for cause in self.causes]
        facts["touchdown"] = asdict(self.touchdown)
        facts["site"] = asdict(self.site)
        facts["target_moves"] = [asdict(move) for move in self.moves]
        facts["ground"] = self._ground_facts()
        facts["phases"] = [asdict(phase) for phase in self.phases]
        facts["gates"] = [asdict(gate) for gate in self.gates]
        facts["faults"] = [asdict(fault) for fault in self.faults]
        facts["aboard"] = asdict(self.aboard) if self.aboard else None
        facts["abort"] = asdict(self.abort) if self.abort else None
        facts["naive"] = list(self.naive)
        facts["failure"] = compared(self)
        facts["cameras"] = asdict(self.cameras) if self.cameras else None
        facts["relay"] = asdict(self.relay) if self.relay else None
        facts["health"] = [asdict(span) for span in self.health]
        facts["timing"] = asdict(self.timing)
        facts["telemetry_sha256"] = self.telemetry_sha256
        cleaned: dict[str, Any] = plain_values(facts)
        return cleaned
