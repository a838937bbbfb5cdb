"""How sure a safe stand is: a calibrated probability, a proved bound, and the touchdown error."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from farside.terrain.elevation import ElevationMap
from farside.terrain.footprint import Footprint
from farside.terrain.hazards import HazardLimits
from farside.terrain.lander import LanderFootprint

Floats = NDArray[np.float32]

_NO_NOISE_M = 1e-9
"""In the place of 0: a margin is then certain one way or the other."""


@dataclass(frozen=True)
class Margin:
    """How a margin, in sigmas, becomes the argument of the normal integral.

    With x = ln(sigma / roughness limit) from the middle of the noises fitted,

        u = margin exp(scale + scale_x x + scale_xx x^2)
            + bias + bias_x x + bias_xx x^2 + bias_xxx x^3,
        z = u + above max(0, u) + far max(0, u - 1.5) + below min(0, u + 1).

    The bias is there because what is measured is a greatest value: noise makes it greater than
    what is true, the more so the more cells compete, and they are more when it is noisier.
    """

    scale: float
    scale_x: float = 0.0
    scale_xx: float = 0.0
    bias: float = 0.0
    bias_x: float = 0.0
    bias_xx: float = 0.0
    bias_xxx: float = 0.0
    above: float = 0.0
    far: float = 0.0
    below: float = 0.0

    def chance(self, margin: Floats, x: Floats) -> Floats:
        """Give the probability that the limit is truly held."""
        scale = np.exp(_polynomial(x, self.scale, self.scale_x, self.scale_xx))
        bias = _polynomial(x, self.bias, self.bias_x, self.bias_xx, self.bias_xxx)
        u = np.clip(margin * scale, np.float32(-60), np.float32(60)) + bias
        z = u
        if self.above:
            z = z + np.float32(self.above) * np.maximum(u, 0)
        if self.far:
            z = z + np.float32(self.far) * np.maximum(u - np.float32(1.5), 0)
        if self.below:
            z = z + np.float32(self.below) * np.minimum(u + 1, 0)
        return np.asarray(ndtr(z), np.float32)


# Fitted by maximum likelihood, and so that no decile is off, to 400 scenes over the Chang'e 6 site
# at 0.005 to 0.05 m of noise, none of which a score uses: benchmarks/calibrate.py.
MIDDLE = -2.5
DISC_DEVIATION = Margin(
    *(0.3764, 0.1840, 0.0069), *(1.5587, 1.1293, 0.3550, 0.0920), 0.0267, -0.1192, -0.1466
)
LEGS_SLOPE = Margin(
    *(0.4829, 0.2564, -0.0160), *(0.4972, 0.3608, 0.1606, 0.0721), 0.0532, -0.1933, -0.1396
)
LEGS_RISE = Margin(0.2, bias=1.0)
TOGETHER = 0.26
"""Correlation of a safe disc and safe legs: the same rocks spoil both."""


@dataclass(frozen=True, eq=False)
class NoiseUnderDisc:
    """Noise of the heights under each footprint, and what a disc makes of it."""

    typical_m: Floats
    """Root mean square over the square about the footprint [m]; 0-dimensional if one for all."""
    worst_m: Floats
    """Greatest under footprint and pads [m]."""
    greatest_m: float
    """Greatest on the map [m]."""
    cells: int
    """Under footprint and pads, no fewer than there are."""
    tilt_per_m: float
    """1-sigma of the disc's plane, tangent along either axis, per metre of noise."""

    @classmethod
    def of(
        cls, sigma: Floats, elevation: ElevationMap, lander: LanderFootprint, disc: Footprint
    ) -> NoiseUnderDisc:
        """Take the noise of a map together."""
        east_m, north_m = elevation.cell_east_m, elevation.cell_north_m
        # Sums of squares of the offsets, by rows and columns; the smaller makes the larger tilt.
        w = disc.half_widths.astype(np.float64)
        d = np.arange(len(w))
        twice = np.where(d == 0, 1.0, 2.0)
        along = float((twice * d * d * (2 * w + 1)).sum()) * north_m**2
        across = float((twice * w * (w + 1) * (2 * w + 1) / 3).sum()) * east_m**2
        reach_m = 0.5 * max(lander.footprint_m, lander.span_m + lander.pad_m) + max(east_m, north_m)
        # The squares of all cells within a radius lie within half a diagonal more.
        rim_m = reach_m + 0.5 * math.hypot(east_m, north_m)
        cells = math.ceil(math.pi * rim_m**2 / (east_m * north_m))
        low, high = float(sigma.min()), float(sigma.max())
        if low == high:
            one = np.asarray(max(high, _NO_NOISE_M), np.float32)
            typical = worst = one
        else:
            size = (2 * int(reach_m / east_m) + 1, 2 * int(reach_m / north_m) + 1)
            square = cv2.boxFilter(sigma * sigma, cv2.CV_32F, size, borderType=cv2.BORDER_REFLECT)
            typical = np.maximum(np.sqrt(np.maximum(square, 0)), np.float32(_NO_NOISE_M))
            worst = np.maximum(
                cv2.dilate(sigma, np.ones(size[::-1], np.uint8)), np.float32(_NO_NOISE_M)
            )
        return cls(typical, worst, high, cells, 1.0 / math.sqrt(min(along, across)))


def disc_probability(
    slope_deg: Floats, roughness_m: Floats, limits: HazardLimits, noise: NoiseUnderDisc
) -> Floats:
    """Probability that the disc is truly within both limits; 0 where it was not measured.

    The slope is linear in the heights: its margin is in its own 1-sigma and needs no fitting. The
    deviation is a greatest value, see `Margin`. The two are taken as independent.
    """
    sigma = noise.typical_m
    flatness = (_tangent(limits.slope_deg) - np.tan(np.radians(slope_deg))) / sigma
    room = (np.float32(limits.roughness_m) - roughness_m) / sigma
    chance = ndtr(np.clip(flatness / np.float32(noise.tilt_per_m), -60, 60))
    chance *= DISC_DEVIATION.chance(room, _level(sigma, limits.roughness_m))
    return _filled(chance, 0.0)


def legs_probability(
    slope_deg: Floats,
    rise_m: Floats,
    limits: HazardLimits,
    lander: LanderFootprint,
    noise: NoiseUnderDisc,
) -> Floats:
    """Probability that the legs are, too, at their worst heading; 0 where they were not looked at.

    Pads are noisy: a resting plane tilts by about sigma over the radius of the pads, and the rise
    above it is uncertain by more than one cell. Worst headings are greatest values, as above.
    """
    sigma = noise.typical_m
    radius = np.float32(0.5 * lander.span_m)
    flatness = (_tangent(limits.slope_deg) - np.tan(np.radians(slope_deg))) * radius / sigma
    room = (np.float32(lander.belly_clearance_m) - rise_m) / sigma
    x = _level(sigma, limits.roughness_m)
    chance = LEGS_SLOPE.chance(flatness, x) * LEGS_RISE.chance(room, x)
    return _filled(chance, 0.0)


def _polynomial(x: Floats, *coefficients: float) -> Floats:
    value: Floats = np.zeros_like(x)
    for c in reversed(coefficients):
        value = value * x + np.float32(c)
    return value


def both(disc: Floats, legs: Floats) -> Floats:
    """Probability of two events of given probabilities and correlation `TOGETHER`."""
    spread = np.sqrt(disc * (1 - disc) * legs * (1 - legs))
    return np.asarray(np.clip(disc * legs + np.float32(TOGETHER) * spread, 0, 1), np.float32)


def _level(sigma: Floats, limit_m: float) -> Floats:
    """Give ln(sigma / limit) about the middle of what was fitted, and no further than that."""
    level = np.log(sigma / np.float32(limit_m)) - np.float32(MIDDLE)
    return np.asarray(np.clip(level, np.float32(-1.3), np.float32(1.2)), np.float32)


def _filled(chance: Floats, unknown: float) -> Floats:
    """Put a number where nothing was measured."""
    return np.asarray(np.where(np.isnan(chance), np.float32(unknown), chance), np.float32)


def _tangent(slope_deg: float) -> np.float32:
    return np.float32(math.tan(math.radians(slope_deg)))


def disc_bound(
    slope_deg: Floats, roughness_m: Floats, limits: HazardLimits, noise: NoiseUnderDisc
) -> Floats:
    """Lower bound of the probability that the disc is within both limits (docs/decisions/008).

        1 - exp(-t^2 / 2) - 2 n Phi(-m / sigma)

    with t the slope's margin in its 1-sigma and m the deviation's margin: a height less the plane
    fitted to it and its neighbours is no noisier than the height alone.
    """
    sigma = noise.worst_m
    t = (_tangent(limits.slope_deg) - np.tan(np.radians(slope_deg))) / (
        sigma * np.float32(noise.tilt_per_m)
    )
    t = np.clip(t, 0, 30)
    margin = (np.float32(limits.roughness_m) - roughness_m) / sigma
    failure = np.exp(np.float32(-0.5) * t * t) + _any_beyond(margin, noise.cells)
    return _filled(np.maximum(0, 1 - failure), 0.0)


def legs_failure(
    slope_deg: Floats,
    rise_m: Floats,
    limits: HazardLimits,
    lander: LanderFootprint,
    noise: NoiseUnderDisc,
) -> Floats:
    """Upper bound of the probability that the legs are not safe; 1 where they were not looked at.

    No height is off by more than e, but for a probability of 2 n Phi(-e / sigma). Then no resting
    plane tilts by more than `tilt` e more, and no rise is more by `lift` e (docs/decisions/008).
    """
    tilt_per_m, lift = lander.sensitivity()
    allowed = np.minimum(
        (_tangent(limits.slope_deg) - np.tan(np.radians(slope_deg))) / np.float32(tilt_per_m),
        (np.float32(lander.belly_clearance_m) - rise_m) / np.float32(lift),
    )
    failure = _any_beyond(allowed / noise.worst_m, noise.cells)
    return _filled(failure, 1.0)


def _any_beyond(sigmas: Floats, cells: int) -> Floats:
    """Bound the probability that any of n normal errors is beyond so many sigma: 2 n Phi(-x)."""
    return np.asarray(2.0 * cells * ndtr(-np.clip(sigmas, -1, 30)), np.float32)


def disperse(
    chance: Floats,
    cell_m: tuple[float, float],
    dispersion_m: tuple[float, float],
    correlation: float,
) -> Floats:
    """Average a map over where the lander may come down; off the map counts 0.

        P(c) = sum_u chance(c + u) w(u),   w = normal with the touchdown covariance,

    cut at 3 sigma (an ellipse if the axes are correlated, else each axis) and normalised.

    Parameters
    ----------
    chance
        (rows, cols) of a safe stand there; 0 where unknown.
    cell_m
        Cell size along east and north [m].
    dispersion_m
        1-sigma touchdown error along east and north [m].
    correlation
        Of the two.
    """
    east, north = (s / c for s, c in zip(dispersion_m, cell_m, strict=True))
    if east == 0.0 and north == 0.0:
        return chance
    if correlation == 0.0:
        return np.asarray(
            cv2.sepFilter2D(
                chance, cv2.CV_32F, _bell(east), _bell(north), borderType=cv2.BORDER_CONSTANT
            ),
            np.float32,
        )
    across, down = max(1, math.ceil(3.0 * east)), max(1, math.ceil(3.0 * north))
    x = np.arange(-across, across + 1) / max(east, 1e-9)
    y = np.arange(-down, down + 1)[:, None] / max(north, 1e-9)
    square = (x * x - 2.0 * correlation * x * y + y * y) / (1.0 - correlation**2)
    weight = np.exp(-0.5 * square) * (square <= 9.0)
    # filter2D correlates; the weight is the same turned by half.
    kernel = (weight / weight.sum()).astype(np.float32)
    return np.asarray(
        cv2.filter2D(chance, cv2.CV_32F, kernel, borderType=cv2.BORDER_CONSTANT), np.float32
    )


def _bell(sigma_cells: float) -> NDArray[np.float32]:
    """Give normal weights cut at 3 sigma: the probability of each cell's width, normalised."""
    if sigma_cells == 0.0:
        return np.ones(1, np.float32)
    reach = math.ceil(3.0 * sigma_cells)
    edges = np.clip((np.arange(2 * reach + 2) - reach - 0.5) / sigma_cells, -3.0, 3.0)
    weight = np.diff(ndtr(edges))
    return np.asarray(weight / weight.sum(), np.float32)
