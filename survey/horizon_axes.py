"""The axes of cells on the turning Moon: right, up the grid, and zenith."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from farside.survey.errors import SurveyError
from farside.survey.geometry import Geometry
from farside.survey.horizon_planes import RasterPlane, ViewPlane, tangent, units_of
from farside.survey.horizon_sweep import Look

Array = NDArray[np.float64]


class _North:
    """True north as a grid's up."""

    def up(self, units: Array) -> Array:
        return tangent(np.broadcast_to(np.array([0.0, 0.0, 1.0]), units.shape), units)


def cell_axes(
    geometry: Geometry,
    place: tuple[int, int],
    heights_m: Array,
    look: Look,
    site: tuple[float, float] | None,
) -> Array:
    """Return right, up and zenith of cells and their distance from the Moon's centre [m], (10, N).

    Raises
    ------
    SurveyError
        No CRS and no site; or a site at a pole, where north has no direction.
    """
    rows, cols = heights_m.shape
    col, row = np.meshgrid(np.arange(cols) + float(place[1]), np.arange(rows) + float(place[0]))
    if geometry.projection is not None:
        base = RasterPlane(geometry)
        zenith = base.units(col, row)
        up = base.up(zenith)
    else:
        zenith, up = _local(geometry, col, row, site)
    right = np.cross(up, zenith)
    radius = look.radius_m if math.isfinite(look.radius_m) else 1_737_400.0
    distance = radius + np.nan_to_num(heights_m) + look.eye_m
    parts = [*np.moveaxis(right, -1, 0), *np.moveaxis(up, -1, 0), *np.moveaxis(zenith, -1, 0)]
    return np.stack([part.ravel() for part in (*parts, distance)])


def _local(
    geometry: Geometry, col: Array, row: Array, site: tuple[float, float] | None
) -> tuple[Array, Array]:
    """Place a local grid about a site, its middle."""
    if site is None:
        raise SurveyError(
            "the heights have no CRS, so Sun and Earth have no place over them; give the latitude "
            "and longitude of their middle (site=, --at)"
        )
    if not (abs(site[0]) < 89.9999 and math.isfinite(site[1])):
        raise SurveyError(
            f"a site at {site[0]}, {site[1]}: give degrees N and E, off the pole itself"
        )
    middle = units_of(site[1], site[0])
    plane = ViewPlane(middle, geometry.middle.across_m, _North())
    rows, cols = geometry.shape
    way = 1.0 if geometry.mirrored else -1.0
    zenith = plane.units(col - 0.5 * (cols - 1), way * (row - 0.5 * (rows - 1)))
    # the grid's own up, which is north in the middle only
    ahead = plane.units(col - 0.5 * (cols - 1), way * (row - 0.5 * (rows - 1)) - 0.5)
    return zenith, tangent(ahead - zenith, zenith)
