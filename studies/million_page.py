"""The page docs/million.md, of what `studies.million` found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from farside.campaign.plan import MOST_OF_A_TASK

MILLION = 1_000_000
CORES = 100

HEAD = """# A million landings, priced from {runs:,}

One campaign of a million Chang'e 6 landings, hazard mapping on, every input dispersed, is
planned; its first {runs:,} are flown here, and the rest is priced from them. Written by
`python -m studies.million page` from `studies/million.json`, which `fly`, `count` and `read` of
the same command fill.

<!-- not run: takes hours; docs/campaign.md runs the commands on a few flights -->
```sh
# the first 10 000 of a million, then on after any break
farside campaign chang-e-6 --runs 1000000 --seed 2026 --shard 1/100 --dask local --out million/1
farside campaign --resume --shard 1/100 --dask local --out million/1
farside summary million/1    # or the folders of all shards: rows stay on the disk
```

Run K is the same flight for any number of runs, so these are the campaign's first. A row that is
there is kept: more cores or more days make the same folder longer.{asked}
"""

READ_HEAD = """
## Summary and page of a million rows

`farside summary`, `compare`, `export campaign --netcdf`, `survey --ellipse` and the page read a
campaign a column at a time: each part is read and checked once and laid down in a scratch file of
large row groups (parquet, in the folder of TMPDIR, {scratch:.1f} GB for a million), from which
one column is read where one is needed. All figures are of all rows: percentiles are order
statistics of the whole column, not of a sketch; ranks of inputs are multiplied block by block;
more than 1500 touchdowns are counted in 60 by 60 cells instead of drawn one by one, and the
figure says so. The numbers are those of the whole table (`tests/unit/test_campaign_store.py`).
The bound: less than 500 MB above what the program holds before it opens a million rows, tested.

The rows measured here are **no flights**: they are drawn with replacement from the flown ones and
moved by a hundredth of each column's deviation (`studies/million_rows.py`).

| rows | parts | | CPU time, s | wall time here, s | peak memory above the start, MB |
|---|---|---|---|---|---|"""

TAIL = """
Of a million rows as well: a comparison of two campaigns in pairs takes 6 s of CPU time, NetCDF
6 s and 206 MB (before, 9 s and 704 MB for words as wide as the longest).

Opening takes {part_ms:.0f} ms of CPU time a part, however few rows it has: {open_min:.1f} min for
the 15 625 parts of 64 rows that a million flights leave. `farside replay` reads only the part
that its run is in. From Python `open_campaign` is what `read_campaign` is with the rows left on
the disk: `open_campaign(folder).table["propellant_kg"]`. `Campaign.to_xarray` and `read_campaign`
hold whole tables still.
"""


def page_of(kept: dict[str, Any], core_hour: float) -> str:
    """Write the page.

    Parameters
    ----------
    kept : dict
        Of studies/million.json.
    core_hour : float
        Price of an hour of a core, in any currency; a parameter, with no source.
    """
    flown = kept["flown"]
    short = ""
    if flown["runs"] < MILLION // 100:
        short = (
            f" Asked were 10 000 flights; {flown['runs']:,} were flown, for the two cores were "
            "shared with other work."
        )
    lines = [HEAD.format(runs=flown["runs"], asked=short)]
    lines += _cost(flown, core_hour)
    lines += _outcome(flown)
    if kept.get("read"):
        lines += _reading(kept["read"])
    return "\n".join(lines).rstrip() + "\n"


def per_flight(flown: dict[str, Any]) -> tuple[float, float, float]:
    """Return the CPU time of a flight [s], its bytes as a row, and its bytes of telemetry."""
    return (
        flown["costs"]["process_cpu_s"],
        flown["part_bytes"] / flown["runs"],
        flown["history_bytes"] / flown["runs"],
    )


def wall_s(flown: dict[str, Any], cores: int) -> float:
    """Return the wall time of a million flights on so many cores [s]: see the page."""
    costs = flown["costs"]
    each = costs["process_cpu_s"]
    return (
        MILLION * each / (cores * costs["in_hand"]) + costs["start_cpu_s"] + MOST_OF_A_TASK * each
    )


def _cost(flown: dict[str, Any], core_hour: float) -> Iterator[str]:
    """Tell what a flight takes, and what a million would."""
    costs = flown["costs"]
    cpu, row, history = per_flight(flown)
    hours = MILLION * cpu / 3600.0
    wall = wall_s(flown, CORES) / 60.0
    own = costs["thread_cpu_s"] / costs["process_cpu_of_those_s"] if costs["thread_cpu_s"] else 0.0
    yield "\n## What a flight takes, and a million\n"
    yield "| | measured | for 1 000 000 |"
    yield "|---|---|---|"
    yield (
        f"| CPU time a flight, all threads of a worker, beside other work | {cpu:.2f} s "
        f"({costs['flights']:,} flights) | {hours:,.0f} core-hours |"
    )
    yield (
        f"| of which the flight's own thread | {100.0 * own:.0f} % | the rest is dask's threads: "
        "2 % of a core by the clock, so more of a share on a busy machine; a local cluster now "
        "takes 0.5 % |"
    )
    if alone := flown.get("alone"):
        yield (
            f"| the same flights in one process without dask, beside other work | "
            f"{alone['cpu_s']:.2f} s ({alone['flights']} flights) | "
            f"{MILLION * alone['cpu_s'] / 3600.0:,.0f} core-hours |"
        )
        efficiency = 100.0 * alone["cpu_s"] / cpu * costs["in_hand"]
        yield (
            f"| efficiency of dask on 2 cores: CPU time without over with it, by the time in hand "
            f"| {efficiency:.0f} % | supposed for {CORES} cores too |"
        )
    yield f"| rows | {row:,.0f} bytes a flight in {flown['parts']:,} parts | {row * 1e-3:.2f} GB |"
    yield (
        f"| telemetry of flights that were not safe | "
        f"{flown['histories']:,} of them, "
        f"{history:,.0f} bytes a flight, from few | {history * 1e-3:.2f} GB |"
    )
    yield (
        f"| a worker has a task in hand | {100.0 * costs['in_hand']:.1f} % of its time, "
        "2 workers | |"
    )
    yield f"| start of a worker | {costs['start_cpu_s']:.1f} s of CPU time | |"
    yield f"| wall time on {CORES} cores | | {wall:,.0f} min, extrapolated |"
    yield f"| price at {core_hour:g} a core-hour | | {hours * core_hour:,.0f} |"
    yield f"""
CPU time, too, is longer beside other work: two threads share a core and its caches. These figures
are upper bounds for a quiet machine; by how much is not known.

The wall time is CPU time over cores, over the share of its time that a worker has a task in hand,
with a worker's start and one last task of {MOST_OF_A_TASK} flights added. Extrapolated are: that
{CORES} cores of the same kind, one worker each, take the CPU time that two take here; that one
scheduler keeps {CORES} workers as busy as two (it deals one task in
{MOST_OF_A_TASK * cpu / CORES:.1f} s then; without a scheduler, shards do the same); and that a
flight takes the mean time of the flown ones. The price is arithmetic with the parameter
`--core-hour`; it is nobody's offer."""


def _outcome(flown: dict[str, Any]) -> Iterator[str]:
    """Tell what came of the flights, and which were the worst."""
    success, basis = flown["summary"]["success"], flown["summary"]["basis"]
    endings = ", ".join(f"{n:,} {word}" for word, n in flown["summary"]["endings"].items())
    yield f"\n## What came of the {flown['runs']:,}\n"
    yield (
        f"{success['count']:,} of {success['of']:,} landed safely ({endings}): "
        f"{100.0 * success['share']:.2f} %, 95 % interval {100.0 * success['low']:.2f} to "
        f"{100.0 * success['high']:.3f} % ({basis['bound']}), at least "
        f"{100.0 * success['least']:.3f} % one-sided. It is conditional: {basis['given']}; seed "
        f"{flown['summary']['seed']}, ground and noise drawn anew for each run; what the models "
        "leave out is not in it. "
        f"Workers that died: {flown['costs']['deaths']}.\n"
    )
    if flown["summary"]["failures"]:
        yield "| class of failure | flights | at most, 95 % |"
        yield "|---|---|---|"
        for each in flown["summary"]["failures"]:
            most = 100.0 * each["flights"]["most"]
            yield f"| {each['title']} | {each['flights']['count']:,} | {most:.3f} % |"
    yield "\nThe worst flights; `farside replay million/1 --run K` flies one again, to the bit:\n"
    yield "| run | ended | safe | cause |"
    yield "|---|---|---|---|"
    for each in flown["worst"]:
        safe = "yes" if each["safe"] else "no"
        yield f"| {each['run']} | {each['outcome'].replace('_', ' ')} | {safe} | {each['cause']} |"
    yield ""


def _reading(found: list[dict[str, Any]]) -> Iterator[str]:
    """Tell what summary and page of many rows take."""
    now = [each for each in found if not each["before"]]
    many = max(now, key=lambda each: each["parts"])
    part_s = max(many["opened_cpu_s"] - 1.0, 0.0) / many["parts"]
    each_bytes = next((each["bytes"] / each["rows"] for each in now if "bytes" in each), 0.0)
    yield READ_HEAD.format(scratch=1e-3 * each_bytes)
    lines = []
    for each in found:
        words = "whole tables, before" if each["before"] else "columns"
        if each.get("stopped"):
            words += "; stopped unfinished, the peak by then"
        lines.append(
            f"| {each['rows']:,} | {each['parts']:,} | {words} | {each['cpu_s']:.0f} | "
            f"{each['wall_s']:.0f} | {each['grown_mb']:,.0f} |"
        )
    yield "\n".join(lines)
    yield TAIL.format(part_ms=1e3 * part_s, open_min=15_625 * part_s / 60.0)
