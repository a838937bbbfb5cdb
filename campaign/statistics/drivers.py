"""Which inputs drive which outcome: rank correlation, plain and partial."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtr

from farside.campaign.statistics.flights import Flags, Flights, Floats
from farside.campaign.statistics.proportion import CONFIDENCE
from farside.campaign.statistics.ranks import rank_gram
from farside.campaign.statistics.requirements import REPORTED, Outcome, Requirement

#: Beyond this condition number of the inputs' correlations no partial one is worth its digits.
ILL_CONDITIONED = 1e8
#: Fewer flights of either kind say nothing of what decides between them.
FEWEST_FAILURES = 5


@dataclass(frozen=True)
class Driver:
    """One input against one outcome."""

    input: str
    unit: str
    spearman: float
    partial: float  # given all other inputs
    low: float  # 95 % of the partial one
    high: float
    p: float  # that there is no partial correlation, of this pair alone
    adjusted_p: float  # after Holm, over all pairs of the campaign
    significant: bool


@dataclass(frozen=True)
class Driven:
    """An outcome with its inputs, the strongest first."""

    outcome: str
    title: str
    unit: str
    flights: int
    explained: float  # share of the variance of its ranks that all inputs together account for
    drivers: tuple[Driver, ...]


@dataclass(frozen=True)
class Correlations:
    """Rank correlations of D inputs with one outcome."""

    spearman: Floats
    partial: Floats
    low: Floats
    high: Floats
    p: Floats
    explained: float


def rank_correlations(inputs: Floats, outcome: Floats) -> Correlations:
    """Correlate the ranks of an outcome with those of inputs.

    Parameters
    ----------
    inputs : (N, D) array
        None of them constant.
    outcome : (N,) array
        Finite, not constant.

    Returns
    -------
    Correlations
        Partial ones are NaN where the flights are no more than the inputs, or where an input is a
        function of the others.

    Notes
    -----
    The partial correlation given all other inputs is that of the residuals, which the inverse of
    the correlation matrix holds. Bounds by Fisher's z with the variance of Bonett & Wright (2000)
    for ranks, (1 + r^2/2) / (n - 3 - controlled); p by Student's t with n - 2 - controlled.
    """
    columns = [*inputs.T, outcome]
    gram = rank_gram([partial(np.asarray, column) for column in columns])
    return correlations_of(gram[:-1, :-1], gram[:-1, -1], len(outcome))


def correlations_of(matrix: Floats, spearman: Floats, flights: int) -> Correlations:
    """Work out partial correlations.

    Parameters
    ----------
    matrix : (D, D) array
        Rank correlations of the inputs with each other.
    spearman : (D,) array
        And of each with the outcome.
    flights : int
        That they were taken from.

    Returns
    -------
    Correlations
        As of `rank_correlations`.
    """
    dimensions = len(spearman)
    free = flights - dimensions - 2
    nan = np.full(dimensions, np.nan)
    if free < 1 or np.linalg.cond(matrix) > ILL_CONDITIONED:
        return Correlations(spearman, nan, nan, nan, nan, math.nan)
    inverse = np.linalg.inv(matrix)
    slopes = inverse @ spearman
    explained = float(np.clip(spearman @ slopes, 0.0, 1.0))
    given = slopes / np.sqrt((1.0 - explained) * np.diag(inverse) + slopes**2)
    inner = np.clip(given, -1.0 + 1e-12, 1.0 - 1e-12)
    width = float(ndtri(0.5 + 0.5 * CONFIDENCE)) * np.sqrt((1.0 + 0.5 * given**2) / free)
    z = np.arctanh(inner)
    t = np.abs(inner) * np.sqrt((free + 1.0) / (1.0 - inner**2))
    return Correlations(
        spearman,
        given,
        np.tanh(z - width),
        np.tanh(z + width),
        2.0 * stdtr(free + 1.0, -t),
        explained,
    )


def holm(p: Sequence[float] | Floats) -> Floats:
    """Adjust p-values so that a family of tests errs as seldom as one (Holm 1979); NaN stays."""
    values = np.asarray(p, dtype=np.float64)
    adjusted = np.full(len(values), np.nan)
    known = np.flatnonzero(~np.isnan(values))
    order = known[np.argsort(values[known], kind="stable")]
    steps = values[order] * (len(order) - np.arange(len(order)))
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted


def drive(
    flights: Flights, outcomes: Iterable[Outcome], good: NDArray[np.bool_]
) -> tuple[Driven, ...]:
    """Correlate every dispersed input with every outcome that varies."""
    names, complete = _inputs(flights)
    if not names:
        return ()
    # what is left is what was in the tanks less what was used: the same ranks, backwards
    asked: list[tuple[Requirement, Callable[[], Floats]]] = [
        (each.requirement, partial(each.requirement.of, flights))
        for each in outcomes
        if each.requirement.name != "propellant_left"
    ]
    asked += [(each, partial(each.of, flights)) for each in REPORTED]
    if min(np.count_nonzero(good), np.count_nonzero(~good)) >= FEWEST_FAILURES:
        failed = Requirement("failure", "failure", "", 0, "safe")
        asked.insert(0, (failed, lambda: (~good).astype(np.float64)))
    # outcomes that the same flights have are ranked with their inputs once
    families: dict[bytes, list[int]] = {}
    for i, (_, read) in enumerate(asked):
        values = read()
        held = np.isfinite(values) & complete
        if np.count_nonzero(held) < FEWEST_FAILURES or np.ptp(values[held]) == 0.0:
            continue
        families.setdefault(np.packbits(held).tobytes(), []).append(i)
    found: dict[int, tuple[int, Correlations]] = {}
    for bits, members in families.items():
        held = np.unpackbits(np.frombuffer(bits, np.uint8), count=len(flights)).astype(bool)
        for i, each in zip(
            members, _correlate(flights, names, [asked[i][1] for i in members], held), strict=False
        ):
            found[i] = (int(np.count_nonzero(held)), each)
    order = sorted(found)
    return _told(flights, names, [(asked[i][0], *found[i]) for i in order])


def _correlate(
    flights: Flights, names: list[str], outcomes: list[Callable[[], Floats]], held: Flags
) -> list[Correlations]:
    """Correlate outcomes with the inputs over some flights; none where an input is constant."""
    if any(np.ptp(flights.number(name)[held]) == 0.0 for name in names):
        return []
    read = [partial(flights.number, name) for name in names] + outcomes
    gram = rank_gram([partial(_held, each, held) for each in read])
    inputs, count = len(names), int(np.count_nonzero(held))
    return [
        correlations_of(gram[:inputs, :inputs], gram[:inputs, inputs + k], count)
        for k in range(len(outcomes))
    ]


def _held(read: Callable[[], Floats], held: Flags) -> Floats:
    """Read a column of some flights."""
    return read()[held]


def _told(
    flights: Flights, names: list[str], found: list[tuple[Requirement, int, Correlations]]
) -> tuple[Driven, ...]:
    """Adjust the p-values of all pairs together, and put the strongest inputs first."""
    if not found:
        return ()
    units = [flights.unit(name) for name in names]
    labels = [name.removeprefix("input_") for name in names]
    adjusted = holm(np.concatenate([each.p for _, _, each in found])).reshape(len(found), -1)
    driven = []
    for (requirement, count, each), family in zip(found, adjusted, strict=True):
        drivers = [
            Driver(
                input=labels[j],
                unit=units[j],
                spearman=float(each.spearman[j]),
                partial=float(each.partial[j]),
                low=float(each.low[j]),
                high=float(each.high[j]),
                p=float(each.p[j]),
                adjusted_p=float(family[j]),
                significant=bool(family[j] < 1.0 - CONFIDENCE),
            )
            for j in range(len(labels))
        ]
        drivers.sort(key=lambda d: -abs(d.spearman if math.isnan(d.partial) else d.partial))
        driven.append(
            Driven(
                requirement.name, requirement.title, requirement.unit, count,
                each.explained, tuple(drivers),
            )
        )  # fmt: skip
    return tuple(driven)


def _inputs(flights: Flights) -> tuple[list[str], Flags]:
    """Return the inputs that vary, and which flights have a number in each of them."""
    varied: list[str] = []
    complete = np.ones(len(flights), bool)
    for name in flights.names("input_"):
        values = flights.number(name)
        known = np.isfinite(values)
        if known.any() and np.nanmax(values) > np.nanmin(values):
            varied.append(name)
            complete &= known
    return varied, complete
