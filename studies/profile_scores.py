"""Score the fit of altimeter profiles to the map of heights, and write docs/terrain-profile.md.

    python -m studies.profile_scores [--write] [--tracks N] [--dem FILE]

The ground is GLD100 about Chang'e 6 with synthetic detail below what it resolves. Each track has a
place, a heading and errors of its own.
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

from farside.ground.measured import Measured, measure
from farside.mission.files import load_mission
from farside.navigation import HeightMap, ProfileLimits, ProfileVerdict, profile_fix

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "terrain-profile.md"
DEM = ROOT.parent / "shared" / "data" / "ce6_apollo_gld100_256ppd.tif"
#: Synthetic detail: what GLD100 does not resolve, 5 m rms between 60 and 400 m, Hurst 0.5.
DETAIL_M, SHORTEST_M, LONGEST_M, HURST, TILE_M, TILE = 5.0, 60.0, 400.0, 0.5, 15.0, 2048
#: Of the track: length, height, speed, descent and tilt of the beam.
TRACK_M, HEIGHT_M, SPEED_MPS, CLIMB_MPS, TILT_DEG = 40e3, 10e3, 1200.0, -40.0, 5.0
RATE_HZ = 10.0
#: Where tracks may run: arcs about the site inside the raster.
REACH_U_M, REACH_V_M = 115e3, 100e3


@dataclass(frozen=True)
class Case:
    """A map and what is known of it."""

    name: str
    posting_m: float
    error_m: float  # of the map, rms
    together_m: float  # length over which it holds together
    detail: bool  # whether the map was made of the ground with its detail
    place_sigma_m: float
    track_m: float = TRACK_M
    height_m: float = HEIGHT_M
    beam_deg: float = 0.0  # of its mounting; 0: the mission's

    @property
    def sigma_m(self) -> float:
        """Return the deviation of the ground from the map that the flight side is told."""
        return math.hypot(self.error_m, 0.0 if self.detail else 3.0) + 0.005 * self.posting_m


CASES = (
    Case("118 m", 118.45, 5.0, 500.0, False, 533.0),
    Case("118 m, 3.2 km", 118.45, 5.0, 500.0, False, 1067.0),
    Case("118 m, 80 km of track", 118.45, 5.0, 500.0, False, 533.0, 80e3),
    Case("118 m, from 5 km", 118.45, 5.0, 500.0, False, 533.0, height_m=5e3),
    Case("118 m, beam to 0.01 deg", 118.45, 5.0, 500.0, False, 533.0, beam_deg=0.01),
    Case("250 m", 250.0, 5.0, 500.0, False, 533.0),
    Case("500 m", 500.0, 5.0, 1000.0, False, 533.0),
    Case("60 m, detail mapped, 10 km", 60.0, 3.0, 120.0, True, 533.0, 10e3, 5e3, 0.01),
)


def fractal(seed: int, shortest_m: float, longest_m: float) -> np.ndarray:
    """Return a periodic tile of fractal heights between two wavelengths, 1 rms."""
    rng = np.random.default_rng(seed)
    k = np.hypot(*np.meshgrid(*[np.fft.fftfreq(TILE, TILE_M)] * 2))
    band = (k > 1.0 / longest_m) & (k < 1.0 / shortest_m)
    power = np.where(band, np.maximum(k, 1e-9) ** (-HURST - 1.0), 0.0)
    tile = np.fft.ifft2(power * np.fft.fft2(rng.normal(size=(TILE, TILE)))).real
    return (tile / tile.std()).astype(np.float32)


def on_tile(tile: np.ndarray, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Return a periodic tile at arcs u, v."""
    x, y = (np.mod(a / TILE_M, TILE) for a in (u, v))
    wrapped = np.pad(tile, ((0, 2), (0, 2)), mode="wrap")
    i, j = y.astype(int), x.astype(int)
    fx, fy = x - j, y - i
    return (wrapped[i, j] * (1 - fx) + wrapped[i, j + 1] * fx) * (1 - fy) + (
        wrapped[i + 1, j] * (1 - fx) + wrapped[i + 1, j + 1] * fx
    ) * fy


class World:
    """The true ground, and maps of it with errors."""

    def __init__(self, measured: Measured) -> None:
        self.measured = measured
        self.radius_m = measured.arcs.arc_m
        self.detail = DETAIL_M * fractal(7, SHORTEST_M, LONGEST_M)

    def heights(self, u: np.ndarray, v: np.ndarray, detail: bool = True) -> np.ndarray:
        """Return the ground at arcs u, v [m above radius_m]."""
        z = self.measured.heights(u, v)
        return z + on_tile(self.detail, u, v) if detail else z

    def onboard(self, case: Case, u: np.ndarray, v: np.ndarray, seed: int) -> HeightMap:
        """Return the map about a track as it is carried: means over cells, with an error."""
        reach = 3.5 * case.place_sigma_m + 6.0 * case.posting_m
        cell = case.posting_m
        first = np.floor((np.array([u.min(), v.min()]) - reach) / cell)
        last = np.ceil((np.array([u.max(), v.max()]) + reach) / cell)
        gu, gv = (np.arange(first[k], last[k] + 1) * cell for k in range(2))
        fine = max(round(cell / 60.0), 2)
        off = ((np.arange(fine) + 0.5) / fine - 0.5) * cell
        fu, fv = (np.add.outer(g, off).ravel() for g in (gu, gv))
        z = self.heights(fu[None, :], fv[:, None], case.detail)
        z = z.reshape(len(gv), fine, len(gu), fine).mean(axis=(1, 3))
        rng = np.random.default_rng(seed)
        error = rng.normal(size=z.shape)
        error = cv2.GaussianBlur(error, (0, 0), max(0.5 * case.together_m / cell, 0.3))
        z += case.error_m * error / error.std()
        along = self.measured.arcs.axes[0]
        return HeightMap(z, gu[0], gv[0], cell, self.radius_m, along, case.sigma_m, case.together_m)


def beam_deg(case: Case, altimeter: object) -> float:
    """Return the deviation of the beam's direction, mounting and attitude, each axis [deg]."""
    mounting = case.beam_deg or altimeter.misalignment_deg
    return math.hypot(mounting, case.beam_deg or 0.05)


def flown(world: World, case: Case, rng: np.random.Generator, altimeter: object) -> dict:
    """Fly one track: what the flight side has, and where it truly is."""
    duration = case.track_m / SPEED_MPS
    s = np.arange(0.0, duration, 1.0 / RATE_HZ) - duration
    while True:
        end = rng.uniform(-1.0, 1.0, 2) * [REACH_U_M, REACH_V_M]
        heading = rng.uniform(0.0, 2.0 * math.pi)
        way = np.array([math.cos(heading), math.sin(heading)])
        start = end - way * case.track_m
        if abs(start[0]) < REACH_U_M and abs(start[1]) < REACH_V_M:
            break
    place = end + s[:, None] * SPEED_MPS * way
    up = case.height_m + CLIMB_MPS * s
    lean = math.radians(TILT_DEG) * way + np.radians(rng.normal(size=2) * beam_deg(case, altimeter))
    slant = math.sqrt(1.0 + float(lean @ lean))
    ranges = up.copy()
    for _ in range(12):
        at = place + (ranges / slant)[:, None] * lean
        ranges = (up - world.heights(at[:, 0], at[:, 1])) * slant
    noise = altimeter.noise_m + altimeter.noise_far_m * ranges / altimeter.range_max_m
    measured = ranges + rng.normal(size=len(s)) * noise + rng.normal() * altimeter.bias_m
    # what is known: the same way, off by the errors of the estimate
    turned = rng.uniform(0.0, 2.0 * math.pi)
    far = 3.0 * case.place_sigma_m * math.sqrt(rng.uniform())
    off = far * np.array([math.cos(turned), math.sin(turned)])
    speed = rng.normal(size=3) * 0.3
    known = place + off + s[:, None] * speed[:2]
    known_up = up + rng.normal() * 100.0 + s * speed[2]
    designed = math.radians(TILT_DEG) * way
    return {
        "true": place,
        "known": known,
        "known_up": known_up,
        "lean": designed,
        "ranges": measured,
        "ticks": np.round((s - s[0]) * 100.0).astype(np.int64),
        "off": off,
    }


def fix_of(world: World, case: Case, track: dict, onboard: HeightMap, altimeter: object) -> tuple:
    """Return the fix of a track and its error, east and north in arcs [m]."""
    arcs = world.measured.arcs
    site = arcs.site(track["known"][:, 0], track["known"][:, 1], track["known_up"], world.radius_m)
    below = arcs.site(
        track["known"][:, 0] + 100.0 * track["lean"][0],
        track["known"][:, 1] + 100.0 * track["lean"][1],
        track["known_up"] - 100.0,
        world.radius_m,
    )
    look = below - site
    look /= np.linalg.norm(look, axis=1)[:, None]
    limits = ProfileLimits(beam_sigma_rad=math.radians(beam_deg(case, altimeter)))
    covariance = np.eye(2) * case.place_sigma_m**2
    fix = profile_fix(onboard, track["ticks"], site, look, track["ranges"], covariance, limits)
    return fix, fix.offset_m + (track["known"][-1] - track["true"][-1])


def scored(world: World, case: Case, tracks: int, altimeter: object) -> list[dict]:
    """Fly tracks of one case."""
    rows = []
    for number in range(tracks):
        rng = np.random.default_rng([number, 12])
        track = flown(world, case, rng, altimeter)
        onboard = world.onboard(case, track["known"][:, 0], track["known"][:, 1], number)
        begun = time.process_time()
        fix, error = fix_of(world, case, track, onboard, altimeter)
        took = time.process_time() - begun
        z = track["known_up"] - track["ranges"]
        relief = float(np.std(z - np.polyval(np.polyfit(track["ticks"], z, 1), track["ticks"])))
        rows.append(
            {
                "fix": fix,
                "error": error,
                "relief": relief,
                "seconds": took,
                "sigma": np.sqrt(fix.variance_m2),
            }
        )
        if number % 20 == 19:
            print(f"  {case.name}: {number + 1} of {tracks}", file=sys.stderr, flush=True)
    return rows


def line(case: Case, rows: list[dict]) -> str:
    """Write one row of the table."""
    fixed = [row for row in rows if row["fix"].verdict is ProfileVerdict.FIXED]
    errors = np.array([math.hypot(*row["error"]) for row in fixed]) if fixed else np.zeros(0)
    right = errors < max(90.0, 0.75 * case.posting_m)
    mean = f"{errors[right].mean():.0f}" if right.any() else "-"
    most = f"{errors.max():.0f}" if errors.size else "-"
    within = np.array([(row["error"] ** 2).sum() / row["fix"].variance_m2.sum() for row in fixed])
    chi = f"{within[right].mean():.2f}" if right.any() else "-"
    seconds = np.median([row["seconds"] for row in rows])
    return (
        f"| {case.name} | {3 * case.place_sigma_m / 1e3:.1f} | {len(rows)} | {len(fixed)} "
        f"| {int(right.sum())} | {mean} | {most} | {chi} | {seconds:.2f} |"
    )


def relief_lines(rows: list[dict]) -> list[str]:
    """Write how many tracks of each relief gave a place, and why the others did not."""
    lines = ["| relief, m rms | tracks | fixed | refused as |", "|---|---|---|---|"]
    for low, high in ((0, 20), (20, 40), (40, 80), (80, 160), (160, 320), (320, 1e9)):
        held = [row for row in rows if low <= row["relief"] < high]
        if not held:
            continue
        why: dict[str, int] = {}
        for row in held:
            if row["fix"].verdict is not ProfileVerdict.FIXED:
                why[row["fix"].verdict.value] = why.get(row["fix"].verdict.value, 0) + 1
        told = ", ".join(f"{name} {count}" for name, count in sorted(why.items())) or "-"
        name = f"{low}-{high}" if high < 1e9 else f"{low} and more"
        lines.append(f"| {name} | {len(held)} | {len(held) - sum(why.values())} | {told} |")
    return lines


def main() -> None:
    """Fly all cases; print the tables, or write them to the page."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--tracks", type=int, default=200)
    parser.add_argument("--dem", type=Path, default=DEM)
    parser.add_argument("--case", default="")
    given = parser.parse_args()
    if not given.dem.is_file():
        raise SystemExit(f"no raster {given.dem}: give one with --dem")
    mission = load_mission("chang-e-6")
    site = mission.site
    world = World(
        measure(
            site.latitude_deg,
            site.longitude_deg,
            mission.orbit.arrival_azimuth_deg,
            5000.0,
            [given.dem],
        )
    )
    table = [
        "| map | search, km | tracks | fixed | right | mean error of those, m | largest error, m "
        "| error^2 / variance | CPU, s |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    relief: list[str] = []
    for case in CASES:
        if given.case and case.name != given.case:
            continue
        rows = scored(world, case, given.tracks, mission.sensors.altimeter)
        table.append(line(case, rows))
        print(table[-1], flush=True)
        if not relief:
            relief = relief_lines(rows)
    print("\n".join([*table, "", *relief]))
    if given.write:
        write("scores", table, PAGE)
        write("relief", relief, PAGE)


if __name__ == "__main__":
    main()
