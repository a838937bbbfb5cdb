"""A grid cut into windows, each with the halo that its answer depends on."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farside.survey.geometry import Band, Geometry
from farside.survey.query import Query

TILE = 1024  # cells a side: small beside memory, large beside a halo


@dataclass(frozen=True)
class Tile:
    """Cells to be answered for, within the cells to be read; ends are not among them."""

    band: Band
    top: int
    bottom: int
    left: int
    right: int
    outer_top: int
    outer_bottom: int
    outer_left: int
    outer_right: int

    @property
    def cells(self) -> int:
        """How many are answered for."""
        return (self.bottom - self.top) * (self.right - self.left)

    def core(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Cut the cells to be answered for out of those read."""
        top, left = self.top - self.outer_top, self.left - self.outer_left
        return values[top : top + self.bottom - self.top, left : left + self.right - self.left]


def tiles(geometry: Geometry, query: Query, side: int, coarse: bool) -> Iterator[Tile]:
    """Yield the windows of a grid, row by row.

    Parameters
    ----------
    geometry : Geometry
    query : Query
        Gives the halo.
    side : int
        Cells along a window's side, a multiple of 8.
    coarse : bool
        The halo is one cell: slopes of 3 x 3 cells are all that is asked for.
    """
    rows, cols = geometry.shape
    # three rows need no common cell size
    bands = (Band(0, rows, math.nan, math.nan),) if coarse else geometry.bands
    for band in bands:
        halo = (
            (1, 1) if coarse else query.halo(band, None if geometry.turning else geometry.turn_deg)
        )
        for top in range(band.top, band.bottom, side):
            bottom = min(top + side, band.bottom)
            end = band.right or cols
            for left in range(band.left, end, side):
                right = min(left + side, end)
                yield Tile(
                    band,
                    top,
                    bottom,
                    left,
                    right,
                    max(top - halo[0], 0),
                    min(bottom + halo[0], rows),
                    max(left - halo[1], 0),
                    min(right + halo[1], cols),
                )
