"""The ground at given x and y of the site frame: a column parallel to the site's vertical.

Away from the site the column leans against the local vertical by the arc between the two, so where
it meets the ground has to be found. The near half of the Moon is meant; a column that passes the
Moon by meets nothing.
"""

import numpy as np
from numpy.typing import NDArray

from farside.ext.ground import _ground
from farside.ext.ground._ground import GroundModel

Array = NDArray[np.float64]

#: A place is found when its height changes by no more than this [m].
TOLERANCE_M = 1e-6
#: Steps of the iteration on the height, which contracts by the ground's slope times the tangent of
#: the arc; halvings of 4000 km for what has not converged by then: to 1e-12 m.
STEPS = 16
HALVINGS = 62
#: No ground stands higher above the site's radius [m]: the Moon's relief is 20 km.
HIGHEST_M = 25e3


def ground_in_columns(model: GroundModel, x_m: Array, y_m: Array) -> Array:
    """Find where columns meet the ground.

    Parameters
    ----------
    model : GroundModel
        The ground, on the grids in memory.
    x_m, y_m : ndarray, (n,)
        East and north [m] of the site frame.

    Returns
    -------
    ndarray, (n, 3)
        East, north, up [m]; up is NaN where the column meets no ground.

    Notes
    -----
    With h the height of the ground above the site's radius R, the point has
    z = sqrt((R + h)^2 - x^2 - y^2) - R; h is iterated, and z halved between the top of the relief
    and the limb where that does not converge.
    """
    aside = x_m * x_m + y_m * y_m
    p = np.stack([x_m, y_m, np.zeros_like(x_m)], axis=-1)
    level = np.zeros_like(x_m)
    for _ in range(STEPS):
        p[:, 2] = _up(model, level, aside)
        found = _ground_below(model, p)
        change = np.abs(found - level)
        level = found
        if (change <= TOLERANCE_M).all():
            break
    p[:, 2] = _up(model, level, aside)
    lost = ~(change <= TOLERANCE_M)
    if lost.any():
        p[lost, 2] = _halved(model, p[lost], aside[lost])
    return p


def _up(model: GroundModel, level: Array, aside: Array) -> Array:
    """Return z [m] on the sphere of a level above the site's radius; NaN where it is narrower."""
    square = (model.radius_m + level) ** 2 - aside
    square[~(square >= 0.0)] = np.nan
    return np.asarray(np.sqrt(square) - model.radius_m)


def _halved(model: GroundModel, p: Array, aside: Array) -> Array:
    """Return z [m] of the ground between the limb, z = -R, and the top of the relief."""
    low = np.full(len(p), -model.radius_m)
    high = _up(model, np.full(len(p), HIGHEST_M), aside)
    p = p.copy()
    p[:, 2] = low
    # not under the ground even at the limb: the column passes by
    high[~(_clearances(model, p) <= 0.0)] = np.nan
    for _ in range(HALVINGS):
        p[:, 2] = 0.5 * (low + high)
        above = _clearances(model, p) > 0.0
        high = np.where(above, p[:, 2], high)
        low = np.where(above, low, p[:, 2])
    p[:, 2] = 0.5 * (low + high)
    # a step of the ground at the edge of its grids is none that a column meets
    missed = ~(np.abs(_clearances(model, p)) <= 1e3 * TOLERANCE_M)
    return np.where(missed, np.nan, p[:, 2])


def _clearances(model: GroundModel, p: Array) -> Array:
    out = np.empty(len(p))
    _ground.clearances(model, np.ascontiguousarray(p), out)
    return out


def _ground_below(model: GroundModel, p: Array) -> Array:
    out = np.empty(len(p))
    _ground.heights(model, p, out)
    return out
