"""Published values beside ours: writes docs/validation.md.

    python -m studies.validation

Sky, orbit and vehicle are computed, the rest is flown: nominal landings of Chang'e 6 and 4 and of
Apollo 11, with perfect sensors over real ground. The rows are data: studies/validation_rows.py.
Exit status 1 where one is outside its tolerance.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from pathlib import Path

from studies import rock_counts
from studies.flown_missions import missions
from studies.flown_values import (
    Found,
    apollo_11,
    ascents,
    chang_e_4,
    chang_e_6,
    gates_11,
)
from studies.optima import braking_kg, propellants_kg
from studies.published import Kind, Value, marked, paired
from studies.validation_missions import MISSIONS
from studies.validation_rows import GATES, RECORDS

from farside.flight import Landing, land
from farside.mission import SiteFrame, load_mission
from farside.mission import moon as luna
from farside.mission.ephemeris import earth_direction, sun_direction

PAGE = Path(__file__).parents[1] / "docs" / "validation.md"
HEAD = """# Validation: published values beside ours

This page compares farside with what others published. `make validation` writes it; a value outside
its tolerance fails it. The rows are data (`studies/validation_rows.py`); the ids of the sources are
those of [sources.md](sources.md), and so are the anchors A1 to A9. Flights are nominal: nothing
dispersed, perfect sensors, nothing fails, seed 0, the whole-Moon DEM. The page says nothing about
how often a landing succeeds.

The page is split by what an agreement is worth:

- **predicted**: nothing that goes in was chosen for this value;
- **reproduced**: another program solved the same problem with the same inputs; it shows that ours
  has no error that the other has not, and nothing about the Moon or a lander;
- **fitted**: the named parameter was chosen so that this value, or another one with it, comes out;
- **inputs that come back**: the value is an input, a rule or a formula on both sides. It shows that
  the phase table does what it says, and is no evidence of anything else.

*Difference* is ours less the published value, or less the nearer end of a published interval.
*Allowed* is what fails this page, with its reason: some are wider than what was published.

In the column of sources, *derived* marks values that no source gives and that were worked out from
others that one does; *secondary* marks a source that quotes another one, which was not read; *from
memory* means that no source was read; *computed* marks optima by other programs than ours.
"""
TITLES = {
    Kind.PREDICTED: ("Predicted", "Nothing that goes in was chosen for these values."),
    Kind.REPRODUCED: ("Reproduced", "The same problem by another program."),
    Kind.FITTED: (
        "Fitted",
        "The parameter was chosen so that the value, or another one with it, comes out. Chang'e 6 "
        "is fitted and still lands earlier than the published minutes; nothing was changed to "
        "reach them.",
    ),
    Kind.INPUT: ("Inputs that come back", "Inputs, rules and formulas compared with themselves."),
}
#: Thrusts of Apollo 11's fixed throttle position that were published [N], and what ours is.
THRUSTS = (
    (44482.2, "ours, 10 000 lbf"),
    (43904.0, "HEROIC, 9870 lbf"),
    (43455.0, "L099"),
    (43200.0, "A11PHYS, secondary"),
)


def perilune_speed(perilune_km: float, apolune_km: float) -> float:
    """Return the speed [m/s] at the perilune of an orbit about a point mass: vis-viva."""
    near = luna.MEAN_RADIUS_M + 1000.0 * perilune_km
    far = luna.MEAN_RADIUS_M + 1000.0 * apolune_km
    return math.sqrt(luna.GM * (2.0 / near - 2.0 / (near + far)))


def sky() -> Found:
    """Return directions of Sun and Earth [deg]."""
    eagle = SiteFrame(0.67416, 23.47314, luna.MEAN_RADIUS_M - 1927.0)
    sun = sun_direction("1969-07-20T20:17:40Z", eagle)
    found: Found = {"sky.apollo-sun": sun.elevation_deg, "sky.apollo-azimuth": sun.azimuth_deg}
    for name in ("chang-e-6", "chang-e-4"):
        mission = load_mission(name)
        site, time = mission.site, mission.epoch.landing_utc
        frame = SiteFrame(site.latitude_deg, site.longitude_deg, site.radius_m)
        found[f"sky.{name}-earth"] = earth_direction(time, frame).elevation_deg
        found[f"sky.{name}-sun"] = sun_direction(time, frame).elevation_deg
    return found


def orbit() -> Found:
    """Return speeds at perilune [m/s] and the mass that was launched [kg]."""
    return {
        "orbit.apollo": perilune_speed(14.88, 105.9),
        "orbit.100": perilune_speed(15, 100),
        "orbit.200": perilune_speed(15, 200),
        "orbit.launched": float(sum(vars(load_mission("chang-e-6").vehicle.stack_kg).values())),
    }


def optima() -> Found:
    """Return least propellants [kg]; docs/sources.md says what computed those beside them."""
    ours = propellants_kg()
    names = {"a1": "A1", "a1-computed": "A1", "a2": "A2", "a2-computed": "A2", "a4": "A4"}
    names |= {"a6": "A6", "a7": "A7", "a8": "A8"}
    return {
        **{f"optimum.{name}": ours[anchor] for name, anchor in names.items()},
        **{f"optimum.{name}": braking_kg(name) for name in ("chang-e-6", "chang-e-4")},
    }


def flown(name: str) -> Landing:
    """Fly a mission's nominal landing."""
    return land(load_mission(name), nominal=True, cameras=False)


def apollo_11_at_thrusts() -> tuple[str, list[str]]:
    """Fly Apollo 11 at the published thrusts too; return a title and the lines below it."""
    mission = load_mission("apollo-11")
    flights = [
        gates_11(
            land(
                mission.replace("vehicle.engine.thrust_max_n", thrust), nominal=True, cameras=False
            )
        )
        for thrust, _ in THRUSTS
    ]
    columns = [paired(GATES, ours) for ours in flights]
    heads = [f"{thrust:.0f} N ({source})" for thrust, source in THRUSTS]
    lines = [
        "One-parameter fit: `vehicle.engine.thrust_max_n`. The plan's gates are met at 10 000 lbf, "
        "which no source gives for the fixed throttle position; at each thrust that one gives some "
        "are not. Everything else is Apollo 11's load as it was flown. In bold what is outside the "
        "allowed band.",
        "",
        f"| gate | plan | allowed | {' | '.join(heads)} |",
        f"|---|---|---|{'---|' * len(heads)}",
    ]
    for row in zip(*columns, strict=True):
        _, what, published, _, _, allowed = row[0].cells()
        ours = [format(each.ours, f".{each.record.digits}f") for each in row]
        shown = [o if each.holds else f"**{o}**" for o, each in zip(ours, row, strict=True)]
        lines.append(f"| {what} | {published} | {allowed} | {' | '.join(shown)} |")
    failed = [str(sum(not each.holds for each in column)) for column in columns]
    lines.append(f"| gates outside | | | {' | '.join(failed)} |")
    return "Apollo 11 at the published thrusts", lines


#: Our values of the rows, and tables that stand below them: each gives a title and its lines.
SECTIONS: tuple[Callable[[], Found], ...] = (
    sky,
    orbit,
    optima,
    lambda: chang_e_6(flown("chang-e-6")),
    lambda: chang_e_4(flown("chang-e-4")),
    lambda: apollo_11(flown("apollo-11")),
    ascents,
    missions,
)
TABLES: tuple[Callable[[], tuple[str, list[str]]], ...] = (apollo_11_at_thrusts, rock_counts.table)


def rows_of(kind: Kind, values: list[Value]) -> list[str]:
    """Return the table of the rows of one kind."""
    named = {Kind.FITTED: "parameter", Kind.INPUT: "input or rule"}.get(kind)
    heads = ["of", "what", "published", "ours", "difference", "allowed"]
    heads += ["reason", *([named] if named else []), "source"]
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    for value in values:
        if value.record.kind is kind:
            by = [value.record.by] if named else []
            cells = (*value.cells(), value.record.reason, *by, marked(value.record.source))
            lines.append(f"| {' | '.join(cells)} |")
    return lines


def counted(values: list[Value]) -> str:
    """Return the line that counts the rows of each kind."""
    shares = (f"{sum(v.record.kind is kind for v in values)} {kind}" for kind in list(Kind)[:3])
    inputs = sum(value.record.kind is Kind.INPUT for value in values)
    return f"Of {len(values)} rows: {', '.join(shares)}, {inputs} inputs that come back."


def disagreeing(values: list[Value]) -> list[str]:
    """Return a list of what is allowed and yet differs from what was published."""
    lines = [
        "Allowed, and yet outside a published interval or more than 5 % off a published value:",
        "",
    ]
    for value in values:
        low, high = value.published
        apart = value.difference != 0.0 and (
            low < high or abs(value.difference) > 0.05 * max(abs(low), abs(high))
        )
        if apart and value.record.kind is not Kind.INPUT:
            subject, what, published, ours, off, _ = value.cells()
            lines.append(f"- {subject}, {what}: published {published}, ours {ours}, {off}")
    return lines


def main() -> int:
    """Write the page."""
    ours: Found = {}
    for section in SECTIONS:
        ours |= section()
    values = paired((*RECORDS, *MISSIONS), ours)
    page = [HEAD, counted(values), "", *disagreeing(values), ""]
    for kind, (title, words) in TITLES.items():
        page += [f"## {title}", "", words, "", *rows_of(kind, values), ""]
    for table in TABLES:
        title, lines = table()
        page += [f"## {title}", "", *lines, ""]
    PAGE.write_text("\n".join(page).rstrip() + "\n")
    outside = sum(not value.holds for value in values)
    print(f"{PAGE.name}: {outside} values outside their tolerance", file=sys.stderr)
    return 1 if outside else 0


if __name__ == "__main__":
    raise SystemExit(main())
