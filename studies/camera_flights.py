"""Dispersed flights with the cameras at work: how well the place is known, and the landing.

    python -m studies.camera_flights [--flights 200] [--first 0] [--case dispersed] [--workers 2]
                                     [--write]

Cases: `dispersed` as the mission is; `far`, the first place known to 3.2 km (3 sigma); `no_speed`,
the velocimeter lost from 2 km down; `elsewhere`, each flight to a place of its own, drawn from all
over the Moon, at a time when the Sun stands 10 to 60 deg high there. A filter's covariance speaks
of gravity and ground that are drawn anew, and over one site they are not (docs/consistency.md), so
that it is this case that tells whether the filter is consistent.

Errors of the place count against the onboard map, whose own error against the Moon is drawn for
each flight and said beside them. NEES is that of the filter's own position and velocity at 20
epochs from the first image on, three states each, against the two-sided 95 % band of its mean over
the flights. `--write` puts the tables into
docs/camera-flights.md.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from itertools import repeat
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from studies.consistency import elsewhere
from studies.consistency_page import band
from studies.page import write

from farside.flight import Landing, land
from farside.flight.assembly import site_frame
from farside.flight.consistency import STATES, TOLD, nees_of
from farside.flight.looks import PLACES
from farside.mission import Mission, load_mission
from farside.mission.ephemeris import parse_utc, sun_direction
from farside.mission.moon import MEAN_RADIUS_M

Floats = NDArray[np.float64]

PAGE = Path(__file__).parents[1] / "docs" / "camera-flights.md"
EPOCHS = 20
BLOCKS = ("position", "velocity")
_UPPER = np.array([[0, 1, 2], [1, 3, 4], [2, 4, 5]])
#: After the first image, errors of the place are told [s].
AFTER_S = (2.5, 10.0)
#: What each case changes: keys of the mission, faults.
CASES: dict[str, tuple[dict[str, object], tuple[str, ...]]] = {
    "dispersed": ({}, ()),
    "far": ({"dispersions.knowledge_position_m": 3200.0}, ()),
    "no_speed": ({}, ("velocimeter silent below 2000 m",)),
    "elsewhere": ({}, ()),
}
#: Elevation of the Sun over a place that is drawn [deg].
SUN_DEG = (10.0, 60.0)


@dataclass(frozen=True)
class Flown:
    """What one flight came to.

    Attributes
    ----------
    seed : int
    outcome : str
    safe : bool
    taken, refused : int
        Images laid onto the map, of either kind.
    first_m : float
        Error of the place before the first image, horizontal, against the map [m].
    after_m : tuple of float
        The same so long after it (`AFTER_S`).
    place_m : float
        At first contact.
    across_mps : float
        Speed across at first contact, true.
    nees : tuple of tuples
        By block, at each epoch.
    cpu_s : float
    """

    seed: int
    outcome: str
    safe: bool
    taken: int
    refused: int
    first_m: float
    after_m: tuple[float, ...]
    place_m: float
    across_mps: float
    miss_m: float
    nees: tuple[tuple[float, ...], ...]
    cpu_s: float


def changed(name: str, case: str, seed: int) -> Mission:
    """Return the mission of a case."""
    keys, _ = CASES[case]
    mission = load_mission(name)
    if case == "elsewhere":
        return lit(elsewhere(mission, seed), seed)
    return mission.replace(keys) if keys else mission


def lit(mission: Mission, seed: int) -> Mission:
    """Return a mission at a time of the next month at which the Sun stands well over its site.

    Where it never does, near a pole, at the last time that was tried.
    """
    low, high = SUN_DEG
    begin = parse_utc(mission.epoch.landing_utc)
    for half_days in np.random.default_rng([67, seed]).permutation(60).tolist():
        when = begin + timedelta(days=0.5 * half_days + 1.0)
        mission = mission.replace("epoch.landing_utc", f"{when:%Y-%m-%dT%H:%M:%SZ}")
        sun = sun_direction(when, site_frame(mission, MEAN_RADIUS_M))
        if low < sun.elevation_deg < high:
            break
    return mission


def fly(seed: int, name: str, case: str) -> Flown:
    """Fly one seed."""
    began = time.process_time()
    landing = land(changed(name, case, seed), seed=seed, faults=CASES[case][1], cameras=True)
    return told(landing, seed, time.process_time() - began)


def told(landing: Landing, seed: int, cpu_s: float) -> Flown:
    """Gather what a landing came to."""
    rows, facts = landing.telemetry, landing.cameras
    if facts is None:
        raise ValueError("a flight without cameras; give a mission that carries them")
    shift = np.array([facts.map_off_east_m, facts.map_off_north_m, facts.map_off_up_m])
    off = (rows["r_site"] + shift - rows["nav_r_site"])[:, :2]
    error = np.sqrt((off * off).sum(axis=1))
    images = [look for look in landing.looks if look.use in PLACES]
    first = round(100.0 * images[0].time_s) if images else 0
    contact = min(round(100.0 * landing.duration_s), len(rows) - 1) if landing.duration_s else -1
    epochs = np.linspace(first, contact, EPOCHS + 1).astype(int)[1:]
    touchdown = landing.touchdown
    return Flown(
        seed=seed,
        outcome=landing.outcome,
        safe=landing.safe,
        taken=facts.landmark_fixes + facts.crater_fixes,
        refused=facts.landmark_refused + facts.crater_refused,
        first_m=float(error[first]),
        after_m=tuple(float(error[min(first + round(100.0 * s), contact)]) for s in AFTER_S),
        place_m=facts.place_error_m,
        across_mps=touchdown.horizontal_speed_mps,
        miss_m=touchdown.miss_m,
        nees=tuple(nees_at(rows, epochs, block) for block in BLOCKS),
        cpu_s=cpu_s,
    )


def nees_at(rows: NDArray[np.void], epochs: NDArray[np.intp], block: str) -> tuple[float, ...]:
    """Return the NEES of a block at rows."""
    truth, estimate, covariance = TOLD[block]
    return tuple(
        nees_of(
            np.array(rows[truth][i] - rows[estimate][i]),
            np.array(rows[covariance][i], np.float64)[_UPPER],
        )
        for i in epochs
    )


def lines_of(flown: Sequence[Flown], case: str, name: str) -> list[str]:
    """Return the table of a case."""
    count = len(flown)
    taken = sum(each.taken for each in flown)
    refused = sum(each.refused for each in flown)
    landed = [each for each in flown if np.isfinite(each.place_m)]
    rows = [
        ("flights; safe", f"{count}; {sum(each.safe for each in flown)}"),
        ("images laid onto the map; believed", f"{taken + refused}; {taken}"),
        ("place before the first image", spread([each.first_m for each in flown], "m")),
        *(
            (f"{s:g} s after it", spread([each.after_m[i] for each in flown], "m"))
            for i, s in enumerate(AFTER_S)
        ),
        ("place at first contact", spread([each.place_m for each in landed], "m")),
        ("miss of the chosen site", spread([each.miss_m for each in landed], "m")),
        ("speed across at first contact", spread([each.across_mps for each in landed], "m/s", 3)),
    ]
    low, high = band(STATES, count)
    for k, block in enumerate(BLOCKS):
        means = np.array([each.nees[k] for each in flown]).mean(axis=0)
        inside = int(((means >= low) & (means <= high)).sum())
        rows.append(
            (
                f"NEES of {block}: epochs in [{low:.2f}, {high:.2f}]",
                f"{inside} of {EPOCHS}; mean {means.mean():.2f}",
            )
        )
    rows.append(("CPU a flight, median", f"{np.median([each.cpu_s for each in flown]):.0f} s"))
    head = f"{name}, case `{case}`, seeds {flown[0].seed} to {flown[-1].seed}"
    return [f"| {head} | |", "|---|---|", *(f"| {what} | {value} |" for what, value in rows)]


def spread(values: Sequence[float], unit: str, digits: int = 2) -> str:
    """Return median, 99 % and largest of values, with their unit."""
    if not values:
        return "none"
    median, high = np.percentile(values, [50.0, 99.0])
    return f"{median:.{digits}f} {unit} median, {high:.{digits}f} (99 %), {max(values):.{digits}f}"


def main() -> None:
    """Fly, and print or write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--flights", type=int, default=200)
    parser.add_argument("--first", type=int, default=0, help="seed")
    parser.add_argument("--mission", default="chang-e-6")
    parser.add_argument("--case", choices=sorted(CASES), default="dispersed")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    flown: list[Flown] = []
    seeds = range(given.first, given.first + given.flights)
    with ProcessPoolExecutor(given.workers) as pool:
        jobs = pool.map(fly, seeds, repeat(given.mission), repeat(given.case))
        for each in jobs:
            flown.append(each)
            print(each.seed, each.outcome, each.safe, each.taken, each.refused,
                  f"{each.place_m:.2f} m {each.across_mps:.4f} m/s", flush=True)  # fmt: skip
    lines = lines_of(flown, given.case, given.mission)
    print("\n".join(lines))
    if given.write:
        write(f"{given.mission}-{given.case}", lines, PAGE)


if __name__ == "__main__":
    main()
