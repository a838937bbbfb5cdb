"""The keys of a mission file that an FMU carries as parameters, and where its constants hold them.

A parameter has its key's name, unit, range and, as its start value, the mission's. The library
puts a value that a master sets into its table as `farside.guidance.table` and its kin put the key
(c/model.pxi): the flight is that of a mission file with the same change, to the bit.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, get_args

from farside.adapters.fmi.variables import Kind, Variable
from farside.ext.adapters._fmu import (
    autopilot_layout,
    avoidance_layout,
    lander_layout,
    navigation_layout,
)
from farside.guidance.table import COUNTS, WIDEST_TILT_DEG
from farside.mission import FlightConfig, Mission
from farside.mission.avoidance import Avoidance
from farside.mission.bounds import Doc, Within
from farside.mission.guidance import GAIN_TABLES, Guidance
from farside.mission.health import Health
from farside.mission.navigation import Navigation
from farside.mission.reader import LARGEST, Table, schema_of
from farside.mission.units import unit_of
from farside.navigation import CHANNELS, PLACES
from farside.navigation.estimate import ALL_SATURATED, silences
from farside.terrain import LanderFootprint

#: The struct `Parameter` of c/model.h.
ENTRY = struct.Struct("<2I4i7d48s112s")
LINEAR, WHOLE, TICKS, TANGENT, COSINE, VARIANCE = range(6)
#: References of the parameters begin here.
FIRST = 300
#: The unit of an FMU for that of a key.
UNIT_NAMES = {
    "radps": "rad/s", "per_s": "1/s", "mps2": "m/s2", "mps": "m/s", "dps": "deg/s",
    "m2pm": "m2/m", "deg": "deg", "rad": "rad", "m": "m", "s": "s",
}  # fmt: skip
#: Keys of `[guidance.*]` that the FMUs do not carry: braking is planned with them before flight.
PLANNED = frozenset(
    f"guidance.braking.{key}"
    for key in ("opening_s", "closing_s", "opening_margins", "main_margins", "closing_margins")
)
#: Angles of the gains, and how they enter the table.
ANGLES = {
    "guidance.hover.tilt_deg": ("gains.hover.tan_tilt", TANGENT),
    "guidance.plan.glide_deg": ("gains.plan.tan_glide", TANGENT),
    "guidance.plan.end_tilt_deg": ("gains.plan.cos_end_tilt", COSINE),
}


@dataclass(frozen=True)
class Place:
    """Where a key enters the table, and how."""

    at: int  # byte
    how: int = LINEAR
    factor: float = 1.0
    offset: float = 0.0


@dataclass(frozen=True)
class Parameter:
    """A key, its value in the mission, its range, and every place that it enters the table."""

    variable: Variable
    value: float
    within: Within
    places: tuple[Place, ...]

    def entries(self) -> Iterator[bytes]:
        """Write the parameter as the structs of c/model.h: one for each place."""
        v, ends = self.variable, self.within
        must = ends.said.encode()
        for place in self.places:
            yield ENTRY.pack(
                v.reference,
                place.at,
                place.how,
                v.type == "integer",
                v.parameter == "tunable",
                0,
                self.value,
                place.factor,
                place.offset,
                ends.above,
                ends.below,
                max(ends.least, -LARGEST),
                min(ends.most, LARGEST),
                v.name.encode(),
                must,
            )


def parameters_of(mission: Mission, kind: Kind, *, nominal: bool) -> list[Parameter]:
    """Return the parameters of an FMU.

    Of the autopilot they are keys of `[guidance]`, and may be set during a flight; of lander and
    navigator of `[navigation]`, and of hazard avoidance of `[avoidance]`, before it.

    Parameters
    ----------
    mission : Mission
    kind : {"autopilot", "lander", "avoidance", "navigation"}
    nominal : bool
        Whether the lander knows its first state without error.
    """
    if kind == "autopilot":
        found = of_guidance(mission)
    else:
        found = of_avoidance(mission)
        if kind == "lander":
            found = of_navigation(mission, lander_layout(), nominal)
        elif kind == "navigation":
            found = of_navigation(mission, navigation_layout(), False)
    return [
        parameter(mission, key, table, places, reference, kind == "autopilot")
        for reference, (key, table, places) in enumerate(found, FIRST)
    ]


Keyed = tuple[str, type[Table], tuple[Place, ...]]


def parameter(
    mission: Mission,
    key: str,
    table: type[Table],
    places: tuple[Place, ...],
    reference: int,
    tunable: bool,
) -> Parameter:
    """Return a parameter from the schema of its key."""
    value: Any = mission
    for part in key.split("."):
        value = getattr(value, part)
    name = key.rpartition(".")[2]
    kind, *rules = get_args(schema_of(table)[name].hint)
    within = next((rule for rule in rules if isinstance(rule, Within)), Within())
    doc = next(rule for rule in rules if isinstance(rule, Doc))
    unit = unit_of(name)
    variable = Variable(
        key,
        reference,
        UNIT_NAMES[unit] if unit in UNIT_NAMES else "1",
        doc.meaning,
        type="integer" if kind is int else "real",
        parameter="tunable" if tunable else "fixed",
        least=max(within.least, within.above),
        most=min(within.most, within.below),
    )
    return Parameter(variable, float(value), within, places)


def of_guidance(mission: Mission) -> Iterator[Keyed]:
    """Yield the keys of `[guidance]` that the autopilot's table holds, and where."""
    at = autopilot_layout()
    thrusters = mission.vehicle.thrusters
    torque = 2.0 * thrusters.large_n * thrusters.large_arm_m
    yield "guidance.least_up_share", Guidance, (Place(at["gains.least_up_share"]),)
    yield "guidance.major_cycle_s", Guidance, (Place(at["counts.major_ticks"], TICKS),)
    rate = Place(at["slew_radps"], factor=math.pi / 180.0)
    yield "guidance.rate_limit_dps", Guidance, (rate,)
    phases = mission.phases
    tilts = []
    rows = sum(name.startswith("row") and name.endswith(".tan_tilt") for name in at)
    for k in range(rows):
        if k in (len(phases), len(phases) + 1):
            continue  # those of an abort
        phase = phases[min(k, len(phases) - 1)]  # the rows that are left repeat the last
        most_deg = min(phase.tilt_limit_deg, WIDEST_TILT_DEG)
        tilts.append(Place(at[f"row[{k}].tan_tilt"], TANGENT, most_deg))
    yield "guidance.tilt_limit_deg", Guidance, tuple(tilts)
    for name, table in GAIN_TABLES:
        for key in schema_of(table):
            full = f"guidance.{name}.{key}"
            if full in PLANNED:
                continue
            if full == "guidance.attitude.slew_torque_share":
                place = Place(at["slew_torque_nm"], factor=torque)
            elif full in ANGLES:
                field, how = ANGLES[full]
                place = Place(at[field], how, factor=90.0)
            elif key in COUNTS.get(name, ()):
                place = Place(at[f"counts.{key}"], WHOLE)
            else:
                place = Place(at[f"gains.{name}.{key}"])
            yield full, table, (place,)


#: Keys of `[navigation]` that are fixed in an FMU: of a table that stands in it as values, and two
#: that give the first variance of the relief's slope together. So are those of images, which an FMU
#: has no input for.
NOT_ALONE = ("gravity_degree", "initial_relief_m", "relief_length_m")


def of_navigation(mission: Mission, at: Mapping[str, int], exact: bool) -> Iterator[Keyed]:
    """Yield the keys of `[navigation]` that are numbers of a table with this layout, and where."""
    config = FlightConfig.of(mission)
    attitude = math.radians(config.known_attitude_sigma_deg)
    known = {
        "position_sigma_min_m": (0.0 if exact else config.known_position_sigma_m, "position", 3),
        "velocity_sigma_min_mps": (
            0.0 if exact else config.known_velocity_sigma_mps,
            "velocity",
            3,
        ),
        "attitude_sigma_min_rad": (0.0 if exact else attitude, "attitude", 3),
        "scale_sigma_min": (config.sensors.velocimeter.scale, "beam_scale", 1),
    }
    for key, entry in schema_of(Navigation).items():
        if key in NOT_ALONE or key.startswith(("image_", "motion_")):
            continue
        if key in known:
            least, group, count = known[key]
            first = PLACES[group]
            places = tuple(
                Place(at[f"P[{k}]"], VARIANCE, least) for k in range(first, first + count)
            )
        elif key == "rest_rate_dps":
            places = (Place(at["rest_rate_radps"], factor=math.pi / 180.0),)
        elif key == "rest_s":
            places = (Place(at["rest_ticks"], TICKS),)
        elif key == "mass_min_share":
            places = (Place(at["mass_min_kg"], factor=config.vehicle.dry_mass_kg),)
        elif key == "torque_sigma":
            places = (
                Place(at["torque_sigma_nm"], factor=config.vehicle.thrusters.large_couple_nm),
            )
        elif key == "integrate_saturated":
            mask = Place(at["saturation_mask"], WHOLE, -ALL_SATURATED, ALL_SATURATED)
            places = (mask,)
        else:
            how = WHOLE if get_args(entry.hint)[0] is int else LINEAR
            places = (Place(at[key], how),)
        yield f"navigation.{key}", Navigation, places + upper_of(config, at, key, places)
    for key, table, places in of_health(at, silences(config.sensors)):
        yield key, table, places + upper_of(config, at, key, places)


def upper_of(
    config: FlightConfig, at: Mapping[str, int], key: str, places: tuple[Place, ...]
) -> tuple[Place, ...]:
    """Return the places of a key in the table of the ascent stage alone; none without one."""
    stage = config.vehicle.ascent
    if stage is None or "upper" not in at or any(place.how == VARIANCE for place in places):
        return ()
    upper = tuple(replace(place, at=place.at + at["upper"]) for place in places)
    if key == "mass_min_share":
        return (replace(upper[0], factor=stage.mass_kg - stage.propellant_kg),)
    return upper


def of_health(at: Mapping[str, int], least_s: Sequence[float]) -> Iterator[Keyed]:
    """Yield the keys of `[health]`, and where they stand in the lander's table.

    least_s is the shortest silence of each channel that counts [s].
    """
    for key, entry in schema_of(Health).items():
        if key == "silent_s":
            first = at["health.silent_ticks"]
            places = tuple(Place(first + 4 * k, TICKS, offset=least_s[k]) for k in range(CHANNELS))
        elif key == "latch_altimeter":
            places = (Place(at["latch_range"], WHOLE),)
        elif key == "jump_rate_dps":
            places = (Place(at["health.jump_rate_radps"], factor=math.pi / 180.0),)
        elif key == "imu_s":
            places = (Place(at["health.imu_ticks"], TICKS),)
        else:
            how = WHOLE if get_args(entry.hint)[0] is int else LINEAR
            places = (Place(at[f"health.{key}"], how),)
        yield f"health.{key}", Health, places


def of_avoidance(mission: Mission) -> Iterator[Keyed]:
    """Yield the keys of `[avoidance]` that the C struct holds, and where.

    `cost_cells` and `cost_tries` belong to the divert cost, which is an input. What only the rule
    reads that the mission does not use is left out, and so are the four weights of the disc rule:
    the struct holds their ratios.
    """
    at = avoidance_layout()
    rule = mission.hazards.stand
    fields = {
        "safe_probability": ("accepted[0]",),
        "fallback_probability": ("accepted[1]", "fair"),
        "accept_probability": ("sure",),
        f"{rule}_clearance": ("room_m",),
        "rescan_s": ("another_scan_s",),
        "descent_reserve_s": ("way_down_s",),
        "far_translation": ("far_steps",),
        "fresh_distance": ("fresh_distance",),
    }
    if rule == "legs":
        fields["legs_clearance_weight"] = ("legs_weight_clearance",)
        fields["legs_clearance_scale"] = ("legs_clearance_scale_m",)
    else:
        fields["clearance_scale_m"] = ("clearance_scale_m",)
    factors = {
        f"{rule}_clearance": mission.hazards.navigation_error_m,
        "legs_clearance_scale": LanderFootprint.of(mission).footprint_m,
    }
    for key, names in fields.items():
        places = tuple(Place(at[name], factor=factors.get(key, 1.0)) for name in names)
        yield f"avoidance.{key}", Avoidance, places
