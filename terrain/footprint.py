"""The lander's footprint as a disc of cells, and its exact slope and roughness over a map."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from farside.ext.common.errors import FarsideError
from farside.ext.terrain._points import extremes, level_heights
from farside.ext.terrain.disc import DiscKernel, DiscLayout, lay_out_disc
from farside.terrain.elevation import ElevationMap

FINEST_QUANTUM_M = 2.0**-24


class FootprintError(FarsideError):
    """A footprint does not suit the map."""


def half_widths(radius_cells: float, radius_rows: float | None = None) -> NDArray[np.int32]:
    """Return the chords of the disc dx^2 + dy^2 <= R^2 + R / 2, which has 2009 cells for R = 25.

    On cells that are not square the disc is an ellipse of indices with half axes E and D:
    (e / E)^2 + (d / D)^2 <= 1 + 1 / (2 sqrt(E D)), the same where E = D = R.

    Parameters
    ----------
    radius_cells : float
        Half the footprint over the cell size, along columns.
    radius_rows : float, optional
        The same along rows, for cells that are not square.

    Returns
    -------
    (D + 1,) int32: row offset d holds columns -half_widths[d] .. half_widths[d].
    """
    stretch = 1.0 if radius_rows is None else radius_cells / radius_rows
    mean = radius_cells / math.sqrt(stretch)
    # The rim is kept against the last digit of footprint / cell.
    square = radius_cells * radius_cells * (1.0 + 0.5 / mean) + 1e-9
    rows = math.isqrt(int(square / (stretch * stretch)))
    return np.array(
        [math.isqrt(int(square - stretch * d * (stretch * d))) for d in range(rows + 1)], np.int32
    )


def chords(radius_m: float, cell_m: tuple[float, float]) -> NDArray[np.int32]:
    """Return the half widths of a disc [cells] on cells of a size along east and north [m]."""
    across, along = radius_m / cell_m[0], radius_m / cell_m[1]
    return half_widths(across, None if cell_m[0] == cell_m[1] else along)


@dataclass(frozen=True)
class Datum:
    """What the fixed-point heights of a map hang on."""

    lowest_m: float
    highest_m: float
    relief_m: float
    """At least the greatest relief under any one footprint."""


class Footprint:
    """Workspace for maps of one shape, cell and footprint: make one, use it every cycle.

    The plane comes from heights in whole quanta, a power of two of a metre chosen so that no sum
    over a footprint outgrows 32 bits: with H the greatest relief met within a footprint,

        quantum >= H max(sum|e| / 2, n) / 2^31      (2^-16 m for 3 m of relief under 5 m at 0.1 m).

    The slope it gives is off by quantum sum|e| / (2 sum e^2) cells at the very most (0.0003 deg
    for that example), and typically by quantum / sqrt(12 sum e^2) (5e-6 deg).

    Examples
    --------
    >>> import numpy as np
    >>> from farside.terrain import ElevationMap, Footprint
    >>> east = 0.1 * np.arange(101) * np.ones((101, 1))
    >>> slope = ElevationMap.from_array(east * np.tan(np.radians(5.0)), cell_m=0.1)
    >>> workspace = Footprint(slope.shape, 0.1, footprint_m=5.0)
    >>> slope_deg, roughness_m, state = workspace.measure(slope)
    >>> round(float(slope_deg[50, 50]), 3), bool(roughness_m[50, 50] < 1e-5)
    (5.0, True)
    >>> int(state[50, 50]), int(state[0, 0])  # whole; off the map
    (0, 2)
    >>> workspace.quantum_m(relief_m=3.0, map_relief_m=3.0) == 2.0**-16
    True
    """

    def __init__(
        self,
        shape: tuple[int, int],
        cell_m: float,
        footprint_m: float,
        cell_north_m: float | None = None,
        datum: Datum | None = None,
    ) -> None:
        """Lay out the disc and allocate.

        Parameters
        ----------
        shape : two ints
            Rows and columns of the maps.
        cell_m : float
            Cell size [m].
        footprint_m : float
            Diameter of the footprint [m].
        cell_north_m : float, optional
            Cell size along north [m], where cells are not square.
        datum : Datum, optional
            Of the whole map that the maps to come are windows of, so that they get its bits; by
            default each map has its own.

        Raises
        ------
        FootprintError
            If the footprint does not reach beyond one cell.
        """
        north_size = cell_m if cell_north_m is None else cell_north_m
        longest = max(cell_m, north_size)
        for size in (cell_m, north_size):
            if not (math.isfinite(size) and size > 0.0):
                raise FootprintError(f"a cell of {size} m: give a positive size in metres")
        if not (math.isfinite(footprint_m) and footprint_m >= 2.0 * longest):
            raise FootprintError(
                f"a footprint of {footprint_m} m on cells of {longest} m sees no hazard: "
                f"give one of {2.0 * longest} m or more, or a finer map"
            )
        self.shape = shape
        self.cell_m = cell_m
        self.cell_north_m = north_size
        self.footprint_m = footprint_m
        self.datum = datum
        across, along = 0.5 * footprint_m / cell_m, 0.5 * footprint_m / north_size
        oblong = cell_m != north_size
        self.half_widths = half_widths(across, along if oblong else None)
        half_heights = _by_columns(self.half_widths) if oblong else self.half_widths
        laid = _layout(tuple(self.half_widths.tolist()), tuple(half_heights.tolist()))
        self._kernel = DiscKernel(*shape, laid)
        self.cells: int = self._kernel.cells
        self._level = np.full(shape, 0.0, np.float32)
        self._unseen = np.full(shape, 0, np.uint8)
        self._half_heights = half_heights
        self._side = 2 * max(len(self.half_widths), len(half_heights)) - 1
        squares = (-(-shape[0] // self._side), -(-shape[1] // self._side))
        self._lowest = np.zeros(squares, np.float32)
        self._highest = np.zeros(squares, np.float32)

    def quantum_m(self, relief_m: float, map_relief_m: float) -> float:
        """Return the finest power of two [m] that holds every sum.

        Parameters
        ----------
        relief_m : float
            Greatest relief within any footprint [m].
        map_relief_m : float
            Relief of the whole map [m].

        Returns
        -------
        float
            [m]
        """
        # sum |e| over the disc, row by row: w (w + 1) each, both halves but the middle row once
        spread = 0
        for widths in (self.half_widths, self._half_heights):
            w = widths.astype(np.int64)
            spread = max(spread, int(2 * (w * (w + 1)).sum() - w[0] * (w[0] + 1)))
        needed = max(
            relief_m * max(0.5 * spread, self.cells) / (2.0**31 - spread), map_relief_m / 2.0**30
        )
        share, exponent = math.frexp(max(needed, 1e-30))  # the power of two at or above
        return max(FINEST_QUANTUM_M, math.ldexp(1.0, exponent - (share == 0.5)))

    def measure(
        self,
        elevation: ElevationMap,
        limit_m: float | None = None,
        quantum_m: float | None = None,
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.uint8]]:
        """Measure slope and roughness of the disc about every cell.

        Parameters
        ----------
        elevation : ElevationMap
            Map of this workspace's shape and cell.
        limit_m : float, optional
            None: roughness is the exact greatest deviation from the plane. Otherwise it is only a
            bound, on the same side of this limit [m] as the deviation; faster.
        quantum_m : float, optional
            Fixed-point step [m]; by default chosen from the map's relief.

        Returns
        -------
        slope_deg
            (rows, cols) of the least-squares plane; NaN where the footprint is not whole.
        roughness_m
            (rows, cols) greatest distance from the plane [m], along the vertical; NaN as the slope.
        state
            (rows, cols) 0 whole, 1 an unseen cell under the footprint, 2 off the map.

        Raises
        ------
        FootprintError
            If the map is of another shape or cell.
        """
        cells = (elevation.cell_east_m, elevation.cell_north_m)
        if elevation.shape != self.shape or cells != (self.cell_m, self.cell_north_m):
            raise FootprintError(
                f"a map of {elevation.shape} cells of {elevation.cell_m} m does not fit a "
                f"workspace for {self.shape} cells of {self.cell_m} m"
            )
        seen = elevation.seen.view(np.uint8)
        extremes(elevation.heights, seen, self._side, self._lowest, self._highest)
        datum = self.datum or datum_of(self._lowest, self._highest)
        reference_m = math.floor(datum.lowest_m)
        relief_m = datum.highest_m - reference_m
        quantum = quantum_m or self.quantum_m(datum.relief_m, relief_m)
        # Unseen cells take the middle height: it is never used, but keeps bounds tight.
        level_heights(
            elevation.heights, seen, reference_m, 0.5 * relief_m, self._level, self._unseen
        )
        self._kernel.load(
            self._level, self._unseen, quantum, relief_m, not bool(elevation.seen.all())
        )
        slope_deg = np.full(self.shape, np.nan, np.float32)
        roughness_m = np.full(self.shape, np.nan, np.float32)
        state = np.full(self.shape, 2, np.uint8)
        limit = -1.0 if limit_m is None else limit_m
        self._kernel.map(self.cell_m, self.cell_north_m, limit, slope_deg, roughness_m, state)
        return slope_deg, roughness_m, state


def datum_of(lowest: NDArray[np.float32], highest: NDArray[np.float32]) -> Datum:
    """Sum up a map from the extremes of squares that tile it, each at least a footprint wide.

    Parameters
    ----------
    lowest, highest : ndarray
        (rows, cols) of every square [m]; above each other (3e38, -3e38) where nothing was seen.
    """
    low, high = lowest, highest
    # Any footprint lies in two by two of the squares.
    low = np.minimum(low[:-1], low[1:]) if len(low) > 1 else low
    high = np.maximum(high[:-1], high[1:]) if len(high) > 1 else high
    low = np.minimum(low[:, :-1], low[:, 1:]) if low.shape[1] > 1 else low
    high = np.maximum(high[:, :-1], high[:, 1:]) if high.shape[1] > 1 else high
    relief = np.where(high > low, high.astype(np.float64) - low, 0.0).max()
    return Datum(float(lowest.min()), float(highest.max()), float(relief))


@lru_cache(maxsize=16)
def _layout(half_widths: tuple[int, ...], half_heights: tuple[int, ...]) -> DiscLayout:
    """Lay a disc out: 5 ms, once for every workspace of the same one."""
    return lay_out_disc(np.array(half_widths, np.int32), np.array(half_heights, np.int32))


def _by_columns(widths: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the chords of the same cells taken by columns."""
    return np.array([np.flatnonzero(widths >= e)[-1] for e in range(widths[0] + 1)], np.int32)
