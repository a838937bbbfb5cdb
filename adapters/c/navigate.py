"""A mission's navigator as C: sensors, noise, gates, onboard map, gravity, and where it begins."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.adapters.c.avoid import single, wrapped
from farside.adapters.navigation_config import planned_navigator
from farside.guidance import BrakingPlan
from farside.mission import Mission
from farside.navigation import NavigationTable

PAGE = """
/* Its navigator; hand it to farside_navigation_check. First the onboard map, and gravity. */
{tables}{storage}const farside_navigation_config {name}_navigation = {config};

/* What is known at tick 0, where the descent is planned to begin. */
{storage}const farside_initial_estimate {name}_navigation_first = {first};
"""
TABLES = ("map_height", "map_sigma", "gravity")


def navigation_c(
    mission: Mission, plan: BrakingPlan, *, header: bool = True, name: str = "mission"
) -> str:
    """Write a mission's navigator as C.

    Parameters
    ----------
    mission : Mission
        What is flown.
    plan : BrakingPlan
        Where its braking is planned to begin.
    header : bool
        Whether the text is to be included (static objects) or compiled by itself.
    name : str
        What the objects' names begin with: an identifier of C.

    Returns
    -------
    str
        `NAME_navigation`, a `farside_navigation_config`, and `NAME_navigation_first`, a
        `farside_initial_estimate`.
    """
    table, first = planned_navigator(mission, plan)
    return table_c(table, first, header=header, name=name)


def table_c(table: NavigationTable, first: dict[str, Any], *, header: bool, name: str) -> str:
    """Write a navigator's table and its first estimate as C, as `navigation_c` does."""
    # at run time: table.py writes both
    from farside.adapters.c.table import Name, initialiser

    names = [f"{name}_{each}" for each in TABLES]
    fields = table.fields
    fields["onboard"] |= {"height_m": Name(names[0]), "sigma_m": Name(names[1])}
    held = len(table.tables[2]) > 0
    fields["field"]["values"] = Name(names[2] if held else "NULL")
    storage = "static " if header else ""
    arrays = zip(names[: 2 + held], table.tables[: 2 + held], strict=True)
    return PAGE.format(
        name=name,
        storage=storage,
        tables="".join(array_c(storage, each, values) for each, values in arrays),
        config=initialiser(fields),
        first=initialiser(first),
    )


def array_c(storage: str, name: str, values: NDArray[np.float32]) -> str:
    """Return an array of single precision."""
    numbers = wrapped(single(each) for each in values)
    return f"{storage}const float {name}[] = {{\n{numbers}\n}};\n"
