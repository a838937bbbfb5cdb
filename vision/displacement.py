"""The displacement of a camera between two images of nearly level ground, by least squares.

d  = direction that a pixel of image i looks along;  h = height above the ground beneath [m]
s  = slopes of the ground, east and north
X  = d h / (s_e d_e + s_n d_n - d_u), from the camera at i [m]                 (1)
P  = C_j (X - D),  x = (P_x / P_z, P_y / P_z)                                  (2)
A  = d x / d (D, s) f,  W = 1 / variance
step of (D, s) = (A' W A + prior^-1)^-1 A' W f (x_found - x)                   (3)

repeated from the predicted D. The slopes have a prior alone that keeps them small. The covariance
is that of (3), times chi^2 / (2 n - 3) where that is above 1 and what pairs next to each other
share, and what an error common to all pairs does to (3): of the height, of the turn between the
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
from farside.vision.motion_fit import solved
from farside.vision.plane_view import seen_on_plane, seen_turned
from farside.vision.predicted_motion import PredictedMotion
from farside.vision.tracks import TRACK_PAIRS

Array = NDArray[np.float64]

_STEPS = 4
_LEAST = 4
#: Pairs that see one hill share its parallax: the variance of a mean over them is larger by this.
RELATED = 3.0


@dataclass(frozen=True, eq=False)
class Displacement:
    """How far a camera has moved.

    Attributes
    ----------
    metres : (3,) array
        Of the camera, site frame [m].
    covariance_m2 : (3, 3) array
        Of that, site frame [m^2].
    slopes : (2,) array
        Of the ground towards east and north, as tangents, as far as the images tell [-].
    chi2_per_freedom : float
        Of the pixels' residuals over their variances [-]; about 1 where those are right.

    Examples
    --------
    >>> import numpy as np
    >>> from farside.vision import Displacement
    >>> moved = Displacement(
    ...     metres=np.array([10.0, 0.0, -2.0]), covariance_m2=np.diag([0.04, 0.04, 0.01]),
    ...     slopes=np.zeros(2), chi2_per_freedom=1.1)
    >>> np.sqrt(np.diag(moved.covariance_m2)).round(2).tolist()  # deviations [m]
    [0.2, 0.2, 0.1]
    """

    metres: Array
    covariance_m2: Array
    slopes: Array
    chi2_per_freedom: float


def estimate_displacement(
    pairs: NDArray[np.void],
    pinhole: Pinhole,
    motion: PredictedMotion,
    *,
    height_sigma_m: float,
    turn_sigma_rad: float = 0.0,
    slope_sigma: float = 0.05,
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
    slope_sigma : float, optional
        Deviation of the ground's slopes over the image, each axis.
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
    >>> import numpy as np
    >>> from farside.vision import TRACK_PAIRS, estimate_displacement
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
    sight = motion.ground(pinhole, pairs["px_i"])
    rays = pinhole.rays(pairs["px_j"])
    wanted = rays[:, :2] / rays[:, 2:]
    positive = (pairs["variance"] > 0.0).all()
    if not (positive and np.isfinite(sight).all() and np.isfinite(wanted).all()):
        raise VisionError("a pair that does not look at the ground, or has no variance; drop it")
    focal = 0.5 * (pinhole.focal_px[0] + pinhole.focal_px[1])
    weight = np.repeat(focal * focal / pairs["variance"], 2)
    moved, slopes = motion.displacement_m, np.zeros(2)
    for _ in range(_STEPS):
        fit = _Fit.at(sight, motion, moved, slopes, weight, slope_sigma)
        step = fit.answer((wanted - fit.seen).ravel())
        moved, slopes = moved + step[:3], slopes + step[3:]
    fit = _Fit.at(sight, motion, moved, slopes, weight, slope_sigma)
    off = (wanted - fit.seen).ravel()
    per_freedom = math.fsum(weight * off * off) / (2 * len(pairs) - 3)
    covariance = fit.covariance * (max(per_freedom, 1.0) * RELATED)
    shared = [moved * (height_sigma_m / motion.height_m)]
    for axis in range(3):
        turned = seen_turned(fit.ground, motion.axes_j, moved, axis)
        shared.append(fit.answer(turned.ravel())[:3] * turn_sigma_rad)
    for axis in range(2):
        shift = np.zeros_like(wanted)
        shift[:, axis] = common_px / focal
        shared.append(fit.answer(shift.ravel())[:3])
    for each in shared:
        covariance = covariance + each[:, None] * each[None, :]
    return Displacement(moved, covariance, slopes, per_freedom)


@dataclass(frozen=True, eq=False)
class _Fit:
    """(3) at one displacement and slope."""

    ground: Array  # X
    seen: Array  # x
    columns: list[Array]
    weight: Array
    normal: list[list[float]]

    @classmethod
    def at(
        cls,
        sight: Array,
        motion: PredictedMotion,
        moved: Array,
        slopes: Array,
        weight: Array,
        slope_sigma: float,
    ) -> _Fit:
        """Set up (3); `sight` is X on level ground."""
        # (1): X of level ground is d h / -d_u
        height = motion.height_m
        rise = 1.0 - (slopes[0] * sight[:, 0] + slopes[1] * sight[:, 1]) / height
        # d (1 / rise) / d s = X_level / (h rise^2), and X = X_level / rise
        ground = sight / rise[:, None]
        seen, per_m = seen_on_plane(ground, motion.axes_j, moved)
        columns = [per_m[:, :, k].ravel() for k in range(3)]
        for k in range(2):
            grown = ground * (ground[:, k] / height)[:, None]
            # x depends on X as it does on -D
            change = [-_dots(per_m[:, j], grown) for j in range(2)]
            columns.append(np.stack(change, axis=-1).ravel())
        normal = [[math.fsum(weight * a * b) for b in columns] for a in columns]
        size = normal[0][0] * normal[1][1] * normal[2][2]
        if not determinant_3(normal) > 1e-12 * size:
            raise VisionError("all pairs are in one place of the image; they tell no displacement")
        for k in (3, 4):
            normal[k][k] += 1.0 / (slope_sigma * slope_sigma)
        return cls(ground, seen, columns, weight, normal)

    def answer(self, off: Array) -> Array:
        """Return the step (5,) of (3)."""
        right = [math.fsum(self.weight * column * off) for column in self.columns]
        return np.array(solved(self.normal, right))

    @property
    def covariance(self) -> Array:
        """Covariance (3, 3) of the displacement."""
        unit = np.eye(5).tolist()
        return np.array([solved(self.normal, unit[k])[:3] for k in range(3)])


def determinant_3(matrix: list[list[float]]) -> float:
    """Return the determinant of the first three rows and columns."""
    return deterministic.determinant(np.array(matrix)[:3, :3])


def _dots(a: Array, b: Array) -> Array:
    return np.asarray(a[:, 0] * b[:, 0] + a[:, 1] * b[:, 1] + a[:, 2] * b[:, 2])
