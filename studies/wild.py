"""Wild missions, inputs and faults: every flight ends, within its time and with finite numbers.

    python -m studies.wild [--count 20000] [--imaging 200] [--workers 2] [--parts FOLDER] [--write]

A flight takes a shipped mission and spoils it: some numbers of its file are drawn anew about their
value, by factors up to about 10, or made zero or negative; in three of ten the whole lidar or the
tanks are drawn over the range of their keys. What the mission's rules refuse is drawn again. Its
dispersed inputs are drawn up to 100 times as wide as declared, and up to four faults are drawn from
all units that the mission has, and all their kinds. One flight of a hundred looks with the lidar.

Wrong is a flight that is not over after 120 s of CPU time, that raises anything but the one line of
a mission which cannot be flown, or that leaves a row of telemetry or a fact that is not finite.
Exit status 1 where one is wrong. The same count gives the same flights whatever the workers.
With `--parts` each hundred flights are kept in a file; a run that was stopped goes on from there.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import signal
import sys
import time
import traceback
import warnings
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from farside.ext.common.errors import FarsideError
from farside.flight import land
from farside.flight.inputs import Inputs, drawn_inputs
from farside.mission import Mission, MissionError, load_mission
from farside.mission.fault_kinds import UNITS
from farside.mission.place import FieldPath
from farside.mission.reader import read_table
from farside.mission.writer import plain

MISSIONS = ("chang-e-6", "chang-e-4", "apollo-11")
LONGEST_S = 120  # of CPU time; a flight takes 0.2 s
PART = 100  # flights in one kept part
#: What decides a flight: folders of the sources and the endings of their files.
FLYING = (
    "avoidance", "dynamics", "ext", "flight", "ground", "guidance", "mission", "navigation",
    "scenes", "sensors", "terrain", "vision",
)  # fmt: skip
SUFFIXES = {".py", ".pyx", ".pxd", ".pxi", ".toml", ".npz"}
#: Tries to find a change that the mission's rules let pass.
TRIES = 40
#: Keys that say what the flight is, not how large something is, or that cost minutes of set-up.
KEPT = {"latitude_deg", "longitude_deg", "elevation_m", "radius_m", "map_cells", "cell_m"}
#: Columns that are NaN in the rows in which nothing was measured or looked at.
UNMEASURED = {"height_m", "est_height_m", "range_m"}
PAGE = Path(__file__).parents[1] / "docs" / "robustness.md"

#: Ranges that keys of a wild lidar are drawn from, in powers of ten.
LIDAR: dict[str, tuple[float, float]] = {
    "noise_m": (-4, 1),
    "bias_m": (-4, 1),
    "frame_hz": (-1, 2),
    "latency_s": (-2, 1.5),
    "boresight_error_mrad": (-2, 2),
    "jitter_mrad": (-2, 2),
    "divergence_mrad": (-2, 2),
    "line_error_m": (-4, 1),
    "range_walk_m": (-4, 1),
    "albedo_spread": (-3, 0),
    "signal_lost": (-3, 0),
    "signal_sure": (-3, 0),
    "dropout_share": (-3, 0),
    "dead_share": (-3, 0),
    "glint_share": (-6, 0),
    "dark_share": (-6, 0),
}
TANKS: dict[str, tuple[float, float]] = {
    "liquid_kg": (-2, 3.5),
    "radius_m": (-3, 2),
    "depth_m": (-3, 2),
    "bottom_m": (-2, 1),
    "damping_ratio": (-6, -0.31),
}

Rng = np.random.Generator


class Overdue(BaseException):
    """A flight that is not over: no `except Exception` of the flight's own may catch it."""


blind = partial(land, cameras=False)


def numbers_of(table: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths of all numbers in a mission's plain tables."""
    if isinstance(table, bool):
        return []
    if isinstance(table, int | float):
        return [] if path[-1] in KEPT else [path]
    items = table.items() if isinstance(table, dict) else enumerate(table)
    if isinstance(table, str):
        return []
    return [found for key, value in items for found in numbers_of(value, (*path, key))]


def spoiled(mission: Mission, rng: Rng) -> Mission:
    """Return the mission with up to eight numbers drawn anew; refused ones are drawn again."""
    wanted = int(rng.integers(0, 9))
    for _ in range(TRIES):
        if wanted == 0:
            break
        table = plain(mission)
        paths = numbers_of(table)
        *where, last = paths[int(rng.integers(len(paths)))]
        held = table
        for key in where:
            held = held[key]
        held[last] = drawn(held[last], rng)
        try:
            mission = read_table(Mission, table, FieldPath(mission.name))
        except MissionError:
            continue
        wanted -= 1
    return mission


def redrawn(mission: Mission, rng: Rng) -> Mission:
    """Return the mission with its lidar or its tanks drawn over the range of their keys."""
    way = rng.random()
    if way >= 0.3:
        return mission
    for _ in range(TRIES):
        table = plain(mission)
        if way < 0.2 and mission.sensors.lidar is not None:
            table["sensors"]["lidar"] |= wild_lidar(rng)
        else:
            tanks = [powers(TANKS, rng) for _ in range(int(rng.integers(1, 3)))]
            table["vehicle"]["slosh"] = {"tanks": tanks}
        try:
            return read_table(Mission, table, FieldPath(mission.name))
        except MissionError:
            continue
    return mission


def powers(ranges: dict[str, tuple[float, float]], rng: Rng) -> dict[str, Any]:
    """Return a number from each of some ranges of powers of ten."""
    return {key: 10.0 ** float(rng.uniform(*ends)) for key, ends in ranges.items()}


def wild_lidar(rng: Rng) -> dict[str, Any]:
    """Return keys of a lidar, some of them all that there is or nothing."""
    keys = powers(LIDAR, rng)
    for key in keys:
        if key.endswith("_share") and rng.random() < 0.1:
            keys[key] = float(rng.integers(0, 2))
    keys["frames"] = int(10.0 ** rng.uniform(0.0, 1.5))
    keys["returns"] = [int(10.0 ** rng.uniform(0.31, 2.8)) for _ in range(2)]
    keys["field_of_view_deg"] = [float(rng.uniform(0.1, 89.0)) for _ in range(2)]
    return keys


def drawn(value: float, rng: Rng) -> float:
    """Return another value: mostly the old one by a factor, whole where it was whole."""
    way = rng.random()
    if way < 0.8:
        new = value * float(np.exp(rng.normal(0.0, 0.8)))
    elif way < 0.9:
        new = -value
    else:
        new = 0.0
    return round(new) if isinstance(value, int) else new


def wild_inputs(mission: Mission, seed: int, rng: Rng) -> Inputs:
    """Return a draw of the mission's inputs, up to 100 times as wide."""
    inputs = drawn_inputs(mission, seed, 0)
    wide = 10.0 ** (2.0 * float(rng.random())) if rng.random() < 0.5 else 1.0
    return replace(inputs, values=inputs.values * wide)


def parts_of(mission: Mission, name: str) -> list[str]:
    """Return the parts of a unit that the mission has; the empty one is all of it."""
    legs = mission.vehicle.legs.count
    parts = UNITS[name].parts
    return ["", *(parts[:legs] if name in ("leg", "contact") else parts)]


def wild_faults(mission: Mission, rng: Rng, imaging: bool) -> list[str]:
    """Return up to four faults in one line each, of units that the mission has and uses."""
    has_lidar = imaging and mission.sensors.lidar is not None
    units = sorted(set(UNITS) - {"camera"} - (set() if has_lidar else {"lidar"}))
    lines = []
    for _ in range(int(rng.integers(0, 5))):
        name = "lidar" if has_lidar and rng.random() < 0.3 else str(rng.choice(units))
        part = str(rng.choice(parts_of(mission, name)))
        kind = str(rng.choice(sorted(UNITS[name].kinds)))
        unit = f"{name}.{part}" if part else name
        lines.append(f"{unit} {kind}{wild_value(name, kind, rng)}{wild_time(mission, kind, rng)}")
    return lines


def wild_value(name: str, kind: str, rng: Rng) -> str:
    """Return a fault's value, or nothing for the one that it has by default."""
    found, size = UNITS[name].kinds[kind], UNITS[name].default(kind)
    if not found.sized or rng.random() < 0.5:
        return ""
    ends = rng.random()
    if ends < 0.1:
        return f" {found.least if ends < 0.05 else found.most:.6g}"
    value = (size or 1.0) * 10.0 ** float(rng.normal(0.0, 1.0))
    return f" {np.clip(-value if ends < 0.25 else value, found.least, found.most):.6g}"


def wild_time(mission: Mission, kind: str, rng: Rng) -> str:
    """Return when a fault begins and how long it lasts."""
    begin = rng.random()
    if begin < 0.1:
        when = " from 0 s"
    elif begin < 0.5:
        when = f" from {rng.uniform(0.0, 850.0):.2f} s"
    elif begin < 0.75:
        most_m = 0.9 * mission.start_altitude_m
        when = f" below {min(10.0 ** rng.uniform(-1.0, 4.1), most_m):.2f} m"
    else:
        when = f" in {mission.phases[int(rng.integers(len(mission.phases)))].name}"
    if rng.random() < 0.6:
        return f"{when} for {10.0 ** rng.uniform(-2.0, 2.0):.2f} s"
    return f"{when} for 3 s" if kind in ("restart", "reset") else when


def overdue(number: int, frame: object) -> None:
    """Stop a flight whose time is over."""
    raise Overdue


def fly(number: int, imaging: bool) -> dict[str, Any]:
    """Fly one wild flight; return what became of it."""
    rng = np.random.default_rng([20261129, number])
    mission = load_mission(MISSIONS[number % len(MISSIONS)])
    mission = redrawn(spoiled(mission, rng), rng)
    inputs = wild_inputs(mission, number, rng)
    lines = wild_faults(mission, rng, imaging)
    # of CPU time: a busy machine makes no flight wrong
    before = [signal.signal(each, overdue) for each in (signal.SIGVTALRM, signal.SIGALRM)]
    signal.setitimer(signal.ITIMER_VIRTUAL, LONGEST_S)
    signal.alarm(10 * LONGEST_S)  # for one that waits
    began = time.process_time()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            landed = blind(mission, seed=number, inputs=inputs, imaging=imaging, faults=lines)
        wrong = not_finite(landed)
        said = landed.outcome
    except FarsideError as why:
        said, wrong = "refused", "" if one_line(why) else f"refused in many lines: {why!r}"
    except Overdue:
        said, wrong = "overdue", "".join(traceback.format_exc()[-600:])
    except Exception:
        said, wrong = "error", traceback.format_exc()[-1500:]
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0.0)
        signal.alarm(0)
        for each, held in zip((signal.SIGVTALRM, signal.SIGALRM), before, strict=True):
            signal.signal(each, held)
    return {
        "number": number,
        "outcome": said,
        "wrong": wrong,
        "faults": lines,
        "spent_s": time.process_time() - began,
    }


def looks_at(number: int, count: int, imaging: int) -> bool:
    """Whether a flight is one of those that look, spread over all missions."""
    return imaging > 0 and number // len(MISSIONS) % max(count // imaging, 1) == 0


def one_line(why: Exception) -> bool:
    """Whether a refusal is one line that says something."""
    return bool(str(why)) and "\n" not in str(why)


def not_finite(landed: Any) -> str:
    """Return which rows or facts of a landing are not finite; nothing where all are."""
    rows = landed.telemetry
    if not len(rows):
        return "no row of telemetry"
    for name in rows.dtype.names:
        column = rows[name]
        if column.dtype.kind != "f":
            continue
        fine = np.isfinite(column) | (np.isnan(column) if name in UNMEASURED else False)
        if not np.all(fine):
            return f"telemetry {name}"
    try:
        json.dumps(landed.to_dict(), allow_nan=False)
    except ValueError as why:
        return f"landing.json: {why}"
    return ""


def sources() -> str:
    """Return a digest of the sources that fly: Python's, Cython's and the missions'."""
    root, digest = Path(__file__).parents[1], hashlib.sha256()
    for folder in FLYING:
        for each in sorted((root / folder).rglob("*")):
            if each.suffix in SUFFIXES:
                digest.update(each.relative_to(root).as_posix().encode() + each.read_bytes())
    return digest.hexdigest()


def part_file(folder: Path, part: range) -> Path:
    """Return the file of some flights."""
    return folder / f"flights-{part.start:06d}-{part.stop:06d}.json"


def kept(folder: Path | None, part: range, looks: list[bool]) -> list[dict[str, Any]]:
    """Return the flights of a part that was flown before; none where it was not."""
    if folder is None or not part_file(folder, part).exists():
        return []
    held: dict[str, Any] = json.loads(part_file(folder, part).read_text())
    if held["sources"] != sources() or held["looks"] != looks:
        sys.exit(f"{part_file(folder, part)}: flown by other sources or looks; take a new folder")
    rows: list[dict[str, Any]] = held["flights"]
    return rows


def keep(folder: Path | None, part: range, looks: list[bool], rows: list[dict[str, Any]]) -> None:
    """Write the flights of a part, whole or not at all."""
    if folder is None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    place = part_file(folder, part)
    draft = place.with_suffix(".new")
    draft.write_text(json.dumps({"sources": sources(), "looks": looks, "flights": rows}))
    draft.replace(place)


def main() -> int:
    """Fly all, and say what became of them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--imaging", type=int, default=200, help="of them look with the lidar")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--parts", type=Path, help="folder in which flown flights are kept")
    parser.add_argument("--write", action="store_true", help="into docs/robustness.md")
    asked = parser.parse_args()
    numbers = range(asked.first, asked.first + asked.count)
    began = time.monotonic()
    found: list[dict[str, Any]] = []
    with ProcessPoolExecutor(asked.workers) as pool:
        for at in range(0, asked.count, PART):
            part = numbers[at : at + PART]
            looks = [looks_at(n, asked.count, asked.imaging) for n in part]
            rows = kept(asked.parts, part, looks) or list(pool.map(fly, part, looks, chunksize=5))
            keep(asked.parts, part, looks, rows)
            found += rows
            for row in rows:
                if row["wrong"]:
                    print(row["number"], row["outcome"], row["faults"], row["wrong"], flush=True)
    lines = table(found)
    print(*lines, f"{time.monotonic() - began:.0f} s", sep="\n")
    if asked.write:
        put(lines)
    return 1 if any(row["wrong"] for row in found) else 0


def table(found: list[dict[str, Any]]) -> list[str]:
    """Return what became of the flights, as a table."""
    counts = Counter(row["outcome"] for row in found)
    most = max(row["spent_s"] for row in found)
    wrong = sum(bool(row["wrong"]) for row in found)
    rows = [f"| {name} | {count} |" for name, count in sorted(counts.items())]
    return [
        f"| of {len(found)} wild flights | count |",
        "|---|---|",
        *rows,
        f"| wrong: overdue, an exception, a number that is not finite | {wrong} |",
        "",
        f"The longest took {most:.1f} s of CPU time.",
    ]


def put(lines: list[str]) -> None:
    """Put the table where the page has its marks."""
    head, rest = PAGE.read_text().split("<!-- wild -->\n", 1)
    tail = rest.split("<!-- /wild -->", 1)[1]
    PAGE.write_text(head + "<!-- wild -->\n" + "\n".join(lines) + "\n<!-- /wild -->" + tail)


if __name__ == "__main__":
    sys.exit(main())
