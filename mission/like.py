"""A mission file that holds only what differs from another mission: `like` and `without`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from farside.mission.bounds import Doc, Title
from farside.mission.place import FieldPath
from farside.mission.reader import Table, read_table
from farside.mission.words import near

#: Missions on end that may each be like the next.
MOST_LIKE = 8
#: Keys that may be left out of another mission.
MOST_WITHOUT = 100

Parsed = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Like(Table):
    """The mission that a file takes its other keys from.

    A table counts key by key, an array (`[[phases]]`, too) as a whole. `name` is the file's own.
    `farside missions --show` prints a mission with all its keys.
    """

    rules: ClassVar = ("few", "of_another")

    like: (
        Annotated[
            Title,
            Doc("a shipped mission's name, or a file's path from this file's folder", "whole"),
        ]
        | None
    ) = None
    without: Annotated[
        tuple[Title, ...],
        Doc("keys and tables of that mission that do not count, such as `sensors.lidar`"),
    ] = ()

    def few(self) -> Iterator[tuple[str, str]]:
        """Yield too many keys."""
        if len(self.without) > MOST_WITHOUT:
            said = f"{len(self.without)} keys; at most {MOST_WITHOUT}: write a whole mission"
            yield "without", said

    def of_another(self) -> Iterator[tuple[str, str]]:
        """Yield keys that are left out of nothing."""
        if self.without and self.like is None:
            yield "without", "without like it leaves nothing out; remove it"


@dataclass(frozen=True)
class Level:
    """One file of a chain of missions that are like each other.

    Attributes
    ----------
    file : str
        What refusals call it.
    own : dict
        The keys that the file holds itself.
    resolved : dict
        With those of the mission that it is like.
    """

    file: str
    own: Parsed
    resolved: Parsed


def like_of(table: Parsed, place: FieldPath) -> Like:
    """Take `like` and `without` out of a file's table, and check them.

    Raises
    ------
    MissionError
        For one that is no text, or none of its range.
    """
    own = {key: table.pop(key) for key in ("like", "without") if key in table}
    found = read_table(Like, own, place)
    if found.like is not None and "name" not in table:
        raise place.within("name").fault(f"missing; a mission like {found.like} has its own")
    return found


def merged(other: Parsed, own: Parsed) -> Parsed:
    """Return a mission's table with the keys of its own in place of another's.

    Examples
    --------
    >>> merged({"a": {"b": 1, "c": 2}, "d": [1, 2]}, {"a": {"c": 3}, "d": [4]})
    {'a': {'b': 1, 'c': 3}, 'd': [4]}
    """
    both = dict(other)
    for key, value in own.items():
        here = both.get(key)
        both[key] = (
            merged(here, value) if isinstance(here, dict) and isinstance(value, dict) else value
        )
    return both


def left_out(other: Parsed, like: Like, place: FieldPath) -> Parsed:
    """Return another mission's table less what does not count.

    Raises
    ------
    MissionError
        For a key that the other does not have.
    """
    kept = merged(other, {})
    for key in like.without:
        *way, last = key.split(".")
        here: Any = kept
        for part in way:
            here[part] = dict(here[part]) if _is_table(here, part) else {}
            here = here[part]
        if last not in here:
            meant = near(key, list(_keys(other, "")))
            hint = f"; did you mean {meant}?" if meant else ""
            raise place.within("without").fault(f"{like.like} has no {key}{hint}")
        del here[last]
    return kept


def _is_table(table: Mapping[str, Any], key: str) -> bool:
    return isinstance(table.get(key), dict)


def _keys(table: Mapping[str, Any], prefix: str) -> Iterator[str]:
    """Yield the names of all keys and tables."""
    for key, value in table.items():
        yield f"{prefix}{key}"
        if isinstance(value, dict):
            yield from _keys(value, f"{prefix}{key}.")
