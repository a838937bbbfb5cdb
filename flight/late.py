"""What is done beside the loop in two steps: begun at one tick, its result used at a later one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from farside.ext.common._records import TICK_HZ
from farside.flight.wiring import Flight

Result = TypeVar("Result")


@dataclass(frozen=True)
class Late(Generic[Result]):
    """A result, and the tick from which on it may be used."""

    due_tick: int
    result: Result


class LateTask(ABC, Generic[Result]):
    """A task of the loop whose results come late, for a computer needs time: one at a time.

    While a result is under way nothing new is begun.

    Parameters
    ----------
    flight : Flight
    """

    def __init__(self, flight: Flight) -> None:
        self._flight = flight
        self._pending: Late[Result] | None = None
        self._next_tick = 1

    def ticks_left(self) -> int:
        """Return how many ticks there are until a result, or the next beginning, is due."""
        due = self._next_tick if self._pending is None else self._pending.due_tick
        return max(due - self._flight.loop.tick_count, 0)

    def work(self) -> None:
        """Use the result that is due, or begin the next."""
        if self._pending is None:
            self._begin()
            return
        late, self._pending = self._pending, None
        self._use(late.result)

    @abstractmethod
    def _begin(self) -> None:
        """Look, and say with `_ask_after` when to begin anew, with `_hold` what comes of it."""

    @abstractmethod
    def _use(self, result: Result) -> None:
        """Use a result at the tick at which it is there."""

    def _ask_after(self, seconds: float) -> None:
        """Begin anew so long after now; a tick at least."""
        self._next_tick = self._flight.loop.tick_count + ticks_of(seconds)

    def _hold(self, result: Result, late_s: float) -> None:
        """Keep a result that is there so long after now; a tick at least."""
        self._pending = Late(self._flight.loop.tick_count + ticks_of(late_s), result)


def ticks_of(seconds: float) -> int:
    """Return a time in whole ticks, one at least."""
    return max(round(TICK_HZ * seconds), 1)


def symmetric(parts: NDArray[np.void]) -> NDArray[np.float64]:
    """Return a covariance (3, 3) from its six parts xx, xy, xz, yy, yz, zz of telemetry."""
    xx, xy, xz, yy, yz, zz = (float(part) for part in parts)
    return np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]])
