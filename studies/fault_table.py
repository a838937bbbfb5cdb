"""Every unit and every way to fail, flown: how it ends, and when the lander notices.

    python -m studies.fault_table [--seeds 20] [--workers 2] [--parts DIR] [--write]

A flight has one fault, of a row of `farside faults`, in its default size: the whole unit, one part
of it, or, of what no lander has two (couples of thrusters, legs), one part only. It begins in
braking, at 300 s, or low, below 100 m. Faults of the lidar fly with imaging, all others to the
nominal site without. Beside them fly the same seeds without any fault.

A sensor is noticed at the first row of telemetry, after the beginning and before contact, in which
the column `trust` names its channel rejected, stuck, zero, saturated or silent, while the flight of
the same seed without a fault does not. Of other sensors only what is no mere loss of range counts
(`alarms`). Landed is what comes onto its legs within the limits of touchdown at first contact:
without imaging nobody has chosen the ground, so what that does next does not count. With imaging it
does. A flight is silent that does not land so, does not abort, and in which no channel is named.

With `--parts` each row's flights are kept in a file, and a study that was stopped goes on with
them. `--write` makes docs/fault-table.md.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import sys
import warnings
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from studies.fault_cases import CLEAN, CLEAN_LOOKING, Case, cases
from studies.fault_lines import NAMED, NO_FAULT, line_of, page

from farside.flight import Landing, land
from farside.mission import load_mission
from farside.mission.fault_kinds import UNITS

Row = dict[str, Any]

PAGE = Path(__file__).parents[1] / "docs" / "fault-table.md"


def fly(mission: str, case: Case, seed: int) -> Row:
    """Fly a seed with a fault; return what became of it, the same in any process."""
    faults = [case.line] if case.line else []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            landing = land(mission, seed=seed, imaging=case.looks, faults=faults, cameras=False)
        except Exception as why:
            return {"seed": seed, "ended": "error", "error": f"{type(why).__name__}: {why}"}
    return row_of(landing, seed)


def row_of(landing: Landing, seed: int) -> Row:
    """Return what a table needs of a landing."""
    touch, rows = landing.touchdown, landing.telemetry
    contact = round(100.0 * landing.duration_s) if math.isfinite(landing.duration_s) else len(rows)
    return {
        "seed": seed,
        "ended": landing.outcome,
        "vertical_mps": finite(-touch.vertical_speed_mps),
        "horizontal_mps": finite(touch.horizontal_speed_mps),
        "tilt_deg": finite(touch.tilt_deg),
        "rate_dps": finite(touch.rate_dps),
        "rest_tilt_deg": finite(touch.rest_tilt_deg),
        "absolute_miss_m": finite(touch.absolute_miss_m),
        "began_s": landing.faults[0].began_s if landing.faults else 0.0,
        "contact_s": 0.01 * contact,
        "named": named_spans(rows["trust"][:contact]),
    }


def finite(value: float) -> float | None:
    """Return a number that JSON can hold."""
    return float(value) if math.isfinite(value) else None


def named_spans(trust: NDArray[np.uint8]) -> list[tuple[int, int, int, int]]:
    """Return channel, code, first tick and the one after the last, of what is named.

    Parameters
    ----------
    trust : (ticks, channels)
        The telemetry's column.
    """
    found = []
    for channel in range(trust.shape[1]):
        codes = trust[:, channel].astype(int)
        edges = np.flatnonzero(np.diff(codes)) + 1
        starts, ends = [0, *edges], [*edges, len(codes)]
        for first, end in zip(starts, ends, strict=True):
            if first < end and codes[first] >= NAMED:
                found.append((channel, int(codes[first]), int(first), int(end)))
    return found


def fly_all(
    mission: str, table: Sequence[Case], seeds: int, workers: int, parts: Path | None
) -> dict[Case, list[Row]]:
    """Fly what is missing, and return the rows of each case in the order of the seeds."""
    held = {case: read_part(parts, case, seeds) for case in table}
    with ProcessPoolExecutor(workers) as pool:
        due = {
            case: [
                (seed, pool.submit(fly, mission, case, seed))
                for seed in range(seeds)
                if seed not in rows
            ]
            for case, rows in held.items()
        }
        for done, (case, flights) in enumerate(due.items(), start=1):
            held[case] |= {seed: flight.result() for seed, flight in flights}
            if flights and parts is not None:
                write_part(parts, case, held[case])
            if sys.stderr.isatty():
                print(f"\r{done} of {len(table)}", end="", file=sys.stderr, flush=True)
    return {case: [rows[seed] for seed in range(seeds)] for case, rows in held.items()}


def part_file(parts: Path, case: Case) -> Path:
    """Return where a case's flights are kept."""
    name = case.line or (f"{NO_FAULT} looking" if case.looks else NO_FAULT)
    return parts / f"{re.sub(r'[^a-z0-9]+', '-', name)}.json"


def read_part(parts: Path | None, case: Case, seeds: int) -> dict[int, Row]:
    """Return the flights of a case that are kept, by seed."""
    if parts is None or not part_file(parts, case).exists():
        return {}
    rows = json.loads(part_file(parts, case).read_text())
    return {row["seed"]: row for row in rows if row["seed"] < seeds}


def write_part(parts: Path, case: Case, rows: Mapping[int, Row]) -> None:
    """Keep the flights of a case, whole or not at all."""
    parts.mkdir(parents=True, exist_ok=True)
    file = part_file(parts, case)
    half = file.with_suffix(".part")
    half.write_text(json.dumps([rows[seed] for seed in sorted(rows)]))
    half.replace(file)


def main() -> int:
    """Fly the table; exit status 1 where a flight is silent or raises."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--mission", default="chang-e-6", help="name or path")
    parser.add_argument("--seeds", type=int, default=20, help="of each row")
    parser.add_argument("--unit", action="append", default=[], help="only of this unit")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--parts", type=Path, help="folder that keeps what is flown")
    parser.add_argument("--write", action="store_true", help="docs/fault-table.md")
    asked = parser.parse_args()
    if unknown := set(asked.unit) - set(UNITS):
        parser.error(f"no unit {', '.join(sorted(unknown))}: see farside faults")
    if asked.seeds < 1 or asked.workers < 1:
        parser.error("--seeds and --workers are at least 1")
    mission = load_mission(asked.mission)
    table = list(cases(asked.unit))
    flown = fly_all(asked.mission, table, asked.seeds, asked.workers, asked.parts)
    twins = {
        clean.looks: {row["seed"]: row for row in flown.get(clean, ())}
        for clean in (CLEAN, CLEAN_LOOKING)
    }
    lines = [
        line_of(case, rows, twins[case.looks], mission.touchdown) for case, rows in flown.items()
    ]
    text = page(mission, lines, [row for each in twins.values() for row in each.values()])
    print(text)
    if asked.write:
        half = PAGE.with_suffix(".part")
        half.write_text(text)
        half.replace(PAGE)
    wrong = any(line.silent or line.outcomes["error"] for line in lines)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
