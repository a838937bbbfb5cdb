"""The ellipse of each crater, from the bowl that was found."""

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray

from farside.ext.common.deterministic import arctan2, cos, exp, sin
from farside.ext.vision._ellipse import refine
from farside.vision.bowl import ROUNDED, profile
from farside.vision.correlation import halved
from farside.vision.grey import Levels

Array = NDArray[np.float64]

#: Bowls smaller than this stay circles [px]: their few pixels tell no shape.
LEAST_PX = 5.0
#: An ellipse takes the circle's place where it raises the correlation by more.
GAIN = 0.02
#: A bowl is looked at on the level on which its radius is this or up to twice as much [px].
LEVEL_PX = 6.0
_HALVINGS = 4
_RINGS, _RAYS, _NEAREST, _FARTHEST = 11, 24, 0.15, 1.75


@cache
def _grid() -> Array:
    """Return rows of x, y, slope over radius, and weight of a polar grid of a bowl of radius 1."""
    rings = np.linspace(_NEAREST, _FARTHEST, _RINGS)
    along = np.linspace(-4.0, 4.0, 161)
    rounded = exp(-0.5 * along * along)
    at = rings[:, None] + ROUNDED * math.sqrt(2.0) * along
    slope = (np.sign(at) * profile(np.abs(at)) * rounded).sum(axis=1) / rounded.sum()
    rays: Array = np.arange(_RAYS, dtype=np.float64) * (2.0 * math.pi / _RAYS)
    x = np.multiply.outer(rings, cos(rays)).ravel()
    y = np.multiply.outer(rings, sin(rays)).ravel()
    weight = np.repeat(rings, _RAYS)
    return np.stack([x, y, np.repeat(slope / rings, _RAYS), weight / weight.sum()])


def ellipses(image: Levels, circles: Array, bright_rad: float) -> Array:
    """Return rows of middle x, y and the symmetric matrix xx, xy, yy [px] of each bowl.

    Parameters
    ----------
    image : (rows, cols) array
        Grey levels.
    circles : (N, 3) array
        Middle x, y and radius at which the slope turns [px].
    bright_rad : float
        Direction of the bright walls, from the right, clockwise.

    Returns
    -------
    (N, 5) array
        The matrix takes a circle of radius 1 to the ellipse; a circle where that fits as well.
    """
    x, y, radius = circles.T
    found = np.column_stack([x, y, radius, np.zeros_like(radius), radius])
    octave = np.maximum(np.frexp(radius / LEVEL_PX)[1] - 1, 0)
    level, step = image, 1
    for k in range(int(octave.max(initial=0)) + 1):
        rows = np.flatnonzero((octave == k) & (radius >= LEAST_PX))
        middle = 0.5 * (step - 1)
        bowls = np.ascontiguousarray((found[rows] - [middle, middle, 0.0, 0.0, 0.0]) / step)
        correlations = np.empty((len(rows), 2))
        refine(
            level, _grid(), cos(bright_rad), sin(bright_rad), bowls, correlations,
            _HALVINGS,
        )  # fmt: skip
        better = correlations[:, 1] - correlations[:, 0] > GAIN
        found[rows[better]] = bowls[better] * step + [middle, middle, 0.0, 0.0, 0.0]
        if min(level.shape) < 16:
            break
        level, step = halved(level), 2 * step
    return found


def semi_axes(matrices: Array) -> tuple[Array, Array, Array]:
    """Return semi-major and semi-minor axis and the angle of the major one [rad].

    Parameters
    ----------
    matrices : (N, 3) array
        xx, xy, yy of symmetric matrices.
    """
    xx, xy, yy = matrices.T
    mean, half = 0.5 * (xx + yy), 0.5 * (xx - yy)
    spread = np.sqrt(half * half + xy * xy)
    return mean + spread, mean - spread, 0.5 * arctan2(xy, half)
