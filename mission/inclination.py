"""The inclination of an orbit that passes a site, from where it heads there."""

from __future__ import annotations

import math

from farside.ext.common import deterministic


def inclination_deg(latitude_deg: float, azimuth_deg: float) -> float:
    """Return the inclination [deg] of an orbit that passes a latitude with an azimuth.

    Parameters
    ----------
    latitude_deg : float
        Planetocentric [deg].
    azimuth_deg : float
        Where it heads there, from north through east [deg].

    Examples
    --------
    >>> from farside.mission.inclination import inclination_deg
    >>> round(inclination_deg(-41.6385, 270.0), 2)  # retrograde, its southernmost point there
    138.36
    """
    azimuth, latitude = math.radians(azimuth_deg), math.radians(latitude_deg)
    # cos i = sin A cos phi
    across = deterministic.sin(azimuth) * deterministic.cos(latitude)
    return math.degrees(deterministic.arccos(max(-1.0, min(1.0, across))))
