"""What gridding does to a scanner's returns, undone as far as it can be: other inputs to `assess`.

A posted map holds the height of every cell. A gridded one holds means of the returns about a cell,
and of a rock whose top lies between returns it shows the flanks: relief comes out too low by up to
several centimetres, mostly by less, and never by a number that the map would tell.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.ext.common.errors import FarsideError
from farside.terrain.conditions import ErrorCorrelation
from farside.terrain.elevation import ElevationMap
from farside.terrain.hazards import HazardLimits

# From training scenes seen by the Chang'e 6 lidar: studies/calibrate.py.
SHARPENING = 2.0 / 3.0
"""Of what a cell stands above its four neighbours, so much again was averaged away.

The mean over bilinear weights (variance cell^2 / 6 along each axis) lowers a paraboloid by a third
of that; a rock is more pointed, and a return is seldom on its top."""
LOST = 0.15
"""What may still be missing of a top, per metre of cell and spacing (their root sum square): kept
off the limit of the deviation, and 1 sigma of how much it is. It sets the deciles; no value of it
makes 0.997 of a single sweep true, which misses tops of one cell (decision 050)."""
AMPLIFIED = 1.32
"""Noise of a raised map over the noise before: what noise lifts is raised further."""

# Of fused frames, whose returns lie closer than their cells: most of what stands above its
# neighbours by a noise or two is noise, and what is missing is missing beside steep flanks.
FUSED_NOISE = 2.0
"""Sigmas of z less the mean of its four neighbours that are not raised."""
FLANK = 0.1
"""Of the relief of 3 x 3 cells, so much may be missing from a top: the mean of a cell that a
rock's flank crosses is off by a tenth of the rock, root mean square."""
FLANK_NOISE = 4.0
"""Sigmas of that relief that noise alone makes."""


_FAR_M = 1e6
"""Beyond any height: an unseen cell is neither greatest nor least."""


@dataclass(frozen=True, eq=False)
class Restored:
    """A gridded map as a posted one: what to assess in its place."""

    elevation: ElevationMap
    """Tops raised."""
    sigma_m: NDArray[np.float32]
    """1-sigma error of each of its heights [m]."""
    limits: HazardLimits
    """With the deviation kept inside by what is still missing."""


def lost_m(cell_m: float, spacing_m: float) -> float:
    """Return what may be missing of a top where returns are so far apart [m]: off the limit."""
    return LOST * math.sqrt(cell_m * cell_m + spacing_m * spacing_m)


def restore(
    elevation: ElevationMap,
    sigma_m: NDArray[np.float32],
    limits: HazardLimits,
    spacing_m: float,
    *,
    fused: bool = False,
    correlation: ErrorCorrelation | None = None,
) -> Restored:
    """Turn a map of gridded returns into what a posted one would have shown.

        z' = z + 2/3 max(0, z - mean of the four neighbours),
        lost = 0.15 sqrt(cell^2 + spacing^2),
        sigma'^2 = (1.32 min(1, 2 spacing / (3 cell)) sigma)^2 + lost^2.

    The share of a return's noise that is left in a cell, 2 spacing / (3 cell), is that of a mean
    with bilinear weights: the integral of their square over the square of their integral.

    Of a fused map the noise is known, and tops are raised by what is above it:

        z' = z + 2/3 max(0, z - mean - 2 sqrt(5/4) s) + 0.1 max(0, relief - 4 s),

    s being sigma without what neighbours have in common (`noise_to_neighbours`), and relief the
    greatest less the least of 3 x 3 cells; limits and sigma stay, for margins of its own tell the
    rest (`margins.FUSED_DISC`).

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
        Whether sigma_m is that of the map's heights already.
    correlation : ErrorCorrelation, optional
        Of the errors of a fused map; by default they are white.

    Raises
    ------
    ValueError
        If the spacing is impossible, or nothing is left of the limit of the deviation.
    """
    if not 0.0 <= spacing_m < math.inf:
        raise FarsideError(f"returns every {spacing_m} m: give a distance of 0 or more")
    if spacing_m == 0.0:
        return Restored(elevation, sigma_m, limits)
    if fused:
        cell_m = math.sqrt(elevation.cell_east_m * elevation.cell_north_m)
        own = noise_to_neighbours(correlation or ErrorCorrelation(), cell_m)
        local_m = sigma_m if own == 1.0 else np.float32(own) * sigma_m
        raised = _raised_above_noise(elevation.heights, local_m)
        return Restored(replace(elevation, heights=raised), sigma_m, limits)
    cell_m = math.sqrt(elevation.cell_east_m * elevation.cell_north_m)
    lost = lost_m(cell_m, spacing_m)
    if lost >= limits.roughness_m:
        raise FarsideError(
            f"returns every {spacing_m:g} m on cells of {cell_m:g} m miss hazards of "
            f"{limits.roughness_m:g} m: scan more closely"
        )
    share = AMPLIFIED * min(1.0, 2.0 * spacing_m / (3.0 * cell_m))
    # One noise for all, spread over the map without a copy, stays one.
    each = sigma_m[:1, :1] if sigma_m.strides == (0, 0) else sigma_m
    raised = np.float32(share) * each
    return Restored(
        replace(elevation, heights=_raised(elevation.heights)),
        np.broadcast_to(np.sqrt(raised * raised + np.float32(lost * lost)), sigma_m.shape),
        HazardLimits(limits.slope_deg, limits.roughness_m - lost),
    )


def noise_to_neighbours(correlation: ErrorCorrelation, cell_m: float) -> float:
    """Return the share of sigma in the noise of z less the mean of its four neighbours.

    With C(d) = share exp(-d / length), and the rest white, that mean square is

        5/4 (1 - share) + 5/4 C(0) - 2 C(c) + C(sqrt(2) c) / 2 + C(2 c) / 4,

    which is 5/4 where all errors are white.

    Parameters
    ----------
    correlation : ErrorCorrelation
        Of the errors.
    cell_m : float
        c [m].
    """
    share = min(max(correlation.share, 0.0), 1.0)
    if not (share > 0.0 and correlation.length_m > 0.0):
        return 1.0
    at = cell_m / correlation.length_m
    near, aslant, far = (deterministic.exp(-at * d) for d in (1.0, math.sqrt(2.0), 2.0))
    square = 1.25 + share * (-2.0 * near + 0.5 * aslant + 0.25 * far)
    return math.sqrt(max(square, 0.0) / 1.25)


def _raised(heights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Raise what stands above its neighbours; beside an unseen cell it is unknown."""
    above = _above_neighbours(heights)
    np.fmax(above, np.float32(0), out=above)
    above *= np.float32(SHARPENING)
    raised = heights.copy()
    raised[1:-1, 1:-1] += above
    return raised


def _raised_above_noise(
    heights: NDArray[np.float32], sigma_m: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Raise tops by what is above their noise, and beside steep flanks; unseen cells tell none."""
    above = _above_neighbours(heights)
    above -= np.float32(FUSED_NOISE * math.sqrt(1.25)) * sigma_m[1:-1, 1:-1]
    np.fmax(above, np.float32(0), out=above)
    above *= np.float32(SHARPENING)
    unseen = np.isnan(heights)
    square = np.ones((3, 3), np.uint8)
    low, high = (np.where(unseen, np.float32(far), heights) for far in (-_FAR_M, _FAR_M))
    relief = np.asarray(cv2.dilate(low, square), np.float32)
    relief -= np.asarray(cv2.erode(high, square), np.float32)
    relief -= np.float32(FLANK_NOISE) * sigma_m
    np.fmax(relief, np.float32(0), out=relief)
    relief *= np.float32(FLANK)
    raised: NDArray[np.float32] = heights + relief
    raised[1:-1, 1:-1] += above
    return raised


def _above_neighbours(heights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return z less the mean of its four neighbours, inside the rim of a map."""
    z = heights
    mean = z[:-2, 1:-1] + z[2:, 1:-1]
    mean += z[1:-1, :-2]
    mean += z[1:-1, 2:]
    mean *= np.float32(0.25)
    return np.asarray(z[1:-1, 1:-1] - mean, np.float32)
