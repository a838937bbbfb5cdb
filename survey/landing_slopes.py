"""Slopes of a region at the scales its data hold, and the law by which they go on below.

Over a lag L heights differ by nu(L), the root-mean-square deviation (Shepard et al., J. Geophys.
Res. 106, 2001), here less the mean difference of a neighbourhood, its tilt:

    nu^2(L) = mean d^2 - (mean d)^2, d = z(x + L) - z(x);    nu(L) = nu_1 (L / L_1)^H           (1)

H is fitted over lags of 1, 2 and 4 posts. The Moon's law breaks at some 2.7 km, and is steeper
below: 0.95 in the highlands and 0.76 in maria from 17 m to 2.7 km (Rosenburg et al., J. Geophys.
Res. 116, 2011). So an exponent of lags beyond the break says nothing of those below it: in Apollo
the whole-Moon DEM's (3.8 to 15 km) does not correlate with what GLD100 shows from 3.8 km to 474 m
(docs/survey.md). Data whose lags lie below the break go on with their own H, coarser ones with
HURST_BELOW.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, shift

from farside.survey.landing_ground import RegionGround

Array = NDArray[np.float64]

SCALES = (1, 2, 4)  # posts
_ABOUT = 3.75  # posts, 1 sigma of a neighbourhood: as wide as 13 x 13 posts, 49 km at 3.8 km
_HURST = (0.3, 0.95)
BREAK_M = 2700.0  # Rosenburg et al. 2011
#: Median over Apollo from 3.8 km to 474 m, whole-Moon DEM against GLD100 (docs/survey.md).
HURST_BELOW = 0.80
REFERENCE_M = 474.0  # lag of a mission's deviation_474_m


@dataclass(frozen=True, eq=False)
class RegionSlopes:
    """Slopes of a region.

    Attributes
    ----------
    tangent : dict of ndarray
        By scale in posts: tangent of the steepest slope between places that many posts to both
        sides of a cell.
    roughness_m : ndarray
        nu over one post [m], by (1).
    hurst : ndarray
        H, fitted.
    hurst_below : ndarray
        H that goes on below a post.
    deviation_474_m : ndarray
        nu over 474 m by that law [m].
    """

    tangent: dict[int, Array]
    roughness_m: Array
    hurst: Array
    hurst_below: Array
    deviation_474_m: Array


def region_slopes(ground: RegionGround) -> RegionSlopes:
    """Return slopes and the law of roughness of every cell.

    Where a region holds data of several postings, each cell's scales are those of its own.
    """
    # posts in cells, by powers of two: a coarse source's cells are interpolated, not known
    steps = np.maximum(np.round(ground.post_m / ground.grid.ground_m), 1.0).astype(int)
    values = np.unique(steps[ground.grid.inside])
    if values.size > 4:
        values = np.unique(np.percentile(values, [0, 33, 67, 100], method="nearest"))
    nearest = values[np.abs(steps[..., None] - values).argmin(axis=-1)]
    out: tuple[Array, ...] = tuple(np.full(ground.heights_m.shape, np.nan) for _ in range(7))
    for step in values:
        found = _of_step(ground.heights_m, ground.grid.ground_m, int(step))
        here = nearest == step
        for whole, part in zip(out, found, strict=True):
            whole[here] = part[here]
    return RegionSlopes(dict(zip(SCALES, out[:3], strict=True)), *out[3:])


def _of_step(heights: Array, ground_m: Array, step: int) -> tuple[Array, ...]:
    """Return tangents at three scales, nu over a post, H, H below, nu over 474 m."""
    tangents = [_tangent(heights, ground_m, step * scale) for scale in SCALES]
    about = _ABOUT * step
    squares = [_deviation2(heights, step * scale, about) for scale in SCALES]
    logs = 0.5 * np.log2(np.maximum(np.stack(squares), 1e-6))
    # least squares over log2 L = 0, 1, 2: half the difference of the outer two
    hurst = np.clip(0.5 * (logs[2] - logs[0]), *_HURST)
    # through the middle of the three, so that all count
    nu = 2.0 ** (logs.mean(axis=0) - hurst)
    post = step * ground_m
    below = np.where(SCALES[-1] * post <= BREAK_M, hurst, HURST_BELOW)
    deviation = nu * (REFERENCE_M / post) ** below
    return (*tangents, nu, hurst, below, deviation)


def _moved(heights: Array, down: int, across: int) -> Array:
    """Return heights so many cells further down and across, the edge's own beyond."""
    return np.asarray(shift(heights, (-down, -across), order=0, mode="nearest", prefilter=False))


def _tangent(heights: Array, ground_m: Array, step: int) -> Array:
    """Return the gradient by central differences over `step` cells to either side."""
    baseline = 2.0 * step * ground_m
    across = (_moved(heights, 0, step) - _moved(heights, 0, -step)) / baseline
    down = (_moved(heights, step, 0) - _moved(heights, -step, 0)) / baseline
    return np.asarray(np.hypot(across, down))


def _deviation2(heights: Array, step: int, about: float) -> Array:
    """Return (1) squared over neighbourhoods, `about` cells 1 sigma, mean of rows and columns."""
    total = np.zeros_like(heights)
    for axis in (0, 1):
        known = np.ones(heights.shape)
        np.moveaxis(known, axis, 0)[-step:] = 0.0
        off = known * (_moved(heights, step * (1 - axis), step * axis) - heights)
        # what lies beyond the edge has no weight
        weight = np.maximum(gaussian_filter(known, about, mode="nearest"), 1e-9)
        mean = gaussian_filter(off, about, mode="nearest") / weight
        total += gaussian_filter(off * off, about, mode="nearest") / weight - mean * mean
    return np.asarray(0.5 * np.maximum(total, 0.0))
