"""How rough measured ground is, and the law by which that goes on below its posts.

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

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from farside.ext.common.deterministic import arctan, log2, power, tan
from farside.ground.arcs import Arcs
from farside.mission.ground_statistics import GroundStatistics
from farside.raster import MOON_RADIUS_M, whole_moon

Array = NDArray[np.float64]

SCALES = (1, 2, 4)  # posts
BREAK_M = 2700.0  # Rosenburg et al. 2011
#: Median over Apollo from 3.8 km to 474 m, whole-Moon DEM against GLD100 (docs/survey.md).
HURST_BELOW = 0.80
REFERENCE_M = 474.0  # lag of a mission's deviation_474_m
ABOUT = 3.75  # posts, 1 sigma of a neighbourhood: as wide as 13 x 13 posts, 49 km at 3.8 km
_HURST = (0.3, 0.95)
POST_M = math.radians(0.125) * MOON_RADIUS_M  # of the whole-Moon DEM [m]
_HALF = 26  # posts to either side of a place: 7 sigma of its neighbourhood


class Roughness(NamedTuple):
    """The law (1) of measured ground, of one place or of many.

    Attributes
    ----------
    roughness_m : ndarray
        nu over one post [m].
    hurst : ndarray
        H, fitted.
    hurst_below : ndarray
        H that goes on below a post.
    deviation_474_m : ndarray
        nu over 474 m by that law [m].
    """

    roughness_m: Array
    hurst: Array
    hurst_below: Array
    deviation_474_m: Array


def roughness(heights: Array, ground_m: Array, step: int = 1, about: float = ABOUT) -> Roughness:
    """Return the law of every cell of a plane.

    Parameters
    ----------
    heights : ndarray (rows, cols)
        [m].
    ground_m : ndarray (rows, cols)
        Side of a cell on the ground [m].
    step : int
        Cells from one post of the data to the next.
    about : float
        Posts of the data, 1 sigma of a neighbourhood.
    """
    squares = [_deviation2(heights, step * scale, about * step) for scale in SCALES]
    logs = 0.5 * log2(np.maximum(np.stack(squares), 1e-6))
    # least squares over log2 L = 0, 1, 2: half the difference of the outer two
    hurst = np.clip(0.5 * (logs[2] - logs[0]), *_HURST)
    # through the middle of the three, so that all count
    nu = power(2.0, logs.mean(axis=0) - hurst)
    post = step * ground_m
    below = np.where(SCALES[-1] * post <= BREAK_M, hurst, HURST_BELOW)
    return Roughness(nu, hurst, below, nu * power(REFERENCE_M / post, below))


def roughness_at(latitude_deg: float, longitude_deg: float, about: float = ABOUT) -> Roughness:
    """Return the law of the whole-Moon DEM about a place.

    Parameters
    ----------
    latitude_deg, longitude_deg : float
        Planetocentric mean-Earth [deg].
    about : float
        Posts of 3.8 km, 1 sigma of a neighbourhood; at most `ABOUT`.

    Returns
    -------
    Roughness
        Of shape ().

    Examples
    --------
    >>> from farside.ground.roughness import roughness_at
    >>> basin = roughness_at(-41.6385, 206.0148)  # Chang'e 6: GLD100 has 10 m
    >>> round(float(basin.deviation_474_m))
    11
    >>> round(float(roughness_at(-13.316, 25.251).deviation_474_m))  # SLIM: highlands
    71
    """
    arcs = Arcs(latitude_deg, longitude_deg, 0.0, MOON_RADIUS_M)
    lag = np.arange(-_HALF, _HALF + 1) * POST_M
    places = np.meshgrid(lag, lag)
    heights = whole_moon().sample(*arcs.latlon(*places), cubic=True)
    found = roughness(heights, np.full(heights.shape, POST_M), about=about)
    return Roughness(*(each[_HALF, _HALF] for each in found))


def scaled(statistics: GroundStatistics, deviation_m: float, hurst: float) -> dict[str, float]:
    """Return the keys of a [ground] for another place by the law of its measured ground.

    Parameters
    ----------
    statistics : GroundStatistics
        Whose slope over 5 m counts, times the ratio of the deviations.
    deviation_m : float
        Over 474 m [m].
    hurst : float
        H that goes on below.

    Returns
    -------
    dict
        `deviation_474_m`, `hurst_regional` and `slope_5m_deg`.

    Examples
    --------
    >>> from farside.ground.roughness import scaled
    >>> from farside.mission import load_mission
    >>> scaled(load_mission("chang-e-6").ground, 20.0, 0.8)
    {'deviation_474_m': 20.0, 'hurst_regional': 0.8, 'slope_5m_deg': 3.995}
    """
    base = statistics.deviation_474_m
    multiple = deviation_m / base if base > 0.0 else 1.0
    # octaves scale with the tangent (farside.ground.fractal.octave_amplitudes)
    slope = math.degrees(arctan(multiple * tan(math.radians(statistics.slope_5m_deg))))
    return {
        "deviation_474_m": round(deviation_m, 3),
        "hurst_regional": round(hurst, 3),
        "slope_5m_deg": round(min(slope, 44.9), 3),
    }


def moved(heights: Array, down: int, across: int) -> Array:
    """Return heights so many cells further down and across, the edge's own beyond."""
    from scipy.ndimage import shift  # 0.9 CPU-s: no flight needs it

    return np.asarray(shift(heights, (-down, -across), order=0, mode="nearest", prefilter=False))


def _deviation2(heights: Array, step: int, about: float) -> Array:
    """Return (1) squared over neighbourhoods, `about` cells 1 sigma, mean of rows and columns."""
    from scipy.ndimage import gaussian_filter

    total = np.zeros_like(heights)
    for axis in (0, 1):
        known = np.ones(heights.shape)
        np.moveaxis(known, axis, 0)[-step:] = 0.0
        off = known * (moved(heights, step * (1 - axis), step * axis) - heights)
        # what lies beyond the edge has no weight
        weight = np.maximum(gaussian_filter(known, about, mode="nearest"), 1e-9)
        mean = gaussian_filter(off, about, mode="nearest") / weight
        total += gaussian_filter(off * off, about, mode="nearest") / weight - mean * mean
    return np.asarray(0.5 * np.maximum(total, 0.0))
