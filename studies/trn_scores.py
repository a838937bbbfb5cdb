"""Score terrain-relative navigation on pictures of the true ground, and write docs/trn.md.

    python -m studies.trn_scores [--frames N] [--seed N] [--write]

Pictures are `take_picture`'s (Hapke's law, noise, a mounting drawn for each frame); maps come from
`build_image_map`, with their own shift, noise and Sun. A frame in five is hostile.
"""

import argparse
import math
import statistics
import sys
import time
from dataclasses import dataclass

import cv2
import numpy as np
from studies.page import write

from farside.ext.common.version import version
from farside.flight.image_map import BuiltMap, MapSpec, build_image_map
from farside.ground import Ground
from farside.mission import load_mission
from farside.mission.attitude import quaternion_of_axes
from farside.mission.camera import Camera, camera_axes
from farside.mission.ephemeris import Direction
from farside.sensors.camera import take_picture
from farside.sensors.viewpoint import Pose
from farside.vision.trn import TrnCode, TrnMatcher, TrnResult
from farside.vision.view import CameraView

SITES = ("chang-e-6", "chang-e-4", "apollo-11")
#: Resolution of a map [m] and the Sun of its albedo.
MAPS = ((12.0, Direction(90.0, 45.0)), (30.0, Direction(300.0, 20.0)))
CAMERAS = (
    Camera(name="lcam", pixels=(512, 512), pixel_um=13.4),
    Camera(
        name="lvs", pixels=(512, 512), field_of_view_deg=90.0,
        distortion=(-0.2, 0.035, 0.0, 0.0, 0.0), pixel_um=19.4,
    ),
)  # fmt: skip
HOSTILE = ("mirrored", "other Sun", "elsewhere", "noise", "blotches", "dark", "upside down")
BANDS = ((3.0, 6.0), (6.0, 12.0), (12.0, 25.0), (25.0, 50.0), (50.0, 80.0))
TURNS = ((0.0, 60.0), (60.0, 120.0), (120.0, 180.0))


@dataclass
class Frame:
    """One picture and what came of it."""

    kind: str
    sun: Direction
    turn_deg: float
    sigma_m: float
    result: TrnResult
    error: np.ndarray
    cpu_s: float
    resolution_m: float

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


def pose_of(rng: np.random.Generator, ground: Ground, camera: Camera) -> tuple[CameraView, Pose]:
    """Draw a camera over the track that looks down, leaning."""
    u, v = rng.uniform(-18000.0, 1500.0), rng.uniform(-1500.0, 1500.0)
    above = math.exp(rng.uniform(math.log(800.0), math.log(9000.0)))
    place = ground.arcs.site(u, v, 0.0, ground.radius_m)
    height = float(ground.measured_heights(*ground.arcs_of(place[0], place[1])))
    r_site = ground.arcs.site(u, v, height + above, ground.radius_m)
    tilt = math.radians(rng.uniform(0.0, 30.0 if camera.field_of_view_deg < 60.0 else 15.0))
    lean, turn = rng.uniform(0.0, 2.0 * math.pi, 2)
    z = [math.sin(tilt) * math.sin(lean), math.sin(tilt) * math.cos(lean), -math.cos(tilt)]
    z = np.array(z)
    up = np.array([math.sin(turn), math.cos(turn), 0.0])
    y = z * (up @ z) - up
    y /= np.linalg.norm(y)
    axes = np.stack([np.cross(y, z), y, z])
    body = axes.T @ camera_axes(camera)
    q = quaternion_of_axes(body[:, 0], body[:, 1], body[:, 2])
    return CameraView.of(camera, r_site, q), Pose(tuple(r_site), tuple(q))


def guess(rng: np.random.Generator) -> np.ndarray:
    """Draw the covariance of an estimate: 3.2 km at 3 sigma is the widest."""
    level = math.exp(rng.uniform(math.log(30.0), math.log(1067.0)))
    up, turn = rng.choice([10.0, 60.0]), rng.choice([2e-4, 1e-3])
    return np.diag(np.array([level, level, up, turn, turn, turn]) ** 2)


def spoil(
    rng: np.random.Generator, kind: str, image: np.ndarray, sun: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Make a picture hostile: the image and the Sun that is told."""
    if kind == "mirrored":
        image = image[:, ::-1]
    elif kind == "upside down":
        image = image[::-1, ::-1]
    elif kind == "other Sun":
        sun = sun * [-1.0, -1.0, 1.0]
    elif kind == "noise":
        image = rng.integers(0, 250, image.shape)
    elif kind == "blotches":
        drawn = cv2.GaussianBlur(rng.normal(size=image.shape), None, rng.uniform(1.0, 12.0))
        image = (drawn - drawn.min()) / np.ptp(drawn) * 250.0
    elif kind == "dark":
        image = rng.poisson(1.0, image.shape)
    return np.ascontiguousarray(image, np.uint16), sun


def fly(rng: np.random.Generator, ground: Ground, built: BuiltMap, number: int) -> Frame:
    """Take one picture and match it."""
    camera = CAMERAS[int(rng.integers(len(CAMERAS)))]
    view, pose = pose_of(rng, ground, camera)
    elevation = math.exp(rng.uniform(math.log(3.0), math.log(80.0)))
    sun = Direction(float(rng.uniform(0.0, 360.0)), elevation)
    kind = "good" if number % 5 else HOSTILE[number // 5 % len(HOSTILE)]
    picture = take_picture(ground, camera, pose, sun.unit_site, key=number)
    image, told = spoil(rng, kind, picture.image, sun.unit_site)
    covariance = guess(rng)
    wrong = np.clip(rng.normal(size=6), -2.8, 2.8) * np.sqrt(np.diag(covariance))
    if kind == "elsewhere":
        # beyond what the guess allows, on the map or off it
        wrong[:2] += rng.choice([-1.0, 1.0], 2) * (8.0 * math.sqrt(covariance[0, 0]) + 800.0)
    matcher = TrnMatcher(built.image_map, camera)
    begun = time.process_time()
    result = matcher.match(image, view.moved(wrong[:3], wrong[3:]), covariance, told)
    took = time.process_time() - begun
    error = result.view.r_site - view.r_site - built.shift_m
    made = built.image_map.sun_site
    azimuth = math.degrees(math.atan2(made[0], made[1]))
    turn = abs((sun.azimuth_deg - azimuth + 180.0) % 360.0 - 180.0)
    level = built.image_map.levels[-1].resolution_m
    return Frame(kind, sun, turn, math.sqrt(covariance[0, 0]), result, error, took, level)


def flown(frames: int, seed: int) -> list[Frame]:
    """Take the frames, shared between sites and maps."""
    out: list[Frame] = []
    pairs = [(site, k) for site in SITES for k in range(len(MAPS))]
    for part, (site, k) in enumerate(pairs):
        ground = Ground(load_mission(site))
        spec = MapSpec(resolution_m=MAPS[k][0], sun=MAPS[k][1])
        built = build_image_map(ground, spec, seed + part)
        rng = np.random.default_rng([seed, part])
        for number in range(frames // len(pairs)):
            out.append(fly(rng, ground, built, number))
            told(site, number, out[-1])
    return out


def told(site: str, number: int, frame: Frame) -> None:
    """Tell on the error stream of a frame that a reader should look at."""
    if frame.off > 4.0 or (frame.kind == "good") is not frame.fixed:
        result = frame.result
        print(
            f"{site} {number} {frame.kind} {result.code.name}: sun {frame.sun.elevation_deg:.0f}, "
            f"turn {frame.turn_deg:.0f}, sigma {frame.sigma_m:.0f}, coarse "
            f"{result.coarse_height:.1f} {result.coarse_ratio:.2f}, cell {result.cell_m}, inliers "
            f"{result.inliers}/{result.landmarks}, error {frame.error.round(1)}, off "
            f"{frame.off:.1f}",
            file=sys.stderr,
            flush=True,
        )


def table(frames: list[Frame]) -> list[str]:
    """Write the scores by Sun, and of what is hostile."""
    lines = [
        "| Sun, deg | azimuth to the map's Sun, deg | frames | fixes | error of a fix, m: median | "
        "95 % | in map resolutions, 95 % | beyond 5 sigma |",
        "|---|---|---|---|---|---|---|---|",
    ]
    good = [frame for frame in frames if frame.kind == "good"]
    rows = [(band, turn) for band in BANDS for turn in TURNS] + [((0.0, 90.0), (0.0, 180.1))]
    for band, turn in rows:
        held = [
            f for f in good
            if band[0] <= f.sun.elevation_deg < band[1] and turn[0] <= f.turn_deg < turn[1]
        ]  # fmt: skip
        fixed = [f for f in held if f.fixed]
        if not held:
            continue
        name = f"| {band[0]:.0f} to {band[1]:.0f} | {turn[0]:.0f} to {turn[1]:.0f} | {len(held)} |"
        if not fixed:
            lines.append(f"{name} 0 | | | | |")
            continue
        level = [math.hypot(*f.error[:2]) for f in fixed]
        share = [
            e / max(f.result.cell_m, f.resolution_m) for e, f in zip(level, fixed, strict=True)
        ]
        lines.append(
            f"{name} {len(fixed)} | {np.median(level):.1f} | {np.percentile(level, 95):.1f} | "
            f"{np.percentile(share, 95):.2f} | {sum(f.off > 5.0 for f in fixed)} |"
        )
    lines += [
        "",
        "| hostile | frames | accepted | accepted and beyond 5 sigma |",
        "|---|---|---|---|",
    ]
    for kind in HOSTILE:
        held = [f for f in frames if f.kind == kind]
        lines.append(
            f"| {kind} | {len(held)} | {sum(f.fixed for f in held)} | "
            f"{sum(f.off > 5.0 for f in held)} |"
        )
    return [*lines, "", *sentences(frames, good)]


def sentences(frames: list[Frame], good: list[Frame]) -> list[str]:
    """Write what is wanted of all, and the times beside OpenCV's."""
    wide = [f for f in good if f.sigma_m > 500.0]
    errors = [math.hypot(*f.error[:2]) for f in wide if f.fixed]
    reasons: dict[str, int] = {}
    for frame in good:
        if not frame.fixed:
            name = frame.result.code.name
            reasons[name] = reasons.get(name, 0) + 1
    why = ", ".join(f"{name} {count}" for name, count in sorted(reasons.items())) or "none"
    large, small = peers()
    return [
        f"{len(frames)} frames, {sum(f.off > 5.0 for f in frames)} of them accepted and wrong "
        f"beyond 5 sigma. Good frames without a fix: {why}.",
        "",
        f"From 1.5 to 3.2 km (3 sigma) away, one image: {len(errors)} fixes of {len(wide)} frames, "
        f"{np.percentile(errors, 99):.0f} m at 99 %.",
        "",
        f"A frame takes {statistics.median(f.cpu_s for f in frames):.3f} s of CPU time (median; "
        f"95 % {np.percentile([f.cpu_s for f in frames], 95):.3f} s). OpenCV in the same run: 15 "
        f"patches of 128 in 1024 {large:.2f} s, 150 of 21 in 101 {small * 1e3:.0f} ms.",
    ]


def peers() -> tuple[float, float]:
    """Return CPU time [s] of OpenCV's matchTemplate for the patches of Mars 2020's LVS."""
    cv2.setNumThreads(1)
    ground = np.random.default_rng(0).integers(0, 255, (1024, 1024), np.uint8)
    begun = time.process_time()
    for _ in range(15):
        cv2.matchTemplate(ground, ground[400:528, 400:528], cv2.TM_CCOEFF_NORMED)
    middle = time.process_time()
    for _ in range(150):
        cv2.matchTemplate(ground[:101, :101], ground[40:61, 40:61], cv2.TM_CCOEFF_NORMED)
    return middle - begun, time.process_time() - middle


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--frames", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", action="store_true", help="into docs/trn.md")
    options = parser.parse_args()
    begun = time.monotonic()
    frames = flown(options.frames, options.seed)
    lines = table(frames)
    print("\n".join(lines))
    print(f"{(time.monotonic() - begun) / 60.0:.0f} min, farside {version()}", file=sys.stderr)
    if options.write:
        from pathlib import Path

        write("scores", lines, Path(__file__).resolve().parents[1] / "docs" / "trn.md")


if __name__ == "__main__":
    main()
