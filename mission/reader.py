"""Reads the tables of a mission file into dataclasses, and says in one line what is wrong with one.

The dataclass is the schema: its fields are the keys, their annotated types the rules for one value
(`bounds`), its `rules` those between values. Nothing here knows a key by name. Reading goes on
behind a fault, so that all of them are found at once.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields, replace
from datetime import date, time
from types import MethodType, NoneType, UnionType
from typing import (
    Annotated,
    Any,
    ClassVar,
    Final,
    Literal,
    NamedTuple,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

from farside.mission.bounds import Doc
from farside.mission.lines import label
from farside.mission.place import FieldPath, MissionError
from farside.mission.units import in_words
from farside.mission.words import bare, near, shown, unknown


class FieldSpec(NamedTuple):
    """The keys that one choice of a selector needs, and those that it may have besides."""

    needs: tuple[str, ...] = ()
    may_have: tuple[str, ...] = ()


class Table:
    """What every dataclass of the schema is."""

    selectors: ClassVar[Mapping[str, Mapping[str, FieldSpec]]] = {}
    """Keys whose value decides which other keys belong in the table."""

    shorthand: ClassVar[str] = ""
    """The key that a bare number in the table's place stands for."""

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    """Named sets of keys: `like` in the table takes one, and the table's own keys go before it."""

    rules: ClassVar[tuple[str, ...]] = ()
    """Methods that yield (key, what is wrong and what to do) for what no field can see alone.

    Each looks at the table for itself, and is left out where a value that it reads is at fault.
    """


TableT = TypeVar("TableT", bound=Table)
Found = list[MissionError]


class _Unread(Exception):
    """A rule has asked for a value that is at fault itself."""


class _Bad:
    """Stands where nothing could be read."""


_BAD: Final = _Bad()


def read_table(kind: type[TableT], value: object, place: FieldPath) -> TableT:
    """Make a dataclass of a parsed TOML table.

    Parameters
    ----------
    kind : type
        A dataclass that is a `Table`.
    value : object
        What the TOML parser gave; anything.
    place : FieldPath
        Where it stands, for messages.

    Returns
    -------
    kind
        Every field read and every rule held.

    Raises
    ------
    MissionError
        The first fault, and how many more there are; its `faults` are all of them. In a table
        unknown keys come before missing ones, and these before values.
    """
    found: Found = []
    if kind not in _HOMES:
        _HOMES[kind] = _homes(kind)
    made = _table(kind, value, replace(place, homes=_HOMES[kind]), found)
    if not found:
        return cast(TableT, made)
    lines = list(dict.fromkeys(str(each) for each in found))
    more = f" (and {len(lines) - 1} more: farside mission check)" if len(lines) > 1 else ""
    raise MissionError(lines[0] + more, lines)


class Key(NamedTuple):
    """A field with its annotation."""

    field: Field[Any]
    hint: Any

    @property
    def required(self) -> bool:
        """Whether a table must have it."""
        return self.field.default is MISSING and self.field.default_factory is MISSING

    @property
    def default(self) -> Any:
        """What stands for it where a table has it not."""
        if self.field.default_factory is not MISSING:
            return self.field.default_factory()
        return self.field.default


_SCHEMAS: dict[type[Table], Mapping[str, Key]] = {}
_HOMES: dict[type[Table], Mapping[str, str]] = {}


def schema_of(kind: type[Table]) -> Mapping[str, Key]:
    """Return a dataclass's fields by name."""
    if kind not in _SCHEMAS:
        hints = get_type_hints(kind, include_extras=True)
        _SCHEMAS[kind] = {
            each.name: Key(each, hints[each.name]) for each in fields(cast(Any, kind))
        }
    return _SCHEMAS[kind]


class _Partial:
    """A table of which some keys could not be read: its rules look at the others."""

    def __init__(self, kind: type[Table], good: Mapping[str, Any], bad: set[str]) -> None:
        self.__dict__.update(_kind=kind, _good=good, _bad=bad)

    def __getattr__(self, name: str) -> Any:
        if name in self._good:
            return self._good[name]
        key = schema_of(self._kind).get(name)
        if key is not None:
            if name in self._bad or key.required:
                raise _Unread
            return key.default
        held = getattr(self._kind, name)
        if isinstance(held, property) and held.fget:
            return held.fget(self)
        return MethodType(held, self) if callable(held) else held


def _table(kind: type[Table], value: object, place: FieldPath, found: Found) -> Any:
    """Read a table; what cannot be read of it is noted, and left out of what is given back."""
    schema = schema_of(kind)
    before = len(found)
    if kind.shorthand and not isinstance(value, dict):
        value = {kind.shorthand: _read(schema[kind.shorthand].hint, value, place, found)}
        if len(found) > before:
            return _BAD
    if not isinstance(value, dict):
        found.append(place.fault(f"{shown(value)} must be a table"))
        return _BAD
    if kind.presets and "like" in value:
        value = _with_preset(kind, value, place, found)
    # a selector first: which other keys belong depends on it
    chosen = {
        key: _read(schema[key].hint, value[key], place.within(key), found)
        for key in kind.selectors
        if key in value
    }
    refused, missing = _check_keys(kind, value, chosen, place, found)
    good = {key: item for key, item in chosen.items() if item is not _BAD}
    for key, item in value.items():
        if key in schema and key not in refused and key not in chosen:
            read = _read(schema[key].hint, item, place.within(key), found)
            if read is not _BAD:
                good[key] = read
    whole = len(found) == before
    made: Any = kind(**good) if whole else _Partial(kind, good, (set(value) | missing) - set(good))
    for rule in kind.rules:
        try:
            for key, text in getattr(made, rule)():
                found.append(place.within(key).fault(text))
        except _Unread:
            continue
    return made


def _with_preset(
    kind: type[Table], table: dict[str, Any], place: FieldPath, found: Found
) -> dict[str, Any]:
    """Return a table with the keys of the preset that it is like, less `like`."""
    own = {key: item for key, item in table.items() if key != "like"}
    like = table["like"]
    if isinstance(like, str) and like in kind.presets:
        return {**kind.presets[like], **own}
    known = ", ".join(sorted(kind.presets))
    found.append(place.within("like").fault(f"{shown(like)} must be one of {known}"))
    return own


def _homes(kind: type[Table], key: str = "") -> dict[str, str]:
    """Return the table that each key belongs in, of those that belong in one table alone."""
    homes: dict[str, str] = {}
    twice = set[str]()
    for name, entry in schema_of(kind).items():
        below = f"{key}.{name}" if key else name
        inner = [part for part in _types(entry.hint) if issubclass(part, Table)]
        found = {name: key} if not inner else {}
        for part in inner:
            if not part.shorthand:
                found |= _homes(part, below)
        twice |= set(found) & set(homes)
        homes |= found
    return {name: home for name, home in homes.items() if name not in twice}


def _types(hint: Any) -> Iterator[type]:
    """Yield the classes that an annotation is made of."""
    if isinstance(hint, type):
        yield hint
    for part in get_args(hint):
        yield from _types(part)


def _check_keys(
    kind: type[Table], table: Mapping[str, object], chosen: Mapping[str, Any], place: FieldPath,
    found: Found,
) -> tuple[set[str], set[str]]:  # fmt: skip
    """Note unknown keys, then those missing, then those that its choices do not take.

    Gives the keys of the table that are not to be read, and those that it needs and has not.
    """
    schema = schema_of(kind)
    choices = {key: str(item) for key, item in chosen.items() if item is not _BAD}
    for key in set(kind.selectors) - set(table):
        standing = schema[key].field.default
        if isinstance(standing, str):
            choices[key] = standing
    known = [kind.selectors[key][choice] for key, choice in choices.items()]
    open_ones = [kind.selectors[key] for key in kind.selectors if key not in choices]
    every = [takes for row in kind.selectors.values() for takes in row.values()]
    ruled = {key for takes in every for key in takes.needs + takes.may_have}
    needed = {key for takes in known for key in takes.needs}
    needed |= {key for key, entry in schema.items() if entry.required}
    allowed = needed | {key for takes in known for key in takes.may_have} | (set(schema) - ruled)
    # what a choice that could not be read would take is not known
    allowed |= {k for row in open_ones for takes in row.values() for k in takes.needs}
    allowed |= {k for row in open_ones for takes in row.values() for k in takes.may_have}
    why = " and ".join(f'{key} = "{choice}"' for key, choice in choices.items())
    meant = set()
    for key in table:
        if key not in schema:
            absent = [one for one in schema if one in allowed and one not in table]
            there = [each for each in schema if each in table]
            one, text = unknown(key, [each for each in absent if each not in meant], there)
            home = place.homes.get(key, place.key)
            if home != place.key:
                one, text = "", f"belongs in [{home}]; move it there"
            meant.add(one)
            found.append(place.within(bare(key)).fault(text))
    missing = [key for key in schema if key in needed and key not in table]
    for key in missing:
        if key not in meant:
            because = f"; {why} needs it" if key in ruled else ""
            found.append(place.within(key).fault(f"missing{because}; add it{in_words(key)}"))
    refused = {key for key in table if key in schema and key not in allowed}
    for key in table:
        if key in refused:
            found.append(place.within(key).fault(f"{why} takes no such key; remove it"))
    return refused, set(missing)


def _read(hint: Any, value: object, place: FieldPath, found: Found) -> Any:
    """Read one value as its annotation asks, or note why not."""
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _read_ruled(parts, value, place, found)
    if origin in (Union, UnionType):
        (inner,) = (part for part in parts if part is not NoneType)
        return _read(inner, value, place, found)
    if origin is Literal:
        if value in parts and type(value) is type(parts[0]):
            return value
        meant = near(value, parts) if isinstance(value, str) else ""
        said = f"{shown(value)} must be one of {', '.join(map(str, parts))}"
        return _note(found, place, said + (f"; did you mean {meant}?" if meant else ""))
    if origin is tuple:
        return _read_array(parts, value, place, found)
    if hint is float:
        return _read_number(value, place, found)
    if isinstance(hint, type) and issubclass(hint, Table):
        return _table(hint, value, place, found)
    # bool is an int to Python, but true is no count
    if type(value) is not hint:
        quotes = "; put it in quotes" if hint is str and isinstance(value, date | time) else ""
        said = f"{shown(value)} must be {KINDS[hint]}{in_words(place.key)}{quotes}"
        return _note(found, place, said)
    return value


#: No quantity of a mission is larger in its unit, and sums of squares of such stay finite.
LARGEST: Final = 1e12

KINDS = {int: "a whole number", str: "a text", bool: "true or false", float: "a number"}


def _note(found: Found, place: FieldPath, text: str) -> _Bad:
    """Note a fault, and give what stands for a value that is none."""
    found.append(place.fault(text))
    return _BAD


def _read_ruled(parts: tuple[Any, ...], value: object, place: FieldPath, found: Found) -> Any:
    """Read a value that has rules."""
    inner, *rules = parts
    result = _read(inner, value, place, found)
    for rule in rules:
        if result is _BAD or isinstance(rule, Doc):
            continue
        try:
            result = rule(result)
        except ValueError as why:
            result = _note(found, place, f"{shown(value)} must be {why}")
    return result


def _read_number(value: object, place: FieldPath, found: Found) -> Any:
    """Read a finite number; a whole one serves."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return _note(found, place, f"{shown(value)} must be a number{in_words(place.key)}")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        return _note(found, place, f"{shown(value)} must be a finite number{in_words(place.key)}")
    if abs(number) > LARGEST:
        said = f"{shown(value)} must be at most {LARGEST:g} in size{in_words(place.key)}"
        return _note(found, place, said)
    return number


def _read_array(parts: tuple[Any, ...], value: object, place: FieldPath, found: Found) -> Any:
    """Read an array: of one kind and any length, or of as many elements as there are parts."""
    open_ended = parts[-1] is Ellipsis
    if not isinstance(value, list):
        of_tables = isinstance(parts[0], type) and issubclass(parts[0], Table)
        wanted = "an array" if open_ended else f"an array of {len(parts)} numbers"
        cure = f"; write [[{place.key}]]" if of_tables else ""
        return _note(found, place, f"{shown(value)} must be {wanted}{in_words(place.key)}{cure}")
    if open_ended:
        parts = parts[:1] * len(value)
    elif len(value) != len(parts):
        said = f"{len(value)} elements; give {len(parts)}{in_words(place.key)}"
        return _note(found, place, said)
    read = tuple(
        _read(part, element, place.row(label(element, i)), found)
        for i, (part, element) in enumerate(zip(parts, value, strict=True))
    )
    return _BAD if any(element is _BAD for element in read) else read
