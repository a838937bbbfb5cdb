"""Lattices of heights: endless in index, of postings that double from level to level.

Node n of level L lies at n * 0.1 m * 2^L from the site, along u and along v; every second node of a
level is a node of the next. A block of a lattice is named by the index of its first node.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farside.ext.common.errors import FarsideError
from farside.ext.ground import _lattice
from farside.ground.scratch import scratch

Heights = NDArray[np.float32]

FINEST_M = 0.1  # posting of level 0: the truth disc's


def cell_of(level: int) -> float:
    """Return the posting [m] of a level."""
    return float(FINEST_M * 2**level)


@dataclass(frozen=True)
class Block:
    """The nodes [row, row_end) x [col, col_end) of a lattice; rows along v, columns along u."""

    row: int
    row_end: int
    col: int
    col_end: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.row_end - self.row, self.col_end - self.col

    def coarser(self) -> "Block":
        """Return the nodes of the next level from which `halve` makes this block."""
        return Block(
            (self.row >> 1) - 1,
            ((self.row_end - 1) >> 1) + 3,
            (self.col >> 1) - 1,
            ((self.col_end - 1) >> 1) + 3,
        )

    def within(self, outer: "Block") -> tuple[slice, slice] | None:
        """Return where this block lies in the array of another, None if it sticks out."""
        if (
            self.row < outer.row
            or self.col < outer.col
            or self.row_end > outer.row_end
            or self.col_end > outer.col_end
        ):
            return None
        return (
            slice(self.row - outer.row, self.row_end - outer.row),
            slice(self.col - outer.col, self.col_end - outer.col),
        )

    def arcs(self, level: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return u of the columns (1, n) and v of the rows (n, 1) [m]."""
        cell = cell_of(level)
        u = np.arange(self.col, self.col_end, dtype=np.float64) * cell
        v = np.arange(self.row, self.row_end, dtype=np.float64) * cell
        return u[None, :], v[:, None]


def halve(coarse: Heights, have: Block, want: Block) -> Heights:
    """Return a block at half the posting by four-point subdivision: smooth, and exact at old nodes.

    Parameters
    ----------
    coarse : ndarray, float32
        Heights of `have`, a block of one level that holds `want.coarser()`.
    have, want : Block
        What there is, and what is wanted of the next finer level.

    Returns
    -------
    ndarray, want.shape, float32
    """
    if want.coarser().within(have) is None:
        raise FarsideError(f"{want} needs {want.coarser()} of the coarser level, more than {have}")
    fine = np.empty(want.shape, dtype=np.float32)
    (work,) = scratch((coarse.shape[0], want.shape[1]))
    _lattice.halve(coarse, have.row, have.col, work, fine, want.row, want.col)
    return fine
