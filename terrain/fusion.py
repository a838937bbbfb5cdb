"""The frames of a scan fused into one map, whose noise is estimated from what frames disagree by.

Frames go in turn to two halves of the scan. Their difference holds no ground, so that its mean
square is the noise (`ext/terrain/_fusion.pyx`), and its correlation from cell to cell is that of
the errors. What all frames share (mounting, bias, a place that never returns) is in neither.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.ext.terrain._fusion import (
    box_mean,
    join_halves,
    lag_covariance,
    mean_square_bend,
    mean_where,
)
from farside.ext.terrain._points import splat_points
from farside.terrain.conditions import ErrorCorrelation
from farside.terrain.elevation import ElevationMap

LEAST_WEIGHT = 0.15
"""Sum of bilinear weights below which a cell of a fused map is unseen."""
HALF_WEIGHT = 0.3
"""The same of each half, where they are compared."""
WINDOW = 15
"""Cells along the side of the square that the noise of a cell is averaged over."""
LEAST_SHARE = 0.25
"""The noise of a cell is no less than this share (variance) of that of the whole map."""
GRIDDED = 0.25
"""Of what cells stand off the mean of their four neighbours, so much (root mean square) gridding
takes for error: the mean over bilinear weights lowers a paraboloid by a third, and of that noise
is a part."""
SWEEPS = 12
"""Of the relaxation of holes, for each ring that the deepest has: 2 % of a step is left."""
LAGS = (4, 6, 9, 14, 21, 32, 48, 72)
"""Cells apart at which the correlation is taken; nearer ones share returns."""
LEAST_CORRELATION = 0.05
"""A mean correlation below this at `LAGS[0]` is none."""

Heights = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class FusedMap:
    """A map made of frames."""

    elevation: ElevationMap
    sigma_m: Heights
    """1-sigma error of each height, estimated [m]; of unseen cells the greatest."""
    correlation: ErrorCorrelation


class FrameFusion:
    """Fuses the frames of a scan as they come.

    Parameters
    ----------
    shape : two ints
        Rows and columns of the map.
    cell_m : float
        Size of its cells [m].
    """

    def __init__(self, shape: tuple[int, int], cell_m: float) -> None:
        self.shape, self.cell_m = shape, cell_m
        self._halves = tuple(np.full((*shape, 2), 1.0, np.float32) for _ in range(2))
        self._spread, self._weight = (np.ones(shape, np.float32) for _ in range(2))
        self._told = np.ones(shape, np.uint8)
        self._first_m = (0.0, 0.0)
        self._reference_m: float | None = None
        self._below_m = np.inf
        self.frames = 0
        self.fell = 0

    def begin(self, east_m: float, north_m: float, below_m: float = np.inf) -> None:
        """Begin a map whose cell [0, 0] has its centre there [m].

        Returns at `below_m` or higher are left out: a sensor that looks down sees nothing above it.
        """
        self._first_m = (east_m, north_m)
        self._below_m = below_m
        self._reference_m = None
        self.frames = self.fell = 0
        for half in self._halves:
            half.fill(0.0)

    def add(self, points: NDArray[np.float64]) -> None:
        """Add the returns of one frame, (N, 3) [m]; rows that are not finite are none."""
        if self._reference_m is None:
            up = points[:, 2]
            held = up[np.isfinite(up) & (up < self._below_m)]
            if len(held):
                self._reference_m = float(np.floor(held[0]))
        if self._reference_m is not None:
            half = self._halves[self.frames % 2]
            cells = (self.cell_m, self.cell_m)
            self.fell += splat_points(
                points, self._first_m, cells, self._reference_m, half, self._below_m
            )
        self.frames += 1

    def finish(self, *, fill_m: float = 0.0, frame: str = "site", tick: int = 0) -> FusedMap | None:
        """Make the map of what was added.

        Parameters
        ----------
        fill_m : float
            Holes no wider than this are interpolated [m] (`fill_holes`).
        frame, tick
            As of `ElevationMap`.

        Returns
        -------
        FusedMap or None
            None where nothing fell on the map.
        """
        heights, seen = np.empty(self.shape, np.float32), np.empty(self.shape, np.uint8)
        levels = (LEAST_WEIGHT, HALF_WEIGHT, self._reference_m or 0.0)
        even, odd = self._halves
        join_halves(even, odd, levels, heights, seen, self._weight, self._spread, self._told)
        if self._reference_m is None or not seen.any():
            return None
        correlation = self._correlation()
        sigma = self._sigma(heights, seen, correlation)
        filled = fill_holes(heights, seen, sigma, round(fill_m / self.cell_m))
        east_m, north_m = self._first_m
        elevation = ElevationMap(
            heights, self.cell_m, east_m, north_m, frame, tick,
            seen.view(np.bool_), filled.view(np.bool_),
        )  # fmt: skip
        return FusedMap(elevation, sigma, correlation)

    def _sigma(
        self, heights: Heights, seen: NDArray[np.uint8], correlation: ErrorCorrelation
    ) -> Heights:
        """Return the error of the heights: c / W, averaged over a square, and that of gridding."""
        whole, count = mean_where(self._spread, self._told, 2)
        if count == 0:
            # one frame alone says nothing of its noise
            return np.zeros(self.shape, np.float32)
        near = _mean_about(self._spread * self._spread)
        of = _mean_about(self._told.astype(np.float32))
        # Where few cells tell, or all tell the same, the whole map does.
        apart = 2.0 * correlation.length_m / (WINDOW * self.cell_m)
        prior = np.float32(min(0.1 + correlation.share * (1.0 + apart * apart), 10.0))
        c = (near + prior * np.float32(whole)) / (of + prior)
        c = np.maximum(c, np.float32(LEAST_SHARE * whole))
        c /= np.maximum(self._weight, np.float32(LEAST_WEIGHT))
        c += np.float32(GRIDDED**2) * curvature(heights)
        sigma = np.sqrt(c)
        seen_ = seen.view(np.bool_)
        sigma[~seen_] = float(sigma[seen_].max())
        return np.asarray(sigma, np.float32)

    def _correlation(self) -> ErrorCorrelation:
        """Fit share exp(-distance / length) to the correlation of the difference."""
        level, _ = mean_where(self._spread, self._told, 1)
        found = [lag_covariance(self._spread, self._told, level, lag) for lag in (0, *LAGS)]
        return fit_correlation(found[0], found[1:], self.cell_m)


def _mean_about(values: Heights) -> Heights:
    """Return the mean over a square of `WINDOW` cells."""
    out = np.empty_like(values)
    box_mean(values, WINDOW // 2, WINDOW // 2, out)
    return out


def curvature(heights: Heights) -> Heights:
    """Return the mean square of z less the mean of its four neighbours over a square [m^2]."""
    off = np.zeros_like(heights)
    inner = off[1:-1, 1:-1]
    np.add(heights[:-2, 1:-1], heights[2:, 1:-1], out=inner)
    inner += heights[1:-1, :-2]
    inner += heights[1:-1, 2:]
    inner *= np.float32(-0.25)
    inner += heights[1:-1, 1:-1]
    off *= off
    np.nan_to_num(off, copy=False)
    return _mean_about(off)


def fit_correlation(variance: float, covariances: list[float], cell_m: float) -> ErrorCorrelation:
    """Fit share exp(-distance / length) to covariances at `LAGS`.

    Parameters
    ----------
    variance : float
        At lag 0.
    covariances : list of float
        At each of `LAGS`.
    cell_m : float
        [m].

    Returns
    -------
    ErrorCorrelation
    """
    if not variance > 0.0:
        return ErrorCorrelation()
    rho = [c / variance for c in covariances]
    if rho[0] < LEAST_CORRELATION:
        return ErrorCorrelation()
    best = (math.inf, 0.0, 0.0)
    for step in range(33):
        length = 0.1 * deterministic.power_of(2.0, 0.25 * step)
        shape = [deterministic.exp(-lag * cell_m / length) for lag in LAGS]
        square = sum(s * s for s in shape)
        share = min(sum(s * r for s, r in zip(shape, rho, strict=True)) / square, 1.0)
        miss = sum((share * s - r) ** 2 for s, r in zip(shape, rho, strict=True))
        if miss < best[0]:
            best = (miss, share, length)
    # covariances that are negative farther out may be fitted best by a negative share: of no model
    return ErrorCorrelation(best[1], best[2]) if best[1] > 0.0 else ErrorCorrelation()


def fill_holes(
    heights: Heights, seen: NDArray[np.uint8], sigma: Heights, widest: int
) -> NDArray[np.uint8]:
    """Interpolate holes by Laplace's equation, with the error of doing so.

    The error of a hole d rings deep is what the map's own heights are off the mean of those d cells
    to either side, root mean square: the ground's structure function there, rocks included. It is
    that of the middle of the hole, and more than that of the cells about it.

    Parameters
    ----------
    heights, seen, sigma
        (rows, cols) of a map, changed in place: filled cells are seen.
    widest : int
        Width of a hole that is filled [cells]; of a wider one nothing is.

    Returns
    -------
    ndarray, uint8
        The cells that were filled.
    """
    filled = np.zeros(heights.shape, np.uint8)
    holes = (seen == 0).astype(np.uint8)
    if widest < 1 or not holes.any():
        return filled
    # An opening with a square keeps what is wider; what it keeps is no hole to fill.
    wide = cv2.morphologyEx(
        cv2.copyMakeBorder(holes, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=1),
        cv2.MORPH_OPEN, np.ones((widest + 1, widest + 1), np.uint8),
    )[1:-1, 1:-1]  # fmt: skip
    _count, label = cv2.connectedComponents(holes, connectivity=8)
    barred = np.unique(label[wide > 0])
    rim = np.unique(np.concatenate([label[0], label[-1], label[:, 0], label[:, -1]]))
    narrow = (holes > 0) & ~np.isin(label, np.union1d(barred, rim))
    at, depth = _rings(narrow, label)
    if not len(at):
        return filled
    z, cols = heights.reshape(-1), heights.shape[1]
    z[at] = np.float32(mean_where(heights, seen, 1)[0])
    # Laplace's equation: planes go on through a hole. Relaxed from the greatest depth out.
    for _ in range(SWEEPS * int(depth.max())):
        z[at] = np.float32(0.25) * (z[at - 1] + z[at + 1] + z[at - cols] + z[at + cols])
    measured = np.where(seen > 0, heights, np.float32(np.nan))
    error = np.array([0.0, *(interpolation_error(measured, d) for d in range(1, depth.max() + 1))])
    flat = sigma.reshape(-1)
    flat[at] = np.sqrt(flat[at] ** 2 + error[depth].astype(np.float32) ** 2)
    seen.reshape(-1)[at] = filled.reshape(-1)[at] = 1
    return filled


def _rings(
    narrow: NDArray[np.bool_], label: NDArray[np.int32]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the cells of holes, and how many rings deep the hole of each is."""
    at = np.flatnonzero(narrow)
    far = np.zeros(label.shape, np.uint8)
    left = narrow.astype(np.uint8)
    while left.any():
        far += left
        left = np.asarray(cv2.erode(left, np.ones((3, 3), np.uint8)), np.uint8)
    of = label.reshape(-1)[at]
    deepest = np.zeros(int(of.max(initial=0)) + 1)
    np.maximum.at(deepest, of, far.reshape(-1)[at])
    return at, np.rint(deepest[of]).astype(np.intp)


def interpolation_error(heights: Heights, distance: int) -> float:
    """Return the root mean square of z - (z at -d + z at +d) / 2 over a map [m].

    Parameters
    ----------
    heights : ndarray
        (rows, cols) [m]; NaN where unseen.
    distance : int
        d [cells].

    Returns
    -------
    float
    """
    square, count = mean_square_bend(heights, distance)
    return math.sqrt(square) if count else math.inf
