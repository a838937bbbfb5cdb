"""How often: a share of flights, with the bounds of Clopper and Pearson."""

from __future__ import annotations

from dataclasses import dataclass

from scipy.special import bdtrc, betaincinv

from farside.ext.common.errors import FarsideError

#: Of every bound that is not said to be of another.
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Share:
    """A count of flights as a share of them, with exact binomial bounds at 95 %."""

    count: int
    of: int
    share: float
    low: float  # two-sided
    high: float
    least: float  # one-sided: the share is at least this
    most: float  # one-sided: the share is at most this


def clopper_pearson(count: int, of: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return the two-sided exact bounds of a binomial probability.

    Parameters
    ----------
    count : int
        Successes.
    of : int
        Trials, at least one.
    confidence : float
        That both bounds hold; each side errs with half of the rest.

    Returns
    -------
    tuple of float
        Lower and upper bound, in [0, 1].

    Raises
    ------
    ValueError
        There are no trials, or more successes than trials.

    Notes
    -----
    Clopper & Pearson, Biometrika 26 (1934): the probabilities for which a tail as far out as the
    one observed is just as rare as the level, which are quantiles of two beta distributions.
    """
    if not 0 <= count <= of or of < 1:
        raise FarsideError(
            f"{count} of {of} is no share: count from 0 to the flights, one at least"
        )
    tail = 0.5 * (1.0 - confidence)
    low = float(betaincinv(count, of - count + 1, tail)) if count else 0.0
    high = float(betaincinv(count + 1, of - count, 1.0 - tail)) if count < of else 1.0
    return low, high


def share_of(count: int, of: int) -> Share:
    """Return a share with its two-sided and one-sided bounds at 95 %."""
    low, high = clopper_pearson(count, of)
    least, most = clopper_pearson(count, of, 2.0 * CONFIDENCE - 1.0)
    return Share(count, of, count / of, low, high, least, most)


def flights_for(share: float, confidence: float = CONFIDENCE) -> int:
    """Return how many flights without a failure show a share at this confidence, one-sided."""
    flights = 1
    while bdtrc(0, flights, 1.0 - share) < confidence:
        flights *= 2
    low = flights // 2
    while flights - low > 1:
        middle = (low + flights) // 2
        if bdtrc(0, middle, 1.0 - share) < confidence:
            low = middle
        else:
            flights = middle
    return flights
