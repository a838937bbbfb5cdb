"""Threads for pictures and maps: as many as OpenCV takes, which a worker of a campaign sets to one.

What each thread does it does alone, so that a picture has the same bits however many there are.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from itertools import pairwise
from typing import Any, TypeVar

import cv2

T = TypeVar("T")
U = TypeVar("U")

#: Begins a call in another thread; returns what waits for its result.
Begin = Callable[..., Callable[[], Any]]

#: Rows of a band at least, and bands a thread: some bands hold less ground than others.
_ROWS_LEAST, _BANDS = 32, 4


def in_bands(rows: int, work: Callable[[int, int], object]) -> None:
    """Have threads work on bands of rows.

    Parameters
    ----------
    rows : int
        Of the picture.
    work : callable
        Called with the first row of a band and the one behind its last; a kernel without the GIL.
    """
    threads = cv2.getNumThreads()
    bands = min(_BANDS * threads, rows // _ROWS_LEAST)
    if threads < 2 or bands < 2:
        work(0, rows)
        return
    edges = [rows * k // bands for k in range(bands + 1)]
    mapped(lambda band: work(*band), pairwise(edges))


def mapped(work: Callable[[T], U], given: Iterable[T]) -> list[U]:
    """Return what a function returns of each argument, in their order, by threads.

    This one is among them, and does all of it where no other can be started.
    """
    threads = cv2.getNumThreads()
    if threads < 2:
        return [work(each) for each in given]
    todo = list(given)
    answers: dict[int, U] = {}
    turns = iter(range(len(todo)))

    def take_turns() -> None:
        for i in turns:
            answers[i] = work(todo[i])

    helpers = [_begun(take_turns) for _ in range(min(threads, len(todo)) - 1)]
    try:
        take_turns()
    finally:
        wait([each for each in helpers if not each.cancel()])
    for helper in helpers:
        if not helper.cancelled():
            helper.result()  # what it raised is raised here
    return [answers[i] for i in range(len(todo))]


@contextmanager
def beside() -> Iterator[Begin]:
    """Give what begins a call in another thread and returns what waits for its result.

    With one thread, or where none is free by then, the call is made where its result is asked for.
    """
    if cv2.getNumThreads() < 2:
        yield lambda work, *given: lambda: work(*given)
        return
    begun: list[Future[Any]] = []

    def begin(work: Callable[..., Any], *given: Any) -> Callable[[], Any]:
        future = _begun(work, *given)
        begun.append(future)
        # one that no thread has taken up is given back
        return lambda: work(*given) if future.cancel() else future.result()

    try:
        yield begin
    finally:
        wait([each for each in begun if not each.cancel()])


#: The threads beside those that ask, by their number. They are kept: what a kernel of theirs works
#: in is theirs, too, and fresh memory costs more than what is done in it. Who asks waits for what
#: has begun and for nothing else, so that a thread of these may ask as well.
_POOLS: dict[int, ThreadPoolExecutor] = {}


def _begun(work: Callable[..., Any], *given: Any) -> Future[Any]:
    """Begin a call in another thread; return its future, cancelled where none can be started."""
    count = cv2.getNumThreads() - 1
    pool = _POOLS.get(count) or _POOLS.setdefault(count, ThreadPoolExecutor(count))
    try:
        return pool.submit(work, *given)
    except RuntimeError:
        # a limit of the system, or the interpreter has begun to end: none of it is done later
        pool.shutdown(wait=False, cancel_futures=True)
        _POOLS.pop(count, None)
        none: Future[Any] = Future()
        none.cancel()
        return none


if hasattr(os, "register_at_fork"):
    # a process that was forked has none of them
    os.register_at_fork(after_in_child=_POOLS.clear)
