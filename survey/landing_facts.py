"""What a region's survey found, as JSON, GeoJSON and rows of a table."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from farside.ext.common.version import version
from farside.mission.json_values import plain_values
from farside.survey.facts import MOON_CRS
from farside.survey.landing_approach import Approach
from farside.survey.landing_ellipse import SIGMAS
from farside.survey.landing_rank import LandingSite
from farside.survey.landing_survey import LAYERS, RegionSurvey


def site_row(site: LandingSite) -> dict[str, Any]:
    """Return a site's numbers in one line, None where one is not known."""
    way: Approach = site.approaches[0]
    row = {
        "rank": site.rank,
        "latitude_deg": site.latitude_deg,
        "longitude_deg": site.longitude_deg,
        "elevation_m": site.elevation_m,
        "score": site.score,
        "probability": site.probability,
        "blind_probability": site.blind_probability,
        "known_share": site.known_share,
        "landing_utc": f"{site.landing_utc:%Y-%m-%dT%H:%M:%SZ}",
        "sun_azimuth_deg": site.sun_azimuth_deg,
        "braking_link_share": site.braking_link_share,
        "approach_azimuth_deg": way.azimuth_deg,
        "approach_inclination_deg": way.inclination_deg,
        "approach_reached": way.reached,
        "approach_highest_m": way.highest_m,
        "approach_slope_deg": way.slope_deg,
    }
    skipped = {"score", "probability", "blind_probability", "elevation_m"}
    row |= {name: value for name, value in site.layers.items() if name not in skipped}
    return {key: plain_values(_rounded(value)) for key, value in row.items()}


def _rounded(value: Any) -> Any:
    return float(f"{value:.7g}") if isinstance(value, float) and np.isfinite(value) else value


def site_facts(site: LandingSite) -> dict[str, Any]:
    """Return everything about a site as plain values."""
    return {
        **site_row(site),
        "row": site.row,
        "column": site.col,
        "approaches": [plain_values(asdict(way)) for way in site.approaches],
        "windows": [
            {
                "first_utc": f"{window.first:%Y-%m-%dT%H:%M:%SZ}",
                "last_utc": f"{window.last:%Y-%m-%dT%H:%M:%SZ}",
                "sun_elevation_deg": [round(e, 3) for e in window.sun_deg],
            }
            for window in site.windows
        ],
    }


def region_facts(found: RegionSurvey) -> dict[str, Any]:
    """Return everything that a survey knows but its layers."""
    grid, asked, ellipse = found.ground.grid, found.conditions, found.ellipse
    major, minor, azimuth = ellipse.axes_m
    return {
        "farside": version(),
        "region": plain_values(asdict(found.region)),
        "mission": found.mission.name,
        "notes": list(found.notes),
        "data": list(found.ground.names),
        "grid": {
            "rows": grid.shape[0],
            "columns": grid.shape[1],
            "cells": int(grid.inside.sum()),
            "cell_m": grid.cell_m,
            "crs": None if grid.geometry.crs is None else grid.geometry.crs.to_wkt(),
            "transform": list(grid.geometry.transform)[:6],
        },
        "conditions": {
            "start_utc": f"{asked.dates.start:%Y-%m-%dT%H:%M:%SZ}",
            "end_utc": f"{asked.dates.at(asked.dates.count):%Y-%m-%dT%H:%M:%SZ}",
            "step_s": asked.dates.step_s,
            "sun_elevation_deg": list(asked.sun_deg),
            "stay_h": asked.stay_h,
        },
        "link": {"kind": found.link.kind, "name": found.link.name, "timed": found.link.timed},
        "limits": plain_values(asdict(found.limits)),
        "ellipse": {
            "source": ellipse.source,
            "sigma_east_m": ellipse.sigma_east_m,
            "sigma_north_m": ellipse.sigma_north_m,
            "correlation": ellipse.correlation,
            "major_3_sigma_m": SIGMAS * major,
            "minor_3_sigma_m": SIGMAS * minor,
            "azimuth_deg": azimuth,
        },
        "separation_m": found.separation_m,
        "layers": {
            name: {"unit": unit, "meaning": meaning, **_spread(found.layers[name])}
            for name, (unit, meaning) in LAYERS.items()
        },
        "sites": [site_facts(site) for site in found.sites],
    }


def _spread(layer: Any) -> dict[str, Any]:
    """Return median and ends of what a layer knows."""
    known = layer[np.isfinite(layer)]
    if not known.size:
        return {"least": None, "median": None, "most": None}
    low, middle, high = np.percentile(known, [0.0, 50.0, 100.0])
    return {"least": float(low), "median": float(middle), "most": float(high)}


def features_of(found: RegionSurvey) -> dict[str, Any]:
    """Return sites as points and their 3-sigma ellipses as polygons, planetocentric degrees.

    An ellipse about a pole or across the 180th meridian has longitudes that run on beyond 180,
    so that its ring does not jump.
    """
    features = []
    for site in found.sites:
        facts = site_facts(site)
        place = [site.longitude_deg, site.latitude_deg]
        features.append(
            {
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": [*place, site.elevation_m]},
                "properties": facts | {"kind": "site"},
            }
        )
        outline = found.ellipse.outline(site.latitude_deg, site.longitude_deg)
        outline[:, 0] = np.degrees(np.unwrap(np.radians(outline[:, 0])))
        features.append(
            {
                "type": "Feature",
                "geometry": {"type": "Polygon", "coordinates": [outline.round(7).tolist()]},
                "properties": {"kind": "ellipse", "rank": site.rank, "sigmas": SIGMAS},
            }
        )
    return {
        "type": "FeatureCollection",
        "name": f"landing sites of {found.region.title} for {found.mission.name}",
        "crs": {"type": "name", "properties": {"name": MOON_CRS}},
        "body": "Moon",
        "coordinates": "planetocentric degrees east and north on the Moon, metres above 1737.4 km",
        "notes": list(found.notes),
        "features": features,
    }
