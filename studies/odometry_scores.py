"""Score visual odometry on pictures of the true ground, and write docs/odometry.md.

    python -m studies.odometry_scores [--write] [--pairs N] [--dem FILE]

Pictures are Chang'e 6's ground with its Sun, by its landing camera with mounting error, response
and noise. What the flight side is told of height, attitude and velocity has errors of its own.
"""

import argparse
import math
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from studies.page import write

from farside.ground import Ground
from farside.mission import load_mission
from farside.mission.camera import PRESETS, Camera
from farside.mission.ephemeris import sun_direction
from farside.mission.frames import SiteFrame
from farside.sensors.camera import take_picture
from farside.sensors.viewpoint import Pose
from farside.vision import (
    TrackVerdict,
    VisionError,
    estimate_displacement,
    predicted_motion,
    track_features,
)

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "odometry.md"
DEM = ROOT.parent / "shared" / "data" / "ce6_apollo_gld100_256ppd.tif"
#: Errors of what the flight side is told, 1 sigma: attitude [deg], turn between the
#: images [rad], height as a share beside the altimeter's noise [m].
ATTITUDE_DEG, TURN_RAD, HEIGHT_SHARE, HEIGHT_M = 0.02, 1e-5, 0.003, 0.15
TILT_DEG = 5.0


@dataclass(frozen=True)
class Case:
    """A place of the descent."""

    height_m: float
    across_mps: float
    down_mps: float
    interval_s: float
    speed_mps: float = 1.0  # deviation of the estimated velocity, each axis
    relief_share: float = 0.02


CASES = (
    Case(2000.0, 35.0, 30.0, 0.5),
    Case(2000.0, 35.0, 30.0, 1.0),
    Case(500.0, 12.0, 15.0, 0.5),
    Case(500.0, 12.0, 15.0, 1.0),
    Case(100.0, 2.0, 1.5, 0.5),
    Case(100.0, 2.0, 1.5, 1.0),
    Case(20.0, 0.3, 1.5, 0.5, 0.3),
    Case(20.0, 0.3, 1.5, 1.0, 0.3),
    Case(5.0, 0.1, 1.5, 0.5, 0.1),
)


def quaternion(turn_deg: np.ndarray) -> np.ndarray:
    """Return the quaternion of a small rotation vector [deg]."""
    half = np.radians(turn_deg) / 2.0
    angle = np.linalg.norm(half)
    return np.array([math.cos(angle), *(half * (math.sin(angle) / max(angle, 1e-12)))])


def times(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the Hamilton product of two quaternions."""
    return np.array(
        [
            a[0] * b[0] - a[1:] @ b[1:],
            *(a[0] * b[1:] + b[0] * a[1:] + np.cross(a[1:], b[1:])),
        ]
    )


class World:
    """The true ground, its Sun, and a camera over it."""

    def __init__(self, dem: Path) -> None:
        mission = load_mission("chang-e-6")
        self.ground = Ground(mission, dems=[dem] if dem.is_file() else [])
        site = mission.site
        frame = SiteFrame(site.latitude_deg, site.longitude_deg, self.ground.radius_m)
        self.sun = sun_direction(mission.epoch.landing_utc, frame).unit_site
        self.camera = Camera(name="lcam", **PRESETS["lcam"])

    def picture(self, place: np.ndarray, q: np.ndarray, v: np.ndarray, key: int, number: int):
        """Take a picture."""
        pose = Pose(tuple(place), tuple(q), tuple(v))
        return take_picture(
            self.ground, self.camera, pose, tuple(self.sun), key=key, number=number
        ).image

    def beneath(self, place: np.ndarray) -> float:
        """Return the height above the ground beneath."""
        u, v = self.ground.arcs_below(place)
        away = place + np.array([0.0, 0.0, self.ground.radius_m])
        radial = float(np.linalg.norm(away)) - self.ground.radius_m
        return radial - float(self.ground.height(u, v))


def compared(world: World, case: Case, seed: int) -> dict:
    """Take two pictures, and compare what is found with the truth."""
    rng = np.random.default_rng([seed, int(case.height_m), int(case.interval_s * 100)])
    heading = rng.uniform(0.0, 2.0 * math.pi)
    v = np.array(
        [
            case.across_mps * math.cos(heading),
            case.across_mps * math.sin(heading),
            -case.down_mps,
        ]
    )
    first = np.array([*rng.uniform(-300.0, 300.0, 2), 0.0])
    first[2] += case.height_m - world.beneath(first)
    second = first + v * case.interval_s
    q = [quaternion(rng.normal(size=3) * [TILT_DEG, TILT_DEG, 20.0])]
    q.append(times(q[0], quaternion(rng.normal(size=3) * 0.5)))
    i, j = (
        world.picture(place, attitude, v, seed, number)
        for number, (place, attitude) in enumerate(zip((first, second), q, strict=True))
    )
    lean = quaternion(rng.normal(size=3) * ATTITUDE_DEG)
    known = [times(lean, q[0])]
    known.append(times(times(lean, q[1]), quaternion(np.degrees(rng.normal(size=3) * TURN_RAD))))
    height_sigma = math.hypot(HEIGHT_SHARE * case.height_m, HEIGHT_M)
    height = world.beneath(first) + rng.normal() * height_sigma
    motion = predicted_motion(
        world.camera,
        (known[0], known[1]),
        (v + rng.normal(size=3) * case.speed_mps) * case.interval_s,
        height,
        displacement_sigma_m=case.speed_mps * case.interval_s,
        height_sigma_m=height_sigma,
        turn_sigma_rad=TURN_RAD,
        relief_m=case.relief_share * case.height_m,
    )
    begun = time.process_time()
    tracks = track_features(i, j, world.camera, motion)
    out = {"tracks": tracks, "seconds": time.process_time() - begun, "images": (i, j)}
    if tracks.verdict is TrackVerdict.TRACKED:
        try:
            found = estimate_displacement(
                tracks.pairs,
                world.camera.pinhole,
                motion,
                # the plane under the picture is not at the height that is under the lander
                height_sigma_m=math.hypot(height_sigma, case.relief_share * case.height_m / 2.0),
                turn_sigma_rad=TURN_RAD,
            )
        except VisionError as error:
            print(error, file=sys.stderr)
            return out
        out["error"] = (found.metres - v * case.interval_s) / case.interval_s
        out["sigma"] = np.sqrt(np.diag(found.covariance_m2)) / case.interval_s
        out["chi2"] = found.chi2_per_freedom
        across = found.covariance_m2[:2, :2] / case.interval_s**2
        out["nees"] = float(out["error"][:2] @ np.linalg.solve(across, out["error"][:2]))
    return out


def line(case: Case, rows: list[dict]) -> str:
    """Write one row of the table."""
    good = [row for row in rows if "error" in row]
    name = f"| {case.height_m:.0f} | {case.interval_s:g} | {len(rows)} | {len(good)} "
    if not good:
        return name + "| - | - | - | - | - | - | - |"
    errors = np.array([row["error"] for row in good])
    across = np.hypot(errors[:, 0], errors[:, 1])
    told = np.median([math.hypot(*row["sigma"][:2]) for row in good])
    return (
        name + f"| {np.median([len(row['tracks']) for row in good]):.0f} "
        f"| {np.median([row['tracks'].scatter_px for row in good]):.2f} "
        f"| {math.sqrt((across**2).mean()):.3f} | {np.quantile(across, 0.95):.3f} "
        f"| {told:.3f} | {np.mean([row['nees'] for row in good]) / 2.0:.2f} "
        f"| {math.sqrt((errors[:, 2] ** 2).mean()):.3f} "
        f"| {np.median([row['seconds'] for row in rows]):.3f} |"
    )


def main() -> None:
    """Compare pictures of all cases; print the table, or write it to the page."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--pairs", type=int, default=24)
    parser.add_argument("--dem", type=Path, default=DEM)
    given = parser.parse_args()
    cv2.setNumThreads(1)
    world = World(given.dem)
    table = [
        "| height, m | interval, s | pairs of pictures | tracked | pixel pairs | scatter, px "
        "| error across, m/s rms | 95 %, m/s | told, m/s | NEES / 2 | down, m/s rms | CPU, s |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for case in CASES:
        rows = [compared(world, case, seed) for seed in range(given.pairs)]
        table.append(line(case, rows))
        refused = [row["tracks"].verdict.value for row in rows if "error" not in row]
        print(table[-1], *refused, flush=True)
    if given.write:
        write("scores", table, PAGE)


if __name__ == "__main__":
    main()
