"""What a subset simulation says: a probability, how sure it is, and what it cost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from farside.campaign.statistics.proportion import CONFIDENCE, clopper_pearson
from farside.ext.common.errors import FarsideError

Flags = NDArray[np.bool_]
#: Different numbers of a stream that a population needs to say anything of what that stream does.
LEAST_DRAWS = 30


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
    draws: float  # different numbers in the stream that has the fewest; NaN without streams
    kept: NDArray[np.int64] = field(repr=False)  # rows of the population, (N,)


@dataclass(frozen=True, eq=False)
class RareEstimate:
    """A failure probability by subset simulation, with its interval.

    Everything by row: u (R, D), streams (R, S), margins (R,). `failing` holds rows of the last
    population that fail, one for each time it is there: a sample of failures as they come about.

    Where the noise decides, a few of its draws make whole populations; `mixed` is False then, and
    of all figures only `high` holds (see `bounds`).
    """

    probability: float
    low: float  # two-sided, 95 %
    high: float
    cov: float  # coefficient of variation, levels taken as independent (Au & Beck 2001, eq. 29)
    cov_bound: float  # the same with neighbouring levels that err together: what the interval takes
    mixed: bool  # False: too few draws of a stream are left to tell more than `high`
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

        Notes
        -----
        Where the estimate is not `mixed`, levels from `scarce` on say little of it.
        """
        if margin < 0.0:
            raise FarsideError(f"margin {margin:g}: give 0 or more")
        before = 1.0
        for level in self.levels:
            if level.threshold < margin or level is self.levels[-1]:
                held = self.margins[level.kept] < margin
                return before * float(np.count_nonzero(held)) / len(held)
            before *= level.share
        return before

    @property
    def plain_draws(self) -> float:
        """How many plain draws are as sure, (1 - p) / (p cov_bound^2); NaN where not `mixed`."""
        if not (self.mixed and self.probability > 0.0 and self.cov_bound > 0.0):
            return math.nan
        return (1.0 - self.probability) / (self.probability * self.cov_bound**2)

    @property
    def scarce(self) -> int | None:
        """The first level with too few different draws of a stream; None where there is none."""
        return scarce_level(self.levels)


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


@dataclass(frozen=True)
class Bounds:
    """The interval of a product of shares; see `RareEstimate`."""

    low: float
    high: float
    cov: float
    cov_bound: float
    mixed: bool


def bounds(levels: Sequence[Level], failing: int) -> Bounds:
    """Return the interval of the product of the shares of all levels.

    Parameters
    ----------
    levels : sequence of Level
    failing : int
        How many of the last population fail.

    Notes
    -----
    cov^2 = sum d_i^2 where levels are independent (Au & Beck 2001, eq. 29). They are not: the
    chains of a level start in the population of the one before. The interval counts neighbours as
    fully correlated, sum d_i^2 + 2 sum d_i d_(i+1); all levels together, (sum d_i)^2 (eq. 30),
    would be twice as wide as what was measured (docs/rare.md).

    Where none fails, the last population is as many draws as it has chains: states of a chain
    are copies of its seed but for the moves that were accepted.

    A draw of a stream is kept or made anew, not moved. Where a level lives on fewer than
    `LEAST_DRAWS` of them, its share and gamma are those of the few draws. What is known then is
    that failures lie within the event of the levels before: P <= P(m <= b) of those.
    """
    population = len(levels[-1].kept)
    cov = math.sqrt(sum(level.cov**2 for level in levels))
    cov_bound = neighbours_cov(levels)
    if len(levels) == 1:
        # plain draws: exact
        low, high = clopper_pearson(failing, population)
    elif failing:
        low, high = interval(math.prod(level.share for level in levels), cov_bound)
    else:
        hidden = clopper_pearson(0, levels[-1].chains)[1]
        low, high = 0.0, min(1.0, hidden * most(levels[:-1]))
    scarce = scarce_level(levels)
    if scarce is not None:
        low, high = 0.0, max(high, most(levels[:scarce]))
    return Bounds(low, high, cov, cov_bound, mixed=scarce is None)


def neighbours_cov(levels: Sequence[Level]) -> float:
    """Return the c.o.v. of a product of shares of which neighbours err together."""
    covs = [level.cov for level in levels]
    alone = sum(cov * cov for cov in covs)
    return math.sqrt(alone + 2.0 * sum(a * b for a, b in pairwise(covs)))


def most(levels: Sequence[Level]) -> float:
    """Return the upper bound of the product of the shares: 1 of no levels, exact of one."""
    if not levels:
        return 1.0
    if len(levels) == 1:
        count = len(levels[0].kept)
        return clopper_pearson(round(levels[0].share * count), count)[1]
    return interval(math.prod(level.share for level in levels), neighbours_cov(levels))[1]


def scarce_level(levels: Sequence[Level]) -> int | None:
    """Return the first level that has fewer than `LEAST_DRAWS` different draws of a stream."""
    return next((k for k, level in enumerate(levels) if level.draws < LEAST_DRAWS), None)
