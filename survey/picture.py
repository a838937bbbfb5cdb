"""The picture of a survey: relief, verdict, and the ranked sites with their footprints."""

from __future__ import annotations

import farside.report.headless  # noqa: F401  before matplotlib

# isort: split

import math
import textwrap
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from farside.report.pictures import render
from farside.report.reasons import REASONS
from farside.report.relief import NORTH_WEST, circles, hillshade, hold, scale_bar
from farside.report.style import BLACK, FIELD_MAP, LIMIT, canvas, figure_style
from farside.survey.surveying import Survey
from farside.survey.view import SAFE, Closeup
from farside.terrain import Reason

TINT = 0.5  # of a verdict over the hillshade
MAP_IN = 6.3  # the longer side of the map


def picture(survey: Survey) -> bytes:
    """Draw a survey as a PNG."""
    with figure_style():
        return render(draw(survey)).png


def draw(survey: Survey) -> Figure:
    """Draw the map on the left, and slope, legend and sites on the right."""
    extent = _extent(survey)
    width_m, height_m = extent[1], extent[3]
    longest = max(width_m, height_m)
    map_w, map_h = MAP_IN * width_m / longest, MAP_IN * height_m / longest
    map_w, map_h = max(map_w, 1.2), max(map_h, 1.2)
    page_w, page_h = map_w + 4.6, max(map_h, 5.2) + 1.3
    figure = canvas(page_w, page_h)

    def axes(left: float, bottom: float, width: float, height: float) -> Axes:
        return figure.add_axes((left / page_w, bottom / page_h, width / page_w, height / page_h))

    top = page_h - 0.75
    _verdict(axes(0.75, top - map_h, map_w, map_h), survey)
    right = map_w + 1.15
    if survey.closeup is not None and not _wide(survey):
        small_h = 2.4
        _closeup(axes(right, top - small_h, small_h, small_h), survey, survey.closeup)
    else:
        small = min(3.0 / width_m, 2.1 / height_m)
        small_w, small_h = small * width_m, small * height_m
        _slope(
            axes(right, top - small_h, small_w, small_h),
            axes(right, top - small_h - 0.13, small_w, 0.07),
            survey,
        )
    _words(figure, survey, right / page_w, (top - small_h - 0.5) / page_h)
    left = 0.75 / page_w
    figure.text(left, (page_h - 0.3) / page_h, _title(survey), fontsize=11, weight="bold")
    figure.text(left, (page_h - 0.52) / page_h, _subtitle(survey), fontsize=8.5)
    return figure


def _verdict(axes: Axes, survey: Survey) -> None:
    """Tint the relief by the verdict and number the sites."""
    view, geometry = survey.view, survey.geometry
    band = geometry.bands[len(geometry.bands) // 2]
    heights = view.heights[::-1] if geometry.mirrored else view.heights
    if min(heights.shape) > 1:
        light = hillshade(heights, view.step * band.across_m, NORTH_WEST, view.step * band.down_m)
    else:
        light = np.zeros(heights.shape, np.float32)
    colours = view.colours[::-1] if geometry.mirrored else view.colours
    image = np.repeat(np.nan_to_num(light)[..., None], 3, 2)
    if survey.coarse:
        image[np.isnan(light)] = 0.0
    else:
        image = (1 - TINT) * image + TINT * colours
    axes.imshow(image, origin="lower", extent=_drawn(survey), interpolation="nearest")
    axes.set(xlim=_extent(survey)[:2], ylim=_extent(survey)[2:])
    hold(axes)
    unit_m, unit = _unit(survey)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(lambda value, _: f"{value / unit_m:g}")
    axes.set_xlabel(f"along the rows, {unit}" if geometry.crs else f"east of the edge, {unit}")
    axes.set_ylabel(f"up the columns, {unit}" if geometry.crs else f"north of the edge, {unit}")
    places = np.array([_place(survey, site.row, site.col) for site in survey.sites])
    diameter = survey.query.lander.footprint_m
    if len(places):
        circles(axes, places, diameter, edgecolors=BLACK, linewidths=2.2)
        circles(axes, places, diameter, edgecolors="white", linewidths=1.1)
    for site, (x, y) in zip(survey.sites, places, strict=True):
        best = site.rank == 1
        axes.annotate(
            str(site.rank),
            (x, y),
            fontsize=9 if best else 7.5,
            weight="bold" if best else "normal",
            color="white" if best else BLACK,
            ha="center",
            va="center",
            xytext=(0, 0) if _wide(survey) else (9, 7),
            textcoords="offset points",
            bbox={
                "boxstyle": "circle,pad=0.18",
                "facecolor": BLACK if best else "white",
                "alpha": 0.75,
                "edgecolor": "none",
            },
        )
    length_m = _round_length(0.22 * _extent(survey)[1])
    scale_bar(axes, length_m, f"{length_m / unit_m:g} {unit}")


def _slope(axes: Axes, bar: Axes, survey: Survey) -> None:
    """Show the slope, its limit in the middle of the scale."""
    view, limit = survey.view, survey.query.limits.slope_deg
    slope = view.slope_deg[::-1] if survey.geometry.mirrored else view.slope_deg
    axes.set_facecolor(BLACK)
    image = axes.imshow(
        slope, origin="lower", extent=_drawn(survey), cmap=FIELD_MAP, vmin=0.0, vmax=2.0 * limit
    )
    hold(axes)
    axes.set(xticks=(), yticks=(), title="slope, deg")
    axes.set(xlim=_extent(survey)[:2], ylim=_extent(survey)[2:])
    scale = axes.figure.colorbar(image, cax=bar, orientation="horizontal")
    outline: Any = scale.outline  # its type changes from matplotlib to matplotlib
    outline.set_visible(False)
    scale.set_ticks([0.0, limit, 2.0 * limit])
    scale.ax.axvline(limit, color=LIMIT, linewidth=2.0)


def _closeup(axes: Axes, survey: Survey, closeup: Closeup) -> None:
    """Show every cell about the best site, where the map is too large for that."""
    geometry = survey.geometry
    band = geometry.bands[len(geometry.bands) // 2]
    flip = slice(None, None, -1) if geometry.mirrored else slice(None)
    light = hillshade(closeup.heights[flip], band.across_m, NORTH_WEST, band.down_m)
    image = np.repeat(np.nan_to_num(light)[..., None], 3, 2)
    image = (1 - TINT) * image + TINT * closeup.colours[flip]
    rows, cols = light.shape
    left, lower = _place(survey, closeup.top + (rows - 1) * geometry.mirrored, closeup.left)
    west, south = left - 0.5 * band.across_m, lower - 0.5 * band.down_m
    extent = (west, west + cols * band.across_m, south, south + rows * band.down_m)
    axes.imshow(image, origin="lower", extent=extent, interpolation="nearest")
    hold(axes)
    places = np.array([_place(survey, site.row, site.col) for site in survey.sites])
    for colour, width in ((BLACK, 2.2), ("white", 1.1)):
        circles(axes, places, survey.query.lander.footprint_m, edgecolors=colour, linewidths=width)
    axes.set(xticks=(), yticks=(), title="about site 1")
    length_m = _round_length(0.3 * cols * band.across_m)
    scale_bar(axes, length_m)


def _words(figure: Figure, survey: Survey, left: float, top: float) -> None:
    """List the colours with their shares, the sites, and what the maps cannot show."""
    lines = []
    if not survey.coarse:
        keys = [Patch(facecolor=SAFE, alpha=0.8, label=f"safe {_percent(survey.safe_share)}")]
        for bit, name, colour in REASONS:
            if share := survey.reason_shares.get(bit, 0.0):
                keys.append(Patch(facecolor=colour, alpha=0.8, label=f"{name} {_percent(share)}"))
        legend = figure.legend(
            handles=keys,
            ncols=2,
            loc="upper left",
            bbox_to_anchor=(left - 0.012, top),
            borderaxespad=0.0,
            handlelength=1.1,
            columnspacing=1.2,
        )
        figure.add_artist(legend)
        top -= 0.19 * -(-len(keys) // 2) / figure.get_figheight() + 0.03
        if survey.sites:
            lines.append("    slope  rough.  clear   P safe   bound")
        for site in survey.sites:
            lines.append(
                f"{site.rank:>2}  {site.slope_deg:4.1f}\u00b0  {site.roughness_m:4.2f} m"
                f"  {site.clearance_m:5.3g} m  {site.probability:6.4f}  {site.bound:6.4f}"
            )
    elif (steep := survey.reason_shares.get(Reason.SLOPE)) is not None:
        lines.append(f"steeper than the limit: {_percent(steep)}")
    figure.text(
        left, top, "\n".join(lines), fontsize=7.5, va="top", family="monospace", linespacing=1.5
    )
    top -= 0.165 * len(lines) / figure.get_figheight() + 0.02
    notes = "\n".join("\n".join(textwrap.wrap(note, 44)) for note in survey.notes)
    figure.text(left, top, notes, fontsize=8.5, va="top", color=LIMIT, weight="bold")


def _title(survey: Survey) -> str:
    what = "slope only: hazards cannot be seen" if survey.coarse else "where the lander can stand"
    return f"{survey.name}: {what}"


def _subtitle(survey: Survey) -> str:
    query, lander = survey.query, survey.query.lander
    east, north = query.dispersion_m
    return (
        f"{query.lander_name}: {lander.legs} legs, {lander.footprint_m:g} m across, "
        f"{query.limits.slope_deg:g}\u00b0, {query.limits.roughness_m:g} m   |   1-sigma: heights "
        f"{query.sigma_m:g} m, touchdown {east:g} m east, {north:g} m north"
    )


def _extent(survey: Survey) -> tuple[float, float, float, float]:
    """Edges of the map [m] from its lower left corner: left, right, bottom, top."""
    geometry = survey.geometry
    band = geometry.bands[len(geometry.bands) // 2]
    return 0.0, geometry.shape[1] * band.across_m, 0.0, geometry.shape[0] * band.down_m


def _drawn(survey: Survey) -> tuple[float, float, float, float]:
    """Edges of the picture of it, whose last squares may reach further than the map."""
    geometry, step = survey.geometry, survey.view.step
    band = geometry.bands[len(geometry.bands) // 2]
    rows, cols = (-(-n // step) * step for n in geometry.shape)
    top = _extent(survey)[3]
    bottom = top - rows * band.down_m if geometry.mirrored else 0.0
    return 0.0, cols * band.across_m, bottom, bottom + rows * band.down_m


def _place(survey: Survey, row: int, col: int) -> tuple[float, float]:
    geometry = survey.geometry
    band = geometry.bands[len(geometry.bands) // 2]
    up = geometry.shape[0] - 0.5 - row if geometry.mirrored else row + 0.5
    return (col + 0.5) * band.across_m, up * band.down_m


def _unit(survey: Survey) -> tuple[float, str]:
    """Metres, or kilometres where there are many."""
    return (1000.0, "km") if max(_extent(survey)) > 5000.0 else (1.0, "m")


def _wide(survey: Survey) -> bool:
    """Whether a number fits inside a footprint as drawn."""
    return survey.query.lander.footprint_m > 0.045 * max(_extent(survey))


def _round_length(length_m: float) -> float:
    """Give the longest 1, 2 or 5 times a power of ten within a length."""
    power = 10.0 ** math.floor(math.log10(length_m))
    return power * max(n for n in (1.0, 2.0, 5.0) if n * power <= length_m * (1.0 + 1e-9))


def _percent(share: float) -> str:
    return f"{100.0 * share:.2g} %"
