"""The descent seen from the side: altitude against downrange, phase by phase."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from farside.report.style import canvas, phase_colour
from farside.report.track import Array, Span, Track, stride
from farside.report.verdict import number

NEAR_M, NEAR_TOP_M = 3000.0, 2800.0  # the last stretch: so far from the site, and so high
HERE_TOP_M = 130.0  # the landing itself: below this
GROUND = "#d9d4cc"


def draw_descent(track: Track) -> Figure:
    """Draw the whole way, the last three kilometres, and the last hundred metres."""
    figure = canvas(10.0, 6.4)
    whole, near, here = (
        figure.add_axes((0.065, 0.585, 0.92, 0.375)),
        figure.add_axes((0.065, 0.075, 0.46, 0.415)),
        figure.add_axes((0.605, 0.075, 0.38, 0.415)),
    )
    for axes, title, scale, unit in (
        (whole, "The whole powered descent", 1e-3, "km"),
        (near, "The last three kilometres", 1e-3, "km"),
        (here, "The last hundred metres", 1.0, "m"),
    ):
        _path(axes, track, scale)
        axes.set_title(title)
        axes.set_xlabel(f"downrange from the site, {unit}")
        axes.set_ylabel(f"altitude, {unit}")
    whole.margins(x=0.01)
    whole.legend(ncols=8, loc="lower right", bbox_to_anchor=(1.0, 1.0), borderpad=0.1)
    _ground_flown_over(whole, track)

    near.set_xlim(-NEAR_M * 1e-3, 0.25)
    near.set_ylim(-0.12, NEAR_TOP_M * 1e-3)
    _ground_flown_over(near, track)
    _gates(near, track, 1e-3, low_m=150.0, high_m=np.inf)

    _close_in(here, track)
    _ground_landed_on(here, track)
    _gates(here, track, 1.0, low_m=-np.inf, high_m=150.0)
    return figure


def _path(axes: Axes, track: Track, scale: float) -> None:
    """Draw the path and where its phases begin, `scale` axis units to the metre."""
    for span in track.spans:
        some = stride(span.first, span.last)
        x, y = track.downrange_m[some] * scale, track.altitude_m[some] * scale
        colour = phase_colour(span.row)
        axes.plot(x, y, color=colour, linewidth=1.8, label=span.name)
        axes.plot(x[:1], y[:1], "o", color=colour, markerfacecolor="white", markersize=4)


def _ground_flown_over(axes: Axes, track: Track) -> None:
    """Fill the true ground beneath the path, on axes of kilometres."""
    every = stride(0, len(track.t_s))
    ground_m = track.altitude_m[every] - track.landing.telemetry["height_m"][every]
    _fill(axes, track.downrange_m[every] * 1e-3, ground_m * 1e-3)


def _ground_landed_on(axes: Axes, track: Track) -> None:
    """Fill the true ground along the arrival through the touchdown, on axes of metres."""
    scene = track.landing.scene
    reach = 0.5 * (len(scene.heights_m) - 1) * scene.cell_m
    along_m = np.arange(-reach, reach, scene.cell_m)
    azimuth = np.radians(track.landing.plan.orbit.arrival_azimuth_deg)
    onward = np.array([np.sin(azimuth), np.cos(azimuth)])
    # the diagonal of the square is longer than its side: keep to the circle inside
    columns, rows = (
        np.rint((reach + along_m * part) / scene.cell_m).astype(int) for part in onward
    )
    downrange_m = along_m + onward @ [scene.east_m, scene.north_m]
    _fill(axes, downrange_m, scene.heights_m[rows, columns])


def _fill(axes: Axes, x: Array, y: Array) -> None:
    """Fill from a line down to the foot of the axes, and keep what is in view above it."""
    low, high = axes.get_ylim()
    left, right = axes.get_xlim()
    deepest = float(np.nanmin(y[(x >= left) & (x <= right)], initial=0.0))
    low = min(low, deepest - 0.06 * (high - deepest))
    axes.fill_between(x, y, low, color=GROUND, linewidth=0)
    axes.set_ylim(low, high)


def _close_in(axes: Axes, track: Track) -> None:
    """Show the path below the last hundred metres, with room for words on the right."""
    low_path = track.downrange_m[track.altitude_m < HERE_TOP_M]
    low_path = low_path[np.isfinite(low_path) & (np.abs(low_path) < NEAR_M)]
    left, right = (low_path.min(), low_path.max()) if len(low_path) else (0.0, 0.0)
    axes.set_xlim(left - 25.0, right + 35.0)
    axes.set_ylim(-8.0, HERE_TOP_M)


def _gates(axes: Axes, track: Track, scale: float, low_m: float, high_m: float) -> None:
    """Name the phases where they begin, right of the path, one above the other."""
    left, right = axes.get_xlim()
    bottom, top = axes.get_ylim()
    free = bottom
    for span in reversed(track.spans):
        altitude_m = track.altitude_m[span.first]
        if not low_m <= altitude_m < high_m:
            continue
        y = max(altitude_m * scale, free)
        free = y + 0.055 * (top - bottom)
        axes.text(
            track.downrange_m[span.first] * scale + 0.02 * (right - left),
            y,
            _gate_text(track, span),
            fontsize=7.5,
            color=phase_colour(span.row),
            clip_on=True,
        )


def _gate_text(track: Track, span: Span) -> str:
    """Say what phase begins, at what altitude and vertical speed."""
    altitude = number(float(track.altitude_m[span.first]), 0, "m")
    climb = number(float(track.vertical_mps[span.first]), 1, "m/s")
    return f"{span.name}: {altitude}, {climb}"
