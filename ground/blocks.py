"""Fields of blocks about fresh craters: a share of the rocks of the law, held to its counts.

A place has a block with the chance g = 1 - prod (1 - g_c) over the fresh craters c about it, and
rocks are s g / mean(g) times as dense as the law there, s of them being about craters. Craters lie
as Poisson's process has them, so that the mean over the ground is exact:

    mean(g) = 1 - exp(-sum over classes of int nu(D) E[g_c] dA dD)

which keeps the law's counts, averaged over ground much wider than the craters are apart. Where no
fresh crater is near there are fewer: 1 - s of the law.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.ext.ground import _rocks
from farside.ground.craters import CraterClass
from farside.ground.rocks import MOST_DENSE, RockClass, RockLaw, octave_ends, octaves, rock_class
from farside.mission.ground_statistics import GroundStatistics

Array = NDArray[np.float64]

_EVEN, _CLUSTERED = 0x300, 0x400  # streams; their shapes' are 0x600 and 0x700
_STEPS = 64  # of a quadrature over an octave of craters


def smallest_source_m(rock_m: float) -> float:
    """Return the smallest crater [m] that throws out a rock [m].

    The largest block about a crater of D metres has 0.29 D^0.68 m (Bart & Melosh, Geophys. Res.
    Lett. 34, 2007, of craters from 0.2 km; from memory, carried down).
    """
    return float(deterministic.power_of(rock_m / 0.29, 1.0 / 0.68))


@dataclass(frozen=True)
class RockOctave:
    """The rocks of one octave: those evenly scattered, those about craters, and which craters.

    Attributes
    ----------
    even, clustered : RockClass or None
        As their kernel draws them; None where there are none.
    crater_m : float
        Smallest crater [m] that they lie about.
    """

    even: RockClass | None
    clustered: RockClass | None
    crater_m: float


def rock_octaves(statistics: GroundStatistics, craters: Iterable[CraterClass]) -> list[RockOctave]:
    """Describe all rocks of a ground.

    Parameters
    ----------
    statistics : GroundStatistics
        Rock law, share about craters and what craters those are.
    craters : iterable of CraterClass
        The synthetic craters; without large ones all rocks are scattered.

    Returns
    -------
    list of RockOctave
        From the smallest rocks up.
    """
    law = RockLaw.of(statistics)
    held = list(craters)
    out = []
    for octave in range(octaves(law)):
        largest = octave_ends(law, octave)[1]
        crater_m = max(statistics.rock_cluster_crater_m, smallest_source_m(largest))
        mean = mean_chance(statistics, held, crater_m)
        share = min(statistics.rock_cluster_share, MOST_DENSE * mean)
        clustered = None
        if share > 0.0:
            clustered = rock_class(law, _CLUSTERED + octave, octave, share / mean)
        out.append(
            RockOctave(
                rock_class(law, _EVEN + octave, octave, 1.0 - share if clustered else 1.0),
                clustered,
                crater_m,
            )
        )
    return out


def mean_chance(
    statistics: GroundStatistics, craters: Iterable[CraterClass], crater_m: float
) -> float:
    """Return mean(g) over the ground of the fields of fresh craters from a diameter [m] up."""
    # int of x^-3 2 pi x dx beyond the rim, cut short as the kernel does it (field_at)
    reach, thin = _rocks.FIELD_REACH, _rocks.FIELD_THIN
    x = 1.0 + (reach - 1.0) / 4096.0 * (np.arange(4096.0) + 0.5)
    end = np.minimum((reach * reach - x * x) / (reach * reach - thin * thin), 1.0)
    rings = 1.0 + 2.0 * float(np.sum(end / (x * x))) * (reach - 1.0) / 4096.0
    area = math.pi * rings / (1.0 + statistics.crater_ray_contrast)
    fresh = 0.5 * statistics.crater_fresh_share  # weights run from 0 to 1 over the fresh share
    total = 0.0
    for each in craters:
        least = max(each.smallest_m, crater_m)
        if least >= 2.0 * each.smallest_m:
            continue
        # E[D^2 / 4; D >= least] of N(>= D) ~ D^-falling between smallest and twice that
        span = deterministic.log(2.0 * each.smallest_m / least)
        log_d = span / _STEPS * (np.arange(float(_STEPS)) + 0.5)
        diameter = least * deterministic.exp(log_d)
        dense = each.falling * deterministic.power(diameter / each.smallest_m, -each.falling)
        square = float(np.sum(0.25 * diameter * diameter * dense)) * span / _STEPS
        total += each.mean / (each.tile_m * each.tile_m) * square / (1.0 - each.fewer)
    return float(-deterministic.expm1(-total * area * fresh))


def fields_of(statistics: GroundStatistics, craters: Array, crater_m: float) -> Array:
    """Return the fields of blocks of craters, as their kernel takes them.

    Parameters
    ----------
    statistics : GroundStatistics
        What craters are fresh.
    craters : ndarray, (n, 7)
        Rows of `_craters.draw_craters`.
    crater_m : float
        Smallest crater [m].

    Returns
    -------
    ndarray, (m, 7)
        u, v, rim radius [m], weight, side, rays, ray.
    """
    least, most = statistics.crater_depth_ratio
    if not most > least:
        return np.empty((0, 7))
    young = (craters[:, 3] / craters[:, 2] - least) / (most - least)
    share = statistics.crater_fresh_share
    weight = np.clip((young - (1.0 - share)) / share, 0.0, 1.0)
    held = (weight > 0.0) & (craters[:, 2] >= crater_m)
    out = craters[held].copy()
    out[:, 2] *= 0.5
    out[:, 3] = weight[held]
    return out
