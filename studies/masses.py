"""Masses at the start of descent that no source gives: CALC_MASS of docs/sources.md.

    python -m studies.masses

A plane flight over a round Moon that does not turn: full thrust from perilune to the gate, the
pitch above the horizontal by a linear tangent law, tan(pitch) = a + b t. What follows the gate is
counted by its speed alone: gravity times the time that is left, and the fall at the gate. Nothing
of `farside` but the Moon's constants takes part.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.integrate import solve_ivp
from scipy.optimize import brentq, fsolve

from farside.mission import moon

EXHAUST_MPS = 310.0 * moon.STANDARD_GRAVITY_MPS2
#: Chang'e 5: propellant of the descent [kg], least and greatest time [s] (GNC5, CNSA5).
FLOWN_KG, SHORT_S, LONG_S = 1898.0, 840.0, 900.0
#: Fall at the gate, and what of it is left at the cut-off [m/s].
GATE_FALL_MPS, CUT_OFF_MPS = 30.0, 1.5


class Braking(NamedTuple):
    """How long full thrust takes, what it burns, how far it goes."""

    duration_s: float
    propellant_kg: float
    range_m: float


def braking(
    mass_kg: float,
    thrust_n: float = 7500.0,
    *,
    speed_mps: float = 1714.1,
    altitude_m: float = 15000.0,
    gate_m: float = 2500.0,
    gate_mps: tuple[float, float] = (-GATE_FALL_MPS, 0.0),
    radius_m: float = moon.MEAN_RADIUS_M,
) -> Braking:
    """Return the braking by a linear tangent law; gate_mps is upwards and forwards."""

    def slope(t: float, y: np.ndarray, a: float, b: float) -> list[float]:
        r, _, up, along, mass = y
        pitch = np.arctan(a + b * t)
        push = thrust_n / mass
        return [
            up,
            along / r,
            along**2 / r - moon.GM / r**2 + push * np.sin(pitch),
            -up * along / r - push * np.cos(pitch),
            -thrust_n / EXHAUST_MPS,
        ]

    def end(x: np.ndarray) -> np.ndarray:
        start = [radius_m + altitude_m, 0.0, 0.0, speed_mps, mass_kg]
        law = (x[0], 1e-3 * x[1])
        flown = solve_ivp(slope, (0.0, x[2]), start, args=law, rtol=1e-9, atol=1e-6)
        return np.asarray(flown.y[:, -1])

    def miss(x: np.ndarray) -> list[float]:
        r, _, up, along, _ = end(x)
        return [
            1e-3 * (r - radius_m - gate_m),
            0.1 * (up - gate_mps[0]),
            0.1 * (along - gate_mps[1]),
        ]

    guess_s = mass_kg * EXHAUST_MPS / thrust_n * (1.0 - np.exp(-1800.0 / EXHAUST_MPS))
    x = fsolve(miss, [0.1, 0.8, guess_s])
    last = end(x)
    return Braking(float(x[2]), mass_kg - float(last[4]), float(last[1]) * radius_m)


def descent_kg(mass_kg: float, time_s: float, thrust_n: float) -> float:
    """Return the propellant of a descent of this length: braking, then gravity for what is left."""
    first = braking(mass_kg, thrust_n)
    gravity_mps = moon.SURFACE_GRAVITY_MPS2 * (time_s - first.duration_s)
    speed = gravity_mps + GATE_FALL_MPS - CUT_OFF_MPS
    rest = (mass_kg - first.propellant_kg) * (1.0 - np.exp(-speed / EXHAUST_MPS))
    return first.propellant_kg + float(rest)


def mass_for(time_s: float, thrust_n: float) -> float:
    """Return the mass [kg] that burns what Chang'e 5 burned, in this time."""
    return float(brentq(lambda m: descent_kg(m, time_s, thrust_n) - FLOWN_KG, 3300.0, 4100.0))


def main() -> int:
    """Print the masses that Chang'e 5's propellant allows, and Chang'e 4's braking."""
    for thrust in (7500.0, 8250.0):
        least, most = (mass_for(time, thrust) for time in (LONG_S, SHORT_S))
        print(f"Chang'e 5, {thrust:.0f} N: {least:.0f} kg in 900 s to {most:.0f} kg in 840 s")
    print(f"3730 kg at 7500 N: {braking(3730.0)}")
    four = braking(2845.0, speed_mps=1692.3, gate_m=8000.0, gate_mps=(-60.0, 0.0))
    print(f"Chang'e 4, 2845 kg at 7500 N to 8 km: {four}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
