"""The relay's orbit against an integrator, Kepler's equation, and its place in the sky."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from farside.flight import land
from farside.flight.relay import elevations_deg
from farside.mission import load_mission
from farside.mission.lunar_orbit import eccentric_anomaly
from farside.mission.moon import GM, MEAN_RADIUS_M, ROTATION_RADPS

MISSION = load_mission("chang-e-6")
RELAY = MISSION.relay
ORBIT = RELAY.lunar


def test_its_period_is_the_published_one():
    """24.32 h (CNSA says 24)."""
    assert RELAY.period_s == pytest.approx(87554.0, abs=30.0)


@pytest.mark.parametrize("e", [0.0, 0.3, 0.803, 0.99])
def test_keplers_equation_is_solved(e):
    mean = np.linspace(-20.0, 20.0, 401)
    anomaly = eccentric_anomaly(mean, e)
    assert anomaly - e * np.sin(anomaly) == pytest.approx(mean, abs=1e-12)


def test_its_places_are_an_integrators():
    """Two-body motion by an integrator of order 8 in inertial axes, turned with the Moon."""
    seconds = np.linspace(0.0, 6000.0, 13)
    inertial = replace(ORBIT, node_longitude_deg=40.0, phase_deg=-3.0)

    def fixed(t):
        return inertial.places(np.atleast_1d(np.asarray(t, float)))

    def turned(r, t):
        c, s = math.cos(ROTATION_RADPS * t), math.sin(ROTATION_RADPS * t)
        return np.array([c * r[0] - s * r[1], s * r[0] + c * r[1], r[2]])

    h = 0.5
    start = fixed(0.0)[0]
    speed = (turned(fixed(h)[0], h) - turned(fixed(-h)[0], -h)) / (2.0 * h)
    flown = solve_ivp(
        lambda t, y: np.concatenate([y[3:], -GM * y[:3] / np.linalg.norm(y[:3]) ** 3]),
        (0.0, 6000.0),
        np.concatenate([start, speed]),
        t_eval=seconds,
        method="DOP853",
        rtol=1e-11,
        atol=1e-3,
    )
    ours = np.array([turned(fixed(t)[0], t) for t in seconds])
    # the first speed is a difference over a second: 2e-4 m/s of it are lost
    assert np.abs(ours - flown.y[:3].T).max() < 10.0
    assert np.linalg.norm(ours, axis=1).min() >= MEAN_RADIUS_M + ORBIT.perilune_altitude_m - 1.0


def test_elevations_of_known_places():
    lander = np.array([[0.0, 0.0, 1.0]] * 3)
    relay = np.array([[0.0, 0.0, 5.0], [7.0, 0.0, 1.0], [0.0, 1.0, 2.0]])
    assert elevations_deg(lander, relay) == pytest.approx([90.0, 0.0, 45.0], abs=1e-12)


def test_the_relay_is_seen_for_as_much_of_its_orbit_as_published():
    """13.3 to 22.1 h an orbit above 5 deg from Chang'e 6's site, 18.8 in the mean over the node."""
    latitude, longitude = math.radians(-41.6385), math.radians(206.0148)
    up = np.array(
        [
            math.cos(latitude) * math.cos(longitude),
            math.cos(latitude) * math.sin(longitude),
            math.sin(latitude),
        ]
    )
    seconds = np.arange(0.0, RELAY.period_s, 120.0)
    site = np.tile(MEAN_RADIUS_M * up, (len(seconds), 1))
    hours = []
    for node in range(0, 360, 15):
        places = ORBIT.places(seconds, node_deg=float(node))
        hours.append((elevations_deg(site, places) > 5.0).mean() * RELAY.period_s / 3600.0)
    assert min(hours) == pytest.approx(13.3, abs=1.0)
    assert max(hours) == pytest.approx(22.1, abs=1.0)
    assert np.mean(hours) == pytest.approx(18.8, abs=1.0)


@pytest.mark.slow
def test_a_landing_says_whether_it_was_heard():
    landing = land(MISSION, seed=0, imaging=False)
    facts = landing.to_dict()["relay"]
    assert facts["name"] == "Queqiao-2"
    assert 0.0 <= facts["in_view_share"] <= 1.0
    for when in ("initiation", "rest"):
        assert facts[f"in_view_{when}"] == (facts[f"elevation_{when}_deg"] > RELAY.mask_deg)
    without = land(replace(MISSION, relay=None), seed=0, imaging=False)
    assert without.relay is None
    assert without.telemetry_sha256 == landing.telemetry_sha256
