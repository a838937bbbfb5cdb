"""What the lander saw from the hover, what it made of it, and where it went."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.patheffects import AbstractPathEffect, withStroke

from farside.flight.landing import Imaging
from farside.flight.price import Price
from farside.report.reasons import REASONS
from farside.report.relief import (
    NORTH_WEST,
    Image,
    circles,
    hillshade,
    hold,
    round_below,
    scale_bar,
)
from farside.report.style import (
    BLACK,
    FIELD_MAP,
    LIMIT,
    SKY,
    canvas,
    phase_colour,
)
from farside.report.track import Track, stride
from farside.terrain import Assessment, HazardMap

Hazards = HazardMap | Assessment
SHADE: list[AbstractPathEffect] = [withStroke(linewidth=1.8, foreground=BLACK)]
TINT = 0.5  # of a colour over the hillshade
SHOWN_SITES = 10


def draw_hazards(track: Track, imaging: Imaging) -> Figure:
    """Draw the verdict with the sites and the path, and the fields behind it with the price."""
    figure = canvas(10.0, 5.75)
    limits, hazards = track.landing.plan.hazards, imaging.hazards
    _verdict(figure.add_axes((0.07, 0.125, 0.465, 0.809)), track, imaging)
    heights = hazards.elevation.heights
    relief = heights - np.nanmin(heights, initial=np.inf)
    # a map without a hazard has clearances without end
    west, east, *_ = _extent(hazards)
    clearance = np.minimum(hazards.clearance_m, np.float32(east - west))
    for (x, y), title, field, limit in (
        ((0.585, 0.595), "relief, m", relief, None),
        ((0.800, 0.595), "slope, deg", hazards.slope_deg, limits.slope_deg),
        ((0.585, 0.160), "roughness, m", hazards.roughness_m, limits.obstacle_m),
        ((0.800, 0.160), "clearance, m", clearance, None),
    ):
        axes = figure.add_axes((x, y, 0.19, 0.3304))
        _field(axes, figure.add_axes((x, y - 0.028, 0.19, 0.014)), hazards, field, limit)
        axes.set_title(title)
        _mark(axes, imaging)
        if field is relief and imaging.price is not None:
            _price(axes, imaging.price)
            axes.set_title("relief, m; lines: kg to land")
    return figure


def _price(axes: Axes, price: Price) -> None:
    """Rule the ground by the least propellant that takes the lander there from its hover."""
    divert, elevation = price.divert, price.divert.elevation
    east = elevation.east_m + np.arange(elevation.shape[1]) * elevation.cell_m
    north = elevation.north_m + np.arange(elevation.shape[0]) * elevation.cell_north_m
    known = divert.propellant_kg[np.isfinite(divert.propellant_kg)]
    step = round_below(max(float(known.max()) - float(known.min()), 0.04) / 4.0)
    levels = np.arange(np.ceil(known.min() / step), known.max() / step + 1e-9) * step
    if len(levels):
        lines = axes.contour(
            east, north, divert.propellant_kg, levels, colors="white", linewidths=0.9
        )
        for label in axes.clabel(lines, fmt=lambda kg: f"{kg:.4g}", fontsize=7.0):
            label.set_path_effects(SHADE)


def _verdict(axes: Axes, track: Track, imaging: Imaging) -> None:
    """Tint the ground by what is wrong with it; draw the sites, the footprint and the divert."""
    hazards, footprint_m = imaging.hazards, track.landing.plan.hazards.footprint_m
    elevation = hazards.elevation
    image = np.repeat(hillshade(elevation.heights, elevation.cell_m, NORTH_WEST)[..., None], 3, 2)
    image = np.nan_to_num(image)
    keys = []
    reasons = [((hazards.reasons & bit) != 0, name, colour) for bit, name, colour in REASONS]
    for cells, name, colour in [(hazards.safe, "safe", SKY), *reasons]:
        image[cells] = (1 - TINT) * image[cells] + TINT * np.array(to_rgb(colour), np.float32)
        if cells.any():
            share = f"{name} {100 * cells.mean():.2g} %"
            keys.append(Patch(facecolor=colour, alpha=0.7, label=share))
    colours = np.asarray(255.0 * image, np.uint8)
    axes.imshow(colours, origin="lower", extent=_extent(hazards), interpolation="nearest")
    hold(axes)
    places = np.array([(site.east_m, site.north_m) for site in imaging.sites[:SHOWN_SITES]])
    if len(places):
        circles(axes, places, footprint_m, edgecolors="white", linewidths=0.9)
    for rank, (east, north) in enumerate(places, start=1):
        axes.text(east, north, str(rank), fontsize=7.5, color="white", ha="center", va="center")
    _divert(axes, track)
    _mark(axes, imaging, footprint_m)
    scale_bar(axes, 10.0)
    axes.set_title("The lander's own map, and where it went")
    axes.set_xlabel("east of the site, m (as navigation had it)")
    axes.set_ylabel("north of the site, m")
    # close enough together for a row of all of them
    axes.figure.legend(
        handles=keys,
        ncols=len(keys),
        loc="lower center",
        borderaxespad=0.3,
        fontsize=7.5,
        columnspacing=1.1,
        handlelength=1.1,
        handletextpad=0.4,
    )


def _divert(axes: Axes, track: Track) -> None:
    """Draw the estimated path over the map, from the scan to the ground."""
    telemetry, table = track.landing.telemetry, track.landing.plan.phases
    scans = [i for i, span in enumerate(track.spans) if table[span.row].scan]
    for span in track.spans[scans[0] if scans else 0 :]:
        some = stride(span.first, span.last)
        east, north = telemetry["est_r_site"][some, :2].T
        axes.plot(east, north, color="white", linewidth=3.4)
        axes.plot(east, north, color=phase_colour(span.row), linewidth=1.7)
        if table[span.row].scan:
            axes.plot(east[-1:], north[-1:], "D", color="white", markersize=5, mec=BLACK, mew=0.8)


def _mark(axes: Axes, imaging: Imaging, footprint_m: float = 0.0) -> None:
    """Mark the chosen site: a cross, with the footprint where its diameter is given."""
    chosen = np.array([[imaging.chosen.east_m, imaging.chosen.north_m]])
    axes.plot(*chosen.T, "+", color=BLACK, markersize=9, markeredgewidth=2.6)
    axes.plot(*chosen.T, "+", color="white", markersize=8, markeredgewidth=1.2)
    if footprint_m:
        circles(axes, chosen, footprint_m, edgecolors=BLACK, linewidths=3.0)
        circles(axes, chosen, footprint_m, edgecolors="white", linewidths=1.6)


def _field(axes: Axes, bar: Axes, hazards: Hazards, field: Image, limit: float | None) -> None:
    """Show one field with its scale; a limit stands in the middle of the scale."""
    seen = field[np.isfinite(field)]
    top = float(np.percentile(seen[::13], 99.5)) if len(seen) else 1.0
    top = 2.0 * limit if limit else max(top, 1e-3)
    axes.set_facecolor(BLACK)
    image = axes.imshow(
        field[::2, ::2],
        origin="lower",
        extent=_extent(hazards),
        cmap=FIELD_MAP,
        vmin=0.0,
        vmax=top,
        interpolation="nearest",
    )
    hold(axes)
    axes.set(xticks=(), yticks=())
    scale = axes.figure.colorbar(image, cax=bar, orientation="horizontal")
    outline: Any = scale.outline  # its type changes from matplotlib to matplotlib
    outline.set_visible(False)
    if limit:
        scale.set_ticks([0.0, limit, top])
        scale.ax.axvline(limit, color=LIMIT, linewidth=2.0)


def _extent(hazards: Hazards) -> tuple[float, float, float, float]:
    """Outer edges of the map [m]: left, right, bottom, top."""
    elevation = hazards.elevation
    cell = elevation.cell_m
    rows, columns = elevation.shape
    west, south = elevation.east_m - 0.5 * cell, elevation.north_m - 0.5 * cell
    return west, west + columns * cell, south, south + rows * cell
