"""What gridding does to a scanner's returns, undone as far as it can be: other inputs to `assess`.

A posted map holds the height of every cell. A gridded one holds means of the returns about a cell,
and of a rock whose top lies between returns it shows the flanks: relief comes out too low by up to
several centimetres, mostly by less, and never by a number that the map would tell.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from farside.terrain.elevation import ElevationMap
from farside.terrain.hazards import HazardLimits

# From training scenes seen by the Chang'e 6 lidar: studies/calibrate.py.
SHARPENING = 2.0 / 3.0
"""Of what a cell stands above its four neighbours, so much again was averaged away.

The mean over bilinear weights (variance cell^2 / 6 along each axis) lowers a paraboloid by a third
of that; a rock is more pointed, and a return is seldom on its top."""
LOST = 0.095
"""What may still be missing of a top, per metre of cell and spacing (their root sum square): kept
off the limit of the deviation, and 1 sigma of how much it is. Deciles alone would have 0.083 to
0.09; more of it leaves fewer accepted cells that are not safe."""
AMPLIFIED = 1.32
"""Noise of a raised map over the noise before: what noise lifts is raised further."""

# The same of fused frames, whose returns lie closer than a footprint: studies/lidar_map.py.
FUSED_LOST = 0.04
FUSED_AMPLIFIED = 1.38


@dataclass(frozen=True, eq=False)
class Restored:
    """A gridded map as a posted one: what to assess in its place."""

    elevation: ElevationMap
    """Tops raised."""
    sigma_m: NDArray[np.float32]
    """1-sigma error of each of its heights [m]."""
    limits: HazardLimits
    """With the deviation kept inside by what is still missing."""


def lost_m(cell_m: float, spacing_m: float, *, fused: bool = False) -> float:
    """Return what may be missing of a top where returns are so far apart [m]: off the limit."""
    return (FUSED_LOST if fused else LOST) * math.sqrt(cell_m * cell_m + spacing_m * spacing_m)


def restore(
    elevation: ElevationMap,
    sigma_m: NDArray[np.float32],
    limits: HazardLimits,
    spacing_m: float,
    *,
    fused: bool = False,
) -> Restored:
    """Turn a map of gridded returns into what a posted one would have shown.

        z' = z + 2/3 max(0, z - mean of the four neighbours),
        lost = 0.095 sqrt(cell^2 + spacing^2),
        sigma'^2 = (1.32 min(1, 2 spacing / (3 cell)) sigma)^2 + lost^2.

    The share of a return's noise that is left in a cell, 2 spacing / (3 cell), is that of a mean
    with bilinear weights: the integral of their square over the square of their integral.

    Parameters
    ----------
    elevation : ElevationMap
        Of `ElevationMap.from_points`.
    sigma_m : ndarray
        1-sigma error of a return [m], for each cell.
    limits : HazardLimits
        Of the lander.
    spacing_m : float
        Mean distance of neighbouring returns on the ground [m]; 0 for posted heights, which are
        left as they are.
    fused : bool
        Whether sigma_m is that of the map's heights already: then none of it is averaged away, and
        the two constants are FUSED_LOST and FUSED_AMPLIFIED.

    Raises
    ------
    ValueError
        If the spacing is impossible, or nothing is left of the limit of the deviation.
    """
    if not 0.0 <= spacing_m < math.inf:
        raise ValueError(f"returns every {spacing_m} m: give a distance of 0 or more")
    if spacing_m == 0.0:
        return Restored(elevation, sigma_m, limits)
    cell_m = math.sqrt(elevation.cell_east_m * elevation.cell_north_m)
    lost = lost_m(cell_m, spacing_m, fused=fused)
    if lost >= limits.roughness_m:
        raise ValueError(
            f"returns every {spacing_m:g} m on cells of {cell_m:g} m miss hazards of "
            f"{limits.roughness_m:g} m: scan more closely"
        )
    left = min(1.0, 2.0 * spacing_m / (3.0 * cell_m))
    share = FUSED_AMPLIFIED if fused else AMPLIFIED * left
    # One noise for all, spread over the map without a copy, stays one.
    each = sigma_m[:1, :1] if sigma_m.strides == (0, 0) else sigma_m
    raised = np.float32(share) * each
    return Restored(
        replace(elevation, heights=_raised(elevation.heights)),
        np.broadcast_to(np.sqrt(raised * raised + np.float32(lost * lost)), sigma_m.shape),
        HazardLimits(limits.slope_deg, limits.roughness_m - lost),
    )


def _raised(heights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Raise what stands above its neighbours; beside an unseen cell it is unknown."""
    z = heights
    mean = z[:-2, 1:-1] + z[2:, 1:-1]
    mean += z[1:-1, :-2]
    mean += z[1:-1, 2:]
    mean *= np.float32(0.25)
    above = np.subtract(z[1:-1, 1:-1], mean, out=mean)
    np.fmax(above, np.float32(0), out=above)
    above *= np.float32(SHARPENING)
    raised = z.copy()
    raised[1:-1, 1:-1] += above
    return raised
