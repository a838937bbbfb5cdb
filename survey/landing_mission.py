"""A surveyed site as a mission file that flies."""

from __future__ import annotations

import os
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from farside.ground.roughness import scaled
from farside.mission import Mission, mission_names, parse_mission
from farside.mission.inherited import WHOLE
from farside.survey.errors import SurveyError
from farside.survey.landing_light import start_of
from farside.survey.landing_rank import LandingSite
from farside.survey.landing_survey import RegionSurvey
from farside.survey.new_site import assumed_ground

#: What belongs to a mission's own place or day, and to no other.
_OF_ITS_PLACE = WHOLE


def site_keys(found: RegionSurvey, row: int, col: int) -> dict[str, Any]:
    """Return the keys of a mission that a cell of a survey gives: site and ground.

    Parameters
    ----------
    found : RegionSurvey
    row, col : int
        Of the cell.

    Returns
    -------
    dict
        Values by the names of `Mission.replace`.
    """
    plan, grid, layers = found.mission, found.ground.grid, found.layers
    deviation = float(layers["deviation_474_m"][row, col])
    ground = scaled(plan.ground, deviation, float(found.hurst_below[row, col]))
    return {
        "site.latitude_deg": round(float(grid.latitude_deg[row, col]), 6),
        "site.longitude_deg": round(float(grid.longitude_deg[row, col]) % 360.0, 6),
        "site.elevation_m": round(float(found.ground.heights_m[row, col]), 1),
        **{f"ground.{key}": value for key, value in ground.items()},
    }


def site_mission(found: RegionSurvey, number: int) -> Mission:
    """Return the mission of a site.

    Parameters
    ----------
    found : RegionSurvey
    number : int
        Rank of the site, from 1.

    Returns
    -------
    Mission

    Raises
    ------
    SurveyError, MissionError
        No such site; a mission that cannot fly there.
    """
    return parse_mission(mission_text(found, number, None), f"site {number}")


def mission_name(found: RegionSurvey, number: int) -> str:
    """Return what the mission of a site is called.

    Parameters
    ----------
    found : RegionSurvey
    number : int
        Rank of the site, from 1.
    """
    words = re.sub(r"[^a-z0-9]+", "-", f"{found.region.name[:30].lower()}-{number}")
    return f"{found.mission.name}-{words.strip('-')}"


def mission_text(found: RegionSurvey, number: int, folder: Path | None) -> str:
    """Return the text of the mission file of a site.

    Parameters
    ----------
    found : RegionSurvey
    number : int
        Rank of the site, from 1.
    folder : Path or None
        Where the file shall stand: a mission file that it is like is named from there. None: all
        keys are written out.

    Raises
    ------
    SurveyError
        No such site.
    """
    if not 1 <= number <= len(found.sites):
        raise SurveyError(
            f"--write-mission {number}: the survey has {len(found.sites)} sites; give 1 to "
            f"{max(1, len(found.sites))}"
            if found.sites
            else f"--write-mission {number}: the survey found no site; see survey.html for why"
        )
    site = found.sites[number - 1]
    values = _values(found, site)
    plan = found.mission
    # a mission object has no file to be like
    like = _like(found, folder)
    if like is None:
        without = {
            key: None if key == "failure" else () for key in _OF_ITS_PLACE if getattr(plan, key)
        }
        return plan.replace({**without, **values}).to_toml()
    return _written(plan, like, values, site, found)


def _values(found: RegionSurvey, site: LandingSite) -> dict[str, Any]:
    plan, way = found.mission, site.approaches[0]
    start = site.landing_utc - timedelta(seconds=start_of(plan))
    # away from the arrival, as far as the mission itself looks so
    turn = plan.guidance.heading_deg - plan.orbit.arrival_azimuth_deg
    title = f"{found.region.title[:60]}, site {site.rank}, for the lander of {plan.name}"
    return {
        "name": mission_name(found, site.rank),
        "title": title,
        "epoch.pdi_utc": _utc(start),
        "epoch.landing_utc": _utc(site.landing_utc),
        **site_keys(found, site.row, site.col),
        "orbit.arrival_azimuth_deg": round(way.azimuth_deg, 3) % 360.0,
        "guidance.heading_deg": round((way.azimuth_deg + turn) % 360.0, 3) % 360.0,
    }


def _utc(when: datetime) -> str:
    return f"{when:%Y-%m-%dT%H:%M:%SZ}"


def _like(found: RegionSurvey, folder: Path | None) -> str | None:
    """Return what the mission was named by, as a file in a folder names it."""
    name = found.mission_name
    if name is None or folder is None:
        return None
    if name in mission_names():
        return name
    return os.path.relpath(Path(name).resolve(), folder.resolve())


def _written(
    plan: Mission, like: str, values: dict[str, Any], site: LandingSite, found: RegionSurvey
) -> str:
    """Return a file like another, with a comment for each key of its own."""
    without = [key for key in _OF_ITS_PLACE if getattr(plan, key)]
    lines = [
        f"# {found.region.title}: site {site.rank} of `farside survey`.",
        f"# Safe with a probability of {site.probability:.3f}; constraints "
        f"{site.layers['constraints']:.3f}. docs/survey.md",
        *_data_lines(found),
        f"like = {_text(like)}",
        *([f"without = [{', '.join(_text(key) for key in without)}]"] if without else []),
        f"name = {_text(values['name'])}",
        f"title = {_text(values['title'])}",
    ]
    comments = {
        "epoch.landing_utc": f"Sun {site.sun_elevation_deg:.1f} deg high",
        "site.elevation_m": ", ".join(found.ground.names[:1]),
        "orbit.arrival_azimuth_deg": (
            f"inclination {site.approaches[0].inclination_deg:.2f} deg; ground of at most "
            f"{site.approaches[0].highest_m:.0f} m above the site under the last 480 km"
        ),
        "ground.deviation_474_m": "surveyed: deviation over 474 m, rms",
        "ground.hurst_regional": "surveyed",
        "ground.slope_5m_deg": (
            "the mission's, times the ratio of the deviations, as the survey counts it; the "
            "Moon's medians are another: docs/decisions/093-slopes-over-metres.md"
        ),
    }
    for key, (value, source) in assumed_ground(plan).items():
        values[key], comments[key] = value, source
    heads = list(dict.fromkeys(key.rpartition(".")[0] for key in values))
    values = dict(sorted(values.items(), key=lambda each: heads.index(each[0].rpartition(".")[0])))
    table = ""
    for key, value in values.items():
        head, _, last = key.rpartition(".")
        if not head:
            continue
        if head != table:
            lines += ["", f"[{head}]"]
            table = head
        said = _text(value) if isinstance(value, str) else repr(value)
        note = f"    # {comments[key]}" if key in comments else ""
        lines.append(f"{last} = {said}{note}")
    return "\n".join(lines) + "\n"


def _data_lines(found: RegionSurvey) -> list[str]:
    """Say which rasters the site was found on: a flight needs them, too."""
    finer = [name.encode("ascii", "replace").decode() for name in found.ground.names[:-1]]
    if not finer:
        return []
    return [f"# Found on {', '.join(finer)}: fly it with the same (--dem)."]


def _text(value: str) -> str:
    """Return a text as TOML writes it."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
