"""Flights as a response: points of normals in, margins out, every row kept in a folder."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.campaign.columns import STEERED, columns
from farside.campaign.dispatch import Dispatcher, not_written
from farside.campaign.extras import CampaignError, extra
from farside.campaign.fly import opened_pool
from farside.campaign.folder import missing_of, parts_in
from farside.campaign.parts import read_part
from farside.campaign.plan import MOST_OF_A_TASK
from farside.campaign.progress import OnProgress, Progress
from farside.campaign.rare.moves import Batch, own_streams
from farside.campaign.rare.plan import RarePlan, write_plan
from farside.campaign.statistics.flights import Flights, Floats
from farside.campaign.task import Steered, Task
from farside.campaign.workers import WorkerPool
from farside.flight.inputs import input_specs
from farside.flight.standard_inputs import drawn_normals, values_of_normals

#: Streams of a flight that can be drawn anew: noise and faults, and the ground.
STREAMS = 2


@dataclass
class FlownRows:
    """Flies batches of points, or reads them where they were flown; call it with a batch."""

    rare: RarePlan
    folder: Path
    pool: WorkerPool
    progress: Progress
    on_progress: OnProgress
    tables: list[Any] = field(default_factory=list)
    scales: Floats | None = None

    def __post_init__(self) -> None:
        """Name the columns, and count what is there."""
        self.columns = (*columns(self.rare.plan.mission), *STEERED)
        self.progress.before = sum(len(runs) for runs, _ in parts_in(self.folder))

    def first(self) -> Batch:
        """Return the points of the first level: the draws of the campaign of the same seed."""
        plan = self.rare.plan
        rows = range(plan.runs)
        u = np.array([drawn_normals(plan.mission, plan.seed, row) for row in rows])
        return Batch(0, u.reshape(len(rows), -1), own_streams(rows, STREAMS))

    def __call__(self, batch: Batch) -> Floats:
        """Return the margins of a batch, flying what its folder does not hold."""
        mission = self.rare.plan.mission
        values = values_of_normals(mission, batch.u)
        held = [runs for runs, _ in parts_in(self.folder)]
        missing = missing_of(batch.rows, held)
        # noted before: what is there and what is to come
        self.progress.wanted = max(self.progress.wanted, batch.rows.stop)
        if missing:
            self.fly(missing, partial(self.task, batch, values))
        table = self.read(batch)
        self.check(table, batch, values)
        self.tables.append(table)
        flights = Flights(table)
        margin = self.rare.margin
        found = margin.values(flights)
        if self.scales is None:
            self.scales = margin.scales(found)
        return margin.least(flights, found, self.scales)

    def task(self, batch: Batch, values: NDArray[np.float64], runs: range) -> Task:
        """Make the task that flies some rows of a batch."""
        plan = self.rare.plan
        part = slice(runs.start - batch.first, runs.stop - batch.first)
        noise, ground = batch.streams[part].T
        return Task(
            plan.text,
            plan.seed,
            plan.imaging,
            tuple(raster.path for raster in plan.dems),
            runs,
            None,
            plan.cameras,
            Steered(values[part], np.ascontiguousarray(noise), np.ascontiguousarray(ground)),
        )

    def fly(self, missing: list[range], make: Any) -> None:
        """Fly what is missing, in as many tasks as keep every worker busy."""
        total = sum(len(runs) for runs in missing)
        size = min(MOST_OF_A_TASK, max(1, -(-total // (2 * self.pool.workers))))
        if self.rare.plan.cameras:
            size = 1
        tasks = [runs[at : at + size] for runs in missing for at in range(0, len(runs), size)]
        Dispatcher(make, self.folder, self.pool, self.progress, self.on_progress, tasks).fly()
        if self.progress.given_up:
            raise CampaignError(
                f"every worker died that flew row {self.progress.given_up[0]}, and no row can be "
                "left out; --resume tries again"
            )

    def read(self, batch: Batch) -> Any:
        """Read the rows of a batch, checked."""
        pa = extra("pyarrow", "campaign")
        try:
            found = [
                (runs.start, read_part(path, self.columns))
                for runs, path in parts_in(self.folder)
                if runs.start < batch.rows.stop and batch.rows.start < runs.stop
            ]
        except OSError as why:
            raise not_written(self.folder, why) from None
        table = pa.concat_tables([part for _, part in sorted(found, key=lambda each: each[0])])
        if table["run"].to_pylist() != list(batch.rows):
            raise CampaignError(f"{self.folder}: rows are there twice; give another folder")
        return table

    def check(self, table: Any, batch: Batch, values: NDArray[np.float64]) -> None:
        """Refuse rows that were flown at other points than these."""
        specs = input_specs(self.rare.plan.mission)
        there = [table[f"input_{spec.name}"].to_numpy() for spec in specs]
        streams = [table[column.name].to_numpy() for column in STEERED]
        if not (
            np.array_equal(np.array(there).T, values)
            and np.array_equal(np.array(streams).T, batch.streams)
        ):
            raise CampaignError(
                f"{self.folder}: rows {batch.first} on were flown at other points; give another "
                "folder"
            )

    def table(self) -> Any:
        """Return all rows, by number."""
        return extra("pyarrow", "campaign").concat_tables(self.tables).combine_chunks()


@contextmanager
def opened_rows(
    rare: RarePlan,
    folder: str | Path,
    executor: Executor | WorkerPool | None,
    workers: int | None,
    resume: bool,
    progress: OnProgress | None,
) -> Iterator[FlownRows]:
    """Open a folder for the flights of a plan, and what flies them.

    Parameters
    ----------
    rare, folder, executor, workers, resume, progress
        As of `farside.campaign.rare.campaign.fly_rare`.

    Yields
    ------
    FlownRows

    Raises
    ------
    CampaignError
        The folder holds something else, or nothing can be written.
    """
    # before anything is written: without it nothing can be
    extra("pyarrow", "campaign")
    place, counted = Path(folder), Progress(0)
    try:
        write_plan(place, rare, resume)
    except OSError as why:
        raise not_written(place, why) from None
    with opened_pool(executor, workers) as pool:
        yield FlownRows(rare, place, pool, counted, progress or (lambda _progress: None))
