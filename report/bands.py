"""Time axes with the phases behind them: the whole flight on the left, its end on the right."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from farside.report.style import canvas, grid, phase_colour
from farside.report.track import Track

LEFT, RIGHT, GAP = 0.075, 0.985, 0.06
HEAD_IN, FOOT_IN = 0.25, 0.45  # room for the names of the phases, and for the time axis
SHARE = 0.56  # of the width that the whole flight takes


def paired_axes(
    track: Track, labels: Sequence[str], height_in: float
) -> tuple[Figure, list[tuple[Axes, Axes]]]:
    """Make a figure of rows of two axes: all of the flight, and its last phases.

    Parameters
    ----------
    track : Track
        What will be drawn: sets the spans of time and their phases.
    labels : sequence of str
        Quantity and unit of each row.
    height_in : float
        Height of the figure [in].
    """
    figure = canvas(10.0, height_in)
    top, bottom = 1.0 - HEAD_IN / height_in, FOOT_IN / height_in
    pitch = (top - bottom) / len(labels)
    width = RIGHT - LEFT - GAP
    begin, end = (track.t_s[0], track.t_s[-1]) if len(track.t_s) else (0.0, 1.0)
    late = track.t_s[track.last_stretch()] if len(track.t_s) else 0.0
    rows = []
    for i, label in enumerate(labels):
        y = top - (i + 0.93) * pitch
        whole = figure.add_axes((LEFT, y, width * SHARE, 0.86 * pitch))
        close = figure.add_axes((LEFT + width * SHARE + GAP, y, width * (1 - SHARE), 0.86 * pitch))
        whole.set_ylabel(label)
        whole.yaxis.set_label_coords(-0.105, 0.5)
        for axes, first in ((whole, begin), (close, late)):
            axes.set_xlim(first, max(end, first + 0.1))
            axes.tick_params(labelbottom=i == len(labels) - 1)
            grid(axes)
            _shade(axes, track, first, end, named=i == 0)
        rows.append((whole, close))
    for axes in rows[-1]:
        axes.set_xlabel("time since powered-descent initiation, s")
    return figure, rows


def _shade(axes: Axes, track: Track, first: float, end: float, named: bool) -> None:
    """Tint each phase's time, and name those that are wide enough."""
    for span in track.spans:
        start = max(first, track.t_s[span.first])
        stop = track.t_s[span.last - 1]
        if stop < first:
            continue
        axes.axvspan(start, stop, color=phase_colour(span.row), alpha=0.10, linewidth=0)
        if named and stop - start > 0.07 * (end - first):
            axes.text(
                0.5 * (start + stop),
                1.03,
                span.name,
                transform=axes.get_xaxis_transform(),
                ha="center",
                fontsize=7.5,
                color=phase_colour(span.row),
            )
