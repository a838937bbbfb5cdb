"""The horizon of every cell of elevation data, and what Sun, Earth and relay do over it.

found = horizons("dem.tif")
light = found.visible(sun("2026-01-01..2027-01-01"))
print(light.share, light.longest_gap_h)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.raster import MOON_RADIUS_M, Dem
from farside.survey.errors import SurveyError
from farside.survey.geometry import Geometry
from farside.survey.horizon_axes import cell_axes
from farside.survey.horizon_bodies import Body, Dates, earth, mission_bodies, relay, sun
from farside.survey.horizon_mosaic import Mosaic
from farside.survey.horizon_setup import (
    AZIMUTHS,
    CELLS,
    EYE_M,
    REACH_M,
    Elevation,
    block_of,
    check_table,
    ground_of,
    look_of,
    opened,
)
from farside.survey.horizon_sweep import BlockSweep, Look
from farside.survey.horizon_visible import Visibility, visibility
from farside.survey.sources import Source

__all__ = [
    "Dates", "Horizons", "Visibility", "earth", "horizons", "mission_bodies", "relay", "sun",
]  # fmt: skip

_FEWEST_CELLS = 256  # halved once more, and no further

Array = NDArray[np.float64]
Image = NDArray[np.float32]
Progress = Callable[[str, float], Any]


@dataclass(frozen=True, eq=False)
class Horizons:
    """Horizons of a block of cells.

    Attributes
    ----------
    name : str
        Of the source.
    geometry : Geometry
        Of the whole source.
    place : (row, column)
        Of the block's first cell in the source.
    heights_m : ndarray (rows, cols)
        Of the ground above the sphere of 1737.4 km; NaN where unknown.
    bearing_deg : ndarray (A,)
        Clockwise from the grid's up, in equal steps from 0; add `turn_deg` for true azimuths.
    turn_deg : ndarray (rows, cols)
        From true north clockwise to the grid's up; 0 in a grid of latitude and longitude.
    elevation_deg : ndarray (A, rows, cols) float32
        Of the horizon above the level of the cell's own radius; NaN where its height is unknown.
    unsure : ndarray (A, rows, cols) bool, or None
        Where a hole of the source may hide a higher horizon than `elevation_deg`, were it filled
        to the highest height of the source; None where it has no hole.
    look : Look
        Eye, reach and sphere.
    notes : tuple of str
        What was assumed, in sentences.
    """

    name: str
    geometry: Geometry
    place: tuple[int, int]
    heights_m: Array
    bearing_deg: Array
    turn_deg: Array
    elevation_deg: Image
    unsure: NDArray[np.bool_] | None
    look: Look
    notes: tuple[str, ...] = ()

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the block."""
        return self.heights_m.shape[0], self.heights_m.shape[1]

    @property
    def unsure_share(self) -> Array:
        """Share of the bearings of each cell that a hole leaves unsure, (rows, cols)."""
        if self.unsure is None:
            return np.where(np.isfinite(self.heights_m), 0.0, np.nan)
        return np.where(np.isfinite(self.heights_m), self.unsure.mean(axis=0), np.nan)

    def profile(self, row: int, col: int) -> tuple[Array, Array]:
        """Return true azimuths [deg], growing from 0, and elevations [deg] of one cell's horizon.

        Parameters
        ----------
        row, col : int
            In the block.
        """
        azimuth = (self.bearing_deg + self.turn_deg[row, col]) % 360.0
        order = np.argsort(azimuth)
        return azimuth[order], self.elevation_deg[order, row, col].astype(np.float64)

    def visible(
        self, body: Body, site: tuple[float, float] | None = None, keep: bool = False
    ) -> Visibility:
        """Follow a body over the horizon of every cell.

        Parameters
        ----------
        body : Body
            Of `sun`, `earth` or `relay`.
        site : (latitude, longitude), optional
            Of the middle of heights without a CRS [deg].
        keep : bool
            Whether the share of every instant is kept.

        Returns
        -------
        Visibility

        Raises
        ------
        SurveyError
            Heights without a CRS and no site.
        """
        axes = cell_axes(self.geometry, self.place, self.heights_m, self.look, site)
        table = self.elevation_deg.reshape(len(self.bearing_deg), -1)
        return visibility(table, axes, self.shape, body, keep)


def horizons(
    source: Elevation,
    *,
    cell_m: float | None = None,
    azimuths: int = AZIMUTHS,
    eye_m: float = EYE_M,
    reach_m: float = REACH_M,
    at: tuple[float, float] | None = None,
    window: tuple[int, int, int, int] | None = None,
    far: Sequence[str | Path | Dem] = (),
    moon: bool = True,
    cells: int = CELLS,
    radius_m: float = MOON_RADIUS_M,
    progress: Progress | None = None,
) -> Horizons:
    """Return the horizon of every cell of a source in a number of azimuths.

    Parameters
    ----------
    source : path, Dem or array_like
        A raster in any lunar CRS, or heights [m] in memory with rows northwards.
    cell_m : float, optional
        Side of a cell [m], for heights in memory and `.npy`.
    azimuths : int
        8 to 3600, in equal steps from the grid's up.
    eye_m : float
        Above the ground of a cell.
    reach_m : float
        Along the sphere, at most 1000 km.
    at : (latitude, longitude), optional
        The cell at this place [deg] alone.
    window : (top, bottom, left, right), optional
        Rows and columns of the source, the ends not among them.
    far : sequence of paths
        Coarser rasters for the ground beyond the source's edge, from fine to coarse.
    moon : bool
        Whether the whole-Moon DEM (3.8 km) follows them, for a source with a CRS.
    cells : int
        That the finest level reaches, 16 to 4096; beyond are means of 4 x 4 cells, and so on.
    radius_m : float
        Of the sphere; `numpy.inf` for a plane, without a CRS only.
    progress : callable, optional
        Called as progress(stage, done).

    Returns
    -------
    Horizons

    Raises
    ------
    SurveyError, RasterError
        One line: what cannot be, and the way out.

    Examples
    --------
    >>> import numpy as np
    >>> found = horizons(np.zeros((4, 4)), cell_m=10.0, azimuths=8, eye_m=1.0, reach_m=5000.0)
    >>> [f"{angle:.1f}" for angle in found.elevation_deg[0, :, 0]]  # north: 30, 20, 10, 0 m of it
    ['-1.9', '-2.9', '-5.7', '-90.0']
    """
    look = look_of(azimuths, eye_m, reach_m, cells, radius_m)
    report = progress or (lambda _stage, _done: None)
    with opened(source, cell_m) as (held, far_sources):
        block = block_of(held, at, window)
        check_table(block[1], azimuths)
        mosaic, notes = ground_of(held, far, moon, look, block, far_sources)
        return sweep_block(held, mosaic, look, *block, notes, report)


def sweep_block(
    source: Source,
    mosaic: Mosaic,
    look: Look,
    place: tuple[int, int],
    shape: tuple[int, int],
    notes: tuple[str, ...],
    progress: Progress,
) -> Horizons:
    """Return the horizons of one block.

    Raises
    ------
    SurveyError
        No height in it, or a projection that cannot be followed.
    """
    progress("reading", 0.0)
    block, said = _laid_out(mosaic, look, place, shape)
    if not block.known.any():
        raise SurveyError(f"{source.name}: has no height there; give a place that it covers")
    count = len(look.bearings_deg)
    table = np.empty((count, *shape), np.float32)
    unsure = np.zeros(table.shape, np.bool_) if mosaic.has_holes else None
    for k, seen, doubt in block.sweep():
        table[k] = seen
        if unsure is not None and doubt is not None:
            unsure[k] = doubt
        progress("horizons", (k + 1) / count)
    geometry = source.geometry
    turn = geometry.turns(place[0], place[0] + shape[0], place[1], place[1] + shape[1])
    return Horizons(
        source.name, geometry, place, block.heights, look.bearings_deg, turn, table, unsure, look,
        (*notes, *said),
    )  # fmt: skip


def _laid_out(
    mosaic: Mosaic, look: Look, place: tuple[int, int], shape: tuple[int, int]
) -> tuple[BlockSweep, tuple[str, ...]]:
    """Lay out the levels about a block: fewer fine cells where the raster's grid bends too much.

    Near a pole a grid of degrees does: from 84.9 deg it is not followed for 120 km.
    """
    cells = look.cells
    while True:
        try:
            block = BlockSweep(mosaic, replace(look, cells=cells), place, shape)
        except SurveyError:
            if cells < _FEWEST_CELLS:
                raise
            cells //= 2
            continue
        if cells == look.cells:
            return block, ()
        return block, (
            f"Beyond {cells} cells the ground is taken by its means of 4 x 4: the raster's grid "
            "bends too much to be followed; polar stereographic metres would not.",
        )
