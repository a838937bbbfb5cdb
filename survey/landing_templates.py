"""Ground below the resolution of elevation data, drawn by the laws of a mission's [ground].

A template is a square as large as the lander's scan: octaves of noise, craters and rocks, as
`farside.ground` draws them, and the regional field less its own plane over the square. What a plane
of the elevation data and of that field adds is a tilt, so that

    g = s + g_t,    safe where |g| <= tan(slope limit) and r <= obstacle limit                  (1)

with the least-squares gradient g_t and the greatest residual r of each footprint of the template
and the tilt s of the whole square. Relief that is m times as rough has m times the octaves and the
field; craters and rocks stay as they are. So g is linear in m, and every residual, and a footprint
is safe in an interval of m that its planes and residuals give exactly:

    |m p_i + q_i| <= obstacle limit,    |m G + F + s| <= tan(slope limit)                       (2)
"""

from __future__ import annotations

import math
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from farside.ground.detail import FIELD_NODES, Detail
from farside.ground.footprint import POSTING_M, disc_planes, safe_steps, span_discs
from farside.ground.lattice import Block, Heights, halve
from farside.ground.measured import REGION_LEVEL
from farside.mission.ground_statistics import GroundStatistics
from farside.survey.landing_cache import kept

Array = NDArray[np.float64]
Image = NDArray[np.float32]

SEEDS, PER_SEED = 24, 32
FIRST_SEED = 0x7375727665790000  # "survey": no flight's seed
APART = 0.05  # of the multiples
MULTIPLES = APART * np.arange(121)
TILTS = np.tan(np.radians(np.concatenate([np.arange(0.0, 16.0, 0.75), np.arange(16.0, 44.0, 4.0)])))
_APART, _MOST_ALONG = 0.16, 60  # footprints, in their diameters; along a side of a square
_THREADS = 4
_WAYS = ((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0))


@dataclass(frozen=True)
class Limits:
    """What a place is held to.

    Attributes
    ----------
    slope_deg, obstacle_m : float
        Steepest plane and largest residual that are safe.
    footprint_m : float
        Diameter of the disc.
    side_m : float
        Of the square that one scan shows.
    missed : float
        Share of safe places that the lander's map does not accept.
    false_safe : float
        Share of accepted places that are not safe.
    """

    slope_deg: float
    obstacle_m: float
    footprint_m: float
    side_m: float
    missed: float
    false_safe: float


@dataclass(frozen=True, eq=False)
class Chances:
    """What templates say by multiple m (rows) and tilt (columns) of `MULTIPLES`, `TILTS`.

    Attributes
    ----------
    footprint : ndarray
        Probability that a footprint at random in the square is safe.
    holds : ndarray
        That the square holds a safe footprint.
    finds : ndarray
        That it does, and its map accepts one.
    draws : int
        Templates times directions of the tilt.
    """

    footprint: Array
    holds: Array
    finds: Array
    draws: int


@lru_cache(maxsize=8)
def chances(statistics: GroundStatistics, posting_m: float, limits: Limits) -> Chances:
    """Draw templates and count over them.

    Parameters
    ----------
    statistics : GroundStatistics
        Of a mission's [ground].
    posting_m : float
        Of the elevation data: larger craters and longer waves are measured.
    limits : Limits
    """
    # sums are whole numbers but for `finds`: kept as doubles, they come back to the bit
    total = kept(
        "templates",
        (statistics, float(posting_m), limits, SEEDS, PER_SEED),
        (3, len(MULTIPLES), len(TILTS)),
        lambda: of_seeds(statistics, posting_m, limits).sum(axis=0),
    )
    return _chances(total, SEEDS)


def of_seeds(statistics: GroundStatistics, posting_m: float, limits: Limits) -> Array:
    """Return the sums of every seed, (seeds, 3, multiples, tilts), as `chances` takes them."""
    whole = replace(statistics, radius_m=max(statistics.radius_m, 5000.0))
    with ThreadPoolExecutor(min(_THREADS, os.cpu_count() or 1)) as pool:
        # in the order of the seeds, whoever is first
        parts = list(pool.map(lambda n: _of_seed(whole, posting_m, limits, n), range(SEEDS)))
    return np.stack(parts)


def mean_of(parts: Array) -> Chances:
    """Return the chances that sums of some seeds (seeds, 3, multiples, tilts) make."""
    return _chances(parts.sum(axis=0), len(parts))


def _chances(total: Array, seeds: int) -> Chances:
    draws = seeds * PER_SEED * len(_WAYS)
    footprint, holds, finds = total / draws
    return Chances(footprint, holds, finds, draws)


def _of_seed(statistics: GroundStatistics, posting_m: float, limits: Limits, number: int) -> Array:
    """Return sums over the templates of one seed, (3, multiples, tilts)."""
    detail = Detail(statistics, FIRST_SEED + number, posting_m, REGION_LEVEL)
    field = detail.field()
    places = np.random.Generator(np.random.Philox(key=[FIRST_SEED, number]))
    total = np.zeros((3, len(MULTIPLES), len(TILTS)))
    for row, col in places.integers(-30_000, 30_001, (PER_SEED, 2)):
        rough, features = _template(detail, field, int(row), int(col), limits.side_m)
        total += _counted(rough, features, limits)
    return total


def _template(
    detail: Detail, field: Heights | None, row: int, col: int, side_m: float
) -> tuple[Image, Image]:
    """Return what scales with roughness, and craters and rocks, of one square [m]."""
    half = round(0.5 * side_m / POSTING_M)
    blocks = {0: Block(row - half, row + half + 1, col - half, col + half + 1)}
    for level in range(REGION_LEVEL):
        blocks[level + 1] = blocks[level].coarser()
    top = blocks[REGION_LEVEL]
    wave = np.zeros(top.shape, np.float32)
    if field is not None:
        nodes = FIELD_NODES // 2
        wave = halve(field, Block(-nodes, nodes, -nodes, nodes), top)
    rough, features = np.zeros(top.shape, np.float32), np.zeros(top.shape, np.float32)
    for level in range(REGION_LEVEL, -1, -1):
        if level < REGION_LEVEL:
            wave, rough, features = (
                halve(z, blocks[level + 1], blocks[level]) for z in (wave, rough, features)
            )
        if level in detail.octaves:
            detail.add_octave(rough, blocks[level], level, detail.octaves[level])
        detail.add_craters(features, blocks[level], level, detail.craters.get(level, ()))
    detail.add_rocks(features, blocks[0], 0, 0.0)
    return rough + _less_plane(wave), features - features.mean()


def _less_plane(z: Image) -> Image:
    """Return heights less their least-squares plane."""
    y, x = (np.arange(n) - 0.5 * (n - 1) for n in z.shape)
    a = (z * x[None, :]).sum() / (z.shape[0] * (x * x).sum())
    b = (z * y[:, None]).sum() / (z.shape[1] * (y * y).sum())
    return np.asarray(z - z.mean() - a * x[None, :] - b * y[:, None], np.float32)


def planes(heights: Image, diameter_m: float) -> Image:
    """Return the least-squares planes of discs about every `step_of`-th node inside.

    Parameters
    ----------
    heights : ndarray, float32
        At 0.1 m.
    diameter_m : float
        Of a disc.

    Returns
    -------
    ndarray, float32 (3, rows, cols)
        Mean height [m], and slopes along rows and down columns (tangents).
    """
    return disc_planes(heights, step_of(diameter_m, heights.shape[0]), diameter_m)


def step_of(diameter_m: float, nodes: int) -> int:
    """Return how many nodes of 0.1 m footprints are apart on a square of so many nodes a side.

    A sixth of their diameter, but no more than 60 of them along a side.
    """
    across = round(diameter_m / POSTING_M)
    return max(1, round(_APART * across), math.ceil((nodes - across - 2) / _MOST_ALONG))


def _counted(rough: Image, features: Image, limits: Limits) -> Array:
    """Return sums over the ways of a tilt: safe shares, whether any is safe, whether it is found.

    Parameters
    ----------
    rough, features : ndarray, float32
        A square of ground [m]: what scales with the multiple, and what does not.
    limits : Limits

    Returns
    -------
    ndarray (3, multiples, tilts)
    """
    step = step_of(limits.footprint_m, rough.shape[0])
    fits = planes(rough, limits.footprint_m), planes(features, limits.footprint_m)
    most = float(MULTIPLES[-1])
    spans = span_discs(rough, features, step, limits.footprint_m, fits, limits.obstacle_m, most)
    pushes = (TILTS[:, None, None] * np.array(_WAYS)).reshape(-1, 2)
    limit = math.tan(math.radians(limits.slope_deg))
    steps = safe_steps(spans, fits, pushes, limit, APART, len(MULTIPLES))
    share = np.cumsum(steps, axis=1)[:, :-1] / spans[..., 0].size
    reach = limits.side_m - limits.footprint_m
    places = reach * reach / (0.25 * math.pi * limits.footprint_m**2)
    # accepted unless each of so many footprints side by side is missed
    finds = np.where(share > 0.0, 1.0 - limits.missed ** np.maximum(share * places, 1.0), 0.0)
    shape = len(TILTS), len(_WAYS), len(MULTIPLES)
    made = [part.reshape(shape).sum(axis=1).T for part in (share, share > 0.0, finds)]
    return np.stack(made).astype(np.float64)
