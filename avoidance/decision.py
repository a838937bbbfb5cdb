"""What hazard avoidance reads of the navigation estimate, and the decision that it returns."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from farside.ext.common.errors import FarsideError

if TYPE_CHECKING:
    from farside.terrain import LandingSite

Place = tuple[float, float, float]
Vector = Sequence[float] | NDArray[np.float64]


class Estimate(Protocol):
    """The part of a navigation estimate that hazard avoidance reads; any object that has it.

    Examples
    --------
    >>> from farside.avoidance import HazardAvoidance
    >>> from farside.guidance import Estimate  # it has the three fields, as any object may
    >>> from farside.mission import load_mission
    >>> hover = Estimate((3.0, -2.0, 101.0), (0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0), 1900.0)
    >>> HazardAvoidance(load_mission("chang-e-6")).step(hover, points=[]).land_here
    (3.0, -2.0, 0.0)
    """

    @property
    def r_site(self) -> Vector:
        """Centre of mass: east, north, up of the site [m, site axes]."""

    @property
    def v_site(self) -> Vector:
        """Its velocity relative to the Moon [m/s, site axes]."""

    @property
    def mass_kg(self) -> float:
        """Mass, propellant included [kg]."""


@dataclass(frozen=True)
class HoverEstimate:
    """An `Estimate` of three fields, and of the ground beneath where other sensors know it.

    Attributes
    ----------
    r_site : tuple of three floats
        Centre of mass [m].
    v_site : tuple of three floats
        Its velocity relative to the turning Moon [m/s].
    mass_kg : float
        Mass now, propellant included [kg].
    ground_m : float
        Height of the ground beneath, by altimeter and map without the lidar [m, up of the site]:
        a scan whose ground lies far higher is lowered to it (`farside.avoidance.ground_level`). NaN
        where it is not known; then a false lidar is believed.
    ground_sigma_m : float
        Of it, 1 sigma [m]; above 0, or it is not known.

    Examples
    --------
    >>> from farside.avoidance import HoverEstimate
    >>> HoverEstimate(r_site=(3.0, -2.0, 101.0), v_site=(0.0, 0.0, 0.0), mass_kg=1900.0).mass_kg
    1900.0
    """

    r_site: Vector
    v_site: Vector
    mass_kg: float
    ground_m: float = math.nan
    ground_sigma_m: float = math.nan


class DecisionReason(IntEnum):
    """Why a decision is what it is."""

    ACCEPTED = 0  # the site has the clearance and the probability that no other scan is needed for
    UNSAFE = 1  # no site is safe: scan again, further away
    CLOSE = 2  # the best site has too little clearance: scan again
    UNSURE = 3  # the best site has too small a probability: scan again
    NO_TRANSLATION = 4  # the best site of all scans: the mission allows one scan only
    OUT_OF_TIME = 5  # the best site of all scans: the hover has no time for another
    OUT_OF_PROPELLANT = 6  # the best site of all scans: the descent needs what is left
    NO_MAP = 7  # no point returned: land below the lander


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What to do after a scan: one of `site`, `scan_from` and `land_here` is given.

    Places are in the site axes of the estimate that the points were placed with.

    Attributes
    ----------
    reason : DecisionReason
        Why.
    site : LandingSite or None
        The site to land on; `site.least_bad` where no site was safe.
    heading_rad : float or None
        Azimuth of body x for it, east of north [rad]; None where any heading does.
    scan_number : int or None
        The scan that the site was found in (`ScanResult.number`); sites are in its axes.
    scan_from : tuple of three floats, or None
        The ground over which to hover for another scan, site axes [m].
    land_here : tuple of three floats, or None
        The ground to land on without a map, site axes [m].

    Examples
    --------
    >>> from farside.avoidance import Decision, DecisionReason
    >>> again = Decision(reason=DecisionReason.UNSAFE, scan_from=(0.0, 40.0, 0.0))
    >>> again.final, again.target_site  # hover there, and scan
    (False, (0.0, 40.0, 0.0))
    """

    reason: DecisionReason
    site: LandingSite | None = None
    heading_rad: float | None = None
    scan_number: int | None = None
    scan_from: Place | None = None
    land_here: Place | None = None

    @property
    def final(self) -> bool:
        """Whether the hover may end; False where another scan is to follow."""
        return self.scan_from is None

    @property
    def target_site(self) -> Place:
        """The ground to steer to [m, site axes]: what `Autopilot.retarget` takes."""
        if self.site is not None:
            return self.site.east_m, self.site.north_m, self.site.height_m
        place = self.scan_from or self.land_here
        if place is None:
            raise FarsideError("a decision without a place: give site, scan_from or land_here")
        return place
