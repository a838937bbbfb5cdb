"""Where a lander's legs rest, by brute force in double precision, one site at a time.

Nothing here shares an idea with the kernel: every triple of pads is tried as a resting plane, and
kept if no other pad is above it and the middle lies over the triangle.
"""

from __future__ import annotations

import itertools
import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from farside.terrain import LanderFootprint

Array = NDArray[np.float64]


class Stand(NamedTuple):
    """At one site; slopes [deg], rises [m], per heading."""

    slope_deg: Array
    rise_m: Array


def cells_within(
    radius_m: float, cell_m: tuple[float, float]
) -> list[tuple[int, int]]:
    """Give the (row, column) offsets of a disc: an ellipse of indices where cells are oblong."""
    across, along = radius_m / cell_m[0], radius_m / cell_m[1]
    limit = 1 + 0.5 / math.sqrt(across * along) + 1e-9
    down, aside = int(along) + 2, int(across) + 2
    return [
        (d, e)
        for d in range(-down, down + 1)
        for e in range(-aside, aside + 1)
        if (e / across) ** 2 + (d / along) ** 2 <= limit
    ]


def stand_by_force(
    heights: NDArray[np.floating],
    cell_m: float | tuple[float, float],
    lander: LanderFootprint,
    row: int,
    col: int,
) -> Stand:
    """Give the steepest resting plane and the highest ground above one, at every heading."""
    z = np.asarray(heights, np.float64)
    size = (cell_m, cell_m) if isinstance(cell_m, float) else cell_m
    pad = np.array(cells_within(lander.pad_m / 2, size))
    disc = np.array(cells_within(lander.footprint_m / 2, size))
    ground = z[row + disc[:, 0], col + disc[:, 1]]
    slopes, rises = [], []
    for heading in range(lander.headings):
        places, tops = [], []
        for leg in range(lander.legs):
            angle = math.tau / lander.legs * (leg + heading / lander.headings)
            e = _nearest(lander.span_m / 2 * math.cos(angle) / size[0])
            d = _nearest(lander.span_m / 2 * math.sin(angle) / size[1])
            places.append((e, d))
            tops.append(z[row + d + pad[:, 0], col + e + pad[:, 1]].max())
        slope = rise = -math.inf
        for c, a, b in resting_planes(np.array(places, float), np.array(tops)):
            slope = max(slope, math.degrees(math.atan(math.hypot(a / size[0], b / size[1]))))
            rise = max(rise, float((ground - c - a * disc[:, 1] - b * disc[:, 0]).max()))
        slopes.append(slope)
        rises.append(rise)
    return Stand(np.array(slopes), np.array(rises))


def resting_planes(places: Array, tops: Array) -> list[tuple[float, float, float]]:
    """Give every plane c + a e + b d on three pads, none above it, the middle over them."""
    planes = []
    for triple in itertools.combinations(range(len(tops)), 3):
        corners = np.column_stack([np.ones(3), places[list(triple)]])
        if abs(np.linalg.det(corners)) < 1e-6:
            continue
        # Barycentric weights of the middle: all at least 0 if it lies over the triangle.
        weights = np.linalg.solve(corners.T, np.array([1.0, 0.0, 0.0]))
        c, a, b = np.linalg.solve(corners, tops[list(triple)])
        if weights.min() >= -1e-9 and (tops <= c + places @ [a, b] + 1e-9).all():
            planes.append((float(c), float(a), float(b)))
    return planes


def _nearest(x: float) -> int:
    return int(math.copysign(math.floor(abs(round(x, 9)) + 0.5), x))
