"""How far flights are from failing: one number each, below 0 where it failed.

Each requirement of a touchdown is a margin: its limit less its value. A margin is counted in units
of its own spread over the first level, plain draws, so that kilograms and metres a second can be
held against each other: the least of them says which requirement is nearest to break, in about its
own standard deviations. Scales above 0 do not move where a margin is 0.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from farside.campaign.extras import CampaignError
from farside.campaign.statistics.flights import Flights, Floats
from farside.campaign.statistics.requirements import Requirement, requirements, succeeded
from farside.mission import Mission
from farside.mission.units import number

#: A standard deviation over the median of the deviations from the median, of normal draws.
SIGMA_OF_MEDIAN = 1.4826022185056018
#: What a flight that fails without breaking a margin is below 0: a belly struck, a fall.
BROKEN = 1e-9
_ASKED = re.compile(r"([a-z_]+)(?:=(\S+))?")


@dataclass(frozen=True)
class Margin:
    """What counts as failing: requirements, and whether every other harm does too."""

    asked: tuple[Requirement, ...]
    whole: bool  # all of a safe landing; False: only these, whatever else happens

    def values(self, flights: Flights) -> Floats:
        """Return the margins of flights in their own units, (N, M); -inf where one is missing."""
        found = np.empty((len(flights), len(self.asked)))
        for j, each in enumerate(self.asked):
            assert each.limit is not None
            found[:, j] = each.sense * (each.limit - each.of(flights))
        dry = flights.words("outcome") == "out_of_propellant"
        for j, each in enumerate(self.asked):
            if each.name == "propellant_left":
                found[dry & ~(found[:, j] < 0.0), j] = -BROKEN
        return np.where(np.isnan(found), -np.inf, found)

    def scales(self, values: Floats) -> Floats:
        """Return the spread of each margin over plain draws, (M,), from the medians.

        Notes
        -----
        sigma = 1.4826 median |m - median m|; of one that does not stray, its median.
        """
        found = np.ones(values.shape[1])
        for j in range(values.shape[1]):
            column = values[np.isfinite(values[:, j]), j]
            if len(column):
                middle = float(np.median(column))
                spread = SIGMA_OF_MEDIAN * float(np.median(np.abs(column - middle)))
                found[j] = spread or abs(middle) or 1.0
        return found

    def least(self, flights: Flights, values: Floats, scales: Floats) -> Floats:
        """Return the margin of each flight, (N,): the least of its own, scaled."""
        found: Floats = (values / scales).min(axis=1)
        if self.whole:
            failed = ~succeeded(flights, self.asked)
        else:
            failed = flights.words("outcome") == "not_flown"
        return np.where(failed & ~(found < 0.0), -BROKEN, found)

    def broken(self, flights: Flights, values: Floats, scales: Floats) -> NDArray[np.str_]:
        """Return what each flight broke most, by name; how it ended where it broke no margin."""
        names = np.array([each.name for each in self.asked])
        found = names[(values / scales).argmin(axis=1)]
        harmless = ~(values < 0.0).any(axis=1)
        return np.where(harmless, flights.words("outcome"), found)

    def text(self, flights: Flights, i: int, name: str) -> str:
        """Say in a sentence what the i-th flight broke: its nearest cause, or what was asked."""
        each = next((each for each in self.asked if each.name == name), None)
        if self.whole or each is None:
            return str(flights.words("cause")[i] or flights.words("error")[i])
        value = float(each.of(flights)[i])
        said = number(value, each.digits + 1, each.unit) if np.isfinite(value) else "unknown"
        return f"{each.title} was {said} where {each.limit:g} {each.unit} is asked"


def margin_of(mission: Mission, imaging: bool, of: tuple[str, ...] = ()) -> Margin:
    """Return the margin that a simulation counts by.

    Parameters
    ----------
    mission : Mission
    imaging : bool
        Whether the flights scan.
    of : tuple of str, optional
        Names of requirements, each with a limit of its own if it is followed by one:
        "propellant_left=20". All that make a safe landing, if none is named.

    Returns
    -------
    Margin

    Raises
    ------
    CampaignError
        No such requirement, one that is named twice, or a limit that is no number.
    """
    there = {each.name: each for each in requirements(mission, imaging) if each.binding}
    if not of:
        return Margin(tuple(there.values()), whole=True)
    found: dict[str, Requirement] = {}
    for words in of:
        match = _ASKED.fullmatch(words)
        if match is None or match[1] not in there:
            raise CampaignError(f"of {words!r}: give NAME or NAME=LIMIT, of {', '.join(there)}")
        if match[1] in found:
            raise CampaignError(f"of {match[1]!r}: named twice; keep one")
        found[match[1]] = _limited(there[match[1]], match[2])
    return Margin(tuple(found.values()), whole=False)


def _limited(requirement: Requirement, limit: str | None) -> Requirement:
    """Return a requirement with a limit of its own."""
    if limit is None:
        return requirement
    try:
        value = float(limit)
    except ValueError:
        value = np.nan
    if not 0.0 <= value < np.inf:
        raise CampaignError(
            f"of '{requirement.name}={limit}': give a number in {requirement.unit}, 0 or more"
        )
    return replace(requirement, limit=value)
