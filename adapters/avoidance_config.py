"""A mission's hazard avoidance as the numbers of the C struct `farside_avoid_config`.

The C library's page of a mission (c/avoid.py) and the FMU (fmi/export.py) carry the same.
"""

from __future__ import annotations

import math
import struct
from typing import Any

from farside.avoidance.choice import RULES, clearance_margin_of, weights_of
from farside.ext.common import deterministic
from farside.ext.common.errors import FarsideError
from farside.mission import FlightConfig, Mission
from farside.mission.moon import STANDARD_GRAVITY_MPS2, SURFACE_GRAVITY_MPS2
from farside.terrain import HazardLimits, LanderFootprint
from farside.terrain.tables import MapTables, map_tables

#: Of the structs: AVOID_VERSION of ext/avoidance/records.pxd, whose layout is written here.
VERSION = 4
#: Cells along a side of the largest map: AVOID_MOST_CELLS.
MOST_CELLS = 2048
SIZES = (
    *("rule", "rows", "cols", "rank_by_cost", "accepted_count", "blur_reach"),
    *("disc_reach_y", "disc_reach_x", "disc_blocks", "disc_runs"),
    *("legs", "headings", "triples", "pairs", "legs_margin", "legs_side", "legs_blocks"),
    *("legs_runs", "pad_reach"),
)
NUMBERS = (
    *("cell_m", "footprint_m", "slope_deg", "roughness_m", "belly_m", "margin_m"),
    *("navigation_error_m", "room_m", "sure", "fair", "accepted", "hopeless", "band_sigma"),
    *("least_weight", "beam_tan", "beam_returns", "sharpening", "lost_per_m", "amplified"),
    *("no_noise_m", "common_relief_m", "lowest_m", "highest_m", "tan_slope", "disc_tilt_per_m"),
    *("legs_radius_m", "legs_tilt", "legs_lift", "rest", "legs_reach_x", "legs_reach_y"),
    *(
        "legs_rim_m",
        "disc_rim_m",
        "heading_step_deg",
        "fits",
        "noise_middle",
        "noise_least",
        "noise_most",
    ),
    *("together", "disc_spread", "legs_weight_clearance", "legs_clearance_scale_m"),
    *("weight_clearance", "weight_slope", "weight_roughness"),
    *("weight_cost", "clearance_scale_m", "usual_heading_deg", "sidestep_m", "far_steps"),
    "fresh_distance",
    *("hover_limit_s", "another_scan_s", "way_down_s", "dry_mass_kg", "exhaust_mps"),
    "gravity_mps2",
)


def unfit(mission: Mission) -> str:
    """Return why a mission has no configuration in C; nothing where it has one."""
    if mission.sensors.lidar is None:
        return "the mission carries no lidar"
    if mission.hazards.map_cells > MOST_CELLS:
        return f"a map of more than {MOST_CELLS} cells a side"
    if mission.hazards.ramp is not None:
        return "hazards.ramp is not among what C ranks sites by; remove it"
    return ""


def config_of(mission: Mission) -> tuple[dict[str, Any], MapTables]:
    """Return the fields of a `farside_avoid_config`, in order, as far as its tables; and these.

    Raises
    ------
    FootprintError
        If the cells of the mission's map are too large for its lander.
    """
    hazards, lander = mission.hazards, LanderFootprint.landed(mission)
    cells = hazards.map_cells
    tables = map_tables(
        lander,
        HazardLimits(hazards.slope_deg, hazards.obstacle_m),
        (cells, cells),
        hazards.cell_m,
        hazards.navigation_error_m,
        legs=hazards.stand == "legs",
    )
    sizes = dict.fromkeys(SIZES, 0) | tables.sizes
    sizes |= {
        "rule": list(RULES).index(hazards.stand),
        "rows": cells,
        "cols": cells,
        "rank_by_cost": int(hazards.price == "kilograms"),
        "accepted_count": 2,
    }
    values = tables.numbers | _numbers(mission, lander)
    numbers = {key: _real(values[key]) for key in NUMBERS}
    body = _packed(sizes, numbers, tables)
    head = {
        "size": 12 + len(body) + 2 * struct.calcsize("P"),
        "version": VERSION,
        "checksum": fnv1a(body + tables.whole.tobytes() + tables.real.tobytes()),
    }
    return head | {key: sizes[key] for key in SIZES} | numbers, tables


def _packed(sizes: dict[str, int], numbers: dict[str, Any], tables: MapTables) -> bytes:
    """Return the bytes of the struct between its checksum and its pointers."""
    body = struct.pack(f"<{len(SIZES)}i", *(sizes[key] for key in SIZES))
    body += b"".join(struct.pack("<d", x) for x in _plain(numbers))
    return body + struct.pack("<2q", len(tables.whole), len(tables.real))


def config_bytes(mission: Mission) -> tuple[bytes, MapTables]:
    """Return a `farside_avoid_config` byte for byte, its two pointers 0; and its tables.

    Raises
    ------
    FootprintError
        As `config_of`.
    """
    fields, tables = config_of(mission)
    head = struct.pack("<3I", fields["size"], fields["version"], fields["checksum"])
    return head + _packed(fields, {key: fields[key] for key in NUMBERS}, tables) + bytes(16), tables


def _numbers(mission: Mission, lander: LanderFootprint) -> dict[str, Any]:
    """Return the limits, margins and gains of a mission."""
    hazards, vehicle, lidar = mission.hazards, mission.vehicle, mission.sensors.lidar
    settings = mission.avoidance
    weights = weights_of(settings)
    if lidar is None:
        raise FarsideError(f"{mission.name} carries no lidar")
    return {
        "cell_m": hazards.cell_m,
        "footprint_m": lander.footprint_m,
        "slope_deg": hazards.slope_deg,
        "roughness_m": hazards.obstacle_m,
        "belly_m": lander.belly_left_m,
        "rest": lander.rest.spreads,
        "margin_m": hazards.obstacle_margin_m,
        "navigation_error_m": hazards.navigation_error_m,
        "room_m": clearance_margin_of(FlightConfig.of(mission)),
        "sure": settings.accept_probability,
        "fair": settings.fallback_probability,
        "accepted": (settings.safe_probability, settings.fallback_probability),
        "beam_tan": [
            deterministic.tan(math.radians(0.5 * angle)) for angle in lidar.field_of_view_deg
        ],
        "beam_returns": lidar.returns,
        "legs_weight_clearance": settings.legs_clearance_weight,
        "legs_clearance_scale_m": settings.legs_clearance_scale * lander.footprint_m,
        "weight_clearance": weights.clearance,
        "weight_slope": weights.slope,
        "weight_roughness": weights.roughness,
        "weight_cost": weights.cost,
        "clearance_scale_m": weights.clearance_scale_m,
        "usual_heading_deg": mission.guidance.heading_deg,
        "sidestep_m": hazards.sidestep_m,
        "far_steps": settings.far_translation,
        "fresh_distance": settings.fresh_distance,
        "hover_limit_s": hazards.hover_limit_s,
        "another_scan_s": settings.rescan_s,
        "way_down_s": settings.descent_reserve_s,
        "dry_mass_kg": vehicle.descent_mass_kg - vehicle.usable_propellant_kg,
        "exhaust_mps": vehicle.engine.isp_s * STANDARD_GRAVITY_MPS2,
        "gravity_mps2": SURFACE_GRAVITY_MPS2,
    }


def fnv1a(data: bytes) -> int:
    """Return the 32-bit FNV-1a checksum, as `ext/avoidance/config_check.pxd` has it."""
    h = 2166136261
    for byte in data:
        h = ((h ^ byte) * 16777619) & 0xFFFFFFFF
    return h


def _real(value: Any) -> Any:
    """Return a value with every number in it a float."""
    if isinstance(value, dict):
        return {key: _real(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_real(part) for part in value]
    return float(value)


def _plain(value: Any) -> list[float]:
    """Return every number of a value, in order."""
    if isinstance(value, dict):
        return [x for part in value.values() for x in _plain(part)]
    if isinstance(value, list):
        return [x for part in value for x in _plain(part)]
    return [value]
