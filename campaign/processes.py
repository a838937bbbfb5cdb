"""Worker processes of this machine, each at the end of a pipe of its own.

Workers share nothing: no queue, no lock. A worker that is killed at any moment, also in the middle
of a message, ends its own pipe and loses its own task. An executor of `concurrent.futures` has one
queue for all results: a worker that is killed while it writes to it leaves half a message and a
lock that nobody gives back, and the executor waits for ever.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import pickle
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from queue import SimpleQueue
from types import ModuleType
from typing import Any

from farside.campaign.extras import CampaignError
from farside.campaign.task import Task, TaskResult, fly_task

#: A worker is one core; these are read when the libraries are loaded.
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
#: What a terminal sends to all processes of a command.
TERMINALS = {getattr(signal, name) for name in ("SIGINT", "SIGHUP") if hasattr(signal, name)}
#: One process begins at a time: what it inherits is set for the whole of this process.
BEGINNING = threading.Lock()
#: What ends a worker: its pipe does not end where another process has a copy of this end.
GOODBYE = b""
#: An idle worker that was told to end has this long for it [s].
GOODBYE_S = 5.0


class WorkerDied(RuntimeError):
    """The process that had a task in hand ended before it answered."""


class WorkerNotStarted(RuntimeError):
    """No worker runs, and none can be started on this system."""


@dataclass(frozen=True)
class _Job:
    """What a worker is to call, and who waits for what it returns."""

    future: Future[Any]
    call: Callable[..., Any]
    arguments: tuple[Any, ...]


class _Worker:
    """One process, and this end of its pipe."""

    def __init__(self, stop: Connection) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        try:
            with _as_workers_begin():
                self.process: SpawnProcess = context.Process(
                    target=_serve, args=(theirs, stop), daemon=True
                )
                self.process.start()
        except BaseException:
            self._pipe.close()
            raise
        finally:
            # the worker's is then the only one: when it ends, the pipe does
            theirs.close()

    def answer(self, job: _Job) -> tuple[bool, Any]:
        """Have a job done; return whether that went well, and what came of it.

        Raises
        ------
        WorkerDied
            The process is no more.
        """
        asked = pickle.dumps((job.call, job.arguments))
        try:
            self._pipe.send_bytes(asked)
            # another process of ours may hold a copy of the worker's end: its death counts too
            if self._pipe not in wait([self._pipe, self.process.sentinel]):
                raise EOFError
            told = self._pipe.recv_bytes()
        except BaseException as why:
            # what is left in the pipe is nobody's answer
            self.process.kill()
            self.end()
            if not isinstance(why, EOFError | OSError):
                raise
            raise WorkerDied(
                f"process {self.process.pid} ended with code {self.process.exitcode}"
            ) from why
        answer: tuple[bool, Any] = pickle.loads(told)
        return answer

    def end(self) -> None:
        """Tell an idle worker to end, and see to it."""
        try:
            self._pipe.send_bytes(GOODBYE)
        except OSError:
            pass  # it has ended
        self._pipe.close()
        self.process.join(GOODBYE_S)
        self.process.kill()
        self.process.join()


class ProcessPool:
    """Processes of this machine, each with one thread.

    Where one of them cannot be started, those that run do its work; `workers` and `note` say so.

    Raises
    ------
    CampaignError
        Fewer than one worker was asked for.
    OSError, NotImplementedError
        This system starts no process: the first is started at once, the others as they are needed.
    """

    def __init__(self, workers: int) -> None:
        if workers < 1:
            raise CampaignError(f"{workers} workers: give a whole number from 1")
        self.workers = workers
        self.asked = workers
        self.note = ""
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        # Nobody reads it: once something was written, all workers see that there is something.
        self._stop, self._ask_to_stop = multiprocessing.Pipe(duplex=False)
        self._closed = threading.Event()
        self._lock = threading.Lock()  # of the threads and of closing
        self._starting = threading.Lock()  # two that fail must not each leave it to the other
        self._threads: list[threading.Thread] = []
        self._at_work: dict[int, _Worker] = {}  # the worker of each thread, by its number
        self._at_work[0] = _Worker(self._stop)

    def submit(self, task: Task) -> Future[TaskResult | None]:
        """Have a task flown; the future fails with `WorkerDied` if its worker dies."""
        return self.call(_fly_until_stopped, task)

    def call(self, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Have a worker call a function of an importable module.

        Raises
        ------
        CampaignError
            The pool is closed.
        """
        future: Future[Any] = Future()
        with self._lock:
            if self._closed.is_set():
                raise CampaignError("this pool is closed: make another")
            if len(self._threads) < self.workers:
                self._start_thread()
            self._jobs.put(_Job(future, function, arguments))
        return future

    def _start_thread(self) -> None:
        """Start the thread of one more worker; the others go on where this is refused."""
        number = len(self._threads)
        thread = threading.Thread(target=self._keep, args=(number,), daemon=True)
        try:
            thread.start()
        except RuntimeError as why:
            if not number:
                raise WorkerNotStarted(f"no thread can be started: {why}") from None
            self._go_on_without(str(why), number)
            return
        self._threads.append(thread)

    def deaths(self, why: BaseException) -> int:
        """Return how many workers died under a task that failed."""
        return int(isinstance(why, WorkerDied))

    def pids(self) -> list[int]:
        """List the processes that run now."""
        return [w.process.pid for w in list(self._at_work.values()) if w.process.pid is not None]

    def request_stop(self) -> None:
        """Have the tasks in hand returned when their present flights end."""
        if not self._stop.poll():
            self._ask_to_stop.send_bytes(b"stop")

    def kill(self) -> None:
        """End the workers whatever they fly."""
        self._closed.set()
        for worker in list(self._at_work.values()):
            worker.process.kill()

    def close(self) -> None:
        """End the workers when they are done with what they fly."""
        with self._lock:
            self._closed.set()
        self.request_stop()
        for _ in self._threads:
            self._jobs.put(None)  # behind the last job: those that wait are cancelled first
        for thread in self._threads:
            thread.join()
        for worker in self._at_work.values():  # no task came: no thread has it
            worker.end()
        self._at_work.clear()
        while not self._jobs.empty():  # put back for others, who had ended
            if (job := self._jobs.get()) is not None:
                job.future.cancel()

    def _keep(self, number: int) -> None:
        """Keep one worker busy, and start another when it dies: the work of one thread."""
        while (job := self._jobs.get()) is not None:
            if self._closed.is_set():
                job.future.cancel()
                continue
            try:
                if not self._ready(number):
                    self._jobs.put(job)  # for those that run
                    return
            except WorkerNotStarted as why:
                if job.future.set_running_or_notify_cancel():
                    job.future.set_exception(why)
                continue
            if job.future.set_running_or_notify_cancel():
                self._do(job, number)
        if (worker := self._at_work.pop(number, None)) is not None:
            worker.end()

    def _do(self, job: _Job, number: int) -> None:
        """Have a job done by the worker of a thread."""
        worker = self._at_work[number]
        try:
            went_well, answer = worker.answer(job)
        except BaseException as why:
            if not worker.process.is_alive():
                del self._at_work[number]
            job.future.set_exception(why)
            return
        if went_well:
            job.future.set_result(answer)
        else:
            job.future.set_exception(answer)

    def _ready(self, number: int) -> bool:
        """Start the worker of a thread where it has none; return whether it has one.

        False where others run that can do its work.

        Raises
        ------
        WorkerNotStarted
            No other runs.
        """
        if number in self._at_work:
            return True
        with self._starting:
            try:
                self._at_work[number] = _Worker(self._stop)
            except OSError as why:
                told = str(why.strerror or why)
                if not self._at_work:
                    raise WorkerNotStarted(told) from None
                self._go_on_without(told, len(self._at_work))
                return False
        return True

    def _go_on_without(self, why: str, running: int) -> None:
        """Note that fewer workers fly than were asked for."""
        self.note = f"{running} of {self.asked} workers fly: no more can be started ({why})"
        self.workers = running


@contextmanager
def _as_workers_begin() -> Iterator[None]:
    """Set what new processes inherit: one thread, and Ctrl-C and SIGHUP blocked.

    Only the parent handles these. A terminal sends them to all, and they may come before a
    worker has run its first line; one that comes here waits until the end of this.
    """
    with BEGINNING:
        if sys.platform != "win32":
            # its own first start would let the signals through again
            resource_tracker.ensure_running()
        before = {name: os.environ.get(name) for name in ONE_THREAD}
        os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
        masks = hasattr(signal, "pthread_sigmask")
        heard = signal.pthread_sigmask(signal.SIG_BLOCK, TERMINALS) if masks else set()
        try:
            with without_main():
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
def without_main() -> Iterator[None]:
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


_stop_requested: Connection | None = None


def _serve(pipe: Connection, stop: Connection) -> None:
    """Do jobs until the pipe ends: all that a worker does."""
    global _stop_requested
    _stop_requested = stop
    # the parent handles interrupts
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    while True:
        try:
            asked = pipe.recv_bytes()
        except (EOFError, OSError):
            return
        if asked == GOODBYE:
            gc.freeze()  # no search for cycles in all modules before the end
            return
        told = _answer(asked)
        try:
            pipe.send_bytes(told)
        except OSError:
            return  # nobody is there


def _answer(asked: bytes) -> bytes:
    """Do a job, and return what is to be sent of it; every failure is an answer."""
    name = "a job"
    try:
        call, arguments = pickle.loads(asked)
        name = getattr(call, "__name__", repr(call))
        answer = True, call(*arguments)
    except BaseException as why:
        answer = False, _told(why)
    try:
        return pickle.dumps(answer)
    except Exception as why:  # what came of it cannot be sent
        return pickle.dumps((False, RuntimeError(f"{name}: {why}")))


def _told(why: BaseException) -> BaseException:
    """Return an exception with where it was raised, which does not cross a pipe."""
    why.add_note("in a worker:\n" + "".join(traceback.format_exception(why)))
    return why


def _end_with_parent() -> None:
    """Exit when the parent is gone: nothing else would end this process while it flies."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _fly_until_stopped(task: Task) -> TaskResult | None:
    """Fly a task in a worker of ours."""
    assert _stop_requested is not None
    return fly_task(task, _stop_requested.poll)
