"""The maps shrunk to a picture's size while they are made."""

from __future__ import annotations

import farside.report.headless  # noqa: F401  before matplotlib

# isort: split

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from matplotlib.colors import to_rgb
from numpy.typing import NDArray

from farside.report.colours import SKY
from farside.report.reasons import REASONS
from farside.survey.geometry import Geometry
from farside.terrain import Reason

LARGEST = 1200  # pixels along the longer side

SAFE = SKY


@dataclass(frozen=True, eq=False)
class Closeup:
    """Every cell about the best site, in the file's order of rows."""

    top: int
    left: int
    heights: NDArray[np.float32]
    colours: NDArray[np.float32]
    """(rows, cols, 3) from 0 to 1."""


def colours_of(reason: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return cells the colour of the gravest that speaks against them: (rows, cols, 3), 0 to 1."""
    return _PALETTE[reason.astype(np.intp)]


def _palette() -> NDArray[np.float32]:
    values = np.arange(2 * max(Reason))
    colours = np.tile(np.array(to_rgb(SAFE)), (len(values), 1))
    for bit, _, colour in REASONS:
        colours[(values & bit) != 0] = to_rgb(colour)
    return colours.astype(np.float32)


_PALETTE = _palette()


class View:
    """Means over squares of cells: heights, and the colours of the verdict."""

    def __init__(self, geometry: Geometry) -> None:
        """Lay out the squares, in the file's order of rows."""
        rows, cols = geometry.shape
        self.step = max(1, -(-max(rows, cols) // LARGEST))
        shape = (-(-rows // self.step), -(-cols // self.step))
        self._height = np.zeros(shape)
        self._known = np.zeros(shape)
        self._slope = np.zeros(shape)
        self._sloped = np.zeros(shape)
        self._colour = np.zeros((*shape, 3))
        self._cells = np.zeros(shape)

    def add(
        self,
        top: int,
        left: int,
        heights: NDArray[np.float32],
        made: Mapping[str, NDArray[np.float32]],
    ) -> None:
        """Take a window's heights, slopes and reasons in."""
        z = np.asarray(heights, np.float64)
        seen = np.isfinite(z)
        self._sum(self._height, top, left, np.where(seen, z, 0.0))
        self._sum(self._known, top, left, seen.astype(np.float64))
        slope = made["slope_deg"]
        sloped = np.isfinite(slope)
        self._sum(self._slope, top, left, np.where(sloped, slope, 0.0))
        self._sum(self._sloped, top, left, sloped.astype(np.float64))
        self._sum(self._colour, top, left, colours_of(made["reason"]))
        self._sum(self._cells, top, left, np.ones(z.shape))

    @property
    def heights(self) -> NDArray[np.float32]:
        """Mean heights [m]; NaN where half of a square or less is known."""
        return _mean(self._height, self._known, self._cells)

    @property
    def slope_deg(self) -> NDArray[np.float32]:
        """Mean slopes."""
        return _mean(self._slope, self._sloped, self._cells)

    @property
    def colours(self) -> NDArray[np.float32]:
        """Mean colours of the verdict, (rows, cols, 3) from 0 to 1."""
        return (self._colour / np.maximum(self._cells, 1.0)[..., None]).astype(np.float32)

    def _sum(
        self, into: NDArray[np.float64], top: int, left: int, values: NDArray[np.floating]
    ) -> None:
        if self.step == 1:
            into[top : top + values.shape[0], left : left + values.shape[1]] += values
            return
        row, row_starts = self._starts(top, values.shape[0])
        col, col_starts = self._starts(left, values.shape[1])
        sums = np.add.reduceat(np.add.reduceat(values, row_starts, axis=0), col_starts, axis=1)
        into[row : row + sums.shape[0], col : col + sums.shape[1]] += sums

    def _starts(self, first: int, count: int) -> tuple[int, NDArray[np.intp]]:
        """First square met, and where in the window each begins."""
        square = first // self.step
        later = np.arange((square + 1) * self.step - first, count, self.step, dtype=np.intp)
        return square, np.concatenate([[0], later]).astype(np.intp)


def _mean(
    total: NDArray[np.float64], count: NDArray[np.float64], cells: NDArray[np.float64]
) -> NDArray[np.float32]:
    mean = np.where(2.0 * count > cells, total / np.maximum(count, 1.0), np.nan)
    return np.asarray(mean, np.float32)
