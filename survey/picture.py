"""The picture of a survey: relief, verdict, and the ranked sites with their footprints."""

from __future__ import annotations

import farside.report.headless  # noqa: F401  before matplotlib

# isort: split

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from farside.report.colours import BLACK, LIMIT, UNKNOWN
from farside.report.key import lay_out, wrap
from farside.report.pictures import render
from farside.report.reasons import REASONS, TINT, percent, tinted
from farside.report.relief import NORTH_WEST, circles, hillshade, hold, scale_bar, unknown
from farside.report.style import FIELD_MAP, canvas, figure_style
from farside.survey.surveying import Survey
from farside.survey.view import SAFE, Closeup
from farside.terrain import Reason

MAP_IN = 6.3  # the longer side of the map
LEFT_IN, GAP_IN, SIDE_IN, EDGE_IN = 0.75, 0.4, 3.35, 0.12  # margin, gap, right side, right edge
HEAD_LINE_IN = 0.2
LINES = 1.3  # spacing of words
MOST_SITES = 12  # in the table: the map numbers them all


def picture(survey: Survey) -> bytes:
    """Draw a survey as a PNG."""
    with figure_style():
        return render(draw(survey)).png


def draw(survey: Survey) -> Figure:
    """Draw the map on the left, and slope, key and sites on the right.

    The page is as high as the map or what stands beside it needs, and the words as wide as it is.
    """
    extent = _extent(survey)
    width_m, height_m = extent[1], extent[3]
    longest = max(width_m, height_m)
    map_w = max(MAP_IN * width_m / longest, 1.2)
    map_h = max(MAP_IN * height_m / longest, 1.2)
    page_w = LEFT_IN + map_w + GAP_IN + SIDE_IN + EDGE_IN
    heads = [
        (line, 11.0, "bold")
        for line in wrap(_title(survey), 11.0, page_w - LEFT_IN - EDGE_IN, "bold")
    ]
    heads += [
        (line, 8.5, "normal") for line in wrap(_subtitle(survey), 8.5, page_w - LEFT_IN - EDGE_IN)
    ]
    head_h = HEAD_LINE_IN * len(heads) + 0.3

    close = survey.closeup if survey.closeup is not None and not _wide(survey) else None
    scale = min(3.0 / width_m, 2.1 / height_m)
    small_w, small_h = (2.4, 2.4) if close else (scale * width_m, scale * height_m)
    small_w, small_h = max(small_w, 0.3), max(small_h, 0.3)
    words = _words(survey)
    key = lay_out(_colours(survey), SIDE_IN)
    side_h = small_h + (0.2 if close else 0.5) + key.height_in + 0.12
    side_h += sum(block.height_in for block in words)
    page_h = head_h + max(map_h + 0.55, side_h) + 0.05
    figure = canvas(page_w, page_h)

    def axes(left: float, bottom: float, width: float, height: float) -> Axes:
        return figure.add_axes((left / page_w, bottom / page_h, width / page_w, height / page_h))

    for i, (line, size, weight) in enumerate(heads):
        y = (page_h - 0.08 - HEAD_LINE_IN * (i + 0.5)) / page_h
        figure.text(
            LEFT_IN / page_w, y, line, fontsize=size, weight=weight, va="center_baseline",
            parse_math=False,
        )  # fmt: skip
    top = page_h - head_h
    _verdict(axes(LEFT_IN, top - map_h, map_w, map_h), survey)
    right = LEFT_IN + map_w + GAP_IN
    if close is not None:
        _closeup(axes(right, top - small_h, small_w, small_h), survey, close)
        top -= small_h + 0.2
    else:
        # a scale of two numbers and a limit needs some width, however narrow the map
        bar_w = max(small_w, 1.6)
        _slope(
            axes(right, top - small_h, small_w, small_h),
            axes(right, top - small_h - 0.13, bar_w, 0.07),
            survey,
        )
        top -= small_h + 0.5
    key.draw(figure, right, top)
    top -= key.height_in + 0.12
    for block in words:
        figure.text(
            right / page_w, top / page_h, "\n".join(block.lines), fontsize=block.size_pt, va="top",
            linespacing=LINES, parse_math=False, **block.style,
        )  # fmt: skip
        top -= block.height_in
    return figure


def _verdict(axes: Axes, survey: Survey) -> None:
    """Tint the relief by the verdict and number the sites."""
    view, geometry = survey.view, survey.geometry
    band = geometry.middle
    heights = view.heights[::-1] if geometry.mirrored else view.heights
    if min(heights.shape) > 1:
        light = hillshade(heights, view.step * band.across_m, NORTH_WEST, view.step * band.down_m)
    else:
        light = np.zeros(heights.shape, np.float32)
    colours = view.colours[::-1] if geometry.mirrored else view.colours
    image = np.repeat(np.nan_to_num(light)[..., None], 3, 2)
    if not survey.coarse:
        image = (1 - TINT) * image + TINT * colours
    unknown(axes)
    image = _open(image, heights)
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


def _open(image: NDArray[Any], heights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Leave open what has no height, so that the hatch behind it shows: (rows, cols, 4)."""
    seen = np.isfinite(heights)[..., None]
    return np.concatenate([np.clip(image, 0.0, 1.0), seen], axis=2, dtype=np.float32)


def _slope(axes: Axes, bar: Axes, survey: Survey) -> None:
    """Show the slope, its limit in the middle of the scale."""
    view, limit = survey.view, survey.query.limits.slope_deg
    slope = view.slope_deg[::-1] if survey.geometry.mirrored else view.slope_deg
    unknown(axes)
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
    band = geometry.middle
    flip = slice(None, None, -1) if geometry.mirrored else slice(None)
    light = hillshade(closeup.heights[flip], band.across_m, NORTH_WEST, band.down_m)
    image = np.repeat(np.nan_to_num(light)[..., None], 3, 2)
    image = (1 - TINT) * image + TINT * closeup.colours[flip]
    unknown(axes)
    rows, cols = light.shape
    left, lower = _place(survey, closeup.top + (rows - 1) * geometry.mirrored, closeup.left)
    west, south = left - 0.5 * band.across_m, lower - 0.5 * band.down_m
    extent = (west, west + cols * band.across_m, south, south + rows * band.down_m)
    image = _open(image, closeup.heights[flip])
    axes.imshow(image, origin="lower", extent=extent, interpolation="nearest")
    hold(axes)
    places = np.array([_place(survey, site.row, site.col) for site in survey.sites])
    for colour, width in ((BLACK, 2.2), ("white", 1.1)):
        circles(axes, places, survey.query.lander.footprint_m, edgecolors=colour, linewidths=width)
    axes.set(xticks=(), yticks=(), title="about site 1")
    length_m = _round_length(0.3 * cols * band.across_m)
    scale_bar(axes, length_m)


@dataclass(frozen=True)
class _Block:
    """Lines of words of one style."""

    lines: list[str]
    size_pt: float
    style: dict[str, Any]

    @property
    def height_in(self) -> float:
        """Height with the room below it [in]."""
        return 1.25 * LINES * self.size_pt / 72.0 * len(self.lines) + 0.1


def _colours(survey: Survey) -> list[tuple[str, str]]:
    """Return what the colours mean, with shares of all cells; each counts for its gravest fault."""
    unknown_share = 1.0 - survey.known_share
    within = "" if survey.coarse else ", counted above"
    keys = [(UNKNOWN, f"no height {percent(unknown_share)}{within}")] if unknown_share > 0.0 else []
    if survey.coarse:
        return keys
    found = [("safe", SAFE, survey.safe_share)]
    found += [(name, colour, survey.gravest_shares.get(bit, 0.0)) for bit, name, colour in REASONS]
    return [
        *((tinted(colour), f"{name} {percent(share)}") for name, colour, share in found if share),
        *keys,
    ]


def _words(survey: Survey) -> list[_Block]:
    """List the sites, and what the maps cannot show."""
    blocks = []
    lines = []
    if survey.sites and not survey.coarse:
        lines.append("    slope  rough.   clear    P safe")
        for site in survey.sites[:MOST_SITES]:
            chance = ">0.9999" if site.probability > 0.99995 else f"{site.probability:7.4f}"
            lines.append(
                f"{site.rank:>2}  {site.slope_deg:4.1f}\u00b0  {site.roughness_m:4.2f} m"
                f"  {site.clearance_m:5.3g} m  {chance}"
            )
        if (more := len(survey.sites) - MOST_SITES) > 0:
            lines.append(f"and {more} more on the map")
    elif (steep := survey.reason_shares.get(Reason.SLOPE)) is not None and survey.coarse:
        lines.append(f"steeper than the limit: {percent(steep)}")
    if lines:
        blocks.append(_Block(lines, 7.5, {"family": "monospace", "color": BLACK}))
    notes = [line for note in survey.notes for line in wrap(note, 8.5, SIDE_IN, "bold")]
    if notes:
        blocks.append(_Block(notes, 8.5, {"color": LIMIT, "weight": "bold"}))
    return blocks


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
    band = geometry.middle
    return 0.0, geometry.shape[1] * band.across_m, 0.0, geometry.shape[0] * band.down_m


def _drawn(survey: Survey) -> tuple[float, float, float, float]:
    """Edges of the picture of it, whose last squares may reach further than the map."""
    geometry, step = survey.geometry, survey.view.step
    band = geometry.middle
    rows, cols = (-(-n // step) * step for n in geometry.shape)
    top = _extent(survey)[3]
    bottom = top - rows * band.down_m if geometry.mirrored else 0.0
    return 0.0, cols * band.across_m, bottom, bottom + rows * band.down_m


def _place(survey: Survey, row: int, col: int) -> tuple[float, float]:
    geometry = survey.geometry
    band = geometry.middle
    up = geometry.shape[0] - 0.5 - row if geometry.mirrored else row + 0.5
    return (col + 0.5) * band.across_m, up * band.down_m


def _unit(survey: Survey) -> tuple[float, str]:
    """Metres, or kilometres where there are many."""
    return (1000.0, "km") if max(_extent(survey)) > 5000.0 else (1.0, "m")


def _wide(survey: Survey) -> bool:
    """Whether a number fits inside a footprint as drawn."""
    return survey.query.lander.footprint_m > 0.045 * max(_extent(survey))


def _round_length(length_m: float) -> float:
    """Return the longest 1, 2 or 5 times a power of ten within a length."""
    power = 10.0 ** math.floor(math.log10(length_m))
    return power * max(n for n in (1.0, 2.0, 5.0) if n * power <= length_m * (1.0 + 1e-9))
