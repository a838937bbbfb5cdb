"""A mission as C: the autopilot's table, which needs no TOML, and where its flight begins.

Numbers are written with as many digits as give the same bits back. The table carries its size,
version and checksum, so that `farside_check` refuses one that is not of its library or not whole.
"""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from farside.adapters.c.avoid import avoid_c
from farside.adapters.c.navigate import navigation_c
from farside.adapters.navigation_config import planned_start
from farside.ext.common.errors import FarsideError
from farside.guidance import Autopilot
from farside.guidance.records import ESTIMATE
from farside.mission import Mission

WIDTH = 96
PAGE = """\
/* {title}: for libfarside. Phases: {phases}.
 * Written by `farside export mission {mission} --c{option}`. SI; see farside.h. */
{opening}#include <math.h>

#include "farside.h"

/* The mission; hand it to farside_check before it is flown. */
{storage}const farside_table {name}_table = {table};

/* Where its powered descent is planned to begin, at tick 0; its height is not measured there. */
{storage}const farside_estimate {name}_start = {start};
{navigation}{avoid}{closing}"""
#: What the objects are called where nothing else is asked for.
NAME = "mission"


class Name(str):
    """What an initialiser names: it is written as it is."""


IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")


def mission_c(mission: Mission, *, header: bool = True, name: str = NAME) -> str:
    """Write a mission as C.

    Parameters
    ----------
    mission : Mission
        What is flown.
    header : bool
        Whether the text is to be included (static objects) or compiled by itself.
    name : str
        What the two objects' names begin with, so that a program may hold several missions: an
        identifier of C.

    Returns
    -------
    str
        `NAME_table`, a `farside_table`, `NAME_start`, a `farside_estimate`, and what
        `navigation_c` and `avoid_c` write.

    Raises
    ------
    ValueError
        For a name that C does not take, or that is the library's own.
    BrakingError
        When no braking flight reaches the mission's first gate.

    Examples
    --------
    >>> from farside.adapters.c import mission_c
    >>> from farside.mission import load_mission
    >>> text = mission_c(load_mission("chang-e-6"), name="six")
    >>> "farside_table six_table" in text and "farside_estimate six_start" in text
    True
    """
    if not IDENTIFIER.fullmatch(name) or name.lower().startswith("farside"):
        raise FarsideError(
            f"name {name!r}: give a name of C, letters, digits and _ after a letter, at most 40, "
            "that does not begin with farside"
        )
    guard = f"FARSIDE_MISSION_{name}_H"
    pilot = Autopilot(mission)
    names = [f"{n} {name}" for n, name in enumerate(pilot.names)]
    first = first_estimate(mission, pilot)
    return PAGE.format(
        title=_said(mission.title),
        mission=_said(mission.name),
        option="" if name == NAME else f" --name {name}",
        name=name,
        opening=f"#ifndef {guard}\n#define {guard}\n" if header else "",
        navigation=navigation_c(mission, pilot.plan, header=header, name=name),
        avoid=avoid_c(mission, header=header, name=name),
        closing=f"\n#endif /* {guard} */\n" if header else "",
        phases=_said(", ".join(names)),
        storage="static " if header else "",
        table=initialiser(pilot.core.fields),
        start=initialiser({name: first[name].tolist() for name in ESTIMATE.names or ()}),
    )


def first_estimate(mission: Mission, pilot: Autopilot) -> np.void:
    """Return the planned start of the descent, as an estimate: full mass, engine off.

    Returns
    -------
    void scalar, dtype `ESTIMATE`
        Its height is NaN: nothing measures it there.
    """
    planned = planned_start(mission, pilot.plan)
    e = np.zeros(1, ESTIMATE)
    for name in ("r_site", "v_site", "q_site_body", "omega_body"):
        e[name] = getattr(planned, name)
    e["mass_kg"] = mission.vehicle.start_mass_kg
    e["height_m"] = math.nan
    first: np.void = e[0]
    return first


def _said(text: str) -> str:
    """Return a text that ends no comment."""
    return " ".join(text.split()).replace("*/", "* /")


def initialiser(fields: Mapping[str, Any], indent: str = "") -> str:
    """Return a struct's initialiser, each field in its own line and named.

    Returns
    -------
    str
        C99, in braces.
    """
    inner = indent + "    "
    lines = [f"{inner}{_value(value, inner)}, /* {name} */" for name, value in fields.items()]
    return "{\n" + "\n".join(lines) + f"\n{indent}}}"


def _value(value: Any, indent: str) -> str:
    if isinstance(value, Name):
        return str(value)
    if isinstance(value, Mapping):
        return initialiser(value, indent)
    if isinstance(value, Sequence):
        parts = [_value(part, indent + "    ") for part in value]
        line = "{" + ", ".join(parts) + "}"
        if "\n" not in line and len(indent) + len(line) <= WIDTH:
            return line
        inner = indent + "    "
        if all("\n" not in part for part in parts):
            lines = textwrap.fill(
                ", ".join(parts), WIDTH, initial_indent=inner, subsequent_indent=inner
            )
            return "{\n" + lines + f"\n{indent}}}"
        return "{\n" + ",\n".join(inner + part for part in parts) + f"\n{indent}}}"
    if isinstance(value, float):
        return repr(float(value)) if math.isfinite(value) else _unbounded(value)
    return f"{value}u" if value > 2**31 - 1 else str(value)


def _unbounded(value: float) -> str:
    if math.isnan(value):
        return "NAN"
    return "INFINITY" if value > 0.0 else "-INFINITY"
