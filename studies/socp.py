"""The descent as a cone programme for ECOS: a peer and an oracle. It carries what ours carries.

Lossless convexification (Acikmese & Ploen 2007) with first-order hold: accelerations u and their
bound s at the nodes, ln of mass from s, both bounds of the thrust expanded about full thrust.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from farside.guidance import Thrust

Vector = NDArray[np.float64]


def fixed_time(
    r: Vector, v: Vector, mass: float, thrust: Thrust, gravity: float, time_s: float, steps: int
) -> float:
    """Return the propellant [kg] of a flight of that time to rest at the origin; inf where none."""
    import ecos

    h, n = time_s / steps, steps + 1
    alpha = 1.0 / thrust.exhaust_mps
    g = np.array([0.0, 0.0, -gravity])
    # Each node holds u_x, u_y, u_z, s.
    ends = np.zeros((6, 4 * n))
    for k in range(steps):
        left = time_s - (k + 1) * h
        for i in range(3):
            ends[3 + i, [4 * k + i, 4 * k + 4 + i]] += h / 2
            ends[i, 4 * k + i] += h * h / 3 + left * h / 2
            ends[i, 4 * k + 4 + i] += h * h / 6 + left * h / 2
    goal = -np.concatenate([r + v * time_s + 0.5 * g * time_s**2, v + g * time_s])
    burnt = np.zeros((n, 4 * n))  # of ln of mass
    for k in range(1, n):
        burnt[k] = burnt[k - 1]
        burnt[k, [4 * k - 1, 4 * k + 3]] += alpha * h / 2
    least_mass = mass - alpha * thrust.full_n * h * np.arange(n)
    rows, right, cones = [], [], []
    apart = np.log(mass / least_mass)  # ln of mass above that of full thrust, before burning
    for k in range(n):
        most = thrust.full_n / least_mass[k]
        row = -most * burnt[k]
        row[4 * k + 3] += 1.0
        rows.append(row)
        right.append(most * (1.0 - apart[k]))
    for k in range(n):
        # d^2 <= 2 (s / mu - 1 + d), d = apart - burnt.
        w = -burnt[k]
        w[4 * k + 3] += least_mass[k] / max(thrust.least_n, 1e-9)
        rows += [-w, burnt[k], -w]
        right += [apart[k] - 0.5, apart[k], apart[k] - 1.5]
        cones.append(3)
    for k in range(n):
        for i in (3, 0, 1, 2):
            row = np.zeros(4 * n)
            row[4 * k + i] = -1.0
            rows.append(row)
            right.append(0.0)
        cones.append(4)
    answer = ecos.solve(
        burnt[-1], sp.csc_matrix(np.array(rows)), np.array(right), {"l": n, "q": cones},
        sp.csc_matrix(ends), goal, verbose=False,
    )  # fmt: skip
    if answer["info"]["exitFlag"] not in (0, 10):
        return np.inf
    return float(mass * -np.expm1(-burnt[-1] @ answer["x"]))


def free_time(
    r: Vector, v: Vector, mass: float, thrust: Thrust, gravity: float, steps: int,
    between_s: tuple[float, float],
) -> float:  # fmt: skip
    """Return the least propellant [kg] over flight times, by golden section to 0.3 %."""
    low, high = between_s
    share = 0.5 * (np.sqrt(5.0) - 1.0)
    found: dict[float, float] = {}

    def cost(time_s: float) -> float:
        if time_s not in found:
            found[time_s] = fixed_time(r, v, mass, thrust, gravity, time_s, steps)
        return found[time_s]

    first, second = high - share * (high - low), low + share * (high - low)
    while high - low > 0.003 * high:
        if cost(first) < cost(second):
            high, second = second, first
            first = high - share * (high - low)
        else:
            low, first = first, second
            second = low + share * (high - low)
    return min(found.values())
