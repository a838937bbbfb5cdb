"""One look for every figure: a canvas without pyplot, colours that everyone can tell apart."""

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

# Okabe & Ito (2008); yellow is for areas, since paper swallows its lines.
BLACK, GREY = "#1a1a1a", "#8c8c8c"
BLUE, ORANGE, GREEN, PURPLE = "#0072b2", "#e69f00", "#009e73", "#cc79a7"
VERMILION, SKY, YELLOW = "#d55e00", "#56b4e9", "#f0e442"
OLIVE = "#b8a000"  # a darker yellow, for areas likewise
LIMIT = "#b3261e"

PHASE_COLOURS = (BLUE, ORANGE, GREEN, PURPLE, VERMILION, SKY, BLACK, GREY)
AXIS_COLOURS = (VERMILION, BLUE, GREEN)  # east, north, up

FIELD_MAP = "cividis"
DPI = 115

RC: dict[Any, Any] = {
    "font.size": 8.5,
    "axes.titlesize": 9.0,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 8.5,
    "axes.linewidth": 0.6,
    "axes.edgecolor": "#555555",
    "axes.labelcolor": "#333333",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    # titles stand still: looking for room above the axes costs a tenth of all drawing
    "axes.titley": 1.0,
    "axes.titlepad": 5.0,
    "axes.grid": True,
    "grid.color": "#e4e4e4",
    "grid.linewidth": 0.5,
    "xtick.labelsize": 8.0,
    "ytick.labelsize": 8.0,
    "xtick.color": "#555555",
    "ytick.color": "#555555",
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 3.0,
    "ytick.major.size": 3.0,
    "lines.linewidth": 1.2,
    "lines.solid_capstyle": "round",
    "legend.fontsize": 8.0,
    "legend.frameon": False,
    "legend.handlelength": 1.6,
    "figure.dpi": DPI,
    "figure.facecolor": "white",
    "savefig.dpi": "figure",
}


def canvas(width_in: float, height_in: float) -> Figure:
    """Make an empty figure that draws itself with Agg and that no global list holds."""
    figure = Figure(figsize=(width_in, height_in))
    FigureCanvasAgg(figure)
    return figure


def phase_colour(row: int) -> str:
    """Colour of a row of the phase table."""
    return PHASE_COLOURS[row % len(PHASE_COLOURS)]


def limit_line(
    axes: Axes, value: float, text: str = "", span: Sequence[float] = (), above: bool = True
) -> None:
    """Draw a limit as a thin dashed line, all across or from span[0] to span[1], with its name."""
    if span:
        axes.plot(span, (value, value), color=LIMIT, linewidth=0.9, linestyle=(0, (4, 2)))
    else:
        axes.axhline(value, color=LIMIT, linewidth=0.9, linestyle=(0, (4, 2)))
    if text:
        axes.annotate(
            text,
            (span[0] if span else 0.0, value),
            xycoords="data" if span else ("axes fraction", "data"),
            xytext=(3, 2 if above else -2),
            textcoords="offset points",
            color=LIMIT,
            fontsize=7.5,
            va="bottom" if above else "top",
        )
