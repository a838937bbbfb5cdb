"""The view that a map predicts, and a camera's image laid on the map's grid.

The image is laid on the map, not the map on the image: an error of the position is then one shift
for all of the image, the search is a correlation on one grid, the shadows of a level are swept once
for all images, and the posting bounds the work, whatever the camera has of pixels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.ext.vision.ortho import kernels
from farside.vision.image_map import ImageMap, MapLevel
from farside.vision.view import CameraView

Array = NDArray[np.float64]
Grey = NDArray[np.uint16]
Contrast = NDArray[np.int8]
Lit = NDArray[np.uint8]

#: Grey of albedo 255 lit and seen from above.
_BRIGHTEST: Final = 30000.0
#: Steps of the table of the lunar-Lambert weight, as in ortho.pxi.
_PHASES: Final = 256


@dataclass(frozen=True)
class Window:
    """Rows and columns of a level: [row, row_end) x [col, col_end)."""

    row: int
    row_end: int
    col: int
    col_end: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """Of the level's arrays."""
        return slice(self.row, self.row_end), slice(self.col, self.col_end)


@dataclass(frozen=True, eq=False)
class Grid:
    """A window of a level with what the kernels need of its geometry.

    Attributes
    ----------
    heights : ndarray, (rows, cols), float32
    columns, rows : ndarray, (n, 2)
        Cosine and sine of phi of each column, of theta of each row.
    """

    image_map: ImageMap
    level: MapLevel
    window: Window
    heights: NDArray[np.float32]
    columns: Array
    rows: Array

    @classmethod
    def of(cls, image_map: ImageMap, level: MapLevel, window: Window) -> Grid:
        """Return the grid of a window."""
        u = level.u0_m + level.cell_m * np.arange(window.col, window.col_end)
        v = level.v0_m + level.cell_m * np.arange(window.row, window.row_end)
        phi = np.asarray(u / image_map.arc_m, np.float64)
        theta = np.asarray(v / image_map.arc_m, np.float64)
        return cls(
            image_map,
            level,
            window,
            np.ascontiguousarray(level.heights[window.slices]),
            np.stack([deterministic.cos(phi), deterministic.sin(phi)], axis=-1),
            np.stack([deterministic.cos(theta), deterministic.sin(theta)], axis=-1),
        )

    def arcs(self, rows: Array, cols: Array) -> tuple[Array, Array]:
        """Return arcs u, v [m] of places of the window [cells]."""
        level, window = self.level, self.window
        return (
            level.u0_m + level.cell_m * (window.col + cols),
            level.v0_m + level.cell_m * (window.row + rows),
        )


@lru_cache(maxsize=1)
def phase_weights() -> Array:
    """Return L of lunar-Lambert over cos g = -1..1 (McEwen 1996), held to 0..1."""
    cosines = np.linspace(-1.0, 1.0, _PHASES + 1)
    g = np.degrees(deterministic.arccos(cosines))
    weights = 1.0 - 0.019 * g + 2.42e-4 * g * g - 1.46e-6 * g * g * g
    return np.clip(weights, 0.0, 1.0)


def lay(grid: Grid, view: CameraView, images: list[Grey]) -> Grey:
    """Lay an image on a grid, from the level of its pyramid nearest to the posting.

    Parameters
    ----------
    grid : Grid
    view : CameraView
        Where the camera is thought to be.
    images : list of ndarray, uint16
        The image, then its halves; 0 is unknown.

    Returns
    -------
    ndarray, uint16
        0 outside the image.
    """
    image_map = grid.image_map
    towards = view.r_site + np.array([0.0, 0.0, image_map.radius_m])
    above = deterministic.length(towards) - image_map.radius_m - float(np.median(grid.heights))
    sample = max(above, 1.0) / view.pinhole.focal_px[0]
    k = 0
    while k + 1 < len(images) and sample * 2 ** (k + 1) <= grid.level.cell_m:
        k += 1
    pinhole = view.pinhole.scaled(2**k)
    lens = np.array(
        [
            *pinhole.focal_px, *pinhole.centre_px, pinhole.distortion[0], pinhole.distortion[1],
            pinhole.distortion[2], pinhole.distortion[3], pinhole.distortion[4], pinhole.r2_most,
        ]
    )  # fmt: skip
    frame = np.empty((5, 3))
    # rows: along, across and up in camera axes
    frame[:3] = deterministic.product(image_map.axes, view.axes.T)
    frame[3] = deterministic.product(view.axes, towards)
    frame[4] = [image_map.radius_m, 0.0, 0.0]
    out = np.empty(grid.heights.shape, np.uint16)
    kernels.warp(images[k], lens, grid.heights, grid.columns, grid.rows, frame, out)
    return out


def predict(grid: Grid, lit: Lit, view: CameraView, sun_site: Array) -> Grey:
    """Return the grey that a map predicts on a grid: 0 unknown, 1 in shadow, more where lit.

    Parameters
    ----------
    grid : Grid
    lit : ndarray of uint8
        Of the whole level: `shadows`.
    view : CameraView
    sun_site : ndarray, (3,)
        Unit vector to the Sun.
    """
    image_map = grid.image_map
    frame = np.empty((3, 3))
    frame[0] = deterministic.product(image_map.axes, sun_site)
    frame[1] = deterministic.product(
        image_map.axes, view.r_site + np.array([0.0, 0.0, image_map.radius_m])
    )
    frame[2] = [image_map.radius_m, _BRIGHTEST / 255.0, grid.level.cell_m]
    slices, out = grid.window.slices, np.empty(grid.heights.shape, np.uint16)
    kernels.shade(
        grid.heights,
        np.ascontiguousarray(grid.level.albedo[slices]),
        np.ascontiguousarray(lit[slices]),
        grid.columns,
        grid.rows,
        frame,
        phase_weights(),
        out,
    )
    return out


def shadows(image_map: ImageMap, level: MapLevel, sun_site: Array) -> Lit:
    """Return 1 where a level's ground is lit, 0 in cast shadow.

    Parameters
    ----------
    image_map : ImageMap
    level : MapLevel
    sun_site : ndarray, (3,)
        Unit vector to the Sun, above the horizon of the site.
    """
    s_u, s_v, s_r = deterministic.product(image_map.axes, sun_site).tolist()
    flat = math.sqrt(s_u * s_u + s_v * s_v)
    if flat < 1e-6:
        return np.ones(level.heights.shape, np.uint8)
    across = abs(s_u) > abs(s_v)
    towards, beside = (s_u, s_v) if across else (s_v, s_u)
    first, second = (level.u0_m, level.v0_m) if across else (level.v0_m, level.u0_m)
    heights = np.ascontiguousarray(level.heights.T) if across else level.heights
    # The way of a ray from one row to the next, and how fast the Sun climbs along the ground.
    step = level.cell_m * flat / abs(towards)
    tangent = s_r / flat
    growth = (1.0 + tangent * tangent) / (flat * image_map.arc_m)
    at_first = tangent + growth * (first * towards + second * beside)
    drop = step * np.array(
        [at_first, growth * towards * level.cell_m, growth * beside * level.cell_m]
    )
    lit = np.empty(heights.shape, np.uint8)
    shift = beside / abs(towards)
    kernels.sweep(heights, towards < 0.0, shift, drop, lit)
    return np.ascontiguousarray(lit.T) if across else lit


def contrast(grey: Grey, half: int, share: float, noise: float) -> Contrast:
    """Return the local contrast, -127..127, -128 unknown: `contrast` of ortho.pxi."""
    out = np.empty(grey.shape, np.int8)
    kernels.contrast(grey, half, share, noise, out)
    return out


def halved(grey: Grey) -> Grey:
    """Return means of 2 x 2; 0 where one is unknown, an odd last row or column left out."""
    out = np.empty((grey.shape[0] // 2, grey.shape[1] // 2), np.uint16)
    kernels.halve(grey, out)
    return out
