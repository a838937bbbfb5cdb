"""Which windows of the ground a camera sees: one for each posting that its pixels ask for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from farside.ext.ground._ground import GroundModel, cast_rays, clearances, places
from farside.ground.lattice import Block, cell_of
from farside.ground.windows import MOST_NODES
from farside.mission.pinhole import Pinhole
from farside.sensors.held_ground import COARSEST, held_block
from farside.sensors.sunlight import UPSUN_CELLS, Slant
from farside.sensors.viewpoint import Viewpoint, ViewError

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
#: What the ground may stand above or below the model's: about the site, and beyond its detail [m].
RELIEF_M: Final = 60.0
FAR_RELIEF_M: Final = 400.0


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

    distance: Array  # (m, n) [m]; NaN for the sky
    u: Array  # (2, m, n): where a ray comes within reach of the ground, and where it meets it
    v: Array


def plan_windows(
    model: GroundModel, view: Viewpoint, pinhole: Pinhole, slant: Slant, reach_m: float
) -> Plan | None:
    """Return the windows that a camera sees; None where it sees nothing but sky.

    Parameters
    ----------
    model : GroundModel
        The ground about the site.
    view : Viewpoint
    pinhole : Pinhole
    slant : Slant
        The Sun below the camera.
    reach_m : float
        How far from the site the model holds the detail of the ground [m].

    Raises
    ------
    ViewError
        More ground than a picture can hold.
    """
    seen = _look(model, view, pinhole, reach_m)
    wanted = seen.distance / max(pinhole.focal_px)
    levels = _tile_levels(wanted)
    if levels is None:
        return None
    near = _near(view, seen, model)
    while True:
        steps = np.unique(levels[levels >= 0])
        blocks = [_block(int(level), levels, seen, slant, near) for level in steps]
        sizes = [math.prod(block.shape) for block in blocks]
        too_large = [i for i, size in enumerate(sizes) if size > MOST_NODES]
        if too_large or len(steps) > _WINDOWS:
            # the finest that is too large, or the finest of too many
            level = int(steps[too_large[0] if too_large else 0])
            if level >= COARSEST:
                raise ViewError("the camera sees more ground than a picture can hold; lower it")
            levels[levels == level] = level + 1
            continue
        break
    first = np.searchsorted(steps, np.where(levels >= 0, levels, steps[-1]))
    windows = tuple((int(level), block) for level, block in zip(steps, blocks, strict=True))
    return Plan(windows, np.ascontiguousarray(first, dtype=np.uint8), seen.distance)


def _look(model: GroundModel, view: Viewpoint, pinhole: Pinhole, reach_m: float) -> _Seen:
    """Cast rays through the corners of all tiles, and see where they meet the ground."""
    x, y = (
        np.minimum(TILE * np.arange(-(-side // TILE) + 1), side - 1).astype(np.float64)
        for side in (pinhole.columns, pinhole.rows)
    )
    x[0], y[0] = 0.0, 0.0
    shape = y.size, x.size
    px = np.stack([np.tile(x, y.size), np.repeat(y, x.size)], axis=1)
    rays = np.ascontiguousarray(view.directions(pinhole.rays(px)))
    distance = np.empty(len(rays))
    start = np.ascontiguousarray(np.tile(view.r_site, (len(rays), 1)))
    cast_rays(model, start, rays, _FARTHEST_M, distance)
    distance = np.where(np.isnan(distance), _horizon(view, rays), distance)
    met = _arcs_at(model, view, rays, distance)
    # back along the ray to where it comes within reach of the relief
    near = met[:, 0] * met[:, 0] + met[:, 1] * met[:, 1] < reach_m * reach_m
    relief = np.where(near, RELIEF_M, FAR_RELIEF_M) / np.maximum(-_rise(view, rays), 1e-3)
    both = np.stack([_arcs_at(model, view, rays, np.maximum(distance - relief, 0.0)), met])
    return _Seen(
        distance.reshape(shape),
        both[:, :, 0].reshape(2, *shape),
        both[:, :, 1].reshape(2, *shape),
    )


def _arcs_at(model: GroundModel, view: Viewpoint, rays: Array, distance: Array) -> Array:
    """Return arcs and heights (n, 3) [m] at distances along rays; NaN where they are."""
    at = np.empty((len(rays), 3))
    points = view.r_site + np.nan_to_num(distance)[:, None] * rays
    places(model, np.ascontiguousarray(points), at)
    return np.where(np.isnan(distance)[:, None], np.nan, at)


def _rise(view: Viewpoint, rays: Array) -> Array:
    """Return the upward part of rays at the camera."""
    p = view.r_site + np.array([0.0, 0.0, view.radius_m])
    size = math.sqrt(float(p[0]) ** 2 + float(p[1]) ** 2 + float(p[2]) ** 2)
    return (rays[:, 0] * p[0] + rays[:, 1] * p[1] + rays[:, 2] * p[2]) / size


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


def _near(
    view: Viewpoint, seen: _Seen, model: GroundModel
) -> tuple[float, float] | None:
    """Return the arcs of a camera that stands among the relief, which its windows must hold."""
    clear = np.empty(1)
    clearances(model, np.ascontiguousarray(view.r_site.reshape(1, 3)), clear)
    return (view.u, view.v) if clear[0] < RELIEF_M else None


def _block(
    level: int,
    levels: NDArray[np.intp],
    seen: _Seen,
    slant: Slant,
    near: tuple[float, float] | None,
) -> Block:
    """Return the nodes of a level that hold all tiles of it and of finer ones."""
    tiles = (levels >= 0) & (levels <= level)
    corners = np.zeros(seen.distance.shape, bool)
    for i in (slice(None, -1), slice(1, None)):
        for j in (slice(None, -1), slice(1, None)):
            corners[i, j] |= tiles
    corners &= ~np.isnan(seen.distance)
    u, v = seen.u[:, corners].ravel(), seen.v[:, corners].ravel()
    if near is not None:
        u, v = np.append(u, near[0]), np.append(v, near[1])
    cell = cell_of(level)
    more = [UPSUN_CELLS * part for part in slant.level]
    wanted = Block(
        math.floor(v.min() / cell) - _MARGIN + min(0, math.floor(more[1])),
        math.ceil(v.max() / cell) + _MARGIN + max(0, math.ceil(more[1])) + 1,
        math.floor(u.min() / cell) - _MARGIN + min(0, math.floor(more[0])),
        math.ceil(u.max() / cell) + _MARGIN + max(0, math.ceil(more[0])) + 1,
    )
    return held_block(level, wanted)
