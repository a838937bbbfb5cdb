"""Elevation maps: heights on a grid, made from lidar returns or from an array."""

from __future__ import annotations

import operator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.ext.common.errors import FarsideError
from farside.ext.terrain._points import fill_single_holes, mean_heights, splat_points
from farside.raster.arrays import given_length, plain_array
from farside.raster.heights import (
    HIGHEST_M,
    LOWEST_M,
    array_unit_error,
    limits_error,
    void_error,
)
from farside.raster.raster import MOON_RADIUS_M

_MOST_CELLS = 10**8  # of a map made from points: 0.4 GB
_MANY = 32  # points: this many rows of three or four numbers are no map of heights
_NOTHING_FELL = "no return fell on the map: check its place and the points' frame"
_COARSE_SHARE = 0.25  # of a cell: places stored no better than this are lost
LEAST_WEIGHT = 0.05
#: Round the Moon [m]: nothing on it is farther apart.
AROUND_M = 2.0 * np.pi * MOON_RADIUS_M
"""Sum of bilinear weights below which a cell counts as unseen: its returns are all a cell away."""


class ElevationError(FarsideError):
    """An elevation map cannot be made from what was given."""


@dataclass(frozen=True, eq=False)
class ElevationMap:
    """Heights on a regular grid in a local East-North-Up frame.

    Row i, column j is the point (east_m + j cell_m, north_m + i cell_north_m): rows run north.
    Cells are squares of cell_m unless cell_north_m says otherwise. Heights are single precision:
    keep them relative to something near (0.5 mm is lost at -5256 m).

    Attributes
    ----------
    heights : ndarray, (rows, cols)
        Height, the frame's up [m]; NaN where unseen.
    cell_m : float
        Size of a square cell, or of an oblong one along east [m].
    east_m : float
        East of the centre of cell [0, 0] [m].
    north_m : float
        North of the centre of cell [0, 0] [m].
    frame : str
        The frame that east, north and up belong to.
    tick : int
        Time of the map: integer tick of the flight, 10 ms each.
    seen : ndarray of bool, (rows, cols)
        Whether a height is known (measured or interpolated).
    interpolated : ndarray of bool, (rows, cols)
        Single holes that took the mean of their four neighbours.
    cell_north_m : float
        Size of a cell along north [m]; 0 when made means square cells, and becomes cell_m.

    Examples
    --------
    >>> import numpy as np
    >>> from farside.terrain import ElevationMap
    >>> heights = np.zeros((3, 4))
    >>> heights[0, 0] = np.nan  # not seen
    >>> ground = ElevationMap.from_array(heights, cell_m=0.5, east_m=10.0, north_m=-2.0)
    >>> ground.shape, int(ground.seen.sum()), ground.position_m(2, 3)
    ((3, 4), 11, (11.5, -1.0))

    Of scattered returns, here a plane that climbs by 0.1 m a metre eastwards:

    >>> east, north = np.meshgrid(np.arange(0.0, 5.0, 0.25), np.arange(0.0, 5.0, 0.25))
    >>> points = np.stack([east, north, 0.1 * east], -1).reshape(-1, 3)
    >>> gridded = ElevationMap.from_points(points, 1.0, shape=(4, 4), east_m=1.0, north_m=1.0)
    >>> [f"{height:.2f}" for height in gridded.heights[0]]
    ['0.10', '0.20', '0.30', '0.40']
    """

    heights: NDArray[np.float32]
    cell_m: float
    east_m: float
    north_m: float
    frame: str
    tick: int
    seen: NDArray[np.bool_]
    interpolated: NDArray[np.bool_]
    cell_north_m: float = 0.0

    def __post_init__(self) -> None:
        """Make the cells square unless told otherwise."""
        if self.cell_north_m == 0.0:
            object.__setattr__(self, "cell_north_m", self.cell_m)

    @property
    def cell_east_m(self) -> float:
        """Size of a cell along east [m]: cell_m under its full name."""
        return self.cell_m

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.heights.shape[0], self.heights.shape[1]

    def position_m(self, row: int, col: int) -> tuple[float, float]:
        """Return the place of a cell's centre.

        Parameters
        ----------
        row, col : int
            From the south-west corner.

        Returns
        -------
        east_m, north_m : float
        """
        return self.east_m + col * self.cell_m, self.north_m + row * self.cell_north_m

    @classmethod
    def from_array(
        cls,
        heights: ArrayLike,
        cell_m: float,
        *,
        cell_north_m: float | None = None,
        east_m: float = 0.0,
        north_m: float = 0.0,
        frame: str = "local",
        tick: int = 0,
        trusted: bool = False,
    ) -> ElevationMap:
        """Take heights as they are; those that are masked or not finite are unseen.

        Parameters
        ----------
        heights : array_like
            (rows, cols) [m]: an array in any order, a masked array, a pandas DataFrame or an
            xarray DataArray, whose missing values are unseen.
        cell_m : float
            Cell size [m]; along east, if cells are not square.
        cell_north_m : float, optional
            Cell size along north [m]; by default cells are square.
        east_m, north_m : float, optional
            Centre of cell [0, 0] [m].
        frame : str, optional
            Name of the frame.
        tick : int, optional
            Time of the map.
        trusted : bool, optional
            Whether heights within the Moon's limits are taken as they are: no number for a void,
            and none for kilometres.

        Raises
        ------
        ElevationError
            If the shape is impossible or that of points, the cell size or a height is impossible,
            nothing was seen, a number stands for no height, or the heights are so flat or so
            steep that they, or the cells, cannot be metres.
        """
        cell_m = _checked_cell(cell_m)
        north_size = cell_m if cell_north_m is None else _checked_cell(cell_north_m)
        try:
            held = plain_array(heights, (north_size, cell_m))
            _refuse_points(held.shape)
            grid = np.array(held, dtype=np.float32, order="C")
        except ElevationError:
            raise
        except (TypeError, ValueError) as why:
            raise ElevationError(f"heights that are no metres: {why}") from None
        if grid.ndim != 2 or grid.size == 0:
            raise ElevationError(
                f"heights of shape {grid.shape}: give a two-dimensional array of heights in metres"
            )
        seen = np.isfinite(grid)
        if not seen.any():
            raise ElevationError("no height is finite: the map holds nothing that was seen")
        grid[~seen] = np.nan
        wrong = limits_error(grid, None, "none")
        if wrong is None and not trusted:
            wrong = void_error(grid, min(cell_m, north_size), None, "none")
            wrong = wrong or array_unit_error(grid, (north_size, cell_m))
        if wrong is not None:
            raise ElevationError(f"the map {wrong}")
        nowhere = np.zeros(grid.shape, np.bool_)
        corner = _checked_place(east_m, "east_m"), _checked_place(north_m, "north_m")
        return cls(grid, cell_m, *corner, frame, tick, seen, nowhere, north_size)

    def measured_only(self) -> ElevationMap:
        """Return the map with its interpolated cells unseen.

        Returns
        -------
        ElevationMap
            With NaN for every height that was interpolated.

        Examples
        --------
        >>> import numpy as np
        >>> from farside.terrain import ElevationMap
        >>> east, north = np.meshgrid(np.arange(5.0), np.arange(5.0))
        >>> points = np.stack([east, north, np.ones((5, 5))], -1).reshape(-1, 3)
        >>> ground = ElevationMap.from_points(np.delete(points, 12, axis=0), 1.0)  # without (2, 2)
        >>> float(ground.heights[2, 2]), float(ground.measured_only().heights[2, 2])
        (1.0, nan)
        """
        heights = np.where(self.interpolated, np.float32(np.nan), self.heights)
        return replace(
            self,
            heights=heights,
            seen=self.seen & ~self.interpolated,
            interpolated=np.zeros_like(self.interpolated),
        )

    @classmethod
    def from_points(
        cls,
        points: ArrayLike,
        cell_m: float,
        *,
        cell_north_m: float | None = None,
        shape: tuple[int, int] | None = None,
        east_m: float | None = None,
        north_m: float | None = None,
        frame: str = "local",
        tick: int = 0,
    ) -> ElevationMap:
        """Grid scattered returns: each feeds its four cells with bilinear weights.

        A cell's height is the weighted mean of the returns within one cell of it, a triangular
        window two cells wide at half height one: noise goes down (0.8 of a return's at one return
        per 1.2 cells), and a rock of three cells keeps its height. Cells without a return near
        are unseen. A single unseen cell whose four edge neighbours were measured takes their mean
        and is flagged (`measured_only` takes it out); larger holes stay unseen.

        Parameters
        ----------
        points : array_like
            (N, 3) east, north, up [m]; rows that are masked or not finite are no return.
        cell_m : float
            Cell size [m]; along east, if cells are not square.
        cell_north_m : float, optional
            Cell size along north [m]; by default cells are square.
        shape : two ints, optional
            Rows and columns; by default what the points cover.
        east_m, north_m : float, optional
            Centre of cell [0, 0] [m]; by default the grid is centred on the points.
        frame : str, optional
            Name of the frame.
        tick : int, optional
            Time of the map.

        Raises
        ------
        ElevationError
            If the points are not (N, 3) or are stored too coarsely for the cells, the cell size or
            a height on the grid is impossible, or nothing fell on it.
        """
        cloud = _cloud(points)
        cell_m = _checked_cell(cell_m)
        north_size = cell_m if cell_north_m is None else _checked_cell(cell_north_m)
        _check_precision(points, min(cell_m, north_size))
        if shape is not None:
            shape = _checked_shape(shape)
        if shape is None or east_m is None or north_m is None:
            shape, east_m, north_m = _grid_over(cloud, (cell_m, north_size), shape, east_m, north_m)
        _check_heights(cloud, (cell_m, north_size), shape, east_m, north_m)
        sums = np.zeros((*shape, 2), np.float32)
        reference_m = _some_height_m(cloud)
        first_m = (east_m, north_m)
        if not splat_points(cloud, first_m, (cell_m, north_size), reference_m, sums):
            raise ElevationError(_NOTHING_FELL)
        heights = np.empty(shape, np.float32)
        seen = np.empty(shape, np.uint8)
        interpolated = np.zeros(shape, np.uint8)
        mean_heights(sums, LEAST_WEIGHT, reference_m, heights, seen)
        if not seen.any():
            raise ElevationError("no cell has a return near its centre: take larger cells")
        fill_single_holes(heights, seen, interpolated)
        return cls(
            heights,
            cell_m,
            east_m,
            north_m,
            frame,
            tick,
            seen.view(np.bool_),
            interpolated.view(np.bool_),
            north_size,
        )


def _grid_over(
    cloud: NDArray[np.float64],
    cell_m: tuple[float, float],
    shape: tuple[int, int] | None,
    east_m: float | None,
    north_m: float | None,
) -> tuple[tuple[int, int], float, float]:
    """Return shape and first cell of a grid over points, as far as they are not given."""
    low_east, high_east = _extent(cloud[:, 0])
    low_north, high_north = _extent(cloud[:, 1])
    if shape is None:
        cols = int((high_east - low_east) / cell_m[0]) + 1
        shape = (int((high_north - low_north) / cell_m[1]) + 1, cols)
        _check_count(shape)
    if east_m is None:
        east_m = 0.5 * (low_east + high_east - (shape[1] - 1) * cell_m[0])
    if north_m is None:
        north_m = 0.5 * (low_north + high_north - (shape[0] - 1) * cell_m[1])
    return shape, east_m, north_m


def _check_heights(
    cloud: NDArray[np.float64],
    cell_m: tuple[float, float],
    shape: tuple[int, int],
    east_m: float,
    north_m: float,
) -> None:
    """Refuse heights on the grid that are beyond the Moon's; those beside it do not matter."""
    if limits_error(cloud[:, 2]) is None:
        return
    col, row = (cloud[:, 0] - east_m) / cell_m[0], (cloud[:, 1] - north_m) / cell_m[1]
    on = (col > -1.0) & (col < shape[1]) & (row > -1.0) & (row < shape[0])
    wrong = limits_error(cloud[on, 2], None, "none")
    if wrong is not None:
        raise ElevationError(f"the cloud {wrong}")


def _refuse_points(shape: tuple[int, ...]) -> None:
    """Refuse points in the place of a map: (N, 3), (N, 4), (3, N), (4, N)."""
    if len(shape) == 2 and min(shape) in (3, 4) and max(shape) >= _MANY:
        raise ElevationError(
            f"heights of shape {shape}: these look like points, not a map; give (N, 3) east, "
            "north, up to ElevationMap.from_points"
        )


def _cloud(points: ArrayLike) -> NDArray[np.float64]:
    """Return points as (N, 3) doubles, NaN where they are masked."""
    try:
        held = plain_array(points)
    except ValueError as why:
        raise ElevationError(f"points that are no metres: {why}") from None
    if held.dtype.names or held.ndim != 2 or held.shape[1] != 3:
        what = f"records of {', '.join(held.dtype.names)}" if held.dtype.names else "points"
        turned = held.ndim == 2 and held.shape[0] == 3
        raise ElevationError(
            f"{what} of shape {held.shape}: give (N, 3) east, north and up in metres"
            + (", here array.T" if turned else "")
        )
    return np.ascontiguousarray(held, dtype=np.float64)


def _check_precision(points: ArrayLike, cell_m: float) -> None:
    """Refuse places of single or half precision that are far from the origin."""
    dtype = getattr(points, "dtype", None)
    if dtype is None or dtype.kind != "f" or dtype.itemsize >= 8:
        return
    place = np.abs(np.asarray(points)[:, :2])
    place = place[np.isfinite(place)]
    step = float(np.spacing(place.max())) if len(place) else 0.0
    if step > _COARSE_SHARE * cell_m:
        raise ElevationError(
            f"points stored to {step:.3g} m for cells of {cell_m:g} m: take an offset off before "
            "they become single precision, or give doubles"
        )


def _checked_cell(cell_m: Any) -> float:
    side_m = given_length(cell_m)
    if not 0.0 < side_m < AROUND_M:
        raise ElevationError(
            f"a cell of {cell_m} m: give one positive number of metres, less than round the Moon"
        )
    return side_m


def _checked_place(at_m: Any, name: str) -> float:
    place_m = given_length(at_m)
    if not abs(place_m) < 10.0 * AROUND_M:  # projections may count from afar
        raise ElevationError(f"{name} {at_m}: give where the map begins, in metres from the site")
    return place_m


def _checked_shape(shape: Any) -> tuple[int, int]:
    """Return (rows, columns) as two whole numbers."""
    try:
        rows, cols = (operator.index(n) for n in shape)
    except (TypeError, ValueError):
        raise ElevationError(
            f"a map of shape {shape}: give two whole numbers, rows and columns"
        ) from None
    if min(rows, cols) < 1:
        raise ElevationError(f"a map of {rows} x {cols} cells: give at least one cell")
    _check_count((rows, cols))
    return rows, cols


def _check_count(shape: tuple[int, int]) -> None:
    if shape[0] * shape[1] > _MOST_CELLS:
        raise ElevationError(
            f"a map of {shape[0]} x {shape[1]} cells for what the points cover, more than "
            f"{_MOST_CELLS:.0e}: take larger cells, or remove strays"
        )


def _extent(coordinate: NDArray[np.float64]) -> tuple[float, float]:
    """Return the lowest and highest finite value [m]."""
    low, high = float(coordinate.min(initial=np.inf)), float(coordinate.max(initial=-np.inf))
    if not (np.isfinite(low) and np.isfinite(high)):
        finite = coordinate[np.isfinite(coordinate)]
        if len(finite) == 0:
            raise ElevationError("no return is finite: the scan saw nothing")
        low, high = float(finite.min()), float(finite.max())
    return low, high


def _some_height_m(cloud: NDArray[np.float64]) -> float:
    """Return the height of the first return that the Moon can have, in whole metres.

    Sums about it lose nothing in single precision; about a stray's beside the map they lose all.
    """
    up = cloud[:, 2]
    possible = (up >= LOWEST_M) & (up <= HIGHEST_M)
    if possible.any():
        return float(np.floor(up[possible.argmax()]))
    if np.isfinite(up).any():
        raise ElevationError(_NOTHING_FELL)
    raise ElevationError("no return is finite: the scan saw nothing")
