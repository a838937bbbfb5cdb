"""The inertial unit and the star tracker: what carries the attitude and the velocity."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

from farside.mission.bounds import Direction, Doc, NonNegative, Positive, Rate, Within
from farside.mission.mounting import (
    ABSENT,
    DriftTime,
    Exclusion,
    Hold,
    Late,
    LeanArcsec,
    Place,
    PlaceError,
    Unlimited,
    late_faults,
)
from farside.mission.reader import Table


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
    gyro_misalignment_arcsec: Annotated[
        LeanArcsec, Doc("of each axis towards each other one, six angles", ABSENT)
    ] = 0.0
    gyro_drift_dph: Annotated[
        NonNegative, Doc("bias instability, each axis: Gauss-Markov beside the constant", ABSENT)
    ] = 0.0
    gyro_limit_dps: Annotated[Unlimited, Doc("end of the scale, each axis; 0 has none", ABSENT)] = (
        0.0
    )
    gyro_step_arcsec: Annotated[
        NonNegative, Doc("of the angle counted; what is left counts later", ABSENT)
    ] = 0.0
    accel_bias_ug: Annotated[NonNegative, Doc("constant error, each axis", "MIMU class")] = 100.0
    accel_noise_ug_per_sqrt_hz: Annotated[
        NonNegative, Doc("velocity random walk, each axis", "MIMU class")
    ] = 35.0
    accel_scale_ppm: Annotated[NonNegative, Doc("scale factor error, each axis", "MIMU class")] = (
        175.0
    )
    accel_misalignment_arcsec: Annotated[
        LeanArcsec, Doc("of each axis towards each other one, six angles", ABSENT)
    ] = 0.0
    accel_drift_ug: Annotated[
        NonNegative, Doc("bias instability, each axis: Gauss-Markov beside the constant", ABSENT)
    ] = 0.0
    accel_limit_mps2: Annotated[
        Unlimited, Doc("end of the scale, each axis; 0 has none", ABSENT)
    ] = 0.0
    accel_step_mps: Annotated[
        NonNegative, Doc("of the velocity counted; what is left counts later", ABSENT)
    ] = 0.0
    drift_time_s: Annotated[DriftTime, Doc("time constant of both drifts", "minutes")] = 300.0
    position_base_m: (
        Annotated[
            Place,
            Doc("where it stands, base frame", "left out: at the centre of mass"),
        ]
        | None
    ) = None
    position_error_m: Annotated[PlaceError, Doc("of that place, each axis", ABSENT)] = 0.0
    latency_s: Annotated[
        Annotated[float, Within(least=0.0, most=0.15)],
        Doc("from the end of a tick to its increments; used aboard as they come", ABSENT),
    ] = 0.0


@dataclass(frozen=True, kw_only=True)
class StarTracker(Table):
    """Attitude from the stars."""

    rules: ClassVar = ("late",)

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
    boresight_body: Annotated[Direction, Doc("line of sight", "body x")] = (1.0, 0.0, 0.0)
    misalignment_arcsec: Annotated[LeanArcsec, Doc("of its mounting, each axis", ABSENT)] = 0.0
    drift_arcsec: Annotated[
        NonNegative, Doc("slow error, each axis: Gauss-Markov beside the noise", ABSENT)
    ] = 0.0
    drift_time_s: Annotated[DriftTime, Doc("time constant of the drift", "minutes")] = 300.0
    step_arcsec: Annotated[
        Annotated[float, Within(least=0.0, most=3600.0)],
        Doc("of the attitude reported: half of it of each component of the quaternion", ABSENT),
    ] = 0.0
    latency_s: Annotated[Late, Doc("from the stars to the fix", ABSENT)] = 0.0
    sun_exclusion_deg: Annotated[
        Exclusion, Doc("no fix with the Sun nearer to the boresight; 0 never", ABSENT)
    ] = 0.0
    moon_exclusion_deg: Annotated[
        Exclusion, Doc("no fix with the Moon's limb nearer to the boresight; 0 never", ABSENT)
    ] = 0.0
    outage_interval_s: Annotated[
        NonNegative, Doc("mean time between losses of the stars by chance; 0 has none", ABSENT)
    ] = 0.0
    outage_s: Annotated[Hold, Doc("until it has them again", "lost in space: seconds")] = 10.0

    def late(self) -> Iterator[tuple[str, str]]:
        """Yield too many reports under way."""
        yield from late_faults(self.latency_s, self.rate_hz)
