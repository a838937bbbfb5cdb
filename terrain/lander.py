"""What of a lander meets the ground: its footprint, legs and pads."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from farside.mission import Mission


@dataclass(frozen=True)
class LanderFootprint:
    """A rigid lander on equal legs, their pads evenly round a circle.

    Pad i at heading k stands span_m / 2 from the middle, at the angle s (k / headings + i) from
    east towards north, s = 2 pi / legs being the legs' symmetry: a heading is its first pad's.
    """

    footprint_m: float
    """Diameter of the disc that must be clear under the lander [m]."""
    legs: int
    """3 to 8."""
    span_m: float
    """Across opposite pad centres; twice the radius of the circle [m]."""
    pad_m: float
    """Diameter of a pad [m]."""
    belly_clearance_m: float
    """From the plane of the pads up to the lowest part of the body [m]."""
    headings: int = 72
    """Tried over the legs' symmetry."""

    def __post_init__(self) -> None:
        """Check the numbers."""
        if not 3 <= self.legs <= 8:
            raise ValueError(f"a lander on {self.legs} legs: give 3 to 8")
        if not 1 <= self.headings <= 360:
            raise ValueError(f"{self.headings} headings: give 1 to 360")
        if not 0.0 < self.pad_m < self.span_m < math.inf:
            raise ValueError(
                f"pads of {self.pad_m} m on a span of {self.span_m} m: give a span above the pads'"
            )
        if not self.span_m <= self.footprint_m < math.inf:
            raise ValueError(
                f"a footprint of {self.footprint_m} m does not hold legs of {self.span_m} m across"
            )
        if not 0.0 <= self.belly_clearance_m < math.inf:
            raise ValueError(f"a belly {self.belly_clearance_m} m up: give 0 or more")

    @classmethod
    def of(cls, mission: Mission) -> LanderFootprint:
        """Take the lander of a mission."""
        legs = mission.vehicle.legs
        return cls(
            mission.hazards.footprint_m, legs.count, legs.span_m, legs.pad_m, legs.belly_clearance_m
        )

    def heading_deg(self, index: int) -> float:
        """Give the angle of a heading's first pad, from east towards north [deg]."""
        return 360.0 / self.legs * index / self.headings

    def sensitivity(self) -> tuple[float, float]:
        """Give how much errors of at most 1 m in every height can tilt a stand, and raise ground.

        A resting plane that touches three pads is c + g . p with (c, g) the inverse of their places
        times their heights, so that with every height off by e or less

            |dg| <= tilt e,   and the ground above the plane under the rim is off by at most lift e,

        the norms being the greatest over all triples that can carry the middle
        (docs/decisions/008). Pads are within a cell of their places, for which 5 % is added.

        Returns
        -------
        tilt [1/m], lift [1].
        """
        tilt = lift = 0.0
        angle = [2.0 * math.pi * i / self.legs for i in range(self.legs)]
        places = [(0.5 * self.span_m * math.cos(a), 0.5 * self.span_m * math.sin(a)) for a in angle]
        for triple in itertools.combinations(range(self.legs), 3):
            gaps = [
                (b - a) % self.legs for a, b in zip(triple, triple[1:] + triple[:1], strict=True)
            ]
            if 2 * max(gaps) > self.legs:
                continue  # the middle is outside
            rows = _gradients([places[i] for i in triple])
            for signs in itertools.product((-1.0, 1.0), repeat=3):
                x, y = (sum(s * r[k] for s, r in zip(signs, rows, strict=True)) for k in (0, 1))
                c = abs(sum(signs)) / 3.0
                tilt = max(tilt, math.hypot(x, y))
                lift = max(lift, 1.0 + max(c, 1.0) + 0.5 * self.footprint_m * math.hypot(x, y))
        return 1.05 * tilt, 1.05 * lift


def _gradients(corners: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Gradient of the plane through three points for a unit of height at each."""
    (ax, ay), (bx, by), (cx, cy) = corners
    area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
    return [
        ((by - cy) / area, (cx - bx) / area),
        ((cy - ay) / area, (ax - cx) / area),
        ((ay - by) / area, (bx - ax) / area),
    ]
