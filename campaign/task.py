"""A task: some runs of a campaign, flown one after the other by one worker.

What goes out is small, and what comes back are files ready to be written: a worker needs no disk
that it shares with anyone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from farside.campaign.columns import STEERED, Column, columns, row_not_flown, row_of_landing
from farside.campaign.history import history
from farside.campaign.parts import encode_rows
from farside.campaign.plan import Plan
from farside.flight import Landing
from farside.flight.consistency import NeesWatch
from farside.flight.eyes import Eyes
from farside.flight.faults import drawn_faults
from farside.flight.inputs import Inputs, drawn_inputs, input_specs, inputs_at
from farside.flight.keys import flight_key
from farside.flight.land import fly_to_end
from farside.flight.wiring import wire
from farside.mission import Mission, parse_mission
from farside.raster import RasterError


@dataclass(frozen=True)
class Steered:
    """Flights that do not draw: what they are flown with, in the order of their runs."""

    values: NDArray[np.float64] = field(repr=False)  # (runs, inputs), each in its unit
    noise: NDArray[np.int64] = field(repr=False)  # (runs,): whose streams each meets
    ground: NDArray[np.int64] = field(repr=False)  # (runs,): whose ground


@dataclass(frozen=True)
class Task:
    """Runs to fly, and all that a worker must know of their campaign."""

    text: str = field(repr=False)  # of the mission file
    seed: int
    imaging: bool
    dems: tuple[str, ...]
    runs: range
    points: NDArray[np.float64] | None = field(repr=False)  # (runs, inputs); None: drawn
    cameras: bool = False
    steered: Steered | None = field(default=None, repr=False)


@dataclass(frozen=True)
class TaskResult:
    """What came of a task; of its first runs only where it was stopped."""

    runs: range
    outcomes: dict[str, int]  # how many flights ended how
    unsafe: int
    part: bytes = field(repr=False)  # a part file
    histories: tuple[tuple[int, bytes], ...] = field(repr=False)  # run, and its telemetry's file


def task_of(plan: Plan, runs: range) -> Task:
    """Make the task that flies some runs of a plan."""
    dems = tuple(raster.path for raster in plan.dems)
    return Task(plan.text, plan.seed, plan.imaging, dems, runs, plan.points(runs), plan.cameras)


def fly_task(task: Task, stop: Callable[[], bool] = lambda: False) -> TaskResult | None:
    """Fly the runs of a task.

    Parameters
    ----------
    task : Task
        What to fly.
    stop : callable, optional
        Asked after every flight whether to give back what is flown so far.

    Returns
    -------
    TaskResult, or None where it was stopped before the first flight ended

    Raises
    ------
    RasterError
        A DEM cannot be flown over.
    """
    # A worker is one core: OpenCV would start a thread for each that it sees.
    cv2.setNumThreads(1)
    mission, names = _read(task.text)
    names = (*names, *STEERED) if task.steered else names
    rows, histories = [], []
    for i, run in enumerate(task.runs):
        if stop():
            break
        if task.steered is not None:
            rows.append(_fly_steered(mission, task, i))
            continue
        point = None if task.points is None else task.points[i]
        inputs = inputs_of(mission, task.seed, run, point)
        row, landing = fly_run(mission, task, run, inputs)
        rows.append(row)
        if landing is not None and not landing.safe:
            histories.append((run, history(landing)))
    if not rows:
        return None
    outcomes = [str(row["outcome"]) for row in rows]
    return TaskResult(
        runs=task.runs[: len(rows)],
        outcomes={name: outcomes.count(name) for name in dict.fromkeys(outcomes)},
        unsafe=sum(not row["safe"] for row in rows),
        part=encode_rows(names, rows),
        histories=tuple(histories),
    )


def _fly_steered(mission: Mission, task: Task, i: int) -> dict[str, object]:
    """Fly the i-th run of a task that says what each is flown with; nothing but its row is kept."""
    assert task.steered is not None
    noise, ground = int(task.steered.noise[i]), int(task.steered.ground[i])
    inputs = Inputs(input_specs(mission), task.steered.values[i])
    row, _ = fly_run(mission, task, noise, inputs, ground)
    return row | {"run": task.runs[i], "noise_run": noise, "ground_run": ground}


def fly_run(
    mission: Mission, task: Task, run: int, inputs: Inputs, ground_run: int | None = None
) -> tuple[dict[str, object], Landing | None]:
    """Fly one run of a task's campaign: its row, and its landing where there is one.

    ground_run is the run whose ground it flies over; its own if not given. A flight that cannot be
    flown is a result of the campaign, whatever raised; only what would raise for every run alike, a
    raster or the machine, is not.
    """
    try:
        # what is odd about the mission was said once, when the campaign was planned
        flight = wire(
            mission,
            seed=task.seed,
            run=run,
            inputs=inputs,
            nominal=False,
            dems=task.dems,
            imaging=task.imaging,
            ground_run=ground_run,
        )
        flight.loop.timed = False  # a row holds nothing of a clock
        watch = NeesWatch(flight)
        landing = fly_to_end(flight, watch, Eyes(flight) if task.cameras else None)
    except (RasterError, MemoryError, OSError):
        raise
    except Exception as why:
        reason = " ".join(f"{type(why).__name__}: {why}".split())
        happening = drawn_faults(mission, flight_key(task.seed, run))
        return row_not_flown(run, mission, inputs, reason, happening), None
    return row_of_landing(run, landing, inputs) | watch.row(), landing


def inputs_of(mission: Mission, seed: int, run: int, point: NDArray[np.float64] | None) -> Inputs:
    """Return what is dispersed in a run: at a point of the sequence, or drawn."""
    return drawn_inputs(mission, seed, run) if point is None else inputs_at(mission, point)


@lru_cache(maxsize=4)
def _read(text: str) -> tuple[Mission, tuple[Column, ...]]:
    """Read the mission once in a worker, and name its columns."""
    mission = parse_mission(text)
    return mission, columns(mission)
