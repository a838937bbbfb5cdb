"""The sensors' error models as the closed loop takes them: units of the mission file to SI."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from farside.ext.common._random import elementary
from farside.ext.common._records import TICK_HZ
from farside.mission import Mission
from farside.mission.instruments import Sensors
from farside.mission.moon import STANDARD_GRAVITY_MPS2

ARCSEC = math.pi / 180.0 / 3600.0
DEG_PER_H = math.pi / 180.0 / 3600.0
DEG_PER_SQRT_H = math.pi / 180.0 / 60.0


def cone(boresight: tuple[float, float, float], cant_deg: float) -> NDArray[np.float64]:
    """Return three unit vectors evenly about a boresight, canted off it; (3, 3), one a row."""
    # Sines from ext: the C library's have other last bits on another CPU.
    axis = np.asarray(boresight, dtype=float)
    side = np.array([-axis[2], 0.0, axis[0]])  # boresight x body y
    if _length(side) < 1e-6:
        side = np.array([1.0, 0.0, 0.0])
    side /= _length(side)
    other = np.array(
        [
            axis[1] * side[2] - axis[2] * side[1],
            axis[2] * side[0] - axis[0] * side[2],
            axis[0] * side[1] - axis[1] * side[0],
        ]
    )
    angles = np.array([math.radians(cant_deg), *(2.0 * math.pi * np.arange(3) / 3.0)])
    sine, cosine = np.empty(4), np.empty(4)
    elementary("sin", angles, sine)
    elementary("cos", angles, cosine)
    return np.array(
        [cosine[0] * axis + sine[0] * (cosine[k] * side + sine[k] * other) for k in (1, 2, 3)]
    )


def _length(a: NDArray[np.float64]) -> float:
    """Return a vector's length, summed in order."""
    return math.sqrt(float(a[0] * a[0] + a[1] * a[1] + a[2] * a[2]))


@dataclass(frozen=True)
class ConstantError:
    """An error that holds for a whole flight: its name, unit and figure in the mission file."""

    name: str
    unit: str
    description: str
    sigma_of: Callable[[Sensors], float]  # 1 sigma, in that unit


def _of_imu(figure: str, sensors: Sensors) -> float:
    """Return a figure of the IMU."""
    return float(getattr(sensors.imu, figure))


def _constant_errors() -> Iterator[ConstantError]:
    """Yield the constant errors in the order of their draws, which is part of the interface."""
    for stem, unit, what, figure in (
        ("gyro_bias", "dph", "gyro bias, deg/h", "gyro_bias_dph"),
        ("gyro_scale", "ppm", "gyro scale factor", "gyro_scale_ppm"),
        ("accel_bias", "ug", "accelerometer bias, 1e-6 of standard gravity", "accel_bias_ug"),
        ("accel_scale", "ppm", "accelerometer scale factor", "accel_scale_ppm"),
    ):
        for axis in "xyz":
            yield ConstantError(
                f"{stem}_{axis}_{unit}",
                {"dph": "deg/h", "ppm": "1e-6", "ug": "1e-6 g0"}[unit],
                f"{what}, body {axis}",
                partial(_of_imu, figure),
            )
    yield ConstantError("range_bias_m", "m", "altimeter bias", lambda held: held.altimeter.bias_m)
    yield ConstantError(
        "beam_scale", "1", "velocimeter scale factor", lambda held: held.velocimeter.scale
    )


CONSTANT_ERRORS: Final = tuple(_constant_errors())


def sensor_setup(mission: Mission, errors: Mapping[str, float] | None) -> dict[str, Any]:
    """Return the `SensorSetup` of ext/sensors/sensors.pxd for one flight.

    Parameters
    ----------
    mission : Mission
    errors : mapping of str to float, or None
        The constant errors of `CONSTANT_ERRORS` by name, each in its unit; None measures perfectly,
        without noise either.

    Returns
    -------
    dict
        By the names of the struct.
    """
    sensors = mission.sensors
    imu, star, altimeter = sensors.imu, sensors.star_tracker, sensors.altimeter
    velocimeter, touchdown = sensors.velocimeter, sensors.touchdown
    noise = 0.0 if errors is None else 1.0
    held = dict.fromkeys((error.name for error in CONSTANT_ERRORS), 0.0) | dict(errors or {})

    def constant(stem: str, unit: str, scale: float) -> list[float]:
        return [held[f"{stem}_{axis}_{unit}"] * scale for axis in "xyz"]

    micro_g = 1e-6 * STANDARD_GRAVITY_MPS2
    return {
        "gyro_bias": constant("gyro_bias", "dph", DEG_PER_H),
        # Angle random walk over one tick; a rate's white noise grows with the root of time.
        "gyro_noise": noise * imu.gyro_noise_deg_per_sqrt_h * DEG_PER_SQRT_H / math.sqrt(TICK_HZ),
        "gyro_scale": constant("gyro_scale", "ppm", 1e-6),
        "accel_bias": constant("accel_bias", "ug", micro_g),
        "accel_noise": noise * imu.accel_noise_ug_per_sqrt_hz * micro_g / math.sqrt(TICK_HZ),
        "accel_scale": constant("accel_scale", "ppm", 1e-6),
        "star_cross_rad": noise * star.cross_arcsec * ARCSEC,
        "star_roll_rad": noise * star.roll_arcsec * ARCSEC,
        "star_slew_radps": math.radians(star.slew_limit_dps),
        "star_every": every(star.rate_hz),
        "range_noise_m": noise * altimeter.noise_m,
        "range_bias_m": held["range_bias_m"],
        "range_min_m": altimeter.range_min_m,
        "range_max_m": altimeter.range_max_m,
        "range_every": every(altimeter.rate_hz),
        "beam_noise_mps": noise * velocimeter.noise_mps,
        "beam_scale": held["beam_scale"],
        "beam_max_m": velocimeter.range_max_m,
        "beam_every": every(velocimeter.rate_hz),
        "height_noise_m": noise * touchdown.noise_m,
        "height_max_m": touchdown.range_max_m,
        "height_every": every(touchdown.rate_hz),
        "range_boresight": [
            list(altimeter.braking_boresight_body),
            list(altimeter.landing_boresight_body),
        ],
        "beam_direction": [
            cone(velocimeter.braking_boresight_body, velocimeter.cant_deg).tolist(),
            cone(velocimeter.landing_boresight_body, velocimeter.cant_deg).tolist(),
        ],
    }


def every(rate_hz: float) -> int:
    """Return the whole number of ticks between reports at a rate, at least one."""
    return max(1, round(TICK_HZ / rate_hz))
