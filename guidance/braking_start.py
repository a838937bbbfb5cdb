"""Where a braking begins."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.ext.common.errors import FarsideError
from farside.ext.common.numbers import numbers
from farside.guidance.optimal import Thrust
from farside.mission.moon import MEAN_RADIUS_M


class BrakingError(FarsideError):
    """A number of the problem is impossible, or no way leads from the orbit to the gate."""


@dataclass(frozen=True, eq=False, init=False)
class BrakingStart:
    """Where a braking begins: the lander, its engine, and the round Moon it flies over.

    Parameters
    ----------
    r_site, v_site : array_like, shape (3,)
        Place [m] and velocity relative to the turning Moon [m/s], East-North-Up at the site.
    mass_kg : float
        Of the lander there.
    thrust : Thrust
        What the engine gives.
    radius_m : float
        Of the site.
    omega_site : array_like, shape (3,)
        The Moon's rotation [rad/s], site axes.

    Raises
    ------
    BrakingError
        When a vector has not three numbers, a number is not finite, or mass or radius is not above
        0.

    Examples
    --------
    >>> from farside.guidance import BrakingStart, Thrust
    >>> engine = Thrust(least_n=1500.0, full_n=7500.0, exhaust_mps=3040.0)
    >>> start = BrakingStart((-450e3, 0.0, -45e3), (1650.0, 0.0, 150.0), 3780.0, engine)
    >>> start.v_site.tolist(), start.radius_m
    ([1650.0, 0.0, 150.0], 1737400.0)
    """

    r_site: NDArray[np.float64]
    v_site: NDArray[np.float64]
    mass_kg: float
    thrust: Thrust
    radius_m: float
    omega_site: NDArray[np.float64]

    def __init__(
        self,
        r_site: ArrayLike,
        v_site: ArrayLike,
        mass_kg: float,
        thrust: Thrust,
        *,
        radius_m: float = MEAN_RADIUS_M,
        omega_site: ArrayLike = (0.0, 0.0, 0.0),
    ) -> None:
        named = {"r_site": r_site, "v_site": v_site, "omega_site": omega_site}
        r, v, omega = (numbers(a, name, BrakingError) for name, a in named.items())
        if r.shape != (3,) or v.shape != (3,) or omega.shape != (3,):
            raise BrakingError("r_site, v_site and omega_site have 3 numbers")
        if not all(map(math.isfinite, (*r, *v, *omega, mass_kg, radius_m))):
            raise BrakingError("a number of the state is not finite")
        if not isinstance(thrust, Thrust):
            raise BrakingError(f"thrust {str(thrust)[:80]}: give a farside.guidance.Thrust")
        if not mass_kg > 0.0 < radius_m:
            raise BrakingError("mass and radius must be above 0")
        held = (r, v, float(mass_kg), thrust, float(radius_m), omega)
        for each, value in zip(fields(self), held, strict=True):
            object.__setattr__(self, each.name, value)
