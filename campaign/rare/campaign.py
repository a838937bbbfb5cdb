"""Fly a rare campaign, and say what it found: how often, by what cause, driven by what."""

from __future__ import annotations

import json
from concurrent.futures import Executor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from farside.campaign.dispatch import not_written
from farside.campaign.progress import OnProgress
from farside.campaign.rare.estimate import RareEstimate
from farside.campaign.rare.flights import FlownRows, opened_rows
from farside.campaign.rare.plan import RESULT, RarePlan
from farside.campaign.rare.sensitivity import plane_of
from farside.campaign.rare.subset import Subset
from farside.campaign.statistics.flights import Flights, Floats
from farside.campaign.workers import WorkerPool
from farside.flight.standard_inputs import spread_specs
from farside.mission.json_values import plain_values
from farside.mission.writing import write_whole


@dataclass(frozen=True)
class RareCause:
    """What failures have in common: the requirement that they break most, or how they ended."""

    name: str
    title: str
    share: float  # of the failures
    probability: float  # share of the estimate's: says as little as that one where it is not mixed
    flights: int  # different ones behind it
    run: int  # the most likely of them
    text: str  # what happened in it


@dataclass(frozen=True)
class RareDriver:
    """An input that the margin depends on, by the plane fitted through all flights."""

    name: str
    slope: float  # of the margin, in its spreads, for one standard deviation of the input
    importance: float  # share of the plane's variance: the squares of all slopes make 1
    failing_sigma: float  # mean over the failures, in standard deviations; NaN without failures


@dataclass(frozen=True)
class RareResult:
    """What a rare campaign found. `table` has a row a flight; `estimate.u` its points."""

    rare: RarePlan
    estimate: RareEstimate
    causes: tuple[RareCause, ...]
    drivers: tuple[RareDriver, ...]
    table: Any = field(repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as `result.json` holds them; what is not finite becomes None."""
        found, plan = self.estimate, self.rare.plan
        levels = [
            {key: value for key, value in asdict(level).items() if key != "kept"}
            for level in found.levels
        ]
        facts = {
            "farside": plan.farside,
            "mission": plan.mission.name,
            "mission_sha256": plan.mission_sha256,
            "seed": plan.seed,
            "imaging": plan.imaging,
            "of": [
                {"name": each.name, "limit": each.limit, "unit": each.unit}
                for each in self.rare.margin.asked
            ],
            "probability": found.probability,
            "low": found.low,
            "high": found.high,
            "reached": found.reached,
            "mixed": found.mixed,
            "cov": found.cov,
            "cov_bound": found.cov_bound,
            "flights": found.evaluations,
            "plain_draws": found.plain_draws,
            "levels": levels,
            "causes": [asdict(cause) for cause in self.causes],
            "drivers": [asdict(driver) for driver in self.drivers],
        }
        cleaned: dict[str, Any] = plain_values(facts)
        return cleaned


def fly_rare(
    rare: RarePlan,
    folder: str | Path,
    executor: Executor | WorkerPool | None = None,
    *,
    workers: int | None = None,
    resume: bool = False,
    progress: OnProgress | None = None,
) -> RareResult:
    """Fly a rare campaign into a folder, or what is missing of it.

    Parameters
    ----------
    rare : RarePlan
        From `plan_rare`, or `read_plan(folder)`.
    folder : str or Path
        Where to; missing or empty, but with `resume`.
    executor, workers, resume, progress : optional
        As of `farside.campaign.fly_campaign`.

    Returns
    -------
    RareResult
        Written to `result.json` too.

    Raises
    ------
    CampaignError
        The folder holds something else, a part of it is damaged, nothing can be written, or a
        flight killed every worker. What was flown by then is kept.
    Stopped
        Interrupted; what was flown by then is kept.
    """
    place, plan = Path(folder), rare.plan
    with opened_rows(rare, place, executor, workers, resume, progress) as flown:
        simulation = Subset(flown, plan.runs, rare.share, plan.seed)
        estimate = simulation.run(flown.first())
    result = _told(rare, estimate, flown)
    try:
        write_whole(place / RESULT, json.dumps(result.to_dict(), indent=2) + "\n")
    except OSError as why:
        raise not_written(place, why) from None
    return result


def _told(rare: RarePlan, estimate: RareEstimate, flown: FlownRows) -> RareResult:
    """Say what the failures are."""
    table = flown.table()
    assert flown.scales is not None
    causes = _causes(rare, estimate, Flights(table), flown.scales) if estimate.reached else ()
    return RareResult(rare, estimate, causes, _drivers(rare, estimate), table)


def _causes(
    rare: RarePlan, estimate: RareEstimate, flights: Flights, scales: Floats
) -> tuple[RareCause, ...]:
    """Sort failures by what they break most, the most frequent first."""
    margin = rare.margin
    broken = margin.broken(flights, margin.values(flights), scales)
    titles = {each.name: each.title for each in margin.asked}
    size = np.add.accumulate(estimate.u * estimate.u, axis=1)[:, -1]
    failing, found = estimate.failing, []
    for name in sorted(set(broken[failing].tolist())):
        rows = failing[broken[failing] == name]
        share = len(rows) / len(failing)
        likeliest = int(rows[np.argmin(size[rows])])
        found.append(
            RareCause(
                name,
                titles.get(name, name.replace("_", " ")),
                share,
                share * estimate.probability,
                len(np.unique(rows)),
                likeliest,
                margin.text(flights, likeliest, name),
            )
        )
    return tuple(sorted(found, key=lambda cause: (-cause.share, cause.name)))


def _drivers(rare: RarePlan, estimate: RareEstimate, most: int = 6) -> tuple[RareDriver, ...]:
    """Name the inputs that the margin depends on most."""
    _, slopes = plane_of(estimate.u, estimate.margins)
    whole = float(np.add.accumulate(slopes * slopes)[-1])
    failing = estimate.u[estimate.failing]
    means = failing.sum(axis=0) / len(failing) if len(failing) else np.full(len(slopes), np.nan)
    specs = spread_specs(rare.plan.mission)
    order = np.argsort(-np.abs(slopes), kind="stable")[:most]
    return tuple(
        RareDriver(
            specs[i].name,
            float(slopes[i]),
            float(slopes[i] * slopes[i]) / whole if whole > 0.0 else 0.0,
            float(means[i]),
        )
        for i in order
    )
