"""One look for every figure: a canvas without pyplot, colours that everyone can tell apart.

Every figure of farside is made by `canvas` inside `figure_style`, and carries its style along:
nothing of the user's matplotlibrc, style sheets or rcParams changes it, when it is drawn here or
saved in a notebook later.
"""

import farside.report.headless  # noqa: F401  before matplotlib

# isort: split

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from farside.report.colours import BLUE, GREEN, VERMILION

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
    # titles hold file names and missions' titles: a dollar sign is a dollar sign
    "text.parse_math": False,
}

#: Of matplotlib's settings, what is the process's and no figure's.
PROCESS = (
    "backend", "date.epoch", "docstring", "figure.max_open_warning", "figure.raise_window",
    "interactive", "keymap", "macosx", "savefig.directory", "timezone", "tk.", "toolbar", "webagg",
)  # fmt: skip


@contextmanager
def figure_style(larger: Mapping[str, Any] | None = None) -> Iterator[None]:
    """Draw in our style and in nothing else: the defaults of matplotlib, then `RC`.

    Parameters
    ----------
    larger : mapping, optional
        Settings of this figure that differ from `RC`.
    """
    ours = {
        name: value
        for name, value in matplotlib.rcParamsDefault.items()
        if not name.startswith(PROCESS)
    }
    with matplotlib.rc_context(), warnings.catch_warnings():
        # defaults that matplotlib is about to drop; a name in letters that the font lacks
        warnings.simplefilter("ignore", matplotlib.MatplotlibDeprecationWarning)
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        matplotlib.rcParams.update(ours | RC | dict(larger or {}))
        yield


class StyledFigure(Figure):
    """A figure that is drawn in the style it was made in, wherever that happens."""

    larger: Mapping[str, Any] = {}

    def draw(self, renderer: Any) -> None:
        """Draw with a renderer of matplotlib."""
        with figure_style(self.larger):
            for text in self._words():
                # of a file's name: bytes that are not UTF-8 have no glyph
                text.set_text(text.get_text().encode("utf-8", "replace").decode())
            super().draw(renderer)

    def _words(self) -> Iterator[Text]:
        """List every text but the numbers at the ticks, which are made when they are drawn."""
        for owner in (self, *self.axes):
            yield from (each for each in owner.get_children() if isinstance(each, Text))
        for axes in self.axes:
            yield from (axes.xaxis.label, axes.yaxis.label)
            if legend := axes.get_legend():
                yield from (legend.get_title(), *legend.get_texts())

    def savefig(self, fname: Any, **options: Any) -> None:
        """Save to a file; see `matplotlib.figure.Figure.savefig`."""
        with figure_style(self.larger):
            super().savefig(fname, **options)


def canvas(
    width_in: float, height_in: float, larger: Mapping[str, Any] | None = None, **options: Any
) -> Figure:
    """Make an empty figure that draws itself with Agg and that no global list holds.

    Parameters
    ----------
    width_in, height_in : float
        Size [inches].
    larger : mapping, optional
        Settings that differ from `RC`, as given to `figure_style`.
    **options
        As `matplotlib.figure.Figure` takes them.
    """
    with figure_style(larger):
        figure = StyledFigure(figsize=(width_in, height_in), **options)
    figure.larger = dict(larger or {})
    FigureCanvasAgg(figure)
    return figure
