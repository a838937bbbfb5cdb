"""The sensors: errors are 1 sigma unless said otherwise; boresights are unit vectors in body axes.

Altimeter and velocimeter have two heads: the one whose line of sight lies nearer to straight down
serves. Every key has a default: that of the class of instrument which landers of today carry.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

from farside.ext.common import deterministic
from farside.mission.bounds import Delay, Direction, Doc, NonNegative, Positive, Rate, Within
from farside.mission.reader import Table

Angle = Annotated[float, Within(above=0.0, below=90.0)]
Count = Annotated[int, Within(least=1, most=1000)]
Rays = Annotated[int, Within(least=2, most=4096)]
Mrad = Annotated[float, Within(least=0.0, most=100.0)]
Metres = Annotated[float, Within(least=0.0, most=10.0)]
Share = Annotated[float, Within(least=0.0, most=1.0)]
Signal = Annotated[float, Within(above=0.0, most=1.0)]

DOWN = (0.0, 0.0, -1.0)
BRAKING = (math.sqrt(0.75), 0.0, -0.5)
_BRAKING = Doc(
    "line of sight of the first head, for braking",
    "straight down when the thrust axis stands 30 deg above the level",
)
_LANDING = Doc("line of sight of the second head, for landing", "straight down when upright")


@dataclass(frozen=True, kw_only=True)
class Imu(Table):
    """Gyros and accelerometers."""

    gyro_bias_dph: Annotated[NonNegative, Doc("constant error, each axis", "navigation grade")] = (
        0.005
    )
    gyro_noise_deg_per_sqrt_h: Annotated[
        NonNegative, Doc("angle random walk, each axis", "navigation grade")
    ] = 0.005
    gyro_scale_ppm: Annotated[NonNegative, Doc("scale factor error, each axis", "ring laser")] = 1.0
    accel_bias_ug: Annotated[NonNegative, Doc("constant error, each axis", "MIMU class")] = 100.0
    accel_noise_ug_per_sqrt_hz: Annotated[
        NonNegative, Doc("velocity random walk, each axis", "MIMU class")
    ] = 35.0
    accel_scale_ppm: Annotated[NonNegative, Doc("scale factor error, each axis", "MIMU class")] = (
        175.0
    )


@dataclass(frozen=True, kw_only=True)
class StarTracker(Table):
    """Attitude from the stars, boresight along body x."""

    cross_arcsec: Annotated[
        NonNegative, Doc("noise of a fix across the boresight", "small tracker of today")
    ] = 5.0
    roll_arcsec: Annotated[
        NonNegative, Doc("noise of a fix about the boresight", "six times that across")
    ] = 30.0
    rate_hz: Annotated[Rate, Doc("fixes", "small tracker of today")] = 5.0
    slew_limit_dps: Annotated[
        Positive, Doc("no fix when turning faster", "small tracker of today")
    ] = 1.5


@dataclass(frozen=True, kw_only=True)
class Altimeter(Table):
    """Range to the ground along one beam."""

    rules: ClassVar = ("ranges",)

    noise_m: Annotated[
        NonNegative, Doc("noise of a range", "laser altimeter, 0.2 m at 3 sigma")
    ] = 0.1
    bias_m: Annotated[NonNegative, Doc("constant error", "as its noise")] = 0.1
    range_min_m: Annotated[
        NonNegative, Doc("no echo nearer", "below it the touchdown sensor serves")
    ] = 3.0
    range_max_m: Annotated[
        Positive, Doc("no echo further", "laser altimeter of a descent from 15 km")
    ] = 30000.0
    rate_hz: Annotated[Rate, Doc("ranges", "laser altimeter")] = 10.0
    braking_boresight_body: Annotated[Direction, _BRAKING] = BRAKING
    landing_boresight_body: Annotated[Direction, _LANDING] = DOWN

    def ranges(self) -> Iterator[tuple[str, str]]:
        """Yield ranges the wrong way round."""
        if self.range_min_m >= self.range_max_m:
            yield (
                "range_min_m",
                f"{self.range_min_m:g} is not below range_max_m, {self.range_max_m:g}; lower it",
            )


@dataclass(frozen=True, kw_only=True)
class Velocimeter(Table):
    """Speed along three beams canted about the boresight."""

    noise_mps: Annotated[NonNegative, Doc("noise of a beam", "Ka band, 0.1 m/s at 2 sigma")] = 0.05
    scale: Annotated[NonNegative, Doc("error as a share of the speed", "Ka band")] = 0.005
    range_max_m: Annotated[Positive, Doc("no echo further", "Ka band, 10 km")] = 10000.0
    rate_hz: Annotated[Rate, Doc("sets of three speeds", "Ka band")] = 20.0
    cant_deg: Annotated[Angle, Doc("of each beam off the boresight", "common to such sets")] = 20.0
    braking_boresight_body: Annotated[Direction, _BRAKING] = BRAKING
    landing_boresight_body: Annotated[Direction, _LANDING] = DOWN


@dataclass(frozen=True, kw_only=True)
class TouchdownSensor(Table):
    """Height of the base above the ground beneath, for the engine cut-off."""

    noise_m: Annotated[NonNegative, Doc("noise of a height", "gamma or radar height")] = 0.1
    range_max_m: Annotated[Positive, Doc("no height above this", "gamma or radar height")] = 30.0
    rate_hz: Annotated[Rate, Doc("heights", "gamma or radar height")] = 20.0


@dataclass(frozen=True, kw_only=True)
class Lidar(Table):
    """The scanning laser that images the ground from the hover."""

    rules: ClassVar = ("signals",)

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
        Doc("signal below which nothing returns; 1 is the ground from above at 100 m", "a guess"),
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

    imu: Imu = Imu()
    star_tracker: StarTracker = StarTracker()
    altimeter: Altimeter = Altimeter()
    velocimeter: Velocimeter = Velocimeter()
    touchdown: TouchdownSensor = TouchdownSensor()
    lidar: Lidar | None = None  # None: no phase may scan
