"""The sensors' error models as the closed loop takes them: units of the mission file to SI."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from farside.ext.common import deterministic
from farside.ext.common._records import TICK_HZ
from farside.ext.sensors._sensing import IMU_DRIFT_EVERY
from farside.mission import Mission, SiteFrame
from farside.mission.beams import Altimeter, TouchdownSensor, Velocimeter
from farside.mission.ephemeris import sun_direction
from farside.mission.inertial import Imu
from farside.mission.moon import STANDARD_GRAVITY_MPS2
from farside.sensors.constant_errors import ACROSS, CONSTANT_ERRORS, PAIRS
from farside.sensors.mounting import across, cone, turned

ARCSEC = math.pi / 180.0 / 3600.0
DEG_PER_H = math.pi / 180.0 / 3600.0
DEG_PER_SQRT_H = math.pi / 180.0 / 60.0
MICRO_G = 1e-6 * STANDARD_GRAVITY_MPS2
#: Cosine that no direction reaches: nothing is too near.
NEVER = 2.0


class Errors:
    """The constant errors of a flight in SI, and whether there are errors at all."""

    def __init__(self, errors: Mapping[str, float] | None) -> None:
        self.held = dict.fromkeys((error.name for error in CONSTANT_ERRORS), 0.0)
        self.held |= dict(errors or {})
        #: 1, or 0 for sensors that measure perfectly: of noise, drift and steps
        self.share = 0.0 if errors is None else 1.0

    def three(self, stem: str, unit: str, scale: float = 1.0) -> list[float]:
        """Return the errors stem_axis_unit."""
        return [self.held[f"{stem}_{axis}_{unit}"] * scale for axis in "xyz"]

    def pairs(self, stem: str) -> list[float]:
        """Return the six angles [rad] by which axes lean towards each other."""
        return [self.held[f"{stem}_misalignment_{pair}_arcsec"] * ARCSEC for pair in PAIRS]

    def drift(self, sigma: float, time_s: float, period_s: float) -> dict[str, float]:
        """Return the struct `Drift` of ext/sensors/errors.pxd for steps of a period."""
        keep = deterministic.exp(-period_s / time_s)
        sigma *= self.share
        return {"sigma": sigma, "keep": keep, "drive": sigma * math.sqrt(1.0 - keep * keep)}


def sensor_setup(mission: Mission, errors: Mapping[str, float] | None) -> dict[str, Any]:
    """Return the `SensorSetup` of ext/sensors/records.pxd for one flight.

    Parameters
    ----------
    mission : Mission
    errors : mapping of str to float, or None
        The constant errors of `CONSTANT_ERRORS` by name, each in its unit; None measures perfectly:
        without noise, drift and steps either. Where a sensor stands, when it reports and what takes
        its reading away stay as they are.

    Returns
    -------
    dict
        By the names of the struct.

    Examples
    --------
    >>> from farside.mission import load_mission
    >>> from farside.sensors import sensor_setup
    >>> mission = load_mission("chang-e-6")
    >>> biased = sensor_setup(mission, {"accel_bias_x_ug": 100.0})
    >>> [round(each, 6) for each in biased["accel_bias"]]  # [m/s^2]
    [0.000981, 0.0, 0.0]
    >>> round(biased["range_noise_m"], 3), sensor_setup(mission, None)["range_noise_m"]
    (0.1, 0.0)
    """
    held = Errors(errors)
    return (
        _places(mission, held)
        | _imu(mission, held)
        | _star_tracker(mission, held)
        | _altimeter(mission, held)
        | _velocimeter(mission, held)
        | _touchdown(mission, held)
        | _switches(mission)
    )


def _places(mission: Mission, errors: Errors) -> dict[str, Any]:
    """Return where the heads stand, in the order of `HEADS` of ext/common/measurements.pxd."""
    sensors = mission.sensors
    tables: tuple[Imu | Altimeter | Velocimeter | TouchdownSensor, ...] = (
        *(sensors.imu, sensors.altimeter, sensors.velocimeter, sensors.touchdown),
    )
    stems = ("imu", "range", "beam", "height")
    places = [
        [
            designed + off
            for designed, off in zip(
                table.position_base_m or (0.0, 0.0, 0.0),
                errors.three(f"{stem}_position", "m"),
                strict=True,
            )
        ]
        for table, stem in zip(tables, stems, strict=True)
    ]
    return {
        "place_m": places,
        "placed": [int(table.position_base_m is not None) for table in tables],
    }


def _imu(mission: Mission, errors: Errors) -> dict[str, Any]:
    """Return the inertial unit's part of the setup."""
    imu, share = mission.sensors.imu, errors.share
    # Angle random walk over one tick; a rate's white noise grows with the root of time.
    per_tick = share / math.sqrt(TICK_HZ)
    period_s = IMU_DRIFT_EVERY / TICK_HZ
    return {
        "gyro_bias": errors.three("gyro_bias", "dph", DEG_PER_H),
        "gyro_noise": per_tick * imu.gyro_noise_deg_per_sqrt_h * DEG_PER_SQRT_H,
        "gyro_scale": errors.three("gyro_scale", "ppm", 1e-6),
        "gyro_misalignment": errors.pairs("gyro"),
        "gyro_drift": errors.drift(imu.gyro_drift_dph * DEG_PER_H, imu.drift_time_s, period_s),
        "gyro_limit": math.radians(imu.gyro_limit_dps) / TICK_HZ,
        "gyro_step": share * imu.gyro_step_arcsec * ARCSEC,
        "accel_bias": errors.three("accel_bias", "ug", MICRO_G),
        "accel_noise": per_tick * imu.accel_noise_ug_per_sqrt_hz * MICRO_G,
        "accel_scale": errors.three("accel_scale", "ppm", 1e-6),
        "accel_misalignment": errors.pairs("accel"),
        "accel_drift": errors.drift(imu.accel_drift_ug * MICRO_G, imu.drift_time_s, period_s),
        "accel_limit": imu.accel_limit_mps2 / TICK_HZ,
        "accel_step": share * imu.accel_step_mps,
        "imu_latency": ticks(imu.latency_s),
    }


def _star_tracker(mission: Mission, errors: Errors) -> dict[str, Any]:
    """Return the star tracker's part of the setup."""
    star, share = mission.sensors.star_tracker, errors.share
    sun = (0.0, 0.0, 1.0)
    if star.sun_exclusion_deg > 0.0:
        site = mission.site
        sun = sun_at(
            mission.epoch.pdi_utc, SiteFrame(site.latitude_deg, site.longitude_deg, site.radius_m)
        )
    interval_s = star.outage_interval_s
    return {
        "star_cross_rad": share * star.cross_arcsec * ARCSEC,
        "star_roll_rad": share * star.roll_arcsec * ARCSEC,
        "star_slew_radps": math.radians(star.slew_limit_dps),
        "star_boresight": list(star.boresight_body),
        "star_misalignment": errors.three("star_misalignment", "arcsec", ARCSEC),
        "star_drift": errors.drift(star.drift_arcsec * ARCSEC, star.drift_time_s, _period(star)),
        "star_step": share * 0.5 * star.step_arcsec * ARCSEC,
        "star_sun": list(sun),
        "star_sun_cosine": _cosine(star.sun_exclusion_deg) if star.sun_exclusion_deg else NEVER,
        "star_limb_rad": math.radians(star.moon_exclusion_deg),
        "star_outage_share": share * min(_period(star) / interval_s, 1.0) if interval_s else 0.0,
        "star_outage_ticks": ticks(star.outage_s),
        "star_latency": ticks(star.latency_s),
        "star_every": every(star.rate_hz),
    }


def _altimeter(mission: Mission, errors: Errors) -> dict[str, Any]:
    """Return the altimeter's part of the setup."""
    altimeter, share = mission.sensors.altimeter, errors.share
    turn = errors.three("range_misalignment", "deg", math.pi / 180.0)
    heads = (altimeter.braking_boresight_body, altimeter.landing_boresight_body)
    return {
        "range_noise_m": share * altimeter.noise_m,
        "range_noise_far_m": share * altimeter.noise_far_m,
        "range_bias_m": errors.held["range_bias_m"],
        "range_drift": errors.drift(altimeter.drift_m, altimeter.drift_time_s, _period(altimeter)),
        "range_step_m": share * altimeter.step_m,
        "range_min_m": altimeter.range_min_m,
        "range_max_m": altimeter.range_max_m,
        "range_speed_limit": altimeter.speed_limit_mps,
        "range_incidence_cosine": _least_cosine(altimeter.incidence_limit_deg),
        "range_dust": _dust(mission, altimeter.dust_height_m),
        "range_relock": ticks(altimeter.relock_s),
        "range_latency": ticks(altimeter.latency_s),
        "range_every": every(altimeter.rate_hz),
        "range_boresight": [list(head) for head in heads],
        "range_true": [turned(head, turn) for head in heads],
    }


def _velocimeter(mission: Mission, errors: Errors) -> dict[str, Any]:
    """Return the velocimeter's part of the setup."""
    meter, share = mission.sensors.velocimeter, errors.share
    heads = (meter.braking_boresight_body, meter.landing_boresight_body)
    designed = [cone(head, meter.cant_deg).tolist() for head in heads]
    return {
        "beam_noise_mps": share * meter.noise_mps,
        "beam_noise_far_mps": share * meter.noise_far_mps,
        "beam_scale": errors.held["beam_scale"],
        "beam_drift": errors.drift(meter.drift_mps, meter.drift_time_s, _period(meter)),
        "beam_step_mps": share * meter.step_mps,
        "beam_min_m": meter.range_min_m,
        "beam_max_m": meter.range_max_m,
        "beam_speed_limit": meter.speed_limit_mps,
        "beam_incidence_cosine": _least_cosine(meter.incidence_limit_deg),
        "beam_dust": _dust(mission, meter.dust_height_m),
        "beam_relock": ticks(meter.relock_s),
        "beam_latency": ticks(meter.latency_s),
        "beam_every": every(meter.rate_hz),
        "beam_direction": designed,
        "beam_true": [
            [mounted_beam(beam, i, errors) for i, beam in enumerate(beams)] for beams in designed
        ],
    }


def mounted_beam(beam: list[float], i: int, errors: Errors) -> list[float]:
    """Return where a beam truly points [body]: turned by itself, then with its set."""
    own = [math.radians(errors.held[f"beam{i}_misalignment_{axis}_deg"]) for axis in ACROSS]
    u, v = across(beam)
    by_itself = turned(beam, [own[0] * a + own[1] * b for a, b in zip(u, v, strict=True)])
    return turned(by_itself, errors.three("beam_misalignment", "deg", math.pi / 180.0))


def _touchdown(mission: Mission, errors: Errors) -> dict[str, Any]:
    """Return the touchdown sensor's part of the setup."""
    sensor, share = mission.sensors.touchdown, errors.share
    return {
        "height_noise_m": share * sensor.noise_m,
        "height_drift": errors.drift(sensor.drift_m, sensor.drift_time_s, _period(sensor)),
        "height_step_m": share * sensor.step_m,
        "height_max_m": sensor.range_max_m,
        "height_dust": _dust(mission, sensor.dust_height_m),
        "height_latency": ticks(sensor.latency_s),
        "height_every": every(sensor.rate_hz),
    }


def _switches(mission: Mission) -> dict[str, Any]:
    """Return the contact switches' part of the setup."""
    switches = mission.sensors.contact
    return {
        "switch_force_n": switches.force_n,
        "switch_bounce": ticks(switches.bounce_s),
        "switch_debounce": ticks(switches.debounce_s),
        "switch_delay": ticks(switches.delay_s),
    }


@lru_cache(maxsize=64)
def sun_at(utc: str, frame: SiteFrame) -> tuple[float, float, float]:
    """Return the unit vector to the Sun in a site's axes at a time.

    Rounded to 1e-9, so that the last bits of the C library's sines do not reach a flight.
    """
    east, north, up = (round(float(part), 9) for part in sun_direction(utc, frame).unit_site)
    return east, north, up


def every(rate_hz: float) -> int:
    """Return the whole number of ticks between reports at a rate, at least one."""
    return max(1, round(TICK_HZ / rate_hz))


def ticks(time_s: float) -> int:
    """Return the whole number of ticks nearest to a time."""
    return round(time_s * TICK_HZ)


def _period(sensor: Any) -> float:
    """Return the time between two reports [s]."""
    return every(sensor.rate_hz) / TICK_HZ


def _cosine(angle_deg: float) -> float:
    """Return the cosine of an angle, the same on every CPU."""
    return deterministic.cos(math.radians(angle_deg))


def _least_cosine(limit_deg: float) -> float:
    """Return the least cosine of an incidence; 0, which every echo has, for no limit."""
    return _cosine(limit_deg) if limit_deg < 90.0 else 0.0


def _dust(mission: Mission, height_m: float) -> float:
    """Return the height of dust for each root of a newton, from that at full thrust."""
    return height_m / math.sqrt(mission.vehicle.engine.thrust_max_n)
