"""The command `farside locate`."""

from pathlib import Path
from typing import Annotated

import typer

from farside.ext.common.errors import FarsideError

LOCATED, NOT_LOCATED = 0, 1


def locate(
    image: Annotated[
        Path, typer.Argument(metavar="IMAGE", help="As its camera gave it, grey, 8 to 16 bit.")
    ],
    dem: Annotated[Path, typer.Option("--map", metavar="DEM", help="Heights in any lunar CRS.")],
    camera: Annotated[
        Path,
        typer.Option(
            metavar="FILE",
            help="TOML: pixels = [columns, rows], field_of_view_deg or focal_px = [fx, fy]; and "
            "where they matter centre_px, distortion = [k1, k2, p1, p2, k3], bits.",
        ),
    ],
    guess: Annotated[
        tuple[float, float, float],
        typer.Option(metavar="LAT LON M", help="Place [deg], and height above the ground [m]."),
    ],
    sun: Annotated[
        tuple[float, float],
        typer.Option(metavar="AZ EL", help="Of the Sun at the guess, azimuth from north, deg."),
    ],
    ortho: Annotated[
        Path | None, typer.Option(metavar="IMG", help="Ortho-image of the same ground.")
    ] = None,
    heading: Annotated[
        float, typer.Option(metavar="DEG", help="Azimuth of the image's top, from north.")
    ] = 0.0,
    lean: Annotated[
        tuple[float, float],
        typer.Option(metavar="AZ DEG", help="Where the camera leans from straight down, how far."),
    ] = (0.0, 0.0),
    sigma: Annotated[
        float, typer.Option(metavar="M", help="Of the guess's place, each axis, 1 sigma.")
    ] = 300.0,
    sigma_deg: Annotated[
        float, typer.Option(metavar="DEG", help="Of its attitude, each axis, 1 sigma.")
    ] = 0.3,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder to write to; located/STEM if not given."),
    ] = None,
) -> int:
    """Find where a camera was from one image and a map: pose, covariance, matches, a picture.

    Exit status: 0 located, 1 the image does not match the map, 2 bad input.
    """
    from farside.cli.tables import console
    from farside.report.output import check_output
    from farside.survey.locate import FOLDER, Guess, place_of, write_located
    from farside.survey.locate import locate as find

    folder = out or Path("located") / image.stem
    try:
        check_output(folder, FOLDER)
        place = Guess(*guess, heading, lean, sigma, sigma_deg)
        found = find(image, dem, ortho, camera, place, sun)
        if not found.fixed:
            typer.echo(f"{image.name}: not located: {found.result.says}", err=True)
            return NOT_LOCATED
        written = write_located(found, folder)
    except FarsideError as why:
        raise typer.TyperException(str(why)) from None
    latitude, longitude, height = place_of(found)
    spread = found.result.covariance
    sigmas = [max(float(spread[k, k]), 0.0) ** 0.5 for k in range(3)]
    screen = console()
    screen.print(
        f"{latitude:.6f} deg, {longitude:.6f} deg east, {height:.1f} m above the sphere of "
        f"1737.4 km; 1 sigma {sigmas[0]:.1f} m east, {sigmas[1]:.1f} m north, {sigmas[2]:.1f} m up."
    )
    screen.print(f"{found.result.inliers} of {found.result.landmarks} landmarks agree.")
    screen.print(f"Written to {folder}: {', '.join(written)}")
    return LOCATED
