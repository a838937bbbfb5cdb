"""Many dispersed landings: which link of the chain flew, why it handed over, what it cost.

    python -m studies.links [--seeds 200] [--workers 1] [--polynomial] [--write]

flies a mission as it is, prints how long each link commanded and the reasons of its hand-overs, the
propellant of each phase, and the ellipse in which the flights touch down. `--polynomial` flies the
same seeds once more with the polynomial alone in place of the chain, as the first landing's
guidance did. `--write` puts the table into docs/guidance.md.
"""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby, pairwise

import numpy as np
from numpy.typing import NDArray
from studies.page import write
from studies.seeds import spread

from farside.flight import land
from farside.guidance import GuidanceMode, Reason
from farside.mission import Mission, load_mission

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class FlightOutcome:
    """What is kept of one flight."""

    seed: int
    landed: bool
    propellant_kg: float
    phases: dict[str, tuple[float, float]]
    """Propellant [kg] and duration [s] of each."""
    legs: tuple[tuple[int, int, float], ...]
    """GuidanceMode, why not the one before, seconds; in order, where a chain flies."""
    place_m: Vector
    """(2,) at rest, east and north of the mission's site."""
    miss_m: float
    """From the place that was chosen."""


def without_chain(mission: Mission) -> Mission:
    """Fly every row of the chain by the polynomial behind it."""
    return replace(
        mission,
        phases=tuple(
            replace(phase, law="polynomial") if phase.law == "optimal" else phase
            for phase in mission.phases
        ),
    )


def fly(name: str, polynomial: bool, seed: int) -> FlightOutcome:
    """Fly one seed."""
    mission = load_mission(name)
    landed = land(without_chain(mission) if polynomial else mission, seed=seed, cameras=False)
    rows = landed.telemetry
    starts = [(phase.name, phase.start_s, phase.mass_kg) for phase in landed.phases]
    starts.append(("", landed.duration_s, landed.landed_mass_kg))
    phases = {one[0]: (one[2] - after[2], after[1] - one[1]) for one, after in pairwise(starts)}
    guided = rows[rows["link"] > 0]
    legs = [
        (link, reason, 0.01 * sum(1 for _ in ticks))
        for (link, reason), ticks in groupby(
            zip(guided["link"].tolist(), guided["reason"].tolist(), strict=True)
        )
    ]
    return FlightOutcome(
        seed,
        landed.outcome == "landed",
        landed.propellant_kg,
        phases,
        tuple(legs),
        rows["r_site"][-1, :2].copy(),
        float(landed.touchdown.miss_m),
    )


def chain_lines(flights: list[FlightOutcome]) -> list[str]:
    """Describe what each link flew, and for which reasons."""
    lines = ["| link | reason | flights | seconds in those, median |", "|---|---|---|---|"]
    names = {int(link): link.name.lower() for link in GuidanceMode}
    reasons = {int(reason): reason.name.lower().replace("_", " ") for reason in Reason}
    for key in sorted({(link, reason) for f in flights for link, reason, _ in f.legs}):
        spent = [sum(s for k, r, s in f.legs if (k, r) == key) for f in flights]
        with_it = [s for s in spent if s > 0.0]
        lines.append(
            f"| {names[key[0]]} | {reasons[key[1]]} | {len(with_it)} | {np.median(with_it):.1f} |"
        )
    orders = Counter(
        ", ".join(f"{names[link]} ({reasons[reason]})" for link, reason, _ in f.legs)
        for f in flights
    )
    lines += ["", "| hand-overs, in order | flights |", "|---|---|"]
    return lines + [f"| {order} | {count} |" for order, count in orders.most_common(8)]


def cost_lines(flights: list[FlightOutcome], before: list[FlightOutcome]) -> list[str]:
    """Describe what the flights burn, phase by phase, beside those without the chain."""
    head = "| | propellant [kg], median | 95 % | time [s], median |"
    lines = [head, "|---|---|---|---|"]
    for name, group in (("", flights), (", polynomial alone", before)):
        if not group:
            continue
        burnt = [f.propellant_kg for f in group]
        spent = [sum(s for _, s in f.phases.values()) for f in group]
        lost = sum(not f.landed for f in group)
        lines.append(
            f"| whole descent{name}, {len(group)} flights, {lost} lost | {np.median(burnt):.1f} | "
            f"{np.percentile(burnt, 95):.1f} | {np.median(spent):.0f} |"
        )
        for phase in group[0].phases:
            parts = np.array([f.phases.get(phase, (0.0, 0.0)) for f in group])
            if np.median(parts[:, 0]) > 0.05:
                lines.append(
                    f"| {phase}{name} | {np.median(parts[:, 0]):.1f} | "
                    f"{np.percentile(parts[:, 0], 95):.1f} | {np.median(parts[:, 1]):.1f} |"
                )
    if before:
        by_seed = {f.seed: f.propellant_kg for f in before}
        saved = [by_seed[f.seed] - f.propellant_kg for f in flights if f.seed in by_seed]
        lines.append(
            f"| saved, seed by seed | {np.median(saved):.1f} | "
            f"{np.percentile(saved, 5):.1f} at 5 % | |"
        )
    return lines


def ellipse(places_m: Vector) -> tuple[float, float, float]:
    """Return the semi-axes [m] that hold 99 % of a normal spread, and the longer one's azimuth."""
    sizes, ways = np.linalg.eigh(np.cov(places_m.T))
    factor = np.sqrt(-2.0 * np.log(0.01))
    azimuth_deg = float(np.degrees(np.arctan2(ways[0, 1], ways[1, 1]))) % 180.0
    longer, shorter = factor * np.sqrt(sizes[1]), factor * np.sqrt(sizes[0])
    return float(longer), float(shorter), azimuth_deg


def place_lines(flights: list[FlightOutcome]) -> list[str]:
    """Return where they touch down."""
    places = np.array([f.place_m for f in flights])
    longer, shorter, azimuth_deg = ellipse(places)
    misses = np.array([f.miss_m for f in flights])
    east, north = places.mean(axis=0)
    return [
        "| touchdown | |",
        "|---|---|",
        f"| 99 % ellipse about their mean, semi-axes [m] | {longer:.1f} x {shorter:.1f}, "
        f"the longer towards {azimuth_deg:.0f} deg |",
        f"| their mean, east and north of the mission's site [m] | {east:+.1f}, {north:+.1f} |",
        f"| miss of the place chosen in flight [m] | {np.median(misses):.2f} median, "
        f"{np.percentile(misses, 99):.2f} at 99 %, {misses.max():.2f} most |",
    ]


def main() -> int:
    """Fly the seeds that the command line asks for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--mission", default="chang-e-6", help="name or path")
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--polynomial", action="store_true", help="the same without the chain")
    parser.add_argument("--write", action="store_true", help="into docs/guidance.md")
    asked = parser.parse_args()
    seeds = range(asked.seeds)
    flights = list(spread(partial(fly, asked.mission, False), seeds, asked.workers))
    before: list[FlightOutcome] = []
    if asked.polynomial:
        before = list(spread(partial(fly, asked.mission, True), seeds, asked.workers))
    lines = [
        *cost_lines(flights, before), "", *chain_lines(flights), "", *place_lines(flights),
    ]  # fmt: skip
    print("\n".join(lines))
    if asked.write:
        write("links", lines)
    return int(not all(flight.landed for flight in flights))


if __name__ == "__main__":
    raise SystemExit(main())
