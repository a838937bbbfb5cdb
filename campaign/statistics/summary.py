"""All that the flights of a campaign say, in one record."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from farside.campaign.statistics.basis import Basis, basis_of
from farside.campaign.statistics.consistency import Consistency, consistency
from farside.campaign.statistics.convergence import Blocks, Prefix, converge, scatter
from farside.campaign.statistics.dispersion import Dispersion, disperse
from farside.campaign.statistics.drivers import Driven, drive
from farside.campaign.statistics.failures import FailureClass, failure_classes, remarks
from farside.campaign.statistics.faulted import Faulted, given_faults
from farside.campaign.statistics.flights import Campaign, flights_of
from farside.campaign.statistics.proportion import Share
from farside.campaign.statistics.requirements import (
    REPORTED,
    Outcome,
    assess_outcome,
    requirements,
    succeeded,
)
from farside.mission.json_values import plain_values


@dataclass(frozen=True)
class Summary:
    """A campaign's statistics; every bound is of 95 % confidence."""

    mission: str
    title: str
    seed: int
    sampling: str
    basis: Basis  # scrambles, bound, and what the figures are conditional on
    imaging: bool
    cameras: bool
    asked_runs: int
    runs: int  # flown, or tried
    endings: dict[str, int]  # flights by outcome, the most frequent first
    success: Share  # safe, and every binding requirement kept
    blocks: Blocks | None
    requirements: tuple[Outcome, ...]
    reported: tuple[Outcome, ...]
    dispersions: tuple[Dispersion, ...]
    failures: tuple[FailureClass, ...]
    remarks: tuple[FailureClass, ...]
    driven: tuple[Driven, ...]
    convergence: tuple[Prefix, ...]
    faulted: tuple[Faulted, ...]  # success given each fault of the mission
    ground: str  # "drawn" anew for each run, or "fixed"
    consistency: tuple[Consistency, ...]  # mean NEES by block and epoch

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain numbers and names; what is not finite becomes None."""
        plain: dict[str, Any] = plain_values(asdict(self))
        for said, found in zip(plain["consistency"], self.consistency, strict=True):
            said["inside"] = found.inside
        for outcome, each in zip(plain["requirements"], self.requirements, strict=True):
            outcome["met"] = each.met
        return plain


def summarise(campaign: Campaign) -> Summary:
    """Work out the statistics of a campaign.

    Parameters
    ----------
    campaign : Campaign
        Its table, mission and manifest; as `farside.campaign.read_campaign` gives them.

    Returns
    -------
    Summary
        Success, requirements, dispersion, failures, drivers and convergence.

    Raises
    ------
    StatisticsError
        No flight is in it.
    """
    flights, mission, manifest = flights_of(campaign), campaign.mission, campaign.manifest
    asked = requirements(mission, manifest.imaging)
    good = succeeded(flights, asked)
    kept = tuple(assess_outcome(flights, each) for each in asked)
    endings, ending = flights.kinds("outcome")
    counts = np.bincount(ending, minlength=len(endings))
    places = [
        disperse(
            "the nominal site",
            flights.number("touchdown_east_m"),
            flights.number("touchdown_north_m"),
        )
    ]
    if manifest.imaging:
        places.insert(
            0,
            disperse(
                "the chosen site",
                flights.number("touchdown_miss_east_m"),
                flights.number("touchdown_miss_north_m"),
            ),
        )
    return Summary(
        mission=mission.name,
        title=mission.title,
        seed=manifest.seed,
        sampling=manifest.sampling,
        basis=basis_of(mission, manifest.sampling, manifest.sampler),
        imaging=manifest.imaging,
        cameras=manifest.cameras,
        asked_runs=manifest.runs,
        runs=len(flights),
        endings={
            endings[i]: int(counts[i]) for i in np.argsort(-counts, kind="stable") if counts[i]
        },
        success=flights.share(good),
        blocks=scatter(good),
        requirements=kept,
        reported=tuple(assess_outcome(flights, each) for each in REPORTED),
        dispersions=tuple(place for place in places if place is not None),
        failures=failure_classes(flights, mission, good),
        remarks=remarks(flights, mission, good),
        driven=drive(flights, kept, good),
        convergence=converge(flights, good, (*asked, *REPORTED)),
        faulted=given_faults(flights, mission, good),
        ground=str(getattr(mission.dispersions, "terrain", "drawn")),
        consistency=consistency(flights),
    )
