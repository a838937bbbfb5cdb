"""Gravity beyond the point mass, J2 and C22, tabulated over the corridor that a descent flies in.

A sum over 20 000 harmonics is too slow for a loop of 100 Hz. Over a corridor of some 800 by 30 km
and the heights of a descent the field is smooth: degree 200 has waves of 54 km. It is tabulated
once for a mission, and `farside/ext/common/gravity_table.pxd` interpolates.

The table's places are gnomonic: with the Moon's centre as origin, x to where the lander comes from,
y across and z up at the site, u = x/z and v = y/z. A great circle through the site is a straight
line there, and no trigonometry is needed in flight.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from farside.ext.common import deterministic
from farside.mission.frames import SiteFrame, arrival_axes
from farside.mission.gravity_field import GravityField
from farside.mission.moon import C22, GM, J2, REFERENCE_RADIUS_M

Array = npt.NDArray[np.float64]

#: Spacing of the table [m], of an arc on the Moon's surface and of height: cubic interpolation of
#: degree 200 is then right to 1e-6 m/s^2 (tests/unit/test_gravity_table.py).
SPACING_M = 4000.0
HEIGHT_SPACING_M = 3000.0
#: Half the width of the corridor, and how far it goes on behind the site [m].
HALF_WIDTH_M = 14000.0
BEHIND_M = 40000.0
#: Arc from the site beyond which gnomonic places grow too far apart.
LONGEST_ARC_DEG = 60.0


@dataclass(frozen=True, eq=False)
class GravityTable:
    """What the harmonics add to gravity near a descent's way; see `gravity_table`.

    Attributes
    ----------
    degree : int
        Highest degree of the field behind it.
    arrival_azimuth_deg : float
        Azimuth at the site towards which the lander flies.
    radius_m : float
        Distance of the site from the Moon's centre [m].
    first, step : (float, float, float)
        Of u, v and the height above the site's sphere [m]: the first node and the spacing.
    values : float32 ndarray, (U, V, H, 3)
        Acceleration [m/s^2], site frame; single precision rounds it to 1e-10.
    """

    degree: int
    arrival_azimuth_deg: float
    radius_m: float
    first: tuple[float, float, float]
    step: tuple[float, float, float]
    values: npt.NDArray[np.float32]

    @property
    def fields(self) -> dict[str, Any]:
        """Return what the kernel's struct takes, its values aside."""
        along, _ = arrival_axes(self.arrival_azimuth_deg)
        return {
            "radius_m": self.radius_m,
            "from_east": -float(along[0]),
            "from_north": -float(along[1]),
            "count": list(self.values.shape[:3]),
            "first": list(self.first),
            "per_step": [1.0 / step for step in self.step],
        }


def gravity_table(
    frame: SiteFrame,
    arrival_azimuth_deg: float,
    arc_deg: float,
    heights_m: tuple[float, float],
    field: GravityField,
) -> GravityTable:
    """Tabulate what a field adds to the point mass, J2 and C22 along the way to a site.

    Parameters
    ----------
    frame : SiteFrame
        The site.
    arrival_azimuth_deg : float
        Azimuth at the site towards which the lander flies.
    arc_deg : float
        How far from the site the corridor begins, an angle at the Moon's centre; up to 60.
    heights_m : (float, float)
        Lowest and highest place above the sphere of the site [m].
    field : GravityField
        Of the degree wanted.

    Returns
    -------
    GravityTable
        Beyond its edges the last value holds.

    Raises
    ------
    ValueError
        A corridor that is longer than 60 deg or has no height.
    """
    low, high = heights_m
    if not 0.0 <= arc_deg <= LONGEST_ARC_DEG:
        raise ValueError(f"a corridor of {arc_deg} deg: 0 to {LONGEST_ARC_DEG:g} can be tabulated")
    if not low < high:
        raise ValueError(f"a corridor from {low} to {high} m: give the lower height first")
    spacing = SPACING_M / frame.radius_m
    u = _nodes(-BEHIND_M / frame.radius_m, deterministic.tan(math.radians(arc_deg)), spacing)
    v = _nodes(-HALF_WIDTH_M / frame.radius_m, HALF_WIDTH_M / frame.radius_m, spacing)
    height = _nodes(low, high, HEIGHT_SPACING_M)
    directions = _directions(u, v, frame, arrival_azimuth_deg)
    radii = frame.radius_m + height
    g = field.beside_point_mass(directions, radii)
    g = frame.vector_to_site(g - _second_degree(directions, radii))
    return GravityTable(
        degree=field.degree,
        arrival_azimuth_deg=arrival_azimuth_deg,
        radius_m=frame.radius_m,
        first=(u[0], v[0], height[0]),
        step=(u[1] - u[0], v[1] - v[0], height[1] - height[0]),
        values=np.ascontiguousarray(g.reshape(len(u), len(v), len(height), 3), np.float32),
    )


def _nodes(low: float, high: float, spacing: float) -> Array:
    """Return evenly spaced nodes from one below `low` to one above `high`, 4 at least."""
    count = max(4, math.ceil((high - low) / spacing) + 3)
    nodes: Array = low + spacing * (np.arange(count, dtype=np.float64) - 1.0)
    return nodes


def _directions(u: Array, v: Array, frame: SiteFrame, arrival_azimuth_deg: float) -> Array:
    """Return the unit vectors of the places (u, v), v fastest, along `moon` axes, (U V, 3)."""
    along, across = arrival_axes(arrival_azimuth_deg)
    up = np.array([0.0, 0.0, 1.0])
    site = up - u[:, None, None] * along + v[:, None] * across
    length = np.sqrt(site[..., 0] ** 2 + site[..., 1] ** 2 + site[..., 2] ** 2)
    return frame.vector_to_moon((site / length[..., None]).reshape(-1, 3))


def _second_degree(directions: Array, radii: Array) -> Array:
    """Return what J2 and C22 give, as `ext/common/gravity.pxd` has them [m/s^2], (K, H, 3)."""
    # GM R^2 / r^4 (2 A p - 5 (p.A p) p) for the unit vector p,
    # A = diag(J2/2 + 3 C22, J2/2 - 3 C22, -J2)
    bent = directions * np.array([0.5 * J2 + 3.0 * C22, 0.5 * J2 - 3.0 * C22, -J2])
    inward = (
        directions[:, 0] * bent[:, 0]
        + directions[:, 1] * bent[:, 1]
        + directions[:, 2] * bent[:, 2]
    )
    shape = 2.0 * bent - 5.0 * inward[:, None] * directions
    # products, not powers: numpy's pow depends on the CPU
    inverse2 = 1.0 / (radii * radii)
    scale = GM * REFERENCE_RADIUS_M**2 * inverse2 * inverse2
    g: Array = scale[:, None] * shape[:, None, :]
    return g
