"""Gates: moments of a descent that were published, for a flight to be held against."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated

from farside.mission.bounds import NonNegative, Positive, Slug, Title, Within
from farside.mission.reader import Table


@dataclass(frozen=True, kw_only=True)
class Gate(Table):
    """A moment with what was published of it; altitudes are above the site's radius.

    It is where a phase begins, where the lander first comes below an altitude, or where an engine
    that braked at full thrust is throttled again.
    """

    name: Title
    source: Title
    phase: Slug | None = None
    below_m: Positive | None = None
    recovery: bool = False
    secondary: bool = False  # the source quotes another that was not read
    published_s: NonNegative | None = None  # since powered-descent initiation
    published_altitude_m: NonNegative | None = None
    published_vertical_mps: Annotated[float, Within(above=-1e4, below=1e4)] | None = None
    published_speed_mps: NonNegative | None = None  # the whole of it

    def faults(self) -> Iterator[tuple[str, str]]:
        """Yield a moment that is given twice or not at all."""
        if (self.phase is not None) + (self.below_m is not None) + self.recovery != 1:
            yield "phase", "a gate is one of phase, below_m and recovery = true; give one of them"


def gate_faults(gates: Sequence[Gate], phases: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield (key, fault) for what a gate cannot see of the phase table."""
    for gate in gates:
        if gate.phase is not None and gate.phase not in phases:
            yield f"gates[{gate.name}].phase", f"no phase {gate.phase}; name one of the table"
