"""A published value beside ours, and the line of a page that shows both."""

from __future__ import annotations

import math
from dataclasses import dataclass

#: Ids of sources that quote another; a line with one of them is marked.
QUOTED = ("PRESS6", "SUN4", "A11PHYS")

PREDICTED = "predicted"


@dataclass(frozen=True)
class Value:
    """One line: a published value and ours; `low` and `high` bound what ours may be."""

    what: str
    unit: str
    published: str
    ours: float
    low: float
    high: float
    source: str
    digits: int = 1
    kind: str = PREDICTED

    @property
    def holds(self) -> bool:
        """Whether ours lies inside the tolerance."""
        return self.low <= self.ours <= self.high

    def line(self) -> str:
        """Return the line of the table."""
        low, high = (format(bound, f".{self.digits}f") for bound in (self.low, self.high))
        if math.isinf(self.low):
            allowed = f"at most {high}"
        elif math.isinf(self.high):
            allowed = f"at least {low}"
        else:
            allowed = f"{low} to {high}"
        ours = format(self.ours, f".{self.digits}f")
        mark = "" if self.holds else " **outside**"
        source = self.source
        for name in QUOTED:
            if "secondary" not in source:
                source = source.replace(name, f"{name} (secondary)")
        what = f"{self.what} [{self.unit}]"
        cells = (what, self.published, ours + mark, allowed, self.kind, source)
        return f"| {' | '.join(cells)} |"


def about(
    what: str, unit: str, published: float, ours: float, within: float, source: str, digits: int = 1
) -> Value:
    """Return a value that may differ from the published one by `within`."""
    shown = format(published, f".{digits}f")
    return Value(what, unit, shown, ours, published - within, published + within, source, digits)


def at_most(what: str, unit: str, limit: float, ours: float, source: str, digits: int = 2) -> Value:
    """Return a value that may be anything up to a limit."""
    return Value(what, unit, f"< {limit:g}", ours, -math.inf, limit, source, digits)
