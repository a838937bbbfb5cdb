"""The picture of an image's craters: the image, and the rims of those that are sure."""

from __future__ import annotations

import farside.report.headless  # noqa: F401  before matplotlib

# isort: split

import math
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.collections import EllipseCollection
from matplotlib.figure import Figure

from farside.report.pictures import render
from farside.report.style import ORANGE, SKY, canvas, figure_style

if TYPE_CHECKING:
    from farside.survey.craters import CraterSurvey

WIDTH_IN, HEAD_IN, FOOT_IN, EDGE_IN = 8.0, 0.62, 0.5, 0.12
LEFT_IN = 0.6
#: A large image is drawn by every n-th pixel.
MOST_DRAWN = 2000


def picture(survey: CraterSurvey) -> bytes:
    """Draw an image's craters as a PNG."""
    with figure_style():
        return render(draw(survey)).png


def draw(survey: CraterSurvey) -> Figure:
    """Draw the image with a rim for each crater that is sure, orange where it is an ellipse."""
    from farside.survey.craters import SURE

    image, craters = survey.image, survey.craters
    rows, cols = image.grey.shape
    wide = WIDTH_IN - LEFT_IN - EDGE_IN
    high = min(wide * rows / cols, 1.6 * wide)
    page = (WIDTH_IN, HEAD_IN + high + FOOT_IN)
    figure = canvas(*page)
    axes = figure.add_axes((LEFT_IN / page[0], FOOT_IN / page[1], wide / page[0], high / page[1]))
    step = math.ceil(max(rows, cols) / MOST_DRAWN)
    grey = image.grey[::step, ::step].astype(np.float64)
    known = image.known[::step, ::step] & np.isfinite(grey)
    low, top = np.percentile(grey[known], (0.5, 99.5))
    axes.imshow(
        np.where(known, grey, np.nan), cmap="gray", vmin=low, vmax=max(top, low + 1e-9),
        extent=(-0.5, cols - 0.5, rows - 0.5, -0.5), interpolation="nearest", aspect="equal",
    )  # fmt: skip
    sure = craters.confidence >= SURE
    round_ = craters.semi_major_px - craters.semi_minor_px < 1e-6
    for which, colour in ((sure & round_, SKY), (sure & ~round_, ORANGE)):
        rims = EllipseCollection(
            2.0 * craters.semi_major_px[which],
            2.0 * craters.semi_minor_px[which],
            craters.angle_deg[which],
            units="xy",
            facecolors="none",
            edgecolors=colour,
            linewidths=0.8,
            offset_transform=axes.transData,
            offsets=np.column_stack([craters.x_px[which], craters.y_px[which]]),
        )
        axes.add_collection(rims)
    axes.set_xlim(-0.5, cols - 0.5)
    axes.set_ylim(rows - 0.5, -0.5)
    axes.grid(visible=False)
    axes.set_xlabel("x [px]")
    axes.set_ylabel("y [px]")
    length = 0.06 * min(rows, cols)
    angle = math.radians(craters.sun.azimuth_deg)
    to = np.array([math.sin(angle), -math.cos(angle)])
    tip = np.array([1.6 * length, 1.6 * length]) + length * to
    axes.annotate(
        "", xy=tuple(tip), xytext=tuple(tip - 2.0 * length * to),
        arrowprops={"arrowstyle": "-|>", "color": ORANGE, "linewidth": 1.6},
    )  # fmt: skip
    _heads(figure, survey, int(sure.sum()), page[1])
    return figure


def _heads(figure: Figure, survey: CraterSurvey, sure: int, height_in: float) -> None:
    """Write what is shown above the image."""
    craters = survey.craters
    sun = craters.sun
    how = "given" if math.isinf(sun.contrast) else f"found, contrast {sun.contrast:.1f}"
    scale = "" if survey.gsd_m is None else f"; {survey.gsd_m:.3g} m a pixel"
    left = LEFT_IN / WIDTH_IN
    figure.text(
        left, 1.0 - 0.24 / height_in,
        f"{sure} craters of {survey.image.name}, and {len(craters) - sure} less sure",
        fontsize=11.0, fontweight="bold", parse_math=False,
    )  # fmt: skip
    figure.text(
        left, 1.0 - 0.46 / height_in,
        f"The arrow points to the Sun: {sun.azimuth_deg:.0f} deg ({how}){scale}. "
        "Rims: blue circles, orange ellipses.",
        fontsize=8.5,
    )  # fmt: skip
