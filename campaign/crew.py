"""Who flies: processes of this machine, a dask cluster, or any executor."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from ctypes import c_bool
from multiprocessing.connection import wait
from typing import Any, Protocol

from farside.campaign.extras import CampaignError, extra
from farside.campaign.task import Flown, Task, fly_task

#: How long a scheduler may take to answer [s].
ANSWER_S = 10.0
#: A worker is one core; these are read when the libraries are loaded.
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class Crew(Protocol):
    """Takes tasks, and replaces workers that died."""

    workers: int

    def submit(self, task: Task) -> Future[Flown | None]:
        """Have a task flown."""

    def is_death(self, why: BaseException) -> bool:
        """Tell whether a task failed because a worker died under it."""

    def replace(self) -> bool:
        """Get new workers after some died; tell whether every task that was out is lost."""

    def hurry(self) -> None:
        """Have the tasks that are being flown given back after their flight in hand."""

    def leave(self) -> None:
        """Let the workers go."""


def cores() -> int:
    """Count the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Processes:
    """Processes of this machine, each with one thread."""

    def __init__(self, workers: int) -> None:
        if workers < 1:
            raise CampaignError(f"{workers} workers: give a whole number from 1")
        self.workers = workers
        self._context = multiprocessing.get_context("spawn")
        # A byte without a lock: a worker that is killed cannot take it along.
        self._stop = self._context.RawValue(c_bool, False)
        self._pool = self._start()

    def _start(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(
            self.workers, self._context, initializer=_begin, initargs=(self._stop,)
        )

    def submit(self, task: Task) -> Future[Flown | None]:
        """Have a task flown; processes are started as they are needed."""
        with _as_workers_begin():
            return self._pool.submit(_fly_until_stopped, task)

    def is_death(self, why: BaseException) -> bool:
        """Tell whether a task failed because a worker died under it."""
        return isinstance(why, BrokenExecutor)

    def replace(self) -> bool:
        """Start anew: a pool that has lost one worker gives up on all its tasks."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._pool = self._start()
        return True

    def hurry(self) -> None:
        """Have the tasks that are being flown given back after their flight in hand."""
        self._stop.value = True

    def leave(self) -> None:
        """Let the workers go when they are done with what they fly."""
        self._stop.value = True
        self._pool.shutdown(wait=True, cancel_futures=True)


class Others:
    """An executor of the caller's: its workers are the caller's to replace."""

    def __init__(self, executor: Executor, workers: int) -> None:
        self.workers = workers
        self._executor = executor

    def submit(self, task: Task) -> Future[Flown | None]:
        """Have a task flown."""
        return self._executor.submit(fly_task, task)

    def is_death(self, why: BaseException) -> bool:
        """Tell nothing: an executor that is broken stays so."""
        return False

    def replace(self) -> bool:
        """Leave the workers as they are."""
        return False

    def hurry(self) -> None:
        """Wait for the tasks in hand: nothing tells them to stop."""

    def leave(self) -> None:
        """Leave the executor to its owner."""


class Dask:
    """The workers of a dask cluster, or of one made here for the address `local`."""

    def __init__(self, address: str, workers: int | None = None) -> None:
        distributed = extra("distributed", "dask")
        dask = extra("dask", "dask")
        self._cluster: Any = None
        if address == "local":
            dask.config.set({"distributed.worker.daemon": True})
            self._cluster = distributed.LocalCluster(
                n_workers=workers or cores(),
                threads_per_worker=1,
                dashboard_address=None,
                memory_limit=0,
                silence_logs=logging.CRITICAL,
            )
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
        # a task is flown again by itself when its worker died, three times
        self._executor: Executor = self._client.get_executor(pure=False, retries=3)

    def submit(self, task: Task) -> Future[Flown | None]:
        """Have a task flown."""
        return self._executor.submit(fly_task, task)

    def is_death(self, why: BaseException) -> bool:
        """Tell whether a task failed because workers died under it, again and again."""
        return type(why).__name__ == "KilledWorker"

    def replace(self) -> bool:
        """Leave it to the cluster, which starts new workers itself."""
        return False

    def hurry(self) -> None:
        """Wait for the tasks in hand: nothing tells them to stop."""

    def leave(self) -> None:
        """Leave the cluster, or end the one made here."""
        self._client.close()
        if self._cluster is not None:
            self._cluster.close()


@contextmanager
def _as_workers_begin() -> Iterator[None]:
    """Have what a process inherits as workers want it: one thread, and deaf to Ctrl-C.

    An interrupt is their parent's to hear. A terminal sends it to all, and it may come before a
    worker has run its first line; one that comes here waits until the end of this.
    """
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    masks = hasattr(signal, "pthread_sigmask")
    heard = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT}) if masks else set()
    try:
        yield
    finally:
        if masks:
            signal.pthread_sigmask(signal.SIG_SETMASK, heard)
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


_told_to_stop: Any = None


def _begin(stop: Any) -> None:
    """Set a worker up: an interrupt is its parent's to hear, whom it does not outlive."""
    global _told_to_stop
    _told_to_stop = stop
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Leave when the parent is gone: nobody else would tell."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _fly_until_stopped(task: Task) -> Flown | None:
    """Fly a task in a worker of ours."""
    return fly_task(task, lambda: bool(_told_to_stop.value))
