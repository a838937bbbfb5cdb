"""The commands that write for other programs: `farside export ...`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from farside.cli.completion import missions_like
from farside.cli.options import Faults

app = typer.Typer(
    help="Write what other programs take: a mission for C, FMUs.", no_args_is_help=True
)


class Which(StrEnum):
    """Which FMUs."""

    autopilot = "autopilot"
    lander = "lander"
    avoidance = "avoidance"
    navigation = "navigation"
    both = "both"


@app.callback()
def export() -> None:
    """Write what other programs take."""


@app.command()
def mission(
    name: Annotated[
        str,
        typer.Argument(
            metavar="[NAME|FILE]",
            help="A shipped mission's name, or the path of a mission file.",
            autocompletion=missions_like,
        ),
    ] = "chang-e-6",
    c: Annotated[
        bool,
        typer.Option(
            "--c", help="As C, for libfarside: table, start, navigator, hazard avoidance."
        ),
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Where to: .h to include, .c to compile; printed if not given."
        ),
    ] = None,
    prefix: Annotated[
        str,
        typer.Option(
            "--name",
            metavar="NAME",
            help="What the C objects are called: NAME_table and NAME_start, so that a program may "
            "hold several missions.",
        ),
    ] = "mission",
) -> None:
    """Write a mission for a program that reads no TOML."""
    if not c:
        raise typer.TyperException("a mission is exported as C so far: say --c")
    if out is not None and out.suffix not in (".h", ".c"):
        raise typer.TyperException(f"{out}: a C table ends in .h (to include) or .c (to compile)")
    from farside.adapters.c.table import mission_c
    from farside.guidance import BrakingError
    from farside.mission import MissionError, load_mission
    from farside.mission.writing import cannot_write, write_whole

    try:
        header = out is None or out.suffix == ".h"
        text = mission_c(load_mission(name), header=header, name=prefix)
    except (MissionError, BrakingError, ValueError) as why:
        raise typer.TyperException(str(why)) from None
    if out is None:
        typer.echo(text, nl=False)
        return
    try:
        write_whole(out, text)
    except OSError as why:
        raise typer.TyperException(cannot_write(out, why)) from None
    typer.echo(f"Written to {out}")


@app.command()
def fmu(
    mission: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="A shipped mission's name, or a file's path.",
            autocompletion=missions_like,
        ),
    ] = "chang-e-6",
    kind: Annotated[Which, typer.Option(help="Which FMUs.")] = Which.both,
    fmi: Annotated[int, typer.Option(min=2, max=3, help="Version of FMI.")] = 2,
    seed: Annotated[
        int,
        typer.Option(min=0, metavar="N", help="Of the lander and its ground."),
    ] = 0,
    nominal: Annotated[
        bool, typer.Option("--nominal", help="A lander without dispersions or noise.")
    ] = False,
    flat: Annotated[
        bool, typer.Option("--flat", help="A sphere instead of the surveyed ground.")
    ] = False,
    fault: Faults = None,
    binaries: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Libraries of other platforms: build/cross/fmu."),
    ] = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder to write to.")] = Path("fmu"),
) -> None:
    """Write FMUs of autopilot, lander, navigator or hazard avoidance, without Python in them.

    For co-simulation. The lander is truth, sensors and navigation over the surveyed ground, which
    it brings along. Hazard avoidance needs --fmi 3, which has arrays.
    """
    from farside.adapters.fmi import FmuError, add_binaries, export_fmu
    from farside.guidance import BrakingError
    from farside.mission import MissionError, load_mission

    try:
        plan = load_mission(mission)
        for each in ("autopilot", "lander") if kind == Which.both else (kind.value,):
            path = export_fmu(
                plan,
                out,
                kind=each,
                fmi=fmi,
                seed=seed,
                nominal=nominal,
                flat=flat,
                faults=(fault or ()) if each == "lander" or kind != Which.both else (),
            )
            if binaries is not None:
                add_binaries(path, binaries)
            print(path)
    except (FmuError, MissionError, BrakingError) as why:
        raise typer.TyperException(str(why)) from None


@app.command()
def campaign(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A campaign's folder.")],
    netcdf: Annotated[Path, typer.Option(metavar="FILE", help="NetCDF 4, to be written.")],
) -> None:
    """Write a campaign's rows as NetCDF, with their units."""
    from farside.campaign import CampaignError, open_campaign
    from farside.campaign.netcdf import write_netcdf

    try:
        flown = open_campaign(folder)
        write_netcdf(flown, netcdf)
    except CampaignError as why:
        raise typer.TyperException(str(why)) from None
    typer.echo(f"{flown.table.num_rows:,} runs written to {netcdf}")
