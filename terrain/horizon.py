"""The horizon over a window of heights: for every observer, in one direction after the other.

The ground is what lies on triangles between the cells' centres: a cell's diagonal runs from (row,
column) to (row + 1, column + 1). Each observer stands on a vertex and looks over every edge that
its direction crosses (`ext/terrain/horizon_path.pxd`), so on the triangles nothing is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.ext.terrain.horizon import HORIZON, PADDING, crossings

LANES = PADDING  # columns of observers come in multiples of this many
UNKNOWN_M = np.float32(-1e30)  # reduced height where nothing is known
NOTHING = np.float32(-1e6)  # t where no edge is known: its square is a number, too
_LEAST = np.float32(-1e5)
_GROUP_CELLS = 16.0
_STEP_CELLS = 0.7

Array = NDArray[np.float64]
Image = NDArray[np.float32]
Edges = tuple[Any, ...]


def reduced(heights_m: NDArray[Any], radius_m: float) -> Array:
    """Return s = R z / (R + z) of heights z [m] above the sphere R [m]; z where R is infinite."""
    z = np.asarray(heights_m, np.float64)
    return z if np.isinf(radius_m) else radius_m * z / (radius_m + z)


@dataclass(frozen=True, eq=False)
class Window:
    """Heights about observers, as the kernel takes them.

    Attributes
    ----------
    ground : ndarray, (rows, cols) float32
        Reduced heights [m] less `level_m`; `UNKNOWN_M` where none is known.
    blocks : ndarray float32
        Highest of each 16 x 16.
    level_m : float
        Reduced height that the others are counted from, so that single precision holds 0.1 mm.
    radius_m : float
        Of the sphere; infinite for flat ground.
    """

    ground: Image
    blocks: Image
    level_m: float
    radius_m: float

    @classmethod
    def of(cls, heights_m: NDArray[Any], radius_m: float, level_m: float | None = None) -> Window:
        """Take heights [m] above the sphere (rows, cols), NaN where unknown.

        Sixteen unknown columns are added on the right, and what the last registers read of it is
        never used. Heights are counted from their median, or from `level_m`.
        """
        s = reduced(heights_m, radius_m)
        known = np.isfinite(s)
        level = level_m
        if level is None:
            level = float(np.median(s[known])) if known.any() else 0.0
        ground = np.full((s.shape[0], s.shape[1] + PADDING), UNKNOWN_M, np.float32)
        np.copyto(ground[:, : s.shape[1]], (s - level).astype(np.float32), where=known)
        return cls(ground, HORIZON.block_highest(ground), level, radius_m)

    def observers(self, heights_m: NDArray[Any], eye_m: float) -> Observers:
        """Return observers of `eye_m` above heights [m], (rows, cols); NaN is held at 0 m."""
        z = np.nan_to_num(np.asarray(heights_m, np.float64)) + eye_m
        cols = z.shape[1]
        wide = -(-cols // PADDING) * PADDING
        z = np.concatenate([z, np.repeat(z[:, -1:], wide - cols, axis=1)], axis=1)
        own = (reduced(z, self.radius_m) - self.level_m).astype(np.float32)
        inverse = np.ones_like(own)
        if not np.isinf(self.radius_m):
            inverse = (self.radius_m / (self.radius_m + z)).astype(np.float32)
        return Observers(cols, own, inverse, np.full_like(own, NOTHING))

    def sweep(self, observers: Observers, edges: Edges, top: int, left: int) -> None:
        """Raise what observers see by the edges of one direction; the first stands at (top, left).

        Raises
        ------
        ValueError
            An edge lies outside the window.
        """
        HORIZON.sweep(
            self.ground, self.blocks, edges, top, left, observers.own, observers.inverse,
            observers.best,
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Observers:
    """A block of observers and what they have seen so far in one direction.

    Attributes
    ----------
    cols : int
        How many columns are asked for; the arrays have a multiple of 16.
    own, inverse : ndarray, (rows, cols) float32
        Reduced height of the eye [m] less the window's level, and R / r0.
    best : ndarray, (rows, cols) float32
        Tangent of the horizon times R / r0.
    """

    cols: int
    own: Image
    inverse: Image
    best: Image

    def reset(self) -> None:
        """Forget what was seen."""
        self.best.fill(NOTHING)

    def part(self, rows: slice, cols: slice) -> Observers:
        """Copy out a part; `cols` begins at a multiple of 16."""
        last = min(-(-cols.stop // PADDING) * PADDING, self.own.shape[1])
        cut = (rows, slice(cols.start, last))
        own, inverse, best = (np.ascontiguousarray(x[cut]) for x in self._arrays)
        return Observers(cols.stop - cols.start, own, inverse, best)

    def put(self, rows: slice, cols: slice, part: Observers) -> None:
        """Put back what a part has seen."""
        wide = part.best.shape[1]
        self.best[rows, cols.start : cols.start + wide] = part.best

    @property
    def _arrays(self) -> tuple[Image, Image, Image]:
        return self.own, self.inverse, self.best

    def degrees(self) -> Image:
        """Return the horizon's elevation [deg], (rows, cols): -90 where nothing is known."""
        out = np.empty_like(self.best)
        HORIZON.degrees(self.best, self.inverse, out)
        # less than a cliff of 10 km under a cell of 0.1 m
        out[self.best < _LEAST] = -90.0
        return np.asarray(out[:, : self.cols], np.float32)

    def spread(self, far: Image, nodes: NDArray[np.int32], weights: Image) -> None:
        """Raise what is seen by far horizons known at nodes for some heights each.

        t(s0) = max_k [(s_k - s0) g_k - (R / r0) c_k] of one node is convex in s0, and is taken
        linear between the heights at which it is known; between nodes it is bilinear.  (3)
        """
        HORIZON.spread(far, nodes, weights, self.best.reshape(-1))


def edges_of(
    across: Array,
    down: Array,
    length_m: float,
    span_m: tuple[float, float],
    cell_m: float,
    radius_m: float,
) -> Edges:
    """Return the edges that one direction crosses, for `Window.sweep`.

    Parameters
    ----------
    across, down : ndarray (n + 1,)
        Columns and rows from the observer as polynomials of distance / length_m; the first is 0.
    length_m : float
        What a distance of 1 stands for.
    span_m : (least, most)
        Distances [m] along the sphere between which edges count.
    cell_m : float
        The smaller side of a cell.
    radius_m : float
        Of the sphere; infinite for flat ground.
    """
    return crossings(
        np.ascontiguousarray(across, np.float64), np.ascontiguousarray(down, np.float64),
        length_m, *span_m, _STEP_CELLS * cell_m, radius_m, _GROUP_CELLS * cell_m,
    )  # fmt: skip
