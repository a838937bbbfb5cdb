"""What the navigation filter is set up with before flight: noise model and initial estimate."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.ext.common._records import TICK_HZ
from farside.ext.common.errors import FarsideError
from farside.ext.navigation._filter import CAMERA_COUNT, STEP_TICKS
from farside.mission import FlightConfig
from farside.mission.camera import Camera, camera_axes
from farside.mission.health import Health
from farside.mission.inertial import Imu
from farside.mission.instruments import Sensors
from farside.mission.moon import STANDARD_GRAVITY_MPS2
from farside.mission.navigation import Navigation
from farside.mission.terrain_navigation import OrbiterMap
from farside.navigation.masses import flow_by_thrust, masses_of, owed_turn

ARCSEC = math.pi / 648000.0
MICRO_G = 1e-6 * STANDARD_GRAVITY_MPS2
DEG_PER_H = math.pi / 180.0 / 3600.0
#: Angle random walk of one degree in a root hour, for a root second.
DEG_PER_SQRT_H = math.pi / 180.0 / 60.0
#: Deviation of a reading counted in whole steps, as a share of the step.
STEP_SHARE = math.sqrt(1.0 / 12.0)
#: Steps of a gyro's counter by which it must have turned to be wrong where it repeats itself.
REPEATED_STEPS = 4.0
#: A sensor without noise of its own is taken for one that has a little: R stays above 0.
RANGE_LEAST_M = 1e-3
BEAM_LEAST_MPS = 1e-4
STAR_LEAST = 0.01  # arcsec
#: Cameras whose images the navigator takes, and the struct of one that is not there.
CAMERAS = CAMERA_COUNT
NO_CAMERA: dict[str, Any] = {
    "lens": {
        "columns": 0,
        "rows": 0,
        "focal_px": [0.0, 0.0],
        "centre_px": [0.0, 0.0],
        "distortion": [0.0] * 5,
        "r2_most": 0.0,
    },
    "axes_body": [0.0] * 9,
    "place_m": [0.0] * 3,
    "turn_rad": 0.0,
    "placed": 0,
    "spare": 0,
}
#: Every bit of `Measurements.saturated` in ext/common/measurements.pxd.
ALL_SATURATED = 2047


def navigator_setup(config: FlightConfig) -> dict[str, Any]:
    """Return the noise model and the gates of the navigation filter.

    Parameters
    ----------
    config : FlightConfig
        Its vehicle, its sensors' noise, `[navigation]`, `[health]` and `[computer]`.

    Returns
    -------
    dict
        The struct `NavigatorSetup` of ext/navigation/state.pxd by the names of its fields.

    Examples
    --------
    >>> from farside.navigation import navigator_setup
    >>> from farside.mission import FlightConfig, load_mission
    >>> navigator_setup(FlightConfig.of(load_mission("chang-e-6")))["beam_cosine_min"]
    0.2
    """
    sensors, vehicle, keys = config.sensors, config.vehicle, config.navigation
    # in the order of HEADS in ext/common/measurements.pxd
    heads = (sensors.imu, sensors.altimeter, sensors.velocimeter, sensors.touchdown)
    thrusters, couple_nm = vehicle.thrusters, vehicle.thrusters.large_couple_nm
    thruster_exhaust_mps = thrusters.isp_s * STANDARD_GRAVITY_MPS2
    return {
        **flow_by_thrust(vehicle.engine),
        **inertial_noise(sensors.imu),
        **sensor_noise(sensors),
        "thrust_full_n": vehicle.engine.thrust_max_n,
        "mass_min_kg": keys.mass_min_share * vehicle.dry_mass_kg,
        # A couple is two thrusters.
        "valve_flow_kgps": [
            2.0 * thrusters.large_n / thruster_exhaust_mps,
            2.0 * thrusters.small_n / thruster_exhaust_mps,
        ],
        "gravity_sigma_mps2": keys.gravity_sigma_mps2,
        "gravity_fall_m": keys.gravity_fall_m,
        "gravity_length_m": keys.gravity_length_m,
        "gravity_time_s": keys.gravity_time_s,
        "relief_length_m": keys.relief_length_m,
        "relief_share": keys.relief_share,
        "relief_walk_m2pm": keys.relief_walk_m2pm,
        "relief_smooth_m": keys.relief_smooth_m,
        "relief_footprint": keys.relief_footprint,
        "site_sigma_m": keys.site_sigma_m,
        "level_sigma_m": keys.level_sigma_m,
        "thrust_along_sigma": keys.thrust_along_sigma,
        "thrust_across_sigma": keys.thrust_across_sigma,
        "inertia_full": list(vehicle.body.inertia_full_kgm2),
        "inertia_dry": list(vehicle.body.inertia_dry_kgm2),
        "couple_nm": couple_nm,
        "torque_sigma_nm": keys.torque_sigma * couple_nm,
        "repeat_rad": REPEATED_STEPS * sensors.imu.gyro_step_arcsec * ARCSEC,
        "owed_rad": owed_turn(vehicle, sensors.imu) / TICK_HZ,
        "beam_cosine_min": keys.beam_cosine_min,
        "range_weight": keys.range_weight,
        "range_gate_share": keys.range_gate_share,
        "rest_accel_mps2": keys.rest_accel_mps2,
        "rest_rate_radps": math.radians(keys.rest_rate_dps),
        "rest_ticks": round(keys.rest_s * TICK_HZ),
        "bridges": int(config.computer.checkpoint_s > 0.0),
        "bridge_accel_mps2": config.computer.bridge_accel_mps2,
        "bridge_turn_radps2": math.radians(config.computer.bridge_turn_dps2),
        "saturation_mask": 0 if keys.integrate_saturated else ALL_SATURATED,
        "attitude_apart": keys.attitude_apart,
        "place_apart": keys.place_apart,
        "range_open": keys.range_open,
        "latch_range": config.health.latch_altimeter,
        "height_by_sensor": keys.height_by_sensor,
        "health": health_setup(config.health, sensors),
        "place_m": [list(head.position_base_m or (0.0, 0.0, 0.0)) for head in heads],
        "placed": [int(head.position_base_m is not None) for head in heads],
        **masses_of(vehicle),
        **image_setup(keys, config.terrain_navigation.map, sensors.camera),
    }


def image_setup(keys: Navigation, onboard: OrbiterMap, cameras: Sequence[Camera]) -> dict[str, Any]:
    """Return the struct `ImageSetup`, gates of what cameras measure, and those of the cameras.

    What the onboard map is off by all over is known as its makers specify it.
    """
    gates = {
        "map_sigma_m": list(onboard.registration_m),
        "shift_px": keys.image_shift_px,
        "gate": keys.image_gate_sigma,
        "share": keys.image_share,
        "search_m": keys.image_search_m,
        "drift_mps": keys.image_drift_mps,
        "search_mps": keys.motion_search_mps,
        "relief_share": keys.motion_relief_share,
        "slope": keys.motion_slope,
        "least": keys.image_least,
        "vote": keys.image_vote,
    }
    return {"image": gates, **camera_setups(cameras)}


def camera_setups(cameras: Sequence[Camera]) -> dict[str, Any]:
    """Return the structs `CameraSetup` of the first cameras; one without columns is none."""
    setups = [
        {
            "lens": camera.pinhole.model,
            "axes_body": camera_axes(camera).ravel().tolist(),
            "place_m": list(camera.position_base_m or (0.0, 0.0, 0.0)),
            "turn_rad": math.radians(camera.misalignment_deg),
            "placed": int(camera.position_base_m is not None),
            "spare": 0,
        }
        for camera in cameras[:CAMERAS]
    ]
    setups += [NO_CAMERA] * (CAMERAS - len(setups))
    return {f"camera_{i + 1}": setup for i, setup in enumerate(setups)}


def upper_setup(config: FlightConfig) -> dict[str, Any]:
    """Return the same for the ascent stage alone: its engine, its mass, its centre of mass.

    Parameters
    ----------
    config : FlightConfig
        Of a vehicle with an ascent stage.
    """
    vehicle, stage = config.vehicle, config.vehicle.ascent
    if stage is None:
        raise FarsideError("a lander without [vehicle.ascent] has no ascent stage")
    dry_kg = stage.mass_kg - stage.propellant_kg
    inertia_full, inertia_dry = vehicle.ascent_inertia_kgm2
    return {
        **navigator_setup(config),
        "inertia_full": list(inertia_full),
        "inertia_dry": list(inertia_dry),
        "flow_spm": 1.0 / (stage.isp_s * STANDARD_GRAVITY_MPS2),
        "flow_spm_per_n": 0.0,
        "thrust_full_n": stage.thrust_n,
        "mass_min_kg": config.navigation.mass_min_share * dry_kg,
        "com_offset_m": [0.0, 0.0],
        "com_height_full_m": vehicle.ascent_com_height_m,
        "com_height_dry_m": vehicle.ascent_com_height_m,
        "mass_full_kg": stage.mass_kg,
        "mass_dry_kg": dry_kg,
    }


def inertial_noise(imu: Imu) -> dict[str, float]:
    """Return the noise of the inertial unit, and how its biases keep and change."""
    setup: dict[str, float] = {
        "accel_psd": (imu.accel_noise_ug_per_sqrt_hz * MICRO_G) ** 2,
        "gyro_psd": (imu.gyro_noise_deg_per_sqrt_h * DEG_PER_SQRT_H) ** 2,
        # of three numbers that a turn about one axis excites the root mean square
        "gyro_mount_rad": deterministic.length([*gyro_mount(imu)]) / math.sqrt(3.0),
    }
    for name, constant, drift in (
        ("gyro", imu.gyro_bias_dph * DEG_PER_H, imu.gyro_drift_dph * DEG_PER_H),
        ("accel", imu.accel_bias_ug * MICRO_G, imu.accel_drift_ug * MICRO_G),
    ):
        setup |= kept(f"{name}_bias", constant, drift, imu.drift_time_s)
    return setup


def gyro_mount(imu: Imu) -> tuple[float, float, float]:
    """Return the deviations of what a turn about body y shows in x, y and z [1]."""
    lean = imu.gyro_misalignment_arcsec * ARCSEC
    return lean, imu.gyro_scale_ppm * 1e-6, lean


def kept(name: str, constant: float, drift: float, time_s: float) -> dict[str, float]:
    """Return what one state of a constant and a drift keeps over a step, and what is added.

    It has the variance of both, and changes as fast as the drift at first: its time is
    time_s sigma^2 / drift^2.
    """
    variance = constant * constant + drift * drift
    decay = STEP_TICKS / TICK_HZ * drift * drift / (time_s * variance) if variance else 0.0
    return {f"{name}_keep": 1.0 - decay, f"{name}_drive": variance * decay * (2.0 - decay)}


def sensor_noise(sensors: Sensors) -> dict[str, Any]:
    """Return the noise of each sensor: white, its own and that of its step, and what drifts."""
    altimeter, meter, star = sensors.altimeter, sensors.velocimeter, sensors.star_tracker
    touchdown = sensors.touchdown
    fix_step = STEP_SHARE * star.step_arcsec
    return {
        "range_sigma_m": noise(altimeter.noise_m, altimeter.step_m, RANGE_LEAST_M),
        "range_bias_m": deterministic.length(
            [altimeter.bias_m, altimeter.drift_m, altimeter.position_error_m]
        ),
        "range_far_m": altimeter.noise_far_m,
        "range_max_m": altimeter.range_max_m,
        "range_turn_rad": math.radians(altimeter.misalignment_deg),
        "beam_sigma_mps": noise(meter.noise_mps, meter.step_mps, BEAM_LEAST_MPS),
        "beam_drift_mps": meter.drift_mps,
        "beam_far_mps": meter.noise_far_mps,
        "beam_max_m": meter.range_max_m,
        "beam_turn_rad": math.radians(meter.beam_misalignment_deg),
        "beam_decay": STEP_TICKS / TICK_HZ / meter.drift_time_s,
        "star_cross_rad": deterministic.length([star.cross_arcsec, fix_step, STAR_LEAST]) * ARCSEC,
        "star_roll_rad": deterministic.length([star.roll_arcsec, fix_step, STAR_LEAST]) * ARCSEC,
        "star_boresight": list(star.boresight_body),
        **kept(
            "star",
            star.misalignment_arcsec * ARCSEC,
            star.drift_arcsec * ARCSEC,
            star.drift_time_s,
        ),
        "height_sigma_m": noise(touchdown.noise_m, touchdown.step_m, RANGE_LEAST_M),
        **kept("height", touchdown.position_error_m, touchdown.drift_m, touchdown.drift_time_s),
        "height_max_m": touchdown.range_max_m,
    }


def noise(sigma: float, step: float, least: float) -> float:
    """Return the deviation of a reading: of its noise and its step, and least of all."""
    return deterministic.length([sigma, STEP_SHARE * step, least])


def health_setup(keys: Health, sensors: Sensors) -> dict[str, Any]:
    """Return the struct `HealthSetup` of `[health]`."""
    whole = ("reject_after", "readmit_after", "stuck_after", "vote_after", "jump_ticks")
    real = ("gate_1", "gate_3", "ramp", "ramp_most", "stuck_sigma", "onset_share", "jump_thrust")
    return {
        **{key: getattr(keys, key) for key in (*real, *whole)},
        "jump_rate_radps": math.radians(keys.jump_rate_dps),
        "imu_ticks": round(keys.imu_s * TICK_HZ),
        "silent_ticks": [
            round(max(keys.silent_s, least_s) * TICK_HZ) for least_s in silences(sensors)
        ],
        "spare": 0,
    }


def silences(sensors: Sensors) -> list[float]:
    """Return for each channel the time in which three of its reports are missing [s]."""
    rates = (
        sensors.star_tracker.rate_hz,
        sensors.altimeter.rate_hz,
        *[sensors.velocimeter.rate_hz] * 3,
        sensors.touchdown.rate_hz,
        float(TICK_HZ),
    )
    return [3.0 / rate for rate in rates]


def initial_estimate(
    config: FlightConfig,
    r_site: NDArray[np.float64],
    v_site: NDArray[np.float64],
    q_site_body: NDArray[np.float64],
    omega_body: NDArray[np.float64],
    *,
    exact: bool = False,
) -> dict[str, Any]:
    """Return the filter's first estimate, with its knowledge errors as the covariance.

    Parameters
    ----------
    config : FlightConfig
        Its vehicle's mass, how well the first state is known, and `[navigation]`.
    r_site, v_site : (3,) float64
        Position [m] and velocity [m/s] as known at initiation.
    q_site_body : (4,) float64
        Attitude, scalar first.
    omega_body : (3,) float64
        Rate [rad/s].
    exact : bool
        Whether the state is known without error: then the least deviations of `[navigation]` are
        the covariance.

    Returns
    -------
    dict
        The struct `InitialEstimate` of ext/navigation/state.pxd by the names of its fields; `P`
        has the states without clones.

    Examples
    --------
    >>> import numpy as np
    >>> from farside.mission import FlightConfig, load_mission
    >>> from farside.navigation import initial_estimate
    >>> place, still = np.array([0.0, 0.0, 2000.0]), np.zeros(3)
    >>> upright = np.array([1.0, 0.0, 0.0, 0.0])
    >>> aboard = FlightConfig.of(load_mission("chang-e-6"))
    >>> first = initial_estimate(aboard, place, still, upright, still)
    >>> len(first["P"]), round(float(first["P"][0][0])), first["mass_kg"]  # known to 100 m
    (42, 10000, 3730.0)
    """
    return {
        "r_site": list(r_site),
        "v_site": list(v_site),
        "q_site_body": list(q_site_body),
        "omega_body": list(omega_body),
        "mass_kg": config.vehicle.start_mass_kg,
        "P": np.diag([sigma * sigma for sigma in first_sigmas(config, exact=exact)]).tolist(),
    }


def first_sigmas(config: FlightConfig, *, exact: bool = False) -> list[float]:
    """Return the deviation of each state at initiation, in the order of ext/navigation/state.pxd.

    Parameters
    ----------
    config : FlightConfig
    exact : bool
        As of `initial_estimate`.
    """
    keys, sensors = config.navigation, config.sensors
    imu, star = sensors.imu, sensors.star_tracker
    known = [
        max(0.0 if exact else sigma, least)
        for sigma, least in (
            (config.known_position_sigma_m, keys.position_sigma_min_m),
            (config.known_velocity_sigma_mps, keys.velocity_sigma_min_mps),
            (math.radians(config.known_attitude_sigma_deg), keys.attitude_sigma_min_rad),
        )
    ]
    bias = [
        deterministic.length([imu.gyro_bias_dph, imu.gyro_drift_dph]) * DEG_PER_H,
        deterministic.length([imu.accel_bias_ug, imu.accel_drift_ug]) * MICRO_G,
    ]
    scale = max(sensors.velocimeter.scale, keys.scale_sigma_min)
    lean = imu.accel_misalignment_arcsec * ARCSEC
    touchdown, lidar = sensors.touchdown, sensors.lidar
    return [
        *(sigma for sigma in (*known, *bias) for _ in range(3)),
        *(scale, keys.initial_relief_m, keys.initial_relief_m / keys.relief_length_m),
        *(0.0, 0.0),  # the map in use is the site's
        1.0,  # in deviations: see altimeter.pxd and velocimeter.pxd
        deterministic.length([touchdown.drift_m, touchdown.position_error_m]),
        *[1.0] * 3,
        *[math.radians(sensors.velocimeter.misalignment_deg)] * 3,
        *(lean, lean, imu.accel_scale_ppm * 1e-6),
        *[deterministic.length([star.misalignment_arcsec, star.drift_arcsec]) * ARCSEC] * 3,
        *[0.0 if lidar is None else 1e-3 * lidar.boresight_error_mrad] * 2,
        *gyro_mount(imu),
        *[1.0] * 3,  # in deviations: see covariance.pxd
    ]
