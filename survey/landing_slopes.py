"""Slopes of a region at the scales its data hold, and its roughness (farside.ground.roughness)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farside.ground.roughness import HURST_BELOW, REFERENCE_M, SCALES, moved, roughness
from farside.survey.landing_ground import RegionGround

Array = NDArray[np.float64]

__all__ = ["HURST_BELOW", "REFERENCE_M", "SCALES", "RegionSlopes", "region_slopes"]


@dataclass(frozen=True, eq=False)
class RegionSlopes:
    """Slopes of a region.

    Attributes
    ----------
    tangent : dict of ndarray
        By scale in posts: tangent of the steepest slope between places that many posts to both
        sides of a cell.
    roughness_m : ndarray
        nu over one post [m].
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
    return (*tangents, *roughness(heights, ground_m, step))


def _tangent(heights: Array, ground_m: Array, step: int) -> Array:
    """Return the gradient by central differences over `step` cells to either side."""
    baseline = 2.0 * step * ground_m
    across = (moved(heights, 0, step) - moved(heights, 0, -step)) / baseline
    down = (moved(heights, step, 0) - moved(heights, -step, 0)) / baseline
    return np.asarray(np.hypot(across, down))
