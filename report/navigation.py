"""How well the lander knew where it was: truth less estimate, before 3 sigma of the filter."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from farside.report.bands import Place, shade
from farside.report.colours import BLACK, LIMIT, VERMILION
from farside.report.errors import SIGMAS, Error, airborne, errors_of
from farside.report.fault_marks import DOTTED, fault_spans
from farside.report.key import lay_out
from farside.report.panel import Panel, decades, sheet, strokes
from farside.report.reasons import percent
from farside.report.style import canvas
from farside.report.track import Array, Track, bins_of, envelope

WIDTH_IN, ROW_IN, HEAD_IN, FOOT_IN = 10.0, 1.62, 0.34, 0.45
LEFTS_IN, ACROSS_IN, TALL_IN = (0.6, 3.9, 7.2), 2.7, 1.2
LAST_S = 0.5  # before contact: the right edge
BINS = 300  # across a panel: about a pixel each
BAND = "#9fd0f0"
KEY = ((BLACK, "truth less estimate"), (BAND, "3 sigma of the filter"), (VERMILION, "outside"))
TICKS_S = (1000, 500, 200, 100, 50, 20, 10, 5, 2, 1)
LONGEST_S = 1800.0


def draw_navigation(track: Track) -> Figure:
    """Draw each error against the time left to first contact, both on scales that spread out.

    Time is logarithmic; an error's scale is linear about zero and logarithmic beyond.
    """
    errors = errors_of(track)
    key = lay_out([*KEY, *track.keys()], LEFTS_IN[-1] + ACROSS_IN - LEFTS_IN[0])
    rows = len(errors) // len(LEFTS_IN)
    head_in = HEAD_IN + key.height_in
    high_in = FOOT_IN + rows * ROW_IN + head_in
    figure = canvas(WIDTH_IN, high_in)
    key.draw(figure, LEFTS_IN[0], high_in - 0.06)
    place = logarithmic(*_times(track))
    share = np.array([]) if not len(track.t_s) else place(track.t_s[: airborne(track)])
    bins = bins_of(share, BINS)
    axes = sheet(figure)
    for column, left in enumerate(LEFTS_IN):
        across = left / WIDTH_IN, ACROSS_IN / WIDTH_IN
        shade(figure, track, place, across, (FOOT_IN / high_in, 1.0 - head_in / high_in))
        for row in range(rows):
            error = errors[len(LEFTS_IN) * row + column]
            bottom = FOOT_IN + (rows - 1 - row) * ROW_IN
            panel = draw_error(axes, (left, bottom, ACROSS_IN, TALL_IN), share, error, bins)
            _time_axis(panel, track, lowest=row == rows - 1)
    return figure


def draw_error(
    axes: Axes,
    box: tuple[float, float, float, float],
    share: Array,
    error: Error,
    bins: NDArray[np.intp] | None = None,
) -> Panel:
    """Draw one error before its band of 3 sigma; say what share of the ticks is outside.

    Parameters
    ----------
    axes : Axes
        From `farside.report.panel.sheet`.
    box : (float, float, float, float)
        Left, bottom, width and height [in].
    share : ndarray, (N,)
        Where each sample is across the box, from 0 to 1.
    error : Error
    bins : ndarray, optional
        `farside.report.track.bins_of` of `share`, where it is known.
    """
    first = bins_of(share, BINS) if bins is None else bins
    line = envelope(error.value, first)
    # the widest of each bin; what is outside the band of its own tick is marked by itself
    band = SIGMAS * envelope(error.sigma, first)[:, 1]
    panel = Panel(axes, *box, *_scale(line.ravel(), band))
    panel.ticks(decades(panel.linear, panel.most))
    x = panel.x(share[first])
    axes.fill_between(x, panel.y(-band), panel.y(band), color=BAND, linewidth=0)
    x = np.repeat(x, 2)
    axes.plot(x, panel.y(line.ravel()), color=BLACK, linewidth=0.9)
    outside = error.outside
    if outside.any():
        off = envelope(np.where(outside, error.value, np.nan), first).ravel()
        axes.plot(x, panel.y(off), ".", color=VERMILION, markersize=2.5)
    known = math.isfinite(error.share_outside)
    note = f"outside {percent(error.share_outside)}" if known else ""
    panel.frame(f"{error.name}, {error.unit}", note)
    return panel


def _scale(values: Array, band: Array) -> tuple[float, float]:
    """Return where an error's scale ends to be linear, the narrowest band, and how far it goes."""
    sizes = np.abs(np.concatenate([values, band]))
    most = float(np.max(sizes[np.isfinite(sizes)], initial=0.0)) or 1.0
    some = band[np.isfinite(band) & (band > 0.0)]
    return max(float(np.min(some, initial=most)), 1e-4 * most), 1.3 * most


def _times(track: Track) -> tuple[float, float]:
    """Return the time of the first contact or of the last row, and how long before it began."""
    if not len(track.t_s):
        return 0.0, 4.0 * LAST_S
    end_s = float(track.t_s[min(airborne(track), len(track.t_s) - 1)])
    return end_s, min(max(end_s - float(track.t_s[0]), 4.0 * LAST_S), LONGEST_S)


def logarithmic(end_s: float, first_s: float) -> Place:
    """Return what places times by what is left of them until end_s: first_s at the left edge."""

    def place(t_s: Array) -> Array:
        left_s = np.clip(end_s - t_s, LAST_S, first_s)
        return np.asarray(np.log(first_s / left_s) / math.log(first_s / LAST_S))

    return place


def _time_axis(panel: Panel, track: Track, *, lowest: bool) -> None:
    """Draw the time that is left, running to the right, and where faults began and ended."""
    end_s, first_s = _times(track)
    shown = [left_s for left_s in TICKS_S if LAST_S < left_s <= first_s]
    place = logarithmic(end_s, first_s)
    words = [str(left_s) for left_s in shown] if lowest else []
    panel.times(place(end_s - np.array(shown, float)).tolist(), words)
    if lowest:
        end = "the end" if track.contact is None else "first contact"
        panel.axes.text(
            panel.left + 0.5 * panel.width, 0.06, f"time left to {end}, s",
            fontsize=8.5, color=BLACK, ha="center", va="bottom",
        )  # fmt: skip
    marks = [t_s for span in fault_spans(track.landing) for t_s in span.marks_s if t_s < end_s]
    if marks:
        y, x = strokes(panel.bottom, panel.bottom + panel.height, panel.x(place(np.array(marks))))
        panel.axes.plot(x, y, color=LIMIT, linewidth=0.9, linestyle=DOTTED)
