"""The page of a map of horizons: click a cell, and see its horizon and what moves over it."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from farside.ext.common.version import version
from farside.report.template import own, render
from farside.survey.horizon_picture import page_map, title_of

if TYPE_CHECKING:
    from farside.survey.horizon_layers import HorizonMap

_MOST_INSTANTS = 9000  # of the page: a year of hours
_MOST_AZIMUTHS = 360


def page(found: HorizonMap) -> str:
    """Return the page, self-contained."""
    dates = found.bodies[0].dates
    end = dates.at(dates.count)
    return render(
        "survey/horizon.html",
        version=version(),
        title=found.name,
        span=f"{dates.start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC",
        eye=f"{found.look.eye_m:g}",
        reach=f"{found.look.reach_m / 1e3:g}",
        azimuths=len(found.look.bearings_deg),
        notes=found.notes,
        heads=_heads(found),
        rows=_table(found),
        data=Markup(json.dumps(_data(found)).replace("<", "\\u003c")),
        program=own("survey/horizon.js"),
    )


def _heads(found: HorizonMap) -> tuple[str, ...]:
    """Return what stands above the best cells."""
    names = [word for body in found.bodies for word in (title_of(body.name), "longest without")]
    return ("", "latitude, longitude [deg]", *names)


def _best_cell(found: HorizonMap) -> int:
    """Return the cell of the page with the most of the first body."""
    from farside.survey.horizon_facts import slug

    cells = found.clicked
    layer = found.maps[f"{slug(found.bodies[0].name)}_share"]
    rows, cols = (
        np.minimum(x // found.step, n - 1)
        for x, n in zip((cells.rows, cells.cols), layer.shape, strict=True)
    )
    return int(np.argmax(np.nan_to_num(layer[rows, cols], nan=-1.0)))


def _table(found: HorizonMap) -> list[tuple[str, ...]]:
    """Return the best cells, in words."""
    from farside.survey.horizon_facts import best_of, slug

    rows = []
    for n, best in enumerate(best_of(found), start=1):
        where = f"row {best['row']}, column {best['column']}"
        if best["latitude_deg"] is not None:
            where = f"{best['latitude_deg']:.4f}, {best['longitude_deg']:.4f}"
        cells = [f"{n}", where]
        for body in found.bodies:
            name = slug(body.name)
            cells.append(f"{100 * best[f'{name}_share']:.1f} %")
            cells.append(f"{best[f'{name}_longest_gap_h'] / 24:.1f} d")
        rows.append(tuple(cells))
    return rows


def _data(found: HorizonMap) -> dict[str, Any]:
    """Return what the program draws from."""
    cells, dates = found.clicked, found.bodies[0].dates
    thin = -(-dates.count // _MOST_INSTANTS)
    every = -(-cells.horizon_deg.shape[1] // _MOST_AZIMUTHS)
    while cells.horizon_deg.shape[1] % every:
        every += 1
    horizon = np.nan_to_num(cells.horizon_deg[:, ::every], nan=-300.0) * 100.0
    rows, cols = found.geometry.shape
    band = found.geometry.middle
    places = [found.geometry.longitude_latitude(int(r), int(c)) for r, c in zip(
        cells.rows, cells.cols, strict=True
    )]  # fmt: skip
    return {
        "map": base64.b64encode(page_map(found)).decode(),
        "rows": rows,
        "cols": cols,
        "aspect": rows * band.down_m / (cols * band.across_m),
        "best": _best_cell(found),
        "cellRows": cells.rows.tolist(),
        "cellCols": cells.cols.tolist(),
        "places": [None if p is None else [round(p[1], 5), round(p[0], 5)] for p in places],
        "turn": [round(float(t), 3) for t in cells.turn_deg],
        "azimuths": horizon.shape[1],
        "horizon": _packed(np.round(horizon).astype("<i2")),
        "axes": _packed(cells.axes.astype("<f4")),
        "start": dates.start.timestamp() * 1000.0,
        "stepMs": dates.step_s * 1000.0 * thin,
        "count": len(range(0, dates.count, thin)),
        "bodies": [
            {
                "name": title_of(body.name),
                "places": _packed((body.places_m[::thin]).astype("<f4")),
                "radius": float(np.mean(body.radius_deg)),
                "lowest": body.lowest_deg,
            }
            for body in found.bodies
        ],
    }


def _packed(values: NDArray[Any]) -> str:
    """Return an array's bytes in base 64."""
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode()
