"""When the faults of a flight began and ended, for the marks on time axes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from farside.ext.common._records import TICK_S
from farside.flight.landing import Landing
from farside.report.colours import LIMIT

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DOTTED = (0, (1, 1.5))


@dataclass(frozen=True)
class FaultSpan:
    """A fault that began in a flight, its line of text, and its time."""

    text: str
    start_s: float  # since powered-descent initiation
    end_s: float  # the flight's end where it lasted to it
    ended: bool

    @property
    def marks_s(self) -> tuple[float, ...]:
        """Its beginning, and its end if it had one in the flight."""
        return (self.start_s, self.end_s) if self.ended else (self.start_s,)


def fault_spans(landing: Landing) -> list[FaultSpan]:
    """Return the faults that began in a flight, in the order of the mission."""
    end_s = len(landing.telemetry) * TICK_S
    return [
        FaultSpan(
            fault.fault,
            fault.began_s,
            end_s if fault.ended_s is None else fault.ended_s,
            fault.ended_s is not None,
        )
        for fault in landing.faults
        if fault.began_s is not None
    ]


def mark_faults(axes: Axes, spans: list[FaultSpan]) -> None:
    """Draw a dotted line where each fault began, and where it ended before the flight did."""
    low, high = axes.get_xlim()
    for span in spans:
        for t_s in span.marks_s:
            if low <= t_s <= high:
                axes.axvline(t_s, color=LIMIT, linewidth=0.9, linestyle=DOTTED)
