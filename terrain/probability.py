"""How sure a safe stand is: a calibrated probability, a proved bound, and the touchdown error."""

from __future__ import annotations

import math
from dataclasses import astuple, dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.ext.common._deterministic import blur
from farside.ext.terrain._fusion import box_mean
from farside.ext.terrain.probability import ProbabilityKernel, ProbabilityModel
from farside.terrain.cell_masses import cell_masses
from farside.terrain.conditions import ErrorCorrelation, measured_variance
from farside.terrain.correlated import DISC_SHIFTS, LEGS_SHIFTS, shift_of, tilt_per_m
from farside.terrain.elevation import ElevationMap
from farside.terrain.footprint import Footprint
from farside.terrain.hazards import HazardLimits, Reason
from farside.terrain.lander import LanderFootprint
from farside.terrain.margins import (
    CORRELATION,
    DISC_DEVIATION,
    FUSED_DEVIATION,
    LEGS_RISE,
    LEGS_SLOPE,
    NOISE_MIDDLE,
    NOISE_RANGE,
    shifted,
)
from farside.terrain.sensitivity import legs_sensitivity

Floats = NDArray[np.float32]

_NO_NOISE_M = 1e-9
"""In the place of 0: a margin is then certain one way or the other."""
_UNTURNED = 1e-3  # of a radian, about any axis
_NARROWEST = 0.999
_TURN_STEP_DEG = 3.0
"""An ellipse is interpolated between turns so far apart: to 0.0007 of its weight."""
_REASONS = (
    *(Reason.SLOPE, Reason.ROUGH, Reason.UNSEEN, Reason.EDGE),
    *(Reason.STAND_SLOPE, Reason.BELLY, Reason.UNSURE),
)


#: Share of a map's cells by whose noise the band of exact rises is laid.
USUAL = 0.99


@dataclass(frozen=True, eq=False)
class NoiseUnderDisc:
    """Noise of the heights under each footprint, and what a disc makes of it."""

    typical_m: Floats
    """Root mean square over the square about the footprint [m]; 0-dimensional if one for all."""
    worst_m: Floats
    """Greatest under footprint and pads [m]."""
    greatest_m: float
    """Greatest typical noise on the map [m]; 0 where there is none at all."""
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
        along = float((twice * d * d * (2 * w + 1)).sum()) * north_m * north_m
        across = float((twice * w * (w + 1) * (2 * w + 1) / 3).sum()) * east_m * east_m
        reach_m = 0.5 * max(lander.footprint_m, lander.span_m + lander.pad_m) + max(east_m, north_m)
        low, high = float(sigma.min()), float(sigma.max())
        if low == high:
            one = np.asarray(max(high, _NO_NOISE_M), np.float32)
            typical = worst = one
        else:
            half = int(reach_m / north_m), int(reach_m / east_m)
            size = 2 * half[1] + 1, 2 * half[0] + 1
            square = np.empty(sigma.shape, np.float32)
            box_mean(measured_variance(sigma, elevation.interpolated), *half, square)
            typical = np.maximum(np.sqrt(np.maximum(square, 0)), np.float32(_NO_NOISE_M))
            worst = np.maximum(
                cv2.dilate(sigma, np.ones(size[::-1], np.uint8)), np.float32(_NO_NOISE_M)
            )
        tilt_per_m = 1.0 / math.sqrt(min(along, across))
        greatest_m = min(high, float(typical.max()))
        return cls(typical, worst, greatest_m, disc.cells, tilt_per_m, (east_m, north_m))

    def usual_m(self, wanted: NDArray[np.bool_]) -> float:
        """Return the typical noise that `USUAL` of some cells do not exceed [m]."""
        if self.typical_m.ndim == 0:
            return self.greatest_m
        noise = self.typical_m[wanted]
        if not len(noise):
            return self.greatest_m
        at = int(USUAL * (len(noise) - 1))
        return min(self.greatest_m, float(np.partition(noise, at)[at]))


class SafetyProbability:
    """Probability and bound of a safe stand in every cell, under one noise and set of limits.

    Disc. The slope is linear in the heights: its margin is in its own 1-sigma and needs no fitting.
    The deviation is a greatest value, see `Margin`. The two are taken as independent.

    Legs. Pads are noisy, too: a support plane tilts by about sigma over the radius of the pads, and
    the rise above it is uncertain by more than one cell; worst headings are greatest values.
    Probabilities d of the disc and l of the legs are joined by their correlation,

        d l + CORRELATION sqrt(d (1 - d) l (1 - l)).

    A lander that crushes its legs and sinks has a normal error more in either margin, whose square
    comes to that of the noise (`farside.terrain.touchdown`).

    Bound (docs/decisions/008). With t the slope's margin in its 1-sigma, D the deviation, L its
    limit and n cells, the disc fails with a probability of at most

        exp(-t^2 / 2) + n [Q((L - D) / sigma) + Q(L / sigma)],

    for a height less the plane fitted to it and its neighbours is no noisier than the height alone;
    and the legs, with a the margin of the slope's tangent and b that of the rise, of at most

        N exp(-(a / (tilt sigma))^2 / 2) + M Q(b / (lift sigma)),

    tilt, N, lift and M being how much errors of the heights weigh and how many there are.
    """

    def __init__(
        self,
        limits: HazardLimits,
        lander: LanderFootprint,
        noise: NoiseUnderDisc,
        correlation: ErrorCorrelation | None = None,
        *,
        fused: bool = False,
    ) -> None:
        """Set the limits and the noise.

        Parameters
        ----------
        limits : HazardLimits
            On the disc; the slope's holds for the legs as well.
        lander : LanderFootprint
            What stands.
        noise : NoiseUnderDisc
            Of the heights under it.
        correlation : ErrorCorrelation, optional
            Of the noise; by default it is white.
        fused : bool
            Whether frames made the map: the deviation has a margin of its own.
        """
        common = correlation or ErrorCorrelation()
        deviation = FUSED_DEVIATION if fused else DISC_DEVIATION
        margins = (
            shifted(deviation, shift_of(DISC_SHIFTS, common)),
            shifted(LEGS_SLOPE, shift_of(LEGS_SHIFTS, common)),
            LEGS_RISE,
        )
        tilt, rise = legs_sensitivity(lander, noise.cell_m)
        self._kernel = ProbabilityKernel(
            ProbabilityModel(
                slope_limit_deg=limits.slope_deg,
                slope_limit=deterministic.tan(math.radians(limits.slope_deg)),
                roughness_limit_m=limits.roughness_m,
                belly_clearance_m=lander.belly_left_m,
                disc_tilt_per_m=tilt_per_m(
                    noise.tilt_per_m, 0.5 * lander.footprint_m, max(noise.cell_m), common
                ),
                legs_radius_m=0.5 * lander.span_m,
                legs_tilt=(tilt.gain, tilt.count),
                legs_lift=(rise.gain, rise.count),
                cells=noise.cells,
                margins=tuple(astuple(m) for m in margins),
                noise_levels=(NOISE_MIDDLE, *NOISE_RANGE),
                correlation=CORRELATION,
                bits=tuple(int(r) for r in _REASONS),
                touchdown=lander.rest.spreads,
            ),
            np.atleast_2d(noise.typical_m),
            np.atleast_2d(noise.worst_m),
        )

    def disc(
        self, slope_deg: Floats, roughness_m: Floats, state: NDArray[np.uint8]
    ) -> tuple[Floats, Floats, NDArray[np.uint16]]:
        """Compute probability, bound and reasons of the disc of every cell.

        Parameters
        ----------
        slope_deg, roughness_m, state : ndarray
            (rows, cols) as of `Footprint.measure`.

        Returns
        -------
        probability, bound
            (rows, cols) that the disc is truly within both limits; 0 where it was not measured.
        reasons
            (rows, cols) bits of `Reason`.
        """
        shape = slope_deg.shape
        probability, bound = np.empty(shape, np.float32), np.empty(shape, np.float32)
        reasons = np.empty(shape, np.uint16)
        self._kernel.disc(slope_deg, roughness_m, state, probability, bound, reasons)
        return probability, bound, reasons

    def select_cells(
        self,
        inside: NDArray[np.bool_],
        known: NDArray[np.bool_],
        probability: Floats,
        least_probability: float,
        reasons: NDArray[np.uint16],
    ) -> NDArray[np.bool_]:
        """Select the cells whose legs are computed: known, and of more than the least probability.

        Parameters
        ----------
        inside, known : ndarray
            (rows, cols) as of `LegContact.known`.
        probability : ndarray
            (rows, cols) of the disc.
        least_probability : float
            Cells whose disc has no more are left out.
        reasons : ndarray
            (rows, cols) bits; gets UNSEEN and EDGE of the legs where the disc has neither.
        """
        wanted = np.empty(probability.shape, np.bool_)
        self._kernel.select_cells(
            inside.view(np.uint8),
            known.view(np.uint8),
            probability,
            least_probability,
            reasons,
            wanted.view(np.uint8),
        )
        return wanted

    def legs(
        self,
        slope_deg: Floats,
        rise_m: Floats,
        probability: Floats,
        bound: Floats,
        reasons: NDArray[np.uint16],
    ) -> None:
        """Join the legs to what `disc` gave, in place.

        Parameters
        ----------
        slope_deg, rise_m : ndarray
            (rows, cols) at the worst heading; NaN, where not computed, makes both numbers 0.
        probability, bound : ndarray
            (rows, cols) of the disc; then of disc and legs.
        reasons : ndarray
            (rows, cols) bits; gets STAND_SLOPE and BELLY.
        """
        self._kernel.legs(slope_deg, rise_m, probability, bound, reasons)

    def mark_uncertain(
        self, probability: Floats, least_probability: float, reasons: NDArray[np.uint16]
    ) -> None:
        """Mark as UNSURE, in place, the known cells of less probability than asked for."""
        self._kernel.mark_uncertain(probability, least_probability, reasons)


def blur_probability(
    probability: Floats,
    cell_m: tuple[float, float],
    dispersion_m: tuple[float, float],
    correlation: float,
) -> Floats:
    """Average a map over where the lander may come down; off the map counts 0.

        P(c) = sum_u probability(c + u) w(u),   w = normal with the touchdown covariance,

    theory (8.7), cut at 3 sigma (an ellipse if axes are correlated, else each axis), normalised.

    Parameters
    ----------
    probability : ndarray
        (rows, cols) of a safe stand there; 0 where unknown.
    cell_m : two floats
        Cell size along east and north [m].
    dispersion_m : two floats
        1-sigma touchdown error along east and north [m].
    correlation : float
        Of the two.
    """
    east, north = (s / c for s, c in zip(dispersion_m, cell_m, strict=True))
    if east == 0.0 and north == 0.0:
        return probability
    # an error along one axis has no correlation
    if correlation == 0.0 or east == 0.0 or north == 0.0:
        # theory (8.7), along rows and then columns. OpenCV's separable filter fuses products with
        # sums where the CPU can: other bits.
        landed, work = np.empty_like(probability), np.empty_like(probability)
        blur(
            np.ascontiguousarray(probability),
            normal_weights(east),
            normal_weights(north),
            work,
            landed,
        )
        # single-precision weights add up to 1 within a rounding, and a probability ends at 1
        return np.clip(landed, 0.0, 1.0, out=landed)
    kernel = cell_masses(east, north, correlation).astype(np.float32)
    # theory (8.7): filter2D correlates; the weight is the same turned by half.
    folded = cv2.filter2D(probability, cv2.CV_32F, kernel, borderType=cv2.BORDER_CONSTANT)
    return np.clip(np.asarray(folded, np.float32), 0.0, 1.0)


def dispersion_in_grid(
    dispersion_m: tuple[float, float], turn_deg: float
) -> tuple[tuple[float, float], float]:
    """Return a touchdown ellipse in a grid's axes: 1-sigma along both [m], and the correlation.

    Parameters
    ----------
    dispersion_m : two floats
        1-sigma along true east and north [m].
    turn_deg : float
        Clockwise from true north to the grid's "up".
    """
    east, north = (d * d for d in dispersion_m)
    c, s = deterministic.cos(math.radians(turn_deg)), deterministic.sin(math.radians(turn_deg))
    # the grid's columns point along (c, -s), its rows along (s, c) in east and north
    along_x = math.sqrt(east * c * c + north * s * s)
    along_y = math.sqrt(east * s * s + north * c * c)
    product = along_x * along_y
    correlation = (east - north) * s * c / product if product > 0.0 else 0.0
    # an ellipse of no width keeps a little, and one that hardly turns is not turned
    if abs(s * c) < _UNTURNED:
        correlation = 0.0
    return (along_x, along_y), min(max(correlation, -_NARROWEST), _NARROWEST)


def blur_probability_turned(
    probability: Floats,
    cell_m: tuple[float, float],
    dispersion_m: tuple[float, float],
    turn_deg: NDArray[np.float64],
) -> Floats:
    """Average a map over where the lander may come down, where every cell has its own north.

    As `blur_probability`, with the ellipse of each cell interpolated between turns 3 deg apart.

    Parameters
    ----------
    probability : ndarray
    cell_m : two floats
        As of `blur_probability`.
    dispersion_m : two floats
        1-sigma along true east and north [m].
    turn_deg : ndarray
        (rows, cols) clockwise from true north to the grid's "up".
    """
    count = round(180.0 / _TURN_STEP_DEG)  # half a turn brings an ellipse back
    place = np.mod(turn_deg, 180.0) / _TURN_STEP_DEG
    step = np.floor(place)
    part: Floats = (place - step).astype(np.float32)
    first: NDArray[np.intp] = step.astype(np.intp) % count
    out = np.zeros_like(probability)
    for k in range(count):
        before, after = first == k, (first + 1) % count == k
        if not (before.any() or after.any()):
            continue
        ellipse_m, correlation = dispersion_in_grid(dispersion_m, k * _TURN_STEP_DEG)
        landed = blur_probability(probability, cell_m, ellipse_m, correlation)
        out[before] += (1.0 - part[before]) * landed[before]
        out[after] += part[after] * landed[after]
    return np.clip(out, 0.0, 1.0, out=out)


def normal_weights(sigma_cells: float) -> NDArray[np.float32]:
    """Return normal weights cut at 3 sigma: the probability of each cell's width, normalised."""
    if sigma_cells == 0.0:
        return np.ones(1, np.float32)
    reach = math.ceil(3.0 * sigma_cells)
    edges = np.clip((np.arange(2 * reach + 2) - reach - 0.5) / sigma_cells, -3.0, 3.0)
    weight = np.diff(deterministic.normal_share(edges))
    return np.asarray(weight / weight.sum(), np.float32)
