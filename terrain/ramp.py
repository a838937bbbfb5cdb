"""Where a rover can leave the lander: the ramp, the ground beyond it and the stand across it.

With the pads at p_i on a circle of the radius R about the middle, and the ground z_i under them,
the plane that they stand on is, by least squares, z = c + g . p with

    c = sum z_i / n,    g = 2 sum z_i p_i / (n R^2),      since sum p_i p_i' = n R^2 / 2

For a ramp along the unit vector d, its hinge h_m out and h_up above that plane, its foot f out,

    ramp    (c + g . d h_m + h_up - z(f d)) / (f - h_m)
    beyond  (z(f d) - z((f + l) d)) / l,                  l the ground that the rover needs
    across  g . d',                                       d' across d

are tangents; the steepest counts, up or down.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.terrain.elevation import ElevationMap
from farside.terrain.hazards import Reason

if TYPE_CHECKING:
    from farside.mission.ramp import Ramp
    from farside.terrain.assessment import Assessment
    from farside.terrain.lander import LanderFootprint

Heights = NDArray[np.float64]
Cells = tuple[NDArray[np.intp], NDArray[np.intp]]


class Way(NamedTuple):
    """A direction on the map: a unit vector, east and north."""

    east: float
    north: float

    @classmethod
    def of_azimuth(cls, azimuth_deg: float) -> Way:
        """Return the direction of an azimuth, east of north."""
        angle = math.radians(azimuth_deg)
        return cls(float(deterministic.sin(angle)), float(deterministic.cos(angle)))


def ramp_reasons(assessment: Assessment, ramp: Ramp, usual_deg: float) -> NDArray[np.uint16]:
    """Return RAMP for each safe cell of a map where a rover could not leave.

    Parameters
    ----------
    assessment : Assessment
        With a best heading in each cell that is safe; cells that are not are left at 0.
    ramp : Ramp
        Of a mission, `hazards.ramp`.
    usual_deg : float
        Azimuth of body x where nothing speaks for another, east of north.

    Returns
    -------
    ndarray
        (rows, cols), Reason.RAMP or 0.
    """
    steepest = float(deterministic.tan(math.radians(ramp.steepest_deg)))
    bits = np.zeros(assessment.elevation.shape, np.uint16)
    rows, cols = np.nonzero(assessment.safe & np.isfinite(assessment.best_heading_deg))
    headings = assessment.best_heading_deg[rows, cols]
    order = np.argsort(headings, kind="stable")
    changes = np.nonzero(np.diff(headings[order]))[0] + 1
    for group in np.split(order, changes) if order.size else []:
        cells: Cells = (rows[group], cols[group])
        heading_deg = float(headings[group[0]])
        tangent = ramp_tangents(
            assessment.elevation, assessment.lander, ramp, cells, heading_deg, usual_deg
        )
        # NaN, of ground that is not seen, is no ground to drive on
        bits[cells] = np.where(tangent <= steepest, 0, np.uint16(Reason.RAMP))
    return bits


def ramp_tangents(
    elevation: ElevationMap,
    lander: LanderFootprint,
    ramp: Ramp,
    cells: Cells,
    heading_deg: float,
    usual_deg: float,
) -> Heights:
    """Return the steepest tangent of ramp, ground beyond and stand across, cell by cell.

    Parameters
    ----------
    elevation : ElevationMap
    lander : LanderFootprint
    ramp : Ramp
    cells : two ndarrays
        Rows and columns of the lander's middle, (n,) each.
    heading_deg : float
        Angle of the first pad, from east towards north.
    usual_deg : float
        Azimuth of body x where nothing speaks for another, east of north.

    Returns
    -------
    ndarray
        (n,), NaN where a height is not known.
    """
    azimuth_deg = lander.azimuth_deg(heading_deg, usual_deg)
    # body y is a quarter to the left of body x, so its azimuth is less
    along = Way.of_azimuth(azimuth_deg - ramp.azimuth_body_deg)
    radius_m = 0.5 * lander.span_m
    middle = np.zeros(len(cells[0]))
    lean, cant = middle.copy(), middle.copy()
    for pad in range(lander.legs):
        # an angle from east towards north is an azimuth from north towards east
        place = Way.of_azimuth(90.0 - heading_deg - 360.0 * pad / lander.legs)
        z = heights_off(elevation, cells, place, radius_m)
        middle += z / lander.legs
        lean += z * (place.east * along.east + place.north * along.north)
        cant += z * (place.east * along.north - place.north * along.east)
    lean *= 2.0 / (lander.legs * radius_m)
    cant *= 2.0 / (lander.legs * radius_m)
    foot = heights_off(elevation, cells, along, ramp.foot_m)
    far = heights_off(elevation, cells, along, ramp.foot_m + ramp.rover_m)
    hinge = middle + lean * ramp.hinge_m + ramp.hinge_height_m
    down = (hinge - foot) / (ramp.foot_m - ramp.hinge_m)
    beyond = (foot - far) / ramp.rover_m
    steepest: Heights = np.maximum(np.abs(down), np.maximum(np.abs(beyond), np.abs(cant)))
    return steepest


def heights_off(elevation: ElevationMap, cells: Cells, way: Way, off_m: float) -> Heights:
    """Return the height of the cell that lies so far off each of some cells [m].

    Parameters
    ----------
    elevation : ElevationMap
    cells : two ndarrays
        Rows and columns, (n,) each.
    way : Way
    off_m : float

    Returns
    -------
    ndarray
        (n,), NaN off the map or where nothing was seen.
    """
    rows = cells[0] + round(off_m * way.north / elevation.cell_north_m)
    cols = cells[1] + round(off_m * way.east / elevation.cell_east_m)
    inside = (rows >= 0) & (rows < elevation.shape[0])
    inside &= (cols >= 0) & (cols < elevation.shape[1])
    found = np.full(len(rows), np.nan)
    found[inside] = elevation.heights[rows[inside], cols[inside]]
    return found
