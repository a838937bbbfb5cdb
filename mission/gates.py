"""Gates: moments of a descent that were published, for a flight to be held against."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from farside.mission.bounds import Doc, NonNegative, Positive, Slug, Title, Within
from farside.mission.reader import Table


@dataclass(frozen=True, kw_only=True)
class Gate(Table):
    """A moment with what was published of it; altitudes are above the site's radius.

    It is where a phase begins, where the lander first comes below an altitude, or where an engine
    that braked at full thrust is throttled again.
    """

    rules: ClassVar = ("moment",)

    name: Annotated[Title, Doc("what it is called")]
    source: Annotated[Title, Doc("where it was published")]
    phase: Annotated[Slug, Doc("the moment is where this phase begins")] | None = None
    below_m: Annotated[Positive, Doc("or first below this altitude")] | None = None
    recovery: Annotated[bool, Doc("or where the engine leaves full thrust")] = False
    secondary: Annotated[bool, Doc("the source quotes another that was not read")] = False
    published_s: Annotated[NonNegative, Doc("since powered-descent initiation")] | None = None
    published_altitude_m: Annotated[NonNegative, Doc("altitude")] | None = None
    published_vertical_mps: (
        Annotated[float, Within(above=-1e4, below=1e4), Doc("vertical speed, up")] | None
    ) = None
    published_speed_mps: Annotated[NonNegative, Doc("the whole of the speed")] | None = None

    def moment(self) -> Iterator[tuple[str, str]]:
        """Yield a moment that is given twice or not at all."""
        if (self.phase is not None) + (self.below_m is not None) + self.recovery != 1:
            yield "phase", "a gate is one of phase, below_m and recovery = true; give one of them"


def gate_faults(gates: Sequence[Gate], phases: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield (key, fault) for what a gate cannot see of the phase table."""
    for gate in gates:
        if gate.phase is not None and gate.phase not in phases:
            yield f"gates[{gate.name}].phase", f"no phase {gate.phase}; name one of the table"
