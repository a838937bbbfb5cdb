"""The variables of the two FMUs: names, units, meaning, and where the library keeps them.

References are the places in the arrays of c/*.pyx: reals from 0, integers and booleans from 100.
A vector is one variable with FMI 3.0, and `name[1]`, `name[2]`, ... with FMI 2.0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["autopilot", "lander"]
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
    continuous: bool = False


#: Exponents of kg, m, s, rad in each unit.
UNITS = {
    "m": {"m": 1},
    "m/s": {"m": 1, "s": -1},
    "m/s2": {"m": 1, "s": -2},
    "kg": {"kg": 1},
    "N": {"kg": 1, "m": 1, "s": -2},
    "N.m": {"kg": 1, "m": 2, "s": -2},
    "rad": {"rad": 1},
    "rad/s": {"rad": 1, "s": -1},
    "s": {"s": 1},
    "1": {},
}


def estimate(first: int, whole: int, inputs: bool) -> list[Variable]:
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
    return [
        Variable(v.name, v.reference, v.unit, v.text, v.size, v.type, input=True) for v in variables
    ]


AUTOPILOT = [
    *as_inputs(estimate(0, 100, True)),
    Variable("target_site", 16, "m", "ground where the base shall stand, site", 3, input=True),
    Variable("target_heading", 19, "rad", "azimuth of body x there, east of north", input=True),
    Variable(
        "target_final",
        103,
        "",
        "the target stands: the hover over it may end",
        type="boolean",
        input=True,
    ),
    Variable("direction_site", 20, "1", "thrust direction wanted, unit vector, site", 3),
    Variable("thrust", 23, "N", "thrust commanded; 0 is engine off"),
    Variable("torque", 24, "N.m", "torque commanded, body", 3),
    Variable("q_reference", 27, "1", "reference attitude, body to site, scalar first", 4),
    Variable("heading", 31, "rad", "azimuth that body x is steered to, east of north"),
    Variable("time_to_go", 32, "s", "to the end of the phase"),
    Variable("phase", 104, "", "row of the mission's phase table, from 0", type="integer"),
    Variable(
        "status",
        105,
        "",
        "0 ok, 1 limited, 2 no solution, 3 bad input (the last command is held), 4 complete",
        type="integer",
    ),
    Variable("link", 106, "", "law of the chain: 0 none, 1 optimal, 3 polynomial", type="integer"),
    Variable(
        "reason",
        107,
        "",
        "why not the link before: 0 none, 1 near the end, 2 not found, 3 low, 4 tilted, 5 turning, "
        "6 no plan",
        type="integer",
    ),
    Variable("wants_scan", 108, "", "the hover is still: a map is wanted", type="boolean"),
]

LANDER = [
    Variable("thrust", 0, "N", "thrust commanded; 0 or less is engine off", input=True),
    Variable("torque", 1, "N.m", "torque commanded, body; thrusters pulse it", 3, input=True),
    Variable(
        "phase",
        100,
        "",
        "the autopilot's phase: navigation counts places from the end of braking on",
        type="integer",
        input=True,
    ),
    *estimate(4, 101, False),
    Variable("true_r_site", 20, "m", "true centre of mass, site", 3),
    Variable("true_v_site", 23, "m/s", "true velocity over the turning Moon, site", 3),
    Variable("true_q_site_body", 26, "1", "true attitude, body to site, scalar first", 4),
    Variable("true_omega_body", 30, "rad/s", "true rate against inertial space, body", 3),
    Variable("true_mass", 33, "kg", "true mass"),
    Variable("true_height", 34, "m", "true height of the base above the ground"),
    Variable("true_thrust", 35, "N", "true thrust, behind the engine's lag"),
    Variable("propellant_used", 36, "kg", "of engine and thrusters"),
    Variable(
        "status",
        104,
        "",
        "0 flying, 1 on the ground, 2 at rest, 3 tipped over, 4 lost (out of all bounds, frozen)",
        type="integer",
    ),
    Variable("empty", 105, "", "usable propellant is gone", type="boolean"),
    Variable(
        "ground",
        106,
        "",
        "what the truth has under the lander: 0 a sphere, 1 coarse ground, 2 ground at 0.1 m, "
        "3 coarse though the lander is low: it has left the square that is held at 0.1 m",
        type="integer",
    ),
]

VARIABLES: dict[Kind, list[Variable]] = {"autopilot": AUTOPILOT, "lander": LANDER}
#: Reference of the time, which FMI 3.0 lists among the variables.
TIME_REFERENCE = 200
