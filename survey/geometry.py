"""How large the cells of a grid are on the ground, and which way its columns run."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import pyproj
import rasterio
from numpy.typing import ArrayLike, NDArray
from pyproj.exceptions import ProjError

from farside.raster import MOON_RADIUS_M
from farside.raster.projection import LunarProjection, apply
from farside.survey.errors import SurveyError

_POLEWARD_DEG = 85.0  # nearer to a pole a geographic raster is all stretch
_BAND = 0.005  # cells within a band differ by no more
_STRETCH = 1.0  # those of a row by no more: beyond, a map is not of a neighbourhood
_SKEW = math.sin(math.radians(1.0))
_BASE_M = 30.0  # cells are measured over this much ground at least
_SAMPLES = 65  # along either side
_TURN_DEG = 1.0  # less than that, over the whole grid, is no turn
_TURN_STEP = 32  # cells between the places where the turn is computed

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Band:
    """Cells that share a size [m], along rows and along columns.

    Rows top to bottom and columns left to right, the ends not among them; `right` of 0 is the
    grid's own.
    """

    top: int
    bottom: int
    across_m: float
    down_m: float
    left: int = 0
    right: int = 0


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
        From the first row to the last, and within equal rows from the first column to the last.
    mirrored : bool
        Rows run north to south, as in most rasters: reversed, columns and rows are right-handed.
    turn_deg : float
        Clockwise from true north to the right-handed grid's "up", in the middle.
    turning : bool
        Whether that differs by more than a degree over the grid, as about a pole; see `turn_at`.
    projection : LunarProjection or None
        Of the CRS.
    """

    shape: tuple[int, int]
    crs: pyproj.CRS | None
    transform: rasterio.Affine
    bands: tuple[Band, ...]
    mirrored: bool
    turn_deg: float
    turning: bool = False
    projection: LunarProjection | None = None

    @property
    def finest_m(self) -> float:
        """Smallest side of a cell [m]."""
        return min(min(band.across_m, band.down_m) for band in self.bands)

    @property
    def coarsest_m(self) -> float:
        """Largest side of a cell [m]."""
        return max(max(band.across_m, band.down_m) for band in self.bands)

    @property
    def middle(self) -> Band:
        """The band in the middle of the grid."""
        return self.band_at(self.shape[0] // 2, self.shape[1] // 2)

    def band_at(self, row: int, col: int = 0) -> Band:
        """Return the band that a cell is in."""
        return next(b for b in self.bands if row < b.bottom and (not b.right or col < b.right))

    def sizes_m(
        self, top: int, bottom: int, left: int = 0, right: int | None = None
    ) -> tuple[Array, Array]:
        """Return the sides [m] of a window's cells, along rows and down columns: (rows, cols)."""
        right = self.shape[1] if right is None else right
        across, down = np.empty((2, bottom - top, right - left))
        for b in self.bands:
            rows = slice(max(b.top - top, 0), max(b.bottom - top, 0))
            cols = slice(max(b.left - left, 0), max((b.right or self.shape[1]) - left, 0))
            across[rows, cols], down[rows, cols] = b.across_m, b.down_m
        return across, down

    def place(self, row: float, col: float) -> tuple[float, float]:
        """Return the coordinates of a cell's centre (whole numbers) in the grid's CRS or frame."""
        x, y = apply(self.transform, col + 0.5, row + 0.5)
        return float(x), float(y)

    def longitude_latitude(self, row: float, col: float) -> tuple[float, float] | None:
        """Return the planetocentric place of a cell's centre [deg], or None; |longitude| <= 180."""
        if self.projection is None:
            return None
        longitude, latitude = _degrees(self.projection, self.transform, col, row)
        return (float(longitude) + 180.0) % 360.0 - 180.0, float(latitude)

    def turn_at(self, row: ArrayLike, col: ArrayLike) -> Array:
        """Return the angle clockwise from true north to the grid's "up" at cells [deg].

        Parameters
        ----------
        row, col : array_like
            In the file's order, broadcast together.
        """
        row, col = np.broadcast_arrays(np.asarray(row, float), np.asarray(col, float))
        if self.projection is None:
            return np.full(row.shape, self.turn_deg)
        _, down, _ = _steps(self.projection, self.transform, row, col)
        up = -down if self.mirrored else down
        return np.asarray(np.degrees(np.arctan2(up[0], up[1])), np.float64)

    def turns(self, top: int, bottom: int, left: int, right: int) -> Array:
        """Return `turn_at` for every cell of a window, from places 32 cells apart.

        Between them cos(latitude) (sin turn, cos turn) is interpolated: it is the direction to the
        pole times the distance from the axis, and smooth even at a pole, where the turn is not.
        """
        if self.projection is None or not self.turning:
            return np.full((bottom - top, right - left), self.turn_deg)
        rows, cols = (
            np.arange(first // _TURN_STEP, -(-last // _TURN_STEP) + 1, dtype=np.float64)
            * _TURN_STEP
            for first, last in ((top, bottom), (left, right))
        )
        i, j = np.meshgrid(rows, cols, indexing="ij")
        _, down, latitude = _steps(self.projection, self.transform, i, j)
        up = -down if self.mirrored else down
        pole = up / np.hypot(*up) * np.cos(np.radians(latitude))
        row, col = np.arange(top, bottom), np.arange(left, right)
        east, north = (_between(_between(part, rows, row).T, cols, col).T for part in pole)
        return np.degrees(np.arctan2(east, north))


def _between(values: Array, at: Array, places: NDArray[np.intp]) -> Array:
    """Interpolate the rows of values, known at equal distances, linearly at places."""
    first = ((places - at[0]) / _TURN_STEP).astype(np.intp)
    part = ((places - at[first]) / _TURN_STEP)[:, None]
    return np.asarray(values[first] * (1.0 - part) + values[first + 1] * part, np.float64)


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


def southwards(geometry: Geometry) -> Geometry:
    """Lay the rows of a local grid from its north edge to its south: the same ground, mirrored."""
    a, _, c, _, e, f = list(geometry.transform)[:6]
    transform = rasterio.Affine(a, 0.0, c, 0.0, -e, f + geometry.shape[0] * e)
    return replace(geometry, transform=transform, mirrored=True)


def lunar_geometry(
    shape: tuple[int, int],
    crs: pyproj.CRS | LunarProjection,
    transform: rasterio.Affine,
    name: str,
) -> Geometry:
    """Measure the cells of a grid in a lunar CRS on the sphere of 1737.4 km.

    A step along a row and one down a column are taken to points of the sphere and measured there,
    in the east and north of the cell between: any projection's scale, a pole included. Cells are
    grouped in bands within which neither size changes by more than 0.5 %, by rows and, where the
    scale changes along them, by columns.

    Parameters
    ----------
    shape : (rows, cols)
    crs : pyproj.CRS or LunarProjection
        Geographic or projected.
    transform : rasterio.Affine
        Of the raster.
    name : str
        What to call it in a message.

    Raises
    ------
    SurveyError
        Geographic and near a pole; or cells that are sheared or differ much along a row.
    RasterError
        Geocentric or rotated coordinates.
    """
    rows, cols = shape
    if not np.isfinite(list(transform)).all() or transform.determinant == 0.0:
        raise SurveyError(f"{name}: its cells have no size; give it a transform with gdal_edit.py")
    projection = crs if isinstance(crs, LunarProjection) else LunarProjection(crs, name)
    if projection.geographic:
        _check_latitudes(shape, projection, transform, name)
    row, col = (np.linspace(0.0, n - 1.0, min(n, _SAMPLES)) for n in shape)
    i, j = np.meshgrid(row, col, indexing="ij")
    across, down, _ = _steps(projection, transform, i, j)
    across_m, down_m = np.hypot(*across), np.hypot(*down)
    centre = len(row) // 2, len(col) // 2
    if not (np.isfinite(across_m[centre[0]]).all() and np.isfinite(down_m[:, centre[1]]).all()):
        raise SurveyError(
            f"{name}: its projection fails in places; cut it to where it is defined, or reproject"
        )
    stretch = float(np.nanmax(across_m[centre[0]]) / np.nanmin(across_m[centre[0]])) - 1.0
    lean = float(np.nanmax(np.abs(np.sum(across * down, axis=0) / (across_m * down_m))))
    if stretch > _STRETCH or lean > _SKEW:
        longitude, latitude = _degrees(projection, transform, 0.5 * cols, 0.5 * rows)
        what = f"change by {100 * stretch:.0f} % along a row"
        raise SurveyError(
            f"{name}: its cells {what if stretch > _STRETCH else 'are sheared'}; reproject it to "
            f"+proj=stere +lat_0={float(latitude):.2f} +lon_0={float(longitude):.2f} "
            f"+R={MOON_RADIUS_M:.0f}, or cut it into smaller pieces"
        )
    right, lower = across[:, centre[0], centre[1]], down[:, centre[0], centre[1]]
    mirrored = right[0] * lower[1] - right[1] * lower[0] < 0
    up = -down if mirrored else down
    middle = up[:, centre[0], centre[1]]
    turn_deg = math.degrees(math.atan2(middle[0], middle[1]))
    turns = np.degrees(np.arctan2(up[0], up[1])) - turn_deg
    turning = float(np.nanmax(np.abs((turns + 180.0) % 360.0 - 180.0))) > 0.5 * _TURN_DEG
    return Geometry(
        shape,
        projection.crs,
        transform,
        _bands(shape, projection, transform, across_m, down_m),
        bool(mirrored),
        turn_deg,
        turning,
        projection,
    )


def _check_latitudes(
    shape: tuple[int, int], projection: LunarProjection, transform: rasterio.Affine, name: str
) -> None:
    x, y = apply(transform, np.array([0, 0, shape[1]]), np.array([0, shape[0], 0]))
    ends = projection.to_degrees(x, y)[1]
    nearest = float(max(ends, key=abs))
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
    projection: LunarProjection, transform: rasterio.Affine, row: Array, col: Array
) -> tuple[Array, Array, Array]:
    """Ground covered by one cell along a row and one down a column: (2, ...) east, north [m].

    The chord between two points of the sphere is projected on the east and north of the point
    between them, whose latitude [deg] is the third.
    """
    a, b, _, d, e, _ = list(transform)[:6]
    longitude, latitude = (np.radians(x) for x in _degrees(projection, transform, col, row))
    sin_lon, cos_lon, sin_lat = np.sin(longitude), np.cos(longitude), np.sin(latitude)
    east = np.stack([-sin_lon, cos_lon, np.zeros_like(sin_lon)])
    north = np.stack([-sin_lat * cos_lon, -sin_lat * sin_lon, np.cos(latitude)])
    steps = []
    for u, v, side in ((1.0, 0.0, math.hypot(a, d)), (0.0, 1.0, math.hypot(b, e))):
        half = 0.5 * max(1.0, _BASE_M / max(side * projection.metres, 1e-9))
        first, last = (
            _sphere(*_degrees(projection, transform, col + sign * half * u, row + sign * half * v))
            for sign in (-1.0, 1.0)
        )
        chord = MOON_RADIUS_M / (2.0 * half) * (last - first)
        steps.append(np.stack([(chord * east).sum(axis=0), (chord * north).sum(axis=0)]))
    return steps[0], steps[1], np.degrees(latitude)


def _sphere(longitude_deg: Array, latitude_deg: Array) -> Array:
    """Return unit vectors (3, ...) of places [deg]."""
    longitude, latitude = np.radians(longitude_deg), np.radians(latitude_deg)
    across = np.cos(latitude)
    return np.stack([across * np.cos(longitude), across * np.sin(longitude), np.sin(latitude)])


def _degrees(
    projection: LunarProjection, transform: rasterio.Affine, col: ArrayLike, row: ArrayLike
) -> tuple[Array, Array]:
    """Longitudes and latitudes [deg] of cells' centres; NaN where the projection has none."""
    x, y = apply(transform, np.asarray(col) + 0.5, np.asarray(row) + 0.5)
    try:
        longitude, latitude = projection.to_degrees(x, y)
    except ProjError:
        return np.full(x.shape, np.nan), np.full(x.shape, np.nan)
    good = np.isfinite(longitude) & np.isfinite(latitude)
    return np.where(good, longitude, np.nan), np.where(good, latitude, np.nan)


def _bands(
    shape: tuple[int, int],
    projection: LunarProjection,
    transform: rasterio.Affine,
    across_m: Array,
    down_m: Array,
) -> tuple[Band, ...]:
    """Cut the grid into rows and columns of bands, as many as keep each within its change."""
    by_row = _edges(shape[0], 0, across_m, down_m, 1)
    by_col = _edges(shape[1], 1, across_m, down_m, 8)
    middles = [0.5 * (edges[:-1] + edges[1:] - 1) for edges in (by_row, by_col)]
    i, j = np.meshgrid(*middles, indexing="ij")
    across, down, _ = _steps(projection, transform, i, j)
    sizes = [_filled(np.hypot(*step)) for step in (across, down)]
    return tuple(
        Band(
            int(by_row[k]),
            int(by_row[k + 1]),
            float(sizes[0][k, m]),
            float(sizes[1][k, m]),
            int(by_col[m]),
            int(by_col[m + 1]),
        )
        for k in range(len(by_row) - 1)
        for m in range(len(by_col) - 1)
    )


def _edges(count: int, axis: int, across_m: Array, down_m: Array, step: int) -> NDArray[np.intp]:
    """Edges of equal parts of an axis, at multiples of a step, from 0 to count."""
    change = steepest = 0.0
    for size in (across_m, down_m):
        along = np.abs(np.nan_to_num(np.diff(np.log(size), axis=axis)))
        change = max(change, float(along.sum(axis=axis).max(initial=0.0)))
        steepest = max(steepest, float(along.max(initial=0.0)) * (size.shape[axis] - 1))
    parts = max(1, min(count, math.ceil(max(change, steepest) / _BAND)))
    edges = (np.linspace(0, count, parts + 1) / step).round().astype(np.intp) * step
    return np.unique(np.concatenate([[0], edges[(edges > 0) & (edges < count)], [count]]))


def _filled(sizes: Array) -> Array:
    """Fill sizes where the projection has no place with the mean of the others."""
    return np.where(np.isfinite(sizes), sizes, np.nanmean(sizes))
