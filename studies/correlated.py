"""Fits what correlated errors change of the probability: `python studies/correlated.py`.

Training scenes are posted with errors of covariance sigma^2 exp(-distance / length), for each of
`LENGTHS_M`, at the noises of `NOISES_M` in turn. The disc's plane tilts by what its covariance says
(`farside.terrain.correlated`); of the two margins that are greatest values, the scale and the bias
(constant and linear in x) move by what is fitted here, as `studies/calibrate.py` fits them for
white errors. What is written is the table `SHIFTS` of `terrain/correlated.py`, and by decile what
came less what was said, on scenes that were not fitted to.
"""

from __future__ import annotations

import argparse
from dataclasses import astuple

import numpy as np
from calibrate import Array, Bench, Cells, chance, level, loss, pooled, show
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import ndtr

from farside.scenes.scene import CELL_M, EVALUATION_FROM, SIDE, scene_and_ground
from farside.terrain.correlated import disc_tilt_per_m
from farside.terrain.margins import CORRELATION, DISC_DEVIATION, LEGS_RISE, LEGS_SLOPE

LENGTHS_M = (0.5, 2.0, 10.0)
NOISES_M = (0.01, 0.05 / 3.0, 0.03)


def correlated_errors(seed: int, length_m: float, side: int = SIDE) -> Array:
    """Return errors of variance 1 and covariance exp(-distance / length), (side, side)."""
    wide = 4 * side
    k = np.arange(wide)
    along = np.minimum(k, wide - k) * CELL_M
    covariance = np.exp(-np.hypot(along[:, None], along) / length_m)
    power = np.maximum(np.fft.rfft2(covariance).real, 0.0)
    white = np.random.default_rng(seed).normal(size=(wide, wide))
    field = np.fft.irfft2(np.fft.rfft2(white) * np.sqrt(power), s=(wide, wide))
    return field[:side, :side]


def draw(bench: Bench, number: int) -> list[Cells]:
    """Sample a scene with errors of each length, at another noise each."""
    _scene, ground = scene_and_ground(number)
    truth = bench.assess_heights(ground.heights_m, 0.0, 0.0)
    disc = (truth.slope_deg <= bench.limits.slope_deg) & (
        truth.roughness_m <= bench.limits.roughness_m
    )
    rng, out = np.random.default_rng(number), []
    for k, length_m in enumerate(LENGTHS_M):
        noise_m = NOISES_M[(number + k) % len(NOISES_M)]
        errors = noise_m * correlated_errors(2_000_000 + number, length_m)
        seen = bench.assess_heights((ground.heights_m + errors).astype(np.float32), noise_m, 0.0)
        out.append(Cells.of(seen, truth, disc, noise_m, rng))
    return out


class Model:
    """The probability of cells under one length, as functions of the shifts."""

    def __init__(self, bench: Bench, length_m: float) -> None:
        self.bench, self.limit_m = bench, bench.limits.roughness_m
        self.tilt_per_m = disc_tilt_per_m(0.5 * bench.lander.footprint_m, CELL_M, length_m)

    def disc(self, shift: Array, cells: Cells) -> Array:
        """Return the probability of a safe disc; shift is of its scale and bias."""
        tangent = self.bench._tangent() - np.tan(np.radians(cells.slope_deg))
        steep = ndtr(np.clip(tangent / (cells.noise_m * self.tilt_per_m), -60.0, 60.0))
        q = np.array(astuple(DISC_DEVIATION))
        q[[0, 3, 4]] += shift
        room = (self.limit_m - cells.roughness_m) / cells.noise_m
        return steep * chance(q, room, level(cells.noise_m, self.limit_m))

    def stand(self, shift: Array, disc: Array, cells: Cells) -> Array:
        """Return the probability of a safe stand."""
        q = np.array(astuple(LEGS_SLOPE))
        q[[0, 3, 4]] += shift
        x = level(cells.noise_m, self.limit_m)
        slope = np.tan(np.radians(cells.stand_slope_deg))
        flat = (self.bench._tangent() - slope) * 0.5 * self.bench.lander.span_m / cells.noise_m
        room = (self.bench.lander.belly_clearance_m - cells.rise_m) / cells.noise_m
        rise = chance(np.array(astuple(LEGS_RISE)), room, x)
        legs = np.nan_to_num(chance(q, flat, x) * rise)
        spread = np.sqrt(disc * (1.0 - disc) * legs * (1.0 - legs))
        return np.clip(disc * legs + CORRELATION * spread, 0.0, 1.0)


def climb(chance, safe: NDArray[np.bool_], cells: Cells) -> Array:
    """Return the shifts of least loss."""
    first = chance(np.zeros(3), cells)
    open_ = np.flatnonzero((first > 1e-4) & (first < 1.0 - 1e-6))
    held = np.random.default_rng(0).permutation(open_)[:90_000]
    some, truth = cells[held], safe[held]
    found = minimize(
        lambda s: loss(chance(s, some), truth, some.noise_m),
        np.array([-0.3, -0.8, -0.3]),
        method="Nelder-Mead",
        options={"maxiter": 200},
    )
    return np.asarray(found.x)


def false_safe(chance: Array, safe: NDArray[np.bool_]) -> float:
    """Return the share that is not safe of what is accepted [%]."""
    accepted = chance >= 0.997
    return 100.0 * float((~safe[accepted]).mean()) if accepted.any() else 0.0


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="Fit what correlated errors change.")
    parser.add_argument("--scenes", type=int, default=60, help="to fit to, from 0 on")
    parser.add_argument("--held-out", type=int, default=30, help="to show, after those")
    given = parser.parse_args()
    if not 0 < given.scenes + given.held_out <= EVALUATION_FROM:
        parser.error(f"scenes from {EVALUATION_FROM} on are for scores: fit to fewer")
    bench = Bench(scene_and_ground(0)[0])
    last = given.scenes + given.held_out
    drawn = [draw(bench, n) for n in range(last)]
    for k, length_m in enumerate(LENGTHS_M):
        model = Model(bench, length_m)
        cells = pooled([each[k] for each in drawn[: given.scenes]])
        disc = climb(model.disc, cells.disc, cells)
        stand = climb(lambda s, c, m=model, d=disc: m.stand(s, m.disc(d, c), c), cells.stand, cells)
        print(length_m, "DISC", np.round(disc, 3).tolist(), "LEGS", np.round(stand, 3).tolist())
        new = pooled([each[k] for each in drawn[given.scenes :]])
        of_disc = model.disc(disc, new)
        of_stand = model.stand(stand, of_disc, new)
        show(f"{length_m:g} disc", of_disc, new.disc, new.noise_m)
        show(f"{length_m:g} stand", of_stand, new.stand, new.noise_m)
        print(
            f"{length_m:g} m: false safe {false_safe(of_disc, new.disc):.3f} % disc, "
            f"{false_safe(of_stand, new.stand):.3f} % stand"
        )


if __name__ == "__main__":
    main()
