"""Craters: how many there are, and what shape age leaves them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.ext.common import deterministic

Array = NDArray[np.float64]

# Neukum, Ivanov & Hartmann, Space Sci. Rev. 96 (2001), table 1: log10 of N(>= D) per km2 at 1 Ga in
# powers of log10 of D in km, for 0.01 to 300 km.
_NEUKUM = (
    -3.0876, -3.557528, 0.781027, 1.021521, -0.156012, -0.444058,
    0.019977, 0.086850, -0.005874, -0.006809, 8.25e-4, 5.54e-5,
)  # fmt: skip
_NEUKUM_FROM_M = 10.0

REACH = 2.2  # rim radii out to which a crater's ejecta are laid
_THIN = 1.8  # rim radii from which they are cut short
PROFILE = 512  # steps of a profile over the square of the distance


def _chronology(age_ga: float) -> float:
    """Craters of 1 km and more per km2 after an age, the linear term as the table has it."""
    return (
        5.44e-14 * deterministic.expm1(6.93 * age_ga)
        + deterministic.power_of(10.0, -3.0876) * age_ga
    )


def production(diameter_m: ArrayLike, age_ga: float) -> Array:
    """Return the cumulative number of craters that fell since a surface formed.

    Parameters
    ----------
    diameter_m : array_like
        Rim diameters [m]. Below 10 m, where the polynomial ends, its last slope is continued: an
        extrapolation, which equilibrium overrules on any surface older than some Ma.
    age_ga : float
        Age of the surface [Ga].

    Returns
    -------
    ndarray
        N(>= D) [1/m2] (Neukum, Ivanov & Hartmann 2001).
    """
    x = deterministic.log10(np.asarray(np.asarray(diameter_m, dtype=np.float64) / 1000.0))
    x0 = deterministic.log10(_NEUKUM_FROM_M / 1000.0)
    series = np.polynomial.Polynomial(_NEUKUM)
    log_n = np.where(x > x0, series(np.maximum(x, x0)), series(x0) + series.deriv()(x0) * (x - x0))
    share = _chronology(age_ga) / _chronology(1.0)
    return np.asarray(deterministic.power(10.0, log_n) * share * 1e-6)


def cumulative(diameter_m: ArrayLike, age_ga: float, equilibrium: float) -> Array:
    """Return the number of craters there are: what fell, up to what equilibrium lets stand.

    Parameters
    ----------
    diameter_m : array_like
        Rim diameters [m].
    age_ga : float
        Age of the surface [Ga].
    equilibrium : float
        N(>= D) D^2 of a surface in equilibrium; 0.079 (Trask 1966, Gault 1970).

    Returns
    -------
    ndarray
        N(>= D) [1/m2].
    """
    limit = equilibrium / np.asarray(diameter_m, dtype=np.float64) ** 2
    return np.asarray(np.minimum(production(diameter_m, age_ga), limit))


@dataclass(frozen=True)
class CraterClass:
    """The craters of one octave of diameter, as their kernel draws them.

    Attributes
    ----------
    kind : int
        Names the stream of random numbers.
    smallest_m : float
        Diameters run from this [m] to twice it.
    tile_m : float
        Side [m] of the tiles in which they are drawn.
    mean : float
        Expected number a tile.
    fewer : float
        N(>= 2 smallest) / N(>= smallest).
    falling : float
        The exponent b of N ~ D^-b within the class.
    """

    kind: int
    smallest_m: float
    tile_m: float
    mean: float
    fewer: float
    falling: float


@lru_cache(maxsize=256)
def crater_class(kind: int, smallest_m: float, age_ga: float, equilibrium: float) -> CraterClass:
    """Describe the craters from one diameter [m] to twice that."""
    many, few = cumulative([smallest_m, 2.0 * smallest_m], age_ga, equilibrium)
    tile_m = 16.0 * smallest_m
    return CraterClass(
        kind=kind,
        smallest_m=smallest_m,
        tile_m=tile_m,
        mean=float(many - few) * tile_m * tile_m,
        fewer=float(few / many),
        falling=deterministic.log2(float(many / few)),
    )


@lru_cache(maxsize=1)
def profiles() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the radial profiles of a degraded and of a young crater of rim-to-floor depth 1.

    Both bring up what they dig out: their volume is zero, so that craters add nothing to the mean
    height of the ground, nor to wavelengths much longer than their own.

    Returns
    -------
    degraded, young : ndarray, (PROFILE + 1,), float32
        Heights over x^2 from 0 to REACH^2, x = distance / rim radius. Degraded:
        (1 - 2 x^2) e^(-2 x^2) turned over, which is what diffusion makes of a bowl. Young: a bowl
        of x^1.5, between a parabola and a cone, and ejecta thinning as x^-3 (McGetchin et al. 1973)
        from a rim high enough to hold what was dug out: 0.2 of the depth (Pike 1977: 0.036 /
        0.196).
    """
    square = np.linspace(0.0, REACH * REACH, PROFILE + 1)
    end = np.clip((REACH * REACH - square) / (REACH * REACH - _THIN * _THIN), 0.0, 1.0)
    degraded = -(1.0 - 2.0 * square) * deterministic.exp(-2.0 * square) * end
    degraded[degraded > 0.0] *= -np.sum(degraded[degraded < 0.0]) / np.sum(degraded[degraded > 0.0])
    degraded /= degraded.max() - degraded.min()
    bowl = np.where(square <= 1.0, 1.0 - np.sqrt(square) * np.sqrt(np.sqrt(square)), 0.0)
    outside = np.maximum(square, 1.0)
    blanket = np.where(square <= 1.0, 1.0, end / (outside * np.sqrt(outside)))
    young = np.sum(bowl) / np.sum(blanket) * blanket - bowl
    return degraded.astype(np.float32), young.astype(np.float32)


def spectrum(k: ArrayLike, classes: Sequence[CraterClass], ratio: tuple[float, float]) -> Array:
    """Return the power spectrum that craters put into the ground.

    Parameters
    ----------
    k : array_like
        Wavenumbers [rad/m].
    classes : list of CraterClass
        The craters that are there, scattered independently.
    ratio : tuple of two floats
        Limits of depth / diameter, uniform between.

    Returns
    -------
    ndarray
        S(k) [m4/rad2], such that the variance of the heights is the integral of S over the plane of
        wavenumbers: the number of craters times the mean square of a crater's transform (Campbell).
    """
    wave = np.asarray(k, dtype=np.float64)
    degraded, young = profiles()
    x = np.linspace(0.0, REACH, 400)
    share = np.linspace(0.0, 1.0, 5)
    depth = ratio[0] + share * (ratio[1] - ratio[0])
    out = np.zeros_like(wave)
    square = np.linspace(0.0, REACH * REACH, PROFILE + 1)
    shapes = [np.interp(x**2, square, p) for p in (degraded, young)]
    for each in classes:
        for part in np.linspace(0.1, 0.9, 3):
            smaller = 1.0 - float(part) * (1.0 - each.fewer)
            diameter = each.smallest_m * deterministic.power_of(smaller, -1.0 / each.falling)
            radius = 0.5 * diameter
            bessel = deterministic.bessel_j0(wave[..., None] * radius * x) * x * (x[1] - x[0])
            area = 2.0 * np.pi * radius * radius
            old, new = (area * np.sum(bessel * shape, axis=-1) for shape in shapes)
            height = diameter * depth * ((1.0 - share) * old[..., None] + share * new[..., None])
            power = np.mean(height * height, axis=-1)
            out += each.mean / (each.tile_m * each.tile_m) / 3.0 * power / (4.0 * np.pi * np.pi)
    return out
