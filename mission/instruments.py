"""The sensors: errors are 1 sigma unless said otherwise; boresights are unit vectors in body axes.

A sensor with two boresights looks along the first while braking and the second when landing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from farside.mission.bounds import Direction, NonNegative, Positive, Within
from farside.mission.reader import Table

Angle = Annotated[float, Within(above=0.0, below=90.0)]
Count = Annotated[int, Within(least=1, most=1000)]
Rays = Annotated[int, Within(least=2, most=4096)]


@dataclass(frozen=True, kw_only=True)
class Imu(Table):
    """Gyros and accelerometers."""

    gyro_bias_dph: NonNegative
    gyro_noise_deg_per_sqrt_h: NonNegative
    gyro_scale_ppm: NonNegative
    accel_bias_ug: NonNegative
    accel_noise_ug_per_sqrt_hz: NonNegative
    accel_scale_ppm: NonNegative


@dataclass(frozen=True, kw_only=True)
class StarTracker(Table):
    """Attitude from the stars, boresight along body x."""

    cross_arcsec: NonNegative
    roll_arcsec: NonNegative  # about the boresight
    rate_hz: Positive
    slew_limit_dps: Positive  # no fix when turning faster


@dataclass(frozen=True, kw_only=True)
class Altimeter(Table):
    """Range to the ground along one beam."""

    noise_m: NonNegative
    bias_m: NonNegative
    range_min_m: NonNegative
    range_max_m: Positive
    rate_hz: Positive
    braking_boresight_body: Direction
    landing_boresight_body: Direction

    def faults(self) -> Iterator[tuple[str, str]]:
        """Yield ranges the wrong way round."""
        if self.range_min_m >= self.range_max_m:
            yield (
                "range_min_m",
                f"{self.range_min_m:g} is not below range_max_m, {self.range_max_m:g}; lower it",
            )


@dataclass(frozen=True, kw_only=True)
class Velocimeter(Table):
    """Speed along three beams canted about the boresight."""

    noise_mps: NonNegative  # a beam
    scale: NonNegative  # of the speed
    range_max_m: Positive
    rate_hz: Positive
    cant_deg: Angle  # beam off the boresight
    braking_boresight_body: Direction
    landing_boresight_body: Direction


@dataclass(frozen=True, kw_only=True)
class TouchdownSensor(Table):
    """Height for the engine cut-off."""

    noise_m: NonNegative
    range_max_m: Positive
    rate_hz: Positive


@dataclass(frozen=True, kw_only=True)
class Lidar(Table):
    """The scanning laser that images the ground from the hover."""

    field_of_view_deg: tuple[Angle, Angle]  # across, along body x
    returns: tuple[Rays, Rays]
    noise_m: NonNegative  # per return and frame
    bias_m: NonNegative  # common to a scan
    frames: Count  # fused into one image
    frame_hz: Positive
    latency_s: NonNegative  # last return to the chosen site
    boresight_body: Direction


@dataclass(frozen=True, kw_only=True)
class Sensors(Table):
    """All of them."""

    imu: Imu
    star_tracker: StarTracker
    altimeter: Altimeter
    velocimeter: Velocimeter
    touchdown: TouchdownSensor
    lidar: Lidar | None = None  # None: no phase may scan
