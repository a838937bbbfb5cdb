"""Which unseen cells lie in the sensor's shadow, and which were outside the scan."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.ext.common.errors import FarsideError
from farside.terrain.elevation import ElevationMap


def shadowed(elevation: ElevationMap, sensor_m: tuple[float, float, float]) -> NDArray[np.bool_]:
    """Find the unseen cells that the known ground hides from the sensor.

    An unseen cell takes the lowest height seen around its hole, as the floor behind an obstacle has
    it; its line of sight to the sensor is followed cell by cell until it clears the highest ground.
    The cell is in shadow if known ground stands above the line; otherwise it was outside the field
    of view, or nothing came back.

    Parameters
    ----------
    elevation : ElevationMap
        The map.
    sensor_m : three floats
        East, north and up of the sensor in the map's frame [m].

    Returns
    -------
    (rows, cols) True where hidden.

    Raises
    ------
    ValueError
        If the sensor is not above the highest seen ground.

    Examples
    --------
    >>> import numpy as np
    >>> from farside.terrain import ElevationMap, shadowed
    >>> heights = np.zeros((1, 21))
    >>> heights[0, 10] = 1.0  # a wall, 10 m east
    >>> heights[0, 11:13] = np.nan  # nothing came back behind it
    >>> heights[0, 2] = np.nan  # nor from here
    >>> ground = ElevationMap.from_array(np.repeat(heights, 3, axis=0), cell_m=1.0)
    >>> np.flatnonzero(shadowed(ground, (-20.0, 1.0, 12.0))[1]).tolist()
    [11, 12]
    """
    hidden = np.zeros(elevation.shape, np.bool_)
    rows, cols = np.nonzero(~elevation.seen)
    if len(rows) == 0:
        return hidden
    ground = _low_fill(elevation)
    top = float(ground.max())
    east, north, up = sensor_m
    if not up > top:
        raise FarsideError(f"the sensor at {up} m is not above the highest ground, {top:.2f} m")
    # From the cell towards the sensor: one cell at a time along the ground, so much up per step.
    away_col = (east - elevation.east_m) / elevation.cell_m - cols
    away_row = (north - elevation.north_m) / elevation.cell_north_m - rows
    distance = deterministic.hypot(away_row, away_col)  # cells
    far = distance > 1.0  # no ground stands between the sensor and the cell beneath it
    rows, cols, distance = rows[far], cols[far], distance[far]
    step_row, step_col = away_row[far] / distance, away_col[far] / distance
    start = ground[rows, cols].astype(np.float64)
    climb = (up - start) / distance  # m per cell

    live = np.arange(len(rows))
    for step in range(1, max(elevation.shape) * 2):
        line = start[live] + climb[live] * step
        i = np.rint(rows[live] + step_row[live] * step).astype(np.intp)
        j = np.rint(cols[live] + step_col[live] * step).astype(np.intp)
        inside = (
            (i >= 0)
            & (i < elevation.shape[0])
            & (j >= 0)
            & (j < elevation.shape[1])
            & (line < top)
            & (step < distance[live])
        )
        live, line, i, j = live[inside], line[inside], i[inside], j[inside]
        if len(live) == 0:
            break
        above = elevation.seen[i, j] & (ground[i, j] > line)
        hidden[rows[live[above]], cols[live[above]]] = True
        live = live[~above]
    return hidden


def _low_fill(elevation: ElevationMap) -> NDArray[np.float32]:
    """Return heights with every unseen cell at the lowest height seen around its hole [m]."""
    unseen = ~elevation.seen
    ground = np.where(unseen, np.float32(np.inf), elevation.heights)
    rim = cv2.erode(ground, np.ones((3, 3), np.uint8), borderValue=float("inf"))
    holes, labels = cv2.connectedComponents(unseen.view(np.uint8), connectivity=8)
    lowest = np.full(holes, np.inf, np.float32)
    hole = np.asarray(labels[unseen], np.intp)
    np.minimum.at(lowest, hole, rim[unseen])
    ground[unseen] = lowest[hole]
    return ground
