"""The region of a hazard map with the least hazardous ground, its propellant counted in."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farside.vision.hazards import ImageHazards
from farside.vision.shown import ImageReason

Array = NDArray[np.float64]

#: Steps of a probability in the sums of discs.
STEPS = 65535


@dataclass(frozen=True)
class Region:
    """A disc of ground.

    Attributes
    ----------
    east_m, north_m : float
        Its middle [m, site axes].
    share : float
        Hazardous share of it as the map has it; unknown ground counts as hazardous.
    extra_kg : float
        Propellant that it takes more than the aim [kg].
    moved_m : float
        From the aim [m].
    reasons : tuple of (ImageReason, float)
        Each with the share of the region that carries it, the widest first.
    """

    east_m: float
    north_m: float
    share: float
    extra_kg: float
    moved_m: float
    reasons: tuple[tuple[ImageReason, float], ...]


@dataclass(frozen=True)
class RegionLimits:
    """What a region must hold.

    Attributes
    ----------
    radius_m : float
        Of the region [m].
    reach_m : float
        Most of its distance from the aim [m].
    extra_most_kg : float
        Most of its propellant over the aim's [kg].
    share_per_kg : float
        Hazardous share that a kilogram is worth.
    """

    radius_m: float = 50.0
    reach_m: float = 300.0
    extra_most_kg: float = math.inf
    share_per_kg: float = 0.0


def disc_shares(probability: NDArray[np.float32], radius_cells: float) -> Array:
    """Return the mean over the disc about each cell; 1 where the disc leaves the map.

    Sums are of whole numbers: the same bits in any order.

    Parameters
    ----------
    probability : ndarray of float32, (rows, columns)
        0 to 1.
    radius_cells : float

    Examples
    --------
    >>> shares = disc_shares(np.eye(5, dtype=np.float32), 1.0)
    >>> round(float(shares[2, 2]), 4), float(shares[0, 0])
    (0.2, 1.0)
    """
    rows, cols = probability.shape
    k = int(radius_cells)
    shares = np.ones((rows, cols))
    if rows <= 2 * k or cols <= 2 * k:
        return shares
    whole = np.rint(probability * np.float32(STEPS)).astype(np.int64)
    along = np.zeros((rows, cols + 1), np.int64)
    np.cumsum(whole, axis=1, out=along[:, 1:])
    inner_rows, inner_cols = rows - 2 * k, cols - 2 * k
    total = np.zeros((inner_rows, inner_cols), np.int64)
    count = 0
    for row in range(-k, k + 1):
        half = int(math.sqrt(radius_cells * radius_cells - row * row))
        part = along[k + row : k + row + inner_rows]
        total += part[:, k + half + 1 : k + half + 1 + inner_cols]
        total -= part[:, k - half : k - half + inner_cols]
        count += 2 * half + 1
    shares[k : rows - k, k : cols - k] = total / (STEPS * count)
    return shares


def best_region(
    hazards: ImageHazards,
    aim_m: tuple[float, float],
    limits: RegionLimits,
    extra_kg: Array | None = None,
) -> tuple[Region, Region | None]:
    """Return the region about the aim, and the best in reach.

    The best has the least share + share_per_kg x propellant; of equals the nearest to the aim, of
    those the southernmost, then the westernmost.

    Parameters
    ----------
    hazards : ImageHazards
    aim_m : tuple of float
        East and north [m, site axes].
    limits : RegionLimits
    extra_kg : ndarray, (cells, cells), optional
        Propellant of each cell over the aim's [kg]; infinite where nothing reaches. 0 by default.

    Returns
    -------
    here, best : Region, Region or None
        None where no region lies within the limits and on the map.
    """
    grid = hazards.grid
    radius = limits.radius_m / grid.cell_m
    shares = disc_shares(hazards.probability, radius)
    east, north = grid.places()
    away = (east - aim_m[0]) ** 2 + ((north - aim_m[1]) ** 2)[:, None]
    extra = np.zeros(shares.shape) if extra_kg is None else extra_kg
    # level ground for the aim costs what it costs: no region is worth more for being cheaper
    spent = np.maximum(extra, 0.0)
    k = int(radius)
    allowed = (away <= limits.reach_m * limits.reach_m) & (extra <= limits.extra_most_kg)
    inner = np.zeros(shares.shape, np.bool_)
    inner[k : grid.cells - k, k : grid.cells - k] = True
    allowed &= inner
    score = np.where(allowed, shares, np.inf)
    score[allowed] += limits.share_per_kg * spent[allowed]
    col = min(max(math.floor((aim_m[0] - grid.east_m) / grid.cell_m + 0.5), 0), grid.cells - 1)
    row = min(max(math.floor((aim_m[1] - grid.north_m) / grid.cell_m + 0.5), 0), grid.cells - 1)
    here = _region(hazards, shares, 0.0, (row, col, radius), aim_m)
    least = float(score.min())
    if not math.isfinite(least):
        return here, None
    equal = np.flatnonzero(score.ravel() == least)
    best = int(equal[np.argmin(away.ravel()[equal])])
    row, col = divmod(best, grid.cells)
    found = _region(hazards, shares, float(extra[row, col]), (row, col, radius), aim_m)
    return here, found


def _region(
    hazards: ImageHazards,
    shares: Array,
    extra_kg: float,
    place: tuple[int, int, float],
    aim_m: tuple[float, float],
) -> Region:
    """Return the region about a cell."""
    row, col, radius = place
    grid = hazards.grid
    k = int(radius)
    top, left = max(row - k, 0), max(col - k, 0)
    part = hazards.reasons[top : row + k + 1, left : col + k + 1]
    down = np.arange(top, top + part.shape[0]) - row
    right = np.arange(left, left + part.shape[1]) - col
    inside = part[down[:, None] ** 2 + right**2 <= radius * radius]
    each = [
        (flag, int(np.count_nonzero(inside & np.uint16(flag))) / inside.size)
        for flag in ImageReason
        if flag
    ]
    carried = sorted((pair for pair in each if pair[1] > 0.0), key=lambda pair: -pair[1])
    east = grid.east_m + col * grid.cell_m
    north = grid.north_m + row * grid.cell_m
    across, ahead = east - aim_m[0], north - aim_m[1]
    return Region(
        east,
        north,
        float(shares[row, col]),
        extra_kg,
        math.sqrt(across * across + ahead * ahead),
        tuple(carried),
    )
