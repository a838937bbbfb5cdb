"""How a rover leaves the lander: `[hazards.ramp]`."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

from farside.ext.common import deterministic
from farside.mission.bounds import Doc, NonNegative, Positive, Within
from farside.mission.reader import Table


@dataclass(frozen=True, kw_only=True)
class Ramp(Table):
    """The ramp of a rover, and what it can drive on: sites where it cannot leave come second.

    A site is one for the rover where, at the heading that the lander would take there, the ramp
    down to its foot, the ground for rover_m beyond and the stand across the ramp are no steeper
    than steepest_deg, on the map. Where none is, a site that is safe without it is taken.
    `touchdown.ramp_slope_deg` of `landing.json` has the true one.
    """

    rules: ClassVar = ("foot",)

    hinge_m: Annotated[NonNegative, Doc("of the hinge from the thrust axis")]
    hinge_height_m: Annotated[Positive, Doc("of the hinge above the plane of the footpads")]
    foot_m: Annotated[Positive, Doc("of the ramp's foot from the thrust axis, along the level")]
    rover_m: Annotated[Positive, Doc("length of ground beyond the foot that the rover needs")]
    steepest_deg: Annotated[
        float, Within(above=0.0, below=60.0), Doc("steepest ramp and ground, up or down")
    ]
    azimuth_body_deg: Annotated[
        float,
        Within(least=-180.0, most=180.0),
        Doc("where it points, from body x towards body y", "along body x"),
    ] = 0.0

    def foot(self) -> Iterator[tuple[str, str]]:
        """Yield a foot that is not beyond the hinge, and a ramp too steep on the level."""
        run_m = self.foot_m - self.hinge_m
        if run_m <= 0.0:
            yield "foot_m", f"{self.foot_m:g} is not beyond hinge_m, {self.hinge_m:g}; enlarge it"
            return
        least_deg = math.degrees(deterministic.angle_of(self.hinge_height_m, run_m))
        if least_deg >= self.steepest_deg:
            yield (
                "steepest_deg",
                f"{self.steepest_deg:g} is less than the ramp has on the level, {least_deg:.3g}; "
                "enlarge foot_m",
            )
