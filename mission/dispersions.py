"""How far a flight strays from nominal: one named distribution for each kind of error."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

from farside.mission.bounds import NonNegative, Positive
from farside.mission.reader import Table, Takes

#: A share in per cent may stray so far before a draw six sigma out would turn its sign [%].
PERCENT_MOST = 45.0


@dataclass(frozen=True, kw_only=True)
class Spread(Table):
    """A distribution about nominal, in the unit of its key. A bare number is a normal's 3 sigma."""

    shorthand: ClassVar[str] = "three_sigma"
    selectors: ClassVar = {
        "distribution": {
            "normal": Takes(needs=("three_sigma",)),
            "truncated": Takes(needs=("three_sigma", "limit")),
            "uniform": Takes(needs=("half_width",)),
            "triangular": Takes(needs=("half_width",)),
        }
    }

    distribution: Literal["normal", "truncated", "uniform", "triangular"] = "normal"
    three_sigma: NonNegative | None = None
    limit: Positive | None = None  # a truncated normal's ends, to either side
    half_width: NonNegative | None = None
    offset: float = 0.0  # of the middle from nominal

    def faults(self) -> Iterator[tuple[str, str]]:
        """Yield ends that cut most of the draws away."""
        if self.distribution == "truncated" and self.limit and self.three_sigma:
            if self.limit < 0.1 * self.three_sigma:
                yield (
                    "limit",
                    f"{self.limit:g} is below a tenth of three_sigma, {self.three_sigma:g}: "
                    'that is nearly uniform; give distribution = "uniform"',
                )

    @property
    def reach(self) -> float:
        """What nearly every draw stays within, either side of nominal: 3 sigma, or the ends."""
        wide = self.half_width if self.half_width is not None else self.three_sigma
        assert wide is not None
        if self.limit is not None:
            wide = min(wide, self.limit)
        return wide + abs(self.offset)

    @property
    def sigma(self) -> float:
        """Standard deviation; of a truncated normal that of the whole one."""
        if self.half_width is not None:
            return self.half_width / math.sqrt(3.0 if self.distribution == "uniform" else 6.0)
        assert self.three_sigma is not None
        return self.three_sigma / 3.0


NOTHING = Spread(three_sigma=0.0)


@dataclass(frozen=True, kw_only=True)
class Dispersions(Table):
    """What strays, per axis where there are axes. Sensors' constant errors are in `sensors`."""

    position_m: Spread
    velocity_mps: Spread
    knowledge_position_m: Spread
    knowledge_velocity_mps: Spread
    mass_percent: Spread
    thrust_percent: Spread
    isp_percent: Spread
    com_offset_m: Spread = NOTHING  # off the thrust axis, body x and y
    com_height_m: Spread = NOTHING
    inertia_percent: Spread = NOTHING  # of each principal moment
    lag_percent: Spread = NOTHING  # of the engine's time constant
    ignition_delay_s: Spread = NOTHING
    relay_node_deg: Spread = NOTHING  # right ascension of the relay's ascending node
    relay_phase_deg: Spread = NOTHING  # mean anomaly at initiation
    terrain: Literal["drawn", "fixed"] = "drawn"  # the synthetic ground of each run, or of run 0

    def faults(self) -> Iterator[tuple[str, str]]:
        """Yield shares that a draw could take below nothing."""
        for key in ("mass", "thrust", "isp", "inertia", "lag"):
            reach = getattr(self, f"{key}_percent").reach
            if reach > PERCENT_MOST:
                yield f"{key}_percent", f"{reach:g} must be at most {PERCENT_MOST:g}; lower it"
