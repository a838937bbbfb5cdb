"""Stars that run away from the gyros: whose fault it is, by star_slope.pxd."""

import math

import numpy as np
import pytest
from recorded_descent import recorded
from scipy.spatial.transform import Rotation

from farside.flight import land
from farside.mission import load_mission
from farside.mission.faults import with_faults
from farside.navigation import NAVIGATION_ESTIMATE, Navigator, Trust

IMU = 6
BRAKING, UPRIGHT = 30_000, 75_000  # ticks; between them the lander turns upright
ROLL_RAD = math.radians(30.0 / 3600.0)  # of the mission's star tracker, 1 sigma about its boresight


def turned(fixes, angles):
    """Turn attitudes, scalar first, by rotation vectors in their own axes [rad]."""
    q = Rotation.from_quat(fixes, scalar_first=True) * Rotation.from_rotvec(angles)
    return q.as_quat(scalar_first=True)


def flown(first, last, angles, silent=0):
    """Navigate the recorded descent with fixes from a tick on turned by body angles [rad].

    Before them the star tracker gives none for `silent` ticks.
    """
    flight = recorded()
    measured = flight.measured[:last].copy()
    measured["star_valid"][first - silent : first] = 0
    part = measured["q_inertial_body"][first:]
    part[:] = turned(part, angles)
    navigator = Navigator.of(flight.table, flight.first)
    out = np.zeros(last, NAVIGATION_ESTIMATE)
    navigator.core.navigate_many(0, measured, out, flight.commands[:last])
    return out


def off_deg(out):
    """Angle between the estimates and the recorded flight's, by tick [deg]."""
    q = np.einsum("ij,ij->i", out["q_site_body"], recorded().rows["est_q_site_body"][: len(out)])
    return np.degrees(2.0 * np.sqrt(np.maximum(1.0 - q * q, 0.0)))


@pytest.mark.parametrize("axes", [(1, 0, 0), (1, 1, 1), (0, -1, 0)])
def test_a_star_tracker_that_drifts_takes_no_gyro_with_it(axes):
    """It is 2 deg and more off when the lander turns upright, and its fixes turn with it."""
    ticks = np.arange(UPRIGHT - BRAKING)
    out = flown(BRAKING, UPRIGHT, np.radians(1e-4 * ticks)[:, None] * axes)  # 0.01 deg/s
    assert off_deg(out).max() < 0.3


def noise_of(ticks):
    """Return what fixes are off the true attitude, in body axes, less their mean [rad]."""
    flight = recorded()
    true = flight.rows["q_site_body"][flight.measured["star_tick"][ticks]]
    true = Rotation.from_quat(true, scalar_first=True)
    fixes = Rotation.from_quat(flight.measured["q_inertial_body"][ticks], scalar_first=True)
    site = fixes * true.inv()  # turns by 1e-5 rad in 4 s, less than the noise
    return (true.inv() * site.mean().inv() * fixes).as_rotvec()


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_five_fixes_that_happen_to_lie_on_a_line_are_no_gyros(sign):
    """The first at 5.6 sigma about the boresight, behind a silence: gyros were opened for it."""
    last = BRAKING + 400
    fixes = BRAKING + np.flatnonzero(recorded().measured["star_valid"][BRAKING:last])
    boresight = np.array(load_mission("chang-e-6").sensors.star_tracker.boresight_body)
    angles = np.zeros((last - BRAKING, 3))
    angles[fixes - BRAKING] = -noise_of(fixes)
    for k, sigmas in zip(fixes, (5.6, 2.6, 1.0, 0.4, -1.4), strict=False):
        angles[k - BRAKING] += sign * sigmas * ROLL_RAD * boresight
    out = flown(BRAKING, last, angles, silent=150)
    assert (out["trust"][BRAKING:, IMU] == Trust.TRUST_BELIEVED).all()
    # rad/s; opened, they went to 2e-5
    assert np.abs(out["gyro_bias"][BRAKING:]).max() < 1e-6


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["star_tracker drift", "star_tracker.x drift"])
@pytest.mark.parametrize("seed", range(4))
def test_a_lander_whose_stars_drift_lands_by_its_gyros(fault, seed):
    """Its attitude was up to 60 deg off."""
    mission = with_faults(load_mission("chang-e-6"), [f"{fault} from 300 s"])
    landed = land(mission, seed=seed, imaging=False, cameras=False)
    assert landed.outcome == "landed"
    attitude = landed.telemetry["est_q_site_body"][-1] @ landed.telemetry["q_site_body"][-1]
    assert abs(attitude) > math.cos(math.radians(0.15))
