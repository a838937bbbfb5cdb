"""Figures as inline SVG that takes its colours from the page: axes, ticks, and marks on them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html import escape

from farside.campaign.page.ticks import LETTER

#: Every figure is drawn this wide, so that its text is as large on a phone as on a desk.
WIDTH = 400.0
#: Least distance between two lines of words.
LINE = 13.0


@dataclass
class Axes:
    """A rectangle with a scale along each side; what is drawn on it gathers in `marks`."""

    x: tuple[float, float]
    y: tuple[float, float]
    height: float = 250.0
    left: float = 46.0
    right: float = 20.0
    top: float = 10.0
    bottom: float = 38.0
    log_x: bool = False
    log_y: bool = False
    marks: list[str] = field(default_factory=list)

    def at_x(self, value: float) -> float:
        """Return the place of a value, kept on the rectangle."""
        share = _share(value, self.x, self.log_x)
        return self.left + share * (WIDTH - self.left - self.right)

    def at_y(self, value: float) -> float:
        """Return the place of a value, kept on the rectangle."""
        share = _share(value, self.y, self.log_y)
        return self.height - self.bottom - share * (self.height - self.top - self.bottom)

    def add(self, mark: str) -> None:
        """Draw something."""
        self.marks.append(mark)

    def path(
        self, x: Iterable[float], y: Iterable[float], style: str, closed: bool = False
    ) -> None:
        """Draw a line, or an area."""
        places = [f"{self.at_x(u):.1f} {self.at_y(v):.1f}" for u, v in zip(x, y, strict=True)]
        if places:
            self.add(f'<path class="{style}" d="M{"L".join(places)}{"Z" if closed else ""}"/>')

    def dot(self, x: float, y: float, says: str, style: str = "dot") -> None:
        """Draw a point that tells its numbers when it is pointed at."""
        self.add(
            f'<circle class="{style}" cx="{self.at_x(x):.1f}" cy="{self.at_y(y):.1f}" r="3.2">'
            f"<title>{escape(says)}</title></circle>"
        )

    def text(self, x: float, y: float, words: str, style: str = "", anchor: str = "start") -> None:
        """Write words at a place of the drawing."""
        self.add(
            f'<text class="{style}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">'
            f"{escape(words)}</text>"
        )

    def upright(self, value: float, style: str) -> None:
        """Draw a line from top to bottom."""
        x = self.at_x(value)
        self.add(_line(x, self.top, x, self.height - self.bottom, style))

    def level(self, value: float, style: str) -> None:
        """Draw a line from left to right."""
        y = self.at_y(value)
        self.add(_line(self.left, y, WIDTH - self.right, y, style))

    def grid_x(self, ticks: Sequence[float], texts: Sequence[str], title: str) -> None:
        """Draw the ticks below, as many of their numbers as have room, and the axis' name."""
        free = -math.inf
        for value, text in zip(ticks, texts, strict=True):
            self.upright(value, "grid")
            half = 0.5 * LETTER * len(text)
            x = min(max(self.at_x(value), half), WIDTH - half)
            if x - half < free:
                continue
            free = x + half + LETTER
            self.text(x, self.height - self.bottom + 16.5, text, "tick", "middle")
        middle = 0.5 * (self.left + WIDTH - self.right)
        self.text(middle, self.height - 6.0, title, "axis", "middle")

    def grid_y(self, ticks: Sequence[float], texts: Sequence[str]) -> None:
        """Draw the ticks to the left, as many of their numbers as have room."""
        free = math.inf
        for value, text in sorted(zip(ticks, texts, strict=True)):
            self.level(value, "grid")
            if self.at_y(value) > free - LINE:
                continue
            free = self.at_y(value)
            self.text(self.left - 5.0, self.at_y(value) + 4.0, text, "tick", "end")

    def drawing(self, title: str) -> str:
        """Return the SVG; its title is what a screen reader says of it."""
        return (
            f'<svg viewBox="0 0 {WIDTH:g} {self.height:g}" role="img" '
            f'aria-label="{escape(title)}">\n' + "\n".join(self.marks) + "\n</svg>"
        )


def _share(value: float, ends: tuple[float, float], log: bool) -> float:
    """Return where a value lies between two ends, 0 to 1."""
    low, high = ends
    if log:
        value, low, high = (math.log10(max(each, 1e-300)) for each in (value, low, high))
    if math.isnan(value):
        return 0.0
    return min(max((value - low) / (high - low), 0.0), 1.0) if high > low else 0.5


def _line(x1: float, y1: float, x2: float, y2: float, style: str) -> str:
    """Draw a straight line."""
    return f'<path class="{style}" d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}"/>'
