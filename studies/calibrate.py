"""Fits the constants of a calibrated probability: `python studies/calibrate.py --scenes 400`.

Training scenes (numbers below 1000) are sampled anew at several noises, posted and by the lidar,
and assessed; what is true of them is the verdict on the same ground without noise, in which the
scenes' oracle has found no cell wrong. From the constants as they stand it climbs to

    least mean(-ln likelihood) + 20 mean over deciles (truly safe less predicted)^2

over cells that are not settled anyway, as many of each noise: likelihood alone would buy sharpness
of one decile with the truth of another. 400 scenes take some 6 minutes to draw and 5 to fit. The
scenes' own scatter moves a constant by some 5 %; read the deciles, not the digits. Of those in the
code, CORRELATION and the legs' bias_x were set last, by a scan over the same deciles, and LOST is
more than the deciles ask for (`terrain/returns.py`).
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from dataclasses import astuple, dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import ndtr

from farside.ground import Ground
from farside.raster import MOON_RADIUS_M
from farside.scenes.sampling import HOVER_M, lidar, posted
from farside.scenes.scene import CELL_M, EVALUATION_FROM, SIDE, Scene, scene_and_ground
from farside.sensors.lidar import lidar_of
from farside.terrain import ElevationMap, HazardLimits, LanderFootprint, assess
from farside.terrain.assessment import Assessment, Workspace
from farside.terrain.conditions import Sensing
from farside.terrain.margins import (
    CORRELATION,
    DISC_DEVIATION,
    LEGS_RISE,
    LEGS_SLOPE,
    NOISE_MIDDLE,
)
from farside.terrain.probability import NoiseUnderDisc
from farside.terrain.returns import AMPLIFIED, LOST

NOISES_M = (0.005, 0.01, 0.05 / 3.0, 0.03, 0.05)
EACH = 3  # of the noises, in turn, for every scene
RETURN_M = 0.05 / 3.0  # 1 sigma of a return of the fused scans
KEPT = 1.0 / 12.0  # of the cells: neighbours tell the same
DECILES = np.arange(0.05, 1.0, 0.1)

Array = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Cells:
    """What was measured of cells, and what is true of them; (n,) each, lengths in metres."""

    noise_m: Array
    slope_deg: Array
    roughness_m: Array
    stand_slope_deg: Array
    rise_m: Array
    disc: Bools
    stand: Bools

    @classmethod
    def of(
        cls,
        seen: Assessment,
        truth: Assessment,
        disc: Bools,
        noise_m: float,
        rng: np.random.Generator,
    ) -> Cells:
        """Draw some of the cells that a scan and the truth both tell of; `disc` are the true."""
        told = np.isfinite(seen.roughness_m) & np.isfinite(truth.roughness_m)
        told &= rng.random(told.shape) < KEPT
        measured = (seen.slope_deg, seen.roughness_m)
        measured += (seen.stand_slope_worst_deg, seen.rise_worst_m)
        return cls(
            np.full(int(told.sum()), noise_m),
            *(each[told].astype(np.float64) for each in measured),
            disc[told],
            truth.safe[told],
        )

    def __getitem__(self, which: NDArray[np.generic]) -> Cells:
        """Pick some."""
        return Cells(*(getattr(self, name)[which] for name in self.__dataclass_fields__))


class Bench:
    """A lander, its limits, and the scenes it is put on."""

    def __init__(self, scene: Scene) -> None:
        """Take the lander of a scene's mission; scenes all have the same."""
        hazards = scene.mission.hazards
        self.mission = scene.mission
        self.lander = LanderFootprint.of(scene.mission)
        self.limits = HazardLimits(hazards.slope_deg, hazards.obstacle_m)
        self.workspace = Workspace((SIDE, SIDE), (CELL_M, CELL_M), self.lander)
        nowhere = ElevationMap.from_array(np.zeros((SIDE, SIDE)), CELL_M)
        one = np.ones((SIDE, SIDE), np.float32)
        disc = self.workspace.disc
        self.tilt_per_m = NoiseUnderDisc.of(one, nowhere, self.lander, disc).tilt_per_m

    def draw(self, number: int, scanned: bool) -> list[Cells]:
        """Sample a training scene: at noises in turn, or by the lidar."""
        scene, ground = scene_and_ground(number)
        truth = self.assess_heights(ground.heights_m, 0.0, 0.0)
        disc = (truth.slope_deg <= self.limits.slope_deg) & (
            truth.roughness_m <= self.limits.roughness_m
        )
        ways = [(NOISES_M[(number + k) % len(NOISES_M)], 0.0) for k in range(EACH)]
        if scanned:
            ways = [(RETURN_M, lidar_of(self.mission).spacing_m(HOVER_M))]
        rng, out = np.random.default_rng(number), []
        for noise_m, spacing_m in ways:
            if not spacing_m:
                heights = posted(ground.heights_m, noise_m, 1_000_000 + number)
            elif scene.sampling.kind == "lidar":
                heights = scene.elevation_m
            else:
                heights = _scanned(scene)
            seen = self.assess_heights(heights, noise_m, spacing_m)
            out.append(Cells.of(seen, truth, disc, noise_m, rng))
        return out

    def assess_heights(
        self, heights: NDArray[np.float32], noise_m: float, spacing_m: float
    ) -> Assessment:
        """Assess a map of heights measured with noise, or by a lidar of a spacing."""
        return assess(
            ElevationMap.from_array(heights, CELL_M),
            self.lander,
            self.limits,
            sensing=Sensing(noise_m, spacing_m),
            workspace=self.workspace,
        )

    # ---- the functions of terrain/probability.py, in double precision and of their constants ----

    def disc(self, q: Array, cells: Cells, sigma_m: Array, limit_m: float) -> Array:
        """Return the probability of a safe disc."""
        flatness = (self._tangent() - np.tan(np.radians(cells.slope_deg))) / sigma_m
        room = (limit_m - cells.roughness_m) / sigma_m
        steep = ndtr(np.clip(flatness / self.tilt_per_m, -60.0, 60.0))
        return steep * chance(q, room, level(sigma_m, limit_m))

    def stand(self, q: Array, disc: Array, cells: Cells, sigma_m: Array, limit_m: float) -> Array:
        """Return that of a safe stand; the last of the constants is `CORRELATION`."""
        slope = np.tan(np.radians(cells.stand_slope_deg))
        flatness = (self._tangent() - slope) * 0.5 * self.lander.span_m / sigma_m
        room = (self.lander.belly_clearance_m - cells.rise_m) / sigma_m
        x = level(sigma_m, limit_m)
        rise = chance(np.array(astuple(LEGS_RISE)), room, x)
        legs = np.nan_to_num(chance(q[:-1], flatness, x) * rise)
        spread = np.sqrt(disc * (1.0 - disc) * legs * (1.0 - legs))
        return np.clip(disc * legs + q[-1] * spread, 0.0, 1.0)

    def _tangent(self) -> float:
        return math.tan(math.radians(self.limits.slope_deg))


def _scanned(scene: Scene) -> NDArray[np.float32]:
    """Scan a scene that was posted."""
    ground = Ground(scene.mission, seed=scene.number)
    u, v = ground.arcs.arcs(scene.latitude_deg, scene.longitude_deg)
    datum_m = scene.datum_m + MOON_RADIUS_M - ground.arcs.arc_m
    return lidar(
        scene.mission, ground, float(u), float(v), datum_m, scene.number, (SIDE, SIDE), CELL_M
    )


def chance(q: Array, margin: Array, x: Array) -> Array:
    scale = np.exp(q[0] + q[1] * x + q[2] * x * x)
    u = np.clip(margin * scale, -60.0, 60.0) + q[3] + q[4] * x + q[5] * x**2 + q[6] * x**3
    z = u + q[7] * np.maximum(u, 0.0) + q[8] * np.maximum(u - 1.5, 0.0)
    return ndtr(z + q[9] * np.minimum(u + 1.0, 0.0))


def level(sigma_m: Array, limit_m: float) -> Array:
    return np.clip(np.log(sigma_m / limit_m) - NOISE_MIDDLE, -1.3, 1.2)


def loss(chance: Array, safe: Bools, noise_m: Array) -> float:
    """Return what is minimised; deciles have soft edges, so that it is smooth."""
    p = np.clip(chance, 1e-7, 1.0 - 1e-7)
    unlikely = -np.mean(np.where(safe, np.log(p), np.log1p(-p)))
    weight = np.exp(-0.5 * ((p[:, None] - DECILES) / 0.04) ** 2)
    missing = weight * (safe - p)[:, None]
    groups = [noise_m == noise for noise in np.unique(noise_m)]
    gaps = [missing[k].sum(axis=0) / (weight[k].sum(axis=0) + 1e-9) for k in groups]
    return float(unlikely + 20.0 * np.mean(np.square(gaps)))


def fit(
    start: Array, chance: Callable[[Array, Cells], Array], safe: str, cells: Cells, rounds: int
) -> Array:
    """Climb from the constants as they are, over as many cells of each noise not yet settled."""
    first = chance(start, cells)
    open_ = (first > 1e-4) & (first < 1.0 - 1e-5)
    rng, picked = np.random.default_rng(0), []
    for noise in np.unique(cells.noise_m):
        picked.append(rng.permutation(np.flatnonzero(open_ & (cells.noise_m == noise)))[:30_000])
    held = cells[np.concatenate(picked)]
    found = minimize(
        lambda q: loss(chance(q, held), getattr(held, safe), held.noise_m),
        start,
        method="L-BFGS-B",
        options={"maxiter": rounds},
    )
    return np.asarray(found.x)


def show(name: str, chance: Array, safe: Bools, noise_m: Array) -> None:
    """Print truly safe less predicted, by decile [%]."""
    for noise in (*np.unique(noise_m), None):
        of = np.ones_like(safe) if noise is None else noise_m == noise
        part = np.minimum((chance[of] * 10).astype(np.intp), 9)
        cells, came, said = (
            np.bincount(part, weights=w, minlength=10) for w in (None, safe[of], chance[of])
        )
        gaps = 100.0 * (came - said) / np.maximum(cells, 1)
        label = "together" if noise is None else f"{100.0 * noise:.1f} cm"
        print(f"{name:8s} {label:9s}" + "".join(f"{gap:+6.1f}" for gap in gaps), int(cells.min()))


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="Fit the constants of the probability.")
    parser.add_argument("--scenes", type=int, default=400, help="training scenes, from 0 on")
    parser.add_argument("--rounds", type=int, default=25, help="of the climb, at most")
    given = parser.parse_args()
    if not 0 < given.scenes <= EVALUATION_FROM:
        parser.error(f"scenes from {EVALUATION_FROM} on are for scores: fit to fewer")
    bench = Bench(scene_and_ground(0)[0])
    limit_m = bench.limits.roughness_m

    cells = pooled([c for n in range(given.scenes) for c in bench.draw(n, scanned=False)])
    disc = fit(
        np.array(astuple(DISC_DEVIATION)),
        lambda q, c: bench.disc(q, c, c.noise_m, limit_m),
        "disc",
        cells,
        given.rounds,
    )

    def stand_of(q: Array, c: Cells) -> Array:
        return bench.stand(q, bench.disc(disc, c, c.noise_m, limit_m), c, c.noise_m, limit_m)

    start = np.array([*astuple(LEGS_SLOPE), CORRELATION])
    legs = fit(start, stand_of, "stand", cells, given.rounds)
    print("DISC_DEVIATION", np.round(disc, 4).tolist())
    print("LEGS_SLOPE", np.round(legs[:-1], 4).tolist(), "CORRELATION", round(float(legs[-1]), 2))
    show("disc", bench.disc(disc, cells, cells.noise_m, limit_m), cells.disc, cells.noise_m)
    show("stand", stand_of(legs, cells), cells.stand, cells.noise_m)

    spacing_m = lidar_of(bench.mission).spacing_m(HOVER_M)
    scans = pooled([c for n in range(given.scenes) for c in bench.draw(n, scanned=True)])
    apart_m, share = math.hypot(CELL_M, spacing_m), min(1.0, 2.0 * spacing_m / (3.0 * CELL_M))

    def restored(q: Array, c: Cells) -> Array:
        lost_m = float(q[0]) * apart_m
        return bench.disc(disc, c, np.hypot(q[1] * share * c.noise_m, lost_m), limit_m - lost_m)

    lidar_q = fit(np.array([LOST, AMPLIFIED]), restored, "disc", scans, given.rounds)
    print("LOST", round(float(lidar_q[0]), 4), "AMPLIFIED", round(float(lidar_q[1]), 3))
    show("scanned", restored(lidar_q, scans), scans.disc, scans.noise_m)


def pooled(parts: list[Cells]) -> Cells:
    names = Cells.__dataclass_fields__
    return Cells(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


if __name__ == "__main__":
    main()
