"""Frames: round trips, the poles, and geometry that others published."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farside.mission import SiteFrame
from farside.mission.moon import MEAN_RADIUS_M, ROTATION_RADPS

LATITUDES = st.floats(-90.0, 90.0)
LONGITUDES = st.floats(0.0, 360.0, exclude_max=True)
FRAMES = st.builds(SiteFrame, LATITUDES, LONGITUDES, st.floats(1.72e6, 1.75e6))
NEAR = st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=3).map(np.array)
SPEEDS = st.lists(st.floats(-2e3, 2e3), min_size=3, max_size=3).map(np.array)
TIMES = st.floats(-1e4, 1e7)

# a rounding of 2e6 m is 2e-10 m; a dozen of them
METRES = 1e-8
MPS = 1e-11


def angle_between(lat_a, lon_a, lat_b, lon_b):
    """Great-circle angle [rad] by the haversine, which knows nothing of matrices."""
    lat_a, lon_a, lat_b, lon_b = np.radians([lat_a, lon_a, lat_b, lon_b])
    h = np.sin((lat_b - lat_a) / 2) ** 2
    h += np.cos(lat_a) * np.cos(lat_b) * np.sin((lon_b - lon_a) / 2) ** 2
    return 2.0 * np.arcsin(np.sqrt(h))


@given(FRAMES)
def test_axes_are_a_right_handed_rotation(frame):
    turn = frame.moon_to_site
    np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-15)
    assert np.linalg.det(turn) == pytest.approx(1.0, abs=1e-15)
    np.testing.assert_allclose(np.linalg.norm(frame.omega_site), ROTATION_RADPS, rtol=1e-15)


@given(FRAMES, NEAR)
def test_moon_round_trip(frame, r_site):
    np.testing.assert_allclose(frame.to_site(frame.to_moon(r_site)), r_site, atol=METRES)
    np.testing.assert_allclose(
        frame.vector_to_site(frame.vector_to_moon(r_site)), r_site, atol=METRES
    )


@given(FRAMES, NEAR, SPEEDS, TIMES)
def test_inertial_round_trip(frame, r_site, v_site, t_s):
    r_back, v_back = frame.from_inertial(*frame.to_inertial(r_site, v_site, t_s), t_s)
    np.testing.assert_allclose(r_back, r_site, atol=METRES)
    np.testing.assert_allclose(v_back, v_site, atol=MPS)


@given(FRAMES, LATITUDES, LONGITUDES, st.floats(1.7e6, 1.9e6))
def test_place_round_trip(frame, latitude, longitude, radius):
    place = frame.lat_lon_radius(frame.from_lat_lon(latitude, longitude, radius))
    assert place.radius_m == pytest.approx(radius, abs=METRES)
    assert 0.0 <= place.longitude_deg < 360.0
    # on the ground, so that the poles' idle longitude does not matter
    miss = radius * angle_between(latitude, longitude, place.latitude_deg, place.longitude_deg)
    assert miss < 1e-6


@given(FRAMES)
def test_origin_is_the_site(frame):
    place = frame.lat_lon_radius(np.zeros(3))
    assert place.radius_m == pytest.approx(frame.radius_m, abs=METRES)
    miss = angle_between(
        frame.latitude_deg, frame.longitude_deg, place.latitude_deg, place.longitude_deg
    )
    assert frame.radius_m * miss < 1e-6


@given(FRAMES, NEAR, SPEEDS, st.floats(0.0, 1e4))
def test_inertial_velocity_is_the_rate_of_the_inertial_position(frame, r_site, v_site, t_s):
    step = 0.5
    after, _ = frame.to_inertial(r_site + step * v_site, v_site, t_s + step)
    before, _ = frame.to_inertial(r_site - step * v_site, v_site, t_s - step)
    _, v_inertial = frame.to_inertial(r_site, v_site, t_s)
    # third derivative: 3 w^2 v + w^3 r < 1e-7 m/s3, a 24th of it, and the rounding of 3e6 m
    np.testing.assert_allclose((after - before) / (2 * step), v_inertial, atol=2e-8)


@given(FRAMES, SPEEDS, SPEEDS)
def test_many_points_are_as_one(frame, first, second):
    both = np.stack([first, second])
    np.testing.assert_array_equal(frame.to_moon(both).shape, (2, 3))
    np.testing.assert_allclose(frame.to_site(both)[1], frame.to_site(second), atol=METRES)
    np.testing.assert_allclose(frame.to_moon(both)[1], frame.to_moon(second), atol=METRES)
    r, v = frame.to_inertial(both, both[::-1], 300.0)
    r_one, v_one = frame.to_inertial(second, first, 300.0)
    np.testing.assert_allclose(r[1], r_one, atol=METRES)
    np.testing.assert_allclose(v[1], v_one, atol=MPS)
    places = frame.lat_lon_radius(both)
    assert places.radius_m[1] == pytest.approx(frame.lat_lon_radius(second).radius_m)


def test_frames_meet_at_the_start():
    frame = SiteFrame(-41.6385, 206.0148, 1732144.0)
    r, v = frame.to_inertial([1.0, 2.0, 3.0], [4.0, 5.0, 6.0], 0.0)
    np.testing.assert_allclose(r, frame.to_moon([1.0, 2.0, 3.0]), atol=METRES)
    # the ground itself moves east at 4.62 m/s times the cosine of the latitude (missions.md)
    carried = frame.vector_to_site(v) - [4.0, 5.0, 6.0]
    np.testing.assert_allclose(carried, [4.6107 * np.cos(np.radians(41.6385)), 0, 0], atol=2e-4)


def test_axes_point_east_north_and_up():
    frame = SiteFrame(-45.457, 177.589, 1731473.0)
    here = np.array([frame.latitude_deg, frame.longitude_deg])
    degrees_per_km = np.degrees(1e3 / frame.radius_m)
    north = frame.lat_lon_radius([0.0, 1e3, 0.0])
    assert north.latitude_deg - here[0] == pytest.approx(degrees_per_km, rel=1e-5)
    assert north.longitude_deg == pytest.approx(here[1], abs=1e-9)
    east = frame.lat_lon_radius([1e3, 0.0, 0.0])
    scale = np.cos(np.radians(here[0]))
    assert east.longitude_deg - here[1] == pytest.approx(degrees_per_km / scale, rel=1e-5)
    up = frame.lat_lon_radius([0.0, 0.0, 1e3])
    assert up.radius_m == pytest.approx(frame.radius_m + 1e3, abs=METRES)


@pytest.mark.parametrize("latitude", [90.0, -90.0])
@pytest.mark.parametrize("longitude", [0.0, 123.0])
def test_pole_sites(latitude, longitude):
    frame = SiteFrame(latitude, longitude, MEAN_RADIUS_M)
    sign = np.sign(latitude)
    np.testing.assert_allclose(frame.to_moon(np.zeros(3)), [0, 0, sign * MEAN_RADIUS_M], atol=1e-9)
    np.testing.assert_allclose(frame.omega_site, [0, 0, sign * ROTATION_RADPS], atol=1e-21)
    # a step north from the south pole goes down the meridian of the name; from the north, away
    off = frame.lat_lon_radius([0.0, 1e3, 0.0])
    expected = longitude if latitude < 0.0 else (longitude + 180.0) % 360.0
    assert off.longitude_deg == pytest.approx(expected, abs=1e-9)


def test_two_published_places_of_chang_e_4_are_415_m_apart():
    """SIHDOC: the offset between Chang'e 2's frame and LRO's at the site is about 415 m."""
    frame = SiteFrame(-45.457, 177.589, MEAN_RADIUS_M - 5927.0)
    other = frame.from_lat_lon(-45.4446, 177.5991, frame.radius_m)
    # the coordinates are printed to 1e-3 deg, that is 30 m
    assert np.linalg.norm(other) == pytest.approx(415.0, abs=40.0)
    assert other[0] > 0.0 and other[1] > 0.0


@pytest.mark.parametrize(
    "place", [(90.1, 0.0, 1e6), (np.nan, 0.0, 1e6), (0.0, np.inf, 1e6), (0.0, 0.0, 0.0)]
)
def test_no_such_place(place):
    with pytest.raises(ValueError, match=r"^(latitude|longitude|radius) .*: give"):
        SiteFrame(*place)


def test_matrices_cannot_be_written():
    frame = SiteFrame(0.0, 0.0, MEAN_RADIUS_M)
    for matrix in (frame.moon_to_site, frame.omega_site, frame.centre_site):
        with pytest.raises(ValueError, match="read-only"):
            matrix[0] = 1.0
