"""Which share of the Sun's disc each node of a window sees: sweeps, from coarse to fine windows."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.ext.sensors.view import sweep
from farside.ground.arcs import Arcs
from farside.ground.lattice import Block, Heights, cell_of
from farside.sensors.held_ground import COARSEST, held_block

Array = NDArray[np.float64]
Source = Callable[[int, Block], Heights]

#: Angular radius of the Sun's disc [rad]: 0.2665 deg, its mean.
SUN_RADIUS_RAD = math.radians(0.2665)
#: Levels from one window of relief to the next: postings four times as wide.
_LEVELS = 2
#: Cells towards the Sun that a window holds beyond what is seen, and that a coarser one holds
#: beyond a finer one: relief is never coarser than 1/64 of its distance.
UPSUN_CELLS = 64
_FARTHER_CELLS = 256
#: Farthest that relief casts a shadow [m]: ours. The Moon's curvature hides 5 km at 130 km.
_FARTHEST_M = 120e3
_NONE = np.float32(-1e30)


@dataclass(frozen=True)
class Slant:
    """The Sun over one place: components of its unit vector along u, v and up there."""

    u: float
    v: float
    up: float

    @property
    def level(self) -> tuple[float, float]:
        """The Sun's azimuth as a unit vector along u and v."""
        size = math.sqrt(self.u * self.u + self.v * self.v)
        return (self.u / size, self.v / size) if size > 1e-9 else (1.0, 0.0)

    def slope(self, off_rad: float) -> float:
        """Return the tangent of the elevation of the Sun's centre and an angle above it."""
        level = math.sqrt(self.u * self.u + self.v * self.v)
        tan = deterministic.tan(off_rad)
        # tan(a + b), held to what a window can hold
        bottom = max(level - self.up * tan, 1e-3)
        return (self.up + level * tan) / bottom


def slant_at(arcs: Arcs, sun_site: Array, u: float, v: float) -> Slant:
    """Return the Sun over arcs u, v [m].

    Parameters
    ----------
    arcs : Arcs
    sun_site : ndarray, (3,)
        Unit vector to the Sun, site frame.
    u, v : float
        [m].
    """
    along, cross, up = (deterministic.dot(axis, sun_site) for axis in arcs.axes)
    s_u, c_u = deterministic.sin(u / arcs.arc_m), deterministic.cos(u / arcs.arc_m)
    s_v, c_v = deterministic.sin(v / arcs.arc_m), deterministic.cos(v / arcs.arc_m)
    level = s_u * along + c_u * up
    return Slant(c_u * along - s_u * up, c_v * cross - s_v * level, s_v * cross + c_v * level)


@dataclass(frozen=True, eq=False)
class Shade:
    """A window with the height [m] of each node above the shadow of the nodes up-sun of it.

    Attributes
    ----------
    upper, lower : ndarray, float32
        For the Sun's upper limb and its lower one.
    """

    level: int
    block: Block
    z: Heights
    upper: Heights
    lower: Heights

    def shadows(self, u: Array, v: Array) -> tuple[Array, Array]:
        """Return the heights [m] of both limbs' shadows at arcs; -1e30 outside the window."""
        cell = cell_of(self.level)
        x, y = u / cell - self.block.col, v / cell - self.block.row
        rows, cols = self.z.shape
        held = (x >= 0.0) & (x <= cols - 1.0) & (y >= 0.0) & (y <= rows - 1.0)
        i = np.clip(x.astype(np.intp), 0, cols - 2)
        j = np.clip(y.astype(np.intp), 0, rows - 2)
        fx, fy = x - i, y - j

        def between(field: Heights) -> Array:
            low = field[j, i] * (1.0 - fx) + field[j, i + 1] * fx
            high = field[j + 1, i] * (1.0 - fx) + field[j + 1, i + 1] * fx
            return np.asarray(np.where(held, low * (1.0 - fy) + high * fy, _NONE))

        z = between(self.z)
        upper, lower = (
            np.asarray(np.where(held, z - between(clear), _NONE), np.float64)
            for clear in (self.upper, self.lower)
        )
        return upper, lower


def shade(
    source: Source,
    arcs: Arcs,
    sun_site: Array,
    level: int,
    block: Block,
    z: Heights,
    tops: tuple[float, float],
    first: bool = True,
) -> Shade:
    """Return what is lit of a window, with the shadows of the relief towards the Sun.

    Parameters
    ----------
    source : callable
        Heights (level, block) -> float32 [m above the sphere of the arcs].
    arcs : Arcs
    sun_site : ndarray, (3,)
        Unit vector to the Sun.
    level, block, z
        The window.
    tops : tuple of float
        Heights of the lowest ground in the window and of the highest within reach [m].
    first : bool
        Whether this is a window that is seen, not one of relief towards the Sun.

    Returns
    -------
    Shade
    """
    cell = cell_of(level)
    middle = (
        0.5 * cell * (block.col + block.col_end - 1),
        0.5 * cell * (block.row + block.row_end - 1),
    )
    slant = slant_at(arcs, sun_site, *middle)
    reach = min(max(tops[1] - tops[0], 0.0) / max(slant.slope(-SUN_RADIUS_RAD), 5e-3), _FARTHEST_M)
    held = UPSUN_CELLS if first else _FARTHER_CELLS
    farther = None
    if reach > held * cell:
        wide = _towards_sun(block, slant, level)
        if level + _LEVELS <= COARSEST:
            wide = held_block(level + _LEVELS, wide)
            coarse = source(level + _LEVELS, wide)
            farther = shade(source, arcs, sun_site, level + _LEVELS, wide, coarse, tops, False)
    return _sweep_window(arcs, slant, middle, level, block, z, farther)


def _towards_sun(block: Block, slant: Slant, level: int) -> Block:
    """Return the block of the next coarser window: this one, and cells towards the Sun."""
    factor = 2**_LEVELS
    more = [_FARTHER_CELLS * part for part in slant.level]
    row, col = block.row // factor - 1, block.col // factor - 1
    row_end, col_end = -(-block.row_end // factor) + 2, -(-block.col_end // factor) + 2
    return Block(
        row + min(0, math.floor(more[1])),
        row_end + max(0, math.ceil(more[1])),
        col + min(0, math.floor(more[0])),
        col_end + max(0, math.ceil(more[0])),
    )


def _sweep_window(
    arcs: Arcs,
    slant: Slant,
    middle: tuple[float, float],
    level: int,
    block: Block,
    z: Heights,
    farther: Shade | None,
) -> Shade:
    """Sweep one window, with the shadows that come from a coarser one."""
    su, sv = slant.level
    across = abs(su) > abs(sv)
    cell = cell_of(level)
    u = cell * np.arange(block.col, block.col_end, dtype=np.float64)
    v = cell * np.arange(block.row, block.row_end, dtype=np.float64)
    heights = _turned(z) if across else z
    # s along the rows of the sweep, t along its columns
    (s_of, t_of), (s_sun, t_sun) = ((u, v), (su, sv)) if across else ((v, u), (sv, su))
    d_s = (s_of - (middle[0] if across else middle[1])) * s_sun
    d_t = (t_of - (middle[1] if across else middle[0])) * t_sun
    last_first = s_sun > 0.0
    setup = {
        "d0": float(d_s[0] + d_t[0]),
        "d_row": float(cell * s_sun),
        "d_col": float(cell * t_sun),
        "half_per_r": 0.5 / arcs.arc_m,
        "kappa": -t_sun / abs(s_sun),
        "step": cell / abs(s_sun),
        "last_first": last_first,
    }
    sides = (
        (np.full(t_of.size, s_of[-1] if last_first else s_of[0]), t_of),
        (s_of, np.full(s_of.size, t_of[0])),
        (s_of, np.full(s_of.size, t_of[-1])),
    )
    shadows: list[tuple[Array, Array]] = [
        (np.full(s.size, _NONE), np.full(s.size, _NONE))
        if farther is None
        else farther.shadows(*((s, t) if across else (t, s)))
        for s, t in sides
    ]
    fields = []
    for limb, off in enumerate((SUN_RADIUS_RAD, -SUN_RADIUS_RAD)):
        slope = slant.slope(off)
        edges = []
        for (s, t), both in zip(sides, shadows, strict=True):
            d = (s - (middle[0] if across else middle[1])) * s_sun
            d = d + (t - (middle[1] if across else middle[0])) * t_sun
            w = both[limb] - d * (slope + d * (0.5 / arcs.arc_m))
            edges.append(np.ascontiguousarray(w, dtype=np.float32))
        clear = np.empty(heights.shape, np.float32)
        sweep(heights, setup, slope, *edges, clear)
        fields.append(_turned(clear) if across else clear)
    return Shade(level, block, z, fields[0], fields[1])


def _turned(field: Heights) -> Heights:
    """Return the transpose, laid out row by row: OpenCV turns blocks that stay in the cache."""
    return np.asarray(cv2.transpose(field), np.float32)
