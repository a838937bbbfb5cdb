"""The beat of a loop by the clock, and what it noted of each tick."""

cimport cython
import numpy
from libc.string cimport memset

PERIOD_MOST_NS = 1_000_000_000


@cython.final
@cython.auto_pickle(False)
cdef class Metronome:
    """Gives a loop its beat, and notes how late each tick began and how long it took.

    Parameters
    ----------
    period_ns : int
        Of a tick [ns], up to a second.
    room : int
        Ticks that are noted; those behind are flown by the clock all the same.

    Raises
    ------
    ValueError
        For a period that is none, or room for less than a tick.
    """

    def __init__(self, period_ns, room):
        if not 0 < period_ns <= PERIOD_MOST_NS or room < 1:
            raise ValueError(f"a period of {period_ns} ns, {room} ticks: there is none such")
        memset(&self.c, 0, sizeof(self.c))
        self.c.period_ns, self.c.room = period_ns, room
        # written to, so that no tick meets a page that is not in memory
        self.late = numpy.full(room, -1, numpy.int64)
        self.took = numpy.full(room, -1, numpy.int64)
        self.c.late_ns, self.c.took_ns = &self.late[0], &self.took[0]

    @property
    def late_ns(self):
        """How late each tick began [ns], (N,)."""
        return numpy.asarray(self.late)[:self.c.count]

    @property
    def took_ns(self):
        """How long each took [ns], (N,)."""
        return numpy.asarray(self.took)[:self.c.count]

    @property
    def held_ns(self):
        """How long the clock was held in all [ns]."""
        return self.c.held_ns
