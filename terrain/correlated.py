"""What errors that neighbours share do to the probability of a safe stand.

White errors average out over a disc, and the greatest of many comes out too high; errors common to
some metres do neither: they tilt whole discs and stands, and lift no single cell. The tilt of a
disc's plane follows from their covariance; what a greatest value loses of its bias is fitted
(`studies/correlated.py`).
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from farside.ext.common import deterministic
from farside.terrain.conditions import ErrorCorrelation

#: Cells along the diameter of a disc that its covariance is summed over.
_ACROSS = 17
#: Steps of a length to one that is twice as long: a tilt is kept for each.
_STEPS = 4.0

LENGTHS_M = (0.1, 0.5, 2.0, 10.0)
"""Lengths of exp(-distance / length) that were fitted; the first is white on cells of 0.1 m."""
DISC_SHIFTS = (
    (0.0, 0.0, 0.0),
    (-0.118, -0.701, -0.35),
    (0.216, -0.916, -0.626),
    (0.898, -1.131, -0.834),
)
"""Added to scale, bias and bias_x of `DISC_DEVIATION` at each length."""
LEGS_SHIFTS = (
    (0.0, 0.0, 0.0),
    (-0.301, -0.006, 0.115),
    (-0.316, -0.197, -0.008),
    (0.116, -0.283, -0.19),
)
"""The same of `LEGS_SLOPE`."""
SHARE_POWERS = (1.0, 1.35, 1.45, 1.75)
"""A share of correlated errors moves a margin by that power of it, at each length: of what is
white the greatest value is still too great (12 training grounds of fused frames each)."""


def shift_of(
    shifts: tuple[tuple[float, float, float], ...], correlation: ErrorCorrelation
) -> tuple[float, float, float]:
    """Return what is added to scale, bias and bias_x of a margin.

    Linear in the logarithm of the length between those that were fitted.

    Parameters
    ----------
    shifts : tuple of three floats for each of `LENGTHS_M`
        `DISC_SHIFTS` or `LEGS_SHIFTS`.
    correlation : ErrorCorrelation
        Of the map's errors.
    """
    if not correlation.share > 0.0:
        return 0.0, 0.0, 0.0
    at = [float(x) for x in deterministic.log(np.array(LENGTHS_M))]
    x = float(deterministic.log(max(correlation.length_m, LENGTHS_M[0])))
    power = float(np.interp(x, at, SHARE_POWERS))
    part = float(deterministic.power_of(min(correlation.share, 1.0), power))
    scale, bias, bias_x = (
        part * float(np.interp(x, at, [each[k] for each in shifts])) for k in range(3)
    )
    return scale, bias, bias_x


def tilt_per_m(
    white_per_m: float, radius_m: float, cell_m: float, correlation: ErrorCorrelation
) -> float:
    """Return the 1-sigma tilt of a disc's plane per metre of errors that are partly white.

    Parameters
    ----------
    white_per_m : float
        Of white errors.
    radius_m, cell_m : float
        As of `disc_tilt_per_m`.
    correlation : ErrorCorrelation
        Of the others.
    """
    if not correlation.share > 0.0:
        return white_per_m
    # a tilt is computed for a few lengths to every doubling, and kept
    step = round(_STEPS * float(deterministic.log2(max(correlation.length_m, 1e-3))))
    length_m = float(deterministic.power_of(2.0, step / _STEPS))
    common = disc_tilt_per_m(radius_m, cell_m, length_m)
    share = min(correlation.share, 1.0)
    return math.sqrt((1.0 - share) * white_per_m**2 + share * common**2)


@lru_cache(maxsize=64)
def disc_tilt_per_m(radius_m: float, cell_m: float, length_m: float) -> float:
    """Return the 1-sigma tilt (tangent, along an axis) of a disc's least-squares plane.

        tilt^2 = x' C x / (x' x)^2,     C = exp(-distance / length)

    Parameters
    ----------
    radius_m : float
        Of the disc.
    cell_m : float
        Of the map.
    length_m : float
        Of the correlation.

    Returns
    -------
    float
        Per metre of error.
    """
    step = max(cell_m, 2.0 * radius_m / _ACROSS)
    half = int(radius_m / step)
    y, x = (part.ravel() for part in np.mgrid[-half : half + 1, -half : half + 1] * step)
    inside = x * x + y * y <= radius_m * radius_m
    x, y = x[inside], y[inside]
    total = math.fsum(x * x)
    # A cell stands for (step / cell)^2 of them, whose white parts average out among themselves.
    apart = deterministic.hypot(x[:, None] - x, y[:, None] - y)
    covariance = deterministic.exp(-apart / length_m)
    np.fill_diagonal(covariance, _self_covariance(step, cell_m, length_m))
    return math.sqrt(max(math.fsum((x[:, None] * x * covariance).ravel()), 0.0)) / total


def _self_covariance(step_m: float, cell_m: float, length_m: float) -> float:
    """Return the mean covariance of the cells of a square with each other."""
    n = max(round(step_m / cell_m), 1)
    y, x = (part.ravel() for part in np.mgrid[:n, :n] * cell_m)
    apart = deterministic.hypot(x[:, None] - x, y[:, None] - y)
    return math.fsum(deterministic.exp(-apart / length_m).ravel()) / len(x) ** 2
