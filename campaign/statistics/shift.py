"""By how much: the shift between two sets of flights, without asking how they are distributed."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri
from scipy.stats import rankdata

from farside.campaign.statistics.flights import Floats
from farside.campaign.statistics.proportion import CONFIDENCE

#: Fewer differences have no bounds: the normal law of ranks does not hold for them.
FEWEST = 10
#: Halvings of the range of differences: as fine as a float64.
HALVINGS = 64
SIGMAS = float(ndtri(0.5 + 0.5 * CONFIDENCE))


@dataclass(frozen=True)
class Shift:
    """B less A: the Hodges-Lehmann estimate with its 95 % bounds, and the p-value of no shift."""

    estimate: float
    low: float
    high: float
    p: float


def paired_shift(differences: Floats) -> Shift:
    """Estimate the shift from differences of pairs.

    Parameters
    ----------
    differences : (N,) array
        B less A of each pair, finite.

    Returns
    -------
    Shift
        The median of all means of two differences (Hodges & Lehmann 1963), bounded by those whose
        rank the signed-rank statistic leaves possible (Wilcoxon; Tukey 1949). Without bounds where
        there are fewer than ten pairs.

    Notes
    -----
    Means of two are counted, not listed: the ranks are found by halving the range. Differences of
    exactly zero count half for either side.
    """
    ordered = np.sort(differences)
    n = len(ordered)
    if n == 0:
        return Shift(math.nan, -math.inf, math.inf, math.nan)

    def at_most(value: float) -> int:
        pairs = int(np.searchsorted(ordered, 2.0 * value - ordered, side="right").sum())
        return (pairs + int(np.searchsorted(ordered, value, side="right"))) // 2

    ends = (float(ordered[0]), float(ordered[-1]))
    means = n * (n + 1) // 2
    spread = math.sqrt(n * (n + 1) * (2 * n + 1) / 24.0)
    estimate, low, high = _middle_and_bounds(at_most, ends, means, spread, n)
    return Shift(estimate, low, high, _signed_rank_p(ordered) if n >= FEWEST else math.nan)


def unpaired_shift(a: Floats, b: Floats) -> Shift:
    """Estimate the shift between two independent samples.

    Parameters
    ----------
    a, b : (N,) and (M,) arrays
        Finite values.

    Returns
    -------
    Shift
        The median of all differences b - a, with the bounds that go with the rank-sum statistic
        (Mann-Whitney).
    """
    first, second = np.sort(a), np.sort(b)
    n, m = len(first), len(second)
    if not n or not m:
        return Shift(math.nan, -math.inf, math.inf, math.nan)

    def at_most(value: float) -> int:
        return int(np.searchsorted(second, first + value, side="right").sum())

    ends = (float(second[0] - first[-1]), float(second[-1] - first[0]))
    spread = math.sqrt(n * m * (n + m + 1) / 12.0)
    fewest = min(n, m)
    estimate, low, high = _middle_and_bounds(at_most, ends, n * m, spread, fewest)
    return Shift(estimate, low, high, _rank_sum_p(first, second) if fewest >= FEWEST else math.nan)


def _middle_and_bounds(
    at_most: Callable[[float], int], ends: tuple[float, float], total: int, spread: float, n: int
) -> tuple[float, float, float]:
    """Return the median of counted values, and those whose ranks bound it."""
    middle = 0.5 * (
        _ranked(at_most, ends, (total + 1) // 2) + _ranked(at_most, ends, total // 2 + 1)
    )
    rank = math.floor(0.5 * total - SIGMAS * spread)
    if n < FEWEST or rank < 1:
        return middle, -math.inf, math.inf
    return middle, _ranked(at_most, ends, rank), _ranked(at_most, ends, total + 1 - rank)


def _ranked(at_most: Callable[[float], int], ends: tuple[float, float], rank: int) -> float:
    """Return the smallest value that so many do not exceed."""
    low, high = ends
    # halving comes near zero but never to it, and flights that are alike differ by just that
    if low <= 0.0 <= high and at_most(0.0) >= rank > at_most(-5e-324):
        return 0.0
    if at_most(low) >= rank:
        return low
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        if at_most(middle) >= rank:
            high = middle
        else:
            low = middle
    return high


def _signed_rank_p(differences: Floats) -> float:
    """Return the two-sided p of the signed-rank test, normal law with ties and continuity."""
    n = len(differences)
    size = np.abs(differences)
    ranks = rankdata(size)
    zero = size == 0.0
    plus = float(ranks[differences > 0.0].sum()) + 0.5 * float(ranks[zero].sum())
    zeros = int(np.count_nonzero(zero))
    # zeros keep their ranks but have no sign to vary
    variance = float((ranks[~zero] ** 2).sum()) / 4.0
    if zeros == n or variance == 0.0:
        return 1.0
    off = abs(plus - 0.25 * n * (n + 1)) - 0.5
    return min(2.0 * float(ndtr(-max(off, 0.0) / math.sqrt(variance))), 1.0)


def _rank_sum_p(a: Floats, b: Floats) -> float:
    """Return the two-sided p of the rank-sum test, normal law with ties and continuity."""
    n, m = len(a), len(b)
    ranks = rankdata(np.concatenate([a, b]))
    total = n + m
    variance = n * m / (total * (total - 1.0)) * float(((ranks - 0.5 * (total + 1)) ** 2).sum())
    if variance == 0.0:
        return 1.0
    off = abs(float(ranks[n:].sum()) - 0.5 * m * (total + 1)) - 0.5
    return min(2.0 * float(ndtr(-max(off, 0.0) / math.sqrt(variance))), 1.0)
