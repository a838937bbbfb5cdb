"""The tables `[hazards]`, what a lander withstands, and `[avoidance]`, how a site is chosen."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal

from farside.mission.bounds import Doc, NonNegative, Positive, Within
from farside.mission.coarse_avoidance import CoarseAvoidance
from farside.mission.ramp import Ramp
from farside.mission.reader import Table

_Probability = Within(above=0.0, most=1.0)


@dataclass(frozen=True, kw_only=True)
class Hazards(Table):
    """What the lander cannot stand on, and how it looks for it."""

    rules: ClassVar = ("margin", "room")

    slope_deg: Annotated[
        float, Within(above=0.0, below=90.0), Doc("steepest ground that the lander may stand on")
    ]
    obstacle_m: Annotated[Positive, Doc("highest obstacle under the lander")]
    obstacle_margin_m: Annotated[
        NonNegative,
        Doc("kept off obstacle_m on a map made of returns: 0.03 for returns 0.12 m apart"),
    ]
    footprint_m: Annotated[
        Positive, Doc("diameter of the disc that must be safe: at least the legs' span")
    ]
    cell_m: Annotated[Positive, Doc("posting of the elevation map: about the spacing of returns")]
    map_cells: Annotated[
        int,
        Within(least=16, most=4096),
        Doc("along a side; map_cells x cell_m is the lidar's footprint at the hover"),
    ]
    navigation_error_m: Annotated[
        NonNegative, Doc("of the touchdown against the map, 3 sigma, kept clear around a site: 0.9")
    ]
    sidestep_m: Annotated[
        NonNegative, Doc("how far to move and look again when nothing is safe; 0: never")
    ]
    hover_limit_s: Annotated[Positive, Doc("then the least bad site is taken")]
    stand: Annotated[
        Literal["legs", "disc"],
        Doc(
            "sites by the contact of the legs, with a probability; or by slope and roughness "
            "of the disc alone",
            "the finer rule",
        ),
    ] = "legs"
    price: Annotated[
        Literal["kilograms", "metres"],
        Doc("what the way to a site is counted in when sites are ranked", "what a divert costs"),
    ] = "kilograms"
    ramp: Ramp | None = None

    def margin(self) -> Iterator[tuple[str, str]]:
        """Yield a margin that takes all."""
        if self.obstacle_margin_m >= self.obstacle_m:
            yield (
                "obstacle_margin_m",
                f"{self.obstacle_margin_m:g} leaves nothing of obstacle_m; lower it",
            )

    def room(self) -> Iterator[tuple[str, str]]:
        """Yield a map too small for one footprint."""
        if self.footprint_m >= self.cell_m * self.map_cells:
            yield "footprint_m", f"{self.footprint_m:g} does not fit on the map; enlarge map_cells"


@dataclass(frozen=True, kw_only=True)
class Avoidance(Table):
    """Which site hazard avoidance takes, when it scans again, and how it computes divert costs.

    What the lander withstands, and how far it translates for another scan, is in `[hazards]`.
    """

    rules: ClassVar = ("probabilities", "weights")

    fill_m: Annotated[
        float,
        Within(least=0.0, most=5.0),
        Doc("width of the holes of a map that are interpolated", "below the widest rock that fits"),
    ] = 0.8
    safe_probability: Annotated[
        float,
        _Probability,
        Doc("least probability of a safe landing of a cell by the legs", "3 sigma"),
    ] = 0.997
    fallback_probability: Annotated[
        float,
        _Probability,
        Doc("and where no cell has that: of the most probable cell", "decision 010"),
    ] = 0.95
    accept_probability: Annotated[
        float,
        _Probability,
        Doc(
            "a site of less is kept while there is time for another scan",
            "1 landing in 2000 is worth 30 kg of hovering",
        ),
    ] = 0.9995
    legs_clearance: Annotated[
        NonNegative,
        Doc(
            "clearance of a site by the legs, in hazards.navigation_error_m: with less it is kept "
            "while there is time for another scan",
            "probability holds the error once already",
        ),
    ] = 0.5
    disc_clearance: Annotated[
        NonNegative,
        Doc("the same of a site by the disc", "its clearance begins at unsafe ground itself"),
    ] = 1.5
    rescan_s: Annotated[
        NonNegative,
        Doc(
            "time that another scan takes, translation and settling included: with less left none "
            "is begun",
            "a translation, settling and a scan of Chang'e 6",
        ),
    ] = 32.0
    descent_reserve_s: Annotated[
        NonNegative,
        Doc(
            "hovering time whose propellant is kept for the descent from the hover",
            "a tenth above the longest descent measured, 60 s",
        ),
    ] = 66.0
    far_translation: Annotated[
        Positive,
        Doc(
            "translation for another scan where no cell is safe, in hazards.sidestep_m",
            "a map of ground not yet seen",
        ),
    ] = 1.6
    fresh_distance: Annotated[
        NonNegative,
        Doc(
            "a hover point counts as new this far from every earlier one, in translations",
            "a fifth is left for the error of the translation",
        ),
    ] = 0.8
    legs_clearance_weight: Annotated[
        float,
        Within(least=0.0, most=1.0),
        Doc(
            "legs rule: share of clearance in the score of a site, beside its divert cost; the "
            "probability multiplies both",
            "ours: as much as the cost",
        ),
    ] = 0.5
    legs_clearance_scale: Annotated[
        Positive,
        Doc(
            "legs rule: clearance that scores one half, in hazards.footprint_m",
            "ours: half a footprint off the nearest hazard",
        ),
    ] = 0.5
    clearance_weight: Annotated[
        NonNegative,
        Doc(
            "disc rule: weight of clearance in the score of a site; only the ratios of the four "
            "weights count",
            "ours: as much as slope and roughness together",
        ),
    ] = 0.4
    slope_weight: Annotated[NonNegative, Doc("the same of the slope", "ours: half of it")] = 0.2
    roughness_weight: Annotated[
        NonNegative, Doc("the same of the roughness", "ours: as the slope")
    ] = 0.2
    cost_weight: Annotated[
        NonNegative, Doc("the same of the divert cost", "ours: safety counts four times as much")
    ] = 0.2
    clearance_scale_m: Annotated[
        Positive,
        Doc(
            "disc rule: clearance that scores one half",
            "ours: twice the navigation error of Chang'e 6",
        ),
    ] = 2.0
    cost_cells: Annotated[
        int,
        Within(least=1, most=256),
        Doc(
            "map cells along a side of one cell of the divert cost",
            "1.6 m: the cost changes by grams over 0.1 m",
        ),
    ] = 16
    cost_tries: Annotated[
        int,
        Within(least=0, most=64),
        Doc(
            "guesses tried for a cell of the divert cost whose neighbours have no solution",
            "a hazard cycle has 50 ms",
        ),
    ] = 2
    coarse: CoarseAvoidance = field(default_factory=CoarseAvoidance)

    def probabilities(self) -> Iterator[tuple[str, str]]:
        """Yield a fallback above what it stands in for."""
        if self.fallback_probability > self.safe_probability:
            yield (
                "fallback_probability",
                f"{self.fallback_probability:g} is above safe_probability, "
                f"{self.safe_probability:g}; lower it",
            )

    def weights(self) -> Iterator[tuple[str, str]]:
        """Yield weights of a score that is nothing."""
        given = (self.clearance_weight, self.slope_weight, self.roughness_weight, self.cost_weight)
        if not any(given):
            yield "clearance_weight", "no weight of the score is above 0; raise one"
