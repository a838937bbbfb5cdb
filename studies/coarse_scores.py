"""Score coarse avoidance on synthetic scenes, and write the tables of docs/coarse.md.

    python -m studies.coarse_scores [--scenes N] [--trial] [--write]

Every scene has its true hazards. The region that the images lead to is compared with the region
that the truth would choose, with regions at random, and with two simple rules: k-means of grey
levels, of which the brightest and the darkest of three clusters are hazards; and the least mean
departure of the brightness from level ground's. With `--trial` scenes are those on which algorithms
are compared; without it those of the page, which nothing else uses.
"""

import argparse
import statistics
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from studies.page import write

from farside.avoidance.coarse import FINER, sensed_of
from farside.avoidance.regions import RegionLimits, best_region, disc_shares
from farside.mission.camera import Camera
from farside.vision import VisionError
from farside.vision.ground_view import GroundGrid, sample_m
from farside.vision.hazards import ImageHazards, map_image_hazards
from farside.vision.view import CameraView

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT / "tests" / "support"))

from coarse_scenes import (  # noqa: E402
    SUNS_DEG,
    TEST_SEED,
    TRY_SEED,
    Case,
    Shot,
    TrueScene,
    cases,
    scene,
    shot_of,
    truth,
    truth_on,
)

PAGE = ROOT / "docs" / "coarse.md"
RADIUS_M, ALBEDO = 50.0, 0.03
REACHES_M = (300.0, 120.0)
#: Draws of the bootstrap.
DRAWS = 4000

#: A grid, and the true shares of discs about its cells: with slopes, and of the task's words.
Truths = tuple[GroundGrid, np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Score:
    """True hazardous shares of the regions of one scene and reach.

    `worded_` ones are of the task's words alone; `told` is the chosen region's share as the map has
    it, NaN where the image told nothing.
    """

    case: Case
    reach_m: float
    chosen: float
    best: float
    random: float
    classic: float
    plain: float
    worded_chosen: float
    worded_best: float
    told: float
    cpu_s: float


def grid_of(view: CameraView, reach_m: float) -> GroundGrid:
    """Return the grid that discs within reach of the site lie on."""
    pixel = sample_m(view, (0.0, 0.0, 0.0))
    return GroundGrid.about((0.0, 0.0), reach_m + RADIUS_M + 2.0 * pixel, FINER * pixel)


def classic_hazards(hazards: ImageHazards, grey: np.ndarray) -> ImageHazards:
    """Return hazards by clusters of grey: the brightest and the darkest of three."""
    # every second cell each way: the clusters are the same
    values = grey[::2, ::2].astype(np.float32).reshape(-1, 1)
    cv2.setRNGSeed(1)
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 20, 0.5)
    _, _, centres = cv2.kmeans(values, 3, None, stop, 1, cv2.KMEANS_PP_CENTERS)
    dark, middle, bright = np.sort(centres.ravel())
    bad = (grey < 0.5 * (dark + middle)) | (grey > 0.5 * (middle + bright))
    return ImageHazards(
        hazards.grid,
        bad.astype(np.float32),
        hazards.reasons,
        hazards.east,
        hazards.north,
        hazards.brightness,
    )


def plain_hazards(hazards: ImageHazards) -> ImageHazards:
    """Return hazards by how far the brightness departs from level ground's."""
    apart = np.minimum(abs(hazards.brightness - np.float32(1.0)), np.float32(1.0))
    return ImageHazards(
        hazards.grid, apart, hazards.reasons, hazards.east, hazards.north, hazards.brightness
    )


def score_of(case: Case, shot: Shot, camera: Camera, reach: float, true: Truths) -> Score:
    """Return the scores of a scene within a reach."""
    grid, shares, worded = true
    limits = RegionLimits(RADIUS_M, reach)
    east, north = grid.places()
    k = int(RADIUS_M / grid.cell_m)
    inside = np.zeros(shares.shape, bool)
    inside[k:-k, k:-k] = True
    inside &= east**2 + (north**2)[:, None] <= reach**2
    at = rule = simple = (grid.cells // 2, grid.cells // 2)
    told = float("nan")
    begun = time.process_time()
    try:
        hazards = map_image_hazards(
            shot.image, shot.view, case.sun, grid, sensed=sensed_of(camera, ALBEDO)
        )
        at, told = chosen(hazards, limits)
        cpu = time.process_time() - begun
        rule, _ = chosen(classic_hazards(hazards, hazards.brightness), limits)
        simple, _ = chosen(plain_hazards(hazards), limits)
    except VisionError:
        # the aim stays
        cpu = time.process_time() - begun
    return Score(
        case,
        reach,
        chosen=float(shares[at]),
        best=float(shares[inside].min()),
        random=float(shares[inside].mean()),
        classic=float(shares[rule]),
        plain=float(shares[simple]),
        worded_chosen=float(worded[at]),
        worded_best=float(worded[inside].min()),
        told=told,
        cpu_s=cpu,
    )


def chosen(hazards: ImageHazards, limits: RegionLimits) -> tuple[tuple[int, int], float]:
    """Return the cell of the best region, and its share as the map has it."""
    _, best = best_region(hazards, (0.0, 0.0), limits)
    return cell_of(hazards.grid, best), best.share


def truths_of(made: TrueScene, shot: Shot) -> list[Truths]:
    """Return each reach's grid, and the true shares of the discs about its cells."""
    bad = [truth(made, sample_m(shot.view, (0.0, 0.0, 0.0)), slopes=s) for s in (True, False)]
    grids = [grid_of(shot.view, reach) for reach in REACHES_M]
    return [
        (
            grid,
            *(
                disc_shares(truth_on(made, each, grid).astype(np.float32), RADIUS_M / grid.cell_m)
                for each in bad
            ),
        )
        for grid in grids
    ]


def cell_of(grid: GroundGrid, region) -> tuple[int, int]:
    """Return the cell of a region's middle."""
    return (
        round((region.north_m - grid.north_m) / grid.cell_m),
        round((region.east_m - grid.east_m) / grid.cell_m),
    )


def ratio_of(scores: list[Score], over: str = "chosen", under: str = "best") -> str:
    """Write the ratio of two means with its 95 % interval, by a bootstrap over scenes."""
    pairs = np.array([(getattr(each, over), getattr(each, under)) for each in scores])
    drawn = np.random.default_rng(0).integers(len(pairs), size=(DRAWS, len(pairs)))
    means = pairs[drawn].mean(axis=1)
    above, below = pairs.mean(axis=0)
    if not below > 0.0 or not (means[:, 1] > 0.0).all():
        return "-"
    low, high = np.quantile(means[:, 0] / means[:, 1], (0.025, 0.975))
    return f"{above / below:.2f} ({low:.2f} to {high:.2f})"


def line(name: str, scores: list[Score]) -> str:
    """Write a row of the table."""
    names = ("chosen", "best", "plain", "classic", "random")
    share = {key: 100.0 * statistics.fmean(getattr(e, key) for e in scores) for key in names}
    middle, worst = (float(np.quantile([each.chosen for each in scores], q)) for q in (0.5, 0.95))
    # what of the way from random to the best is gone
    gone = (share["random"] - share["chosen"]) / (share["random"] - share["best"])
    return (
        f"| {name} | {len(scores)} | {share['chosen']:.1f} | {share['best']:.2f} | "
        f"{ratio_of(scores)} | {100.0 * gone:.0f} | {100 * middle:.1f} | {100 * worst:.1f} | "
        f"{share['plain']:.1f} | {share['classic']:.1f} | {share['random']:.1f} |"
    )


def table(scores: list[Score]) -> list[str]:
    """Write the shares by reach, ground, Sun and height."""
    out = [
        "| scenes | | chosen, % | truth's best, % | ratio (95 %) | of the way from random to best, "
        "% | chosen, median | 95 % of scenes below | least departure, % | grey clusters, % "
        "| at random, % |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for reach in REACHES_M:
        of = [each for each in scores if each.reach_m == reach]
        out.append(line(f"**reach {reach:.0f} m**", of))
        groups = [
            *((f"{kind}", [e for e in of if e.case.kind == kind]) for kind in KIND_NAMES),
            *((f"Sun {s:.0f} deg", [e for e in of if e.case.elevation_deg == s]) for s in SUNS_DEG),
            *((f"from {h:.0f} m", [e for e in of if e.case.height_m == h]) for h in (2400, 1000)),
        ]
        out += [line(name, part) for name, part in groups if part]
    return [*out, "", summary(scores)]


KIND_NAMES = ("mare", "cratered", "rocky")


def summary(scores: list[Score]) -> str:
    """Write times, refusals, the task's words, and how well the shares that were told hold."""
    of = [each for each in scores if each.reach_m == REACHES_M[0]]
    told = [each for each in of if each.told == each.told]
    cpu = [each.cpu_s for each in scores if each.told == each.told]
    worded = [
        f"{100 * statistics.fmean(e.worded_chosen for e in part):.1f} % over "
        f"{100 * statistics.fmean(e.worded_best for e in part):.2f} % within {reach:.0f} m, "
        f"{ratio_of(part, 'worded_chosen', 'worded_best')}"
        for reach in REACHES_M
        for part in ([e for e in scores if e.reach_m == reach],)
    ]
    return (
        f"As worded (the same choices): {'; '.join(worded)}. "
        f"Of {len(of)} scenes {len(of) - len(told)} were refused (the Sun behind the camera or "
        f"overhead): there the aim stays, and its share counts as chosen. CPU time of an image, "
        f"map and choice: median {1000 * statistics.median(cpu):.0f} ms, longest "
        f"{1000 * max(cpu):.0f} ms. The peer, k-means of 3 clusters on 512 x 512 grey levels by "
        f"OpenCV: {1000 * peer_s():.0f} ms in the same run. Mean share that the map told of its "
        f"choice: {100 * statistics.fmean(e.told for e in told):.1f} %; true "
        f"{100 * statistics.fmean(e.chosen for e in told):.1f} %."
    )


def peer_s() -> float:
    """Return the CPU time of OpenCV's k-means on 512 x 512 grey levels of a scene."""
    grey = cv2.resize(scene("cratered", 1).heights.astype(np.float32), (512, 512))
    values = cv2.normalize(grey, None, 0, 255, cv2.NORM_MINMAX).reshape(-1, 1)
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 20, 0.5)
    took = []
    cv2.setNumThreads(1)
    for _ in range(5):
        begun = time.process_time()
        cv2.kmeans(values, 3, None, stop, 1, cv2.KMEANS_PP_CENTERS)
        took.append(time.process_time() - begun)
    return statistics.median(took)


def scored(of: list[Case]) -> list[Score]:
    """Return the scores of scenes; of those that are done where it is interrupted."""
    camera, scores = Camera(name="lcam", misalignment_deg=0.0), []
    try:
        for k, case in enumerate(of, 1):
            made, shot = shot_of(case, camera)
            for reach, true in zip(REACHES_M, truths_of(made, shot), strict=True):
                scores.append(score_of(case, shot, camera, reach, true))
            if k % 21 == 0:
                print(f"{k} of {len(of)} scenes", file=sys.stderr, flush=True)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
    return scores[: len(scores) // len(REACHES_M) * len(REACHES_M)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--scenes", type=int, default=300)
    parser.add_argument("--trial", action="store_true", help="scenes to compare algorithms on")
    parser.add_argument("--write", action="store_true", help=f"into {PAGE.relative_to(ROOT)}")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    lines = table(scored(cases(options.scenes, TRY_SEED if options.trial else TEST_SEED)))
    print("\n".join(lines))
    if options.write and not options.trial:
        write("scores", lines, PAGE)


if __name__ == "__main__":
    main()
