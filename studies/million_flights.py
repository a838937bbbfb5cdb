"""Flies the first part of a campaign of a million on dask, and notes what each task cost.

`<folder>-costs.jsonl` beside the campaign's folder gets a line when a task ends, written by the
worker that flew it, and one a minute of the process that hands tasks out; so what is stopped and
resumed is all there.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

from farside.campaign import Progress, fly_campaign, plan_campaign, shard_of
from farside.campaign.task import Task, TaskResult, fly_task
from farside.campaign.workers import Dask

COSTS = "costs.jsonl"
#: Between two notes of the process that hands tasks out [s].
NOTE_S = 60.0


def note(path: Path, **what: float) -> None:
    """Append a line; short enough for one write, so that two processes do not mix theirs."""
    with path.open("ab", buffering=0) as file:
        file.write(json.dumps(what).encode() + b"\n")


def fly_timed(task: Task, path: Path) -> TaskResult | None:
    """Fly a task, and note what it took.

    Noted are its begin and end, the CPU time of its own thread and of all threads of the process
    meanwhile, dask's among them, and what the process has used since it was started.
    """
    wall, cpu, thread = time.time(), time.process_time(), time.thread_time()
    result = fly_task(task)
    now, used = time.time(), time.process_time()
    flown = 0 if result is None else len(result.runs)
    note(
        path,
        pid=os.getpid(),
        begin=wall,
        end=now,
        cpu=used - cpu,
        thread_cpu=time.thread_time() - thread,
        process_cpu=used,
        flights=flown,
    )
    return result


class NotedDask(Dask):
    """Dask's workers on this machine, each task of which is noted."""

    def __init__(self, workers: int, path: Path) -> None:
        super().__init__("local", workers)
        self._path = path

    def submit(self, task: Task) -> Future[TaskResult | None]:
        """Submit a task."""
        return self._executor.submit(fly_timed, task, self._path)


def on_progress(path: Path, counted: list[Progress]) -> Callable[[Progress], None]:
    """Return what notes the cost of handing out, now and then, and keeps the last count."""
    last = 0.0

    def show(progress: Progress) -> None:
        nonlocal last
        counted[:] = [progress]
        now = time.time()
        if now - last >= NOTE_S or progress.done >= progress.wanted:
            last = now
            note(
                path,
                host=os.getpid(),
                at=now,
                cpu=time.process_time(),
                done=progress.done,
                deaths=progress.deaths,
            )
            print(f"{progress.done} of {progress.wanted}, {progress.unsafe} not safe", flush=True)

    return show


def fly(folder: Path, mission: str, runs: int, shards: int, workers: int, seed: int) -> Progress:
    """Fly, or go on with, the first of so many shards of a campaign."""
    plan = plan_campaign(mission, runs, seed=seed)
    # beside the folder: a new campaign wants an empty one
    path = folder.resolve().with_name(f"{folder.name}-{COSTS}")
    path.parent.mkdir(parents=True, exist_ok=True)
    begun = (folder / "campaign.json").exists()
    counted: list[Progress] = []
    pool = NotedDask(workers, path)
    fly_campaign(
        plan,
        folder,
        pool,
        shard=shard_of(runs, 1, shards),
        resume=begun,
        progress=on_progress(path, counted),
    )
    return counted[0]
