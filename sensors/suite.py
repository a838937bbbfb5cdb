"""The sensors' error models as the closed loop takes them: units of the mission file to SI."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.mission import Mission
from farside.mission.moon import STANDARD_GRAVITY_MPS2
from farside.sensors.streams import BIASES, draw_normals

TICK_HZ = 100
ARCSEC = math.pi / 180.0 / 3600.0
DEG_PER_H = math.pi / 180.0 / 3600.0
DEG_PER_SQRT_H = math.pi / 180.0 / 60.0


def cone(boresight: tuple[float, float, float], cant_deg: float) -> NDArray[np.float64]:
    """Give three unit vectors evenly about a boresight, canted off it; (3, 3), one a row."""
    axis = np.asarray(boresight, dtype=float)
    side = np.cross(axis, [0.0, 1.0, 0.0])
    if np.linalg.norm(side) < 1e-6:
        side = np.array([1.0, 0.0, 0.0])
    side /= np.linalg.norm(side)
    other = np.cross(axis, side)
    cant = math.radians(cant_deg)
    turns = 2.0 * math.pi * np.arange(3) / 3.0
    return np.array(
        [
            math.cos(cant) * axis + math.sin(cant) * (np.cos(t) * side + np.sin(t) * other)
            for t in turns
        ]
    )


def sensor_setup(mission: Mission, seed: int, perfect: bool) -> dict[str, Any]:
    """Give the `SensorSetup` of ext/sensors.pxd for one flight.

    Constant errors (biases, scale factors) are drawn from the seed; `perfect` draws none and
    switches the noise off.
    """
    sensors = mission.sensors
    imu, star, altimeter = sensors.imu, sensors.star_tracker, sensors.altimeter
    velocimeter, touchdown = sensors.velocimeter, sensors.touchdown
    noise = 0.0 if perfect else 1.0
    drawn = noise * draw_normals(seed, BIASES, 16)
    micro_g = 1e-6 * STANDARD_GRAVITY_MPS2
    return {
        "gyro_bias": list(imu.gyro_bias_dph * DEG_PER_H * drawn[0:3]),
        # Angle random walk over one tick; a rate's white noise grows with the root of time.
        "gyro_noise": noise * imu.gyro_noise_deg_per_sqrt_h * DEG_PER_SQRT_H / math.sqrt(TICK_HZ),
        "gyro_scale": list(1e-6 * imu.gyro_scale_ppm * drawn[3:6]),
        "accel_bias": list(imu.accel_bias_ug * micro_g * drawn[6:9]),
        "accel_noise": noise * imu.accel_noise_ug_per_sqrt_hz * micro_g / math.sqrt(TICK_HZ),
        "accel_scale": list(1e-6 * imu.accel_scale_ppm * drawn[9:12]),
        "star_cross_rad": noise * star.cross_arcsec * ARCSEC,
        "star_roll_rad": noise * star.roll_arcsec * ARCSEC,
        "star_slew_radps": math.radians(star.slew_limit_dps),
        "star_every": every(star.rate_hz),
        "range_noise_m": noise * altimeter.noise_m,
        "range_bias_m": float(altimeter.bias_m * drawn[12]),
        "range_min_m": altimeter.range_min_m,
        "range_max_m": altimeter.range_max_m,
        "range_every": every(altimeter.rate_hz),
        "beam_noise_mps": noise * velocimeter.noise_mps,
        "beam_scale": float(velocimeter.scale * drawn[13]),
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
    """Give the whole number of ticks between reports at a rate, at least one."""
    return max(1, round(TICK_HZ / rate_hz))
