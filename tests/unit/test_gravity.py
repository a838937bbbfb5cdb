"""Gravity against the derivatives of the potential in spherical coordinates, and known figures."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference_dynamics import GM, degree_two_gravity, degree_two_potential, ground_of

from farside.dynamics.site_gravity import moon_numbers
from farside.dynamics.vehicle import build_vehicle, without_troubles
from farside.ext.dynamics._plant import PlantModel
from farside.mission import load_mission
from farside.mission.frames import SiteFrame

MISSION = load_mission("chang-e-6")


def gravity_moon(r_moon, frame):
    """Ask the kernel at a Moon-fixed place, and answer in Moon-fixed components."""
    state = {
        "r_site": [0.0] * 3,
        "v_site": [0.0] * 3,
        "q_site_body": [1.0, 0.0, 0.0, 0.0],
        "omega_body": [0.0] * 3,
        "mass_kg": 3000.0,
    }
    model = PlantModel(
        without_troubles(build_vehicle(MISSION)),
        moon_numbers(frame),
        ground_of(frame.radius_m),
        state,
    )
    return frame.vector_to_moon(np.array(model.gravity(frame.to_site(r_moon))))


@given(
    latitude=st.floats(-89.9, 89.9),
    longitude=st.floats(-180.0, 180.0),
    altitude=st.floats(-9000.0, 300e3),
    site=st.tuples(st.floats(-90.0, 90.0), st.floats(0.0, 360.0)),
)
def test_gravity_is_the_gradient_of_the_potential(latitude, longitude, altitude, site):
    lat, lon = math.radians(latitude), math.radians(longitude)
    direction = [math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)]
    r_moon = (1737400.0 + altitude) * np.array(direction)
    frame = SiteFrame(*site, 1732144.0)
    # m/s^2, against 1.6: the rounding of two changes of axes
    np.testing.assert_allclose(gravity_moon(r_moon, frame), degree_two_gravity(r_moon), atol=1e-11)


def test_twin_is_the_gradient_too():
    """The reference stands on the potential alone: central differences, to 1e-8 m/s^2."""
    r = np.array([1.1e6, -0.9e6, 0.8e6])
    step = 10.0
    slope = [
        (degree_two_potential(r + e) - degree_two_potential(r - e)) / (2.0 * step)
        for e in step * np.eye(3)
    ]
    np.testing.assert_allclose(degree_two_gravity(r), slope, atol=1e-8)


def test_known_figures():
    frame = SiteFrame(0.0, 0.0, 1737400.0)
    pole = gravity_moon([0.0, 0.0, 1738000.0], frame)
    equator = gravity_moon([1738000.0, 0.0, 0.0], frame)
    east = gravity_moon([0.0, 1738000.0, 0.0], frame)
    # J2: the pole's pull is 1 - 3 J2 of the point's; the equator's 1 + 3/2 J2 +- 9 C22 (Kaula)
    point = GM / 1738000.0**2
    assert -pole[2] == pytest.approx(point * (1.0 - 3.0 * 203.224e-6), rel=1e-12)
    assert -equator[0] - -east[1] == pytest.approx(point * 18.0 * 2.2382e-5, rel=1e-9)
    assert point == pytest.approx(1.623, abs=5e-4)
