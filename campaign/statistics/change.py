"""More often or less: the difference of two shares, paired or not."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.special import ndtri
from scipy.stats import binomtest, fisher_exact

from farside.campaign.statistics.proportion import CONFIDENCE

SIGMAS = float(ndtri(0.5 + 0.5 * CONFIDENCE))


@dataclass(frozen=True)
class Change:
    """Share of B less share of A, with its 95 % bounds, and the p-value of no change."""

    estimate: float
    low: float
    high: float
    p: float


def wilson(count: int, of: int) -> tuple[float, float]:
    """Return the score bounds of a share at 95 % (Wilson 1927)."""
    share, square = count / of, SIGMAS**2
    middle = (count + 0.5 * square) / (of + square)
    half = SIGMAS / (of + square) * math.sqrt(of * share * (1.0 - share) + 0.25 * square)
    return max(middle - half, 0.0), min(middle + half, 1.0)


def paired_change(both: int, lost: int, gained: int, neither: int) -> Change:
    """Compare two shares of the same runs.

    Parameters
    ----------
    both, lost, gained, neither : int
        Runs that succeed in A and B, in A only, in B only, in none.

    Returns
    -------
    Change
        Bounds by method 10 of Newcombe (Stat. Med. 17, 2635, 1998): score bounds of both shares,
        joined with their correlation. p by McNemar's exact test: of the runs that changed, as many
        should be gained as lost.
    """
    of = both + lost + gained + neither
    first, second = both + lost, both + gained
    cross = both * neither - lost * gained
    margins = first * second * (of - first) * (of - second)
    # the continuity correction of the paper, for correlations above zero only
    correlation = 0.0
    if margins:
        correlation = (max(cross - 0.5 * of, 0.0) if cross > 0 else cross) / math.sqrt(margins)
    p = float(binomtest(lost, lost + gained, 0.5).pvalue) if lost + gained else 1.0
    return Change((second - first) / of, *_joined((first, of), (second, of), correlation), p)


def unpaired_change(a: tuple[int, int], b: tuple[int, int]) -> Change:
    """Compare shares of independent flights, each (count, of): Newcombe's hybrid score, Fisher."""
    (x, n), (y, m) = a, b
    p = float(fisher_exact([[x, n - x], [y, m - y]])[1])
    return Change(y / m - x / n, *_joined(a, b, 0.0), p)


def _joined(a: tuple[int, int], b: tuple[int, int], correlation: float) -> tuple[float, float]:
    """Join the score bounds of two shares to bounds of their difference, b less a."""
    first, second = a[0] / a[1], b[0] / b[1]
    (low_a, high_a), (low_b, high_b) = wilson(*a), wilson(*b)

    def length(u: float, v: float) -> float:
        return math.sqrt(max(u * u - 2.0 * correlation * u * v + v * v, 0.0))

    off = second - first
    low = off - length(second - low_b, high_a - first)
    high = off + length(high_b - second, first - low_a)
    return max(low, -1.0), min(high, 1.0)
