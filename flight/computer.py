"""What the flight computer and the thrusters went through, as the flight side saw it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from farside.ext.common._records import TICK_HZ, TICK_S

if TYPE_CHECKING:
    from farside.flight.wiring import Flight

#: What is left out, by the level in the telemetry's column `shed`; each level has those before it.
SHED = ("nothing", "constrained plans", "half of the solutions", "all plans")
#: Couples of thrusters, by the bits of the column `couples`.
COUPLES = ("x_plus", "x_minus", "y_plus", "y_minus", "z_plus", "z_minus")
#: A bit of that column.
LOST, STUCK = 64, 128


@dataclass(frozen=True)
class Aboard:
    """What guidance noticed of its own computer, and of the attitude thrusters."""

    late_ticks: int  # that guidance missed
    shed_s: tuple[float, float, float]  # time at each level of work left out, from 1 on
    resumed_s: float | None  # of the last reset that was resumed from a checkpoint
    checkpoint_age_s: float | None  # of that checkpoint
    couples: tuple[str, ...]  # that were found to have failed
    couples_s: float | None  # when the first was found

    @property
    def lines(self) -> tuple[str, ...]:
        """A line each for the computer and the thrusters, where there is something to say."""
        said = []
        if self.late_ticks:
            out = [
                f"{name} for {s:.1f} s" for name, s in zip(SHED[1:], self.shed_s, strict=True) if s
            ]
            said.append(
                f"Computer: {self.late_ticks} ticks late; left out: {', '.join(out) or SHED[0]}."
            )
        if self.resumed_s is not None:
            said.append(
                f"Computer: reset, resumed at {self.resumed_s:.2f} s from a checkpoint "
                f"{self.checkpoint_age_s:.2f} s old."
            )
        if self.couples:
            said.append(
                f"Thrusters: {', '.join(self.couples)} found failed, the first at "
                f"{self.couples_s:.1f} s."
            )
        return tuple(said)


def aboard(flight: Flight) -> Aboard:
    """Return what guidance noticed in a flight.

    Parameters
    ----------
    flight : Flight
        One that has ended.
    """
    late, reset = flight.loop.computer
    rows = flight.flown
    shed = np.bincount(rows["shed"], minlength=len(SHED))[1:]
    found = np.flatnonzero(rows["couples"])
    return Aboard(
        late_ticks=int(late),
        shed_s=(shed[0] * TICK_S, shed[1] * TICK_S, shed[2] * TICK_S),
        resumed_s=None if reset is None else reset[0] / TICK_HZ,
        checkpoint_age_s=None if reset is None else reset[1] / TICK_HZ,
        couples=failed_couples(rows["couples"]),
        couples_s=rows["tick"][found[0]] * TICK_S if found.size else None,
    )


def failed_couples(column: NDArray[np.uint8]) -> tuple[str, ...]:
    """Return the couples that a column of telemetry names, at any time."""
    bits = int(np.bitwise_or.reduce(column)) if column.size else 0
    return tuple(name for i, name in enumerate(COUPLES) if bits >> i & 1)
