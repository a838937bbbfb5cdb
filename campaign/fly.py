"""Fly a campaign, or what is missing of it, into a folder."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from farside.campaign.columns import columns
from farside.campaign.dispatch import Dispatcher, not_written
from farside.campaign.extras import CampaignError, extra
from farside.campaign.folder import (
    HISTORIES,
    MANIFEST,
    PARTS,
    check_rasters,
    check_same,
    missing_of,
    parts_in,
    read_manifest,
    write_manifest,
)
from farside.campaign.parts import read_part
from farside.campaign.plan import Plan, cut
from farside.campaign.progress import OnProgress, Progress, Stopped
from farside.campaign.task import task_of
from farside.campaign.workers import ForeignExecutor, WorkerPool, cores, local_pool


def fly_campaign(
    plan: Plan,
    folder: str | Path,
    executor: Executor | WorkerPool | None = None,
    *,
    workers: int | None = None,
    shard: range | None = None,
    resume: bool = False,
    progress: OnProgress | None = None,
) -> Progress:
    """Fly a campaign, or what is missing of it, into a folder.

    Parameters
    ----------
    plan : Plan
        From `plan_campaign`, or `read_campaign(folder).plan`.
    folder : str or Path
        Where to; missing or empty, but for a shard or with `resume`.
    executor : concurrent.futures.Executor or WorkerPool, optional
        What flies the tasks. Processes of this machine if not given, which are replaced when they
        die.
    workers : int, optional
        How many tasks an executor flies at once, or processes to start; if not given, the number
        of cores that this process may use.
    shard : range, optional
        Fly these runs only: see `shard_of`.
    resume : bool, optional
        Go on with what the folder holds.
    progress : callable, optional
        Called with a `Progress` after every task, and twice a second.

    Returns
    -------
    Progress
        What was flown. A flight that did not land is a result and no error.

    Raises
    ------
    CampaignError
        The folder holds something else, a part of it is damaged, nothing can be written, or an
        executor broke down. What was flown by then is kept.
    Stopped
        Interrupted; what was flown by then is kept.

    Examples
    --------
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> from farside.campaign import fly_campaign, plan_campaign
    >>> plan = plan_campaign("chang-e-6", runs=2, seed=3, imaging=False)
    >>> with ThreadPoolExecutor(1) as one:  # without it, a process for each core
    ...     progress = fly_campaign(plan, "campaign", one)
    >>> progress.done, dict(progress.outcomes)
    (2, {'landed': 2})
    """
    place = Path(folder)
    on_progress = progress or (lambda _progress: None)
    # before anything is written: without it nothing can be
    extra("pyarrow", "campaign")
    wanted = range(plan.runs) if shard is None else shard
    try:
        check_folder(place, plan, wanted, shard=shard is not None, resume=resume)
        counted, missing = count_runs(place, plan, wanted)
        write_manifest(place, plan)
    except OSError as why:
        raise not_written(place, why) from None
    if not missing:
        on_progress(counted)
        return counted
    with opened_pool(executor, workers) as pool:
        tasks = cut(missing, plan.imaging, plan.cameras)
        Dispatcher(partial(task_of, plan), place, pool, counted, on_progress, tasks).fly()
    return counted


@contextmanager
def opened_pool(
    executor: Executor | WorkerPool | None, workers: int | None
) -> Iterator[WorkerPool]:
    """Open what flies tasks, and end it however the flying ends.

    Parameters
    ----------
    executor, workers
        As of `fly_campaign`.

    Yields
    ------
    pool : WorkerPool
    """
    pool: WorkerPool
    if executor is None:
        pool = local_pool(workers or cores())
    elif isinstance(executor, Executor):
        pool = ForeignExecutor(executor, workers or cores())
    else:
        pool = executor
    try:
        yield pool
    except Stopped as why:
        pool.close()
        if signal.getsignal(why.number) == signal.SIG_DFL:
            # nothing in this process handles that signal: it ends as it would have, cleaned up
            signal.raise_signal(why.number)
        raise
    except BaseException:
        pool.close()
        raise
    pool.close()


def check_folder(place: Path, plan: Plan, wanted: range, *, shard: bool, resume: bool) -> None:
    """Refuse a folder that this campaign must not write to.

    Raises
    ------
    CampaignError
        It holds something else, or runs that `resume` was not given for.
    """
    if place.exists() and not place.is_dir():
        raise CampaignError(f"{place}: a file is in the way; give another folder")
    held = sorted(entry.name for entry in place.iterdir()) if place.exists() else []
    if not (place / MANIFEST).exists():
        if resume:
            raise CampaignError(f"{place}: no campaign is here to resume; leave out --resume")
        # of a shard that is just making the folder, or of a campaign that got no further
        others = [
            name
            for name in held
            if not (name in (PARTS, HISTORIES) and (shard or is_empty(place / name)))
        ]
        if [name for name in others if not name.startswith(f".{MANIFEST}.")]:
            raise CampaignError(f"{place}: holds {others[0]} and no campaign; give an empty folder")
        return
    there = read_manifest(place)
    if not (resume or shard):
        raise CampaignError(
            f"{place}: holds a campaign; --resume goes on with it, --out gives another folder"
        )
    check_same(place, there, plan)
    if there.runs > plan.runs or (shard and there.runs != plan.runs):
        raise CampaignError(
            f"{place}: holds a campaign of {there.runs:,} runs, not {plan.runs:,}; "
            f"give --runs {there.runs}{'' if shard else ' or more'}"
        )
    if not resume and any(
        runs.start < wanted.stop and wanted.start < runs.stop for runs, _ in parts_in(place)
    ):
        raise CampaignError(f"{place}: holds runs of this shard; --resume goes on with it")
    check_rasters(plan)


def is_empty(folder: Path) -> bool:
    """Return whether a folder is there and holds nothing."""
    return folder.is_dir() and not any(folder.iterdir())


def count_runs(place: Path, plan: Plan, wanted: range) -> tuple[Progress, list[range]]:
    """Count what a folder holds of the runs that are wanted, and list what is missing.

    Raises
    ------
    CampaignError
        A part is damaged.
    """
    progress = Progress(len(wanted))
    held = []
    names = columns(plan.mission)
    for runs, path in parts_in(place):
        if runs.stop <= wanted.start or wanted.stop <= runs.start:
            continue
        table = read_part(path, names, ("outcome", "safe"))
        held.append(runs)
        progress.outcomes.update(table["outcome"].to_pylist())
        progress.unsafe += table["safe"].to_pylist().count(False)
    missing = missing_of(wanted, held)
    progress.before = len(wanted) - sum(len(runs) for runs in missing)
    return progress, missing
