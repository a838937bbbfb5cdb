"""The horizon of a block of cells: fine ground near by, coarser and coarser ground farther out.

Level 0 is the raster's own grid, and reaches so many cells: there every edge counts. Level l has
cells RATIO^l as large on a grid of our own, and reaches RATIO^l as far. Its observers are its own
nodes, each for HEIGHTS heights between the lowest and highest eye near it, and what they see is
spread to the level below: bilinear between nodes, linear between heights.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from farside.raster import MOON_RADIUS_M
from farside.survey.horizon_mosaic import Mosaic
from farside.survey.horizon_planes import (
    LocalPlane,
    Plane,
    ViewPlane,
    Ways,
    flat_ways,
    tile_of,
    ways,
)
from farside.terrain.horizon import LANES, Observers, Window, edges_of

RATIO = 4
HEIGHTS = 3
_MARGIN = 3  # cells about what is reached

Array = NDArray[np.float64]
Image = NDArray[np.float32]
AnyPlane = Plane | LocalPlane


@dataclass(frozen=True)
class Look:
    """How a horizon is looked for.

    Attributes
    ----------
    bearings_deg : ndarray (A,)
        Clockwise from the grid's up.
    eye_m : float
        Above the ground of a cell.
    reach_m : float
        Along the sphere.
    cells : int
        That the finest level reaches.
    radius_m : float
        Of the sphere; infinite for flat ground.
    """

    bearings_deg: Array
    eye_m: float
    reach_m: float
    cells: int = 1024
    radius_m: float = MOON_RADIUS_M


@dataclass(eq=False)
class _Level:
    """Ground of one cell size, and observers on a part of its cells."""

    plane: AnyPlane
    cell_m: float
    place: tuple[int, int]  # row and column of the first observer in the plane
    shape: tuple[int, int]
    span_m: tuple[float, float]
    window: Window
    ceiling: Window | None
    offset: tuple[int, int]  # of the first observer in the window
    eyes: list[Observers]
    tiles: list[tuple[slice, slice, Ways]]
    nodes: list[NDArray[np.int32]] = field(default_factory=list)
    weights: list[Image] = field(default_factory=list)

    def sweep(self, k: int, radius_m: float, hidden: bool) -> None:
        """Look in one bearing; `hidden` looks at what holes may hide instead."""
        window = self.ceiling if hidden else self.window
        for eye in self.eyes:
            eye.reset()
        if window is None:
            return
        for rows, cols, way in self.tiles:
            edges = edges_of(
                way.across[k], way.down[k], way.length_m, self.span_m, self.cell_m, radius_m
            )
            top, left = self.offset[0] + rows.start, self.offset[1] + cols.start
            for eye in self.eyes:
                if len(self.tiles) == 1:
                    window.sweep(eye, edges, top, left)
                    continue
                part = eye.part(rows, cols)
                window.sweep(part, edges, top, left)
                eye.put(rows, cols, part)

    def far(self) -> Image:
        """Return what the nodes see, (nodes x heights,)."""
        seen = [eye.best[:, : eye.cols].ravel() for eye in self.eyes]
        # one more, which a node's last height may read with no weight
        return np.append(np.stack(seen, axis=-1).ravel(), np.float32(0.0))


class BlockSweep:
    """Levels about a block of a raster's cells, looked over in one bearing after the other."""

    def __init__(
        self, mosaic: Mosaic, look: Look, place: tuple[int, int], shape: tuple[int, int]
    ) -> None:
        """Lay out the levels.

        Parameters
        ----------
        mosaic : Mosaic
        look : Look
        place : (row, column)
            Of the block's first cell in the raster.
        shape : (rows, columns)

        Raises
        ------
        SurveyError
            The raster's projection cannot be followed as far as the reach.
        """
        self.look, self.has_holes = look, mosaic.has_holes
        base = mosaic.base.plane
        across_m, down_m = cell_sides(base, place, shape, mosaic.base.post_m)
        heights = mosaic.own(*place, *shape)
        self.heights = heights
        self.known = np.isfinite(heights)
        levels = [self._base(mosaic, place, heights, (across_m, down_m))]
        # of cells that are not square the mean: a window is not larger for it
        coarse = math.sqrt(across_m * down_m)
        while levels[-1].span_m[1] < look.reach_m:
            levels.append(self._next(mosaic, levels, coarse))
        self.levels = levels

    def sweep(self) -> Iterator[tuple[int, Image, NDArray[np.bool_] | None]]:
        """Yield each bearing's place, elevations [deg] and where holes may hide higher ground."""
        for k in range(len(self.look.bearings_deg)):
            seen = self._degrees(k, False)
            unsure = None
            if self.has_holes:
                unsure = (self._degrees(k, True) > seen) & self.known
            yield k, np.where(self.known, seen, np.float32(np.nan)), unsure

    def _degrees(self, k: int, hidden: bool) -> Image:
        far: Image | None = None
        for level in reversed(self.levels):
            level.sweep(k, self.look.radius_m, hidden)
            if far is not None:
                for eye, nodes, weights in zip(level.eyes, level.nodes, level.weights, strict=True):
                    eye.spread(far, nodes, weights)
            far = level.far() if level is not self.levels[0] else None
        return self.levels[0].eyes[0].degrees()

    def _base(
        self, mosaic: Mosaic, place: tuple[int, int], heights: Array, sides: tuple[float, float]
    ) -> _Level:
        """Lay out the raster's own cells."""
        most = min(self.look.reach_m, self.look.cells * math.sqrt(sides[0] * sides[1]))
        return self._level(
            mosaic, mosaic.base.plane, sides, place, (0.0, most), [heights + self.look.eye_m],
            heights.shape,
        )  # fmt: skip

    def _next(self, mosaic: Mosaic, levels: list[_Level], coarse_m: float) -> _Level:
        """Lay out the level above the last, and tie the last one's observers to its nodes."""
        below = levels[-1]
        power = len(levels)
        cell = coarse_m * RATIO**power
        row = np.arange(below.shape[0]) + float(below.place[0])
        # registers' spare lanes repeat the last column
        wide = below.eyes[0].own.shape[1]
        col = np.minimum(np.arange(wide), below.shape[1] - 1) + float(below.place[1])
        units = below.plane.units(*np.meshgrid(col, row))
        base = mosaic.base.plane
        if isinstance(base, LocalPlane):
            plane: AnyPlane = LocalPlane(cell, RATIO**power, base.northwards)
        elif isinstance(below.plane, ViewPlane):
            plane = ViewPlane(below.plane.middle, cell, base)
        else:
            middle = units[units.shape[0] // 2, below.shape[1] // 2]
            plane = ViewPlane(middle / np.linalg.norm(middle), cell, base)
        x, y = plane.pixels(units)
        place = math.floor(y.min()), math.floor(x.min())
        # one more than a place needs: a place a hair below a whole number rounds up to it
        shape = math.floor(y.max()) - place[0] + 3, math.floor(x.max()) - place[1] + 3
        at = (y - place[0]).ravel(), (x - place[1]).ravel()
        eyes, low, step = self._eyes(below, at, shape)
        nearest = below.span_m[1] - cell
        most = min(self.look.reach_m, self.look.cells * cell)
        level = self._level(mosaic, plane, (cell, cell), place, (nearest, most), eyes, shape)
        self._tie(below, at, shape, low, step)
        return level

    def _eyes(
        self, below: _Level, at: tuple[Array, Array], shape: tuple[int, int]
    ) -> tuple[list[Array], Array, Array]:
        """Heights [m] of eyes at nodes: between the lowest and highest of those about each."""
        z = [self._eye_heights(below, k).ravel() for k in (0, -1)]
        low, high = np.full(shape, np.inf), np.full(shape, -np.inf)
        i, j = _corners(at, shape)
        for a in (0, 1):
            for b in (0, 1):
                np.minimum.at(low, (i + a, j + b), z[0])
                np.maximum.at(high, (i + a, j + b), z[1])
        unused = ~np.isfinite(low)
        low[unused] = high[unused] = 0.0
        step = np.maximum(high - low, 1.0) / (HEIGHTS - 1)
        return [low + k * step for k in range(HEIGHTS)], low, step

    def _eye_heights(self, level: _Level, k: int) -> Array:
        """Heights of a level's eyes [m], spare lanes included."""
        eye, radius = level.eyes[k], self.look.radius_m
        s = eye.own.astype(np.float64) + level.window.level_m
        return s if math.isinf(radius) else radius * s / (radius - s)

    def _tie(
        self, below: _Level, at: tuple[Array, Array], shape: tuple[int, int], low: Array,
        step: Array,
    ) -> None:  # fmt: skip
        """Tie a level's observers to the nodes above: places and weights of `spread`."""
        i, j = _corners(at, shape)
        y, x = at[0] - i, at[1] - j
        for k in range(len(below.eyes)):
            z = self._eye_heights(below, k).ravel()
            nodes = np.empty((z.size, 4), np.int32)
            weights = np.empty((z.size, 8), np.float32)
            for n, (a, b) in enumerate(((0, 0), (0, 1), (1, 0), (1, 1))):
                place = (i + a) * shape[1] + j + b
                share = (y if a else 1.0 - y) * (x if b else 1.0 - x)
                part = (z - low.ravel()[place]) / step.ravel()[place]
                first = np.clip(np.floor(part), 0, HEIGHTS - 2)
                part = np.clip(part - first, 0.0, 1.0)
                nodes[:, n] = place * HEIGHTS + first
                weights[:, 2 * n], weights[:, 2 * n + 1] = share * (1.0 - part), share * part
            below.nodes.append(nodes)
            below.weights.append(weights)

    def _level(
        self, mosaic: Mosaic, plane: AnyPlane, sides: tuple[float, float], place: tuple[int, int],
        span_m: tuple[float, float], eyes: list[Array], shape: tuple[int, ...],
    ) -> _Level:  # fmt: skip
        """Read the ground about some observers, and lay out the ways over it."""
        rows, cols = shape[0], shape[1]
        # before the ground is read: a projection may not be followed so far
        tiles = self._tiles(plane, place, (rows, cols), span_m[1])
        margin = [math.ceil(1.02 * span_m[1] / side) + _MARGIN for side in sides]
        top, left = place[0] - margin[1], place[1] - margin[0]
        spare = -cols % LANES
        extent = rows + 2 * margin[1], cols + 2 * margin[0] + spare
        cell = min(sides)
        ground, holes = mosaic.window(plane, (top, left), extent, math.sqrt(sides[0] * sides[1]))
        radius = self.look.radius_m
        window = Window.of(ground, radius)
        ceiling = None
        if holes.any():
            # the edges beside a hole, too
            wide = np.pad(holes, 1)
            near = np.zeros_like(holes)
            for a in range(3):
                for b in range(3):
                    near |= wide[a : a + holes.shape[0], b : b + holes.shape[1]]
            high = np.where(holes, mosaic.base.highest_m, ground)
            ceiling = Window.of(np.where(near, high, np.nan), radius, window.level_m)
        return _Level(
            plane, cell, place, (rows, cols), span_m, window, ceiling, (margin[1], margin[0]),
            [window.observers(z, 0.0) for z in eyes],
            tiles,
        )  # fmt: skip

    def _tiles(
        self, plane: AnyPlane, place: tuple[int, int], shape: tuple[int, int], length_m: float
    ) -> list[tuple[slice, slice, Ways]]:
        """Cut observers into tiles, each with its ways."""
        bearings = self.look.bearings_deg
        if isinstance(plane, LocalPlane):
            return [(slice(0, shape[0]), slice(0, shape[1]), flat_ways(plane, bearings, length_m))]
        corners = [
            tile_of(plane, place[1] + c, place[0] + r, shape)
            for r in (0, 0.5 * shape[0], shape[0] - 1)
            for c in (0, 0.5 * shape[1], shape[1] - 1)
        ]
        high, wide = (min(size) for size in zip(*corners, strict=True))
        out = []
        for top in range(0, shape[0], high):
            for left in range(0, shape[1], wide):
                bottom, right = min(top + high, shape[0]), min(left + wide, shape[1])
                at = place[1] + 0.5 * (left + right - 1), place[0] + 0.5 * (top + bottom - 1)
                way = ways(plane, at, bearings, length_m)
                out.append((slice(top, bottom), slice(left, right), way))
        return out


def _corners(at: tuple[Array, Array], shape: tuple[int, int]) -> list[NDArray[np.intp]]:
    """Return rows and columns of the first of the four nodes about places.

    A place within rounding of the last node but one belongs to the cell before it.
    """
    return [np.minimum(x.astype(np.intp), count - 2) for x, count in zip(at, shape, strict=True)]


def cell_sides(
    plane: AnyPlane, place: tuple[int, int], shape: tuple[int, int], post_m: float
) -> tuple[float, float]:
    """Return the least sides [m] of a block's cells, across and down."""
    if isinstance(plane, LocalPlane):
        return post_m, post_m
    sizes = [[], []]  # type: list[list[float]]
    for row in (place[0], place[0] + 0.5 * shape[0], place[0] + shape[0]):
        for col in (place[1], place[1] + 0.5 * shape[1], place[1] + shape[1]):
            here = plane.units(col, row)
            for k, to in enumerate(((col + 1, row), (col, row + 1))):
                sizes[k].append(MOON_RADIUS_M * float(np.linalg.norm(plane.units(*to) - here)))
    return min(sizes[0]), min(sizes[1])
