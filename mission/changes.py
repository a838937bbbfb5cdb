"""Missions with other values, from Python: one, or a sweep of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from farside.mission.lines import label
from farside.mission.place import FieldPath
from farside.mission.reader import Table, read_table, schema_of
from farside.mission.schema import Mission
from farside.mission.words import near
from farside.mission.writer import in_plain, plain

_PART = re.compile(r"([^.\[\]]+)(?:\[([^\]]*)\])?(?:\.|$)")


def replaced(mission: Mission, changes: Mapping[str, Any]) -> Mission:
    """Return a mission with other values; see `Mission.replace`."""
    table = plain(mission)
    for key, value in changes.items():
        _change(table, mission, key, in_plain(value), FieldPath(mission.name))
    return read_table(Mission, table, FieldPath(mission.name))


def sweep(mission: Mission, key: str, values: Iterable[Any]) -> Iterator[Mission]:
    """Yield a mission with one value after another in a key.

    Parameters
    ----------
    mission : Mission
    key : str
        As `Mission.replace` takes it.
    values : iterable
        In the key's unit.

    Raises
    ------
    MissionError
        As `Mission.replace`, when its turn comes.

    Examples
    --------
    >>> from farside.mission import load_mission, sweep
    >>> thrusts = sweep(load_mission("chang-e-6"), "vehicle.engine.thrust_max_n", (7000, 7500))
    >>> [each.vehicle.engine.thrust_max_n for each in thrusts]
    [7000.0, 7500.0]
    """
    for value in values:
        yield mission.replace(key, value)


def value_of(mission: Mission, key: str) -> Any:
    """Return what a key of a mission holds.

    Parameters
    ----------
    mission : Mission
    key : str
        As `Mission.replace` takes it.

    Raises
    ------
    MissionError
        When there is no such key.
    """
    # the walk that sets it refuses what is no key
    _change(plain(mission), mission, key, 0.0, FieldPath(mission.name))
    here: Any = mission
    for part, row in _PART.findall(key):
        here = getattr(here, part)
        if row:
            here = here[[label(in_plain(each), i) for i, each in enumerate(here)].index(row)]
    return here


def _change(
    table: dict[str, Any], mission: Mission, key: str, value: Any, place: FieldPath
) -> None:
    """Set or take out one key of a mission's plain table."""
    parts = _PART.findall(key)
    if not parts or "".join(_PART.split(key)[::3]):
        raise place.within(key).fault("no key; write one like vehicle.engine.thrust_max_n")
    here: Any = mission
    for number, (part, row) in enumerate(parts, start=1):
        known = schema_of(type(here)) if isinstance(here, Table) else {}
        if part not in known:
            meant = near(part, list(known))
            hint = f"; did you mean {meant}?" if meant else f"; choose {', '.join(known)}"
            raise place.within(part).fault(f"unknown key{hint if known else ''}")
        place = place.within(part)
        here = getattr(here, part)
        last = number == len(parts)
        if last and not row:
            if value is None:
                table.pop(part, None)
            else:
                table[part] = value
            return
        if isinstance(here, tuple):
            names = [label(each, i) for i, each in enumerate(table.setdefault(part, []))]
            if row not in names:
                raise place.row(row).fault(f"no such row; choose {', '.join(names)}")
            here, table = here[names.index(row)], table[part][names.index(row)]
            place = place.row(row)
        elif isinstance(here, Table):
            if not isinstance(table.get(part), dict):
                table[part] = plain(here)
            table = table[part]
    raise place.fault("a whole row; name a key of it")
