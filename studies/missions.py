"""The missions that ship, each flown 200 times: writes docs/missions.md.

    python -m studies.missions [NAME ...]

Seeds 1 to 200 with everything that a mission disperses, without cameras; slim-like, which sees by
nothing else, is left to docs/camera-flights.md. Names fly some and print their lines; without names
all are flown and the page is written. Takes about half an hour of a core.
"""

from __future__ import annotations

import statistics
import sys
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path

from studies.validation_missions import MISSIONS
from studies.validation_rows import RECORDS

from farside.flight import land
from farside.mission import Mission, load_mission, mission_names

PAGE = Path(__file__).parents[1] / "docs" / "missions.md"
SEEDS = range(1, 201)
BY_CAMERAS = "slim-like"
HEAD = """# The missions that ship

```sh
farside missions                                  # the list
farside missions --show chang-e-3                 # a file, with its sources
farside land chang-e-3 --seed 1 --no-cameras      # fly it
```

Every number of a mission file has its source beside it, an id of [sources.md](sources.md), *from
memory* (no source was read) or *ours* (no source gives it). What was published of a landing stands
beside ours in [validation.md](validation.md), row by row, with what an agreement is worth. Landings
that failed are missions of `failures/` ([failures.md](failures.md)), each like the nominal one.

`make missions` writes this page: seeds 1 to 200, all that a mission disperses, ground of each
seed's own, without cameras. *Safe* is within every limit of the mission at first contact and at
rest, the
ground's included. Medians, and in brackets the worst; *off* is from the touchdown point
that was aimed at last: the chosen site where the lander scans, the mission's target where not. A
published figure stands in square brackets; *derived* ones and those from memory are in
[validation.md](validation.md) with their sources.
"""
#: What a lander that does not land in all flights lacks, by the kind of lander.
NOBODY_LOOKS = (
    "It comes down at its target unseen: no lidar, no crew, and its cameras are off in these "
    "flights."
)
LACKED = {
    "apollo-11": "The load lands by itself; the crew that looked for a level place is not in it.",
    "apollo-12": "The load lands by itself; the crew that looked for a level place is not in it.",
    "apollo-15": "The load lands by itself; the crew that looked for a level place is not in it.",
    "beresheet": "It carried nothing that looks for hazards.",
    "hakuto-r": "It carried nothing that looks for hazards.",
    "luna-25": "Nothing that looks for hazards is published of it.",
    "chandrayaan-3": "Its two hazard cameras are off in these flights.",
    "surveyor-1": "It carried nothing that looks for hazards.",
    "slim": "Its cameras are off in these flights; `slim-like` flies with them.",
}


@dataclass(frozen=True)
class Flights:
    """What is kept of a mission's flights."""

    mission: Mission
    safe: int
    flown: int
    causes: Counter[str]
    miss_m: tuple[float, float]  # median and worst
    down_mps: tuple[float, float]
    across_mps: tuple[float, float]
    propellant_kg: tuple[float, float]
    duration_s: tuple[float, float]


def middle_and_worst(values: Sequence[float]) -> tuple[float, float]:
    """Return the median and the largest."""
    return statistics.median(values), max(values)


@dataclass(frozen=True)
class Flown:
    """What is kept of one flight."""

    safe: bool
    causes: tuple[str, ...]
    miss_m: float
    down_mps: float
    across_mps: float
    propellant_kg: float
    duration_s: float


def fly_once(name: str, seed: int) -> Flown:
    """Fly a mission with a seed."""
    landing = land(load_mission(name), seed=seed, cameras=False)
    touchdown = landing.touchdown
    return Flown(
        landing.safe,
        tuple(cause.kind for cause in landing.causes if cause.kind != "limited"),
        touchdown.miss_m,
        -touchdown.vertical_speed_mps,
        touchdown.horizontal_speed_mps,
        landing.propellant_kg,
        landing.duration_s,
    )


def fly(pool: ProcessPoolExecutor, name: str, seeds: Sequence[int] = SEEDS) -> Flights:
    """Fly a mission with each seed."""
    flown = list(pool.map(fly_once, repeat(name), seeds, chunksize=5))
    return Flights(
        load_mission(name),
        sum(each.safe for each in flown),
        len(flown),
        Counter(cause for each in flown if not each.safe for cause in each.causes),
        *(
            middle_and_worst([getattr(each, what) for each in flown])
            for what in ("miss_m", "down_mps", "across_mps", "propellant_kg", "duration_s")
        ),
    )


def published(name: str, what: str) -> str:
    """Return what was published of a quantity, in square brackets; nothing where nothing was."""
    for record in (*RECORDS, *MISSIONS):
        if record.key == f"{name}.{what}" and record.published is not None:
            if "derived" in record.source or record.source.startswith("from memory"):
                return ""
            found = record.published
            ends = found if isinstance(found, tuple) else (found, found)
            text = "-".join(f"{each:.0f}" for each in dict.fromkeys(ends))
            return f" [{text}]"
    return ""


def place(mission: Mission) -> str:
    """Return the place of a mission's site."""
    site = mission.site
    east = site.longitude_deg if site.longitude_deg <= 180.0 else site.longitude_deg - 360.0
    north, side = abs(site.latitude_deg), "NS"[site.latitude_deg < 0.0]
    return f"{north:.2f} {side}, {abs(east):.2f} {'EW'[east < 0.0]}"


def line(each: Flights) -> str:
    """Return a mission's line of the table."""
    mission, name = each.mission, each.mission.name

    def shown(pair: tuple[float, float], digits: int) -> str:
        return f"{pair[0]:.{digits}f} ({pair[1]:.{digits}f})"

    cells = (
        f"`{name}`",
        mission.title,
        place(mission),
        mission.epoch.landing_utc[:16].replace("T", " "),
        f"{mission.vehicle.descent_mass_kg:.0f}",
        f"{each.safe} of {each.flown}",
        shown(each.duration_s, 0) + published(name, "duration"),
        shown(each.propellant_kg, 0) + published(name, "propellant"),
        shown(each.down_mps, 2),
        shown(each.across_mps, 2),
        shown(each.miss_m, 2 if any(row.scan for row in mission.phases) else 0),
    )
    return f"| {' | '.join(cells)} |"


def lacked(each: Flights) -> str:
    """Say what a mission that does not land in all flights lacks, and what ended the others."""
    name = each.mission.name
    ends = ", ".join(f"{kind.replace('_', ' ')} {n}" for kind, n in each.causes.most_common())
    return f"- `{name}`, {each.safe} of {each.flown}: {LACKED.get(name, NOBODY_LOOKS)} ({ends})"


def page(flights: Sequence[Flights]) -> str:
    """Return the page's text."""
    heads = ("mission", "what", "where", "when, UTC", "kg", "safe", "duration [s]")
    heads += ("propellant [kg]", "down [m/s]", "across [m/s]", "off [m]")
    lines = [HEAD, f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}", *map(line, flights)]
    like = load_mission(BY_CAMERAS)
    when = like.epoch.landing_utc[:16].replace("T", " ")
    lines.append(
        f"| `{BY_CAMERAS}` | {like.title} | {place(like)} | {when} | "
        f"{like.vehicle.descent_mass_kg:.0f} | [camera flights](camera-flights.md) | | | | | |"
    )
    lines += ["", "## What the others lacked", ""]
    lines += [lacked(each) for each in flights if each.safe < each.flown]
    return "\n".join(lines) + "\n"


def main(names: Sequence[str]) -> int:
    """Fly, and print lines or write the page."""
    flights = []
    with ProcessPoolExecutor() as pool:
        for name in names or [name for name in mission_names() if name != BY_CAMERAS]:
            flights.append(fly(pool, name))
            print(line(flights[-1]), file=sys.stderr, flush=True)
    if not names:
        PAGE.write_text(page(flights), "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
