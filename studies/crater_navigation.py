"""Score navigation by craters on pictures of the true ground, and on drawn catalogues.

    python -m studies.crater_navigation [--frames N] [--cases N] [--seed N] [--write]

Pictures are `take_picture`'s over Chang'e 6's ground, the map `build_image_map`'s with its own
shift, noise and resolution. Shares of the craters found are taken away and as many false ones
added. The second table has no images: catalogues and cameras are drawn, middles are noisy.
"""

import argparse
import math
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from studies.drawn_craters import drawn_table
from studies.page import write

from farside.flight.image_map import BuiltMap, MapSpec, build_image_map
from farside.ground import Ground
from farside.mission import load_mission
from farside.mission.attitude import quaternion_of_axes
from farside.mission.camera import Camera, camera_axes
from farside.mission.ephemeris import Direction
from farside.sensors.camera import take_picture
from farside.sensors.viewpoint import Pose
from farside.vision.crater_catalogue import CraterCatalogue
from farside.vision.crater_matcher import CraterMatcher
from farside.vision.crater_places import CraterIndex
from farside.vision.crater_search import find_by_craters
from farside.vision.crater_view import SeenCraters, flat_grid, see_craters
from farside.vision.footprint import footprint
from farside.vision.trn_result import TrnCode, TrnResult
from farside.vision.verdict import prepare
from farside.vision.view import CameraView

HEIGHTS = (15000.0, 8000.0, 4000.0, 2000.0)
SUNS = (8.0, 15.0, 25.0, 40.0, 60.0)
SHARES = (0.0, 0.2, 0.5)
#: Arcs along the track [m] over which a height is flown: where the map is fine enough.
ALONG = {15000.0: (-22e3, -4e3), 8000.0: (-24e3, 0.0), 4000.0: (-20e3, 0.0), 2000.0: (-3e3, 0.0)}
CAMERA = Camera(name="lcam", pixels=(1024, 1024))


@dataclass
class Run:
    """One try to match."""

    height_m: float
    sun_deg: float
    share: float
    prior: bool
    hostile: bool
    result: TrnResult
    error: np.ndarray
    cpu_s: float

    @property
    def fixed(self) -> bool:
        """Whether it was believed."""
        return self.result.code is TrnCode.FIX

    @property
    def off(self) -> float:
        """Largest error of an axis [sigma]; 0 without a fix."""
        if not self.fixed:
            return 0.0
        return float(np.abs(self.error / np.sqrt(np.diag(self.result.covariance)[:3])).max())


@dataclass
class Onboard:
    """What the lander has."""

    built: BuiltMap
    matcher: CraterMatcher
    index: CraterIndex


def view_of(rng: np.random.Generator, ground: Ground, height_m: float) -> tuple[CameraView, Pose]:
    """Draw a camera that looks down, leaning up to 20 deg."""
    u, v = rng.uniform(*ALONG[height_m]), rng.uniform(-1500.0, 1500.0)
    place = ground.arcs.site(u, v, 0.0, ground.radius_m)
    height = float(ground.measured_heights(*ground.arcs_of(place[0], place[1])))
    r_site = ground.arcs.site(u, v, height + height_m, ground.radius_m)
    tilt = math.radians(rng.uniform(0.0, 20.0))
    lean, turn = rng.uniform(0.0, 2.0 * math.pi, 2)
    aside = math.sin(tilt)
    z = np.array([aside * math.sin(lean), aside * math.cos(lean), -math.cos(tilt)])
    up = np.array([math.sin(turn), math.cos(turn), 0.0])
    y = z * (up @ z) - up
    y /= np.linalg.norm(y)
    body = np.stack([np.cross(y, z), y, z]).T @ camera_axes(CAMERA)
    q = quaternion_of_axes(body[:, 0], body[:, 1], body[:, 2])
    return CameraView.of(CAMERA, r_site, q), Pose(tuple(r_site), tuple(q))


def spoilt(rng: np.random.Generator, seen: SeenCraters, share: float) -> SeenCraters:
    """Take a share of the craters away and add as many false ones, as sure as the others."""
    if share == 0.0:
        return seen
    count = len(seen)
    kept = np.flatnonzero(rng.random(count) >= share)
    false = rng.integers(0, count, count - len(kept))
    rows = np.concatenate([kept, false])
    rows = rows[np.lexsort((rows, -seen.detections["confidence"][rows]))]
    fake = np.isin(rows, false) & ~np.isin(rows, kept)
    detections = seen.detections[rows].copy()
    u, v = seen.u_m[rows].copy(), seen.v_m[rows].copy()
    # false ones lie anywhere in view: columns and rows of two others
    other, another = rng.integers(0, count, (2, len(rows)))
    detections["px"][fake, 0] = seen.detections["px"][other[fake], 0]
    detections["px"][fake, 1] = seen.detections["px"][another[fake], 1]
    u[fake], v[fake] = seen.u_m[other[fake]], seen.v_m[another[fake]]
    return SeenCraters(detections, u, v, seen.radius_m[rows], seen.cell_m, seen.radii_m)


def near(
    rng: np.random.Generator, board: Onboard, image: np.ndarray, view: CameraView, sun: Direction
) -> list[tuple[float, TrnResult, float]]:
    """Match with a prior, each share of false and missing craters."""
    level = math.exp(rng.uniform(math.log(30.0), math.log(1067.0)))
    sigma = np.array([level, level, rng.choice([10.0, 60.0]), *[rng.choice([2e-4, 1e-3])] * 3])
    wrong = np.clip(rng.normal(size=6), -2.8, 2.8) * sigma
    guess, spread = view.moved(wrong[:3], wrong[3:]), np.diag(sigma**2)
    begun = time.process_time()
    _, images = prepare(image, CAMERA.bits)
    ground = footprint(board.built.image_map, guess)
    assert ground is not None
    seen = board.matcher.see(images, guess, sun.unit_site, ground)
    assert seen is not None
    took = time.process_time() - begun
    out = []
    for share in SHARES:
        begun = time.process_time()
        result = board.matcher.match_seen(spoilt(rng, seen, share), guess, spread, ground)
        out.append((share, result, took + time.process_time() - begun))
    return out


def lost(
    rng: np.random.Generator, board: Onboard, image: np.ndarray, view: CameraView, sun: Direction
) -> list[tuple[float, TrnResult, float]]:
    """Match without a place: attitude to 5 deg, height to 20 %."""
    turn = rng.normal(size=3)
    turn *= math.radians(rng.uniform(0.0, 5.0)) / np.linalg.norm(turn)
    image_map, index = board.built.image_map, board.index
    above = index.above_m(view) * rng.uniform(0.8, 1.2)
    u, v = rng.uniform(-60e3, 5e3), rng.uniform(-5e3, 5e3)
    place = image_map.points([u], [v], [index.ground_m + above])[0]
    rough = CameraView(view.pinhole, place, view.moved(np.zeros(3), turn).axes)
    begun = time.process_time()
    _, images = prepare(image, CAMERA.bits)
    grid = flat_grid(image_map, rough, index.ground_m)
    assert grid is not None
    seen = see_craters(grid, rough, images, sun.unit_site)
    assert seen is not None
    took = time.process_time() - begun
    out = []
    for share in SHARES:
        begun = time.process_time()
        result = find_by_craters(spoilt(rng, seen, share).detections, index, rough)
        out.append((share, result, took + time.process_time() - begun))
    return out


def flown(frames: int, seed: int) -> list[Run]:
    """Take the pictures and match each, as it is and mirrored."""
    ground = Ground(load_mission("chang-e-6"))
    built = build_image_map(ground, MapSpec(), seed)
    catalogue = CraterCatalogue.of_map(built.image_map)
    index = CraterIndex.of(catalogue)
    board = Onboard(built, CraterMatcher(catalogue, CAMERA), index)
    out = []
    for height_m in HEIGHTS:
        for sun_deg in SUNS:
            for number in range(frames):
                key = [seed, int(height_m), int(sun_deg), number]
                rng = np.random.default_rng(key)
                view, pose = view_of(rng, ground, height_m)
                sun = Direction(float(rng.uniform(0.0, 360.0)), sun_deg)
                image = take_picture(ground, CAMERA, pose, sun.unit_site, key=number).image
                for hostile in (False, True):
                    shown = np.ascontiguousarray(image[:, ::-1]) if hostile else image
                    for prior, match in ((True, near), (False, lost)):
                        for share, result, took in match(rng, board, shown, view, sun):
                            error = result.view.r_site - view.r_site - built.shift_m
                            out.append(
                                Run(height_m, sun_deg, share, prior, hostile, result, error, took)
                            )
    return out


def table(runs: list[Run]) -> list[str]:
    """Write the scores by height, Sun and share."""
    lines = [
        "| height, km | Sun, deg | with a prior: fixed, 0 / 20 / 50 % false and missing | error, "
        "m: median, 95 % | from no place: fixed, 0 / 20 / 50 % | error, m: median, 95 % |",
        "|---|---|---|---|---|---|",
    ]
    good = [run for run in runs if not run.hostile]
    groups = [(h, s) for h in HEIGHTS for s in SUNS] + [(0.0, s) for s in SUNS] + [(0.0, 0.0)]
    for height_m, sun_deg in groups:
        held = [
            run for run in good
            if height_m in (0.0, run.height_m) and sun_deg in (0.0, run.sun_deg)
        ]  # fmt: skip
        cells = [
            f"{height_m / 1e3:.0f}" if height_m else "all",
            f"{sun_deg:.0f}" if sun_deg else "all",
        ]
        for prior in (True, False):
            shares = []
            for share in SHARES:
                some = [run for run in held if run.prior is prior and run.share == share]
                shares.append(f"{sum(run.fixed for run in some)} of {len(some)}")
            errors = [
                math.hypot(*run.error[:2])
                for run in held if run.prior is prior and run.share == 0.0 and run.fixed
            ]  # fmt: skip
            cells.append(", ".join(shares))
            cells.append(
                f"{np.median(errors):.1f}, {np.percentile(errors, 95):.1f}" if errors else ""
            )
        lines.append("| " + " | ".join(cells) + " |")
    return [*lines, "", *sentences(runs, good)]


def sentences(runs: list[Run], good: list[Run]) -> list[str]:
    """Write what is wanted of all."""
    hostile = [run for run in runs if run.hostile]
    times = {
        prior: [run.cpu_s for run in good if run.prior is prior and run.share == 0.0]
        for prior in (True, False)
    }
    return [
        f"Of {len(runs)} tries {sum(run.fixed for run in runs)} were accepted, "
        f"{sum(run.off > 5.0 for run in runs)} of them beyond 5 sigma; of the {len(hostile)} with "
        f"a mirrored image {sum(run.fixed for run in hostile)} were accepted.",
        "",
        f"CPU time of an image, all of it: {np.median(times[True]):.2f} s with a prior (95 % "
        f"{np.percentile(times[True], 95):.2f} s), {np.median(times[False]):.2f} s from no place "
        f"(95 % {np.percentile(times[False], 95):.2f} s).",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--frames", type=int, default=6, help="of each height and Sun; 0 for none")
    parser.add_argument(
        "--cases", type=int, default=100, help="of each row of the second table; 0 for none"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", action="store_true", help="into docs/crater-navigation.md")
    options = parser.parse_args()
    page = Path(__file__).resolve().parents[1] / "docs" / "crater-navigation.md"
    if options.frames:
        told("scores", table(flown(options.frames, options.seed)), page, options.write)
    if options.cases:
        told("drawn", drawn_table(options.cases, options.seed), page, options.write)


def told(name: str, lines: list[str], page: Path, put: bool) -> None:
    """Print a table, and put it into the page."""
    print("\n".join(lines), flush=True)
    if put:
        write(name, lines, page)


if __name__ == "__main__":
    main()
