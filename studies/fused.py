"""Fits the margins of fused maps: `python studies/fused.py --grounds 60`.

Grounds of the Chang'e 6 site are scanned by the shipped lidar from a hover, fused as in flight
(`studies/lidar_map.py`), restored and measured; what is true of them is the verdict on the same
ground without noise. Of the margin of the deviation, scale, bias and the slopes of the
three pieces are fitted, by likelihood, so that no decile is off, and so that of what is 0.997 sure
no more than 0.06 % is false; how they move with the noise is that of posted heights
(`studies/calibrate.py`). What is printed is `FUSED_DEVIATION` of
`terrain/margins.py`, and by decile what came less what was said.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import astuple

import numpy as np
from calibrate import Array, Bench, Bools, Cells, loss, pooled, show
from lidar_map import CELL_M, Deciles, Look, look_at, mission_with
from scipy.optimize import minimize

from farside.scenes.scene import scene_and_ground
from farside.terrain import ElevationMap, Sensing, assess
from farside.terrain.margins import CORRELATION, DISC_DEVIATION, LEGS_SLOPE
from farside.terrain.probability import NoiseUnderDisc

FIRST = 2000
KEPT = 0.08
FITTED = [0, 3, 7, 8, 9]  # scale, bias, above, far, below of a `Margin`
SURE = 0.997
MOST_FALSE = 0.0006
"""Less than is asked: grounds that were not fitted to scatter."""


def measured(deciles: Deciles, look: Look, seed: int) -> Cells:
    """Return what is measured of a fused map, and what is true of it."""
    fused = look.fused
    true = ElevationMap.from_array(fused.elevation.heights - look.error_m, CELL_M, trusted=True)
    given = {"workspace": deciles.workspace, "leg_cells": "survivors"}
    truth = assess(true, deciles.lander, deciles.limits, **given)
    sensing = Sensing(fused.sigma_m, deciles.spacing_m, fused=True, correlation=fused.correlation)
    seen = assess(fused.elevation, deciles.lander, deciles.limits, sensing=sensing, **given)
    noise = NoiseUnderDisc.of(
        fused.sigma_m, fused.elevation, deciles.lander, deciles.workspace.disc
    ).typical_m
    told = np.isfinite(truth.roughness_m) & np.isfinite(seen.roughness_m)
    told &= np.random.default_rng(seed).random(told.shape) < KEPT
    found = (noise, seen.slope_deg, seen.roughness_m, seen.stand_slope_worst_deg, seen.rise_worst_m)
    disc = (truth.slope_deg <= deciles.limits.slope_deg) & (
        truth.roughness_m <= deciles.limits.roughness_m
    )
    return Cells(*(each[told].astype(np.float64) for each in found), disc[told], truth.safe[told])


def loss_of_sure(chance: Array, safe: Bools, easy: float) -> float:
    """Return what is minimised; `easy` is how many sure ones were left out."""
    sure = 1.0 / (1.0 + np.exp(np.clip((SURE - 0.0005 - chance) / 0.0004, -60.0, 60.0)))
    false = float((sure * ~safe).sum() / (sure.sum() + easy))
    return loss(chance, safe, np.zeros(len(safe))) + 1e6 * max(0.0, false - MOST_FALSE) ** 2


def climb(start: Array, chance: Callable[[Array], Array], safe: Bools, easy: float) -> Array:
    """Return the constants of least loss; those that are not fitted stay."""

    def whole(x: Array) -> Array:
        q = start.copy()
        q[FITTED] = x
        return q

    found = minimize(
        lambda x: loss_of_sure(chance(whole(x)), safe, easy),
        start[FITTED],
        method="Nelder-Mead",
        options={"maxfev": 170},
    )
    return whole(found.x)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="Fit the margins of fused maps.")
    parser.add_argument("--grounds", type=int, default=60)
    given = parser.parse_args()
    bench, mission = Bench(scene_and_ground(0)[0]), mission_with()
    deciles, limit_m = Deciles(mission), bench.limits.roughness_m
    cells = pooled(
        [
            measured(deciles, look_at(mission, seed), seed)
            for seed in range(FIRST, FIRST + given.grounds)
        ]
    )
    open_ = (cells.roughness_m > 0.1) & (cells.roughness_m < 0.27) & (cells.slope_deg < 9.0)
    held = cells[np.random.default_rng(0).permutation(np.flatnonzero(open_))[:60_000]]
    easy = float(((cells.roughness_m <= 0.1) & (cells.slope_deg < 7.0)).sum())
    easy *= len(held.disc) / open_.sum()
    disc = climb(
        np.array(astuple(DISC_DEVIATION)),
        lambda q: bench.disc(q, held, held.noise_m, limit_m),
        held.disc,
        easy,
    )
    legs = np.array([*astuple(LEGS_SLOPE), CORRELATION])
    print("FUSED_DEVIATION", np.round(disc, 4).tolist())
    said = bench.disc(disc, cells, cells.noise_m, limit_m)
    one = np.zeros(len(said))
    show("disc", said, cells.disc, one)
    show("stand", bench.stand(legs, said, cells, cells.noise_m, limit_m), cells.stand, one)


if __name__ == "__main__":
    main()
