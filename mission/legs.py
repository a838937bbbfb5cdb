"""The legs of a lander: `[vehicle.legs]`, and `[[vehicle.legs.feet]]` where each has its place."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

from farside.mission.bounds import Direction, Doc, NonNegative, Positive, Within
from farside.mission.mounting import Place
from farside.mission.reader import Table


@dataclass(frozen=True, kw_only=True)
class Foot(Table):
    """A leg at a place of its own: under the body, at its side, on its top."""

    at_m: Annotated[Place, Doc("of the pad's centre, leg uncrushed, base frame")]
    inwards_body: Annotated[
        Direction,
        Doc("unit vector from the pad into the body, along which it crushes", "along the thrust"),
    ] = (0.0, 0.0, 1.0)
    stroke_m: Annotated[Positive, Doc("of this leg", "vehicle.legs.stroke_m")] | None = None
    crush_force_n: Annotated[Positive, Doc("of this leg", "vehicle.legs.crush_force_n")] | None = (
        None
    )


@dataclass(frozen=True, kw_only=True)
class Legs(Table):
    """Legs with crushing struts and round pads: alike on a circle, or each at its own place."""

    rules: ClassVar = ("pads", "placed")

    count: Annotated[int, Within(least=3, most=8), Doc("of legs")]
    span_m: Annotated[
        Positive,
        Doc("across opposite footpad centres: the circle's diameter; of feet, what they span"),
    ]
    pad_m: Annotated[Positive, Doc("footpad diameter")]
    belly_clearance_m: Annotated[
        NonNegative, Doc("plane of the footpads to the nozzle rim, legs uncrushed")
    ]
    stroke_m: Annotated[Positive, Doc("most that a leg can crush")]
    crush_force_n: Annotated[
        Positive,
        Doc(
            "of a leg while it crushes; count x stroke x force should take m v^2 / 2 of the "
            "hardest touchdown"
        ),
    ]
    stiffness_npm: Annotated[Positive, Doc("of a leg before it crushes")]
    damping_nspm: Annotated[NonNegative, Doc("of a leg")]
    friction: Annotated[float, Within(least=0.0, most=2.0), Doc("of a pad on regolith")]
    feet: tuple[Foot, ...] = ()

    @property
    def taken_j(self) -> float:
        """What all legs together take as they crush to their stops [J]."""
        if not self.feet:
            return self.count * self.stroke_m * self.crush_force_n
        return sum(
            (foot.stroke_m or self.stroke_m) * (foot.crush_force_n or self.crush_force_n)
            for foot in self.feet
        )

    def pads(self) -> Iterator[tuple[str, str]]:
        """Yield pads that would overlap."""
        if self.pad_m >= self.span_m:
            yield "pad_m", f"{self.pad_m:g} is not below span_m, {self.span_m:g}; lower it"

    def placed(self) -> Iterator[tuple[str, str]]:
        """Yield feet that are fewer or more than the legs."""
        if self.feet and len(self.feet) != self.count:
            yield "count", f"{self.count} legs with {len(self.feet)} feet; make them agree"
