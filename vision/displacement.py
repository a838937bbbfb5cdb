"""The displacement of a camera between two images of level ground, by weighted least squares.

X  = place on the plane that a pixel of image i looks at, from the camera at i [m]
P  = C_j (X - D),  x = (P_x / P_z, P_y / P_z)                                  (1)
J  = d x / d D,  W = f^2 / variance:   D <- D + (J' W J)^-1 J' W (x_found - x) (2)

repeated from the predicted D. The covariance is (J' W J)^-1, times chi^2 / (2 n - 3) where that is
above 1, and what an error common to all pairs does to (2): of the height, of the turn between the
images, of all pixels alike.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.mission.pinhole import Pinhole
from farside.vision.errors import VisionError
from farside.vision.predicted_motion import PredictedMotion
from farside.vision.tracks import TRACK_PAIRS

Array = NDArray[np.float64]

_STEPS = 4
_LEAST = 4


@dataclass(frozen=True, eq=False)
class Displacement:
    """How far a camera has moved.

    Attributes
    ----------
    metres : (3,) array
        Site frame.
    covariance_m2 : (3, 3) array
    chi2_per_freedom : float
        Of the pixels' residuals over their variances; about 1 where those are right.
    """

    metres: Array
    covariance_m2: Array
    chi2_per_freedom: float


def estimate_displacement(
    pairs: NDArray[np.void],
    pinhole: Pinhole,
    motion: PredictedMotion,
    *,
    height_sigma_m: float,
    turn_sigma_rad: float = 0.0,
    common_px: float = 0.02,
) -> Displacement:
    """Return the displacement of a camera from pairs of pixels over level ground.

    Parameters
    ----------
    pairs : (n,) structured array, dtype `TRACK_PAIRS`
        4 or more, of `track_features`.
    pinhole : Pinhole
        Of the camera.
    motion : PredictedMotion
        Both attitudes and the height are taken from it; its displacement is where to start.
    height_sigma_m : float
        Deviation of that height [m].
    turn_sigma_rad : float, optional
        Deviation of the turn between both attitudes, each axis [rad].
    common_px : float, optional
        Deviation of an error that all pairs share, each axis [px].

    Returns
    -------
    Displacement

    Raises
    ------
    VisionError
        Fewer than 4 pairs, pairs of another dtype, or all in one place.

    Examples
    --------
    >>> from farside.mission.camera import Camera
    >>> from farside.vision import predicted_motion
    >>> camera, upright = Camera(name="lcam"), (1.0, 0.0, 0.0, 0.0)
    >>> def moved(east_m):
    ...     return predicted_motion(
    ...         camera, (upright, upright), (east_m, 0.0, 0.0), 500.0,
    ...         displacement_sigma_m=1.0, height_sigma_m=5.0)
    >>> pairs = np.zeros(9, TRACK_PAIRS)
    >>> pairs["px_i"] = np.stack(np.meshgrid([300, 500, 700], [300, 500, 700]), -1).reshape(-1, 2)
    >>> pairs["px_j"] = moved(10.0).carry(camera.pinhole, pairs["px_i"])
    >>> pairs["variance"] = 0.01
    >>> found = estimate_displacement(pairs, camera.pinhole, moved(9.0), height_sigma_m=5.0)
    >>> [round(float(part), 6) + 0.0 for part in found.metres]
    [10.0, 0.0, 0.0]
    """
    if pairs.dtype != TRACK_PAIRS or pairs.ndim != 1 or len(pairs) < _LEAST:
        raise VisionError(f"{_LEAST} pairs or more of dtype TRACK_PAIRS; use those of Tracks")
    ground = motion.ground(pinhole, pairs["px_i"])
    rays = pinhole.rays(pairs["px_j"])
    wanted = rays[:, :2] / rays[:, 2:]
    focal = 0.5 * (pinhole.focal_px[0] + pinhole.focal_px[1])
    weight = focal * focal / pairs["variance"]
    if not (np.isfinite(ground).all() and np.isfinite(wanted).all() and (weight > 0.0).all()):
        raise VisionError("a pair that does not look at the ground, or has no variance; drop it")
    moved = motion.displacement_m.copy()
    for _ in range(_STEPS):
        seen, slopes = _seen(ground, motion.axes_j, moved)
        inverse = _inverse_normal(slopes, weight)
        moved = moved + _answer(inverse, slopes, weight, wanted - seen)
    seen, slopes = _seen(ground, motion.axes_j, moved)
    off = wanted - seen
    chi2 = math.fsum(weight * (off[:, 0] * off[:, 0] + off[:, 1] * off[:, 1]))
    per_freedom = chi2 / (2 * len(pairs) - 3)
    covariance = inverse * max(per_freedom, 1.0)
    shared = [moved * (height_sigma_m / motion.height_m)]
    for axis in range(3):
        turned = _turned(ground, motion.axes_j, moved, axis)
        shared.append(_answer(inverse, slopes, weight, turned) * turn_sigma_rad)
    for axis in range(2):
        shift = np.zeros_like(wanted)
        shift[:, axis] = common_px / focal
        shared.append(_answer(inverse, slopes, weight, shift))
    for each in shared:
        covariance = covariance + each[:, None] * each[None, :]
    return Displacement(moved, covariance, per_freedom)


def _seen(ground: Array, axes: Array, moved: Array) -> tuple[Array, Array]:
    """Return x (n, 2) of (1) and J (n, 2, 3)."""
    p = deterministic.product(ground - moved, axes.T)
    x = p[:, :2] / p[:, 2:]
    # d x = (d P_x - x d P_z) / P_z, d P = -C d D
    slopes = np.stack([axes[2] * x[:, k, None] - axes[k] for k in range(2)], axis=1)
    return x, np.asarray(slopes / p[:, 2, None, None])


def _turned(ground: Array, axes: Array, moved: Array, axis: int) -> Array:
    """Return d x (n, 2) by a turn of the camera at j about one of its axes [1/rad]."""
    p = deterministic.product(ground - moved, axes.T)
    about = np.zeros(3)
    about[axis] = 1.0
    turn = np.cross(about, p)
    x = p[:, :2] / p[:, 2:]
    return np.asarray((turn[:, :2] - x * turn[:, 2:]) / p[:, 2:])


def _inverse_normal(slopes: Array, weight: Array) -> Array:
    normal = np.empty((3, 3))
    for i in range(3):
        for j in range(3):
            both = slopes[:, 0, i] * slopes[:, 0, j] + slopes[:, 1, i] * slopes[:, 1, j]
            normal[i, j] = math.fsum(weight * both)
    determinant = deterministic.determinant(normal)
    size = normal[0, 0] * normal[1, 1] * normal[2, 2]
    if not determinant > 1e-12 * size:
        raise VisionError("all pairs are in one place of the image; a displacement needs spread")
    return deterministic.inverse(normal)


def _answer(inverse: Array, slopes: Array, weight: Array, off: Array) -> Array:
    """Return (J' W J)^-1 J' W off."""
    right = [
        math.fsum(weight * (slopes[:, 0, i] * off[:, 0] + slopes[:, 1, i] * off[:, 1]))
        for i in range(3)
    ]
    return deterministic.product(inverse, np.array(right))
