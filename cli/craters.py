"""The command `farside craters`."""

from pathlib import Path
from typing import Annotated

import typer

from farside.ext.common.errors import FarsideError


def craters(
    path: Annotated[
        Path,
        typer.Argument(metavar="IMAGE", help="PNG, JPEG, GeoTIFF, PDS ...; 8 bit or deeper."),
    ],
    sun: Annotated[
        tuple[float, float] | None,
        typer.Option(
            metavar="AZ EL",
            help="The Sun's azimuth, clockwise from the image's upper edge, and elevation, deg; "
            "the azimuth is found from the shading if not given.",
        ),
    ] = None,
    gsd: Annotated[
        float | None,
        typer.Option(metavar="M", help="Metres a pixel, where the file does not say."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder to write to; craters/STEM if not given."),
    ] = None,
) -> int:
    """Find the craters of an image: ellipses as CSV, a picture, and GeoJSON where it has a place.

    Craters of 8 pixels and more are found, as circles or ellipses with a confidence. Exit status:
    0, or 2 bad input.
    """
    from farside.cli.tables import console
    from farside.survey.craters import SURE, survey_craters

    folder = out or Path("craters") / path.stem
    try:
        survey, written = survey_craters(path, folder, sun_deg=sun, gsd_m=gsd)
    except FarsideError as why:
        raise typer.TyperException(str(why)) from None
    found, screen = survey.craters, console()
    sure = int((found.confidence >= SURE).sum())
    screen.print(f"{sure} craters in {survey.image.name}, and {len(found) - sure} less sure.")
    how = "" if sun is not None else f", found from the shading (contrast {found.sun.contrast:.1f})"
    screen.print(f"The Sun is at {found.sun.azimuth_deg:.0f} deg{how}.")
    for note in survey.notes:
        screen.print(note)
    screen.print(f"Written to {folder}: {', '.join(written)}")
    return 0
