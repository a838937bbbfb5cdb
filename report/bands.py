"""Time axes with the phases behind them: the whole flight on the left, its end on the right."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from farside.report.style import canvas, phase_colour
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
    rows: list[list[Axes]] = [[] for _ in labels]
    width = (RIGHT - LEFT - GAP) * SHARE
    for x, across, first in (
        (LEFT, width, 0),
        (LEFT + width + GAP, RIGHT - LEFT - GAP - width, track.last_stretch()),
    ):
        begin, end = (track.t_s[first], track.t_s[-1]) if len(track.t_s) else (0.0, 0.0)
        end = max(end, begin + 0.1)
        _shade(figure, track, (begin, end), (x, across), (bottom, top))
        for i, row in enumerate(rows):
            y = top - (i + 0.92) * pitch
            axes = figure.add_axes((x, y, across, 0.86 * pitch), facecolor="none")
            axes.set_xlim(begin, end)
            axes.tick_params(labelbottom=i == len(rows) - 1)
            row.append(axes)
    for (whole, _), label in zip(rows, labels, strict=True):
        whole.set_ylabel(label)
        whole.yaxis.set_label_coords(-0.105, 0.5)
    for axes in rows[-1]:
        axes.set_xlabel("time since powered-descent initiation, s")
    return figure, [(whole, close) for whole, close in rows]


def _shade(
    figure: Figure,
    track: Track,
    time_s: tuple[float, float],
    across: tuple[float, float],
    upright: tuple[float, float],
) -> None:
    """Tint each phase's time behind a column of axes, and name those that are wide enough.

    `across` is the column's left edge and width, `upright` its foot and head, shares of the figure.
    """
    (begin, end), (left, width), (bottom, top) = time_s, across, upright
    for span in track.spans:
        start, stop = max(begin, track.t_s[span.first]), track.t_s[span.last - 1]
        if stop < begin:
            continue
        x, wide = left + width * (start - begin) / (end - begin), (stop - start) / (end - begin)
        figure.add_artist(
            Rectangle(
                (x, bottom),
                width * wide,
                top - bottom,
                transform=figure.transFigure,
                facecolor=phase_colour(span.row),
                alpha=0.10,
                linewidth=0,
                zorder=-1,
            )
        )
        if wide > 0.08:
            figure.text(
                x + 0.5 * width * wide,
                top + 0.06 / figure.get_figheight(),
                span.name,
                ha="center",
                fontsize=7.5,
                color=phase_colour(span.row),
            )
