"""How the scene moves over the image during an exposure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.sensors.scene import Scene
from farside.sensors.view_plan import TILE
from farside.sensors.viewpoint import Pose, ViewError, rotated

Array = NDArray[np.float64]

#: A shorter way is no blur [px].
STILL_PX: Final = 0.05
#: A longer one is no picture [px].
FARTHEST_PX: Final = 200.0


@dataclass(frozen=True, eq=False)
class Motion:
    """The way of the scene during an exposure.

    Attributes
    ----------
    flow : ndarray, (2, m, n), float32
        Columns and rows moved [px], at every TILE-th pixel and beyond the last.
    margin : int
        Pixels beyond a rectangle that come into it, a whole number not below half of the way.
    count : int
        Places along the way that are averaged: 4 for each pixel of it.
    """

    flow: NDArray[np.float32]
    margin: int
    count: int


def motion_of(scene: Scene, pose: Pose, time_s: float) -> Motion | None:
    """Return how the scene moves during an exposure; None where that is less than STILL_PX.

    Parameters
    ----------
    scene : Scene
    pose : Pose
        With its velocity and its turn.
    time_s : float
        Exposure.

    Raises
    ------
    ViewError
        A motion that is none, or one that leaves no picture.
    """
    v = np.array([float(part) for part in pose.v_site])
    omega = np.array([float(part) for part in pose.omega_body])
    if v.shape != (3,) or omega.shape != (3,) or not np.isfinite([*v, *omega]).all():
        raise ViewError("v_site and omega_body: give three numbers each, m/s and rad/s")
    if not (v.any() or omega.any()):
        return None
    axes = scene.view.axes_site
    v_camera = deterministic.product(axes, v)
    q = [float(part) for part in pose.q_site_body]
    size = deterministic.length(q)
    omega_site = np.array(rotated([part / size for part in q], omega.tolist()))
    flow = _flow(scene, v_camera, deterministic.product(axes, omega_site)) * time_s
    way = float(np.max(np.abs(flow)))
    if way < STILL_PX:
        return None
    if not way <= FARTHEST_PX:
        raise ViewError(
            f"the scene moves {way:.0f} px in {time_s:g} s; expose shorter ({FARTHEST_PX:.0f} px "
            "at most)"
        )
    return Motion(
        np.ascontiguousarray(flow, np.float32), math.ceil(0.5 * way) + 2, math.ceil(4.0 * way) + 1
    )


def _flow(scene: Scene, v: Array, omega: Array) -> Array:
    """Return the motion of the scene [px/s] at every TILE-th pixel, (2, m, n).

    A point at P in camera axes moves by -v - omega x P; its image by the derivative of the
    projection, the lens's distortion included, taken by a difference over 1 ms of a turn.
    """
    pinhole = scene.pinhole
    # one lattice of tiles, a step beyond the image and its margins on the right and below
    x, y = (TILE * np.arange(-(-side // TILE) + 1.0) for side in (pinhole.columns, pinhole.rows))
    held = np.minimum(x, pinhole.columns - 1.0), np.minimum(y, pinhole.rows - 1.0)
    px = np.stack([np.tile(held[0], y.size), np.repeat(held[1], x.size)], axis=1)
    rays = pinhole.rays(px)
    distance = scene.distance_m.ravel()
    per = np.where(np.isnan(distance), 0.0, 1.0 / np.maximum(np.nan_to_num(distance, nan=1.0), 0.1))
    turn = np.stack(
        [
            omega[1] * rays[:, 2] - omega[2] * rays[:, 1],
            omega[2] * rays[:, 0] - omega[0] * rays[:, 2],
            omega[0] * rays[:, 1] - omega[1] * rays[:, 0],
        ],
        axis=1,
    )
    moved = -(per[:, None] * v + turn)
    step = 1e-4 / max(float(np.max(np.abs(moved))), 1e-9)
    ahead, behind = (pinhole.project(rays + sign * step * moved) for sign in (0.5, -0.5))
    flow = np.nan_to_num((ahead - behind) / step)
    return np.asarray(flow.T.reshape(2, y.size, x.size))
