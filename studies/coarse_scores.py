"""Score coarse avoidance on synthetic scenes, and write the tables of docs/coarse.md.

    python -m studies.coarse_scores [--scenes N] [--write]

Every scene has its true hazards. The region that the images lead to is compared with the region
that the truth would choose, with regions at random, and with the classic rule: k-means of grey
levels, of which the brightest and the darkest of three clusters are hazards.
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

from coarse_scenes import SUNS_DEG, Case, cases, scene, shot_of, truth, truth_on  # noqa: E402

PAGE = ROOT / "docs" / "coarse.md"
RADIUS_M, ALBEDO = 50.0, 0.03
REACHES_M = (300.0, 120.0)


@dataclass(frozen=True)
class Score:
    """True hazardous shares of the regions of one scene and reach."""

    case: Case
    reach_m: float
    chosen: float
    best: float
    random: float
    classic: float
    told: (
        float  # the share of the chosen region as the map has it; NaN where the image told nothing
    )
    cpu_s: float
    classic_s: float


def classic_hazards(hazards: ImageHazards, grey: np.ndarray) -> ImageHazards:
    """Return hazards by clusters of grey: the brightest and the darkest of three."""
    values = grey.astype(np.float32).reshape(-1, 1)
    cv2.setRNGSeed(1)
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 20, 0.5)
    _, labels, centres = cv2.kmeans(values, 3, None, stop, 1, cv2.KMEANS_PP_CENTERS)
    middle = int(np.argsort(centres.ravel())[1])
    bad = (labels.ravel() != middle).astype(np.float32).reshape(grey.shape)
    return ImageHazards(
        hazards.grid, bad, hazards.reasons, hazards.east, hazards.north, hazards.brightness
    )


def scores_of(case: Case, image: np.ndarray, view: CameraView, camera: Camera, true_on) -> list:
    """Return the scores of a scene, for each reach; `true_on(grid)` gives its true shares."""
    out = []
    for reach in REACHES_M:
        pixel = sample_m(view, (0.0, 0.0, 0.0))
        half = reach + RADIUS_M + 2.0 * pixel
        grid = GroundGrid.about((0.0, 0.0), half, FINER * pixel)
        true = disc_shares(true_on(grid).astype(np.float32), RADIUS_M / grid.cell_m)
        limits = RegionLimits(RADIUS_M, reach)
        east, north = grid.places()
        inside = (east**2 + (north**2)[:, None] <= reach**2) & (true < 1.0)
        middle = grid.cells // 2
        begun = time.process_time()
        told = float("nan")
        row = col = middle
        hazards = None
        try:
            hazards = map_image_hazards(
                image, view, case.sun, grid, sensed=sensed_of(camera, ALBEDO)
            )
            _, best = best_region(hazards, (0.0, 0.0), limits)
            row, col = cell_of(grid, best)
            told = best.share
        except VisionError:
            # the aim stays
            pass
        cpu = time.process_time() - begun
        classic, classic_s = float(true[middle, middle]), float("nan")
        if hazards is not None:
            begun = time.process_time()
            by_grey = classic_hazards(hazards, hazards.brightness)
            _, found = best_region(by_grey, (0.0, 0.0), limits)
            classic_s = time.process_time() - begun
            classic = float(true[cell_of(grid, found)])
        shares = (float(true[row, col]), float(true[inside].min()), float(true[inside].mean()))
        out.append(Score(case, reach, *shares, classic, told, cpu, classic_s))
    return out


def cell_of(grid: GroundGrid, region) -> tuple[int, int]:
    """Return the cell of a region's middle."""
    return (
        round((region.north_m - grid.north_m) / grid.cell_m),
        round((region.east_m - grid.east_m) / grid.cell_m),
    )


def line(name: str, scores: list[Score]) -> str:
    """Write a row of the table."""
    chosen, best, random, classic = (
        statistics.fmean(getattr(each, key) for each in scores)
        for key in ("chosen", "best", "random", "classic")
    )
    middle, worst = (float(np.quantile([each.chosen for each in scores], q)) for q in (0.5, 0.95))
    return (
        f"| {name} | {len(scores)} | {100 * chosen:.1f} | {100 * best:.1f} | {chosen / best:.2f} | "
        f"{100 * middle:.1f} | {100 * worst:.1f} | {100 * classic:.1f} | {100 * random:.1f} |"
    )


def table(scores: list[Score]) -> list[str]:
    """Write the shares by reach, ground, Sun and height."""
    out = [
        "| scenes | | chosen, % | truth's best, % | ratio | chosen, median | 95 % of scenes below "
        "| grey clusters, % | at random, % |",
        "|---|---|---|---|---|---|---|---|---|",
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
    """Write times, refusals and how well the shares that were told hold."""
    of = [each for each in scores if each.reach_m == REACHES_M[0]]
    told = [each for each in of if each.told == each.told]
    cpu = [each.cpu_s for each in told]
    return (
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--scenes", type=int, default=300)
    parser.add_argument("--write", action="store_true", help=f"into {PAGE.relative_to(ROOT)}")
    options = parser.parse_args()
    camera, scores = Camera(name="lcam"), []
    cv2.setNumThreads(1)
    for case in cases(options.scenes, 1):
        made, shot = shot_of(case, camera)
        share = truth(made)
        scores += scores_of(
            case, shot.image, shot.view, camera, lambda grid, m=made, s=share: truth_on(m, s, grid)
        )
    made = table(scores)
    print("\n".join(made))
    if options.write:
        write("scores", made, PAGE)


if __name__ == "__main__":
    main()
