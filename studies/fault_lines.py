"""What the table of faults makes of its flights: endings, detections, and the page."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from studies.fault_cases import Case

from farside.mission import Mission
from farside.mission.schema import Touchdown
from farside.navigation import Trust

Row = dict[str, Any]

NAMES = ("star", "altimeter", "beam1", "beam2", "beam3", "touchdown", "imu")
#: The least of `Trust` that names a fault.
NAMED = REJECTED = int(Trust.TRUST_REJECTED)
SATURATED, SILENT = int(Trust.TRUST_SATURATED), int(Trust.TRUST_SILENT)
NO_FAULT = "no fault"
#: Endings in which the lander keeps itself, beside a landing.
KEPT = ("landed", "aborted")
#: Endings of a flight that came onto its legs.
ON_LEGS = ("landed", "belly_struck", "tipped")


def ending(row: Row, limits: Touchdown, looks: bool) -> str:
    """Return how a flight ended: landed, "over a limit", or as it was told.

    Parameters
    ----------
    row : dict
    limits : Touchdown
    looks : bool
        Whether the ground was chosen: then what it does to a lander counts, too.
    """
    if row["ended"] not in (("landed",) if looks else ON_LEGS):
        return str(row["ended"])
    held = ("vertical_mps", "horizontal_mps", "tilt_deg", "rate_dps")
    most = [limits.vertical_speed_mps, limits.horizontal_speed_mps, limits.tilt_deg]
    most.append(limits.rate_dps)
    if looks:
        held, most = (*held, "rest_tilt_deg"), [*most, limits.rest_tilt_deg]
    kept = all(
        row[name] is not None and row[name] <= limit for name, limit in zip(held, most, strict=True)
    )
    return "landed" if kept else "over a limit"


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


def line_of(case: Case, rows: Sequence[Row], twins: Mapping[int, Row], limits: Touchdown) -> Line:
    """Sum up the flights of a row."""
    noticed, others, silent, lost = [], set(), [], []
    ends = [ending(row, limits, case.looks) for row in rows]
    for row, ended in zip(rows, ends, strict=True):
        named = newly_named(row, twins[row["seed"]], case.channels) if "named" in row else []
        own = [at for channel, at in named if channel in case.channels]
        noticed += [min(own)] if own else []
        others |= {NAMES[channel] for channel, _ in named if channel not in case.channels}
        if ended not in KEPT:
            lost.append(row["seed"])
            if not named:
                silent.append(row["seed"])
    return Line(
        case,
        Counter(ends),
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
