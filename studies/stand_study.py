"""What leg contact, probability and dispersion buy a flight: every seed by both rules of choice.

    python -m studies.stand_study --seeds 200 --workers 2

flies Chang'e 6, the same over rougher ground, and some of Chang'e 4, and writes
docs/stand-study.md. The two rules (`hazards.stand`) get the same ground, the same dispersions and
the same first scan. What they chose is held against the truth where the footpads came to rest.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from studies.seeds import facts_of, spread

from farside.avoidance import HazardAvoidance, ScanResult
from farside.flight.imaging import Scanner
from farside.flight.land import fly
from farside.flight.outcome import base_of, conclude
from farside.flight.wiring import Flight, wire
from farside.mission import Mission, load_mission
from farside.terrain import ElevationMap, Footprint, LanderFootprint
from farside.terrain.legs import LegContact

Row = dict[str, Any]

PAGE = Path(__file__).parents[1] / "docs" / "stand-study.md"
RULES = ("disc", "legs")
CELL_M = 0.1
#: Of the true ground about the lander: holds the footprint and the pads.
HALF_CELLS = 40
#: Rougher ground: so many times the rocks, and the rms slope over 5 m [deg].
ROCKS, SLOPE_5M_DEG = 3.0, 4.0


class TimedAvoidance(HazardAvoidance):
    """Hazard avoidance that times its maps by the processor's clock: other work does not count."""

    cpu_ms = float("nan")

    def assess(self, *given: Any, **named: Any) -> ScanResult | None:
        """Assess a scan, and take the time of it."""
        began = time.process_time()
        found = super().assess(*given, **named)
        self.cpu_ms = 1000.0 * (time.process_time() - began)
        return found


@dataclass(frozen=True)
class Truth:
    """The true ground where the lander stands, its middle and its heading as they came to be."""

    disc: bool  # slope and roughness of the disc are within the limits
    flown: bool  # and so is the stand, at the heading flown
    every: bool  # and at every other
    pads_slope_deg: float  # steepest plane that the pads may rest on
    belly_left_m: float  # belly clearance less the highest ground above the plane of the pads


def truth_of(flight: Flight, heading_deg: float) -> Truth:
    """Judge the true ground under a lander at rest, noise-free and by the limits themselves."""
    hazards, lander = flight.mission.hazards, LanderFootprint.of(flight.mission)
    x, y, _ = base_of(flight.mission, flight.flown[-1])
    # A grid whose rows run along a pad: the lander's own heading is then the first of any number.
    angle = np.radians(90.0 - heading_deg + 180.0 / lander.legs)
    steps = CELL_M * np.arange(-HALF_CELLS, HALF_CELLS + 1)
    ahead, aside = np.meshgrid(steps, steps)
    u, v = flight.ground.arcs_of(
        x + ahead * np.cos(angle) - aside * np.sin(angle),
        y + ahead * np.sin(angle) + aside * np.cos(angle),
    )
    ground = ElevationMap.from_array(flight.ground.height(u, v), CELL_M)
    middle = np.zeros(ground.shape, np.bool_)
    middle[HALF_CELLS, HALF_CELLS] = True
    slope_deg, roughness_m, _ = Footprint(ground.shape, CELL_M, lander.footprint_m).measure(ground)
    disc = bool(
        slope_deg[middle] <= hazards.slope_deg and roughness_m[middle] <= hazards.obstacle_m
    )

    safe = []
    for headings in (lander.headings, 1):
        turned = replace(lander, headings=headings)
        stand = LegContact(ground.shape, (CELL_M, CELL_M), turned).measure(ground, middle)
        slope = float(stand.slope_worst_deg[middle][0])
        rise_m = float(stand.rise_worst_m[middle][0])
        safe.append(slope <= hazards.slope_deg and rise_m <= lander.belly_clearance_m)
    every, flown = safe
    return Truth(disc, flown, every, slope, lander.belly_clearance_m - rise_m)


def fly_both(mission: Mission, seed: int) -> dict[str, Row]:
    """Fly a seed by both rules."""
    return {stand: fly_by(mission, stand, seed) for stand in RULES}


def fly_by(mission: Mission, stand: str, seed: int) -> Row:
    """Fly a seed by one rule: its facts and the truth of where it stands, one level deep."""
    # Metres, as when the page was written: the price would hide what the rules do (decision 016).
    hazards = replace(mission.hazards, stand=stand, price="metres")
    ruled = replace(mission, hazards=hazards)
    flight = wire(ruled, seed=seed, nominal=False, dems=(), imaging=True)
    avoidance = TimedAvoidance(ruled)
    scanner = Scanner(flight, avoidance)
    fly(flight, scanner)
    landed = conclude(flight, scanner)
    began = {phase.name: phase.start_s for phase in landed.phases}
    truth = truth_of(flight, landed.touchdown.heading_deg)
    return (
        facts_of(landed)
        | vars(truth)
        | {"cpu_ms": avoidance.cpu_ms, "hover_s": began["avoid"] - began["hover"]}
    )


def rougher(mission: Mission) -> Mission:
    """Return a mission to rougher ground."""
    ground = mission.ground
    return replace(
        mission,
        ground=replace(
            ground, rock_abundance=ROCKS * ground.rock_abundance, slope_5m_deg=SLOPE_5M_DEG
        ),
    )


def table(flown: Sequence[dict[str, Row]]) -> list[str]:
    """Lay the two rules side by side."""
    sides = {rule: [pair[rule] for pair in flown] for rule in RULES}
    lines = ["| | disc | legs |", "|---|---|---|"]
    for what, said in FIGURES:
        lines.append(f"| {what} | " + " | ".join(said(sides[rule]) for rule in RULES) + " |")
    return lines


def share(column: str) -> Any:
    """Describe how many rows have a column true."""
    return lambda rows: f"{sum(bool(row[column]) for row in rows)} of {len(rows)}"


def spread_of(column: str, digits: int, low: bool = False) -> Any:
    """Describe median, 95 % and extreme of a column; with `low` the small end is the bad one."""

    def say(rows: Sequence[Row]) -> str:
        values = np.array([row[column] for row in rows if row[column] is not None], float)
        tail, worst = (5.0, values.min()) if low else (95.0, values.max())
        figures = (np.median(values), np.percentile(values, tail), worst)
        return ", ".join(f"{figure:.{digits}f}" for figure in figures)

    return say


def foreseen(rows: Sequence[Row]) -> str:
    """Hold the probability that the sites were chosen with against how many were truly safe."""
    known = [row for row in rows if row["probability"] is not None]
    if not known:
        return "none given"
    mean = statistics.fmean(row["probability"] for row in known)
    safe = sum(row["disc"] and row["every"] for row in known)
    return f"{mean:.2%} of {len(known)}; came {safe} ({safe / len(known):.2%})"


FIGURES = (
    ("safe landings: every touchdown limit, and the true disc", share("safe")),
    (
        "landed upright",
        lambda rows: f"{sum(r['outcome'] == 'landed' for r in rows)} of {len(rows)}",
    ),
    ("true ground at rest safe by the disc", share("disc")),
    ("... on the legs at the heading flown", share("flown")),
    ("... on the legs at every heading", share("every")),
    ("foreseen probability of disc and legs, mean; and what came", foreseen),
    ("tilt at rest [deg]: median, 95 %, most", spread_of("rest_tilt_deg", 2)),
    (
        "belly clearance left over the truth [m]: median, 5 %, least",
        spread_of("belly_left_m", 3, True),
    ),
    (
        "slope of the pads' plane on the truth [deg]: median, 95 %, most",
        spread_of("pads_slope_deg", 2),
    ),
    ("divert [m]: median, 95 %, most", spread_of("divert_m", 1)),
    ("hover [s]: median, 95 %, most", spread_of("hover_s", 1)),
    ("propellant [kg]: median, 95 %, most", spread_of("propellant_kg", 0)),
    ("looked again", lambda rows: f"{sum(r['scans'] > 1 for r in rows)} of {len(rows)}"),
    ("nothing safe or sure on the map: the least bad was taken", share("least_bad")),
    (
        "CPU of a hazard map, points to ranked sites [ms]: median, 95 %, most",
        spread_of("cpu_ms", 0),
    ),
)

HEAD = """# Choosing the site by leg contact against choosing it by the disc

What the Chang'e 6 landing gains by choosing its site with leg contact, probability and touchdown
dispersion (`hazards.stand = "legs"`) instead of slope and roughness of the disc alone (`"disc"`).
`python -m studies.stand_study` writes this page: every seed is flown by both rules over the
same ground with the same dispersions. Truth is the noise-free ground where the middle of the
footpads came to rest, with the pads where the heading flown puts them. CPU times are of the machine
that flew the study, with other work on it. See docs/decisions/010.
"""


def grounds(seeds: int) -> list[tuple[str, Mission, int]]:
    """List what is flown over: a title, a mission, and how many seeds."""
    six, four = load_mission("chang-e-6"), load_mission("chang-e-4")
    rough = rougher(six)
    harsher = (
        f"rock abundance {rough.ground.rock_abundance:.2g} for {six.ground.rock_abundance:.2g}, "
        f"rms slope over 5 m {rough.ground.slope_5m_deg:g} deg for {six.ground.slope_5m_deg:g}"
    )
    half, few = max(seeds // 2, 1), max(seeds // 10, 1)
    return [
        (f"Chang'e 6, {seeds} seeds", six, seeds),
        (f"Chang'e 6 over rougher ground, {half} seeds: {harsher}", rough, half),
        (f"Chang'e 4, {few} seeds", four, few),
    ]


def main() -> int:
    """Fly the study and write its page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--seeds", type=int, default=200, help="how many of Chang'e 6")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, default=PAGE)
    parser.add_argument("--rows", type=Path, help="JSON file for the rows of all flights")
    asked = parser.parse_args()
    page, rows = [HEAD], {}
    for title, mission, seeds in grounds(asked.seeds):
        pairs = list(spread(partial(fly_both, mission), range(seeds), asked.workers))
        page += [f"## {title}\n", *table(pairs), ""]
        rows[title] = pairs
        print("\n".join(page[-len(FIGURES) - 4 :]), flush=True)
        asked.out.write_text("\n".join(page))
        if asked.rows:
            asked.rows.write_text(json.dumps(rows, indent=1))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
