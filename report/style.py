"""One look for every figure: a canvas without pyplot, colours that everyone can tell apart."""

from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

# Okabe & Ito (2008); yellow is for areas, since paper swallows its lines.
BLACK, GREY = "#1a1a1a", "#8c8c8c"
BLUE, ORANGE, GREEN, PURPLE = "#0072b2", "#e69f00", "#009e73", "#cc79a7"
VERMILION, SKY, YELLOW = "#d55e00", "#56b4e9", "#f0e442"
OLIVE = "#b8a000"  # a darker yellow, for areas likewise
LIMIT = "#b3261e"
UNKNOWN = "#f2f2f2"  # behind the hatch where nothing is known

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
