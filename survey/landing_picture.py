"""The picture of a region's survey: score, probability, slope, light, link, height; sites."""

from __future__ import annotations

import farside.report.headless  # noqa: F401  before matplotlib

# isort: split

from typing import Any

import matplotlib.patheffects as effects
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from farside.report.colours import BLACK
from farside.report.pictures import render
from farside.report.relief import NORTH_WEST, hillshade, hold, round_below, scale_bar, unknown
from farside.report.style import FIELD_MAP, canvas, figure_style
from farside.survey.landing_survey import RegionSurvey

Image = NDArray[np.float32]

PANELS = (
    ("score", "Score: probability x light x link"),
    ("scan_probability", "A scan finds a safe place"),
    ("slope_deg", "Slope over one post [deg]"),
    ("sun_share", "Sun visible, share of the dates"),
    ("link_share", "Link, share of the dates"),
    ("elevation_m", "Elevation [m]"),
)
_MOST = 900  # pixels along a side of what is drawn
_SIDE_IN, _GAP_IN, _HEAD_IN, _EDGE_IN, _BAR_IN = 3.7, 0.35, 0.62, 0.2, 0.12
_RELIEF = 0.45


def picture(found: RegionSurvey) -> bytes:
    """Draw a survey as a PNG."""
    with figure_style():
        return render(draw(found)).png


def cut_of(found: RegionSurvey) -> tuple[slice, slice, int]:
    """Return rows and columns about the region, and every how many are drawn."""
    rows, cols = (np.flatnonzero(found.ground.grid.inside.any(axis=k)) for k in (1, 0))
    span = max(rows[-1] - rows[0], cols[-1] - cols[0]) + 1
    step = max(1, -(-int(span) // _MOST))
    return (
        slice(int(rows[0]), int(rows[-1]) + 1, step),
        slice(int(cols[0]), int(cols[-1]) + 1, step),
        step,
    )


def relief_of(found: RegionSurvey) -> Image:
    """Return the relief's light, 0 to 1, of what is drawn; NaN outside the region."""
    rows, cols, step = cut_of(found)
    grid = found.ground.grid
    heights = found.ground.heights_m[rows, cols].astype(np.float32)
    if min(heights.shape) < 2:
        light = np.full(heights.shape, 0.7, np.float32)
    else:
        light = hillshade(heights[::-1], step * grid.cell_m, NORTH_WEST)[::-1]
    return np.where(grid.inside[rows, cols], light, np.nan).astype(np.float32)


def draw(found: RegionSurvey) -> Figure:
    """Draw six layers and the sites on the first."""
    wide = 3 * _SIDE_IN + 2 * _GAP_IN + 2 * _EDGE_IN
    line = _SIDE_IN + 0.75
    high = _HEAD_IN + 2 * line + _EDGE_IN
    figure = canvas(wide, high)
    light = relief_of(found)
    for n, (name, title) in enumerate(PANELS):
        row, column = divmod(n, 3)
        left = _EDGE_IN + column * (_SIDE_IN + _GAP_IN)
        bottom = high - _HEAD_IN - row * line - 0.15 - _SIDE_IN
        axes = figure.add_axes((left / wide, bottom / high, _SIDE_IN / wide, _SIDE_IN / high))
        bar = figure.add_axes(
            ((left + 0.3) / wide, (bottom - 0.2) / high, (_SIDE_IN - 0.6) / wide, _BAR_IN / high)
        )
        _panel(axes, bar, found, name, light)
        axes.set_title(title)
        if n == 0:
            _sites(axes, found)
    _head(figure, found, (wide, high))
    return figure


def _panel(axes: Axes, bar: Axes, found: RegionSurvey, name: str, light: Image) -> None:
    """Draw one layer over the relief, and its scale."""
    rows, cols, step = cut_of(found)
    values = found.layers[name][rows, cols]
    side = step * found.ground.grid.cell_m
    extent = (0.0, values.shape[1] * side, 0.0, values.shape[0] * side)
    unknown(axes)
    low, high = limits_of_layer(found.layers[name])
    look: dict[str, Any] = {
        "extent": extent,
        "interpolation": "nearest",
        "origin": "upper",
        "aspect": "equal",
    }
    image = axes.imshow(values, cmap=FIELD_MAP, vmin=low, vmax=high, **look)
    axes.imshow(light, cmap="gray", vmin=0.0, vmax=1.0, alpha=_RELIEF, **look)
    hold(axes)
    axes.set_xticks([])
    axes.set_yticks([])
    length = round_below(0.25 * extent[1])
    scale_bar(axes, length, f"{length / 1000:g} km")
    axes.figure.colorbar(image, cax=bar, orientation="horizontal")
    bar.grid(visible=False)
    bar.locator_params(nbins=5)


def limits_of_layer(layer: Image) -> tuple[float, float]:
    """Return the ends of a layer's scale: of what it knows, the top hundredth left out."""
    known = layer[np.isfinite(layer)]
    if not known.size:
        return 0.0, 1.0
    low, high = (float(x) for x in np.percentile(known, [0.5, 99.5]))
    if 0.0 <= known.min() and known.max() <= 1.0:
        high = max(float(known.max()), 1e-3)
        low = 0.0 if low < 0.5 or high - low < 0.01 else low
    if high - low < 1e-6 * max(1.0, abs(high)):
        low, high = low - 0.5e-3 - 0.01 * abs(low), high + 0.5e-3 + 0.01 * abs(high)
    return low, high


def _sites(axes: Axes, found: RegionSurvey) -> None:
    """Mark the sites by their ranks."""
    rows, cols, _ = cut_of(found)
    side = found.ground.grid.cell_m
    high = (rows.stop - rows.start) * side
    halo = [effects.withStroke(linewidth=2.5, foreground="white")]
    for site in reversed(found.sites):
        x = (site.col - cols.start + 0.5) * side
        y = high - (site.row - rows.start + 0.5) * side
        axes.plot(x, y, "o", markersize=5, markerfacecolor="none", color=BLACK, path_effects=halo)
        axes.annotate(
            f"{site.rank}", (x, y), (4, 4), textcoords="offset points", fontsize=9.0,
            fontweight="bold", path_effects=halo,
        )  # fmt: skip


def _head(figure: Figure, found: RegionSurvey, page: tuple[float, float]) -> None:
    """Write what is shown."""
    asked = found.conditions
    left = _EDGE_IN / page[0]
    figure.text(
        left, 1.0 - 0.26 / page[1], f"{found.region.title}: sites for {found.mission.name}",
        fontsize=11.5, fontweight="bold", parse_math=False,
    )  # fmt: skip
    end = asked.dates.at(asked.dates.count)
    grid = found.ground.grid
    said = "" if found.sites else "No site. "
    figure.text(
        left, 1.0 - 0.48 / page[1],
        f"{said}{asked.dates.start:%Y-%m-%d} to {end:%Y-%m-%d}, Sun {asked.sun_deg[0]:g} to "
        f"{asked.sun_deg[1]:g} deg and rising, then {asked.stay_h:g} h; cells of "
        f"{grid.cell_m / 1e3:.3g} km; link: {found.link.name}. Up is north at "
        f"{found.region.latitude_deg:.1f}, {found.region.longitude_deg:.1f} deg.",
        fontsize=8.5, parse_math=False,
    )  # fmt: skip
