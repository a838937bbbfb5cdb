"""Time axes with the phases behind them: the whole flight on the left, its end on the right."""

from collections.abc import Callable, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from farside.report.colours import BLACK
from farside.report.key import lay_out, text_width_in
from farside.report.palette import phase_colour
from farside.report.style import canvas
from farside.report.track import Array, Track

#: Gives the shares of an axis' width at which times are.
Place = Callable[[Array], Array]

WIDTH_IN = 10.0
LEFT, RIGHT, GAP = 0.095, 0.985, 0.07
STRIP_IN = 0.07  # height of the strip of full colour above a column
HEAD_IN, FOOT_IN = 0.34, 0.45  # room for strip and names, and for the time axis
SHARE = 0.56  # of the width that the whole flight takes
NAME_PT = 7.5


def paired_axes(
    track: Track,
    labels: Sequence[str],
    height_in: float,
    keys: Sequence[tuple[str, str]] = (),
    fill: float = 0.84,
) -> tuple[Figure, list[tuple[Axes, Axes]]]:
    """Make a figure of rows of two axes: all of the flight, and its last phases.

    Above them stands the key of all phases; it makes the figure higher by as much as it needs.

    Parameters
    ----------
    track : Track
        What will be drawn: sets the spans of time and their phases.
    labels : sequence of str
        Quantity and unit of each row.
    height_in : float
        Height of the axes with their heads and feet [in].
    keys : sequence of (str, str)
        Colours and words that the key has before the phases.
    fill : float
        Share of a row's height that its axes take.
    """
    key = lay_out([*keys, *track.keys()], (RIGHT - LEFT) * WIDTH_IN)
    figure = canvas(WIDTH_IN, height_in + key.height_in)
    key.draw(figure, LEFT * WIDTH_IN, figure.get_figheight() - 0.06)
    head_in = HEAD_IN + key.height_in
    top, bottom = 1.0 - head_in / figure.get_figheight(), FOOT_IN / figure.get_figheight()
    pitch = (top - bottom) / len(labels)
    rows: list[list[Axes]] = [[] for _ in labels]
    width = (RIGHT - LEFT - GAP) * SHARE
    for x, across, first in (
        (LEFT, width, 0),
        (LEFT + width + GAP, RIGHT - LEFT - GAP - width, track.last_stretch()),
    ):
        begin, end = (track.t_s[first], track.t_s[-1]) if len(track.t_s) else (0.0, 0.0)
        end = max(end, begin + 0.1)
        shade(figure, track, linear(begin, end), (x, across), (bottom, top))
        for i, row in enumerate(rows):
            y = top - (i + fill + 0.625 * (1.0 - fill)) * pitch
            axes = figure.add_axes((x, y, across, fill * pitch), facecolor="none")
            axes.set_xlim(begin, end)
            axes.tick_params(labelbottom=i == len(rows) - 1)
            row.append(axes)
    for (whole, _), label in zip(rows, labels, strict=True):
        whole.set_ylabel(label)
        # at the page's edge: ticks may have eight characters
        whole.yaxis.set_label_coords(-(LEFT - 0.02) / width, 0.5)
    for axes in rows[-1]:
        axes.set_xlabel("time since powered-descent initiation, s")
    return figure, [(whole, close) for whole, close in rows]


def linear(begin: float, end: float) -> Place:
    """Return what places times from begin to end on an axis: shares of its width."""
    return lambda t: (t - begin) / (end - begin)


def shade(
    figure: Figure,
    track: Track,
    place: Place,
    across: tuple[float, float],
    upright: tuple[float, float],
) -> None:
    """Tint each phase's time behind a column of axes; above it its colour, and what name fits.

    `place` gives the share of the column's width at which a time is. `across` is the column's left
    edge and width, `upright` its foot and head, shares of the figure.
    """
    (left, width), (bottom, top) = across, upright
    strip = STRIP_IN / figure.get_figheight()
    for span in track.spans:
        edges = track.t_s[[span.first, min(span.last, len(track.t_s) - 1)]]
        start, stop = (float(at) for at in place(edges))
        start, stop = max(start, 0.0), min(stop, 1.0)
        if stop < start:
            continue
        x, wide = left + width * start, stop - start
        for y, high, alpha in ((bottom, top - bottom, 0.08), (top, strip, 1.0)):
            figure.add_artist(
                Rectangle(
                    (x, y),
                    width * wide,
                    high,
                    transform=figure.transFigure,
                    facecolor=phase_colour(span.row),
                    alpha=alpha,
                    linewidth=0,
                    zorder=-1,
                )
            )
        number = str(track.number(span.row))
        room_in = width * wide * figure.get_figwidth() - 0.04
        words = (f"{number} {span.name}", number)
        shown = next((each for each in words if text_width_in(each, NAME_PT) <= room_in), "")
        if shown:
            figure.text(
                x + 0.5 * width * wide,
                top + strip + 0.03 / figure.get_figheight(),
                shown,
                ha="center",
                fontsize=NAME_PT,
                color=BLACK,
            )
