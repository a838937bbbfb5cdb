"""The share of a normal distribution's draws that falls into each cell of a grid."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic

Array = NDArray[np.float64]

CUT = 3.0  # sigma
_NARROWEST = 1.0 - 5e-7  # a correlation; a narrower ellipse would need ever more nodes
# Gauss's rule of four points on [0, 1] (Abramowitz and Stegun, 1964, table 25.4)
_INNER, _OUTER = (math.sqrt((3.0 + s * 2.0 * math.sqrt(1.2)) / 7.0) for s in (-1.0, 1.0))
_NODES = 0.5 + 0.5 * np.array([-_OUTER, -_INNER, _INNER, _OUTER])
_WEIGHTS = (18.0 + math.sqrt(30.0) * np.array([-1.0, 1.0, 1.0, -1.0])) / 72.0


def cell_masses(east: float, north: float, correlation: float) -> Array:
    """Return the mass of each cell about the middle of one, cut at the ellipse of 3 sigma.

    With s = sigma_x sqrt(1 - r^2), mu(y) = r sigma_x / sigma_y y and Phi held within the ellipse,

        m(i, k) = int over row i of phi(y / sigma_y) / sigma_y
                  [Phi((k + 1/2 - mu) / s) - Phi((k - 1/2 - mu) / s)] dy,

    normalised: theory (8.7). Columns are exact; rows are summed by Gauss's rule, in parts no longer
    than what changes along them, so that a mass is within 4e-5.

    Parameters
    ----------
    east, north : float
        1-sigma along columns and rows [cells], above 0.
    correlation : float
        Of the two; columns and rows count upwards.

    Returns
    -------
    ndarray (2 ceil(3 north) + 1, 2 ceil(3 east) + 1)
        Masses, 1 in all.
    """
    r = min(max(correlation, -_NARROWEST), _NARROWEST)
    across, down = math.ceil(CUT * east), math.ceil(CUT * north)
    free = math.sqrt(1.0 - r * r)
    edges = np.clip(np.arange(2 * down + 2) - (down + 0.5), -CUT * north, CUT * north)
    # along y the density changes over sigma_y, the step of Phi over s sigma_y / (r sigma_x)
    width = north if r == 0.0 else min(north, north * free / abs(r))
    parts = math.ceil(min(1.0, 2.0 * CUT * north) / width)
    step = (np.diff(edges) / parts)[:, None, None]
    y = edges[:-1, None, None] + step * (np.arange(parts)[:, None] + _NODES)
    u = (y / north)[..., None]
    density = deterministic.exp(-0.5 * u * u) * (step * _WEIGHTS)[..., None]
    # (x - mu) / s, within sqrt(9 - u^2)
    limit = np.sqrt(np.maximum(CUT * CUT - u * u, 0.0))
    x = np.arange(2 * across + 2) - (across + 0.5)
    inside = np.clip((x - r * east * u) / (free * east), -limit, limit)
    mass = (density * np.diff(deterministic.normal_share(inside))).sum((1, 2))
    return np.asarray(mass / mass.sum(), np.float64)
