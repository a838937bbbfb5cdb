"""Accuracy with today's sensors and no camera: at contact, of the chosen site, and half blind.

    python -m studies.accuracy [--flights 60] [--workers 2] [--write]

flies dispersed landings with imaging, and again with the velocimeter lost from the hover on, and
holds against what is asked (docs/consistency.md, `--write`):

    horizontal speed error at contact, 1 sigma each axis    estimate less truth, 0.03 m/s
    miss of the chosen site, 99 %                           0.5 m
    speed across at contact without velocimeter, most       0.5 m/s
"""

from __future__ import annotations

import argparse
import math
import sys
import warnings
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from typing import Any

import numpy as np
from scipy.stats import beta
from studies.consistency_page import MARKS, PAGE, accuracy_on, put_page

from farside.flight import Landing, land
from farside.mission import load_mission
from farside.mission.schema import Mission

Row = dict[str, Any]

#: What is asked: deviation of the speed [m/s], miss [m], speed across [m/s].
SPEED_MPS, MISS_M, ACROSS_MPS = 0.03, 0.5, 0.5
SHARE = 0.99


def lost_in_hover(mission: Mission) -> str:
    """Return the fault: no velocimeter from the row on in which the lander looks for a site."""
    hover = next(phase.name for phase in mission.phases if phase.scan)
    return f"velocimeter silent in {hover}"


def fly(mission: str, seed: int, lost: bool) -> Row:
    """Fly a seed; return its errors at contact, NaN where it never touched."""
    plan = load_mission(mission)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        faults = [lost_in_hover(plan)] if lost else []
        landing = land(plan, seed=seed, faults=faults, cameras=False)
    return row_of(landing)


def row_of(landing: Landing) -> Row:
    """Return what a table needs of a landing."""
    rows, contact = landing.telemetry, landing.duration_s
    error = [math.nan, math.nan]
    if math.isfinite(contact):
        last = rows[max(round(100.0 * contact) - 1, 0)]
        error = (last["est_v_site"] - last["v_site"])[:2].tolist()
    return {
        "seed": landing.seed,
        "outcome": landing.outcome,
        "least_bad": landing.site.least_bad,
        "speed_error_mps": error,
        "miss_m": landing.touchdown.miss_m,
        "across_mps": landing.touchdown.horizontal_speed_mps,
    }


@dataclass(frozen=True)
class Figure:
    """One line: what is asked, what came."""

    name: str
    asked: float
    came: float
    note: str

    @property
    def met(self) -> bool:
        """Whether it is as good as asked."""
        return self.came <= self.asked


def deviation(rows: Sequence[Row]) -> float:
    """Return the root mean square of the horizontal speed's error, each axis [m/s]."""
    errors = np.array([row["speed_error_mps"] for row in rows])
    return float(np.sqrt(np.nanmean(errors**2)))


def quantile(values: Sequence[float], share: float) -> tuple[float, float]:
    """Return an order statistic, and the share that lies below it with 95 % confidence.

    The smallest value that the share of these does not exceed; of few flights it is the largest,
    and the confidence says what that shows: k of n order statistics below is a beta (k, n + 1 - k).
    """
    ordered = sorted(values)
    k = min(math.ceil(share * len(ordered)), len(ordered))
    return ordered[k - 1], float(beta.ppf(0.05, k, len(ordered) + 1 - k))


def judge(clear: Sequence[Row], blind: Sequence[Row]) -> list[Figure]:
    """Hold flights with all sensors, and those without velocimeter, against what is asked."""
    misses = [row["miss_m"] if row["outcome"] == "landed" else math.inf for row in clear]
    miss, shown = quantile(misses, SHARE)
    across = [row["across_mps"] if row["across_mps"] >= 0.0 else math.inf for row in blind]
    wrecked = sum(row["outcome"] != "landed" for row in blind)
    over = sum(value > ACROSS_MPS for value in across)
    sigma = deviation(clear)
    return [
        Figure(
            "horizontal speed error at contact, 1 sigma an axis [m/s]",
            SPEED_MPS,
            sigma,
            f"{len(clear)} flights",
        ),
        Figure(
            "miss of the chosen site, 99 % [m]",
            MISS_M,
            miss,
            f"median {np.median(misses):.2f}; with 95 % confidence {100.0 * shown:.1f} % are below",
        ),
        Figure(
            "speed across at contact, velocimeter lost from the hover on, most [m/s]",
            ACROSS_MPS,
            max(across),
            f"median {np.median(across):.2f}; {over} of {len(across)} above, {wrecked} not landed",
        ),
    ]


def table(figures: Sequence[Figure]) -> list[str]:
    """Return the table."""
    lines = ["| accuracy, no camera | asked | came | |", "|---|---|---|---|"]
    for each in figures:
        came = f"{each.came:.3g}" if each.met else f"**{each.came:.3g}**"
        lines.append(f"| {each.name} | {each.asked:g} | {came} | {each.note} |")
    return lines


def put(lines: Sequence[str]) -> None:
    """Put the table at the end of the page of consistency, in place of the one before."""
    text = PAGE.read_text()
    text = text.replace(accuracy_on(text), "").rstrip() if accuracy_on(text) else text.rstrip()
    body = "\n".join(("## Accuracy", "", *lines))
    put_page(f"{text}\n\n{MARKS[0]}{body}\n{MARKS[1]}")


def study(mission: str, flights: int, workers: int) -> tuple[list[Row], list[Row]]:
    """Fly the seeds from 0 on, with all sensors and without velocimeter."""
    if workers == 1:
        clear, blind = ([fly(mission, n, lost) for n in range(flights)] for lost in (False, True))
        return clear, blind
    with ProcessPoolExecutor(workers) as pool:
        clear, blind = (
            pool.map(fly, repeat(mission), range(flights), repeat(lost)) for lost in (False, True)
        )
        return list(clear), list(blind)


def main() -> int:
    """Fly all, print the table; exit status 1 where a figure is not met."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--mission", default="chang-e-6", help="name or path")
    parser.add_argument("--flights", type=int, default=60)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--write", action="store_true", help="into docs/consistency.md")
    asked = parser.parse_args()
    if asked.flights < 1 or asked.workers < 1:
        parser.error("--flights and --workers are at least 1")
    figures = judge(*study(asked.mission, asked.flights, asked.workers))
    print(*table(figures), sep="\n")
    if asked.write:
        put(table(figures))
    return 0 if all(each.met for each in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
