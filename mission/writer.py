"""Writes a mission as TOML that reads as the same mission."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from farside.mission.files import parse_mission
from farside.mission.place import MissionError
from farside.mission.reader import FieldSpec, Table, schema_of
from farside.mission.schema import Mission

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_ESCAPES = {"\\": "\\\\", '"': '\\"'}


def plain(table: Table) -> dict[str, Any]:
    """Return a table of the schema as the TOML parser would: the keys that its choices take.

    Parameters
    ----------
    table : Table
        A mission or a part of it.

    Returns
    -------
    dict
        Of numbers, texts, lists and dicts. Keys that hang on no choice are there at their defaults,
        too: what is written now reads the same when a default has changed.
    """
    made: dict[str, Any] = {}
    chosen = [row.get(getattr(table, key), FieldSpec()) for key, row in table.selectors.items()]
    needed = {key for takes in chosen for key in takes.needs}
    every = [takes for row in table.selectors.values() for takes in row.values()]
    ruled = {key for takes in every for key in takes.needs + takes.may_have}
    for key, entry in schema_of(type(table)).items():
        value = getattr(table, key)
        standing = key in ruled or bool(table.shorthand) or value is None or value == ()
        if entry.required or key in needed or not standing or value != entry.default:
            made[key] = in_plain(value)
    return made


def in_plain(value: Any) -> Any:
    """Return a value in plain types: tables as dicts, tuples as lists, numpy's as Python's."""
    if isinstance(value, Table):
        made = plain(value)
        return made[value.shorthand] if set(made) == {value.shorthand} else made
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, Mapping):
        return {str(key): in_plain(each) for key, each in value.items()}
    if isinstance(value, tuple | list):
        return [in_plain(each) for each in value]
    return value


def dump_mission(mission: Mission) -> str:
    """Return the text of a mission file; see `Mission.to_toml`."""
    table = plain(mission)
    text = "\n".join(_table(table, ())).lstrip("\n") + "\n"
    read = parse_mission(text, mission.name)
    if read != mission:
        raise MissionError(f"{mission.name}: not what its file would read as; use Mission.replace")
    return text


def _table(table: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    """Yield the lines of a table: its own keys, then the tables in it."""
    inner = {}
    for key, value in table.items():
        if (isinstance(value, dict) and path[:1] != ("dispersions",)) or of_tables(value):
            inner[key] = value
        else:
            yield f"{_key(key)} = {written(value)}"
    for key, value in inner.items():
        name = ".".join(_key(part) for part in (*path, key))
        for each in value if isinstance(value, list) else [value]:
            yield ""
            yield f"[[{name}]]" if isinstance(value, list) else f"[{name}]"
            yield from _table(each, (*path, key))


def of_tables(value: Any) -> bool:
    """Return whether a plain value is an array of tables."""
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else written(key)


def written(value: Any) -> str:
    """Write a value: a float with the digits that give its bits back."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return '"' + "".join(_ESCAPES.get(c, c) for c in value) + '"'
    if isinstance(value, list):
        return "[" + ", ".join(written(each) for each in value) + "]"
    if isinstance(value, dict):
        parts = (f"{_key(key)} = {written(each)}" for key, each in value.items())
        return "{ " + ", ".join(parts) + " }"
    return repr(value)
