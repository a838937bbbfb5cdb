"""The picture of an image's hazards: the image, what speaks against it, and the best region."""

from __future__ import annotations

import farside.report.headless  # noqa: F401  before matplotlib

# isort: split

import math
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.colors import LinearSegmentedColormap, to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from farside.report.pictures import render
from farside.report.style import GREEN, ORANGE, VERMILION, canvas, figure_style

if TYPE_CHECKING:
    from farside.survey.image_region import ImageRegion

WIDTH_IN, HEAD_IN, FOOT_IN, EDGE_IN, LEFT_IN = 8.0, 0.62, 0.5, 0.12, 0.6
#: A large image is drawn by every n-th pixel.
MOST_DRAWN = 2000
#: Clear to half covering, as the probability grows.
_SHADES = LinearSegmentedColormap.from_list(
    "hazards", [to_rgba(VERMILION, 0.0), to_rgba(VERMILION, 0.55)]
)


def picture(region: ImageRegion) -> bytes:
    """Draw an image's hazards as a PNG."""
    with figure_style():
        return render(draw(region)).png


def draw(region: ImageRegion) -> Figure:
    """Draw the image, its hazards in red, and the best region's edge."""
    from farside.survey.image_region import RADIUS_M

    image, gsd = region.image, region.gsd_m
    rows, cols = image.grey.shape
    wide = WIDTH_IN - LEFT_IN - EDGE_IN
    high = min(wide * rows / cols, 1.6 * wide)
    page = (WIDTH_IN, HEAD_IN + high + FOOT_IN)
    figure = canvas(*page)
    axes = figure.add_axes((LEFT_IN / page[0], FOOT_IN / page[1], wide / page[0], high / page[1]))
    step = math.ceil(max(rows, cols) / MOST_DRAWN)
    grey = image.grey[::step, ::step].astype(np.float64)
    known = image.known[::step, ::step]
    low, top = np.percentile(grey[known], (0.5, 99.5))
    axes.imshow(
        np.where(known, grey, np.nan), cmap="gray", vmin=low, vmax=max(top, low + 1e-9),
        extent=(-0.5, cols - 0.5, rows - 0.5, -0.5), interpolation="nearest", aspect="equal",
    )  # fmt: skip
    grid = region.hazards.grid
    half_px = 0.5 * grid.cells * grid.cell_m / gsd
    x, y = 0.5 * (cols - 1), 0.5 * (rows - 1)
    axes.imshow(
        region.hazards.probability, cmap=_SHADES, vmin=0.0, vmax=1.0, origin="lower",
        extent=(x - half_px, x + half_px, y + half_px, y - half_px), interpolation="nearest",
        aspect="equal",
    )  # fmt: skip
    axes.add_patch(
        Circle(region.pixel(region.best), RADIUS_M / gsd, fill=False, edgecolor=GREEN, linewidth=2)
    )
    axes.set_xlim(-0.5, cols - 0.5)
    axes.set_ylim(rows - 0.5, -0.5)
    axes.grid(visible=False)
    axes.set_xlabel("x [px]")
    axes.set_ylabel("y [px]")
    length = 0.06 * min(rows, cols)
    angle = math.radians(region.sun_deg[0])
    to = np.array([math.sin(angle), -math.cos(angle)])
    tip = np.array([1.6 * length, 1.6 * length]) + length * to
    axes.annotate(
        "", xy=tuple(tip), xytext=tuple(tip - 2.0 * length * to),
        arrowprops={"arrowstyle": "-|>", "color": ORANGE, "linewidth": 1.6},
    )  # fmt: skip
    _heads(figure, region, page[1])
    return figure


def _heads(figure: Figure, region: ImageRegion, height_in: float) -> None:
    """Write what is shown above the image."""
    left = LEFT_IN / WIDTH_IN
    figure.text(
        left, 1.0 - 0.24 / height_in, region.verdict, fontsize=9.5, fontweight="bold",
        parse_math=False,
    )  # fmt: skip
    figure.text(
        left, 1.0 - 0.46 / height_in,
        f"{region.image.name}, {region.gsd_m:.3g} m a pixel; the arrow points to the Sun. Red: "
        "probability of a hazard; circle: the best region.",
        fontsize=8.5, parse_math=False,
    )  # fmt: skip
