"""What the schema says of a key, in words: its meaning, range, default and where that comes from.

The page of reference, a new mission's comments and the JSON schema all take theirs from here.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterator, Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from farside.mission.bounds import Doc
from farside.mission.reader import Key, Table
from farside.mission.spread import Spread

_KINDS: Mapping[Any, str] = {float: "number", int: "whole number", str: "text", bool: "true, false"}
#: Where a default comes from that says nothing itself: one of no effect, and another.
ABSENT, OURS = "absent unless given", "ours"


def inner_type(hint: Any) -> Any:
    """Return the type beneath rules and beneath what may be absent."""
    while get_origin(hint) in (Annotated, Union, UnionType):
        hint = next(part for part in get_args(hint) if part is not NoneType)
    return hint


def rules_of(hint: Any) -> Iterator[Any]:
    """Yield everything that an annotation adds to its type."""
    if get_origin(hint) is Annotated:
        inner, *rest = get_args(hint)
        yield from rules_of(inner)
        yield from rest
    elif get_origin(hint) in (Union, UnionType):
        for part in get_args(hint):
            yield from rules_of(part)


def doc_of(hint: Any) -> Doc | None:
    """Return what an annotation says that its key means."""
    return next((part for part in rules_of(hint) if isinstance(part, Doc)), None)


def range_shown(hint: Any) -> str:
    """Describe what a key's value may be."""
    kind = inner_type(hint)
    rules = ", ".join(rule.said for rule in rules_of(hint) if not isinstance(rule, Doc))
    if kind is Spread:
        return "number or table"
    if get_origin(kind) is Literal:
        return ", ".join(f"`{part}`" for part in get_args(kind))
    if get_origin(kind) is tuple:
        parts = get_args(kind)
        if parts[-1] is Ellipsis:
            return f"an array, each {range_shown(parts[0])}"
        each = f"{len(parts)} numbers, each {range_shown(parts[0])}"
        plain = f"{len(parts)} numbers"
        return "; ".join(p for p in (plain if parts[0] is float else each, rules) if p)
    if rules:
        return f"whole, {rules}" if kind is int else rules
    return _KINDS[kind]


def default_shown(kind: type[Table], name: str, entry: Key) -> str:
    """Show a default; nothing for a key that must be there, or that its law needs."""
    if entry.required:
        return ""
    rows = [takes for choice in kind.selectors.values() for takes in choice.values()]
    if any(name in takes.needs for takes in rows) and not any(
        name in takes.may_have for takes in rows
    ):
        return ""
    try:
        for rule in rules_of(entry.hint):
            if not isinstance(rule, Doc) and entry.default == 0.0:
                rule(entry.default)
    except ValueError:
        return ""  # it stands for a key that is not there
    return value_shown(entry.default)


def value_shown(value: Any) -> str:
    """Show a default as the page does."""
    if value is None:
        return "none"
    if isinstance(value, Spread):
        return f"{value.three_sigma:g}"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return "[" + ", ".join(f"{each:.6g}" for each in value) + "]"
    if isinstance(value, float):
        return "none" if math.isinf(value) else f"{value:g}"
    return f"`{value}`" if isinstance(value, str) else str(value)


def source_shown(kind: type[Table], name: str, entry: Key) -> str:
    """Return where a default comes from; for a key without one, where its value is found.

    Examples
    --------
    >>> from farside.mission.reader import schema_of
    >>> from farside.mission.vehicle import Engine
    >>> [source_shown(Engine, key, schema_of(Engine)[key]) for key in ("overshoot", "overshoot_s")]
    ['absent unless given', 'ours']
    """
    doc = doc_of(entry.hint)
    if (doc and doc.source) or not default_shown(kind, name, entry):
        return doc.source if doc else ""
    value = entry.default
    parts = value if isinstance(value, tuple) else (value,)
    return ABSENT if not any(parts) else OURS


def said_of(kind: type[Table]) -> str:
    """Return what a table's class says of itself, each paragraph on one line; no example in Python.

    Examples
    --------
    >>> from farside.mission.vehicle import Engine
    >>> said_of(Engine).count(">>>"), said_of(Engine)[:26]
    (0, 'The main engine, throttled')
    """
    said = inspect.cleandoc(kind.__doc__ or "").split("\nExamples\n--------\n")[0]
    parts = said.strip().split("\n\n")
    return "\n\n".join(" ".join(part.split()) for part in parts)
