"""Gravity beyond the point mass, J2 and C22, tabulated over the corridor that a descent flies in.

A sum over 20 000 harmonics is too slow for a loop of 100 Hz. Over a corridor of some 800 by 30 km
and the heights of a descent the field is smooth: degree 200 has waves of 54 km. It is tabulated
once for a mission, and `farside/ext/common/gravity_table.pxd` interpolates.

The table's places are gnomonic: with the Moon's centre as origin, x to where the lander comes from,
y across and z up at the site, u = x/z and v = y/z. A great circle through the site is a straight
line there, and no trigonometry is needed in flight.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from farside.ext.common import deterministic
from farside.ext.common._gravity_table import GravityTableCore
from farside.ext.common.errors import FarsideError
from farside.mission.frames import SiteFrame, arrival_axes
from farside.mission.gravity_field import gravity_field
from farside.mission.moon import C22, GM, J2, MEAN_RADIUS_M, REFERENCE_RADIUS_M

if TYPE_CHECKING:
    from farside.mission.schema import Orbit, Site

Array = npt.NDArray[np.float64]

#: Spacing [m] of an arc on the Moon's surface and of height at this degree; cubic interpolation is
#: then right to 1.2e-6 m/s^2 (tests/unit/test_gravity_table.py).
FINE_DEGREE, SPACING_M, HEIGHT_SPACING_M = 200, 4000.0, 3000.0
#: Half the width of the corridor, and how far it goes on behind the site [m].
HALF_WIDTH_M = 14000.0
BEHIND_M = 40000.0
#: What a descent's table has beyond its start and its site [deg, km].
SPARE_DEG, BELOW_KM, ABOVE_KM = 0.5, 1.5, 1.5
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
    first, step : (float, float, float)
        Of u, v and the height above the mean sphere [m]: the first node and the spacing.
    values : float32 ndarray, (U, V, H, 3)
        Acceleration [m/s^2], site frame; single precision rounds it to 1e-10.
    """

    degree: int
    arrival_azimuth_deg: float
    first: tuple[float, float, float]
    step: tuple[float, float, float]
    values: npt.NDArray[np.float32]

    def fields(self, radius_m: float) -> dict[str, Any]:
        """Return what the kernel's struct takes, its values aside.

        Parameters
        ----------
        radius_m : float
            Of the site frame in which places will be given [m].

        Returns
        -------
        dict
        """
        along, _ = arrival_axes(self.arrival_azimuth_deg)
        return {
            "radius_m": radius_m,
            "sphere_m": MEAN_RADIUS_M,
            "from_east": -float(along[0]),
            "from_north": -float(along[1]),
            "count": list(self.values.shape[:3]),
            "first": list(self.first),
            "per_step": [1.0 / step for step in self.step],
        }


def descent_table(
    site: Site, orbit: Orbit, start_site: npt.NDArray[np.float64], radius_m: float, degree: int
) -> GravityTableCore:
    """Return the table of gravity for a descent, as the kernels take it.

    Parameters
    ----------
    site, orbit : Site, Orbit
        Of the mission.
    start_site : ndarray, (3,)
        Where powered descent begins, site frame [m].
    radius_m : float
        Distance of the site frame's origin from the Moon's centre [m].
    degree : int
        Of the field.

    Returns
    -------
    GravityTableCore
    """
    x, y, z = (float(each) for each in start_site)
    arc_deg = math.degrees(deterministic.arctan2(deterministic.length((x, y)), z + radius_m))
    # whole degrees and kilometres: flights that differ by their dispersions share a table
    low = 1000.0 * math.floor(1e-3 * site.elevation_m - BELOW_KM)
    high = 1000.0 * math.ceil(1e-3 * orbit.pdi_altitude_m + ABOVE_KM)
    arc = min(math.ceil(arc_deg + SPARE_DEG), LONGEST_ARC_DEG)
    table = gravity_table(
        site.latitude_deg, site.longitude_deg, orbit.arrival_azimuth_deg, arc, (low, high), degree
    )
    return GravityTableCore(table.fields(radius_m), table.values)


@lru_cache(maxsize=8)
def gravity_table(
    latitude_deg: float,
    longitude_deg: float,
    arrival_azimuth_deg: float,
    arc_deg: float,
    heights_m: tuple[float, float],
    degree: int,
) -> GravityTable:
    """Tabulate what a field adds to the point mass, J2 and C22 along the way to a site.

    Tables are kept: the flights of a campaign share theirs.

    Parameters
    ----------
    latitude_deg, longitude_deg : float
        The site.
    arrival_azimuth_deg : float
        Azimuth at the site towards which the lander flies.
    arc_deg : float
        How far from the site the corridor begins, an angle at the Moon's centre; up to 60.
    heights_m : (float, float)
        Lowest and highest place above the mean sphere [m].
    degree : int
        Of the field, 2 to 200.

    Returns
    -------
    GravityTable
        Beyond its edges the last value holds.

    Raises
    ------
    ValueError
        A corridor that is longer than 60 deg or has no height; a degree that is not shipped.
    """
    low, high = heights_m
    if not 0.0 <= arc_deg <= LONGEST_ARC_DEG:
        raise FarsideError(
            f"a corridor of {arc_deg} deg: 0 to {LONGEST_ARC_DEG:g} can be tabulated"
        )
    if not low < high:
        raise FarsideError(f"a corridor from {low} to {high} m: give the lower height first")
    field = gravity_field(degree)
    frame = SiteFrame(latitude_deg, longitude_deg, MEAN_RADIUS_M)
    # waves of a low degree are longer
    wide = max(1.0, FINE_DEGREE / degree)
    spacing = wide * SPACING_M / MEAN_RADIUS_M
    aside = HALF_WIDTH_M / MEAN_RADIUS_M
    reach = deterministic.tan(math.radians(arc_deg))
    u = _nodes(-BEHIND_M / MEAN_RADIUS_M, reach, spacing)
    v = _nodes(-aside, aside, spacing)
    height = _nodes(low, high, wide * HEIGHT_SPACING_M)
    directions = _directions(u, v, frame, arrival_azimuth_deg)
    radii = MEAN_RADIUS_M + height
    g = field.beside_point_mass(directions, radii)
    g = frame.vector_to_site(g - _second_degree(directions, radii))
    values = np.ascontiguousarray(g.reshape(len(u), len(v), len(height), 3), np.float32)
    values.flags.writeable = False
    return GravityTable(
        degree=degree,
        arrival_azimuth_deg=arrival_azimuth_deg,
        first=(u[0], v[0], height[0]),
        step=(u[1] - u[0], v[1] - v[0], height[1] - height[0]),
        values=values,
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
