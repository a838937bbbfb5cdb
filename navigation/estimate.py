"""What the navigation filter is set up with before flight: noise model and initial estimate."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.ext.common._records import TICK_HZ
from farside.mission import FlightConfig
from farside.mission.moon import STANDARD_GRAVITY_MPS2
from farside.mission.vehicle import Engine


def navigator_setup(config: FlightConfig) -> dict[str, Any]:
    """Return the noise model, gates and gains of the navigation filter.

    Parameters
    ----------
    config : FlightConfig
        Its vehicle, its sensors' noise, and `[navigation]`.

    Returns
    -------
    dict
        The struct `NavigatorSetup` of ext/navigation/records.pxd by the names of its fields.

    Examples
    --------
    >>> from farside.mission import FlightConfig, load_mission
    >>> navigator_setup(FlightConfig.of(load_mission("chang-e-6")))["gate_sigma"]
    3.0
    """
    sensors, vehicle, keys = config.sensors, config.vehicle, config.navigation
    imu, thrusters = sensors.imu, vehicle.thrusters
    # in the order of HEADS in ext/common/measurements.pxd
    heads = (sensors.imu, sensors.altimeter, sensors.velocimeter, sensors.touchdown)
    thruster_exhaust_mps = thrusters.isp_s * STANDARD_GRAVITY_MPS2
    bias = imu.accel_bias_ug * 1e-6 * STANDARD_GRAVITY_MPS2
    noise = imu.accel_noise_ug_per_sqrt_hz * 1e-6 * STANDARD_GRAVITY_MPS2
    return {
        **flow_by_thrust(vehicle.engine),
        "thrust_full_n": vehicle.engine.thrust_max_n,
        "mass_min_kg": keys.mass_min_share * vehicle.dry_mass_kg,
        # A couple is two thrusters.
        "valve_flow_kgps": [
            2.0 * thrusters.large_n / thruster_exhaust_mps,
            2.0 * thrusters.small_n / thruster_exhaust_mps,
        ],
        "accel_psd": bias * bias * keys.bias_time_s + noise * noise,
        "range_sigma_m": deterministic.length(
            [sensors.altimeter.noise_m, sensors.altimeter.bias_m]
        ),
        "attitude_sigma_rad": keys.attitude_sigma_rad,
        "beam_sigma_mps": sensors.velocimeter.noise_mps,
        "star_gain": keys.star_gain,
        "relief_length_m": keys.relief_length_m,
        "relief_per_height": keys.relief_per_height,
        "relief_walk_m2pm": keys.relief_walk_m2pm,
        "relief_gate_sigma": keys.relief_gate_sigma,
        "relief_transfer": keys.relief_transfer,
        "gate_sigma": keys.gate_sigma,
        "doubt_relief": keys.doubt_relief,
        "doubt_position": keys.doubt_position,
        "beam_cosine_min": keys.beam_cosine_min,
        "datum_cosine_min": keys.datum_cosine_min,
        "height_gain": keys.height_gain,
        "height_jump_m": keys.height_jump_m,
        "rest_accel_mps2": keys.rest_accel_mps2,
        "rest_rate_radps": math.radians(keys.rest_rate_dps),
        "doubt_after": keys.doubt_after,
        "rest_ticks": round(keys.rest_s * TICK_HZ),
        "place_m": [list(head.position_base_m or (0.0, 0.0, 0.0)) for head in heads],
        "placed": [int(head.position_base_m is not None) for head in heads],
        "com_offset_m": list(vehicle.body.com_offset_m),
        "com_height_full_m": vehicle.body.com_height_full_m,
        "com_height_dry_m": vehicle.body.com_height_dry_m,
        "mass_full_kg": vehicle.descent_mass_kg,
        "mass_dry_kg": vehicle.dry_mass_kg,
    }


def flow_by_thrust(engine: Engine) -> dict[str, float]:
    """Return what the engine takes by design: m' = (a + b T) T, with 1/Isp linear in the thrust."""
    full = 1.0 / (engine.isp_s * STANDARD_GRAVITY_MPS2)
    if engine.isp_least_s is None or engine.thrust_min_n == engine.thrust_max_n:
        return {"flow_spm": full, "flow_spm_per_n": 0.0}
    least = 1.0 / (engine.isp_least_s * STANDARD_GRAVITY_MPS2)
    more = (full - least) / (engine.thrust_max_n - engine.thrust_min_n)
    return {"flow_spm": full - more * engine.thrust_max_n, "flow_spm_per_n": more}


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
        The struct `InitialEstimate` of ext/navigation/records.pxd by the names of its fields; `P`
        is 8 x 8: position, velocity, the velocimeter's scale error, relief.
    """
    keys = config.navigation
    position, velocity = keys.position_sigma_min_m, keys.velocity_sigma_min_mps
    if not exact:
        position = max(config.known_position_sigma_m, position)
        velocity = max(config.known_velocity_sigma_mps, velocity)
    scale = max(config.sensors.velocimeter.scale, keys.scale_sigma_min)
    relief = keys.initial_relief_m
    variances = [position * position] * 3 + [velocity * velocity] * 3
    variances += [scale * scale, relief * relief]
    return {
        "r_site": list(r_site),
        "v_site": list(v_site),
        "q_site_body": list(q_site_body),
        "omega_body": list(omega_body),
        "mass_kg": config.vehicle.descent_mass_kg,
        "P": np.diag(variances).tolist(),
    }
