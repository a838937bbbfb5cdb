"""Worker pools: processes of this machine, a dask cluster, or any executor."""

from __future__ import annotations

import logging
import multiprocessing
import os
import threading
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any, Protocol

from farside.campaign.extras import CampaignError, extra
from farside.campaign.processes import ProcessPool, without_main
from farside.campaign.task import Task, TaskResult, fly_task

#: How long a scheduler may take to answer [s].
ANSWER_S = 10.0
#: Of a cluster that is made here: a worker that looks at its own stack 100 times a second and at
#: its loop 50 times takes 2.1 % of a core whatever it flies, 0.5 % without.
QUIET = {"distributed.worker.profile.enabled": False, "distributed.admin.tick.interval": "1s"}
#: Workers of a cluster that die with a task before it says that the task failed.
TRIES = 4


class WorkerPool(Protocol):
    """Takes tasks, and replaces workers that died."""

    workers: int
    note: str
    """What flies, where that is not what was asked for; empty where it is."""

    def submit(self, task: Task) -> Future[TaskResult | None]:
        """Submit a task."""

    def deaths(self, why: BaseException) -> int:
        """Return how many workers died under a task that failed: 0 if that was not why."""

    def request_stop(self) -> None:
        """Have the tasks in hand returned when their present flights end."""

    def kill(self) -> None:
        """Give up what is being flown, at once."""

    def close(self) -> None:
        """End the workers, or leave them to their owner."""


def cores() -> int:
    """Count the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class ThisProcess:
    """Flies in this process, one flight at a time: where the system lets no other be started."""

    workers = 1

    def __init__(self, note: str = "") -> None:
        self.note = note
        self._stop = threading.Event()
        self._pool = ThreadPoolExecutor(1)

    def submit(self, task: Task) -> Future[TaskResult | None]:
        """Submit a task."""
        return self._pool.submit(fly_task, task, self._stop.is_set)

    def deaths(self, why: BaseException) -> int:
        """Return 0: if this process dies, the campaign ends with it."""
        return 0

    def request_stop(self) -> None:
        """Have the task in hand returned when its present flight ends."""
        self._stop.set()

    def kill(self) -> None:
        """Leave the flight in hand alone: it is the last."""
        self._stop.set()

    def close(self) -> None:
        """End after the flight in hand."""
        self._stop.set()
        self._pool.shutdown(wait=True, cancel_futures=True)


def local_pool(workers: int) -> WorkerPool:
    """Return processes of this machine, or this process alone where there can be none."""
    try:
        if multiprocessing.current_process().daemon:
            raise NotImplementedError("a daemonic process may have no children")
        return ProcessPool(workers)
    except (OSError, ImportError, NotImplementedError) as why:
        said = why.strerror if isinstance(why, OSError) and why.strerror else str(why)
        return ThisProcess(f"no worker can be started here ({said}): this process flies alone")


class ForeignExecutor:
    """An executor of the caller's: its workers are the caller's to replace."""

    note = ""

    def __init__(self, executor: Executor, workers: int) -> None:
        self.workers = workers
        self._executor = executor

    def submit(self, task: Task) -> Future[TaskResult | None]:
        """Submit a task."""
        return self._executor.submit(fly_task, task)

    def deaths(self, why: BaseException) -> int:
        """Return 0: an executor that is broken stays so."""
        return 0

    def request_stop(self) -> None:
        """Do nothing: the tasks in hand run to their end."""

    def kill(self) -> None:
        """Leave the tasks in hand to the executor's owner."""

    def close(self) -> None:
        """Leave the executor to its owner."""


class Dask:
    """The workers of a dask cluster, or of one made here for the address `local`."""

    note = ""

    def __init__(self, address: str, workers: int | None = None) -> None:
        distributed = extra("distributed", "dask")
        dask = extra("dask", "dask")
        self._cluster: Any = None
        if address == "local":
            dask.config.set({"distributed.worker.daemon": True} | QUIET)
            try:
                with without_main():
                    self._cluster = distributed.LocalCluster(
                        n_workers=workers or cores(),
                        threads_per_worker=1,
                        dashboard_address="127.0.0.1:0",  # 8787 may be another cluster's
                        memory_limit=0,
                        silence_logs=logging.CRITICAL,
                    )
            except (OSError, RuntimeError) as why:
                raise CampaignError(
                    f"--dask local: no cluster can be started here ({_first_line(why)}); leave "
                    "--dask out"
                ) from None
        elif workers is not None:
            raise CampaignError("--workers: the cluster at that address has its own; leave it out")
        try:
            self._client = distributed.Client(self._cluster or address, timeout=ANSWER_S)
        except (OSError, ValueError, TypeError) as why:
            said = f": {why}" if isinstance(why, ValueError | TypeError) else ""
            raise CampaignError(
                f"--dask {address}: no scheduler answers there within {ANSWER_S:g} s{said}; "
                "give its address, as tcp://host:8786, or local"
            ) from None
        self.workers = max(1, sum(self._client.nthreads().values()))
        # a task is flown again by itself when its worker died
        self._executor: Executor = self._client.get_executor(pure=False, retries=TRIES - 1)

    def submit(self, task: Task) -> Future[TaskResult | None]:
        """Submit a task."""
        return self._executor.submit(fly_task, task)

    def deaths(self, why: BaseException) -> int:
        """Return how many workers died: the cluster gives a task to one after another."""
        return TRIES if type(why).__name__ == "KilledWorker" else 0

    def request_stop(self) -> None:
        """Do nothing: the tasks in hand run to their end."""

    def kill(self) -> None:
        """Leave the tasks in hand to the cluster."""

    def close(self) -> None:
        """Leave the cluster, or end the one made here."""
        self._client.close()
        if self._cluster is not None:
            self._cluster.close()


def _first_line(why: BaseException) -> str:
    """Return the first line of what an exception says."""
    return (str(why).strip().splitlines() or [type(why).__name__])[0][:120]
