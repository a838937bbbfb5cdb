"""How much: percentiles of any distribution, bounded by order statistics."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from farside.campaign.statistics.proportion import CONFIDENCE

Floats = NDArray[np.float64]

#: Of flights, that every outcome is given for [%].
PERCENTS = (50.0, 95.0, 99.0, 99.7)


@dataclass(frozen=True)
class Percentile:
    """What a share of flights does not exceed.

    Infinite where the flights are too few to bound it.
    """

    percent: float
    value: float
    low: float  # two-sided 95 %
    high: float
    bound: float  # one-sided 95 %, on the bad side


def order_bounds(flights: int, share: float, confidence: float = CONFIDENCE) -> tuple[int, int]:
    """Return the ranks of the order statistics that bound a quantile two-sided.

    Parameters
    ----------
    flights : int
        Sample size.
    share : float
        Of the distribution below the quantile, in (0, 1).
    confidence : float
        That both bounds hold; each side errs with at most half of the rest.

    Returns
    -------
    tuple of int
        Ranks from 1. The lower is 0, or the upper is flights + 1, where no observation bounds it.

    Notes
    -----
    The observations below the quantile are binomial whatever the distribution (David & Nagaraja,
    Order Statistics, section 7.1; Wilks 1941).
    """
    tail = 0.5 * (1.0 - confidence)
    low = int(binom.ppf(tail, flights, share))
    high = int(binom.ppf(1.0 - tail, flights, share)) + 1
    return low, high


def percentile(ordered: Floats, percent: float) -> Percentile:
    """Bound a percentile of values in ascending order; the largest is the worst."""
    flights, share = len(ordered), percent / 100.0
    low, high = order_bounds(flights, share)
    _, bound = order_bounds(flights, share, 2.0 * CONFIDENCE - 1.0)
    # the smallest value that this share of the flights does not exceed; less a rounding error
    rank = max(math.ceil(flights * share - 1e-9), 1)
    return Percentile(percent, *(_ranked(ordered, each) for each in (rank, low, high, bound)))


def _ranked(ordered: Floats, rank: int) -> float:
    """Return an order statistic, infinite beyond the sample."""
    if rank < 1:
        return -math.inf
    return float(ordered[rank - 1]) if rank <= len(ordered) else math.inf


def percentiles(values: Floats, sense: float = 1.0) -> tuple[Percentile, ...]:
    """Bound the percentiles of an outcome towards its bad side.

    Parameters
    ----------
    values : (N,) array
        An outcome of each flight; NaN counts as worse than any number.
    sense : float
        1 where large is bad, -1 where small is bad: the 99th percentile is then what 99 % of the
        flights reach at least.
    """
    ordered = np.sort(np.where(np.isnan(values), np.inf, sense * values))
    found = [percentile(ordered, percent) for percent in PERCENTS]
    if sense > 0.0:
        return tuple(found)
    return tuple(
        Percentile(each.percent, -each.value, -each.high, -each.low, -each.bound) for each in found
    )
