"""`farside mission`: start and check a mission file, what may stand in one; `farside missions`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from farside.cli.completion import missions_like

if TYPE_CHECKING:
    from farside.flight.budget import Budget
    from farside.mission import Mission

SOUND, FAULTY = 0, 2

app = typer.Typer(
    help="Start a mission file, check one, or print what may stand in one.", no_args_is_help=True
)


def missions(
    show: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Print a mission's file, its path first, instead of the list.",
            autocompletion=missions_like,
        ),
    ] = None,
) -> None:
    """List the missions that ship with farside, or show one."""
    from farside.mission import (
        MissionError,
        failure_names,
        load_mission,
        mission_names,
        mission_path,
        mission_text,
    )

    if show is not None:
        try:
            text, path = mission_text(show), mission_path(show)
        except MissionError as why:
            raise typer.TyperException(str(why)) from None
        print(f"# {printable(str(path or show))}")
        print(text, end="" if text.endswith("\n") else "\n")
        return
    from farside.cli.tables import console, failures_table, missions_table

    console().print(missions_table([load_mission(name) for name in mission_names()]))
    console().print(failures_table({name: load_mission(name) for name in failure_names()}))


@app.command()
def check(
    mission: Annotated[
        str,
        typer.Argument(
            help="A shipped mission's name, or the path of a mission file.",
            autocompletion=missions_like,
        ),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead.")] = False,
) -> int:
    """Report every fault of a mission file with its line, and what is odd.

    Plans its braking, too. Exit status: 0 it can be flown, odd or not; 2 it cannot.
    """
    from farside.flight.findings import check as checked

    found = checked(mission)
    status = SOUND if found.flies else FAULTY
    if as_json:
        print(json.dumps(found.as_json(), indent=1))
        return status
    for each in found.findings:
        print(("warning: " if each.kind == "odd" else "") + each.text)
    odd = sum(each.kind == "odd" for each in found.findings)
    if not found.flies:
        print(_counted(len(found.findings) - odd, "fault"))
        return FAULTY
    if found.budget is not None:
        print(_planned(found.budget))
    print(f"{found.name}: sound" + (f", {_counted(odd, 'warning')}" if odd else ""))
    return SOUND


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="Of the mission: small letters, digits, - and _.")],
    like: Annotated[
        str,
        typer.Option(
            metavar="MISSION",
            help="The mission that it is like: a shipped one's name, or a file's path.",
            autocompletion=missions_like,
        ),
    ] = "chang-e-6",
    site: Annotated[
        tuple[float, float] | None,
        typer.Option(
            metavar="LAT LON",
            help="Fly it there, deg: elevation, relief, day and way in of that place are written.",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where to write it.  [default: NAME.toml]")
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Every key, not those changed most alone.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Write a commented mission file that is like another one and flies as it stands.

    Its keys are commented out at the other mission's values. farside.schema.json is written beside
    it, for the completion of editors. Exit status: 0, or 2 bad input.
    """
    from farside.ext.common.errors import FarsideError
    from farside.mission import load_mission
    from farside.mission.new import SCHEMA_FILE, new_mission

    place = out or Path(f"{name}.toml")
    own: dict[str, Any] = {}
    steep = None
    try:
        if site is not None:
            from farside.survey.new_site import site_values, steep_line, tables_left_out

            plan = load_mission(like)
            own = {"given": site_values(plan, *site), "without": tables_left_out(plan)}
            steep = steep_line(plan, *site)
        text = new_mission(name, like, path=place, every=every, **own)
    except FarsideError as why:
        raise typer.TyperException(str(why)) from None
    _refuse_what_is_there(place, force)
    # the mission last: without its schema it is not there at all
    _written(place.parent / SCHEMA_FILE, _schema_text())
    _written(place, text)
    if steep is not None:
        print(f"warning: {steep}")
    shown = printable(str(place))
    print(f"Written to {shown}, with {SCHEMA_FILE} beside it; next: farside mission check {shown}")


@app.command()
def schema(
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write it there instead of printing it.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Print the JSON schema of the mission file, draft 2020-12, for the completion of editors."""
    if out is None:
        print(_schema_text(), end="")
    else:
        _refuse_what_is_there(out, force)
        _written(out, _schema_text())
        print(f"Written to {printable(str(out))}")


@app.command()
def reference() -> None:
    """Print the page of reference of the mission file, as Markdown."""
    from farside.mission.reference import reference as page

    print(page(), end="")


def warn_of(mission: Mission, name: str) -> None:
    """Describe on stderr what of a mission is odd before it is flown, a line each."""
    from farside.flight.inherited import inherited_lines
    from farside.mission import oddities

    for line in (*inherited_lines(name), *oddities(mission)):
        print(f"farside: warning: {mission.name}: {line}", file=sys.stderr)


def printable(text: str) -> str:
    """Return a text without what a terminal or a UTF-8 file cannot hold: a name's stray bytes."""
    return "".join(c if c.isprintable() else "?" for c in text)


def _schema_text() -> str:
    """Return the JSON schema as its file holds it."""
    from farside.mission.json_schema import mission_json_schema

    return json.dumps(mission_json_schema(), indent=1) + "\n"


def _refuse_what_is_there(place: Path, force: bool) -> None:
    """Refuse to write over a file in one line, unless that is asked for."""
    if place.exists() and not force:
        raise typer.TyperException(
            f"{printable(str(place))}: is there already; give another place with --out, or --force"
        )


def _written(place: Path, text: str) -> None:
    """Write a file whole, or refuse in one line."""
    from farside.mission.writing import cannot_write, write_whole

    try:
        write_whole(place, text)
    except (OSError, ValueError) as why:
        raise typer.TyperException(printable(cannot_write(place, why))) from None


def _planned(budget: Budget) -> str:
    """Describe what the first row's braking takes."""
    return (
        f"{budget.row}: {budget.braking_s:.0f} s from {budget.range_m / 1e3:.1f} km, "
        f"{budget.braking_kg:.0f} kg of {budget.usable_kg:g} kg"
    )


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
