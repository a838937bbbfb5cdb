"""Where a lander's legs rest, by brute force in double precision.

Nothing here shares an idea with the kernel: every triple of pads is tried as a support plane, and
kept if no other pad is above it and the middle lies over the triangle; under each plane that is
kept, all the ground of the footprint is searched.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from farside.terrain import LanderFootprint

Array = NDArray[np.float64]


class Stand(NamedTuple):
    """Of each site and heading, (n, headings): steepest support plane [deg], highest rise [m]."""

    slope_deg: Array
    rise_m: Array


def cells_within(radius_m: float, cell_m: tuple[float, float]) -> NDArray[np.intp]:
    """Return the (row, column) offsets of a disc: an ellipse of indices where cells are oblong."""
    across, along = radius_m / cell_m[0], radius_m / cell_m[1]
    limit = 1 + 0.5 / math.sqrt(across * along) + 1e-9
    down, aside = int(along) + 2, int(across) + 2
    offsets = [
        (d, e)
        for d in range(-down, down + 1)
        for e in range(-aside, aside + 1)
        if (e / across) ** 2 + (d / along) ** 2 <= limit
    ]
    return np.array(offsets, np.intp)


def stands_by_force(
    heights: NDArray[np.floating],
    cell_m: float | tuple[float, float],
    lander: LanderFootprint,
    sites: NDArray[np.integer],
    enough_m: float = -math.inf,
) -> Stand:
    """Stand a lander on (n, 2) sites, row and column, at every heading.

    A rise that cannot be above `enough_m` may be given as any number between it and the truth.
    """
    z = np.asarray(heights, np.float64)
    size = (cell_m, cell_m) if isinstance(cell_m, float) else cell_m
    pad, disc = (cells_within(d / 2, size) for d in (lander.pad_m, lander.footprint_m))
    row, col = sites[:, :1], sites[:, 1:]
    ground = z[row + disc[:, 0], col + disc[:, 1]]
    top = ground.max(axis=1)
    away = np.hypot(disc[:, 1] * size[0], disc[:, 0] * size[1]).max()
    shape = (len(sites), lander.headings)
    slope, rise = np.full(shape, -np.inf), np.full(shape, -np.inf)
    for heading in range(lander.headings):
        places = pad_cells(lander, size, heading)
        tops = np.stack(
            [z[row + d + pad[:, 0], col + e + pad[:, 1]].max(axis=1) for e, d in places], axis=1
        )
        for plane, stands in resting_planes(places.astype(float), tops):
            c, a, b = plane
            tangent = np.hypot(a / size[0], b / size[1])
            steep = np.degrees(np.arctan(tangent))
            slope[:, heading] = np.where(
                stands, np.maximum(slope[:, heading], steep), slope[:, heading]
            )
            above = top + away * tangent - c
            for i in np.flatnonzero(stands & (above > enough_m)):
                above[i] = (ground[i] - c[i] - a[i] * disc[:, 1] - b[i] * disc[:, 0]).max()
            above = np.where(above > enough_m, above, np.minimum(above, enough_m))
            rise[:, heading] = np.where(
                stands, np.maximum(rise[:, heading], above), rise[:, heading]
            )
    return Stand(slope, rise)


def pad_cells(
    lander: LanderFootprint, cell_m: tuple[float, float], heading: int
) -> NDArray[np.intp]:
    """Return column and row of the cell nearest to each pad, from the site."""
    angles = [math.tau / lander.legs * (i + heading / lander.headings) for i in range(lander.legs)]
    half = lander.span_m / 2
    return np.array(
        [
            (_nearest(half * math.cos(a) / cell_m[0]), _nearest(half * math.sin(a) / cell_m[1]))
            for a in angles
        ],
        np.intp,
    )


def resting_planes(
    places: Array, tops: Array
) -> Iterator[tuple[tuple[Array, Array, Array], NDArray[np.bool_]]]:
    """Return planes c + a e + b d on three pads, and on which sites they carry the lander."""
    for triple in itertools.combinations(range(len(places)), 3):
        corners = np.column_stack([np.ones(3), places[list(triple)]])
        if abs(np.linalg.det(corners)) < 1e-6:
            continue
        # Barycentric weights of the middle: all at least 0 if it lies over the triangle.
        if np.linalg.solve(corners.T, np.array([1.0, 0.0, 0.0])).min() < -1e-9:
            continue
        c, a, b = np.linalg.solve(corners, tops[:, list(triple)].T)
        under = c[:, None] + a[:, None] * places[:, 0] + b[:, None] * places[:, 1]
        yield (c, a, b), (tops <= under + 1e-9).all(axis=1)


def _nearest(x: float) -> int:
    return int(math.copysign(math.floor(abs(round(x, 9)) + 0.5), x))
