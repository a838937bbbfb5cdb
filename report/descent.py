"""The descent seen from the side: altitude against downrange, phase by phase."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from farside.mission.units import number
from farside.report.colours import BLACK, GREY
from farside.report.key import lay_out, text_width_in
from farside.report.limits import HALO
from farside.report.palette import phase_colour
from farside.report.style import canvas
from farside.report.track import Array, Span, Track, stride

NEAR_M, NEAR_TOP_M = 3000.0, 2800.0  # the last stretch: so far from the site, and so high
HERE_TOP_M = 130.0  # the landing itself: below this
GROUND = "#d9d4cc"
WIDTH_IN, LEFT_IN, RIGHT_IN = 10.0, 0.72, 9.85
LABEL_PT = 7.5
LABEL_GAP_IN = 0.09  # from a gate's ring to its words
MOST_SHARE = 0.52  # of the width of the axes that the words of the gates may take


def draw_descent(track: Track) -> Figure:
    """Draw the whole way, the last three kilometres, and the last hundred metres."""
    key = lay_out(track.keys(), RIGHT_IN - LEFT_IN)
    figure = canvas(WIDTH_IN, 6.5 + key.height_in)
    key.draw(figure, LEFT_IN, figure.get_figheight() - 0.06)

    def axes_at(left: float, bottom: float, right: float, height: float) -> Axes:
        high = figure.get_figheight()
        size = ((right - left) / WIDTH_IN, height / high)
        return figure.add_axes((left / WIDTH_IN, bottom / high, *size))

    whole = axes_at(LEFT_IN, 3.75, RIGHT_IN, 2.4)
    near = axes_at(LEFT_IN, 0.48, 5.25, 2.65)
    here = axes_at(6.05, 0.48, RIGHT_IN, 2.65)
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
    _ground_flown_over(whole, track)

    near.set_xlim(-NEAR_M * 1e-3, 0.25)
    near.set_ylim(-0.12, NEAR_TOP_M * 1e-3)
    seen = _seen(track, NEAR_M, NEAR_TOP_M)
    gates = [span for span in seen if track.altitude_m[span.first] >= 150.0]
    _gates(near, track, gates, 1e-3)
    _ground_flown_over(near, track)
    if not _any_within(track, NEAR_M, NEAR_TOP_M):
        _nothing(near, "no telemetry this near to the site")

    _close_in(here, track)
    seen = _seen(track, NEAR_M, HERE_TOP_M)
    _gates(here, track, seen, 1.0)
    _ground_landed_on(here, track)
    if not _any_within(track, NEAR_M, HERE_TOP_M):
        _nothing(here, "no telemetry this low near the site")
    return figure


def _any_within(track: Track, reach_m: float, top_m: float) -> bool:
    """Return whether any of the path is so near to the site, and so low."""
    return bool(np.any((np.abs(track.downrange_m) < reach_m) & (track.altitude_m < top_m)))


def _seen(track: Track, reach_m: float, top_m: float) -> list[Span]:
    """Return the spans that begin so near to the site, and so low."""
    return [
        span
        for span in track.spans
        if abs(track.downrange_m[span.first]) < reach_m and track.altitude_m[span.first] < top_m
    ]


def _nothing(axes: Axes, words: str) -> None:
    """Describe in the middle of empty axes why they are empty."""
    axes.text(0.5, 0.5, words, transform=axes.transAxes, ha="center", color=BLACK)


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
    """Show the path below the last hundred metres."""
    low_path = track.downrange_m[track.altitude_m < HERE_TOP_M]
    low_path = low_path[np.isfinite(low_path) & (np.abs(low_path) < NEAR_M)]
    left, right = (low_path.min(), low_path.max()) if len(low_path) else (0.0, 0.0)
    axes.set_xlim(left - 25.0, right + 25.0)
    axes.set_ylim(-8.0, HERE_TOP_M)


def _gates(axes: Axes, track: Track, spans: list[Span], scale: float) -> None:
    """Describe of each gate at what altitude and vertical speed it was met, right of the path.

    Names give way to the numbers of the key where they would take too much of the width; the axes
    reach as far to the right as the words need, and words that would overlap move up.
    """
    if not spans:
        return
    wide_in, high_in = (side / axes.figure.dpi for side in (axes.bbox.width, axes.bbox.height))
    words = [_gate_text(track, span, span.name) for span in spans]
    if max(text_width_in(each, LABEL_PT) for each in words) > MOST_SHARE * wide_in:
        words = [_gate_text(track, span, str(track.number(span.row))) for span in spans]
    left, right = axes.get_xlim()
    x = [float(track.downrange_m[span.first]) * scale for span in spans]
    taken = [(text_width_in(each, LABEL_PT) + 1.5 * LABEL_GAP_IN) / wide_in for each in words]
    right = max(
        right, *(left + (at - left) / (1.0 - share) for at, share in zip(x, taken, strict=True))
    )
    axes.set_xlim(left, right)

    bottom, top = axes.get_ylim()
    y = [float(track.altitude_m[span.first]) * scale for span in spans]
    line = 1.35 * LABEL_PT / 72.0 / high_in * (top - bottom)
    places = spread(y, line, bottom + 0.5 * line, top - 0.5 * line)
    for at, gate, place, each in zip(x, y, places, words, strict=True):
        beside = at + LABEL_GAP_IN / wide_in * (right - left)
        axes.plot((at, beside), (gate, place), color=GREY, linewidth=0.6, zorder=1.5)
        label = axes.text(beside, place, each, fontsize=LABEL_PT, color=BLACK, va="center_baseline")
        label.set_path_effects(HALO)


def spread(wanted: list[float], apart: float, low: float, high: float) -> list[float]:
    """Return places near the wanted ones that are `apart` from each other, or as far as fits.

    Parameters
    ----------
    wanted : list of float
        In any order.
    apart : float
        Least distance between two of them.
    low, high : float
        Where the lowest and the highest may be.

    Examples
    --------
    >>> spread([0.0, 0.1, 5.0], 1.0, 0.0, 10.0)
    [0.0, 1.0, 5.0]
    """
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    if len(order) > 1:
        apart = min(apart, (high - low) / (len(order) - 1))
    places = list(wanted)
    free = low
    for i in order:
        places[i] = max(wanted[i], free)
        free = places[i] + apart
    roof = high
    for i in reversed(order):
        places[i] = min(places[i], roof)
        roof = places[i] - apart
    return places


def _gate_text(track: Track, span: Span, name: str) -> str:
    """Describe what phase begins, at what altitude and vertical speed."""
    altitude = number(float(track.altitude_m[span.first]), 0, "m")
    climb = number(float(track.vertical_mps[span.first]), 1, "m/s")
    return f"{name}: {altitude}, {climb}"
