"""Chang'e 6 by night, its first place known to 1 km: with profiles of the altimeter and without.

    python -m studies.profile_flights [--write] [--flights N]

Each flight has its own ground below the DEM, errors and map. Errors of the place count against the
onboard map. `--write` puts the table into docs/terrain-profile.md.
"""

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from studies.page import write

from farside.flight import Landing, land
from farside.flight.looks import Use
from farside.mission import Mission, load_mission

PAGE = Path(__file__).resolve().parents[1] / "docs" / "terrain-profile.md"
#: 1 km of each axis, 1 sigma.
LOST: dict[str, object] = {"dispersions.knowledge_position_m": 3000.0}
#: No image is asked for but those of terrain navigation.
ALONE: dict[str, object] = {"odometry.camera": None, "avoidance.coarse.camera": None}
BLIND: dict[str, object] = {"terrain_navigation.cameras": []} | ALONE
#: Two weeks after the landing: the Sun stands 44 deg below the horizon.
NIGHT: dict[str, object] = {"epoch.landing_utc": "2024-06-15T22:23:00Z"} | ALONE
PROFILE: dict[str, object] = {"terrain_navigation.profile.every_s": 15.0}
NIGHTS = 6
CASES: dict[str, dict[str, object]] = {
    "no camera, no profile": LOST | BLIND,
    "no camera, profile": LOST | BLIND | PROFILE,
    "night, cameras, profile": LOST | NIGHT | PROFILE,
}


@dataclass(frozen=True)
class Flown:
    """What one flight came to: errors [m], counts, and error^2 over variance."""

    outcome: str
    safe: bool
    fixes: int
    refused: int
    images: int
    braked_m: float
    nees: float
    landed_m: float
    miss_m: float
    cpu_s: float


def fly(mission: Mission, seed: int) -> Flown:
    """Fly one seed."""
    began = time.process_time()
    landing = land(mission, seed=seed)
    return told(landing, time.process_time() - began)


def told(landing: Landing, cpu_s: float) -> Flown:
    """Gather what a landing came to."""
    rows, facts = landing.telemetry, landing.cameras
    shift = np.zeros(2)
    if facts is not None:
        shift = np.array([facts.map_off_east_m, facts.map_off_north_m])
    off = (rows["r_site"] - rows["nav_r_site"])[:, :2] + shift
    # the last tick of the phase that brakes: the approach begins
    braked = int(np.flatnonzero(rows["phase"] == rows["phase"][0])[-1])
    cov, e = rows["nav_r_cov"][braked].astype(np.float64), off[braked]
    P = np.array([[cov[0], cov[1]], [cov[1], cov[3]]])
    images = sum(look.taken for look in landing.looks if look.use == Use.LANDMARKS)
    touchdown = landing.touchdown
    return Flown(
        outcome=landing.outcome,
        safe=landing.safe,
        fixes=facts.profile_fixes if facts else 0,
        refused=facts.profile_refused if facts else 0,
        images=images,
        braked_m=float(np.hypot(*e)),
        nees=float(e @ np.linalg.solve(P, e)),
        landed_m=float(np.hypot(*off[-1])),
        miss_m=touchdown.absolute_miss_m if touchdown else float("nan"),
        cpu_s=cpu_s,
    )


def line(name: str, flown: list[Flown]) -> str:
    """Return a row of the table."""

    def of(key: str) -> np.ndarray:
        return np.array([getattr(each, key) for each in flown], np.float64)

    braked, miss = of("braked_m"), of("miss_m")
    return (
        f"| {name} | {len(flown)} | {of('fixes').mean():.1f} | {int(of('images').sum())} "
        f"| {np.median(braked):.0f} | {braked.max():.0f} | {of('nees').mean() / 2.0:.1f} "
        f"| {np.median(miss):.0f} | {int(of('safe').sum())} | {of('cpu_s').mean():.1f} |"
    )


def main() -> None:
    """Fly all cases; print the table, or write it to the page."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--flights", type=int, default=20)
    given = parser.parse_args()
    table = [
        "| case | flights | profile fixes a flight | images believed | error when braking ends: "
        "median, m | largest, m | error^2 / variance | miss against the Moon: median, m "
        "| safe | CPU, s |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name, keys in CASES.items():
        mission = load_mission("chang-e-6").replace(keys)
        # a dark image takes as long to make as a lit one
        most = given.flights if "night" not in name else min(given.flights, NIGHTS)
        flown = [fly(mission, seed) for seed in range(1, most + 1)]
        table.append(line(name, flown))
        print(table[-1], flush=True)
        print([(each.fixes, each.refused, round(each.braked_m)) for each in flown], flush=True)
    if given.write:
        write("flights", table, PAGE)


if __name__ == "__main__":
    main()
