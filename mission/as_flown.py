"""A mission with the logic that flew where its landing failed: options and keys, set in it."""

from __future__ import annotations

from collections.abc import Sequence

from farside.mission.changes import value_of
from farside.mission.naive import OPTIONS, Keys, NaiveOption
from farside.mission.place import FieldPath
from farside.mission.schema import Mission
from farside.mission.words import near, shown


def with_options(mission: Mission, options: Sequence[str], keys: Keys | None = None) -> Mission:
    """Return a mission whose flight software has naive options.

    Parameters
    ----------
    mission : Mission
    options : sequence of str
        Names of `OPTIONS`; of two that set a key the later one holds.
    keys : mapping of str to number, optional
        Further keys, above those of the options.

    Raises
    ------
    MissionError
        No such option, or a key that this mission has not.
    """
    changes: dict[str, float] = {}
    for name in options:
        changes |= option_named(mission, name).keys
    changes |= keys or {}
    return mission.replace({key: _typed(mission, key, value) for key, value in changes.items()})


def option_named(mission: Mission, name: str) -> NaiveOption:
    """Return an option; `MissionError` where there is none of this name."""
    if name not in OPTIONS:
        meant = near(name, list(OPTIONS))
        hint = f"did you mean {meant}?" if meant else f"choose {', '.join(OPTIONS)}"
        place = FieldPath(mission.name).within("as_flown")
        raise place.fault(f"{shown(name)} is no naive option; {hint}")
    return OPTIONS[name]


def as_flown(mission: Mission) -> Mission:
    """Return a mission of a failure with the logic that flew: its options and its own keys.

    Parameters
    ----------
    mission : Mission
        With `[failure]`.

    Raises
    ------
    MissionError
        A mission without, or whose keys cannot be set.

    Examples
    --------
    >>> from farside.mission import load_mission
    >>> as_flown(load_mission("failures/hakuto-r-m1")).health.latch_altimeter
    1
    """
    options = naive_options(mission, True)
    keys = mission.failure.keys if mission.failure else ()
    return with_options(mission, options, {row.key: row.value for row in keys})


def naive_options(mission: Mission, chosen: bool | Sequence[str]) -> tuple[str, ...]:
    """Return the names of the options that are chosen: True for those of the mission's failure.

    Raises
    ------
    TypeError
        Neither a bool nor a list of names.
    MissionError
        True, and the mission has no `[failure]`.
    """
    if not isinstance(chosen, bool):
        names = isinstance(chosen, Sequence) and not isinstance(chosen, str)
        if not names or not all(isinstance(name, str) for name in chosen):
            raise TypeError(f"as_flown {shown(chosen)}: give True, False or a list of names")
        return tuple(chosen)
    if not chosen:
        return ()
    if mission.failure is None:
        raise (
            FieldPath(mission.name)
            .within("failure")
            .fault(
                "missing: nothing else flew; give a mission of failures/, or naive options by name"
            )
        )
    return mission.failure.as_flown


def with_logic(mission: Mission, chosen: bool | Sequence[str]) -> Mission:
    """Return a mission with its own logic (False), as flown (True), or with options by name."""
    if isinstance(chosen, bool):
        return as_flown(mission) if chosen else mission
    return with_options(mission, chosen)


def _typed(mission: Mission, key: str, value: float) -> float:
    """Return a value as the key's type: a whole number, or true or false, where it holds one."""
    held = value_of(mission, key)
    if isinstance(held, bool):
        return bool(value)
    return int(value) if isinstance(held, int) else float(value)
