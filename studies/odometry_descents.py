"""Fly descents whose velocimeter is dead from 2 km on pictures alone; writes docs/odometry.md.

    python -m studies.odometry_descents [--write] [--descents N] [--dem FILE]

The way is given; velocity and accelerometer bias are estimated from accelerations and from the
displacements between pictures. Dust hides the ground below 6 m.
"""

import argparse
import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from studies.odometry_scores import (
    ATTITUDE_DEG,
    DEM,
    HEIGHT_M,
    HEIGHT_SHARE,
    PAGE,
    TURN_RAD,
    World,
    quaternion,
    times,
)
from studies.page import write

from farside.vision import CameraState, FeatureTracker, TrackVerdict, estimate_displacement

#: From 2 km and 1.9 km short of the site to 100 m above it, then straight down.
APPROACH_S, DOWN_MPS, DUST_M = 95.0, 1.5, 6.0
FIRST, SPEED = np.array([-1900.0, 0.0, 2000.0]), np.array([35.0, 0.0, -30.0])
LAST, LAST_SPEED = np.array([0.0, 0.0, 100.0]), np.array([0.0, 0.0, -DOWN_MPS])
#: Accelerometers: bias 100 ug, noise 35 ug per root Hz; velocity at 2 km, 1 sigma each axis.
BIAS_MPS2, NOISE_MPS2, START_MPS = 9.81e-4, 3.4e-4, 1.0
STEP_S = 0.1
MARKS_M = (1000.0, 500.0, 100.0, 20.0, 0.0)


def way(t: float) -> tuple[np.ndarray, np.ndarray]:
    """Return place above the ground at the site, and velocity, at a time."""
    if t >= APPROACH_S:
        return LAST + LAST_SPEED * (t - APPROACH_S), LAST_SPEED
    s, T = t / APPROACH_S, APPROACH_S
    place = (
        (2 * s**3 - 3 * s**2 + 1) * FIRST
        + (s**3 - 2 * s**2 + s) * T * SPEED
        + (3 * s**2 - 2 * s**3) * LAST
        + (s**3 - s**2) * T * LAST_SPEED
    )
    speed = (
        (6 * s**2 - 6 * s) / T * (FIRST - LAST)
        + (3 * s**2 - 4 * s + 1) * SPEED
        + (3 * s**2 - 2 * s) * LAST_SPEED
    )
    return place, speed


@dataclass
class Estimate:
    """Velocity and accelerometer bias, and how far the estimate has moved."""

    v: np.ndarray
    r: np.ndarray
    P: np.ndarray = field(default_factory=lambda: np.diag([START_MPS**2] * 3 + [BIAS_MPS2**2] * 3))
    bias: np.ndarray = field(default_factory=lambda: np.zeros(3))

    def advance(self, dv: np.ndarray) -> None:
        """Add a measured change of velocity over a step."""
        change = dv - self.bias * STEP_S
        self.r = self.r + (self.v + 0.5 * change) * STEP_S
        self.v = self.v + change
        F = np.eye(6)
        F[:3, 3:] = -STEP_S * np.eye(3)
        self.P = F @ self.P @ F.T
        self.P[:3, :3] += np.eye(3) * NOISE_MPS2**2 * STEP_S

    def correct(self, mean: np.ndarray, R: np.ndarray, since: np.ndarray, seconds: float) -> None:
        """Take a mean velocity since the estimate stood at `since`."""
        nu = mean - (self.r - since) / seconds
        S = self.P[:3, :3] + R
        if nu @ np.linalg.solve(S, nu) > 30.0:
            return
        K = self.P[:, :3] @ np.linalg.inv(S)
        step = K @ nu
        self.v, self.bias = self.v + step[:3], self.bias + step[3:]
        self.P = self.P - K @ S @ K.T


def flown(world: World, seed: int) -> Iterator[tuple[float, np.ndarray, np.ndarray, str]]:
    """Yield height, error of velocity, its deviation and verdict after each comparison."""
    rng = np.random.default_rng([seed, 99])
    site = rng.uniform(-200.0, 200.0, 2)
    heading = rng.uniform(0.0, 2.0 * math.pi)
    turn = np.array(
        [
            [math.cos(heading), -math.sin(heading), 0.0],
            [math.sin(heading), math.cos(heading), 0.0],
            [0.0, 0.0, 1.0],
        ]
    )
    base = np.array([*site, 0.0])
    base[2] = -world.beneath(base)
    lean = quaternion(rng.normal(size=3) * ATTITUDE_DEG)
    bias = rng.normal(size=3) * BIAS_MPS2
    place, v = way(0.0)
    place, v = turn @ place, turn @ v
    now = Estimate(v + rng.normal(size=3) * START_MPS, place + base)
    tracker = FeatureTracker(world.camera)
    places: dict[int, np.ndarray] = {}
    step, number = 0, 0
    while True:
        t = step * STEP_S
        true, v = way(t)
        if true[2] <= 1.0:
            yield 0.0, now.v - turn @ v, np.sqrt(np.diag(now.P)[:3]), "touchdown"
            return
        every = 10 if true[2] > 120.0 else 5
        if step % every == 0 and true[2] > DUST_M:
            true = turn @ true + base
            q = quaternion(np.array([4.0 * math.sin(0.1 * t), 3.0 * math.cos(0.13 * t), 0.2 * t]))
            image = world.picture(true, q, turn @ v, seed, number)
            number += 1
            height = world.beneath(true)
            sigma = math.hypot(HEIGHT_SHARE * height, HEIGHT_M)
            state = CameraState(
                step * 10,
                now.r,
                times(lean, q),
                height + rng.normal() * sigma,
                math.hypot(sigma, 0.005 * height),
                float(np.sqrt(now.P[:3, :3].trace() / 3.0)),
            )
            places[step * 10] = now.r
            pair = tracker.take(image, state)
            if pair is not None:
                if pair.tracks.verdict is TrackVerdict.TRACKED:
                    seconds = (pair.tick_j - pair.tick_i) * 0.01
                    moved = estimate_displacement(
                        pair.tracks.pairs,
                        world.camera.pinhole,
                        pair.motion,
                        height_sigma_m=state.height_sigma_m,
                        turn_sigma_rad=TURN_RAD,
                    )
                    R = (
                        moved.covariance_m2 / seconds**2
                        + np.eye(3)
                        * (math.radians(ATTITUDE_DEG) * float(np.linalg.norm(now.v))) ** 2
                    )
                    now.correct(moved.metres / seconds, R, places[pair.tick_i], seconds)
                yield (
                    height,
                    now.v - turn @ v,
                    np.sqrt(np.diag(now.P)[:3]),
                    pair.tracks.verdict.value,
                )
        after = turn @ way(t + STEP_S)[1]
        noise = rng.normal(size=3) * NOISE_MPS2 * math.sqrt(STEP_S)
        now.advance(after - turn @ v + bias * STEP_S + noise)
        step += 1


def main() -> None:
    """Fly; print the table, or write it to the page."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--descents", type=int, default=10)
    parser.add_argument("--dem", type=Path, default=DEM)
    given = parser.parse_args()
    cv2.setNumThreads(1)
    world = World(given.dem)
    errors: dict[float, list[np.ndarray]] = {mark: [] for mark in MARKS_M}
    told: dict[float, list[float]] = {mark: [] for mark in MARKS_M}
    verdicts: dict[str, int] = {}
    for seed in range(given.descents):
        waiting = list(MARKS_M)
        for height, error, sigma, verdict in flown(world, seed):
            verdicts[verdict] = verdicts.get(verdict, 0) + 1
            if waiting and height <= waiting[0]:
                mark = waiting.pop(0)
                errors[mark].append(error)
                told[mark].append(math.hypot(sigma[0], sigma[1]))
        print(f"descent {seed + 1}: {error.round(4)} {verdicts}", file=sys.stderr, flush=True)
    table = [
        "| at | descents | error across, m/s rms | largest, m/s | told, m/s | down, m/s rms |",
        "|---|---|---|---|---|---|",
    ]
    for mark in MARKS_M:
        rows = np.array(errors[mark])
        across = np.hypot(rows[:, 0], rows[:, 1])
        table.append(
            f"| {f'{mark:.0f} m' if mark else 'touchdown'} | {len(rows)} "
            f"| {math.sqrt((across**2).mean()):.3f} | {across.max():.3f} "
            f"| {np.median(told[mark]):.3f} | {math.sqrt((rows[:, 2] ** 2).mean()):.3f} |"
        )
    print("\n".join(table), verdicts, sep="\n")
    if given.write:
        write("descents", table, PAGE)


if __name__ == "__main__":
    main()
