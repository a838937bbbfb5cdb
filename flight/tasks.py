"""What is done beside the loop at ticks of its own: frames of the lidar, images of the cameras."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from farside.ext.loop._flight import Event
from farside.flight.wiring import Flight


class Task(Protocol):
    """Something that is due at certain ticks."""

    def ticks_left(self) -> int:
        """Return how many ticks there are until it is due; 0 where it is."""

    def work(self) -> None:
        """Do what is due; the next is due at a later tick, or ticks are flown meanwhile."""


def turned_with(flight: Flight, tasks: Sequence[Task], ticks: int) -> Event:
    """Turn the wheel so many ticks at most, and do what is due on the way.

    Parameters
    ----------
    flight : Flight
    tasks : sequence of Task
        In the order in which they are done at one tick.
    ticks : int

    Returns
    -------
    Event
        As `Flight.turn`.
    """
    end = flight.loop.tick_count + ticks
    while tasks and flight.loop.tick_count < end:
        left = min(end - flight.loop.tick_count, *(task.ticks_left() for task in tasks))
        if left > 0:
            event = flight.turn(left)
            if event != Event.EVENT_NONE:
                return event
        worked = False
        for task in tasks:
            if task.ticks_left() == 0:
                task.work()
                worked = True
        if worked and flight.loop.tick_count >= end:
            return Event.EVENT_NONE
    return flight.turn(max(end - flight.loop.tick_count, 1))
