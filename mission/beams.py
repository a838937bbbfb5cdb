"""What measures against the ground: altimeter, velocimeter, and the touchdown sensor.

Altimeter and velocimeter have two heads: the one whose line of sight lies nearer to straight down
serves. Dust of the plume takes a beam below a height that grows with the root of the thrust.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

from farside.mission.bounds import Direction, Doc, NonNegative, Positive, Rate, Within
from farside.mission.mounting import (
    ABSENT,
    DriftTime,
    Hold,
    Late,
    Lean,
    Place,
    PlaceError,
    Unlimited,
    late_faults,
)
from farside.mission.reader import Table

Angle = Annotated[float, Within(above=0.0, below=90.0)]
Incidence = Annotated[float, Within(above=0.0, most=90.0)]
DustHeight = Annotated[float, Within(least=0.0, most=1000.0)]

DOWN = (0.0, 0.0, -1.0)
BRAKING = (math.sqrt(0.75), 0.0, -0.5)
_BRAKING = Doc(
    "line of sight of the first head, for braking",
    "straight down when the thrust axis stands 30 deg above the level",
)
_LANDING = Doc("line of sight of the second head, for landing", "straight down when upright")
_DUST = Doc(
    "no reading with the base lower than this in dust, at full thrust; at less thrust the height "
    "goes with its root",
    ABSENT,
)
_PLACE = Doc("where it stands, base frame", "left out: at the centre of mass")
_PLACE_ERROR = Doc("of that place, each axis", ABSENT)
_DRIFT = Doc("slow error: Gauss-Markov beside the noise", ABSENT)
_DRIFT_TIME = Doc("time constant of the drift", "minutes")
_LATE = Doc("from the echo to the report; the report says when it was true", ABSENT)
_RELOCK = Doc("after a loss, until it has a reading again", ABSENT)
_INCIDENCE = Doc("no echo off ground that the beam meets flatter; from its normal", "no limit")
_SPEED = Doc("no echo, and the end of the scale, at more along a beam; 0 has none", ABSENT)


@dataclass(frozen=True, kw_only=True)
class Altimeter(Table):
    """Range to the ground along one beam."""

    rules: ClassVar = ("ranges", "late")

    noise_m: Annotated[
        NonNegative, Doc("noise of a range", "laser altimeter, 0.2 m at 3 sigma")
    ] = 0.1
    noise_far_m: Annotated[
        NonNegative, Doc("more of it at range_max_m, in proportion to the range", ABSENT)
    ] = 0.0
    bias_m: Annotated[NonNegative, Doc("constant error", "as its noise")] = 0.1
    drift_m: Annotated[NonNegative, _DRIFT] = 0.0
    drift_time_s: Annotated[DriftTime, _DRIFT_TIME] = 100.0
    step_m: Annotated[NonNegative, Doc("of the range counted", ABSENT)] = 0.0
    range_min_m: Annotated[
        NonNegative, Doc("no echo nearer", "below it the touchdown sensor serves")
    ] = 3.0
    range_max_m: Annotated[
        Positive, Doc("no echo further", "laser altimeter of a descent from 15 km")
    ] = 30000.0
    speed_limit_mps: Annotated[Unlimited, Doc("no echo at more along the beam; 0: any", ABSENT)] = (
        0.0
    )
    incidence_limit_deg: Annotated[Incidence, _INCIDENCE] = 90.0
    dust_height_m: Annotated[DustHeight, _DUST] = 0.0
    relock_s: Annotated[Hold, _RELOCK] = 0.0
    rate_hz: Annotated[Rate, Doc("ranges", "laser altimeter")] = 10.0
    latency_s: Annotated[Late, _LATE] = 0.0
    braking_boresight_body: Annotated[Direction, _BRAKING] = BRAKING
    landing_boresight_body: Annotated[Direction, _LANDING] = DOWN
    misalignment_deg: Annotated[Lean, Doc("of its mounting, each axis", ABSENT)] = 0.0
    position_base_m: Annotated[Place, _PLACE] | None = None
    position_error_m: Annotated[PlaceError, _PLACE_ERROR] = 0.0

    def ranges(self) -> Iterator[tuple[str, str]]:
        """Yield ranges the wrong way round."""
        if self.range_min_m >= self.range_max_m:
            yield (
                "range_min_m",
                f"{self.range_min_m:g} is not below range_max_m, {self.range_max_m:g}; lower it",
            )

    def late(self) -> Iterator[tuple[str, str]]:
        """Yield too many reports under way."""
        yield from late_faults(self.latency_s, self.rate_hz)


@dataclass(frozen=True, kw_only=True)
class Velocimeter(Table):
    """Speed along three beams canted about the boresight."""

    rules: ClassVar = ("ranges", "late")

    noise_mps: Annotated[NonNegative, Doc("noise of a beam", "Ka band, 0.1 m/s at 2 sigma")] = 0.05
    noise_far_mps: Annotated[
        NonNegative, Doc("more of it at range_max_m, in proportion to the range", ABSENT)
    ] = 0.0
    scale: Annotated[NonNegative, Doc("error as a share of the speed", "Ka band")] = 0.005
    drift_mps: Annotated[NonNegative, _DRIFT] = 0.0
    drift_time_s: Annotated[DriftTime, _DRIFT_TIME] = 100.0
    step_mps: Annotated[NonNegative, Doc("of the speed counted", ABSENT)] = 0.0
    range_min_m: Annotated[NonNegative, Doc("no echo nearer", ABSENT)] = 0.0
    range_max_m: Annotated[
        Positive, Doc("no echo further; 1 or less stands for none aboard", "Ka band, 10 km")
    ] = 10000.0
    speed_limit_mps: Annotated[Unlimited, _SPEED] = 0.0
    incidence_limit_deg: Annotated[Incidence, _INCIDENCE] = 90.0
    dust_height_m: Annotated[DustHeight, _DUST] = 0.0
    relock_s: Annotated[Hold, _RELOCK] = 0.0
    rate_hz: Annotated[Rate, Doc("sets of three speeds", "Ka band")] = 20.0
    latency_s: Annotated[Late, _LATE] = 0.0
    cant_deg: Annotated[Angle, Doc("of each beam off the boresight", "common to such sets")] = 20.0
    braking_boresight_body: Annotated[Direction, _BRAKING] = BRAKING
    landing_boresight_body: Annotated[Direction, _LANDING] = DOWN
    misalignment_deg: Annotated[Lean, Doc("of the whole set's mounting, each axis", ABSENT)] = 0.0
    beam_misalignment_deg: Annotated[
        Lean, Doc("of each beam by itself, each of the two axes across it", ABSENT)
    ] = 0.0
    position_base_m: Annotated[Place, _PLACE] | None = None
    position_error_m: Annotated[PlaceError, _PLACE_ERROR] = 0.0

    def ranges(self) -> Iterator[tuple[str, str]]:
        """Yield ranges the wrong way round."""
        if self.range_min_m >= self.range_max_m:
            yield (
                "range_min_m",
                f"{self.range_min_m:g} is not below range_max_m, {self.range_max_m:g}; lower it",
            )

    def late(self) -> Iterator[tuple[str, str]]:
        """Yield too many reports under way."""
        yield from late_faults(self.latency_s, self.rate_hz)


@dataclass(frozen=True, kw_only=True)
class TouchdownSensor(Table):
    """Height of the base above the ground beneath, for the engine cut-off."""

    rules: ClassVar = ("late",)

    noise_m: Annotated[NonNegative, Doc("noise of a height", "gamma or radar height")] = 0.1
    drift_m: Annotated[NonNegative, _DRIFT] = 0.0
    drift_time_s: Annotated[DriftTime, _DRIFT_TIME] = 100.0
    step_m: Annotated[NonNegative, Doc("of the height counted", ABSENT)] = 0.0
    range_max_m: Annotated[Positive, Doc("no height above this", "gamma or radar height")] = 30.0
    dust_height_m: Annotated[DustHeight, _DUST] = 0.0
    rate_hz: Annotated[Rate, Doc("heights", "gamma or radar height")] = 20.0
    latency_s: Annotated[Late, _LATE] = 0.0
    position_base_m: (
        Annotated[Place, Doc("where it stands, base frame", "left out: at the base")] | None
    ) = None
    position_error_m: Annotated[PlaceError, _PLACE_ERROR] = 0.0

    def late(self) -> Iterator[tuple[str, str]]:
        """Yield too many reports under way."""
        yield from late_faults(self.latency_s, self.rate_hz)
