"""Random numbers of subset simulation: first draws and Markov moves, each a counter of its row."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.ext.common._random import normals, uniforms
from farside.mission.integers import seed_key

#: Streams of the seed that moves are drawn from; a flight's own streams have keys of their own.
FIRST, STEP, REDRAW = 0x52A00001, 0x52A00002, 0x52A00003
#: Most rows of one simulation: the run counter of a stream is 32 bits.
MOST_ROWS = 2**31
#: First spread of a move, and the share of them to be accepted (Papaioannou et al. 2015, sec. 3.3).
FIRST_SPREAD, WANTED = 0.6, 0.44
#: Share of moves that draw a stream anew.
REDRAWN = 0.5

Points = NDArray[np.float64]
Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class Batch:
    """Points whose margins are asked for: rows `first` to `first + N - 1` of a simulation.

    u is (N, D), standard normals. streams is (N, S): for each random stream that can be drawn anew
    but not steered (the noise of a flight, its ground) the row at which it was drawn last, which
    names it: two rows share a stream's draws where they have the same number there.
    """

    first: int
    u: Points
    streams: Numbers

    def __len__(self) -> int:
        """Return the number of points."""
        return len(self.u)

    @property
    def rows(self) -> range:
        """Numbers of the rows."""
        return range(self.first, self.first + len(self.u))


def first_draws(seed: int, rows: range, dimensions: int, streams: int) -> Batch:
    """Draw independent points: the first level.

    Parameters
    ----------
    seed : int
    rows : range
        Numbers of the rows: each has draws of its own.
    dimensions, streams : int
        How many normals, and how many streams.
    """
    u = np.empty((len(rows), dimensions))
    for i, row in enumerate(rows):
        normals(seed_key(seed), row, FIRST, u[i])
    return Batch(rows.start, u, own_streams(rows, streams))


def own_streams(rows: range, streams: int) -> Numbers:
    """Return the streams of rows that have drawn each anew, (N, S)."""
    return np.repeat(np.arange(rows.start, rows.stop, dtype=np.int64)[:, None], streams, axis=1)


def moved(seed: int, first: int, u: Points, streams: Numbers, spread: float) -> Batch:
    """Propose a move from each of some points, reversible with respect to their distribution.

    Parameters
    ----------
    seed : int
    first : int
        Row of the first proposal.
    u : ndarray, (N, D)
        Where the chains stand.
    streams : ndarray, (N, S)
        Streams that they stand at.
    spread : float
        Standard deviation of the innovation, above 0, at most 1.

    Notes
    -----
    Normals move by conditional sampling (Papaioannou et al. 2015, eq. 20; Cotter et al. 2013,
    "pCN"), u' = sqrt(1 - s^2) u + s xi, which keeps N(0, I) whatever D is. A stream is one of very
    many alike: with probability 1/2 it is drawn anew, else kept, which is symmetric and keeps
    their uniform distribution.
    """
    rows = range(first, first + len(u))
    step, dice = np.empty_like(u), np.empty((len(u), max(1, streams.shape[1])))
    for i, row in enumerate(rows):
        normals(seed_key(seed), row, STEP, step[i])
        uniforms(seed_key(seed), row, REDRAW, dice[i])
    # u' = rho u + s xi, rho^2 + s^2 = 1 (eq. 20)
    there = math.sqrt(1.0 - spread * spread) * u + spread * step
    anew = dice[:, : streams.shape[1]] < REDRAWN
    return Batch(first, there, np.where(anew, own_streams(rows, streams.shape[1]), streams))


def next_spread(spread: float, accepted: float) -> float:
    """Return the spread of the next level's moves from the share that was accepted in this one.

    Notes
    -----
    log s' = log s + 2 (a - 0.44), at most 1: after the update of Papaioannou et al. 2015, sec. 3.3,
    but between levels only. Within a level the kernel is one and the same: it is reversible.
    """
    return min(1.0, spread * float(deterministic.exp(2.0 * (accepted - WANTED))))
