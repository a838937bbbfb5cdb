"""What the filter knows of the lander's masses, and of what its engine takes, by design."""

from __future__ import annotations

from typing import Any

from farside.mission.moon import STANDARD_GRAVITY_MPS2
from farside.mission.retro import retro_numbers
from farside.mission.vehicle import Engine, Vehicle


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
