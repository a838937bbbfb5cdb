"""Slope and roughness of a footprint disc by brute force in double precision, and scenes to try.

Nothing here shares an idea with the kernel: sums over all cells of the disc, one offset at a time.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def disc_offsets(radius_cells: float) -> NDArray[np.intp]:
    """Return the (row, column) offsets with dx^2 + dy^2 <= R^2 + R / 2."""
    reach = int(radius_cells) + 1
    d, e = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    inside = d * d + e * e <= radius_cells**2 + radius_cells / 2
    return np.argwhere(inside) - reach


def disc_by_force(
    heights: NDArray[np.floating], cell_m: float, radius_cells: float
) -> tuple[Array, Array]:
    """Return slope [deg] and greatest deviation [m] of every footprint on the map; else NaN.

    A footprint that holds a NaN gives NaN.
    """
    z = np.asarray(heights, np.float64)
    rows, cols = z.shape
    slope, deviation = np.full(z.shape, np.nan), np.full(z.shape, np.nan)
    offsets = disc_offsets(radius_cells)
    reach = int(np.abs(offsets).max())
    n = len(offsets)
    moment = float((offsets[:, 1] ** 2).sum())
    for top in range(reach, rows - reach, 12):  # few rows at a time stay in the cache
        bottom = min(top + 12, rows - reach)
        width = cols - 2 * reach
        if width < 1:
            break
        views = [
            z[top + d : bottom + d, reach + e : reach + e + width] for d, e in offsets.tolist()
        ]
        middle = z[top:bottom, reach : reach + width]
        total, along, across = (np.zeros_like(middle) for _ in range(3))
        for (d, e), view in zip(offsets.tolist(), views, strict=True):
            total += view
            across += e * view
            along += d * view
        a, b, c = across / moment, along / moment, total / n
        high, low = np.full_like(middle, -np.inf), np.full_like(middle, np.inf)
        residual = np.empty_like(middle)
        for (d, e), view in zip(offsets.tolist(), views, strict=True):
            np.subtract(view, a * e + b * d, out=residual)
            np.maximum(high, residual, out=high)
            np.minimum(low, residual, out=low)
        inside = np.s_[top:bottom, reach : reach + width]
        slope[inside] = np.degrees(np.arctan(np.hypot(a, b) / cell_m))
        deviation[inside] = np.maximum(high - c, c - low)
    return slope, deviation


def moonscape(side: int, cell_m: float = 0.1, seed: int = 1) -> NDArray[np.float32]:
    """Make ground with every kind of hazard: undulation, craters of all ages, and rocks [m]."""
    rng = np.random.default_rng(seed)
    z = np.zeros((side, side))
    extent = side * cell_m
    y, x = np.mgrid[0:side, 0:side] * cell_m
    for wavelength in (31.0, 17.0, 9.0, 5.0):
        heading, phase = rng.uniform(0, 2 * np.pi, 2)
        wave = x * np.cos(heading) + y * np.sin(heading)
        z += 0.008 * wavelength * np.sin(2 * np.pi * wave / wavelength + phase)
    diameters = 1.0 / np.sqrt(rng.random(rng.poisson(0.079 * extent**2)))  # N(>D) = 0.079 D^-2
    for diameter in diameters[diameters < 30]:
        depth = rng.uniform(0.01, 0.12) * diameter
        part, r = _about(rng.uniform(0, extent, 2), diameter, cell_m, z)
        z[part] += np.where(r < 1, depth * (1.2 * r**2 - 1), 0.2 * depth / np.maximum(r, 1) ** 3)
    for diameter in 0.15 + rng.exponential(0.15, rng.poisson(0.08 * extent**2)):
        part, r = _about(rng.uniform(0, extent, 2), diameter, cell_m, z)
        z[part] += 0.55 * diameter * np.sqrt(np.maximum(0.0, 1 - r**2))
    return (z - np.floor(z.min())).astype(np.float32)


def _about(
    centre: Array, diameter: float, cell_m: float, z: Array
) -> tuple[tuple[slice, slice], Array]:
    """Return the part of a map within a diameter and a half of a feature, and r / radius there."""
    low = np.maximum(((centre - 1.5 * diameter) / cell_m).astype(int), 0)
    high = np.minimum(((centre + 1.5 * diameter) / cell_m).astype(int) + 2, z.shape)
    i, j = np.mgrid[low[0] : high[0], low[1] : high[1]] * cell_m
    r = np.hypot(i - centre[0], j - centre[1]) / (0.5 * diameter)
    return (slice(low[0], high[0]), slice(low[1], high[1])), r
