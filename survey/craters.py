"""Craters of an image file, written as a folder: whole or not at all."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from farside.ext.common.version import version
from farside.raster.image import Image, open_image
from farside.report.output import FolderKind, check_output, write_folder
from farside.survey.errors import SurveyError
from farside.survey.facts import MOON_CRS, to_json
from farside.vision import Craters, VisionError, find_craters

TABLE, PICTURE, FACTS, PLACES = "craters.csv", "craters.png", "craters.json", "craters.geojson"
FOLDER = FolderKind("crater table", FACTS, frozenset((TABLE, PICTURE, FACTS, PLACES)))
COLUMNS = ("x_px", "y_px", "semi_major_px", "semi_minor_px", "angle_deg", "confidence")
#: Confidence from which a crater is drawn and told: precision and recall are about the same there.
SURE = 0.6
#: Below it the shading does not tell where the Sun is.
GUESS = 2.0
_CORNERS = 24  # of an ellipse in GeoJSON


@dataclass(frozen=True, eq=False)
class CraterSurvey:
    """An image and its craters.

    Attributes
    ----------
    image : Image
    craters : Craters
    gsd_m : float or None
        Ground sample distance [m]; None where nothing tells.
    notes : tuple of str
        What an expert would want to know, in sentences.
    """

    image: Image
    craters: Craters
    gsd_m: float | None
    notes: tuple[str, ...]


def survey_craters(
    path: str | Path,
    folder: str | Path,
    *,
    sun_deg: tuple[float, float] | None = None,
    gsd_m: float | None = None,
) -> tuple[CraterSurvey, tuple[str, ...]]:
    """Find the craters of an image file, and write table, picture and facts.

    Parameters
    ----------
    path : str or Path
        A PNG, JPEG, GeoTIFF, PDS or other file that GDAL reads, 8 bit or deeper.
    folder : str or Path
        Where to: missing, empty, or an earlier one of these, which is replaced.
    sun_deg : (azimuth, elevation), optional
        Of the Sun [deg]: azimuth clockwise from the image's upper edge.
    gsd_m : float, optional
        Metres a pixel, where the file does not say.

    Returns
    -------
    survey, names
        The names of all files written: GeoJSON only where the file names a lunar CRS.

    Raises
    ------
    SurveyError, RasterError, VisionError, ReportError
        One line; nothing is left half-written.

    Examples
    --------
    An image from 3 km above the ground of a mission:

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
    >>> found, names = survey_craters("site.png", "out")
    >>> names
    ('craters.json', 'craters.csv', 'craters.png')
    >>> 1200 < len(found.craters) < 1400, f"{found.craters.sun.azimuth_deg:.0f} deg"
    (True, '322 deg')
    """
    if sun_deg is not None and not 0.0 < sun_deg[1] <= 90.0:
        raise SurveyError(
            f"a Sun at {sun_deg[1]:g} deg of elevation lights nothing; give 0 to 90 deg"
        )
    if gsd_m is not None and not (math.isfinite(gsd_m) and gsd_m > 0.0):
        raise SurveyError(f"a pixel of {gsd_m:g} m; give metres above 0")
    check_output(folder, FOLDER)
    image = open_image(path)
    try:
        craters = find_craters(
            image.grey,
            sun_azimuth_deg=None if sun_deg is None else sun_deg[0],
            known=image.known,
        )
    except VisionError as why:
        raise SurveyError(f"{image.name}: {why}") from None
    own = image.gsd_m
    survey = CraterSurvey(image, craters, gsd_m or own, _notes(craters, sun_deg, gsd_m, own))

    def fill(fresh: Path) -> tuple[str, ...]:
        from farside.survey.crater_picture import picture

        (fresh / TABLE).write_text(to_csv(survey), encoding="utf-8")
        (fresh / PICTURE).write_bytes(picture(survey))
        names = [FACTS, TABLE, PICTURE]
        if image.projection is not None:
            (fresh / PLACES).write_text(to_json(geojson_of(survey)), encoding="utf-8")
            names.append(PLACES)
        (fresh / FACTS).write_text(to_json(facts_of(survey)), encoding="utf-8")
        return tuple(names)

    return survey, write_folder(folder, FOLDER, fill)


def _notes(
    craters: Craters,
    sun_deg: tuple[float, float] | None,
    gsd_m: float | None,
    own_m: float | None,
) -> tuple[str, ...]:
    """Return what an expert would want to know."""
    notes = []
    if sun_deg is None and craters.sun.contrast < GUESS:
        notes.append(
            "The shading does not tell where the Sun is; give --sun AZ EL, or doubt what was found."
        )
    if sun_deg is not None and sun_deg[1] < 5.0:
        notes.append("Below 5 deg of Sun shadows hide most of a crater: sizes are too small.")
    if sun_deg is not None and sun_deg[1] > 60.0:
        notes.append("Above 60 deg of Sun albedo outweighs shading: doubt what was found.")
    if gsd_m is not None and own_m is not None and not 0.8 < gsd_m / own_m < 1.25:
        notes.append(f"The file's own pixels are {own_m:.3g} m, not {gsd_m:.3g} m.")
    return tuple(notes)


def to_csv(survey: CraterSurvey) -> str:
    """Write the table, the surest first; with a ground sample distance also a diameter [m]."""
    craters = survey.craters
    columns = [getattr(craters, name) for name in COLUMNS]
    heads = list(COLUMNS)
    if survey.gsd_m is not None:
        mean = np.sqrt(craters.semi_major_px * craters.semi_minor_px)
        columns.append(2.0 * survey.gsd_m * mean)
        heads.append("diameter_m")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(heads)
    digits = ("{:.2f}",) * 4 + ("{:.1f}", "{:.4f}", "{:.2f}")
    for row in zip(*columns, strict=True):
        writer.writerow([form.format(value) for form, value in zip(digits, row, strict=False)])
    return text.getvalue()


def facts_of(survey: CraterSurvey) -> dict[str, Any]:
    """Return what was found, in counts."""
    craters, shape = survey.craters, survey.image.grey.shape
    sun = craters.sun
    return {
        "farside": version(),
        "input": survey.image.name,
        "columns": shape[1],
        "rows": shape[0],
        "gsd_m": survey.gsd_m,
        "craters": len(craters),
        "sure": int((craters.confidence >= SURE).sum()),
        "sure_from": SURE,
        "sun": {
            "azimuth_deg": sun.azimuth_deg,
            "given": math.isinf(sun.contrast),
            "contrast": None if math.isinf(sun.contrast) else sun.contrast,
        },
        "pixels": "counted from the middle of the first one, x right, y down; angles from the "
        "right, clockwise",
        "confidence": "correlation with a bowl, raised a little with size: it ranks, it is no "
        "probability",
        "notes": list(survey.notes),
    }


def geojson_of(survey: CraterSurvey) -> dict[str, Any]:
    """Return the rims as polygons in planetocentric degrees east and north."""
    craters = survey.craters
    turn = np.linspace(0.0, 2.0 * math.pi, _CORNERS + 1)
    along, angle = np.cos(turn), np.radians(craters.angle_deg)[:, None]
    major, minor = (
        craters.semi_major_px[:, None] * along,
        craters.semi_minor_px[:, None] * np.sin(turn),
    )
    x = craters.x_px[:, None] + major * np.cos(angle) - minor * np.sin(angle)
    y = craters.y_px[:, None] + major * np.sin(angle) + minor * np.cos(angle)
    longitude, latitude = survey.image.to_degrees(x.ravel(), y.ravel())
    rims = np.stack([longitude.reshape(x.shape), latitude.reshape(x.shape)], axis=-1)
    # right-handed: counter-clockwise from above (RFC 7946)
    rims = rims[:, ::-1]
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Polygon", "coordinates": [np.round(rim, 7).tolist()]},
            "properties": {name: round(float(getattr(craters, name)[k]), 4) for name in COLUMNS},
        }
        for k, rim in enumerate(rims)
        if np.isfinite(rim).all()
    ]
    return {
        "type": "FeatureCollection",
        "name": f"craters of {survey.image.name}",
        "crs": {"type": "name", "properties": {"name": MOON_CRS}},
        "body": "Moon",
        "coordinates": "planetocentric degrees east and north on the Moon",
        "notes": list(survey.notes),
        "features": features,
    }
