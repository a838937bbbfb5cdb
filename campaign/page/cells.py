"""Many touchdowns in one figure: counted in cells, not drawn one by one."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from farside.campaign.page.svg import Axes
from farside.campaign.statistics.flights import Flags, Floats
from farside.mission.units import number

#: Touchdowns that are drawn as dots; more are counted in cells.
MOST_DOTS = 1500
#: Failures that get a cross.
MOST_CROSSES = 200
#: Cells along a side of the figure.
CELLS = 60
#: Shades, evenly spaced in the logarithm of the count.
SHADES = 6


def count_cells(east_m: Floats, north_m: Floats, reach: float) -> NDArray[np.int64]:
    """Count touchdowns in square cells of the figure.

    Parameters
    ----------
    east_m, north_m : (N,) arrays
        Places within the figure.
    reach : float
        Half its side.

    Returns
    -------
    (CELLS, CELLS) int array
        By east and north, from the south-west on. Every place is in one of them.
    """
    ends = (-reach, reach)
    counts, _, _ = np.histogram2d(
        np.clip(east_m, *ends), np.clip(north_m, *ends), bins=CELLS, range=(ends, ends)
    )
    return counts.astype(np.int64)


def shade_cells(axes: Axes, counts: NDArray[np.int64], reach: float) -> None:
    """Draw cells, the darker the more touchdowns are in them; empty ones are left out."""
    side = 2.0 * reach / CELLS
    width = axes.at_x(side) - axes.at_x(0.0)
    top = math.log(int(counts.max())) if counts.max() > 1 else 1.0
    for shade in range(1, SHADES + 1):
        marks = []
        for i, j in np.argwhere(counts > 0):
            share = math.log(int(counts[i, j])) / top
            if min(int(share * SHADES), SHADES - 1) + 1 == shade:
                x, y = axes.at_x(-reach + i * side), axes.at_y(-reach + (j + 1) * side)
                marks.append(f"M{x:.1f} {y:.1f}h{width:.1f}v{width:.1f}h-{width:.1f}z")
        if marks:
            opacity = 0.08 + 0.62 * shade / SHADES
            axes.add(f'<path class="cell" fill-opacity="{opacity:.2f}" d="{"".join(marks)}"/>')


def cloud_words(inside: Flags, good: Flags, reach: float) -> str:
    """Describe what of the touchdowns is drawn and how; empty where each is drawn as it is.

    Parameters
    ----------
    inside, good : (N,) bool arrays
        Which touchdowns lie within the figure, and which are successes.
    reach : float
        Half the figure's side.
    """
    plain, failed = (int(np.count_nonzero(inside & which)) for which in (good, ~good))
    said = []
    if plain > MOST_DOTS:
        side = 2.0 * reach / CELLS
        digits = max(0, 2 - math.floor(math.log10(side)))
        said.append(
            f"Shaded: all {plain:,} safe touchdowns in the figure, counted in cells of "
            f"{number(side, digits, 'm')}, darker by the logarithm of their number."
        )
    if failed > MOST_CROSSES:
        said.append(f"Crosses: the first {MOST_CROSSES} of {failed:,} that failed.")
    return " ".join(said)
