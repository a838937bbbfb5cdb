"""What the filter knows of the lander's masses, and of what its engine takes, by design."""

from __future__ import annotations

from typing import Any

from farside.mission.inertial import Imu
from farside.mission.moon import STANDARD_GRAVITY_MPS2
from farside.mission.retro import retro_numbers
from farside.mission.vehicle import Engine, Vehicle

#: Shortest pulses of torque that thrusters may owe, or have given ahead, while none fires.
OWED_PULSES = 1.5


def masses_of(vehicle: Vehicle) -> dict[str, Any]:
    """Return masses and the centre of mass as designed, by the names of `NavigatorSetup`."""
    return {
        "com_offset_m": list(vehicle.body.com_offset_m),
        "com_height_full_m": vehicle.body.com_height_full_m,
        "com_height_dry_m": vehicle.body.com_height_dry_m,
        "mass_full_kg": vehicle.descent_mass_kg,
        "mass_dry_kg": vehicle.dry_mass_kg,
        "retro": retro_numbers(vehicle.retro),
    }


def flow_by_thrust(engine: Engine) -> dict[str, float]:
    """Return what the engine takes by design: m' = (a + b T) T, with 1/Isp linear in the thrust."""
    full = 1.0 / (engine.isp_s * STANDARD_GRAVITY_MPS2)
    if engine.isp_least_s is None or engine.thrust_min_n == engine.thrust_max_n:
        return {"flow_spm": full, "flow_spm_per_n": 0.0}
    least = 1.0 / (engine.isp_least_s * STANDARD_GRAVITY_MPS2)
    more = (full - least) / (engine.thrust_max_n - engine.thrust_min_n)
    return {"flow_spm": full - more * engine.thrust_max_n, "flow_spm_per_n": more}


def owed_turn(vehicle: Vehicle, imu: Imu) -> float:
    """Return by how much [rad/s] torque commanded and torque given may be apart, at most.

    Torque is commanded without steps and given in pulses of whole ticks: what is owed is worth a
    pulse and a half of the stronger couple, of a dry lander about its axis of least inertia. Where
    the gyros count in steps it is 0: the steps that they may repeat are worth a short pulse.

    Examples
    --------
    >>> from farside.mission import load_mission
    >>> mission = load_mission("chandrayaan-3")
    >>> f"{owed_turn(mission.vehicle, mission.sensors.imu):.4f} rad/s"
    '0.0084 rad/s'
    """
    if imu.gyro_step_arcsec > 0.0:
        return 0.0
    thrusters = vehicle.thrusters
    impulses_nms = (
        thrusters.large_couple_nm * thrusters.large_min_pulse_s,
        2.0 * thrusters.small_n * thrusters.small_arm_m * thrusters.small_min_pulse_s,
    )
    return OWED_PULSES * max(impulses_nms) / min(vehicle.body.inertia_dry_kgm2)
