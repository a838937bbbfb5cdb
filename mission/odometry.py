"""How a lander holds its speed over the ground by what a camera shows: `[odometry]`."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

from farside.mission.bounds import Doc, NonNegative, Slug, Within
from farside.mission.reader import Table

Period = Annotated[float, Within(least=0.1, most=60.0)]


@dataclass(frozen=True, kw_only=True)
class Odometry(Table):
    """Features of the ground, followed from image to image without a map.

    Needs `[[sensors.camera]]`.
    """

    rules: ClassVar = ("heights", "window")

    camera: Annotated[
        Slug | None, Doc("name of the camera; without one no feature is followed", "none")
    ] = None
    every_s: Annotated[Period, Doc("from one image to the next", "the ground grows 3 to 8 %")] = 1.0
    window_px: Annotated[
        int,
        Within(least=64, most=8192),
        Doc("sides of the middle of the image that is read out, even", "a quarter of the pixels"),
    ] = 512
    computing_s: Annotated[
        float,
        Within(least=0.0, most=2.0),
        Doc("image aboard to the pairs in the filter", "0.1 s on one core, the rest spare"),
    ] = 0.2
    height_most_m: Annotated[NonNegative, Doc("no image above", "where approach begins")] = 2200.0
    height_least_m: Annotated[NonNegative, Doc("no image below", "dust hides the ground")] = 12.0

    def window(self) -> Iterator[tuple[str, str]]:
        """Yield a window whose middle is no pixel's edge."""
        if self.window_px % 2:
            yield "window_px", f"{self.window_px} is odd; take an even number"

    def heights(self) -> Iterator[tuple[str, str]]:
        """Yield heights the wrong way round."""
        if not self.height_least_m < self.height_most_m:
            yield (
                "height_least_m",
                f"{self.height_least_m:g} is not below height_most_m, {self.height_most_m:g}; "
                "lower it",
            )
