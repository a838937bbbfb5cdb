"""The page of reference of the mission file: the prose of reference.md, tables from the schema.

`python -m farside.mission.reference` prints it; docs/mission-reference.md is what it prints.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from importlib.resources import files
from typing import get_args, get_origin

from farside.mission import exits, phases
from farside.mission.abort import Abort
from farside.mission.ascent import Ascent
from farside.mission.avoidance import Avoidance, Hazards
from farside.mission.camera import PRESETS, Camera
from farside.mission.cluster import Cluster
from farside.mission.coarse_avoidance import CoarseAvoidance
from farside.mission.computer import Computer
from farside.mission.contact import Contact
from farside.mission.describe import (
    default_shown,
    doc_of,
    inner_type,
    range_shown,
    said_of,
    source_shown,
)
from farside.mission.dispersed_keys import KeySpread
from farside.mission.dispersions import Dispersions
from farside.mission.failure import Failure, NaiveKey, Outcome
from farside.mission.faults import Fault
from farside.mission.gates import Gate
from farside.mission.gravity import Gravity
from farside.mission.ground_statistics import GroundStatistics
from farside.mission.guidance import GAIN_TABLES, Guidance
from farside.mission.health import Health
from farside.mission.hull import Hull
from farside.mission.instruments import Sensors
from farside.mission.legs import Foot, Legs
from farside.mission.like import Like
from farside.mission.navigation import Navigation
from farside.mission.observer import Observer
from farside.mission.odometry import Odometry
from farside.mission.phases import Phase
from farside.mission.radio_link import RadioLink
from farside.mission.ramp import Ramp
from farside.mission.reader import FieldSpec, Table, schema_of
from farside.mission.redesignations import Redesignation
from farside.mission.regolith import Regolith
from farside.mission.relay import Relay
from farside.mission.retro import Retro
from farside.mission.rows import FIRST, MOST_ROWS
from farside.mission.schema import (
    Epoch,
    Mission,
    Orbit,
    Site,
    Touchdown,
)
from farside.mission.slosh import Slosh, Tank
from farside.mission.spread import Spread
from farside.mission.terrain_navigation import (
    CraterNavigation,
    OrbiterMap,
    ProfileNavigation,
    TerrainNavigation,
)
from farside.mission.tracking import Tracking
from farside.mission.units import symbol_of
from farside.mission.vehicle import Body, Engine, Stack, Thrusters, Vehicle

#: The tables of a file in the order of the page, with their headers.
TABLES: tuple[tuple[str, type[Table]], ...] = (
    ("epoch", Epoch),
    ("site", Site),
    ("orbit", Orbit),
    ("vehicle", Vehicle),
    ("vehicle.stack_kg", Stack),
    ("vehicle.engine", Engine),
    ("vehicle.body", Body),
    ("vehicle.thrusters", Thrusters),
    ("vehicle.legs", Legs),
    ("hazards", Hazards),
    ("touchdown", Touchdown),
    ("guidance", Guidance),
)


def reference() -> str:
    """Return the page as Markdown.

    Returns
    -------
    str
        The same for the same schema, to the byte.
    """
    prose = files("farside.mission").joinpath("reference.md").read_text("utf-8")
    for mark, made in (("keys", _all_keys()), ("spread", _behind_spreads())):
        prose = prose.replace(f"<!-- {mark} -->", "\n".join(made).rstrip("\n"))
    return prose


def example() -> str:
    """Return the complete mission file of the page, TOML."""
    return reference().split("## A complete example\n\n```toml\n", 1)[1].split("```", 1)[0]


def _all_keys() -> Iterator[str]:
    """Yield the sections of all tables but those behind the prose on dispersions."""
    yield "### The file itself\n"
    yield from _keys(Mission)
    yield "### A file like another (may be left out)\n"
    yield said_of(Like) + "\n"
    yield from _keys(Like)
    for name, kind in TABLES:
        yield from _table(f"[{name}]", kind)
    for name, kind in GAIN_TABLES:
        yield from _table(f"[guidance.{name}]", kind, optional=True)
    yield from _table("[vehicle.slosh]", Slosh, optional=True)
    yield from _table("[[vehicle.slosh.tanks]]", Tank)
    yield from _table("[[vehicle.legs.feet]]", Foot, optional=True)
    yield from _table("[vehicle.hull]", Hull, optional=True)
    yield from _table("[vehicle.engine.cluster]", Cluster, optional=True)
    yield from _table("[hazards.ramp]", Ramp, optional=True)
    yield from _table("[vehicle.retro]", Retro, optional=True)
    yield from _table("[vehicle.ascent]", Ascent, optional=True)
    yield from _phase_table()
    for name, entry in schema_of(Sensors).items():
        if name != "camera":
            yield from _table(f"[sensors.{name}]", inner_type(entry.hint), optional=True)
    yield from _table("[[sensors.camera]]", Camera, optional=True)
    named = ", ".join(f"`{name}`" for name in PRESETS)
    yield f"`like` in a camera's table takes the keys of a class of camera: {named}.\n"
    yield "`[sensors.lidar]` must be there where a row scans; alone it has all its defaults.\n"
    yield from _table("[navigation]", Navigation, optional=True)
    yield from _table("[abort]", Abort, optional=True)
    yield from _table("[health]", Health, optional=True)
    yield from _table("[avoidance]", Avoidance, optional=True)
    yield from _table("[avoidance.coarse]", CoarseAvoidance, optional=True)
    yield from _table("[tracking]", Tracking, optional=True)
    yield from _table("[terrain_navigation]", TerrainNavigation, optional=True)
    yield from _table("[terrain_navigation.map]", OrbiterMap, optional=True)
    yield from _table("[terrain_navigation.profile]", ProfileNavigation, optional=True)
    yield from _table("[terrain_navigation.craters]", CraterNavigation, optional=True)
    yield from _table("[odometry]", Odometry, optional=True)
    yield from _table("[ground]", GroundStatistics, optional=True)
    yield from _table("[regolith]", Regolith, optional=True)
    yield from _table("[computer]", Computer, optional=True)
    yield from _table("[contact]", Contact, optional=True)
    yield "`[contact.regolith]` has the keys of `[regolith]`: the ground as assumed aboard.\n"
    yield from _table("[gravity]", Gravity, optional=True)
    yield from _table("[[faults]]", Fault, optional=True)
    yield from _table("[dispersions]", Dispersions, optional=True)


def _behind_spreads() -> Iterator[str]:
    """Yield the keys of a dispersion, and the tables that remain."""
    yield from _keys(Spread)
    yield from _table("[[dispersions.keys]]", KeySpread, optional=True)
    yield from _table("[relay]", Relay, optional=True)
    yield from _table("[[observers]]", Observer, optional=True)
    yield from _table("[[links]]", RadioLink, optional=True)
    yield from _table("[[gates]]", Gate, optional=True)
    yield from _table("[[redesignations]]", Redesignation, optional=True)
    yield from _table("[failure]", Failure, optional=True)
    yield from _table("[[failure.keys]]", NaiveKey, optional=True)
    yield from _table("[[failure.outcomes]]", Outcome)


def _table(header: str, kind: type[Table], optional: bool = False) -> Iterator[str]:
    """Yield the section of one table."""
    yield f"### `{header}`{' (may be left out)' if optional else ''}\n"
    yield said_of(kind) + "\n"
    yield from _keys(kind)


def _keys(kind: type[Table]) -> Iterator[str]:
    """Yield the rows of a table of keys, but for the tables and the arrays of tables within."""
    head = [
        "| key | unit | range | default | meaning | from |",
        "|---|---|---|---|---|---|",
    ]
    for name, entry in schema_of(kind).items():
        inner = inner_type(entry.hint)
        each = get_args(inner)[0] if get_origin(inner) is tuple else inner
        if isinstance(each, type) and issubclass(each, Table) and each is not Spread:
            continue
        doc = doc_of(entry.hint)
        unit = "kg" if kind is Stack else symbol_of(name)
        default = default_shown(kind, name, entry) or "needed"
        said = (doc.meaning if doc else "", source_shown(kind, name, entry) or "the mission's own")
        yield from head
        head = []
        cells = (f"`{name}`", unit, range_shown(entry.hint), default, *said)
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
    if not head:
        yield ""


def _phase_table() -> Iterator[str]:
    """Yield the sections on the rows of the phase table."""
    first = ", ".join(f"`{law}`" for law in FIRST)
    yield "### `[[phases]]`: the phase table\n"
    yield (
        f"2 to {MOST_ROWS} rows, flown in order. A row has a `name` of its own, a `law` that flies "
        "it, and an `exit` that ends it; law and exit say which other keys belong in the row. "
        f"The first row's law is one of {first}; `braking` and `trim` stand nowhere else than in "
        "front of what they lead to. The last row is "
        '`law = "off"`, `exit = "rest"`; behind the row with `exit = "contact"` every law is '
        "`off`. One row at the most has `scan = true`: the site stands from then on.\n"
    )
    yield "#### Laws\n"
    yield "| law | what it does | keys it needs | keys it may have | exits |"
    yield "|---|---|---|---|---|"
    for law, takes in phases.LAWS.items():
        ends = ", ".join(f"`{leaves}`" for leaves in exits.LAW_EXITS[law])
        yield f"| `{law}` | {phases.MEANING[law]} | {_names(takes.needs)} | " + (
            f"{_names(takes.may_have)} | {ends} |"
        )
    yield ""
    yield "#### Exits\n"
    yield "| exit | the row ends when | keys it needs | keys it may have |"
    yield "|---|---|---|---|"
    for leaves, takes in exits.EXITS.items():
        yield _exit_row(leaves, takes)
    yield ""
    yield "#### Keys of a row\n"
    yield from _keys(Phase)


def _exit_row(leaves: str, takes: FieldSpec) -> str:
    cells = (f"`{leaves}`", exits.MEANING[leaves], _names(takes.needs), _names(takes.may_have))
    return "| " + " | ".join(cells) + " |"


def _names(keys: Sequence[str]) -> str:
    return ", ".join(f"`{key}`" for key in keys)


if __name__ == "__main__":
    sys.stdout.write(reference())
