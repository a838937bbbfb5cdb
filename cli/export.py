"""`farside export`: what other people's simulators take."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

LARGEST_SEED = 2**63 - 1

app = typer.Typer(
    name="export",
    help="Write FMUs for other simulators.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


class Which(StrEnum):
    """Which FMUs."""

    autopilot = "autopilot"
    lander = "lander"
    both = "both"


@app.callback()
def export() -> None:
    """Write what other simulators take."""


@app.command()
def fmu(
    mission: Annotated[
        str, typer.Option(metavar="NAME", help="A shipped mission's name, or a file's path.")
    ] = "chang-e-6",
    kind: Annotated[Which, typer.Option(help="Which FMUs.")] = Which.both,
    fmi: Annotated[int, typer.Option(min=2, max=3, help="Version of FMI.")] = 2,
    seed: Annotated[
        int, typer.Option(min=0, max=LARGEST_SEED, metavar="N", help="Of the lander.")
    ] = 0,
    nominal: Annotated[
        bool, typer.Option("--nominal", help="A lander without dispersions or noise.")
    ] = False,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder to write to.")] = Path("fmu"),
) -> None:
    """Write FMUs of the autopilot and the lander for co-simulation, without Python in them.

    The lander is truth, sensors and navigation over flat ground at the site.
    """
    from farside.adapters.fmi import KINDS, FmuError, export_fmu
    from farside.guidance import BrakingError
    from farside.mission import MissionError, load_mission

    try:
        plan = load_mission(mission)
        for each in KINDS:
            if kind in (each, Which.both):
                print(export_fmu(plan, out, kind=each, fmi=fmi, seed=seed, nominal=nominal))
    except (FmuError, MissionError, BrakingError) as why:
        raise typer.TyperException(str(why)) from None
