"""A survey of a file, written as a folder: whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from farside.ext.common.version import version
from farside.report.output import FolderKind, ReportError, check_output, write_folder
from farside.survey.facts import REASON_BITS, facts_of, geojson_of, to_json
from farside.survey.kinds import kind_of
from farside.survey.layers import tiff_layers
from farside.survey.mapping import Progress
from farside.survey.query import Query
from farside.survey.ranking import SITES, SiteRanking
from farside.survey.sources import open_source
from farside.survey.surveying import Survey, run
from farside.survey.tiles import TILE

RASTER, PICTURE, FACTS, PLACES = "hazards.tif", "hazards.png", "sites.json", "sites.geojson"
HAZARDS = FolderKind("hazard map", FACTS, frozenset((RASTER, PICTURE, FACTS, PLACES)))


def survey_file(
    path: str | Path,
    folder: str | Path,
    query: Query,
    *,
    cell_m: float | None = None,
    unit: str | None = None,
    nodata: float | None = None,
    sites: int | SiteRanking = SITES,
    progress: Progress | None = None,
) -> tuple[Survey, tuple[str, ...]]:
    """Map the hazards of a file of any size, and write raster, picture and sites.

    Parameters
    ----------
    path : str or Path
        See `farside.survey.sources.open_source`.
    folder : str or Path
        Where to: missing, empty, or an earlier hazard map, which is replaced.
    query : Query
        The lander and the uncertainties.
    cell_m : float, optional
        Side of a cell [m], for `.npy` and point clouds.
    unit, nodata : optional
        What heights are in and which number stands for none, where a file does not say or says it
        wrong; see `farside.survey.sources.open_source`.
    sites : int or SiteRanking
        How many to rank at most, 0 to 1000; or that and the least distance between two.
    progress : callable, optional
        Called as progress(stage, done) with done from 0 to 1.

    Returns
    -------
    survey, names
        Its maps are in the file; the names of all files.

    Raises
    ------
    SurveyError, RasterError, ElevationError, ReportError
        One line; nothing is left half-written.

    Examples
    --------
    >>> import numpy as np
    >>> from farside.mission import load_mission
    >>> from farside.survey import Query, survey_file
    >>> np.save("scan.npy", np.zeros((120, 100), np.float32))  # or a .las, .ply, .tif ...
    >>> query = Query.of(load_mission("chang-e-6"), sigma_m=0.02, dispersion_m=(0.3, 0.3))
    >>> found, names = survey_file("scan.npy", "out", query, cell_m=0.1)
    >>> f"{found.safe_share:.2f} safe", names[0]
    ('0.14 safe', 'hazards.tif')
    """
    report = progress or (lambda _stage, _done: None)
    source_path = Path(path)
    # also because a link that loops cannot be resolved
    kind_of(source_path)
    place = check_output(folder, HAZARDS)
    if Path(os.path.realpath(source_path)).is_relative_to(place):
        raise ReportError(f"{folder}: holds {source_path.name}, the input; give another folder")
    found: list[Survey] = []

    def fill(fresh: Path) -> tuple[str, ...]:
        with open_source(source_path, cell_m, unit, nodata) as source:
            with tiff_layers(fresh / RASTER, source.geometry, REASON_BITS) as layers:
                survey = run(source, query, layers, sites=sites, side=TILE, progress=report)
                layers.tag(_tags(survey))
        found.append(survey)
        report("writing", 0.0)
        from farside.survey.picture import picture

        (fresh / PICTURE).write_bytes(picture(survey))
        (fresh / FACTS).write_text(to_json(facts_of(survey)), "utf-8")
        (fresh / PLACES).write_text(to_json(geojson_of(survey)), "utf-8")
        report("writing", 1.0)
        return RASTER, PICTURE, FACTS, PLACES

    names = write_folder(folder, HAZARDS, fill)
    return found[0], names


def _tags(survey: Survey) -> dict[str, str]:
    query = survey.query
    east, north = query.dispersion_m
    return {
        "farside": version(),
        # a file's name may hold bytes that are not UTF-8, and a tag may not
        "input": survey.name.encode("utf-8", "replace").decode(),
        "sees_hazards": "no" if survey.coarse else "yes",
        "notes": " ".join(survey.notes),
        "lander": query.lander_name,
        "footprint_m": f"{query.lander.footprint_m:g}",
        "slope_limit_deg": f"{query.limits.slope_deg:g}",
        "roughness_limit_m": f"{query.limits.roughness_m:g}",
        "sigma_m": f"{query.sigma_m:g}",
        "spacing_m": f"{query.spacing_m:g}",
        "dispersion_m": f"{east:g} {north:g}",
    }
