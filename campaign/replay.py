"""Fly a run of a campaign again, and see whether it is the same flight to the bit."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from farside.campaign.campaign import Campaign
from farside.campaign.columns import STEERED
from farside.campaign.folder import check_rasters
from farside.campaign.task import Task, fly_run
from farside.flight import Landing
from farside.flight.inputs import Inputs, input_specs


@dataclass(frozen=True)
class Replay:
    """A run that was flown again.

    Attributes
    ----------
    run : int
        Which.
    landing : Landing or None
        As flown now; None where it cannot be flown.
    row : dict
        Its row as flown now, by the columns of the campaign.
    differing : tuple of str
        Columns in which it differs from the campaign's row.

    Examples
    --------
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> from farside.campaign import fly_campaign, plan_campaign, read_campaign, replay
    >>> plan = plan_campaign("chang-e-6", runs=2, seed=3, imaging=False)
    >>> with ThreadPoolExecutor(1) as one:
    ...     progress = fly_campaign(plan, "campaign", one)
    >>> again = replay(read_campaign("campaign"), run=1)
    >>> again.same, again.landing.outcome
    (True, 'landed')
    """

    run: int
    landing: Landing | None = field(repr=False)
    row: dict[str, Any] = field(repr=False)
    differing: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether every column is the same to the bit."""
        return not self.differing


def replay(campaign: Campaign, run: int) -> Replay:
    """Fly a run of a campaign again.

    Parameters
    ----------
    campaign : Campaign
        From `read_campaign`, or `farside.campaign.rare.read_rare`.
    run : int
        Its number.

    Returns
    -------
    Replay

    Raises
    ------
    CampaignError
        The run is not in the campaign, or a raster was changed since.
    RasterError
        A DEM cannot be flown over.

    Examples
    --------
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> from farside.campaign import fly_campaign, plan_campaign, read_campaign, replay
    >>> plan = plan_campaign("chang-e-6", runs=2, seed=3, imaging=False)
    >>> with ThreadPoolExecutor(1) as one:
    ...     progress = fly_campaign(plan, "campaign", one)
    >>> again = replay(read_campaign("campaign"), run=1)
    >>> again.same, again.differing  # every column, to the bit
    (True, ())
    """
    held = campaign.row(run)
    plan = campaign.plan
    check_rasters(plan)
    # as the row has them: they need no sequence, which depends on the version of scipy
    specs = input_specs(plan.mission)
    inputs = Inputs(specs, np.array([held[f"input_{spec.name}"] for spec in specs]))
    dems = tuple(raster.path for raster in plan.dems)
    task = Task(plan.text, plan.seed, plan.imaging, dems, range(run, run + 1), None, plan.cameras)
    # a steered flight meets the noise and the ground of other runs
    own = {"run": run} | {each.name: held[each.name] for each in STEERED if each.name in held}
    row, landing = fly_run(
        plan.mission, task, own.get("noise_run", run), inputs, own.get("ground_run")
    )
    row |= own
    differing = tuple(name for name in held if _bits(row[name]) != _bits(held[name]))
    return Replay(run, landing, row, differing)


def _bits(value: Any) -> Any:
    """Return a number's bits, so that NaN is NaN and -0 is not 0."""
    return struct.pack("<d", value) if isinstance(value, float) else value
