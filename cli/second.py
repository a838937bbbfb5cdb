"""A process beside the command's own, where the machine has a core for it."""

from __future__ import annotations

import gc
import logging
import multiprocessing
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

#: So many more objects than were deleted before a search for cycles; 700 is Python's own.
OBJECTS_MADE = 15_000


@contextmanager
def second_process() -> Iterator[Callable[..., Future[Any]] | None]:
    """Give what has a second process call a function; None where that would gain nothing.

    It imports what draws at once, and ends with the context, whatever it is at.
    """
    # a daemonic process may have no children
    if multiprocessing.current_process().daemon or not is_core_idle():
        yield None
        return
    from farside.campaign.processes import ProcessPool, WorkerNotStarted

    try:
        pool = ProcessPool(1)
    except (OSError, NotImplementedError):
        # a system that starts no process: everything is done in this one
        yield None
        return
    calls: list[Future[Any]] = []

    def call(function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        calls.append(pool.call(function, *arguments))
        return calls[-1]

    try:
        try:
            call(_begin)
        except WorkerNotStarted:
            # a system that starts no thread
            yield None
        else:
            yield call
    finally:
        # one that is done ends by itself, and clears away what matplotlib keeps in a folder
        if not all(each.done() for each in calls):
            pool.kill()
        pool.close()


def _begin() -> None:
    """Import what draws, in the second process; matplotlib is as quiet there as in the first."""
    from farside.report.drawing import get_ready

    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    gc.set_threshold(OBJECTS_MADE)
    get_ready()


def is_core_idle() -> bool:
    """Return whether this process may use two cores, and others leave one of them idle."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    if (usable or 1) < 2:
        return False
    # processes that want to run, a mean of the last minute
    return not hasattr(os, "getloadavg") or os.getloadavg()[0] < (os.cpu_count() or 1)
