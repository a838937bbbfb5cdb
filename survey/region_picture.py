"""The picture of an image's hazards: the image, what speaks against it, and the best region."""

from __future__ import annotations

import farside.report.headless  # noqa: F401  before matplotlib

# isort: split

from typing import TYPE_CHECKING

from matplotlib.colors import LinearSegmentedColormap, to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from farside.report.colours import GREEN, VERMILION
from farside.report.pictures import render
from farside.report.style import figure_style
from farside.survey.image_sheet import LEFT_IN, WIDTH_IN, finish_axes, image_sheet

if TYPE_CHECKING:
    from farside.survey.image_region import ImageRegion

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
    figure, axes, high_in = image_sheet(image)
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
    finish_axes(axes, image, region.sun_deg[0])
    _heads(figure, region, high_in)
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
