"""The best region of an image from above, written as a folder: whole or not at all."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from farside.avoidance.regions import Region, RegionLimits, best_region
from farside.ext.common.deterministic import cos, sin
from farside.ext.common.version import version
from farside.mission.pinhole import Pinhole
from farside.raster.image import Image, open_image
from farside.report.output import FolderKind, check_output, write_folder
from farside.survey.errors import SurveyError
from farside.survey.facts import to_json
from farside.vision.errors import VisionError
from farside.vision.ground_view import GroundGrid
from farside.vision.hazards import ImageHazards, map_image_hazards
from farside.vision.shown import Sensed
from farside.vision.view import CameraView

PICTURE, FACTS = "hazards.png", "hazards.json"
FOLDER = FolderKind("hazard map of an image", FACTS, frozenset((PICTURE, FACTS)))
#: Radius of the region [m], and the widest image: pixels along a side.
RADIUS_M, MOST_PX = 50.0, 16384
#: The camera stands so many image widths above the ground: all rays are nearly upright.
WIDTHS_UP = 50.0
#: Pixels that the network was fitted to [m], with some to spare.
FITTED_M = 0.5, 4.0


@dataclass(frozen=True, eq=False)
class ImageRegion:
    """An image, its hazards and its best region.

    Attributes
    ----------
    image : Image
    sun_deg : (azimuth, elevation)
        Azimuth clockwise from the image's upper edge.
    gsd_m : float
        Metres a pixel.
    hazards : ImageHazards
        East to the right, north up; the image's middle is the origin.
    middle, best : Region
        The region in the image's middle, and the one with the least hazardous ground.
    notes : tuple of str
    """

    image: Image
    sun_deg: tuple[float, float]
    gsd_m: float
    hazards: ImageHazards
    middle: Region
    best: Region
    notes: tuple[str, ...]

    @property
    def verdict(self) -> str:
        """The best region, and the one in the middle, in a sentence."""
        column, row = self.pixel(self.best)
        return (
            f"Best at column {column:.0f}, row {row:.0f}: {100.0 * self.best.share:.1f} % "
            f"hazardous within {RADIUS_M:.0f} m; in the image's middle "
            f"{100.0 * self.middle.share:.1f} %."
        )

    def pixel(self, region: Region) -> tuple[float, float]:
        """Return the column and row of a region's middle [px]."""
        rows, cols = self.image.grey.shape
        x, y = region.east_m / self.gsd_m, region.north_m / self.gsd_m
        return 0.5 * (cols - 1) + x, 0.5 * (rows - 1) - y


def survey_image_region(
    path: str | Path, folder: str | Path, sun_deg: tuple[float, float], gsd_m: float | None = None
) -> tuple[ImageRegion, tuple[str, ...]]:
    """Find the disc of 100 m with the least hazardous ground in an image from above.

    Parameters
    ----------
    path : str or Path
        A PNG, TIFF or other file of 8 or 16 bit.
    folder : str or Path
        Where to: missing, empty, or an earlier one of these, which is replaced.
    sun_deg : (azimuth, elevation)
        Of the Sun [deg]: azimuth clockwise from the image's upper edge.
    gsd_m : float, optional
        Metres a pixel, where the file does not say.

    Returns
    -------
    region, names
        The names of all files written.

    Raises
    ------
    SurveyError, RasterError, VisionError, ReportError
        One line; nothing is left half-written.

    Examples
    --------
    An image from 3 km above the ground of a mission, whose upper edge looks east; the Sun stands 50
    deg to the left of that:

    >>> import matplotlib.pyplot as plt
    >>> from farside.ground import Ground
    >>> from farside.mission import load_mission
    >>> from farside.mission.camera import Camera
    >>> from farside.sensors.camera import take_picture
    >>> from farside.sensors.viewpoint import Pose
    >>> ground = Ground(load_mission("chang-e-6"), seed=3)
    >>> camera = Camera(name="lcam", pixels=(384, 384))
    >>> above, sun = Pose((0.0, 0.0, 2990.0), (1.0, 0.0, 0.0, 0.0)), (0.6, 0.5, 0.62)
    >>> taken = take_picture(ground, camera, above, sun, key=None)
    >>> plt.imsave("site.png", taken.image, cmap="gray")
    >>> found, names = survey_image_region("site.png", "out", (320.0, 38.0), gsd_m=3.9)
    >>> names[0], found.best.share < found.middle.share
    ('hazards.json', True)
    """
    _check(sun_deg, gsd_m)
    check_output(folder, FOLDER)
    image = open_image(path)
    pixel_m = gsd_m or image.gsd_m
    if pixel_m is None:
        raise SurveyError(f"{image.name} does not say how wide a pixel is; give --gsd METRES")
    try:
        region = _found(image, sun_deg, pixel_m)
    except VisionError as why:
        raise SurveyError(f"{image.name}: {why}") from None

    def fill(fresh: Path) -> tuple[str, ...]:
        from farside.survey.region_picture import picture

        (fresh / PICTURE).write_bytes(picture(region))
        (fresh / FACTS).write_text(to_json(facts_of(region)), encoding="utf-8")
        return FACTS, PICTURE

    return region, write_folder(folder, FOLDER, fill)


def _check(sun_deg: tuple[float, float], gsd_m: float | None) -> None:
    azimuth, elevation = sun_deg
    if not (math.isfinite(azimuth) and 0.0 < elevation <= 90.0):
        raise SurveyError(
            f"a Sun at {azimuth:g}, {elevation:g} deg lights nothing; give an azimuth, and 0 to 90 "
            "deg of elevation"
        )
    if gsd_m is not None and not (math.isfinite(gsd_m) and gsd_m > 0.0):
        raise SurveyError(f"a pixel of {gsd_m:g} m; give metres above 0")


def _found(image: Image, sun_deg: tuple[float, float], gsd_m: float) -> ImageRegion:
    """Map the hazards of an image, and choose its best region."""
    rows, cols = image.grey.shape
    grey = image.grey
    if max(rows, cols) > MOST_PX:
        raise SurveyError(f"{image.name}: {cols} x {rows} pixels; cut it to {MOST_PX} along a side")
    full = {"uint8": 255.0, "uint16": 65535.0}.get(grey.dtype.name)
    if full is None:
        raise SurveyError(f"{image.name}: values of {grey.dtype}; give an image of 8 or 16 bit")
    half_m = 0.5 * min(rows, cols) * gsd_m
    reach_m = half_m - RADIUS_M - 2.0 * gsd_m
    if not reach_m > 0.0:
        raise SurveyError(
            f"{image.name} shows {2.0 * half_m:.0f} m; {2.0 * RADIUS_M:.0f} m and more are needed"
        )
    up = WIDTHS_UP * max(rows, cols)
    pinhole = Pinhole(cols, rows, (up, up), (0.5 * (cols - 1), 0.5 * (rows - 1)))
    view = CameraView(pinhole, np.array([0.0, 0.0, up * gsd_m]), np.diag([1.0, -1.0, -1.0]))
    azimuth, elevation = (math.radians(angle) for angle in sun_deg)
    level = cos(elevation)
    sun = (level * sin(azimuth), level * cos(azimuth), sin(elevation))
    grid = GroundGrid.about((0.0, 0.0), half_m, 0.75 * gsd_m)
    hazards = map_image_hazards(
        np.where(image.known, grey, 0),
        view,
        sun,
        grid,
        sensed=Sensed(full),
    )
    # the whole square, not a disc of it
    limits = RegionLimits(RADIUS_M, 1.5 * half_m)
    middle, best = best_region(hazards, (0.0, 0.0), limits)
    if best is None:
        raise SurveyError(f"{image.name} holds no region of {2.0 * RADIUS_M:.0f} m")
    notes = []
    if not FITTED_M[0] <= max(gsd_m, grid.cell_m) <= FITTED_M[1]:
        notes.append(
            f"Cells of {grid.cell_m:.2g} m: the detector was fitted to pixels of "
            f"{FITTED_M[0]:g} to {FITTED_M[1]:g} m; doubt its shares."
        )
    if rows != cols:
        notes.append("Of an image that is no square only the square in its middle is looked at.")
    return ImageRegion(image, sun_deg, gsd_m, hazards, middle, best, tuple(notes))


def facts_of(region: ImageRegion) -> dict[str, Any]:
    """Return what the JSON says."""

    def told(of: Region) -> dict[str, Any]:
        column, row = region.pixel(of)
        return {
            "column_px": round(column, 1),
            "row_px": round(row, 1),
            "hazardous_share": round(of.share, 4),
            "reasons": {(flag.name or "").lower(): round(share, 4) for flag, share in of.reasons},
        }

    return {
        "farside": version(),
        "image": region.image.name,
        "gsd_m": region.gsd_m,
        "sun_azimuth_deg": region.sun_deg[0],
        "sun_elevation_deg": region.sun_deg[1],
        "radius_m": RADIUS_M,
        "cell_m": region.hazards.grid.cell_m,
        "known_share": region.hazards.known_share,
        "best": told(region.best),
        "middle": told(region.middle),
        "notes": list(region.notes),
    }
