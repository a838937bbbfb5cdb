"""The variables of the FMUs: names, units, meaning, and where the library keeps them.

References are the places in the arrays of c/*.pyx: reals from 0, integers and booleans from 120.
A vector is one variable with FMI 3.0, and `name[1]`, `name[2]`, ... with FMI 2.0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

Kind = Literal["autopilot", "lander", "avoidance", "navigation"]
Type = Literal["real", "integer", "boolean"]


@dataclass(frozen=True)
class Variable:
    """One variable, or one vector of them."""

    name: str
    reference: int
    unit: str
    text: str
    size: int = 1
    type: Type = "real"
    input: bool = False
    parameter: Literal["", "fixed", "tunable"] = ""
    least: float = -math.inf  # of a parameter
    most: float = math.inf
    shape: tuple[int, ...] = ()  # of an array of more than one dimension; `size` is its product


#: Exponents of kg, m, s, rad in each unit, and the factor of one that is not of the SI.
UNITS: dict[str, dict[str, float]] = {
    "m": {"m": 1},
    "m/s": {"m": 1, "s": -1},
    "m/s2": {"m": 1, "s": -2},
    "kg": {"kg": 1},
    "N": {"kg": 1, "m": 1, "s": -2},
    "N.m": {"kg": 1, "m": 2, "s": -2},
    "rad": {"rad": 1},
    "rad/s": {"rad": 1, "s": -1},
    "s": {"s": 1},
    "1/s": {"s": -1},
    "m2": {"m": 2},
    "m2/m": {"m": 1},
    "deg": {"rad": 1, "factor": math.pi / 180.0},
    "deg/s": {"rad": 1, "s": -1, "factor": math.pi / 180.0},
    "1": {},
}


def estimate(first: int, whole: int) -> list[Variable]:
    """Return the estimate: the lander's outputs, the autopilot's inputs."""
    who = "estimated "
    return [
        Variable("r_site", first, "m", f"{who}centre of mass, east north up of the site", 3),
        Variable("v_site", first + 3, "m/s", f"{who}velocity over the turning Moon, site", 3),
        Variable("q_site_body", first + 6, "1", f"{who}attitude, body to site, scalar first", 4),
        Variable("omega_body", first + 10, "rad/s", f"{who}rate against inertial space, body", 3),
        Variable("mass", first + 13, "kg", f"{who}mass"),
        Variable("accel", first + 14, "m/s2", "specific force along body z over the last tick"),
        Variable("height", first + 15, "m", "base above the ground beneath; see height_valid"),
        Variable("height_valid", whole, "", "whether anything measures the height", type="boolean"),
        Variable("contact", whole + 1, "", "a footpad touches", type="boolean"),
        Variable("rest", whole + 2, "", "the lander has come to rest", type="boolean"),
    ]


def as_inputs(variables: list[Variable]) -> list[Variable]:
    """Return the same variables as inputs."""
    return [replace(v, input=True) for v in variables]


AUTOPILOT = [
    *as_inputs(estimate(0, 120)),
    Variable("target_site", 16, "m", "ground where the base shall stand, site", 3, input=True),
    Variable("target_heading", 19, "rad", "azimuth of body x there, east of north", input=True),
    Variable(
        "height_sigma",
        20,
        "m",
        "1 sigma of the altitude over the ground beneath; 0: not known",
        input=True,
    ),
    Variable(
        "target_final",
        123,
        "",
        "the target stands: the hover over it may end",
        type="boolean",
        input=True,
    ),
    Variable("abort", 124, "", "leave the descent for an orbit, once", type="boolean", input=True),
    Variable("direction_site", 21, "1", "thrust direction wanted, unit vector, site", 3),
    Variable("thrust", 24, "N", "thrust commanded; 0 is engine off"),
    Variable("torque", 25, "N.m", "torque commanded, body", 3),
    Variable("q_reference", 28, "1", "reference attitude, body to site, scalar first", 4),
    Variable("heading", 32, "rad", "azimuth that body x is steered to, east of north"),
    Variable("time_to_go", 33, "s", "to the end of the phase"),
    Variable("phase", 125, "", "row of the mission's phase table, from 0", type="integer"),
    Variable(
        "status",
        126,
        "",
        "0 ok, 1 limited, 2 no solution, 3 bad input (the last command is held), 4 complete",
        type="integer",
    ),
    Variable("link", 127, "", "law of the chain: 0 none, 1 optimal, 3 polynomial", type="integer"),
    Variable(
        "reason",
        128,
        "",
        "why not the link before: 0 none, 1 near the end, 2 not found, 3 low, 4 tilted, 5 turning, "
        "6 no plan, 7 misses, 8 no room, 9 height not known",
        type="integer",
    ),
    Variable("wants_scan", 129, "", "the hover is still: a map is wanted", type="boolean"),
    Variable("stage", 130, "", "1: the ascent stage flies, parted", type="integer"),
    Variable(
        "abort_step",
        131,
        "",
        "of an abort: 0 none, 1 turn, 2 burn, 3 parted, 4 ascend, 5 done; and 16 times its cause",
        type="integer",
    ),
]

LANDER = [
    Variable("thrust", 0, "N", "thrust commanded; 0 or less is engine off", input=True),
    Variable("torque", 1, "N.m", "torque commanded, body; thrusters pulse it", 3, input=True),
    Variable(
        "phase",
        120,
        "",
        "the autopilot's phase: navigation counts places from the end of braking on",
        type="integer",
        input=True,
    ),
    Variable(
        "stage",
        121,
        "",
        "1: the ascent stage parts, and flies alone from then on",
        type="integer",
        input=True,
    ),
    *estimate(4, 122),
    Variable("true_r_site", 20, "m", "true centre of mass, site", 3),
    Variable("true_v_site", 23, "m/s", "true velocity over the turning Moon, site", 3),
    Variable("true_q_site_body", 26, "1", "true attitude, body to site, scalar first", 4),
    Variable("true_omega_body", 30, "rad/s", "true rate against inertial space, body", 3),
    Variable("true_mass", 33, "kg", "true mass"),
    Variable("true_height", 34, "m", "true height of the base above the ground"),
    Variable("true_thrust", 35, "N", "true thrust, behind the engine's lag"),
    Variable("propellant_used", 36, "kg", "of engine and thrusters"),
    Variable("height_sigma", 37, "m", "1 sigma of the estimated altitude over the ground beneath"),
    Variable(
        "status",
        125,
        "",
        "0 flying, 1 on the ground, 2 at rest, 3 tipped over, 4 lost (out of all bounds, frozen)",
        type="integer",
    ),
    Variable("empty", 126, "", "usable propellant is gone", type="boolean"),
    Variable(
        "ground",
        127,
        "",
        "what the truth has under the lander: 0 a sphere, 1 coarse ground, 2 ground at 0.1 m, "
        "3 coarse though the lander is low: it has left the square that is held at 0.1 m",
        type="integer",
    ),
]

#: Numbers of a site: the one decided on, then the ranked ones of the last scan; NaN: no such site.
SITE_NUMBERS = (
    ("site_east", "m", "east"),
    ("site_north", "m", "north"),
    ("site_height", "m", "height of the ground"),
    ("site_slope", "deg", "slope"),
    ("site_roughness", "m", "roughness"),
    ("site_clearance", "m", "clearance: to the nearest ground that is not safe"),
    ("site_score", "1", "score, 0 to 1, more is better"),
    ("site_cost", "1", "cost of the way, kg of the cost map or else m"),
    ("site_exceedance", "1", "worst ratio to a limit within the navigation error"),
    ("site_probability", "1", "probability of a safe landing; NaN by the disc rule"),
    ("site_bound", "1", "lower bound of that probability"),
    ("site_heading", "deg", "best heading of the first pad, from east towards north"),
)
LISTED = 6
WHICH = "of the site decided on [1] and of the ranked sites of the last scan [2] to [6]"
AVOIDANCE = [
    Variable("scan_r_site", 0, "m", "lander in the middle of the scan, site", 3, input=True),
    Variable("r_site", 3, "m", "lander at the time of the decision, site", 3, input=True),
    Variable("mass", 6, "kg", "mass now, propellant included", input=True),
    Variable("hovered", 7, "s", "since the hover began", input=True),
    Variable("sigma", 8, "m", "noise of a return along its ray, 1 sigma", input=True),
    Variable("cost_scale", 9, "kg", "propellant to spare; above 0 cost_map is used", input=True),
    Variable("ground", 10, "m", "ground beneath by other sensors than the lidar, site", input=True),
    Variable("ground_sigma", 11, "m", "of it, 1 sigma; 0: the ground is not known", input=True),
    Variable(
        "scan_number",
        120,
        "",
        "set another number when points holds another scan: the next step decides on it",
        type="integer",
        input=True,
    ),
    Variable("count", 121, "", "points of the scan, the first ones", type="integer", input=True),
    Variable("target_site", 12, "m", "ground to steer to, site", 3),
    Variable("target_heading", 15, "rad", "azimuth of body x there; see target_heading_valid"),
    Variable("divert", 16, "m", "horizontal way to the target"),
    *(
        Variable(name, 17 + LISTED * k, unit, f"{text}, {WHICH}", LISTED)
        for k, (name, unit, text) in enumerate(SITE_NUMBERS)
    ),
    Variable(
        "status",
        122,
        "",
        "of the map: -1 no scan yet, 0 sites are safe, 1 only a least bad one, 4 a number of the "
        "scan cannot be, 5 no return, 6 a return beyond the heights of the Moon, 7 returns too far "
        "apart, 8 lander below the ground",
        type="integer",
    ),
    Variable(
        "reason",
        123,
        "",
        "of the decision: -1 no scan yet, 0 accepted, 1 unsafe, 2 close, 3 unsure, 4 no "
        "translation, 5 out of time, 6 out of propellant, 7 no map",
        type="integer",
    ),
    Variable(
        "target_final",
        124,
        "",
        "the hover may end; else scan again from over the target",
        type="boolean",
    ),
    Variable("target_heading_valid", 125, "", "whether a heading is asked for", type="boolean"),
    Variable("site_valid", 126, "", "whether a site is decided on", type="boolean"),
    Variable("ranked", 127, "", "ranked sites of the last scan", type="integer"),
    Variable("scans", 128, "", "scans decided on", type="integer"),
    Variable("site_reasons", 129, "", f"bits of hazards, {WHICH}", LISTED, type="integer"),
    Variable(
        "site_least_bad", 129 + LISTED, "", f"nothing is safe, {WHICH}", LISTED, type="boolean"
    ),
]


def arrays(points: int, cells: int) -> list[Variable]:
    """Return the arrays of hazard avoidance: a scan's points, and its cost map."""
    return [
        Variable(
            "points",
            150,
            "m",
            "returns of a scan: east, north, up of the site; NaN: no return",
            3 * points,
            input=True,
            shape=(points, 3),
        ),
        Variable(
            "cost_map",
            151,
            "kg",
            "propellant to each cell, rows north, laid about scan_r_site; infinite: out of reach",
            cells * cells,
            input=True,
            shape=(cells, cells),
        ),
    ]


SENSORS = "star tracker [1], altimeter [2], beams [3] to [5], touchdown sensor [6]"


def measured() -> list[Variable]:
    """Return what a navigator reads each step: all are inputs."""
    whole: list[tuple[str, Type, str]] = [
        ("star_valid", "boolean", "whether star_q is a fix"),
        ("range_valid", "boolean", "whether range is one"),
        ("beams_valid", "integer", "bit i: beam i + 1 has a speed"),
        ("touchdown_valid", "boolean", "whether touchdown_height is one"),
        ("contact_switches", "integer", "bit i: the switch of leg i is closed"),
        ("saturated", "integer", "bits FARSIDE_SATURATED_ of farside.h: at the end of a scale"),
        ("star_tick", "integer", "tick at which the fix was true; a report is new when it changes"),
        ("range_tick", "integer", "tick at which the range was true"),
        ("beams_tick", "integer", "tick at which the speeds were true"),
        ("touchdown_tick", "integer", "tick at which the height was true"),
        ("map_number", "integer", "set another number when a map is in use: see map_tick"),
        ("keep_number", "integer", "set another number to keep this tick's pose for a late report"),
        ("fix_number", "integer", "set another number when the fix_ are a place on the map in use"),
        ("fix_tick", "integer", "tick at which the place was true"),
        ("map_tick", "integer", "of the kept pose that the map was made at; -1: this tick"),
        ("command_told", "boolean", "whether thrust_told and torque_told are the last tick's"),
    ]
    return [
        Variable("start_r_site", 0, "m", "centre of mass at tick 0, site", 3, input=True),
        Variable("start_v_site", 3, "m/s", "its velocity over the turning Moon", 3, input=True),
        Variable(
            "start_q_site_body", 6, "1", "attitude, body to site, scalar first", 4, input=True
        ),
        Variable("start_omega_body", 10, "rad/s", "rate against inertial space", 3, input=True),
        Variable("start_mass", 13, "kg", "mass", input=True),
        Variable(
            "dv_body", 14, "m/s", "accelerometers: integral over the last tick", 3, input=True
        ),
        Variable("dtheta_body", 17, "rad", "gyros: integral over the last tick", 3, input=True),
        Variable(
            "star_q", 20, "1", "star tracker: body to inertial (site at tick 0)", 4, input=True
        ),
        Variable("range_direction", 24, "1", "altimeter's beam by design, body", 3, input=True),
        Variable("range", 27, "m", "altimeter", input=True),
        Variable("beam_direction", 28, "1", "velocimeter's beams by design, body", 9, input=True),
        Variable("beam_speed", 37, "m/s", "along each, against the ground", 3, input=True),
        Variable("touchdown_height", 40, "m", "touchdown sensor over the ground", input=True),
        Variable("valve_time", 41, "s", "large and small couples open, last tick", 2, input=True),
        Variable("fix_place", 43, "m", "centre of mass on the map: east, north", 2, input=True),
        Variable("fix_axis", 45, "1", "first principal axis of its covariance", 2, input=True),
        Variable("fix_variance", 47, "m2", "along it, and 90 deg to its left", 2, input=True),
        Variable("fix_gate", 49, "1", "of innovation^2 over its variance, each axis", input=True),
        Variable("fix_since", 50, "s", "above 0 no gate: so long wrong", input=True),
        Variable("map_variance", 51, "m2", "of the map beyond that of the pose", input=True),
        Variable("thrust_told", 52, "N", "the engine was told in the last tick", input=True),
        Variable("torque_told", 53, "N.m", "the thrusters were told in it, body", 3, input=True),
        *(
            Variable(name, 120 + k, "", text, type=kind, input=True)
            for k, (name, kind, text) in enumerate(whole)
        ),
    ]


#: What a navigator says beyond the estimate: name, unit, meaning, size, from reference 72 on.
FILTER = (
    ("filter_r_site", "m", "centre of mass in the site frame, without tie and relief", 3),
    ("gyro_bias", "rad/s", "bias of the gyros, body", 3),
    ("accel_bias", "m/s2", "bias of the accelerometers, body", 3),
    ("beam_scale", "1", "the velocimeter reads (1 + this) times the speed", 1),
    ("relief", "m", "ground above the onboard map beneath", 1),
    ("tie", "m", "east and north of the map in use off the site frame", 2),
    ("position_sigma", "m", "1 sigma of filter_r_site", 3),
    ("velocity_sigma", "m/s", "1 sigma", 3),
    ("attitude_sigma", "rad", "1 sigma about the site axes", 3),
    ("gyro_bias_sigma", "rad/s", "1 sigma", 3),
    ("accel_bias_sigma", "m/s2", "1 sigma", 3),
    ("beam_scale_sigma", "1", "1 sigma", 1),
    ("relief_sigma", "m", "1 sigma", 1),
    ("tie_sigma", "m", "1 sigma", 2),
    ("place_sigma", "m", "1 sigma of r_site east and north, against the map in use", 2),
    ("height_sigma", "m", "1 sigma of the altitude over the ground beneath", 1),
    ("innovation", "1", f"the last in its sigmas, used or not: {SENSORS}", 6),
)


def navigation() -> list[Variable]:
    """Return the inputs and outputs of a navigator."""
    told = estimate(56, 136)
    at = 72
    for name, unit, text, size in FILTER:
        told.append(Variable(name, at, unit, text, size))
        at += size
    told += [
        Variable("status", 139, "", "FARSIDE_NAVIGATION_ of farside.h: 0 ok", type="integer"),
        Variable("left_out", 140, "", "bits FARSIDE_LEFT_: what cannot be", type="integer"),
        Variable("clones", 141, "", "poses that are kept", type="integer"),
        Variable(
            "trust", 142, "", f"FARSIDE_TRUST_: {SENSORS}, inertial unit [7]", 7, type="integer"
        ),
        Variable("fix", 149, "", "FARSIDE_FIX_: the last place; -1: none yet", type="integer"),
        Variable("fixes", 150, "", "places on the map taken, in all", type="integer"),
    ]
    return [*measured(), *told]


VARIABLES: dict[Kind, list[Variable]] = {
    "autopilot": AUTOPILOT,
    "lander": LANDER,
    "avoidance": AVOIDANCE,
    "navigation": navigation(),
}
#: Reference of the time, which FMI 3.0 lists among the variables.
TIME_REFERENCE = 200
