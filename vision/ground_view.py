"""An image laid onto the ground: each cell's brightness, seen from a known pose."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntFlag

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.ext.common import deterministic
from farside.vision.errors import VisionError
from farside.vision.view import CameraView

Array = NDArray[np.float64]

#: Cells along a side of a grid at most: 0.2 s of CPU time, and the transform's 512 with its edges.
CELLS_MOST = 400
#: Pixels averaged along a side where cells are this much wider than a pixel's ground.
COARSER = 1.5


class Unknown(IntFlag):
    """Why a cell's brightness is unknown."""

    NONE = 0
    OUTSIDE = 1  # the image does not show it
    SATURATED = 2  # as bright as the detector tells


def sample_m(view: CameraView, place_m: Sequence[float]) -> float:
    """Return the width of a pixel on level ground [m]: the side of its mean area there.

    Parameters
    ----------
    view : CameraView
    place_m : three floats
        East, north, up of the ground [m].

    Returns
    -------
    float
        Infinite where the camera does not look that way.
    """
    to = np.asarray(place_m, np.float64) - view.r_site
    depth = deterministic.dot(view.axes[2], to)
    down = -float(to[2])
    if not (depth > 0.0 and down > 0.0):
        return math.inf
    # a pixel's solid angle is z^3 / (|r|^3 f^2), and ground takes |r|^3 / h of it
    fx, fy = view.pinhole.focal_px
    return math.sqrt(depth * depth * depth / down / (fx * fy))


@dataclass(frozen=True)
class GroundGrid:
    """Cells on level ground: rows northwards, columns eastwards.

    Attributes
    ----------
    east_m, north_m : float
        Middle of the first cell [m, site axes].
    cell_m : float
        Posting [m].
    cells : int
        Along a side.
    level_m : float
        Height of the ground [m, site axes].
    """

    east_m: float
    north_m: float
    cell_m: float
    cells: int
    level_m: float = 0.0

    @classmethod
    def about(
        cls, middle_m: Sequence[float], half_m: float, cell_m: float, level_m: float = 0.0
    ) -> GroundGrid:
        """Return a square about a place, its cells no smaller than `CELLS_MOST` allow.

        Parameters
        ----------
        middle_m : two floats
            East and north [m].
        half_m : float
            Half its side [m].
        cell_m : float
            Posting wanted [m]: about a pixel on the ground.
        level_m : float
            Height of the ground [m].
        """
        numbers = (*middle_m[:2], half_m, cell_m, level_m)
        if not all(math.isfinite(n) for n in numbers) or not (half_m > 0.0 and cell_m > 0.0):
            raise VisionError("a grid needs a finite middle, and sizes above 0 m")
        cell_m = max(cell_m, 2.0 * half_m / (CELLS_MOST - 1))
        n = max(int(half_m / cell_m), 8)
        return cls(middle_m[0] - n * cell_m, middle_m[1] - n * cell_m, cell_m, 2 * n + 1, level_m)

    def places(self) -> tuple[Array, Array]:
        """Return east of the columns and north of the rows [m], each (cells,)."""
        at: Array = self.cell_m * np.arange(self.cells, dtype=np.float64)
        return self.east_m + at, self.north_m + at


@dataclass(frozen=True, eq=False)
class GroundImage:
    """Brightness of the cells of a grid.

    Attributes
    ----------
    grid : GroundGrid
    brightness : ndarray, (cells, cells)
        Numbers of the image; 0 where unknown.
    unknown : ndarray of uint8, (cells, cells)
        Flags of `Unknown`.
    averaged : int
        Pixels along a side that were averaged first.
    sample_m : float
        Width of a pixel on level ground in the middle of the grid [m].
    """

    grid: GroundGrid
    brightness: Array
    unknown: NDArray[np.uint8]
    averaged: int
    sample_m: float


def lay_on_ground(
    image: ArrayLike, view: CameraView, grid: GroundGrid, full_scale: float
) -> GroundImage:
    """Return the brightness of each cell of a grid, between the four pixels about its middle.

    Parameters
    ----------
    image : array_like, (rows, columns)
        Whole numbers, 0 for no light.
    view : CameraView
    grid : GroundGrid
    full_scale : float
        The number of a saturated pixel.

    Raises
    ------
    VisionError
        An image of another size than the camera's, or of no whole numbers.
    """
    pixels = np.asarray(image)
    pinhole = view.pinhole
    if pixels.shape != (pinhole.rows, pinhole.columns) or pixels.dtype.kind not in "ui":
        raise VisionError(
            f"an image of shape {pixels.shape}, {pixels.dtype}; the camera's is "
            f"({pinhole.rows}, {pinhole.columns}) whole numbers"
        )
    middle = 0.5 * (grid.cells - 1) * grid.cell_m
    sample = sample_m(view, (grid.east_m + middle, grid.north_m + middle, grid.level_m))
    factor = 1
    if grid.cell_m > COARSER * sample:
        factor = min(int(grid.cell_m / sample + 0.5), min(pixels.shape) // 16)
    most = pixels
    if factor > 1:
        pixels, most = _averaged(pixels, factor)
        pinhole = pinhole.scaled(factor)
    east, north = grid.places()
    points = np.empty((grid.cells, grid.cells, 3))
    to_east, to_north = east - view.r_site[0], (north - view.r_site[1])[:, None]
    for k, axis in enumerate(view.axes):
        down = axis[2] * (grid.level_m - view.r_site[2])
        points[..., k] = axis[0] * to_east + axis[1] * to_north + down
    px = pinhole.project(points.reshape(-1, 3))
    return _between(pixels, most, px, grid, (factor, full_scale, sample))


def _averaged(pixels: NDArray[np.integer], factor: int) -> tuple[Array, Array]:
    """Return the means and the greatest of factor x factor pixels."""
    rows, cols = pixels.shape[0] // factor, pixels.shape[1] // factor
    parts = pixels[: rows * factor, : cols * factor].reshape(rows, factor, cols, factor)
    total = parts.sum(axis=(1, 3), dtype=np.int64)
    return total / float(factor * factor), parts.max(axis=(1, 3)).astype(np.float64)


def _between(
    pixels: NDArray[np.generic],
    most: NDArray[np.generic],
    px: Array,
    grid: GroundGrid,
    scale: tuple[int, float, float],
) -> GroundImage:
    """Interpolate between the four pixels about each place."""
    rows, cols = pixels.shape
    factor, full, sample = scale
    u, v = px[:, 0], px[:, 1]
    with np.errstate(invalid="ignore"):
        inside = (u >= 0.0) & (u <= cols - 1.0) & (v >= 0.0) & (v <= rows - 1.0)
    u, v = np.where(inside, u, 0.0), np.where(inside, v, 0.0)
    col = np.minimum(u.astype(np.int64), cols - 2)
    row = np.minimum(v.astype(np.int64), rows - 2)
    a, b = u - col, v - row
    flat, brightest = pixels.ravel(), most.ravel()
    first = row * cols + col
    around = (first, first + 1, first + cols, first + cols + 1)
    p, q, r, s = (flat[at].astype(np.float64) for at in around)
    value = (p * (1.0 - a) + q * a) * (1.0 - b) + (r * (1.0 - a) + s * a) * b
    full_at = np.zeros(len(u), np.bool_)
    for at in around:
        full_at |= brightest[at] >= full
    unknown = np.where(inside, np.where(full_at, Unknown.SATURATED, 0), Unknown.OUTSIDE)
    shape = (grid.cells, grid.cells)
    value[unknown != 0] = 0.0
    return GroundImage(
        grid, value.reshape(shape), unknown.astype(np.uint8).reshape(shape), factor, sample
    )
