"""Point clouds onto a grid."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray

from farside.survey.errors import SurveyError
from farside.survey.geometry import Geometry, local_geometry, lunar_geometry
from farside.terrain import ElevationMap

LAS_SUFFIXES = (".las", ".laz")
_MOST_POINTS = 2 * 10**8  # 4.8 GB of east, north, up
_MOST_CELLS = 10**8  # gridded in memory

Image = NDArray[np.float32]


def grid_points(
    points: NDArray[np.float64], cell_m: float, name: str, crs: Any = None
) -> tuple[Geometry, Image, float]:
    """Grid a point cloud: each cell the weighted mean of the points within a cell of it.

    Parameters
    ----------
    points : ndarray, (N, 3)
        East, north, up [m], in a local frame or in a projected lunar CRS.
    cell_m : float
        Side of a cell.
    name : str
        What to call it in a message.
    crs : pyproj.CRS, optional
        Of the points.

    Returns
    -------
    geometry, heights, spacing_m
        Heights (rows northwards) [m], NaN where no point is near; the mean distance of neighbouring
        points, the root of the area that each has of the cells with a height.

    Raises
    ------
    SurveyError
        A grid too large for what it holds.
    ElevationError
        Nothing finite.
    """
    place = points[np.isfinite(points).all(axis=1), :2]
    if not len(place):
        raise SurveyError(f"{name}: no point is finite; there is nothing to map")
    low, high = place.min(axis=0), place.max(axis=0)
    cells = (high - low) / cell_m + 1.0
    if float(cells[0]) * float(cells[1]) > _MOST_CELLS:
        raise SurveyError(
            f"{name}: {cells[0]:.3g} x {cells[1]:.3g} cells of {cell_m:g} m between its outermost "
            "points; give a larger --cell, or remove strays"
        )
    # about a corner of its own: a projected CRS counts in thousands of kilometres
    corner = np.floor(low)
    grid = ElevationMap.from_points(points - [*corner, 0.0], cell_m)
    west = float(corner[0]) + grid.east_m - 0.5 * cell_m
    south = float(corner[1]) + grid.north_m - 0.5 * cell_m
    spacing_m = cell_m * math.sqrt(np.count_nonzero(np.isfinite(grid.heights)) / len(place))
    if crs is None:
        return local_geometry(grid.shape, cell_m, west, south), grid.heights, spacing_m
    transform = rasterio.Affine(cell_m, 0.0, west, 0.0, cell_m, south)
    return lunar_geometry(grid.shape, crs, transform, name), grid.heights, spacing_m


def grid_las(path: Path, cell_m: float) -> tuple[Geometry, Image, float]:
    """Grid a LAS or LAZ file; see `grid_points`.

    Raises
    ------
    SurveyError
        Not readable, laspy missing, too large, or in degrees.
    RasterError
        Of another body.
    """
    try:
        import laspy
    except ImportError:
        raise SurveyError(
            f'{path.name}: point clouds in LAS need laspy; pip install "farside[las]"'
        ) from None
    try:
        with laspy.open(path) as file:
            count = file.header.point_count
            if count > _MOST_POINTS:
                raise SurveyError(
                    f"{path.name}: {count / 1e6:.0f} million points are more than "
                    f"{_MOST_POINTS / 1e6:.0f} million; cut it into pieces"
                )
            crs = file.header.parse_crs()
            cloud = file.read()
            points = np.stack([cloud.x, cloud.y, cloud.z], axis=1).astype(np.float64)
    except SurveyError:
        raise
    except Exception as why:  # laspy and its decoders raise what they like
        raise SurveyError(
            f"{path.name}: not a LAS file, or one that is cut short or damaged; fetch it again"
        ) from why
    if len(points) != count:
        raise SurveyError(
            f"{path.name}: cut short at {len(points)} of {count} points; fetch it again"
        )
    if crs is not None:
        from farside.raster.lunar import check_moon

        check_moon(crs, path.name)
        if crs.is_geographic:
            raise SurveyError(f"{path.name}: its points are in degrees; project them to metres")
    return grid_points(points, cell_m, path.name, crs)
