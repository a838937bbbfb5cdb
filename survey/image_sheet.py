"""A page with an image from above in grey, its axes in pixels and an arrow to the Sun."""

from __future__ import annotations

import farside.report.headless  # noqa: F401  before matplotlib

# isort: split

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from farside.raster.image import Image
from farside.report.colours import ORANGE
from farside.report.style import canvas

WIDTH_IN, HEAD_IN, FOOT_IN, EDGE_IN, LEFT_IN = 8.0, 0.62, 0.5, 0.12, 0.6
#: A large image is drawn by every n-th pixel.
MOST_DRAWN = 2000


def image_sheet(image: Image) -> tuple[Figure, Axes, float]:
    """Draw an image on a page of its own; return the page, its axes and its height [in]."""
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
    return figure, axes, page[1]


def finish_axes(axes: Axes, image: Image, sun_azimuth_deg: float) -> None:
    """Close the axes about the image, and point an arrow to the Sun (clockwise from its top)."""
    rows, cols = image.grey.shape
    axes.set_xlim(-0.5, cols - 0.5)
    axes.set_ylim(rows - 0.5, -0.5)
    axes.grid(visible=False)
    axes.set_xlabel("x [px]")
    axes.set_ylabel("y [px]")
    length = 0.06 * min(rows, cols)
    angle = math.radians(sun_azimuth_deg)
    to = np.array([math.sin(angle), -math.cos(angle)])
    tip = np.array([1.6 * length, 1.6 * length]) + length * to
    axes.annotate(
        "", xy=tuple(tip), xytext=tuple(tip - 2.0 * length * to),
        arrowprops={"arrowstyle": "-|>", "color": ORANGE, "linewidth": 1.6},
    )  # fmt: skip
