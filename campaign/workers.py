"""Worker pools: processes of this machine, a dask cluster, or any executor."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import (
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
)
from contextlib import contextmanager
from ctypes import c_bool
from multiprocessing.connection import wait
from multiprocessing.context import SpawnContext, SpawnProcess
from types import ModuleType
from typing import Any, Protocol

from farside.campaign.extras import CampaignError, extra
from farside.campaign.task import Task, TaskResult, fly_task

#: How long a scheduler may take to answer [s].
ANSWER_S = 10.0
#: A worker is one core; these are read when the libraries are loaded.
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


#: What a terminal sends to all processes of a command.
TERMINALS = {getattr(signal, name) for name in ("SIGINT", "SIGHUP") if hasattr(signal, name)}


class WorkerPool(Protocol):
    """Takes tasks, and replaces workers that died."""

    workers: int

    def submit(self, task: Task) -> Future[TaskResult | None]:
        """Submit a task."""

    def is_death(self, why: BaseException) -> bool:
        """Return whether a task failed because a worker died under it."""

    def replace(self) -> bool:
        """Start new workers after some died; return whether every task that was out is lost."""

    def request_stop(self) -> None:
        """Have the tasks in hand returned when their present flights end."""

    def kill(self) -> None:
        """Give up what is being flown, at once."""

    def close(self) -> None:
        """End the workers, or leave them to their owner."""


def cores() -> int:
    """Count the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Context(SpawnContext):
    """Starts processes anew, and keeps them where they can be ended."""

    def __init__(self) -> None:
        super().__init__()
        self.started: list[SpawnProcess] = []

    def Process(self, *what: Any, **how: Any) -> SpawnProcess:  # type: ignore[override]
        """Make a process that is not started yet."""
        self.started = [process for process in self.started if process.is_alive()]
        self.started.append(SpawnProcess(*what, **how))
        return self.started[-1]


class ProcessPool:
    """Processes of this machine, each with one thread.

    Raises
    ------
    OSError, ImportError, NotImplementedError
        This system gives no semaphores, which hand the tasks out: /dev/shm is full or read-only.
    """

    def __init__(self, workers: int) -> None:
        if workers < 1:
            raise CampaignError(f"{workers} workers: give a whole number from 1")
        self.workers = workers
        self._context = _Context()
        # A byte without a lock: a worker that is killed cannot take it along.
        self._stop = self._context.RawValue(c_bool, False)
        self._pool = self._start()

    def _start(self) -> ProcessPoolExecutor:
        # its semaphores start a process that tracks them, which lives as workers do
        with _as_workers_begin():
            return ProcessPoolExecutor(
                self.workers, self._context, initializer=_begin, initargs=(self._stop,)
            )

    def submit(self, task: Task) -> Future[TaskResult | None]:
        """Have a task flown; processes are started as they are needed."""
        with _as_workers_begin():
            return self._pool.submit(_fly_until_stopped, task)

    def is_death(self, why: BaseException) -> bool:
        """Return whether a task failed because a worker died under it."""
        return isinstance(why, BrokenExecutor)

    def replace(self) -> bool:
        """Start anew: a pool that has lost one worker gives up on all its tasks."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._pool = self._start()
        return True

    def request_stop(self) -> None:
        """Have the tasks in hand returned when their present flights end."""
        self._stop.value = True

    def kill(self) -> None:
        """End the workers whatever they fly."""
        for process in self._context.started:
            if process.pid is not None:
                process.kill()

    def close(self) -> None:
        """End the workers when they are done with what they fly."""
        self._stop.value = True
        self._pool.shutdown(wait=True, cancel_futures=True)


class ThisProcess:
    """Flies in this process, one flight at a time: where the system lets no other be started."""

    workers = 1

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._pool = ThreadPoolExecutor(1)

    def submit(self, task: Task) -> Future[TaskResult | None]:
        """Submit a task."""
        return self._pool.submit(fly_task, task, self._stop.is_set)

    def is_death(self, why: BaseException) -> bool:
        """Return False: if this process dies, the campaign ends with it."""
        return False

    def replace(self) -> bool:
        """Return False: there is nothing to replace."""
        return False

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


def local_pool(workers: int) -> tuple[WorkerPool, str]:
    """Return processes of this machine, or this process alone where there can be none.

    Returns
    -------
    pool
    why
        Why this process flies alone; empty where it does not.
    """
    try:
        return ProcessPool(workers), ""
    except (OSError, ImportError, NotImplementedError) as why:
        said = why.strerror if isinstance(why, OSError) and why.strerror else str(why)
        return ThisProcess(), (
            f"no worker can be started without semaphores ({said}; is /dev/shm full, read-only or "
            "missing?): this process flies alone"
        )


class ForeignExecutor:
    """An executor of the caller's: its workers are the caller's to replace."""

    def __init__(self, executor: Executor, workers: int) -> None:
        self.workers = workers
        self._executor = executor

    def submit(self, task: Task) -> Future[TaskResult | None]:
        """Submit a task."""
        return self._executor.submit(fly_task, task)

    def is_death(self, why: BaseException) -> bool:
        """Return False: an executor that is broken stays so."""
        return False

    def replace(self) -> bool:
        """Leave the workers as they are."""
        return False

    def request_stop(self) -> None:
        """Do nothing: the tasks in hand run to their end."""

    def kill(self) -> None:
        """Leave the tasks in hand to the executor's owner."""

    def close(self) -> None:
        """Leave the executor to its owner."""


class Dask:
    """The workers of a dask cluster, or of one made here for the address `local`."""

    def __init__(self, address: str, workers: int | None = None) -> None:
        distributed = extra("distributed", "dask")
        dask = extra("dask", "dask")
        self._cluster: Any = None
        if address == "local":
            dask.config.set({"distributed.worker.daemon": True})
            try:
                with _without_main():
                    self._cluster = distributed.LocalCluster(
                        n_workers=workers or cores(),
                        threads_per_worker=1,
                        dashboard_address=None,
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
        # a task is flown again by itself when its worker died, three times
        self._executor: Executor = self._client.get_executor(pure=False, retries=3)

    def submit(self, task: Task) -> Future[TaskResult | None]:
        """Submit a task."""
        return self._executor.submit(fly_task, task)

    def is_death(self, why: BaseException) -> bool:
        """Return whether a task failed because workers died under it, again and again."""
        return type(why).__name__ == "KilledWorker"

    def replace(self) -> bool:
        """Leave it to the cluster, which starts new workers itself."""
        return False

    def request_stop(self) -> None:
        """Do nothing: the tasks in hand run to their end."""

    def kill(self) -> None:
        """Leave the tasks in hand to the cluster."""

    def close(self) -> None:
        """Leave the cluster, or end the one made here."""
        self._client.close()
        if self._cluster is not None:
            self._cluster.close()


@contextmanager
def _as_workers_begin() -> Iterator[None]:
    """Set what new processes inherit: one thread, and Ctrl-C and SIGHUP blocked.

    Only the parent handles these. A terminal sends them to all, and they may come before a
    worker has run its first line; one that comes here waits until the end of this.
    """
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    masks = hasattr(signal, "pthread_sigmask")
    heard = signal.pthread_sigmask(signal.SIG_BLOCK, TERMINALS) if masks else set()
    try:
        with _without_main():
            yield
    finally:
        if masks:
            signal.pthread_sigmask(signal.SIG_SETMASK, heard)
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def _without_main() -> Iterator[None]:
    """Have processes begin without the calling script: a worker needs nothing of it.

    multiprocessing would import it in each, to the letter again where `__main__` is not guarded,
    and would fail at one that is no file.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def _first_line(why: BaseException) -> str:
    """Return the first line of what an exception says."""
    return (str(why).strip().splitlines() or [type(why).__name__])[0][:120]


_stop_requested: Any = None


def _begin(stop: Any) -> None:
    """Set a worker up: it ignores interrupts, which its parent handles, and ends with it."""
    global _stop_requested
    _stop_requested = stop
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Exit when the parent is gone: nothing else would end this process."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _fly_until_stopped(task: Task) -> TaskResult | None:
    """Fly a task in a worker of ours."""
    return fly_task(task, lambda: bool(_stop_requested.value))
