"""The command `farside sky`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from farside.cli import options
from farside.ext.common.errors import FarsideError

if TYPE_CHECKING:
    from rich.table import Table

    from farside.survey.sky import Sky
    from farside.survey.sky_descent import DescentSky


def sky(
    mission: options.Mission = "chang-e-6",
    dates: Annotated[
        str | None,
        typer.Option(
            metavar="A..B",
            help="A span that holds the landing, as 2024-06-01..2024-07-01; 30 days from an hour "
            "before it if not given.",
        ),
    ] = None,
    step: Annotated[
        float, typer.Option(metavar="H", help="Hours between instants.", show_default="1/6")
    ] = 1.0 / 6.0,
    dem: options.Dems = None,
    eye: Annotated[
        float, typer.Option(metavar="M", help="Height of what looks over the ground.")
    ] = 2.0,
    flight: Annotated[
        bool, typer.Option(help="Fly the nominal descent, for the sky on the way down.")
    ] = True,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder to write to; skies/MISSION if not given."),
    ] = None,
) -> int:
    """Tell where Sun, Earth, relay and observers stand over a landing, with the terrain's horizon.

    Writes sky.png and sky.json. Exit status: 0, or 2 bad input.
    """
    from farside.cli.tables import console
    from farside.flight import land
    from farside.mission import load_mission
    from farside.report.output import check_output
    from farside.report.sky_folder import FOLDER, save_sky
    from farside.survey.sky import mission_sky
    from farside.survey.sky_descent import descent_sky

    dems = tuple(dem or ())
    try:
        plan = load_mission(mission)
        folder = out or Path("skies") / plan.name
        check_output(folder, FOLDER)
        found = mission_sky(plan, dates, step, dems, eye)
        way_down = None
        if flight:
            landing = land(plan, nominal=True, dems=dems, imaging=False, cameras=False)
            way_down = descent_sky(landing, dems)
        written = save_sky(found, folder, way_down)
    except FarsideError as why:
        raise typer.TyperException(str(why)) from None
    screen = console()
    screen.print(_at_landing(found))
    if way_down is not None:
        screen.print(_on_the_way(way_down))
    for note in found.notes:
        screen.print(note)
    screen.print(f"Written to {folder}: {', '.join(written)}")
    return 0


def _at_landing(found: "Sky") -> "Table":
    """Tabulate the sky of the site at the landing, and how long each body is seen.

    Of an orbit whose node and phase are not known, the share of all of them is told.
    """
    from farside.cli.tables import plain_table
    from farside.mission.units import number

    angles = ("azimuth", "elevation", "terrain")
    table = plain_table("degrees", *angles, "km", "seen", "of span", "of orbits")
    for track in found.tracks:
        k, flags, orbits = found.landing, track.seen, track.anyhow_share
        table.add_row(
            track.name,
            number(float(track.azimuth_deg[k]), 1),
            number(float(track.elevation_deg[k]), 2),
            number(float(track.horizon_deg[k]), 2),
            number(1e-3 * float(track.range_m[k]), 0),
            "yes" if flags[k] else "no",
            f"{100.0 * flags.mean():.0f} %",
            "" if orbits is None else f"{100.0 * orbits:.0f} %",
        )
    return table


def _on_the_way(way_down: "DescentSky") -> "Table":
    """Tabulate what is seen and heard on the way down."""
    from farside.cli.tables import plain_table

    table = plain_table("on the way down", "seen", "link", "heard", "least margin")
    for body in way_down.to_dict()["bodies"]:
        seen = _windows(body["seen_s"])
        links = body["links"] or [None]
        for k, link in enumerate(links):
            cells = ("", "", "")
            if link is not None:
                least = link["least_margin_db"]
                cells = (
                    f"{link['rate_bps']:g} bit/s",
                    _windows(link["heard_s"]),
                    "-" if least is None else f"{least:+.1f} dB",
                )
            table.add_row("" if k else body["name"], "" if k else seen, *cells)
    return table


def _windows(spans_s: list[list[float]]) -> str:
    """Return spans of the descent as text."""
    return ", ".join(f"{a:.0f} to {b:.0f} s" for a, b in spans_s) or "never"
