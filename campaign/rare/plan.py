"""What a rare campaign flies: everything that its rows depend on, and its folder's `rare.json`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from farside.campaign.campaign import Campaign
from farside.campaign.columns import STEERED, columns
from farside.campaign.extras import CampaignError, extra
from farside.campaign.folder import (
    PARTS,
    check_rasters,
    check_same,
    damaged,
    manifest_of,
    parts_in,
    plan_from,
    read_facts,
)
from farside.campaign.parts import read_part, schema_of
from farside.campaign.plan import Plan, plan_campaign
from farside.campaign.rare.margin import Margin, margin_of
from farside.campaign.rare.subset import LEAST_SAMPLES
from farside.flight.standard_inputs import spread_specs
from farside.mission import Mission
from farside.mission.writing import write_whole

RARE, RESULT = "rare.json", "result.json"
#: Points of a level if none are given: a coefficient of variation of about 0.45 at 1e-5.
SAMPLES, SHARE = 500, 0.1


@dataclass(frozen=True)
class RarePlan:
    """A rare campaign before it is flown. Make it with `plan_rare`; `plan.runs` are a level's."""

    plan: Plan
    share: float = SHARE
    of: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check what no other does."""
        _ = self.margin
        if self.plan.runs < LEAST_SAMPLES:
            raise CampaignError(f"samples {self.plan.runs}: give {LEAST_SAMPLES} or more a level")
        if not spread_specs(self.plan.mission):
            raise CampaignError(
                f"{self.plan.mission.name}: disperses no input, so that no failure can be steered "
                "to; give [dispersions]"
            )

    @property
    def margin(self) -> Margin:
        """What counts as failing."""
        plan = self.plan
        return margin_of(plan.mission, plan.imaging, self.of)


def plan_rare(
    mission: str | Path | Mission,
    *,
    samples: int = SAMPLES,
    share: float = SHARE,
    of: Sequence[str] = (),
    seed: int = 0,
    imaging: bool = True,
    dems: Sequence[str | Path] = (),
    cameras: bool = False,
) -> RarePlan:
    """Describe a campaign that looks for rare failures.

    Parameters
    ----------
    mission : str, Path or Mission
        A shipped mission's name, the path of a mission file, or a mission of your own making.
    samples : int, optional
        Flights of a level, 50 or more.
    share : float, optional
        Of each level that seeds the next one, 0.01 to 0.5.
    of : sequence of str, optional
        What counts as failing: names of requirements, "propellant_left" or "propellant_left=20";
        everything that makes a landing unsafe if none is given.
    seed, imaging, dems, cameras : optional
        As of `farside.campaign.plan_campaign`. The first level is the campaign of that seed.

    Returns
    -------
    RarePlan

    Raises
    ------
    MissionError
        No such mission, or one that breaks a rule of the schema.
    CampaignError
        A number out of its range, no such requirement, a mission that disperses nothing, or a
        raster that cannot be read.
    """
    plan = plan_campaign(
        mission, samples, seed=seed, imaging=imaging, dems=tuple(dems), cameras=cameras
    )
    return RarePlan(plan, share, tuple(of))


def write_plan(folder: Path, rare: RarePlan, resume: bool) -> None:
    """Make a folder that of a rare campaign, or refuse one that holds something else.

    Raises
    ------
    CampaignError
        It holds something else, or rows that `resume` was not given for.
    OSError
        It cannot be written.
    """
    path = folder / RARE
    if folder.exists() and not folder.is_dir():
        raise CampaignError(f"{folder}: a file is in the way; give another folder")
    if path.exists():
        if not resume:
            raise CampaignError(f"{folder}: holds a rare campaign; --resume goes on with it")
        held = read_plan(folder)
        check_same(folder, held.plan, rare.plan)
        for name, ours, theirs in (
            ("samples", rare.plan.runs, held.plan.runs),
            ("share", rare.share, held.share),
            ("requirements", rare.of, held.of),
        ):
            if ours != theirs:
                raise CampaignError(
                    f"{folder}: holds a rare campaign of other {name} ({theirs}, not {ours}); give "
                    "another folder"
                )
        check_rasters(rare.plan)
        return
    if resume:
        raise CampaignError(f"{folder}: no rare campaign is here to resume; leave out --resume")
    if folder.exists() and any(folder.iterdir()):
        raise CampaignError(f"{folder}: is not empty and holds no rare campaign; give another")
    (folder / PARTS).mkdir(parents=True, exist_ok=True)
    facts = manifest_of(rare.plan) | {"share": rare.share, "of": list(rare.of)}
    write_whole(path, json.dumps(facts, indent=2) + "\n")


def read_plan(folder: str | Path) -> RarePlan:
    """Read what a folder holds a rare campaign of.

    Raises
    ------
    CampaignError
        None is there, or its `rare.json` is damaged.
    """
    path = Path(folder) / RARE
    facts: Any = read_facts(path)
    plan = plan_from(path, facts)
    share, of = facts.get("share"), facts.get("of")
    if type(share) is not float or not isinstance(of, list):
        raise damaged(path, "share or of is missing or of another kind")
    return RarePlan(plan, share, tuple(str(each) for each in of))


def read_rare(folder: str | Path) -> Campaign:
    """Read the rows of a rare campaign, or of a stress test, for `farside.campaign.replay`.

    Parameters
    ----------
    folder : str or Path
        Where it was flown.

    Returns
    -------
    Campaign
        Its rows are no independent draws but those of the first level: no statistics of a campaign
        holds for them.

    Raises
    ------
    CampaignError
        None is there, or a part is damaged.
    """
    pa = extra("pyarrow", "campaign")
    place, plan = Path(folder), read_plan(folder).plan
    names = (*columns(plan.mission), *STEERED)
    parts = sorted(((runs.start, path) for runs, path in parts_in(place)), key=lambda each: each[0])
    empty = schema_of(names).empty_table()
    table = pa.concat_tables([empty, *(read_part(path, names) for _, path in parts)])
    if not table.num_rows:
        raise CampaignError(f"{place}: no flight was flown yet; go on with --resume")
    return Campaign(replace(plan, runs=table.num_rows), table.combine_chunks(), (place,))
