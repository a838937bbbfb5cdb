"""Fit the constants of `terrain/probability.py`: `python benchmarks/calibrate.py --scenes 240`.

Draws training scenes (numbers below 1000), samples each ground at several noises, posted and by the
lidar from several heights, and fits by maximum likelihood how measured margins became true ones.
Prints the constants, and for each kind of sampling what came true less what was predicted.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from farside.scenes import sampling
from farside.scenes.scene import CELL_M, EVALUATION_FROM, SIDE, scene_and_ground
from farside.terrain import ElevationMap, HazardLimits, LanderFootprint, assess
from farside.terrain.assessment import Workspace

NOISES_M = (0.005, 0.01, 0.05 / 3.0, 0.03, 0.05)
HOVERS_M = (100.0, 60.0, 160.0)
COLUMNS = ("number", "spacing_m", "sigma_m", "slope_deg", "roughness_m",
           "stand_slope_deg", "rise_m", "disc_safe", "stand_safe", "easy")  # fmt: skip
SHARE = 12  # every so many cells is kept: neighbours know the same


def draw(number: int, posted: int, lidars: int) -> NDArray[np.float32]:
    """Measure one training scene under several samplings: a row per cell, see COLUMNS."""
    scene, ground = scene_and_ground(number)
    hazards = scene.mission.hazards
    lander = LanderFootprint.of(scene.mission)
    limits = HazardLimits(hazards.slope_deg, hazards.obstacle_m)
    workspace = Workspace((SIDE, SIDE), (CELL_M, CELL_M), lander)

    def measure(heights: NDArray[np.float32], sigma_m: float) -> Any:
        seen = ElevationMap.from_array(heights, CELL_M)
        return assess(seen, lander, limits, sigma_m=sigma_m, workspace=workspace)

    truth = measure(ground.heights_m, 0.0)
    disc_safe = (truth.slope_deg <= limits.slope_deg) & (truth.roughness_m <= limits.roughness_m)
    easy = truth.safe & (truth.slope_deg <= 7.5) & (truth.roughness_m <= 0.15)
    easy &= truth.stand_slope_worst_deg <= 7.5
    rows = []
    ways = [(0.0, NOISES_M[(number + k) % len(NOISES_M)]) for k in range(posted)]
    ways += [((100.0, HOVERS_M[1 + number % 2])[k], 0.05 / 3.0) for k in range(lidars)]
    rng = np.random.default_rng(number)
    for hover_m, noise_m in ways:
        spacing_m = 0.0
        if hover_m:
            lidar = scene.mission.sensors.lidar
            widths = [2 * hover_m * math.tan(math.radians(0.5 * a)) for a in lidar.field_of_view_deg]
            spacing_m = math.sqrt(widths[0] * widths[1] / (lidar.returns[0] * lidar.returns[1]))
            heights = lidar_from(number, hover_m)
        else:
            noise = rng.normal(0.0, noise_m, ground.heights_m.shape)
            heights = (ground.heights_m + noise).astype(np.float32)
        seen = measure(heights, noise_m)
        told = np.isfinite(seen.roughness_m) & np.isfinite(truth.roughness_m)
        told &= seen.roughness_m < limits.roughness_m + 12 * noise_m + 0.1
        told &= rng.random(told.shape) < 1.0 / SHARE
        count = int(told.sum())
        rows.append(np.stack([np.full(count, number), np.full(count, spacing_m),
            np.full(count, noise_m), seen.slope_deg[told], seen.roughness_m[told],
            seen.stand_slope_worst_deg[told], seen.rise_worst_m[told], disc_safe[told],
            truth.safe[told], easy[told]]).astype(np.float32))  # fmt: skip
    return np.concatenate(rows, axis=1)


def lidar_from(number: int, hover_m: float) -> NDArray[np.float32]:
    """Sample a scene by the lidar from a height [m] above its middle."""
    from farside.ground import Ground
    from farside.mission import load_mission
    scene, _ = scene_and_ground(number)
    sampling._HOVER_M = hover_m
    mission = load_mission("chang-e-6")
    ground = Ground(mission, seed=number)
    u, v = ground.arcs.arcs(scene.latitude_deg, scene.longitude_deg)
    datum = scene.datum_m + 1737400.0 - ground.arcs.arc_m
    return sampling.lidar(mission, ground, u, v, datum, number, (SIDE, SIDE), CELL_M)

if __name__ == "__main__":
    import sys, time
    a, b, posted, lidars, out = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5]
    t = time.time(); parts=[]
    for n in range(a, b):
        parts.append(draw(n, posted, lidars))
        print(n, parts[-1].shape, time.process_time(), time.time()-t, flush=True)
        if n % 10 == 9 or n == b-1: np.save(out, np.concatenate(parts, 1))
