"""Adaptive stress testing: the most likely way to fail, as a flight that is flown again.

Asked is the failure of the greatest likelihood (Lee et al. 2020). Subset simulation finds failures,
of every kind that its levels meet; from the likeliest of each kind a search leads to a design point
(descent.py). The likelihood is that of the dispersed inputs: noise and ground are drawn from
streams of which each is as likely as any other.
"""

from __future__ import annotations

import json
from concurrent.futures import Executor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.campaign.dispatch import not_written
from farside.campaign.extras import CampaignError
from farside.campaign.progress import OnProgress
from farside.campaign.rare.descent import Points, likeliest_failure
from farside.campaign.rare.estimate import RareEstimate
from farside.campaign.rare.flights import STREAMS, FlownRows, opened_rows
from farside.campaign.rare.moves import Batch, own_streams
from farside.campaign.rare.plan import RarePlan
from farside.campaign.rare.subset import Subset
from farside.campaign.statistics.flights import Flights
from farside.campaign.workers import WorkerPool
from farside.flight.flight_file import FlightFile, write_flight
from farside.flight.inputs import nominal_inputs
from farside.flight.standard_inputs import (
    inputs_of_normals,
    log_likelihoods,
    spread_specs,
    values_of_normals,
)
from farside.mission.json_values import plain_values
from farside.mission.writing import write_whole

STRESS, FLIGHT = "stress.json", "flight.json"
#: Flights of a level of the search if none are given: it is to meet failures, not to count them.
SEARCH = 100
#: Kinds of failure that are followed, the likeliest first.
KINDS = 3
#: Other draws of noise and ground that the failing inputs are flown with.
REDRAWS = 20


@dataclass(frozen=True)
class StressInput:
    """An input of the failing flight: how far it strays, and its share of the way."""

    name: str
    value: float  # off nominal, in its unit
    unit: str
    sigma: float  # the standard normal that it stands for
    share: float  # of the squares of all


@dataclass(frozen=True)
class StressResult:
    """The most likely failure that was found.

    Log-likelihoods are of the inputs, each in units of its standard deviation; that of the nominal
    flight is the greatest that there is, and `typical` the mean of flights as they are drawn.
    """

    rare: RarePlan
    flight: FlightFile
    broken: str  # the requirement that it breaks, or how it ended
    cause: str
    log_likelihood: float
    nominal: float
    typical: float
    distance_sigma: float  # of its point from the origin: beta of a design point
    redraws: int  # flights with the same inputs and other draws of noise and ground
    redraws_failing: int
    flights: int
    probability: float  # of the search, subset simulation with few flights
    high: float  # its upper bound, and all that is known of it where not `mixed`
    mixed: bool
    inputs: tuple[StressInput, ...] = field(repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as `stress.json` holds them."""
        facts = {key: value for key, value in vars(self).items() if key not in ("rare", "flight")}
        facts["inputs"] = [asdict(each) for each in self.inputs]
        facts["flight"] = vars(self.flight)
        facts["of"] = list(self.rare.of)
        cleaned: dict[str, Any] = plain_values(facts)
        return cleaned


class Search:
    """Flights of a search, one batch after the other, behind those of the simulation."""

    def __init__(self, rare: RarePlan, flown: FlownRows, estimate: RareEstimate) -> None:
        self.rare, self.flown, self.mission = rare, flown, rare.plan.mission
        self.next = estimate.evaluations
        u, likelihoods = estimate.u, self.likelihoods(estimate.u)
        self.points = Points(u, estimate.streams, estimate.margins, likelihoods)

    def fly(self, u: NDArray[np.float64], streams: NDArray[np.int64]) -> Points:
        """Fly points at given streams, (N, S)."""
        batch = Batch(self.next, u, streams)
        self.next += len(batch)
        return Points(u, streams, self.flown(batch), self.likelihoods(u))

    def both(self, u: NDArray[np.float64], streams: NDArray[np.int64]) -> Points:
        """Fly points with the streams (S,) of another flight, and with fresh ones."""
        rows = range(self.next + len(u), self.next + 2 * len(u))
        same = np.repeat(streams[None], len(u), axis=0)
        fresh = own_streams(rows, STREAMS)
        return self.fly(np.concatenate([u, u]), np.concatenate([same, fresh]))

    def likelihoods(self, u: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the log-likelihoods of points, (N,)."""
        return log_likelihoods(self.mission, values_of_normals(self.mission, u))

    def starts(self) -> list[int]:
        """Return the likeliest failing flight of each kind, the likeliest first."""
        rows = np.flatnonzero(self.points.margins < 0.0)
        margin, flights = self.rare.margin, Flights(self.flown.table())
        assert self.flown.scales is not None
        broken = margin.broken(flights, margin.values(flights), self.flown.scales)
        order = rows[np.argsort(-self.points.log_likelihoods[rows], kind="stable")]
        firsts: dict[str, int] = {}
        for row in order.tolist():
            firsts.setdefault(str(broken[row]), row)
        return list(firsts.values())[:KINDS]

    def likeliest(self) -> Points:
        """Return the likeliest failing flight, a single point, by all ways that are followed."""
        ends = []
        for start in self.starts():
            end, self.points = likeliest_failure(self.both, self.points, start)
            ends.append(end)
        return max(ends, key=lambda end: float(end.log_likelihoods[0]))


def find_failure(
    rare: RarePlan,
    folder: str | Path,
    executor: Executor | WorkerPool | None = None,
    *,
    workers: int | None = None,
    resume: bool = False,
    progress: OnProgress | None = None,
) -> StressResult:
    """Find the most likely way in which a mission fails.

    Parameters
    ----------
    rare : RarePlan
        From `plan_rare`; its samples are flights of a level of the search.
    folder : str or Path
        Where to; missing or empty, but with `resume`.
    executor, workers, resume, progress : optional
        As of `farside.campaign.fly_campaign`.

    Returns
    -------
    StressResult
        Written to `stress.json`, and its flight to `flight.json`, which `farside land --inputs`
        flies.

    Raises
    ------
    CampaignError
        No failure was met, the folder holds something else, or nothing can be written.
    Stopped
        Interrupted; what was flown by then is kept.

    References
    ----------
    Lee, R. et al. (2020), Adaptive Stress Testing: Finding Likely Failure Events with Reinforcement
    Learning, Journal of Artificial Intelligence Research 69, 1165-1201.
    """
    place, plan = Path(folder), rare.plan
    with opened_rows(rare, place, executor, workers, resume, progress) as flown:
        estimate = Subset(flown, plan.runs, rare.share, plan.seed).run(flown.first())
        if not estimate.reached:
            raise CampaignError(
                f"{plan.mission.name}: no failure in {estimate.evaluations:,} flights of "
                f"{len(estimate.levels)} levels, so it is rarer than {estimate.high:.1e}; give "
                "more --samples, or a narrower limit with --of"
            )
        search = Search(rare, flown, estimate)
        best = search.likeliest()
        # the failing flight itself, then the same inputs with other noise and ground
        rows = range(search.next, search.next + 1 + REDRAWS)
        others = own_streams(rows, STREAMS)
        others[0] = best.streams[0]
        again = search.fly(np.repeat(best.u, len(rows), axis=0), others)
    result = _told(search, again, estimate)
    try:
        write_flight(place / FLIGHT, result.flight)
        write_whole(place / STRESS, json.dumps(result.to_dict(), indent=2) + "\n")
    except OSError as why:
        raise not_written(place, why) from None
    return result


def _told(search: Search, again: Points, estimate: RareEstimate) -> StressResult:
    """Say what the failing flight is: the first of those flown again; the rest are redraws."""
    plan, mission, scales = search.rare.plan, search.mission, search.flown.scales
    assert scales is not None
    u, (noise, ground) = again.u[0], again.streams[0].tolist()
    inputs, nominal = inputs_of_normals(mission, u), nominal_inputs(mission)
    last = Flights(search.flown.tables[-1].slice(0, 1))
    margin = search.rare.margin
    square = u * u
    whole = float(np.add.accumulate(square)[-1])
    order = np.argsort(-square, kind="stable")
    specs = spread_specs(mission)
    strays = tuple(
        StressInput(
            specs[i].name,
            inputs[specs[i].name],
            specs[i].unit,
            float(u[i]),
            float(square[i]) / whole if whole > 0.0 else 0.0,
        )
        for i in order
    )
    first = search.points.log_likelihoods[: plan.runs]
    broken = str(margin.broken(last, margin.values(last), scales)[0])
    return StressResult(
        rare=search.rare,
        flight=FlightFile(
            plan.mission.name,
            plan.mission_sha256,
            plan.seed,
            noise,
            ground,
            plan.imaging,
            plan.cameras,
            inputs.as_dict(),
        ),
        broken=broken,
        cause=margin.text(last, 0, broken),
        log_likelihood=float(again.log_likelihoods[0]),
        nominal=float(log_likelihoods(mission, nominal.values[None])[0]),
        typical=float(np.add.accumulate(first)[-1]) / len(first),
        distance_sigma=float(np.sqrt(whole)),
        redraws=REDRAWS,
        redraws_failing=int(np.count_nonzero(again.margins[1:] < 0.0)),
        flights=search.next,
        probability=estimate.probability,
        high=estimate.high,
        mixed=estimate.mixed,
        inputs=strays,
    )
