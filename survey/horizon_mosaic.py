"""Heights of several sources as one ground: the finest first, coarser ones where it ends.

Each source is held as means of 1, 2, 4 ... of its cells a side, and a grid takes the one whose
cells are just not larger than its own. Where a coarser source takes over, it differs from the
finer one by a step that would stand as a wall about every map: the difference at the nearest known
cell is added, less and less over two of the coarser source's posts.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, label

from farside.ext.common._interpolation import interpolate
from farside.raster import whole_moon
from farside.survey.horizon_planes import LocalPlane, Plane, RasterPlane, degrees_of
from farside.survey.sources import Source

Array = NDArray[np.float64]
Image = NDArray[np.float32]

_MOST_HELD = 24 * 10**6  # cells of a source in memory at once: 96 MB, its means a third more
_MOON_POST_M = 3790.0
_POSTS = 2.0  # over which two sources are made to meet


class Layer:
    """One source, in memory by means of its cells.

    Attributes
    ----------
    name : str
        What to call it in a message.
    post_m : float
        Side of a cell.
    plane : RasterPlane or LocalPlane
        Of its cells.
    """

    def __init__(self, source: Source, plane: RasterPlane | LocalPlane, span: Span) -> None:
        """Read what lies in a span of a source's cells."""
        self.name, self.plane, self.span = source.name, plane, span
        self.post_m = source.geometry.middle.down_m
        self._held = _means(source, span)

    def heights(self, units: Array, cell_m: float) -> Array:
        """Return heights [m] at places as means over about `cell_m`; NaN where there are none."""
        col, row = self.plane.pixels(units)
        least = next(iter(self._held))
        wanted = 2 ** max(0, math.floor(math.log2(max(cell_m / self.post_m, 1.0)) + 1e-9))
        factor = max((f for f in self._held if f <= max(wanted, least)), default=least)
        held = self._held[factor]
        at = [
            np.ascontiguousarray((x - first + 0.5) / factor - 0.5).ravel()
            for x, first in ((row, self.span.top), (col, self.span.left))
        ]
        # the outer half of a cell is ground, too
        at = [_held_in(x, n) for x, n in zip(at, held.shape, strict=True)]
        out = np.empty(at[0].size, np.float32)
        interpolate(held, at[0], at[1], False, out)
        return out.reshape(np.shape(row)).astype(np.float64)

    def holes(self) -> tuple[int, NDArray[np.bool_]]:
        """Return cells without a height that known ground encloses, and cells a side of each."""
        factor, held = next(iter(self._held.items()))
        parts, _ = label(~np.isfinite(held), np.ones((3, 3)))
        rim = np.concatenate([parts[0], parts[-1], parts[:, 0], parts[:, -1]])
        return factor, (parts > 0) & ~np.isin(parts, np.unique(rim))

    @property
    def highest_m(self) -> float:
        """Highest height held [m]."""
        return float(np.fmax.reduce(next(iter(self._held.values())), axis=None, initial=-np.inf))


@dataclass(frozen=True)
class Span:
    """Rows and columns of a source; ends are not among them."""

    top: int
    bottom: int
    left: int
    right: int


def span_of(plane: RasterPlane, shape: tuple[int, int], units: Array) -> Span | None:
    """Return the cells of a raster that hold places (N, 3); None where none does."""
    col, row = plane.pixels(units)
    inside = np.isfinite(col) & np.isfinite(row)
    inside &= (row > -1.0) & (row < shape[0]) & (col > -1.0) & (col < shape[1])
    if not inside.any():
        return None
    row, col = row[inside], col[inside]
    # between the places, and beyond those inside, there are more
    border = [0.15 * float(np.ptp(x)) + 64.0 for x in (row, col)]
    return Span(
        max(0, math.floor(row.min() - border[0])),
        min(shape[0], math.ceil(row.max() + border[0])),
        max(0, math.floor(col.min() - border[1])),
        min(shape[1], math.ceil(col.max() + border[1])),
    )


def _held_in(x: Array, count: int) -> Array:
    """Hold places within half a cell of the outer centres at these."""
    near = (x > -0.5 - 1e-6) & (x < count - 0.5 + 1e-6)
    return np.where(near, np.clip(x, 0.0, count - 1.0), np.nan)


def _means(source: Source, span: Span) -> dict[int, Image]:
    """Read a span and return its means by how many cells a side they are of."""
    rows, cols = span.bottom - span.top, span.right - span.left
    least = 2 ** max(0, math.ceil(0.5 * math.log2(max(rows * cols / _MOST_HELD, 1e-9))))
    strip = max(least, 2**22 // max(cols, 1) // least * least)
    parts = [
        _mean(source.read(top, min(top + strip, span.bottom), span.left, span.right), least)
        for top in range(span.top, span.bottom, strip)
    ]
    held = {least: np.concatenate(parts)}
    factor = least
    while min(held[factor].shape) >= 4:
        held[2 * factor] = _mean(held[factor], 2)
        factor *= 2
    return held


def _mean(z: Image, factor: int) -> Image:
    """Return means of the known of factor x factor cells; NaN where none is."""
    if factor == 1:
        return np.ascontiguousarray(z)
    rows, cols = (-(-n // factor) * factor for n in z.shape)
    padded = np.full((rows, cols), np.nan, np.float32)
    padded[: z.shape[0], : z.shape[1]] = z
    cut = padded.reshape(rows // factor, factor, cols // factor, factor)
    known = np.isfinite(cut)
    count = known.sum(axis=(1, 3))
    total = np.where(known, cut, 0.0).sum(axis=(1, 3), dtype=np.float64)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(count > 0, total / count, np.nan), np.float32)


class Mosaic:
    """Heights of a base source, then of others, then of the whole Moon."""

    def __init__(self, base: Layer, source: Source, far: Sequence[Layer], moon: bool) -> None:
        """Take the base's own file for its finest cells, and layers from fine to coarse."""
        self.base, self._source, self._far, self._moon = base, source, tuple(far), moon
        self._hole_cells, self._holes = base.holes()
        self.hole_count = int(np.count_nonzero(self._holes)) * self._hole_cells**2
        self.has_holes = self.hole_count > 0

    def own(self, top: int, left: int, rows: int, cols: int) -> Array:
        """Return the base's own heights in its own cells, NaN where it has none, or outside."""
        out = np.full((rows, cols), np.nan)
        high, wide = self._source.geometry.shape
        a, b = max(top, 0), min(top + rows, high)
        c, d = max(left, 0), min(left + cols, wide)
        if a < b and c < d:
            out[a - top : b - top, c - left : d - left] = self._source.read(a, b, c, d)
        return out

    def window(
        self,
        plane: Plane | LocalPlane,
        place: tuple[int, int],
        shape: tuple[int, int],
        cell_m: float,
    ) -> tuple[Array, NDArray[np.bool_]]:
        """Return heights [m] of a window of a grid, NaN where no source has one, and its holes.

        Parameters
        ----------
        plane : Plane
            The grid.
        place : (row, column)
            Of the window's first cell.
        shape : (rows, columns)
        cell_m : float
            Side of its cells.
        """
        row = np.arange(place[0], place[0] + shape[0], dtype=np.float64)
        col = np.arange(place[1], place[1] + shape[1], dtype=np.float64)
        if plane is self.base.plane:
            heights = self.own(*place, *shape)
        else:
            heights = np.concatenate(
                [
                    self.base.heights(plane.units(*np.meshgrid(col, part)), cell_m)
                    for part in np.array_split(row, max(1, len(row) // 256))
                ]
            )
        holes = self._holes_at(plane, row, col) if self.has_holes else np.zeros(shape, np.bool_)
        for layer in self._far:
            self._join(heights, plane, place, cell_m, layer.heights, layer.post_m)
        if self._moon:
            self._join(heights, plane, place, cell_m, _of_the_moon, _MOON_POST_M)
        return heights, holes

    @staticmethod
    def _join(
        heights: Array,
        plane: Plane | LocalPlane,
        place: tuple[int, int],
        cell_m: float,
        of: Callable[[Array, float], Array],
        post_m: float,
    ) -> None:
        """Fill what is unknown from a coarser source, stepped smoothly to what is known."""
        missing = ~np.isfinite(heights)
        if not missing.any():
            return
        row, col = np.nonzero(missing)
        filled = of(plane.units(col + float(place[1]), row + float(place[0])), cell_m)
        if not missing.all():
            away, (near_row, near_col) = distance_transform_edt(missing, return_indices=True)
            away = away[row, col] * cell_m / (_POSTS * post_m)
            close = away < 1.0
            edge = near_row[row, col][close], near_col[row, col][close]
            places, back = np.unique(edge[0] * heights.shape[1] + edge[1], return_inverse=True)
            y, x = np.divmod(places, heights.shape[1])
            there = of(plane.units(x + float(place[1]), y + float(place[0])), cell_m)
            step = np.nan_to_num(heights[y, x] - there)[back.reshape(-1)]
            filled[close] += step * (1.0 - away[close])
        heights[row, col] = filled

    def _holes_at(self, plane: Plane | LocalPlane, row: Array, col: Array) -> NDArray[np.bool_]:
        """Return which cells of a grid lie in holes of the base."""
        x, y = self.base.plane.pixels(plane.units(*np.meshgrid(col, row)))
        high, wide = self._holes.shape
        i = np.floor((y - self.base.span.top + 0.5) / self._hole_cells)
        j = np.floor((x - self.base.span.left + 0.5) / self._hole_cells)
        inside = (i >= 0) & (i < high) & (j >= 0) & (j < wide)
        i, j = np.where(inside, i, 0).astype(np.intp), np.where(inside, j, 0).astype(np.intp)
        return np.asarray(inside & self._holes[i, j])


def _of_the_moon(units: Array, _cell_m: float) -> Array:
    longitude, latitude = degrees_of(units)
    return whole_moon().sample(latitude, longitude, cubic=True)
