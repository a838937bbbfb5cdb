"""What of a lander meets the ground: its footprint, legs and pads."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from farside.ext.common.errors import FarsideError
from farside.mission import FlightConfig
from farside.terrain.touchdown import RIGID, Rest, predict_rest

if TYPE_CHECKING:
    from farside.mission import Mission


@dataclass(frozen=True)
class LanderFootprint:
    """A lander on equal legs, their pads evenly round a circle.

    Pad i at heading k stands span_m / 2 from the middle, at the angle s (k / headings + i) from
    east towards north, s = 2 pi / legs being the legs' symmetry: a heading is its first pad's.

    Attributes
    ----------
    footprint_m : float
        Diameter of the disc that must be clear under the lander [m].
    legs : int
        3 to 8.
    span_m : float
        Across opposite pad centres; twice the radius of the circle [m].
    pad_m : float
        Diameter of a pad [m].
    belly_clearance_m : float
        From the plane of the pads up to the lowest part of the body, legs uncrushed [m].
    headings : int
        Tried over the legs' symmetry.
    rest : Rest
        What crush and sinkage do to the stand; by default the lander is rigid.

    Examples
    --------
    >>> from farside.mission import load_mission
    >>> from farside.terrain import LanderFootprint
    >>> mission = load_mission("chang-e-6")
    >>> lander = LanderFootprint.of(mission)
    >>> lander.legs, lander.span_m, lander.belly_left_m
    (4, 4.8, 0.45)
    >>> lander.heading_deg(18)  # of 72 over the 90 deg that four legs repeat after
    22.5
    >>> round(LanderFootprint.landed(mission).belly_left_m, 2)  # its legs crushed, its pads sunk
    0.24
    """

    footprint_m: float
    legs: int
    span_m: float
    pad_m: float
    belly_clearance_m: float
    headings: int = 72
    rest: Rest = RIGID

    def __post_init__(self) -> None:
        """Check the numbers."""
        if not 3 <= self.legs <= 8:
            raise FarsideError(f"a lander on {self.legs} legs: give 3 to 8")
        if not 1 <= self.headings <= 360:
            raise FarsideError(f"{self.headings} headings: give 1 to 360")
        if not 0.0 < self.pad_m < self.span_m < math.inf:
            raise FarsideError(
                f"pads of {self.pad_m} m on a span of {self.span_m} m: give a span above the pads'"
            )
        if not self.span_m <= self.footprint_m < math.inf:
            raise FarsideError(
                f"a footprint of {self.footprint_m} m does not hold legs of {self.span_m} m across"
            )
        if not 0.0 <= self.belly_clearance_m < math.inf:
            raise FarsideError(f"a belly {self.belly_clearance_m} m up: give 0 or more")

    @classmethod
    def of(cls, mission: FlightConfig | Mission) -> LanderFootprint:
        """Take the lander of a mission, rigid: what ground alone decides."""
        legs = mission.vehicle.legs
        return cls(
            mission.hazards.footprint_m, legs.count, legs.span_m, legs.pad_m, legs.belly_clearance_m
        )

    @classmethod
    def landed(cls, mission: FlightConfig | Mission) -> LanderFootprint:
        """Take the lander of a mission as its touchdown leaves it: tilted, its belly lowered."""
        return replace(cls.of(mission), rest=predict_rest(FlightConfig.of(mission)))

    @property
    def belly_left_m(self) -> float:
        """Mean belly clearance after the touchdown [m]."""
        return max(self.belly_clearance_m - self.rest.lowering_m, 0.0)

    def azimuth_deg(self, pad_deg: float, usual_deg: float) -> float:
        """Return the azimuth of body x that puts the pads where a heading has them.

        Pads stand half their spacing off body x. Of the azimuths that the legs' symmetry makes
        alike it is the nearest to the usual one.

        Parameters
        ----------
        pad_deg : float
            The heading: the angle of a pad, from east towards north.
        usual_deg : float
            Azimuth of body x where nothing speaks for another, east of north.

        Returns
        -------
        float
            East of north [deg].

        Examples
        --------
        >>> from farside.terrain import LanderFootprint
        >>> LanderFootprint(5.0, 4, 4.8, 0.4, 0.45).azimuth_deg(40.0, 90.0)
        95.0
        """
        spacing = 360.0 / self.legs
        azimuth = 90.0 - (pad_deg - 0.5 * spacing)
        return usual_deg + (azimuth - usual_deg + 0.5 * spacing) % spacing - 0.5 * spacing

    def heading_deg(self, index: int) -> float:
        """Return the angle of a heading's first pad.

        Parameters
        ----------
        index : int
            Of the heading, from 0.

        Returns
        -------
        float
            From east towards north [deg].
        """
        return 360.0 / self.legs * index / self.headings
