"""How bright level ground is to a camera, and how much a slope changes that.

    mu0, mu     cosines of the angles of Sun and camera from the vertical; n from the normal
    g           phase angle [deg]
    I = 2 L mu0 / (mu0 + mu) + (1 - L) mu0                                              (1)
    L = 1 - 0.019 g + 2.42e-4 g^2 - 1.46e-6 g^3                                         (2)

(McEwen, Icarus 92, 1991; the coefficients from memory.) Of a small slope with heights' gradient z',
mu0 falls by s.z' and mu by v.z', s and v the level parts of the unit vectors to Sun and camera:

    dI / I = k . z',   k = -(I_mu0 s + I_mu v) / I                                      (3)

so the image tells one component of the slope, that along k: photoclinometry. Albedo changes I as
well, and an image alone does not tell the two apart.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.ext.common import deterministic
from farside.vision.errors import VisionError
from farside.vision.ground_view import GroundGrid
from farside.vision.view import CameraView

Array = NDArray[np.float64]

#: Least relative change of brightness to a slope of 1 at which slopes are looked for. A change of
#: albedo by 3 % looks like 45 deg there, but large bowls still show.
LEAST_GAIN = 0.03
#: Slopes are not read off with less: near the point under the Sun they would grow without bound.
FLOOR_GAIN = 0.075
#: Least elevation of the Sun [deg]: all is in shadow or nearly so.
LEAST_SUN_DEG = 2.0


@dataclass(frozen=True, eq=False)
class Light:
    """The light of a scene.

    Attributes
    ----------
    level : ndarray, (cells, cells)
        I of level ground, but for a factor.
    gain : ndarray, (cells, cells)
        |k|: relative change of brightness to a slope of 1 along `toward`.
    toward : tuple of float
        East and north of the unit vector along k: ground that rises that way is brighter.
    """

    level: Array
    gain: Array
    toward: tuple[float, float]

    @property
    def middle_gain(self) -> float:
        """Of the grid's middle cell."""
        middle = self.gain.shape[0] // 2
        return float(self.gain[middle, middle])


def unit_sun(sun: ArrayLike) -> Array:
    """Return the unit vector to the Sun; refuse one that lights nothing."""
    s = np.asarray(sun, np.float64)
    size = deterministic.length(s) if s.shape == (3,) else math.nan
    if not (math.isfinite(size) and size > 1e-6):
        raise VisionError("the Sun's direction is three finite numbers: east, north, up")
    unit = np.asarray(s / size)
    if unit[2] < deterministic.sin(math.radians(LEAST_SUN_DEG)):
        raise VisionError(
            f"the Sun is lower than {LEAST_SUN_DEG:g} deg: an image of shadows tells no hazards"
        )
    return unit


def light_of(view: CameraView, grid: GroundGrid, sun: Array) -> Light:
    """Return the light of a grid.

    Parameters
    ----------
    view : CameraView
    grid : GroundGrid
    sun : ndarray, (3,)
        Unit vector to the Sun, site axes.

    Raises
    ------
    VisionError
        Where brightness does not tell slopes: the Sun behind the camera, or overhead.
    """
    x, y = grid.places()
    east, north = view.r_site[0] - x, (view.r_site[1] - y)[:, None]
    up = float(view.r_site[2]) - grid.level_m
    if not up > 1.0:
        raise VisionError(f"the camera is {up:.3g} m above the ground; give a pose above it")
    far = np.sqrt(east * east + north * north + up * up)
    vx, vy, mu = east / far, north / far, up / far
    cosine = np.clip(sun[0] * vx + sun[1] * vy + sun[2] * mu, -1.0, 1.0)
    g = np.degrees(deterministic.arccos(cosine))
    weight = np.clip(1.0 + g * (-0.019 + g * (2.42e-4 - 1.46e-6 * g)), 0.0, 1.0)  # (2)
    mu0 = float(sun[2])
    total = mu0 + mu
    level = 2.0 * weight * mu0 / total + (1.0 - weight) * mu0  # (1)
    by_sun = 2.0 * weight * mu / (total * total) + (1.0 - weight)
    by_eye = -2.0 * weight * mu0 / (total * total)
    kx = -(by_sun * sun[0] + by_eye * vx) / level  # (3)
    ky = -(by_sun * sun[1] + by_eye * vy) / level
    gain = np.sqrt(kx * kx + ky * ky)
    middle = grid.cells // 2
    here = float(gain[middle, middle])
    if not here >= LEAST_GAIN:
        raise VisionError(
            f"the Sun stands behind the camera or overhead: a slope of 8 deg changes the "
            f"brightness by {14.0 * here:.1f} % here; look from elsewhere"
        )
    toward = float(kx[middle, middle]) / here, float(ky[middle, middle]) / here
    return Light(level, np.maximum(gain, FLOOR_GAIN), toward)
