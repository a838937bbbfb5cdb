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
from farside.terrain.sensitivity import stand_sensitivity

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


# Fitted by maximum likelihood to 170 scenes over the Chang'e 6 site, 0.005 to 0.05 m of noise, none
# of which a test or a score uses.
MIDDLE = -2.5
DISC_DEVIATION = Margin(
    *(0.3180, 0.1818, 0.0394), *(1.4314, 1.1353, 0.3989, 0.0857), 0.1125, -0.2168, -0.1322
)
LEGS_SLOPE = Margin(
    *(0.4634, 0.2636, 0.0132), *(0.4506, 0.3668, 0.1501, 0.0391), 0.0510, -0.1675, -0.0618
)
LEGS_RISE = Margin(0.2, bias=1.0)
TOGETHER = 0.4
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
    """In the footprint."""
    tilt_per_m: float
    """1-sigma of the disc's plane, tangent along either axis, per metre of noise."""
    cell_m: tuple[float, float]
    """Cell size along east and north [m]."""

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
        tilt_per_m = 1.0 / math.sqrt(min(along, across))
        return cls(typical, worst, high, disc.cells, tilt_per_m, (east_m, north_m))


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

        1 - exp(-t^2 / 2) - n [Phi(-(L - D) / sigma) + Phi(-L / sigma)]

    with t the slope's margin in its 1-sigma, D the deviation and L its limit: a height less the
    plane fitted to it and its neighbours is no noisier than the height alone.
    """
    sigma = noise.worst_m
    t = (_tangent(limits.slope_deg) - np.tan(np.radians(slope_deg))) / (
        sigma * np.float32(noise.tilt_per_m)
    )
    t = np.clip(t, 0, 30)
    limit = np.float32(limits.roughness_m)
    near = ndtr(-np.clip((limit - roughness_m) / sigma, -1, 30))
    far = ndtr(-np.clip(limit / sigma, -1, 30))  # one number, if the noise is
    failure = np.exp(np.float32(-0.5) * t * t) + noise.cells * (near + far)
    return _filled(np.maximum(0, 1 - failure), 0.0)


def legs_failure(
    slope_deg: Floats,
    rise_m: Floats,
    limits: HazardLimits,
    lander: LanderFootprint,
    noise: NoiseUnderDisc,
) -> Floats:
    """Upper bound of the probability that the legs are not safe; 1 where they were not looked at.

        N exp(-(a / (tilt sigma))^2 / 2) + M Phi(-b / (lift sigma))

    with a the margin of the slope's tangent, b that of the rise, and tilt, N, lift and M how much
    errors of the heights weigh and how many there are (docs/decisions/008).
    """
    tilt, rise = stand_sensitivity(lander, noise.cell_m)
    sigma = noise.worst_m
    a = (_tangent(limits.slope_deg) - np.tan(np.radians(slope_deg))) / sigma
    b = (np.float32(lander.belly_clearance_m) - rise_m) / sigma
    steep = np.clip(a / np.float32(tilt.gain), 0, 30)
    failure = tilt.count * np.exp(np.float32(-0.5) * steep * steep)
    failure += rise.count * ndtr(-np.clip(b / np.float32(rise.gain), -1, 30))
    return _filled(np.minimum(1, failure), 1.0)


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
