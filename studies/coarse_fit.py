"""Fit the weights of the hazard model to synthetic scenes, and write vision/hazard_weights.py.

    python -m studies.coarse_fit [--scenes N] [--write]

Scenes are those of tests/support/coarse_scenes.py, of other seeds than docs/coarse.md's. The true
hazardous share of each cell is fitted by maximum likelihood, with a small ridge.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

from farside.mission.camera import Camera
from farside.vision.errors import VisionError
from farside.vision.ground_view import GroundGrid, sample_m
from farside.vision.hazard_model import columns
from farside.vision.shown import show

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT / "tests" / "support"))

from coarse_scenes import cases, shot_of, truth, truth_on  # noqa: E402

HOME = ROOT / "vision" / "hazard_weights.py"
FIRST_SEED, CELLS_EACH, RIDGE = 5000, 8000, 1e-4
HALF_M, FINER = 350.0, 0.75


def samples(shown, share, rng):
    """Return features (columns, n) and true shares (n,) of cells drawn from a scene."""
    open_ = np.flatnonzero((shown.unknown == 0).ravel())
    taken = rng.choice(open_, min(CELLS_EACH, open_.size), replace=False)
    shape = shown.signal.shape
    rows = [np.broadcast_to(column, shape).ravel()[taken] for column in columns(shown.features)]
    return np.array(rows, np.float64), np.clip(share.ravel()[taken], 0.0, 1.0)


def fit(x, y):
    """Return the weights of least cross entropy."""

    def loss(w):
        z = w @ x
        p = 1.0 / (1.0 + np.exp(-z))
        value = np.mean(np.logaddexp(0.0, z) - y * z) + RIDGE * np.sum(w[1:] ** 2)
        return value, x @ (p - y) / y.size + 2.0 * RIDGE * np.r_[0.0, w[1:]]

    found = minimize(loss, np.zeros(len(x)), jac=True, method="L-BFGS-B", options={"maxiter": 2000})
    return found.x, float(found.fun)


def text_of(weights, scenes):
    """Return the module that holds the weights."""
    rows = "".join(f"    {w:.4f},\n" for w in weights)
    return (
        '"""Weights of the hazard model, in the order of its columns.\n\n'
        f"Written by studies/coarse_fit.py: {scenes} scenes from seed {FIRST_SEED} on.\n"
        f'"""\n\nWEIGHTS: tuple[float, ...] = (\n{rows})\n'
    )


def drawn(count):
    """Yield what is shown and the true shares of each scene."""
    camera = Camera(name="lcam")
    for case in cases(count, FIRST_SEED):
        made, shot = shot_of(case, camera)
        grid = GroundGrid.about((0.0, 0.0), HALF_M, FINER * sample_m(shot.view, (0.0, 0.0, 0.0)))
        try:
            shown = show(shot.image, shot.view, case.sun, grid)
        except VisionError as why:
            print(f"{case}: {why}")
            continue
        yield shown, truth_on(made, truth(made), grid)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--scenes", type=int, default=84)
    parser.add_argument("--write", action="store_true", help=f"into {HOME.relative_to(ROOT)}")
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    parts = [samples(shown, share, rng) for shown, share in drawn(options.scenes)]
    x, y = (np.concatenate([part[k] for part in parts], axis=-1) for k in range(2))
    weights, loss = fit(x, y)
    base = float(y.mean())
    none = -base * np.log(base) - (1.0 - base) * np.log(1.0 - base)
    print(f"{len(parts)} scenes, {y.size} cells, cross entropy {loss:.4f}; of the mean {none:.4f}")
    made = text_of(weights, len(parts))
    print(made)
    if options.write:
        HOME.write_text(made)


if __name__ == "__main__":
    main()
