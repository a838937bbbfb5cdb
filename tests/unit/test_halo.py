"""Halo orbits about L2: a published catalogue, an integrator, and what is known of Queqiao."""

import math
from datetime import UTC, datetime

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from farside.mission import MissionError, load_mission
from farside.mission.ephemeris import parse_utc
from farside.mission.frames import SiteFrame
from farside.mission.richardson import series
from farside.mission.sky_places import apparent_places, turning_axes
from farside.mission.three_bodies import (
    MEAN_DISTANCE_M,
    MU,
    TIME_S,
    _corrected,
    _slopes,
    halo,
    jacobi,
    l2_distance,
)

PLAN = load_mission("chang-e-4")
RELAY = PLAN.relay
#: JPL, Three-Body Periodic Orbits, Earth-Moon L2 northern halos, mu = 0.01215058560962404:
#: x, z, y', period, in distances and months over 2 pi; and its distance, 389 703 km.
JPL_MU, JPL_KM = 1.215058560962404e-2, 389703.0
JPL = [
    (1.1807299126562403, 1.3121069431778331e-2, -1.5684752073236072e-1, 3.4141232367543708),
    (1.1772049627468157, 5.8225138268011067e-2, -1.7282597331742994e-1, 3.3873299978687315),
    (1.1740583104016364, 7.6909584828747435e-2, -1.8280860876068225e-1, 3.3653986536399993),
]


def flown(orbit, time):
    """States (6, N) of an orbit by another integrator's steps."""
    return solve_ivp(
        lambda _, y: _slopes(y[:, None], orbit.mu)[:, 0],
        (0.0, orbit.period),
        orbit.start,
        "DOP853",
        time,
        rtol=1e-12,
        atol=1e-12,
    ).y


@pytest.mark.parametrize(("x", "z", "speed", "period"), JPL)
def test_orbits_are_those_of_the_catalogue(x, z, speed, period):
    """The amplitude is taken from the orbit, all else must come out."""
    half = solve_ivp(
        lambda _, y: _slopes(y[:, None], JPL_MU)[:, 0],
        (0.0, period / 2.0),
        [x, 0.0, z, 0.0, speed, 0.0],
        "DOP853",
        rtol=1e-13,
        atol=1e-13,
    )
    orbit = halo(0.5 * (z - half.y[2, -1]), True, JPL_MU)
    assert orbit.start == pytest.approx([x, 0.0, z, 0.0, speed, 0.0], abs=1e-9)
    assert orbit.period == pytest.approx(period, abs=1e-9)


def test_series_and_jacobi_constant_hold_all_the_way_round():
    orbit = halo(13_000e3 / MEAN_DISTANCE_M, False)
    phase = np.linspace(0.0, 2.0 * math.pi, 37)
    states = flown(orbit, phase / (2.0 * math.pi) * orbit.period)
    moon = np.array([1.0 - MU, 0.0, 0.0])
    assert np.abs(orbit.places(phase) + moon - states[:3].T).max() < 1e-9
    assert np.ptp(jacobi(states)) < 1e-11
    assert orbit.amplitude * MEAN_DISTANCE_M == pytest.approx(13_000e3, abs=1.0)


def test_northern_and_southern_are_mirror_images():
    north, south = (halo(0.03, northern) for northern in (True, False))
    phase = np.linspace(0.0, 6.0, 7)
    assert north.places(phase) * [1, 1, -1] == pytest.approx(south.places(phase), abs=1e-12)
    assert south.start[2] < 0.0 < north.start[2]


def test_the_root_of_l2():
    """64 517 km for 384 400 (Szebehely's quintic against the pull along x)."""
    g = l2_distance()
    state = np.array([1.0 - MU + g, 0.0, 0.0, 0.0, 0.0, 0.0])
    assert _slopes(state[:, None], MU)[3, 0] == pytest.approx(0.0, abs=1e-12)
    assert g * 384_400.0 == pytest.approx(64_515.0, abs=10.0)


def test_richardsons_series_is_near():
    """Of third order in the amplitudes: some thousandths of the distance of L2 off."""
    g = l2_distance()
    guess, orbit = series(0.2, g, MU), halo(0.2 * g, True)
    assert 1.0 - MU + g * (1.0 + guess.x) == pytest.approx(orbit.start[0], abs=0.005 * g)
    assert g * guess.z == pytest.approx(orbit.start[2], abs=0.005 * g)
    assert g * guess.speed == pytest.approx(orbit.start[4], rel=0.02)
    assert 2.0 * guess.half == pytest.approx(orbit.period, rel=0.003)


def test_amplitudes_that_the_family_does_not_have():
    with pytest.raises(ValueError, match="no halo orbit"):
        _corrected(np.array([2.0, 0.5, 0.5, 1.0]), 0.1, MU)


def test_axes_turn_with_the_earth():
    start, seconds = datetime(2019, 1, 3, tzinfo=UTC), 86400.0 * np.arange(0.0, 28.0, 3.0)
    distance, longitude, axes = turning_axes(start, seconds)
    earth = apparent_places("earth", start, seconds)
    # light and aberration: below 1e-5 rad
    away = earth / np.linalg.norm(earth, axis=1)[:, None]
    assert axes[:, 0] == pytest.approx(-away, abs=2e-5)
    assert distance == pytest.approx(np.linalg.norm(earth, axis=1), rel=2e-4)
    assert axes @ np.swapaxes(axes, 1, 2) == pytest.approx(
        np.tile(np.eye(3), (10, 1, 1)), abs=1e-12
    )
    # the Moon's equator is 6.7 deg off its orbit
    assert np.degrees(np.arccos(axes[:, 2, 2])) == pytest.approx(6.7, abs=0.3)
    rate = np.diff(np.unwrap(longitude)).mean() / (3.0 * 86400.0) * TIME_S
    assert rate == pytest.approx(1.0, abs=0.03)


def test_queqiao_is_where_it_was_said_to_be():
    """14 days (QQ1), up to 79 000 km from the Moon (TAIK4): neither is in the mission file."""
    assert RELAY.period_s / 86400.0 == pytest.approx(14.8, abs=0.05)
    epoch = parse_utc(PLAN.epoch.pdi_utc)
    seconds = 3600.0 * np.arange(0.0, 8766.0, 4.0)
    places = RELAY.places(epoch, seconds)
    distance = np.linalg.norm(places, axis=1)
    assert distance.max() == pytest.approx(79_000e3, rel=0.03)
    assert distance.min() > 40_000e3
    east, north, up = SiteFrame(-45.457, 177.589, PLAN.site.radius_m).to_site(places).T
    elevation = np.degrees(np.arctan2(up, np.hypot(east, north)))
    # always seen from Von Karman; within the Moon's own turning of one year
    assert 15.0 < elevation.min() < 25.0 and elevation.max() < 70.0
    # one turn on, the same place but for the Moon's ellipse
    again = RELAY.places(epoch, seconds[:1], phase_deg=360.0)
    assert again == pytest.approx(places[:1], abs=1.0)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"relay.amplitude_m": None}, "relay.amplitude_m: missing"),
        ({"relay.amplitude_m": 60e6}, "amplitude_m"),
        ({"relay.inclination_deg": 10.0}, 'orbit = "halo" takes no such key'),
        ({"relay.family": "eastern"}, "must be one of northern, southern"),
    ],
)
def test_a_halo_that_is_none_is_refused(changes, said):
    with pytest.raises(MissionError, match=said):
        PLAN.replace(changes)


def test_the_other_kind_of_orbit_is_refused_in_words():
    with pytest.raises(ValueError, match="on a halo"):
        _ = RELAY.lunar
    with pytest.raises(ValueError, match="no halo"):
        _ = load_mission("chang-e-6").relay.halo
