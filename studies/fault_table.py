"""Every unit and every way to fail, flown: how it ends, and when the lander notices.

    python -m studies.fault_table [--seeds 20] [--workers 2] [--parts DIR] [--write]

A flight has one fault, of a row of `farside faults`, in its default size: the whole unit, one part
of it, or, of what no lander has two (couples of thrusters, legs), one part only. It begins in
braking, at 300 s, or low, below 100 m. Faults of the lidar fly with imaging, all others to the
nominal site without. Beside them fly the same seeds without any fault.

A sensor is noticed at the first row of telemetry, after the beginning and before contact, in which
the column `trust` names its channel rejected, stuck, zero, saturated or silent, while the flight of
the same seed without a fault does not. Of other sensors only what is no mere loss of range counts
(`alarms`). A flight is silent that does not land within its touchdown
limits, does not abort, and in which no channel is named. What the ground is like at rest does not
count: without imaging nobody has chosen it.

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
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.flight import Landing, land
from farside.mission import Mission, load_mission
from farside.mission.fault_kinds import UNITS
from farside.navigation import Trust

Row = dict[str, Any]

PAGE = Path(__file__).parents[1] / "docs" / "fault-table.md"
#: When faults begin.
BEGINNINGS = ("from 300 s", "below 100 m")
#: Where the lander has none of it to lose before, or the whole matter is over at once.
ONLY = {
    "height": ("below 100 m",),
    "leg": ("below 100 m",),
    "lidar": ("from 0 s",),
    "contact": ("from 300 s",),
}
#: The part that fails beside the whole unit.
PARTS = {
    "accelerometer": "z",
    "gyro": "x",
    "velocimeter": "beam1",
    "star_tracker": "x",
    "contact": "leg1",
}
#: Units of which only a part fails.
SINGLE = {"thruster": "x_plus", "leg": "1"}
#: How long those last that last no flight.
LASTS = {("engine", "cut"): 5, ("computer", "restart"): 3, ("computer", "reset"): 3}
#: Channels of the telemetry's column `trust` that speak of a unit.
CHANNELS: Mapping[str, tuple[int, ...]] = {
    "star_tracker": (0,),
    "altimeter": (1,),
    "velocimeter": (2, 3, 4),
    "height": (5,),
    "imu": (6,),
    "accelerometer": (6,),
    "gyro": (6,),
}
NAMES = ("star", "altimeter", "beam1", "beam2", "beam3", "touchdown", "imu")
#: The least of `Trust` that names a fault.
NAMED = REJECTED = int(Trust.TRUST_REJECTED)
SATURATED, SILENT = int(Trust.TRUST_SATURATED), int(Trust.TRUST_SILENT)
NO_FAULT = "no fault"
#: Endings in which the lander keeps itself, beside a landing.
KEPT = ("landed", "aborted")


@dataclass(frozen=True)
class Case:
    """One row: a fault, or none."""

    unit: str
    part: str
    kind: str
    begin: str
    lasts_s: int = 0
    looks: bool = False  # whether its flights scan with the lidar

    @property
    def line(self) -> str:
        """The fault in a line; empty without one."""
        if not self.unit:
            return ""
        name = f"{self.unit}.{self.part}" if self.part else self.unit
        lasts = f" for {self.lasts_s} s" if self.lasts_s else ""
        return f"{name} {self.kind} {self.begin}{lasts}"

    @property
    def channels(self) -> tuple[int, ...]:
        """Channels that would name it."""
        found = CHANNELS.get(self.unit, ())
        return found[int(self.part[-1]) - 1 :][:1] if self.part.startswith("beam") else found


#: The rows without a fault: what the others are held against.
CLEAN, CLEAN_LOOKING = Case("", "", "", ""), Case("", "", "", "", looks=True)


def cases(units: Sequence[str] = ()) -> Iterator[Case]:
    """Yield the rows: no fault, then every unit and kind in the order of `farside faults`."""
    yield CLEAN
    if not units or "lidar" in units:
        yield CLEAN_LOOKING
    for unit, what in UNITS.items():
        if unit == "camera" or (units and unit not in units):
            continue
        parts = (SINGLE[unit],) if unit in SINGLE else ("", *filter(None, (PARTS.get(unit),)))
        for part in parts:
            for kind in what.kinds:
                begins = ("from 0 s",) if kind == "no_start" else ONLY.get(unit, BEGINNINGS)
                for begin in begins:
                    lasts = LASTS.get((unit, kind), 0)
                    yield Case(unit, part, kind, begin, lasts, unit == "lidar")


def fly(mission: str, case: Case, seed: int) -> Row:
    """Fly a seed with a fault; return what became of it, the same in any process."""
    faults = [case.line] if case.line else []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            landing = land(mission, seed=seed, imaging=case.looks, faults=faults)
        except Exception as why:
            return {"seed": seed, "outcome": "error", "error": f"{type(why).__name__}: {why}"}
    return row_of(landing, seed)


def row_of(landing: Landing, seed: int) -> Row:
    """Return what a table needs of a landing."""
    touch, rows = landing.touchdown, landing.telemetry
    contact = round(100.0 * landing.duration_s) if math.isfinite(landing.duration_s) else len(rows)
    began = landing.faults[0].began_s if landing.faults else 0.0
    return {
        "seed": seed,
        "outcome": outcome_of(landing.outcome, over_limits(landing.plan, landing)),
        "vertical_mps": finite(-touch.vertical_speed_mps),
        "horizontal_mps": finite(touch.horizontal_speed_mps),
        "miss_m": finite(touch.absolute_miss_m),
        "began_s": began,
        "contact_s": 0.01 * contact,
        "named": named_spans(rows["trust"][:contact]),
    }


def finite(value: float) -> float | None:
    """Return a number that JSON can hold."""
    return float(value) if math.isfinite(value) else None


def over_limits(mission: Mission, landing: Landing) -> bool:
    """Whether a landing breaks a limit of touchdown."""
    limits, touch = mission.touchdown, landing.touchdown
    return not (
        -touch.vertical_speed_mps <= limits.vertical_speed_mps
        and touch.horizontal_speed_mps <= limits.horizontal_speed_mps
        and touch.tilt_deg <= limits.tilt_deg
        and touch.rate_dps <= limits.rate_dps
        and touch.rest_tilt_deg <= limits.rest_tilt_deg
    )


def outcome_of(outcome: str, over: bool) -> str:
    """Return the ending, with landings beyond a limit by themselves."""
    return "over a limit" if outcome == "landed" and over else outcome


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


def alarms(spans: Sequence[Sequence[int]]) -> list[Sequence[int]]:
    """Return the spans that say that a sensor is wrong.

    Left out is what is said of a sensor out of its range: silent, saturated, and rejected from the
    end of its silence until it is taken back.
    """
    heard = {(channel, end) for channel, code, _, end in spans if code == SILENT}
    return [
        span
        for span in spans
        if span[1] not in (SILENT, SATURATED)
        and not (span[1] == REJECTED and (span[0], span[2]) in heard)
    ]


def newly_named(row: Row, twin: Row, own: Sequence[int] = ()) -> list[tuple[int, float]]:
    """Return the channels that are named and were not without the fault.

    With each stands the time from the fault's beginning to the first such tick [s].

    Parameters
    ----------
    row, twin : dict
        Of the flight with the fault and of the same seed without one.
    own : sequence of int
        Channels of the unit that fails: of these counts all that is named, of others `alarms`,
        since a flight that takes another way has its sensors out of range at other times.
    """
    began = row.get("began_s")
    if began is None:
        return []
    since, first = round(100.0 * began), {}
    counted = [span for span in row["named"] if span[0] in own] + [
        span for span in alarms(row["named"]) if span[0] not in own
    ]
    for channel, _, start, end in counted:
        known = np.zeros(max(end - max(start, since), 0), bool)
        for held, _, from_tick, to_tick in twin["named"]:
            if held == channel:
                at = max(start, since)
                known[max(from_tick - at, 0) : max(to_tick - at, 0)] = True
        free = np.flatnonzero(~known)
        if len(free):
            at = (max(start, since) + int(free[0]) - since) / 100.0
            first[channel] = min(at, first.get(channel, math.inf))
    return sorted(first.items())


@dataclass(frozen=True)
class Line:
    """A row of the table."""

    case: Case
    outcomes: Counter[str]
    vertical_mps: float
    horizontal_mps: float
    noticed_s: tuple[float, ...]  # of the flights in which its own channel is named
    others: tuple[str, ...]  # other channels that are named, by their names
    silent: tuple[int, ...]  # seeds
    lost: tuple[int, ...]  # seeds that neither landed nor aborted
    flown: int


def line_of(case: Case, rows: Sequence[Row], twins: Mapping[int, Row]) -> Line:
    """Sum up the flights of a row."""
    noticed, others, silent, lost = [], set(), [], []
    for row in rows:
        named = newly_named(row, twins[row["seed"]], case.channels) if "named" in row else []
        own = [at for channel, at in named if channel in case.channels]
        noticed += [min(own)] if own else []
        others |= {NAMES[channel] for channel, _ in named if channel not in case.channels}
        if row["outcome"] not in KEPT:
            lost.append(row["seed"])
            if not named:
                silent.append(row["seed"])
    return Line(
        case,
        Counter(row["outcome"] for row in rows),
        worst(row.get("vertical_mps") for row in rows),
        worst(row.get("horizontal_mps") for row in rows),
        tuple(sorted(noticed)),
        tuple(sorted(others)),
        tuple(silent),
        tuple(lost),
        len(rows),
    )


def worst(values: Iterable[float | None]) -> float:
    """Return the largest; NaN where there is none."""
    return max((value for value in values if value is not None), default=math.nan)


def false_alarms(twins: Iterable[Row]) -> list[tuple[int, str, str]]:
    """Return seed, channel and code of the `alarms` of flights without a fault."""
    return [
        (row["seed"], NAMES[channel], Trust(code).name.removeprefix("TRUST_").lower())
        for row in twins
        for channel, code, _, _ in alarms(row["named"])
    ]


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


HEAD = """# Every fault, flown

Written by `python -m studies.fault_table --write`: {mission}, seeds 0 to {last}, one fault a flight
at its default size (docs/faults.md). What is counted as noticed and as silent stands at the head of
`studies/fault_table.py`. Speeds are the worst at first contact, m/s; limits {down:g} down and
{across:g} across.

{summary}

"""
COLUMNS = (
    "| fault | begins | ends | down | across | noticed | after, median (most) s | also named "
    "| silent |\n|---|---|---|---|---|---|---|---|---|"
)


def cells(line: Line) -> str:
    """Return a row of the table."""
    ends = ", ".join(f"{count} {name}" for name, count in line.outcomes.most_common())
    fault = line.case.line.removesuffix(f" for {line.case.lasts_s} s")
    fault = fault.removesuffix(f" {line.case.begin}") or NO_FAULT
    fault += ", imaging" if line.case.looks else ""
    begins = line.case.begin + (f", {line.case.lasts_s} s" if line.case.lasts_s else "")
    noticed = f"{len(line.noticed_s)} of {line.flown}" if line.case.channels else "-"
    after = f"{np.median(line.noticed_s):.2f} ({line.noticed_s[-1]:.2f})" if line.noticed_s else "-"
    return (
        f"| {fault} | {begins} | {ends} | {speed(line.vertical_mps)} | "
        f"{speed(line.horizontal_mps)} | {noticed} | {after} | {', '.join(line.others)} | "
        f"{', '.join(map(str, line.silent))} |"
    )


def speed(value: float) -> str:
    """Return a speed for the table."""
    return f"{value:.2f}" if math.isfinite(value) else "-"


def summary(lines: Sequence[Line], twins: Sequence[Row]) -> str:
    """Sum up the table in a few sentences."""
    faulted = [line for line in lines if line.case.line]
    flown = sum(line.flown for line in faulted)
    ends = sum((line.outcomes for line in faulted), Counter())
    alarms = false_alarms(twins)
    whole = sum(not line.lost for line in faulted)
    return (
        f"{flown} flights of {len(faulted)} faults: "
        + ", ".join(f"{count} {name}" for name, count in ends.most_common())
        + f"; {whole} faults lose no flight; {sum(len(line.silent) for line in lines)} flights are "
        f"silent. Of {len(twins)} flights without a fault {len({each[0] for each in alarms})} name "
        "a sensor."
    )


def page(mission: Mission, lines: Sequence[Line], twins: Sequence[Row]) -> str:
    """Return the whole page."""
    limits = mission.touchdown
    head = HEAD.format(
        mission=mission.name,
        last=max(row["seed"] for row in twins),
        down=limits.vertical_speed_mps,
        across=limits.horizontal_speed_mps,
        summary=summary(lines, twins),
    )
    return head + "\n".join([COLUMNS, *map(cells, lines)]) + "\n"


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
    lines = [line_of(case, rows, twins[case.looks]) for case, rows in flown.items()]
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
