"""The command `farside coarse`."""

from pathlib import Path
from typing import Annotated

import typer

from farside.ext.common.errors import FarsideError


def coarse(
    path: Annotated[
        Path,
        typer.Argument(metavar="IMAGE", help="PNG, TIFF ... from above; 8 or 16 bit."),
    ],
    sun: Annotated[
        tuple[float, float],
        typer.Option(
            metavar="AZ EL",
            help="The Sun's azimuth, clockwise from the image's upper edge, and elevation, deg.",
        ),
    ],
    gsd: Annotated[
        float | None,
        typer.Option(metavar="M", help="Metres a pixel, where the file does not say."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder to write to; coarse/STEM if not given."),
    ] = None,
) -> int:
    """Find the disc of 100 m with the least hazardous ground in an image from above.

    Slopes, craters, rocks and shadows are read off the shading. Exit status: 0, or 2 bad input.
    """
    from farside.cli.tables import console
    from farside.survey.image_region import survey_image_region

    folder = out or Path("coarse") / path.stem
    try:
        region, written = survey_image_region(path, folder, sun, gsd)
    except FarsideError as why:
        raise typer.TyperException(str(why)) from None
    screen = console()
    screen.print(region.verdict)
    for note in region.notes:
        screen.print(note)
    screen.print(f"Written to {folder}: {', '.join(written)}")
    return 0
