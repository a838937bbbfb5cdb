"""Lidar scans of made-up ground: slopes, waves, rocks, holes and shadows, by a seed."""

import math
from typing import NamedTuple

import numpy as np


class MadeScan(NamedTuple):
    """What a lander sees from its hover."""

    points: np.ndarray  # (N, 3) site [m], NaN without a return
    sensor: tuple[float, float, float]
    sigma_m: float


def made_scan(seed, side_m, returns, *, perfect=False):
    """Return a scan of ground whose slope, relief and rocks grow harsher through the seeds."""
    rng = np.random.default_rng(seed)
    east, north = rng.uniform(-50.0, 50.0, 2)
    across = math.isqrt(returns)
    step = 1.1 * side_m / across
    v, u = step * (np.indices((across, across)).reshape(2, -1) - 0.5 * (across - 1))
    u, v = u + rng.uniform(-0.3, 0.3, u.size) * step, v + rng.uniform(-0.3, 0.3, v.size) * step
    harsh = rng.choice([0.0, 0.3, 1.0, 2.0, 5.0])
    slope, turn = np.tan(np.radians(rng.uniform(0.0, 3.0 + 2.0 * harsh))), rng.uniform(0.0, 6.28)
    up = slope * (u * np.cos(turn) + v * np.sin(turn)) + rng.uniform(-80.0, 80.0)
    for _ in range(4):
        along, phase = rng.uniform(-1.5, 1.5, 2), rng.uniform(0.0, 6.28)
        up += 0.02 * harsh * rng.uniform() * np.sin(along[0] * u + along[1] * v + phase)
    for _ in range(int(rng.integers(0, 2 + 25 * harsh))):
        x, y = rng.uniform(-0.5 * side_m, 0.5 * side_m, 2)
        radius = rng.uniform(0.15, 0.3 + 0.4 * min(harsh, 2.0))
        away = ((u - x) ** 2 + (v - y) ** 2) / radius**2
        up += np.where(away < 1.0, 1.2 * radius * np.sqrt(np.maximum(1.0 - away, 0.0)), 0.0)
        if rng.uniform() < 0.3:  # the ground behind it is not seen
            up[(np.abs(v - y) < radius) & (u - x > radius) & (u - x < 4.0 * radius)] = np.nan
    for _ in range(int(rng.integers(0, 3))):  # nothing came back
        x, y = rng.uniform(-0.5 * side_m, 0.5 * side_m, 2)
        up[(u - x) ** 2 + (v - y) ** 2 < rng.uniform(0.2, 1.5) ** 2] = np.nan
    sigma_m = 0.0 if perfect else float(rng.choice([0.005, 0.017, 0.03]))
    up += sigma_m * rng.standard_normal(up.size)
    sensor = (east, north, float(np.nanmedian(up)) + rng.uniform(20.0, 110.0))
    return MadeScan(np.column_stack([u + east, v + north, up]), sensor, sigma_m)
