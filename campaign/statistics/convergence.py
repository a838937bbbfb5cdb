"""Is it enough: what the first flights of a campaign said, and the first twice as many."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit
from scipy.stats import chi2

from farside.campaign.statistics.flights import Flags, Flights
from farside.campaign.statistics.percentile import Percentile, percentile
from farside.campaign.statistics.proportion import CONFIDENCE, Share
from farside.campaign.statistics.requirements import Requirement

#: The shortest prefix; a scrambled Sobol sequence is balanced at powers of two.
FIRST = 32
FOLLOWED = 99.0
BLOCKS = 32
#: Fewer failures than this do not show how they cluster.
FEWEST_FAILURES = 10


@dataclass(frozen=True)
class Prefix:
    """What the first flights say."""

    flights: int
    success: Share
    followed: dict[str, Percentile]  # the 99th percentile of each outcome by its name


@dataclass(frozen=True)
class Blocks:
    """Failures in consecutive blocks of runs, beside those of independent flights.

    The ratio is the variance of the counts over the binomial one: about 1 for independent flights,
    less where the sequence spreads the inputs evenly, more where failures cluster.
    """

    blocks: int
    flights: int  # in a block
    ratio: float
    usual_low: float  # 95 % of independent flights have a ratio between these
    usual_high: float
    success_low: float  # 95 %, Student's t over the blocks' shares
    success_high: float

    @property
    def clustered(self) -> bool:
        """Whether failures come together more than chance lets them."""
        return self.ratio > self.usual_high


def prefixes_of(flights: int) -> tuple[int, ...]:
    """Return growing numbers of flights: powers of two, and all of them."""
    sizes = []
    size = FIRST
    while size < flights:
        sizes.append(size)
        size *= 2
    return (*sizes, flights)


def converge(
    flights: Flights, good: Flags, followed: tuple[Requirement, ...]
) -> tuple[Prefix, ...]:
    """Return success and percentiles over growing prefixes of the runs."""
    sizes = prefixes_of(len(flights))
    bounds: list[dict[str, Percentile]] = [{} for _ in sizes]
    for each in followed:
        column = each.of(flights)
        for size, held in zip(sizes, bounds, strict=True):
            first = column[:size]
            ordered = np.sort(np.where(np.isnan(first), np.inf, each.sense * first))
            at = percentile(ordered, FOLLOWED)
            if each.sense < 0.0:
                at = Percentile(at.percent, -at.value, -at.high, -at.low, -at.bound)
            held[each.name] = at
    return tuple(
        Prefix(size, flights.share(good[:size]), held)
        for size, held in zip(sizes, bounds, strict=True)
    )


def scatter(good: NDArray[np.bool_]) -> Blocks | None:
    """Compare blocks of consecutive runs; None where the failures are too few to tell."""
    size = len(good) // BLOCKS
    failures = np.count_nonzero(~good[: size * BLOCKS])
    if failures < FEWEST_FAILURES or failures == size * BLOCKS:
        return None
    counts = np.count_nonzero(~good[: size * BLOCKS].reshape(BLOCKS, size), axis=1)
    share = failures / (size * BLOCKS)
    ratio = float(counts.var(ddof=1) / (size * share * (1.0 - share)))
    free = BLOCKS - 1
    tail = 0.5 * (1.0 - CONFIDENCE)
    half = float(stdtrit(free, 1.0 - tail)) * float(counts.std(ddof=1)) / size / BLOCKS**0.5
    return Blocks(
        BLOCKS,
        size,
        ratio,
        float(chi2.ppf(tail, free)) / free,
        float(chi2.ppf(1.0 - tail, free)) / free,
        max(1.0 - share - half, 0.0),
        min(1.0 - share + half, 1.0),
    )
