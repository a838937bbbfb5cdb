"""A mission's hazard avoidance as C: limits, margins and the layout of the lander on its map."""

from __future__ import annotations

import math
import struct
import textwrap
from typing import Any

import numpy as np

from farside.avoidance.choice import RULES, clearance_margin_of, weights_of
from farside.ext.common import deterministic
from farside.mission import FlightConfig, Mission
from farside.mission.moon import STANDARD_GRAVITY_MPS2, SURFACE_GRAVITY_MPS2
from farside.terrain import FootprintError, HazardLimits, LanderFootprint
from farside.terrain.tables import MapTables, map_tables

#: Of the structs: AVOID_VERSION of ext/avoidance/records.pxd, whose layout is written here.
VERSION = 2
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
    *("legs_radius_m", "legs_tilt", "legs_lift", "legs_reach_x", "legs_reach_y", "legs_rim_m"),
    *("disc_rim_m", "heading_step_deg", "fits", "noise_middle", "noise_least", "noise_most"),
    *("together", "disc_spread", "legs_weight_clearance", "legs_clearance_scale_m"),
    *("weight_clearance", "weight_slope", "weight_roughness"),
    *("weight_cost", "clearance_scale_m", "usual_heading_deg", "sidestep_m", "far_steps"),
    "fresh_distance",
    *("hover_limit_s", "another_scan_s", "way_down_s", "dry_mass_kg", "exhaust_mps"),
    "gravity_mps2",
)
PAGE = """
/* Its hazard avoidance; hand it to farside_avoid_start. */
{storage}const int32_t {name}_avoid_whole[] = {{
{whole}
}};
{storage}const float {name}_avoid_real[] = {{
{real}
}};
{storage}const farside_avoid_config {name}_avoid = {config};
"""


def avoid_c(mission: Mission, *, header: bool = True, name: str = "mission") -> str:
    """Write a mission's hazard avoidance as C.

    Parameters
    ----------
    mission : Mission
        What is flown.
    header : bool
        Whether the text is to be included (static objects) or compiled by itself.
    name : str
        What the objects' names begin with: an identifier of C.

    Returns
    -------
    str
        `NAME_avoid`, a `farside_avoid_config`; only a comment where the mission has none, with
        the reason.

    Examples
    --------
    >>> from farside.mission import load_mission
    >>> "farside_avoid_config six_avoid" in avoid_c(load_mission("chang-e-6"), name="six")
    True
    """
    why = unfit(mission)
    if why:
        return f"\n/* No hazard avoidance: {why}. */\n"
    try:
        fields, tables = config_of(mission)
    except FootprintError:
        return "\n/* No hazard avoidance: the cells of the map are too large for the lander. */\n"
    # at run time: table.py writes both
    from farside.adapters.c.table import initialiser

    config = initialiser(
        fields | {"whole_count": len(tables.whole), "real_count": len(tables.real)}
    )
    pointers = f"    {name}_avoid_whole,\n    {name}_avoid_real,\n}}"
    return PAGE.format(
        name=name,
        storage="static " if header else "",
        whole=_wrapped(str(number) for number in tables.whole.tolist()),
        real=_wrapped(_single(number) for number in tables.real.tolist()),
        config=config[:-1] + pointers,
    )


def unfit(mission: Mission) -> str:
    """Return why a mission has no configuration in C; nothing where it has one."""
    if mission.sensors.lidar is None:
        return "the mission carries no lidar"
    if mission.hazards.map_cells > MOST_CELLS:
        return f"a map of more than {MOST_CELLS} cells a side"
    return ""


def config_of(mission: Mission) -> tuple[dict[str, Any], MapTables]:
    """Return the fields of a `farside_avoid_config`, in order, as far as its tables; and these.

    Raises
    ------
    FootprintError
        If the cells of the mission's map are too large for its lander.
    """
    hazards, lander = mission.hazards, LanderFootprint.of(mission)
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
    body = struct.pack(f"<{len(SIZES)}i", *(sizes[key] for key in SIZES))
    body += b"".join(struct.pack("<d", x) for x in _plain(numbers))
    body += struct.pack("<2q", len(tables.whole), len(tables.real))
    head = {
        "size": 12 + len(body) + 2 * struct.calcsize("P"),
        "version": VERSION,
        "checksum": fnv1a(body + tables.whole.tobytes() + tables.real.tobytes()),
    }
    return head | {key: sizes[key] for key in SIZES} | numbers, tables


def _numbers(mission: Mission, lander: LanderFootprint) -> dict[str, Any]:
    """Return the limits, margins and gains of a mission."""
    hazards, vehicle, lidar = mission.hazards, mission.vehicle, mission.sensors.lidar
    settings = mission.avoidance
    weights = weights_of(settings)
    if lidar is None:
        raise ValueError(f"{mission.name} carries no lidar")
    return {
        "cell_m": hazards.cell_m,
        "footprint_m": lander.footprint_m,
        "slope_deg": hazards.slope_deg,
        "roughness_m": hazards.obstacle_m,
        "belly_m": lander.belly_clearance_m,
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


def _single(number: float) -> str:
    """Return a float of single precision, with as many digits as give the same bits back."""
    text = str(np.float32(number))
    return text + ("f" if "." in text or "e" in text else ".0f")


def _wrapped(words: Any) -> str:
    """Return numbers in lines."""
    return textwrap.fill(", ".join(words), 99, initial_indent="    ", subsequent_indent="    ")
