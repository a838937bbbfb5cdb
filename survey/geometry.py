"""How large the cells of a grid are on the ground, and which way its columns run."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pyproj
import rasterio
from numpy.typing import NDArray
from pyproj.exceptions import ProjError

from farside.raster import MOON_RADIUS_M
from farside.survey.errors import SurveyError

_POLEWARD_DEG = 85.0  # nearer to a pole a geographic raster is all stretch
_BAND = 0.005  # cells within a band of rows differ by no more
_ACROSS = 0.02  # those from the middle of a row to its ends by no more
_SKEW = math.sin(math.radians(1.0))
_BASE_M = 30.0  # cells are measured over this much ground at least
_SAMPLES = 257

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Band:
    """Rows top to bottom (not itself) that share a cell size [m]: along rows and along columns."""

    top: int
    bottom: int
    across_m: float
    down_m: float


@dataclass(frozen=True, eq=False)
class Geometry:
    """A grid on the ground.

    Attributes
    ----------
    shape : (rows, cols)
        In the file's order.
    crs : pyproj.CRS or None
        None: a local frame of metres.
    transform : rasterio.Affine
        Corner-counted columns and rows to coordinates.
    bands : tuple of Band
        From the first row to the last.
    mirrored : bool
        Rows run north to south, as in most rasters: reversed, columns and rows are right-handed.
    turn_deg : float
        Clockwise from true north to the right-handed grid's "up", in the middle.
    """

    shape: tuple[int, int]
    crs: pyproj.CRS | None
    transform: rasterio.Affine
    bands: tuple[Band, ...]
    mirrored: bool
    turn_deg: float

    @property
    def finest_m(self) -> float:
        """Smallest side of a cell [m]."""
        return min(min(band.across_m, band.down_m) for band in self.bands)

    @property
    def coarsest_m(self) -> float:
        """Largest side of a cell [m]."""
        return max(max(band.across_m, band.down_m) for band in self.bands)

    def band_at(self, row: int) -> Band:
        """Give the band that a row is in."""
        return next(band for band in self.bands if row < band.bottom)

    def sizes_m(self, top: int, bottom: int) -> tuple[Array, Array]:
        """Give the sides of the cells of rows top to bottom: along rows, down columns [m]."""
        count = [max(0, min(b.bottom, bottom) - max(b.top, top)) for b in self.bands]
        across, down = ([getattr(b, side) for b in self.bands] for side in ("across_m", "down_m"))
        return np.repeat(across, count), np.repeat(down, count)

    def place(self, row: float, col: float) -> tuple[float, float]:
        """Give the coordinates of a cell's centre (whole numbers) in the grid's CRS or frame."""
        x, y = self.transform @ (col + 0.5, row + 0.5)
        return float(x), float(y)

    def longitude_latitude(self, row: float, col: float) -> tuple[float, float] | None:
        """Give the planetocentric place of a cell's centre [deg], longitude within 180; or None."""
        if self.crs is None:
            return None
        longitude, latitude = _degrees(self.crs, self.transform, np.array([col]), np.array([row]))
        return float((longitude[0] + 180.0) % 360.0 - 180.0), float(latitude[0])


def local_geometry(
    shape: tuple[int, int], cell_m: float, west_m: float | None = None, south_m: float | None = None
) -> Geometry:
    """Lay a grid of square cells on a local frame of metres: rows northwards, columns eastwards.

    Parameters
    ----------
    shape : (rows, cols)
    cell_m : float
        Side of a cell.
    west_m, south_m : float, optional
        The outer corner of the first cell; by default its centre is the origin.
    """
    west = -0.5 * cell_m if west_m is None else west_m
    south = -0.5 * cell_m if south_m is None else south_m
    transform = rasterio.Affine(cell_m, 0.0, west, 0.0, cell_m, south)
    return Geometry(shape, None, transform, (Band(0, shape[0], cell_m, cell_m),), False, 0.0)


def lunar_geometry(
    shape: tuple[int, int], crs: pyproj.CRS, transform: rasterio.Affine, name: str
) -> Geometry:
    """Measure the cells of a grid in a lunar CRS on the sphere of 1737.4 km.

    A step along a row and one down a column are taken to longitude and latitude, and measured as
    (R cos(lat) dlon, R dlat): metres per degree at the latitude, and any projection's scale. Rows
    are grouped in bands within which neither size changes by more than 0.5 %.

    Parameters
    ----------
    shape : (rows, cols)
    crs : pyproj.CRS
        Geographic or projected.
    transform : rasterio.Affine
        Of the raster.
    name : str
        What to call it in a message.

    Raises
    ------
    SurveyError
        Geographic and near a pole; or cells that are sheared or differ much along a row.
    """
    rows, cols = shape
    if not np.isfinite(list(transform)).all() or transform.determinant == 0.0:
        raise SurveyError(f"{name}: its cells have no size; give it a transform with gdal_edit.py")
    if crs.is_geographic:
        _check_latitudes(shape, transform, name)
    row = np.linspace(0.0, rows - 1.0, _SAMPLES)
    across, down = _steps(crs, transform, row, np.full(_SAMPLES, 0.5 * (cols - 1)))
    col = np.linspace(0.0, cols - 1.0, _SAMPLES)
    along, _ = _steps(crs, transform, np.full(_SAMPLES, 0.5 * (rows - 1)), col)
    if not all(np.isfinite(step).all() for step in (across, down, along)):
        raise SurveyError(
            f"{name}: its projection fails in places; cut it to where it is defined, or reproject"
        )
    across_m, down_m, along_m = (np.hypot(*step) for step in (across, down, along))
    middle = _SAMPLES // 2
    stretch = np.abs(along_m / along_m[middle] - 1.0).max()
    lean = np.abs(np.sum(across * down, axis=0) / (across_m * down_m)).max()
    if stretch > _ACROSS or lean > _SKEW:
        longitude, latitude = _degrees(
            crs, transform, np.array([0.5 * cols]), np.array([0.5 * rows])
        )
        what = (
            f"change by {100 * stretch:.0f} % along a row" if stretch > _ACROSS else "are sheared"
        )
        raise SurveyError(
            f"{name}: its cells {what}; reproject it to +proj=stere +lat_0={latitude[0]:.2f} "
            f"+lon_0={longitude[0]:.2f} +R={MOON_RADIUS_M:.0f}, or cut it into smaller pieces"
        )
    mirrored = _handedness(across, down, middle) < 0
    up = -down[:, middle] if mirrored else down[:, middle]
    turn_deg = math.degrees(math.atan2(up[0], up[1]))
    return Geometry(shape, crs, transform, _bands(rows, row, across_m, down_m), mirrored, turn_deg)


def _check_latitudes(shape: tuple[int, int], transform: rasterio.Affine, name: str) -> None:
    ends = [(transform @ corner)[1] for corner in ((0, 0), (0, shape[0]), (shape[1], 0))]
    nearest = max(ends, key=abs)
    if abs(nearest) > 90.0 + 1e-6:
        raise SurveyError(f"{name}: reaches {nearest:.4g} deg of latitude; check its transform")
    if abs(nearest) > _POLEWARD_DEG:
        which = "south" if nearest < 0 else "north"
        code = "IAU_2015:30135" if nearest < 0 else "IAU_2015:30130"
        raise SurveyError(
            f"{name}: reaches {abs(nearest):.4g} deg {which}, where degrees of longitude have no "
            f"width; reproject it to polar stereographic metres, e.g. gdalwarp -t_srs {code}"
        )


def _steps(
    crs: pyproj.CRS, transform: rasterio.Affine, row: Array, col: Array
) -> tuple[Array, Array]:
    """Ground covered by one cell along a row and one down a column: (2, N) east and north [m]."""
    a, b, _, d, e, _ = list(transform)[:6]
    unit = math.radians(1.0) * MOON_RADIUS_M if crs.is_geographic else 1.0
    steps = []
    for u, v, side in ((1.0, 0.0, math.hypot(a, d)), (0.0, 1.0, math.hypot(b, e))):
        half = 0.5 * max(1.0, _BASE_M / max(side * unit, 1e-9))
        lon0, lat0 = _degrees(crs, transform, col - half * u, row - half * v)
        lon1, lat1 = _degrees(crs, transform, col + half * u, row + half * v)
        turn = (lon1 - lon0 + 180.0) % 360.0 - 180.0
        east = np.radians(turn) * np.cos(np.radians(0.5 * (lat0 + lat1)))
        steps.append(MOON_RADIUS_M / (2.0 * half) * np.stack([east, np.radians(lat1 - lat0)]))
    return steps[0], steps[1]


def _degrees(
    crs: pyproj.CRS, transform: rasterio.Affine, col: Array, row: Array
) -> tuple[Array, Array]:
    """Longitudes and latitudes [deg] of cells' centres."""
    x, y = transform @ (col + 0.5, row + 0.5)
    if crs.is_geographic:
        return np.asarray(x, np.float64), np.asarray(y, np.float64)
    try:
        back = pyproj.Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True)
        longitude, latitude = back.transform(x, y)
    except ProjError:
        return np.full(len(col), np.nan), np.full(len(col), np.nan)
    return np.asarray(longitude), np.asarray(latitude)


def _handedness(across: Array, down: Array, at: int) -> float:
    return float(across[0, at] * down[1, at] - across[1, at] * down[0, at])


def _bands(rows: int, row: Array, across_m: Array, down_m: Array) -> tuple[Band, ...]:
    """Cut the rows into equal bands, as many as keep each within its share of change."""
    change = max(float(np.abs(np.diff(np.log(size))).sum()) for size in (across_m, down_m))
    steepest = max(
        float(np.abs(np.diff(np.log(size))).max()) * (_SAMPLES - 1) for size in (across_m, down_m)
    )
    count = max(1, min(rows, math.ceil(max(change, steepest) / _BAND)))
    edges = np.unique(np.linspace(0, rows, count + 1).round().astype(int))
    middles = 0.5 * (edges[:-1] + edges[1:] - 1)
    return tuple(
        Band(int(top), int(bottom), float(x), float(y))
        for top, bottom, x, y in zip(
            edges[:-1],
            edges[1:],
            np.interp(middles, row, across_m),
            np.interp(middles, row, down_m),
            strict=True,
        )
    )
