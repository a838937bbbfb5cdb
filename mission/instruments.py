"""The sensors: errors are 1 sigma unless said otherwise; boresights are unit vectors in body axes.

Every key has a default: that of the class of instrument which landers of today carry. Where it
stands, when it reports and what it loses are absent from a file that does not say so.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, ClassVar

from farside.ext.common import deterministic
from farside.ext.common._records import TICK_HZ
from farside.mission.beams import DOWN, Altimeter, Angle, TouchdownSensor, Velocimeter
from farside.mission.bounds import Delay, Direction, Doc, NonNegative, Rate, Within
from farside.mission.camera import Camera
from farside.mission.inertial import Imu, StarTracker
from farside.mission.reader import Table
from farside.mission.switches import ContactSwitches

Count = Annotated[int, Within(least=1, most=1000)]
Rays = Annotated[int, Within(least=2, most=4096)]
Mrad = Annotated[float, Within(least=0.0, most=100.0)]
Metres = Annotated[float, Within(least=0.0, most=10.0)]
Share = Annotated[float, Within(least=0.0, most=1.0)]
Signal = Annotated[float, Within(above=0.0, most=1.0)]

#: Samples of a scan, over all its frames: some 35 times Chang'e's imager, seconds of computing.
SAMPLES_MOST = 2**26
#: How long a scan may take [s], as its latency; and how short: two ticks, between which it moves.
SCAN_S_MOST = 60.0
SCAN_TICKS_LEAST = 2
#: Cameras aboard.
CAMERAS_MOST = 4


@dataclass(frozen=True, kw_only=True)
class Lidar(Table):
    """The scanning laser that images the ground from the hover."""

    rules: ClassVar = ("signals", "samples", "lasting")

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
    boresight_error_mrad: Annotated[
        Mrad, Doc("error of the mounting, about each axis", "0.06 deg left by calibration")
    ] = 1.0
    jitter_mrad: Annotated[
        Mrad, Doc("pointing error of a line, correlated over 20 lines", "1 cm at 100 m")
    ] = 0.1
    divergence_mrad: Annotated[
        Mrad, Doc("whole angle of a beam", "footprint of 0.1 m at 100 m, as the sampling")
    ] = 1.0
    line_error_m: Annotated[
        Metres, Doc("range error of a line, correlated over 20 lines", "a tenth of its noise")
    ] = 0.005
    range_walk_m: Annotated[
        Metres, Doc("later where the echo is weaker, per unit of signal", "a fifth of its noise")
    ] = 0.01
    albedo_spread: Annotated[
        Share, Doc("of the ground's albedo, in patches of 0.8 m", "regolith and rock")
    ] = 0.15
    signal_lost: Annotated[
        Share,
        Doc(
            "signal below which nothing returns; 1 is the ground seen from above at 100 m",
            "a tenth of it: ground of 84 deg, or dark",
        ),
    ] = 0.1
    signal_sure: Annotated[
        Signal, Doc("signal from which no return is lost for weakness", "steep or dark ground")
    ] = 0.25
    dropout_share: Annotated[Share, Doc("returns lost at random in each frame", "a guess")] = 0.01
    dead_share: Annotated[Share, Doc("samples of a frame that never return", "a guess")] = 0.002
    glint_share: Annotated[
        Share, Doc("places of 0.1 m on the ground that blind the receiver", "a guess")
    ] = 1e-4
    dark_share: Annotated[
        Share, Doc("patches of 0.8 m on the ground that return nothing", "a guess")
    ] = 5e-4

    def signals(self) -> Iterator[tuple[str, str]]:
        """Yield signals the wrong way round."""
        if self.signal_lost >= self.signal_sure:
            yield (
                "signal_lost",
                f"{self.signal_lost:g} is not below signal_sure, {self.signal_sure:g}; lower it",
            )

    def samples(self) -> Iterator[tuple[str, str]]:
        """Yield more samples than can be held and computed."""
        across, along = self.returns
        if self.frames * across * along > SAMPLES_MOST:
            yield (
                "returns",
                f"{across} x {along} in each of {self.frames} frames are more than "
                f"{SAMPLES_MOST} of a scan; lower them, or frames",
            )

    def lasting(self) -> Iterator[tuple[str, str]]:
        """Yield a scan that is over at once, or that no hover waits for."""
        scan_s = self.frames / self.frame_hz
        if scan_s > SCAN_S_MOST:
            yield (
                "frame_hz",
                f"{self.frame_hz:g} makes a scan of {self.frames} frames last {scan_s:g} s, more "
                f"than {SCAN_S_MOST:g}; raise it, or lower frames",
            )
        elif round(TICK_HZ * scan_s) < SCAN_TICKS_LEAST:
            yield (
                "frame_hz",
                f"{self.frame_hz:g} makes a scan of {self.frames} frames last less than "
                f"{SCAN_TICKS_LEAST} ticks of 10 ms; lower it, or raise frames",
            )

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
    """All of them. A table left out has the defaults of its keys, but for lidar and cameras."""

    rules: ClassVar = ("named_apart",)

    imu: Imu = field(default_factory=Imu)
    star_tracker: StarTracker = field(default_factory=StarTracker)
    altimeter: Altimeter = field(default_factory=Altimeter)
    velocimeter: Velocimeter = field(default_factory=Velocimeter)
    touchdown: TouchdownSensor = field(default_factory=TouchdownSensor)
    contact: ContactSwitches = field(default_factory=ContactSwitches)
    lidar: Lidar | None = None  # None: no phase may scan
    camera: tuple[Camera, ...] = ()  # each with a name of its own

    def named_apart(self) -> Iterator[tuple[str, str]]:
        """Yield two cameras of one name, and more of them than there are places for."""
        names = [each.name for each in self.camera]
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield f"camera[{name}].name", "two cameras have it; rename one"
        if len(names) > CAMERAS_MOST:
            yield "camera", f"{len(names)} cameras; at most {CAMERAS_MOST}: remove some"

    def camera_named(self, name: str) -> Camera | None:
        """Return the camera of a name; None where there is none."""
        return next((each for each in self.camera if each.name == name), None)
