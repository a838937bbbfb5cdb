"""The measured ground at a coarse posting."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from farside.ground.arcs import Arcs
from farside.ground.grid import Grid

Array = NDArray[np.float64]


class MeasuredGrid(NamedTuple):
    """The measured ground at a coarse posting: what a map made before the flight can hold.

    Rows run along v, columns along u; the first node is at (v0_m, u0_m).

    Attributes
    ----------
    heights_m : ndarray, (rows, cols)
        Above the radius of the ground, averaged over a cell [m].
    rms_m : ndarray, (rows, cols)
        Of what the average took away [m].
    u0_m, v0_m : float
        Arc of node [0, 0] along and across the track, from the site [m].
    cell_m : float
        Size of a cell, both ways [m].
    arc_m : float
        Radius of the sphere that carries u and v [m].
    along_site, across_site : ndarray, (3,)
        Unit vectors of u and v at the site, site axes [-].

    Examples
    --------
    >>> from farside.ground import Ground
    >>> from farside.mission import load_mission
    >>> grid = Ground(load_mission("chang-e-6")).measured_grid(2000.0)
    >>> grid.cell_m, grid.heights_m.shape  # a whole multiple of the corridor's posting
    (1900.0, (43, 422))
    """

    heights_m: Array
    rms_m: Array
    u0_m: float
    v0_m: float
    cell_m: float
    arc_m: float
    along_site: Array
    across_site: Array


def measured_grid(
    corridor: Grid | None, arcs: Arcs, radius_m: float, cell_m: float
) -> MeasuredGrid:
    """Average the measured corridor to a coarse posting.

    Parameters
    ----------
    corridor : Grid or None
        None on a flat ground: zeros, 2 x 2 nodes over the corridor.
    arcs : Arcs
    radius_m : float
        Of the site, which heights count from.
    cell_m : float
        The posting wanted [m]; the nearest whole multiple of the corridor's is taken.
    """
    along, across, _ = arcs.axes
    if corridor is None:
        zero = np.zeros((2, 2))
        return MeasuredGrid(zero, zero.copy(), -8e5, -8e5, 1.6e6, arcs.arc_m, along, across)
    many = max(round(cell_m / corridor.cell), 1)
    heights, rms = _averaged(corridor, many)
    middle = 0.5 * (many - 1) * corridor.cell
    return MeasuredGrid(
        heights + (arcs.arc_m - radius_m),
        rms,
        corridor.u0 + middle,
        corridor.v0 + middle,
        many * corridor.cell,
        arcs.arc_m,
        along,
        across,
    )


@lru_cache(maxsize=4)
def _averaged(grid: Grid, many: int) -> tuple[Array, Array]:
    """Return mean and deviation of a grid over blocks of many x many nodes; both read-only.

    Every seed of a mission has the same corridor.
    """
    rows, cols = (n // many for n in grid.heights.shape)
    blocks = grid.heights[: rows * many, : cols * many].reshape(rows, many, cols, many)
    mean = blocks.mean(axis=(1, 3), dtype=np.float64)
    rms = blocks.std(axis=(1, 3), dtype=np.float64)
    mean.flags.writeable = rms.flags.writeable = False
    return mean, rms
