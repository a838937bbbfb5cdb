"""Which windows of the ground a camera sees: one for each posting that its pixels ask for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from farside.ground import Ground
from farside.ground.lattice import Block, cell_of
from farside.ground.windows import MOST_NODES
from farside.mission.pinhole import Pinhole
from farside.sensors.held_ground import COARSEST, held_block
from farside.sensors.sunlight import UPSUN_CELLS, Slant
from farside.sensors.viewpoint import ViewError, Viewpoint

Array = NDArray[np.float64]

#: Pixels of a tile, which begins with one window.
TILE: Final = 32
#: Pixels that a cell is wide at most.
COARSE_PX: Final = 1.15
#: A tile's farthest ground is at most so many times farther than what its posting is for.
_SPAN = 2.0
#: Windows at most.
_WINDOWS = 8
#: Cells about what is seen.
_MARGIN = 8
#: No ground is looked for beyond [m]; the horizon of a camera 30 km up is at 320 km.
_FARTHEST_M = 400e3
#: Above the highest ground seen coarsely [m]: rocks and the rims of small craters.
_MARGIN_M = 20.0
#: Nodes that are enough to see it.
_COARSE_NODES = 2**14


@dataclass(frozen=True, eq=False)
class Plan:
    """The windows of a picture, from fine to coarse.

    Attributes
    ----------
    windows : tuple of (int, Block)
        Level and nodes of each.
    first : ndarray, (ceil(rows / TILE), ceil(columns / TILE)), uint8
        The window that a tile's rays are cast on first.
    distance_m : ndarray
        Range to the ground at the corners of the tiles [m]; NaN in the sky.
    """

    windows: tuple[tuple[int, Block], ...]
    first: NDArray[np.uint8]
    distance_m: Array


@dataclass(frozen=True, eq=False)
class _Seen:
    """What a lattice of rays through the corners of the tiles sees."""

    view: Viewpoint
    ground: Ground
    rays: Array  # (m * n, 3), site frame
    distance: Array  # (m, n) [m]; NaN for the sky


def plan_windows(ground: Ground, view: Viewpoint, pinhole: Pinhole, slant: Slant) -> Plan | None:
    """Return the windows that a camera sees; None where it sees nothing but sky.

    Parameters
    ----------
    ground : Ground
    view : Viewpoint
    pinhole : Pinhole
    slant : Slant
        The Sun below the camera.

    Raises
    ------
    ViewError
        More ground than a picture can hold, or ground where there is none.
    """
    seen = _look(ground, view, pinhole)
    levels = _tile_levels(seen.distance / max(pinhole.focal_px))
    if levels is None:
        return None
    while True:
        steps = np.unique(levels[levels >= 0])
        blocks = [_block(int(level), levels, seen, slant) for level in steps]
        too_large = [i for i, block in enumerate(blocks) if math.prod(block.shape) > MOST_NODES]
        if not too_large and len(steps) <= _WINDOWS:
            break
        # the finest that is too large, or the finest of too many
        level = int(steps[too_large[0] if too_large else 0])
        if level >= COARSEST:
            raise ViewError("the camera sees more ground than a picture can hold; lower it")
        levels[levels == level] = level + 1
    first = np.searchsorted(steps, np.where(levels >= 0, levels, steps[-1]))
    windows = tuple((int(level), block) for level, block in zip(steps, blocks, strict=True))
    return Plan(windows, np.ascontiguousarray(first, dtype=np.uint8), seen.distance)


def _look(ground: Ground, view: Viewpoint, pinhole: Pinhole) -> _Seen:
    """Cast rays through the corners of all tiles, and see where they meet the ground."""
    x, y = (
        np.minimum(TILE * np.arange(-(-side // TILE) + 1), side - 1).astype(np.float64)
        for side in (pinhole.columns, pinhole.rows)
    )
    px = np.stack([np.tile(x, y.size), np.repeat(y, x.size)], axis=1)
    rays = view.directions(pinhole.rays(px))
    distance = ground.cast(view.r_site, rays, _FARTHEST_M)
    distance = np.where(np.isnan(distance), _horizon(view, rays), distance)
    return _Seen(view, ground, rays, distance.reshape(y.size, x.size))


def _arcs_at(seen: _Seen, rays: Array, distance: Array) -> tuple[Array, Array]:
    """Return arcs u and v [m] at distances along rays."""
    return seen.ground.arcs_below(seen.view.r_site + distance[:, None] * rays)


def _below_top(view: Viewpoint, rays: Array, top_m: float) -> Array:
    """Return the distance [m] at which rays come below a height above the arcs' sphere."""
    radius = view.arcs.arc_m
    r = radius + view.height_m
    b = _rise(view, rays) * r
    c = (view.height_m - top_m) * (2.0 * radius + view.height_m + top_m)
    if c <= 0.0:
        return np.zeros(len(rays))
    return np.asarray(c / np.maximum(np.sqrt(np.maximum(b * b - c, 0.0)) - b, 1e-3))


def _rise(view: Viewpoint, rays: Array) -> Array:
    """Return the upward part of rays at the camera."""
    p = view.r_site + np.array([0.0, 0.0, view.radius_m])
    size = math.sqrt(float(p[0]) ** 2 + float(p[1]) ** 2 + float(p[2]) ** 2)
    return np.asarray((rays[:, 0] * p[0] + rays[:, 1] * p[1] + rays[:, 2] * p[2]) / size)


def _horizon(view: Viewpoint, rays: Array) -> Array:
    """Return the distance [m] at which rays that meet nothing pass nearest to the Moon.

    NaN for those that pass more than 3 degrees above the horizon.
    """
    r = view.radius_m + view.height_m
    along = -_rise(view, rays) * r
    dip = math.sqrt(max(1.0 - (view.radius_m / r) ** 2, 0.0)) if r > view.radius_m else 0.0
    near = _rise(view, rays) < -dip + 0.0523
    reach = math.sqrt(max(r * r - view.radius_m**2, 0.0)) + 2e3
    return np.where(near, np.minimum(np.maximum(along, reach), _FARTHEST_M), np.nan)


def _tile_levels(wanted: Array) -> NDArray[np.intp] | None:
    """Return the level that each tile's nearest corner asks for; -1 for the sky.

    The posting is at most COARSE_PX times the ground's width of a pixel, more than half of that.
    """
    corners = np.stack([wanted[:-1, :-1], wanted[:-1, 1:], wanted[1:, :-1], wanted[1:, 1:]])
    sky = np.isnan(corners).all(axis=0)
    if sky.all():
        return None
    nearest = np.where(np.isnan(corners), np.inf, corners).min(axis=0)
    # a tile that reaches to the horizon is not to ask for fine ground there
    farthest = np.where(np.isnan(corners), 0.0, corners).max(axis=0)
    nearest = np.maximum(nearest, farthest / _SPAN)
    levels = np.zeros(nearest.shape, np.intp)
    for level in range(1, COARSEST + 1):
        levels[COARSE_PX * nearest >= cell_of(level)] = level
    levels[sky] = -1
    return levels


def _block(level: int, levels: NDArray[np.intp], seen: _Seen, slant: Slant) -> Block:
    """Return the nodes of a level that hold all tiles of it and of finer ones.

    They hold the rays from where they come below the highest ground of the block on, so that
    nothing outside stands before what is seen.
    """
    tiles = (levels >= 0) & (levels <= level)
    corners = np.zeros(seen.distance.shape, bool)
    for i in (slice(None, -1), slice(1, None)):
        for j in (slice(None, -1), slice(1, None)):
            corners[i, j] |= tiles
    corners &= ~np.isnan(seen.distance)
    distance, rays = seen.distance[corners], seen.rays[corners.ravel()]
    met = _arcs_at(seen, rays, distance)
    block = held_block(level, _about(level, *met, slant))
    # twice: the ground that is let in may be higher
    for _turn in range(2):
        top = _highest(seen.ground, level, block) + _MARGIN_M
        entry = _arcs_at(seen, rays, np.minimum(_below_top(seen.view, rays, top), distance))
        both = [np.concatenate(pair) for pair in zip(met, entry, strict=True)]
        block = held_block(level, _about(level, both[0], both[1], slant))
    return block


def _highest(ground: Ground, level: int, block: Block) -> float:
    """Return the highest ground of a block [m above the arcs' sphere], seen coarsely."""
    factor = 0
    while math.prod(side >> factor for side in block.shape) > _COARSE_NODES:
        factor += 1
    factor = min(factor, COARSEST - level)
    wide = Block(
        (block.row >> factor) - 1,
        (block.row_end >> factor) + 2,
        (block.col >> factor) - 1,
        (block.col_end >> factor) + 2,
    )
    return float(ground.window(level + factor, held_block(level + factor, wide)).heights.max())


def _about(level: int, u: Array, v: Array, slant: Slant) -> Block:
    """Return the nodes about places, with more of them towards the Sun."""
    cell = cell_of(level)
    more = [UPSUN_CELLS * part for part in slant.level]
    return Block(
        math.floor(v.min() / cell) - _MARGIN + min(0, math.floor(more[1])),
        math.ceil(v.max() / cell) + _MARGIN + max(0, math.ceil(more[1])) + 1,
        math.floor(u.min() / cell) - _MARGIN + min(0, math.floor(more[0])),
        math.ceil(u.max() / cell) + _MARGIN + max(0, math.ceil(more[0])) + 1,
    )
