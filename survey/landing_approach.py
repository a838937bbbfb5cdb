"""From where a lander comes: azimuths that an orbit allows, and the ground under the way in.

An orbit of inclination i passes a site at latitude phi with the azimuths A of

    sin A = cos i / cos phi                                                                     (1)

one northwards, one southwards; none where |cos i| > |cos phi|, where the site is farther from the
equator than the orbit comes. Then the nearest inclination that comes there is taken, and said.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farside.mission import Mission
from farside.mission.inclination import inclination_deg as inclination_at
from farside.raster import whole_moon
from farside.survey.landing_ellipse import along

Array = NDArray[np.float64]

TRACK_M = 480e3  # braking from 15 km takes about as much
_POSTS = 241
_NEAR_M = 3e3  # the site's own surroundings are no approach
_MOON_RADIUS_M = 1_737_400.0


@dataclass(frozen=True)
class Approach:
    """A way in.

    Attributes
    ----------
    azimuth_deg : float
        Where the lander flies at the site, from north through east.
    inclination_deg : float
        Of its orbit, to the lunar equator.
    reached : bool
        Whether that is the mission's own inclination.
    highest_m : float
        Highest ground under the last 480 km, above the site [m]; whole-Moon DEM.
    slope_deg : float
        Steepest line of sight from the site back to that ground: what a glide slope must clear.
    """

    azimuth_deg: float
    inclination_deg: float
    reached: bool
    highest_m: float
    slope_deg: float


def inclination_of(plan: Mission) -> float:
    """Return the inclination [deg] of a mission's orbit, by (1) at its own site."""
    return inclination_at(plan.site.latitude_deg, plan.orbit.arrival_azimuth_deg)


def azimuths(latitude_deg: float, inclination_deg: float) -> tuple[tuple[float, float], float]:
    """Return the azimuths [deg] that reach a latitude, and the inclination [deg] that they need.

    Parameters
    ----------
    latitude_deg : float
    inclination_deg : float
        0 to 180.
    """
    across, level = math.cos(math.radians(inclination_deg)), math.cos(math.radians(latitude_deg))
    if abs(across) > level:
        across = math.copysign(level, across)
        inclination_deg = math.degrees(math.acos(across))
    # sin A = cos i / cos phi
    northwards = math.degrees(math.asin(across / level)) if level > 1e-9 else 0.0
    return (northwards % 360.0, (180.0 - northwards) % 360.0), inclination_deg


def approaches(
    plan: Mission, latitude_deg: float, longitude_deg: float, elevation_m: float
) -> tuple[Approach, ...]:
    """Return the ways in to a site, the one over the lowest ground first.

    Parameters
    ----------
    plan : Mission
        Whose inclination is kept.
    latitude_deg, longitude_deg : float
        Of the site.
    elevation_m : float
        Of its ground.
    """
    own = inclination_of(plan)
    ways, needed = azimuths(latitude_deg, own)
    out = []
    for azimuth in dict.fromkeys(round(way, 6) for way in ways):
        distance = np.linspace(_NEAR_M, TRACK_M, _POSTS)
        back = np.full(_POSTS, math.radians(azimuth) + math.pi)
        longitude, latitude = along(latitude_deg, longitude_deg, back, distance / _MOON_RADIUS_M)
        above = whole_moon().sample(latitude, longitude, cubic=True) - elevation_m
        # the sphere falls away under the level of the site
        seen = np.arctan2(above - distance * distance / (2.0 * _MOON_RADIUS_M), distance)
        out.append(
            Approach(
                azimuth, needed, abs(needed - own) < 1e-6, float(above.max()),
                math.degrees(float(seen.max())),
            )
        )  # fmt: skip
    return tuple(sorted(out, key=lambda way: (way.highest_m, way.azimuth_deg)))
