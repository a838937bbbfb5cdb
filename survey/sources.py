"""Elevation data as one thing: heights read by windows, on a grid whose geometry is known."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from rasterio.errors import RasterioError

from farside.survey.arrays import cloud_of
from farside.survey.cloud import MOST_POINTS, Cloud
from farside.survey.errors import SurveyError
from farside.survey.geometry import Geometry, local_geometry, lunar_geometry
from farside.survey.kinds import ACCEPTED, Kind, is_known, kind_of
from farside.survey.points import grid_points

_MOST_CELLS = 10**11
_TALLEST_M = 12e3  # the Moon's relief is -9.1 to +10.8 km

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
        """Give heights [m] of a window, NaN where there are none."""
        ...


@dataclass(frozen=True, eq=False)
class ArraySource:
    """Heights in memory, or in a .npy file of which only the windows asked for are."""

    name: str
    geometry: Geometry
    heights: NDArray[Any] | Path
    spacing_m: float = 0.0
    notes: tuple[str, ...] = ()

    def read(self, top: int, bottom: int, left: int, right: int) -> Image:
        """Give heights [m] of a window, NaN where there are none.

        Raises
        ------
        SurveyError
            Heights that the Moon has not.
        """
        held = self.heights
        if isinstance(held, Path):
            # mapped anew each time: pages once read would count as memory used
            held = np.load(held, mmap_mode="r", allow_pickle=False)
        window = np.array(held[top:bottom, left:right], np.float32)
        window[~np.isfinite(window)] = np.nan
        check_heights(window, self.name)
        return window


@dataclass(frozen=True, eq=False)
class RasterSource:
    """A georeferenced raster."""

    name: str
    geometry: Geometry
    windows: Any
    spacing_m: float = 0.0
    notes: tuple[str, ...] = ()

    def read(self, top: int, bottom: int, left: int, right: int) -> Image:
        """Give heights [m] of a window, NaN where there are none."""
        window: Image = self.windows.read(top, bottom, left, right)
        return window


def check_heights(heights: Image, name: str) -> None:
    """Refuse heights beyond any on the Moon.

    Raises
    ------
    SurveyError
        One line with the way out: feet, or a reference to take off.
    """
    highest = float(np.nanmax(np.abs(heights), initial=0.0))
    if highest > _TALLEST_M:
        raise SurveyError(
            f"{name}: holds a height of {highest:.4g} m, and the Moon's are -9.1 to 10.8 km: if it "
            "is in feet multiply it by 0.3048, if it is a radius take the reference off, and put "
            "NaN where a number stands for no height"
        )


@contextmanager
def open_source(path: Path, cell_m: float | None) -> Iterator[Source]:
    """Open elevation data of any kind.

    Parameters
    ----------
    path : Path
        `.npy`: heights [m], rows northwards, or an (N, 3) point cloud of east, north, up [m];
        `.las`, `.laz`, `.ply`, `.csv`, `.xyz`, `.txt`: a point cloud; anything else: a raster in a
        lunar CRS that GDAL reads.
    cell_m : float or None
        Cell size [m]: what a `.npy` and a point cloud need, and a raster has.

    Raises
    ------
    SurveyError, RasterError, ElevationError
        One line that says what is wrong and what to do.
    """
    kind = kind_of(path)
    if cell_m is not None and not (np.isfinite(cell_m) and cell_m > 0.0):
        raise SurveyError(f"--cell {cell_m:g}: give the side of a cell in metres, above 0")
    if kind is not Kind.RASTER:
        if cell_m is None:
            raise SurveyError(
                f"{path.name}: does not say how large its cells are; give --cell in metres"
            )
        if kind is Kind.ARRAY:
            yield _open_npy(path, cell_m)
        else:
            yield _gridded(_read_cloud(path, kind), cell_m)
        return
    if cell_m is not None and is_known(path):
        raise SurveyError(f"{path.name}: a raster has its own cell size; leave --cell out")

    # GDAL and PROJ take a fifth of a second to load
    from farside.raster import RasterError
    from farside.raster.windows import raster_windows

    with ExitStack() as stack:
        try:
            windows = stack.enter_context(raster_windows(path))
        except RasterError as why:
            if is_known(path) or not isinstance(why.__cause__, RasterioError):
                raise
            raise SurveyError(f"{path.name}: is of no kind that is read; give {ACCEPTED}") from None
        if cell_m is not None:
            raise SurveyError(f"{path.name}: a raster has its own cell size; leave --cell out")
        geometry = lunar_geometry(windows.shape, windows.crs, windows.transform, windows.name)
        yield RasterSource(windows.name, geometry, windows)


def array_source(heights: NDArray[Any], cell_m: float, name: str = "heights") -> ArraySource:
    """Take heights [m] in memory, (rows northwards, columns eastwards) of square cells.

    An (N, 3) array, or one with the fields x, y, z, is a point cloud, and is gridded.

    Raises
    ------
    SurveyError
        A shape, a type or a cell size that cannot be.
    """
    if not (np.isfinite(cell_m) and cell_m > 0.0):
        raise SurveyError(f"{name}: a cell of {cell_m:g} m; give its side in metres, above 0")
    cloud = cloud_of(heights, name)
    if cloud is not None:
        return _gridded(cloud, cell_m)
    _check_array(heights, name)
    return ArraySource(name, local_geometry(heights.shape, cell_m), heights)


def _read_cloud(path: Path, kind: Kind) -> Cloud:
    """Read a point cloud with the reader of its kind."""
    if kind is Kind.LAS:
        from farside.survey.las import read_las

        return read_las(path)
    if kind is Kind.PLY:
        from farside.survey.ply import read_ply

        return read_ply(path)
    from farside.survey.text import read_text

    return read_text(path)


def _gridded(cloud: Cloud, cell_m: float) -> ArraySource:
    return ArraySource(cloud.name, *grid_points(cloud, cell_m))


def _open_npy(path: Path, cell_m: float) -> ArraySource:
    """Open a .npy: its header first, its numbers when they are asked for."""
    try:
        held = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, OSError, EOFError, struct.error, SyntaxError) as why:
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
        return _gridded(cloud, cell_m)
    _check_array(held, path.name)
    return ArraySource(path.name, local_geometry(held.shape, cell_m), path)


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
