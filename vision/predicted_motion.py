"""What the estimate says of two images: where a place of one is in the other, over a plane."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.ext.common import deterministic
from farside.ext.common.numbers import numbers
from farside.mission.attitude import rotation_matrix
from farside.mission.camera import Camera, camera_axes
from farside.mission.pinhole import Pinhole
from farside.vision.errors import VisionError

Array = NDArray[np.float64]

_UP = (0.0, 0.0, 1.0)


@dataclass(frozen=True, eq=False)
class PredictedMotion:
    """Two poses of a camera as estimated, the ground's plane, and how sure they are.

    Attributes
    ----------
    axes_i, axes_j : (3, 3) array
        Rows: the camera's x, y and z in the site frame at image i and j [-].
    displacement_m : (3,) array
        Of the camera from i to j, site frame [m].
    height_m : float
        Of the camera at i above the plane of the ground, along its normal [m].
    normal_site : (3,) array
        Unit normal of the plane [-].
    sigma_px : float
        Deviation of a predicted place in image j, each axis [px].
    relief_px : float
        Parallax of the ground's relief [px], 1 sigma.

    Examples
    --------
    >>> import numpy as np
    >>> from farside.mission.camera import Camera
    >>> from farside.vision import predicted_motion
    >>> camera, upright = Camera(name="lcam"), (1.0, 0.0, 0.0, 0.0)
    >>> motion = predicted_motion(
    ...     camera, (upright, upright), (30.0, 0.0, 0.0), 2000.0,
    ...     displacement_sigma_m=1.0, height_sigma_m=20.0)
    >>> there = motion.carry(camera.pinhole, [[511.5, 511.5]])
    >>> there.round(2).tolist()  # 30 m of 2000 m, by 1236 px of focal length
    [[511.5, 530.04]]
    >>> motion.carry_back(camera.pinhole, there).round(2).tolist()
    [[511.5, 511.5]]
    >>> (motion.ground(camera.pinhole, [[511.5, 511.5]]).round(2) + 0.0).tolist()  # straight down
    [[0.0, 0.0, -2000.0]]
    """

    axes_i: Array
    axes_j: Array
    displacement_m: Array
    height_m: float
    normal_site: Array
    sigma_px: float
    relief_px: float = 0.0

    def carry(self, pinhole: Pinhole, px: ArrayLike) -> Array:
        """Return where places of image i are in image j.

        Parameters
        ----------
        pinhole : Pinhole
        px : array_like, (n, 2)
            Columns and rows of image i [px].

        Returns
        -------
        ndarray, (n, 2)
            [px]; NaN for what does not look at the plane, and what falls behind the camera.
        """
        ground = self.ground(pinhole, px)
        return pinhole.project(deterministic.product(ground - self.displacement_m, self.axes_j.T))

    def carry_back(self, pinhole: Pinhole, px: ArrayLike) -> Array:
        """Return where places of image j are in image i.

        Parameters
        ----------
        pinhole : Pinhole
        px : array_like, (n, 2)
            Column and row in image j.

        Returns
        -------
        ndarray, (n, 2)
            As of `carry`.
        """
        height = self.height_m + deterministic.dot(self.normal_site, self.displacement_m)
        ground = _on_plane(pinhole.rays(px), self.axes_j, self.normal_site, height)
        return pinhole.project(deterministic.product(ground + self.displacement_m, self.axes_i.T))

    def ground(self, pinhole: Pinhole, px: ArrayLike) -> Array:
        """Return the places on the plane that are seen.

        Parameters
        ----------
        pinhole : Pinhole
        px : array_like, (n, 2)
            Column and row in image i.

        Returns
        -------
        ndarray, (n, 3)
            From the camera at i, site frame [m].
        """
        return _on_plane(pinhole.rays(px), self.axes_i, self.normal_site, self.height_m)


def _on_plane(rays: Array, axes: Array, normal: Array, height_m: float) -> Array:
    looks = deterministic.product(rays, axes)
    down = -deterministic.product(looks, normal)
    down = np.where(down > 0.05, down, np.nan)
    return np.asarray(looks * (height_m / down)[:, None])


def predicted_motion(
    camera: Camera,
    q_site_body: tuple[ArrayLike, ArrayLike],
    displacement_m: ArrayLike,
    height_m: float,
    *,
    displacement_sigma_m: float,
    height_sigma_m: float,
    turn_sigma_rad: float = 0.0,
    relief_m: float = 0.0,
) -> PredictedMotion:
    """Return the motion between two images over level ground, with the deviation of its pixels.

    Parameters
    ----------
    camera : Camera
        Its mounting and focal length are read.
    q_site_body : tuple of two (4,) arrays
        Attitude at image i and at image j (Hamilton, scalar first).
    displacement_m : (3,) array
        Of the camera from i to j, site frame [m].
    height_m : float
        Of the camera at i above the ground [m].
    displacement_sigma_m, height_sigma_m : float
        Their deviations, each axis [m].
    turn_sigma_rad : float, optional
        Deviation of the turn from i to j, each axis [rad].
    relief_m : float, optional
        Deviation of the ground from the plane [m].

    Returns
    -------
    PredictedMotion

    Raises
    ------
    VisionError
        Numbers that are not finite, a height that is not above the ground at i and at j.

    Examples
    --------
    >>> from farside.vision import predicted_motion
    >>> from farside.mission.camera import Camera
    >>> upright = (1.0, 0.0, 0.0, 0.0)
    >>> motion = predicted_motion(
    ...     Camera(name="lcam"), (upright, upright), (30.0, 0.0, -20.0), 2000.0,
    ...     displacement_sigma_m=1.0, height_sigma_m=20.0)
    >>> motion.carry(Camera(name="lcam").pinhole, [[511.5, 511.5]]).round(2).tolist()
    [[511.5, 530.23]]
    >>> round(motion.sigma_px, 2)
    0.66
    """
    move = numbers(displacement_m, "a displacement", VisionError)
    sigmas = (displacement_sigma_m, height_sigma_m, turn_sigma_rad, relief_m)
    if move.shape != (3,) or not np.isfinite(move).all():
        raise VisionError("a displacement is three finite numbers [m]; give east, north, up")
    if not all(math.isfinite(sigma) and sigma >= 0.0 for sigma in sigmas):
        raise VisionError("deviations are finite and 0 or more; give those of the estimate")
    lowest = min(height_m, height_m + float(move[2]))
    if not (math.isfinite(height_m) and lowest > 0.0):
        raise VisionError(f"a camera {lowest:g} m above the ground; both images are taken above it")
    axes = []
    for q in q_site_body:
        parts = numbers(q, "an attitude", VisionError)
        if parts.shape != (4,) or not np.isfinite(parts).all() or not parts.any():
            raise VisionError("an attitude is a quaternion of four finite numbers, not all 0")
        axes.append(deterministic.product(camera_axes(camera), rotation_matrix(parts).T))
    per_m = camera.focal_px / lowest
    moved = deterministic.length(move)
    by_height = moved * height_sigma_m / lowest
    by_turn = lowest * turn_sigma_rad
    sigma_m = math.sqrt(
        displacement_sigma_m * displacement_sigma_m + by_height * by_height + by_turn * by_turn
    )
    return PredictedMotion(
        axes[0],
        axes[1],
        move,
        float(height_m),
        np.array(_UP),
        per_m * sigma_m,
        per_m * moved * relief_m / lowest,
    )
