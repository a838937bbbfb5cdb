"""A distribution about nominal, as a mission file gives it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from farside.mission.bounds import Doc, NonNegative, Positive
from farside.mission.reader import FieldSpec, Table


@dataclass(frozen=True, kw_only=True)
class Spread(Table):
    """A distribution about nominal, in the unit of its key. A bare number is a normal's 3 sigma."""

    shorthand: ClassVar[str] = "three_sigma"
    selectors: ClassVar = {
        "distribution": {
            "normal": FieldSpec(needs=("three_sigma",)),
            "truncated": FieldSpec(needs=("three_sigma", "limit")),
            "uniform": FieldSpec(needs=("half_width",)),
            "triangular": FieldSpec(needs=("half_width",)),
        }
    }

    rules: ClassVar = ("ends",)

    distribution: Annotated[
        Literal["normal", "truncated", "uniform", "triangular"], Doc("of the draws")
    ] = "normal"
    three_sigma: Annotated[NonNegative, Doc("three standard deviations")] | None = None
    limit: Annotated[Positive, Doc("a truncated normal's ends, to either side")] | None = None
    half_width: Annotated[NonNegative, Doc("the ends, to either side")] | None = None
    offset: Annotated[float, Doc("of the middle from nominal")] = 0.0

    def ends(self) -> Iterator[tuple[str, str]]:
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
