"""Failed landings flown twice: writes docs/failures.md and its pictures.

    python -m studies.failures [NAME ...]

Each mission of `failures/` is flown with its faults and seeds 1 to 3, with the logic that flew and
with ours. Names fly some of them and print what came of it; without names all are flown and the
page is written. Takes about a minute.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from studies.failure_flights import SEEDS, Flown, draw, fly

from farside.mission import Mission, failure_names, load_mission
from farside.mission.naive import OPTIONS
from farside.mission.units import unit_of

DOCS = Path(__file__).parents[1] / "docs"
PAGE = DOCS / "failures.md"
PICTURES = DOCS / "pictures" / "failures"
HEAD = """# Failed landings, flown twice

Twelve landings that failed, or nearly did, as missions: the vehicle, the fault, what was published
of the end, and the logic that flew, as options of our own flight software. `make failures` flies
each with seeds 1 to 3, with its fault: once with the logic that flew, once with ours.

<!-- status: 1 0 -->
```sh
farside land failures/hakuto-r-m1 --as-flown
farside land failures/hakuto-r-m1
```

Any mission flies with any of these options:

<!-- slow -->
```sh
farside land chang-e-6 --no-cameras --naive latched_rejection \\
  --fault "altimeter bias 3000 from 500 s"
```

From Python: `land("failures/hakuto-r-m1", as_flown=True)`, or `as_flown=["latched_rejection"]` for
any mission. `landing.json` holds the comparison under `failure`.

**What the numbers are worth.** Vehicles and laws are mostly ours: what flew is not published.
Faults carry numbers that were chosen so that an outcome comes out; each file says which (*fitted*,
*ours*). What a flight then reproduces is the chain from a fault through a logic to an end, not a
prediction. Tolerances were written down before the first flight; those that are not met stand here
as they came out.
"""
WORDS = {
    "landed": "landed",
    "belly_struck": "belly struck",
    "aborted": "aborted",
    "tipped": "tipped over",
    "crashed": "crashed",
    "out_of_propellant": "fell dry",
    "unfinished": "unfinished",
}
#: What the numbers of `Flown.physics` mean.
PHYSICS = {
    "beresheet": "No logic lands without an engine. From the moment of its end two bodies alone "
    "give the speed at the site's level, for seeds 1 to 3",
    "hakuto-r-m2": "Full thrust straight up, without a moment lost and without the speed across, "
    "takes so much height to stop from where the first range comes, for seeds 1 to 3",
    "im-1": "What knowledge and propellant allow where the final descent begins: the share is how "
    "often ground that is only known so well is met at the limit of the touchdown before the tanks "
    "are dry, for seeds 1 to 3",
}


@dataclass(frozen=True)
class Pair:
    """A failure's flights."""

    name: str
    mission: Mission
    naive: tuple[Flown, ...]
    ours: tuple[Flown, ...]


def pair(name: str) -> Pair:
    """Fly a failure both ways."""
    mission = load_mission(name)
    return Pair(name, mission, fly(name, as_flown=True), fly(name, as_flown=False))


def end_of(flown: Flown) -> str:
    """Describe an end in some words: outcome and speeds at contact."""
    said = WORDS[flown.outcome]
    if flown.outcome == "landed" and not flown.safe:
        said = "landed beyond a limit"
    if (
        not flown.safe
        and flown.outcome in ("landed", "tipped")
        and (flown.slope_deg > flown.steepest_deg)
    ):
        said += f", on {flown.slope_deg:.0f} deg"
    if flown.left:
        said += f", {flown.left}"
    return f"{said}, {flown.down_mps:.1f} down, {flown.across_mps:.1f} across"


def ends(flights: Sequence[Flown]) -> str:
    """Describe the ends of some flights, each once."""
    return "; ".join(f"{flown.seed}: {end_of(flown)}" for flown in flights)


def met(flights: Sequence[Flown]) -> str:
    """Return how many numbers were met in all flights together."""
    counts = [flown.met for flown in flights]
    total = sum(of for _, of in counts)
    return f"{sum(held for held, _ in counts)} of {total}" if total else "none to reproduce"


def summary(pairs: Sequence[Pair]) -> Iterator[str]:
    """Yield the table of all failures."""
    safe = sum(flown.safe for each in pairs for flown in each.ours)
    flights = sum(len(each.ours) for each in pairs)
    yield "## All twelve\n"
    yield (
        f"Speeds in m/s at first contact, by seed. With our logic {safe} of {flights} flights land "
        "within every limit of touchdown and rest. Where it says on how many degrees it came down, "
        "the ground is steeper than the mission allows: none of these landers looks for hazards.\n"
    )
    yield "| failure | published | as flown | met | our logic |"
    yield "|---|---|---|---|---|"
    for each in pairs:
        failure = each.mission.failure
        assert failure is not None
        link = f"[{each.mission.name}](#{each.mission.name})"
        yield (
            f"| {link} | {failure.ended} | {ends(each.naive)} | {met(each.naive)} | "
            f"{ends(each.ours)} |"
        )
    yield ""


def options() -> Iterator[str]:
    """Yield the table of the naive options."""
    yield "## Naive options\n"
    yield (
        "An option is a set of mission keys (`farside.mission.naive`); the flight software knows "
        "none by name. A file of `failures/` may add keys of its own, `[[failure.keys]]`.\n"
    )
    yield "| option | what it does | keys |"
    yield "|---|---|---|"
    for name, option in OPTIONS.items():
        keys = ", ".join(f"`{key}` = {value:.9g}" for key, value in option.keys.items())
        yield f"| `{name}` | {option.meaning} | {keys} |"
    yield ""


def section(each: Pair) -> Iterator[str]:
    """Yield what there is of a failure."""
    mission, failure = each.mission, each.mission.failure
    assert failure is not None
    yield f"## {mission.name}\n"
    yield f"{failure.flight}: {failure.cause}.\n"
    logic = ", ".join(f"`{name}`" for name in failure.as_flown)
    yield f"Logic that flew: {logic or 'no option; what ours does'}."
    for row in failure.keys:
        unit = unit_of(row.key.rpartition(".")[2]) or ""
        yield f"`{row.key}` = {f'{row.value:g} {unit}'.rstrip()} ({row.reason})."
    yield "\nFaults:\n"
    yield from (f"- {fault}" for fault in mission.faults)
    picture = f"pictures/failures/{mission.name}.png"
    yield f"\n![Height and speed of {mission.name}, as flown and with our logic]({picture})\n"
    yield from numbers(each)
    if said := [flown.physics for flown in each.ours if flown.physics]:
        yield f"\n{PHYSICS[mission.name]}: {'; '.join(said)}."
    yield ""


def numbers(each: Pair) -> Iterator[str]:
    """Yield the table of published numbers beside both flights of each seed."""
    heads = [f"{who} {seed}" for who in ("as flown", "ours") for seed in SEEDS]
    yield f"| | published | allowed | {' | '.join(heads)} | source; reason |"
    yield f"|---|---|---|{'---|' * len(heads)}---|"
    flights = (*each.naive, *each.ours)
    for i, first in enumerate(flights[0].compared):
        row = first.outcome
        cells = []
        for flown in flights:
            found = flown.compared[i]
            shown = "-" if np.isnan(found.flown) else f"{found.flown:.4g}"
            bold = found.holds is False and flown in each.naive
            cells.append(f"**{shown}**" if bold else shown)
        published = f"{row.published:g} {row.unit}".rstrip()
        allowed = "" if row.tolerance is None else f"± {row.tolerance:g}"
        yield (
            f"| {row.what} | {published} | {allowed} | {' | '.join(cells)} | "
            f"{row.source}; {row.reason} |"
        )


def page(pairs: Sequence[Pair]) -> str:
    """Return the page."""
    lines = [HEAD, *summary(pairs), *options()]
    lines.append("## Each failure\n")
    lines.append(
        "In bold: not met. A dash: the flight did not come there, or has no such number. The ids "
        "of the sources are those of [sources.md](sources.md).\n"
    )
    for each in pairs:
        lines += section(each)
    return "\n".join(lines).rstrip() + "\n"


def save_picture(each: Pair) -> None:
    """Write a failure's picture: few colours, so that it is small."""
    figure = draw(each.name, each.naive[0], each.ours[0])
    figure.canvas.draw()
    image = Image.fromarray(np.asarray(figure.canvas.buffer_rgba())[..., :3])  # type: ignore[attr-defined]
    PICTURES.mkdir(parents=True, exist_ok=True)
    image.quantize(32).save(PICTURES / f"{each.mission.name}.png", optimize=True)


def main(names: Sequence[str]) -> None:
    """Fly the failures of these names, or all, and write the page of all."""
    pairs = []
    for name in names or failure_names():
        found = pair(name)
        pairs.append(found)
        print(f"{name}: as flown {ends(found.naive)} ({met(found.naive)})", flush=True)
        print(f"{name}: ours {ends(found.ours)}", flush=True)
        if not names:
            save_picture(found)
    if not names:
        PAGE.write_text(page(pairs))
        print(PAGE)


if __name__ == "__main__":
    main(sys.argv[1:])
