"""Ground seen from above: hillshade, scale bar, circles on the ground."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from farside.mission.ephemeris import Direction
from farside.report.colours import BLACK, GREY, UNKNOWN

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Text
    from matplotlib.transforms import Bbox

Image = NDArray[np.float32]

# Where no Sun stands, maps are lit from the north-west, as atlases are.
NORTH_WEST = Direction(315.0, 40.0)
LEVEL = 0.7  # brightness where nothing is brighter than the rest
LOWEST_DEG = 8.0  # a Sun lower than this leaves a picture with nothing to see


def hillshade(
    heights_m: Image, cell_m: float, sun: Direction, cell_north_m: float | None = None
) -> Image:
    """Brightness of ground that scatters light evenly, stretched to 0-1.

    Parameters
    ----------
    heights_m : ndarray, (rows, columns) float32
        Rows northwards, columns eastwards; NaN stays NaN.
    cell_m : float
        Their spacing.
    sun : Direction
        Where the light comes from.
    cell_north_m : float, optional
        Their spacing along north, where it differs.
    """
    if sun.elevation_deg < LOWEST_DEG:
        sun = NORTH_WEST
    east, north, up = sun.unit_site.astype(np.float32)
    slope_north, slope_east = np.gradient(
        heights_m, np.float32(cell_north_m or cell_m), np.float32(cell_m)
    )
    # cos(incidence) = n . s with n = (-dz/de, -dz/dn, 1) / |n|
    facing = up - slope_east * east - slope_north * north
    light = facing / np.sqrt(1.0 + slope_east**2 + slope_north**2)
    seen = light[np.isfinite(light)]
    if not len(seen):
        return np.full_like(heights_m, np.nan)
    dark, bright = np.percentile(seen[::7], (1.0, 99.0))
    if bright - dark < 1e-6:
        # level ground, evenly lit: neither black nor white
        return np.where(np.isfinite(light), np.float32(LEVEL), np.float32(np.nan))
    return np.asarray(np.clip((light - dark) / max(bright - dark, 1e-6), 0.0, 1.0), np.float32)


def hold(axes: Axes) -> None:
    """Keep a picture's limits whatever is drawn on it, and rule no lines across it."""
    axes.set_autoscale_on(False)
    axes.grid(False)


def unknown(axes: Axes) -> None:
    """Hatch what a picture leaves open: no colour of a scale can be mistaken for it."""
    axes.patch.set(facecolor=UNKNOWN, edgecolor=GREY, hatch="////", linewidth=0.0)


def circles(axes: Axes, places: NDArray[np.float64], diameter_m: float, **look: object) -> None:
    """Draw circles of one size on the ground at places (N, 2): east, north [m]."""
    from matplotlib.collections import EllipseCollection  # the replay has no need of it

    size = np.full(len(places), diameter_m)
    axes.add_collection(
        EllipseCollection(
            size,
            size,
            np.zeros(len(places)),
            units="xy",
            offsets=places,
            offset_transform=axes.transData,
            facecolors="none",
            **look,
        )
    )


def tidy(axes: Axes, labels: Iterable[Text]) -> list[Text]:
    """Remove labels of contours that are cut by the edge or lie on another; return the others."""
    canvas: Any = axes.figure.canvas
    pen, frame = canvas.get_renderer(), axes.bbox
    kept: list[Text] = []
    boxes: list[Bbox] = []
    for label in labels:
        box = label.get_window_extent(pen)
        within = frame.x0 <= box.x0 and box.x1 <= frame.x1
        within = within and frame.y0 <= box.y0 and box.y1 <= frame.y1
        if within and not any(box.overlaps(other) for other in boxes):
            kept.append(label)
            boxes.append(box)
        else:
            label.remove()
    return kept


def scale_bar(axes: Axes, length_m: float, name: str = "") -> None:
    """Lay a bar of known length in the lower left corner of axes of metres, and its name."""
    left, right = axes.get_xlim()
    bottom, top = axes.get_ylim()
    x, y = left + 0.04 * (right - left), bottom + 0.04 * (top - bottom)
    for width, colour in ((5.0, "white"), (2.5, BLACK)):
        axes.plot(
            (x, x + length_m),
            (y, y),
            color=colour,
            linewidth=width,
            solid_capstyle="butt",
            zorder=8,
        )
    label = axes.text(x + length_m / 2, y + 0.015 * (top - bottom), name or f"{length_m:g} m")
    label.set(ha="center", fontsize=8.0, color=BLACK, bbox=PLATE, zorder=8)


def round_below(size: float) -> float:
    """Return the 1, 2 or 5 times a power of ten that is next below."""
    power = 10.0 ** np.floor(np.log10(max(size, 1e-9)))
    return float(max(k for k in (1.0, 2.0, 5.0) if k * power <= size * (1.0 + 1e-9)) * power)


# Paper under words that stand on a picture.
PLATE = {"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 1.0}
