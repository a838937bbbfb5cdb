"""Descents whose thrust may not lean: vertical motion, while the motion sideways runs on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]

# What rounding leaves of a speed and of a place, of the speeds and places themselves.
_SMALL = 1e-9


@dataclass(frozen=True)
class Sideways:
    """Where a lander gets that cannot push sideways."""

    time_s: float | None
    """The one time of flight that meets the target's speed and is nearest to it; None: any."""
    miss_m: Vector
    """(2,) of where it lands then, less the target."""
    reaches: bool
    """Whether that is the target."""


def drift(
    start_m: Vector, speed_mps: Vector, target_m: Vector, target_mps: Vector, gravity_mps2: Vector
) -> Sideways | None:
    """Return how a lander with upright thrust moves sideways, or None where it cannot land at all.

    Parameters
    ----------
    start_m, speed_mps, target_m, target_mps, gravity_mps2
        (3,) each, z up.

    Returns
    -------
    None where the speed sideways is never that of the target.
    """
    r, v, pull = (start_m - target_m)[:2], speed_mps[:2], gravity_mps2[:2]
    lacking = target_mps[:2] - v
    swift = _SMALL * (1e-6 + float(np.linalg.norm(speed_mps)) + float(np.linalg.norm(target_mps)))
    heavy = _SMALL * float(np.linalg.norm(gravity_mps2))
    near = _SMALL * (1.0 + float(np.linalg.norm(start_m - target_m)))
    time_s: float | None = None
    if np.linalg.norm(pull) > heavy:
        time_s = float(lacking @ pull / (pull @ pull))
    elif np.linalg.norm(v) > swift:
        time_s = -float(r @ v / (v @ v))
    flown_s = time_s or 0.0
    if time_s is not None and not time_s > 0.0:
        return None
    if np.linalg.norm(lacking - pull * flown_s) > swift:
        return None
    miss = r + v * flown_s + 0.5 * pull * flown_s**2
    reaches = bool(np.linalg.norm(miss) <= near)
    return Sideways(time_s, np.zeros(2) if reaches else miss, reaches)
