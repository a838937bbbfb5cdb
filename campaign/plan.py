"""What a campaign flies: everything that its rows depend on, and nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from farside.campaign.extras import CampaignError
from farside.campaign.sampling import PLAIN, SAMPLINGS, sampler, sobol_points
from farside.ext.common.version import version
from farside.flight.checks import warn_of
from farside.flight.inherited import warn_of_inherited
from farside.flight.inputs import input_specs
from farside.mission import Mission, mission_text, parse_mission
from farside.mission.integers import seed_number, whole_number
from farside.raster import Dem

#: As many as a scrambled Sobol sequence of 30 bits has points, rounded down.
MOST_RUNS = 10**9
#: Runs of a task, at the least: a second of work of one core. Without imaging a flight is shorter.
LEAST_OF_A_TASK = {True: 8, False: 24}
#: And at the most: what a worker that is killed has flown for nothing.
MOST_OF_A_TASK = 64
#: Tasks that a campaign is cut into where these bounds allow it: its last ones then keep no worker
#: waiting for longer than a hundredth of the whole.
TASKS = 100


@dataclass(frozen=True)
class Raster:
    """A DEM that is flown over, and what it held."""

    path: str  # absolute
    sha256: str


@dataclass(frozen=True)
class Plan:
    """A campaign before it is flown. Make it with `plan_campaign`.

    Attributes
    ----------
    text : str
        Of the mission file.
    runs : int
        How many.
    seed : int
        Of the random numbers.
    sampling : str
        "plain", independent draws, or "sobol".
    imaging : bool
        Whether the lidar scans where the mission does.
    dems : tuple of Raster
        Under the flights, in place of the mission's ground.
    farside : str
        Version that planned it.
    sampler : str
        What drew the points; this scipy, if not given.
    cameras : bool
        Whether cameras are at work where the mission has them: an image takes a core 0.3 s.
    mission : Mission
        As read from the text.

    Examples
    --------
    >>> from farside.campaign import plan_campaign
    >>> spread = plan_campaign("chang-e-6", runs=64, seed=3, sampling="sobol")
    >>> points = spread.points(range(10))
    >>> points.shape, bool(points.min() > 0.0), bool(points.max() < 1.0)
    ((10, 88), True, True)
    >>> plan_campaign("chang-e-6", runs=64).points(range(10)) is None  # drawn by each run
    True
    """

    text: str = field(repr=False)
    runs: int
    seed: int = 0
    sampling: str = PLAIN
    imaging: bool = True
    dems: tuple[Raster, ...] = ()
    farside: str = field(default_factory=version)
    sampler: str = ""
    cameras: bool = False
    mission: Mission = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Check every number, and read the mission."""
        try:
            object.__setattr__(self, "runs", whole_number("runs", self.runs, 1, MOST_RUNS))
            object.__setattr__(self, "seed", seed_number(self.seed))
        except ValueError as why:
            raise CampaignError(str(why)) from None
        if self.sampling not in SAMPLINGS:
            raise CampaignError(f"sampling {self.sampling!r}: choose {' or '.join(SAMPLINGS)}")
        if not self.sampler:
            object.__setattr__(self, "sampler", sampler(self.sampling))
        object.__setattr__(self, "mission", parse_mission(self.text))

    @property
    def mission_sha256(self) -> str:
        """Of the mission file's text."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def points(self, runs: range) -> NDArray[np.float64] | None:
        """Return the points of runs, (len(runs), inputs); None where they are drawn.

        Parameters
        ----------
        runs : range
            Numbers of the runs.

        Returns
        -------
        ndarray, (len(runs), inputs), or None
            In (0, 1).
        """
        if self.sampling == PLAIN:
            return None
        return sobol_points(len(input_specs(self.mission)), self.seed, runs)


def plan_campaign(
    mission: str | Path | Mission,
    runs: int,
    *,
    seed: int = 0,
    sampling: str = PLAIN,
    imaging: bool = True,
    dems: str | Path | Sequence[str | Path] = (),
    cameras: bool = False,
) -> Plan:
    """Describe what a campaign shall fly.

    Parameters
    ----------
    mission : str, Path or Mission
        A shipped mission's name, the path of a mission file, or a mission of your own making.
    runs : int
        How many landings; the first of them are the campaign of fewer.
    seed : int, optional
        Of every random number: a whole number from 0 on, of any integer type and length.
    sampling : {"plain", "sobol"}, optional
        The dispersions drawn independently, or spread by 16 scrambled Sobol sequences.
    imaging : bool, optional
        False lands at the nominal site, without lidar or map.
    dems : path or sequence of paths, optional
        Rasters laid over the whole-Moon DEM.
    cameras : bool, optional
        True flies with the mission's cameras at work; a flight then takes some 30 s of a core.

    Returns
    -------
    Plan

    Warns
    -----
    MissionWarning
        What is odd about the mission, a line each.

    Raises
    ------
    MissionError
        No such mission, or one that breaks a rule of the schema.
    CampaignError
        A number out of its range, or a raster that cannot be read.

    Examples
    --------
    >>> from farside.campaign import plan_campaign
    >>> plan = plan_campaign("chang-e-6", runs=1000, seed=3)
    >>> plan.runs, plan.mission.name, plan.sampling
    (1000, 'chang-e-6', 'plain')
    """
    text = mission.to_toml() if isinstance(mission, Mission) else mission_text(mission)
    dems = (dems,) if isinstance(dems, str | Path | Dem) else dems
    rasters = tuple(raster_at(dem) for dem in dems)
    plan = Plan(text, runs, seed, sampling, imaging, rasters, cameras=cameras)
    if not isinstance(mission, Mission):
        warn_of_inherited(mission, plan.mission)
    warn_of(plan.mission, imaging)
    return plan


def raster_at(path: str | Path) -> Raster:
    """Note what a raster holds, so that no other takes its place unseen."""
    if isinstance(path, Dem) and path != Dem(path.path):
        raise CampaignError(
            f"{path.path}: a campaign reads the unit and nodata value from the file; write them "
            "into it, e.g. gdal_edit.py -units km -a_nodata -9999"
        )
    try:
        whole = Path(path).resolve()
        with whole.open("rb") as file:
            return Raster(str(whole), hashlib.file_digest(file, "sha256").hexdigest())
    except OSError as why:
        raise CampaignError(f"{path}: cannot be read: {why.strerror or why}") from None


def shard_of(runs: int, number: int, of: int) -> range:
    """Return the runs of one shard: consecutive ones, all shards alike to one run.

    Parameters
    ----------
    runs : int
        Of the whole campaign.
    number : int
        Of the shard, 1 to `of`.
    of : int
        How many shards there are, no more than runs.

    Returns
    -------
    range
        Numbers of its runs.

    Raises
    ------
    CampaignError
        No such shard.

    Examples
    --------
    >>> from farside.campaign import shard_of
    >>> [shard_of(1000, number, of=3) for number in (1, 2, 3)]
    [range(0, 333), range(333, 666), range(666, 1000)]
    """
    runs, number, of = (
        whole_number(name, value, -(2**63))
        for name, value in (("runs", runs), ("shard", number), ("shards", of))
    )
    if of > runs:
        raise CampaignError(f"{of} shards of {runs} runs: give as many shards as runs, or fewer")
    if not 1 <= number <= of:
        raise CampaignError(f"shard {number}/{of}: they are numbered 1/{of} to {of}/{of}")
    return range((number - 1) * runs // of, number * runs // of)


def cut(missing: Sequence[range], imaging: bool, cameras: bool = False) -> list[range]:
    """Cut runs into tasks, each a second of a core's work or more where there is that much."""
    total = sum(len(each) for each in missing)
    least = 1 if cameras else LEAST_OF_A_TASK[imaging]
    size = max(least, min(1 if cameras else MOST_OF_A_TASK, total // TASKS))
    return [each[first : first + size] for each in missing for first in range(0, len(each), size)]
