"""A region's survey, written as a folder: whole or not at all."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from farside.ext.common.version import version
from farside.report.output import FolderKind, ReportError, check_output, write_folder
from farside.survey.facts import to_json
from farside.survey.landing_facts import features_of, region_facts, site_row
from farside.survey.landing_survey import LAYERS, RegionSurvey
from farside.survey.layers import tiff_layers

RASTER, PICTURE, PAGE = "survey.tif", "survey.png", "survey.html"
FACTS, PLACES, TABLE = "survey.json", "sites.geojson", "sites.csv"
FILES = (RASTER, PLACES, TABLE, FACTS, PICTURE, PAGE)
SURVEY = FolderKind("survey of a region", FACTS, frozenset(FILES))


def check_folder(folder: str | Path, dems: tuple[str, ...] = ()) -> Path:
    """Refuse a folder that cannot be written to, or that holds an input.

    Parameters
    ----------
    folder : str or Path
    dems : tuple of str
        Paths of rasters that are read.

    Raises
    ------
    ReportError
        One line.
    """
    place = check_output(folder, SURVEY)
    for dem in dems:
        if Path(os.path.realpath(dem)).is_relative_to(place):
            raise ReportError(f"{folder}: holds {Path(dem).name}, an input; give another folder")
    return place


def save_region(
    found: RegionSurvey, folder: str | Path, progress: Callable[[str, float], Any] | None = None
) -> tuple[str, ...]:
    """Write a region's survey: layers, sites, facts, picture and page.

    Parameters
    ----------
    found : RegionSurvey
        What was found.
    folder : str or Path
        Where to: missing, empty, or an earlier survey of a region, which is replaced.
    progress : callable, optional
        Called as progress(stage, done).

    Returns
    -------
    tuple of str
        The names of all files.

    Raises
    ------
    ReportError
        One line; nothing is left half-written.

    Examples
    --------
    >>> from farside.survey import save_region, survey_region
    >>> found = survey_region("41.6S,154W,30", dates="2024-06-01..2024-06-03", sites=1)
    >>> save_region(found, "apollo-basin")
    ('survey.tif', 'sites.geojson', 'sites.csv', 'survey.json', 'survey.png', 'survey.html')
    """
    report = progress or (lambda _stage, _done: None)

    def fill(fresh: Path) -> tuple[str, ...]:
        report("writing", 0.0)
        geometry = found.ground.grid.geometry
        with tiff_layers(fresh / RASTER, geometry, {}, LAYERS) as layers:
            for name in LAYERS:
                layers.put(name, 0, 0, found.layers[name])
            layers.tag(_tags(found))
        (fresh / PLACES).write_text(to_json(features_of(found)), "utf-8")
        (fresh / TABLE).write_text(_table(found), "utf-8")
        (fresh / FACTS).write_text(to_json(region_facts(found)), "utf-8")
        report("writing", 0.4)
        from farside.survey.landing_page import page
        from farside.survey.landing_picture import picture

        (fresh / PICTURE).write_bytes(picture(found))
        report("writing", 0.7)
        (fresh / PAGE).write_text(page(found), "utf-8")
        return FILES

    return write_folder(folder, SURVEY, fill)


def _table(found: RegionSurvey) -> str:
    """Return the sites as comma-separated values: a line for each, units in the names."""
    out = io.StringIO()
    rows = [site_row(site) for site in found.sites]
    heads = list(rows[0]) if rows else ["rank", "latitude_deg", "longitude_deg", "score"]
    writer = csv.DictWriter(out, heads, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _tags(found: RegionSurvey) -> dict[str, str]:
    asked = found.conditions
    return {
        "farside": version(),
        "region": found.region.title,
        "mission": found.mission.name,
        "data": ", ".join(found.ground.names),
        "notes": " ".join(found.notes),
        "start_utc": f"{asked.dates.start:%Y-%m-%dT%H:%M:%SZ}",
        "step_s": f"{asked.dates.step_s:g}",
        "instants": f"{asked.dates.count}",
        "link": found.link.name,
    }
