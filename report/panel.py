"""A small chart among many: lines, ticks and words on the axes of a whole figure, in inches.

matplotlib's own axes take 30 ms each to make and to draw, most of it for their ticks: a dozen of
them would take as long as the flight. A panel draws its own few ticks.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from farside.report.colours import BLACK
from farside.report.style import RC
from farside.report.track import Array

TICK_IN, SIZE_PT = 0.035, 8.0
APART = 0.25  # from zero to the next tick, of the way to the edge
INK, WORDS, GRID = RC["axes.edgecolor"], RC["xtick.color"], RC["grid.color"]


def sheet(figure: Figure) -> Axes:
    """Return axes over a whole figure, in inches from its lower left corner, without ticks."""
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0), facecolor="none")
    axes.set_axis_off()
    axes.set_xlim(0.0, figure.get_figwidth())
    axes.set_ylim(0.0, figure.get_figheight())
    return axes


@dataclass(frozen=True)
class Panel:
    """A box on a sheet [in], and its scale of values: linear about zero, logarithmic beyond.

    y = asinh(value / linear), and `most` either way is at the edges.
    """

    axes: Axes
    left: float
    bottom: float
    width: float
    height: float
    linear: float
    most: float

    def x(self, share: Array) -> Array:
        """Return where a share of the width is."""
        return self.left + self.width * share

    def y(self, value: Array) -> Array:
        """Return where a value is."""
        scaled = np.arcsinh(value / self.linear) / math.asinh(self.most / self.linear)
        return np.asarray(self.bottom + 0.5 * self.height * (1.0 + scaled))

    def frame(self, title: str, note: str = "") -> None:
        """Draw the lines at the left and below; write a title above, a note at its right."""
        right, top = self.left + self.width, self.bottom + self.height
        corners = (self.left, self.left, right), (top, self.bottom, self.bottom)
        self.axes.plot(*corners, color=INK, linewidth=0.6)
        for x, words, size_pt, weight, side in (
            (self.left, title, 9.0, "bold", "left"),
            (right, note, SIZE_PT, "normal", "right"),
        ):
            if words:
                self.axes.text(
                    x, top + 0.07, words, fontsize=size_pt, fontweight=weight, color=BLACK,
                    ha=side, va="bottom",
                )  # fmt: skip

    def ticks(self, values: Sequence[float]) -> None:
        """Draw a mark and a line across at each value, and its number."""
        at = self.y(np.asarray(values, float))
        for reach, look in (
            (self.left + self.width, {"color": GRID, "linewidth": 0.5, "zorder": 0.5}),
            (self.left - TICK_IN, {"color": INK, "linewidth": 0.6}),
        ):
            self.axes.plot(*strokes(self.left, reach, at), **look)
        for value, y in zip(values, at, strict=True):
            self.axes.text(
                self.left - 2.0 * TICK_IN, y, plain(value), fontsize=SIZE_PT, color=WORDS,
                ha="right", va="center_baseline",
            )  # fmt: skip

    def times(self, shares: Sequence[float], words: Sequence[str]) -> None:
        """Draw a mark and a line upwards at each share of the width, and words below, if any."""
        at = self.x(np.asarray(shares, float))
        for reach, look in (
            (self.bottom + self.height, {"color": GRID, "linewidth": 0.5, "zorder": 0.5}),
            (self.bottom - TICK_IN, {"color": INK, "linewidth": 0.6}),
        ):
            y, x = strokes(self.bottom, reach, at)
            self.axes.plot(x, y, **look)
        for x_in, word in zip(at, words, strict=False):
            self.axes.text(
                x_in, self.bottom - 2.0 * TICK_IN, word, fontsize=SIZE_PT, color=WORDS,
                ha="center", va="top",
            )  # fmt: skip


def strokes(start: float, end: float, at: Array) -> tuple[Array, Array]:
    """Return one line of strokes from start to end, at each of several places, with gaps."""
    along = np.tile([start, end, np.nan], len(at))
    return along, np.repeat(at, 3)


def decades(linear: float, most: float, each_way: int = 2) -> list[float]:
    """Return ticks of a panel: zero, and powers of ten between its linear part and its edge.

    One whose number would lie over that of zero is left out; where there is none, 1, 2 or 5 times a
    power of ten stands.

    Examples
    --------
    >>> decades(0.2, 3000.0)
    [-1000.0, -10.0, 0.0, 10.0, 1000.0]
    >>> decades(2.0, 4.0)
    [-2.0, 0.0, 2.0]
    """
    powers = range(math.ceil(math.log10(linear)), math.floor(math.log10(most)) + 1)
    least = APART * math.asinh(most / linear)
    found = [10.0**k for k in powers if math.asinh(10.0**k / linear) >= least]
    if not found:
        power = 10.0 ** math.floor(math.log10(most))
        found = [power * max(k for k in (1, 2, 5) if k * power <= most)]
    kept = found[:: -max(1, -(-len(found) // each_way))]
    return [*(-value for value in kept), 0.0, *kept[::-1]]


def plain(value: float) -> str:
    """Write a tick with a true minus, and without a power of ten where that is short."""
    size = abs(value)
    words = f"{size:.6g}" if 1e-4 <= size < 1e6 or not size else f"{size:.0e}"
    return f"\u2212{words}" if value < 0.0 else words
