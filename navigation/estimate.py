"""What the navigation filter is told before flight: its noise model and its first estimate."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.mission import Mission
from farside.mission.moon import STANDARD_GRAVITY_MPS2

#: A bias of the accelerometer is carried as a random walk of the velocity that grows alike over
#: this time [s], about half a braking phase.
BIAS_TIME_S = 300.0
#: Share of the star tracker's word that the attitude takes at each report: gyro noise gathers less
#: between reports than the tracker has in one.
STAR_GAIN = 0.05
#: Attitude knowledge against slant ranges [rad], 1 sigma.
ATTITUDE_SIGMA_RAD = 3e-4
#: Relief that the onboard map does not hold where the flight starts [m, 1 sigma], and the distance
#: over which it is forgotten [m], half the map's posting.
FIRST_RELIEF_M = 300.0
RELIEF_LENGTH_M = 4000.0
#: A low lander counts its altitude from the ground beneath: of relief it leaves only this much for
#: each metre of range, and the ground then rises and falls with this variance per metre flown
#: [m^2/m] (mare: 10 m over 474 m, growing with the root of the distance).
RELIEF_PER_HEIGHT = 0.005
RELIEF_WALK_M2PM = 0.2


def navigator_setup(mission: Mission) -> dict[str, Any]:
    """Return the `NavigatorSetup` of ext/navigation/filter.pxd: how far each sensor is believed."""
    imu, sensors, thrusters = mission.sensors.imu, mission.sensors, mission.vehicle.thrusters
    thruster_exhaust_mps = thrusters.isp_s * STANDARD_GRAVITY_MPS2
    bias = imu.accel_bias_ug * 1e-6 * STANDARD_GRAVITY_MPS2
    noise = imu.accel_noise_ug_per_sqrt_hz * 1e-6 * STANDARD_GRAVITY_MPS2
    return {
        "exhaust_mps": mission.vehicle.engine.isp_s * STANDARD_GRAVITY_MPS2,
        "mass_dry_kg": mission.vehicle.dry_mass_kg,
        # A couple is two thrusters.
        "valve_flow_kgps": [
            2.0 * thrusters.large_n / thruster_exhaust_mps,
            2.0 * thrusters.small_n / thruster_exhaust_mps,
        ],
        "accel_psd": bias * bias * BIAS_TIME_S + noise * noise,
        "range_sigma_m": deterministic.length(
            [sensors.altimeter.noise_m, sensors.altimeter.bias_m]
        ),
        "attitude_sigma_rad": ATTITUDE_SIGMA_RAD,
        "beam_sigma_mps": sensors.velocimeter.noise_mps,
        "star_gain": STAR_GAIN,
        "relief_length_m": RELIEF_LENGTH_M,
        "relief_per_height": RELIEF_PER_HEIGHT,
        "relief_walk": RELIEF_WALK_M2PM,
    }


def initial_estimate(
    mission: Mission,
    r_site: NDArray[np.float64],
    v_site: NDArray[np.float64],
    q_site_body: NDArray[np.float64],
    omega_body: NDArray[np.float64],
    *,
    exact: bool = False,
) -> dict[str, Any]:
    """Return the filter's first state, with the mission's knowledge errors as its covariance.

    `exact` says that the state is known without error: a metre and a centimetre per second remain.
    """
    spread = mission.dispersions
    place = 1.0 if exact else max(spread.knowledge_position_m.sigma, 1.0)
    speed = 0.01 if exact else max(spread.knowledge_velocity_mps.sigma, 0.01)
    scale = max(mission.sensors.velocimeter.scale, 1e-5)
    variance = [place * place] * 3 + [speed * speed] * 3
    variance += [scale * scale, FIRST_RELIEF_M * FIRST_RELIEF_M]
    return {
        "r_site": list(r_site),
        "v_site": list(v_site),
        "q_site_body": list(q_site_body),
        "omega_body": list(omega_body),
        "mass_kg": mission.vehicle.descent_mass_kg,
        "p": list(np.diag(variance).ravel()),
    }
