"""Hand tasks out to workers, keep what comes back, repeat what a dead worker lost."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Future, wait
from dataclasses import dataclass
from pathlib import Path

from farside.campaign.extras import CampaignError
from farside.campaign.folder import keep
from farside.campaign.interrupts import Interrupts
from farside.campaign.processes import WorkerNotStarted
from farside.campaign.progress import OnProgress, Progress, Stopped
from farside.campaign.task import Task, TaskResult
from farside.campaign.workers import WorkerPool
from farside.raster import RasterError

#: Tasks that are out for every worker: one in hand, one to take next.
TASKS_PER_WORKER = 2
#: Workers that die with a task in hand before it is flown alone, to see whether it kills them.
SUSPECT_DEATHS = 3
#: Workers that die with one run alone before that run is left out.
GIVEN_UP_DEATHS = 6
#: Tasks that may fail so before anything comes back: a worker that cannot start dies each time.
MOST_DEATHS_IN_A_ROW = 24
#: How often progress is reported while nothing comes back [s].
REPORT_S = 0.5


@dataclass
class PendingTask:
    """A task that is to be flown, and how many workers died with it in hand."""

    runs: range
    deaths: int = 0
    kept: bool = False


class Dispatcher:
    """Flies runs with a pool of workers: `make` gives the task of some of those in `missing`.

    Each range of `missing` is a task. A task waits in `waiting`, is out with a worker in `out`, and
    is done when its result is on the disk.
    """

    def __init__(
        self,
        make: Callable[[range], Task],
        folder: Path,
        pool: WorkerPool,
        progress: Progress,
        on_progress: OnProgress,
        missing: list[range],
    ) -> None:
        self.make, self.folder, self.pool = make, folder, pool
        self.progress, self.on_progress = progress, on_progress
        self.waiting = deque(PendingTask(runs) for runs in missing)
        self.out: dict[Future[TaskResult | None], PendingTask] = {}
        self.deaths_in_a_row = 0

    def fly(self) -> None:
        """Fly everything that waits."""
        with Interrupts() as interrupts:
            try:
                while self.waiting or self.out:
                    self.hand_out()
                    ended, _ = wait(self.out, timeout=REPORT_S, return_when=FIRST_COMPLETED)
                    self.collect(ended)
                    self.progress.note = self.pool.note
                    self.on_progress(self.progress)
                    interrupts.check()
            except KeyboardInterrupt:
                try:
                    self.stop()
                except KeyboardInterrupt:
                    # asked again: what is being flown is given up
                    self.pool.kill()
                raise Stopped(self.progress, interrupts.number) from None
            except CampaignError:
                # the disk: nothing more can be kept
                raise
            except Exception as why:
                self.stop()
                raise _broken(why) from why

    def hand_out(self) -> None:
        """Keep every worker busy; a task that workers died with is flown alone."""
        suspects = [task for task in self.waiting if task.deaths >= SUSPECT_DEATHS]
        alone = any(task.deaths >= SUSPECT_DEATHS for task in self.out.values())
        if suspects or alone:
            if not self.out:
                self.waiting.remove(suspects[0])
                self.submit(suspects[0])
            return
        while self.waiting and len(self.out) < TASKS_PER_WORKER * self.pool.workers:
            self.submit(self.waiting.popleft())

    def submit(self, task: PendingTask) -> None:
        """Give a task to the pool."""
        self.out[self.pool.submit(self.make(task.runs))] = task

    def collect(self, ended: set[Future[TaskResult | None]]) -> None:
        """Keep what came back, and put back what a worker died with."""
        for future in ended:
            why = future.exception()
            if why is None:
                # it stays among those that are out until it is on the disk
                self.keep(self.out[future], future.result())
            elif (deaths := self.pool.deaths(why)) == 0:
                raise why
            else:
                self.count_deaths(self.out[future], deaths)
                self.put_back(self.out[future])
            del self.out[future]

    def count_deaths(self, task: PendingTask, deaths: int) -> None:
        """Note that workers died with a task in hand."""
        task.deaths += deaths
        self.progress.deaths += deaths
        self.deaths_in_a_row += 1
        if self.deaths_in_a_row > MOST_DEATHS_IN_A_ROW:
            raise CampaignError(
                f"{MOST_DEATHS_IN_A_ROW} workers died one after the other and flew nothing: is "
                "there memory for them? --workers 1 takes the least"
            )

    def put_back(self, task: PendingTask) -> None:
        """Put a task back; one that workers died with though it flew alone, in two halves."""
        if task.deaths <= SUSPECT_DEATHS:
            self.waiting.appendleft(task)
        elif len(task.runs) > 1:
            half = len(task.runs) // 2
            for runs in (task.runs[half:], task.runs[:half]):
                self.waiting.appendleft(PendingTask(runs, SUSPECT_DEATHS))
        elif task.deaths < SUSPECT_DEATHS + GIVEN_UP_DEATHS:
            self.waiting.appendleft(task)
        else:
            self.progress.given_up.append(task.runs.start)

    def keep(self, task: PendingTask, result: TaskResult | None) -> None:
        """Write the result of a task."""
        if result is None or task.kept:
            return
        try:
            keep(self.folder, result)
        except OSError as why:
            raise not_written(self.folder, why) from None
        task.kept = True
        self.deaths_in_a_row = 0
        self.progress.flown += len(result.runs)
        self.progress.unsafe += result.unsafe
        self.progress.outcomes.update(result.outcomes)

    def stop(self) -> None:
        """Keep what is being flown as far as it goes."""
        self.pool.request_stop()
        running = {future: task for future, task in self.out.items() if not future.cancel()}
        wait(running)
        for future, task in running.items():
            if not future.cancelled() and future.exception() is None:
                self.keep(task, future.result())


def _broken(why: Exception) -> Exception:
    """Report in one line what no row can hold; what is a bug stays as it is."""
    if isinstance(why, RasterError):
        return CampaignError(str(why))
    if isinstance(why, WorkerNotStarted):
        return CampaignError(
            f"no worker can be started any more ({why}); what was flown is kept: give fewer "
            "--workers and --resume"
        )
    if isinstance(why, MemoryError):
        return CampaignError("a worker has no memory left: give fewer --workers, and --resume")
    if isinstance(why, CancelledError | BrokenExecutor):
        return CampaignError("the executor broke down; what was flown is kept, --resume goes on")
    return why


def not_written(folder: Path, why: OSError) -> CampaignError:
    """Report that the disk takes no more."""
    return CampaignError(
        f"{folder}: cannot be written: {why.strerror or why}; what was flown is kept, and --resume "
        "goes on when there is room"
    )
