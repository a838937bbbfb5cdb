"""The picture of an image's craters: the image, and the rims of those that are sure."""

from __future__ import annotations

import farside.report.headless  # noqa: F401  before matplotlib

# isort: split

import math
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.collections import EllipseCollection
from matplotlib.figure import Figure

from farside.report.colours import ORANGE, SKY
from farside.report.pictures import render
from farside.report.style import figure_style
from farside.survey.image_sheet import LEFT_IN, WIDTH_IN, finish_axes, image_sheet

if TYPE_CHECKING:
    from farside.survey.craters import CraterSurvey


def picture(survey: CraterSurvey) -> bytes:
    """Draw an image's craters as a PNG."""
    with figure_style():
        return render(draw(survey)).png


def draw(survey: CraterSurvey) -> Figure:
    """Draw the image with a rim for each crater that is sure, orange where it is an ellipse."""
    from farside.survey.craters import SURE

    image, craters = survey.image, survey.craters
    figure, axes, high_in = image_sheet(image)
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
    finish_axes(axes, image, craters.sun.azimuth_deg)
    _heads(figure, survey, int(sure.sum()), high_in)
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
