"""Where a camera is and how it is turned, in the axes in which its rays are cast."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.ext.common.errors import FarsideError
from farside.ground.arcs import Arcs
from farside.mission.camera import Camera, camera_axes
from farside.sensors.mounting import turned

Array = NDArray[np.float64]


class ViewError(FarsideError):
    """A picture that cannot be taken as asked."""


@dataclass(frozen=True)
class Pose:
    """Where a camera is and how its vehicle is turned, in the middle of an exposure.

    Attributes
    ----------
    r_site : sequence of float
        East, north, up of the lens [m], site frame.
    q_site_body : sequence of float
        Hamilton quaternion, scalar first, that rotates body into site; any length but 0.
    v_site : sequence of float
        Velocity of the lens over the ground [m/s], site frame.
    omega_body : sequence of float
        Turn of the body against the ground [rad/s], body axes.
    """

    r_site: Sequence[float]
    q_site_body: Sequence[float]
    v_site: Sequence[float] = (0.0, 0.0, 0.0)
    omega_body: Sequence[float] = (0.0, 0.0, 0.0)

    def __post_init__(self) -> None:
        """Refuse a pose that is none."""
        r = np.array([float(part) for part in self.r_site])
        q = [float(part) for part in self.q_site_body]
        if r.shape != (3,) or not np.isfinite(r).all() or deterministic.length(r) > 1e7:
            raise ViewError(f"r_site {self.r_site}: give east, north, up in metres from the site")
        if len(q) != 4 or not 1e-6 < max(map(abs, q)) < 1e6 or not all(map(math.isfinite, q)):
            raise ViewError(
                f"q_site_body {self.q_site_body}: give a quaternion, four numbers with the scalar "
                "first, of length 1"
            )


@dataclass(frozen=True)
class Mounting:
    """How a camera stands off where and how it should.

    Attributes
    ----------
    lean_rad : tuple of float
        Turn about the camera's x, y and z [rad].
    off_m : tuple of float
        Of the lens off its place [m], body axes.
    """

    lean_rad: tuple[float, float, float] = (0.0, 0.0, 0.0)
    off_m: tuple[float, float, float] = (0.0, 0.0, 0.0)


PERFECT = Mounting()


@dataclass(frozen=True, eq=False)
class Viewpoint:
    """A camera on the Moon.

    Attributes
    ----------
    arcs : Arcs
        Of the ground.
    radius_m : float
        Of the site, which r_site is counted from.
    r_site : ndarray, (3,)
        [m].
    axes_site : ndarray, (3, 3)
        Rows: the camera's x, y and z, site frame, with its mounting error.
    u, v, height_m : float
        Arcs of the lens, and its height above arcs.arc_m [m].
    axes_arc : ndarray, (3, 3)
        The camera's axes as columns, in components along u and v and up at the lens.
    """

    arcs: Arcs
    radius_m: float
    r_site: Array
    axes_site: Array
    u: float = field(init=False)
    v: float = field(init=False)
    height_m: float = field(init=False)
    axes_arc: Array = field(init=False)
    turn: Array = field(init=False)  # axes of u, v^ and up^, site frame, in rows

    def __post_init__(self) -> None:
        """Find the arcs, and the axes at them."""
        along, cross, up = self.arcs.axes
        p = self.r_site + np.array([0.0, 0.0, self.radius_m])
        x, y, z = (deterministic.dot(p, axis) for axis in (along, cross, up))
        s = math.sqrt(x * x + z * z)
        r = math.sqrt(x * x + y * y + z * z)
        if r < 0.5 * self.radius_m:
            raise ViewError("the camera is inside the Moon; give r_site in metres from the site")
        # (u, v^, up^): turned about the cross axis to the camera's u, then to its v
        hat = np.array([(z * along - x * up) / s, cross, (x * along + z * up) / s])
        local = np.array([hat[0], (s * hat[1] - y * hat[2]) / r, (y * hat[1] + s * hat[2]) / r])
        for name, value in (
            ("u", self.arcs.arc_m * deterministic.angle_of(x, z)),
            ("v", self.arcs.arc_m * deterministic.angle_of(y, s)),
            ("height_m", _height(self.r_site, self.radius_m, r) + self.radius_m - self.arcs.arc_m),
            ("axes_arc", deterministic.product(local, self.axes_site.T)),
            ("turn", hat),
        ):
            object.__setattr__(self, name, value)

    def lanes(self, sun_site: Array) -> dict[str, Any]:
        """Return the struct `ViewLanes` of ext/sensors/view_cast.pxi.

        Parameters
        ----------
        sun_site : ndarray, (3,)
            Unit vector to the Sun, site frame.
        """
        angle = self.v / self.arcs.arc_m
        return {
            "m": self.axes_arc.tolist(),
            "sine": deterministic.sin(angle),
            "cosine": deterministic.cos(angle),
            "r_c": self.arcs.arc_m + self.height_m,
            "arc": self.arcs.arc_m,
            "lift": self.height_m * (2.0 * self.arcs.arc_m + self.height_m),
            "height": self.height_m,
            "sun": deterministic.product(self.turn, sun_site).tolist(),
        }

    def directions(self, rays: Array) -> Array:
        """Return rays of camera axes (n, 3) in site axes."""
        return deterministic.product(rays, self.axes_site)


def _height(r_site: Array, radius_m: float, r: float) -> float:
    """Return r - radius without a difference of large numbers."""
    x, y, z = r_site.tolist()
    return float((x * x + y * y + z * (z + 2.0 * radius_m)) / (r + radius_m))


def viewpoint(
    arcs: Arcs, radius_m: float, camera: Camera, pose: Pose, mounting: Mounting = PERFECT
) -> Viewpoint:
    """Return where a camera truly looks from, and how.

    Parameters
    ----------
    arcs : Arcs
    radius_m : float
        Of the ground.
    camera : Camera
    pose : Pose
    mounting : Mounting
        Its errors.

    Raises
    ------
    ViewError
        A pose that is none.
    """
    r = np.array([float(part) for part in pose.r_site])
    q = [float(part) for part in pose.q_site_body]
    size = deterministic.length(q)
    q = [part / size for part in q]
    body = camera_axes(camera)
    turn = deterministic.product(np.asarray(mounting.lean_rad, np.float64), body).tolist()
    axes = np.array([rotated(q, turned(axis, turn)) for axis in body.tolist()])
    return Viewpoint(arcs, radius_m, r + np.array(rotated(q, mounting.off_m)), axes)


def rotated(q: Sequence[float], a: Sequence[float]) -> list[float]:
    """Return a vector turned by a unit quaternion: q a q*."""
    w, *h = q
    once = _cross(h, a)
    twice = _cross(h, once)
    return [a[i] + 2.0 * (w * once[i] + twice[i]) for i in range(3)]


def _cross(a: Sequence[float], b: Sequence[float]) -> list[float]:
    return [
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    ]
