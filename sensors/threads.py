"""Threads for pictures: as many as OpenCV takes, which a worker of a campaign sets to one.

What each thread does it does alone, so that a picture has the same bits however many there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

import cv2

T = TypeVar("T")
U = TypeVar("U")

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
    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(work, edges[:-1], edges[1:]):
            pass  # what a band raised is raised here


def mapped(work: Callable[[T], U], given: Iterable[T]) -> list[U]:
    """Return what a function returns of each argument, in their order, by threads."""
    threads = cv2.getNumThreads()
    if threads < 2:
        return [work(each) for each in given]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, given))


@contextmanager
def beside() -> Iterator[Callable[..., Callable[[], Any]]]:
    """Give what begins a call in another thread and returns what waits for its result.

    With one thread the call is made where its result is asked for.
    """
    if cv2.getNumThreads() < 2:
        yield lambda work, *given: lambda: work(*given)
        return
    with ThreadPoolExecutor(1) as pool:

        def begin(work: Callable[..., Any], *given: Any) -> Callable[[], Any]:
            answer: Future[Any] = pool.submit(work, *given)
            return answer.result

        yield begin
