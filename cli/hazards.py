"""The command `farside hazards`."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from farside.cli.completion import missions_like

if TYPE_CHECKING:
    from farside.survey import Survey


def hazards_of(
    path: Path,
    mission: str | Path,
    sigma_m: float,
    dispersion_m: tuple[float, float],
    cell_m: float | None,
    folder: Path,
    progress: Callable[[str, float], Any],
) -> "tuple[Survey, tuple[str, ...]]":
    """Map the hazards of a file and write them.

    Raises
    ------
    ValueError
        One line: a MissionError, SurveyError, RasterError, ElevationError or ReportError.
    """
    from farside.mission import load_mission

    plan = load_mission(mission)
    progress("starting", 0.0)
    from farside.survey import Query, survey_file

    query = Query.of(plan, sigma_m, dispersion_m)
    return survey_file(path, folder, query, cell_m=cell_m, progress=progress)


Input = Annotated[
    Path,
    typer.Argument(
        metavar="INPUT",
        help="A raster in a lunar CRS (GeoTIFF, PDS ...), a .npy, or a point cloud (.las, .laz).",
    ),
]
MissionName = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="A shipped mission, whose lander shall stand; chang-e-6.",
        autocompletion=missions_like,
    ),
]
Lander = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="A mission file of your own, whose lander shall stand."),
]
Sigma = Annotated[float, typer.Option(metavar="M", help="1-sigma error of a cell's height, m.")]
Dispersion = Annotated[
    tuple[float, float],
    typer.Option(metavar="E N", help="1-sigma touchdown error, east and north, m."),
]
Cell = Annotated[
    float | None,
    typer.Option(metavar="M", help="Side of a cell, m: for .npy (rows northwards) and points."),
]
Out = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Folder to write to; hazards/STEM if not given.")
]
