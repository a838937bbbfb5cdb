"""What a subset simulation says: a probability, how sure it is, and what it cost."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from farside.campaign.statistics.proportion import CONFIDENCE, clopper_pearson

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Level:
    """One level: its population is conditional on the threshold of the level before."""

    threshold: float  # margin that the next level stays at or below; 0 of the last level
    share: float  # of the population at or below it
    cov: float  # coefficient of variation of that share, correlation along chains included
    gamma: float  # that correlation (Au & Beck 2001, eq. 28): 0 of independent draws
    chains: int  # that made the population; 0 of the first level
    accepted: float  # share of the moves; NaN of the first level
    redrawn: float  # the same of moves that drew a stream anew; NaN without streams
    spread: float  # of the moves; NaN of the first level
    kept: NDArray[np.int64] = field(repr=False)  # rows of the population, (N,)


@dataclass(frozen=True, eq=False)
class RareEstimate:
    """A failure probability by subset simulation, with its interval.

    Everything by row: u (R, D), streams (R, S), margins (R,). `failing` holds rows of the last
    population that fail, one for each time it is there: a sample of failures as they come about.
    """

    probability: float
    low: float  # two-sided, 95 %
    high: float
    cov: float  # coefficient of variation, levels taken as independent (Au & Beck 2001, eq. 29)
    cov_bound: float  # the same with neighbouring levels that err together: what the interval takes
    levels: tuple[Level, ...]
    failing: NDArray[np.int64] = field(repr=False)
    u: NDArray[np.float64] = field(repr=False)
    streams: NDArray[np.int64] = field(repr=False)
    margins: NDArray[np.float64] = field(repr=False)
    reached: bool = True  # False: no failure was seen within the levels allowed; only `high` holds

    @property
    def evaluations(self) -> int:
        """How many margins were asked for."""
        return len(self.margins)

    def below(self, margin: float) -> float:
        """Return the probability of a margin below another one than 0, from the same points.

        Parameters
        ----------
        margin : float
            0 or more: beyond failure the levels know nothing.

        Raises
        ------
        ValueError
            It is below 0.
        """
        if margin < 0.0:
            raise ValueError(f"margin {margin:g}: give 0 or more")
        before = 1.0
        for level in self.levels:
            if level.threshold < margin or level is self.levels[-1]:
                held = self.margins[level.kept] < margin
                return before * float(np.count_nonzero(held)) / len(held)
            before *= level.share
        return before

    @property
    def plain_draws(self) -> float:
        """How many plain draws have this coefficient of variation, (1 - p) / (p cov^2)."""
        if not (self.probability > 0.0 and self.cov > 0.0):
            return math.nan
        return (1.0 - self.probability) / (self.probability * self.cov**2)


def correlation(events: list[Flags], share: float) -> float:
    """Return gamma: what the correlation along chains adds to the variance of a share.

    Parameters
    ----------
    events : list of ndarray of bool
        Of each chain, whether its states lie at or below the threshold, in order.
    share : float
        Of all states that do.

    Notes
    -----
    Au & Beck 2001, eqs. 25 to 28: R(k) is the mean over chains and pairs k steps apart of
    I I' - p^2, and gamma = 2 sum_k (1 - k/L) R(k) / R(0) over chains of L states; chains whose
    lengths differ by one are weighted by their pairs.
    """
    variance = share * (1.0 - share)
    if variance <= 0.0:
        return 0.0
    total = sum(len(chain) for chain in events)
    added = 0.0
    for k in range(1, max(len(chain) for chain in events)):
        both = sum(int(np.count_nonzero(chain[:-k] & chain[k:])) for chain in events)
        pairs = sum(max(0, len(chain) - k) for chain in events)
        added += 2.0 * (pairs / total) * (both / pairs - share * share) / variance
    return max(0.0, added)


def share_cov(share: float, count: int, gamma: float) -> float:
    """Return the coefficient of variation of a share, sqrt((1 - p) / (p N) (1 + gamma))."""
    return math.sqrt((1.0 - share) / (share * count) * (1.0 + gamma))


def interval(probability: float, cov: float) -> tuple[float, float]:
    """Return the two-sided 95 % interval of a product of shares, taken as log-normal.

    Parameters
    ----------
    probability : float
        Above 0.
    cov : float
        Its coefficient of variation.

    Notes
    -----
    Log p is a sum of logarithms of shares, each nearly normal; its deviation is
    sqrt(log(1 + cov^2)).
    """
    reach = float(ndtri(0.5 + 0.5 * CONFIDENCE)) * math.sqrt(math.log1p(cov * cov))
    return probability * math.exp(-reach), min(1.0, probability * math.exp(reach))


def bounds(levels: list[Level], failing: int, of: int) -> tuple[float, float, float, float]:
    """Return low, high, cov and the cov that the interval takes, of the product of the shares.

    Parameters
    ----------
    levels : list of Level
    failing, of : int
        Of the last population: how many fail, and of how many.

    Notes
    -----
    cov^2 = sum d_i^2 where levels are independent (Au & Beck 2001, eq. 29). They are not: the
    chains of a level start in the population of the one before. The interval counts neighbours as
    fully correlated, sum d_i^2 + 2 sum d_i d_(i+1); all levels together, (sum d_i)^2 (eq. 30),
    would be twice as wide as what was measured (docs/rare.md).
    """
    covs = [level.cov for level in levels]
    alone = sum(cov * cov for cov in covs)
    cov = math.sqrt(alone)
    if len(levels) == 1:
        # plain draws: exact
        return (*clopper_pearson(failing, of), cov, cov)
    cov_bound = math.sqrt(alone + 2.0 * sum(a * b for a, b in pairwise(covs)))
    probability = math.prod(level.share for level in levels)
    return (*interval(probability, cov_bound), cov, cov_bound)
