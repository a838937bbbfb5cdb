"""The hazard model below the data's resolution: how likely a footprint, and a scan, are safe.

The tilt of a scan's square about a place whose slope the data give as s_0 is s = s_0 + d with d a
normal vector of two equal variances, the part of the ground's spectrum between the data and the
square:

    var = pi int S(k) W^2(k R) k^3 dk,    W(x) = 8 J_2(x) / x^2                                (1)

S(k) = C k^-(2H + 2) less what craters put there (templates hold those), k from 2 pi / (3.5
posts) to 2 pi / 102 m, R the radius of the disc of the square's area, and W the response of a
least-squares plane over it. |s| then follows Rice's law, and a probability T(|s|, m) of templates
(`landing_templates`) becomes

    P = int T(t, m) (t / var) exp(-(t^2 + s_0^2) / (2 var)) I_0(t s_0 / var) dt                (2)

m is the ratio of the cell's deviation over 474 m to the mission's: relief below a post is taken to
keep the proportions of the mission's own law.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates
from scipy.special import ive, jv

from farside.ground.craters import spectrum
from farside.ground.detail import LONGEST_LOCAL_M, Detail
from farside.ground.fractal import power_law
from farside.ground.lattice import cell_of
from farside.ground.measured import REGION_LEVEL
from farside.mission import Mission
from farside.mission.ground_statistics import GroundStatistics
from farside.survey.landing_slopes import REFERENCE_M, RegionSlopes
from farside.survey.landing_templates import MULTIPLES, TILTS, Chances, Limits, chances

Array = NDArray[np.float64]

#: docs/benchmark.md, lidar with 1.7 cm of noise: "farside, stand, 0.997 sure" and "disc, 0.997
#: sure", scored by the disc: shares missed and false safe.
DETECTION = {"legs": (0.5297, 0.0011), "disc": (0.3459, 0.0010)}
_HURST_STEP = 0.05
_HURSTS = np.linspace(0.3, 0.95, 14)
_SIGMAS = np.concatenate([[0.0], np.geomspace(0.004, 0.6, 24)])
_SLOPES = np.concatenate([np.arange(0.0, 0.30, 0.0125), np.geomspace(0.30, 1.2, 8)])
_FINE = np.linspace(0.0, float(TILTS[-1]), 400)


@dataclass(frozen=True, eq=False)
class SafeMaps:
    """Probabilities of every cell, before any ellipse.

    Attributes
    ----------
    footprint : ndarray
        That a footprint at random is safe: a landing without imaging.
    holds : ndarray
        That one scan's square holds a safe footprint.
    lands : ndarray
        That it does, the map accepts one, and the one accepted is safe.
    sigma : ndarray
        Root of the variance of each component of the tilt (tangent).
    multiple : ndarray
        m.
    """

    footprint: Array
    holds: Array
    lands: Array
    sigma: Array
    multiple: Array


def limits_of(plan: Mission) -> Limits:
    """Return what a mission's places are held to."""
    hazards = plan.hazards
    missed, false_safe = DETECTION[hazards.stand]
    return Limits(
        hazards.slope_deg, hazards.obstacle_m, hazards.footprint_m,
        hazards.map_cells * hazards.cell_m, missed, false_safe,
    )  # fmt: skip


def safe_maps(plan: Mission, slopes: RegionSlopes, post_m: Array) -> SafeMaps:
    """Return the probabilities of every cell.

    Parameters
    ----------
    plan : Mission
        Whose limits and [ground] count.
    slopes : RegionSlopes
    post_m : ndarray (rows, cols)
        Posting of the data of each cell [m].
    """
    limits, base = limits_of(plan), plan.ground.deviation_474_m
    deviation = slopes.deviation_474_m
    multiple = deviation / base if base > 0.0 else np.ones_like(deviation)
    classes = _classes(post_m)
    out = [np.full(post_m.shape, np.nan) for _ in range(4)]
    for posting in np.unique(classes):
        here = classes == posting
        sigma = tilt_sigma(
            plan.ground, float(posting), limits.side_m, deviation[here], slopes.hurst_below[here]
        )
        # waves of the regional field that bend a square: by the law that goes on there
        hurst = round(float(np.nanmedian(slopes.hurst_below[here])) / _HURST_STEP) * _HURST_STEP
        table = chances(replace(plan.ground, hurst_regional=hurst), float(posting), limits)
        found = probabilities(table, slopes.tangent[1][here], sigma, multiple[here])
        for whole, part in zip(out, (*found, sigma), strict=True):
            whole[here] = part
    return SafeMaps(out[0], out[1], (1.0 - limits.false_safe) * out[2], out[3], multiple)


def _classes(post_m: Array) -> Array:
    """Return postings in steps of an octave, so that few sets of templates are drawn."""
    return np.asarray(2.0 ** np.round(np.log2(post_m)))


def tilt_sigma(
    statistics: GroundStatistics, posting_m: float, side_m: float, deviation_m: Array, hurst: Array
) -> Array:
    """Return the root of the variance (1) for deviations over 474 m [m] and exponents H.

    Parameters
    ----------
    statistics : GroundStatistics
        Whose craters are left out.
    posting_m : float
        Of the data.
    side_m : float
        Of the square.
    deviation_m, hurst : ndarray (N,)
    """
    detail = Detail(statistics, 0, posting_m, REGION_LEVEL)
    shortest = max(LONGEST_LOCAL_M, 4.0 * cell_of(REGION_LEVEL + 1))
    if detail.resolved_m <= shortest:
        return np.zeros(np.shape(deviation_m))
    k = np.geomspace(2.0 * math.pi / detail.resolved_m, 2.0 * math.pi / shortest, 120)
    craters = [
        each for part in detail.craters.values() for each in part
        if 4.0 * each.smallest_m > shortest
    ]  # fmt: skip
    taken = spectrum(k, craters, detail.ratio)
    x = k * side_m / math.sqrt(math.pi)
    weight = math.pi * (8.0 * jv(2, x) / (x * x)) ** 2 * k**3
    deviations = np.geomspace(1.0, 400.0, 28)
    sigma = np.empty((len(deviations), len(_HURSTS)))
    for i, deviation in enumerate(deviations):
        for j, each in enumerate(_HURSTS):
            law = power_law(float(deviation), REFERENCE_M, float(each))(k)
            part = weight * np.maximum(law - taken, 0.0)
            sigma[i, j] = math.sqrt(float(np.sum(0.5 * (part[1:] + part[:-1]) * np.diff(k))))
    at = [
        np.interp(np.log(np.maximum(deviation_m, 1.0)), np.log(deviations), np.arange(28.0)),
        np.interp(hurst, _HURSTS, np.arange(float(len(_HURSTS)))),
    ]
    return np.asarray(map_coordinates(sigma, at, order=1, mode="nearest"))


def probabilities(
    table: Chances, slope: Array, sigma: Array, multiple: Array
) -> tuple[Array, Array, Array]:
    """Return (2) for `footprint`, `holds` and `finds` of a table.

    Parameters
    ----------
    table : Chances
    slope : ndarray (N,)
        Tangent of the slope that the data show.
    sigma : ndarray (N,)
        Of each component of what they do not.
    multiple : ndarray (N,)
        m.
    """
    rice = _rice()
    unknown = ~(np.isfinite(slope) & np.isfinite(sigma) & np.isfinite(multiple))
    at = [
        np.interp(np.nan_to_num(multiple), MULTIPLES, np.arange(float(len(MULTIPLES)))),
        np.interp(np.nan_to_num(slope), _SLOPES, np.arange(float(len(_SLOPES)))),
        np.interp(np.nan_to_num(sigma), _SIGMAS, np.arange(float(len(_SIGMAS)))),
    ]
    out = []
    for chance in (table.footprint, table.holds, table.finds):
        fine = np.stack([np.interp(_FINE, TILTS, row) for row in chance])
        block = np.einsum("ijt,mt->mij", rice, fine)
        found = np.asarray(map_coordinates(block, at, order=1, mode="nearest"))
        found[unknown] = np.nan
        out.append(found)
    return out[0], out[1], out[2]


def _rice() -> Array:
    """Return weights of (2) over `_FINE` by slope and sigma; tilts beyond count as never safe."""
    out = np.zeros((len(_SLOPES), len(_SIGMAS), len(_FINE)))
    step = _FINE[1] - _FINE[0]
    for j, sigma in enumerate(_SIGMAS):
        for i, slope in enumerate(_SLOPES):
            if sigma < step:
                # a tilt that is known: the two nearest
                if slope <= _FINE[-1]:
                    out[i, j] = np.maximum(0.0, 1.0 - np.abs(_FINE - slope) / step)
                continue
            z = _FINE * slope / sigma**2
            density = _FINE / sigma**2 * np.exp(-0.5 * ((_FINE - slope) / sigma) ** 2) * ive(0, z)
            out[i, j] = density * step
    return out
