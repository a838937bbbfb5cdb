"""Consistency of the navigator over a campaign: mean NEES of each block, with its 95 % band."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2

from farside.campaign.statistics.flights import Flights
from farside.flight.consistency import CONTACT, STATES, nees_columns

#: Fewest flights whose mean is held against a band.
FEWEST = 2


@dataclass(frozen=True)
class Consistency:
    """The mean NEES of a block at an epoch: 3 where the filter is right."""

    block: str
    epoch: str  # such as 300_s, or contact
    time_s: float  # mean over the flights
    flights: int  # that came to it
    mean: float
    low: float  # 95 % of consistent filters have a mean above and
    high: float  # below

    @property
    def inside(self) -> bool:
        """Whether the mean is inside its band."""
        return self.low <= self.mean <= self.high


def nees_band(flights: int, states: int = STATES, confidence: float = 0.95) -> tuple[float, float]:
    """Return the two-sided band of a mean NEES over flights: chi-square over their number."""
    tail = 0.5 * (1.0 - confidence)
    low, high = chi2.ppf([tail, 1.0 - tail], states * flights) / flights
    return float(low), float(high)


def consistency(flights: Flights) -> tuple[Consistency, ...]:
    """Return the mean NEES of each block at each epoch.

    Parameters
    ----------
    flights : Flights

    Returns
    -------
    tuple of Consistency
        In the order of the columns; without what fewer than two flights came to, and so empty for
        a campaign of an older version. The bands take the flights for independent draws.
    """
    found = []
    for name, block, epoch in nees_columns():
        values = flights.number(name)
        known = np.isfinite(values)
        count = int(known.sum())
        if count < FEWEST:
            continue
        low, high = nees_band(count)
        if epoch == CONTACT:
            durations = flights.number("duration_s")[known]
            told = durations[np.isfinite(durations)]
            time_s = float(told.mean()) if len(told) else math.nan
        else:
            time_s = float(epoch.removesuffix("_s"))
        mean = float(values[known].mean())
        found.append(Consistency(block, epoch, time_s, count, mean, low, high))
    return tuple(found)
