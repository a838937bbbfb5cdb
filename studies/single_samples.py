"""One bad sample: any one measurement of any sensor replaced by any value, and flown on.

    python -m studies.single_samples [--cases 100000] [--whole 1000] [--workers 2] [--write]

Dispersed flights without imaging are flown once and saved every second of their last 90 s (and, for
`--whole`, every 10 s from the start). A case goes back to one of these moments, has one report of
one sensor say something else, and flies on to the end: not a number, infinite, zero, huge, of any
size, off by any size, of the wrong sign, so many times too large, or its valid flag turned over. A
sensor's part is an axis, a beam, a leg, or all of it.

Broken is a flight that does not come onto its legs within the limits of touchdown at first contact,
where the flight without the sample does. What the ground does then does not count: nobody has
chosen it. `--write` puts the table into docs/robustness.md. Exit status 1 where a flight is broken.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from studies.fault_lines import ending

from farside.ext.common import deterministic
from farside.ext.loop._faults import ALL_PARTS, BEGIN_CODES, KIND_CODES, UNIT_CODES
from farside.ext.loop._flight import Event
from farside.flight.land import TICKS_MAX
from farside.flight.outcome import horizontal, name_outcome, tilt_deg, vertical
from farside.flight.wiring import PATCH_HALF_M, wire
from farside.mission import load_mission
from farside.sensors import sensor_setup

Rng = np.random.Generator

PAGE = Path(__file__).parents[1] / "docs" / "robustness.md"
#: Flights that cases go back into, and the last seconds of them.
FLIGHTS, LAST_S = 20, 90.0
#: Ticks between moments that are saved: of the last seconds, and of whole flights.
SAVED_LAST, SAVED_WHOLE = 100, 1000
#: A flight that lasts so much longer [ticks] than without the sample is unfinished.
LONGER = 30_000
#: Units with the numbers that a part may be, and the key of `sensor_setup` with their rate.
UNITS = {
    "accelerometer": (3, ""),
    "gyro": (3, ""),
    "altimeter": (1, "range_every"),
    "velocimeter": (3, "beam_every"),
    "star_tracker": (3, "star_every"),
    "height": (1, "height_every"),
    "contact": (4, ""),
}
#: Ways in which a sample is bad: kind of fault, and what the value is.
CONSTANTS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf, "huge": 1e300, "-huge": -1e300}
WAYS = (*CONSTANTS, "zero", "any", "off", "sign", "scale", "flag")
#: Powers of ten between which sizes are drawn. The inertial unit's numbers are those of a tick.
SIZES = (-4.0, 6.0)


@dataclass(frozen=True)
class Sample:
    """A report, and what it says in place of the truth."""

    number: int
    seed: int  # of the flight
    tick: int
    unit: str
    part: int  # -1: all
    way: str
    value: float

    @property
    def kind(self) -> str:
        """The kind of fault that does it."""
        if self.unit == "contact":
            return "flag"
        kinds = {"off": "bias", "zero": "zero", "sign": "sign", "scale": "scale", "flag": "flag"}
        return kinds.get(self.way, "pinned")

    def row(self, every: int) -> dict[str, Any]:
        """Return the struct `FaultRow` that replaces the next report, of one each `every` ticks."""
        return {
            "unit": UNIT_CODES[self.unit],
            "parts": int(ALL_PARTS) if self.part < 0 else 1 << self.part,
            "kind": KIND_CODES[self.kind],
            "begin": BEGIN_CODES["tick"],
            "from_tick": self.tick,
            "below_m": 0.0,
            "phase": -1,
            "event": 0,
            "ticks": every,
            "enabled": 1,
            "slot": 0,
            "line": 0,
            "value": [self.value, 0.0],
        }

    def __str__(self) -> str:
        """Return it in a line."""
        part = "" if self.part < 0 else f".{self.part}"
        size = f" {self.value:.3g}" if self.way in ("any", "off", "scale") else ""
        return f"{self.unit}{part} {self.way}{size}"


def draw(number: int, seed: int, ticks: tuple[int, int]) -> Sample:
    """Draw a case: the same for the same number, whatever else is flown."""
    rng = np.random.default_rng([20261130, number])
    unit = str(rng.choice(list(UNITS)))
    part = int(rng.integers(-1, UNITS[unit][0]))
    way = "flag" if unit == "contact" else str(rng.choice(WAYS))
    size = float(rng.choice((-1.0, 1.0)) * 10.0 ** rng.uniform(*SIZES))
    value = CONSTANTS.get(way, size)
    if way == "scale":
        value = float(rng.choice((-1.0, 1.0)) * 10.0 ** rng.uniform(-2.0, 2.0))
    return Sample(number, seed, int(rng.integers(*ticks)), unit, part, way, value)


class Bench:
    """One flight that has been flown, and can be gone back into."""

    def __init__(self, mission: str, seed: int, whole: bool) -> None:
        self.mission = load_mission(mission)
        setup = sensor_setup(self.mission, {})
        self.every = {unit: int(setup[key]) if key else 1 for unit, (_, key) in UNITS.items()}
        self.flight = wire(self.mission, seed=seed, nominal=False, dems=(), imaging=False)
        self.flight.loop.timed = False
        self.flight.autopilot.retarget((0.0, 0.0, 0.0))
        self.seed, every = seed, SAVED_WHOLE if whole else SAVED_LAST
        saved = self.record(every)
        self.ticks = self.flight.loop.tick_count
        contact = self.facts()["contact_tick"] or self.ticks
        first = 1 if whole else max(1, contact - round(100.0 * LAST_S))
        # anew, over the ground as it is rasterised now: it was not when the flight went over it
        self.flight.loop.restore(saved[max(k for k in saved if k <= first)])
        self.patches = list(self.flight.patches)
        self.saved = self.record(every)
        self.plain = self.facts()
        self.span = (first, self.plain["contact_tick"] or self.ticks)

    def record(self, every: int) -> dict[int, bytes]:
        """Fly to the end, and save each so many ticks; return what was saved, by tick."""
        saved = {}
        while self.flight.loop.tick_count < TICKS_MAX:
            saved[self.flight.loop.tick_count] = self.flight.loop.save()
            if self.flight.turn(every) == Event.EVENT_ENDED:
                break
        return saved

    def facts(self) -> dict[str, Any]:
        """Return how the flight has ended, as a row of the table of faults."""
        flight, contact = self.flight, self.flight.loop.touchdown
        row: dict[str, Any] = {"ended": name_outcome(flight, flight.loop.ended_how)}
        at = contact[1] if contact else None
        return row | {
            "contact_tick": contact[0] if contact else None,
            "vertical_mps": -vertical(flight, at["r_site"], at["v_site"]) if at else None,
            "horizontal_mps": horizontal(flight, at["r_site"], at["v_site"]) if at else None,
            "tilt_deg": tilt_deg(flight, at["r_site"], at["q_site_body"]) if at else None,
            "rate_dps": math.degrees(deterministic.length(at["omega_body"])) if at else None,
        }

    def fly(self, sample: Sample) -> dict[str, Any]:
        """Fly on with a bad sample; return how it ended."""
        flight = self.flight
        if flight.patches != self.patches:
            # a case before took the patch elsewhere: ground must not depend on who flew first
            flight.patches[:] = self.patches
            flight.ground.rasterise(*self.patches[-1], PATCH_HALF_M)
        flight.loop.restore(self.saved[max(k for k in self.saved if k <= sample.tick)])
        flight.loop.fail([sample.row(self.every[sample.unit])])
        most = self.ticks + LONGER
        while flight.loop.tick_count < most:
            if flight.turn(most - flight.loop.tick_count) == Event.EVENT_ENDED:
                break
        flight.loop.fail([])
        return self.facts()


def fly_cases(mission: str, seed: int, numbers: Sequence[int], whole: bool) -> list[dict[str, Any]]:
    """Fly the cases of one flight; return those that are broken, and how long all took."""
    began = time.process_time()
    bench = Bench(mission, seed, whole)
    limits = bench.mission.touchdown
    wanted = ending(bench.plain, limits, False)
    found: list[dict[str, Any]] = []
    for number in numbers:
        sample = draw(number, seed, bench.span)
        try:
            facts = bench.fly(sample)
            said = ending(facts, limits, False)
        except Exception as why:
            facts, said = {"ended": repr(why)}, "error"
        if said != wanted and wanted == "landed":
            before = (bench.span[1] - sample.tick) / 100.0
            found.append(facts | {"sample": sample, "said": said, "before_s": before})
    flown = len(numbers) if wanted == "landed" else 0
    spent = time.process_time() - began
    return [{"flown": flown, "spent_s": spent}, *found]


@dataclass(frozen=True)
class Study:
    """What came of all cases."""

    flown: int
    spent_s: float  # of CPU
    broken: list[dict[str, Any]]


def study(mission: str, cases: int, workers: int, whole: bool, first: int = 0) -> Study:
    """Fly so many cases, spread evenly over the flights."""
    numbers = range(first, first + cases)
    jobs = [[n for n in numbers if n % FLIGHTS == seed] for seed in range(FLIGHTS)]
    if workers == 1:
        told = [fly_cases(mission, seed, job, whole) for seed, job in enumerate(jobs) if job]
    else:
        with ProcessPoolExecutor(workers) as pool:
            flights = [
                pool.submit(fly_cases, mission, seed, job, whole)
                for seed, job in enumerate(jobs)
                if job
            ]
            told = [flight.result() for flight in flights]
    return Study(
        sum(each[0]["flown"] for each in told),
        sum(each[0]["spent_s"] for each in told),
        sorted((row for each in told for row in each[1:]), key=lambda row: row["sample"].number),
    )


def table(found: Study, whole: bool) -> list[str]:
    """Return the sums, and the cases of each kind that are broken."""
    what = "over whole flights" if whole else f"in the last {LAST_S:.0f} s"
    lines = [
        f"{found.flown} single samples {what}, {FLIGHTS} flights: {len(found.broken)} broken. "
        f"10 000 take {1e4 * found.spent_s / max(found.flown, 1):.0f} s of CPU time.",
        "",
    ]
    if not found.broken:
        return lines
    counts = Counter((row["sample"].unit, row["sample"].way, row["said"]) for row in found.broken)
    lines += [
        "| sensor | sample | ended | cases | worst down, across m/s |",
        "|---|---|---|---|---|",
    ]
    for (unit, way, said), count in sorted(counts.items(), key=lambda item: -item[1]):
        rows = [
            row
            for row in found.broken
            if (row["sample"].unit, row["sample"].way, row["said"]) == (unit, way, said)
        ]
        down, across = (
            max((row[key] for row in rows if row.get(key) is not None), default=math.nan)
            for key in ("vertical_mps", "horizontal_mps")
        )
        lines.append(f"| {unit} | {way} | {said} | {count} | {down:.2f}, {across:.2f} |")
    return [*lines, ""]


def listed(found: Study) -> list[str]:
    """Return each case that is broken in a line."""
    return [
        f"case {row['sample'].number}: seed {row['sample'].seed}, {row['before_s']:.2f} s before "
        f"contact, {row['sample']}: {row['said']}, "
        f"{row.get('vertical_mps') or math.nan:.2f} down, "
        f"{row.get('horizontal_mps') or math.nan:.2f} across, "
        f"{row.get('tilt_deg') or math.nan:.1f} deg"
        for row in found.broken
    ]


def put(lines: Sequence[str]) -> None:
    """Put the table where the page has its marks."""
    head, rest = PAGE.read_text().split("<!-- single-samples -->\n", 1)
    tail = rest.split("<!-- /single-samples -->", 1)[1]
    whole = PAGE.with_suffix(".part")
    body = "\n".join(lines)
    whole.write_text(f"{head}<!-- single-samples -->\n{body}\n<!-- /single-samples -->{tail}")
    whole.replace(PAGE)


def main() -> int:
    """Fly all, and say what became of them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--mission", default="chang-e-6", help="name or path")
    parser.add_argument("--cases", type=int, default=100_000, help="in the last 90 s")
    parser.add_argument("--whole", type=int, default=1000, help="over whole flights")
    parser.add_argument("--first", type=int, default=0, help="the first case")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--write", action="store_true", help="into docs/robustness.md")
    asked = parser.parse_args()
    if min(asked.cases, asked.whole, asked.first) < 0 or asked.workers < 1:
        parser.error("--cases, --whole and --first are at least 0, --workers at least 1")
    lines, broken = [], 0
    for cases, whole in ((asked.cases, False), (asked.whole, True)):
        if not cases:
            continue
        found = study(asked.mission, cases, asked.workers, whole, asked.first)
        lines += table(found, whole)
        broken += len(found.broken)
        print(*table(found, whole), *listed(found), sep="\n", flush=True)
    if asked.write:
        put(lines)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
