"""What a raster too coarse for a lander can still tell: its slope from post to post."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from farside.terrain import HazardLimits, Reason

Image = NDArray[np.float32]


def coarse_slope(
    heights: Image, across_m: NDArray[np.float64], down_m: NDArray[np.float64]
) -> Image:
    """Slope [deg] of the least-squares plane through 3 x 3 cells.

    With e, d = -1, 0, 1 along rows and columns, the plane's gradients are

        a = sum e z / (6 across),   b = sum d z / (6 down).

    Parameters
    ----------
    heights : ndarray, (rows, cols)
        [m], NaN in holes.
    across_m, down_m : ndarray, (rows, cols)
        Cell sizes along the rows and down the columns [m].

    Returns
    -------
    ndarray, (rows, cols) float32
        NaN on the outermost cells and beside holes.
    """
    z = heights.astype(np.float64)
    slope = np.full(z.shape, np.nan, np.float32)
    if min(z.shape) < 3:
        return slope
    columns = z[:-2] + z[1:-1] + z[2:]
    rows = z[:, :-2] + z[:, 1:-1] + z[:, 2:]
    a = (columns[:, 2:] - columns[:, :-2]) / (6.0 * across_m[1:-1, 1:-1])
    b = (rows[2:] - rows[:-2]) / (6.0 * down_m[1:-1, 1:-1])
    # the middle cell cancels out of both gradients, but a hole is a hole
    slope[1:-1, 1:-1] = np.degrees(np.arctan(np.hypot(a, b))) + 0.0 * z[1:-1, 1:-1]
    return slope


def coarse_reasons(slope_deg: Image, edge: NDArray[np.bool_], limits: HazardLimits) -> Image:
    """Reason bits of a coarse map: UNSURE everywhere, since no cell is known to be safe."""
    reasons = np.full(slope_deg.shape, int(Reason.UNSURE), np.float32)
    reasons += np.float32(Reason.SLOPE) * (slope_deg > np.float32(limits.slope_deg))
    reasons += np.float32(Reason.UNSEEN) * (np.isnan(slope_deg) & ~edge)
    reasons += np.float32(Reason.EDGE) * edge
    return reasons
