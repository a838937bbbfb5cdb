"""The picture of light and links over a raster: a map for each body, and the longest night."""

from __future__ import annotations

import farside.report.headless  # noqa: F401  before matplotlib

# isort: split

from io import BytesIO
from typing import TYPE_CHECKING

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image as Pixels

from farside.report.pictures import render
from farside.report.relief import NORTH_WEST, hillshade, hold, round_below, scale_bar, unknown
from farside.report.style import FIELD_MAP, canvas, figure_style

if TYPE_CHECKING:
    from farside.survey.horizon_layers import HorizonMap

_PANEL_IN, _BAR_IN, _GAP_IN, _HEAD_IN, _EDGE_IN = 4.2, 0.12, 0.62, 0.62, 0.15
_RELIEF = 0.45  # how much of a colour is the relief's light


def picture(found: HorizonMap) -> bytes:
    """Draw a map of horizons as a PNG."""
    with figure_style():
        return render(draw(found)).png


def draw(found: HorizonMap) -> Figure:
    """Draw the share of every body, and the longest time without the first."""
    from farside.survey.horizon_facts import slug

    first = slug(found.bodies[0].name)
    panels = [
        (f"{slug(body.name)}_share", f"{title_of(body.name)} visible, share of the time", 1.0)
        for body in found.bodies
    ]
    panels.insert(
        1, (f"{first}_longest_gap_h", f"Longest without the {title_of(first)} [days]", 1.0 / 24.0)
    )
    rows, cols = found.heights_m.shape
    across, down = found.geometry.middle.across_m, found.geometry.middle.down_m
    ratio = min(max(rows * down / (cols * across), 0.35), 2.0)
    wide, high = (_PANEL_IN, _PANEL_IN * ratio) if ratio <= 1 else (_PANEL_IN / ratio, _PANEL_IN)
    columns = 2 if len(panels) != 3 else 3
    lines = -(-len(panels) // columns)
    page = (
        columns * (max(wide, 2.4) + _GAP_IN) + _EDGE_IN,
        _HEAD_IN + lines * (high + _BAR_IN + _GAP_IN + 0.1) + _EDGE_IN,
    )
    figure = canvas(*page)
    for n, (name, title, factor) in enumerate(panels):
        line, column = divmod(n, columns)
        left = _EDGE_IN + 0.15 + column * (max(wide, 2.4) + _GAP_IN)
        top = page[1] - _HEAD_IN - line * (high + _BAR_IN + _GAP_IN + 0.1) - 0.2
        spots = (left, top - high, wide, high), (left, top - high - 0.2, max(wide, 2.0), _BAR_IN)
        axes, bar = (
            figure.add_axes((x / page[0], y / page[1], w / page[0], h / page[1]))
            for x, y, w, h in spots
        )
        _panel(axes, bar, found, found.maps[name] * np.float32(factor))
        axes.set_title(title)
    _head(figure, found, page)
    return figure


def title_of(name: str) -> str:
    """Return a body's name as it is printed."""
    return {"sun": "Sun", "earth": "Earth"}.get(name, name)


def _upright(found: HorizonMap, values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return rows northwards."""
    return values[::-1] if found.geometry.mirrored else values


def shaded(found: HorizonMap) -> NDArray[np.float32]:
    """Return the relief's light from 0 to 1, rows northwards; NaN where unknown."""
    heights = _upright(found, found.heights_m)
    band = found.geometry.middle
    if min(heights.shape) < 2:
        return np.where(np.isfinite(heights), 0.7, np.nan).astype(np.float32)
    return hillshade(heights, found.step * band.across_m, NORTH_WEST, found.step * band.down_m)


def _panel(axes: Axes, bar: Axes, found: HorizonMap, values: NDArray[np.float32]) -> None:
    """Draw one map over the relief, and its scale of colours."""
    rows, cols = values.shape
    band = found.geometry.middle
    extent = (0.0, cols * found.step * band.across_m, 0.0, rows * found.step * band.down_m)
    unknown(axes)
    known = values[np.isfinite(values)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    if high - low < 1e-6:
        low, high = min(low, 0.0), max(high, 1.0)
    image = axes.imshow(
        _upright(found, values), cmap=FIELD_MAP, vmin=low, vmax=high, origin="lower",
        extent=extent, interpolation="nearest", aspect="auto",
    )  # fmt: skip
    axes.imshow(
        shaded(found), cmap="gray", vmin=0.0, vmax=1.0, origin="lower", extent=extent,
        alpha=_RELIEF, interpolation="nearest", aspect="auto",
    )  # fmt: skip
    hold(axes)
    axes.set_xticks([])
    axes.set_yticks([])
    length = round_below(0.3 * extent[1])
    name = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"
    scale_bar(axes, length, name)
    axes.figure.colorbar(image, cax=bar, orientation="horizontal")
    bar.grid(visible=False)
    bar.locator_params(nbins=5)


def _head(figure: Figure, found: HorizonMap, page: tuple[float, float]) -> None:
    """Write what is shown above the maps."""
    dates = found.bodies[0].dates
    end = dates.at(dates.count)
    left = (_EDGE_IN + 0.15) / page[0]
    figure.text(
        left, 1.0 - 0.24 / page[1], found.name, fontsize=11.0, fontweight="bold", parse_math=False
    )
    figure.text(
        left, 1.0 - 0.46 / page[1],
        f"{dates.start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC, eye {found.look.eye_m:g} m, "
        f"reach {found.look.reach_m / 1e3:g} km, {len(found.look.bearings_deg)} azimuths. "
        "Hatched: no height.",
        fontsize=8.5, parse_math=False,
    )  # fmt: skip


def page_map(found: HorizonMap) -> bytes:
    """Return the share of the first body over the relief as a bare PNG, the file's rows down."""
    from farside.survey.horizon_facts import slug

    values = found.maps[f"{slug(found.bodies[0].name)}_share"]
    known = np.isfinite(values)
    low, high = (float(values[known].min()), float(values[known].max())) if known.any() else (0, 1)
    colours = matplotlib.colormaps[FIELD_MAP]((values - low) / max(high - low, 1e-6))[..., :3]
    light = shaded(found)
    light = light[::-1] if found.geometry.mirrored else light
    mixed = (1.0 - _RELIEF) * colours + _RELIEF * np.nan_to_num(light)[..., None]
    mixed[~known] = 0.95
    buffer = BytesIO()
    Pixels.fromarray(np.uint8(np.clip(255.0 * mixed, 0.0, 255.0))).save(buffer, "png")
    return buffer.getvalue()
