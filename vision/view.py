"""A camera where it is thought to be: points of the site frame to pixels and back."""

from __future__ import annotations

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


@dataclass(frozen=True, eq=False)
class CameraView:
    """A pinhole at a place, with an attitude.

    Attributes
    ----------
    pinhole : Pinhole
    r_site : ndarray, (3,)
        Position [m], site frame.
    axes : ndarray, (3, 3)
        Rows are the camera's x, y, z in the site frame.
    """

    pinhole: Pinhole
    r_site: Array
    axes: Array

    @classmethod
    def of(cls, camera: Camera, r_site: ArrayLike, q_site_body: ArrayLike) -> CameraView:
        """Return the view of a camera of a vehicle with an attitude.

        Parameters
        ----------
        camera : Camera
        r_site : array_like, (3,)
            Of the camera [m], site frame.
        q_site_body : array_like, (4,)
            Attitude of the body: Hamilton, scalar first.

        Raises
        ------
        VisionError
            Numbers that are not finite, or a quaternion that is none.
        """
        place = numbers(r_site, "a camera's position", VisionError)
        if place.shape != (3,) or not np.isfinite(place).all():
            raise VisionError("a camera's position is three finite numbers [m]")
        body = deterministic.product(camera_axes(camera), rotation(q_site_body).T)
        return cls(camera.pinhole, place, body)

    def project(self, p_site: ArrayLike) -> Array:
        """Return columns and rows (n, 2) [px] of points (n, 3) [m]; NaN where there is none."""
        away = np.asarray(p_site, np.float64) - self.r_site
        return self.pinhole.project(deterministic.product(away, self.axes.T))

    def rays(self, px: ArrayLike) -> Array:
        """Return the unit vectors (n, 3), site frame, that pixels (n, 2) look along."""
        return deterministic.product(self.pinhole.rays(px), self.axes)

    def moved(self, shift_m: ArrayLike, turn_rad: ArrayLike) -> CameraView:
        """Return the view shifted [m] and turned by a rotation vector [rad], site frame."""
        turn = rotation_of_vector(np.asarray(turn_rad, np.float64))
        return CameraView(
            self.pinhole,
            self.r_site + np.asarray(shift_m, np.float64),
            deterministic.product(self.axes, turn.T),
        )


def rotation(q: ArrayLike) -> Array:
    """Return the matrix (3, 3) of a quaternion, Hamilton, scalar first: body into site.

    Raises
    ------
    VisionError
        It is no quaternion of length 1, to 1 %.
    """
    parts = numbers(q, "an attitude", VisionError)
    if parts.shape != (4,) or not abs(deterministic.length(parts) - 1.0) < 0.01:
        raise VisionError("an attitude is a quaternion of length 1, scalar first")
    return rotation_matrix(parts)


def rotation_of_vector(turn_rad: Array) -> Array:
    """Return the matrix (3, 3) that turns by a rotation vector [rad]."""
    angle = deterministic.length(turn_rad)
    half = 0.5 * angle
    share = deterministic.sin(half) / angle if angle > 1e-12 else 0.5
    return rotation([deterministic.cos(half), *(share * turn_rad).tolist()])
