"""How far a flight strays from nominal: one named distribution for each kind of error."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from farside.mission.bounds import Doc, NonNegative, Positive
from farside.mission.reader import FieldSpec, Table

#: A share in per cent may stray so far before a draw six sigma out would turn its sign [%].
PERCENT_MOST = 45.0
#: Longest that an ignition delay strays [s].
DELAY_MOST = 60.0


@dataclass(frozen=True, kw_only=True)
class Spread(Table):
    """A distribution about nominal, in the unit of its key. A bare number is a normal's 3 sigma."""

    shorthand: ClassVar[str] = "three_sigma"
    selectors: ClassVar = {
        "distribution": {
            "normal": FieldSpec(needs=("three_sigma",)),
            "truncated": FieldSpec(needs=("three_sigma", "limit")),
            "uniform": FieldSpec(needs=("half_width",)),
            "triangular": FieldSpec(needs=("half_width",)),
        }
    }

    rules: ClassVar = ("ends",)

    distribution: Annotated[
        Literal["normal", "truncated", "uniform", "triangular"], Doc("of the draws")
    ] = "normal"
    three_sigma: Annotated[NonNegative, Doc("three standard deviations")] | None = None
    limit: Annotated[Positive, Doc("a truncated normal's ends, to either side")] | None = None
    half_width: Annotated[NonNegative, Doc("the ends, to either side")] | None = None
    offset: Annotated[float, Doc("of the middle from nominal")] = 0.0

    def ends(self) -> Iterator[tuple[str, str]]:
        """Yield ends that cut most of the draws away."""
        if self.distribution == "truncated" and self.limit and self.three_sigma:
            if self.limit < 0.1 * self.three_sigma:
                yield (
                    "limit",
                    f"{self.limit:g} is below a tenth of three_sigma, {self.three_sigma:g}: "
                    'that is nearly uniform; give distribution = "uniform"',
                )

    @property
    def reach(self) -> float:
        """What nearly every draw stays within, either side of nominal: 3 sigma, or the ends."""
        wide = self.half_width if self.half_width is not None else self.three_sigma
        assert wide is not None
        if self.limit is not None:
            wide = min(wide, self.limit)
        return wide + abs(self.offset)

    @property
    def sigma(self) -> float:
        """Standard deviation; of a truncated normal that of the whole one."""
        if self.half_width is not None:
            return self.half_width / math.sqrt(3.0 if self.distribution == "uniform" else 6.0)
        assert self.three_sigma is not None
        return self.three_sigma / 3.0


NOTHING = Spread(three_sigma=0.0)


#: The defaults, normal: 3 sigma.
_POSITION_M, _VELOCITY_MPS = Spread(three_sigma=1000.0), Spread(three_sigma=3.0)
_KNOWN_M, _KNOWN_MPS = Spread(three_sigma=300.0), Spread(three_sigma=0.3)
_HALF_PERCENT, _PERCENT = Spread(three_sigma=0.5), Spread(three_sigma=1.0)

_BUILT = "not dispersed unless given"
_UNPUBLISHED = "not dispersed unless given; 180 uniform where it is unknown"


@dataclass(frozen=True, kw_only=True)
class Dispersions(Table):
    """What strays, per axis where there are axes. Sensors' constant errors are in `sensors`.

    Each is drawn once for a flight and independently of the others.
    """

    rules: ClassVar = ("shares", "delay")

    position_m: Annotated[
        Spread,
        Doc("true place at initiation off plan, east, north, up", "an orbit determined from Earth"),
    ] = _POSITION_M
    velocity_mps: Annotated[
        Spread,
        Doc("true velocity at initiation off plan, east, north, up", "1 km an orbit makes 1 m/s"),
    ] = _VELOCITY_MPS
    knowledge_position_m: Annotated[
        Spread, Doc("first estimate less true place, each axis", "optical or ground fix in orbit")
    ] = _KNOWN_M
    knowledge_velocity_mps: Annotated[
        Spread, Doc("first estimate less true velocity, each axis", "goes with 300 m")
    ] = _KNOWN_MPS
    mass_percent: Annotated[Spread, Doc("descent mass, true over nominal", "gauging")] = (
        _HALF_PERCENT
    )
    thrust_percent: Annotated[Spread, Doc("thrust for a command", "engine acceptance")] = _PERCENT
    isp_percent: Annotated[Spread, Doc("specific impulse", "engine acceptance")] = _HALF_PERCENT
    com_offset_m: Annotated[
        Spread, Doc("centre of mass off the thrust axis, each of body x and y", _BUILT)
    ] = NOTHING
    com_height_m: Annotated[Spread, Doc("centre of mass above its nominal height", _BUILT)] = (
        NOTHING
    )
    inertia_percent: Annotated[Spread, Doc("each principal moment of inertia", _BUILT)] = NOTHING
    lag_percent: Annotated[Spread, Doc("the engine's time constant", _BUILT)] = NOTHING
    ignition_delay_s: Annotated[Spread, Doc("the engine's ignition delay", _BUILT)] = NOTHING
    relay_node_deg: Annotated[
        Spread, Doc("right ascension of the relay's ascending node", _UNPUBLISHED)
    ] = NOTHING
    relay_phase_deg: Annotated[
        Spread, Doc("the relay's mean anomaly at initiation", _UNPUBLISHED)
    ] = NOTHING
    terrain: Annotated[
        Literal["drawn", "fixed"],
        Doc("synthetic ground of each run its own, or that of run 0 for all", "runs independent"),
    ] = "drawn"

    def shares(self) -> Iterator[tuple[str, str]]:
        """Yield shares that a draw could take below nothing."""
        for key in ("mass", "thrust", "isp", "inertia", "lag"):
            reach = getattr(self, f"{key}_percent").reach
            if reach > PERCENT_MOST:
                yield f"{key}_percent", f"{reach:g} must be at most {PERCENT_MOST:g}; lower it"

    def delay(self) -> Iterator[tuple[str, str]]:
        """Yield delays that no engine has."""
        reach = self.ignition_delay_s.reach
        if reach > DELAY_MOST:
            yield "ignition_delay_s", f"{reach:g} must be at most {DELAY_MOST:g}; lower it"
