"""The columns of a campaign: one row a flight, with unit and meaning of each."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields
from typing import Any, NamedTuple

from farside.flight import Landing
from farside.flight.consistency import nees_columns
from farside.flight.inputs import Inputs, input_specs
from farside.flight.landing import Site, Touchdown
from farside.flight.relay import RelayView
from farside.mission import Mission

NOT_FLOWN = "not_flown"


class Column(NamedTuple):
    """One column."""

    name: str
    kind: str  # int64, float64, bool or string; in telemetry float32, int32 and uint8 too
    unit: str  # "1" where it has none, "" where it is no number
    meaning: str


HEAD = (
    Column("run", "int64", "1", "number of the flight in its campaign"),
    Column("outcome", "string", "", "how it ended (farside.flight.landing.OUTCOMES), or not_flown"),
    Column("safe", "bool", "", "landed within every limit, on ground that is safe"),
    Column("error", "string", "", "why it was not flown; empty otherwise"),
    Column("cause", "string", "", "nearest cause of a flight that was not safe; empty otherwise"),
    Column("duration_s", "float64", "s", "powered-descent initiation to first contact"),
    Column("propellant_kg", "float64", "kg", "used, main engine and thrusters"),
    Column("propellant_left_kg", "float64", "kg", "usable propellant left at rest"),
    Column("landed_mass_kg", "float64", "kg", "at rest"),
)

TAIL = (
    Column("touchdown_east_m", "float64", "m", "place at rest from the nominal site, east"),
    Column("touchdown_north_m", "float64", "m", "place at rest from the nominal site, north"),
    Column("ticks", "int64", "1", "ticks of 10 ms flown"),
)

#: Of flights that do not draw, behind all others.
STEERED = (
    Column("noise_run", "int64", "1", "run whose streams of noise and faults it meets"),
    Column("ground_run", "int64", "1", "run whose ground it flies over"),
)

#: What the fields of Touchdown, Site and RelayView mean; their units are the ends of their names.
MEANINGS = {
    "touchdown_latitude_deg": "place at rest, planetocentric, mean Earth",
    "touchdown_longitude_deg": "place at rest, 0-360 east",
    "touchdown_elevation_m": "ground at rest above the sphere of 1737.4 km",
    "touchdown_vertical_speed_mps": "at first contact, positive up",
    "touchdown_horizontal_speed_mps": "at first contact",
    "touchdown_tilt_deg": "thrust axis off what is asked for, the vertical, at first contact",
    "touchdown_rate_dps": "angular rate at first contact",
    "touchdown_heading_deg": "azimuth of body x, east of north, at first contact",
    "touchdown_rest_tilt_deg": "what is to point up, the thrust axis, from the vertical, at rest",
    "touchdown_ground_slope_deg": "of the true disc about the place at rest",
    "touchdown_ground_roughness_m": "largest deviation of the true disc from its plane",
    "touchdown_miss_m": "place at rest from the chosen site, horizontal",
    "touchdown_miss_east_m": "place at rest from the chosen site, east",
    "touchdown_miss_north_m": "place at rest from the chosen site, north",
    "touchdown_ramp_slope_deg": "of a rover's ramp or of the ground beyond it, the steeper",
    "touchdown_absolute_miss_m": "place at rest from the mission's target, over the ground",
    "site_divert_m": "chosen site from where the lander hovered, horizontal",
    "site_clearance_m": "on its own map, to the nearest ground not known to be safe",
    "site_candidates": "ranked sites on the last map",
    "site_truth_safe_share": "share of the scanned square whose true disc is safe",
    "site_truth_has_safe_point": "the square holds a point that is safe within 1 m all about",
    "site_map_safe_cells": "safe cells on the last map",
    "site_least_bad": "nothing was safe: the least bad cell was taken",
    "site_scans": "how often the lidar scanned",
    "site_fixes": "frames after the choice that told the navigator its place on the map",
    "site_fixes_refused": "frames that told no place, or one outside its gate",
    "site_stand": "the rule it was chosen by: legs or disc",
    "site_probability": "that a landing there is safe, by its own map",
    "site_bound": "conservative lower bound of the same",
    "site_heading_deg": "azimuth of body x commanded last, east of north",
    "site_ranked_by": "what the way to a site was counted in: kilograms or metres",
    "site_least_propellant_kg": "lower bound from the hover to the chosen site: no flyable descent",
    "site_least_time_s": "of flight of the optimum that is that bound",
    "site_above_cheapest_kg": "what it takes more than the cheapest cell of the map",
    "site_flown_propellant_kg": "from the choice to first contact, as flown",
    "relay_name": "the relay satellite",
    "relay_elevation_initiation_deg": "relay above the lander's horizon at initiation",
    "relay_elevation_rest_deg": "relay above the lander's horizon at rest",
    "relay_in_view_initiation": "relay above the mission's mask at initiation",
    "relay_in_view_share": "share of the flight's time with the relay above the mask",
    "relay_in_view_rest": "relay above the mission's mask at rest",
}

#: What a column of consistency means.
NEES = "squared error of the {block} over its covariance, 3 states, at {epoch}; NaN if never there"

#: Ends of names, and their units.
UNITS = {"_deg": "deg", "_dps": "deg/s", "_mps": "m/s", "_kg": "kg", "_m": "m", "_s": "s"}
TYPES = {"float": float, "int": int, "bool": bool, "str": str}
KINDS = {"float": "float64", "int": "int64", "bool": "bool", "str": "string"}

#: The true state at the last tick: field of the telemetry, unit, names of its components.
FINAL = (
    ("r_site", "r", "m", ("east_m", "north_m", "up_m")),
    ("v_site", "v", "m/s", ("east_mps", "north_mps", "up_mps")),
    ("q_site_body", "q", "1", ("w", "x", "y", "z")),
    ("omega_body", "omega", "rad/s", ("x_radps", "y_radps", "z_radps")),
)


def columns(mission: Mission) -> tuple[Column, ...]:
    """Name every column of a campaign of a mission, in order.

    Parameters
    ----------
    mission : Mission
        Its dispersed inputs are columns: `input_<name>`; the facts of its relay if it has one.
    """
    inputs = tuple(
        Column(f"input_{spec.name}", "float64", spec.unit, spec.description)
        for spec in input_specs(mission)
    )
    facts = (*_of("touchdown", Touchdown), *_of("site", Site))
    if mission.relay is not None:
        facts = (*facts, *_of("relay", RelayView))
    faults = tuple(fault_columns(mission))
    final = (
        Column(f"final_state_{short}_{axis}", "float64", unit, f"true {name} at the last tick")
        for name, short, unit, axes in FINAL
        for axis in axes
    )
    known = tuple(
        Column(name, "float64", "1", NEES.format(block=block.replace("_", " "), epoch=epoch))
        for name, block, epoch in nees_columns()
    )
    mass = Column("final_state_mass_kg", "float64", "kg", "true mass at the last tick")
    return (*HEAD, *facts, *TAIL, *faults, *inputs, *final, mass, *known)


def fault_columns(mission: Mission) -> Iterator[Column]:
    """Yield two columns for each fault of a mission: whether it happened, and when it began."""
    for number, fault in enumerate(mission.faults, start=1):
        yield Column(f"fault_{number}_happened", "bool", "", f"{fault}: drawn for this flight")
        began = f"{fault}: began, since initiation; NaN where it did not"
        yield Column(f"fault_{number}_began_s", "float64", "s", began)


def _of(prefix: str, kind: type[Touchdown | Site | RelayView]) -> list[Column]:
    """Return the columns of a record of a landing's facts."""
    found = []
    for each in fields(kind):
        name = f"{prefix}_{each.name}"
        form = KINDS[str(each.type)]
        unit = next((unit for end, unit in UNITS.items() if name.endswith(end)), "1")
        found.append(
            Column(name, form, unit if form in ("float64", "int64") else "", MEANINGS[name])
        )
    return found


def row_of_landing(run: int, landing: Landing, inputs: Inputs) -> dict[str, Any]:
    """Return the row of a flight that came to an end.

    Parameters
    ----------
    run : int
        Its number.
    landing : Landing
        What came of it.
    inputs : Inputs
        What was dispersed.
    """
    last = landing.telemetry[-1]
    row: dict[str, Any] = {
        "run": run,
        "outcome": landing.outcome,
        "safe": bool(landing.safe),
        "error": "",
        "cause": landing.causes[0].text if landing.causes else "",
        "duration_s": float(landing.duration_s),
        "propellant_kg": float(landing.propellant_kg),
        "propellant_left_kg": float(landing.propellant_left_kg),
        "landed_mass_kg": landing.landed_mass_kg,
        "touchdown_east_m": float(last["r_site"][0]),
        "touchdown_north_m": float(last["r_site"][1]),
        "ticks": len(landing.telemetry),
        "final_state_mass_kg": float(last["mass_kg"]),
    }
    held = (("touchdown", landing.touchdown), ("site", landing.site), ("relay", landing.relay))
    for prefix, facts in held:
        if facts is None:
            continue
        for each in fields(facts):
            # a number of numpy's becomes Python's own
            row[f"{prefix}_{each.name}"] = TYPES[str(each.type)](getattr(facts, each.name))
    for number, fault in enumerate(landing.faults, start=1):
        row[f"fault_{number}_happened"] = fault.happened
        began = fault.began_s
        row[f"fault_{number}_began_s"] = float("nan") if began is None else float(began)
    for name, short, _unit, axes in FINAL:
        for axis, value in zip(axes, last[name], strict=True):
            row[f"final_state_{short}_{axis}"] = float(value)
    return row | _inputs(inputs)


def row_not_flown(
    run: int, mission: Mission, inputs: Inputs, why: str, happening: Collection[int] = ()
) -> dict[str, Any]:
    """Return the row of a run that has no flight: what was drawn, and the reason.

    happening are the places in the mission's faults of those that were drawn.
    """
    empty: Mapping[str, Any] = {"float64": float("nan"), "int64": 0, "bool": False, "string": ""}
    row = {column.name: empty[column.kind] for column in columns(mission)}
    row |= {f"fault_{place + 1}_happened": True for place in happening}
    return row | {"run": run, "outcome": NOT_FLOWN, "error": why} | _inputs(inputs)


def _inputs(inputs: Inputs) -> dict[str, float]:
    """Name the values that were dispersed."""
    return {f"input_{name}": value for name, value in inputs.as_dict().items()}
