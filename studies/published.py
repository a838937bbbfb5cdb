"""A published value beside ours: the record of a row, and the line of a page that shows it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

#: Ids of sources that quote another; a line with one of them is marked.
QUOTED = ("PRESS6", "SUN4", "A11PHYS", "LD6", "ADDA3", "ARC3", "ARS25")


class Kind(StrEnum):
    """What an agreement is worth."""

    PREDICTED = "predicted"
    REPRODUCED = "reproduced"
    FITTED = "fitted"
    INPUT = "input"


#: The subjects of rows, by the first part of their keys.
SUBJECTS = {
    "sky": "Sun and Earth",
    "orbit": "Orbit",
    "optimum": "Optimum",
    "chang-e-6": "Chang'e 6",
    "chang-e-4": "Chang'e 4",
    "apollo-11": "Apollo 11",
    "apollo-12": "Apollo 12",
    "apollo-15": "Apollo 15",
    "chang-e-3": "Chang'e 3",
    "chang-e-5": "Chang'e 5",
    "chandrayaan-3": "Chandrayaan-3",
    "blue-ghost-m1": "Blue Ghost M1",
    "im-1": "IM-1",
    "im-2": "IM-2",
    "slim": "SLIM",
    "luna-25": "Luna 25",
    "beresheet": "Beresheet",
    "hakuto-r": "Hakuto-R M1",
    "surveyor-1": "Surveyor 1",
}


@dataclass(frozen=True)
class Record:
    """One row as data: everything but our value.

    `published` is a value or an interval; None where it is worked out with ours. `within` is what
    ours may differ from it by, `percent` the same as a share of it, `band` the limits themselves.
    """

    key: str  # subject.name; our value is found by it
    what: str
    unit: str
    published: float | tuple[float, float] | None
    kind: Kind
    source: str  # ids of docs/sources.md, and how they were read
    reason: str  # of the tolerance
    by: str = ""  # fitted or input: the key of the mission file, or the rule
    within: float | None = None
    percent: float | None = None
    band: tuple[float, float] | None = None
    digits: int = 1

    @property
    def subject(self) -> str:
        """What the row speaks of."""
        return SUBJECTS[self.key.partition(".")[0]]


@dataclass(frozen=True)
class Value:
    """A row with our value."""

    record: Record
    ours: float
    published: tuple[float, float]  # the ends of the interval; equal for a single value

    @property
    def limits(self) -> tuple[float, float]:
        """What ours may be."""
        record, (low, high) = self.record, self.published
        if record.band is not None:
            return record.band
        if record.within is not None:
            return low - record.within, high + record.within
        assert record.percent is not None
        share = 0.01 * record.percent
        return low - share * abs(low), high + share * abs(high)

    @property
    def holds(self) -> bool:
        """Whether ours lies inside the tolerance."""
        low, high = self.limits
        return low <= self.ours <= high

    @property
    def difference(self) -> float:
        """Ours less the published value; of an interval, less its nearer end, 0 inside."""
        low, high = self.published
        return self.ours - min(max(self.ours, low), high)

    def cells(self) -> tuple[str, ...]:
        """Return subject, what, published, ours, difference, allowed."""
        record, (low, high) = self.record, self.published
        shown = self._text(low) if low == high else f"{self._text(low)} to {self._text(high)}"
        ours = self._text(self.ours) + ("" if self.holds else " **outside**")
        return (
            record.subject,
            f"{record.what} [{record.unit}]",
            shown,
            ours,
            self._off(),
            self._allowed(),
        )

    def _text(self, value: float) -> str:
        return format(value, f".{self.record.digits}f")

    def _off(self) -> str:
        """Write the difference, in per cent besides where it is worth a thought."""
        low, high = self.published
        off = format(self.difference, f"+.{self.record.digits}f")
        if float(off) == 0.0:
            return "0" if low == high else "0 (inside)"
        near = low if self.ours < low else high
        share = f"{100.0 * self.difference / abs(near):+.0f} %" if near else ""
        worth = share and abs(self.difference) >= 0.02 * abs(near)
        return f"{off} ({share})" if worth else off

    def _allowed(self) -> str:
        low, high = self.limits
        if math.isinf(low):
            return f"at most {self._text(high)}"
        if math.isinf(high):
            return f"at least {self._text(low)}"
        return f"{self._text(low)} to {self._text(high)}"


def marked(source: str) -> str:
    """Return a source with the ids marked that quote another one."""
    for name in QUOTED:
        if "secondary" not in source:
            source = source.replace(name, f"{name} (secondary)")
    return source


def paired(
    records: tuple[Record, ...], ours: dict[str, float | tuple[float, float]]
) -> list[Value]:
    """Put our values beside their records; one that is missing or too many is an error.

    Parameters
    ----------
    records : tuple of Record
    ours : dict
        Our value by key, or (ours, published) where the record has none.
    """
    keys = [record.key for record in records]
    if sorted(keys) != sorted(ours):
        odd = sorted(set(keys) ^ set(ours)) or [key for key in set(keys) if keys.count(key) > 1]
        raise KeyError(f"rows and values do not match: {', '.join(odd)}")
    found = []
    for record in records:
        value, published = ours[record.key], record.published
        if isinstance(value, tuple):
            value, published = value
        assert published is not None
        ends = published if isinstance(published, tuple) else (published, published)
        found.append(Value(record, float(value), ends))
    return found
