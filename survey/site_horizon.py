"""The terrain's horizon round one place, from an eye at any height."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import rasterio
from numpy.typing import NDArray

from farside.raster import MOON_RADIUS_M, Dem, whole_moon
from farside.survey.errors import SurveyError, check_place
from farside.survey.geometry import Geometry, lunar_geometry
from farside.survey.horizon import Horizons, sweep_block
from farside.survey.horizon_planes import RasterPlane
from farside.survey.horizon_setup import cell_at, ground_of, look_of, open_file
from farside.survey.horizon_sweep import Look

Array = NDArray[np.float64]
Heights = str | Path | Dem
Place = tuple[float, float]

AZIMUTHS, CELLS, REACH_M = 360, 64, 400e3
#: Of the Moon above the sphere of 1737.4 km, less than.
HIGHEST_M = 11e3

_MOON_CELL_M = 1895.0  # half a post of the whole-Moon DEM at the equator
_MOON_CELLS = 33


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
    # d = R acos(R / (R + h)): of the eye, and of the highest ground behind that
    heights = max(eye_m, 0.0), HIGHEST_M
    far_m = sum(MOON_RADIUS_M * math.acos(MOON_RADIUS_M / (MOON_RADIUS_M + h)) for h in heights)
    look = look_of(azimuths, eye_m, max(REACH_M, far_m), CELLS)
    found = horizon_at((latitude_deg, longitude_deg), look, dems)
    azimuth, elevation = found.profile(0, 0)
    return Skyline(azimuth, elevation, float(found.heights_m[0, 0]), found.notes)


def horizon_at(place: Place, look: Look, dems: Sequence[Heights] = ()) -> Horizons:
    """Return the horizon of one cell: of the finest raster that holds a place, or of the Moon.

    Parameters
    ----------
    place : (latitude, longitude)
        Planetocentric [deg].
    look : Look
    dems : sequence of paths or Dem
        The finest that holds the place gives the cell, the others what is beyond.

    Raises
    ------
    SurveyError, RasterError
        One line.
    """
    check_place(*place, "place")
    base, others = finest(place, dems)
    with ExitStack() as stack:
        source: Any = MoonAbout(place)
        if base is not None:
            source = stack.enter_context(open_file(base))
        block = cell_at(source, *place), (1, 1)
        mosaic, notes = ground_of(source, others, True, look, block, stack)
        if base is None and dems:
            held = "No raster given holds the place: its cell is of the whole-Moon DEM."
            notes = (held, *notes)
        return sweep_block(source, mosaic, look, *block, notes, lambda _stage, _done: None)


def ground_height_m(
    latitude_deg: float, longitude_deg: float, dems: Sequence[Heights] = ()
) -> float:
    """Return the height of the ground at a place above the sphere of 1737.4 km [m].

    Of the finest raster that knows it, else of the whole-Moon DEM.
    """
    place = latitude_deg, longitude_deg
    base, _ = finest(place, dems)
    if base is not None:
        with open_file(base) as source:
            row, col = cell_at(source, *place)
            height = float(source.read(row, row + 1, col, col + 1)[0, 0])
        if np.isfinite(height):
            return height
    return float(whole_moon().sample(latitude_deg, longitude_deg, cubic=True))


def finest(place: Place, dems: Sequence[Heights]) -> tuple[Heights | None, list[Heights]]:
    """Return the finest raster that holds a place, and the others."""
    best: tuple[float, int] | None = None
    for k, path in enumerate(dems):
        with open_file(path) as held:
            try:
                cell_at(held, *place)
            except SurveyError:
                if held.geometry.projection is None:
                    raise
                continue
            post = held.geometry.middle.down_m
        if best is None or post < best[0]:
            best = post, k
    if best is None:
        return None, list(dems)
    return dems[best[1]], [path for k, path in enumerate(dems) if k != best[1]]


class MoonAbout:
    """The whole-Moon DEM about a place, on square cells of its own."""

    name = "whole-Moon DEM"
    spacing_m = 0.0
    notes = (
        "The whole-Moon DEM has 3.8 km between posts: what is smaller does not stand in the way. "
        "Its heights are those of `mission check`; a flight lays synthetic detail on them.",
    )

    def __init__(self, place: tuple[float, float]) -> None:
        """Sample the DEM.

        Raises
        ------
        SurveyError
            No place on the Moon.
        """
        if not (abs(place[0]) <= 90.0 and np.isfinite(place[1])):
            raise SurveyError(f"a place at {place[0]}, {place[1]}: give degrees N and E")
        plane = pyproj.CRS.from_user_input(
            f"+proj=stere +lat_0={place[0]!r} +lon_0={place[1]!r} +R={MOON_RADIUS_M:.0f} +units=m"
        )
        half = 0.5 * _MOON_CELLS * _MOON_CELL_M
        transform = rasterio.Affine(_MOON_CELL_M, 0.0, -half, 0.0, -_MOON_CELL_M, half)
        shape = _MOON_CELLS, _MOON_CELLS
        self.geometry: Geometry = lunar_geometry(shape, plane, transform, self.name)
        col, row = np.meshgrid(np.arange(shape[1]), np.arange(shape[0]))
        units = RasterPlane(self.geometry).units(col, row)
        longitude = np.degrees(np.arctan2(units[..., 1], units[..., 0]))
        latitude = np.degrees(np.arcsin(np.clip(units[..., 2], -1.0, 1.0)))
        self._heights = whole_moon().sample(latitude, longitude, cubic=True).astype(np.float32)

    def read(self, top: int, bottom: int, left: int, right: int) -> NDArray[np.float32]:
        """Return heights [m] of a window."""
        return np.ascontiguousarray(self._heights[top:bottom, left:right])
