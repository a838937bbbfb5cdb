"""Point clouds onto a grid."""

from __future__ import annotations

import numpy as np
import rasterio
from numpy.typing import NDArray

from farside.raster.heights import Ways
from farside.survey.cloud import Cloud, check_heights_of_points, check_steps, finite_points
from farside.survey.errors import SurveyError
from farside.survey.geometry import Geometry, local_geometry, lunar_geometry
from farside.survey.place import in_metres
from farside.survey.spacing import distinct_places, spacing_of_places
from farside.terrain import ElevationMap

_MOST_CELLS = 10**8  # gridded in memory
_SAMPLE = 200_000  # points that are held against the ground gridded of them
_OFF_M = 0.1  # from it: more than a lidar's noise
_OFF_SHARE = 0.1  # of a cell, which rocks and curved ground make
_CROWDED = 1.05  # returns for each place: with more, some places are there several times

Image = NDArray[np.float32]


def grid_points(
    cloud: Cloud,
    cell_m: float,
    z_m: float | None = None,
    nodata: float | None = None,
    ways: Ways = "arguments",
) -> tuple[Geometry, Image, float, tuple[str, ...]]:
    """Grid a point cloud: each cell the weighted mean of the points within a cell of it.

    Points that are not finite, and exact copies of others, are left out. What the CRS of the cloud
    says is converted to metres first; see `farside.survey.place.in_metres`.

    Parameters
    ----------
    cloud : Cloud
        As read from a file, or from an array.
    cell_m : float
        Side of a cell.
    z_m : float, optional
        Metres in one unit of the heights, whatever the file says.
    nodata : float, optional
        A stored height that stands for none: those points are left out.
    ways : {"flags", "arguments"}
        How a refusal says the way out.

    Returns
    -------
    geometry : Geometry
        Of the grid.
    heights : ndarray, (rows, cols) float32
        Rows northwards [m]; NaN where no point is near.
    spacing_m : float
        Distance of neighbouring places that were measured [m]; copies do not count
        (`farside.survey.spacing.spacing_of_places`).
    notes : tuple of str
        What was assumed, converted and left out.

    Raises
    ------
    SurveyError
        Nothing to grid, heights that the Moon has not, a grid too large for what it holds, or
        points stored too coarsely for the cells.
    RasterError
        Of another body.
    ElevationError
        No cell has a point near its centre.
    """
    points, left_out = finite_points(cloud, nodata)
    notes = (*cloud.notes, *left_out)
    plane = in_metres(Cloud(cloud.name, points, cloud.crs, notes, cloud.step), z_m)
    stored, points, name = points[:, 2], plane.points, plane.name
    check_heights_of_points(points[:, 2], stored, name, ways, z_m is not None)
    check_steps(plane.step, cell_m, name)
    place = points[:, :2]
    low, high = place.min(axis=0), place.max(axis=0)
    cells = (high - low) / cell_m + 1.0
    if float(cells[0]) * float(cells[1]) > _MOST_CELLS:
        raise SurveyError(
            f"{name}: {cells[0]:.3g} x {cells[1]:.3g} cells of {cell_m:g} m between its outermost "
            "points; give a larger --cell, or remove strays"
        )
    # about a corner of its own: a projected CRS counts in thousands of kilometres
    corner = np.floor(low)
    near = points - [*corner, 0.0]
    grid = ElevationMap.from_points(near, cell_m)
    heights, known = grid.heights, np.isfinite(grid.heights)
    spacing_m = spacing_of_places(near[:, :2], known, grid.east_m, grid.north_m, cell_m)
    if len(near) * spacing_m**2 > _CROWDED * np.count_nonzero(known) * cell_m**2:
        # a cell is seen if the places about it say so, not the number of returns in them
        heights = np.where(_seen(near, spacing_m, grid), heights, np.float32(np.nan))
    notes = (*plane.notes, *_two_surfaces(near, grid))
    west = float(corner[0]) + grid.east_m - 0.5 * cell_m
    south = float(corner[1]) + grid.north_m - 0.5 * cell_m
    if plane.crs is None:
        geometry = local_geometry(grid.shape, cell_m, west, south)
    else:
        transform = rasterio.Affine(cell_m, 0.0, west, 0.0, cell_m, south)
        geometry = lunar_geometry(grid.shape, plane.crs, transform, name)
    return geometry, heights, spacing_m, notes


def _two_surfaces(near: NDArray[np.float64], grid: ElevationMap) -> tuple[str, ...]:
    """Report that points lie far from the ground gridded from them, half of them above it."""
    some = near[:: -(-len(near) // _SAMPLE)]
    row = (some[:, 1] - grid.north_m) / grid.cell_m
    col = (some[:, 0] - grid.east_m) / grid.cell_m
    i = np.clip(np.floor(row), 0, max(grid.shape[0] - 2, 0)).astype(np.intp)
    j = np.clip(np.floor(col), 0, max(grid.shape[1] - 2, 0)).astype(np.intp)
    v, u = row - i, col - j
    below, beside = np.minimum(i + 1, grid.shape[0] - 1), np.minimum(j + 1, grid.shape[1] - 1)
    z = grid.heights
    ground = (1.0 - v) * ((1.0 - u) * z[i, j] + u * z[i, beside])
    ground += v * ((1.0 - u) * z[below, j] + u * z[below, beside])
    off = np.abs(some[:, 2] - ground)
    off = off[np.isfinite(off)]
    typical_m = float(np.median(off)) if len(off) else 0.0
    if typical_m <= max(_OFF_M, _OFF_SHARE * grid.cell_m):
        return ()
    return (
        f"Half of the points lie more than {typical_m:.2g} m above or below the ground that was "
        "gridded: scans that do not match, an overhang, or noise, which --sigma has to say.",
    )


def _seen(near: NDArray[np.float64], spacing_m: float, grid: ElevationMap) -> NDArray[np.bool_]:
    """Return the cells of a grid that have a height when each place is there once."""
    once = near[distinct_places(near[:, :2], spacing_m)]
    thin = ElevationMap.from_points(
        once, grid.cell_m, shape=grid.shape, east_m=grid.east_m, north_m=grid.north_m
    )
    return np.isfinite(thin.heights)
