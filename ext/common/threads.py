"""Threads for pictures and maps: as many as OpenCV takes, which a worker of a campaign sets to one.

What each thread does it does alone, so that a picture has the same bits however many there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
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

    with ThreadPoolExecutor(threads - 1) as pool:
        helpers = list(_helpers(pool, take_turns, threads - 1))
        take_turns()
        for helper in helpers:
            helper.result()  # what it raised is raised here
    return [answers[i] for i in range(len(todo))]


def _helpers(
    pool: ThreadPoolExecutor, work: Callable[[], None], count: int
) -> Iterator[Future[None]]:
    """Yield calls in threads of a pool, as many as can be started."""
    for _ in range(count):
        try:
            yield pool.submit(work)
        except RuntimeError:
            # a limit of the system, or the interpreter has begun to end
            return


@contextmanager
def beside() -> Iterator[Begin]:
    """Give what begins a call in another thread and returns what waits for its result.

    With one thread, or where none can be started, the call is made where its result is asked for.
    """
    if cv2.getNumThreads() < 2:
        yield lambda work, *given: lambda: work(*given)
        return
    with ThreadPoolExecutor(1) as pool:

        def begin(work: Callable[..., Any], *given: Any) -> Callable[[], Any]:
            try:
                return pool.submit(work, *given).result
            except RuntimeError:
                # a limit of the system, or the interpreter has begun to end
                return partial(work, *given)

        yield begin
