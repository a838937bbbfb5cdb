"""What the lander saw from the hover, what it made of it, and where it went."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patheffects import AbstractPathEffect, withStroke

from farside.avoidance.divert_cost import DivertCost
from farside.flight.landing import Imaging
from farside.report.colours import BLACK, LIMIT, SKY, UNKNOWN
from farside.report.key import lay_out
from farside.report.palette import phase_colour
from farside.report.reasons import (
    REASONS,
    TINT,
    Hazards,
    gravest_of,
    painted_shares,
    percent,
    tinted,
)
from farside.report.relief import (
    NORTH_WEST,
    Image,
    circles,
    hillshade,
    hold,
    round_below,
    scale_bar,
    tidy,
    unknown,
)
from farside.report.style import FIELD_MAP, canvas
from farside.report.track import Span, Track, stride

SHADE: list[AbstractPathEffect] = [withStroke(linewidth=1.8, foreground=BLACK)]
SHOWN_SITES = 10
WIDTH_IN, EDGE_IN, NOTE_IN = 10.0, 0.7, 0.25
NOTE = (
    "Shares of all cells, each painted for the gravest that speaks against it. "
    "Circles: ranked sites; cross: the chosen one; diamond: the scan."
)
GREY_TEXT = "#444444"


def draw_hazards(track: Track, imaging: Imaging) -> Figure:
    """Draw the verdict with the sites and the path, the fields behind it, and the divert cost."""
    limits, hazards = track.landing.plan.hazards, imaging.hazards
    key = lay_out(_colours(hazards), WIDTH_IN - 2 * EDGE_IN)
    path = lay_out(track.keys(_shown_spans(track)), WIDTH_IN - 2 * EDGE_IN)
    foot_in = 0.12 + key.height_in + path.height_in + NOTE_IN
    figure = canvas(WIDTH_IN, foot_in + 5.4)
    path.draw(figure, EDGE_IN, foot_in)
    key.draw(figure, EDGE_IN, foot_in - path.height_in)
    at = (EDGE_IN / WIDTH_IN, 0.08 / figure.get_figheight())
    figure.text(*at, NOTE, fontsize=8.5, color=GREY_TEXT, va="bottom")

    def axes_at(left: float, bottom: float, width: float, height: float) -> Axes:
        high = figure.get_figheight()
        size = (width / WIDTH_IN, height / high)
        return figure.add_axes((left / WIDTH_IN, (foot_in + bottom) / high, *size))

    _verdict(axes_at(0.7, 0.5, 4.65, 4.65), track, imaging)
    heights = hazards.elevation.heights
    relief = heights - np.nanmin(heights, initial=np.inf)
    # a map without a hazard has clearances without end
    west, east, *_ = _extent(hazards)
    clearance = np.minimum(hazards.clearance_m, np.float32(east - west))
    for (x, y), title, field, limit in (
        ((5.80, 3.25), "relief, m", relief, None),
        ((7.92, 3.25), "slope, deg", hazards.slope_deg, limits.slope_deg),
        ((5.80, 0.75), "roughness, m", hazards.roughness_m, limits.obstacle_m),
        ((7.92, 0.75), "clearance, m", clearance, None),
    ):
        axes = axes_at(x, y, 1.88, 1.88)
        _field(axes, axes_at(x, y - 0.16, 1.88, 0.08), hazards, field, limit)
        axes.set_title(title)
        _mark(axes, imaging)
        if field is relief and imaging.divert_cost is not None:
            _divert_cost(axes, imaging.divert_cost)
            axes.set_title("relief, m; lines: kg to land")
    return figure


def _colours(hazards: Hazards) -> list[tuple[str, str]]:
    """Return what the verdict's colours mean, with the share painted so, and the ground unseen."""
    found = painted_shares(hazards)
    keys = [(tinted(colour), f"{name} {percent(share)}") for name, colour, share in found if share]
    return [*keys, (UNKNOWN, "hatched: not known")]


def _divert_cost(axes: Axes, cost: DivertCost) -> None:
    """Rule the ground by the least propellant that takes the lander there from its hover."""
    divert, elevation = cost.divert, cost.divert.elevation
    east = elevation.east_m + np.arange(elevation.shape[1]) * elevation.cell_m
    north = elevation.north_m + np.arange(elevation.shape[0]) * elevation.cell_north_m
    known = divert.propellant_kg[np.isfinite(divert.propellant_kg)]
    step = round_below(max(float(known.max()) - float(known.min()), 0.04) / 4.0)
    levels = np.arange(np.ceil(known.min() / step), known.max() / step + 1e-9) * step
    if len(levels):
        lines = axes.contour(
            east, north, divert.propellant_kg, levels, colors="white", linewidths=0.9
        )
        labels = axes.clabel(lines, fmt=lambda kg: f"{kg:.4g}", fontsize=7.0)
        for label in tidy(axes, labels):
            label.set_path_effects(SHADE)


def _verdict(axes: Axes, track: Track, imaging: Imaging) -> None:
    """Tint the ground by what is wrong with it; draw the sites, the footprint and the divert."""
    hazards, footprint_m = imaging.hazards, track.landing.plan.hazards.footprint_m
    elevation = hazards.elevation
    image = np.repeat(hillshade(elevation.heights, elevation.cell_m, NORTH_WEST)[..., None], 3, 2)
    image = np.nan_to_num(image)
    gravest = gravest_of(hazards)
    for place, colour in enumerate([SKY, *(colour for *_, colour in REASONS)]):
        cells = gravest == place
        image[cells] = (1 - TINT) * image[cells] + TINT * np.array(to_rgb(colour), np.float32)
    # what has no height is left open
    clear = np.isfinite(elevation.heights)[..., None]
    colours = np.asarray(255.0 * np.concatenate([image, clear], axis=2), np.uint8)
    unknown(axes)
    axes.imshow(colours, origin="lower", extent=_extent(hazards), interpolation="nearest")
    hold(axes)
    places = np.array([(site.east_m, site.north_m) for site in imaging.sites[:SHOWN_SITES]])
    if len(places):
        circles(axes, places, footprint_m, edgecolors="white", linewidths=0.9)
    for rank, (east, north) in enumerate(places, start=1):
        if np.hypot(east - imaging.chosen.east_m, north - imaging.chosen.north_m) < 1e-6:
            continue  # the cross of the chosen one stands there
        label = axes.text(east, north, str(rank), fontsize=7.5, color="white", clip_on=True)
        label.set(ha="center", va="center", path_effects=SHADE)
    _divert(axes, track)
    _mark(axes, imaging, footprint_m)
    scale_bar(axes, round_below(0.25 * float(np.ptp(axes.get_xlim()))))
    axes.set_title("The lander's own map, and where it went")
    axes.set_xlabel("east of the site, m (as navigation had it)")
    axes.set_ylabel("north of the site, m")


def _shown_spans(track: Track) -> tuple[Span, ...]:
    """Return the spans whose path is drawn on the map: from the first scan on."""
    scans = [i for i, span in enumerate(track.spans) if span.phase.scan]
    return track.spans[scans[0] if scans else 0 :]


def _divert(axes: Axes, track: Track) -> None:
    """Draw the estimated path over the map, from the scan to the ground."""
    telemetry = track.landing.telemetry
    for span in _shown_spans(track):
        some = stride(span.first, span.last)
        east, north = telemetry["est_r_site"][some, :2].T
        axes.plot(east, north, color="white", linewidth=3.4)
        axes.plot(east, north, color=phase_colour(span.row), linewidth=1.7)
        if span.phase.scan:
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
    top = 2.0 * limit if limit else top if top > 1e-3 else 1.0
    unknown(axes)
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
