"""Whether a rover could leave the lander where it rests: the truth of `[hazards.ramp]`."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.flight.wiring import Flight
from farside.mission.attitude import rotation_matrix


def ramp_slope_deg(flight: Flight) -> float:
    """Return the steeper of the ramp and of the ground beyond its foot, up or down [deg].

    The hinge stands where the lander at rest has it; the foot lies on the ground foot_m out.

    Parameters
    ----------
    flight : Flight
        One that has come to rest.

    Returns
    -------
    float
        NaN for a lander without a ramp.
    """
    ramp = flight.mission.hazards.ramp
    if ramp is None:
        return math.nan
    last = flight.flown[-1]
    turn = rotation_matrix(np.array(last["q_site_body"], np.float64))
    angle = math.radians(ramp.azimuth_body_deg)
    ahead = np.array([float(deterministic.cos(angle)), float(deterministic.sin(angle)), 0.0])
    r = np.array(last["r_site"], np.float64)
    rho = r - flight.frame.centre_site
    up = rho / deterministic.length(rho)
    com_m = float(flight.mission.vehicle.com_height_m(float(last["mass_kg"])))
    hinge = r + in_site(
        turn, ramp.hinge_m * ahead + np.array([0.0, 0.0, ramp.hinge_height_m - com_m])
    )
    level = in_site(turn, ahead)
    level -= deterministic.dot(level, up) * up
    level /= deterministic.length(level)
    base = r - in_site(turn, np.array([0.0, 0.0, com_m]))
    foot, far = (base + out * level for out in (ramp.foot_m, ramp.foot_m + ramp.rover_m))
    high = deterministic.length(hinge - flight.frame.centre_site) - flight.frame.radius_m
    run_m = deterministic.dot(foot - hinge, level)
    at_foot, at_far = ground_m(flight, foot), ground_m(flight, far)
    down = deterministic.angle_of(abs(high - at_foot), run_m)
    beyond = deterministic.angle_of(abs(at_foot - at_far), ramp.rover_m)
    return math.degrees(max(down, beyond))


def in_site(turn: NDArray[np.float64], vector: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return body components as site components, by the rotation matrix."""
    return np.asarray((turn * vector).sum(axis=1))


def ground_m(flight: Flight, place: NDArray[np.float64]) -> float:
    """Return the true height of the ground over the site's radius beneath a place [m]."""
    u, v = flight.ground.arcs_below(place)
    return float(flight.ground.height(u, v))
