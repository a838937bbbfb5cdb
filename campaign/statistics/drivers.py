"""Which inputs drive which outcome: rank correlation, plain and partial."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtr
from scipy.stats import rankdata

from farside.campaign.statistics.flights import Flights, Floats
from farside.campaign.statistics.proportion import CONFIDENCE
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
    flights, dimensions = inputs.shape
    x = _standard(rankdata(inputs, axis=0))
    y = _standard(rankdata(outcome))
    spearman = x.T @ y / flights
    free = flights - dimensions - 2
    matrix = x.T @ x / flights
    nan = np.full(dimensions, np.nan)
    if free < 1 or np.linalg.cond(matrix) > ILL_CONDITIONED:
        return Correlations(spearman, nan, nan, nan, nan, math.nan)
    inverse = np.linalg.inv(matrix)
    slopes = inverse @ spearman
    explained = float(np.clip(spearman @ slopes, 0.0, 1.0))
    partial = slopes / np.sqrt((1.0 - explained) * np.diag(inverse) + slopes**2)
    inner = np.clip(partial, -1.0 + 1e-12, 1.0 - 1e-12)
    width = float(ndtri(0.5 + 0.5 * CONFIDENCE)) * np.sqrt((1.0 + 0.5 * partial**2) / free)
    z = np.arctanh(inner)
    t = np.abs(inner) * np.sqrt((free + 1.0) / (1.0 - inner**2))
    return Correlations(
        spearman,
        partial,
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
    names, inputs = _inputs(flights)
    if not names:
        return ()
    units = [flights.unit(name) for name in names]
    labels = [name.removeprefix("input_") for name in names]
    # what is left is what was in the tanks less what was used: the same ranks, backwards
    asked: list[tuple[Requirement, Floats]] = [
        (each.requirement, each.requirement.of(flights))
        for each in outcomes
        if each.requirement.name != "propellant_left"
    ]
    asked += [(each, each.of(flights)) for each in REPORTED]
    if min(np.count_nonzero(good), np.count_nonzero(~good)) >= FEWEST_FAILURES:
        failed = Requirement("failure", "failure", "", 0, "safe")
        asked.insert(0, (failed, (~good).astype(np.float64)))
    found = []
    for requirement, values in asked:
        held = np.isfinite(values) & np.isfinite(inputs).all(axis=1)
        if np.count_nonzero(held) < FEWEST_FAILURES or np.ptp(values[held]) == 0.0:
            continue
        if np.any(np.ptp(inputs[held], axis=0) == 0.0):
            continue
        found.append(
            (
                requirement,
                int(np.count_nonzero(held)),
                rank_correlations(inputs[held], values[held]),
            )
        )
    if not found:
        return ()
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


def _inputs(flights: Flights) -> tuple[list[str], Floats]:
    """Return the inputs that vary, (N, D)."""
    columns = {name: flights.number(name) for name in flights.names("input_")}
    varied = {
        name: values
        for name, values in columns.items()
        if np.isfinite(values).any() and np.nanmax(values) > np.nanmin(values)
    }
    if not varied:
        return [], np.empty((len(flights), 0))
    return list(varied), np.stack(list(varied.values()), axis=1)


def _standard(ranks: Floats) -> Floats:
    """Shift and scale ranks to mean 0 and variance 1."""
    off = ranks - ranks.mean(axis=0)
    scaled: Floats = off / np.sqrt((off**2).mean(axis=0))
    return scaled
