"""The outline of a lander beside its legs: `[vehicle.hull]`."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

from farside.mission.bounds import Doc, NonNegative, Positive
from farside.mission.reader import Table

Point = tuple[float, float, float]


@dataclass(frozen=True, kw_only=True)
class Hull(Table):
    """A box along the body axes whose corners touch the ground, true; and the nozzle's rim."""

    rules: ClassVar = ("sides",)

    front_m: Annotated[float, Doc("of its side towards body x, from the geometric axis")]
    back_m: Annotated[float, Doc("of the side across from it, against body x: below front_m")]
    half_width_m: Annotated[Positive, Doc("to either side, along body y")]
    bottom_m: Annotated[NonNegative, Doc("above the plane of the footpads")]
    top_m: Annotated[Positive, Doc("above the plane of the footpads: above bottom_m")]
    nozzle_radius_m: Annotated[
        Positive, Doc("of the nozzle's rim, or of the circle round several nozzles")
    ]

    def sides(self) -> Iterator[tuple[str, str]]:
        """Yield sides the wrong way round."""
        for low, high in (("back_m", "front_m"), ("bottom_m", "top_m")):
            if getattr(self, low) >= getattr(self, high):
                yield (
                    low,
                    f"{getattr(self, low):g} is not below {high}, "
                    f"{getattr(self, high):g}; lower it",
                )

    @property
    def corners(self) -> list[Point]:
        """The eight corners, base frame [m]."""
        return [
            (x, y, z)
            for z in (self.bottom_m, self.top_m)
            for x in (self.front_m, self.back_m)
            for y in (self.half_width_m, -self.half_width_m)
        ]
