"""A mission's hazard avoidance as C: limits, margins and the layout of the lander on its map."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np

from farside.adapters.avoidance_config import config_of, unfit
from farside.mission import Mission
from farside.terrain import FootprintError

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
        whole=wrapped(str(number) for number in tables.whole.tolist()),
        real=wrapped(single(number) for number in tables.real.tolist()),
        config=config[:-1] + pointers,
    )


def single(number: float) -> str:
    """Return a float of single precision, with as many digits as give the same bits back."""
    text = str(np.float32(number))
    return text + ("f" if "." in text or "e" in text else ".0f")


def wrapped(words: Any) -> str:
    """Return numbers in lines."""
    return textwrap.fill(", ".join(words), 99, initial_indent="    ", subsequent_indent="    ")
