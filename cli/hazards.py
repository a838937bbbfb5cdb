"""The command `farside hazards`."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from farside.cli.completion import missions_like

if TYPE_CHECKING:
    from farside.survey import Survey


class Source(NamedTuple):
    """A file of heights, and what it does not say itself."""

    path: Path
    cell_m: float | None
    unit: str | None
    nodata: float | None


def hazards_of(
    source: Source,
    mission: str | Path,
    errors_m: tuple[float, tuple[float, float]],
    folder: Path,
    sites: int | None,
    separation_m: float | None,
    progress: Callable[[str, float], Any],
) -> "tuple[Survey, tuple[str, ...]]":
    """Map the hazards of a file and write them.

    Parameters
    ----------
    source : Source
    mission : str or Path
        Whose lander shall stand.
    errors_m : tuple
        Of a cell's height, and of the touchdown east and north; 1 sigma.
    folder : Path
        Where to.
    sites : int or None
        How many are ranked; None: by default.
    separation_m : float or None
        Least distance of two of them; None: by default.
    progress : callable
        Called as progress(stage, done).

    Raises
    ------
    ValueError
        One line: a MissionError, SurveyError, RasterError, ElevationError or ReportError.
    """
    from farside.mission import load_mission

    plan = load_mission(mission)
    progress("starting", 0.0)
    from farside.survey import Query, SiteRanking, survey_file
    from farside.survey.ranking import SITES

    query = Query.of(plan, *errors_m)
    return survey_file(
        source.path,
        folder,
        query,
        cell_m=source.cell_m,
        unit=source.unit,
        nodata=source.nodata,
        sites=SiteRanking(SITES if sites is None else sites, separation_m),
        progress=progress,
    )


Input = Annotated[
    Path,
    typer.Argument(
        metavar="INPUT",
        help="A raster in a lunar CRS (GeoTIFF, PDS ...), a .npy, or a point cloud (.las, .laz, "
        ".ply, .csv, .xyz, .txt).",
    ),
]
MissionName = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="The same as --lander; chang-e-6 if neither is given.",
        autocompletion=missions_like,
    ),
]
Lander = Annotated[
    str | None,
    typer.Option(
        metavar="NAME|FILE",
        help="Whose lander shall stand: a shipped mission, or a mission file of your own.",
        autocompletion=missions_like,
    ),
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
Unit = Annotated[
    str | None,
    typer.Option(
        metavar="UNIT",
        help="What heights are in (m, km, ft, 'US survey foot' ...), whatever the file says.",
    ),
]
Nodata = Annotated[
    float | None,
    typer.Option(metavar="X", help="A stored number that stands for no height, undeclared."),
]
Out = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Folder to write to; hazards/STEM if not given.")
]
Sites = Annotated[
    int | None, typer.Option(metavar="N", help="Landing sites to rank, 0 to 1000; 10 if not given.")
]
Separation = Annotated[
    float | None,
    typer.Option(
        metavar="M",
        help="Least distance between two sites, m; if not given the greatest of the footprint, "
        "six sigma of --dispersion, and 1/20 of the map's side.",
    ),
]
