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
    """The first contact and the place of rest. Speeds are Moon-fixed, vertical positive up.

    Attributes
    ----------
    latitude_deg, longitude_deg : float
        Place at rest, planetocentric, mean Earth; 0 to 360 east [deg].
    elevation_m : float
        Of the ground at rest, above the 1737.4 km sphere [m].
    vertical_speed_mps : float
        At first contact, relative to the turning Moon, up [m/s].
    horizontal_speed_mps : float
        The same, across [m/s].
    tilt_deg : float
        Thrust axis off what the phase table asks for at first contact: the vertical [deg].
    rate_dps : float
        Body rate at first contact [deg/s].
    heading_deg : float
        Azimuth of body x, east of north, at first contact [deg].
    rest_tilt_deg : float
        Of what is to point up at rest, off the vertical: the thrust axis [deg].
    ground_slope_deg : float
        Of the true ground's plane under the footprint, at the place at rest [deg].
    ground_roughness_m : float
        Largest deviation from that plane [m].
    miss_m : float
        Horizontal, place at rest from the chosen site [m].
    miss_east_m, miss_north_m : float
        The same as a vector, site axes [m].
    absolute_miss_m : float
        Over the ground, place at rest from the mission's target [m].
    ramp_slope_deg : float
        Of a rover's ramp or the ground beyond it, where it rests [deg]; NaN without.

    Examples
    --------
    >>> import farside
    >>> landing = farside.land("chang-e-6", seed=3, cameras=False)
    >>> down = landing.touchdown
    >>> f"{down.vertical_speed_mps:.2f} m/s, {down.rest_tilt_deg:.1f} deg, {down.miss_m:.2f} m off"
    '-1.55 m/s, 1.3 deg, 0.12 m off'
    """

    latitude_deg: float
    longitude_deg: float
    elevation_m: float
    vertical_speed_mps: float
    horizontal_speed_mps: float
    tilt_deg: float
    rate_dps: float
    heading_deg: float
    rest_tilt_deg: float
    ground_slope_deg: float
    ground_roughness_m: float
    miss_m: float
    miss_east_m: float = math.nan
    miss_north_m: float = math.nan
    absolute_miss_m: float = math.nan
    ramp_slope_deg: float = math.nan


@dataclass(frozen=True)
class Site:
    """The touchdown point that was chosen, and from what.

    Attributes
    ----------
    divert_m : float
        Horizontal, from where the lander hovered when it chose [m].
    clearance_m : float
        On its own map: to the nearest ground not known to be safe [m].
    candidates : int
        Ranked sites on the last map.
    truth_safe_share : float
        Share of the scanned square whose true footprint is safe [-].
    truth_has_safe_point : bool
        The square holds a point that is safe everywhere within 1 m.
    map_safe_cells : int
        Safe cells on the last map.
    least_bad : bool
        Nothing was safe: the least bad cell was taken.
    scans : int
        Maps that were made.
    stand : str
        The rule that it was chosen by: "legs" or "disc".
    probability : float
        That a landing there is safe [-]; of the legs' rule only.
    bound : float
        Of it, however the errors go together [-]; 0 says nothing, and is no danger.
    heading_deg : float
        Azimuth of body x that was commanded last, east of north [deg].
    ranked_by : str
        What the way to a site was counted in: "kilograms" or "metres".
    least_propellant_kg : float
        From the hover to the chosen site [kg]: a lower bound, no estimate. A certified optimum
        without limits of tilt or clearance, whose thrust turns at once; what is flown is two to
        three times as much.
    least_time_s : float
        Time of flight of that optimum [s].
    above_cheapest_kg : float
        What it takes more than the cheapest cell of the map [kg].
    flown_propellant_kg : float
        From the choice to first contact, as it was flown [kg].
    fixes : int
        Frames of the lidar between choice and touchdown that the navigator took as a place on the
        map.
    fixes_refused : int
        Frames that told no place, or one outside its gate.

    Examples
    --------
    >>> import farside
    >>> landing = farside.land("chang-e-6", seed=3, cameras=False)
    >>> chosen = landing.site
    >>> chosen.stand, chosen.ranked_by, chosen.least_bad, chosen.scans
    ('legs', 'kilograms', False, 1)
    """

    divert_m: float
    clearance_m: float
    candidates: int
    truth_safe_share: float
    truth_has_safe_point: bool
    map_safe_cells: int
    least_bad: bool
    scans: int
    stand: str
    probability: float
    bound: float
    heading_deg: float
    ranked_by: str
    least_propellant_kg: float
    least_time_s: float
    above_cheapest_kg: float
    flown_propellant_kg: float
    fixes: int = 0
    fixes_refused: int = 0


@dataclass(frozen=True)
class PhaseStart:
    """The true state where a phase of the table began.

    Attributes
    ----------
    name : str
        Of the row.
    start_s : float
        Since powered-descent initiation [s].
    altitude_m : float
        Base above the site's radius [m].
    height_m : float
        Base above the ground beneath [m].
    vertical_speed_mps : float
        Relative to the turning Moon, up [m/s].
    horizontal_speed_mps : float
        The same, across [m/s].
    mass_kg : float
        Propellant included [kg].

    Examples
    --------
    >>> import farside
    >>> landing = farside.land("chang-e-6", seed=3, cameras=False)
    >>> hover = landing.phases[3]
    >>> hover.name, f"{hover.start_s:.0f} s, {hover.height_m:.0f} m up"
    ('hover', '764 s, 99 m up')
    """

    name: str
    start_s: float
    altitude_m: float
    height_m: float
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
    """Wall-clock figures: of this machine and moment, left out of the telemetry's hash.

    Attributes
    ----------
    tick_us : dict of str to float
        count [-], and p50, p99, p99_9, max [us] of the ticks that ran guidance.
    hazard_map_ms : float or None
        Last frame to chosen site, of the last map [ms].
    slips : int
        Ticks that took longer than the 10 ms they had.

    Examples
    --------
    >>> import farside
    >>> landing = farside.land("chang-e-6", seed=3, cameras=False)
    >>> sorted(landing.timing.tick_us)
    ['count', 'max', 'p50', 'p99', 'p99_9']
    """

    tick_us: dict[str, float]
    hazard_map_ms: float | None
    slips: int


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
    lowered_m: float = 0.0
    """By so much the map lay above the ground that navigation knew beneath: it was lowered."""


@dataclass(frozen=True)
class Landing:
    """A finished flight.

    `to_dict()` gives the facts of landing.json; `telemetry` is a structured array with the columns
    of `farside.flight.telemetry.COLUMNS`. With it and the ground that was flown over, a landing
    holds some 65 to 100 MB: of many keep what is needed, or fly a campaign.

    Attributes
    ----------
    farside : str
        Version that flew it.
    mission : str
        Name of the mission.
    seed, run : int
        Of the random numbers; run 0 where it is of no campaign.
    nominal : bool
        Whether nothing was dispersed.
    outcome : str
        How it ended: "landed", "belly_struck", "tipped", "crashed", "out_of_propellant",
        "aborted" or "unfinished".
    safe : bool
        Whether touchdown and rest kept the mission's limits.
    duration_s : float
        From powered-descent initiation to first contact, or to an orbit [s].
    propellant_kg : float
        Burnt until then [kg].
    landed_mass_kg : float
        What came down [kg].
    touchdown : Touchdown
        Place, speeds and attitude at the first contact.
    site : Site
        The touchdown point that was chosen, and from what.
    phases : tuple of PhaseStart
        When and where each phase began.
    timing : Timing
        Wall-clock figures of the ticks and of the last map.
    telemetry : structured ndarray, (ticks,)
        A row each 10 ms; columns of `farside.flight.telemetry.COLUMNS`, whose names carry unit and
        frame.
    plan : Mission
        The mission that was flown.
    radius_m : float
        Of the site, from the Moon's centre [m].
    look_about : callable
        What `scene` asks for the ground about the lander.
    imaging : Imaging or None
        Its scans and their maps; None without.
    inputs : Inputs
        What was dispersed, and by how much.
    gates : tuple of GatePassage
        Speeds and heights at the mission's gates.
    relay : RelayView or None
        Of a mission that has a relay.
    ground : Ground or None
        That it flew over.
    ended_how : dict of bool
        What the truth came to: rest, tipped, belly, body, empty, lost.
    faults : tuple of FlownFault
        Of the mission, and what became of them.
    aboard : Aboard or None
        What guidance noticed of its computer and thrusters.
    abort : Aborted or None
        Of a descent that was left.
    naive : tuple of str
        Options of the logic that flew, where it was flown.
    cameras : CameraFacts or None
        Where they were at work.
    looks : tuple of Look
        Of its cameras.
    moves : tuple of TargetMove
        Of its target, before the site was chosen.

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
    duration_s: float
    propellant_kg: float
    landed_mass_kg: float
    touchdown: Touchdown
    site: Site
    phases: tuple[PhaseStart, ...]
    timing: Timing
    telemetry: NDArray[np.void] = field(repr=False)
    plan: Mission = field(repr=False)
    radius_m: float = field(repr=False)
    look_about: Callable[[], Scene] = field(repr=False, compare=False)
    imaging: Imaging | None = field(repr=False)
    inputs: Inputs = field(repr=False)
    gates: tuple[GatePassage, ...] = ()
    relay: RelayView | None = None
    ground: Ground | None = field(default=None, repr=False, compare=False)
    ended_how: dict[str, bool] = field(default_factory=dict, repr=False, compare=False)
    faults: tuple[FlownFault, ...] = ()
    aboard: Aboard | None = None
    abort: Aborted | None = None
    naive: tuple[str, ...] = ()
    cameras: CameraFacts | None = None
    looks: tuple[Look, ...] = field(default=(), repr=False, compare=False)
    moves: tuple[TargetMove, ...] = ()

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
