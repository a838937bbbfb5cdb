"""What fails in a flight: the rows of `[[faults]]`, and the same in one line of text.

    [[faults]]
    unit = "velocimeter.beam1"
    kind = "zero"
    from_s = 700.0

is `velocimeter.beam1 zero from 700 s`: UNIT[.PART] KIND [VALUE] (from N s | below N m | in PHASE |
at EVENT) [for N s]. `fault_kinds` has the units and the kinds.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from farside.mission.bounds import Doc, NonNegative, Positive, Within
from farside.mission.fault_kinds import ANY, UNITS, FaultKind, Unit
from farside.mission.place import FieldPath, MissionError
from farside.mission.reader import Table, read_table
from farside.mission.words import near

if TYPE_CHECKING:
    from farside.mission.schema import Mission

Share = Annotated[float, Within(above=0.0, most=1.0)]

FORM = "UNIT[.PART] KIND [VALUE] (from N s | below N m | in PHASE | at EVENT) [for N s]"
NUMBER = r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?"
TEXT = re.compile(
    rf"(?P<unit>[\w.-]+)\s+(?P<kind>\w+)(?:\s+(?P<value>{NUMBER}))?"
    rf"\s+(?:from\s+(?P<from_s>{NUMBER})\s*s|below\s+(?P<below_m>{NUMBER})\s*m"
    rf"|in\s+(?P<phase>[\w-]+)|at\s+(?P<event>[\w-]+))"
    rf"(?:\s+for\s+(?P<for_s>{NUMBER})\s*s)?"
)
#: Faults of a flight, and units among them that are late: the kernel's room (ext/faults).
MOST = 16
MOST_LATE = 4
#: No flight is longer [s].
LONGEST_S = 1800.0
BEGINS = ("from_s", "below_m", "phase", "event")
WORDS = ("unit", "kind", "phase", "event")
_OWN_WORDS = ("from", "below", "in", "at", "for")
Event = Literal["cutoff", "separation", "contact"]


@dataclass(frozen=True, kw_only=True)
class Fault(Table):
    """A unit that fails, how, when, for how long and how much of it."""

    rules: ClassVar = ("known", "sized", "begun", "lasting")

    unit: Annotated[str, Doc("what fails: a unit, or unit.part; `farside faults` lists them")]
    kind: Annotated[str, Doc("how it fails; each unit has its kinds")]
    value: (
        Annotated[float, Doc("how much, in the unit of the kind", "the kind's default")] | None
    ) = None
    from_s: (
        Annotated[NonNegative, Doc("begins so long after powered-descent initiation")] | None
    ) = None
    below_m: Annotated[Positive, Doc("begins at the first time below this height")] | None = None
    phase: Annotated[str, Doc("begins with this row of the phase table")] | None = None
    event: (
        Annotated[
            Event,
            Doc(
                "begins with the command that stops the engine, the parting of the stages, or the "
                "first contact with the ground"
            ),
        ]
        | None
    ) = None
    for_s: (
        Annotated[float, Within(least=0.01), Doc("lasts so long: a tick or more", "to the end")]
        | None
    ) = None
    probability: Annotated[
        Share, Doc("that it happens in a flight; a campaign draws it", "it happens in each")
    ] = 1.0

    @property
    def unit_name(self) -> str:
        """The unit without its part."""
        return self.unit.partition(".")[0]

    @property
    def part(self) -> str:
        """The part of the unit; empty for all of it."""
        return self.unit.partition(".")[2]

    @property
    def begins(self) -> str:
        """How it begins: tick, below, phase or event."""
        if self.below_m is not None:
            return "below"
        return "phase" if self.phase else "event" if self.event else "tick"

    @property
    def size(self) -> float | None:
        """The value, or the kind's default; None where the kind takes none."""
        return UNITS[self.unit_name].default(self.kind) if self.value is None else self.value

    def known(self) -> Iterator[tuple[str, str]]:
        """Yield a unit, a part or a kind that there is not."""
        name, dot, part = self.unit.partition(".")
        if name not in UNITS:
            what = name or "unit without a name"
            yield "unit", f"there is no {what}{_meant(name, UNITS)}; {_list(UNITS)}"
            return
        unit = UNITS[name]
        named = bool(part) and ANY in unit.parts
        if dot and part not in unit.parts and not named:
            has = _list(unit.parts) if unit.parts else "it has no parts"
            # another number is no misspelling
            stem = part.rstrip("0123456789")
            numbered = any(stem == each.rstrip("0123456789") != each for each in unit.parts)
            meant = "" if numbered else _meant(part, unit.parts) or _meant(part, UNITS)
            yield "unit", f"{name} has no {part or 'part without a name'}{meant}; {has}"
        if self.kind not in unit.kinds:
            yield (
                "kind",
                f"{name} does not fail like {self.kind}{_meant(self.kind, unit.kinds)}; "
                f"{_list(unit.kinds)}",
            )

    def sized(self) -> Iterator[tuple[str, str]]:
        """Yield a value that the kind does not take, lacks, or that is out of its range."""
        unit, kind = self._found()
        if unit is None or kind is None:
            return
        if self.value is not None and not kind.sized:
            yield "value", f"{self.kind} takes no value; leave it out"
        elif kind.sized and self.size is None:
            yield "value", f"missing; {self.kind} needs one [{unit.unit_of(self.kind)}]"
        elif self.size is not None and not kind.least <= self.size <= kind.most:
            yield (
                "value",
                f"{self.size:g} must be at least {kind.least:g} and at most {kind.most:g}",
            )

    def begun(self) -> Iterator[tuple[str, str]]:
        """Yield no beginning, or more than one."""
        given = [name for name in BEGINS if getattr(self, name) is not None]
        if len(given) != 1:
            what = "missing" if not given else f"given beside {given[0]}"
            yield given[-1] if given else "from_s", f"{what}; give one of {', '.join(BEGINS)}"

    def lasting(self) -> Iterator[tuple[str, str]]:
        """Yield a restart that never ends."""
        if self.unit_name == "computer" and self.kind in ("restart", "reset") and not self.for_s:
            yield "for_s", f"missing; a {self.kind} needs how long the computer is away"

    def __str__(self) -> str:
        """Write the fault in one line, as `parse_fault` reads it."""
        words = [self.unit, self.kind]
        if self.value is not None:
            words.append(f"{self.value:.12g}")
        if self.from_s is not None:
            words.append(f"from {self.from_s:.12g} s")
        elif self.below_m is not None:
            words.append(f"below {self.below_m:.12g} m")
        else:
            words.append(f"in {self.phase}" if self.phase else f"at {self.event}")
        return " ".join(words) + (f" for {self.for_s:.12g} s" if self.for_s is not None else "")

    def _found(self) -> tuple[Unit | None, FaultKind | None]:
        """Return the unit and the kind where both are known."""
        unit = UNITS.get(self.unit_name)
        return unit, unit.kinds.get(self.kind) if unit else None


def parse_fault(text: str) -> Fault:
    """Read a fault from one line.

    Parameters
    ----------
    text : str
        UNIT[.PART] KIND [VALUE] (from N s | below N m | in PHASE | at EVENT) [for N s].

    Returns
    -------
    Fault

    Raises
    ------
    MissionError
        In one line: a text of another form, an unknown unit or kind, a value out of its range.

    Examples
    --------
    >>> parse_fault("velocimeter.beam1 zero from 700 s").unit
    'velocimeter.beam1'
    >>> parse_fault("engine weak 0.95 below 2000 m for 5 s").size
    0.95
    """
    found = TEXT.fullmatch(text.strip())
    if not found:
        raise MissionError(f"fault {text!r}: {_misspelt(text)}write {FORM}")
    given: dict[str, str | float] = {}
    for name, word in found.groupdict().items():
        if word is not None:
            given[name] = word if name in WORDS else float(word)
    numbers = [x for x in given.values() if isinstance(x, float)]
    if not all(math.isfinite(x) for x in numbers):
        raise MissionError(f"fault {text!r}: a number is too large")
    try:
        return read_table(Fault, given, FieldPath(f"fault {text!r}"))
    except MissionError as why:
        # `farside mission check` would list what else is wrong of a file, not of a line.
        raise MissionError(why.faults[0]) from None


def _misspelt(text: str) -> str:
    """Return which word of a line in no form stands where one of the form's own was meant."""
    for word in text.split()[2:]:
        if word in _OWN_WORDS or word in ("s", "m") or not word.isalpha():
            continue
        meant = near(word, _OWN_WORDS)
        if meant:
            return f"{word[:32]}: did you mean {meant}?; "
    return ""


def fault_faults(mission: Mission) -> Iterator[tuple[str, str]]:
    """Yield faults that can never happen in a mission: a phase or a unit that it does not have.

    Yields
    ------
    key, text : str
        The key at fault, and what is wrong with it.
    """
    phases = [row.name for row in mission.phases]
    yield from _too_many(mission.faults)
    for number, fault in enumerate(mission.faults, start=1):
        place = f"faults[{number}]"
        if fault.from_s is not None and fault.from_s >= LONGEST_S:
            yield (
                f"{place}.from_s",
                f"{fault.from_s:g} is after the longest flight, {LONGEST_S:g} s",
            )
        if fault.phase is not None and fault.phase not in phases:
            yield f"{place}.phase", f"there is no phase {fault.phase}{_meant(fault.phase, phases)}"
        if fault.below_m is not None and fault.below_m >= mission.start_altitude_m:
            yield (
                f"{place}.below_m",
                f"{fault.below_m:g} is above the start of the descent, "
                f"{mission.start_altitude_m:g}; give from_s",
            )
        if fault.event == "separation" and mission.vehicle.ascent is None:
            yield f"{place}.event", "the mission has no ascent stage that parts"
        if fault.unit_name == "lidar" and mission.sensors.lidar is None:
            yield f"{place}.unit", "the mission has no lidar that could fail"
        if fault.unit_name == "camera":
            yield from ((f"{place}.unit", text) for text in _no_such_camera(mission, fault))
        if fault.unit_name in ("leg", "contact") and fault.part:
            leg = int(fault.part.removeprefix("leg"))
            if leg > mission.vehicle.legs.count:
                yield f"{place}.unit", f"the lander has {mission.vehicle.legs.count} legs"


def _no_such_camera(mission: Mission, fault: Fault) -> Iterator[str]:
    """Yield what is wrong with a fault of a camera that is not carried."""
    names = [camera.name for camera in mission.sensors.camera]
    if not names:
        yield "the mission has no camera that could fail"
    elif fault.part and fault.part not in names:
        yield f"there is no camera {fault.part}{_meant(fault.part, names)}; {_list(names)}"


def _too_many(faults: Sequence[Fault]) -> Iterator[tuple[str, str]]:
    """Yield more faults than a flight has room for."""
    if len(faults) > MOST:
        yield f"faults[{MOST + 1}]", f"{len(faults)} faults; a flight has {MOST} at most"
    late = [number for number, fault in enumerate(faults, start=1) if fault.kind == "late"]
    if len(late) > MOST_LATE:
        yield (
            f"faults[{late[MOST_LATE]}].kind",
            f"{len(late)} late units; a flight has {MOST_LATE} at most",
        )


def fault_of(given: Fault | str) -> Fault:
    """Return a fault that is given as one or as a line of text.

    Raises
    ------
    MissionError
        As `parse_fault`.
    TypeError
        For anything else.
    """
    if isinstance(given, Fault):
        # One that was made of values has passed no rule yet.
        held = {key: value for key, value in vars(given).items() if value is not None}
        return read_table(Fault, held, FieldPath("fault"))
    if not isinstance(given, str):
        raise TypeError(f"{given!r} is no fault: give a Fault or a line of text, {FORM}")
    return parse_fault(given)


def with_faults(mission: Mission, faults: Iterable[Fault | str] | None) -> Mission:
    """Return a mission with more faults behind its own.

    Parameters
    ----------
    mission : Mission
    faults : iterable of Fault or str, optional
        None adds nothing. Lines are
        `UNIT[.PART] KIND [VALUE] (from N s | below N m | in PHASE | at EVENT) [for N s]`.

    Raises
    ------
    MissionError
        For a line that cannot be read, or a fault that can never happen in this mission.
    TypeError
        For what is neither a fault nor a line.

    Examples
    --------
    >>> from farside.mission import load_mission
    >>> failed = with_faults(load_mission("chang-e-6"), ["altimeter bias 50 from 600 s"])
    >>> [str(fault) for fault in failed.faults]
    ['altimeter bias 50 from 600 s']
    """
    if isinstance(faults, str):
        raise TypeError(f"{faults!r}: give a list of faults, not one line")
    more = tuple(fault_of(each) for each in faults or ())
    if not more:
        return mission
    failed = replace(mission, faults=(*mission.faults, *more))
    wrong = [f"{key}: {text}" for key, text in fault_faults(failed)]
    if wrong:
        raise MissionError(f"{mission.name}: {wrong[0]}")
    return failed


def _meant(word: str, known: Iterable[str]) -> str:
    """Return what was meant, where that is near."""
    found = near(word, list(known))
    return f"; did you mean {found}?" if found else ""


def _list(names: Iterable[str]) -> str:
    """Write names in a row."""
    return "choose " + ", ".join(names)
