"""Reads the tables of a mission file into dataclasses, and says in one line what is wrong with one.

The dataclass is the schema: its fields are the keys, their annotated types the rules for one value
(`bounds`), its `faults` the rules between values. Nothing here knows a key by name.
"""

import difflib
import math
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, fields
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    ClassVar,
    Literal,
    NamedTuple,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

from farside.mission.units import in_words, same_quantity


class MissionError(ValueError):
    """A mission that cannot be flown as written: one line with the file, the key and the cure."""


class Takes(NamedTuple):
    """The keys that one choice of a selector needs, and those that it may have besides."""

    needs: tuple[str, ...] = ()
    may_have: tuple[str, ...] = ()


class Table:
    """What every dataclass of the schema is."""

    selectors: ClassVar[Mapping[str, Mapping[str, Takes]]] = {}
    """Keys whose value decides which other keys belong in the table."""

    shorthand: ClassVar[str] = ""
    """The key that a bare number in the table's place stands for."""

    def faults(self) -> Iterator[tuple[str, str]]:
        """Yield (key, what is wrong and what to do) for what no field can see alone."""
        return iter(())


@dataclass(frozen=True)
class Place:
    """A key of a file."""

    file: str
    key: str = ""

    def within(self, key: str) -> "Place":
        """Give the place of a key of this table."""
        return Place(self.file, f"{self.key}.{key}" if self.key else key)

    def row(self, label: str) -> "Place":
        """Give the place of an element of this array."""
        return Place(self.file, f"{self.key}[{label}]")

    def fault(self, text: str) -> MissionError:
        """Say what is wrong here, on one line whatever the file put into it."""
        line = ": ".join(part for part in (self.file, self.key, text) if part)
        return MissionError("".join(c if c.isprintable() else "?" for c in line))


TableT = TypeVar("TableT", bound=Table)


def read_table(kind: type[TableT], value: object, place: Place) -> TableT:
    """Make a dataclass of a parsed TOML table.

    Parameters
    ----------
    kind : type
        A dataclass that is a `Table`.
    value : object
        What the TOML parser gave; anything.
    place : Place
        Where it stands, for messages.

    Returns
    -------
    kind
        Every field read and every rule held.

    Raises
    ------
    MissionError
        The first fault met: unknown keys before missing ones before values.
    """
    schema = _schema(kind)
    if kind.shorthand and not isinstance(value, dict):
        value = {kind.shorthand: _read(schema[kind.shorthand].hint, value, place)}
    if not isinstance(value, dict):
        raise place.fault(f"{_shown(value)} must be a table")
    # a selector first: which other keys belong depends on it
    for key in kind.selectors:
        if key in value:
            _read(schema[key].hint, value[key], place.within(key))
    _check_keys(kind, value, place)
    made = kind(
        **{key: _read(schema[key].hint, item, place.within(key)) for key, item in value.items()}
    )
    for key, text in made.faults():
        raise place.within(key).fault(text)
    return made


class _Key(NamedTuple):
    """A field with its annotation."""

    field: Field[Any]
    hint: Any

    @property
    def required(self) -> bool:
        return self.field.default is MISSING and self.field.default_factory is MISSING


def _schema(kind: type[Table]) -> Mapping[str, _Key]:
    """Give a dataclass's fields by name."""
    hints = get_type_hints(kind, include_extras=True)
    return {field.name: _Key(field, hints[field.name]) for field in fields(cast(Any, kind))}


def _check_keys(kind: type[Table], table: Mapping[str, object], place: Place) -> None:
    """Refuse unknown keys, then miss those it needs, then refuse those its choices do not take."""
    schema = _schema(kind)
    choices = {key: str(table[key]) for key in kind.selectors if key in table}
    for key in set(kind.selectors) - set(table):
        standing = schema[key].field.default
        if isinstance(standing, str):
            choices[key] = standing
    chosen = [kind.selectors[key][choice] for key, choice in choices.items()]
    every = [takes for row in kind.selectors.values() for takes in row.values()]
    ruled = {key for takes in every for key in takes.needs + takes.may_have}
    needed = {key for takes in chosen for key in takes.needs}
    needed |= {key for key, entry in schema.items() if entry.required}
    allowed = needed | {key for takes in chosen for key in takes.may_have} | (set(schema) - ruled)
    why = " and ".join(f'{key} = "{choice}"' for key, choice in choices.items())
    for key in table:
        if key not in schema:
            absent = [known for known in schema if known in allowed and known not in table]
            raise place.within(_bare(key)).fault(_unknown(key, absent))
    for key in schema:
        if key in needed and key not in table:
            because = f"; {why} needs it" if key in ruled else ""
            raise place.within(key).fault(f"missing{because}; add it{in_words(key)}")
    for key in table:
        if key not in allowed:
            raise place.within(key).fault(f"{why} takes no such key; remove it")


def _unknown(key: str, absent: list[str]) -> str:
    """Say what an unknown key should have been."""
    meant = same_quantity(key, absent)
    if meant:
        return f"wrong unit; give {meant}{in_words(meant)}"
    close = difflib.get_close_matches(key[:64], absent, n=1)
    return f"unknown key; {f'did you mean {close[0]}?' if close else 'remove it'}"


def _read(hint: Any, value: object, place: Place) -> Any:
    """Read one value as its annotation asks."""
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Annotated:
        inner, *rules = parts
        result = _read(inner, value, place)
        for rule in rules:
            try:
                result = rule(result)
            except ValueError as why:
                raise place.fault(f"{_shown(value)} must be {why}") from None
        return result
    if origin in (Union, UnionType):
        (inner,) = (part for part in parts if part is not NoneType)
        return _read(inner, value, place)
    if origin is Literal:
        if value not in parts or type(value) is not type(parts[0]):
            raise place.fault(f"{_shown(value)} must be one of {', '.join(map(str, parts))}")
        return value
    if origin is tuple:
        return _read_array(parts, value, place)
    if hint is float:
        return _read_number(value, place)
    if isinstance(hint, type) and issubclass(hint, Table):
        return read_table(hint, value, place)
    # bool is an int to Python, but true is no count
    if type(value) is not hint:
        raise place.fault(f"{_shown(value)} must be {_KINDS[hint]}{in_words(place.key)}")
    return value


_KINDS = {int: "a whole number", str: "a text", bool: "true or false"}


def _read_number(value: object, place: Place) -> float:
    """Read a finite number; a whole one serves."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise place.fault(f"{_shown(value)} must be a number{in_words(place.key)}")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise place.fault(f"{_shown(value)} must be a finite number{in_words(place.key)}")
    return number


def _read_array(parts: tuple[Any, ...], value: object, place: Place) -> tuple[Any, ...]:
    """Read an array: of one kind and any length, or of as many elements as there are parts."""
    open_ended = parts[-1] is Ellipsis
    if not isinstance(value, list):
        wanted = "an array" if open_ended else f"an array of {len(parts)} numbers"
        raise place.fault(f"{_shown(value)} must be {wanted}{in_words(place.key)}")
    if open_ended:
        parts = parts[:1] * len(value)
    elif len(value) != len(parts):
        raise place.fault(f"{len(value)} elements; give {len(parts)}{in_words(place.key)}")
    return tuple(
        _read(part, element, place.row(_label(element, i)))
        for i, (part, element) in enumerate(zip(parts, value, strict=True))
    )


def _label(element: object, index: int) -> str:
    """Name an element of an array: a table by its name, anything else by its place from 1."""
    name = element.get("name") if isinstance(element, dict) else None
    return name[:64] if isinstance(name, str) and name else f"{index + 1}"


def _shown(value: object) -> str:
    """Show a value in a message, kept short."""
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        plain = len(value) <= 4 and all(isinstance(element, float) for element in value)
        return str(value) if plain else "an array"
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 10**18:
        return "a huge whole number"
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= 48 else f"{text[:45]}..."


def _bare(key: str) -> str:
    """Show an unknown key, kept short."""
    return key if len(key) <= 64 else f"{key[:61]}..."
