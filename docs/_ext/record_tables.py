"""The tables of fields of the public records: dataclasses and named tuples.

A record's docstring lists every field under Attributes, or under Parameters where it is made by
hand with the same names. What holds numbers says their unit in brackets, [-] without one, unless
the field's name ends with it; an array says its shape; one of places, velocities or directions the
frame, unless that is the last word of its name.

The tables of a mission file have theirs in the schema, with ranges and defaults: it is written from
there (`of_schema`).
"""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Iterator
from typing import Any

import public_names

SECTION = re.compile(r"^(?:Attributes|Parameters)\n-+\n(.*?)(?=^\w[\w ]*\n-+\n|\Z)", re.M | re.S)
ENTRY = re.compile(r"^(\w[\w, ]*) : (.*)\n((?:^ +.*\n?|^\n)*)", re.M)
UNIT = re.compile(r"\[[^\]]+\]")
#: Last words of a name that are its unit, beyond those of the schema.
SUFFIXES = {"m2", "m3", "mm", "km", "pa", "ticks"}
FRAMES = {"site", "body", "inertial", "moon", "camera", "lidar", "map", "base"}
#: In the text of a vector: whose axes its three numbers belong to.
FRAME_WORDS = re.compile(
    r"\b(axes|axis|frame|site|body|inertial|moon|camera|map|east|scan|local-level|principal)\b",
    re.I,
)
NUMBERS = re.compile(r"\b(float|ndarray|array|array_like|arrays|floats)\b")
#: An array of these has no unit.
OTHER = re.compile(r"\b(bool|u?int\d*|structured|raster|str|bytes)\b|CRS")
SHAPE = re.compile(r"\([^()]*\)|of (?:two|three|four|six) floats|of float")


def records() -> Iterator[public_names.Public]:
    """Yield the public dataclasses and named tuples, each once."""
    seconds = public_names.second_names()
    for each in public_names.public():
        if inspect.isclass(each.held) and each.full not in seconds and fields(each.held):
            yield each


def fields(kind: Any) -> list[str]:
    """Return the names of a record's public fields; none of what is no record."""
    if dataclasses.is_dataclass(kind):
        return [f.name for f in dataclasses.fields(kind) if not f.name.startswith("_")]
    if issubclass(kind, tuple):
        return list(getattr(kind, "_fields", ()))
    return []


def in_schema(kind: Any) -> bool:
    """Whether a record is a table of a mission file."""
    from farside.mission.reader import Table

    return issubclass(kind, Table)


def entries(kind: Any) -> dict[str, tuple[str, str]]:
    """Return type and text of each field that a record's docstring lists."""
    found = {}
    text = inspect.cleandoc(kind.__doc__ or "")
    for section in SECTION.findall(text):
        for names, said, more in ENTRY.findall(section):
            for name in names.split(","):
                found[name.strip()] = said, " ".join(more.split())
    return found


def faults() -> Iterator[str]:
    """Yield what a table of fields lacks, a line each."""
    for each in records():
        if in_schema(each.held):
            continue  # the schema's own test asks for the words of each key
        listed = entries(each.held)
        for name in fields(each.held):
            if name not in listed:
                yield f"{each.full}.{name}: is in no table of Attributes"
            else:
                yield from _lacks(f"{each.full}.{name}", name, *listed[name])


def _lacks(full: str, name: str, said: str, text: str) -> Iterator[str]:
    """Yield what one entry lacks."""
    if not NUMBERS.search(said) or OTHER.search(said):
        return
    if not UNIT.search(f"{said} {text}") and not _unit_in(name):
        yield f"{full}: has no unit, as [m]; [-] where it has none"
    if "arr" in said and not SHAPE.search(said):
        yield f"{full}: has no shape, as ndarray, (N, 3)"
    vector = re.search(r"\((?:\w+, )?3,?\)|three floats", said)
    if vector and name.rpartition("_")[2] not in FRAMES and not FRAME_WORDS.search(text):
        yield f"{full}: has no frame"


def _unit_in(name: str) -> bool:
    """Whether a name ends with a unit."""
    from farside.mission.units import unit_of

    return unit_of(name) is not None or name.rpartition("_")[2] in SUFFIXES


def of_schema(kind: Any) -> list[str]:
    """Return the Attributes of a table of a mission file, as numpydoc reads them."""
    from farside.mission.describe import default_shown, doc_of, inner_type, range_shown
    from farside.mission.reader import schema_of
    from farside.mission.units import symbol_of, unit_of

    lines = ["Attributes", "----------"]
    for name, entry in schema_of(kind).items():
        inner = inner_type(entry.hint)
        rows = getattr(inner, "__args__", ())
        table = next((t for t in (inner, *rows) if inspect.isclass(t) and in_schema(t)), None)
        if table is not None:
            said = f"tuple of {table.__name__}" if rows else table.__name__
            lines += [f"{name} : {said}", f"    {_summary(table)}"]
            continue
        doc, unit, default = doc_of(entry.hint), unit_of(name), default_shown(kind, name, entry)
        parts = [doc.meaning if doc else "", f"[{symbol_of(name)}]" if unit else ""]
        parts.append(f"({default} by default)" if default else "")
        lines.append(f"{name} : {range_shown(entry.hint)}")
        lines.append("    " + " ".join(part for part in parts if part))
    return lines


def _summary(kind: Any) -> str:
    """Return the first sentence of a class."""
    return " ".join(inspect.cleandoc(kind.__doc__ or "").split("\n\n")[0].split())
