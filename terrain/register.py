"""Lay a frame of returns onto a map of heights: where the lander stands against its own map."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.ext.common.errors import FarsideError
from farside.ext.terrain._register import deviations, normal_equations
from farside.terrain.elevation import ElevationMap

#: Returns that the coarse search compares: as many as show the rocks, no more.
COARSE_RETURNS = 400
#: Step of its lattice, in cells: from half of it Gauss and Newton's steps find the way.
COARSE_CELLS = 2.0
#: Clip of a difference in the coarse search, in deviations of the noise.
CLIP_SIGMAS = 6.0
#: c of the weights (ext/terrain/register.pxd), in deviations of the noise.
WEIGHT_SIGMAS = 3.0
STEPS_MOST = 12
#: A step of Gauss and Newton below this is the last [m].
DONE_M = 5e-4
#: Fewest returns on the map that a shift is taken from.
RETURNS_LEAST = 100
#: The second minimum of the search must be worse by so much of a chi-square: one shift of a hundred
#: is that likely to be the worse of two by noise alone at 25 (2 x 12.5, ln of 1e-5). Ground whose
#: shifts look alike tells none of them.
DISTINCT = 25.0
#: Mean weight of the returns below which frame and map are not of the same ground, or one of them
#: is tilted or stretched: noise alone leaves 0.8.
AGREEING_LEAST = 0.5
#: Apart from the best by more than this, in cells, a shift is another one.
APART_CELLS = 5.0


@dataclass(frozen=True)
class Registration:
    """The shift at which returns and map agree.

    Attributes
    ----------
    shift_m : tuple of float
        To be added to the returns' places: east, north, up [m].
    covariance_m2 : ndarray (2, 2)
        Of the shift east and north [m^2].
    residual_m : float
        Weighted root mean square of the heights that are left [m].
    returns : int
        That fell on known cells.
    """

    shift_m: tuple[float, float, float]
    covariance_m2: NDArray[np.float64]
    residual_m: float
    returns: int


def register(
    points: ArrayLike, elevation: ElevationMap, *, sigma_m: float, reach_m: float
) -> Registration | None:
    """Find by how much a frame of returns is displaced against a map.

    Parameters
    ----------
    points : array_like (N, 3)
        Returns [m]: east, north, up in the map's frame, placed by an estimate. NaN: none.
    elevation : ElevationMap
        The map, with seen ground beneath the returns.
    sigma_m : float
        Noise of a return's height against the map, 1 sigma [m].
    reach_m : float
        How far the displacement may be, east or north [m].

    Returns
    -------
    Registration or None
        None where the ground does not tell the shift: too few returns on the map, a best shift at
        the edge of the reach, one that looks like another, no slope in some direction, or heights
        that do not agree at the best.

    Raises
    ------
    ValueError
        For a noise or a reach that is not above 0 and finite.

    Notes
    -----
    A coarse search over a lattice of shifts, then Gauss and Newton's steps with the weights of
    Geman and McClure; see ext/terrain/register.pxd. The covariance is that of independent cells:
    returns that share a cell of the map share its error.

    Examples
    --------
    >>> import numpy as np
    >>> from farside.terrain import ElevationMap
    >>> from farside.terrain.register import register
    >>> north, east = np.mgrid[:80, :80] * 0.1
    >>> ground = lambda e, n: 0.2 * np.sin(2.0 * e) * np.cos(3.0 * n) + 0.1 * np.sin(0.7 * e * n)
    >>> height_map = ElevationMap.from_array(ground(east, north), 0.1)
    >>> e, n = np.random.default_rng(1).uniform(2.0, 6.0, (2, 3000))
    >>> frame = np.stack([e - 0.31, n + 0.17, ground(e, n)], axis=1)
    >>> found = register(frame, height_map, sigma_m=0.02, reach_m=1.0)
    >>> [round(part, 2) for part in found.shift_m[:2]]
    [0.31, -0.17]
    """
    for name, value in (("sigma_m", sigma_m), ("reach_m", reach_m)):
        if not (math.isfinite(value) and value > 0.0):
            raise FarsideError(f"{name} {value}: give a length above 0 [m]")
    places = np.ascontiguousarray(points, np.float64).reshape(-1, 3)
    places = np.ascontiguousarray(places[np.isfinite(places).all(axis=1)])
    if len(places) < RETURNS_LEAST:
        return None
    coarse = _coarse(places, elevation, sigma_m, reach_m)
    return None if coarse is None else _fine(places, elevation, sigma_m, reach_m, coarse)


def _grid(
    elevation: ElevationMap,
) -> tuple[NDArray[np.float32], tuple[float, float], tuple[float, float]]:
    heights = np.ascontiguousarray(elevation.heights, np.float32)
    first = (elevation.east_m, elevation.north_m)
    return heights, first, (elevation.cell_east_m, elevation.cell_north_m)


def _coarse(
    places: NDArray[np.float64], elevation: ElevationMap, sigma_m: float, reach_m: float
) -> tuple[float, float] | None:
    """Return the best shift of the lattice; None where it is not told apart from others."""
    cell_m = max(elevation.cell_east_m, elevation.cell_north_m)
    half = max(math.ceil(reach_m / (COARSE_CELLS * cell_m)), 2)
    step_m = reach_m / half
    some = np.ascontiguousarray(places[:: max(len(places) // COARSE_RETURNS, 1)])
    found = np.empty((2 * half + 1, 2 * half + 1))
    level_m, clip_m = _level(places, elevation, (0.0, 0.0)), CLIP_SIGMAS * sigma_m
    deviations(*_grid(elevation), some, level_m, reach_m, clip_m, found)
    if not np.isfinite(found).any():
        return None
    found[~np.isfinite(found)] = np.inf
    row, col = np.unravel_index(int(np.argmin(found)), found.shape)
    if {int(row), int(col)} & {0, 2 * half}:
        return None
    rows, cols = np.indices(found.shape)
    apart = np.maximum(abs(rows - row), abs(cols - col)) * step_m > APART_CELLS * cell_m
    if apart.any():
        worse = len(some) * (float(found[apart].min()) / float(found[row, col]) - 1.0)
        if not worse > DISTINCT:
            return None
    return float(col * step_m - reach_m), float(row * step_m - reach_m)


def _fine(
    places: NDArray[np.float64],
    elevation: ElevationMap,
    sigma_m: float,
    reach_m: float,
    coarse: tuple[float, float],
) -> Registration | None:
    """Take Gauss and Newton's steps from a coarse shift."""
    grid, scale_m = _grid(elevation), WEIGHT_SIGMAS * sigma_m
    shift = (*coarse, _level(places, elevation, coarse))
    for _ in range(STEPS_MOST):
        a, b, squares, weight, count = normal_equations(*grid, places, shift, scale_m)
        step = _solve(a, b)
        if step is None or count < RETURNS_LEAST:
            return None
        shift = (shift[0] + step[0], shift[1] + step[1], shift[2] + step[2])
        if max(abs(step[0]), abs(step[1])) < DONE_M:
            break
    else:
        return None
    if not max(abs(shift[0] - coarse[0]), abs(shift[1] - coarse[1])) < min(
        reach_m, APART_CELLS * elevation.cell_m
    ):
        return None
    a, _, squares, weight, count = normal_equations(*grid, places, shift, scale_m)
    inverse = _inverse(a)
    if inverse is None or count < RETURNS_LEAST or not weight > AGREEING_LEAST * count:
        return None
    shared = max(count / _cells(places, elevation), 1.0)
    variance = shared * max(squares / weight, sigma_m * sigma_m)
    return Registration(shift, variance * inverse[:2, :2], math.sqrt(squares / weight), count)


def _level(
    places: NDArray[np.float64], elevation: ElevationMap, shift: tuple[float, float]
) -> float:
    """Return the median of what the map is above the returns [m]."""
    col = np.rint((places[:, 0] + shift[0] - elevation.east_m) / elevation.cell_east_m)
    row = np.rint((places[:, 1] + shift[1] - elevation.north_m) / elevation.cell_north_m)
    rows, cols = elevation.shape
    inside = (0 <= col) & (col < cols) & (0 <= row) & (row < rows)
    heights = elevation.heights[row[inside].astype(int), col[inside].astype(int)]
    off = heights - places[inside, 2]
    off = off[np.isfinite(off)]
    return float(np.median(off)) if len(off) else 0.0


def _cells(places: NDArray[np.float64], elevation: ElevationMap) -> float:
    """Return about how many cells of a map the returns lie in: independent errors."""
    spans = [float(part) for part in np.ptp(places[:, :2], axis=0)]
    return max(spans[0] * spans[1] / (elevation.cell_east_m * elevation.cell_north_m), 1.0)


def _inverse(a: tuple[float, ...]) -> NDArray[np.float64] | None:
    """Return the inverse of the symmetric 3 x 3 matrix of an upper triangle, or None."""
    xx, xy, xz, yy, yz, zz = a
    cofactors = (
        yy * zz - yz * yz,
        xz * yz - xy * zz,
        xy * yz - xz * yy,
        xx * zz - xz * xz,
        xy * xz - xx * yz,
        xx * yy - xy * xy,
    )
    determinant = xx * cofactors[0] + xy * cofactors[1] + xz * cofactors[2]
    # ground without slope in some direction leaves nothing of the product of the diagonal
    if not determinant > 1e-9 * xx * yy * zz > 0.0:
        return None
    p, q, r, s, t, u = (each / determinant for each in cofactors)
    return np.array([[p, q, r], [q, s, t], [r, t, u]])


def _solve(a: tuple[float, ...], b: tuple[float, ...]) -> tuple[float, float, float] | None:
    """Return the step of (3), or None."""
    inverse = _inverse(a)
    if inverse is None:
        return None
    x, y, z = (-float(row[0] * b[0] + row[1] * b[1] + row[2] * b[2]) for row in inverse)
    return x, y, z
