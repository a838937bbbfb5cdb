"""The truth of a footprint disc, in double precision and by the plainest means: no kernel is used.

A cell is judged by every height under the disc about it: the least-squares plane through all of
them, and the greatest deviation from that plane, along the vertical.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

_ROWS = 16  # rows of sites judged together: what they touch stays in the cache


def disc_cells(radius_cells: float) -> NDArray[np.intp]:
    """Return the (row, column) offsets of a footprint: dx^2 + dy^2 <= R^2 + R / 2.

    Parameters
    ----------
    radius_cells : float
        R, half the footprint over the cell: 25 gives 2009 cells.

    Returns
    -------
    ndarray, (n, 2)
    """
    reach = int(radius_cells) + 1
    span = np.arange(-reach, reach + 1)
    row, col = np.meshgrid(span, span, indexing="ij")
    # the rim is kept against the last digit of footprint / cell
    held = row**2 + col**2 <= radius_cells**2 + 0.5 * radius_cells + 1e-9
    return np.stack([row[held], col[held]], axis=-1)


class Discs(NamedTuple):
    """The disc about every cell, (rows, cols) float64 each; NaN where it leaves the map.

    The least-squares plane is mean + along row + across col, rows and columns counted from the
    middle of the disc: mean in metres, along and across in metres per cell.
    """

    slope_deg: Array
    deviation_m: Array
    along: Array
    across: Array
    mean_m: Array


def judge_discs(heights: ArrayLike, cell_m: float, footprint_m: float) -> Discs:
    """Measure the slope and the greatest deviation of the disc about every cell.

    Parameters
    ----------
    heights : array_like, (rows, cols)
        Heights [m], all known.
    cell_m : float
        Their spacing [m].
    footprint_m : float
        Diameter [m] of the disc.

    Returns
    -------
    Discs
        Slope [deg] of the least-squares plane, max |z - plane| [m], and the plane.
    """
    z = np.asarray(heights, dtype=np.float64)
    offsets = disc_cells(0.5 * footprint_m / cell_m)
    reach = int(offsets.max())
    discs = Discs(*(np.full(z.shape, np.nan) for _ in Discs._fields))
    a, b, c = planes(z, offsets)
    # every cell of the disc has its opposite, where the plane stands as far below the centre
    half = [(row, col) for row, col in offsets.tolist() if (row, col) > (0, 0)]
    for top in range(reach, z.shape[0] - reach, _ROWS):
        rows = slice(top, min(top + _ROWS, z.shape[0] - reach))
        at = slice(rows.start - reach, rows.stop - reach)
        high = z[rows, reach:-reach] - c[at]
        low = high.copy()
        tilt, part = np.empty_like(high), np.empty_like(high)
        for row, col in half:
            np.multiply(a[at], col, out=tilt)
            tilt += np.multiply(b[at], row, out=part)
            tilt += c[at]
            np.subtract(_shifted(z, rows, reach, row, col), tilt, out=part)
            np.maximum(high, part, out=high)
            np.minimum(low, part, out=low)
            tilt -= 2.0 * c[at]
            np.add(_shifted(z, rows, reach, -row, -col), tilt, out=part)
            np.maximum(high, part, out=high)
            np.minimum(low, part, out=low)
        discs.deviation_m[rows, reach:-reach] = np.maximum(high, -low)
    if a.size:
        inside = np.s_[reach:-reach, reach:-reach]
        discs.slope_deg[inside] = np.degrees(np.arctan(np.hypot(a, b) / cell_m))
        discs.across[inside], discs.along[inside], discs.mean_m[inside] = a, b, c
    return discs


def planes(z: Array, offsets: NDArray[np.intp]) -> tuple[Array, Array, Array]:
    """Fit z = a col + b row + c over the disc about every cell whose disc is on the map.

    The disc is symmetric, so that the three sums part: a = sum(col z) / sum(col^2), b alike, c
    the mean.

    Returns
    -------
    a, b, c : ndarray, (rows - 2 reach, cols - 2 reach)
        Rises [m] per cell along columns and rows, and the height [m] at the centre.
    """
    reach = int(offsets.max())
    shape = (z.shape[0] - 2 * reach, z.shape[1] - 2 * reach)
    if min(shape) < 1:
        return np.empty((0, 0)), np.empty((0, 0)), np.empty((0, 0))
    first, along, across = (np.zeros(shape) for _ in range(3))
    for top in range(0, shape[0], _ROWS):
        at = slice(top, min(top + _ROWS, shape[0]))
        rows = slice(at.start + reach, at.stop + reach)
        for row, col in offsets.tolist():
            view = _shifted(z, rows, reach, row, col)
            first[at] += view
            along[at] += col * view
            across[at] += row * view
    moment = float(np.sum(offsets[:, 1] ** 2))
    return along / moment, across / moment, first / len(offsets)


def _shifted(z: Array, rows: slice, reach: int, row: int, col: int) -> Array:
    """Return the heights a step away from the sites of some rows."""
    width = z.shape[1] - 2 * reach
    return z[rows.start + row : rows.stop + row, reach + col : reach + col + width]
