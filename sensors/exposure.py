"""Light into electrons, and how long to expose.

A pixel of width p behind a lens of f-number F gets, of ground with radiance factor I/F, in a time t

    S = I/F * Phi / (4 F^2) * p^2 * t * efficiency                                       [electrons]

Phi the Sun's photons in the band per square metre and second at 1 au. The fall of light towards the
corners (cos^4) is taken as removed by the flat field.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Final

import numpy as np

from farside.ext.common import deterministic
from farside.mission.camera import Camera
from farside.sensors.scene import Scene

#: Total solar irradiance at 1 au [W/m^2], Kopp & Lean (2011).
SOLAR_WPM2: Final = 1361.0
#: Temperature of a black body of the Sun's size and power [K], IAU 2015 B3.
SUN_K: Final = 5772.0
#: h c [J m] and h c / k [m K], CODATA 2018.
_HC: Final = 1.98644586e-25
_HC_PER_K: Final = 0.01438776877
_STEPS: Final = 200
#: Share of the full well that ground leaning towards the Sun by _LEAN_DEG is to fill.
FILL: Final = 0.5
_LEAN_DEG: Final = 10.0


@lru_cache(maxsize=32)
def solar_photons(low_nm: float, high_nm: float) -> float:
    """Return the Sun's photons in a band [1/(m^2 s)] at 1 au, of a black body.

    Parameters
    ----------
    low_nm, high_nm : float
        Wavelengths [nm].
    """
    # Planck's law over wavelength, scaled to the whole: integral x^3 / (e^x - 1) = pi^4 / 15
    edges = 1e-9 * (low_nm + (high_nm - low_nm) * np.arange(_STEPS + 1) / _STEPS)
    middle = 0.5 * (edges[1:] + edges[:-1])
    x = _HC_PER_K / (middle * SUN_K)
    pi2 = math.pi * math.pi
    share = 15.0 / (pi2 * pi2) * x * x * x * x / deterministic.expm1(x)
    # x^4 dlambda / (lambda (e^x - 1)) x^-1 x = share of the power in dlambda
    power = SOLAR_WPM2 * share * (edges[1:] - edges[:-1]) / middle
    return math.fsum((power * middle / _HC).tolist())


def electrons_per_second(camera: Camera) -> float:
    """Return the electrons [1/s] that a pixel makes of ground with I/F = 1."""
    width = 1e-6 * camera.pixel_um
    photons = solar_photons(*camera.band_nm) / (4.0 * camera.f_number * camera.f_number)
    return photons * width * width * camera.efficiency


def choose_exposure(camera: Camera, scene: Scene) -> float:
    """Return how long to expose [s]: as the Sun and the view ask, up to the camera's longest.

    So long that ground that leans 10 deg towards the Sun, seen along the boresight, half fills a
    pixel, and seen at the edges of the image does not more than fill it: there the Sun may be
    behind the camera. Nothing of the true relief is asked.

    Parameters
    ----------
    camera : Camera
    scene : Scene
        Of it the Sun over the camera's own arcs, the law, the ground's mean albedo and the view.
    """
    slant = scene.slant
    pinhole = scene.pinhole
    x, y = (0.5 * (side - 1) for side in (pinhole.columns, pinhole.rows))
    places = [(x, y)] + [(i * x, j * y) for i in (0, 1, 2) for j in (0, 1, 2) if (i, j) != (1, 1)]
    rays = deterministic.product(pinhole.rays(places), scene.view.axes_arc.T)
    emission = np.clip(-rays[:, 2], 0.05, 1.0)
    toward = rays[:, 0] * slant.u + rays[:, 1] * slant.v + rays[:, 2] * slant.up
    phase = deterministic.arccos(-toward)
    elevation = deterministic.arcsin(slant.up) + math.radians(_LEAN_DEG)
    incidence = max(deterministic.sin(min(elevation, 0.5 * math.pi)), 0.02)
    light = scene.law.radiance_factor(np.full(emission.shape, incidence), emission, phase)
    down = light[rays[:, 2] < 0.0]
    brightest = scene.albedo * max(float(light[0]), FILL * float(down.max()) if down.size else 0.0)
    wanted = FILL * camera.full_well_e / (electrons_per_second(camera) * brightest)
    return min(wanted, camera.exposure_s)
