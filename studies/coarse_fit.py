"""Fit the weights of the hazard model to synthetic scenes, and write vision/hazard_weights.py.

    python -m studies.coarse_fit [--scenes N] [--write]

Scenes are those of tests/support/coarse_scenes.py, of the seeds from FIT_SEED on.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
from studies.coarse_network import Part, fit_cells
from studies.coarse_scores import REACHES_M, grid_of

from farside.avoidance.coarse import sensed_of
from farside.mission.camera import Camera
from farside.vision.errors import VisionError
from farside.vision.hazard_model import EVERY, PLANES
from farside.vision.shown import show

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT / "tests" / "support"))

from coarse_scenes import FIT_SEED, cases, shot_of, true_share  # noqa: E402

HOME = ROOT / "vision" / "hazard_weights.py"
HIDDEN = 32, 16
#: Numbers a line of the module.
ACROSS = 10


def part_of(image, view, sun, grid, true, sensed):
    """Return what is shown of a scene about its middle, and its truth."""
    shown = show(image, view, sun, grid, sensed=sensed)
    some = slice(None, None, EVERY)
    return Part(
        shown.features.planes().astype(np.float16),
        np.array(shown.features.scene.numbers()),
        true[some, some].astype(np.float32),
        (shown.unknown == 0)[some, some],
    )


def parts_of(count):
    """Yield the parts of scenes, one for each reach."""
    camera = Camera(name="lcam", misalignment_deg=0.0)
    sensed = sensed_of(camera, 0.03)
    for case in cases(count, FIT_SEED):
        made, shot = shot_of(case, camera)
        for reach in REACHES_M:
            grid = grid_of(shot.view, reach)
            true = true_share(made, shot, grid)
            try:
                yield part_of(shot.image, shot.view, case.sun, grid, true, sensed)
            except VisionError as why:
                print(f"{case}: {why}")


def text_of(numbers, scenes):
    """Return the module that holds the weights."""
    rows = "\n".join(" ".join(numbers[k : k + ACROSS]) for k in range(0, len(numbers), ACROSS))
    return (
        '"""Weights of the hazard model, as vision/hazard_model.py reads them.\n\n'
        f"Written by studies/coarse_fit.py: {scenes} scenes from seed {FIT_SEED} on.\n"
        f'"""\n\n#: Hidden numbers of the two layers.\nHIDDEN = {HIDDEN}\n\n'
        f'WEIGHTS = """\n{rows}\n"""\n'
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--scenes", type=int, default=420)
    parser.add_argument("--write", action="store_true", help=f"into {HOME.relative_to(ROOT)}")
    options = parser.parse_args()
    network = fit_cells(list(parts_of(options.scenes)), HIDDEN)
    if options.write:
        HOME.write_text(text_of(network.text(PLANES), options.scenes))


if __name__ == "__main__":
    main()
