"""Grids on the Moon's sphere, and the way a great circle takes through their cells.

A bearing is counted clockwise from a grid's "up" (`Geometry.turn_at` is how far that is from true
north), so that it stays defined at a pole. From a cell with zenith n, up u and right r = u x n, the
point at the arc t in the bearing b is

    p = n cos t + (u cos b + r sin b) sin t                                                  (1)

Columns and rows along it are fitted by a polynomial in t sin b and t cos b, once for a tile of
cells on which a grid's scale is one within 0.03 %.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.raster import MOON_RADIUS_M
from farside.raster.projection import apply
from farside.survey.errors import SurveyError
from farside.survey.geometry import Geometry

Array = NDArray[np.float64]

_STEP_CELLS = 0.5  # for the direction of "up"
_DEGREES = (1, 3, 5, 7, 9, 11, 13)
_FIT_CELLS = 0.02  # a great circle is followed as well as this
_ALIKE = 3e-4  # scale over a tile: 0.1 m in 512 cells of 1 m, 0.01 deg of 30


class Upright(Protocol):
    """What bearings are counted from."""

    def up(self, units: Array) -> Array:
        """Return the tangent (..., 3) from which bearings are counted."""
        ...


class Plane(Upright, Protocol):
    """A grid with a place on the sphere for every column and row."""

    def units(self, col: ArrayLike, row: ArrayLike) -> Array:
        """Return unit vectors (..., 3), mean Earth, of centres of cells."""
        ...

    def pixels(self, units: Array) -> tuple[Array, Array]:
        """Return columns and rows of unit vectors (..., 3)."""
        ...


def degrees_of(units: Array) -> tuple[Array, Array]:
    """Return longitude and latitude [deg] of unit vectors (..., 3)."""
    x, y, z = np.moveaxis(units, -1, 0)
    return np.degrees(np.arctan2(y, x)), np.degrees(np.arctan2(z, np.hypot(x, y)))


def units_of(longitude_deg: ArrayLike, latitude_deg: ArrayLike) -> Array:
    """Return unit vectors (..., 3) of longitudes and latitudes [deg]."""
    longitude, latitude = np.radians(longitude_deg), np.radians(latitude_deg)
    across = np.cos(latitude)
    return np.stack(
        [across * np.cos(longitude), across * np.sin(longitude), np.sin(latitude)], axis=-1
    )


@dataclass(frozen=True, eq=False)
class RasterPlane:
    """The grid of a raster in a lunar CRS."""

    geometry: Geometry

    def units(self, col: ArrayLike, row: ArrayLike) -> Array:
        """Return unit vectors (..., 3), mean Earth, of centres of cells."""
        assert self.geometry.projection is not None
        x, y = apply(self.geometry.transform, np.asarray(col) + 0.5, np.asarray(row) + 0.5)
        return units_of(*self.geometry.projection.to_degrees(x, y))

    def pixels(self, units: Array) -> tuple[Array, Array]:
        """Return columns and rows of unit vectors (..., 3)."""
        projection, (rows, cols) = self.geometry.projection, self.geometry.shape
        assert projection is not None
        longitude, latitude = degrees_of(units)
        if projection.geographic:
            x, y = apply(self.geometry.transform, 0.5 * cols, 0.5 * rows)
            middle = float(projection.to_degrees(x, y)[0])
            longitude = longitude - 360.0 * np.floor((longitude - middle + 180.0) / 360.0)
        col, row = apply(~self.geometry.transform, *projection.from_degrees(longitude, latitude))
        return col - 0.5, row - 0.5

    def up(self, units: Array) -> Array:
        """Return the tangent (..., 3) up the columns, northwards as the raster is drawn."""
        col, row = self.pixels(units)
        way = -_STEP_CELLS if self.geometry.mirrored else _STEP_CELLS
        return tangent(self.units(col, row + way) - self.units(col, row - way), units)


@dataclass(frozen=True, eq=False)
class ViewPlane:
    """A stereographic grid of square cells of our own about a place; rows run to its south."""

    middle: Array
    cell_m: float
    base: Upright

    @property
    def _axes(self) -> tuple[Array, Array]:
        up = self.base.up(self.middle)
        return np.cross(up, self.middle), up

    def units(self, col: ArrayLike, row: ArrayLike) -> Array:
        """Return unit vectors (..., 3), mean Earth, of centres of cells."""
        right, up = self._axes
        k = self.cell_m / (2.0 * MOON_RADIUS_M)
        x, y = np.asarray(col, np.float64) * k, -np.asarray(row, np.float64) * k
        square = (x * x + y * y)[..., None]
        # inverse stereographic: (2 x, 2 y, 1 - x^2 - y^2) / (1 + x^2 + y^2)
        out = 2.0 * (x[..., None] * right + y[..., None] * up) + (1.0 - square) * self.middle
        return np.asarray(out / (1.0 + square), np.float64)

    def pixels(self, units: Array) -> tuple[Array, Array]:
        """Return columns and rows of unit vectors (..., 3)."""
        right, up = self._axes
        k = self.cell_m / (2.0 * MOON_RADIUS_M)
        down = 1.0 + units @ self.middle
        return units @ right / down / k, -(units @ up) / down / k

    def up(self, units: Array) -> Array:
        """Return the tangent (..., 3) from which bearings are counted: that of the base grid."""
        return self.base.up(units)


@dataclass(frozen=True)
class LocalPlane:
    """A grid of square cells without a CRS; its places are columns and rows of the base grid.

    Attributes
    ----------
    cell_m : float
        Side of its cells.
    factor : int
        Cells of the base grid along one of them.
    northwards : bool
        Whether rows run to the north.
    """

    cell_m: float
    factor: int
    northwards: bool

    def units(self, col: ArrayLike, row: ArrayLike) -> Array:
        """Return columns and rows (..., 2) of the base grid at centres of cells."""
        both = np.stack(np.broadcast_arrays(np.asarray(col, np.float64), row), axis=-1)
        return np.asarray((both + 0.5) * self.factor - 0.5, np.float64)

    def pixels(self, units: Array) -> tuple[Array, Array]:
        """Return columns and rows of places (..., 2) of the base grid."""
        both = (units + 0.5) / self.factor - 0.5
        return both[..., 0], both[..., 1]


def tangent(step: Array, units: Array) -> Array:
    """Return a step's unit tangent at places (..., 3)."""
    flat = step - (step * units).sum(axis=-1, keepdims=True) * units
    return np.asarray(flat / np.linalg.norm(flat, axis=-1, keepdims=True), np.float64)


@dataclass(frozen=True, eq=False)
class Ways:
    """How a grid is crossed in every bearing from the cells of a tile.

    Attributes
    ----------
    across, down : ndarray, (bearings, n + 1)
        Coefficients of columns and rows from the observer, by distance / `length_m`.
    length_m : float
        The farthest distance that they hold for.
    """

    across: Array
    down: Array
    length_m: float


def flat_ways(plane: LocalPlane, bearings_deg: Array, length_m: float) -> Ways:
    """Return the ways over a local grid: straight, and as long as they are along the sphere."""
    angle = np.radians(bearings_deg)
    zero = np.zeros_like(angle)
    cells, up = length_m / plane.cell_m, 1.0 if plane.northwards else -1.0
    return Ways(
        np.stack([zero, cells * np.sin(angle)], axis=-1),
        np.stack([zero, up * cells * np.cos(angle)], axis=-1),
        length_m,
    )


def ways(plane: Plane, at: tuple[float, float], bearings_deg: Array, length_m: float) -> Ways:
    """Return the ways over a grid from its cell `at` (column, row), by (1).

    Raises
    ------
    SurveyError
        The grid's projection cannot be followed so far.
    """
    here = plane.units(*at)
    up = plane.up(here)
    right = np.cross(up, here)
    for degree in _DEGREES:
        a, b, inverse, powers = _nodes(degree)
        t = np.hypot(a, b) * length_m / MOON_RADIUS_M
        size = np.maximum(np.hypot(a, b), 1e-300)
        level = (a / size)[:, None] * right + (b / size)[:, None] * up
        places = np.cos(t)[:, None] * here + np.sin(t)[:, None] * level
        col, row = plane.pixels(places)
        off = np.stack([col - at[0], row - at[1]])
        if not np.isfinite(off).all():
            break
        fitted = off @ inverse.T
        # the great circles themselves matter, not the corners of the square
        inside = size <= 1.0
        if np.abs(fitted @ powers.T - off)[:, inside].max() < _FIT_CELLS:
            return _along(fitted, degree, np.radians(bearings_deg), length_m)
    raise SurveyError(
        f"the raster's projection cannot be followed over {length_m / 1e3:.0f} km; reproject it "
        "to polar or oblique stereographic metres, or ask for less reach"
    )


def _exponents(degree: int) -> list[tuple[int, int]]:
    """Exponents of a and b, without the constant: a way begins at its observer."""
    return [(i, n - i) for n in range(1, degree + 1) for i in range(n + 1)]


@cache
def _nodes(degree: int) -> tuple[Array, Array, Array, Array]:
    """Chebyshev's points in the square, the pseudo-inverse of their powers, and the powers."""
    count = degree + 5
    node = np.cos(np.pi * (np.arange(count) + 0.5) / count)
    a, b = (x.ravel() for x in np.meshgrid(node, node))
    powers = np.stack([a**i * b**j for i, j in _exponents(degree)], axis=-1)
    return a, b, np.linalg.pinv(powers), powers


def _along(fitted: Array, degree: int, bearings: Array, length_m: float) -> Ways:
    """Turn polynomials of a and b into those of the distance, for every bearing."""
    sine, cosine = np.sin(bearings), np.cos(bearings)
    out = np.zeros((2, len(bearings), degree + 1))
    for k, (i, j) in enumerate(_exponents(degree)):
        out[:, :, i + j] += fitted[:, k, None] * (sine**i * cosine**j)
    return Ways(out[0], out[1], length_m)


def tile_of(plane: Plane, col: float, row: float, shape: tuple[int, int]) -> tuple[int, int]:
    """Return rows and columns of a tile about a cell on which the grid's scale is one.

    Powers of two, at most what covers `shape` and at least 2 rows and 16 columns; both halve until
    scales agree.
    """
    rows, cols = (max(16, 2 ** math.ceil(math.log2(n))) for n in shape)
    while rows > 2 and not _alike(plane, col, row, 0.0, 0.5 * rows):
        rows //= 2
    while cols > 16 and not _alike(plane, col, row, 0.5 * cols, 0.0):
        cols //= 2
    return rows, cols


def _alike(plane: Plane, col: float, row: float, half_cols: float, half_rows: float) -> bool:
    """Return whether cells a way off on both sides are as large and as turned as one between."""
    steps = []
    for sign in (-1.0, 0.0, 1.0):
        at = plane.units(col + sign * half_cols, row + sign * half_rows)
        up = plane.up(at)
        right = np.cross(up, at)
        here = plane.pixels(at)
        legs = [plane.pixels(at + 1e-5 * way) for way in (right, up)]
        steps.append([[leg[k] - here[k] for k in (0, 1)] for leg in legs])
    low, mid, high = np.array(steps)
    return bool(max(np.abs(low - mid).max(), np.abs(high - mid).max()) < _ALIKE * np.abs(mid).max())
