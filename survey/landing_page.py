"""The page of a region's survey: a map with its layers, and sites with their numbers."""

from __future__ import annotations

import base64
import json
from io import BytesIO
from typing import Any

import matplotlib
import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray
from PIL import Image as Pixels

from farside.ext.common.version import version
from farside.raster import MOON_RADIUS_M
from farside.report.style import FIELD_MAP
from farside.report.template import own, render
from farside.survey.landing_facts import site_facts
from farside.survey.landing_picture import cut_of, limits_of_layer, relief_of
from farside.survey.landing_survey import LAYERS, RegionSurvey

_LEVELS = 254  # of a layer's scale; 255 is unknown
_MOST = 560  # pixels along a side


def page(found: RegionSurvey) -> str:
    """Return the page, self-contained."""
    asked = found.conditions
    end = asked.dates.at(asked.dates.count)
    major, minor, azimuth = found.ellipse.axes_m
    return render(
        "survey/survey.html",
        version=version(),
        title=found.region.title,
        mission=found.mission.name,
        span=f"{asked.dates.start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC",
        sun=f"{asked.sun_deg[0]:g} to {asked.sun_deg[1]:g}",
        stay=f"{asked.stay_h:g}",
        link=found.link.name,
        cell=f"{found.ground.grid.cell_m / 1e3:.3g}",
        cells=f"{int(found.ground.grid.inside.sum()):,}",
        data=", ".join(found.ground.names),
        ellipse=(
            f"{major:.0f} x {minor:.0f} m, 1 sigma, major axis at {azimuth:.0f} deg "
            f"({found.ellipse.source})"
        ),
        limits=(
            f"slope {found.limits.slope_deg:g} deg, obstacles {found.limits.obstacle_m:g} m, "
            f"footprint {found.limits.footprint_m:g} m, scan {found.limits.side_m:.0f} m"
        ),
        sites=[_row(facts) for facts in map(site_facts, found.sites)],
        notes=found.notes,
        facts=Markup(json.dumps(_data(found), allow_nan=False).replace("<", "\\u003c")),
        program=own("survey/survey.js"),
    )


def _row(facts: dict[str, Any]) -> tuple[str, ...]:
    """Return a site's cells of the table."""
    return (
        f"{facts['rank']}",
        f"{facts['latitude_deg']:.3f}, {facts['longitude_deg']:.3f}",
        f"{facts['elevation_m']:.0f}",
        f"{facts['score']:.3f}",
        f"{facts['probability']:.3f}",
        f"{facts['blind_probability']:.3f}",
        f"{facts['slope_deg']:.2f}",
        f"{100 * facts['sun_share']:.0f} %",
        f"{100 * facts['link_share']:.0f} %",
        f"{facts['approach_azimuth_deg']:.1f}" + ("" if facts["approach_reached"] else " *"),
        facts["landing_utc"][:16].replace("T", " "),
        f"{facts['sun_elevation_deg']:.1f}",
    )


def _data(found: RegionSurvey) -> dict[str, Any]:
    """Return what the program draws from."""
    rows, cols, step = cut_of(found)
    thin = max(
        1,
        -(
            -max(len(range(*rows.indices(rows.stop))), len(range(*cols.indices(cols.stop))))
            // _MOST
        ),
    )
    grid = found.ground.grid
    every = step * thin
    shape = [len(range(s.start, s.stop, every)) for s in (rows, cols)]
    light = relief_of(found)[::thin, ::thin]
    layers = []
    for name, (unit, meaning) in LAYERS.items():
        layer = found.layers[name][rows, cols][::thin, ::thin]
        low, high = limits_of_layer(found.layers[name])
        part = np.clip((layer - low) / (high - low), 0.0, 1.0)
        grey = np.where(np.isfinite(layer), np.nan_to_num(part) * _LEVELS, 255.0)
        layers.append(
            {
                "name": name, "unit": unit, "meaning": meaning, "low": low, "high": high,
                "png": _png(np.rint(grey).astype(np.uint8)),
            }
        )  # fmt: skip
    colours = matplotlib.colormaps[FIELD_MAP](np.arange(256) / _LEVELS)[:, :3]
    return {
        "rows": shape[0],
        "cols": shape[1],
        "light": _png(
            np.where(np.isfinite(light), 255.0 * np.nan_to_num(light), 0).astype(np.uint8)
        ),
        "layers": layers,
        "colours": np.rint(255.0 * colours).astype(int).ravel().tolist(),
        "middle": [found.region.latitude_deg, found.region.longitude_deg],
        "left": cols.start - 0.5 * grid.shape[1] + 0.5,
        "top": rows.start - 0.5 * grid.shape[0] + 0.5,
        "every": every,
        "cell": grid.cell_m / MOON_RADIUS_M,
        "ellipse": _ellipse(found, every),
        "sites": [
            facts
            | {
                "x": (facts["column"] - cols.start + 0.5) / every,
                "y": (facts["row"] - rows.start + 0.5) / every,
                "turn": float(grid.geometry.turn_at(facts["row"], facts["column"])),
            }
            for facts in map(site_facts, found.sites)
        ],
    }


def _ellipse(found: RegionSurvey, every: int) -> dict[str, float]:
    """Return the 3-sigma ellipse in pixels of the map."""
    major, minor, azimuth = found.ellipse.axes_m
    size = every * found.ground.grid.cell_m
    return {"major": 3.0 * major / size, "minor": 3.0 * minor / size, "azimuth": azimuth}


def _png(values: NDArray[np.uint8]) -> str:
    """Return grey values as a PNG in base 64."""
    buffer = BytesIO()
    Pixels.fromarray(values).save(buffer, "png", compress_level=9)
    return base64.b64encode(buffer.getvalue()).decode()
