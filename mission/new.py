"""A commented start of a mission file that is like another one, and flies as it stands.

Every key of the tables that are changed most stands there, commented out, with what the schema says
of it and the other mission's value. Arrays of tables count as a whole, so the phase table is live.
"""

from __future__ import annotations

import os
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from farside.mission import phases
from farside.mission.describe import default_shown, doc_of, inner_type, range_shown
from farside.mission.files import Name, load_mission, mission_path, parse_mission, shipped_name
from farside.mission.place import FieldPath
from farside.mission.reader import Key, Table, schema_of
from farside.mission.schema import Mission
from farside.mission.units import symbol_of
from farside.mission.words import shown
from farside.mission.writer import of_tables, plain, written

#: Tables that a new mission has unless all are asked for.
USUAL: Final = (
    *("epoch", "site", "orbit", "vehicle", "vehicle.stack_kg", "vehicle.engine", "hazards"),
    *("touchdown", "guidance", "phases", "dispersions"),
)
#: The file beside a new mission that its first line names to editors.
SCHEMA_FILE: Final = "farside.schema.json"
_WIDE = 100
_HEAD = """\
#:schema ./{schema}
# A mission like {like}: what is not given here is {like}'s.
# Take the # off a line to change its key; [brackets] hold the unit, the range and the default.
# Values' sources: farside missions --show {like}. All keys: farside mission reference.
#   farside mission check {file}    what is wrong or odd, with the way out
#   farside land ./{file} --nominal    one flight without dispersions

name = {written_name}
like = {written_like}
"""
#: Keys by the names of `Mission.replace`: their value, and where it is from.
Given = Mapping[str, tuple[Any, str]]


def new_mission(
    name: str,
    like: Name = "chang-e-6",
    *,
    path: Path | None = None,
    every: bool = False,
    given: Given | None = None,
    without: Sequence[str] = (),
) -> str:
    """Return the text of a new mission file, which reads as the mission that it is like.

    Parameters
    ----------
    name : str
        Of the new mission: up to 64 small letters, digits, - and _.
    like : str or Path
        The mission that it is like, as `load_mission` takes it.
    path : Path, optional
        Where the file will stand: a mission that does not ship is named by its path from there.
        Without, `NAME.toml` in the present folder.
    every : bool
        Every table that the other mission has, not those changed most alone.
    given : mapping, optional
        Keys that the new mission gives itself, as `orbit.arrival_azimuth_deg`: a value and where
        it is from, for the comment behind it.
    without : sequence of str
        Tables of the other mission that do not count.

    Returns
    -------
    str
        TOML. Each of its lines that is a key commented out reads, and says what holds without it.

    Raises
    ------
    MissionError
        The name is none, or the other mission cannot be read.

    Examples
    --------
    >>> from farside.mission import load_mission, parse_mission
    >>> text = new_mission("mine")
    >>> parse_mission(text).site == load_mission("chang-e-6").site
    True
    """
    _checked_name(name)
    if shipped_name(name) == name and shipped_name(like) == name:
        raise FieldPath("name").fault(f"{shown(name)} ships with farside; give a name of your own")
    base = load_mission(like)
    place = (path or Path(f"{name}.toml")).absolute()
    named = shipped_name(like)
    if named is None:
        other = mission_path(like)
        assert other is not None
        if other.resolve() == place.resolve():
            raise FieldPath(str(path)).fault("a mission cannot be like itself; give another place")
        named = Path(os.path.relpath(other, place.parent)).as_posix()
    head = _HEAD.format(
        schema=SCHEMA_FILE,
        file=place.name,
        like=named,
        written_name=written(name),
        written_like=written(named),
    )
    left = [f"without = {written(list(without))}"] if without else []
    lines = [head.rstrip("\n"), *left, *_Start(every, given or {}, without).lines(base)]
    text = "\n".join(lines).rstrip("\n") + "\n"
    parse_mission(text, place.name, place.parent)
    return text


def _checked_name(name: str) -> None:
    """Refuse a name that is none."""
    for rule in schema_of(Mission)["name"].hint.__metadata__:
        try:
            if callable(rule):
                rule(name)
        except ValueError as why:
            raise FieldPath("name").fault(f"{shown(name)} must be {why}") from None


class _Start:
    """Writes the tables; a live key's comment stands where it comes first."""

    def __init__(self, every: bool, given: Given, without: Sequence[str]) -> None:
        self._every = every
        self._given = given
        self._without = without
        self._told: set[str] = set()

    def lines(self, base: Mission) -> Iterator[str]:
        """Yield the lines behind the head."""
        held = plain(base)
        for key in ("name", *self._without):
            held.pop(key, None)
        yield from self._table(base, held, ())

    def _table(self, table: Table, held: dict[str, Any], path: tuple[str, ...]) -> Iterator[str]:
        """Yield a table's own keys, commented out, then the tables in it."""
        own: dict[str, Any] = {}
        inner: dict[str, Any] = {}
        for key, value in held.items():
            kind = inner_type(schema_of(type(table))[key].hint)
            is_table = isinstance(kind, type) and issubclass(kind, Table) and not kind.shorthand
            (inner if is_table or of_tables(value) else own)[key] = value
        if self._wanted(path):
            yield ""
            if path and (own or not inner):
                yield f"[{'.'.join(path)}]"
            for key, entry in schema_of(type(table)).items():
                value, source = self._given.get(".".join((*path, key)), (None, ""))
                if source:
                    yield from _comment(type(table), key, entry)
                    line = f"{key} = {written(value)}    # {source}"
                    if len(line) <= _WIDE:
                        yield line
                    else:
                        yield from _wrapped(source)
                        yield f"{key} = {written(value)}"
                elif key in own:
                    yield from _comment(type(table), key, entry)
                    yield f"#{key} = {written(own[key])}"
                elif doc_of(entry.hint) and key not in held and key != "name":
                    yield from _comment(type(table), key, entry, f"not given: {key}: ")
        for key, value in inner.items():
            here = getattr(table, key)
            if isinstance(value, list):
                yield from self._rows(here, value, (*path, key))
            else:
                yield from self._table(here, value, (*path, key))

    def _rows(
        self, rows: tuple[Table, ...], held: list[dict[str, Any]], path: tuple[str, ...]
    ) -> Iterator[str]:
        """Yield an array of tables, live: it counts as a whole."""
        if not self._wanted(path):
            return
        yield ""
        yield f"# [[{'.'.join(path)}]] counts as a whole: change it here, or take all of it out."
        for row, values in zip(rows, held, strict=True):
            yield ""
            yield from self._row(row, values, ".".join(path))

    def _row(self, row: Table, values: dict[str, Any], name: str) -> Iterator[str]:
        """Yield one row."""
        if isinstance(row, phases.Phase):
            yield from _wrapped(f"{row.law}: {phases.MEANING[row.law]}")
        yield f"[[{name}]]"
        for key, value in values.items():
            if f"{name}.{key}" not in self._told:
                self._told.add(f"{name}.{key}")
                yield from _comment(type(row), key, schema_of(type(row))[key])
            yield f"{key} = {written(value)}"

    def _wanted(self, path: tuple[str, ...]) -> bool:
        name = ".".join(path)
        given = any(key.startswith(f"{name}.") for key in self._given)
        return self._every or given or not path or name in USUAL


def _comment(kind: type[Table], key: str, entry: Key, before: str = "") -> Iterator[str]:
    """Yield what the schema says of a key: meaning, unit, range and default."""
    doc = doc_of(entry.hint)
    if doc is None:
        return
    unit = "kg" if kind.__name__ == "Stack" else symbol_of(key)
    default = default_shown(kind, key, entry)
    source = f", {doc.source}" if doc.source else ""
    said = [unit, range_shown(entry.hint), f"default {default}{source}" if default else ""]
    held = "; ".join(part for part in said if part).replace("`", "")
    yield from _wrapped(f"{before}{doc.meaning} [{held}]")


def _wrapped(text: str) -> Iterator[str]:
    """Yield a text as comments, none of which looks like a key commented out."""
    for line in textwrap.wrap(text, _WIDE - 2, break_long_words=False, break_on_hyphens=False):
        yield f"# {line}"
