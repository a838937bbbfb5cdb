"""What was found over a raster, as plain values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from farside.ext.common.version import version
from farside.mission.json_values import plain_values
from farside.survey.horizon_bodies import Dates

if TYPE_CHECKING:
    from farside.survey.horizon_layers import HorizonMap

_BEST = 10


def slug(name: str) -> str:
    """Return a body's name as part of a band's."""
    return "".join(c if c.isalnum() else "_" for c in name.lower())


def tags_of(found: HorizonMap) -> dict[str, str]:
    """Return the tags of the GeoTIFF."""
    dates = found.bodies[0].dates
    return {
        "farside": version(),
        "input": found.name.encode("utf-8", "replace").decode(),
        "notes": " ".join(found.notes),
        "start_utc": f"{dates.start:%Y-%m-%dT%H:%M:%SZ}",
        "step_s": f"{dates.step_s:g}",
        "instants": f"{dates.count}",
        "azimuths": f"{len(found.look.bearings_deg)}",
        "eye_m": f"{found.look.eye_m:g}",
        "reach_m": f"{found.look.reach_m:g}",
    }


def facts_of(found: HorizonMap) -> dict[str, Any]:
    """Return everything that is known but the maps, as plain values."""
    dates: Dates = found.bodies[0].dates
    rows, cols = found.geometry.shape
    facts: dict[str, Any] = {
        **tags_of(found),
        "notes": list(found.notes),
        "rows": rows,
        "columns": cols,
        "cells_without_height": found.unknown,
        "hours": dates.hours,
        "bodies": [body.name for body in found.bodies],
        "means": found.means,
        "best": best_of(found),
    }
    return {key: plain_values(value) for key, value in facts.items()}


def best_of(found: HorizonMap, count: int = _BEST) -> list[dict[str, Any]]:
    """Return the cells with the most of the first body, of those drawn, apart from each other."""
    share = found.maps[f"{slug(found.bodies[0].name)}_share"].copy()
    apart = max(1, max(share.shape) // 40)
    out = []
    for _ in range(count):
        if not np.isfinite(share).any():
            break
        i, j = np.unravel_index(int(np.nanargmax(share)), share.shape)
        row, col = int(i) * found.step, int(j) * found.step
        place = found.geometry.longitude_latitude(row, col)
        out.append(
            {
                "row": row,
                "column": col,
                "latitude_deg": None if place is None else place[1],
                "longitude_deg": None if place is None else place[0],
                **{name: float(layer[i, j]) for name, layer in found.maps.items()},
            }
        )
        share[max(0, i - apart) : i + apart + 1, max(0, j - apart) : j + apart + 1] = np.nan
    return out
