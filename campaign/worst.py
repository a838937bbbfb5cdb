"""The worst runs of a campaign: which to fly again, and why they went as they did."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from farside.campaign.campaign import Campaign
from farside.campaign.statistics.flights import Flights
from farside.mission import Mission

#: From harmless to lost.
ORDER = (
    *("landed", "aborted", "belly_struck", "tipped", "out_of_propellant", "crashed", "unfinished"),
    "not_flown",
)


@dataclass(frozen=True)
class WorstRun:
    """A run, how it ended and its nearest cause.

    share is the largest of its touchdown numbers as a share of their limits: above 1 is broken.
    """

    run: int
    outcome: str
    safe: bool
    cause: str
    share: float


def worst_runs(campaign: Campaign, count: int = 5) -> list[WorstRun]:
    """Return the worst runs of a campaign, the worst first.

    Flights that were not safe come first, by their outcome, then by how far they broke a limit; of
    safe ones those that came nearest to one.

    Parameters
    ----------
    campaign : Campaign
        From `farside.campaign.read_campaign` or `open_campaign`.
    count : int
        How many at most.

    Returns
    -------
    list of WorstRun

    Examples
    --------
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> from farside.campaign import fly_campaign, plan_campaign, read_campaign
    >>> plan = plan_campaign("chang-e-6", runs=2, seed=3, imaging=False)
    >>> with ThreadPoolExecutor(1) as one:
    ...     progress = fly_campaign(plan, "campaign", one)
    >>> for each in worst_runs(read_campaign("campaign"), count=1):
    ...     print(f"farside replay campaign --run {each.run}:", each.cause)
    farside replay campaign --run 1: ...
    """
    limits = _limits(campaign.plan.mission)
    flights = Flights(campaign.table)
    share = np.full(len(flights), -np.inf)
    for name, (_what, limit) in limits.items():
        value = flights.number(name)
        share = np.maximum(share, np.where(np.isfinite(value), np.abs(value) / limit, np.inf))
    endings, ending = flights.kinds("outcome")
    badness = np.array([ORDER.index(each) for each in endings], np.int64)[ending]
    # the last key counts most
    order = np.lexsort((flights.run, -share, -badness, flights.flag("safe")))
    names = ["run", "outcome", "safe", "cause", "error", *limits]
    return [
        _judge(campaign.table.slice(int(i), 1).select(names).to_pylist()[0], limits)
        for i in order[:count]
    ]


def _limits(mission: Mission) -> dict[str, tuple[str, float]]:
    """Return what each column of the touchdown is called and held against."""
    most, ground = mission.touchdown, mission.hazards
    return {
        "touchdown_vertical_speed_mps": ("vertical speed", most.vertical_speed_mps),
        "touchdown_horizontal_speed_mps": ("horizontal speed", most.horizontal_speed_mps),
        "touchdown_tilt_deg": ("tilt at contact", most.tilt_deg),
        "touchdown_rate_dps": ("turn rate", most.rate_dps),
        "touchdown_rest_tilt_deg": ("tilt at rest", most.rest_tilt_deg),
        "touchdown_ground_slope_deg": ("slope of the ground", ground.slope_deg),
        "touchdown_ground_roughness_m": ("roughness of the ground", ground.obstacle_m),
    }


def _judge(row: dict[str, Any], limits: dict[str, tuple[str, float]]) -> WorstRun:
    """Return a row's place among the worst."""
    shares = {
        what: abs(row[name]) / limit if math.isfinite(row[name]) else math.inf
        for name, (what, limit) in limits.items()
    }
    what = max(shares, key=shares.__getitem__)
    near = f"safe; {what} at {100.0 * shares[what]:.0f} % of its limit"
    cause = row["cause"] or row["error"] or (near if row["safe"] else "no cause is known")
    return WorstRun(row["run"], row["outcome"], row["safe"], cause, shares[what])
