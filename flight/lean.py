"""How far a lander is off the attitude that it was made for: at first contact, and at rest."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.mission import Mission
from farside.mission.attitude import axis_level, rotation_matrix
from farside.mission.phases import contact_axis

Vector = NDArray[np.float64]


def contact_axis_site(mission: Mission, up: Vector) -> Vector:
    """Return the thrust axis that is asked for at first contact, site axes.

    Parameters
    ----------
    mission : Mission
    up : ndarray, shape (3,)
        The local vertical, site axes; what is asked for where no row names another axis.

    Returns
    -------
    ndarray, shape (3,)
    """
    asked = contact_axis(mission.phases)
    if asked is None:
        return up
    level = axis_level(*asked, mission.orbit.arrival_azimuth_deg)
    east = np.array([1.0, 0.0, 0.0]) - up[0] * up
    east = east / deterministic.length(east)
    north = np.cross(up, east)
    axis: Vector = level[0] * east + level[1] * north + level[2] * up
    return axis


def rest_axis_site(mission: Mission, q: Vector) -> Vector:
    """Return what of the lander is to point up at rest, at an attitude; site axes.

    Parameters
    ----------
    mission : Mission
    q : ndarray, shape (4,)
        Attitude, body into site.

    Returns
    -------
    ndarray, shape (3,)
    """
    turn, axis = rotation_matrix(q), mission.touchdown.rest_up_body
    return np.array([deterministic.dot(row, axis) for row in turn])


def angle_deg(a: Vector, b: Vector) -> float:
    """Return the angle between two unit vectors [deg].

    From the sine, too: the cosine has no digits left where they are near to one another.

    Examples
    --------
    >>> round(angle_deg(np.array([1.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0])), 9)
    90.0
    """
    sine = deterministic.length(np.cross(a, b))
    return math.degrees(deterministic.angle_of(sine, deterministic.dot(a, b)))
