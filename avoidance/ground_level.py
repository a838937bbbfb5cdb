"""The level of a scan's map, held to the ground that other sensors know beneath the lander.

A scan has the heights of its ground from the lidar alone: one that reads short, at the end of its
scale or by a wrong scale, lifts all of it. Guidance aims at the height of the site, and cuts the
engine above it. Navigation knows the ground beneath by altimeter and map, with a sigma. With z_map
the median of the map's heights beneath the lander,

    e = z_map - z_known,    lowered by e where e > max(LEAST_M, SIGMAS sigma)                  (1)

So of two levels that contradict each other the lower counts, whichever sensor is wrong: a level too
low costs a slow descent, which the touchdown sensor or a contact ends; one too high costs the
lander. Decision 100 has the figures.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from farside.avoidance.decision import Estimate
from farside.terrain import ElevationMap

#: What a level is off at least before it is lowered [m], and in sigmas of the ground that is known.
LEAST_M, SIGMAS = 2.0, 5.0
#: Half the side of the square beneath the lander [m]; twice that, and so on, where less than a
#: quarter of it was seen.
BENEATH_M, SEEN_SHARE = 4.0, 0.25
#: The Moon's relief [m]: no ground is further from a site's level.
MOST_M = 2e4


def known_ground(estimate: Estimate) -> tuple[float, float]:
    """Return the height of the ground beneath and its sigma [m]; NaN where an estimate has none."""
    ground_m = float(getattr(estimate, "ground_m", math.nan))
    sigma_m = float(getattr(estimate, "ground_sigma_m", math.nan))
    if abs(ground_m) <= MOST_M and sigma_m > 0.0:
        return ground_m, sigma_m
    return math.nan, math.nan


def height_beneath(elevation: ElevationMap, east_m: float, north_m: float) -> float:
    """Return the median height of a map about a place [m]; NaN where it has none.

    Parameters
    ----------
    elevation : ElevationMap
    east_m, north_m : float
        Of the place, in the map's axes; where it lies beside the map, of the nearest cell.

    Examples
    --------
    >>> import numpy as np
    >>> from farside.avoidance.ground_level import height_beneath
    >>> from farside.terrain import ElevationMap
    >>> slope = np.tile(0.1 * np.arange(100.0), (100, 1))  # 0.1 m more each cell eastwards
    >>> ground = ElevationMap.from_array(slope, cell_m=1.0)
    >>> round(height_beneath(ground, 50.0, 50.0), 2)
    5.0
    """
    rows, cols = elevation.shape
    row = _cell((north_m - elevation.north_m) / elevation.cell_north_m, rows)
    col = _cell((east_m - elevation.east_m) / elevation.cell_east_m, cols)
    half_m = BENEATH_M
    while True:
        up, aside = _cells(half_m / elevation.cell_north_m), _cells(half_m / elevation.cell_east_m)
        part = elevation.heights[
            max(row - up, 0) : row + up + 1, max(col - aside, 0) : col + aside + 1
        ]
        seen = int(np.count_nonzero(np.isfinite(part)))
        whole = up >= rows and aside >= cols
        if seen and (whole or seen >= SEEN_SHARE * part.size):
            return float(np.nanmedian(part))
        if whole:
            return math.nan
        half_m *= 2.0


def too_high(elevation: ElevationMap, estimate: Estimate) -> float:
    """Return by how much a map's ground contradicts the ground known beneath (1) [m]; or 0.

    Parameters
    ----------
    elevation : ElevationMap
        In the site axes of the estimate.
    estimate : Estimate
        In the middle of the scan.

    Examples
    --------
    >>> import numpy as np
    >>> from farside.avoidance import HoverEstimate
    >>> from farside.avoidance.ground_level import too_high
    >>> from farside.terrain import ElevationMap
    >>> at_40_m = ElevationMap.from_array(np.full((9, 9), 40.0), cell_m=1.0, frame="site")
    >>> hover = HoverEstimate(
    ...     (4.0, 4.0, 101.0), (0.0, 0.0, 0.0), 1900.0, ground_m=0.5, ground_sigma_m=0.3
    ... )
    >>> too_high(at_40_m, hover)
    39.5
    """
    ground_m, sigma_m = known_ground(estimate)
    if not math.isfinite(ground_m):
        return 0.0
    over_m = height_beneath(elevation, float(estimate.r_site[0]), float(estimate.r_site[1]))
    over_m -= ground_m
    return over_m if over_m > max(LEAST_M, SIGMAS * sigma_m) else 0.0


def lowered(elevation: ElevationMap, by_m: float) -> ElevationMap:
    """Return a map whose ground lies lower [m]."""
    return replace(elevation, heights=elevation.heights - np.float32(by_m))


def _cell(place: float, cells: int) -> int:
    """Return the cell of a map that is nearest to a place, in cells."""
    return int(min(max(math.floor(place + 0.5), 0), cells - 1)) if math.isfinite(place) else 0


def _cells(length: float) -> int:
    return math.floor(length + 0.5)
