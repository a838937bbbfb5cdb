"""Rocks: how many there are of each size, evenly scattered and about fresh craters."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.ext.common import deterministic
from farside.ext.common.errors import FarsideError
from farside.mission.ground_statistics import GroundStatistics

Array = NDArray[np.float64]

_TILE_MEAN = 16.0  # proposals a tile
_TILE_M = (1.0, 512.0)
_STEPS = 4096  # of a quadrature over diameters
#: Rocks about craters are at most so many times as dense as the law: Surveyor VII's count, on
#: Tycho's ejecta, is 9 times Surveyor I's at 0.4 m (N = 7.9e5 y^-1.82 per 100 m2, y in mm, from
#: memory).
MOST_DENSE = 10.0


@dataclass(frozen=True)
class RockLaw:
    """A size-frequency law of rocks: n(D) = coefficient D^-(falling + 1) e^(-q D) [1/m3].

    Attributes
    ----------
    coefficient : float
        In m^(falling - 2).
    falling : float
        Exponent b of N(>= D) ~ D^-b where q is 0.
    q : float
        Decay [1/m].
    diameter_m : tuple of two floats
        Smallest and largest diameter D [m].
    """

    coefficient: float
    falling: float
    q: float
    diameter_m: tuple[float, float]

    @classmethod
    def of(cls, statistics: GroundStatistics) -> "RockLaw":
        """Return the law that a mission's [ground] names.

        Parameters
        ----------
        statistics : GroundStatistics
            Whose keys rock_* are read.

        Returns
        -------
        RockLaw
            Exponential: n(D) = 4 k q e^(-q D) / (pi D^2), which covers the share
            F(>= D) = k e^(-q D) of the ground; q = 1.79 + 0.152 / k where it is not given (Golombek
            & Rapp, J. Geophys. Res. 102, 1997: the Viking sites on Mars). Power:
            N(>= D) = K D^-b per m2, n(D) = K b D^-(b + 1).
        """
        limits = statistics.rock_diameter_m
        if statistics.rock_law == "power":
            count, exponent = statistics.rock_count_per_m2, statistics.rock_exponent
            if count is None or exponent is None:
                raise FarsideError('rock_law = "power" needs rock_count_per_m2 and rock_exponent')
            return cls(count * exponent, exponent, 0.0, limits)
        k, q = statistics.rock_share, statistics.rock_decay_per_m
        if k <= 0.0:
            return cls(0.0, 1.0, 0.0, limits)
        if q is None:
            q = 1.79 + 0.152 / k
        return cls(4.0 * k * q / math.pi, 1.0, q, limits)

    def density(self, diameter_m: ArrayLike) -> Array:
        """Return the number of rocks per area and diameter [1/m3] at diameters [m]."""
        diameter = np.asarray(diameter_m, dtype=np.float64)
        falling = deterministic.power(diameter, -(self.falling + 1.0))
        return np.asarray(self.coefficient * falling * deterministic.exp(-self.q * diameter))

    def cumulative(self, diameter_m: float) -> float:
        """Return N(>= D) [1/m2] up to the largest rock, by quadrature over log D: to 1e-6 of it.

        Parameters
        ----------
        diameter_m : float
            D [m], not below the smallest rock.

        Returns
        -------
        float
            Rocks per m2.
        """
        least, most = max(float(diameter_m), self.diameter_m[0]), self.diameter_m[1]
        if self.coefficient == 0.0 or least >= most:
            return 0.0
        step = deterministic.log(most / least) / _STEPS
        diameter = least * deterministic.exp(step * (np.arange(float(_STEPS)) + 0.5))
        return float(np.sum(self.density(diameter) * diameter) * step)


@dataclass(frozen=True)
class RockClass:
    """The rocks of one octave of diameter, as their kernel draws them.

    Attributes
    ----------
    kind : int
        Names the stream of random numbers.
    smallest_m : float
        Diameters run from this [m].
    tile_m : float
        Side [m] of the tiles in which they are drawn.
    mean : float
        Proposals a tile.
    fewer : float
        Share of the proposals' law beyond the class's end: (end / smallest)^-falling.
    falling : float
        Proposals follow N(>= D) ~ D^-falling.
    q : float
        A proposal is accepted with the probability e^(-q (D - smallest)).
    """

    kind: int
    smallest_m: float
    tile_m: float
    mean: float
    fewer: float
    falling: float
    q: float


def rock_class(law: RockLaw, kind: int, octave: int, share: float = 1.0) -> RockClass | None:
    """Describe the rocks of an octave from the smallest on; None where there are none.

    Parameters
    ----------
    law : RockLaw
        What counts them.
    kind : int
        Of the stream.
    octave : int
        0 for the smallest.
    share : float
        So many times the law are proposed.

    Returns
    -------
    RockClass or None
    """
    smallest, largest = octave_ends(law, octave)
    if law.coefficient <= 0.0 or share <= 0.0 or not largest > smallest:
        return None
    fewer = deterministic.power_of(largest / smallest, -law.falling)
    # int over [d, e] of n(d) e^(q d) D^-(b + 1) dD, b = falling, without the rocks refused
    proposed = share * float(law.density(smallest)) * smallest / law.falling * (1.0 - fewer)
    if not proposed > 1e-12:
        return None
    tile_m = min(max(math.sqrt(_TILE_MEAN / proposed), _TILE_M[0]), _TILE_M[1])
    mean = proposed * tile_m * tile_m
    return RockClass(kind, smallest, tile_m, mean, fewer, law.falling, law.q)


def octaves(law: RockLaw) -> int:
    """Return into how many octaves of diameter a law's rocks are sorted."""
    least, most = law.diameter_m
    return max(math.ceil(deterministic.log2(most / least) - 1e-9), 0)


def octave_ends(law: RockLaw, octave: int) -> tuple[float, float]:
    """Return the smallest and the largest diameter [m] of an octave."""
    smallest = law.diameter_m[0] * 2.0**octave
    return smallest, min(2.0 * smallest, law.diameter_m[1])
