"""The slope over 5 m of ground whose heights are known over kilometres alone.

Slope falls with the baseline L as L^(H - 1), with an exponent that changes with scale: 0.95 in the
highlands and 0.76 in maria from 17 m to 2.7 km (Rosenburg et al. 2011), 0.9 in both from metres to
200 m (Cai & Fa 2020, 462 stereo models; 0.7 to 0.95). From their median slopes over 17 m,

    s(L) = s_17 (L / 17 m)^(H - 1),    s_17 = 2.0 deg (maria), 7.5 deg (highlands)             (1)

A map of 3.8 km tells one from the other and no more: by its nu(474 m), whose medians are
DEVIATIONS_M, s is interpolated in logarithms between the two, stays that of maria below the first,
and goes in proportion to nu above the second, as GLD100 does. `python -m studies.metre_slopes`
holds that to the rasters at hand; decision 093 has its figures.

The ground of a flight is the sum of the map, a field of waves above 100 m, craters, and octaves of
noise below 100 m, and slope_5m_deg is that of the octaves alone. So it is what the others leave of
(1). Craters have a long tail: over 5 m they make 4.5 deg rms and 1.9 deg in the median. Both come
from the characteristic function of the difference d of heights over L, which for craters scattered
independently, n a square metre, is (Campbell)

    phi(t) = exp(-sigma^2 t^2 / 2 - sum n int (1 - cos(t d / L)) dA)                            (2)
    P(|g| < r) = r int phi(t) J_1(r t) dt                                                       (3)

of the gradient g, sigma the slope rms along one axis of all that is normal. Where the others leave
nothing, the field is what is too steep, and its exponent is raised from 0.80 to at most 0.95.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import j0, j1

from farside.ground.craters import PROFILE, REACH, CraterClass, profiles, spectrum
from farside.ground.detail import LONGEST_LOCAL_M, Detail
from farside.ground.fractal import power_law
from farside.ground.lattice import cell_of
from farside.ground.measured import REGION_LEVEL
from farside.ground.roughness import POST_M, REFERENCE_M, Roughness, roughness_at
from farside.mission.ground_statistics import GroundStatistics

Array = NDArray[np.float64]

BASELINE_M = 5.0  # of the mission's slope_5m_deg
MEDIANS_17M_DEG = (2.0, 7.5)  # maria, highlands (Rosenburg et al. 2011)
HURSTS = (0.76, 0.95)  # from 17 m on (the same)
HURST_METRES = 0.9  # below 17 m (Cai & Fa 2020)
#: nu(474 m) by the whole-Moon DEM in such a neighbourhood, medians: twelve maria, far side.
DEVIATIONS_M = (3.1, 54.0)
#: How far (1) may be too much and too little, about 90 %: at 474 m the rasters have 1/2.8 to 1.5
#: times as much; an exponent off by 0.08 from there to 17 m makes 1.3, by 0.2 below that 1.25. All
#: independent.
OFF_BY = (2.9, 1.7)
#: Posts, 1 sigma of the neighbourhood whose nu is taken: 7.6 km. With the survey's 14 km a smooth
#: floor among mountains counts as mountains (5 % of the rasters' squares by 3 and more, not 2.3).
NEAR_POSTS = 2.0
LEAST_DEG = 0.5  # of the octaves: ours, so that no ground is bare between its craters
_MEASURED_M = 17.0
_WAVES, _TIMES = 300, 120
#: Of a slope that is looked for, relative; of an exponent.
_SLOPE_TOLERANCE, _HURST_TOLERANCE = 1e-4, 1e-5


@dataclass(frozen=True)
class MetreSlope:
    """What is expected over 5 m of a place, and the keys that draw it.

    Attributes
    ----------
    kind : str
        `mare`, `highland`, or `between`.
    median_deg : float
        Median slope over 5 m of the whole ground, expected by (1) [deg].
    range_deg : tuple of float
        Least and most of it, about 90 % [deg].
    drawn_deg : float
        Median slope over 5 m of the ground that the keys draw [deg].
    slope_5m_deg : float
        Of the mission's [ground]: the octaves' share, rms [deg].
    octaves_deg : tuple of float
        The octaves' share by either end of `range_deg` [deg].
    hurst_regional : float
        Of the mission's [ground].
    """

    kind: str
    median_deg: float
    range_deg: tuple[float, float]
    drawn_deg: float
    slope_5m_deg: float
    octaves_deg: tuple[float, float]
    hurst_regional: float


def median_slope(deviation_m: float, lag_m: float = BASELINE_M) -> float:
    """Return the median slope of the Moon's ground by (1).

    Parameters
    ----------
    deviation_m : float
        nu(474 m) of the place by the whole-Moon DEM [m].
    lag_m : float
        Baseline, 1 m to 2.7 km [m].

    Returns
    -------
    float
        Tangent of the slope, the length of the gradient.

    Examples
    --------
    >>> import math
    >>> from farside.survey.metre_slopes import median_slope
    >>> [round(math.degrees(math.atan(median_slope(nu))), 1) for nu in (2.0, 17.0, 62.0, 80.0)]
    [2.3, 5.0, 9.7, 12.4]
    """
    ratio = lag_m / _MEASURED_M
    mare, highland = (
        math.tan(math.radians(slope))
        * math.pow(ratio, (hurst if ratio > 1.0 else HURST_METRES) - 1.0)
        for slope, hurst in zip(MEDIANS_17M_DEG, HURSTS, strict=True)
    )
    low, high = DEVIATIONS_M
    if deviation_m >= high:
        return highland * deviation_m / high
    share = math.log(max(deviation_m, low) / low) / math.log(high / low)
    return mare * math.pow(highland / mare, share)


@lru_cache(maxsize=8)
def metre_slope(
    statistics: GroundStatistics, latitude_deg: float, longitude_deg: float
) -> MetreSlope:
    """Return the slope over 5 m of a place, and the keys of [ground] that draw it.

    Parameters
    ----------
    statistics : GroundStatistics
        Whose craters lie there.
    latitude_deg, longitude_deg : float
        Planetocentric mean-Earth [deg].

    Examples
    --------
    >>> from farside.mission import load_mission
    >>> from farside.survey.metre_slopes import metre_slope
    >>> found = metre_slope(load_mission("chang-e-6").ground, 28.0, 17.5)
    >>> found.kind, round(found.median_deg, 1), round(found.slope_5m_deg, 1)
    ('mare', 2.3, 0.8)
    """
    near = roughness_at(latitude_deg, longitude_deg, NEAR_POSTS)
    deviation = float(near.deviation_474_m)
    wanted = median_slope(deviation)
    part = _Parts(statistics, roughness_at(latitude_deg, longitude_deg))
    least = math.tan(math.radians(LEAST_DEG))
    hurst = part.hurst(wanted, least)
    others = math.hypot(part.tilt, part.field(hurst))

    def octaves(median: float) -> float:
        whole = part.craters.sigma_of(median)
        return math.sqrt(max(whole * whole - others * others, 0.0))

    share = max(octaves(wanted), least)
    low, high = DEVIATIONS_M
    kind = "mare" if deviation <= low else "highland" if deviation >= high else "between"
    return MetreSlope(
        kind,
        _deg(wanted),
        (_deg(wanted / OFF_BY[0]), _deg(wanted * OFF_BY[1])),
        _deg(part.craters.median_of(math.hypot(others, share))),
        _deg(share),
        (_deg(octaves(wanted / OFF_BY[0])), _deg(octaves(wanted * OFF_BY[1]))),
        hurst,
    )


def _deg(tangent: float) -> float:
    return math.degrees(math.atan(tangent))


class _Parts:
    """What a flight's ground has besides its octaves, as slopes over 5 m along one axis, rms."""

    def __init__(self, statistics: GroundStatistics, here: Roughness) -> None:
        detail = Detail(statistics, 0, POST_M, REGION_LEVEL)
        classes = [each for level in detail.craters.values() for each in level]
        self.craters = CraterSlopes(classes, detail.ratio)
        self.tilt = float(here.roughness_m) / POST_M
        self._deviation_m = float(here.deviation_474_m)
        self._least_hurst = float(here.hurst_below)
        shortest = max(LONGEST_LOCAL_M, 4.0 * cell_of(REGION_LEVEL + 1))
        self._k = np.geomspace(2.0 * math.pi / detail.resolved_m, 2.0 * math.pi / shortest, _WAVES)
        large = [each for each in classes if 4.0 * each.smallest_m > shortest]
        self._taken = spectrum(self._k, large, detail.ratio)

    def field(self, hurst: float) -> float:
        """Return the slope of the regional field, which leaves out what craters bring."""
        k = self._k
        law = power_law(self._deviation_m, REFERENCE_M, hurst)(k)
        # nu^2(L) = 2 int S(k) (1 - J0(k L)) 2 pi k dk
        part = np.maximum(law - self._taken, 0.0) * (1.0 - j0(k * BASELINE_M)) * k
        return math.sqrt(4.0 * math.pi * float(np.trapezoid(part, k))) / BASELINE_M

    def hurst(self, wanted: float, octaves: float) -> float:
        """Return the least exponent of the field whose ground is no steeper than wanted."""
        low, high = self._least_hurst, max(HURSTS[1], self._least_hurst)
        most = self.craters.sigma_of(wanted)
        room = most * most - self.tilt**2 - octaves**2

        def too_steep(hurst: float) -> float:
            return self.field(hurst) ** 2 - room

        # where craters alone are too steep, a field of next to nothing cannot mend it
        if too_steep(low) <= 0.0 or self.field(low) <= octaves:
            return low
        if too_steep(high) >= 0.0:
            return high
        return float(brentq(too_steep, low, high, xtol=_HURST_TOLERANCE))


class CraterSlopes:
    """The distribution of slopes over 5 m of craters and of a normal ground under them.

    Parameters
    ----------
    classes : sequence of CraterClass
        Scattered independently.
    ratio : tuple of float
        Limits of depth / diameter, uniform between.
    baseline_m : float
        [m].
    """

    def __init__(
        self,
        classes: list[CraterClass],
        ratio: tuple[float, float],
        baseline_m: float = BASELINE_M,
    ) -> None:
        self._t = np.concatenate([[0.0], np.geomspace(0.1, 2000.0, _TIMES)])
        exponent, square = np.zeros_like(self._t), 0.0
        for each in classes:
            for part in (0.25, 0.75):
                smaller = 1.0 - part * (1.0 - each.fewer)
                diameter = each.smallest_m * smaller ** (-1.0 / each.falling)
                number = 0.5 * each.mean / each.tile_m**2
                slopes, area = _differences(diameter, ratio, baseline_m)
                waves = 1.0 - np.cos(self._t[:, None] * slopes)
                exponent += number * area * np.sum(waves, axis=1)
                square += number * area * float(np.sum(slopes * slopes))
        self._exponent = exponent
        self.rms = math.sqrt(square)

    def share_below(self, slope: float, sigma: float) -> float:
        """Return (3): the share of the ground that is less steep than a slope, both tangents."""
        phi = np.exp(-0.5 * (sigma * self._t) ** 2 - self._exponent)
        # J_1 turns faster than phi falls: between the nodes of phi, on steps of its own
        t = np.linspace(0.0, min(self._t[-1], 9.0 / max(sigma, 1e-3)), 4000)
        return slope * float(np.trapezoid(np.interp(t, self._t, phi) * j1(slope * t), t))

    def median_of(self, sigma: float) -> float:
        """Return the median slope over a normal ground of a slope rms along one axis."""
        return _root(lambda slope: self.share_below(slope, sigma) - 0.5, 1e-5, 4.0)

    def sigma_of(self, median: float) -> float:
        """Return the slope rms along one axis of the normal ground that makes a median; or 0."""
        least = math.tan(math.radians(0.01))
        return 0.0 if self.median_of(least) >= median else _root(
            lambda sigma: self.median_of(sigma) - median, least, 4.0
        )  # fmt: skip


def _root(above: Callable[[float], float], low: float, high: float) -> float:
    """Return the slope at which a rising function passes 0; `high` where it has not by then."""
    if above(high) <= 0.0:
        return high

    def of_log(log_slope: float) -> float:
        return above(math.exp(log_slope))

    return math.exp(brentq(of_log, math.log(low), math.log(high), xtol=_SLOPE_TOLERANCE))


def _differences(
    diameter_m: float, ratio: tuple[float, float], baseline_m: float
) -> tuple[Array, float]:
    """Return slopes over a baseline at even places about a crater, and the area of each [m2].

    Of five depths, each with a fifth of the area.
    """
    radius = 0.5 * diameter_m
    half = 0.5 * baseline_m / radius
    across, along = np.linspace(0.0, REACH, 33), np.linspace(-REACH - half, REACH + half, 65)
    y, x = 0.5 * (across[1:] + across[:-1])[:, None], 0.5 * (along[1:] + along[:-1])
    square = np.linspace(0.0, REACH * REACH, PROFILE + 1)
    old, young = (
        np.interp((x + half) ** 2 + y * y, square, shape, right=0.0)
        - np.interp((x - half) ** 2 + y * y, square, shape, right=0.0)
        for shape in profiles()
    )
    youth = np.array([0.1, 0.3, 0.5, 0.7, 0.9])[:, None, None]
    depth = diameter_m * (ratio[0] + youth * (ratio[1] - ratio[0]))
    slopes = depth / baseline_m * ((1.0 - youth) * old + youth * young)
    # the other half, y < 0, is alike
    area = 2.0 * (across[1] - across[0]) * (along[1] - along[0]) * radius * radius / len(youth)
    return np.asarray(slopes.ravel()), float(area)
