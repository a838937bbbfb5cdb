"""What a survey found, as JSON and GeoJSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from farside.ext.common.version import version
from farside.mission.json_values import plain_values
from farside.terrain import Reason

if TYPE_CHECKING:
    from farside.survey.surveying import Survey

BOUND = (
    "lower bound of `probability` that holds however the errors of heights go together: it adds up "
    "the chances of all cells under the lander, and 0 means that it says nothing"
)
SHARES = (
    "shares are of all cells; in `share` a cell counts for every reason that speaks against it, so "
    "that they overlap; in `share_by_gravest` it counts once, and they add up to 1"
)
MOON_CRS = "urn:ogc:def:crs:IAU_2015::30100"
_LOCAL = 'LOCAL_CS["local east, north",UNIT["metre",1],AXIS["East",EAST],AXIS["North",NORTH]]'

REASON_BITS: dict[str, int] = {bit.name or "": int(bit) for bit in Reason}


def facts_of(survey: Survey) -> dict[str, Any]:
    """Everything a survey knows but its maps, as plain values; what is not finite is None."""
    query, geometry = survey.query, survey.geometry
    rows, cols = geometry.shape
    middle = geometry.middle
    return {
        "farside": version(),
        "input": survey.name,
        "sees_hazards": not survey.coarse,
        "notes": list(survey.notes),
        "lander": {
            "name": query.lander_name,
            **asdict(query.lander),
            "slope_limit_deg": query.limits.slope_deg,
            "roughness_limit_m": query.limits.roughness_m,
        },
        "sigma_m": query.sigma_m,
        "spacing_m": query.spacing_m,
        "dispersion_m": {"east": query.dispersion_m[0], "north": query.dispersion_m[1]},
        "grid": {
            "rows": rows,
            "columns": cols,
            "cell_along_row_m": middle.across_m,
            "cell_down_column_m": middle.down_m,
            "crs": None if geometry.crs is None else geometry.crs.to_wkt(),
            "transform": list(geometry.transform)[:6],
        },
        "share": {
            "known": survey.known_share,
            "safe": None if survey.coarse else survey.safe_share,
            **{str(bit.name).lower(): part for bit, part in survey.reason_shares.items()},
        },
        "share_by_gravest": {
            "safe": None if survey.coarse else survey.safe_share,
            **{str(bit.name).lower(): part for bit, part in survey.gravest_shares.items()},
        },
        "shares_are": SHARES,
        "reason_bits": REASON_BITS,
        "separation_m": survey.separation_m,
        "bound": BOUND,
        "sites": [plain_values(asdict(site)) for site in survey.sites],
    }


def geojson_of(survey: Survey) -> dict[str, Any]:
    """Return the sites as points: planetocentric degrees east and north, or local metres.

    GeoJSON without a `crs` is of the Earth (RFC 7946). The member of the earlier specification is
    what GDAL and QGIS still read: the Moon's sphere of IAU 2015, or a local frame.
    """
    local = survey.geometry.crs is None
    features = []
    for site in survey.sites:
        facts = plain_values(asdict(site))
        place = [site.x, site.y] if local else [site.longitude_deg, site.latitude_deg]
        features.append(
            {
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": [*place, facts["elevation_m"]]},
                "properties": facts,
            }
        )
    return {
        "type": "FeatureCollection",
        "name": f"landing sites of {survey.name}",
        "crs": {"type": "name", "properties": {"name": _LOCAL if local else MOON_CRS}},
        "body": "Moon",
        "coordinates": "local metres east, north, up"
        if local
        else "planetocentric degrees east and north on the Moon, metres above 1737.4 km",
        "sees_hazards": not survey.coarse,
        "notes": list(survey.notes),
        "features": features,
    }


def to_json(facts: dict[str, Any]) -> str:
    """Write facts as JSON that has no NaN."""
    return json.dumps(facts, indent=2, allow_nan=False) + "\n"
