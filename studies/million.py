"""A million landings priced from the flights that were flown: `python -m studies.million`.

    python -m studies.million fly DIR [--runs 1000000] [--shards 100] [--workers 2]
    python -m studies.million rows DIR OUT --rows N [--of-a-part 64]
    python -m studies.million read OUT [--whole] [--code DIR]
    python -m studies.million count DIR
    python -m studies.million page [--core-hour PRICE]

`fly` flies the first shard of a campaign on a dask cluster of this machine, and goes on with what
is there. `rows` makes a campaign of any number of rows of it, and `read` measures summary and page
of that. `count` and `read` keep what they find in studies/million.json, from which `page` writes
docs/million.md.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from studies.million_flights import COSTS, fly
from studies.million_page import page_of
from studies.million_rows import make

from farside.campaign import open_campaign
from farside.campaign.folder import HISTORIES, PARTS
from farside.campaign.statistics import summarise
from farside.campaign.worst import worst_runs

KEPT = Path(__file__).with_suffix(".json")
PAGE = Path(__file__).parents[1] / "docs" / "million.md"
#: Worst flights on the page.
WORST = 10


def costs(path: Path) -> dict[str, Any]:
    """Add up what tasks took.

    Parameters
    ----------
    path : Path
        Of the notes of `studies.million_flights`.

    Returns
    -------
    dict
        Flights, CPU time of a flight in its own thread and in its whole process, of a worker's
        start and of the process that hands out [s]; the share of its time that a worker had a task
        in hand; and the wall time, all workers together.
    """
    notes = [json.loads(line) for line in path.read_text().splitlines()]
    tasks = [note for note in notes if "pid" in note]
    hosts = [note for note in notes if "host" in note]
    workers: dict[int, list[dict[str, float]]] = {}
    for task in tasks:
        workers.setdefault(int(task["pid"]), []).append(task)
    flights = sum(int(task["flights"]) for task in tasks)
    threaded = [task for task in tasks if "thread_cpu" in task]
    of_threads = sum(task["flights"] for task in threaded)
    busy = sum(task["end"] - task["begin"] for task in tasks)
    there = sum(own[-1]["end"] - own[0]["begin"] for own in workers.values())
    last: dict[int, float] = {int(note["host"]): note["cpu"] for note in hosts}
    return {
        "flights": flights,
        "tasks": len(tasks),
        "workers_started": len(workers),
        "process_cpu_s": sum(task["cpu"] for task in tasks) / flights,
        "thread_cpu_s": sum(task["thread_cpu"] for task in threaded) / max(of_threads, 1),
        "process_cpu_of_those_s": sum(task["cpu"] for task in threaded) / max(of_threads, 1),
        "start_cpu_s": sum(own[0]["process_cpu"] - own[0]["cpu"] for own in workers.values())
        / len(workers),
        "in_hand": busy / there,
        "wall_of_workers_s": there,
        "host_cpu_s": sum(last.values()),
        "deaths": max((int(note["deaths"]) for note in hosts), default=0),
    }


def count(folder: Path) -> dict[str, Any]:
    """Count what a campaign's flights took, and what came of them."""
    flown = open_campaign(folder)
    said = summarise(flown)
    files = {
        name: [path.stat().st_size for path in (folder / name).iterdir()]
        for name in (PARTS, HISTORIES)
    }
    worst = [
        {"run": each.run, "outcome": each.outcome, "safe": each.safe, "cause": each.cause}
        for each in worst_runs(flown, WORST)
    ]
    facts = said.to_dict()
    kept = ("success", "endings", "basis", "requirements", "failures", "remarks", "seed", "title")
    return {
        "costs": costs(folder.resolve().with_name(f"{folder.name}-{COSTS}")),
        "planned": flown.plan.runs,
        "farside": flown.plan.farside,
        "runs": said.runs,
        "parts": len(files[PARTS]),
        "part_bytes": sum(files[PARTS]),
        "histories": len(files[HISTORIES]),
        "history_bytes": sum(files[HISTORIES]),
        "worst": worst,
        "summary": {key: facts[key] for key in kept},
    }


def read(folder: Path, whole: bool, code: Path | None) -> dict[str, Any]:
    """Measure summary and page of a folder in a process of their own."""
    words = [sys.executable, "-m", "studies.million_measure", str(folder)]
    words += [str(folder.resolve().with_suffix(".html"))]
    words += ["--whole"] if whole else []
    words += ["--code", str(code)] if code else []
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    parts = len(list((folder / PARTS).iterdir()))
    return found | {"whole": whole, "before": code is not None, "parts": parts}


def _keep(name: str, found: Any) -> None:
    """Keep what was found; measurements of the same kind replace each other."""
    kept = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    if name == "read":
        same = ("rows", "whole", "before")
        others = [
            each for each in kept.get(name, []) if any(each[key] != found[key] for key in same)
        ]
        found = sorted([*others, found], key=lambda each: (each["before"], each["rows"]))
    if name == "flown" and "alone" in kept.get(name, {}):
        found = found | {"alone": kept[name]["alone"]}
    KEPT.write_text(json.dumps(kept | {name: found}, indent=1, sort_keys=True) + "\n")


def main() -> None:
    """Do what is asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asks = parser.add_subparsers(dest="what", required=True)
    flies = asks.add_parser("fly")
    flies.add_argument("folder", type=Path)
    flies.add_argument("--mission", default="chang-e-6")
    flies.add_argument("--runs", type=int, default=1_000_000)
    flies.add_argument("--shards", type=int, default=100)
    flies.add_argument("--workers", type=int, default=2)
    flies.add_argument("--seed", type=int, default=2026)
    rows = asks.add_parser("rows")
    rows.add_argument("folder", type=Path)
    rows.add_argument("out", type=Path)
    rows.add_argument("--rows", type=int, required=True)
    rows.add_argument("--of-a-part", type=int, default=64)
    reads = asks.add_parser("read")
    reads.add_argument("folder", type=Path)
    reads.add_argument("--whole", action="store_true")
    reads.add_argument("--code", type=Path)
    asks.add_parser("count").add_argument("folder", type=Path)
    asks.add_parser("page").add_argument("--core-hour", type=float, default=0.05)
    asked = parser.parse_args()
    if asked.what == "fly":
        fly(asked.folder, asked.mission, asked.runs, asked.shards, asked.workers, asked.seed)
    elif asked.what == "rows":
        make(asked.folder, asked.out, asked.rows, asked.of_a_part)
    elif asked.what == "read":
        _keep("read", read(asked.folder, asked.whole, asked.code))
    elif asked.what == "count":
        _keep("flown", count(asked.folder))
    else:
        PAGE.write_text(page_of(json.loads(KEPT.read_text()), asked.core_hour), "utf-8")


if __name__ == "__main__":
    main()
