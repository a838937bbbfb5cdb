"""The sensors: errors are 1 sigma unless said otherwise; boresights are unit vectors in body axes.

Every key has a default: that of the class of instrument which landers of today carry. Where it
stands, when it reports and what it loses are absent from a file that does not say so.
"""

import math
from dataclasses import dataclass, field
from typing import Annotated

from farside.ext.common import deterministic
from farside.mission.beams import DOWN, Altimeter, Angle, TouchdownSensor, Velocimeter
from farside.mission.bounds import Delay, Direction, Doc, NonNegative, Rate, Within
from farside.mission.inertial import Imu, StarTracker
from farside.mission.reader import Table
from farside.mission.switches import ContactSwitches

Count = Annotated[int, Within(least=1, most=1000)]
Rays = Annotated[int, Within(least=2, most=4096)]


@dataclass(frozen=True, kw_only=True)
class Lidar(Table):
    """The scanning laser that images the ground from the hover."""

    field_of_view_deg: Annotated[
        tuple[Angle, Angle],
        Doc("whole angles, across and along body x", "Chang'e's three-dimensional imager"),
    ] = (29.0, 33.0)
    returns: Annotated[
        tuple[Rays, Rays],
        Doc("of one frame, across and along body x", "one every 0.12 m from 100 m"),
    ] = (431, 493)
    noise_m: Annotated[NonNegative, Doc("of a return in a frame", "0.15 m at 3 sigma")] = 0.05
    bias_m: Annotated[NonNegative, Doc("common to a scan", "as its noise")] = 0.05
    frames: Annotated[Count, Doc("fused into one image", "noise of the image 0.017 m")] = 9
    frame_hz: Annotated[Rate, Doc("frames", "Chang'e's imager")] = 4.0
    latency_s: Annotated[
        Delay, Doc("last return to the chosen site", "a tenth is computing, the rest spare")
    ] = 0.5
    boresight_body: Annotated[Direction, Doc("line of sight", "straight down when upright")] = DOWN

    @property
    def image_sigma_m(self) -> float:
        """Noise of a return of the fused image along its ray, 1 sigma [m]."""
        return self.noise_m / math.sqrt(self.frames)

    def spacing_m(self, height_m: float) -> float:
        """Return the mean distance [m] of returns on flat ground this far below, seen from above.

        Parameters
        ----------
        height_m : float
            Of the lidar above the ground [m].
        """
        across, along = (
            2.0 * height_m * deterministic.tan(math.radians(0.5 * angle)) / returns
            for angle, returns in zip(self.field_of_view_deg, self.returns, strict=True)
        )
        return math.sqrt(across * along)


@dataclass(frozen=True, kw_only=True)
class Sensors(Table):
    """All of them. A table left out has the defaults of its keys, but for the lidar."""

    imu: Imu = field(default_factory=Imu)
    star_tracker: StarTracker = field(default_factory=StarTracker)
    altimeter: Altimeter = field(default_factory=Altimeter)
    velocimeter: Velocimeter = field(default_factory=Velocimeter)
    touchdown: TouchdownSensor = field(default_factory=TouchdownSensor)
    contact: ContactSwitches = field(default_factory=ContactSwitches)
    lidar: Lidar | None = None  # None: no phase may scan
