"""Elevation data as one thing: heights read by windows, on a grid whose geometry is known."""

from __future__ import annotations

import struct
import tokenize
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from rasterio.errors import RasterioError

from farside.raster.arrays import given_array, given_length
from farside.raster.coordinates import check_sides
from farside.raster.heights import (
    PATCH,
    Ways,
    limits_error,
    patch_starts,
    problem_of_most,
    step_note,
    step_of,
    unit_error,
    void_error,
)
from farside.raster.raster import MOON_RADIUS_M
from farside.raster.units import metres_per
from farside.survey.arrays import cloud_of
from farside.survey.cloud import MOST_POINTS, Cloud
from farside.survey.errors import SurveyError
from farside.survey.geometry import Geometry, local_geometry, lunar_geometry, southwards
from farside.survey.kinds import ACCEPTED, Kind, is_known, kind_of
from farside.survey.points import grid_points

_MOST_CELLS = 10**11

Image = NDArray[np.float32]


class Source(Protocol):
    """Heights on a grid."""

    @property
    def name(self) -> str:
        """What to call it in a message."""
        ...

    @property
    def geometry(self) -> Geometry:
        """Its cells on the ground."""
        ...

    @property
    def spacing_m(self) -> float:
        """Distance of neighbouring places that were measured [m]; 0 where heights were posted."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """What was assumed, converted or left out, in sentences."""
        ...

    def read(self, top: int, bottom: int, left: int, right: int) -> Image:
        """Return heights [m] of a window, NaN where there are none."""
        ...


@dataclass(frozen=True, eq=False)
class ArraySource:
    """Heights in memory, or in a .npy file of which only the windows asked for are."""

    name: str
    geometry: Geometry
    heights: NDArray[Any] | Path
    spacing_m: float = 0.0
    notes: tuple[str, ...] = ()
    metres: float = 1.0
    """In one of the stored units."""
    nodata: float | None = None
    """A stored number that stands for no height."""
    declared: bool = False
    """The unit came with the heights, or was given."""
    trusted: bool = False
    """The unit was given: within the Moon's limits, numbers are heights."""
    ways: Ways = "arguments"

    def read(self, top: int, bottom: int, left: int, right: int) -> Image:
        """Return heights [m] of a window, NaN where there are none, in C order.

        Raises
        ------
        SurveyError
            Heights that the Moon has not, or a number for no height that nobody declared.
        """
        held = self.heights
        if isinstance(held, Path):
            # mapped anew each time: pages once read would count as memory used
            held = np.load(held, mmap_mode="r", allow_pickle=False)
        stored = held[top:bottom, left:right]
        missing = ~np.isfinite(stored)
        if self.nodata is not None:
            missing |= np.isclose(stored, self.nodata, rtol=1e-6, atol=0.0)
        if self.metres == 1.0:
            window = np.array(stored, np.float32, order="C")
        else:
            window = np.array(stored * np.float64(self.metres), np.float32, order="C")
        window[missing] = np.nan
        numbers = np.array(stored, np.float64)
        numbers[missing] = np.nan
        problem = limits_error(window, numbers, self.ways)
        if problem is None and not self.trusted:
            problem = void_error(window, self.geometry.finest_m, numbers, self.ways)
        if problem is not None:
            raise SurveyError(f"{self.name}: {problem}")
        return window

    def look_over(self) -> ArraySource:
        """Refuse heights whose spread cannot be metres; give the source back.

        Raises
        ------
        SurveyError
            One line that names the factor and the way to declare the unit.
        """
        rows, cols = self.geometry.shape
        told, parts = [], []
        for top in patch_starts(rows):
            for left in patch_starts(cols):
                part = self.read(top, min(top + PATCH, rows), left, min(left + PATCH, cols))
                band = self.geometry.band_at(top, left)
                parts.append(part)
                if not (self.trusted or self.declared) and np.isfinite(part).any():
                    told.append(unit_error(part, (band.down_m, band.across_m), self.ways))
        problem = problem_of_most(told)
        if problem is not None:
            raise SurveyError(f"{self.name}: {problem}")
        if self.spacing_m > 0.0:
            return self
        step_m = self._step_m(parts)
        return replace(self, notes=(*self.notes, *step_note(step_m, self.geometry.finest_m)))

    def _step_m(self, parts: list[Image]) -> float:
        """Return how finely heights are stored [m]."""
        held = self.heights
        if isinstance(held, Path):
            held = np.load(held, mmap_mode="r", allow_pickle=False)
        stored = [np.asarray(part, np.float64) / self.metres for part in parts]
        return step_of(stored, held.dtype) * self.metres


@dataclass(frozen=True, eq=False)
class RasterSource:
    """A georeferenced raster."""

    name: str
    geometry: Geometry
    windows: Any
    spacing_m: float = 0.0
    notes: tuple[str, ...] = ()

    def read(self, top: int, bottom: int, left: int, right: int) -> Image:
        """Return heights [m] of a window, NaN where there are none."""
        window: Image = self.windows.read(top, bottom, left, right)
        return window


@contextmanager
def open_source(
    path: Path, cell_m: float | None, unit: str | None = None, nodata: float | None = None
) -> Iterator[Source]:
    """Open elevation data of any kind.

    Parameters
    ----------
    path : Path
        `.npy`: heights [m], rows northwards, or an (N, 3) point cloud of east, north, up [m];
        `.las`, `.laz`, `.ply`, `.csv`, `.xyz`, `.txt`: a point cloud; anything else: a raster in a
        lunar CRS that GDAL reads.
    cell_m : float or None
        Cell size [m]: what a `.npy` and a point cloud need, and a raster has.
    unit : str, optional
        What heights are in, whatever a file says, by a name that `farside.raster.units` knows; by
        default what a raster says, and else metres, unless they cannot be.
    nodata : float, optional
        A stored number that stands for no height, beside those that a file declares.

    Raises
    ------
    SurveyError, RasterError, ElevationError
        One line that says what is wrong and what to do.
    """
    kind = kind_of(path)
    if cell_m is not None and not 0.0 < cell_m < MOON_RADIUS_M:
        raise SurveyError(
            f"--cell {cell_m:g}: give the side of a cell in metres, above 0 and below the Moon's "
            "radius"
        )
    if kind is not Kind.RASTER:
        if cell_m is None:
            raise SurveyError(
                f"{path.name}: does not say how large its cells are; give --cell in metres"
            )
        if kind is Kind.ARRAY:
            yield _open_npy(path, cell_m, unit, nodata)
        else:
            yield _open_cloud(path, kind, cell_m, unit, nodata)
        return
    if cell_m is not None and is_known(path):
        raise SurveyError(f"{path.name}: a raster has its own cell size; leave --cell out")

    # GDAL and PROJ take a fifth of a second to load
    from farside.raster import RasterError
    from farside.raster.windows import raster_windows

    with ExitStack() as stack:
        try:
            windows = stack.enter_context(raster_windows(path, unit, nodata))
        except RasterError as why:
            if is_known(path) or not isinstance(why.__cause__, RasterioError):
                raise
            raise SurveyError(f"{path.name}: is of no kind that is read; give {ACCEPTED}") from None
        if cell_m is not None:
            raise SurveyError(f"{path.name}: a raster has its own cell size; leave --cell out")
        geometry = lunar_geometry(
            windows.shape, windows.projection, windows.transform, windows.name
        )
        yield RasterSource(windows.name, geometry, windows, notes=windows.notes)


def array_source(
    heights: Any,
    cell_m: float,
    name: str = "heights",
    unit: str | None = None,
    nodata: float | None = None,
) -> ArraySource:
    """Take heights in memory, (rows northwards, columns eastwards) of square cells.

    Parameters
    ----------
    heights : array_like
        See `farside.raster.arrays.given_array`: what is masked there is unknown. The rows of an
        xarray whose y falls run southwards.
    cell_m : float
        Side of a cell [m].
    name : str
        What to call it in a message.
    unit, nodata : optional
        As `open_source` takes them.

    An (N, 3) array, or one with the fields x, y, z, is a point cloud, and is gridded.

    Raises
    ------
    SurveyError
        A shape, a type, a unit or a cell size that cannot be.
    """
    side_m = given_length(cell_m)
    if not 0.0 < side_m < np.inf:
        raise SurveyError(
            f"{name}: a cell of {cell_m} m; give the side of a square cell as one number of metres "
            "above 0 (oblong cells need a GeoTIFF)"
        )
    cell_m = side_m
    _check_nodata(nodata, name)
    try:
        given = given_array(heights)
        check_sides(given.sides_m, (cell_m, cell_m))
    except ValueError as why:
        raise SurveyError(f"{name}: {why}") from None
    held = given.values
    said = given.unit if unit is None else unit
    cloud = cloud_of(held, name)
    if cloud is not None:
        return _gridded(cloud, cell_m, said, nodata, "arguments")
    _check_array(held, name)
    geometry = local_geometry(held.shape, cell_m)
    if given.southwards:
        geometry = southwards(geometry)
    return ArraySource(
        name,
        geometry,
        held,
        metres=_metres(said, name, "arguments"),
        nodata=nodata,
        declared=said is not None,
        trusted=unit is not None,
        ways="arguments",
    ).look_over()


def _check_nodata(nodata: Any, name: str) -> None:
    if nodata is not None and np.asarray(nodata).dtype.kind not in "iuf":
        raise SurveyError(f"{name}: nodata={nodata!r}: give the number that stands for no height")


def _metres(unit: str | None, name: str, ways: Ways) -> float:
    if unit is None:
        return 1.0
    try:
        return metres_per(unit)
    except ValueError as why:
        way = "--unit m" if ways == "flags" else "unit='m'"
        raise SurveyError(f"{name}: {why}; or leave it out for metres ({way})") from None


def _open_cloud(
    path: Path, kind: Kind, cell_m: float, unit: str | None, nodata: float | None
) -> ArraySource:
    """Read a point cloud with the reader of its kind, and grid it."""
    if kind is Kind.LAS:
        from farside.survey.las import read_las

        return _gridded(read_las(path), cell_m, unit, nodata, "flags")
    if kind is Kind.PLY:
        from farside.survey.ply import read_ply

        return _gridded(read_ply(path), cell_m, unit, nodata, "flags")
    from farside.survey.text import read_text

    # a header may name a unit, which is applied, or overruled, where it is read
    z_m = None if unit is None else _metres(unit, path.name, "flags")
    cloud = read_text(path, z_m, nodata)
    return _gridded(cloud, cell_m, None if unit is None else "m", None, "flags")


def _gridded(
    cloud: Cloud, cell_m: float, unit: str | None, nodata: float | None, ways: Ways
) -> ArraySource:
    """Grid a cloud; the unit is that of its heights."""
    z_m = None if unit is None else _metres(unit, cloud.name, ways)
    grid = grid_points(cloud, cell_m, z_m, nodata, ways)
    return ArraySource(cloud.name, *grid, trusted=unit is not None, ways=ways).look_over()


def _open_npy(
    path: Path, cell_m: float, unit: str | None = None, nodata: float | None = None
) -> ArraySource:
    """Open a .npy: its header first, its numbers when they are asked for."""
    try:
        held = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, OSError, EOFError, struct.error, SyntaxError, tokenize.TokenError) as why:
        what = "holds pickled Python objects, which are not loaded"
        what = what if "objects" in str(why).lower() else "no .npy file, or one that is cut short"
        raise SurveyError(
            f"{path.name}: {what}; save it again with numpy.save as plain numbers"
        ) from None
    if not isinstance(held, np.ndarray):
        raise SurveyError(f"{path.name}: an archive; save one array of heights with numpy.save")
    if held.size > MOST_POINTS and (held.dtype.names or held.shape[1:] == (3,)):
        raise SurveyError(f"{path.name}: holds {len(held):.3g} points; cut it into pieces")
    cloud = cloud_of(held, path.name)
    if cloud is not None:
        return _gridded(cloud, cell_m, unit, nodata, "flags")
    _check_array(held, path.name)
    return ArraySource(
        path.name,
        local_geometry(held.shape, cell_m),
        path,
        metres=_metres(unit, path.name, "flags"),
        nodata=nodata,
        trusted=unit is not None,
        ways="flags",
    ).look_over()


def _check_array(held: NDArray[Any], name: str) -> None:
    if held.dtype.kind not in "iuf":
        raise SurveyError(f"{name}: holds {held.dtype} values, not heights; give numbers in metres")
    if held.ndim != 2 or min(held.shape) < 2:
        raise SurveyError(
            f"{name}: of shape {held.shape}; give (rows, columns) of heights, or (N, 3) points"
        )
    if held.size > _MOST_CELLS:
        raise SurveyError(
            f"{name}: {held.shape[0]} x {held.shape[1]} cells are more than any map of the Moon; "
            "check what it holds"
        )
