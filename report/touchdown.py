"""The true ground about the touchdown, and the lander standing on it."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from farside.report.colours import BLACK, ORANGE, VERMILION
from farside.report.key import lay_out
from farside.report.palette import phase_colour
from farside.report.relief import PLATE, Image, circles, hillshade, hold, round_below, scale_bar
from farside.report.sky import sun_at_landing
from farside.report.style import canvas
from farside.report.track import Array, Span, Track, stride

WIDTH_IN = 10.0
CLOSE_M = 5.0  # half the width of the close view
# Contour intervals to choose from [m].
INTERVALS = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)


def draw_touchdown(track: Track) -> Figure:
    """Draw the surroundings with the track, and a close view with the footpads at rest."""
    scene = track.landing.scene
    half = 0.5 * len(scene.heights_m) * scene.cell_m
    middle = np.array([scene.east_m, scene.north_m])
    rest = track.base_site[-1, :2] if len(track.t_s) else middle
    # where nothing came to rest near the scene, look at its middle
    near = bool(len(track.t_s)) and bool(np.all(np.abs(rest - middle) < half - 1.0))
    key = lay_out(track.keys(_within(track, middle, half)), WIDTH_IN - 1.0)
    figure = canvas(WIDTH_IN, 5.2 + key.height_in)
    key.draw(figure, 0.62, key.height_in + 0.06)
    high, foot = figure.get_figheight(), key.height_in + 0.55
    wide = figure.add_axes((0.062, foot / high, 0.43, 4.3 / high))
    close = figure.add_axes((0.557, foot / high, 0.43, 4.3 / high))
    _ground(wide, track, middle, half)
    _ground(close, track, rest if near else middle, min(CLOSE_M, half))
    _track(wide, track)
    _track(close, track)
    if near:
        _feet(close, track)
        _footprint(wide, track, rest)
    _sun_arrow(wide, track)
    wide.set_title("The true ground, lit by the Sun of the landing")
    close.set_title("Footpads at rest" if near else "The middle of the scene")
    for axes in (wide, close):
        scale_bar(axes, round_below(0.2 * float(np.ptp(axes.get_xlim()))))
    return figure


def _within(track: Track, middle: Array, half_m: float) -> tuple[Span, ...]:
    """Return the spans whose path crosses the square about a point."""
    inside = np.all(np.abs(track.base_site[:, :2] - middle) <= half_m, axis=1)
    return tuple(span for span in track.spans if inside[span.first : span.last].any())


def _ground(axes: Axes, track: Track, middle: Array, half_m: float) -> None:
    """Show the ground within half_m of the middle, shaded and with contours."""
    scene = track.landing.scene
    n = len(scene.heights_m)
    corner = np.array([scene.east_m, scene.north_m]) - 0.5 * (n - 1) * scene.cell_m
    first = np.clip(np.floor((middle - half_m - corner) / scene.cell_m), 0, n - 2).astype(int)
    last = np.clip(np.ceil((middle + half_m - corner) / scene.cell_m), 1, n - 1).astype(int) + 1
    heights = scene.heights_m[first[1] : last[1], first[0] : last[0]]
    west, south = corner + first * scene.cell_m
    east, north = corner + (last - 1) * scene.cell_m
    pad = 0.5 * scene.cell_m
    axes.imshow(
        hillshade(heights, scene.cell_m, sun_at_landing(track.landing)),
        origin="lower",
        extent=(west - pad, east + pad, south - pad, north + pad),
        cmap="gray",
        vmin=-0.25,
        vmax=1.05,
        interpolation="bilinear" if half_m <= CLOSE_M else "nearest",
    )
    axes.set_xlim(middle[0] - half_m, middle[0] + half_m)
    axes.set_ylim(middle[1] - half_m, middle[1] + half_m)
    hold(axes)
    axes.set_xlabel("east of the site, m")
    axes.set_ylabel("north of the site, m")
    _contours(axes, heights, np.linspace(west, east, last[0] - first[0]), south, north)


def _contours(axes: Axes, heights: Image, x: Array, south: float, north: float) -> None:
    """Rule contours at an interval that gives about ten of them."""
    seen = heights[np.isfinite(heights)]
    if not len(seen) or np.ptp(seen) <= 0.0:
        return
    interval = next((i for i in INTERVALS if np.ptp(seen) < 12 * i), INTERVALS[-1])
    levels = np.arange(np.floor(seen.min() / interval), np.ceil(seen.max() / interval) + 1)
    thinned = max(1, len(x) // 128)
    y = np.linspace(south, north, len(heights))
    axes.contour(
        x[::thinned],
        y[::thinned],
        np.ma.masked_invalid(heights[::thinned, ::thinned]),
        levels * interval,
        colors="#7a5230",
        linewidths=0.5,
        negative_linestyles="solid",
        alpha=0.8,
    )
    axes.text(
        0.98,
        0.02,
        f"contours every {interval:g} m",
        transform=axes.transAxes,
        ha="right",
        fontsize=7.5,
        bbox=PLATE,
    )


def _track(axes: Axes, track: Track) -> None:
    """Draw the true path of the base over the ground, and the first contact."""
    for span in track.spans:
        some = stride(span.first, span.last)
        east, north = track.base_site[some, :2].T
        axes.plot(east, north, color="white", linewidth=3.0, alpha=0.8)
        axes.plot(east, north, color=phase_colour(span.row), linewidth=1.5)
    if track.contact is not None:
        east, north = track.base_site[track.contact, :2]
        axes.plot(east, north, "o", color="white", mec=BLACK, markersize=5, mew=1.0)


def _feet(axes: Axes, track: Track) -> None:
    """Draw the footpads as they stand, the legs to them, and body x."""
    legs = track.landing.plan.vehicle.legs
    last = track.landing.telemetry[-1]
    height = float(track.landing.plan.vehicle.com_height_m(last["mass_kg"]))
    if legs.feet:
        pads = np.array([foot.at_m for foot in legs.feet]) - [0.0, 0.0, height]
    else:
        # half a spacing off body x, as the truth has them
        turn = 2.0 * np.pi * (np.arange(legs.count) + 0.5) / legs.count
        ring = 0.5 * legs.span_m * np.stack([np.cos(turn), np.sin(turn)], axis=1)
        pads = np.column_stack([ring, np.full(legs.count, -height)])
    pads_site = last["r_site"] + pads @ _rotation(last["q_site_body"]).T
    centre = track.base_site[-1]
    for east, north, _ in pads_site:
        axes.plot((centre[0], east), (centre[1], north), color=VERMILION, linewidth=1.0)
        axes.add_patch(
            Circle((east, north), 0.5 * legs.pad_m, facecolor=VERMILION, edgecolor="white", lw=0.8)
        )
    _footprint(axes, track, centre[:2])


def _footprint(axes: Axes, track: Track, rest: Array) -> None:
    """Draw the disc that must be safe about the place of rest."""
    diameter_m = track.landing.plan.hazards.footprint_m
    circles(axes, rest[None, :], diameter_m, edgecolors="white", linewidths=1.6)
    circles(axes, rest[None, :], diameter_m, edgecolors=VERMILION, linewidths=0.8)


def _sun_arrow(axes: Axes, track: Track) -> None:
    """Show where the light comes from, in the upper right corner."""
    sun = sun_at_landing(track.landing)
    azimuth = np.radians(sun.azimuth_deg)
    east, north = 0.06 * np.sin(azimuth), 0.06 * np.cos(azimuth)
    axes.annotate(
        "",
        (0.88 - east, 0.88 - north),
        (0.88 + east, 0.88 + north),
        xycoords="axes fraction",
        textcoords="axes fraction",
        arrowprops={"arrowstyle": "-|>", "color": ORANGE, "linewidth": 2.0},
    )
    axes.text(
        *(0.88, 0.965),
        f"Sun {sun.elevation_deg:.0f}\u00b0 high",
        transform=axes.transAxes,
        ha="center",
        va="center",
        fontsize=7.5,
        bbox=PLATE,
    )


def _rotation(q: Array) -> Array:
    """Rotation matrix of a unit quaternion, scalar first: body into site."""
    w, x, y, z = q
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )
