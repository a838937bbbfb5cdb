"""The terrain's horizon round one place, from an eye at any height."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from farside.raster import Dem
from farside.raster.moon_crs import whole_moon
from farside.survey.errors import SurveyError
from farside.survey.horizon import cell_at, ground_of, holds, look_of, opened, sweep_block
from farside.survey.horizon_sweep import Look
from farside.survey.moon_source import HALF, moon_source
from farside.survey.sources import Source

Array = NDArray[np.float64]
Cell = tuple[int, int]

AZIMUTHS, CELLS, REACH_M = 360, 64, 400e3


@dataclass(frozen=True, eq=False)
class Skyline:
    """The horizon round a place.

    Attributes
    ----------
    azimuth_deg : ndarray (A,)
        From north through east, growing from 0.
    elevation_deg : ndarray (A,)
        Of the terrain above the level of the eye.
    ground_m : float
        Height of the ground under the eye above the sphere of 1737.4 km.
    notes : tuple of str
    """

    azimuth_deg: Array
    elevation_deg: Array
    ground_m: float
    notes: tuple[str, ...] = ()

    def at(self, azimuth_deg: Array) -> Array:
        """Return the horizon [deg] in directions (N,) [deg], linear between its own."""
        return np.interp(azimuth_deg, self.azimuth_deg, self.elevation_deg, period=360.0)


def skyline(
    latitude_deg: float,
    longitude_deg: float,
    eye_m: float = 2.0,
    dems: Sequence[str | Path | Dem] = (),
    azimuths: int = AZIMUTHS,
) -> Skyline:
    """Return the horizon round a place of the Moon.

    Parameters
    ----------
    latitude_deg, longitude_deg : float
        Planetocentric [deg].
    eye_m : float
        Above the ground [m].
    dems : sequence of paths or Dem
        Rasters to lay over the whole-Moon DEM (3.8 km), from fine to coarse.
    azimuths : int
        In equal steps from north.

    Raises
    ------
    SurveyError, RasterError
        One line.

    Examples
    --------
    >>> round_site = skyline(-41.6385, 206.0148)
    >>> round_site.elevation_deg.shape
    (360,)
    """
    look = look_of(azimuths, eye_m, REACH_M, CELLS)
    for k, dem in enumerate(dems):
        with opened(dem, None) as (source, stack):
            cell = _known_cell(source, latitude_deg, longitude_deg)
            if cell is not None:
                others = [*dems[:k], *dems[k + 1 :]]
                return _swept(source, cell, look, others, stack)
    source = moon_source(latitude_deg, longitude_deg)
    with ExitStack() as stack:
        return _swept(source, (HALF, HALF), look, dems, stack)


def ground_height_m(
    latitude_deg: float, longitude_deg: float, dems: Sequence[str | Path | Dem] = ()
) -> float:
    """Return the height of the ground at a place above the sphere of 1737.4 km [m].

    Of the first raster that knows it, else of the whole-Moon DEM.
    """
    for dem in dems:
        with opened(dem, None) as (source, _):
            cell = _known_cell(source, latitude_deg, longitude_deg)
            if cell is not None:
                row, col = cell
                return float(source.read(row, row + 1, col, col + 1)[0, 0])
    return float(whole_moon().sample(latitude_deg, longitude_deg))


def _known_cell(source: Source, latitude_deg: float, longitude_deg: float) -> Cell | None:
    """Return the cell at a place where the source has a height there."""
    if source.geometry.projection is None:
        raise SurveyError(f"{source.name}: has no CRS, so it lies nowhere on the Moon")
    if not holds(source, latitude_deg, longitude_deg):
        return None
    row, col = cell_at(source, latitude_deg, longitude_deg)
    return (row, col) if np.isfinite(source.read(row, row + 1, col, col + 1)).all() else None


def _swept(
    source: Source,
    cell: Cell,
    look: Look,
    others: Sequence[str | Path | Dem],
    stack: ExitStack,
) -> Skyline:
    """Return the horizon of one cell."""
    block = (cell, (1, 1))
    mosaic, notes = ground_of(source, others, True, look, block, stack)
    found = sweep_block(source, mosaic, look, *block, notes, lambda _stage, _done: None)
    azimuth, elevation = found.profile(0, 0)
    return Skyline(azimuth, elevation, float(found.heights_m[0, 0]), found.notes)
