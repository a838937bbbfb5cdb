"""The command `farside horizon`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from farside.cli.completion import missions_like
from farside.cli.hazards import Nodata, Unit
from farside.cli.progress import progress_bar
from farside.ext.common.errors import FarsideError

if TYPE_CHECKING:
    from farside.survey.horizon_bodies import Body
    from farside.survey.horizon_layers import HorizonMap
    from farside.survey.horizon_site import SiteSky

Input = Annotated[
    Path | None,
    typer.Argument(
        metavar="[DEM]",
        help="A raster in a lunar CRS, or a .npy; with --at it may be left out for the whole-Moon "
        "DEM.",
    ),
]
At = Annotated[
    tuple[float, float] | None,
    typer.Option(metavar="LAT LON", help="One place alone, deg; of a .npy, its middle."),
]
MissionName = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Whose relay is followed, too; its site without DEM and --at.",
        autocompletion=missions_like,
    ),
]
Span = Annotated[
    str | None,
    typer.Option(
        metavar="A..B",
        help="Dates, UTC, as 2026-01-01..2027-01-01; a lunation from its landing with --mission.",
    ),
]
Step = Annotated[float, typer.Option(metavar="H", help="Hours between two instants.")]
Azimuths = Annotated[
    int | None,
    typer.Option(metavar="N", help="8 to 3600; 360 of a raster and 720 of a place if not given."),
]
Eye = Annotated[float, typer.Option(metavar="M", help="Height above the ground, m.")]
Reach = Annotated[float, typer.Option(metavar="KM", help="How far ground counts, km.")]
Far = Annotated[
    list[Path] | None,
    typer.Option(metavar="DEM", help="A coarser raster for the ground beyond; may be repeated."),
]
NoMoon = Annotated[
    bool, typer.Option("--no-moon", help="Leave the whole-Moon DEM beyond the rasters out.")
]
Cell = Annotated[
    float | None, typer.Option(metavar="M", help="Side of a cell, m: for .npy (rows northwards).")
]
Out = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Folder to write to; horizon/STEM if not given.")
]


def horizon(
    path: Input = None,
    at: At = None,
    mission: MissionName = None,
    dates: Span = None,
    step: Step = 1.0,
    azimuths: Azimuths = None,
    eye: Eye = 2.0,
    reach: Reach = 200.0,
    far: Far = None,
    no_moon: NoMoon = False,
    cell: Cell = None,
    unit: Unit = None,
    nodata: Nodata = None,
    out: Out = None,
) -> int:
    """Say how long Sun, Earth and relay stand above the terrain: of a raster, or of one place.

    A raster gets horizon.tif, horizon.png, horizon.html (click a cell) and horizon.json; a place
    place.png and place.json. Exit status: 0, or 2 bad input.
    """
    from farside.raster import Dem

    if path is None and at is None and mission is None:
        raise typer.TyperException("give a DEM, a place (--at LAT LON) or a mission (--mission)")
    dem = None if path is None else Dem(str(path), unit, nodata)
    options: dict[str, Any] = {"eye_m": eye, "reach_m": 1e3 * reach}
    if azimuths is not None:
        options["azimuths"] = azimuths
    try:
        with progress_bar() as progress:
            progress("starting", 0.0)
            place, bodies = _asked(at, mission, dates, step, path is None)
            whole = dem is not None and (at is None or cell is not None)
            if whole:
                options |= {"cell_m": cell, "site": place, "far": far or (), "moon": not no_moon}
                return _whole(dem, bodies, out, options | {"progress": progress})
            if no_moon or cell is not None:
                raise typer.TyperException(
                    "--no-moon and --cell go with a raster, not with one place"
                )
            assert place is not None
            return _one(place, bodies, [*([dem] if dem else []), *(far or [])], out, options)
    except FarsideError as why:
        raise typer.TyperException(str(why)) from None


def _asked(
    at: tuple[float, float] | None, mission: str | None, dates: str | None, step: float, place: bool
) -> "tuple[tuple[float, float] | None, tuple[Body, ...]]":
    """Return the place, if one is asked for, and the bodies over the dates."""
    from farside.survey.horizon_bodies import Dates, earth, lunation, mission_bodies, sun

    if mission is None:
        if dates is None:
            raise typer.TyperException("give the dates, as --dates 2026-01-01..2027-01-01")
        when = Dates.of(dates, step)
        return at, (sun(when), earth(when))
    from farside.mission import load_mission

    plan = load_mission(mission)
    when = lunation(plan, step) if dates is None else Dates.of(dates, step)
    if at is None and place:
        at = plan.site.latitude_deg, plan.site.longitude_deg
    return at, mission_bodies(plan, when)


def _whole(dem: Any, bodies: "tuple[Body, ...]", out: Path | None, options: dict[str, Any]) -> int:
    """Map a raster."""
    from farside.survey.horizon_layers import map_horizons

    folder = out or Path("horizon") / Path(dem.path).stem
    found, names = map_horizons(dem, folder, bodies, **options)
    _print_map(found)
    _finish(found.notes, folder, names)
    return 0


def _one(
    place: tuple[float, float], bodies: "tuple[Body, ...]", dems: list[Any], out: Path | None,
    options: dict[str, Any],
) -> int:  # fmt: skip
    """Look from one place."""
    from farside.survey.horizon_site import site_sky
    from farside.survey.horizon_sky_files import save_sky

    folder = out or Path("horizon") / f"{place[0]:.4f}_{place[1]:.4f}"
    sky = site_sky(place, bodies, dems=dems, **options)
    names = save_sky(sky, folder)
    _print_sky(sky)
    _finish(sky.notes, folder, names)
    return 0


def _print_map(found: "HorizonMap") -> None:
    """Print the means over a raster, and the best cell."""
    from rich.table import Table

    from farside.cli.tables import console
    from farside.survey.horizon_facts import best_of, slug

    table = Table("", "mean share", "best cell's", "its longest without", box=None)
    best = best_of(found, 1)[0]
    for body in found.bodies:
        name = slug(body.name)
        table.add_row(
            body.name, f"{100 * found.means[f'{name}_share']:.1f} %",
            f"{100 * best[f'{name}_share']:.1f} %", f"{best[f'{name}_longest_gap_h'] / 24:.2f} d",
        )  # fmt: skip
    screen = console()
    screen.print(table)
    where = f"row {best['row']}, column {best['column']}"
    if best["latitude_deg"] is not None:
        where += f": {best['latitude_deg']:.4f}, {best['longitude_deg']:.4f} deg"
    screen.print(f"The cell with the most {found.bodies[0].name} is {where}.")


def _print_sky(sky: "SiteSky") -> None:
    """Print a place's horizon and what stands over it."""
    from rich.table import Table

    from farside.cli.tables import console

    screen = console()
    highest = int(sky.horizon_deg.argmax())
    screen.print(
        f"{sky.latitude_deg:.4f}, {sky.longitude_deg:.4f} deg, {sky.elevation_m:.0f} m, of "
        f"{sky.source}: the horizon is {sky.horizon_deg.min():.2f} to "
        f"{sky.horizon_deg[highest]:.2f} deg high, highest at {sky.azimuth_deg[highest]:.1f} deg."
    )
    table = Table(
        "", "at the start: azimuth", "elevation", "visible", "longest without", "longest with",
        box=None,
    )  # fmt: skip
    for name, track in sky.tracks.items():
        seen = track.visibility
        table.add_row(
            name, f"{track.azimuth_deg[0]:.1f} deg", f"{track.elevation_deg[0]:.1f} deg",
            f"{100 * float(seen.share[0, 0]):.1f} %", f"{float(seen.longest_gap_h[0, 0]):.0f} h",
            f"{float(seen.longest_seen_h[0, 0]):.0f} h",
        )  # fmt: skip
    screen.print(table)


def _finish(notes: tuple[str, ...], folder: Path, names: tuple[str, ...]) -> None:
    """Print notes, and what was written where."""
    from farside.cli.tables import console

    screen = console()
    for note in notes:
        screen.print(note)
    screen.print(f"Written to {folder}: {', '.join(names)}")
