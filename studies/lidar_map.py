"""Holds the map that frames make to the truth: `python studies/lidar_map.py --grounds 20`.

A hover 100 m above grounds of the Chang'e 6 site, its nine frames fused as in flight. Prints the
chi-square of (map - truth) / sigma and the share of cells unseen, under the shipped errors, white
ones, and errors common to some metres of each frame; then by decile of the stand's probability what
came less what was said, and the false safe share. Bias and mounting are left out: they move the
whole map, which a lander that steers by it does not see.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from farside.ext.common._records import ROW
from farside.ext.ground._ground import clearances
from farside.ground import Ground
from farside.mission import Mission, load_mission
from farside.sensors import frames
from farside.terrain import ElevationMap, HazardLimits, LanderFootprint, Sensing, assess
from farside.terrain.assessment import Workspace
from farside.terrain.fusion import FrameFusion, FusedMap

SIDE, CELL_M, HOVER_M = 512, 0.1, 100.0
EDGE = 40  # cells at the rim of the map that the field may not hold
COMMON_M = 0.04  # 1 sigma of injected errors, in each frame
LENGTHS_M = (0.5, 2.0, 10.0)
WHITE = {"jitter_mrad": 0.0, "line_error_m": 0.0, "range_walk_m": 0.0, "divergence_mrad": 0.0}
LINES = {"jitter_mrad": 0.3, "line_error_m": 0.02}

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Look:
    """A fused map, and what is true of it."""

    fused: FusedMap
    error_m: Array  # map less truth; NaN where unseen


def mission_with(**keys: float) -> Mission:
    """Return the Chang'e 6 mission, without bias and mounting error, and with keys changed."""
    shipped = load_mission("chang-e-6")
    lidar = replace(shipped.sensors.lidar, **({"bias_m": 0.0, "boresight_error_mrad": 0.0} | keys))
    return replace(shipped, sensors=replace(shipped.sensors, lidar=lidar))


def common_errors(seed: tuple[int, int], length_m: float) -> Callable[[Array], Array]:
    """Return errors of covariance exp(-distance / length), at places about their first."""
    step = max(CELL_M, length_m / 10.0)
    side = 2 * int(90.0 / step)
    k = np.arange(side)
    along = np.minimum(k, side - k) * step
    power = np.fft.rfft2(np.exp(-np.hypot(along[:, None], along) / length_m)).real
    white = np.random.default_rng(seed).normal(size=(side, side))
    field = np.fft.irfft2(np.fft.rfft2(white) * np.sqrt(np.maximum(power, 0.0)), s=(side, side))

    def at(points: Array) -> Array:
        middle = np.nanmean(points[:, :2], axis=0)
        places = (points[:, :2] - middle) / step + side / 4
        return map_coordinates(field, np.nan_to_num(places).T, order=1, mode="grid-wrap")

    return at


def look_at(mission: Mission, seed: int, length_m: float | None = None) -> Look:
    """Scan a ground from a hover and fuse the frames."""
    ground = Ground(mission, seed=seed)
    u, v = 37.0 * (seed % 5), -23.0 * (seed % 7)
    ground.rasterise(u, v, 36.0)
    here = ground.arcs.site(u, v, ground.height(u, v) + HOVER_M, ground.radius_m)
    rows = np.zeros(226, ROW)
    rows["r_site"] = rows["est_r_site"] = here
    rows["q_site_body"] = rows["est_q_site_body"] = (1.0, 0.0, 0.0, 0.0)
    fusion = FrameFusion((SIDE, SIDE), CELL_M)
    fusion.begin(*(float(part) - 0.5 * (SIDE - 1) * CELL_M for part in here[:2]))
    given = frames(mission, ground.model, rows, seed=seed, number=0, perfect=False)
    for frame, points in enumerate(given):
        if length_m is not None:
            points[:, 2] += COMMON_M * common_errors((seed, frame), length_m)(points)
        fusion.add(points)
    fused = fusion.finish(fill_m=0.8)
    assert fused is not None
    z = fused.elevation
    east, north = np.meshgrid(
        z.east_m + CELL_M * np.arange(SIDE), z.north_m + CELL_M * np.arange(SIDE)
    )
    places = np.stack([east, north, np.nan_to_num(z.heights)], axis=-1).reshape(-1, 3)
    error = np.empty(len(places))
    clearances(ground.model, places.astype(np.float64), error)
    return Look(fused, np.where(z.seen, error.reshape(SIDE, SIDE), np.nan))


def chi_square(look: Look) -> tuple[float, float]:
    """Return the mean square of error over sigma inside the map, and the share unseen."""
    inside = (slice(EDGE, -EDGE), slice(EDGE, -EDGE))
    error = look.error_m[inside]
    whitened = (error - np.nanmean(error)) / look.fused.sigma_m[inside]
    return float(np.nanmean(whitened**2)), float(np.isnan(error).mean())


class Deciles:
    """Counts what was said and what came."""

    def __init__(self, mission: Mission) -> None:
        hazards = mission.hazards
        self.lander = LanderFootprint.of(mission)
        self.limits = HazardLimits(hazards.slope_deg, hazards.obstacle_m)
        self.workspace = Workspace((SIDE, SIDE), (CELL_M, CELL_M), self.lander)
        lidar = mission.sensors.lidar
        self.spacing_m = lidar.spacing_m(HOVER_M) / np.sqrt(lidar.frames)
        self.said: list[Array] = []
        self.came: list[NDArray[np.bool_]] = []

    def add(self, look: Look) -> None:
        """Assess a map and the truth of it."""
        fused = look.fused
        true = ElevationMap.from_array(fused.elevation.heights - look.error_m, CELL_M, trusted=True)
        truth = assess(true, self.lander, self.limits, workspace=self.workspace)
        sensing = Sensing(fused.sigma_m, self.spacing_m, fused=True, correlation=fused.correlation)
        seen = assess(
            fused.elevation, self.lander, self.limits, sensing=sensing, workspace=self.workspace
        )
        told = np.isfinite(truth.roughness_m) & np.isfinite(seen.roughness_m)
        self.said.append(seen.stand_probability[told].astype(np.float64))
        self.came.append(truth.safe[told])

    def show(self, name: str) -> None:
        """Print came less said by decile [%], and the false safe share of the accepted [%]."""
        said, came = np.concatenate(self.said), np.concatenate(self.came)
        part = np.minimum((said * 10).astype(int), 9)
        cells, safe, told = (np.bincount(part, weights=w, minlength=10) for w in (None, came, said))
        gaps = 100.0 * (safe - told) / np.maximum(cells, 1)
        accepted = said >= 0.997
        false = 100.0 * (~came[accepted]).mean() if accepted.any() else 0.0
        print(f"{name:18s}" + "".join(f"{gap:+6.1f}" for gap in gaps) + f"  false {false:.4f} %")


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="Hold the lidar's map to the truth.")
    parser.add_argument("--grounds", type=int, default=20)
    parser.add_argument("--first", type=int, default=100, help="seed of the first ground")
    given = parser.parse_args()
    seeds = range(given.first, given.first + given.grounds)
    cases = [("as shipped", {}, None), ("white", WHITE, None), ("lines", LINES, None)]
    cases += [(f"common {length:g} m", {}, length) for length in LENGTHS_M]
    for name, keys, length_m in cases:
        mission = mission_with(**keys)
        deciles, squares, shares = Deciles(mission), [], []
        for seed in seeds:
            look = look_at(mission, seed, length_m)
            square, share = chi_square(look)
            squares.append(square)
            shares.append(look.fused.correlation)
            deciles.add(look)
        common = np.median([each.share for each in shares])
        length = np.median([each.length_m for each in shares])
        print(
            f"{name:18s} chi-square {np.mean(squares):.3f}  unseen {100 * share:.3f} %  "
            f"correlated {common:.2f} over {length:.2f} m"
        )
        deciles.show(name)


if __name__ == "__main__":
    main()
