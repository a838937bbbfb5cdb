"""Targets that are moved in flight by others than the lander: a crew, or the ground."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from farside.mission.bounds import Doc, Positive, Slug, Title, Within
from farside.mission.reader import Table

MOST = 50

_Moved = Annotated[float, Within(least=-1e5, most=1e5)]
_Time = Annotated[float, Within(least=0.0, most=36000.0)]


@dataclass(frozen=True, kw_only=True)
class Redesignation(Table):
    """A moment at which the touchdown target is moved, and by how much, over level ground.

    As a crew does with a hand controller or the ground with an uplink; a move counts from where the
    target then is. It is flown in nominal flights, too.
    """

    rules: ClassVar = ("moment", "moved")

    source: Annotated[Title, Doc("who moved it, and where that was published")]
    phase: Annotated[Slug, Doc("the moment is in this phase")] | None = None
    after_s: Annotated[_Time, Doc("so long after the phase began", "as it begins")] = 0.0
    at_s: Annotated[_Time, Doc("or so long after initiation")] | None = None
    below_m: Annotated[Positive, Doc("or first below this altitude, as estimated")] | None = None
    along_m: Annotated[_Moved, Doc("along orbit.arrival_azimuth_deg; short is negative")] = 0.0
    right_m: Annotated[_Moved, Doc("to the right of it; left is negative")] = 0.0

    def moment(self) -> Iterator[tuple[str, str]]:
        """Yield a moment that is given twice or not at all."""
        given = [each is not None for each in (self.phase, self.at_s, self.below_m)]
        if sum(given) != 1:
            yield "phase", "one moment, by phase, at_s or below_m; give one of them"
        if self.after_s > 0.0 and self.phase is None:
            yield "after_s", "after what? it needs phase"

    def moved(self) -> Iterator[tuple[str, str]]:
        """Yield a move to where the target is."""
        if self.along_m == 0.0 and self.right_m == 0.0:
            yield "along_m", "moves nothing; give along_m or right_m"


def redesignation_faults(
    moves: Sequence[Redesignation], phases: Sequence[str]
) -> Iterator[tuple[str, str]]:
    """Yield (key, fault) for moments that the phase table does not have."""
    if len(moves) > MOST:
        yield "redesignations", f"{len(moves)} rows; at most {MOST}"
    for i, move in enumerate(moves):
        if move.phase is not None and move.phase not in phases:
            yield f"redesignations[{i}].phase", f"no phase {move.phase}; name one of the table"
