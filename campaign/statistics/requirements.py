"""What is asked of a flight, and how far the flights of a campaign keep to it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from farside.campaign.statistics.flights import Flags, Flights, Floats
from farside.campaign.statistics.percentile import Percentile, percentiles
from farside.campaign.statistics.proportion import Share
from farside.mission import Mission

#: Content of a circle of three sigma an axis, 1 - exp(-9/2): what a miss of "3 sigma" promises.
THREE_SIGMA_CIRCLE = 0.98889


@dataclass(frozen=True)
class Requirement:
    """One outcome of a flight, and its limit if it has one."""

    name: str
    title: str
    unit: str
    digits: int
    column: str
    limit: float | None = None
    asked: float | None = None  # share of flights that must keep to it; None: reported only
    sign: float = 1.0  # of the column; -1 turns a downward speed positive
    sense: float = 1.0  # 1 where large is bad, -1 where small is bad

    def of(self, flights: Flights) -> Floats:
        """Return the outcome of each flight."""
        return self.sign * flights.number(self.column)

    def kept(self, values: Floats) -> Flags:
        """Return which flights keep to the limit; a number that is missing does not."""
        if self.limit is None:
            return np.ones(len(values), bool)
        kept: Flags = self.sense * values <= self.sense * self.limit
        return kept

    @property
    def binding(self) -> bool:
        """Whether a flight that breaks it has failed."""
        return self.limit is not None and self.asked == 1.0


@dataclass(frozen=True)
class Outcome:
    """An outcome over all flights of a campaign."""

    requirement: Requirement
    percentiles: tuple[Percentile, ...]
    worst: float
    worst_run: int
    kept: Share | None  # to the limit; None where there is none
    missing: int  # flights that have no such number; they count as worse than any

    @property
    def met(self) -> bool | None:
        """Whether the share that was asked for keeps to the limit; None where nothing is asked."""
        asked = self.requirement.asked
        return None if asked is None or self.kept is None else self.kept.share >= asked


def requirements(mission: Mission, imaging: bool) -> tuple[Requirement, ...]:
    """List what a mission asks of a touchdown.

    Those with `asked` 1 make a success; the miss of the chosen site is a figure of three sigma
    that one flight in ninety may pass, so it is held to its share and fails no flight.
    """
    touchdown, hazards = mission.touchdown, mission.hazards
    at = "touchdown_"
    limits = (
        ("vertical_speed", "vertical speed at contact", "m/s", 2, "vertical_speed_mps",
         touchdown.vertical_speed_mps),
        ("horizontal_speed", "horizontal speed at contact", "m/s", 3, "horizontal_speed_mps",
         touchdown.horizontal_speed_mps),
        ("tilt", "tilt at contact", "deg", 2, "tilt_deg", touchdown.tilt_deg),
        ("rate", "turn rate at contact", "deg/s", 2, "rate_dps", touchdown.rate_dps),
        ("rest_tilt", "tilt at rest", "deg", 2, "rest_tilt_deg", touchdown.rest_tilt_deg),
        ("slope", "slope under the lander", "deg", 2, "ground_slope_deg", hazards.slope_deg),
        ("obstacle", "obstacles under the lander", "m", 3, "ground_roughness_m",
         hazards.obstacle_m),
    )  # fmt: skip
    found = [
        Requirement(
            name, title, unit, digits, at + column, limit, 1.0,
            sign=-1.0 if name == "vertical_speed" else 1.0,
        )
        for name, title, unit, digits, column, limit in limits
    ]  # fmt: skip
    found.append(
        Requirement(
            "propellant_left",
            "propellant left",
            "kg",
            1,
            "propellant_left_kg",
            0.0,
            1.0,
            sense=-1.0,
        )
    )
    miss = Requirement("miss", "miss of the chosen site", "m", 3, at + "miss_m")
    if imaging:
        error = hazards.navigation_error_m
        miss = Requirement(miss.name, miss.title, "m", 3, miss.column, error, THREE_SIGMA_CIRCLE)
    return (*found, miss)


#: What is reported of every campaign without a limit.
REPORTED = (
    Requirement("propellant", "propellant used", "kg", 1, "propellant_kg"),
    Requirement("duration", "time to contact", "s", 1, "duration_s"),
    Requirement("absolute_miss", "miss of the target", "m", 1, "touchdown_absolute_miss_m"),
    Requirement("divert", "divert from the hover", "m", 2, "site_divert_m"),
)


def assess_outcome(flights: Flights, requirement: Requirement) -> Outcome:
    """Hold every flight against a requirement."""
    values = requirement.of(flights)
    bad = np.where(np.isnan(values), -np.inf, requirement.sense * values)
    worst = int(np.argmax(bad))
    kept = None
    if requirement.limit is not None:
        kept = flights.share(requirement.kept(values))
    return Outcome(
        requirement,
        percentiles(values, requirement.sense),
        float(values[worst]),
        int(flights.run[worst]),
        kept,
        int(np.count_nonzero(np.isnan(values))),
    )


def succeeded(flights: Flights, asked: tuple[Requirement, ...]) -> Flags:
    """Return which flights are a success: marked safe, and within every binding limit."""
    good = flights.flag("safe")
    for requirement in asked:
        if requirement.binding:
            good = good & requirement.kept(requirement.of(flights))
    return good
