"""Places of the ground as a camera that has moved sees them, and how that changes with its motion.

X = place from the camera at i [m], D = displacement from i to j, C = camera axes at j
P = C (X - D),  x = (P_x / P_z, P_y / P_z)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic

Array = NDArray[np.float64]


def seen_on_plane(ground: Array, axes: Array, moved: Array) -> tuple[Array, Array]:
    """Return x (n, 2) and d x / d D (n, 2, 3) [1/m]."""
    p = deterministic.product(ground - moved, axes.T)
    x = p[:, :2] / p[:, 2:]
    # d x = (d P_x - x d P_z) / P_z, d P = -C d D
    slopes = np.stack([axes[2] * x[:, k, None] - axes[k] for k in range(2)], axis=1)
    return x, np.asarray(slopes / p[:, 2, None, None])


def seen_turned(ground: Array, axes: Array, moved: Array, axis: int) -> Array:
    """Return d x (n, 2) by a turn of the camera at j about one of its axes [1/rad]."""
    p = deterministic.product(ground - moved, axes.T)
    about = np.zeros(3)
    about[axis] = 1.0
    turn = np.cross(about, p)
    x = p[:, :2] / p[:, 2:]
    return np.asarray((turn[:, :2] - x * turn[:, 2:]) / p[:, 2:])
