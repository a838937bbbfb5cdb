"""How the ground scatters sunlight: laws by name, as the tables of ext/sensors/view_shade.pxi.

Radiance factor I/F = pi * radiance / irradiance of the Sun, of a facet that sees all of the Sun. A
picture scales a law by the ground's own normal albedo over the law's: the law gives the shape.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.ext.common.errors import FarsideError

Array = NDArray[np.float64]

#: Steps of a table over sin(g / 2), as in view_shade.pxi.
PHASES: Final = 2048
#: Beyond it the polynomial of lunar-Lambert's L, fitted to 140 deg at most, is held [deg].
_L_END_DEG: Final = 110.0


class PhotometryError(FarsideError):
    """A law that there is none of, or a parameter out of range."""


@dataclass(frozen=True)
class Regolith:
    """Parameters of Hapke's law (1981), without macroscopic roughness: the ground has its own.

    Defaults are in the middle of what Sato et al. (2014), "Resolved Hapke parameter maps of the
    Moon", J. Geophys. Res. Planets 119, 1775, found at 643 nm (ranges from memory).

    Attributes
    ----------
    albedo : float
        w, of single scattering: 0.20 in maria to 0.35 in highlands.
    lobe_width, lobe_share : float
        b and c of the two lobes of Henyey and Greenstein; c by Hapke's (2012) "hockey stick"
        c = 3.29 exp(-17.4 b^2) - 0.908.
    surge, surge_width : float
        B0 and h of the opposition surge B = B0 / (1 + tan(g / 2) / h).
    """

    albedo: float = 0.25
    lobe_width: float = 0.24
    lobe_share: float = 0.30
    surge: float = 1.95
    surge_width: float = 0.07

    def __post_init__(self) -> None:
        """Refuse what is no regolith."""
        for name, low, high in (
            ("albedo", 1e-3, 1.0),
            ("lobe_width", 0.0, 0.95),
            ("lobe_share", -1.0, 1.0),
            ("surge", 0.0, 10.0),
            ("surge_width", 1e-3, 10.0),
        ):
            value = getattr(self, name)
            if not (math.isfinite(value) and low <= value <= high):
                raise PhotometryError(f"{name} {value}: give a number from {low:g} to {high:g}")

    def phase_function(self, cosine: Array) -> Array:
        """Return (1 + B(g)) P(g) at cosines of the phase angle; the mean of P is 1.

        Parameters
        ----------
        cosine : ndarray
            cos g, 1 with the Sun behind the camera.
        """
        b, c = self.lobe_width, self.lobe_share
        back, ahead = (1.0 + b * b - 2.0 * b * s * cosine for s in (1.0, -1.0))
        lobes = (
            0.5
            * (1.0 - b * b)
            * ((1.0 + c) / (back * np.sqrt(back)) + (1.0 - c) / (ahead * np.sqrt(ahead)))
        )
        half = np.sqrt((1.0 - cosine) / np.maximum(1.0 + cosine, 1e-12))
        return np.asarray(lobes * (1.0 + self.surge / (1.0 + half / self.surge_width)))

    @property
    def normal_albedo(self) -> float:
        """I/F seen from the Sun, of level ground under it: A of the laws without a w."""
        h = 3.0 / (1.0 + 2.0 * math.sqrt(1.0 - self.albedo))
        ahead = float(self.phase_function(np.ones(1))[0])
        return 0.125 * self.albedo * (ahead + h * h - 1.0)


@dataclass(frozen=True, eq=False)
class Law:
    """A law as the kernels take it: I/F by equation (1) of view_shade.pxi.

    Attributes
    ----------
    t1, t2 : ndarray, (PHASES + 1,), float32
        Tables over sin(g / 2) from 0 to 1.
    normal_albedo : float
        I/F of level ground seen from the Sun, which is right above.
    k, root : float
        Of the multiple scattering.
    """

    t1: NDArray[np.float32]
    t2: NDArray[np.float32]
    normal_albedo: float
    k: float = 0.0
    root: float = 1.0

    def radiance_factor(self, mu0: Array, mu: Array, phase_rad: Array) -> Array:
        """Return I/F in double precision, for oracles and for the choice of an exposure.

        Parameters
        ----------
        mu0, mu : ndarray
            Cosines of incidence and emission.
        phase_rad : ndarray
            Phase angle [rad].
        """
        at = np.asarray(deterministic.sin(0.5 * np.asarray(phase_rad, np.float64))) * PHASES
        at = np.clip(at, 0.0, PHASES - 1e-9)
        i = at.astype(np.intp)
        t1, t2 = ((1.0 - (at - i)) * t[i] + (at - i) * t[i + 1] for t in (self.t1, self.t2))
        h0, h = ((1.0 + 2.0 * x) / (1.0 + 2.0 * self.root * x) for x in (mu0, mu))
        return np.asarray(mu0 / (mu0 + mu) * (t1 + self.k * (h0 * h - 1.0)) + t2 * mu0)


def law(name: str, regolith: Regolith | None = None) -> Law:
    """Return a law by name.

    Parameters
    ----------
    name : str
        "hapke"; "lommel-seeliger", Hapke's without multiple scattering; "lunar-lambert" (McEwen
        1991: A [2 L mu0 / (mu0 + mu) + (1 - L) mu0], L a cubic in the phase angle), with Hapke's
        phase function scaled to the same normal albedo; "lambert", A mu0.
    regolith : Regolith, optional
        Its parameters.

    Raises
    ------
    PhotometryError
        No such law.

    Examples
    --------
    >>> import numpy as np
    >>> float(law("lambert").radiance_factor(np.ones(1), np.ones(1), np.zeros(1))[0].round(3))
    0.151
    """
    return _law(name, regolith or Regolith())


@lru_cache(maxsize=16)
def _law(name: str, regolith: Regolith) -> Law:
    if name not in LAWS:
        raise PhotometryError(f"photometry {name!r}: choose one of {', '.join(LAWS)}")
    half = np.arange(PHASES + 1) / PHASES
    return LAWS[name](regolith, half)


def _hapke(ground: Regolith, half: Array) -> Law:
    single = 0.25 * ground.albedo * ground.phase_function(1.0 - 2.0 * half * half)
    return Law(
        _table(single),
        _table(0.0 * half),
        ground.normal_albedo,
        0.25 * ground.albedo,
        math.sqrt(1.0 - ground.albedo),
    )


def _lommel_seeliger(ground: Regolith, half: Array) -> Law:
    single = _hapke(ground, half).t1
    return Law(single, _table(0.0 * half), 0.5 * float(single[0]))


def _lunar_lambert(ground: Regolith, half: Array) -> Law:
    g = np.minimum(np.degrees(2.0 * deterministic.arcsin(half)), _L_END_DEG)
    share = 1.0 - 0.019 * g + 2.42e-4 * g * g - 1.46e-6 * g * g * g
    cosine = 1.0 - 2.0 * half * half
    phase = ground.phase_function(cosine)
    brightness = ground.normal_albedo * phase / float(ground.phase_function(np.ones(1))[0])
    return Law(
        _table(2.0 * share * brightness), _table((1.0 - share) * brightness), ground.normal_albedo
    )


def _lambert(ground: Regolith, half: Array) -> Law:
    albedo = ground.normal_albedo
    return Law(_table(0.0 * half), _table(albedo + 0.0 * half), albedo)


def _table(values: Array) -> NDArray[np.float32]:
    return np.ascontiguousarray(values, dtype=np.float32)


LAWS: Final[dict[str, Callable[[Regolith, Array], Law]]] = {
    "hapke": _hapke,
    "lommel-seeliger": _lommel_seeliger,
    "lunar-lambert": _lunar_lambert,
    "lambert": _lambert,
}


def law_setup(chosen: Law) -> dict[str, Any]:
    """Return the arguments of a `View` that a law gives."""
    return {"t1": chosen.t1, "t2": chosen.t2, "k": chosen.k, "root": chosen.root}
