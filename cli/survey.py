"""The command `farside survey`."""

from __future__ import annotations

import json
import math
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from farside.cli.completion import missions_like
from farside.cli.hazards import Nodata, Unit
from farside.cli.options import Dems
from farside.cli.progress import progress_bar
from farside.ext.common.errors import FarsideError

if TYPE_CHECKING:
    from farside.mission import Mission
    from farside.survey import LandingEllipse, RegionSurvey

RegionName = Annotated[
    str,
    typer.Argument(
        metavar="[REGION]",
        help="A name (spa, apollo, von-karman, south-pole, far-side ...), limits as "
        "50S..40S,170E..160W, or a centre and a radius in km as 41.6S,154W,100.",
    ),
]
MissionName = Annotated[
    str,
    typer.Option(
        metavar="NAME|FILE",
        help="Whose limits, ground, dispersions, orbit and relay count.",
        autocompletion=missions_like,
    ),
]
Span = Annotated[
    str | None,
    typer.Option(metavar="A..B", help="Dates, UTC; the mission's lunation if not given."),
]
Cell = Annotated[
    float | None,
    typer.Option(
        metavar="KM",
        help="Side of a cell, km; the finest data's posting, or what makes half a million cells.",
    ),
]
Ellipse = Annotated[
    str,
    typer.Option(
        metavar="E,N|A,B,AZ|DIR|JSON",
        help="Arrivals, 1 sigma, m: east and north, or along an azimuth, across it, and that; "
        "a campaign's folder, or its summary's JSON; 'mission', by its onboard map if it has one; "
        "or 'inertial', by dead reckoning.",
    ),
]
Sun = Annotated[
    tuple[float, float],
    typer.Option(metavar="LOW HIGH", help="Elevations of the rising Sun at landing, deg."),
]
Stay = Annotated[float, typer.Option(metavar="H", help="Hours after landing with light and link.")]
LinkKind = Annotated[
    str | None,
    typer.Option(
        metavar="KIND",
        help="relay, earth, l2 (a halo) or none; if not given what the mission speaks to.",
    ),
]
Sites = Annotated[int, typer.Option(metavar="N", help="Sites to rank at most, 0 to 1000.")]
WriteMission = Annotated[
    int | None,
    typer.Option(metavar="N", help="Write the N-th site's mission file beside the folder, too."),
]
Out = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Folder to write to; survey/REGION if not given.")
]


def survey(
    region: RegionName = "spa",
    mission: MissionName = "chang-e-6",
    dates: Span = None,
    dem: Dems = None,
    cell: Cell = None,
    ellipse: Ellipse = "mission",
    sun: Sun = (5.0, 60.0),
    stay: Stay = 48.0,
    link: LinkKind = None,
    sites: Sites = 10,
    write_mission: WriteMission = None,
    unit: Unit = None,
    nodata: Nodata = None,
    out: Out = None,
) -> int:
    """Survey a region for landing sites: slope, light, link, and how likely a safe place is there.

    Writes survey.tif, sites.geojson, sites.csv, survey.json, survey.png and survey.html. Exit
    status: 0, 1 no site was found (the page says why), 2 bad input.
    """
    from farside.mission import load_mission
    from farside.raster import Dem

    if region.startswith("-") and not region[1:2].isdigit():
        # a region may begin with a sign, so options that nobody knows come here
        raise typer.TyperException(f"No such option: {region}; see farside survey --help")
    if (unit, nodata) != (None, None) and not dem:
        raise typer.TyperException("--unit and --nodata say what a raster holds; give it (--dem)")
    dems = [Dem(str(path), unit, nodata) for path in dem or ()]
    try:
        with progress_bar() as progress:
            progress("starting", 0.0)
            from farside.survey import save_region, survey_region
            from farside.survey.landing_region import Region
            from farside.survey.landing_save import check_folder

            where = Region.of(region)
            folder = out or Path("survey") / where.name
            check_folder(folder, tuple(str(path) for path in dem or ()))
            found = survey_region(
                where, mission, dates=dates, dems=dems, cell_m=None if cell is None else 1e3 * cell,
                ellipse=_ellipse(ellipse, load_mission(mission)), sun_deg=sun, stay_h=stay,
                link=link,
                sites=sites, progress=progress,
            )  # fmt: skip
            extra = None if write_mission is None else _mission_file(found, write_mission, folder)
            names = save_region(found, folder, progress)
    except FarsideError as why:
        raise typer.TyperException(str(why)) from None
    _print(found, folder, names)
    if extra is not None:
        again = shlex.join(["farside", "land", str(extra), *_dem_words(dem or ())])
        print(f"Mission of a site: {extra}; fly it with: {again}")
    return 0 if found.sites or sites == 0 else 1


def _ellipse(text: str, plan: Mission) -> LandingEllipse:
    """Read what arrivals are."""
    from farside.survey import LandingEllipse, SurveyError

    if text in ("mission", "inertial"):
        return LandingEllipse.of_mission(plan, inertial=text == "inertial")
    if Path(text).is_dir():
        return _of_campaign(Path(text))
    if Path(text).is_file():
        return _of_summary(Path(text))
    parts = text.replace("x", ",").split(",")
    try:
        numbers = [float(part) for part in parts]
        if len(numbers) == 3:
            return LandingEllipse.of_axes(*numbers)
        east, north = numbers
    except ValueError:
        raise SurveyError(
            f"--ellipse {text}: give two numbers as 300,200 (m, 1 sigma east and north), three as "
            "400,100,30 (along an azimuth, across it, degrees), a campaign's folder, 'mission' or "
            "'inertial'"
        ) from None
    return LandingEllipse(east, north)


def _of_campaign(folder: Path) -> LandingEllipse:
    """Return the covariance of a campaign's places of rest about its site."""
    import numpy as np

    from farside.campaign import open_campaign
    from farside.campaign.statistics.dispersion import disperse
    from farside.survey import LandingEllipse, SurveyError

    table = open_campaign(folder).table
    east, north = (
        table[f"touchdown_{way}_m"].to_numpy(zero_copy_only=False) for way in ("east", "north")
    )
    if disperse("the site", east, north) is None:
        raise SurveyError(f"--ellipse {folder}: fewer than four landings, or all on a line")
    both = np.isfinite(east) & np.isfinite(north)
    covariance = np.cov(np.stack([east[both], north[both]]))
    sigma = np.sqrt(np.diag(covariance))
    return LandingEllipse(
        float(sigma[0]), float(sigma[1]), float(covariance[0, 1] / (sigma[0] * sigma[1])),
        f"{int(both.sum())} landings of {folder}",
    )  # fmt: skip


def _of_summary(path: Path) -> LandingEllipse:
    """Return what `farside summary --json` says of places about the nominal site."""
    from farside.survey import LandingEllipse, SurveyError

    try:
        said = next(
            each
            for each in json.loads(path.read_text("utf-8"))["dispersions"]
            if each["about"] == "the nominal site"
        )
        east, north = float(said["sigma_east_m"]), float(said["sigma_north_m"])
        drawn = said["ellipses"][0]
        major2, minor2 = drawn["major_m"] ** 2, drawn["minor_m"] ** 2
        angle = math.radians(2.0 * said["azimuth_deg"])
        # cov = (a^2 - b^2) sin(2 A) / 2, the semi-axes scaled to a^2 + b^2 = the sum of variances
        scale = (east * east + north * north) / (major2 + minor2)
        both = 0.5 * scale * (major2 - minor2) * math.sin(angle)
        return LandingEllipse(east, north, both / (east * north), f"the summary {path.name}")
    except (OSError, ValueError, LookupError, TypeError, StopIteration, ZeroDivisionError):
        raise SurveyError(
            f"--ellipse {path}: no summary of a campaign; write one with farside summary --json"
        ) from None


def _mission_file(found: RegionSurvey, number: int, folder: Path) -> Path:
    """Write a site's mission file beside the survey's folder."""
    from farside.mission.writing import cannot_write, write_whole
    from farside.report import ReportError
    from farside.survey.landing_mission import mission_name, mission_text

    place = folder.parent / f"{mission_name(found, number)}.toml"
    text = mission_text(found, number, place.parent)
    try:
        write_whole(place, text)
    except OSError as why:
        raise ReportError(cannot_write(place, why)) from None
    return place


def _dem_words(dems: Sequence[Path]) -> list[str]:
    """Return the options that name rasters again."""
    return [word for dem in dems for word in ("--dem", str(dem))]


def _print(found: RegionSurvey, folder: Path, names: tuple[str, ...]) -> None:
    """Print the sites, the notes, and what was written."""
    from rich.table import Table

    from farside.cli.tables import console

    screen: Any = console()
    table = Table(
        "", "latitude, longitude", "score", "lands", "blind", "slope", "approach", "landing, UTC",
        box=None, pad_edge=False,
    )  # fmt: skip
    for site in found.sites:
        way = site.approaches[0]
        table.add_row(
            f"{site.rank}", f"{site.latitude_deg:.3f}, {site.longitude_deg:.3f}",
            f"{site.score:.3f}", f"{site.probability:.3f}", f"{site.blind_probability:.3f}",
            f"{site.layers['slope_deg']:.1f}",
            f"{way.azimuth_deg:.0f}{'' if way.reached else ' *'}",
            f"{site.landing_utc:%Y-%m-%d %H:%M}",
        )  # fmt: skip
    if found.sites:
        screen.print(table)
    if any(not site.approaches[0].reached for site in found.sites):
        screen.print("* by the nearest inclination that comes so far from the equator.")
    for note in found.notes:
        screen.print(note)
    screen.print(f"Written to {folder}: {', '.join(names)}")
