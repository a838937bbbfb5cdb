"""How a lander avoids what a camera shows of the ground, before the hover: `[avoidance.coarse]`."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

from farside.mission.bounds import Doc, NonNegative, Positive, Slug, Within
from farside.mission.reader import Table

Height = Annotated[float, Within(least=0.0, most=20000.0)]
Share = Annotated[float, Within(least=0.0, most=1.0)]


@dataclass(frozen=True, kw_only=True)
class CoarseAvoidance(Table):
    """The region that the approach is steered to, chosen from one or two images on the way down.

    Needs `[[sensors.camera]]`.
    """

    rules: ClassVar = ("looks", "region")

    camera: Annotated[
        Slug | None, Doc("name of the camera; without one nothing is looked for", "none")
    ] = None
    height_m: Annotated[
        Height, Doc("above the target at which the first image is taken", "Chang'e 3 to 6")
    ] = 2400.0
    again_m: Annotated[
        Height,
        Doc("and the second, whose pixels are smaller; least_m or less leaves it out", "ours"),
    ] = 1000.0
    least_m: Annotated[Height, Doc("no image below: a move would be flown too steeply", "ours")] = (
        500.0
    )
    computing_s: Annotated[
        float,
        Within(least=0.0, most=10.0),
        Doc("image aboard to the new target", "0.1 s on one core, the rest spare"),
    ] = 0.5
    radius_m: Annotated[
        float,
        Within(least=5.0, most=500.0),
        Doc("of the region: the hover's scan and its own error", "disc of 100 m"),
    ] = 50.0
    reach_m: Annotated[
        float,
        Within(least=10.0, most=2000.0),
        Doc("most that a target is moved by the first image", "ours: 2 to 6 kg"),
    ] = 300.0
    reach_again_m: Annotated[
        float,
        Within(least=10.0, most=2000.0),
        Doc("and by the second", "ours: about the region's own size"),
    ] = 120.0
    share_limit: Annotated[
        Share,
        Doc("a region with less hazardous ground is good: its target stays", "ours"),
    ] = 0.02
    better_by: Annotated[
        Share,
        Doc("a target is moved only where that much less of the ground is hazardous", "ours"),
    ] = 0.01
    share_per_kg: Annotated[
        NonNegative,
        Doc("hazardous share that a kilogram of propellant is worth", "ours: 10 kg for 1 %"),
    ] = 0.001
    spare_share: Annotated[
        Share,
        Doc("of the propellant to spare, that a move may take at most", "ours"),
    ] = 0.2
    cost_cell_m: Annotated[
        Positive, Doc("posting of the divert cost", "it changes by 0.3 kg over 25 m")
    ] = 25.0
    albedo_sigma: Annotated[
        float,
        Within(least=0.0, most=0.5),
        Doc("spread of the ground's albedo, as a share, 1 sigma: slopes of less are lost in it"),
    ] = 0.03

    def looks(self) -> Iterator[tuple[str, str]]:
        """Yield a second image before the first."""
        if not self.again_m < self.height_m:
            yield "again_m", f"{self.again_m:g} is not below height_m, {self.height_m:g}; lower it"

    def region(self) -> Iterator[tuple[str, str]]:
        """Yield a reach within which there is no other region."""
        if self.reach_m < 0.5 * self.radius_m:
            yield "reach_m", f"{self.reach_m:g} is less than half of radius_m; enlarge it"
