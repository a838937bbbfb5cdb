"""Means of a region's map over a landing ellipse, as it lies in every cell."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from farside.survey.landing_region import RegionGrid
from farside.terrain.cell_masses import CUT, cell_masses

Array = NDArray[np.float64]
Whole = NDArray[np.int64]

_STRIP = 32  # rows at once
_SIZE_STEP = 0.02  # of a cell's side: a total variation of at most 0.74 x 0.01
_TURN_STEP = 0.04  # of a radian, over a/b - b/a of the axes: at most 0.32 x 0.02
_LEAST_TURN = math.radians(1.0)
_CELLS = 3000  # of an ellipse that is summed cell by cell
_MOST_SIGMA = 13.0  # cells along its major axis, likewise
_LEAST_SIGMA = 0.05  # of a cell: an ellipse of no width keeps as much


class EllipseMeans:
    """Sums of a map by the mass of an ellipse in each cell.

    A cell's mass is that of theory (8.7), cut at 3 sigma. The ellipse turns with the grid and grows
    as the ground's cells shrink outwards: masses are those of the nearest of turns and sizes so
    close together that at most 0.014 of the mass lies in another cell than it should. Ellipses of
    more than 10 cells, 1 sigma, are summed by blocks of cells, whose mean is taken first: of a
    round one up to 0.041 of the mass is then elsewhere within its blocks.

    Parameters
    ----------
    covariance : ndarray (2, 2)
        East and north [m2].
    grid : RegionGrid
        The region's plane.
    """

    def __init__(self, covariance: Array, grid: RegionGrid) -> None:
        """Take the axes."""
        self.grid = grid
        values, ways = np.linalg.eigh(covariance)
        minor, major = np.sqrt(np.maximum(values, 0.0)) / grid.cell_m
        self.single = CUT * float(major) * grid.cell_m <= 0.5 * float(grid.ground_m.min())
        most = max(math.sqrt(math.pi * CUT * CUT * major * minor / _CELLS), major / _MOST_SIGMA)
        #: Side of a block in cells, odd.
        self.block = 2 * math.ceil(0.5 * (max(most, 1.0) - 1.0)) + 1
        least = _LEAST_SIGMA * self.block
        self.major, self.minor = max(float(major), least), max(float(minor), least)
        self.azimuth = math.atan2(ways[0, 1], ways[1, 1])
        ratio = self.major / self.minor
        step = _TURN_STEP / max(ratio - 1.0 / ratio, 1e-9)
        #: Turns of half a circle; 1 for an ellipse that is round.
        self.turns = max(1, math.floor(math.pi / max(step, _LEAST_TURN)))

    def map(self, values: Array) -> Array:
        """Return means about all cells, (rows, cols), unknown ones counting 0."""
        held = np.nan_to_num(values)
        if self.single:
            return held
        rows, cols = self.grid.shape
        row, col = np.indices(self.grid.shape)
        kinds, kind = np.unique(self._kinds(row, col), return_inverse=True)
        kind = kind.reshape(self.grid.shape).astype(np.intp)
        down, right, weights = self._offsets(kinds)
        blocks, pad = self._blocks(held, down, right)
        mean = np.zeros(self.grid.shape)
        for top in range(0, rows, _STRIP):
            out, which = mean[top : top + _STRIP], kind[top : top + _STRIP]
            part, weight = np.empty(out.shape), np.empty(out.shape)
            high = len(out)
            for i, k, each in zip(down, right, weights, strict=True):
                first, left = top + pad[0] + i, pad[1] + k
                here = blocks[first : first + high, left : left + cols]
                if len(kinds) == 1:
                    np.multiply(here, each[0], out=part)
                else:
                    np.take(each, which, out=weight, mode="clip")
                    np.multiply(here, weight, out=part)
                out += part
        return mean.clip(min(held.min(), 0.0), held.max())

    def at(self, values: Array, row: int, col: int) -> tuple[float, float]:
        """Return the mean about one cell, to the bit as in the map, and the share known."""
        known = np.isfinite(values)
        held = np.nan_to_num(values)
        if self.single:
            return float(held[row, col]), float(known[row, col])
        down, right, weights = self._offsets(self._kinds(np.array([row]), np.array([col])))
        sums = []
        for each in (held, known.astype(float)):
            blocks, pad = self._blocks(each, down, right)
            # one after the other, as in the map
            terms = blocks[row + pad[0] + down, col + pad[1] + right] * weights[:, 0]
            mean = float(np.add.accumulate(terms)[-1])
            sums.append(min(max(mean, min(float(each.min()), 0.0)), float(each.max())))
        return sums[0], sums[1]

    def _kinds(self, row: Whole, col: Whole) -> Whole:
        """Return the nearest of sizes and turns at cells, as one number."""
        size = self.grid.ground_m[row, col] / self.grid.cell_m
        sizes = np.rint(np.log(size) / -_SIZE_STEP).astype(np.int64)
        if self.turns == 1:
            return sizes
        half = np.radians(self.grid.geometry.turn_at(row, col)) / math.pi
        turn = np.rint(half * self.turns).astype(np.int64) % self.turns
        return np.asarray(sizes * self.turns + turn)

    def _masses(self, kind: int) -> Array:
        """Return the masses of blocks about one, rows southwards."""
        size, turn = divmod(kind, self.turns)
        # blocks per sigma; the azimuth counts from the grid's "up"
        scale = math.exp(_SIZE_STEP * size) / self.block
        angle = self.azimuth - math.pi * turn / self.turns
        s, c = math.sin(angle), math.cos(angle)
        right = math.hypot(self.major * s, self.minor * c)
        up = math.hypot(self.major * c, self.minor * s)
        both = (self.major - self.minor) * (self.major + self.minor) * s * c / (right * up)
        return cell_masses(right * scale, up * scale, both)[::-1]

    def _offsets(self, kinds: Whole) -> tuple[Whole, Whole, Array]:
        """Return cells down and to the right by rows, and their weights (offsets, kinds).

        Blocks that lie beyond the region from anywhere in it are left out.
        """
        all_masses = [self._masses(int(kind)) for kind in kinds]
        high = max(len(each) for each in all_masses) // 2
        wide = max(each.shape[1] for each in all_masses) // 2
        weights = np.zeros((2 * high + 1, 2 * wide + 1, len(kinds)))
        for n, each in enumerate(all_masses):
            i, k = high - each.shape[0] // 2, wide - each.shape[1] // 2
            weights[i : i + each.shape[0], k : k + each.shape[1], n] = each
        down, right = np.nonzero(weights.any(-1))
        found = weights[down, right]
        down, right = (down - high) * self.block, (right - wide) * self.block
        rows, cols = self.grid.shape
        margin = self.block // 2
        meets = (abs(down) < rows + margin) & (abs(right) < cols + margin)
        return down[meets], right[meets], np.ascontiguousarray(found[meets])

    def _blocks(self, held: Array, down: Whole, right: Whole) -> tuple[Array, tuple[int, int]]:
        """Return means of the block about every cell, with a border, and the border's widths."""
        pad = int(abs(down).max()), int(abs(right).max())
        blocks = np.pad(held, ((pad[0], pad[0]), (pad[1], pad[1])))
        if self.block > 1:
            for axis in (0, 1):
                blocks = uniform_filter1d(blocks, self.block, axis=axis, mode="constant")
        return blocks, pad
