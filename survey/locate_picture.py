"""The picture of a located image: where its landmarks are, and how far they are off the pose."""

from __future__ import annotations

import farside.report.headless  # noqa: F401  before matplotlib

# isort: split

import math
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from farside.report.colours import ORANGE, SKY
from farside.report.pictures import render
from farside.report.style import canvas, figure_style

if TYPE_CHECKING:
    from farside.survey.locate import Located

WIDTH_IN, HEAD_IN, FOOT_IN, EDGE_IN, LEFT_IN = 8.0, 0.62, 0.5, 0.12, 0.6
#: A large image is drawn by every n-th pixel; residuals are drawn so many times as long.
MOST_DRAWN, LONGER = 2000, 20.0


def picture(found: Located) -> bytes:
    """Draw a located image as a PNG."""
    with figure_style():
        return render(draw(found)).png


def draw(found: Located) -> Figure:
    """Draw the image, its matches, and their residuals."""
    rows, cols = found.grey.shape
    wide = WIDTH_IN - LEFT_IN - EDGE_IN
    high = min(wide * rows / cols, 1.6 * wide)
    page = (WIDTH_IN, HEAD_IN + high + FOOT_IN)
    figure = canvas(*page)
    axes = figure.add_axes((LEFT_IN / page[0], FOOT_IN / page[1], wide / page[0], high / page[1]))
    step = math.ceil(max(rows, cols) / MOST_DRAWN)
    grey = found.grey[::step, ::step].astype(np.float64)
    low, top = np.percentile(grey, (0.5, 99.5))
    axes.imshow(
        grey, cmap="gray", vmin=low, vmax=max(top, low + 1e-9),
        extent=(-0.5, cols - 0.5, rows - 0.5, -0.5), interpolation="nearest", aspect="equal",
    )  # fmt: skip
    matches = found.result.matches
    if len(matches):
        px = matches["px"]
        axes.plot(px[:, 0], px[:, 1], "o", mfc="none", mec=SKY, ms=7.0, mew=1.0)
        if found.fixed:
            off = found.result.view.project(matches["p_site"]) - px
            axes.quiver(
                px[:, 0], px[:, 1], LONGER * off[:, 0], LONGER * off[:, 1], angles="xy",
                scale_units="xy", scale=1.0, color=ORANGE, width=0.002,
            )  # fmt: skip
    axes.set_xlim(-0.5, cols - 0.5)
    axes.set_ylim(rows - 0.5, -0.5)
    axes.grid(visible=False)
    axes.set_xlabel("x [px]")
    axes.set_ylabel("y [px]")
    left, result = LEFT_IN / WIDTH_IN, found.result
    figure.text(
        left, 1.0 - 0.24 / page[1], f"{found.name}: {result.says.partition(';')[0]}",
        fontsize=11.0, fontweight="bold", parse_math=False,
    )  # fmt: skip
    figure.text(
        left, 1.0 - 0.46 / page[1],
        f"{result.inliers} of {result.landmarks} landmarks agree (blue); what they are off the "
        f"pose, {LONGER:.0f} times as long (orange).",
        fontsize=8.5,
    )  # fmt: skip
    return figure
