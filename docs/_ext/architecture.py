"""Draw docs/pictures/architecture.svg: the packages on their floors, and who imports whom.

    python docs/_ext/architecture.py

Floors and sides are those that tests/unit/test_walls.py holds every file to; the arrows are read
off the imports and cimports of the sources. A test compares the figure with what is committed.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
FIGURE = ROOT / "docs" / "pictures" / "architecture.svg"
sys.path.insert(0, str(ROOT / "tests" / "unit"))

import test_walls as walls  # noqa: E402

#: Pixels of the figure.
WIDTH, ROW, BOX_W, BOX_H, TOP = 940, 78, 124, 34, 26
COLOURS = {"flight": "#2a6f97", "truth": "#b5651d", None: "#5c677d"}
SIDES = {"flight": "flight side", "truth": "truth", None: "both, or users"}


class Box(NamedTuple):
    """A package in the figure: its middle [px]."""

    name: str
    x: float
    y: float


def imports() -> set[tuple[str, str]]:
    """Find the pairs of which the first package takes the second."""
    found = set()
    for package in walls.FLOORS:
        for path in sorted((ROOT / package).rglob("*")):
            if path.suffix not in walls.SUFFIXES or "__pycache__" in path.parts:
                continue
            folder = path.parent.relative_to(ROOT).parts
            for name in walls.imports_of(path.read_text("utf-8"), folder):
                parts = name.split(".")
                if parts[0] == "farside" and len(parts) > 1 and parts[1] in walls.FLOORS:
                    if parts[1] != package:
                        found.add((package, parts[1]))
    return found


def boxes() -> dict[str, Box]:
    """Place the packages: a row for each floor, the flight side left and the truth right."""
    order = {"flight": 0, None: 1, "truth": 2}
    placed = {}
    top = max(walls.FLOORS.values())
    for floor in range(top + 1):
        row = sorted(
            (name for name, f in walls.FLOORS.items() if f == floor),
            key=lambda name: (order[walls.side_of(name)], name),
        )
        for k, name in enumerate(row):
            x = WIDTH * (k + 0.5) / len(row)
            placed[name] = Box(name, x, TOP + ROW * (top - floor) + BOX_H / 2)
    return placed


def arrow(a: Box, b: Box) -> str:
    """Return the line from a package to one below it."""
    y0, y1 = a.y + BOX_H / 2, b.y - BOX_H / 2
    bend = (y1 - y0) / 2
    return (
        f'<path d="M{a.x:.0f} {y0:.0f} C{a.x:.0f} {y0 + bend:.0f} {b.x:.0f} {y1 - bend:.0f} '
        f'{b.x:.0f} {y1:.0f}" stroke="{COLOURS[walls.side_of(b.name)]}">'
        f"<title>{a.name} imports {b.name}</title></path>"
    )


def draw() -> str:
    """Return the figure."""
    placed = boxes()
    height = TOP + ROW * max(walls.FLOORS.values()) + BOX_H + 20
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        'font-family="sans-serif" font-size="14">',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        '<g fill="none" stroke-width="1.2" opacity="0.45">',
    ]
    # everything takes kernels: those arrows would hide the others
    lines += [arrow(placed[a], placed[b]) for a, b in sorted(imports()) if b != "ext"]
    lines.append("</g>")
    for name, x, y in placed.values():
        wide = WIDTH - 40 if name == "ext" else BOX_W
        colour = COLOURS[walls.side_of(name)]
        text = "ext: the kernels of all of them, in wings" if name == "ext" else name
        lines.append(
            f'<rect x="{x - wide / 2:.0f}" y="{y - BOX_H / 2:.0f}" width="{wide}" height="{BOX_H}" '
            f'rx="5" fill="{colour}"/><text x="{x:.0f}" y="{y + 5:.0f}" fill="#ffffff" '
            f'text-anchor="middle">{text}</text>'
        )
    for k, (side, text) in enumerate(SIDES.items()):
        lines.append(
            f'<rect x="20" y="{20 + 22 * k}" width="14" height="14" rx="3" fill="{COLOURS[side]}"/>'
            f'<text x="42" y="{32 + 22 * k}" fill="#333333">{text}</text>'
        )
    return "\n".join([*lines, "</svg>"]) + "\n"


if __name__ == "__main__":
    FIGURE.write_text(draw(), "utf-8")
