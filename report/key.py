"""A key that fits: coloured marks with their names, in as many lines as the width needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Rectangle

from farside.report.colours import BLACK, GREY, UNKNOWN
from farside.report.style import DPI

SIZE_PT = 8.0
LINE_IN = 0.18  # from one line of the key to the next
MARK_IN, AFTER_MARK_IN, BETWEEN_IN = 0.13, 0.06, 0.17


@dataclass(frozen=True)
class Key:
    """Entries laid out in lines; each is a colour with words."""

    lines: tuple[tuple[tuple[str, str], ...], ...]

    @property
    def height_in(self) -> float:
        """Height of all lines [in]; 0 for a key of nothing."""
        return LINE_IN * len(self.lines)

    def draw(self, figure: Figure, left_in: float, top_in: float) -> None:
        """Draw the key below top_in, from left_in on; both from the lower left corner [in]."""
        width_in, height_in = (float(side) for side in figure.get_size_inches())
        for i, line in enumerate(self.lines):
            x, y = left_in, top_in - (i + 0.5) * LINE_IN
            for colour, words in line:
                figure.add_artist(
                    Rectangle(
                        (x / width_in, (y - 0.5 * MARK_IN) / height_in),
                        MARK_IN / width_in,
                        MARK_IN / height_in,
                        transform=figure.transFigure,
                        facecolor=colour,
                        edgecolor=GREY,
                        hatch="//////" if colour == UNKNOWN else None,
                        linewidth=0.0,
                    )
                )
                x += MARK_IN + AFTER_MARK_IN
                figure.text(
                    x / width_in, y / height_in, words, fontsize=SIZE_PT, color=BLACK,
                    va="center_baseline",
                )  # fmt: skip
                x += text_width_in(words, SIZE_PT) + BETWEEN_IN


def lay_out(entries: Sequence[tuple[str, str]], width_in: float) -> Key:
    """Break entries into lines of at most a width.

    Parameters
    ----------
    entries : sequence of (str, str)
        Colour and words of each. Words wider than a line end in an ellipsis.
    width_in : float
        Width to fill [in].
    """
    lines: list[list[tuple[str, str]]] = []
    left_in = 0.0
    for colour, words in entries:
        words = fit(words, SIZE_PT, width_in - MARK_IN - AFTER_MARK_IN)
        needed = MARK_IN + AFTER_MARK_IN + text_width_in(words, SIZE_PT)
        if not lines or needed > left_in:
            lines.append([])
            left_in = width_in
        lines[-1].append((colour, words))
        left_in -= needed + BETWEEN_IN
    return Key(tuple(tuple(line) for line in lines))


def fit(words: str, size_pt: float, width_in: float, weight: str = "normal") -> str:
    """Return words that are no wider than width_in: themselves, or their start and an ellipsis."""
    if text_width_in(words, size_pt, weight) <= width_in:
        return words
    kept = len(words)
    while kept > 1 and text_width_in(words[:kept] + "\u2026", size_pt, weight) > width_in:
        kept -= 1
    return words[:kept].rstrip() + "\u2026"


def wrap(words: str, size_pt: float, width_in: float, weight: str = "normal") -> list[str]:
    """Return words in lines no wider than width_in; a word that is wider is broken."""
    lines: list[str] = []
    for word in words.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width_in(longer, size_pt, weight) <= width_in:
            lines[-1] = longer
            continue
        while text_width_in(word, size_pt, weight) > width_in and len(word) > 1:
            most = len(word) - 1
            while most > 1 and text_width_in(word[:most], size_pt, weight) > width_in:
                most -= 1
            lines.append(word[:most])
            word = word[most:]
        lines.append(word)
    return lines


def text_width_in(words: str, size_pt: float, weight: str = "normal") -> float:
    """Return the width of one line of plain words [in], as Agg draws them.

    A name's bytes that are no UTF-8 count as the question marks that are drawn for them.
    """
    drawn = words.encode("utf-8", "replace").decode()
    width, _, _ = _pen().get_text_width_height_descent(
        drawn, FontProperties(size=size_pt, weight=weight), False
    )
    # hinting rounds each letter: never less than what is drawn
    return 1.02 * float(width) / DPI


@cache
def _pen() -> Any:
    """Return what measures words; matplotlib leaves its methods untyped."""
    canvas: Any = FigureCanvasAgg(Figure(dpi=DPI))
    return canvas.get_renderer()
