"""Rocks: how many there are of each size."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.ext.common import deterministic

SMALLEST_M = 0.1
_CLASSES = 6  # octaves from SMALLEST_M: rocks up to 6.4 m


def density(diameter_m: ArrayLike, abundance: float) -> NDArray[np.float64]:
    """Return the number of rocks per area and diameter.

    Parameters
    ----------
    diameter_m : array_like
        Rock diameters D [m].
    abundance : float
        k, the share of the area that rocks of all sizes cover; not Diviner's rock abundance.

    Returns
    -------
    ndarray
        n(D) = 4 k q e^(-q D) / (pi D^2) [1/m3], q = 1.79 + 0.152 / k: what covers the share
        F(>= D) = k e^(-q D) (Golombek & Rapp, J. Geophys. Res. 102, 1997).
    """
    q = falling(abundance)
    diameter = np.asarray(diameter_m, dtype=np.float64)
    return np.asarray(
        4.0 * abundance * q * deterministic.exp(-q * diameter) / (np.pi * diameter * diameter)
    )


def falling(abundance: float) -> float:
    """Return q [1/m] of e^(-q D) for an abundance k (Golombek & Rapp 1997)."""
    return 1.79 + 0.152 / abundance


@dataclass(frozen=True)
class RockClass:
    """The rocks of one octave of diameter, as their kernel draws them.

    Attributes
    ----------
    kind : int
        Names the stream of random numbers.
    smallest_m : float
        Diameters run from this [m] to twice it.
    tile_m : float
        Side [m] of the tiles in which they are drawn.
    mean : float
        Proposals a tile: n(smallest) (smallest / D)^2, never below n(D).
    q : float
        A proposal is accepted with the probability e^(-q (D - smallest)).
    """

    kind: int
    smallest_m: float
    tile_m: float
    mean: float
    q: float


def rock_classes(abundance: float, kind: int) -> list[RockClass]:
    """Describe all rocks; their streams are `kind` and the numbers after it."""
    if abundance <= 0.0:
        return []
    classes = []
    for octave in range(_CLASSES):
        smallest = SMALLEST_M * 2.0**octave
        # int over [d, 2 d] of n(d) (d / D)^2 dD = n(d) d / 2
        proposed = 0.5 * smallest * float(density(smallest, abundance))
        tile_m = min(max(math.sqrt(16.0 / proposed), 4.0), 512.0) if proposed > 1e-12 else 512.0
        mean = proposed * tile_m * tile_m
        classes.append(RockClass(kind + octave, smallest, tile_m, mean, falling(abundance)))
    return classes
