"""Options that several commands share, or that make a command's list long."""

from pathlib import Path
from typing import Annotated

import typer

from farside.cli.completion import missions_like

Mission = Annotated[
    str,
    typer.Argument(
        help="A shipped mission's name, or the path of a mission file.",
        autocompletion=missions_like,
    ),
]
Dems = Annotated[
    list[Path] | None,
    typer.Option(metavar="FILE", help="A raster of heights in any lunar CRS; may be given again."),
]

# ---- land ---------------------------------------------------------------------------------------

LandingSeed = Annotated[
    int | None,
    typer.Option(
        min=0, metavar="N", help="Draws the dispersions, the noise and the ground; 0 if not given."
    ),
]
Nominal = Annotated[bool, typer.Option("--nominal", help="Disperse nothing, measure perfectly.")]
NoImaging = Annotated[
    bool, typer.Option("--no-imaging", help="Land at the nominal site, without lidar or map.")
]
NoCameras = Annotated[
    bool, typer.Option("--no-cameras", help="Take no images: a flight of seconds.")
]
Faults = Annotated[
    list[str] | None,
    typer.Option(
        "--fault",
        metavar="FAULT",
        help='What fails, such as "velocimeter.beam1 zero from 700 s"; may be given again; '
        "farside faults lists units and kinds.",
    ),
]
AbortAt = Annotated[
    str | None,
    typer.Option(
        "--abort-at",
        metavar="TIME",
        help='When the descent is left for an orbit, such as "500 s" after initiation.',
    ),
]
AsFlown = Annotated[
    bool,
    typer.Option("--as-flown", help="Fly a mission of failures/ with the logic that failed."),
]
Naive = Annotated[
    list[str] | None,
    typer.Option(
        "--naive",
        metavar="OPTION",
        help="Fly any mission with a naive option, such as latched_rejection; may be given again; "
        "docs/failures.md lists them.",
    ),
]
LandingFolder = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="Folder to write to; landings/MISSION-SEED, and -OPTION where another flight "
        "was asked for (-as-flown, -fault, -abort-500s ...), if not given.",
    ),
]

InputsFile = Annotated[
    Path | None,
    typer.Option(
        "--inputs",
        metavar="FILE",
        help="Fly the inputs, noise and ground that farside stress or replay wrote to FILE.",
    ),
]

# ---- campaign -----------------------------------------------------------------------------------

CampaignMission = Annotated[
    str | None,
    typer.Argument(
        help="A shipped mission's name, or the path of a mission file; chang-e-6 if not "
        "given, or what is resumed.",
        autocompletion=missions_like,
    ),
]
Runs = Annotated[int | None, typer.Option(min=1, max=10**9, metavar="N", help="How many landings.")]
CampaignSeed = Annotated[
    int | None, typer.Option(min=0, metavar="S", help="Of every random number; 0 if not given.")
]
Workers = Annotated[
    int | None,
    typer.Option(min=1, max=4096, metavar="W", help="Processes; one a core if not given."),
]
DaskAddress = Annotated[
    str | None, typer.Option(metavar="ADDRESS", help="A dask scheduler's address, or local.")
]
Shard = Annotated[
    str | None,
    typer.Option(metavar="i/N", help="Fly one of N parts: i = 1..N. All may share DIR."),
]
CampaignFolder = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Folder to write to; campaigns/MISSION-SEED if not given."),
]
Resume = Annotated[
    bool, typer.Option("--resume", help="Go on with DIR: fly what is missing, and no more.")
]
PlainDraws = Annotated[
    bool | None,
    typer.Option(
        "--plain/--sobol",
        help="Draw the dispersions independently, as by default, or spread them by 16 scrambled "
        "Sobol sequences.",
    ),
]
CampaignNoImaging = Annotated[
    bool | None,
    typer.Option("--no-imaging", help="Land at the nominal site, without lidar or map."),
]
CampaignCameras = Annotated[
    bool | None,
    typer.Option(
        "--cameras/--no-cameras",
        help="With the mission's cameras at work, some 30 s of a core a flight; without, if "
        "neither is given.",
    ),
]
Target = Annotated[
    float | None,
    typer.Option(metavar="SHARE", help="Safe landings asked for, on the page; 0.999 if not given."),
]
Rare = Annotated[
    bool,
    typer.Option(
        "--rare",
        help="Look for rare failures by subset simulation: their probability, down to 1e-6, from "
        "some thousand flights (docs/rare.md).",
    ),
]
Samples = Annotated[
    int | None,
    typer.Option(min=50, max=10**6, metavar="N", help="Flights of a level; with --rare."),
]
Of = Annotated[
    list[str] | None,
    typer.Option(
        "--of",
        metavar="NAME[=LIMIT]",
        help="What counts as failing, such as propellant_left=20; everything that makes a landing "
        "unsafe if not given; may be given again.",
    ),
]
